"""Volunteers: offering help and the staff's decision."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from app.domain.caller import Role
from tests.api.scene import make_volunteer, problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World

REASON = {"reason": "请先参加培训。"}
DECIDED = {"approve": "approved", "refuse": "refused"}


def form(world: World, **changes: Any) -> dict[str, Any]:
    return {"home_area_id": str(world.grid.id), "skills": ["修电器", "理发"]} | changes


class TestApply:
    async def test_it_waits_for_staff(self, api: ApiClient, world: World):
        person = await world.person()
        response = await api.post("/v1/volunteers", person, form(world))
        assert response.status_code == 201
        volunteer = response.json()
        assert (volunteer["status"], volunteer["skills"], volunteer["actions"]) == ("applied", ["修电器", "理发"], [])
        assert (await api.get("/v1/me", person)).json()["volunteer_status"] == "applied"

    async def test_no_skill_is_needed(self, api: ApiClient, world: World):
        response = await api.post("/v1/volunteers", await world.person(), form(world, skills=[]))
        assert response.json()["skills"] == []

    async def test_too_many_skills(self, api: ApiClient, world: World):
        for skills in (["理发"] * 11, ["理" * 21], [""]):
            response = await api.post("/v1/volunteers", await world.person(), form(world, skills=skills))
            assert problem(response) == (422, "invalid-payload")

    async def test_again_after_a_refusal(self, api: ApiClient, world: World):
        person = await world.person()
        volunteer = str(await make_volunteer(world, person, "refused"))
        assert (await api.get(f"/v1/volunteers/{volunteer}", person)).json()["actions"] == ["reapply"]
        again = await api.post("/v1/volunteers", person, form(world, skills=["陪诊"]))
        assert again.status_code == 201
        assert (again.json()["id"], again.json()["status"]) == (volunteer, "applied")
        assert again.json()["skills"] == ["陪诊"]

    @pytest.mark.parametrize("status", ["applied", "approved"])
    async def test_twice(self, api: ApiClient, world: World, status: str):
        person = await world.person()
        await make_volunteer(world, person, status)
        assert problem(await api.post("/v1/volunteers", person, form(world))) == (409, "already-enrolled")

    async def test_a_home_that_is_none(self, api: ApiClient, world: World):
        for home, code in ((uuid4(), "area-unknown"), (world.community.id, "area-not-a-home")):
            response = await api.post("/v1/volunteers", await world.person(), form(world, home_area_id=str(home)))
            assert problem(response) == (422, code)

    async def test_again_while_another_request_does(self, api: ApiClient, world: World):
        person = await world.person()
        volunteer = await make_volunteer(world, person, "refused")
        async with world.database.transaction() as connection:
            await connection.execute("UPDATE volunteer SET status = 'applied' WHERE id = $1", volunteer)
            waiting = asyncio.create_task(api.post("/v1/volunteers", person, form(world)))
            await asyncio.sleep(0.2)
        assert problem(await waiting) == (409, "state-conflict")


class TestListVolunteers:
    async def test_staff_see_what_waits_in_their_areas(self, api: ApiClient, world: World):
        made = [await make_volunteer(world, await world.person()) for _ in range(3)]
        approved = await make_volunteer(world, await world.person(), "approved")
        waiting = await all_pages(api, "/v1/volunteers", world.staff, area_id=world.district.id)
        assert [item["id"] for item in waiting] == [str(one) for one in reversed(made)]
        assert waiting[0]["actions"] == ["approve", "refuse"]
        admitted = await all_pages(api, "/v1/volunteers", world.staff, area_id=world.grid.id, status="approved")
        assert [(item["id"], item["actions"]) for item in admitted] == [(str(approved), ["transfer", "leave"])]

    async def test_others_see_none(self, api: ApiClient, world: World):
        await make_volunteer(world, await world.person())
        for person in (world.alliance, await world.helper(), await world.holder(Role.STAFF, world.other_grid)):
            assert await all_pages(api, "/v1/volunteers", person, area_id=world.district.id) == []


class TestGetVolunteer:
    async def test_its_owner_and_staff(self, api: ApiClient, world: World):
        person = await world.person()
        volunteer = await make_volunteer(world, person)
        for reader, actions in ((person, []), (world.staff, ["approve", "refuse"])):
            assert (await api.get(f"/v1/volunteers/{volunteer}", reader)).json()["actions"] == actions

    async def test_nobody_else(self, api: ApiClient, world: World):
        volunteer = await make_volunteer(world, await world.person())
        for reader in (await world.person(), world.alliance):
            assert problem(await api.get(f"/v1/volunteers/{volunteer}", reader)) == (404, "not-found")


@pytest.mark.parametrize(("action", "body"), [("approve", None), ("refuse", REASON)])
class TestDecide:
    async def test_staff_do(self, api: ApiClient, world: World, action: str, body: Any):
        person = await world.person()
        volunteer = await make_volunteer(world, person)
        response = await api.post(f"/v1/volunteers/{volunteer}/{action}", world.staff, body)
        assert (response.status_code, response.json()["status"]) == (200, DECIDED[action])
        wish = await world.wish(await world.person())
        actions = (await api.get(f"/v1/wishes/{wish}", person)).json()["actions"]
        assert actions == (["claim"] if action == "approve" else [])

    async def test_nobody_their_own(self, api: ApiClient, world: World, action: str, body: Any):
        volunteer = await make_volunteer(world, world.staff)
        response = await api.post(f"/v1/volunteers/{volunteer}/{action}", world.staff, body)
        assert problem(response) == (403, "own-interest")

    async def test_once(self, api: ApiClient, world: World, action: str, body: Any):
        volunteer = await make_volunteer(world, await world.person(), "refused")
        response = await api.post(f"/v1/volunteers/{volunteer}/{action}", world.staff, body)
        assert problem(response) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World, action: str, body: Any):
        volunteer = await make_volunteer(world, await world.person())
        for person in (await world.helper(), world.alliance, await world.holder(Role.STAFF, world.other_grid)):
            response = await api.post(f"/v1/volunteers/{volunteer}/{action}", person, body)
            assert problem(response) == (404, "not-found")
