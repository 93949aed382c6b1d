"""What WeChat says decides, and whatever is not a clear pass waits for a person: never lost, never published (I10)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.clock import now
from app.core.db import Database
from app.core.settings import SettingsError
from app.domain.texts import CHECK_UNAVAILABLE, HELD_FOR_REVIEW, REJECTED_BY_CHECK
from app.jobs import content_sweeps
from app.services.content_checks import again, things, words
from app.services.content_checks.judging import Judge, sieve_of
from app.wechat.client import WeChat
from app.wechat.texts import Verdict
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, log_in, make_area, make_member
from tests.people import Person
from tests.wechat.server import APPID, SECRET, count_calls, forget_faults, order_fault

CHECK = "/wxa/msg_sec_check"
TOKEN = "/cgi-bin/stable_token"


async def post_wish(
    world: World, author: Person, body: str = "厨房的灯坏了。", *, title: str = "换灯泡", area: Any = None
):
    form = {"area_id": str((area or world.grid).id), "category": "elderly", "title": title, "body": body}
    response = await world.api.post("/v1/wishes", author, form)
    assert response.status_code == 201
    assert response.json()["status"] == "checking"
    return UUID(response.json()["id"])


async def look(world: World, wish_id: UUID, person: Person | None) -> dict[str, Any]:
    response = await world.api.get(f"/v1/wishes/{wish_id}", person)
    return dict(response.json())


async def assert_waits_for_staff(world: World, wish_id: UUID, author: Person, note: str | None) -> None:
    """The wish is seen by its author and staff alone, stands in the staff's queue, and can be approved."""
    seen = await look(world, wish_id, author)
    assert (seen["status"], seen["history"][-1]["note"]) == ("reviewing", note)
    for stranger in (None, await world.helper()):
        assert (await look(world, wish_id, stranger))["code"] == "not-found"
    listed = await world.api.get("/v1/wishes", world.staff, area_id=world.district.id, status="reviewing")
    assert str(wish_id) in [item["id"] for item in listed.json()["items"]]
    approved = await world.api.post(f"/v1/wishes/{wish_id}/approve", world.staff)
    assert approved.json()["status"] == "published"


class TestWish:
    async def test_a_pass_waits_for_review(self, world: World, jobs: Jobs):
        author = await world.visitor()
        wish_id = await post_wish(world, author)
        await jobs.drain()
        await assert_waits_for_staff(world, wish_id, author, None)

    async def test_a_pass_is_published_where_the_area_does_without_review(self, world: World, jobs: Jobs):
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        author = await world.visitor()
        wish_id = await post_wish(world, author, area=area)
        await jobs.drain()
        seen = await look(world, wish_id, None)
        assert seen["status"] == "published"
        assert (seen["task"]["seats_taken"], seen["task"]["reward_points"]) == (0, REWARD_POINTS)

    @pytest.mark.parametrize("place", ["title", "body"])
    async def test_risky_words_are_rejected_with_a_neutral_word(self, world: World, jobs: Jobs, place: str):
        author = await world.visitor()
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        wish_id = await post_wish(world, author, **{place: "一起去赌博"}, area=area)
        await jobs.drain()
        seen = await look(world, wish_id, author)
        assert (seen["status"], seen["history"][-1]["note"]) == ("rejected", REJECTED_BY_CHECK)
        assert "赌博" not in REJECTED_BY_CHECK
        assert (await look(world, wish_id, None))["code"] == "not-found"
        assert (await world.api.post(f"/v1/wishes/{wish_id}/approve", world.staff)).json()["code"] == "state-conflict"

    @pytest.mark.parametrize("reviewed", [True, False])
    async def test_doubtful_words_wait_for_staff_everywhere(self, world: World, jobs: Jobs, reviewed: bool):
        author = await world.visitor()
        area = await make_area(world.database, world.community, is_wish_review_required=reviewed)
        wish_id = await post_wish(world, author, "加微信聊", area=area)
        await jobs.drain()
        await assert_waits_for_staff(world, wish_id, author, HELD_FOR_REVIEW)

    async def test_a_long_text_is_checked_to_its_end(self, world: World, jobs: Jobs):
        author = await world.visitor()
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        wish_id = await post_wish(world, author, "灯" * 1996 + "赌博", area=area)
        await jobs.drain()
        assert (await look(world, wish_id, author))["status"] == "rejected"

    async def test_a_wish_withdrawn_meanwhile_stays_withdrawn(self, world: World, jobs: Jobs):
        author = await world.visitor()
        wish_id = await post_wish(world, author)
        assert (await world.api.post(f"/v1/wishes/{wish_id}/withdraw", author)).status_code == 200
        await jobs.drain()
        assert (await look(world, wish_id, author))["status"] == "withdrawn"

    async def test_a_wish_withdrawn_while_wechat_thinks_stays_withdrawn(
        self, world: World, jobs: Jobs, faulty_wechat: str
    ):
        author = await world.visitor()
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        wish_id = await post_wish(world, author, area=area)
        thinking = WithdrawingWeChat(world, wish_id, author, faulty_wechat)
        await things.check_wish(world.database, Judge(thinking), wish_id, REWARD_POINTS)
        await thinking.aclose()
        assert (await look(world, wish_id, author))["status"] == "withdrawn"
        assert await world.database.reads.fetchval("SELECT count(*) FROM task WHERE wish_id = $1", wish_id) == 0
        await jobs.drain()

    async def test_done_twice_the_second_time_changes_nothing(self, world: World, jobs: Jobs, simulator_url: str):
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        author = await world.visitor()
        wish_id = await post_wish(world, author, area=area)
        await jobs.drain()
        seen, calls = await look(world, wish_id, author), count_calls(simulator_url, CHECK)
        for _ in range(2):
            await things.check_wish(world.database, Judge(jobs.parts.wechat), wish_id, REWARD_POINTS)
        assert await look(world, wish_id, author) == seen
        assert count_calls(simulator_url, CHECK) == calls


class WithdrawingWeChat(WeChat):
    """WeChat's true client, slow enough for the author to withdraw between question and answer."""

    def __init__(self, world: World, wish_id: UUID, author: Person, base_url: str) -> None:
        super().__init__(base_url, APPID, SECRET)
        self.world, self.wish_id, self.author = world, wish_id, author

    async def check_text(self, *arguments: Any, **options: Any) -> Any:
        verdict = await super().check_text(*arguments, **options)
        withdrawn = await self.world.api.post(f"/v1/wishes/{self.wish_id}/withdraw", self.author)
        assert withdrawn.status_code == 200
        return verdict


FAULTS: dict[str, tuple[str, dict[str, object]]] = {
    "busy": (CHECK, {"errcode": -1, "times": 3}),
    "token refused": (CHECK, {"errcode": 40001, "times": 2}),
    "too frequent": (CHECK, {"errcode": 45011}),
    "day's limit": (CHECK, {"errcode": 44993}),
    "user not seen": (CHECK, {"errcode": 61010}),
    "unknown errcode": (CHECK, {"errcode": 87009}),
    "server error": (CHECK, {"http_status": 500}),
    "bad gateway": (CHECK, {"http_status": 502, "body": "<html>502</html>"}),
    "no JSON": (CHECK, {"body": "ok"}),
    "empty": (CHECK, {"body": ""}),
    "JSON without verdict": (CHECK, {"body": '{"errcode": 0, "errmsg": "ok"}'}),
    "unknown verdict": (
        CHECK,
        {"body": '{"errcode": 0, "result": {"suggest": "fine", "label": 100}, "trace_id": "1"}'},
    ),
    "pass that nothing checked": (
        CHECK,
        {
            "body": '{"errcode": 0, "result": {"suggest": "pass", "label": 100}, "trace_id": "1",'
            ' "detail": [{"errcode": -1, "suggest": "pass", "label": 100}]}'
        },
    ),
    "connection cut": (CHECK, {"cut": True}),
    "slow": (CHECK, {"delay_s": 1.5}),
    "no token": (TOKEN, {"errcode": 40164}),
    "wrong secret": (TOKEN, {"errcode": 40125}),
}


class TestFailure:
    @pytest.fixture
    async def impatient(self, jobs: Jobs, faulty_wechat: str) -> AsyncIterator[Jobs]:
        """The worker with a client that has no token yet and waits a second at most."""
        client = WeChat(faulty_wechat, APPID, SECRET, timeout_s=1.0)
        yield Jobs(jobs.pool, replace(jobs.parts, wechat=client))
        await client.aclose()

    @pytest.mark.parametrize("fault", FAULTS)
    async def test_whatever_goes_wrong_the_wish_waits_for_staff(
        self, world: World, impatient: Jobs, faulty_wechat: str, fault: str
    ):
        path, form = FAULTS[fault]
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        author = await world.visitor()
        await impatient.drain()
        wish_id = await post_wish(world, author, area=area)
        order_fault(faulty_wechat, path, **form)
        await impatient.drain()
        await assert_waits_for_staff(world, wish_id, author, CHECK_UNAVAILABLE)

    async def test_without_wechat_the_wish_waits_for_staff(self, world: World, jobs: Jobs):
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        author = await world.visitor()
        wish_id = await post_wish(world, author, area=area)
        client = WeChat("http://127.0.0.1:9", APPID, SECRET)
        await Jobs(jobs.pool, replace(jobs.parts, wechat=client)).drain()
        await client.aclose()
        await assert_waits_for_staff(world, wish_id, author, CHECK_UNAVAILABLE)

    async def test_somebody_wechat_has_not_seen_lately_waits_for_staff(self, world: World, jobs: Jobs):
        author = await world.person()
        wish_id = await post_wish(world, author)
        await jobs.drain()
        await assert_waits_for_staff(world, wish_id, author, CHECK_UNAVAILABLE)


async def post_offer(world: World, owner: Person, title: str) -> UUID:
    shop = await world.shop(owner)
    form = {"kind": "goods", "title": title, "description": "微辣", "points": 5, "stock": 3}
    response = await world.api.post(f"/v1/merchants/{shop}/offers", owner, form)
    assert response.status_code == 201
    return UUID(response.json()["id"])


class TestOffer:
    @pytest.mark.parametrize(
        ("title", "status"), [("小面一碗", "listed"), ("加微信领面", "reviewing"), ("刷单返利", "rejected")]
    )
    async def test_the_verdict_decides(self, world: World, jobs: Jobs, title: str, status: str):
        owner = await world.visitor()
        offer_id = await post_offer(world, owner, title)
        assert (await world.api.get(f"/v1/offers/{offer_id}")).status_code == 404
        await jobs.drain()
        seen = (await world.api.get(f"/v1/offers/{offer_id}", owner)).json()
        assert seen["status"] == status
        assert (await world.api.get(f"/v1/offers/{offer_id}")).status_code == (200 if status == "listed" else 404)

    async def test_a_failure_waits_for_the_alliance(self, world: World, jobs: Jobs, faulty_wechat: str):
        owner = await world.visitor()
        await jobs.drain()
        offer_id = await post_offer(world, owner, "小面一碗")
        order_fault(faulty_wechat, CHECK, http_status=500)
        await jobs.drain()
        listed = await world.api.get("/v1/offers", world.alliance, area_id=world.district.id, status="reviewing")
        assert [item["id"] for item in listed.json()["items"]] == [str(offer_id)]
        assert (await world.api.post(f"/v1/offers/{offer_id}/approve", world.alliance)).json()["status"] == "listed"

    async def test_done_twice_the_second_time_changes_nothing(self, world: World, jobs: Jobs, database: Database):
        offer_id = await post_offer(world, await world.visitor(), "小面一碗")
        await jobs.drain()
        events = await database.reads.fetch("SELECT * FROM event WHERE subject_id = $1", offer_id)
        await things.check_offer(database, Judge(jobs.parts.wechat), offer_id)
        assert await database.reads.fetch("SELECT * FROM event WHERE subject_id = $1", offer_id) == events

    async def test_a_forgotten_one_is_handed_over(self, world: World, database: Database):
        """Its job was lost: it must not stay where nobody can decide it."""
        offer_id = await world.offer(await world.shop(await world.person()), status="checking")
        await database.writes.execute("UPDATE offer SET worded_at = now() - interval '1 hour' WHERE id = $1", offer_id)
        await things.hold_forgotten(database, now())
        assert (await world.api.get(f"/v1/offers/{offer_id}", world.alliance)).json()["status"] == "reviewing"


async def names(world: World, person: Person) -> tuple[str, str | None]:
    me = (await world.api.get("/v1/me", person)).json()
    return me["nickname"], me["pending_nickname"]


class TestNickname:
    async def test_a_chosen_name_is_shown_once_it_has_passed(self, world: World, jobs: Jobs):
        person = await world.visitor()
        old, _ = await names(world, person)
        await world.api.put("/v1/me", person, {"nickname": "热心老王"})
        assert await names(world, person) == (old, "热心老王")
        wish_id = await world.wish(person)
        assert (await look(world, wish_id, None))["poster"]["nickname"] == old
        await jobs.drain()
        assert await names(world, person) == ("热心老王", None)
        assert (await look(world, wish_id, None))["poster"]["nickname"] == "热心老王"

    @pytest.mark.parametrize(("chosen", "left"), [("赌博之王", None), ("加微信", "加微信")])
    async def test_any_other_verdict_keeps_the_old_one(self, world: World, jobs: Jobs, chosen: str, left: str | None):
        """Risky ones are dropped; of doubtful ones people decide, and until then nobody else sees them."""
        person = await world.visitor()
        old, _ = await names(world, person)
        await world.api.put("/v1/me", person, {"nickname": chosen})
        await jobs.drain()
        assert await names(world, person) == (old, left)

    async def test_after_a_failure_the_name_waits_for_the_next_log_in(
        self, world: World, jobs: Jobs, faulty_wechat: str
    ):
        name = uuid4().hex
        person = await log_in(world.api, world.database, name)
        old, _ = await names(world, person)
        await jobs.drain()
        await world.api.put("/v1/me", person, {"nickname": "热心老王"})
        order_fault(faulty_wechat, CHECK, http_status=500)
        await jobs.drain()
        assert await names(world, person) == (old, "热心老王")
        forget_faults(faulty_wechat)
        await log_in(world.api, world.database, name)
        await jobs.drain()
        assert await names(world, person) == ("热心老王", None)

    async def test_of_two_choices_the_later_one_stands(self, world: World, jobs: Jobs):
        person = await world.visitor()
        await world.api.put("/v1/me", person, {"nickname": "先选的"})
        await world.api.put("/v1/me", person, {"nickname": "后选的"})
        await jobs.drain()
        assert await names(world, person) == ("后选的", None)


async def checks_of(world: World, subject_id: UUID) -> list[tuple[str, str, str | None, int | None]]:
    """What is kept of the checks of a thing: part, status, verdict and reason; each with its evidence and its event."""
    rows = await world.database.reads.fetch(
        """
        SELECT k.*, (
            SELECT array_agg(e.to_state ORDER BY e.created_at, e.id) FROM event e
            WHERE e.subject_kind = 'content_check' AND e.subject_id = k.id
        ) AS states FROM content_check k WHERE k.subject_id = $1 ORDER BY k.id
        """,
        subject_id,
    )
    for row in rows:
        assert row["states"][-1] == row["status"]
        assert (row["trace_id"] is None) == (row["suggest"] is None)
    return [(row["part"], row["status"], row["suggest"], row["label"]) for row in rows]


class TestKept:
    @pytest.mark.parametrize(
        ("body", "reviewed", "kept"),
        [
            ("厨房的灯坏了。", False, ("passed", "pass", 100)),
            ("厨房的灯坏了。", True, ("held", "pass", 100)),
            ("加微信聊", False, ("held", "review", 10001)),
            ("一起去赌博", False, ("rejected", "risky", 20006)),
        ],
    )
    async def test_a_verdict_is_kept_with_its_trace(
        self, world: World, jobs: Jobs, body: str, reviewed: bool, kept: tuple[str, str, int]
    ):
        area = await make_area(world.database, world.community, is_wish_review_required=reviewed)
        wish_id = await post_wish(world, await world.visitor(), body, area=area)
        await jobs.drain()
        assert await checks_of(world, wish_id) == [("words", *kept)]

    async def test_of_a_failure_it_is_kept_that_nobody_judged_and_of_one_withdrawn_meanwhile_what_was_judged(
        self, world: World, jobs: Jobs, faulty_wechat: str
    ):
        unseen = await post_wish(world, await world.person())
        author = await world.visitor()
        withdrawn = await post_wish(world, author)
        thinking = WithdrawingWeChat(world, withdrawn, author, faulty_wechat)
        await things.check_wish(world.database, Judge(thinking), withdrawn, REWARD_POINTS)
        await thinking.aclose()
        await jobs.drain()
        assert await checks_of(world, unseen) == [("words", "held", None, None)]
        assert await checks_of(world, withdrawn) == [("words", "moot", "pass", 100)]

    @pytest.mark.parametrize(
        ("act", "form", "status"),
        [("approve", None, "passed"), ("reject", {"reason": "不合适"}, "rejected"), ("withdraw", None, "moot")],
    )
    async def test_whoever_decides_the_thing_decides_its_check(
        self, world: World, jobs: Jobs, act: str, form: dict[str, str] | None, status: str
    ):
        author = await world.visitor()
        wish_id = await post_wish(world, author, "加微信聊")
        await jobs.drain()
        mover = author if act == "withdraw" else world.staff
        assert (await world.api.post(f"/v1/wishes/{wish_id}/{act}", mover, form)).status_code == 200
        assert [kept[1] for kept in await checks_of(world, wish_id)] == [status]
        [row] = await world.database.reads.fetch("SELECT * FROM content_check WHERE subject_id = $1", wish_id)
        assert (row["decided_by"], row["note"]) == (mover.id, form and form["reason"])
        assert row["decided_at"] is not None

    async def test_no_complaint_is_tied_to_anybody_by_its_check(self, world: World, jobs: Jobs):
        author = await world.visitor()
        complaint_id = await world.complaint(author, "checking")
        await jobs.drain()
        assert await checks_of(world, complaint_id) == [("words", "passed", "pass", 100)]
        [row] = await world.database.reads.fetch(
            "SELECT k::text || (SELECT string_agg(e::text, '') FROM event e WHERE e.subject_id = k.id) AS told "
            "FROM content_check k WHERE k.subject_id = $1",
            complaint_id,
        )
        assert str(author.id) not in row["told"]
        assert author.openid not in row["told"]


class TestWordsOfAService:
    """Whoever gave the service reads the thanks, whoever asked for it the note, each once it has passed."""

    @pytest.mark.parametrize(
        ("said", "is_read", "status"),
        [("谢谢您", True, "passed"), ("加微信", False, "held"), ("赌博", False, "rejected")],
    )
    async def test_words_are_read_by_the_other_once_they_have_passed(
        self, world: World, jobs: Jobs, said: str, is_read: bool, status: str
    ):
        author, helper = await world.visitor(), await world.visitor()
        await make_member(world.database, helper, world.grid, world.unit_id)
        wish_id = await world.wish(author)
        claim_id = await world.claim(helper, wish_id)
        assert (await world.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": said})).status_code == 200
        for reads, expected in ((author, None), (helper, said), (world.staff, said)):
            assert (await look(world, wish_id, reads))["delivery"]["note"] == expected
            assert (await world.api.get(f"/v1/claims/{claim_id}", reads)).json()["note"] == expected
        await jobs.drain()
        assert (await look(world, wish_id, author))["delivery"]["note"] == (said if is_read else None)
        form = {"rating": 5, "thanks": said}
        assert (await world.api.post(f"/v1/wishes/{wish_id}/confirm", author, form)).status_code == 200
        for reads, expected in ((author, said), (helper, None), (world.staff, said)):
            assert (await look(world, wish_id, reads))["thanks"] == expected
        await jobs.drain()
        assert (await look(world, wish_id, helper))["thanks"] == (said if is_read else None)
        assert [kept[:2] for kept in await checks_of(world, wish_id)] == [("thanks", status)]
        assert [kept[:2] for kept in await checks_of(world, claim_id)] == [("note", status)]

    async def test_words_said_anew_are_checked_anew_and_a_forgotten_check_is_handed_over(
        self, world: World, jobs: Jobs, database: Database
    ):
        author, helper = await world.visitor(), await world.helper()
        _, claim_id = await world.delivered(author, helper)
        await jobs.drain()
        await world.api.post(f"/v1/claims/{claim_id}/return", world.staff, {"reason": "请再看看"})
        await world.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "加微信"})
        assert [kept[1] for kept in await checks_of(world, claim_id)] == ["moot", "asked"]
        assert (await world.api.get(f"/v1/claims/{claim_id}", author)).json()["note"] is None
        assert await words.hold_forgotten(database, now()) >= 1
        assert [kept[1] for kept in await checks_of(world, claim_id)] == ["moot", "held"]
        await jobs.drain()
        assert [kept[1] for kept in await checks_of(world, claim_id)] == ["moot", "held"]


class TestWordList:
    """What the word list finds in a text that WeChat lets pass holds it; it lets nothing pass, turns nothing down."""

    @pytest.mark.parametrize("body", ["一起刷单返利。", "刷 單-返.利", "代 开*发_票加我"])
    async def test_a_hit_holds_what_wechat_lets_pass(self, world: World, jobs: Jobs, body: str):
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        author = await world.visitor()
        wish_id = await post_wish(world, author, "可以做" + body, area=area)
        wechat = Passing(jobs.parts.settings.wechat_base_url)
        await things.check_wish(world.database, Judge(wechat), wish_id, REWARD_POINTS)
        await wechat.aclose()
        await jobs.drain()
        await assert_waits_for_staff(world, wish_id, author, HELD_FOR_REVIEW)
        [row] = await world.database.reads.fetch("SELECT * FROM content_check WHERE subject_id = $1", wish_id)
        assert (row["suggest"], row["status"]) == ("pass", "passed"), "staff let it through after all"
        assert row["found"] in (["诈骗"], ["违法"])

    async def test_a_hit_turns_nothing_down_and_a_word_of_the_operator_counts(
        self, world: World, jobs: Jobs, tmp_path: Path
    ):
        own = tmp_path / "words.txt"
        own.write_text("# 本地\n[本地]\n老地方见\n", "utf-8")
        settings = jobs.parts.settings.model_copy(update={"word_list": own})
        parts = replace(jobs.parts, settings=settings)
        author = await world.visitor()
        wish_id = await post_wish(world, author, "老地方见，加微信")
        await Jobs(jobs.pool, parts).drain()
        [row] = await world.database.reads.fetch("SELECT * FROM content_check WHERE subject_id = $1", wish_id)
        assert (row["suggest"], row["status"], row["found"]) == ("review", "held", ["本地", "广告"])

    def test_a_list_that_cannot_be_read_says_so_at_the_start(self, jobs: Jobs, tmp_path: Path):
        settings = jobs.parts.settings
        (tmp_path / "headless.txt").write_text("一个词\n", "utf-8")
        (tmp_path / "short.txt").write_text("[短]\n啊\n", "utf-8")
        (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
        for name, said in (
            ("none.txt", "none"),
            ("headless.txt", "line 1"),
            ("short.txt", "line 2"),
            ("binary.txt", "utf"),
        ):
            with pytest.raises(SettingsError, match=f"ECHOWALL_WORD_LIST.*{said}"):
                sieve_of(settings.model_copy(update={"word_list": tmp_path / name}))


class Passing(WeChat):
    """WeChat's client with a WeChat that lets everything pass."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url, APPID, SECRET)

    async def check_text(self, *_arguments: Any, **_options: Any) -> Verdict:
        return Verdict("pass", 100, "trace-of-a-pass")


IS_DUE_AGAIN = "SELECT again_at IS NOT NULL FROM content_check WHERE id = $1"


class TestAgain:
    """What is held because WeChat was merely busy is judged once more, unless people were first."""

    async def held(self, world: World, jobs: Jobs, wechat: str, body: str, *, reviewed: bool) -> tuple[UUID, UUID]:
        """Post a wish that WeChat is too busy to judge; return its id and that of its check."""
        area = await make_area(world.database, world.community, is_wish_review_required=reviewed)
        wish_id = await post_wish(world, await world.visitor(), body, area=area)
        order_fault(wechat, CHECK, http_status=500, times=9)
        await jobs.drain()
        forget_faults(wechat)
        [row] = await world.database.reads.fetch("SELECT id, status FROM content_check WHERE subject_id = $1", wish_id)
        assert row["status"] == "held"
        assert await world.database.reads.fetchval(IS_DUE_AGAIN, row["id"]) is True
        return wish_id, row["id"]

    @pytest.mark.parametrize(
        ("body", "reviewed", "wish", "kept"),
        [
            ("厨房的灯坏了。", False, "published", ("passed", "pass", 100)),
            ("厨房的灯坏了。", True, "reviewing", ("held", "pass", 100)),
            ("一起去赌博", False, "reviewing", ("held", "risky", 20006)),
        ],
    )
    async def test_a_verdict_after_all_counts(
        self,
        world: World,
        jobs: Jobs,
        faulty_wechat: str,
        body: str,
        reviewed: bool,
        wish: str,
        kept: tuple[str, str, int],
    ):
        wish_id, check_id = await self.held(world, jobs, faulty_wechat, body, reviewed=reviewed)
        await content_sweeps.check_again(jobs.parts)
        assert await world.database.reads.fetchval(IS_DUE_AGAIN, check_id) is True, "not yet"
        with clock.at(now() + timedelta(minutes=6)):
            for _ in range(2):
                await content_sweeps.check_again(jobs.parts)
        assert (await look(world, wish_id, world.staff))["status"] == wish
        assert await checks_of(world, wish_id) == [("words", "moot", None, None), ("words", *kept)]

    async def test_not_once_people_have_decided_nor_a_third_time(
        self, world: World, jobs: Jobs, faulty_wechat: str, simulator_url: str
    ):
        decided, check_id = await self.held(world, jobs, faulty_wechat, "厨房的灯坏了。", reviewed=True)
        assert (await world.api.post(f"/v1/wishes/{decided}/approve", world.staff)).status_code == 200
        waiting, failing_id = await self.held(world, jobs, faulty_wechat, "厨房的灯坏了。", reviewed=False)
        judge, settings = Judge(jobs.parts.wechat), jobs.parts.settings
        calls = count_calls(simulator_url, CHECK)
        await again.check_again(world.database, judge, settings, check_id)
        assert count_calls(simulator_url, CHECK) == calls
        order_fault(faulty_wechat, CHECK, http_status=500, times=9)
        await again.check_again(world.database, judge, settings, failing_id)
        assert await checks_of(world, decided) == [("words", "passed", None, None)]
        assert await checks_of(world, waiting) == [("words", "held", None, None)]
        assert await world.database.reads.fetchval(IS_DUE_AGAIN, failing_id) is False

    async def test_other_words_too_and_nobody_is_asked_again_about_whom_wechat_does_not_know(
        self, world: World, jobs: Jobs, faulty_wechat: str
    ):
        author, helper = await world.visitor(), await world.visitor()
        await make_member(world.database, helper, world.grid, world.unit_id)
        unseen = await world.complaint(await world.person(), "checking")
        await jobs.drain()  # whom WeChat has not seen it does not judge, now or later
        complaint_id = await world.complaint(author, "checking")
        await world.api.put("/v1/me", author, {"nickname": "热心老王"})
        claim_id = await world.claim(helper, await world.wish(author))
        await world.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "换好了。"})
        order_fault(faulty_wechat, CHECK, errcode=-1, times=99)
        await jobs.drain()
        forget_faults(faulty_wechat)
        await jobs.drain()
        for subject_id in (complaint_id, author.id, claim_id):
            [row] = await world.database.reads.fetch("SELECT id FROM content_check WHERE subject_id = $1", subject_id)
            assert await checks_of(world, subject_id) != [], "it waits for people"
            await again.check_again(world.database, Judge(jobs.parts.wechat), jobs.parts.settings, row["id"])
            assert (await checks_of(world, subject_id))[-1][1:] == ("passed", "pass", 100)
        assert (await world.api.get(f"/v1/complaints/{complaint_id}")).json()["status"] == "open"
        assert await names(world, author) == ("热心老王", None)
        assert not await world.database.reads.fetchval(
            "SELECT again_at IS NOT NULL FROM content_check WHERE subject_id = $1", unseen
        )
