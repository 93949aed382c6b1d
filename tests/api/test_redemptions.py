"""The clerk's scan."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app import ledger
from app.core.clock import now
from app.core.db import Database, insert
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain import codes
from app.models import Clerk
from app.services.vouchers import code_key
from tests.api.scene import problem
from tests.api.test_vouchers import end_time_of, taken
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person


class TestSettle:
    async def test_a_scan_settles_and_pays_the_shop(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=10)
        shop = await world.shop(owner)
        voucher = await world.voucher(holder, await world.offer(shop, points=4))
        response = await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        assert response.status_code == 201
        told = response.json()
        assert (told["voucher_id"], told["offer_title"], told["points"]) == (str(voucher), "小面一碗", 4)
        assert {"offer_kind", "terms"} <= set(told), "what to hand over, and on which terms"
        listed = (await api.get(f"/v1/merchants/{shop}/redemptions", owner)).json()["items"]
        assert listed == [told], "the scan's answer is made by the database, the list's is not"
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


class TestTypedCode:
    async def test_it_settles_where_the_camera_is_broken(self, api: ApiClient, world: World):
        holder, owner, voucher = await taken(world)
        shown = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        typed = f"{shown['typed_code'][:4].lower()} {shown['typed_code'][4:]}"
        response = await api.post("/v1/redemptions", owner, {"code": typed})
        assert response.status_code == 201
        assert response.json()["voucher_id"] == str(voucher)

    async def test_another_shop_finds_nothing_by_it(self, api: ApiClient, world: World):
        holder, _, voucher = await taken(world)
        other = await world.person()
        await world.shop(other)
        shown = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        response = await api.post("/v1/redemptions", other, {"code": shown["typed_code"]})
        assert problem(response) == (422, "voucher-code-invalid")

    async def test_it_is_over_with_its_time(self, api: ApiClient, world: World):
        holder, owner, voucher = await taken(world)
        shown = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        response = await api.post("/v1/redemptions", owner, {"code": shown["next"][5]["typed_code"]})
        assert problem(response) == (422, "voucher-code-invalid")

    async def test_five_wrong_ones_make_a_pause_and_a_repetition_is_none(self, api: ApiClient, world: World):
        holder, owner, voucher = await taken(world)
        for number in range(4):
            response = await api.post("/v1/redemptions", owner, {"code": f"0000000{number}"})
            assert problem(response) == (422, "voucher-code-invalid")
        for _ in range(3):  # the answer was lost, and the phone asks again
            response = await api.post("/v1/redemptions", owner, {"code": "00000009"}, key="the-fifth-of-five")
            assert problem(response) == (422, "voucher-code-invalid")
        shown = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        paused = await api.post("/v1/redemptions", owner, {"code": shown["typed_code"]})
        assert problem(paused) == (429, "too-many-tries")
        assert 0 < int(paused.headers["Retry-After"]) <= 15 * 60
        assert (await api.post("/v1/redemptions", owner, {"code": shown["code"]})).status_code == 201, "scans go on"

    async def test_a_second_time_is_told_apart(self, api: ApiClient, world: World):
        holder, owner, voucher = await taken(world)
        shown = (await api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        settled = await api.post("/v1/redemptions", owner, {"code": shown["typed_code"]})
        response = await api.post("/v1/redemptions", owner, {"code": shown["typed_code"]})
        assert problem(response) == (409, "voucher-settled")
        assert datetime.fromisoformat(response.json()["facts"]["settled_at"]) == datetime.fromisoformat(
            settled.json()["settled_at"]
        )


class TestWithoutSignal:
    """The clerk's phone kept the scan; the resident's phone showed a code fetched before."""

    def code_at(self, settings: Settings, voucher: str, moment: datetime) -> str:
        return codes.write(UUID(voucher), code_key(settings.secret_key.get_secret_value(), UUID(voucher)), moment)

    @pytest.mark.parametrize("minutes", [0, 5, 29])
    async def test_a_scan_is_judged_by_the_step_of_its_time(
        self, api: ApiClient, world: World, settings: Settings, minutes: int
    ):
        _, owner, voucher = await taken(world)
        then = now() - timedelta(minutes=minutes)
        form = {"code": self.code_at(settings, voucher, then), "scanned_at": then.isoformat()}
        response = await api.post("/v1/redemptions", owner, form)
        assert response.status_code == 201
        row = await world.database.reads.fetchrow("SELECT * FROM redemption WHERE voucher_id = $1", voucher)
        assert row is not None
        assert (row["scanned_at"], row["step"]) == (then, codes.step_number(then))
        assert row["settled_at"] > then

    async def test_the_code_of_now_is_not_that_of_then(self, api: ApiClient, world: World, settings: Settings):
        _, owner, voucher = await taken(world)
        form = {
            "code": self.code_at(settings, voucher, now()),
            "scanned_at": (now() - timedelta(minutes=5)).isoformat(),
        }
        assert problem(await api.post("/v1/redemptions", owner, form)) == (422, "voucher-code-invalid")

    @pytest.mark.parametrize("minutes", [31, 60 * 8, -2])
    async def test_too_far_back_or_ahead(self, api: ApiClient, world: World, settings: Settings, minutes: int):
        """A code of 30 seconds that lived for 8 hours, because somebody took milliseconds for seconds, cost others."""
        _, owner, voucher = await taken(world)
        then = now() - timedelta(minutes=minutes)
        form = {"code": self.code_at(settings, voucher, then), "scanned_at": then.isoformat()}
        assert problem(await api.post("/v1/redemptions", owner, form)) == (422, "scan-too-old")

    async def test_a_clock_a_little_fast_is_no_fault(self, api: ApiClient, world: World, settings: Settings):
        _, owner, voucher = await taken(world)
        then = now() + timedelta(seconds=20)
        form = {"code": self.code_at(settings, voucher, now()), "scanned_at": then.isoformat()}
        assert (await api.post("/v1/redemptions", owner, form)).status_code == 201

    async def test_a_voucher_that_was_good_then_is_good(self, api: ApiClient, world: World, settings: Settings):
        _, owner, voucher = await taken(world)
        then = now() - timedelta(minutes=10)
        await world.database.writes.execute(
            "UPDATE voucher SET expires_at = $2 WHERE id = $1", voucher, now() - timedelta(minutes=5)
        )
        form = {"code": self.code_at(settings, voucher, then), "scanned_at": then.isoformat()}
        assert (await api.post("/v1/redemptions", owner, form)).status_code == 201

    @pytest.mark.parametrize("told", ["2026-11-22T10:00:00", "yesterday", 1763784000, -1, ""])
    async def test_a_time_that_is_none(self, api: ApiClient, world: World, told: object):
        _, owner, _ = await taken(world)
        response = await api.post("/v1/redemptions", owner, {"code": "EW1", "scanned_at": told})
        assert problem(response)[0] == 422


class TestReverse:
    async def settled(self, world: World) -> tuple[Person, Person, str, UUID]:
        owner, holder = await world.person(), await world.helper(points=10)
        offer = await world.offer(await world.shop(owner), points=4, stock=1)
        redemption = await world.redemption(owner, holder, offer)
        return owner, holder, f"/v1/redemptions/{redemption}/reverse", offer

    async def test_points_and_piece_go_back(self, api: ApiClient, world: World):
        owner, holder, path, offer = await self.settled(world)
        response = await api.post(path, owner, {"reason": "扫错了。"})
        assert response.status_code == 200
        assert response.json()["reversed_at"] is not None
        assert response.json()["actions"] == []
        points = (await api.get("/v1/me/points", holder)).json()
        assert (points["spendable_points"], points["held_points"]) == (10, 0)
        voucher = (await api.get(f"/v1/vouchers/{response.json()['voucher_id']}", holder)).json()
        assert (voucher["status"], voucher["actions"]) == ("reversed", [])
        assert (await api.get(f"/v1/offers/{offer}")).json()["stock_left"] == 1

    async def test_by_the_alliance(self, api: ApiClient, world: World):
        _, _, path, _ = await self.settled(world)
        assert (await api.post(path, world.alliance, {"reason": "商户申请撤销。"})).status_code == 200

    async def test_once(self, api: ApiClient, world: World):
        owner, holder, path, _ = await self.settled(world)
        answers = await asyncio.gather(*(api.post(path, owner, {"reason": "扫错了。"}) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
        assert (await api.get("/v1/me/points", holder)).json()["spendable_points"] == 10

    async def test_the_code_is_dead_for_ever(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=10)
        voucher = await world.voucher(holder, await world.offer(await world.shop(owner)))
        code = await world.code(holder, voucher)
        settled = (await api.post("/v1/redemptions", owner, {"code": code})).json()
        await api.post(f"/v1/redemptions/{settled['id']}/reverse", owner, {"reason": "扫错了。"})
        assert problem(await api.post("/v1/redemptions", owner, {"code": code})) == (409, "voucher-reversed")

    async def test_the_owner_within_an_hour_the_alliance_later_too(self, api: ApiClient, world: World):
        owner, _, path, _ = await self.settled(world)
        await world.database.writes.execute(
            "UPDATE redemption SET settled_at = settled_at - interval '61 minutes', "
            "scanned_at = scanned_at - interval '61 minutes' WHERE id = $1",
            UUID(path.split("/")[3]),
        )
        assert problem(await api.post(path, owner, {"reason": "扫错了。"})) == (409, "reversal-too-late")
        assert (await api.post(path, world.alliance, {"reason": "核实无误。"})).status_code == 200

    async def test_not_by_clerks_nor_strangers(self, api: ApiClient, world: World):
        _, holder, path, _ = await self.settled(world)
        for person in (holder, await world.person(), world.staff):
            assert problem(await api.post(path, person, {"reason": "扫错了。"})) == (404, "not-found")

    async def test_nobody_their_own(self, api: ApiClient, world: World):
        """A clerk settles the owner's own voucher; the owner then leaves it alone."""
        owner, clerk = await world.helper(points=10), await world.person()
        shop = await world.shop(owner)
        async with world.database.transaction() as connection:
            await insert(connection, Clerk(id=new_id(), merchant_id=shop, user_id=clerk.id))
        redemption = await world.redemption(clerk, owner, await world.offer(shop))
        response = await api.post(f"/v1/redemptions/{redemption}/reverse", owner, {"reason": "扫错了。"})
        assert problem(response) == (403, "own-interest")
