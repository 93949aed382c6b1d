"""The clerk's scan."""

from tests.api_client import ApiClient
from tests.factories import World


class TestSettle:
    async def test_a_scan_settles_and_pays_the_shop(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=10)
        shop = await world.shop(owner)
        voucher = await world.voucher(holder, await world.offer(shop, points=4))
        response = await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        assert response.status_code == 201
        assert response.json()["points"] == 4
        points = (await api.get("/v1/me/points", holder)).json()
        assert (points["spendable_points"], points["held_points"]) == (6, 0)

    async def test_a_second_scan_is_told_apart(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=10)
        voucher = await world.voucher(holder, await world.offer(await world.shop(owner)))
        code = await world.code(holder, voucher)
        await api.post("/v1/redemptions", owner, {"code": code})
        response = await api.post("/v1/redemptions", owner, {"code": code})
        assert (response.status_code, response.json()["code"]) == (409, "voucher-settled")
