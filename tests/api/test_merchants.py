"""Merchants and their offers."""

from typing import Any
from uuid import uuid4

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, log_in

OFFER = {"title": "小面一碗", "description": "微辣。", "points": 5, "stock": 10}


class TestApply:
    async def test_the_alliance_decides(self, api: ApiClient, world: World):
        owner = await world.person()
        response = await api.post("/v1/merchants", owner, {"area_id": str(world.grid.id), "name": "小面馆"})
        assert response.status_code == 201
        shop = response.json()
        assert (shop["name"], shop["status"], shop["actions"]) == ("小面馆", "applied", ["invite_clerk"])
        assert shop["area"] == {"id": str(world.grid.id), "name": world.grid.name}
        [held] = (await api.get("/v1/me", owner)).json()["shops"]
        assert held == {"id": shop["id"], "name": "小面馆", "is_owner": True}

    async def test_in_an_area_that_is_not_there(self, api: ApiClient, world: World):
        response = await api.post("/v1/merchants", await world.person(), {"area_id": str(uuid4()), "name": "小面馆"})
        assert problem(response) == (422, "area-unknown")


class TestListMerchants:
    async def test_the_alliance_sees_those_of_its_areas(self, api: ApiClient, world: World):
        owner = await world.person()
        waiting = [await world.shop(owner, "applied", area=area) for area in (world.grid, world.district, world.grid)]
        admitted = await world.shop(owner)
        found = await all_pages(api, "/v1/merchants", world.alliance, area_id=world.district.id)
        assert [(item["id"], item["actions"]) for item in found] == [
            (str(shop), ["approve"]) for shop in reversed(waiting)
        ]
        found = await all_pages(api, "/v1/merchants", world.alliance, area_id=world.district.id, status="approved")
        assert [(item["id"], item["actions"]) for item in found] == [(str(admitted), [])]

    async def test_others_see_none(self, api: ApiClient, world: World):
        owner = await world.person()
        await world.shop(owner, "applied")
        for person in (owner, world.staff, await world.holder(Role.ALLIANCE, world.grid)):
            assert await all_pages(api, "/v1/merchants", person, area_id=world.district.id) == []


class TestGetMerchant:
    async def test_its_owner_and_the_alliance(self, api: ApiClient, world: World):
        owner = await world.person()
        applied, approved = await world.shop(owner, "applied"), await world.shop(owner)
        for shop, reader, actions in (
            (applied, owner, ["invite_clerk"]),
            (approved, owner, ["invite_clerk", "add_offer"]),
            (applied, world.alliance, ["approve"]),
            (applied, world.administrator, ["approve"]),
            (approved, world.alliance, []),
        ):
            assert (await api.get(f"/v1/merchants/{shop}", reader)).json()["actions"] == actions

    async def test_nobody_else(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        for reader in (await world.person(), world.staff):
            assert problem(await api.get(f"/v1/merchants/{shop}", reader)) == (404, "not-found")


class TestApprove:
    async def test_the_alliance_does(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person(), "applied")
        response = await api.post(f"/v1/merchants/{shop}/approve", world.alliance)
        assert (response.status_code, response.json()["status"]) == (200, "approved")
        assert response.json()["actions"] == []

    async def test_nobody_their_own(self, api: ApiClient, world: World):
        shop = await world.shop(world.alliance, "applied")
        assert (await api.get(f"/v1/merchants/{shop}", world.alliance)).json()["actions"] == ["invite_clerk"]
        response = await api.post(f"/v1/merchants/{shop}/approve", world.alliance)
        assert problem(response) == (403, "own-interest")

    async def test_once(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        response = await api.post(f"/v1/merchants/{shop}/approve", world.alliance)
        assert problem(response) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person(), "applied")
        for person in (world.staff, await world.holder(Role.ALLIANCE, world.grid)):
            assert problem(await api.post(f"/v1/merchants/{shop}/approve", person)) == (404, "not-found")


class TestAddOffer:
    async def test_it_is_listed_once_it_is_checked(self, api: ApiClient, world: World, jobs: Jobs):
        owner = await log_in(api, world.database)
        shop = await world.shop(owner)
        response = await api.post(f"/v1/merchants/{shop}/offers", owner, OFFER)
        assert response.status_code == 201
        offer = response.json()
        assert (offer["status"], offer["stock_left"], offer["actions"]) == ("checking", 10, [])
        assert problem(await api.get(f"/v1/offers/{offer['id']}")) == (404, "not-found")
        await jobs.drain()
        assert (await api.get(f"/v1/offers/{offer['id']}")).json()["status"] == "listed"

    async def test_words_in_doubt_wait_for_the_alliance(self, api: ApiClient, world: World, jobs: Jobs):
        owner = await log_in(api, world.database)
        shop = await world.shop(owner)
        held, rejected = [
            (await api.post(f"/v1/merchants/{shop}/offers", owner, OFFER | {"title": title})).json()["id"]
            for title in ("盗版光盘", "赌博筹码")
        ]
        await jobs.drain()
        seen = (await api.get(f"/v1/offers/{held}", world.alliance)).json()
        assert (seen["status"], seen["actions"]) == ("reviewing", ["approve", "reject"])
        assert (await api.get(f"/v1/offers/{rejected}", owner)).json()["status"] == "rejected"

    async def test_only_the_owner_does(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        for person in (await world.person(), world.alliance):
            response = await api.post(f"/v1/merchants/{shop}/offers", person, OFFER)
            assert problem(response) == (404, "not-found")

    async def test_of_a_shop_that_waits(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner, "applied")
        response = await api.post(f"/v1/merchants/{shop}/offers", owner, OFFER)
        assert problem(response) == (409, "merchant-not-approved")

    async def test_numbers_out_of_bounds(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        wrong: tuple[dict[str, Any], ...] = (
            {"points": 0},
            {"points": 100_001},
            {"stock": 0},
            {"stock": 1_000_001},
            {"stock": "10"},
            {"points": 1.0},
        )
        for changes in wrong:
            response = await api.post(f"/v1/merchants/{shop}/offers", owner, OFFER | changes)
            assert problem(response) == (422, "invalid-payload"), changes


class TestListRedemptions:
    async def test_what_the_shop_has_settled(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=50)
        shop = await world.shop(owner)
        clerk = await world.clerk(owner, shop)
        offer = await world.offer(shop, points=4)
        settled = []
        for person in (owner, clerk, owner):
            code = await world.code(holder, await world.voucher(holder, offer))
            settled.append((await api.post("/v1/redemptions", person, {"code": code})).json())
        for reader in (owner, clerk):
            found = await all_pages(api, f"/v1/merchants/{shop}/redemptions", reader)
            assert found == list(reversed(settled))

    async def test_nobody_else(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        for person in (await world.person(), world.alliance):
            response = await api.get(f"/v1/merchants/{shop}/redemptions", person)
            assert problem(response) == (404, "not-found")
