"""Merchants and their offers."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app import ledger
from app.core.clock import today
from app.core.db import Database
from app.domain.caller import Role
from app.domain.lifecycles import MERCHANT
from app.domain.texts import NOT_HONOURED
from app.jobs import handlers, rounds
from app.services import vouchers
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, log_in, shop_form
from tests.people import Person

OFFER = {"kind": "goods", "title": "小面一碗", "description": "微辣。", "points": 5, "stock": 10}


class TestApply:
    async def test_the_alliance_decides(self, api: ApiClient, world: World):
        owner = await world.person()
        form = shop_form(world.grid.id)
        response = await api.post("/v1/merchants", owner, form)
        assert response.status_code == 201
        shop = response.json()
        assert (shop["name"], shop["status"], shop["actions"]) == ("小面馆", "applied", ["invite_clerk"])
        assert shop["area"] == {"id": str(world.grid.id), "name": world.grid.name}
        assert (shop["licence_number"], shop["documents"]) == (form["licence_number"], form["documents"])
        assert (shop["reason"], shop["accepts_scans"]) == (None, False)
        [held] = (await api.get("/v1/me", owner)).json()["shops"]
        assert held == {"id": shop["id"], "name": "小面馆", "is_owner": True}

    async def test_in_an_area_that_is_not_there(self, api: ApiClient, world: World):
        response = await api.post("/v1/merchants", await world.person(), shop_form(uuid4()))
        assert problem(response) == (422, "area-unknown")

    async def test_a_licence_number_that_can_be_none(self, api: ApiClient, world: World):
        for number in ("91350100M000100Y4Z", "91350100M000100Y4", "9135O100M000100Y43"):
            form = shop_form(world.grid.id, licence_number=number)
            response = await api.post("/v1/merchants", await world.person(), form)
            assert problem(response) == (422, "invalid-payload")
            assert [field["field"] for field in response.json()["fields"]] == ["body.licence_number"]

    async def test_a_licence_number_in_small_letters_is_the_same(self, api: ApiClient, world: World):
        form = shop_form(world.grid.id)
        small = form | {"licence_number": str(form["licence_number"]).lower()}
        shop = (await api.post("/v1/merchants", await world.person(), small)).json()
        assert shop["licence_number"] == form["licence_number"]
        again = await api.post("/v1/merchants", await world.person(), form)
        assert problem(again) == (409, "licence-taken")

    async def test_without_papers_or_with_too_many(self, api: ApiClient, world: World):
        paper = {"title": "营业执照", "reference": "档案柜 3-12"}
        for papers in ([], [paper] * 11, [{"title": "营业执照"}], [paper | {"reference": "长" * 201}]):
            response = await api.post("/v1/merchants", await world.person(), shop_form(world.grid.id, documents=papers))
            assert problem(response) == (422, "invalid-payload")

    async def test_a_licence_serves_again_once_its_shop_was_refused_or_has_left(self, api: ApiClient, world: World):
        owner = await world.person()
        form = shop_form(world.grid.id)
        first = (await api.post("/v1/merchants", owner, form)).json()["id"]
        assert problem(await api.post("/v1/merchants", owner, form)) == (409, "licence-taken")
        await api.post(f"/v1/merchants/{first}/refuse", world.alliance, {"reason": "看不清"})
        second = (await api.post("/v1/merchants", owner, form)).json()["id"]
        assert problem(await api.post(f"/v1/merchants/{first}/reapply", owner, form)) == (409, "licence-taken")
        for path, person in ((f"{second}/approve", world.alliance), (f"{second}/leave", owner)):
            assert (await api.post(f"/v1/merchants/{path}", person)).status_code == 200
        assert (await api.post(f"/v1/merchants/{first}/reapply", owner, form)).status_code == 200


class TestListMerchants:
    async def test_the_alliance_sees_those_of_its_areas(self, api: ApiClient, world: World):
        owner = await world.person()
        waiting = [await world.shop(owner, "applied", area=area) for area in (world.grid, world.district, world.grid)]
        found = await all_pages(api, "/v1/merchants", world.alliance, area_id=world.district.id)
        assert [(item["id"], item["actions"]) for item in found] == [
            (str(shop), ["approve", "refuse"]) for shop in reversed(waiting)
        ]
        for status, actions in (("approved", ["suspend"]), ("suspended", ["resume"]), ("refused", []), ("left", [])):
            shop = await world.shop(owner, status)
            found = await all_pages(api, "/v1/merchants", world.alliance, area_id=world.district.id, status=status)
            assert [(item["id"], item["actions"]) for item in found] == [(str(shop), actions)]

    async def test_others_see_none(self, api: ApiClient, world: World):
        owner = await world.person()
        await world.shop(owner, "applied")
        for person in (owner, world.staff, await world.holder(Role.ALLIANCE, world.grid)):
            assert await all_pages(api, "/v1/merchants", person, area_id=world.district.id) == []


class TestGetMerchant:
    async def test_its_owner_and_the_alliance(self, api: ApiClient, world: World):
        owner = await world.person()
        applied, approved = await world.shop(owner, "applied"), await world.shop(owner)
        suspended, refused = await world.shop(owner, "suspended"), await world.shop(owner, "refused")
        for shop, reader, actions in (
            (applied, owner, ["invite_clerk"]),
            (approved, owner, ["leave", "invite_clerk", "add_offer"]),
            (suspended, owner, ["leave", "invite_clerk"]),
            (refused, owner, ["reapply", "invite_clerk"]),
            (await world.shop(owner, "left"), owner, []),
            (applied, world.alliance, ["approve", "refuse"]),
            (applied, world.administrator, ["approve", "refuse"]),
            (approved, world.alliance, ["suspend"]),
        ):
            assert (await api.get(f"/v1/merchants/{shop}", reader)).json()["actions"] == actions

    async def test_nobody_else(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        for reader in (await world.person(), world.staff):
            assert problem(await api.get(f"/v1/merchants/{shop}", reader)) == (404, "not-found")


REASON = {"reason": "执照看不清"}
DECISIONS: dict[str, tuple[str, str, Any]] = {
    "approve": ("applied", "approved", None),
    "refuse": ("applied", "refused", REASON),
    "suspend": ("approved", "suspended", REASON | {"vouchers": "honour"}),
    "resume": ("suspended", "approved", None),
}


@pytest.mark.parametrize("action", DECISIONS)
class TestDecide:
    async def test_the_alliance_does(self, api: ApiClient, world: World, action: str):
        before, after, form = DECISIONS[action]
        shop = await world.shop(await world.person(), before)
        response = await api.post(f"/v1/merchants/{shop}/{action}", world.alliance, form)
        assert (response.status_code, response.json()["status"]) == (200, after)
        assert response.json()["reason"] == (form["reason"] if form else None)
        assert response.json()["accepts_scans"] == (after in {"approved", "suspended"})

    async def test_nobody_their_own(self, api: ApiClient, world: World, action: str):
        before, _, form = DECISIONS[action]
        shop = await world.shop(world.alliance, before)
        assert action not in (await api.get(f"/v1/merchants/{shop}", world.alliance)).json()["actions"]
        response = await api.post(f"/v1/merchants/{shop}/{action}", world.alliance, form)
        assert problem(response) == (403, "own-interest")

    async def test_in_every_other_state(self, api: ApiClient, world: World, action: str):
        before, _, form = DECISIONS[action]
        for state in set(MERCHANT.states) - {before}:
            shop = await world.shop(await world.person(), state)
            response = await api.post(f"/v1/merchants/{shop}/{action}", world.alliance, form)
            assert problem(response) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World, action: str):
        before, _, form = DECISIONS[action]
        shop = await world.shop(await world.person(), before)
        for person in (world.staff, await world.holder(Role.ALLIANCE, world.grid)):
            response = await api.post(f"/v1/merchants/{shop}/{action}", person, form)
            assert problem(response) == (404, "not-found")


class TestReapply:
    async def test_with_what_was_wrong_put_right(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner, "applied")
        refused = await api.post(f"/v1/merchants/{shop}/refuse", world.alliance, REASON)
        assert refused.json()["reason"] == "执照看不清"
        assert (await api.get(f"/v1/merchants/{shop}", owner)).json()["reason"] == "执照看不清"
        form = shop_form(world.grid.id, name="大面馆")
        again = (await api.post(f"/v1/merchants/{shop}/reapply", owner, form)).json()
        assert (again["status"], again["name"], again["reason"]) == ("applied", "大面馆", None)
        assert (again["area"]["id"], again["licence_number"]) == (str(world.grid.id), form["licence_number"])
        assert (await api.post(f"/v1/merchants/{shop}/approve", world.alliance)).status_code == 200

    async def test_only_after_a_refusal(self, api: ApiClient, world: World):
        owner = await world.person()
        for state in set(MERCHANT.states) - {"refused"}:
            response = await api.post(
                f"/v1/merchants/{await world.shop(owner, state)}/reapply", owner, shop_form(world.grid.id)
            )
            assert problem(response) == (409, "state-conflict")

    async def test_only_its_owner(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person(), "refused")
        response = await api.post(f"/v1/merchants/{shop}/reapply", world.alliance, shop_form(world.grid.id))
        assert problem(response) == (403, "not-allowed")

    async def test_in_an_area_that_is_not_there(self, api: ApiClient, world: World):
        owner = await world.person()
        response = await api.post(
            f"/v1/merchants/{await world.shop(owner, 'refused')}/reapply", owner, shop_form(uuid4())
        )
        assert problem(response) == (422, "area-unknown")


async def open_voucher(world: World) -> tuple[Person, Person, UUID, UUID]:
    """Return an owner, a holder, the shop and the holder's open voucher of 4 of their 10 points."""
    owner, holder = await world.person(), await world.helper(points=10)
    shop = await world.shop(owner)
    return owner, holder, shop, await world.voucher(holder, await world.offer(shop, points=4))


async def stand(world: World, holder: Person, voucher: UUID) -> tuple[str, int, int]:
    """Return what became of a voucher, and what its holder can spend and holds."""
    seen = (await world.api.get(f"/v1/vouchers/{voucher}", holder)).json()
    points = (await world.api.get("/v1/me/points", holder)).json()
    return seen["status"], points["spendable_points"], points["held_points"]


class TestSuspend:
    async def test_its_offers_wait_with_it(self, api: ApiClient, world: World):
        _, holder, shop, _ = await open_voucher(world)
        offer = await world.offer(shop)
        area: dict[str, Any] = {"area_id": world.district.id}
        assert len((await api.get("/v1/offers", **area)).json()["items"]) == 2
        await api.post(f"/v1/merchants/{shop}/suspend", world.alliance, REASON | {"vouchers": "honour"})
        assert (await api.get("/v1/offers", **area)).json()["items"] == []
        for path in (f"/v1/offers/{offer}", f"/v1/offers/{offer}/vouchers"):
            method = "POST" if path.endswith("vouchers") else "GET"
            assert problem(await api.request(method, path, holder, key=uuid4().hex)) == (404, "not-found")
        assert (await api.get(f"/v1/offers/{offer}", world.alliance)).json()["actions"] == ["reject", "pause"]
        await api.post(f"/v1/merchants/{shop}/resume", world.alliance)
        assert len((await api.get("/v1/offers", **area)).json()["items"]) == 2
        assert (await api.post(f"/v1/offers/{offer}/vouchers", holder)).status_code == 201

    async def test_open_vouchers_are_honoured(self, api: ApiClient, world: World, jobs: Jobs):
        owner, holder, shop, voucher = await open_voucher(world)
        await api.post(f"/v1/merchants/{shop}/suspend", world.alliance, REASON | {"vouchers": "honour"})
        await jobs.drain()
        await handlers.give_back_vouchers(jobs.parts)
        assert await stand(world, holder, voucher) == ("held", 6, 4)
        scanned = await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        assert scanned.status_code == 201
        assert await stand(world, holder, voucher) == ("settled", 6, 0)

    async def test_or_given_back(self, api: ApiClient, world: World, jobs: Jobs, database: Database):
        _, holder, shop, voucher = await open_voucher(world)
        form = REASON | {"vouchers": "give_back"}
        response = await api.post(f"/v1/merchants/{shop}/suspend", world.alliance, form)
        assert response.json()["accepts_scans"] is False
        await jobs.drain()
        assert await stand(world, holder, voucher) == ("cancelled", 10, 0)
        stock = "SELECT o.stock_left FROM offer o JOIN voucher v ON v.offer_id = o.id WHERE v.id = $1"
        assert await database.reads.fetchval(stock, voucher) == 10
        event = "SELECT action, party, note FROM event WHERE subject_id = $1 ORDER BY id DESC LIMIT 1"
        found = await database.reads.fetchrow(event, voucher)
        assert tuple(found or ()) == ("give_back", "system", NOT_HONOURED)

    async def test_given_back_once(self, world: World, jobs: Jobs, database: Database):
        _, holder, shop, voucher = await open_voucher(world)
        form = REASON | {"vouchers": "give_back"}
        await world.api.post(f"/v1/merchants/{shop}/suspend", world.alliance, form)
        await asyncio.gather(
            handlers.give_back_vouchers_of_shop(jobs.parts, shop),
            handlers.give_back_vouchers_of_shop(jobs.parts, shop),
            handlers.give_back_vouchers(jobs.parts),
        )
        await jobs.drain()
        assert await stand(world, holder, voucher) == ("cancelled", 10, 0)
        released = "SELECT count(*) FROM ledger_transfer WHERE reference_id = $1 AND kind = 'release'"
        assert await database.reads.fetchval(released, voucher) == 1

    async def test_points_that_come_back_last_a_month_at_least(self, world: World, jobs: Jobs, database: Database):
        holder = await world.helper()
        async with database.transaction() as connection:
            await ledger.award(connection, holder.id, 10, uuid4(), expires_on=today() + timedelta(days=2))
        shop = await world.shop(await world.person())
        await world.voucher(holder, await world.offer(shop, points=4))
        await world.api.post(f"/v1/merchants/{shop}/suspend", world.alliance, REASON | {"vouchers": "give_back"})
        await jobs.drain()
        wallets = await database.reads.fetch(
            "SELECT a.expires_on, b.points FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id "
            "WHERE a.owner_id = $1 AND a.kind = 'wallet' AND b.points > 0 ORDER BY 1",
            holder.id,
        )
        assert [tuple(wallet) for wallet in wallets] == [
            (today() + timedelta(days=2), 6),
            (today() + timedelta(days=30), 4),
        ]

    async def test_nothing_is_given_back_once_the_shop_is_admitted_again(self, world: World, jobs: Jobs):
        _, holder, shop, voucher = await open_voucher(world)
        await world.api.post(f"/v1/merchants/{shop}/suspend", world.alliance, REASON | {"vouchers": "give_back"})
        async with world.database.transaction() as connection:
            due = await vouchers.find_unhonoured(connection, shop)
        await world.api.post(f"/v1/merchants/{shop}/resume", world.alliance)
        assert due == [voucher]
        assert await rounds.each(jobs.parts.database, due, vouchers.give_back) == 0
        await jobs.drain()
        assert await stand(world, holder, voucher) == ("held", 6, 4)

    async def test_it_says_what_becomes_of_them(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        for form in (REASON, REASON | {"vouchers": "keep"}, {"vouchers": "honour"}):
            response = await api.post(f"/v1/merchants/{shop}/suspend", world.alliance, form)
            assert problem(response) == (422, "invalid-payload")


class TestLeave:
    @pytest.mark.parametrize("state", ["approved", "suspended"])
    async def test_open_vouchers_are_given_back(self, api: ApiClient, world: World, jobs: Jobs, state: str):
        owner, holder, shop, voucher = await open_voucher(world)
        if state == "suspended":
            await api.post(f"/v1/merchants/{shop}/suspend", world.alliance, REASON | {"vouchers": "honour"})
        response = await api.post(f"/v1/merchants/{shop}/leave", owner)
        assert (response.status_code, response.json()["status"]) == (200, "left")
        assert (response.json()["accepts_scans"], response.json()["actions"]) == (False, [])
        await jobs.drain()
        assert await stand(world, holder, voucher) == ("cancelled", 10, 0)

    async def test_nobody_joins_it_any_more(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        code = (await api.post(f"/v1/merchants/{shop}/invites", owner)).json()["code"]
        await api.post(f"/v1/merchants/{shop}/leave", owner)
        joined = await api.post(f"/v1/merchants/{shop}/clerks", await world.person(), {"code": code})
        assert problem(joined) == (404, "not-found")
        assert problem(await api.post(f"/v1/merchants/{shop}/invites", owner)) == (409, "state-conflict")
        assert problem(await api.post(f"/v1/merchants/{shop}/offers", owner, OFFER)) == (409, "merchant-not-approved")

    async def test_not_before_it_was_in(self, api: ApiClient, world: World):
        owner = await world.person()
        for state in ("applied", "refused", "left"):
            response = await api.post(f"/v1/merchants/{await world.shop(owner, state)}/leave", owner)
            assert problem(response) == (409, "state-conflict")

    async def test_only_its_owner(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        assert problem(await api.post(f"/v1/merchants/{shop}/leave", world.alliance)) == (403, "not-allowed")
        clerk = await world.clerk(owner, shop)
        assert problem(await api.post(f"/v1/merchants/{shop}/leave", clerk)) == (404, "not-found")


class TestAddOffer:
    async def test_it_is_listed_once_it_is_checked(self, api: ApiClient, world: World, jobs: Jobs):
        owner = await log_in(api, world.database)
        shop = await world.shop(owner)
        response = await api.post(f"/v1/merchants/{shop}/offers", owner, OFFER)
        assert response.status_code == 201
        offer = response.json()
        assert (offer["status"], offer["stock_left"], offer["actions"]) == ("checking", 10, ["edit"])
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
        for reader, actions in ((owner, ["reverse"]), (clerk, [])):
            found = await all_pages(api, f"/v1/merchants/{shop}/redemptions", reader)
            assert found == [told | {"actions": actions} for told in reversed(settled)]

    async def test_nobody_else(self, api: ApiClient, world: World):
        shop = await world.shop(await world.person())
        for person in (await world.person(), world.alliance):
            response = await api.get(f"/v1/merchants/{shop}/redemptions", person)
            assert problem(response) == (404, "not-found")
