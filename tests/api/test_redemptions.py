"""The clerk's scan."""

from uuid import UUID, uuid4

import pytest

from app import ledger
from app.core.clock import now
from app.core.db import Database
from app.core.settings import Settings
from app.domain import codes
from app.services.vouchers import code_key
from tests.api.scene import problem
from tests.api.test_vouchers import end_time_of, taken
from tests.api_client import ApiClient
from tests.factories import World


class TestSettle:
    async def test_a_scan_settles_and_pays_the_shop(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=10)
        shop = await world.shop(owner)
        voucher = await world.voucher(holder, await world.offer(shop, points=4))
        response = await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        assert response.status_code == 201
        told = response.json()
        assert (told["voucher_id"], told["offer_title"], told["points"]) == (str(voucher), "小面一碗", 4)
        points = (await api.get("/v1/me/points", holder)).json()
        assert (points["spendable_points"], points["held_points"]) == (6, 0)
        seen = (await api.get(f"/v1/vouchers/{voucher}", holder)).json()
        assert (seen["status"], seen["settled_at"], seen["actions"]) == ("settled", told["settled_at"], [])

    async def test_by_a_clerk_with_a_code_for_a_phone_without_signal(self, api: ApiClient, world: World):
        """The coming step counts too; letters may come small and with blanks around."""
        holder, owner, voucher = await taken(world)
        clerk = await world.clerk(owner, (await api.get("/v1/me", owner)).json()["shops"][0]["id"])
        coming = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()["next"][0]["code"]
        response = await api.post("/v1/redemptions", clerk, {"code": f" {coming.lower()} "})
        assert response.status_code == 201

    async def test_nothing_is_settled_while_the_ledger_is_halted(
        self, api: ApiClient, world: World, database: Database
    ):
        holder, owner, voucher = await taken(world)
        scan, key = {"code": await world.code(holder, UUID(voucher))}, uuid4().hex
        async with database.transaction() as connection:
            await ledger.raise_halt(connection, [{"rule": "planted"}])
        try:
            response = await api.post("/v1/redemptions", owner, scan, key=key)
        finally:
            async with database.transaction() as connection:
                await ledger.lift_halt(connection, "a test", "the test is over")
        assert problem(response) == (503, "ledger-halted")
        assert response.headers["retry-after"] == "600"
        assert (await api.get(f"/v1/vouchers/{voucher}", holder)).json()["status"] == "held"
        settled = await api.post("/v1/redemptions", owner, scan, key=key)
        assert settled.status_code == 201, "the same key works again once the halt is lifted"

    async def test_a_second_scan_is_told_apart(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=10)
        voucher = await world.voucher(holder, await world.offer(await world.shop(owner)))
        code = await world.code(holder, voucher)
        await api.post("/v1/redemptions", owner, {"code": code})
        response = await api.post("/v1/redemptions", owner, {"code": code})
        assert problem(response) == (409, "voucher-settled")

    @pytest.mark.parametrize("code", ["EW1", "好", "EW1" + "A" * 26 + "12345678", "EW1" + "8" * 34, "https://e.cn/EW1"])
    async def test_no_code_of_ours(self, api: ApiClient, world: World, code: str):
        _, owner, _ = await taken(world)
        response = await api.post("/v1/redemptions", owner, {"code": code})
        assert problem(response) == (422, "voucher-code-invalid")

    async def test_a_code_that_is_old_guessed_or_of_another_voucher(
        self, api: ApiClient, world: World, settings: Settings
    ):
        holder, owner, voucher = await taken(world)
        code = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        digits = f"{(int(code['code'][-8:]) + 1) % 10**8:08}"
        later = code["next"][5]["code"]
        nothing = uuid4()
        key = code_key(settings.secret_key.get_secret_value(), nothing)
        for wrong in (code["code"][:-8] + digits, later, codes.write(nothing, key, now())):
            response = await api.post("/v1/redemptions", owner, {"code": wrong})
            assert problem(response) == (422, "voucher-code-invalid")

    async def test_at_another_shop(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        code = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()["code"]
        other = await world.person()
        await world.shop(other)
        for person in (other, world.alliance, await world.person()):
            response = await api.post("/v1/redemptions", person, {"code": code})
            assert problem(response) == (403, "voucher-other-shop")

    async def test_nobody_their_own(self, api: ApiClient, world: World):
        owner = await world.helper(points=10)
        voucher = await world.voucher(owner, await world.offer(await world.shop(owner)))
        response = await api.post("/v1/redemptions", owner, {"code": await world.code(owner, voucher)})
        assert problem(response) == (403, "own-voucher")

    async def test_after_it_was_given_back(self, api: ApiClient, world: World):
        holder, owner, voucher = await taken(world)
        code = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()["code"]
        await api.post(f"/v1/vouchers/{voucher}/cancel", holder)
        response = await api.post("/v1/redemptions", owner, {"code": code})
        assert problem(response) == (409, "voucher-cancelled")

    async def test_after_its_time(self, api: ApiClient, world: World):
        holder, owner, voucher = await taken(world)
        code = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()["code"]
        await end_time_of(world, voucher)
        response = await api.post("/v1/redemptions", owner, {"code": code})
        assert problem(response) == (409, "voucher-expired")
        assert (await api.get("/v1/me/points", holder)).json()["held_points"] == 4
