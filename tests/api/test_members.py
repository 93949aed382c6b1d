"""Members: reporting in and the staff's decision."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World, make_grant, make_member

REASON = {"reason": "请到社区补交介绍信。"}
DECIDED = {"approve": "approved", "refuse": "refused"}


def form(world: World, **changes: Any) -> dict[str, str]:
    home, unit = str(world.grid.id), str(world.unit_id)
    return {"kind": "in_service", "unit_id": unit, "home_area_id": home} | changes


class TestApply:
    async def test_it_waits_for_staff(self, api: ApiClient, world: World):
        person = await world.person()
        response = await api.post("/v1/members", person, form(world))
        assert response.status_code == 201
        member = response.json()
        assert (member["status"], member["kind"], member["actions"]) == ("applied", "in_service", [])
        assert member["home_area"] == {"id": str(world.grid.id), "name": world.grid.name}
        assert member["unit"]["id"] == str(world.unit_id)
        assert (await api.get("/v1/me", person)).json()["member_status"] == "applied"

    async def test_again_after_a_refusal(self, api: ApiClient, world: World):
        person = await world.person()
        member = (await api.post("/v1/members", person, form(world))).json()["id"]
        await api.post(f"/v1/members/{member}/refuse", world.staff, REASON)
        assert (await api.get(f"/v1/members/{member}", person)).json()["actions"] == ["reapply"]
        again = await api.post(
            "/v1/members", person, form(world, kind="retired", home_area_id=str(world.other_grid.id))
        )
        assert again.status_code == 201
        assert (again.json()["id"], again.json()["kind"]) == (member, "retired")
        assert again.json()["home_area"]["id"] == str(world.other_grid.id)

    @pytest.mark.parametrize("status", ["applied", "approved"])
    async def test_twice(self, api: ApiClient, world: World, status: str):
        person = await world.person()
        await make_member(world.database, person, world.grid, world.unit_id, status)
        assert problem(await api.post("/v1/members", person, form(world))) == (409, "already-enrolled")

    @pytest.mark.parametrize("status", [None, "refused"])
    async def test_what_is_not_there(self, api: ApiClient, world: World, status: str | None):
        person = await world.person()
        if status:
            await make_member(world.database, person, world.grid, world.unit_id, status)
        for changes, code in (
            ({"home_area_id": str(uuid4())}, "area-unknown"),
            ({"home_area_id": str(world.community.id)}, "area-not-a-home"),
            ({"unit_id": str(uuid4())}, "unit-unknown"),
        ):
            assert problem(await api.post("/v1/members", person, form(world, **changes))) == (422, code)

    async def test_again_while_another_request_does(self, api: ApiClient, world: World):
        person = await world.person()
        member = await make_member(world.database, person, world.grid, world.unit_id, "refused")
        async with world.database.transaction() as connection:
            await connection.execute("UPDATE member SET status = 'applied' WHERE id = $1", member)
            waiting = asyncio.create_task(api.post("/v1/members", person, form(world)))
            await asyncio.sleep(0.2)
        assert problem(await waiting) == (409, "state-conflict")


class TestListMembers:
    async def test_staff_see_what_waits_in_their_areas(self, api: ApiClient, world: World):
        made = [
            await make_member(world.database, await world.person(), area, world.unit_id, status)
            for area in (world.grid, world.other_grid)
            for status in ("applied", "approved", "refused")
        ]
        waiting = await all_pages(api, "/v1/members", world.staff, area_id=world.district.id)
        assert [item["id"] for item in waiting] == [str(made[3]), str(made[0])]
        assert [item["actions"] for item in waiting] == [["approve", "refuse", "edit"]] * 2
        for status, index, actions in (("approved", 1, ["transfer", "leave", "edit"]), ("refused", 2, ["edit"])):
            found = await all_pages(api, "/v1/members", world.staff, area_id=world.grid.id, status=status)
            assert [(item["id"], item["actions"]) for item in found] == [(str(made[index]), actions)]

    async def test_of_a_wider_area_only_the_part_that_is_theirs(self, api: ApiClient, world: World):
        grid_staff = await world.holder(Role.STAFF, world.grid)
        inside = await make_member(world.database, await world.person(), world.grid, world.unit_id, "applied")
        await make_member(world.database, await world.person(), world.other_grid, world.unit_id, "applied")
        items = await all_pages(api, "/v1/members", grid_staff, area_id=world.district.id)
        assert [item["id"] for item in items] == [str(inside)]

    async def test_the_alliance_sees_none(self, api: ApiClient, world: World):
        await make_member(world.database, await world.person(), world.grid, world.unit_id, "applied")
        assert await all_pages(api, "/v1/members", world.alliance, area_id=world.grid.id) == []


class TestGetMember:
    async def test_its_owner_and_staff(self, api: ApiClient, world: World):
        person = await world.person()
        member = await make_member(world.database, person, world.grid, world.unit_id, "applied")
        for reader, actions in (
            (person, []),
            (world.staff, ["approve", "refuse", "edit"]),
            (world.administrator, ["approve", "refuse", "edit"]),
        ):
            assert (await api.get(f"/v1/members/{member}", reader)).json()["actions"] == actions

    async def test_nobody_else(self, api: ApiClient, world: World):
        member = await make_member(world.database, await world.person(), world.grid, world.unit_id)
        for reader in (await world.person(), world.alliance):
            assert problem(await api.get(f"/v1/members/{member}", reader)) == (404, "not-found")


@pytest.mark.parametrize(("action", "body"), [("approve", None), ("refuse", REASON)])
class TestDecide:
    async def test_staff_do(self, api: ApiClient, world: World, action: str, body: Any):
        person = await world.person()
        member = await make_member(world.database, person, world.grid, world.unit_id, "applied")
        response = await api.post(f"/v1/members/{member}/{action}", world.staff, body)
        assert (response.status_code, response.json()["status"]) == (200, DECIDED[action])
        assert (await api.get("/v1/me", person)).json()["member_status"] == DECIDED[action]

    async def test_nobody_their_own(self, api: ApiClient, world: World, action: str, body: Any):
        officer = await world.holder(Role.ADMINISTRATOR, world.district)
        member = await make_member(world.database, officer, world.grid, world.unit_id, "applied")
        assert (await api.get(f"/v1/members/{member}", officer)).json()["actions"] == []
        response = await api.post(f"/v1/members/{member}/{action}", officer, body)
        assert problem(response) == (403, "own-interest")

    async def test_once(self, api: ApiClient, world: World, action: str, body: Any):
        for decided in ("approved", "refused"):
            member = await make_member(world.database, await world.person(), world.grid, world.unit_id, decided)
            response = await api.post(f"/v1/members/{member}/{action}", world.staff, body)
            assert problem(response) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World, action: str, body: Any):
        member = await make_member(world.database, await world.person(), world.grid, world.unit_id, "applied")
        other_grid_staff = await world.person()
        await make_grant(world.database, other_grid_staff, world.other_grid, Role.STAFF)
        for person in (await world.helper(), world.alliance, other_grid_staff):
            response = await api.post(f"/v1/members/{member}/{action}", person, body)
            assert problem(response) == (404, "not-found")
