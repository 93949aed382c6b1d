"""Rules of strength: versions of an area, and what holds in it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.core.clock import now
from app.core.db import Database
from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World


class TestAdd:
    async def test_a_version_counts_at_once(self, api: ApiClient, world: World):
        form = {"area_id": str(world.community.id), "members": 8}
        response = await api.post("/v1/strength-rules", world.administrator, form)
        assert response.status_code == 201
        rule = response.json()
        assert rule == {
            "id": rule["id"],
            "area": {"id": str(world.community.id), "name": world.community.name},
            "version": 1,
            "effective_from": rule["created_at"],
            "members": 8,
            "volunteers": None,
            "created_at": rule["created_at"],
            "actions": [],
        }
        assert (await effective(world))["members"]["value"] == 8

    async def test_what_begins_later_does_not_count_yet(self, world: World):
        await world.strength_rule(world.grid, members=9, effective_from=(now() + timedelta(hours=1)).isoformat())
        assert (await effective(world))["members"]["value"] == 6

    async def test_only_its_administrators(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "members": 8}
        for person in (world.staff, await world.holder(Role.ADMINISTRATOR, world.other_grid)):
            assert problem(await api.post("/v1/strength-rules", person, form)) == (403, "not-allowed")

    async def test_of_nowhere(self, api: ApiClient, world: World):
        form = {"area_id": str(uuid4()), "members": 8}
        assert problem(await api.post("/v1/strength-rules", world.administrator, form)) == (422, "area-unknown")

    async def test_not_in_the_past(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "effective_from": "2026-01-01T00:00:00+08:00"}
        response = await api.post("/v1/strength-rules", world.administrator, form)
        assert problem(response) == (422, "rule-in-the-past")

    @pytest.mark.parametrize("fields", [{"members": -1}, {"volunteers": 10_001}, {"members": 6.5}, {"wardens": 1}])
    async def test_bad_numbers(self, api: ApiClient, world: World, fields: dict[str, Any]):
        form = {"area_id": str(world.grid.id), **fields}
        assert problem(await api.post("/v1/strength-rules", world.administrator, form)) == (422, "invalid-payload")


class TestList:
    async def test_versions_of_one_area_newest_first(self, api: ApiClient, world: World):
        made = [(await world.strength_rule(world.grid, members=number))["id"] for number in range(4)]
        await world.strength_rule(world.community)
        items = await all_pages(api, "/v1/strength-rules", world.staff, area_id=world.grid.id)
        assert [item["id"] for item in items] == list(reversed(made))


class TestEffective:
    async def test_where_nobody_says_anything(self, world: World):
        seen = await effective(world)
        assert (seen["members"], seen["volunteers"]) == ({"value": 6, "area": None}, {"value": 30, "area": None})
        assert seen["actions"] == []

    async def test_each_number_names_its_area(self, api: ApiClient, world: World):
        await world.strength_rule(world.district, members=7, volunteers=40)
        await world.strength_rule(world.grid, volunteers=0)
        path = "/v1/strength-rules/effective"
        seen = (await api.get(path, world.administrator, area_id=world.grid.id)).json()
        assert seen["members"] == {"value": 7, "area": {"id": str(world.district.id), "name": world.district.name}}
        assert seen["volunteers"] == {"value": 0, "area": {"id": str(world.grid.id), "name": world.grid.name}}
        assert seen["actions"] == ["add_rule"]

    async def test_of_nowhere(self, api: ApiClient):
        assert problem(await api.get("/v1/strength-rules/effective", area_id=uuid4())) == (404, "not-found")


@pytest.mark.parametrize("attack", ["UPDATE {} SET members = 1", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_a_change(world: World, database: Database, attack: str):
    await world.strength_rule(world.grid)
    with pytest.raises(asyncpg.RestrictViolationError):
        await database.writes.execute(attack.format("strength_rule"))


async def effective(world: World) -> dict[str, Any]:
    return dict((await world.api.get("/v1/strength-rules/effective", area_id=world.grid.id)).json())
