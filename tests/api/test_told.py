"""Who is told what becomes of wishes, errands, claims, points and vouchers: the right ones, once, and nobody else."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import today
from app.domain.caller import Role
from app.domain.messages import EXCERPT_MAX, day
from app.jobs import handlers
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.errands import errand_form, make_errand, open_errand
from tests.factories import REWARD_POINTS, World, give_points, make_area
from tests.inboxes import read_all, told
from tests.people import Person

AGE_DELIVERY = """
    WITH aged AS (
        UPDATE claim SET submitted_at = submitted_at - $2::interval, asked_at = asked_at - $2::interval
        WHERE id = $1 RETURNING task_id
    )
    UPDATE wish w SET delivered_at = w.delivered_at - $2::interval FROM task t, aged
    WHERE t.id = aged.task_id AND w.id = t.wish_id
"""


async def act(world: World, person: Person, path: str, form: object = None, *, key: str | None = None) -> Any:
    response = await world.api.post(path, person, form, **({"key": key} if key else {}))
    assert response.status_code < 400, response.text
    return response.json()


async def post_wish(world: World, author: Person, body: str = "厨房的灯坏了。", area: Any = None) -> str:
    form = {"area_id": str((area or world.grid).id), "category": "elderly", "title": "换灯泡", "body": body}
    return str((await act(world, author, "/v1/wishes", form))["id"])


async def task_of(world: World, wish_id: str) -> str:
    return f"/v1/tasks/{await world.task_of(UUID(wish_id))}"


class TestWish:
    async def test_from_review_to_points(self, api: ApiClient, world: World, jobs: Jobs):
        author, helper, other = await world.visitor(), await world.helper(), await world.helper()
        everybody = (author, helper, other, world.staff)
        wish_id = await post_wish(world, author)
        await jobs.drain()
        assert await told(world, *everybody) == [[], [], [], []], "what waits for staff is no news"
        key = uuid4().hex
        for _ in range(2):
            await act(world, world.staff, f"/v1/wishes/{wish_id}/approve", key=key)
        assert await told(world, *everybody) == [["wish_published"], [], [], []]
        task = await task_of(world, wish_id)
        claim_id = (await act(world, other, f"{task}/claims"))["id"]
        assert (await api.post(f"{task}/claims", helper)).status_code == 409
        assert await told(world, *everybody) == [["wish_claimed"], [], [], []]
        await act(world, other, f"/v1/claims/{claim_id}/release")
        assert await told(world, *everybody) == [["wish_seeking"], [], [], []]
        claim = f"/v1/claims/{(await act(world, helper, f'{task}/claims'))['id']}"
        await act(world, helper, f"{claim}/submit", {"note": "换好了。"})
        assert await told(world, *everybody) == [["wish_claimed", "wish_delivered"], [], [], []]
        reason = "灯还是不亮，打13912345678没人接。" * 20
        returned = await act(world, world.staff, f"{claim}/return", {"reason": reason})
        [message] = await read_all(world, helper)
        assert (message["kind"], message["subject"]["path"]) == ("claim_returned", claim)
        assert "灯还是不亮" in message["body"]
        assert "13912345678" not in message["body"]
        assert len(message["body"]) < 2 * EXCERPT_MAX
        year, month, last = (int(part) for part in returned["due_at"][:10].split("-"))
        assert f"{year}年{month}月" in message["body"], last
        await act(world, helper, f"{claim}/submit", {"note": "换好了。"})
        await act(world, author, f"/v1/wishes/{wish_id}/confirm", {"rating": 5})
        assert await told(world, author, other, world.staff) == [["wish_delivered"], [], []]
        [message] = await read_all(world, helper)
        assert (message["kind"], message["subject"]["path"]) == ("points_awarded", claim)
        assert f"获得{REWARD_POINTS}积分" in message["body"]

    async def test_who_moves_up_is_whoever_claimed_it(self, world: World):
        author, first, second = await world.person(), await world.helper(), await world.helper()
        wish_id = await world.wish(author)
        claim_id = await world.claim(first, wish_id)
        await world.place_in_line(await world.task_of(wish_id), second)
        await told(world, author, first, second)
        await act(world, first, f"/v1/claims/{claim_id}/release")
        assert await told(world, author, first, second) == [["wish_claimed"], [], ["claim_moved_up"]]

    @pytest.mark.parametrize("by", ["staff", "check"])
    async def test_rejected(self, world: World, jobs: Jobs, by: str):
        author = await world.visitor()
        wish_id = await post_wish(world, author, "一起去赌博" if by == "check" else "厨房的灯坏了。")
        await jobs.drain()
        if by == "staff":
            await act(world, world.staff, f"/v1/wishes/{wish_id}/reject", {"reason": "请找物业。"})
        assert await told(world, author, world.staff) == [["wish_rejected"], []]

    async def test_published_where_nobody_reviews(self, world: World, jobs: Jobs):
        area = await make_area(world.database, world.community, is_wish_review_required=False)
        author, staff = await world.visitor(), await world.holder(Role.STAFF, area)
        await post_wish(world, author, area=area)
        await jobs.drain()
        assert await told(world, author, staff) == [["wish_published"], []]

    async def test_what_time_does_is_told_once(self, world: World, jobs: Jobs):
        author, helper, writes = await world.person(), await world.helper(), world.database.writes
        wish_id = await world.wish(author)
        claim_id = await world.claim(helper, wish_id)
        await told(world, author)
        await writes.execute("UPDATE claim SET due_at = now() - interval '1 hour' WHERE id = $1", claim_id)
        for _ in range(2):
            await handlers.lapse_overdue(jobs.parts)
        assert await told(world, author, helper) == [["wish_seeking"], ["claim_lapsed"]]
        await writes.execute("UPDATE wish SET published_at = now() - interval '1 year' WHERE id = $1", wish_id)
        for _ in range(2):
            await handlers.expire_wishes(jobs.parts)
        assert await told(world, author, helper, world.staff) == [["wish_expired"], [], []]

    async def test_a_refused_delivery(self, world: World):
        author, helper = await world.person(), await world.helper()
        _, claim_id = await world.delivered(author, helper)
        await told(world, author)
        await act(world, world.staff, f"/v1/claims/{claim_id}/refuse", {"reason": "没有去过。"})
        assert await told(world, author, helper, world.staff) == [["wish_seeking"], ["claim_refused"], []]

    async def test_what_brings_no_points(self, world: World):
        await world.policy(world.district, rates=[{"kind": "wish", "points": 0}])
        author, helper = await world.person(), await world.helper()
        _, claim_id = await world.delivered(author, helper)
        await act(world, world.staff, f"/v1/claims/{claim_id}/verify")
        assert await told(world, helper) == [["claim_verified"]]


class TestSilence:
    async def test_residents_are_asked_a_day_before_and_each_time_it_is_delivered(self, world: World, jobs: Jobs):
        author, helper = await world.person(), await world.helper()
        wish_id, claim_id = await world.delivered(author, helper)
        disputed, other_claim = await world.delivered(author, helper)
        await act(world, author, f"/v1/wishes/{disputed}/dispute", {"reason": "没有修好"})
        await world.database.writes.execute(AGE_DELIVERY, other_claim, timedelta(days=6, hours=1))
        await told(world, author, helper)
        for passed in (timedelta(days=5, hours=23), timedelta(hours=2)):
            assert await told(world, author, helper, world.staff) == [[], [], []]
            await world.database.writes.execute(AGE_DELIVERY, claim_id, passed)
            for _ in range(2):
                await handlers.ask_to_confirm(jobs.parts)
        [message] = await read_all(world, author)
        assert (message["kind"], message["subject"]["id"]) == ("wish_confirm_soon", str(wish_id))
        assert day(today() + timedelta(days=1)) in message["body"] or day(today()) in message["body"]
        await act(world, world.staff, f"/v1/claims/{claim_id}/return", {"reason": "再做一次。"})
        await act(world, helper, f"/v1/claims/{claim_id}/submit", {"note": "好了。"})
        await handlers.ask_to_confirm(jobs.parts)
        assert await told(world, author) == [["wish_delivered"]]
        await world.database.writes.execute(AGE_DELIVERY, claim_id, timedelta(days=6, hours=1))
        await handlers.ask_to_confirm(jobs.parts)
        assert await told(world, author, helper) == [["wish_confirm_soon"], ["claim_returned"]]
        await world.database.writes.execute(AGE_DELIVERY, claim_id, timedelta(days=1))
        for _ in range(2):
            await handlers.ask_to_confirm(jobs.parts)
            await handlers.confirm_silent(jobs.parts)
        assert await told(world, author, helper) == [[], ["points_awarded"]]


class TestErrand:
    async def test_from_review_to_points(self, world: World, jobs: Jobs):
        author, helper, other = await world.person(), await world.helper(), await world.helper()
        _, task_id = await open_errand(world, author)
        claim_id = await world.take_seat(other, task_id)
        await act(world, other, f"/v1/claims/{claim_id}/cannot", {"reason": "没有时间。"})
        claim_id = await world.take_seat(helper, task_id, note="办好了")
        assert await told(world, author, other, helper) == [
            ["errand_approved", "errand_claimed", "errand_seeking", "errand_claimed", "errand_delivered"],
            [],
            [],
        ]
        assert [item["kind"] for item in await read_all(world, world.staff)] == ["claim_cannot"]
        await world.database.writes.execute(AGE_DELIVERY, claim_id, timedelta(days=6, hours=1))
        for _ in range(2):
            await handlers.ask_to_confirm(jobs.parts)
        assert await told(world, author) == [["errand_confirm_soon"]]
        await act(world, author, f"/v1/claims/{claim_id}/confirm")
        assert await told(world, author, helper, world.staff) == [[], ["points_awarded"], []]

    async def test_other_ends(self, world: World, jobs: Jobs):
        checked, refused, ended, forgotten = [await world.visitor() for _ in range(4)]
        await act(world, checked, "/v1/errands", errand_form(world, body="一起去赌博"))
        await jobs.drain()
        refused_id = await make_errand(world, refused)
        await act(world, world.staff, f"/v1/errands/{refused_id}/reject", {"reason": "请到窗口办理。"})
        errand_id, task_id = await open_errand(world, ended)
        helper = await world.helper()
        await world.take_seat(helper, task_id)
        await act(world, world.staff, f"/v1/errands/{errand_id}/end", {"reason": "政策有变。"})
        old, _ = await open_errand(world, forgotten)
        aged = "UPDATE errand SET approved_at = now() - interval '1 year' WHERE id = $1"
        await world.database.writes.execute(aged, old)
        for _ in range(2):
            await handlers.expire_errands(jobs.parts)
        assert await told(world, checked, refused, ended, forgotten, helper) == [
            ["errand_rejected"],
            ["errand_rejected"],
            ["errand_approved", "errand_claimed", "errand_ended"],
            ["errand_approved", "errand_ended"],
            ["claim_called_off"],
        ]
        assert await told(world, world.staff) == [[]]


class TestPoints:
    async def test_expiring_soon(self, world: World, jobs: Jobs):
        one, two, none = [await world.helper() for _ in range(3)]
        soon, later = today() + timedelta(days=20), today() + timedelta(days=5)
        for person, points, until in ((one, 3, soon), (one, 4, later), (two, 3, soon)):
            await give_points(world.database, person, points, expires_on=until)
        for _ in range(2):
            await handlers.warn_expiry(jobs.parts)
        messages = await read_all(world, one)
        bodies = sorted(f"{points}积分将于{day(until)}到期" for points, until in ((3, soon), (4, later)))
        assert {message["subject"]["path"] for message in messages} == {"/v1/me/points"}
        assert [body for body in bodies if any(body in message["body"] for message in messages)] == bodies
        assert [len(messages), *map(len, await told(world, two, none))] == [2, 1, 0]


class TestVoucher:
    async def test_settled_and_reversed(self, world: World):
        owner, holder, blocked = await world.person(), await world.helper(points=10), await world.helper(points=5)
        offer_id = await world.offer(await world.shop(owner))
        voucher_id = await world.voucher(holder, offer_id)
        code = await world.code(holder, voucher_id)
        redemption = await act(world, owner, "/v1/redemptions", {"code": code}, key="a" * 32)
        await act(world, owner, "/v1/redemptions", {"code": code}, key="a" * 32)
        assert (await world.api.post("/v1/redemptions", owner, {"code": code})).status_code == 409
        [message] = await read_all(world, holder)
        assert message["title"] == "兑换券已使用"
        assert message["subject"]["path"] == f"/v1/vouchers/{voucher_id}"
        assert "“小面一碗”已在小面馆使用，共5积分" in message["body"]
        await act(world, owner, f"/v1/redemptions/{redemption['id']}/reverse", {"reason": "扫错了。"})
        assert await told(world, holder, owner, world.alliance) == [["voucher_reversed"], [], []]
        code = await world.code(blocked, await world.voucher(blocked, offer_id))
        await world.database.writes.execute('UPDATE "user" SET is_blocked = true WHERE id = $1', blocked.id)
        await act(world, owner, "/v1/redemptions", {"code": code})
        count = "SELECT count(*) FROM message WHERE user_id = ANY($1)"
        assert await world.database.reads.fetchval(count, [blocked.id, owner.id]) == 0

    async def test_given_back(self, world: World, jobs: Jobs):
        owner, late, left, away = await world.person(), *[await world.helper(points=5) for _ in range(3)]
        shop = await world.shop(owner)
        offer_id = await world.offer(shop)
        expired = await world.voucher(late, offer_id)
        await act(world, away, f"/v1/vouchers/{await world.voucher(away, offer_id)}/cancel")
        await world.database.writes.execute("UPDATE voucher SET expires_at = now() WHERE id = $1", expired)
        for _ in range(2):
            await handlers.expire_vouchers(jobs.parts)
        await world.voucher(left, offer_id)
        await act(world, owner, f"/v1/merchants/{shop}/leave")
        for _ in range(2):
            await jobs.drain()
            await handlers.give_back_vouchers(jobs.parts)
        assert await told(world, late, left, away, owner) == [["voucher_expired"], ["voucher_given_back"], [], []]
