"""Teams: founded by helpers, read by staff before others see them, joined by asking; alliances of them."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import TEAM_FORM, World
from tests.people import Person


async def look(world: World, team_id: UUID, person: Person | None = None) -> dict[str, Any]:
    response = await world.api.get(f"/v1/teams/{team_id}", person)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def members(world: World, team_id: UUID, person: Person, status: str = "joined") -> list[dict[str, Any]]:
    response = await world.api.get(f"/v1/teams/{team_id}/members", person, status=status)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


class TestTeams:
    async def test_a_helper_founds_a_team_and_staff_let_others_see_it(self, api: ApiClient, world: World):
        leader, form = await world.helper(), TEAM_FORM | {"area_id": str(world.grid.id)}
        made = await api.post("/v1/teams", leader, form)
        assert made.status_code == 201
        team = made.json()
        assert (team["head_count"], team["is_leader"], team["own_status"]) == (1, True, "joined")
        assert team["actions"] == ["edit", "dissolve", "hand_over"]
        assert problem(await api.get(f"/v1/teams/{team['id']}")) == (404, "not-found")
        approved = await api.post(f"/v1/teams/{team['id']}/approve", world.staff)
        assert approved.json()["status"] == "approved"
        seen = await look(world, UUID(team["id"]))
        assert seen["services"] == TEAM_FORM["services"]
        listed = (await api.get("/v1/teams", area_id=world.district.id)).json()["items"]
        assert [item["id"] for item in listed] == [team["id"]]

    async def test_who_is_no_helper_founds_none(self, api: ApiClient, world: World):
        form = TEAM_FORM | {"area_id": str(world.grid.id)}
        assert problem(await api.post("/v1/teams", await world.person(), form)) == (403, "helpers-only")
        form["area_id"] = str(uuid4())
        assert problem(await api.post("/v1/teams", await world.helper(), form)) == (422, "area-unknown")

    async def test_nobody_approves_their_own_team(self, api: ApiClient, world: World):
        leader = await world.helper()
        team = await world.team(leader, status="applied")
        await world.database.writes.execute(
            'INSERT INTO "grant" (id, user_id, role, area_id) VALUES ($1, $2, $3, $4)',
            uuid4(),
            leader.id,
            Role.STAFF,
            world.district.id,
        )
        assert problem(await api.post(f"/v1/teams/{team}/approve", leader)) == (403, "not-allowed")

    async def test_what_the_leader_writes_anew_is_read_again(self, api: ApiClient, world: World):
        leader = await world.helper()
        team = await world.team(leader)
        edited = await api.put(f"/v1/teams/{team}", leader, TEAM_FORM | {"name": "改名队"})
        assert (edited.json()["name"], edited.json()["status"]) == ("改名队", "applied")
        assert problem(await api.get(f"/v1/teams/{team}")) == (404, "not-found")
        corrected = await api.put(f"/v1/teams/{team}", world.staff, TEAM_FORM)
        assert problem(corrected) == (409, "state-conflict")
        await api.post(f"/v1/teams/{team}/approve", world.staff)
        corrected = await api.put(f"/v1/teams/{team}", world.staff, TEAM_FORM | {"name": "更名队"})
        assert (corrected.json()["name"], corrected.json()["status"]) == ("更名队", "approved")

    async def test_a_refused_team_is_written_anew(self, api: ApiClient, world: World):
        leader = await world.helper()
        team = await world.team(leader, status="applied")
        refused = await api.post(f"/v1/teams/{team}/refuse", world.staff, {"reason": "请写清服务内容。"})
        assert refused.json()["status"] == "refused"
        again = await api.put(f"/v1/teams/{team}", leader, TEAM_FORM)
        assert again.json()["status"] == "applied"

    async def test_a_name_stands_once_in_an_area(self, api: ApiClient, world: World):
        form = TEAM_FORM | {"area_id": str(world.grid.id)}
        first = (await api.post("/v1/teams", await world.helper(), form)).json()
        assert problem(await api.post("/v1/teams", await world.helper(), form)) == (409, "team-name-taken")
        await api.post(f"/v1/teams/{first['id']}/dissolve", world.staff, {"reason": "重复登记。"})
        assert (await api.post("/v1/teams", await world.helper(), form)).status_code == 201

    @pytest.mark.parametrize(
        "change",
        [
            {"name": ""},
            {"introduction": " "},
            {"services": [{"title": "修"}]},
            {"services": [TEAM_FORM["services"][0]] * 21},
            {"services": [{"title": "修", "description": "修", "hours": [{"weekdays": [8], "from": "9", "to": "x"}]}]},
        ],
    )
    async def test_bad_forms(self, api: ApiClient, world: World, change: dict[str, Any]):
        form = TEAM_FORM | {"area_id": str(world.grid.id)} | change
        assert problem(await api.post("/v1/teams", await world.helper(), form)) == (422, "invalid-payload")


class TestMembers:
    async def test_asking_being_let_in_and_leaving(self, api: ApiClient, world: World):
        leader, helper = await world.helper(), await world.helper()
        team = await world.team(leader)
        asked = await api.post(f"/v1/teams/{team}/members", helper)
        assert (asked.status_code, asked.json()["status"], asked.json()["actions"]) == (201, "asked", ["leave"])
        assert await members(world, team, helper) == []
        assert [one["actions"] for one in await members(world, team, leader, "asked")] == [["admit", "refuse"]]
        admitted = await api.post(f"/v1/teams/members/{asked.json()['id']}/admit", leader)
        assert admitted.json()["status"] == "joined"
        assert len(await members(world, team, helper)) == 2
        assert (await look(world, team))["head_count"] == 2
        left = await api.post(f"/v1/teams/members/{asked.json()['id']}/leave", helper)
        assert left.json()["status"] == "left"
        assert await members(world, team, helper) == []
        again = await api.post(f"/v1/teams/{team}/members", helper)
        assert (again.json()["id"], again.json()["status"]) == (asked.json()["id"], "asked")

    async def test_nobody_lets_themselves_in(self, api: ApiClient, world: World):
        helper = await world.helper()
        place = await world.place_in_team(await world.team(await world.helper()), helper, status="asked")
        assert problem(await api.post(f"/v1/teams/members/{place}/admit", helper)) == (403, "own-interest")

    async def test_asking_twice(self, api: ApiClient, world: World):
        team, helper = await world.team(await world.helper()), await world.helper()
        await world.place_in_team(team, helper, status="asked")
        assert problem(await api.post(f"/v1/teams/{team}/members", helper)) == (409, "team-joined")

    async def test_a_team_that_is_not_approved_takes_nobody(self, api: ApiClient, world: World):
        team = await world.team(await world.helper(), status="applied")
        assert problem(await api.post(f"/v1/teams/{team}/members", await world.helper())) == (404, "not-found")

    async def test_the_leader_hands_over_before_leaving(self, api: ApiClient, world: World):
        leader, helper = await world.helper(), await world.helper()
        team = await world.team(leader)
        place = await world.place_in_team(team, helper)
        [own] = [one for one in await members(world, team, leader) if one["is_leader"]]
        assert own["actions"] == []
        assert problem(await api.post(f"/v1/teams/members/{own['id']}/leave", leader)) == (409, "team-needs-leader")
        handed = await api.post(f"/v1/teams/{team}/hand-over", leader, {"team_member_id": str(place)})
        assert handed.json()["is_leader"] is False
        assert (await look(world, team, helper))["is_leader"] is True
        assert (await api.post(f"/v1/teams/members/{own['id']}/leave", leader)).json()["status"] == "left"
        again = await api.post(f"/v1/teams/{team}/hand-over", leader, {"team_member_id": str(place)})
        assert problem(again) == (403, "not-allowed")

    async def test_nobody_is_handed_a_team_who_is_not_in_it(self, api: ApiClient, world: World):
        leader = await world.helper()
        team, other = await world.team(leader), await world.team(await world.helper())
        asked = await world.place_in_team(team, await world.helper(), status="asked")
        elsewhere = await world.place_in_team(other, await world.helper())
        for place in (asked, elsewhere, uuid4()):
            answer = await api.post(f"/v1/teams/{team}/hand-over", leader, {"team_member_id": str(place)})
            assert problem(answer) == (409, "state-conflict")

    async def test_ones_own_teams(self, api: ApiClient, world: World):
        leader, helper = await world.helper(), await world.helper()
        team = await world.team(leader)
        await world.place_in_team(team, helper, status="asked")
        [own] = (await api.get("/v1/me/teams", helper)).json()["items"]
        assert (own["id"], own["own_status"]) == (str(team), "asked")
        assert (await api.get("/v1/me/teams", await world.helper())).json()["items"] == []


class TestAlliances:
    async def test_teams_are_counted_together(self, api: ApiClient, world: World):
        one, other, both = [await world.helper() for _ in range(3)]
        teams = [await world.team(one), await world.team(other)]
        for team in teams:
            await world.place_in_team(team, both)
        alliance = await world.alliance_of(*teams)
        seen = (await api.get(f"/v1/alliances/{alliance}")).json()
        assert (seen["team_count"], seen["head_count"], seen["actions"]) == (2, 3, [])
        assert [team["id"] for team in seen["teams"]] == [str(team) for team in teams]
        listed = (await api.get("/v1/alliances", area_id=world.district.id)).json()["items"]
        assert [item["id"] for item in listed] == [str(alliance)]

    async def test_only_approved_teams_of_the_area(self, api: ApiClient, world: World):
        alliance = await world.alliance_of()
        applied = await world.team(await world.helper(), status="applied")
        elsewhere = await World.make(world.database, world.api, world.settings)
        far = await elsewhere.team(await elsewhere.helper())
        for team in (applied, far, uuid4()):
            answer = await api.put(f"/v1/alliances/{alliance}/teams", world.staff, {"team_ids": [str(team)]})
            assert problem(answer) == (422, "team-not-for-alliance")

    async def test_a_leader_takes_the_team_out(self, api: ApiClient, world: World):
        leader = await world.helper()
        team = await world.team(leader)
        alliance = await world.alliance_of(team)
        path = f"/v1/alliances/{alliance}/teams/{team}"
        assert problem(await api.request("DELETE", path, await world.helper())) == (404, "not-found")
        assert (await api.request("DELETE", path, leader)).status_code == 204
        assert (await api.get(f"/v1/alliances/{alliance}")).json()["teams"] == []

    async def test_a_closed_one_stays_as_it_is(self, api: ApiClient, world: World):
        alliance = await world.alliance_of(await world.team(await world.helper()))
        assert (await api.post(f"/v1/alliances/{alliance}/close", world.staff)).status_code == 200
        answer = await api.put(f"/v1/alliances/{alliance}/teams", world.staff, {"team_ids": []})
        assert problem(answer) == (409, "state-conflict")
        assert (await api.get("/v1/alliances", area_id=world.district.id)).json()["items"] == []

    async def test_a_name_stands_once_in_an_area(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "name": "助老同盟"}
        assert (await api.post("/v1/alliances", world.staff, form)).status_code == 201
        assert problem(await api.post("/v1/alliances", world.staff, form)) == (409, "alliance-name-taken")
        form["area_id"] = str(uuid4())
        assert problem(await api.post("/v1/alliances", world.staff, form)) == (422, "area-unknown")
