"""WeChat's pushes: who may push, what is kept, and what each event does, once."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.core.clock import now
from app.core.db import Database
from app.core.settings import Settings
from app.jobs import wechat_sweeps
from app.routers.wechat_push import PUSH_BYTES_MAX
from app.services import push_inbox, pushes, users
from app.wechat.push_codec import sign
from tests.api_client import ApiClient
from tests.app_parts import running_with
from tests.conftest import Jobs
from tests.factories import World, log_in, make_picture
from tests.people import Person
from tests.pushes import PATH, Pusher, event
from tests.random_words import letters
from tests.ringing import make_ring, make_sent_ring

COUNT = "SELECT count(*) FROM push_event"
JOBS = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'take_push' AND payload = $1"
NAMES = 'SELECT nickname, pending_nickname FROM "user" WHERE id = $1'
EVENTS = "SELECT action, party, facts FROM event WHERE subject_kind = 'user' AND subject_id = $1 ORDER BY id"
CHOOSE = 'UPDATE "user" SET nickname = $2, pending_nickname = $3 WHERE id = $1'


@pytest.fixture
def wechat_pushes(api: ApiClient, database: Database, settings: Settings) -> Pusher:
    return Pusher.to(api.client, database, settings)


class TestUrlCheck:
    def query(
        self, pusher: Pusher, changes: dict[str, str] | None = None, *, after: timedelta = timedelta()
    ) -> dict[str, str]:
        timestamp = str(int((now() + after).timestamp()))
        signature = sign(pusher.codec.token, timestamp, "1514711492")
        given = {"signature": signature, "timestamp": timestamp, "nonce": "1514711492", "echostr": "4375120948345"}
        return {**given, **(changes or {})}

    async def test_the_echo_comes_back_as_text(self, wechat_pushes: Pusher):
        answer = await wechat_pushes.client.get(PATH, params=self.query(wechat_pushes))
        assert (answer.status_code, answer.text) == (200, "4375120948345")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"

    @pytest.mark.parametrize(
        "changes",
        [
            {"signature": "0" * 40},
            {"signature": ""},
            {"signature": "\u5bc6"},
            {"nonce": "1"},
            {"timestamp": "1714036504"},
            {"timestamp": "\u0661\u0662"},
            {"timestamp": "9" * 40},
            {"echostr": "<script>"},
            {"echostr": ""},
            {"echostr": "1" * 129},
        ],
        ids=str,
    )
    async def test_others_are_refused(self, wechat_pushes: Pusher, changes: dict[str, str]):
        answer = await wechat_pushes.client.get(PATH, params=self.query(wechat_pushes, changes))
        assert (answer.status_code, answer.text) == (403, "forbidden")

    @pytest.mark.parametrize(("minutes", "status"), [(59, 200), (-59, 200), (62, 403), (-62, 403)])
    async def test_an_hour_of_skew_is_forgiven(self, wechat_pushes: Pusher, minutes: int, status: int):
        query = self.query(wechat_pushes, after=timedelta(minutes=minutes))
        assert (await wechat_pushes.client.get(PATH, params=query)).status_code == status

    async def test_nothing_asked(self, wechat_pushes: Pusher):
        assert (await wechat_pushes.client.get(PATH)).status_code == 403


class TestReceive:
    async def test_an_event_is_kept_sealed_and_its_job_ordered(self, wechat_pushes: Pusher):
        content = event("debug_demo", debug_str="hello world", FromUserName="o9AgO5Kd5ggOC")
        event_id = await wechat_pushes.keep(content)
        row = await wechat_pushes.row(content)
        assert row is not None
        assert (row["kind"], row["done_at"], row["tries"]) == ("debug_demo", None, 0)
        assert b"o9AgO5Kd5ggOC" not in row["sealed"]
        assert await wechat_pushes.database.reads.fetchval(JOBS, str(event_id).encode()) == 1

    async def test_twice_and_thrice_it_is_kept_once(self, wechat_pushes: Pusher):
        """WeChat pushes up to three times until it hears ``success``; a fourth is somebody who listened."""
        content = event("debug_demo")
        query, body = wechat_pushes.envelope(content)
        answers = await asyncio.gather(
            *(wechat_pushes.client.post(PATH, params=query, json=body) for _ in range(3)), wechat_pushes.push(content)
        )
        assert [answer.text for answer in answers] == ["success"] * 4
        event_id = await wechat_pushes.keep(content)
        assert await wechat_pushes.database.reads.fetchval(JOBS, str(event_id).encode()) == 1

    async def test_whoever_has_not_all_is_refused(self, wechat_pushes: Pusher):
        content = event("user_authorization_cancellation", OpenID="o-somebody")
        before = await wechat_pushes.database.reads.fetchval(COUNT)
        with capture_logs() as lines:
            for changes in ({"token": "another"}, {"key": bytes(32)}, {"appid": "wx0000000000000001"}):
                answer = await wechat_pushes.pretending(**changes).push(content)
                assert (answer.status_code, answer.text) == (403, "forbidden"), changes
        assert [line["reason"] for line in lines] == ["signature", "padding", "another mini-program"]
        query, body = wechat_pushes.envelope(content)
        refused = [
            ({**query, "msg_signature": query["msg_signature"][::-1]}, body),
            ({**query, "msg_signature": ""}, body),
            ({key: value for key, value in query.items() if key != "msg_signature"}, body),
            ({**query, "nonce": "1"}, body),
            ({**query, "timestamp": str(int(query["timestamp"]) + 1)}, body),
            ({**query, "timestamp": "now"}, body),
            (query, {**body, "Encrypt": f"A{body['Encrypt'][1:]}"}),
            (query, {**body, "Encrypt": [body["Encrypt"]]}),
            (query, json.loads(content)),  # plain mode
            (query, [body]),
            (query, None),
        ]
        for asked, sent in refused:
            answer = await wechat_pushes.client.post(PATH, params=asked, json=sent)
            assert (answer.status_code, answer.text) == (403, "forbidden"), (asked, sent)
        assert await wechat_pushes.database.reads.fetchval(COUNT) == before

    async def test_the_plain_modes_signature_does_not_serve(self, wechat_pushes: Pusher):
        """It signs no content: whoever saw one could push anything."""
        query, body = wechat_pushes.envelope(event("debug_demo"))
        signed = sign(wechat_pushes.codec.token, query["timestamp"], query["nonce"])
        for asked in ({**query, "signature": signed, "msg_signature": ""}, {**query, "msg_signature": signed}):
            assert (await wechat_pushes.client.post(PATH, params=asked, json=body)).status_code == 403

    @pytest.mark.parametrize(("minutes", "status"), [(59, 200), (-59, 200), (62, 403), (-62, 403)])
    async def test_what_was_signed_long_ago_is_refused(self, wechat_pushes: Pusher, minutes: int, status: int):
        answer = await wechat_pushes.push(event("debug_demo"), after=timedelta(minutes=minutes))
        assert answer.status_code == status

    @pytest.mark.parametrize(
        "body",
        [b"", b"\xff", b"[" * 60_000, b'{"Encrypt":' * 5_000, b'{"Encrypt": "\\ud800"}', b"<xml/>", b"1" * 60_000],
        ids=["empty", "no-utf-8", "deep", "deeper", "surrogate", "xml", "number"],
    )
    async def test_nasty_bodies(self, wechat_pushes: Pusher, body: bytes):
        query, _ = wechat_pushes.envelope(event("debug_demo"))
        assert (await wechat_pushes.client.post(PATH, params=query, content=body)).status_code == 403

    async def test_a_huge_body_is_not_read(self, wechat_pushes: Pusher):
        async def forever() -> Any:
            for _ in range(PUSH_BYTES_MAX // 1024 + 2):
                yield b"x" * 1024

        for content in (b"x" * (PUSH_BYTES_MAX + 1), forever()):
            query, _ = wechat_pushes.envelope(b"")
            answer = await wechat_pushes.client.post(PATH, params=query, content=content)
            assert answer.status_code == 413

    async def test_what_is_signed_and_no_event_is_kept_too(self, wechat_pushes: Pusher):
        for content in (b"<xml>\xff</xml>", b"", b'{"Event": "\\u0000"}', b"[" * 10_000):
            event_id = await wechat_pushes.keep(content)
            await pushes.take(wechat_pushes.database, wechat_pushes.secret, event_id)
            row = await wechat_pushes.row(content)
            assert row is not None
            assert (row["kind"], row["note"]) == ("unreadable", "kept")

    async def test_an_inbox_that_fails_is_told(self, app: FastAPI, wechat_pushes: Pusher, settings: Settings):
        """WeChat pushes again what was not taken: 503, and nothing half kept."""
        content = event("debug_demo")
        gone = Database("postgresql://127.0.0.1:1/nowhere", settings)
        with running_with(app, database=gone), capture_logs() as lines:
            answer = await wechat_pushes.push(content)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert [line["event"] for line in lines] == ["a push could not be kept"]
        assert await wechat_pushes.row(content) is None
        await wechat_pushes.keep(content)

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    async def test_other_methods(self, wechat_pushes: Pusher, method: str):
        assert (await wechat_pushes.client.request(method, PATH)).status_code == 405

    async def test_logs_tell_nobody(
        self, wechat_pushes: Pusher, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.DEBUG)
        content = event("wxa_punish_event", OpenID="o-secret-openid", reason="o-secret-reason")
        query, body = wechat_pushes.envelope(content)
        await wechat_pushes.client.post(PATH, params=query, json=body)
        await wechat_pushes.client.post(PATH, params={**query, "nonce": "1"}, json=body)
        row = await wechat_pushes.row(content)
        assert row is not None
        await pushes.take(wechat_pushes.database, wechat_pushes.secret, row["id"])
        written = "".join([*capsys.readouterr(), caplog.text])
        for secret in ("o-secret", wechat_pushes.codec.token, query["msg_signature"], body["Encrypt"][:40]):
            assert secret not in written


class TestTake:
    async def test_kinds_without_effect_are_kept(self, wechat_pushes: Pusher):
        assert await wechat_pushes.tell("debug_demo") == "kept"
        assert await wechat_pushes.tell("an_event_of_next_year") == "kept"

    async def test_a_punishment_alarms_the_operator(self, wechat_pushes: Pusher):
        with capture_logs() as lines:
            assert await wechat_pushes.tell("wxa_punish_event", appid="wx1", reason="诱导分享") == "kept"
        [line] = [line for line in lines if line["log_level"] == "error"]
        assert line.keys() == {"event", "log_level", "event_id"}

    async def test_the_job_takes_it(self, wechat_pushes: Pusher, jobs: Jobs):
        content = event("debug_demo")
        await wechat_pushes.keep(content)
        await jobs.drain()
        row = await wechat_pushes.row(content)
        assert row is not None
        assert (row["note"], row["tries"]) == ("kept", 1)

    async def test_at_once_by_several_it_is_done_once(self, world: World, wechat_pushes: Pusher):
        person = await chosen(world, "热心肠")
        event_id = await wechat_pushes.keep(event("user_info_modified", OpenID=person))
        taken = (pushes.take(wechat_pushes.database, wechat_pushes.secret, event_id) for _ in range(4))
        assert sorted(await asyncio.gather(*taken)) == [False, False, False, True]


async def chosen(world: World, nickname: str, pending: str | None = None) -> str:
    """Return the openid of somebody who chose a name."""
    person = await world.person()
    await world.database.writes.execute(CHOOSE, person.id, nickname, pending)
    return person.openid


class TestUserInfoModified:
    async def test_the_name_goes_until_it_is_chosen_anew(self, world: World, wechat_pushes: Pusher):
        person, other = await world.person(), await world.person()
        for one in (person, other):
            await world.database.writes.execute(CHOOSE, one.id, "热心肠", "更热心")
        assert await wechat_pushes.tell("user_info_modified", person) == "done"
        row = await world.database.reads.fetchrow(NAMES, person.id)
        assert row is not None
        assert row["nickname"].startswith("邻居")
        assert row["pending_nickname"] is None
        assert await world.database.reads.fetchval(NAMES, other.id) == "热心肠"
        events = await world.database.reads.fetch(EVENTS, person.id)
        assert [tuple(one) for one in events] == [("reset_nickname", "system", None)]

    async def test_a_late_event_leaves_a_newer_name(self, world: World, wechat_pushes: Pusher):
        person = await world.person()
        await world.database.writes.execute(CHOOSE, person.id, "旧名字", "新名字")
        async with world.database.transaction() as connection:
            await users.decide_nickname(connection, person.id, "新名字", passed=True)
        before = int(now().timestamp()) - 60
        assert await wechat_pushes.tell("user_info_modified", person, CreateTime=str(before)) == "nobody of ours"
        row = await world.database.reads.fetchrow(NAMES, person.id)
        assert row is not None
        assert row["nickname"] == "新名字"

    @pytest.mark.parametrize("openid", [None, "", "o-nobody", 17, "\0", "密"])
    async def test_nobody_of_ours(self, wechat_pushes: Pusher, openid: object):
        assert await wechat_pushes.tell("user_info_modified", OpenID=openid, FromUserName="gh_x") == "nobody of ours"


class TestRevoke:
    async def test_what_is_taken_back_goes_and_nothing_else(self, world: World, wechat_pushes: Pusher):
        name = f"小陈{letters(6)}"
        person = await log_in(world.api, world.database, name)
        phone = {"code": f"phone-{name}-{letters(6)}"}
        assert (await world.api.post("/v1/me/phone", person, phone)).status_code == 200
        await world.database.writes.execute(CHOOSE, person.id, "热心肠", None)
        for items in ("", "1", [14, "x"], None, {"8": 8}):
            told = await wechat_pushes.tell("user_authorization_revoke", person, RevokeInfo=items)
            assert told == "nothing of it here", items
        me = (await world.api.get("/v1/me", person)).json()
        assert (me["nickname"], me["phone"] is None) == ("热心肠", False)
        assert await wechat_pushes.tell("user_authorization_revoke", person, RevokeInfo="8") == "done"
        assert await wechat_pushes.tell("user_authorization_revoke", person, RevokeInfo=8) == "nothing of it here"
        me = (await world.api.get("/v1/me", person)).json()
        assert (me["nickname"], me["phone"]) == ("热心肠", None)
        assert await wechat_pushes.tell("user_authorization_revoke", person, RevokeInfo=["6", 19]) == "done"
        me = (await world.api.get("/v1/me", person)).json()
        assert me["nickname"].startswith("邻居")
        assert await wechat_pushes.tell("user_authorization_revoke", OpenID="o-nobody", RevokeInfo="6,8,19") != "done"

    async def test_pictures_that_belong_to_nothing_go(self, world: World, wechat_pushes: Pusher):
        person, other = await world.person(), await world.person()
        ids = [await make_picture(world.database, owner) for owner in (person, person, other)]
        await world.database.writes.execute(
            "UPDATE media SET subject_kind = 'wish', subject_id = $2, position = 1 WHERE id = $1", ids[1], person.id
        )
        for items in ("14", "20"):
            told = await wechat_pushes.tell("user_authorization_revoke", person, RevokeInfo=items)
            assert told == ("done" if items == "14" else "nothing of it here")
        rows = await world.database.reads.fetch("SELECT id, status FROM media WHERE id = ANY($1)", ids)
        assert {row["id"]: row["status"] for row in rows} == dict(
            zip(ids, ["removed", "checking", "checking"], strict=True)
        )


class TestSubscriptions:
    async def test_credits_are_counted_once_an_event(self, world: World, wechat_pushes: Pusher):
        """Single and in an array, with numbers as strings, wrapped or not; pushed twice, it counts once."""
        person = await world.person()
        entry = {"TemplateId": "T-one", "SubscribeStatusString": "accept", "PopupScene": "0"}
        other = {"TemplateId": "T-two", "SubscribeStatusString": "reject", "PopupScene": "0"}
        shapes: list[dict[str, Any]] = [
            {"List": entry},
            {"List": [entry, other]},
            {"SubscribeMsgPopupEvent": {"List": [entry, {**other, "SubscribeStatusString": "ban"}]}},
        ]
        for shape in shapes:
            content = event("subscribe_msg_popup_event", FromUserName=person.openid, **shape)
            for _ in range(2):
                event_id = await wechat_pushes.keep(content)
                await pushes.take(wechat_pushes.database, wechat_pushes.secret, event_id)
        assert await credits_of(world, person) == {"T-one": (3, False), "T-two": (0, True)}
        change: dict[str, Any] = {"List": {"TemplateId": "T-one", "SubscribeStatusString": "reject"}}
        note = await wechat_pushes.tell("subscribe_msg_change_event", FromUserName=person.openid, **change)
        assert note == "done"
        assert await credits_of(world, person) == {"T-one": (0, True), "T-two": (0, True)}

    async def test_a_message_that_did_not_arrive_is_noted_though_told_of_too_early(
        self, world: World, wechat_pushes: Pusher
    ):
        ring_id, msgid = await make_ring(world), str(uuid4().int)[:18]
        told = {"TemplateId": "T-one", "MsgID": msgid, "ErrorStatus": "failed"}
        assert await wechat_pushes.tell("subscribe_msg_sent_event", List={**told, "ErrorCode": "0"}) == "done"
        early = event("subscribe_msg_sent_event", List={**told, "ErrorCode": "3"})
        event_id = await wechat_pushes.keep(early)
        assert not await pushes.take(wechat_pushes.database, wechat_pushes.secret, event_id)
        sent = "UPDATE ring SET status = 'sent', msgid = $2 WHERE id = $1"
        await world.database.writes.execute(sent, ring_id, msgid)
        assert await pushes.take(wechat_pushes.database, wechat_pushes.secret, event_id)
        row = await world.database.reads.fetchrow("SELECT status, errcode FROM ring WHERE id = $1", ring_id)
        assert row is not None
        assert tuple(row) == ("failed", 3)
        long_ago = int((now() - pushes.ANSWER_WITHIN).timestamp())
        stray: dict[str, Any] = {"List": {**told, "MsgID": "1", "ErrorCode": 3}, "CreateTime": long_ago}
        assert await wechat_pushes.tell("subscribe_msg_sent_event", **stray) == "nobody of ours"

    async def test_strangers_and_nonsense_count_nothing(self, world: World, wechat_pushes: Pusher):
        person = await world.person()
        entry = {"TemplateId": "T-one", "SubscribeStatusString": "accept"}
        nonsense: list[dict[str, Any]] = [
            {"FromUserName": "o-nobody", "List": entry},
            {"FromUserName": person.openid},
            {"FromUserName": person.openid, "List": {"TemplateId": "\0", "SubscribeStatusString": "accept"}},
            {"FromUserName": person.openid, "List": [None, [], "x", {"TemplateId": ["T-one"]}]},
            {"FromUserName": person.openid, "List": {**entry, "SubscribeStatusString": "filter"}},
        ]
        for told in nonsense:
            assert await wechat_pushes.tell("subscribe_msg_popup_event", **told) == "nobody of ours", told
        assert await credits_of(world, person) == {}

    async def test_what_did_not_arrive_is_noted(self, world: World, wechat_pushes: Pusher):
        """The message's id comes as a number of 64 bits or as its text, the errcode as either too."""
        person = await world.person()
        for written in (int, str):
            msgid = await make_sent_ring(world, person)
            for errcode, status in ((0, "sent"), (20001, "failed")):
                entry = {"TemplateId": "T-one", "MsgID": written(msgid), "ErrorCode": written(errcode)}
                told: list[dict[str, Any]] = [{**entry, "ErrorStatus": "x"}, {"TemplateId": "T-one", "MsgID": "1"}]
                assert await wechat_pushes.tell("subscribe_msg_sent_event", person, List=told) == "done"
                ring = await world.database.reads.fetchval("SELECT status FROM ring WHERE msgid = $1", msgid)
                assert ring == status
        assert await wechat_pushes.tell("subscribe_msg_sent_event", person) == "nothing of it here"


async def credits_of(world: World, person: Person) -> dict[str, tuple[int, bool]]:
    find = "SELECT template_id, credits, is_refused FROM message_credit WHERE user_id = $1"
    rows = await world.database.reads.fetch(find, person.id)
    return {row["template_id"]: (row["credits"], row["is_refused"]) for row in rows}


@contextmanager
def failing(kind: str) -> Iterator[list[UUID]]:
    """Let the function of a kind fail, and note how often."""
    tried: list[UUID] = []

    async def fail(_taking: pushes.Taking) -> str:
        tried.append(UUID(int=0))
        raise RuntimeError("o-secret-openid")

    pushes.TAKERS[kind] = fail
    try:
        yield tried
    finally:
        del pushes.TAKERS[kind]


class TestSweeps:
    async def test_what_fails_is_tried_again_later_and_nobody_waits_for_it(self, wechat_pushes: Pusher, jobs: Jobs):
        broken, sound = event("broken_kind"), event("debug_demo")
        ids = [await wechat_pushes.keep(broken), await wechat_pushes.keep(sound)]
        await make_due(wechat_pushes, ids)
        with failing("broken_kind") as tried, capture_logs() as lines:
            await wechat_sweeps.take_pushes(jobs.parts)
            await wechat_sweeps.take_pushes(jobs.parts)  # not due again yet
            assert len(tried) == 1
        assert "o-secret-openid" not in str(lines)
        rows = [await wechat_pushes.row(content) for content in (broken, sound)]
        assert [(row["done_at"] is None, row["tries"]) for row in rows if row] == [(True, 1), (False, 1)]
        await make_due(wechat_pushes, ids)
        assert await wechat_sweeps.take_pushes(jobs.parts) >= 1
        row = await wechat_pushes.row(broken)
        assert row is not None
        assert (row["note"], row["tries"]) == ("kept", 2)

    async def test_what_waited_a_day_is_left_and_after_a_month_forgotten(self, wechat_pushes: Pusher, jobs: Jobs):
        contents = [event("broken_kind"), event("debug_demo"), event("debug_demo")]
        ids = [await wechat_pushes.keep(content) for content in contents]
        await pushes.take(wechat_pushes.database, wechat_pushes.secret, ids[1])
        await age(wechat_pushes, ids[0], timedelta(days=31))
        await age(wechat_pushes, ids[1], timedelta(days=31))
        await age(wechat_pushes, ids[2], timedelta(days=29))
        await make_due(wechat_pushes, ids)
        with failing("broken_kind") as tried:
            await wechat_sweeps.take_pushes(jobs.parts)
        assert tried == []
        with capture_logs() as lines:
            assert await wechat_sweeps.forget_pushes(jobs.parts) == 2
        assert [line["events"] for line in lines] == [1]
        assert [await wechat_pushes.row(content) is None for content in contents] == [True, True, False]
        assert await wechat_sweeps.forget_pushes(jobs.parts) == 0

    async def test_what_came_before_its_trace_id_is_ordered_when_that_is_stored(self, wechat_pushes: Pusher):
        content = event("wxa_media_check", trace_id="trace-early")
        event_id = await wechat_pushes.keep(content)
        async with wechat_pushes.database.transaction() as connection:
            await push_inbox.order_of_trace(connection, "trace-early")
            await push_inbox.order_of_trace(connection, "trace-of-others")
        assert await wechat_pushes.database.reads.fetchval(JOBS, str(event_id).encode()) == 2


async def make_due(pusher: Pusher, ids: list[UUID]) -> None:
    await pusher.database.writes.execute("UPDATE push_event SET due_at = now() WHERE id = ANY($1)", ids)


async def age(pusher: Pusher, event_id: UUID, by: timedelta) -> None:
    """Let an event have come earlier; its id says so too."""
    moment = now() - by
    aged = UUID(int=(int(moment.timestamp() * 1000) << 80) | (event_id.int & ((1 << 80) - 1)))
    await pusher.database.writes.execute(
        "UPDATE push_event SET id = $2, received_at = $3 WHERE id = $1", event_id, aged, moment
    )
