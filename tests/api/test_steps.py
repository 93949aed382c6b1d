"""The joint case: units get a step each, answer for themselves, and never learn who complained."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_complaints import BODY, act, form, look, refused
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import DISPATCH_FORM, World, log_in, make_grant, make_unit
from tests.people import Person

DONE = {"answer": "线路已修好，联系人电话13911112222。"}


async def step(world: World, person: Person, step_id: UUID, action: str, body: object = None) -> dict[str, Any]:
    """Take an action on a step over HTTP."""
    response = await world.api.post(f"/v1/steps/{step_id}/{action}", person, body)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def refused_step(world: World, person: Person, step_id: UUID, action: str, body: object = None) -> Any:
    return problem(await world.api.post(f"/v1/steps/{step_id}/{action}", person, body))


async def statuses(world: World, complaint: object) -> dict[str, tuple[str, bool]]:
    """Return how the units of a complaint stand, and which of them leads."""
    seen = await look(world, complaint, world.staff)
    return {part["unit"]["id"]: (part["status"], part["is_lead"]) for part in seen["parts"]}


class TestDispatch:
    async def test_a_lead_and_the_others_have_a_step_each(self, world: World):
        other = await make_unit(world.database, world.community)
        complaint = await world.complaint(status="accepted")
        await world.dispatch(complaint, other, world.unit_id)
        seen = await look(world, complaint, world.staff)
        assert (seen["status"], seen["unit_count"]) == ("accepted", 2)
        assert [(part["unit"]["id"], part["is_lead"]) for part in seen["parts"]] == [
            (str(other), True),
            (str(world.unit_id), False),
        ]
        assert {part["due_at"] for part in seen["parts"]} == {seen["answer_due_at"]}
        public = await look(world, complaint)
        assert [set(part) for part in public["parts"]] == [{"unit", "is_lead", "status", "answer"}] * 2
        facts = await world.database.reads.fetchval(
            "SELECT facts ->> 'unit_ids' FROM event WHERE subject_id = $1 AND action = 'dispatch'", complaint
        )
        assert facts == f'["{other}", "{world.unit_id}"]'

    async def test_a_deadline_of_its_own_in_working_days(self, world: World):
        complaint = await world.complaint(status="accepted")
        await world.dispatch(complaint, working_days=2)
        seen = await look(world, complaint, world.staff)
        due_at = datetime.fromisoformat(seen["parts"][0]["due_at"])
        assert due_at < datetime.fromisoformat(seen["answer_due_at"])
        assert due_at.astimezone(tz=None) > datetime.fromisoformat(seen["created_at"]) + timedelta(days=1)

    async def test_done_again_it_says_anew_who_has_to_act(self, world: World):
        units = [str(unit) for unit in (world.unit_id, *[await make_unit(world.database, world.grid) for _ in "123"])]
        first, second, third, fourth = units
        complaint = await world.complaint(status="accepted")
        steps = await world.dispatch(complaint, *map(UUID, (first, second, third)))
        await step(world, world.staff, steps[UUID(third)], "answer", DONE)
        again = await world.dispatch(complaint, *map(UUID, (second, fourth)), instructions="请尽快。")
        assert await statuses(world, complaint) == {
            second: ("assigned", True),
            fourth: ("assigned", False),
            third: ("answered", False),
        }
        assert again[UUID(second)] == steps[UUID(second)]
        seen = await look(world, complaint, world.staff)
        assert {part["unit"]["id"]: part["instructions"] for part in seen["parts"]} == {
            second: "请尽快。",
            fourth: "请尽快。",
            third: DISPATCH_FORM["instructions"],
        }
        back = await world.dispatch(complaint, UUID(first), UUID(second))
        assert back[UUID(first)] != steps[UUID(first)]

    async def test_refuses_units_that_are_none(self, world: World):
        complaint = await world.complaint(status="accepted")
        elsewhere = await make_unit(world.database, world.neighbour)
        for unit in (uuid4(), elsewhere):
            body = {"lead_unit_id": str(unit), **DISPATCH_FORM}
            assert await refused(world, world.staff, complaint, "dispatch", body) == (422, "unit-unknown")
        twice = {"lead_unit_id": str(world.unit_id), "co_unit_ids": [str(world.unit_id)], **DISPATCH_FORM}
        assert await refused(world, world.staff, complaint, "dispatch", twice) == (422, "invalid-payload")
        opened = await world.complaint()
        body = {"lead_unit_id": str(world.unit_id), **DISPATCH_FORM}
        assert await refused(world, world.staff, opened, "dispatch", body) == (409, "state-conflict")

    async def test_whoever_complained_hands_it_to_nobody(self, world: World):
        worker = await world.holder(Role.STAFF, world.grid)
        complaint = await world.complaint(worker, "accepted")
        body = {"lead_unit_id": str(world.unit_id), **DISPATCH_FORM}
        assert await refused(world, worker, complaint, "dispatch", body) == (403, "own-interest")


class TestAnswer:
    async def test_the_joint_result_is_public_with_the_checked_answer(self, api: ApiClient, world: World, jobs: Jobs):
        staff = await log_in(api, world.database)
        await make_grant(world.database, staff, world.grid, Role.STAFF)
        author, worker = await world.person(), await world.unit_worker()
        complaint = await world.complaint(author, "accepted")
        [one] = (await world.dispatch(complaint)).values()
        open_steps = await api.post(
            f"/v1/complaints/{complaint}/answer", staff, {"answer": "好", "outcome": "resolved"}
        )
        assert problem(open_steps) == (409, "steps-open")
        name = await world.database.reads.fetchval("SELECT name FROM unit WHERE id = $1", world.unit_id)
        assert open_steps.json()["facts"] == {"units": name}
        assert "answer" not in (await look(world, complaint, staff))["actions"]
        answered = await step(world, worker, one, "answer", DONE)
        assert (answered["status"], answered["actions"]) == ("answered", [])
        assert "13911112222" not in answered["answer"]
        for reader in (None, author):
            assert (await look(world, complaint, reader))["parts"][0]["answer"] is None
        await act(world, staff, complaint, "answer")
        assert (await look(world, complaint))["parts"][0]["answer"] is None
        assert (await look(world, complaint, author))["parts"][0]["answer"].startswith("线路已修好")
        await jobs.drain()
        assert (await look(world, complaint))["parts"][0]["answer"].startswith("线路已修好")
        told = await world.database.reads.fetchval(
            "SELECT facts ->> 'unit_id' FROM event WHERE subject_id = $1 AND action = 'answer'", complaint
        )
        assert told == str(world.unit_id)

    async def test_words_of_a_unit_that_a_machine_doubts_wait_for_a_person(
        self, api: ApiClient, world: World, jobs: Jobs
    ):
        staff = await log_in(api, world.database)
        await make_grant(world.database, staff, world.grid, Role.STAFF)
        complaint = await world.complaint(status="accepted")
        [one] = (await world.dispatch(complaint)).values()
        await step(world, await world.unit_worker(), one, "answer", {"answer": "有人聚众赌博"})
        await act(world, staff, complaint, "answer")
        await jobs.drain()
        assert (await look(world, complaint))["echo"] is None
        assert (await look(world, complaint))["parts"][0]["answer"] is None
        await act(world, world.administrator, complaint, "publish-answer")
        assert (await look(world, complaint))["parts"][0]["answer"] == "有人聚众赌博"

    async def test_what_a_unit_says_later_is_not_public_under_an_old_check(self, world: World):
        author, worker = await world.person(), await world.unit_worker()
        complaint = await world.complaint(author, "accepted")
        [one] = (await world.dispatch(complaint)).values()
        await step(world, worker, one, "answer", DONE)
        await act(world, world.staff, complaint, "answer")
        await act(world, world.administrator, complaint, "publish-answer")
        await act(world, author, complaint, "rate", {"is_satisfied": False})
        assert (await look(world, complaint))["parts"][0]["answer"] is not None
        sent_back = await step(world, world.staff, one, "send-back", {"reason": "居民说还是不亮"})
        assert (sent_back["status"], sent_back["sent_back_for"]) == ("assigned", "居民说还是不亮")
        assert (await look(world, complaint))["parts"][0]["answer"] is None
        await step(world, worker, one, "answer", {"answer": "没有人检查过的话"})
        for reader in (None, author):
            assert (await look(world, complaint, reader))["parts"][0]["answer"] is None
        await act(world, world.staff, complaint, "answer")
        assert (await look(world, complaint))["parts"][0]["answer"] is None
        await act(world, world.administrator, complaint, "publish-answer")
        assert (await look(world, complaint))["parts"][0]["answer"] == "没有人检查过的话"

    async def test_staff_type_in_what_a_unit_answered_on_paper(self, world: World):
        [one] = (await world.dispatch(await world.complaint(status="accepted"))).values()
        answered = await step(world, world.staff, one, "answer", DONE)
        assert answered["actions"] == ["send_back", "cancel"]
        party = await world.database.reads.fetchval(
            "SELECT party FROM event WHERE subject_id = $1 AND action = 'answer'", one
        )
        assert party == "staff"

    async def test_nobody_judges_their_own_units_answer(self, world: World):
        both = await world.unit_worker(person=await world.holder(Role.STAFF, world.grid))
        [one] = (await world.dispatch(await world.complaint(status="accepted"))).values()
        await step(world, both, one, "answer", DONE)
        assert await refused_step(world, both, one, "send-back", {"reason": "x"}) == (403, "not-allowed")
        assert await refused_step(world, both, one, "cancel") == (403, "not-allowed")

    async def test_whoever_complained_answers_for_no_unit(self, world: World):
        worker = await world.unit_worker()
        [one] = (await world.dispatch(await world.complaint(worker, "accepted"))).values()
        assert await refused_step(world, worker, one, "answer", DONE) == (403, "own-interest")

    async def test_after_the_answer_nothing_is_owed(self, world: World):
        worker = await world.unit_worker()
        complaint = await world.complaint(status="accepted")
        [one] = (await world.dispatch(complaint)).values()
        await step(world, worker, one, "answer", DONE)
        await act(world, world.staff, complaint, "answer")
        assert await refused_step(world, world.staff, one, "send-back", {"reason": "x"}) == (409, "state-conflict")
        assert await refused_step(world, world.staff, one, "cancel") == (409, "state-conflict")
        assert await refused_step(world, worker, one, "answer", DONE) == (409, "state-conflict")


class TestCancel:
    async def test_a_unit_that_is_off_the_case_sees_nothing_of_it(self, world: World):
        worker = await world.unit_worker()
        complaint = await world.complaint(status="accepted")
        [one] = (await world.dispatch(complaint)).values()
        assert await refused_step(world, worker, one, "cancel") == (403, "not-allowed")
        assert (await step(world, world.staff, one, "cancel"))["status"] == "cancelled"
        assert problem(await world.api.get(f"/v1/steps/{one}", worker)) == (404, "not-found")
        assert (await world.api.get("/v1/me/steps", worker)).json()["items"] == []
        assert await refused_step(world, worker, one, "answer", DONE) == (409, "state-conflict")
        assert (await act(world, world.staff, complaint, "answer"))["unit_count"] == 0

    @pytest.mark.parametrize("end", ["withdraw", "reject", "merge"])
    async def test_units_owe_nothing_for_what_ends_without_an_answer(self, world: World, end: str):
        author = await world.person()
        complaint = await world.complaint(author, "accepted")
        [one] = (await world.dispatch(complaint)).values()
        body = {"into_id": str(await world.complaint())} if end == "merge" else None
        await act(world, author if end == "withdraw" else world.staff, complaint, end, body)
        assert (await world.api.get(f"/v1/steps/{one}", world.staff)).json()["status"] == "cancelled"

    async def test_staff_below_see_what_went_up_and_touch_nothing(self, world: World):
        grid_staff = await world.holder(Role.STAFF, world.grid)
        complaint = await world.complaint(status="accepted")
        [one] = (await world.dispatch(complaint)).values()
        await act(world, grid_staff, complaint, "escalate", {"reason": "需要上级协调"})
        seen = (await world.api.get(f"/v1/steps/{one}", grid_staff)).json()
        assert (seen["status"], seen["actions"]) == ("assigned", [])
        assert await refused_step(world, grid_staff, one, "cancel") == (403, "not-allowed")
        assert (await step(world, world.staff, one, "cancel"))["status"] == "cancelled"


class TestLists:
    async def test_the_units_list_shows_what_is_due_first(self, api: ApiClient, world: World):
        worker = await world.unit_worker()
        ordinary, critical = [
            await world.complaint(status="accepted", category=c) for c in ("lighting", "elevator_fire")
        ]
        for complaint in (ordinary, critical):
            await world.dispatch(complaint)
        first = (await api.get("/v1/me/steps", worker, limit=1)).json()
        rest = (await api.get("/v1/me/steps", worker, limit=1, cursor=first["next_cursor"])).json()
        found = [item["complaint"]["id"] for item in first["items"] + rest["items"]]
        assert (found, rest["next_cursor"]) == ([str(critical), str(ordinary)], None)
        await step(world, worker, UUID(first["items"][0]["id"]), "answer", DONE)
        left = (await api.get("/v1/me/steps", worker)).json()["items"]
        assert [item["complaint"]["id"] for item in left] == [str(ordinary)]
        answered = (await api.get("/v1/me/steps", worker, status="answered")).json()["items"]
        assert [item["complaint"]["id"] for item in answered] == [str(critical)]

    async def test_a_step_follows_the_complaints_clock(self, world: World):
        complaint = await world.complaint(status="accepted")
        [one] = (await world.dispatch(complaint)).values()
        before = (await world.api.get(f"/v1/steps/{one}", world.staff)).json()["due_at"]
        await act(world, world.staff, complaint, "correct", {"category": "water", "urgency": "critical"})
        assert (await world.api.get(f"/v1/steps/{one}", world.staff)).json()["due_at"] < before


class TestShielding:
    async def test_a_unit_reads_what_and_where_and_nothing_of_who(self, api: ApiClient, world: World):
        author, worker = await world.person(), await world.unit_worker()
        posted = (await api.post("/v1/complaints", author, form(world, anonymous=False, category="neighbours"))).json()
        complaint = posted["id"]
        await world.database.writes.execute(
            "UPDATE complaint SET status = 'accepted', handler_id = area_id WHERE id = $1", UUID(complaint)
        )
        [one] = (await world.dispatch(UUID(complaint))).values()
        for path in (f"/v1/steps/{one}", "/v1/me/steps", f"/v1/complaints/{complaint}"):
            response = await api.get(path, worker)
            assert response.status_code == 200, response.text
            for secret in ("邻居0001", "王小明", "13812345678", "王**", "138****5678", str(author.id), author.openid):
                assert secret not in response.text
        seen = (await api.get(f"/v1/steps/{one}", worker)).json()
        assert seen["complaint"]["place"] == "3号楼2单元"
        assert seen["complaint"]["body"] == BODY.replace("13812345678", "***********")
        assert seen["complaint"]["location"] is not None


class TestJointRating:
    async def test_all_with_a_part_rate_and_only_the_author_moves_anything(self, world: World):
        author, joiner, worker = await world.person(), await world.person(), await world.unit_worker()
        complaint = await world.complaint(author, "accepted")
        await act(world, joiner, complaint, "join")
        [one] = (await world.dispatch(complaint)).values()
        await step(world, worker, one, "answer", DONE)
        assert await refused(world, worker, complaint, "rate") == (409, "state-conflict")
        await act(world, world.staff, complaint, "answer")
        assert "rate" in (await look(world, complaint, world.staff))["actions"]
        assert "rate" in (await look(world, complaint, worker))["actions"]
        assert "rate" in (await world.api.get(f"/v1/steps/{one}", worker)).json()["actions"]
        for person, is_satisfied, note in (
            (joiner, False, "太慢"),
            (worker, True, None),
            (world.staff, True, "配合好"),
        ):
            body = {"is_satisfied": is_satisfied, "note": note}
            assert (await act(world, person, complaint, "rate", body))["status"] == "answered"
            assert await refused(world, person, complaint, "rate") == (409, "already-rated")
        await act(world, author, complaint, "rate")
        assert (await look(world, complaint, world.staff))["ratings"] == [
            {"party": "author", "satisfied": 1, "unsatisfied": 0, "notes": []},
            {"party": "joiner", "satisfied": 0, "unsatisfied": 1, "notes": ["太慢"]},
            {"party": "staff", "satisfied": 1, "unsatisfied": 0, "notes": ["配合好"]},
            {"party": "unit", "satisfied": 1, "unsatisfied": 0, "notes": []},
        ]
        assert "ratings" not in await look(world, complaint, author)

    async def test_without_units_staff_do_not_rate_themselves(self, world: World):
        complaint = await world.complaint(status="answered")
        assert await refused(world, world.staff, complaint, "rate") == (403, "not-allowed")
