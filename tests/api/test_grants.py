"""Roles on areas."""

from typing import Any
from uuid import uuid4

import pytest

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World, make_grant
from tests.people import Person


def form(person: Person, world: World, **changes: Any) -> dict[str, str]:
    return {"user_id": str(person.id), "role": "staff", "area_id": str(world.community.id)} | changes


class TestGive:
    async def test_a_role_counts_at_once_and_below(self, api: ApiClient, world: World):
        person, author = await world.person(), await world.person()
        wish = await world.wish(author, "reviewing")
        assert (await api.post(f"/v1/wishes/{wish}/approve", person)).status_code == 404
        response = await api.post("/v1/grants", world.administrator, form(person, world))
        assert response.status_code == 201
        grant = response.json()
        assert (grant["user_id"], grant["role"], grant["actions"]) == (str(person.id), "staff", ["revoke"])
        assert grant["area"] == {"id": str(world.community.id), "name": world.community.name}
        assert (await api.post(f"/v1/wishes/{wish}/approve", person)).status_code == 200

    @pytest.mark.parametrize("who", ["staff", "alliance", "nobody", "administrator below"])
    async def test_only_administrators_of_the_area_give(self, api: ApiClient, world: World, who: str):
        people = {
            "staff": world.staff,
            "alliance": world.alliance,
            "nobody": await world.person(),
            "administrator below": await world.holder(Role.ADMINISTRATOR, world.grid),
        }
        response = await api.post("/v1/grants", people[who], form(await world.person(), world))
        assert problem(response) == (403, "not-allowed")

    async def test_nobody_raises_themselves(self, api: ApiClient, world: World):
        response = await api.post("/v1/grants", world.administrator, form(world.administrator, world))
        assert problem(response) == (403, "own-interest")

    async def test_of_an_area_that_is_not_there(self, api: ApiClient, world: World):
        response = await api.post(
            "/v1/grants", world.administrator, form(await world.person(), world, area_id=str(uuid4()))
        )
        assert problem(response) == (422, "area-unknown")

    async def test_to_a_user_who_is_not_there(self, api: ApiClient, world: World):
        response = await api.post(
            "/v1/grants", world.administrator, form(await world.person(), world, user_id=str(uuid4()))
        )
        assert problem(response) == (422, "user-unknown")

    async def test_twice(self, api: ApiClient, world: World):
        person = await world.person()
        await api.post("/v1/grants", world.administrator, form(person, world))
        response = await api.post("/v1/grants", world.administrator, form(person, world))
        assert problem(response) == (409, "grant-exists")
        other_role = await api.post("/v1/grants", world.administrator, form(person, world, role="alliance"))
        assert other_role.status_code == 201


class TestRevoke:
    async def test_it_counts_at_once(self, api: ApiClient, world: World):
        person = await world.person()
        grant = await make_grant(world.database, person, world.grid, Role.STAFF)
        wish = await world.wish(await world.person(), "reviewing")
        assert (await api.get(f"/v1/wishes/{wish}", person)).status_code == 200
        response = await api.delete(f"/v1/grants/{grant}", world.administrator)
        assert (response.status_code, response.content) == (204, b"")
        assert (await api.get(f"/v1/wishes/{wish}", person)).status_code == 404
        assert (await api.get("/v1/me", person)).json()["grants"] == []

    async def test_again_there_is_nothing(self, api: ApiClient, world: World):
        grant = await make_grant(world.database, await world.person(), world.grid, Role.STAFF)
        await api.delete(f"/v1/grants/{grant}", world.administrator)
        assert problem(await api.delete(f"/v1/grants/{grant}", world.administrator)) == (404, "not-found")

    async def test_only_administrators_of_the_area_do(self, api: ApiClient, world: World):
        grant = await make_grant(world.database, await world.person(), world.community, Role.STAFF)
        for person in (world.staff, world.alliance, await world.holder(Role.ADMINISTRATOR, world.grid)):
            assert problem(await api.delete(f"/v1/grants/{grant}", person)) == (404, "not-found")
