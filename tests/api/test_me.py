"""The caller's own things."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.api.scene import make_volunteer
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, log_in
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


class TestGetMe:
    async def test_nobody_in_particular(self, api: ApiClient, world: World):
        person = await world.person()
        me = (await api.get("/v1/me", person)).json()
        assert me == {
            "id": str(person.id),
            "nickname": "邻居0001",
            "pending_nickname": None,
            "member_status": None,
            "volunteer_status": None,
            "grants": [],
            "shops": [],
            "created_at": me["created_at"],
            "actions": ["update"],
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

    @pytest.mark.parametrize("nickname", ["赌博高手", "加微信看片"])
    async def test_a_name_in_doubt_is_dropped(self, api: ApiClient, world: World, jobs: Jobs, nickname: str):
        person = await log_in(api, world.database)
        old = (await api.get("/v1/me", person)).json()["nickname"]
        await api.put("/v1/me", person, {"nickname": nickname})
        await jobs.drain()
        checked = (await api.get("/v1/me", person)).json()
        assert (checked["nickname"], checked["pending_nickname"]) == (old, None)


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
            (str(active), "active", ["submit", "release"]),
            (str(submitted), "submitted", []),
            (str(released), "released", []),
        ]


class TestGetPoints:
    async def test_what_is_free_and_what_is_held(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        await world.voucher(holder, await world.offer(await world.shop(await world.person()), points=4))
        points = (await api.get("/v1/me/points", holder)).json()
        assert points == {"spendable_points": 6, "held_points": 4, "actions": []}


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
