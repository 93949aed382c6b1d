"""Offers: what shops give for points."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World

REASON = {"reason": "请写明份量。"}
DECIDED = {"approve": "listed", "reject": "rejected"}


class TestListOffers:
    async def test_the_listed_ones(self, api: ApiClient, world: World):
        reader, shop = await world.person(), await world.shop(await world.person())
        listed = [await world.offer(shop) for _ in range(3)]
        for status in ("checking", "reviewing", "rejected"):
            await world.offer(shop, status=status)
        found = await all_pages(api, "/v1/offers", reader, area_id=world.district.id)
        assert [item["id"] for item in found] == [str(offer) for offer in reversed(listed)]
        assert (await api.get("/v1/offers", area_id=world.grid.id)).json()["items"] == []

    async def test_each_reader_has_their_own_actions(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        await world.offer(shop)
        for reader, actions in (
            (None, []),
            (await world.person(), ["take_voucher"]),
            (owner, ["take_voucher"]),
            (world.alliance, ["take_voucher"]),
        ):
            [item] = (await api.get("/v1/offers", reader, area_id=world.district.id)).json()["items"]
            assert item["actions"] == actions

    async def test_what_waits_is_for_the_alliance(self, api: ApiClient, world: World):
        owner = await world.person()
        waiting = await world.offer(await world.shop(owner), status="reviewing")
        found = await all_pages(api, "/v1/offers", world.alliance, area_id=world.district.id, status="reviewing")
        assert [(item["id"], item["actions"]) for item in found] == [(str(waiting), ["approve", "reject"])]
        for reader in (None, owner, world.staff):
            response = await api.get("/v1/offers", reader, area_id=world.district.id, status="reviewing")
            assert problem(response) == (403, "not-allowed")


class TestGetOffer:
    async def test_everything(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        offer = await world.offer(shop)
        seen = (await api.get(f"/v1/offers/{offer}")).json()
        assert seen == {
            "id": str(offer),
            "merchant": {"id": str(shop), "name": "小面馆"},
            "area": {"id": str(world.district.id), "name": world.district.name},
            "title": "小面一碗",
            "description": "微辣。",
            "points": 5,
            "stock_left": 10,
            "status": "listed",
            "created_at": seen["created_at"],
            "actions": [],
        }

    async def test_before_it_is_listed(self, api: ApiClient, world: World):
        owner = await world.person()
        offer = await world.offer(await world.shop(owner), status="reviewing")
        for reader, actions in ((owner, []), (world.alliance, ["approve", "reject"])):
            assert (await api.get(f"/v1/offers/{offer}", reader)).json()["actions"] == actions
        for stranger in (None, await world.person(), world.staff):
            assert problem(await api.get(f"/v1/offers/{offer}", stranger)) == (404, "not-found")

    async def test_that_is_not_there(self, api: ApiClient):
        assert problem(await api.get(f"/v1/offers/{uuid4()}")) == (404, "not-found")


@pytest.mark.parametrize(("action", "body"), [("approve", None), ("reject", REASON)])
class TestDecide:
    async def test_the_alliance_does(self, api: ApiClient, world: World, action: str, body: Any):
        offer = await world.offer(await world.shop(await world.person()), status="reviewing")
        response = await api.post(f"/v1/offers/{offer}/{action}", world.alliance, body)
        assert (response.status_code, response.json()["status"]) == (200, DECIDED[action])

    async def test_nobody_their_own(self, api: ApiClient, world: World, action: str, body: Any):
        offer = await world.offer(await world.shop(world.alliance), status="reviewing")
        assert (await api.get(f"/v1/offers/{offer}", world.alliance)).json()["actions"] == []
        response = await api.post(f"/v1/offers/{offer}/{action}", world.alliance, body)
        assert problem(response) == (403, "own-interest")

    async def test_once(self, api: ApiClient, world: World, action: str, body: Any):
        offer = await world.offer(await world.shop(await world.person()))
        response = await api.post(f"/v1/offers/{offer}/{action}", world.alliance, body)
        assert problem(response) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World, action: str, body: Any):
        shop = await world.shop(await world.person())
        waiting, listed = await world.offer(shop, status="reviewing"), await world.offer(shop)
        for person in (await world.person(), world.staff):
            response = await api.post(f"/v1/offers/{waiting}/{action}", person, body)
            assert problem(response) == (404, "not-found")
            response = await api.post(f"/v1/offers/{listed}/{action}", person, body)
            assert problem(response) == (403, "not-allowed")


class TestTakeVoucher:
    async def test_the_points_are_held(self, api: ApiClient, world: World):
        holder, shop = await world.helper(points=10), await world.shop(await world.person())
        offer = await world.offer(shop, points=4, stock=2)
        response = await api.post(f"/v1/offers/{offer}/vouchers", holder)
        assert response.status_code == 201
        voucher = response.json()
        assert (voucher["status"], voucher["points"], voucher["settled_at"]) == ("held", 4, None)
        assert voucher["merchant"] == {"id": str(shop), "name": "小面馆"}
        assert voucher["actions"] == ["cancel", "show_code"]
        points = (await api.get("/v1/me/points", holder)).json()
        assert (points["spendable_points"], points["held_points"]) == (6, 4)
        assert (await api.get(f"/v1/offers/{offer}")).json()["stock_left"] == 1

    async def test_until_there_are_none(self, api: ApiClient, world: World):
        holder, shop = await world.helper(points=10), await world.shop(await world.person())
        offer = await world.offer(shop, points=4, stock=1)
        await world.voucher(holder, offer)
        assert problem(await api.post(f"/v1/offers/{offer}/vouchers", holder)) == (409, "offer-sold-out")
        assert (await api.get(f"/v1/offers/{offer}", holder)).json()["actions"] == []

    async def test_without_the_points_nothing_is_taken(self, api: ApiClient, world: World):
        holder, shop = await world.helper(points=3), await world.shop(await world.person())
        offer = await world.offer(shop, points=4, stock=1)
        response = await api.post(f"/v1/offers/{offer}/vouchers", holder)
        assert problem(response) == (409, "points-insufficient")
        assert (await api.get(f"/v1/offers/{offer}")).json()["stock_left"] == 1
        assert (await api.get("/v1/me/vouchers", holder)).json()["items"] == []

    @pytest.mark.parametrize("status", ["checking", "reviewing", "rejected"])
    async def test_of_what_is_not_listed(self, api: ApiClient, world: World, status: str):
        owner = await world.helper(points=10)
        offer = await world.offer(await world.shop(owner), status=status)
        assert problem(await api.post(f"/v1/offers/{offer}/vouchers", owner)) == (404, "not-found")
