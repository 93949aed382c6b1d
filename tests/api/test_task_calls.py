"""Calls of alliances to tasks: who calls, who is told, what teams answer, and every refusal."""

from typing import Any
from uuid import UUID, uuid4

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_pledges import Group, inbox, name
from tests.api.test_posted_tasks import pass_time
from tests.api_client import ApiClient
from tests.branches import lead, make_branch
from tests.factories import World, make_grant
from tests.pledges import call_alliance, open_task, pledge, until


async def far_group(world: World) -> Group:
    """Return a team of the other grid, which lies on no line with the first."""
    group = await Group.make(world)
    await world.database.writes.execute(
        "UPDATE team SET area_id = $2 WHERE id = $1", group.team_id, world.other_grid.id
    )
    return group


def said(call: dict[str, Any]) -> dict[str, tuple[str | None, int, int, int]]:
    """Return what each team of a call says: its answer, seats, how many are named and are told by name."""
    return {
        each["team"]["id"]: (each["answer"], each["heads"], each["named"], len(each["people"]))
        for each in call["teams"]
    }


class TestCall:
    async def test_teams_are_told_and_pledge_or_say_that_they_cannot(self, api: ApiClient, world: World):
        near, far, away = await Group.make(world), await far_group(world), await Group.make(world, 0)
        applied = await world.team(await world.helper(), status="applied")
        alliance = await world.alliance_of(near.team_id, far.team_id, away.team_id)
        await world.database.writes.execute("INSERT INTO alliance_team VALUES ($1, $2)", alliance, applied)
        task_id = await open_task(world, claim_until=until(48))
        form = {"team_id": str(far.team_id), "heads": 2}
        refused = await api.post(f"/v1/tasks/{task_id}/pledges", far.leader, form)
        assert problem(refused) == (403, "group-elsewhere")
        call_id = await call_alliance(world, alliance, task_id, groups_until=until(24))
        path, ids = f"/v1/task-calls/{call_id}", [str(group.team_id) for group in (near, far, away)]
        for group in (near, far, away):
            assert await inbox(world, group.leader) == [("team_called", str(call_id))]
        assert await inbox(world, near.people[0]) == []
        assert problem(await api.post(f"/v1/tasks/{task_id}/claims", await world.helper())) == (409, "task-for-groups")
        made = await pledge(world, far.leader, task_id, 2, team_id=far.team_id)
        await name(world, far.leader, made["id"], far.places[0])
        answer = {"answer": "cannot", "note": "当天有别的活动。"}
        for _ in range(2):
            told = await api.put(f"{path}/answers/{away.team_id}", away.leader, answer)
            assert told.status_code == 200
        seen = (await api.get(path, world.staff)).json()
        assert said(seen) == {ids[0]: (None, 0, 0, 0), ids[1]: ("pledged", 2, 1, 1), ids[2]: ("cannot", 0, 0, 0)}
        assert (seen["seats_left"], seen["is_by_staff"], seen["task"]["id"]) == (3, True, task_id)
        assert {each["team"]["id"]: each["note"] for each in seen["teams"]}[ids[2]] == answer["note"]
        as_near = (await api.get(path, near.leader)).json()
        assert said(as_near) == said(seen)
        assert [each["note"] for each in as_near["teams"]] == [None] * 3
        actions = {each["team"]["id"]: each["actions"] for each in as_near["teams"]}
        assert actions == {ids[0]: ["pledge", "answer"], ids[1]: [], ids[2]: []}
        # Who cannot may come after all.
        await pledge(world, away.leader, task_id, 1, team_id=away.team_id)
        assert said((await api.get(path, world.staff)).json())[ids[2]] == ("pledged", 1, 0, 0)
        assert problem(await api.put(f"{path}/answers/{away.team_id}", away.leader, answer)) == (409, "already-pledged")
        [listed] = (await api.get(f"/v1/tasks/{task_id}/calls", near.leader)).json()["items"]
        assert listed["id"] == str(call_id)
        for outsider in (near.people[0], await world.helper()):
            assert problem(await api.get(path, outsider)) == (404, "not-found")
            assert (await api.get(f"/v1/tasks/{task_id}/calls", outsider)).json()["items"] == []
        # Single people fill the rest.
        await pass_time(world, f"/v1/tasks/{task_id}", groups_until="now() - interval '1 second'")
        assert (await api.post(f"/v1/tasks/{task_id}/claims", await world.helper())).status_code == 201

    async def test_by_the_secretary_of_a_branch_over_the_task(self, api: ApiClient, world: World):
        secretary, group = await world.helper(), await Group.make(world)
        alliance = {"alliance_id": str(await world.alliance_of(group.team_id))}
        path = f"/v1/tasks/{await open_task(world)}/calls"
        branch_id = await make_branch(world, None, secretary)
        assert problem(await api.post(path, secretary, alliance)) == (403, "not-allowed")
        await lead(world, branch_id, secretary)
        made = await api.post(path, secretary, alliance)
        assert (made.status_code, made.json()["is_by_staff"]) == (201, False)
        assert (await api.get(f"/v1/task-calls/{made.json()['id']}", secretary)).status_code == 200
        elsewhere = f"/v1/tasks/{await open_task(world, area_id=str(world.community.id))}/calls"
        assert problem(await api.post(elsewhere, secretary, alliance)) == (403, "not-allowed")

    async def test_whoever_of_the_staff_called_is_named_for_none_of_it(self, world: World):
        group, task_id = await Group.make(world), await open_task(world)
        await make_grant(world.database, group.people[0], world.grid, Role.STAFF)
        form = {"alliance_id": str(await world.alliance_of(group.team_id))}
        called = await world.api.post(f"/v1/tasks/{task_id}/calls", group.people[0], form)
        assert called.status_code == 201, called.text
        made = await group.pledge(world, task_id, 2)
        assert problem(await name(world, group.leader, made["id"], group.places[0])) == (409, "person-not-available")
        assert (await name(world, group.leader, made["id"], group.places[1])).status_code == 200

    async def test_what_is_refused(self, api: ApiClient, world: World):
        group = await Group.make(world)
        alliance, empty = await world.alliance_of(group.team_id), await world.alliance_of()
        task_id = await open_task(world, claim_until=until(2))
        path = f"/v1/tasks/{task_id}/calls"

        async def told(alliance_id: UUID, to: str = path, **more: object) -> tuple[int, str]:
            form = {"alliance_id": str(alliance_id)} | more
            return problem(await api.post(to, world.staff, form))

        assert await told(alliance, f"/v1/tasks/{uuid4()}/calls") == (404, "not-found")
        assert await told(uuid4()) == (422, "alliance-unknown")
        assert await told(empty) == (409, "alliance-empty")
        assert await told(alliance, groups_until=until(-1)) == (422, "task-in-the-past")
        assert await told(alliance, groups_until=until(3)) == (422, "groups-until-late")
        assert await told(alliance, groups_until=7) == (422, "invalid-payload")
        wish_task = await world.task_of(await world.wish(await world.person()))
        assert await told(alliance, f"/v1/tasks/{wish_task}/calls") == (409, "task-for-persons")
        await world.database.writes.execute(
            "UPDATE alliance SET area_id = $2 WHERE id = $1", empty, world.other_grid.id
        )
        assert await told(empty) == (403, "alliance-elsewhere")
        call_id = await call_alliance(world, alliance, task_id, groups_until=until(1))
        assert await told(alliance) == (409, "already-called")
        second = await world.alliance_of(group.team_id)
        first_until = (await api.get(f"/v1/tasks/{task_id}")).json()["groups_until"]
        await call_alliance(world, second, task_id, groups_until=until(0.5))
        assert (await api.get(f"/v1/tasks/{task_id}")).json()["groups_until"] == first_until
        await api.post(f"/v1/alliances/{second}/close", world.staff)
        assert await told(second) == (422, "alliance-unknown")
        answers, cannot = f"/v1/task-calls/{call_id}/answers", {"answer": "cannot"}
        for team_id in (uuid4(), await world.team(await world.helper())):
            assert problem(await api.put(f"{answers}/{team_id}", group.leader, cannot)) == (404, "not-found")
        theirs = await world.holder(Role.STAFF, world.community)
        await world.database.writes.execute(
            "UPDATE team SET area_id = $2 WHERE id = $1", group.team_id, world.neighbour.id
        )
        assert problem(await api.put(f"{answers}/{group.team_id}", theirs, cannot)) == (403, "not-allowed")
        assert problem(await api.put(f"{answers}/{group.team_id}", group.leader, {"answer": "maybe"})) == (
            422,
            "invalid-payload",
        )
        await api.post(f"/v1/tasks/{task_id}/close", world.staff)
        assert problem(await api.put(f"{answers}/{group.team_id}", group.leader, cannot)) == (409, "task-not-open")
        other = await open_task(world)
        await api.post(f"/v1/tasks/{other}/claims", await world.helper())
        await api.post(f"/v1/tasks/{other}/close", world.staff)
        assert await told(alliance, f"/v1/tasks/{other}/calls") == (409, "task-not-open")
