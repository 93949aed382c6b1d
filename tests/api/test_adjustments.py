"""What hands do to points: two people, a reason, a paper; and nothing is ever deleted."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.core.clock import today
from app.core.db import Database
from app.domain.caller import Role
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import REWARD_POINTS, World, make_grant, make_member
from tests.people import Person

PAPER = {"reason": "走访核实，服务没有发生。", "document": "走访记录第7号"}
REASON = {"reason": "台账上查不到。"}


def form(holder: Person, world: World, **changes: Any) -> dict[str, Any]:
    return {
        "user_id": str(holder.id),
        "area_id": str(world.grid.id),
        "points": 5,
        "reason": "补记上月漏记的服务。",
        "document": "服务台账第3页",
    } | changes


async def spendable(api: ApiClient, person: Person) -> int:
    return int((await api.get("/v1/me/points", person)).json()["spendable_points"])


async def spend(world: World, person: Person, points: int) -> None:
    shop = await world.shop(await world.person())
    await world.voucher(person, await world.offer(shop, points=points))


async def moves(database: Database, adjustment_id: UUID) -> list[tuple[str, int]]:
    """Return what the ledger moved because of an adjustment."""
    rows = await database.reads.fetch(
        "SELECT kind, sum(points) AS points FROM ledger_transfer WHERE reference_id = $1 GROUP BY kind", adjustment_id
    )
    return [(row["kind"], row["points"]) for row in rows]


async def history(database: Database, adjustment_id: UUID) -> list[tuple[Any, ...]]:
    rows = await database.reads.fetch(
        "SELECT action, from_state, to_state, party, actor_id, note FROM event "
        "WHERE subject_kind = 'adjustment' AND subject_id = $1 ORDER BY created_at, id",
        adjustment_id,
    )
    return [tuple(row) for row in rows]


class TestPropose:
    async def test_nothing_moves_yet(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        response = await api.post("/v1/adjustments", world.staff, form(holder, world))
        assert response.status_code == 201
        told = response.json()
        assert (told["kind"], told["status"], told["points"]) == ("correction", "proposed", 5)
        assert (told["reason"], told["document"]) == ("补记上月漏记的服务。", "服务台账第3页")
        assert told["actions"] == [], "another person decides"
        assert (told["decided_by"], told["decided_at"], told["refusal_reason"]) == (None, None, None)
        assert (told["points_taken"], told["shortfall"], told["claim_id"]) == (None, None, None)
        assert await spendable(api, holder) == 10
        assert await history(world.database, UUID(told["id"])) == [
            ("create", None, "proposed", "staff", world.staff.id, None)
        ]

    @pytest.mark.parametrize("who", ["auditor", "alliance", "holder", "staff elsewhere", "staff of the neighbour"])
    async def test_only_staff_of_the_area_do(self, api: ApiClient, world: World, who: str):
        holder = await world.helper()
        people = {
            "auditor": await world.holder(Role.AUDITOR, world.district),
            "alliance": world.alliance,
            "holder": await world.helper(),
            "staff elsewhere": await world.holder(Role.STAFF, world.other_grid),
            "staff of the neighbour": await world.holder(Role.STAFF, world.neighbour),
        }
        assert problem(await api.post("/v1/adjustments", people[who], form(holder, world))) == (403, "not-allowed")

    async def test_nobody_for_themselves(self, api: ApiClient, world: World):
        officer = await world.helper()
        await make_grant(world.database, officer, world.district, Role.ADMINISTRATOR)
        assert problem(await api.post("/v1/adjustments", officer, form(officer, world))) == (403, "own-interest")

    async def test_of_an_area_that_is_not_there(self, api: ApiClient, world: World):
        body = form(await world.helper(), world, area_id=str(uuid4()))
        assert problem(await api.post("/v1/adjustments", world.staff, body)) == (422, "area-unknown")

    async def test_of_somebody_who_has_nothing_to_do_with_the_area(self, api: ApiClient, world: World):
        applicant = await world.person()
        await make_member(world.database, applicant, world.grid, world.unit_id, "applied")
        elsewhere = await world.person()
        await make_member(world.database, elsewhere, world.other_grid, world.unit_id)
        for stranger in (await world.person(), applicant, elsewhere):
            response = await api.post("/v1/adjustments", world.staff, form(stranger, world))
            assert problem(response) == (422, "user-unknown")
        missing = form(elsewhere, world, user_id=str(uuid4()))
        assert problem(await api.post("/v1/adjustments", world.staff, missing)) == (422, "user-unknown")
        above = form(elsewhere, world, area_id=str(world.community.id))
        assert (await api.post("/v1/adjustments", world.staff, above)).status_code == 201

    async def test_of_somebody_who_served_there(self, api: ApiClient, world: World):
        helper = await world.person()
        await make_member(world.database, helper, world.neighbour, world.unit_id)
        await world.claim(helper, await world.wish(await world.person()))
        assert (await api.post("/v1/adjustments", world.staff, form(helper, world))).status_code == 201

    @pytest.mark.parametrize(
        "changes",
        [
            {"points": 0},
            {"points": 100_001},
            {"points": -100_001},
            {"points": "5"},
            {"document": ""},
            {"document": "长" * 201},
            {"reason": "长" * 501},
        ],
    )
    async def test_with_a_form_that_does_not_fit(self, api: ApiClient, world: World, changes: dict[str, Any]):
        response = await api.post("/v1/adjustments", world.staff, form(await world.helper(), world, **changes))
        assert problem(response) == (422, "invalid-payload")
        assert response.json()["fields"][0]["field"] == f"body.{next(iter(changes))}"


class TestApprove:
    async def test_gives(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        adjustment = await world.adjustment(holder, 5)
        seen = await api.get(f"/v1/adjustments/{adjustment}", world.administrator)
        assert seen.json()["actions"] == ["approve", "refuse"]
        response = await api.post(f"/v1/adjustments/{adjustment}/approve", world.administrator)
        assert (response.status_code, response.json()["status"]) == (200, "approved")
        assert response.json()["decided_by"] is not None
        assert response.json()["decided_at"] is not None
        assert response.json()["actions"] == []
        assert await spendable(api, holder) == 15
        assert await moves(world.database, adjustment) == [("adjust_up", 5)]
        assert (await history(world.database, adjustment))[1:] == [
            ("approve", "proposed", "approved", "staff", world.administrator.id, None)
        ]

    async def test_what_is_given_ends_as_an_award_of_that_day_would(self, api: ApiClient, world: World):
        await world.policy(world.community, expiry="end_of_next_year")
        holder = await world.helper()
        adjustment = await world.adjustment(holder, 5)
        await api.post(f"/v1/adjustments/{adjustment}/approve", world.administrator)
        [cohort] = (await api.get("/v1/me/points", holder)).json()["by_expiry"]
        assert (cohort["points"], cohort["expires_on"]) == (5, f"{today().year + 1}-12-31")

    async def test_takes(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        adjustment = await world.adjustment(holder, -4)
        other_staff = await world.holder(Role.STAFF, world.community)
        response = await api.post(f"/v1/adjustments/{adjustment}/approve", other_staff)
        assert response.status_code == 200
        assert await spendable(api, holder) == 6
        assert await moves(world.database, adjustment) == [("adjust_down", 4)]

    async def test_takes_no_more_than_there_is(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        await spend(world, holder, 7)
        adjustment = await world.adjustment(holder, -4)
        response = await api.post(f"/v1/adjustments/{adjustment}/approve", world.administrator)
        assert problem(response) == (409, "points-insufficient")
        seen = await api.get(f"/v1/adjustments/{adjustment}", world.administrator)
        assert seen.json()["status"] == "proposed", "it can be refused, or wait"
        assert (await spendable(api, holder), await moves(world.database, adjustment)) == (3, [])

    async def test_is_told_apart_from_what_was_awarded(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        adjustment = await world.adjustment(holder, 5)
        await api.post(f"/v1/adjustments/{adjustment}/approve", world.administrator)
        told = (await api.get("/v1/me/points/transfers", holder)).json()["items"]
        assert [(item["kind"], item["title"]) for item in told] == [
            ("adjust_up", "人工调整，增加积分"),
            ("award", "服务获得积分"),
        ]


@pytest.mark.parametrize(("action", "body"), [("approve", None), ("refuse", REASON)])
class TestDecide:
    async def test_never_who_proposed_it(self, api: ApiClient, world: World, action: str, body: Any):
        adjustment = await world.adjustment(await world.helper(), proposer=world.administrator)
        response = await api.post(f"/v1/adjustments/{adjustment}/{action}", world.administrator, body)
        assert problem(response) == (403, "own-interest")
        assert (await api.post(f"/v1/adjustments/{adjustment}/{action}", world.staff, body)).status_code == 200

    async def test_never_whose_points_they_are(self, api: ApiClient, world: World, action: str, body: Any):
        officer = await world.helper()
        await make_grant(world.database, officer, world.district, Role.ADMINISTRATOR)
        adjustment = await world.adjustment(officer)
        assert (await api.get(f"/v1/adjustments/{adjustment}", officer)).json()["actions"] == []
        response = await api.post(f"/v1/adjustments/{adjustment}/{action}", officer, body)
        assert problem(response) == (403, "own-interest")

    async def test_not_the_auditor(self, api: ApiClient, world: World, action: str, body: Any):
        auditor = await world.holder(Role.AUDITOR, world.district)
        adjustment = await world.adjustment(await world.helper())
        assert (await api.get(f"/v1/adjustments/{adjustment}", auditor)).json()["actions"] == []
        response = await api.post(f"/v1/adjustments/{adjustment}/{action}", auditor, body)
        assert problem(response) == (403, "not-allowed")

    async def test_nobody_from_elsewhere(self, api: ApiClient, world: World, action: str, body: Any):
        adjustment = await world.adjustment(await world.helper())
        elsewhere = await world.holder(Role.STAFF, world.neighbour)
        next_door = await world.holder(Role.ADMINISTRATOR, world.other_grid)
        for person in (elsewhere, next_door, await world.helper(), world.alliance):
            response = await api.post(f"/v1/adjustments/{adjustment}/{action}", person, body)
            assert problem(response) == (404, "not-found")

    async def test_once(self, api: ApiClient, world: World, action: str, body: Any):
        for first, first_body in (("approve", None), ("refuse", REASON)):
            adjustment = await world.adjustment(await world.helper())
            await api.post(f"/v1/adjustments/{adjustment}/{first}", world.administrator, first_body)
            response = await api.post(f"/v1/adjustments/{adjustment}/{action}", world.administrator, body)
            assert problem(response) == (409, "state-conflict")


class TestRefuse:
    async def test_moves_nothing_and_says_why(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        adjustment = await world.adjustment(holder)
        response = await api.post(f"/v1/adjustments/{adjustment}/refuse", world.administrator, REASON)
        assert (response.status_code, response.json()["status"]) == (200, "refused")
        assert response.json()["refusal_reason"] == REASON["reason"]
        assert (await spendable(api, holder), await moves(world.database, adjustment)) == (10, [])
        assert (await history(world.database, adjustment))[1:] == [
            ("refuse", "proposed", "refused", "staff", world.administrator.id, REASON["reason"])
        ]


class TestGet:
    async def test_whom_it_concerns(self, api: ApiClient, world: World):
        holder = await world.helper()
        adjustment = await world.adjustment(holder)
        auditor = await world.holder(Role.AUDITOR, world.community)
        for reader in (holder, world.staff, world.administrator, auditor):
            seen = await api.get(f"/v1/adjustments/{adjustment}", reader)
            assert seen.json()["id"] == str(adjustment)
        own = (await api.get("/v1/me/adjustments", holder)).json()["items"]
        assert [(item["id"], item["actions"]) for item in own] == [(str(adjustment), [])]

    async def test_nobody_else(self, api: ApiClient, world: World):
        adjustment = await world.adjustment(await world.helper())
        auditor_next_door = await world.holder(Role.AUDITOR, world.other_grid)
        for reader in (await world.helper(), world.alliance, auditor_next_door):
            assert problem(await api.get(f"/v1/adjustments/{adjustment}", reader)) == (404, "not-found")
            assert (await api.get("/v1/me/adjustments", reader)).json()["items"] == []


class TestList:
    async def test_by_area_and_status_newest_first(self, api: ApiClient, world: World):
        first, second, decided = [await world.adjustment(await world.helper()) for _ in range(3)]
        await api.post(f"/v1/adjustments/{decided}/refuse", world.administrator, REASON)
        auditor = await world.holder(Role.AUDITOR, world.district)

        async def ids(reader: Person, area_id: UUID, **more: Any) -> list[UUID]:
            answer = await api.get("/v1/adjustments", reader, area_id=area_id, **more)
            return [UUID(item["id"]) for item in answer.json()["items"]]

        for reader in (world.staff, world.administrator, auditor):
            assert await ids(reader, world.district.id) == [second, first]
            assert await ids(reader, world.grid.id, status="refused") == [decided]
            assert await ids(reader, world.other_grid.id) == []
        assert await ids(await world.holder(Role.AUDITOR, world.grid), world.district.id) == [second, first]
        assert await ids(await world.holder(Role.STAFF, world.other_grid), world.district.id) == []

    async def test_page_by_page(self, api: ApiClient, world: World):
        holder = await world.helper()
        made = [str(await world.adjustment(holder)) for _ in range(3)]
        for path, reader, more in (
            ("/v1/adjustments", world.staff, {"area_id": world.grid.id}),
            ("/v1/me/adjustments", holder, {}),
        ):
            first = (await api.get(path, reader, **more, limit=2)).json()
            rest = (await api.get(path, reader, **more, limit=2, cursor=first["next_cursor"])).json()
            assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
            assert rest["next_cursor"] is None


class TestReverseAward:
    async def test_takes_back_what_the_service_brought(self, api: ApiClient, world: World):
        helper = await world.helper(points=3)
        claim = await world.verified(await world.person(), helper)
        assert await spendable(api, helper) == 3 + REWARD_POINTS
        assert (await api.get(f"/v1/claims/{claim}", world.staff)).json()["actions"] == ["reverse_award"]
        proposed = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        assert proposed.status_code == 201
        told = proposed.json()
        assert (told["kind"], told["points"], told["claim_id"]) == ("award_reversal", -REWARD_POINTS, str(claim))
        assert (await api.get(f"/v1/claims/{claim}", world.staff)).json()["actions"] == []
        assert await spendable(api, helper) == 3 + REWARD_POINTS, "nothing moves before a second person says so"
        response = await api.post(f"/v1/adjustments/{told['id']}/approve", world.administrator)
        assert (response.json()["points_taken"], response.json()["shortfall"]) == (REWARD_POINTS, 0)
        assert await spendable(api, helper) == 3
        assert await moves(world.database, UUID(told["id"])) == [("take_back", REWARD_POINTS)]
        await self.assert_nothing_is_deleted(api, world, claim)

    async def test_takes_what_is_left_and_records_the_shortfall(self, api: ApiClient, world: World):
        helper = await world.helper()
        claim = await world.verified(await world.person(), helper)
        await spend(world, helper, REWARD_POINTS - 4)
        proposed = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        response = await api.post(f"/v1/adjustments/{proposed.json()['id']}/approve", world.administrator)
        assert (response.json()["points_taken"], response.json()["shortfall"]) == (4, REWARD_POINTS - 4)
        assert await spendable(api, helper) == 0
        await self.assert_nothing_is_deleted(api, world, claim)

    async def test_of_points_that_are_all_spent(self, api: ApiClient, world: World):
        helper = await world.helper()
        claim = await world.verified(await world.person(), helper)
        await spend(world, helper, REWARD_POINTS)
        proposed = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        response = await api.post(f"/v1/adjustments/{proposed.json()['id']}/approve", world.administrator)
        assert (response.json()["points_taken"], response.json()["shortfall"]) == (0, REWARD_POINTS)
        assert await moves(world.database, UUID(proposed.json()["id"])) == []

    async def assert_nothing_is_deleted(self, api: ApiClient, world: World, claim: UUID) -> None:
        assert (await api.get(f"/v1/claims/{claim}", world.staff)).json()["status"] == "verified"
        assert await moves(world.database, claim) == [("award", REWARD_POINTS)]

    async def test_once(self, api: ApiClient, world: World):
        claim = await world.verified(await world.person(), await world.helper())
        proposed = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        again = await api.post(f"/v1/claims/{claim}/reverse-award", world.administrator, PAPER)
        assert problem(again) == (409, "reversal-exists")
        await api.post(f"/v1/adjustments/{proposed.json()['id']}/approve", world.administrator)
        again = await api.post(f"/v1/claims/{claim}/reverse-award", world.administrator, PAPER)
        assert problem(again) == (409, "reversal-exists")

    async def test_again_after_a_refusal(self, api: ApiClient, world: World):
        """A refused proposal took nothing; with a better paper it may be made anew."""
        claim = await world.verified(await world.person(), await world.helper())
        proposed = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        await api.post(f"/v1/adjustments/{proposed.json()['id']}/refuse", world.administrator, REASON)
        assert (await api.get(f"/v1/claims/{claim}", world.staff)).json()["actions"] == ["reverse_award"]
        assert (await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)).status_code == 201

    async def test_of_a_claim_that_is_not_verified(self, api: ApiClient, world: World):
        _, claim = await world.delivered(await world.person(), await world.helper())
        response = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        assert problem(response) == (409, "state-conflict")

    async def test_of_a_service_without_points(self, api: ApiClient, world: World):
        wish, claim = await world.delivered(await world.person(), await world.helper())
        await world.database.writes.execute("UPDATE task SET reward_points = 0 WHERE wish_id = $1", wish)
        await api.post(f"/v1/claims/{claim}/verify", world.staff)
        response = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        assert problem(response) == (409, "nothing-awarded")

    async def test_nobody_with_a_stake(self, api: ApiClient, world: World):
        """Whoever asked for the service or gave it neither proposes nor decides, whatever they are besides."""
        author, helper = await world.person(), await world.helper()
        claim = await world.verified(author, helper)
        for person in (author, helper):
            await make_grant(world.database, person, world.district, Role.ADMINISTRATOR)
            response = await api.post(f"/v1/claims/{claim}/reverse-award", person, PAPER)
            assert problem(response) == (403, "own-interest")
        proposed = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        for person in (author, helper, world.staff):
            response = await api.post(f"/v1/adjustments/{proposed.json()['id']}/approve", person)
            assert problem(response) == (403, "own-interest")

    async def test_nobody_from_elsewhere(self, api: ApiClient, world: World):
        claim = await world.verified(await world.person(), await world.helper())
        auditor = await world.holder(Role.AUDITOR, world.district)
        for person in (await world.holder(Role.STAFF, world.other_grid), await world.helper(), auditor):
            response = await api.post(f"/v1/claims/{claim}/reverse-award", person, PAPER)
            assert problem(response) == (404, "not-found")


class TestGuards:
    """What the database refuses by itself, whoever writes."""

    @pytest.mark.parametrize(
        ("change", "refused_by"),
        [
            ("decided_by = proposed_by, decided_at = now()", "ck_adjustment_decided_by_another"),
            ("decided_by = user_id, decided_at = now()", "ck_adjustment_decided_by_another"),
            ("status = 'approved'", "ck_adjustment_decider_known"),
            ("proposed_by = user_id", "ck_adjustment_proposed_by_another"),
            ("points = 0", "ck_adjustment_points_not_zero"),
            ("document = ''", "ck_adjustment_document_length"),
            ("points_taken = 5, shortfall = 0", "ck_adjustment_taken_and_shortfall"),
        ],
    )
    async def test_changes(self, world: World, change: str, refused_by: str):
        adjustment = await world.adjustment(await world.helper())
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await world.database.writes.execute(f"UPDATE adjustment SET {change} WHERE id = $1", adjustment)
        assert refused.value.constraint_name == refused_by

    async def test_deleting(self, world: World):
        adjustment = await world.adjustment(await world.helper())
        with pytest.raises(asyncpg.RestrictViolationError):
            await world.database.writes.execute("DELETE FROM adjustment WHERE id = $1", adjustment)
