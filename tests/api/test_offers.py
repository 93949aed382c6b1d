"""Offers: what shops give for points."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import ForeignKeyViolationError

from app.core.clock import local_date, now
from app.core.db import Database
from app.domain.lifecycles import OFFER
from app.services.content_checks import things
from app.services.content_checks.judging import Judge
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import OFFER_FORM, World, log_in
from tests.people import Person
from tests.wechat.overtaken import Overtaken

REASON = {"reason": "请写明份量。"}
DECIDED = {"approve": "listed", "reject": "rejected"}


class TestListOffers:
    async def test_the_listed_ones(self, api: ApiClient, world: World):
        reader, shop = await world.person(), await world.shop(await world.person())
        listed = [await world.offer(shop) for _ in range(3)]
        for status in set(OFFER.states) - {"listed"}:
            await world.offer(shop, status=status)
        await world.offer(shop, valid_until=now() - timedelta(seconds=1))
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
            (owner, ["pause", "end", "edit", "take_voucher"]),
            (world.alliance, ["reject", "pause", "take_voucher"]),
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
            "kind": "goods",
            "title": "小面一碗",
            "description": "微辣。",
            "terms": None,
            "pictures": [],
            "points": 5,
            "stock": 10,
            "stock_left": 10,
            "per_person_limit": None,
            "per_day_limit": None,
            "valid_from": None,
            "valid_until": None,
            "opening_hours": [],
            "status": "listed",
            "created_at": seen["created_at"],
            "actions": [],
        }

    async def test_before_it_is_listed(self, api: ApiClient, world: World):
        owner = await world.person()
        offer = await world.offer(await world.shop(owner), status="reviewing")
        for reader, actions in ((owner, ["edit"]), (world.alliance, ["approve", "reject"])):
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
        assert (await api.get(f"/v1/offers/{offer}", world.alliance)).json()["actions"] == ["edit"]
        response = await api.post(f"/v1/offers/{offer}/{action}", world.alliance, body)
        assert problem(response) == (403, "own-interest")

    async def test_once(self, api: ApiClient, world: World, action: str, body: Any):
        offer = await world.offer(await world.shop(await world.person()), status="reviewing")
        for expected in (200, 409):
            response = await api.post(f"/v1/offers/{offer}/{action}", world.alliance, body)
            assert response.status_code == expected
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

    @pytest.mark.parametrize("status", sorted(set(OFFER.states) - {"listed"}))
    async def test_of_what_is_not_listed(self, api: ApiClient, world: World, status: str):
        owner = await world.helper(points=10)
        offer = await world.offer(await world.shop(owner), status=status)
        assert problem(await api.post(f"/v1/offers/{offer}/vouchers", owner)) == (404, "not-found")

    async def test_what_was_taken_of_it_is_on_the_voucher(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        until = now() + timedelta(days=3)
        offer = await world.offer(await world.shop(await world.person()), terms="限堂食。", valid_until=until)
        voucher = (await api.post(f"/v1/offers/{offer}/vouchers", holder)).json()
        assert (voucher["kind"], voucher["terms"]) == ("goods", "限堂食。")
        assert datetime.fromisoformat(voucher["expires_at"]) == until, "it ends with the offer"

    @pytest.mark.parametrize("times", [("valid_from", 1), ("valid_until", -1)])
    async def test_too_early_or_too_late(self, api: ApiClient, world: World, times: tuple[str, int]):
        holder = await world.helper(points=10)
        column, days = times
        more: dict[str, Any] = {column: now() + timedelta(days=days)}
        offer = await world.offer(await world.shop(await world.person()), **more)
        assert "take_voucher" not in (await api.get(f"/v1/offers/{offer}", holder)).json()["actions"]
        response = await api.post(f"/v1/offers/{offer}/vouchers", holder)
        assert problem(response) == (409, "offer-not-valid-now")

    async def test_as_many_as_one_may_and_again_after_one_went_back(self, api: ApiClient, world: World):
        holder, other = await world.helper(points=20), await world.helper(points=5)
        offer = await world.offer(await world.shop(await world.person()), per_person_limit=2)
        first = await world.voucher(holder, offer)
        await world.voucher(holder, offer)
        assert "take_voucher" not in (await api.get(f"/v1/offers/{offer}", holder)).json()["actions"]
        response = await api.post(f"/v1/offers/{offer}/vouchers", holder)
        assert problem(response) == (409, "offer-limit-reached")
        await world.voucher(other, offer)
        await api.post(f"/v1/vouchers/{first}/cancel", holder)
        assert "take_voucher" in (await api.get(f"/v1/offers/{offer}", holder)).json()["actions"]
        await world.voucher(holder, offer)
        assert (await api.get(f"/v1/offers/{offer}")).json()["stock_left"] == 7

    async def test_as_many_as_a_day_has_and_anew_the_next_day(self, api: ApiClient, world: World, database: Database):
        holder = await world.helper(points=50)
        offer = await world.offer(await world.shop(await world.person()), per_day_limit=2)
        first = await world.voucher(holder, offer)
        await world.voucher(holder, offer)
        assert "take_voucher" not in (await api.get(f"/v1/offers/{offer}", holder)).json()["actions"]
        response = await api.post(f"/v1/offers/{offer}/vouchers", holder)
        assert problem(response) == (409, "offer-daily-limit-reached")
        await api.post(f"/v1/vouchers/{first}/cancel", holder)
        second = await world.voucher(holder, offer)
        yesterday = local_date(now()) - timedelta(days=1)
        await database.writes.execute("UPDATE offer SET day = $2 WHERE id = $1", offer, yesterday)
        await database.writes.execute(
            "UPDATE voucher SET created_at = created_at - interval '1 day' WHERE offer_id = $1", offer
        )
        await world.voucher(holder, offer)
        await api.post(f"/v1/vouchers/{second}/cancel", holder)
        counted = await database.reads.fetchrow("SELECT day, taken_on_day FROM offer WHERE id = $1", offer)
        assert tuple(counted or ()) == (local_date(now()), 1), "yesterday's piece does not come back today"

    async def test_a_clock_that_is_behind_does_not_turn_the_day_back(self, world: World, database: Database):
        holder = await world.helper(points=50)
        offer = await world.offer(await world.shop(await world.person()), per_day_limit=2)
        tomorrow = local_date(now()) + timedelta(days=1)
        await database.writes.execute("UPDATE offer SET day = $2, taken_on_day = 2 WHERE id = $1", offer, tomorrow)
        response = await world.api.post(f"/v1/offers/{offer}/vouchers", holder)
        assert problem(response) == (409, "offer-daily-limit-reached")


class TestListOffersOfShop:
    async def test_all_of_them(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        made = [await world.offer(shop, status=status) for status in OFFER.states]
        for reader in (owner, world.alliance):
            found = await all_pages(api, f"/v1/merchants/{shop}/offers", reader)
            assert [item["id"] for item in found] == [str(offer) for offer in reversed(made)]

    async def test_nobody_else(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        for person in (await world.clerk(owner, shop), world.staff):
            assert problem(await api.get(f"/v1/merchants/{shop}/offers", person)) == (404, "not-found")


CHANGES = {"pause": ("listed", "paused"), "resume": ("paused", "listed"), "end": ("listed", "ended")}


@pytest.mark.parametrize("action", CHANGES)
class TestChange:
    async def test_the_owner_does(self, api: ApiClient, world: World, action: str):
        before, after = CHANGES[action]
        owner = await world.person()
        offer = await world.offer(await world.shop(owner), status=before)
        response = await api.post(f"/v1/offers/{offer}/{action}", owner)
        assert (response.status_code, response.json()["status"]) == (200, after)

    async def test_the_alliance_ends_none(self, api: ApiClient, world: World, action: str):
        offer = await world.offer(await world.shop(await world.person()), status=CHANGES[action][0])
        response = await api.post(f"/v1/offers/{offer}/{action}", world.alliance)
        if action == "end":
            assert problem(response) == (403, "not-allowed")
        else:
            assert response.status_code == 200

    async def test_in_every_other_state(self, api: ApiClient, world: World, action: str):
        owner = await world.person()
        shop = await world.shop(owner)
        sources = {"listed", "paused"} if action == "end" else {CHANGES[action][0]}
        for state in set(OFFER.states) - sources:
            response = await api.post(f"/v1/offers/{await world.offer(shop, status=state)}/{action}", owner)
            assert problem(response) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World, action: str):
        owner = await world.person()
        shop = await world.shop(owner)
        clerk = await world.clerk(owner, shop)
        listed, paused = await world.offer(shop), await world.offer(shop, status="paused")
        for person in (clerk, world.staff):
            assert problem(await api.post(f"/v1/offers/{listed}/{action}", person)) == (403, "not-allowed")
            assert problem(await api.post(f"/v1/offers/{paused}/{action}", person)) == (404, "not-found")


async def held(world: World, **offer: Any) -> tuple[Person, Person, UUID, UUID]:
    """Return an owner, a holder, an offer and the holder's voucher of it."""
    owner, holder = await log_in(world.api, world.database), await world.helper(points=50)
    offer_id = await world.offer(await world.shop(owner), **offer)
    return owner, holder, offer_id, await world.voucher(holder, offer_id)


class TestEnd:
    async def test_what_is_held_is_still_settled(self, api: ApiClient, world: World):
        owner, holder, offer, voucher = await held(world)
        await api.post(f"/v1/offers/{offer}/end", owner)
        assert problem(await api.get(f"/v1/offers/{offer}", holder)) == (404, "not-found")
        response = await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        assert response.status_code == 201

    async def test_or_given_back_by_its_holder(self, api: ApiClient, world: World):
        owner, holder, offer, voucher = await held(world)
        await api.post(f"/v1/offers/{offer}/end", owner)
        assert (await api.post(f"/v1/vouchers/{voucher}/cancel", holder)).json()["status"] == "cancelled"
        assert (await api.get("/v1/me/points", holder)).json()["spendable_points"] == 50

    async def test_nothing_deletes_an_offer(self, api: ApiClient, world: World, database: Database):
        _, _, offer, _ = await held(world)
        assert (await api.client.delete(f"/v1/offers/{offer}", headers={})).status_code == 405
        with pytest.raises(ForeignKeyViolationError):
            await database.writes.execute("DELETE FROM offer WHERE id = $1", offer)


class TestEdit:
    async def test_numbers_count_at_once(self, api: ApiClient, world: World):
        owner, _, offer, _ = await held(world, terms=OFFER_FORM["terms"])
        form = OFFER_FORM | {"points": 7, "stock": 20, "per_person_limit": 1, "kind": "service"}
        edited = (await api.put(f"/v1/offers/{offer}", owner, form)).json()
        assert edited["status"] == "listed"
        assert (edited["points"], edited["stock"], edited["stock_left"]) == (7, 20, 19)
        assert {name: edited[name] for name in ("kind", "per_person_limit", "per_day_limit", "opening_hours")} == {
            name: form[name] for name in ("kind", "per_person_limit", "per_day_limit", "opening_hours")
        }
        assert datetime.fromisoformat(edited["valid_until"]) == datetime.fromisoformat(form["valid_until"])

    async def test_other_words_are_checked_first(self, api: ApiClient, world: World, jobs: Jobs):
        owner, holder, offer, _ = await held(world)
        edited = (await api.put(f"/v1/offers/{offer}", owner, OFFER_FORM | {"title": "大面一碗"})).json()
        assert (edited["status"], edited["actions"]) == ("checking", ["edit"])
        assert problem(await api.get(f"/v1/offers/{offer}", holder)) == (404, "not-found")
        await jobs.drain()
        seen = (await api.get(f"/v1/offers/{offer}", holder)).json()
        assert (seen["status"], seen["title"]) == ("listed", "大面一碗")

    @pytest.mark.parametrize("field", ["title", "description", "terms"])
    async def test_risky_words_are_never_shown(self, api: ApiClient, world: World, jobs: Jobs, field: str):
        owner, holder, offer, _ = await held(world)
        await api.put(f"/v1/offers/{offer}", owner, OFFER_FORM | {field: "赌博筹码"})
        await jobs.drain()
        assert (await api.get(f"/v1/offers/{offer}", owner)).json()["status"] == "rejected"
        assert problem(await api.get(f"/v1/offers/{offer}", holder)) == (404, "not-found")

    async def test_a_verdict_counts_for_the_words_it_was_asked_about(
        self, world: World, jobs: Jobs, database: Database
    ):
        """The owner changes the words while WeChat looks at the harmless ones."""
        owner, _, offer, _ = await held(world)
        await world.api.put(f"/v1/offers/{offer}", owner, OFFER_FORM | {"title": "大面一碗"})
        risky = OFFER_FORM | {"title": "赌博筹码"}
        wechat = Overtaken(jobs.parts.wechat, lambda: world.api.put(f"/v1/offers/{offer}", owner, risky))
        await things.check_offer(database, Judge(wechat), offer)
        assert (await world.api.get(f"/v1/offers/{offer}", owner)).json()["status"] == "checking"
        await jobs.drain()
        assert (await world.api.get(f"/v1/offers/{offer}", owner)).json()["status"] == "rejected"

    async def test_a_new_check_is_not_taken_for_a_forgotten_one(self, world: World, database: Database):
        owner, _, offer, _ = await held(world)
        await database.writes.execute("UPDATE offer SET created_at = now() - interval '1 day' WHERE id = $1", offer)
        await world.api.put(f"/v1/offers/{offer}", owner, OFFER_FORM | {"title": "大面一碗"})
        await things.hold_forgotten(database, now() - timedelta(minutes=10))
        assert (await world.api.get(f"/v1/offers/{offer}", owner)).json()["status"] == "checking"

    @pytest.mark.parametrize("state", ["reviewing", "paused", "rejected", "checking"])
    async def test_in_every_state_but_the_last(self, api: ApiClient, world: World, state: str):
        owner = await world.person()
        offer = await world.offer(await world.shop(owner), status=state)
        assert (await api.put(f"/v1/offers/{offer}", owner, OFFER_FORM)).json()["status"] == "checking"
        kept = await world.offer(await world.shop(owner), status=state, terms=OFFER_FORM["terms"])
        assert (await api.put(f"/v1/offers/{kept}", owner, OFFER_FORM)).json()["status"] == state

    async def test_not_once_it_has_ended(self, api: ApiClient, world: World):
        owner = await world.person()
        offer = await world.offer(await world.shop(owner), status="ended")
        assert problem(await api.put(f"/v1/offers/{offer}", owner, OFFER_FORM)) == (409, "state-conflict")

    async def test_stock_goes_no_lower_than_what_is_out(self, api: ApiClient, world: World):
        owner, holder, offer, _ = await held(world, terms=OFFER_FORM["terms"])
        await world.voucher(holder, offer)
        response = await api.put(f"/v1/offers/{offer}", owner, OFFER_FORM | {"stock": 1})
        assert problem(response) == (409, "stock-below-taken")
        edited = (await api.put(f"/v1/offers/{offer}", owner, OFFER_FORM | {"stock": 2})).json()
        assert (edited["stock"], edited["stock_left"]) == (2, 0)
        assert problem(await api.post(f"/v1/offers/{offer}/vouchers", holder)) == (409, "offer-sold-out")

    async def test_a_held_voucher_stays_as_it_was(self, api: ApiClient, world: World, jobs: Jobs):
        owner, holder, offer, voucher = await held(world, terms="限堂食。")
        before = (await api.get(f"/v1/vouchers/{voucher}", holder)).json()
        soon = (now() + timedelta(hours=1)).isoformat()
        form = OFFER_FORM | {"kind": "discount", "title": "半碗", "terms": "只限周一", "points": 9, "valid_until": soon}
        await api.put(f"/v1/offers/{offer}", owner, form)
        await jobs.drain()
        assert (await api.get(f"/v1/vouchers/{voucher}", holder)).json() == before
        response = await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        assert (response.json()["offer_title"], response.json()["points"]) == ("小面一碗", 5)

    async def test_only_its_owner(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        clerk = await world.clerk(owner, shop)
        listed, waiting = await world.offer(shop), await world.offer(shop, status="reviewing")
        for person in (clerk, world.alliance, world.staff):
            assert problem(await api.put(f"/v1/offers/{listed}", person, OFFER_FORM)) == (403, "not-allowed")
        assert problem(await api.put(f"/v1/offers/{waiting}", clerk, OFFER_FORM)) == (404, "not-found")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"valid_from": "2026-02-01T00:00:00+08:00", "valid_until": "2026-02-01T00:00:00+08:00"},
            {"valid_until": "2026-02-01T00:00:00"},
            {"valid_until": "1798761600"},
            {"valid_until": "2101-01-01T00:00:00Z"},
            {"valid_until": "0001-01-01T00:00:00+14:00"},
            {"opening_hours": [{"weekdays": [0], "from": "09:00", "to": "10:00"}]},
            {"opening_hours": [{"weekdays": [1, 1], "from": "09:00", "to": "10:00"}]},
            {"opening_hours": [{"weekdays": [], "from": "09:00", "to": "10:00"}]},
            {"opening_hours": [{"weekdays": [1], "from": "10:00", "to": "10:00"}]},
            {"opening_hours": [{"weekdays": [1], "from": "9:00", "to": "10:00"}]},
            {"opening_hours": [{"weekdays": [1], "from": "09:00", "to": "24:01"}]},
            {"per_person_limit": 0},
            {"per_day_limit": 1_000_001},
            {"kind": "cash"},
        ],
    )
    async def test_what_cannot_be(self, api: ApiClient, world: World, wrong: dict[str, Any]):
        owner = await world.person()
        offer = await world.offer(await world.shop(owner))
        assert problem(await api.put(f"/v1/offers/{offer}", owner, OFFER_FORM | wrong)) == (422, "invalid-payload")
