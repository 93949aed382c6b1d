"""The caller's own things."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app import ledger
from app.core.clock import today
from tests.api.scene import make_volunteer
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, give_points, log_in
from tests.people import Person


async def all_pages(
    api: ApiClient, path: str, person: Person, *, oldest_first: bool = False, **filters: Any
) -> Sequence[dict[str, Any]]:
    """Read a list to its end, two at a time; each thing must come once."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.get(path, person, limit=2, **filters, **cursor)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            assert len({item["id"] for item in items}) == len(items)
            assert [item["id"] for item in items] == sorted((item["id"] for item in items), reverse=not oldest_first)
            return items
        assert len(page["items"]) == 2
        cursor = {"cursor": page["next_cursor"]}


async def expire_all(world: World, holder: Person) -> None:
    """Move off what is left in somebody's accounts after their last day."""
    cohorts = await ledger.find_expired(world.database.reads, today(), 10_000)
    for cohort in cohorts:
        if cohort.user_id == holder.id:
            async with world.database.transaction() as connection:
                await ledger.expire(connection, cohort.account_id)


class TestGetMe:
    async def test_nobody_in_particular(self, api: ApiClient, world: World):
        person = await world.person()
        me = (await api.get("/v1/me", person)).json()
        assert me == {
            "id": str(person.id),
            "nickname": "邻居0001",
            "pending_nickname": None,
            "phone": None,
            "member_status": None,
            "volunteer_status": None,
            "grants": [],
            "shops": [],
            "units": [],
            "created_at": me["created_at"],
            "actions": ["update", "confirm_phone"],
        }

    async def test_somebody_with_everything(self, api: ApiClient, world: World):
        person = await world.helper()
        await make_volunteer(world, person)
        shop = await world.shop(person)
        me = (await api.get("/v1/me", person)).json()
        assert (me["member_status"], me["volunteer_status"]) == ("approved", "applied")
        assert me["shops"] == [{"id": str(shop), "name": "小面馆", "is_owner": True}]
        [grant] = (await api.get("/v1/me", world.staff)).json()["grants"]
        assert grant == {"role": "staff", "area_id": str(world.district.id), "area_name": world.district.name}


class TestUpdateMe:
    async def test_a_name_is_shown_once_it_is_checked(self, api: ApiClient, world: World, jobs: Jobs):
        person = await log_in(api, world.database)
        old = (await api.get("/v1/me", person)).json()["nickname"]
        changed = (await api.put("/v1/me", person, {"nickname": "热心的小李"})).json()
        assert (changed["nickname"], changed["pending_nickname"]) == (old, "热心的小李")
        await jobs.drain()
        checked = (await api.get("/v1/me", person)).json()
        assert (checked["nickname"], checked["pending_nickname"]) == ("热心的小李", None)

    @pytest.mark.parametrize(("nickname", "pending"), [("赌博高手", None), ("加微信看片", "加微信看片")])
    async def test_a_bad_name_is_dropped_and_one_in_doubt_waits_for_people(
        self, api: ApiClient, world: World, jobs: Jobs, nickname: str, pending: str | None
    ):
        person = await log_in(api, world.database)
        old = (await api.get("/v1/me", person)).json()["nickname"]
        await api.put("/v1/me", person, {"nickname": nickname})
        await jobs.drain()
        checked = (await api.get("/v1/me", person)).json()
        assert (checked["nickname"], checked["pending_nickname"]) == (old, pending)


class TestListWishes:
    async def test_all_of_ones_own_and_no_other(self, api: ApiClient, world: World):
        author = await world.person()
        own = [await world.wish(author, status) for status in ("checking", "reviewing", "published")]
        await world.wish(await world.person())
        items = await all_pages(api, "/v1/me/wishes", author)
        assert [item["id"] for item in items] == [str(wish) for wish in reversed(own)]
        assert [item["actions"] for item in items] == [["withdraw"]] * 3


class TestListClaims:
    async def test_all_of_ones_own_and_no_other(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        released, submitted, active = [await world.claim(helper, await world.wish(author)) for _ in range(3)]
        await api.post(f"/v1/claims/{released}/release", helper)
        await api.post(f"/v1/claims/{submitted}/submit", helper, {"note": "好了。"})
        await world.claim(await world.helper(), await world.wish(author))
        items = await all_pages(api, "/v1/me/claims", helper)
        assert [(item["id"], item["status"], item["actions"]) for item in items] == [
            (str(active), "active", ["submit", "release", "cannot", "check_in"]),
            (str(submitted), "submitted", []),
            (str(released), "released", []),
        ]


class TestGetPoints:
    async def test_what_is_free_and_what_is_held(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        await world.voucher(holder, await world.offer(await world.shop(await world.person()), points=4))
        points = (await api.get("/v1/me/points", holder)).json()
        assert points == {
            "spendable_points": 6,
            "held_points": 4,
            "waiting_points": 0,
            "by_expiry": [{"expires_on": None, "points": 6}],
            "waiting": [],
            "warnings": [],
            "actions": [],
        }

    async def test_by_date(self, api: ApiClient, world: World):
        """What expires first stands first; what is past its last day, today not yet, is gone."""
        holder = await world.helper(points=1)
        in_days = {days: today() + timedelta(days=days) for days in (-1, 0, 3, 9)}
        for days, points in ((9, 16), (-1, 2), (0, 4), (3, 8)):
            await give_points(world.database, holder, points, expires_on=in_days[days])
        for days, points in ((9, 64), (3, 32)):
            await give_points(world.database, holder, points, expires_on=in_days[9], available_on=in_days[days])
        seen = (await api.get("/v1/me/points", holder)).json()
        assert (seen["spendable_points"], seen["waiting_points"], seen["held_points"]) == (29, 96, 0)
        assert [(part["expires_on"], part["points"]) for part in seen["by_expiry"]] == [
            (in_days[0].isoformat(), 4),
            (in_days[3].isoformat(), 8),
            (in_days[9].isoformat(), 16),
            (None, 1),
        ]
        assert [(part["available_on"], part["points"]) for part in seen["waiting"]] == [
            (in_days[3].isoformat(), 32),
            (in_days[9].isoformat(), 64),
        ]


class TestListTransfers:
    async def test_each_move_with_its_sign(self, api: ApiClient, world: World):
        holder, owner = await world.helper(points=10), await world.person()
        offer = await world.offer(await world.shop(owner), points=4)
        await api.post(f"/v1/vouchers/{await world.voucher(holder, offer)}/cancel", holder)
        settled = await world.voucher(holder, offer)
        await api.post("/v1/redemptions", owner, {"code": await world.code(holder, settled)})
        items = await all_pages(api, "/v1/me/points/transfers", holder)
        assert [(item["kind"], item["change_points"]) for item in items] == [
            ("hold", -4),
            ("release", 4),
            ("hold", -4),
            ("award", 10),
        ]
        assert all(item["title"] and item["actions"] == [] for item in items)

    async def test_a_move_out_of_several_accounts_is_one_line(self, api: ApiClient, world: World):
        holder, owner = await world.helper(points=3), await world.person()
        for days in range(1, 4):
            await give_points(world.database, holder, 3, expires_on=today() + timedelta(days=days))
        offer = await world.offer(await world.shop(owner), points=11)
        for _ in range(3):
            await api.post(f"/v1/vouchers/{await world.voucher(holder, offer)}/cancel", holder)
        items = await all_pages(api, "/v1/me/points/transfers", holder)
        assert [(item["kind"], item["change_points"]) for item in items] == (
            [("release", 11), ("hold", -11)] * 3 + [("award", 3)] * 4
        )

    async def test_taking_back_shows_what_could_be_spent(self, api: ApiClient, world: World):
        """Its first legs came from what waits; the line is of the others."""
        holder = await world.helper(points=5)
        await give_points(world.database, holder, 4, expires_on=today())
        await give_points(world.database, holder, 2, available_on=today() + timedelta(days=1))
        async with world.database.transaction() as connection:
            assert await ledger.take_back(connection, holder.id, 9, uuid4(), today=today()) == 9
        items = await all_pages(api, "/v1/me/points/transfers", holder)
        assert [(item["kind"], item["change_points"]) for item in items] == [
            ("take_back", -7),
            ("award", 4),
            ("award", 5),
        ]

    async def test_an_account_that_expires_twice_has_two_lines(self, api: ApiClient, world: World):
        holder, past = await world.helper(), today() - timedelta(days=1)
        for points in (4, 2):
            await give_points(world.database, holder, points, expires_on=past)
            await expire_all(world, holder)
        items = await all_pages(api, "/v1/me/points/transfers", holder)
        assert [(item["kind"], item["change_points"]) for item in items] == [
            ("expire", -2),
            ("award", 2),
            ("expire", -4),
            ("award", 4),
        ]


class TestListVouchers:
    async def test_all_of_ones_own_and_no_other(self, api: ApiClient, world: World):
        holder, other = await world.helper(points=10), await world.helper(points=10)
        offer = await world.offer(await world.shop(await world.person()))
        cancelled, held = await world.voucher(holder, offer), await world.voucher(holder, offer)
        await api.post(f"/v1/vouchers/{cancelled}/cancel", holder)
        await world.voucher(other, offer)
        items = await all_pages(api, "/v1/me/vouchers", holder)
        assert [(item["id"], item["actions"]) for item in items] == [
            (str(held), ["cancel", "show_code"]),
            (str(cancelled), []),
        ]
