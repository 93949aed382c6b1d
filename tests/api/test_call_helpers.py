"""Calling helpers for a complaint: the whole life of the task, what ends it, and every refusal."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.settings import Settings
from app.domain.caller import Role
from app.jobs import handlers
from tests.api.scene import problem
from tests.api.test_complaints import act, look, refused
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, log_in, make_grant, make_member
from tests.people import Person

CALL = "call-helpers"


async def task(world: World, task_id: UUID, person: Person | None = None) -> dict[str, Any]:
    response = await world.api.get(f"/v1/tasks/{task_id}", person)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def decide(world: World, person: Person, claim_id: UUID, action: str, body: object = None) -> dict[str, Any]:
    response = await world.api.post(f"/v1/claims/{claim_id}/{action}", person, body)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def points_of(world: World, person: Person) -> int:
    return int((await world.api.get("/v1/me/points", person)).json()["spendable_points"])


async def helped(world: World, complaint: UUID, person: Person) -> list[dict[str, Any]]:
    return [step for step in (await look(world, complaint, person))["timeline"] if step["action"] == "helped"]


class TestCall:
    async def test_makes_a_task_of_the_complaint_for_everybody_to_see(self, api: ApiClient, world: World):
        complaint = await world.complaint(status="accepted", place="3号楼2单元", location=world.place(15, 15))
        called = await act(world, world.staff, complaint, CALL, {"seats": 2})
        assert (called["status"], called["timeline"][-1]["action"]) == ("accepted", "call_helpers")
        task_id = UUID(called["task"]["id"])
        assert called["task"] == {"id": str(task_id), "status": "open", "seats": 2, "seats_taken": 0}
        seen = await task(world, task_id)
        assert seen == {
            "id": str(task_id),
            "kind": "complaint",
            "errand_id": None,
            "wish_id": None,
            "complaint_id": str(complaint),
            "list_id": None,
            "item_number": None,
            "call_out_id": None,
            "series_id": None,
            "occurrence": None,
            "order_part_id": None,
            "is_drill": False,
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "title": "路灯坏了",
            "body": None,
            "status": "open",
            "seats": 2,
            "seats_taken": 0,
            "min_people": 1,
            "reward_points": REWARD_POINTS,
            "hourly_points": 0,
            "minutes": None,
            "skills": [],
            "place": None,
            "location": None,
            "starts_at": None,
            "ends_at": None,
            "tags": [],
            "claim_until": None,
            "groups_until": None,
            "created_at": seen["created_at"],
            "own_place": None,
            "actions": [],
        }
        await world.wish(await world.person())
        for kind, expected in (("complaint", [str(task_id)]), (None, 2)):
            params = {"kind": kind} if kind else {}
            items = (await api.get("/v1/tasks", await world.helper(), area_id=world.grid.id, **params)).json()["items"]
            assert [item["id"] for item in items] == expected if kind else len(items) == expected
        assert (await look(world, complaint))["task"]["id"] == str(task_id)

    async def test_the_policy_says_what_it_is_worth(self, world: World):
        rates = [{"kind": "complaint", "points": 6, "points_per_hour": 12}, {"kind": "wish", "points": 1}]
        await world.policy(world.district, rates=rates)
        task_id = await world.called()
        seen = await task(world, task_id)
        assert (seen["reward_points"], seen["hourly_points"]) == (6, 12)
        helper = await world.helper()
        claim = await world.take_seat(helper, task_id)
        await world.api.post(f"/v1/claims/{claim}/submit", helper, {"note": "换好了", "minutes": 30})
        await decide(world, world.staff, claim, "confirm")
        assert await points_of(world, helper) == 12

    async def test_no_rate_of_a_policy_names_a_category_of_wishes_for_complaints(self, api: ApiClient, world: World):
        form = {
            "area_id": str(world.grid.id),
            "rates": [{"kind": "complaint", "category": "elderly", "points": 5}],
        }
        assert problem(await api.post("/v1/policies", world.administrator, form)) == (422, "invalid-payload")

    async def test_own_words_wait_for_their_check(self, api: ApiClient, world: World, jobs: Jobs):
        staff = await log_in(api, world.database)
        await make_grant(world.database, staff, world.grid, Role.STAFF)
        complaint = await world.complaint(status="accepted")
        form = {"title": "帮忙换灯泡", "body": "带上梯子，找13812345678。"}
        drafted = await act(world, staff, complaint, CALL, form)
        assert (drafted["task"]["status"], (await look(world, complaint))["task"]) == ("draft", None)
        task_id = UUID(drafted["task"]["id"])
        assert problem(await api.get(f"/v1/tasks/{task_id}", await world.helper())) == (404, "not-found")
        await jobs.drain()
        seen = await task(world, task_id)
        assert (seen["status"], seen["title"]) == ("open", "帮忙换灯泡")
        assert "13812345678" not in seen["body"]

    @pytest.mark.parametrize("words", ["一起去赌博", "平常的话"])
    async def test_words_that_do_not_pass_wait_for_a_person(self, api: ApiClient, world: World, jobs: Jobs, words: str):
        """Of the staff of this world WeChat has seen nobody, so it cannot be asked about anything they write."""
        staff = await log_in(api, world.database) if "赌博" in words else world.staff
        await make_grant(world.database, staff, world.grid, Role.STAFF)
        complaint = await world.complaint(status="accepted")
        drafted = await act(world, staff, complaint, CALL, {"body": words})
        await jobs.drain()
        task_id = UUID(drafted["task"]["id"])
        assert (await task(world, task_id, staff))["actions"] == ["close"]
        assert problem(await api.post(f"/v1/tasks/{task_id}/open", staff)) == (403, "own-interest")
        reader = world.administrator
        seen = await task(world, task_id, reader)
        assert (seen["status"], seen["actions"]) == ("draft", ["open", "close"])
        stranger = await world.person()
        assert problem(await api.post(f"/v1/tasks/{task_id}/open", stranger)) == (403, "not-allowed")
        opened = await api.post(f"/v1/tasks/{task_id}/open", reader)
        assert (opened.json()["status"], opened.json()["actions"]) == ("open", ["close", "add_seats"])
        assert problem(await api.post(f"/v1/tasks/{task_id}/open", reader)) == (409, "state-conflict")

    async def test_twice_only_after_the_first_has_ended(self, world: World):
        complaint = await world.complaint(status="accepted")
        first = await world.called(complaint)
        assert await refused(world, world.staff, complaint, CALL, {"seats": 1}) == (409, "helpers-called")
        assert (await world.api.post(f"/v1/tasks/{first}/close", world.staff)).json()["status"] == "cancelled"
        second = await world.called(complaint)
        assert (await look(world, complaint, world.staff))["task"]["id"] == str(second)

    async def test_a_confidential_case_is_for_staff_alone(self, world: World):
        complaint = await world.complaint(status="accepted", category="neighbours")
        assert await refused(world, world.staff, complaint, CALL, {"seats": 1}) == (409, "complaint-confidential")

    async def test_who_may_and_when(self, world: World):
        author = await world.person()
        opened = await world.complaint(author)
        assert await refused(world, world.staff, opened, CALL, {"seats": 1}) == (409, "state-conflict")
        assert await refused(world, author, opened, CALL, {"seats": 1}) == (403, "own-interest")
        assert await refused(world, await world.helper(), opened, CALL, {"seats": 1}) == (403, "not-allowed")
        for seats in (0, 1001, "2"):
            assert await refused(world, world.staff, opened, CALL, {"seats": seats}) == (422, "invalid-payload")


class TestClaims:
    async def test_the_whole_way_to_the_points(self, world: World):
        author = await world.person()
        complaint = await world.complaint(author, "accepted")
        task_id = await world.called(complaint, seats=2)
        helpers = await world.helpers(2)
        claims = [await world.take_seat(helper, task_id, note="换好了") for helper in helpers]
        full = await world.api.post(f"/v1/tasks/{task_id}/claims", await world.helper())
        assert problem(full) == (409, "task-full")
        assert (await decide(world, world.staff, claims[0], "confirm"))["status"] == "verified"
        assert (await task(world, task_id))["status"] == "open", "one of two has helped"
        other = await world.holder(Role.STAFF, world.community)
        assert (await decide(world, other, claims[1], "verify"))["status"] == "verified"
        assert (await task(world, task_id))["status"] == "closed"
        assert [await points_of(world, helper) for helper in helpers] == [REWARD_POINTS] * 2
        seen = await look(world, complaint, author)
        assert (seen["status"], seen["is_new"]) == ("accepted", True)
        for reader in (author, world.staff):
            assert len(await helped(world, complaint, reader)) == 2
        assert (await act(world, world.staff, complaint, "answer"))["status"] == "answered"

    async def test_given_back_returned_refused_and_late(self, world: World, jobs: Jobs):
        task_id = await world.called()
        helper, other = await world.helper(), await world.holder(Role.STAFF, world.grid)
        first = await world.take_seat(helper, task_id)
        assert (await decide(world, helper, first, "release"))["status"] == "released"
        second = await world.take_seat(helper, task_id, note="换好了")
        returned = await decide(world, other, second, "return", {"reason": "还有一盏"})
        assert (returned["status"], returned["task"]["complaint_id"] is not None) == ("returned", True)
        await decide(world, helper, second, "submit", {"note": "都换好了"})
        assert (await decide(world, other, second, "refuse", {"reason": "没有人来"}))["status"] == "refused"
        third = await world.take_seat(helper, task_id)
        await world.database.writes.execute("UPDATE claim SET due_at = now() - interval '1 hour' WHERE id = $1", third)
        await handlers.lapse_overdue(jobs.parts)
        seen = await task(world, task_id, helper)
        assert (seen["status"], seen["seats_taken"], seen["actions"]) == ("open", 0, ["claim"])

    async def test_silence_confirms_after_a_week(self, world: World, jobs: Jobs, settings: Settings):
        complaint = await world.complaint(status="accepted")
        task_id, helper = await world.called(complaint), await world.helper()
        claim = await world.take_seat(helper, task_id, note="换好了")
        aged = "UPDATE claim SET submitted_at = submitted_at - make_interval(days => $2, hours => $3) WHERE id = $1"
        await world.database.writes.execute(aged, claim, settings.confirm_days, -1)
        await handlers.confirm_silent(jobs.parts)
        assert (await task(world, task_id))["status"] == "open", "an hour is left"
        await world.database.writes.execute(aged, claim, 0, 2)
        await handlers.confirm_silent(jobs.parts)
        assert (await task(world, task_id))["status"] == "closed"
        assert await points_of(world, helper) == REWARD_POINTS
        [step] = await helped(world, complaint, world.staff)
        assert (step["party"], step["actor"]) == ("system", None)

    async def test_nobody_whose_matter_it_is_claims_it(self, api: ApiClient, world: World):
        author, joiner, staff = [await world.helper() for _ in range(3)]
        await make_grant(world.database, staff, world.grid, Role.STAFF)
        complaint = await world.complaint(author, "accepted")
        await act(world, joiner, complaint, "join")
        task_id = UUID((await act(world, staff, complaint, CALL, {"seats": 5}))["task"]["id"])
        for person in (author, joiner, staff):
            assert problem(await api.post(f"/v1/tasks/{task_id}/claims", person)) == (403, "own-complaint")
            assert "claim" not in (await task(world, task_id, person))["actions"]
            listed = await api.get("/v1/tasks", person, area_id=world.grid.id)
            assert "claim" not in listed.json()["items"][0]["actions"]
        assert (await task(world, task_id, await world.helper()))["actions"] == ["claim"]

    async def test_nobody_decides_on_help_with_their_own_complaint(self, api: ApiClient, world: World):
        complainant = await world.holder(Role.STAFF, world.community)
        task_id = await world.called(await world.complaint(complainant, "accepted"))
        helper = await world.helper()
        claim = await world.take_seat(helper, task_id, note="换好了")
        for action, body in (("verify", None), ("return", {"reason": "再看"}), ("refuse", {"reason": "没有"})):
            response = await api.post(f"/v1/claims/{claim}/{action}", complainant, body)
            assert problem(response) == (403, "own-interest")
        assert (await api.get(f"/v1/claims/{claim}", complainant)).json()["actions"] == []
        assert problem(await api.post(f"/v1/tasks/{task_id}/close", complainant)) == (403, "own-interest")
        resident = await world.person()
        own = await world.called(await world.complaint(resident, "accepted"))
        other = await world.take_seat(helper, own, note="换好了")
        assert problem(await api.get(f"/v1/claims/{other}", resident)) == (404, "not-found")

    async def test_confirming_is_for_who_called(self, api: ApiClient, world: World):
        helper = await world.helper()
        claim = await world.take_seat(helper, await world.called(), note="换好了")
        for person, expected in (
            (helper, (403, "own-interest")),
            (await world.holder(Role.STAFF, world.grid), (403, "not-allowed")),
            (await world.person(), (404, "not-found")),
        ):
            assert problem(await api.post(f"/v1/claims/{claim}/confirm", person)) == expected
        assert problem(await api.post(f"/v1/claims/{claim}/verify", world.staff)) == (403, "own-interest")
        await decide(world, world.staff, claim, "confirm")
        assert problem(await api.post(f"/v1/claims/{claim}/confirm", world.staff)) == (409, "state-conflict")

    async def test_a_resident_may_confirm_a_claim_on_their_wish_without_a_rating(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish, claim = await world.delivered(author, helper)
        assert (await decide(world, author, claim, "confirm"))["status"] == "verified"
        seen = (await api.get(f"/v1/wishes/{wish}", author)).json()
        assert (seen["status"], seen["rating"]) == ("fulfilled", None)
        assert await points_of(world, helper) == REWARD_POINTS


class TestEnd:
    @pytest.mark.parametrize("action", ["answer", "reject", "merge", "withdraw", "correct"])
    async def test_a_task_that_nobody_claimed_is_cancelled(self, api: ApiClient, world: World, action: str):
        task_id = await self.end(world, await world.person(), action, claimed=False)
        assert problem(await api.get(f"/v1/tasks/{task_id}")) == (404, "not-found")
        assert (await task(world, task_id, world.staff))["status"] == "cancelled"

    @pytest.mark.parametrize("action", ["answer", "reject", "merge", "withdraw", "correct"])
    async def test_who_works_on_it_finishes_and_is_rewarded(self, api: ApiClient, world: World, action: str):
        helper = await world.helper()
        task_id = await self.end(world, await world.person(), action, claimed=True, helper=helper)
        status = "cancelled" if action == "reject" else "closed"  # what was turned away is not read by others either
        assert (await task(world, task_id, helper))["status"] == status
        assert problem(await api.post(f"/v1/tasks/{task_id}/claims", await world.helper())) == (409, "task-not-open")
        [claim] = (await api.get("/v1/me/claims", helper)).json()["items"]
        await decide(world, helper, claim["id"], "submit", {"note": "换好了"})
        await decide(world, world.staff, claim["id"], "confirm")
        assert await points_of(world, helper) == REWARD_POINTS
        assert (await task(world, task_id, world.staff))["status"] == status

    async def end(
        self, world: World, author: Person, action: str, *, claimed: bool, helper: Person | None = None
    ) -> UUID:
        """End a complaint with a task of three seats, one of them taken or none; return the task's id."""
        complaint = await world.complaint(author, "accepted")
        task_id = await world.called(complaint, seats=3)
        if helper is not None and claimed:
            await world.take_seat(helper, task_id)
        bodies = {
            "merge": {"into_id": str(await world.complaint())},
            "correct": {"category": "neighbours", "urgency": "ordinary"},
        }
        await act(world, author if action == "withdraw" else world.staff, complaint, action, bodies.get(action))
        return task_id

    async def test_a_confidential_one_is_hidden_from_those_who_do_not_know_it(self, api: ApiClient, world: World):
        helper = await world.helper()
        task_id = await self.end(world, await world.person(), "correct", claimed=True, helper=helper)
        for person in (None, await world.helper()):
            assert problem(await api.get(f"/v1/tasks/{task_id}", person)) == (404, "not-found")

    async def test_going_up_leaves_it_open(self, world: World):
        complaint = await world.complaint(status="accepted")
        task_id = await world.called(complaint)
        await act(world, world.staff, complaint, "escalate", {"reason": "网格解决不了"})
        assert (await task(world, task_id))["status"] == "open"

    async def test_staff_call_for_nobody_else(self, api: ApiClient, world: World):
        complaint = await world.complaint(status="accepted")
        task_id, helper = await world.called(complaint, seats=3), await world.helper()
        claim = await world.take_seat(helper, task_id)
        closed = (await api.post(f"/v1/tasks/{task_id}/close", world.staff)).json()
        assert (closed["status"], closed["seats_taken"], closed["actions"]) == ("closed", 1, [])
        assert problem(await api.post(f"/v1/tasks/{task_id}/close", world.staff)) == (409, "state-conflict")
        await decide(world, helper, claim, "release")
        assert problem(await api.post(f"/v1/tasks/{task_id}/claims", helper)) == (409, "task-not-open")

    async def test_only_the_staff_of_a_complaint_close_its_task(self, api: ApiClient, world: World):
        complaint = await world.complaint(status="accepted")
        task_id = await world.called(complaint)
        worker = await world.holder(Role.STAFF, world.grid)
        await act(world, world.staff, complaint, "escalate", {"reason": "网格解决不了"})
        for person in (worker, await world.person(), await world.helper()):
            assert problem(await api.post(f"/v1/tasks/{task_id}/close", person)) == (403, "not-allowed")
        wish_task = await world.task_of(await world.wish(worker))
        for action in ("open", "close"):
            assert problem(await api.post(f"/v1/tasks/{wish_task}/{action}", worker)) == (403, "not-allowed")
            assert problem(await api.post(f"/v1/tasks/{uuid4()}/{action}", worker)) == (404, "not-found")

    async def test_a_helper_in_the_staff_claims_and_another_decides(self, world: World):
        worker = await world.holder(Role.STAFF, world.grid)
        await make_member(world.database, worker, world.grid, world.unit_id)
        claim = await world.take_seat(worker, await world.called(), note="换好了")
        refusal = await world.api.post(f"/v1/claims/{claim}/verify", worker)
        assert problem(refusal) == (403, "own-interest")
        assert (await decide(world, world.staff, claim, "confirm"))["status"] == "verified"
