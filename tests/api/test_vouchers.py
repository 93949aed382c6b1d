"""Vouchers: showing the code, giving back."""

from datetime import datetime, timedelta

from app.core.clock import now
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person


async def taken(world: World, *, points: int = 4) -> tuple[Person, Person, str]:
    """Return a holder, the shop's owner and the voucher between them."""
    holder, owner = await world.helper(points=10), await world.person()
    offer = await world.offer(await world.shop(owner), points=points)
    return holder, owner, str(await world.voucher(holder, offer))


async def end_time_of(world: World, voucher: str) -> None:
    past = now() - timedelta(seconds=1)
    await world.database.reads.fetch("UPDATE voucher SET expires_at = $2 WHERE id = $1", voucher, past)


class TestGetVoucher:
    async def test_the_holder_sees_it(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        seen = (await api.get(f"/v1/vouchers/{voucher}", holder)).json()
        assert (seen["id"], seen["title"], seen["status"]) == (voucher, "小面一碗", "held")
        assert datetime.fromisoformat(seen["expires_at"]) > now() + timedelta(days=29)
        assert seen["actions"] == ["cancel", "show_code"]

    async def test_nobody_else(self, api: ApiClient, world: World):
        _, owner, voucher = await taken(world)
        for person in (owner, world.alliance, world.administrator):
            assert problem(await api.get(f"/v1/vouchers/{voucher}", person)) == (404, "not-found")


class TestGetCode:
    async def test_now_and_for_ten_minutes_without_signal(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        code = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        assert len(code["next"]) == 20
        assert len({code["code"], *(coming["code"] for coming in code["next"])}) > 15
        ends = [code["expires_at"], *(coming["expires_at"] for coming in code["next"])]
        assert [coming["valid_from"] for coming in code["next"]] == ends[:-1]
        assert now() < datetime.fromisoformat(ends[0]) <= now() + timedelta(seconds=30)

    async def test_nobody_else(self, api: ApiClient, world: World):
        _, owner, voucher = await taken(world)
        for person in (owner, await world.person()):
            assert problem(await api.get(f"/v1/vouchers/{voucher}/code", person)) == (404, "not-found")

    async def test_of_a_closed_one(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        await api.post(f"/v1/vouchers/{voucher}/cancel", holder)
        assert problem(await api.get(f"/v1/vouchers/{voucher}/code", holder)) == (409, "state-conflict")

    async def test_of_one_whose_time_is_over(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        await end_time_of(world, voucher)
        assert problem(await api.get(f"/v1/vouchers/{voucher}/code", holder)) == (409, "state-conflict")


class TestCancel:
    async def test_points_and_piece_go_back(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        response = await api.post(f"/v1/vouchers/{voucher}/cancel", holder)
        assert (response.status_code, response.json()["status"]) == (200, "cancelled")
        assert response.json()["actions"] == []
        points = (await api.get("/v1/me/points", holder)).json()
        assert (points["spendable_points"], points["held_points"]) == (10, 0)
        offer = (await api.get(f"/v1/offers/{response.json()['offer_id']}")).json()
        assert offer["stock_left"] == 10

    async def test_once(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        await api.post(f"/v1/vouchers/{voucher}/cancel", holder)
        assert problem(await api.post(f"/v1/vouchers/{voucher}/cancel", holder)) == (409, "state-conflict")
        assert (await api.get("/v1/me/points", holder)).json()["spendable_points"] == 10

    async def test_not_once_it_is_settled(self, api: ApiClient, world: World):
        holder, owner, voucher = await taken(world)
        code = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()["code"]
        assert (await api.post("/v1/redemptions", owner, {"code": code})).status_code == 201
        assert problem(await api.post(f"/v1/vouchers/{voucher}/cancel", holder)) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World):
        _, owner, voucher = await taken(world)
        for person in (owner, world.administrator):
            assert problem(await api.post(f"/v1/vouchers/{voucher}/cancel", person)) == (404, "not-found")
