"""Groups of people called, tasks during a call-out, and the report of its end."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core.ids import new_id
from app.domain.caller import Role
from app.domain.kinds import EmergencyWork
from app.domain.texts import DRILL_TITLE, EMERGENCY_TASKS
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.call_outs import end, gathering, group_of, place_of, say
from tests.factories import World, make_member
from tests.people import Person
from tests.roster import enrol, new_contact
from tests.strength import settle


async def places(world: World, call_out_id: UUID, *people: Person) -> list[UUID]:
    return [await place_of(world, call_out_id, person) for person in people]


def form_of(leader: UUID, *people: UUID) -> dict[str, Any]:
    return {"leader_id": str(leader), "people_ids": [str(one) for one in people]}


class TestGroups:
    async def test_staff_put_people_together_and_they_know(self, api: ApiClient, world: World):
        leader, helper, alone = await world.helpers(3)
        call_out_id = await gathering(world)
        first, second = await places(world, call_out_id, leader, helper)
        await say(world, helper, call_out_id, "coming", 10)
        group_id = await group_of(world, call_out_id, first, second)
        path = f"/v1/call-out-groups/{group_id}"
        told = (await api.get(path, helper)).json()
        assert (told["name"], told["people"], told["coming"], told["actions"]) == ("一组", 2, 1, [])
        assert (await api.get(path, leader)).json()["actions"] == ["assign"]
        assert problem(await api.get(path, alone)) == (404, "not-found")
        own = (await api.get(f"/v1/call-outs/{call_out_id}", leader)).json()["own"]
        assert (own["group"], own["is_leader"]) == ({"id": str(group_id), "name": "一组"}, True)
        kinds = [item["kind"] for item in (await api.get("/v1/me/messages", helper)).json()["items"]]
        assert kinds == ["call_out_group", "call_out"]
        people = (await api.get(f"{path}/people", leader)).json()["items"]
        assert {item["id"]: (item["answer"], item["is_leader"]) for item in people} == {
            str(first): (None, True),
            str(second): ("coming", False),
        }
        assert problem(await api.get(f"{path}/people", helper)) == (403, "not-allowed")
        listed = (await api.get(f"/v1/call-outs/{call_out_id}/groups", alone)).json()
        assert listed["items"] == []

    async def test_the_leader_takes_in_whoever_comes_from_the_same_grid(self, api: ApiClient, world: World):
        leader, helper, silent = await world.helpers(3)
        [far] = await settle(world, world.other_grid, volunteers=1)
        call_out_id = await gathering(world)
        first, second, third, fourth = await places(world, call_out_id, leader, helper, silent, far)
        await say(world, helper, call_out_id, "coming")
        await say(world, far, call_out_id, "coming")
        path = f"/v1/call-out-groups/{await group_of(world, call_out_id, first)}/people"
        free = (await api.get(path, leader, is_free=True)).json()["items"]
        assert [item["id"] for item in free] == [str(second)]
        assert (await api.put(path, leader, form_of(first, second, third))).json()["people"] == 3
        assert (await api.put(path, leader, form_of(first, second))).json()["people"] == 2
        response = await api.put(path, leader, form_of(first, fourth))
        assert problem(response) == (409, "call-out-people-unfit")
        assert (await api.get(path, leader)).json()["items"][1]["id"] == str(second), "nothing of it was done"
        assert problem(await api.put(path, leader, form_of(second, first))) == (403, "not-allowed")
        assert problem(await api.put(path, helper, form_of(first, second))) == (403, "not-allowed")

    async def test_staff_say_who_leads(self, api: ApiClient, world: World):
        leader, helper = await world.helpers(2)
        call_out_id = await gathering(world)
        first, second = await places(world, call_out_id, leader, helper)
        path = f"/v1/call-out-groups/{await group_of(world, call_out_id, first, second)}/people"
        for now_first, then in ((second, first), (first, second)):
            assert (await api.put(path, world.staff, form_of(now_first, then))).status_code == 200
            people = (await api.get(path, world.staff)).json()["items"]
            assert [item["id"] for item in people if item["is_leader"]] == [str(now_first)]

    async def test_nobody_is_in_two(self, api: ApiClient, world: World):
        leader, helper = await world.helpers(2)
        call_out_id = await gathering(world)
        first, second = await places(world, call_out_id, leader, helper)
        await group_of(world, call_out_id, first)
        groups = f"/v1/call-outs/{call_out_id}/groups"
        again = await api.post(groups, world.staff, form_of(second, first) | {"name": "二组"})
        assert problem(again) == (409, "call-out-people-unfit")
        for stranger in (new_id(), await place_of(world, await gathering(world, is_drill=True), helper)):
            response = await api.post(groups, world.staff, form_of(stranger) | {"name": "二组"})
            assert problem(response) == (409, "call-out-people-unfit")
        taken = await api.post(groups, world.staff, form_of(second) | {"name": "一组"})
        assert problem(taken) == (409, "call-out-group-taken")
        assert len((await api.get(groups, world.staff)).json()["items"]) == 1

    async def test_staff_of_a_grid_take_in_their_own(self, api: ApiClient, world: World):
        helper = await world.helper()
        [far] = await settle(world, world.other_grid, volunteers=1)
        officer = await world.holder(Role.STAFF, world.other_grid)
        call_out_id = await gathering(world)
        here, there = await places(world, call_out_id, helper, far)
        groups = f"/v1/call-outs/{call_out_id}/groups"
        response = await api.post(groups, officer, form_of(there, here) | {"name": "二组"})
        assert problem(response) == (409, "call-out-people-unfit")
        assert (await api.post(groups, officer, form_of(there) | {"name": "二组"})).status_code == 201
        other = await group_of(world, call_out_id, here)
        assert len((await api.get(groups, officer)).json()["items"]) == 1
        assert problem(await api.get(f"/v1/call-out-groups/{other}", officer)) == (404, "not-found")

    async def test_not_after_the_end(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        first = await place_of(world, call_out_id, helper)
        group_id = await group_of(world, call_out_id, first)
        await end(world, call_out_id)
        made = await api.post(f"/v1/call-outs/{call_out_id}/groups", world.staff, form_of(first) | {"name": "二组"})
        put = await api.put(f"/v1/call-out-groups/{group_id}/people", helper, form_of(first))
        assert problem(made) == problem(put) == (409, "call-out-over")
        assert (await api.get(f"/v1/call-out-groups/{group_id}", helper)).json()["actions"] == []

    async def test_those_called_make_none(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        form = form_of(await place_of(world, call_out_id, helper)) | {"name": "自己的组"}
        response = await api.post(f"/v1/call-outs/{call_out_id}/groups", helper, form)
        assert problem(response) == (403, "not-allowed")

    async def test_who_is_recognised_stays_leader(self, api: ApiClient, world: World):
        contact, person = await enrol(world, new_contact()), await world.person()
        await make_member(world.database, person, world.grid, world.unit_id)
        call_out_id = await gathering(world)
        group_id = await group_of(world, call_out_id, await place_of(world, call_out_id, person))
        form = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
        asked = await api.post("/v1/identifications", person, form)
        approved = await api.post(f"/v1/identifications/{asked.json()['id']}/approve", world.staff)
        assert approved.status_code == 200, approved.text
        told = (await api.get(f"/v1/call-out-groups/{group_id}", person)).json()
        assert (told["people"], told["actions"]) == (1, ["assign"])

    async def test_the_database_keeps_groups_to_their_call_out(self, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        other = await place_of(world, await gathering(world, is_drill=True), helper)
        group_id = await group_of(world, call_out_id, await place_of(world, call_out_id, helper))
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await world.database.writes.execute(
                "UPDATE call_out_person SET group_id = $2 WHERE id = $1", other, group_id
            )


class TestTasks:
    async def test_of_the_catalogue_are_open_at_once(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        path = f"/v1/call-outs/{call_out_id}/tasks"
        form = {"area_id": str(world.grid.id), "work": "clearing", "seats": 2}
        task = (await api.post(path, world.staff, form)).json()
        assert (task["status"], task["kind"], task["call_out_id"]) == ("open", "emergency", str(call_out_id))
        assert (task["title"], task["is_drill"]) == (EMERGENCY_TASKS[EmergencyWork.CLEARING], False)
        listed = (await api.get("/v1/tasks", area_id=world.grid.id, kind="emergency")).json()["items"]
        assert [item["id"] for item in listed] == [task["id"]]
        assert [item["id"] for item in (await api.get(path, helper)).json()["items"]] == [task["id"]]
        await world.take_seat(helper, UUID(task["id"]))

    async def test_with_words_of_staff_wait_for_the_check(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        path = f"/v1/call-outs/{call_out_id}/tasks"
        form = {"area_id": str(world.grid.id), "work": "care", "body": "三号楼二单元有人被困。"}
        task = (await api.post(path, world.staff, form)).json()
        assert task["status"] == "draft"
        assert (await api.get(path, helper)).json()["items"] == []
        assert len((await api.get(path, world.staff)).json()["items"]) == 1
        assert (await api.post(f"/v1/tasks/{task['id']}/open", world.administrator)).json()["status"] == "open"

    async def test_of_a_drill_earn_nothing_and_stand_nowhere_else(self, api: ApiClient, world: World):
        await world.draw_all()
        helper, real = await world.helper(), await gathering(world)
        call_out_id = await gathering(world, is_drill=True)
        form = {"area_id": str(world.grid.id), "work": "patrol"}
        seen = (await api.post(f"/v1/call-outs/{real}/tasks", world.staff, form)).json()["id"]
        path = f"/v1/call-outs/{call_out_id}/tasks"
        task = (await api.post(path, world.staff, {"area_id": str(world.grid.id), "work": "supplies"})).json()
        assert task["title"] == DRILL_TITLE.format(title=EMERGENCY_TASKS[EmergencyWork.SUPPLIES])
        assert (task["is_drill"], task["reward_points"], task["hourly_points"]) == (True, 0, 0)
        near: dict[str, Any] = world.place(15, 15) | {"kind": "emergency"}
        for items in (
            (await api.get("/v1/tasks", area_id=world.grid.id)).json()["items"],
            (await api.get("/v1/tasks/near", **near)).json()["items"],
        ):
            assert [item["id"] for item in items] == [seen]
        assert [item["id"] for item in (await api.get(path, helper)).json()["items"]] == [task["id"]]
        claim = await world.take_seat(helper, UUID(task["id"]), note="搬完了。")
        assert (await api.post(f"/v1/claims/{claim}/verify", world.administrator)).status_code == 200
        assert (await api.get("/v1/me/points/transfers", helper)).json()["items"] == []

    async def test_a_real_one_is_never_of_a_drill(self, world: World):
        call_out_id = await gathering(world)
        path = f"/v1/call-outs/{call_out_id}/tasks"
        response = await world.api.post(path, world.staff, {"area_id": str(world.grid.id), "work": "patrol"})
        change = "UPDATE task SET is_drill = true, reward_points = 0, hourly_points = 0 WHERE id = $1"
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await world.database.writes.execute(change, UUID(response.json()["id"]))

    async def test_only_within_the_area_and_while_it_lasts(self, api: ApiClient, world: World):
        officer = await world.holder(Role.STAFF, world.other_grid)
        call_out_id = await gathering(world, area_id=str(world.grid.id))
        path = f"/v1/call-outs/{call_out_id}/tasks"
        form = {"area_id": str(world.other_grid.id), "work": "traffic"}
        assert problem(await api.post(path, world.staff, form)) == (422, "task-outside-area")
        assert problem(await api.post(path, world.staff, form | {"area_id": str(new_id())})) == (422, "area-unknown")
        assert problem(await api.post(path, officer, form)) == (404, "not-found")
        own = form | {"area_id": str(world.grid.id)}
        task = (await api.post(path, world.staff, own)).json()["id"]
        await end(world, call_out_id)
        assert problem(await api.post(path, world.staff, own)) == (409, "call-out-over")
        assert (await api.get(f"/v1/tasks/{task}", world.staff)).json()["status"] == "cancelled"


class TestReport:
    async def test_figures_come_from_what_was_done(self, api: ApiClient, world: World):
        coming, cannot, later = await world.helpers(3)
        await enrol(world, new_contact())
        call_out_id = await gathering(world)
        await say(world, coming, call_out_id, "coming", 10)
        await say(world, cannot, call_out_id, "cannot")
        place = await place_of(world, call_out_id, later)
        by_phone = {"answer": "later", "minutes": 60}
        assert (await api.put(f"/v1/called-people/{place}/answer", world.staff, by_phone)).status_code == 200
        await group_of(world, call_out_id, await place_of(world, call_out_id, coming))
        form = {"area_id": str(world.grid.id), "work": "clearing", "seats": 3}
        task = (await api.post(f"/v1/call-outs/{call_out_id}/tasks", world.staff, form)).json()["id"]
        claim = await world.take_seat(coming, UUID(task), note="清完了。")
        await api.post(f"/v1/claims/{claim}/verify", world.administrator)
        await end(world, call_out_id)
        report = (await api.get(f"/v1/call-outs/{call_out_id}/report", world.staff)).json()
        figures = {"called": 5, "with_app": 4, "lent": 0, "coming": 1, "later": 1, "cannot": 1, "silent": 2}
        figures |= {"by_phone": 1, "groups": 1, "tasks": 1, "seats": 3, "seats_taken": 1, "verified": 1}
        assert {name: report[name] for name in figures} == figures
        assert report["median_answer_s"] >= 0
        assert report["summary"] == "积水已退，人员全部返回。"

    async def test_of_a_drill_is_its_own(self, api: ApiClient, world: World):
        helper = await world.helper()
        drill, real = await gathering(world, is_drill=True), await gathering(world)
        await say(world, helper, drill, "coming")
        for call_out_id, coming in ((drill, 1), (real, 0)):
            report = (await api.get(f"/v1/call-outs/{call_out_id}/report", world.staff)).json()
            assert (report["coming"], report["is_drill"]) == (coming, call_out_id == drill)

    async def test_not_for_those_called(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        response = await api.get(f"/v1/call-outs/{call_out_id}/report", helper)
        assert problem(response) == (403, "not-allowed")
