"""Staffing: who reads it, who is counted, and the rules of areas."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.core.clock import now
from app.core.db import Database
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.models import Area
from tests.api.scene import problem
from tests.api.test_areas import close
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World, make_area
from tests.people import Person


async def staffing(world: World, area: Area, person: Person | None = None) -> dict[str, Any]:
    response = await world.api.get(f"/v1/areas/{area.id}/staffing", person or world.staff)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def state(world: World, area: Area, *, households: int | None = None, residents: int | None = None) -> None:
    """Say how many live in an area."""
    form = {
        "name": area.name,
        "code": None,
        "households": households,
        "residents": residents,
        "is_wish_review_required": True,
    }
    response = await world.api.put(f"/v1/areas/{area.id}", world.administrator, form)
    assert response.status_code == 200, response.text


async def rule(world: World, area: Area, **says: object) -> dict[str, Any]:
    """Have the administrator give an area a rule."""
    response = await world.api.post("/v1/staffing-rules", world.administrator, {"area_id": str(area.id), **says})
    assert response.status_code == 201, response.text
    return dict(response.json())


async def hold(world: World, area: Area, person: dict[str, str], *, name: str = "网格员") -> None:
    """Make a post in an area and put somebody on it."""
    form = {"area_id": str(area.id), "name": name, "duty": "每天走一遍网格。", "queues": []}
    made = await world.api.post("/v1/posts", world.staff, form)
    assert made.status_code == 201, made.text
    response = await world.api.post(f"/v1/posts/{made.json()['id']}/appoint", world.staff, person)
    assert response.status_code == 200, response.text


class TestNeed:
    async def test_an_area_with_figures_and_nobody(self, world: World):
        await state(world, world.grid, households=501, residents=1200)
        await state(world, world.other_grid, households=300, residents=800)
        await state(world, world.community, households=800)
        seen = await staffing(world, world.community)
        below = seen.pop("below")
        assert seen == {
            "area": {"id": str(world.community.id), "name": world.community.name},
            "kind": "community",
            "households": {"value": 801, "stated": 800, "summed": 801, "is_sum_whole": True},
            "residents": {"value": 2000, "stated": None, "summed": 2000, "is_sum_whole": True},
            "grids": 2,
            "needed_by_households": 3,
            "needed_by_residents": 4,
            "needed": 4,
            "there": 0,
            "shortage": 4,
            "as_of": seen["as_of"],
            "households_per_grid_worker": 500,
            "workers_per_10000": 18,
            "actions": [],
        }
        assert [(area["area"]["id"], area["shortage"]) for area in below] == [
            (str(world.grid.id), 2),
            (str(world.other_grid.id), 1),
        ]
        assert below[0] == {
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "kind": "grid",
            "households": {"value": 501, "stated": 501, "summed": None, "is_sum_whole": False},
            "residents": {"value": 1200, "stated": 1200, "summed": None, "is_sum_whole": False},
            "grids": 1,
            "needed_by_households": 2,
            "needed_by_residents": None,
            "needed": 2,
            "there": 0,
            "shortage": 2,
        }

    async def test_the_shortest_first(self, world: World):
        await state(world, world.other_grid, households=1600)
        seen = await staffing(world, world.community)
        assert [area["shortage"] for area in seen["below"]] == [4, 1]

    async def test_closed_areas_and_buildings_do_not_count(self, world: World, database: Database):
        await make_area(database, world.grid, AreaKind.POST)
        await state(world, world.other_grid, households=1600)
        await close(database, world.other_grid.id)
        seen = await staffing(world, world.community)
        assert (seen["grids"], seen["households"]["value"], len(seen["below"])) == (1, None, 1)
        assert (await staffing(world, world.grid))["below"] == []

    async def test_by_the_rules_of_the_areas(self, world: World):
        await state(world, world.grid, households=600, residents=1000)
        await state(world, world.other_grid, households=600, residents=1000)
        await rule(world, world.district, households_per_grid_worker=300, workers_per_10000=10)
        await rule(world, world.other_grid, households_per_grid_worker=200)
        later = (now() + timedelta(days=1)).isoformat()
        await rule(world, world.other_grid, households_per_grid_worker=100, effective_from=later)
        seen = await staffing(world, world.community)
        assert (seen["households_per_grid_worker"], seen["workers_per_10000"]) == (300, 10)
        assert [area["needed"] for area in seen["below"]] == [3, 2]
        assert (seen["needed_by_households"], seen["needed_by_residents"]) == (5, 2)


class TestThere:
    async def test_staff_at_and_below_an_area(self, world: World):
        await world.holder(Role.STAFF, world.grid)
        await world.holder(Role.STAFF, world.community)
        building = await make_area(world.database, world.grid, AreaKind.POST)
        await world.holder(Role.STAFF, building)
        for role in (Role.ALLIANCE, Role.ADMINISTRATOR, Role.AUDITOR):
            await world.holder(role, world.grid)
        seen = await staffing(world, world.community)
        assert (seen["there"], [area["there"] for area in seen["below"]]) == (3, [0, 2])
        assert (await staffing(world, world.district))["there"] == 4, "and the world's own"

    async def test_each_once_whatever_they_hold(self, world: World):
        person = await world.holder(Role.STAFF, world.grid)
        for area in (world.grid, world.other_grid):
            await hold(world, area, {"user_id": str(person.id)})
        await hold(world, world.grid, {"name": "王小明", "phone": "13812345678"}, name="网格长")
        await hold(world, world.other_grid, {"name": "王小明", "phone": "13812345678"}, name="网格长")
        seen = await staffing(world, world.community)
        assert (seen["there"], [area["there"] for area in seen["below"]]) == (2, [2, 2])

    async def test_neighbours_who_mind_a_building_are_no_workers(self, world: World):
        building = await make_area(world.database, world.grid, AreaKind.POST)
        await hold(world, building, {"name": "李大妈", "phone": "13900000000"}, name="楼长")
        assert (await staffing(world, world.grid))["there"] == 0

    async def test_who_left_a_post_is_gone(self, api: ApiClient, world: World):
        await hold(world, world.grid, {"name": "王小明", "phone": "13812345678"})
        [post] = (await api.get("/v1/posts", world.staff, area_id=world.grid.id)).json()["items"]
        response = await api.post(f"/v1/posts/{post['id']}/vacate", world.staff, {"reason": "调走了。"})
        assert response.status_code == 200, response.text
        assert (await staffing(world, world.grid))["there"] == 0


class TestReaders:
    async def test_staff_of_the_area_alone(self, api: ApiClient, world: World):
        path = f"/v1/areas/{world.community.id}/staffing"
        below = await world.holder(Role.STAFF, world.grid)
        for person in (world.alliance, await world.person(), below):
            assert problem(await api.get(path, person)) == (403, "not-allowed")
        assert (await staffing(world, world.grid, below))["kind"] == "grid"
        assert (await staffing(world, world.community, world.administrator))["grids"] == 2


class TestRules:
    async def test_versions_of_an_area(self, api: ApiClient, world: World):
        first = await rule(world, world.community, households_per_grid_worker=400)
        second = await rule(world, world.community, workers_per_10000=20)
        assert first == {
            "id": first["id"],
            "area": {"id": str(world.community.id), "name": world.community.name},
            "version": 1,
            "effective_from": first["created_at"],
            "households_per_grid_worker": 400,
            "workers_per_10000": None,
            "created_at": first["created_at"],
            "actions": [],
        }
        items = await all_pages(api, "/v1/staffing-rules", world.staff, area_id=world.community.id)
        assert items == [second, first]

    async def test_what_holds_and_who_says_so(self, api: ApiClient, world: World):
        await rule(world, world.district, households_per_grid_worker=400, workers_per_10000=20)
        await rule(world, world.community, workers_per_10000=25)
        later = (now() + timedelta(days=1)).isoformat()
        await rule(world, world.grid, households_per_grid_worker=100, effective_from=later)
        district = {"id": str(world.district.id), "name": world.district.name}
        community = {"id": str(world.community.id), "name": world.community.name}
        for person, actions in ((world.administrator, ["add_rule"]), (world.staff, []), (None, [])):
            seen = (await api.get("/v1/staffing-rules/effective", person, area_id=world.grid.id)).json()
            assert seen["households_per_grid_worker"] == {"value": 400, "area": district}
            assert seen["workers_per_10000"] == {"value": 25, "area": community}
            assert seen["actions"] == actions
        default = (await api.get("/v1/staffing-rules/effective", area_id=world.neighbour.id)).json()
        assert default["workers_per_10000"] == {"value": 18, "area": None}

    async def test_administrators_of_the_area_alone(self, api: ApiClient, world: World):
        form = {"area_id": str(world.community.id), "workers_per_10000": 20}
        for person in (world.staff, await world.person(), await world.holder(Role.ADMINISTRATOR, world.grid)):
            assert problem(await api.post("/v1/staffing-rules", person, form)) == (403, "not-allowed")

    async def test_nothing_of_the_past_or_for_a_closed_area(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "effective_from": (now() - timedelta(seconds=1)).isoformat()}
        assert problem(await api.post("/v1/staffing-rules", world.administrator, form)) == (422, "rule-in-the-past")
        await close(world.database, world.grid.id)
        closed = {"area_id": str(world.grid.id)}
        assert problem(await api.post("/v1/staffing-rules", world.administrator, closed)) == (409, "area-closed")

    @pytest.mark.parametrize("attack", ["UPDATE {} SET created_at = created_at", "DELETE FROM {}", "TRUNCATE {}"])
    async def test_the_database_refuses_a_change(self, world: World, database: Database, attack: str):
        await rule(world, world.grid)
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.writes.execute(attack.format("staffing_rule"))
