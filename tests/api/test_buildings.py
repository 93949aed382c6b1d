"""Buildings: kept by the staff of their grid, found by everybody who types an address."""

from typing import Any
from uuid import uuid4

import pytest

from app.core.db import Database
from app.domain.caller import Role
from app.models import Area
from app.services import buildings
from tests.api.scene import problem
from tests.api.test_areas import close
from tests.api_client import ApiClient
from tests.factories import BUILDING_FORM, World
from tests.people import Person

NOT_ALLOWED = (403, "not-allowed")
EVENTS = "SELECT action, facts, note FROM event WHERE subject_id = $1 AND subject_kind = 'building' ORDER BY id"


def path(area: Area | object, building: object = None) -> str:
    area_id = area.id if isinstance(area, Area) else area
    return f"/v1/areas/{area_id}/buildings" + (f"/{building}" if building else "")


async def found(world: World, address: str, area: Area | None = None) -> list[dict[str, Any]]:
    """Return what an address finds in an area or in the whole district, asked by nobody in particular."""
    response = await world.api.get("/v1/buildings", area_id=(area or world.district).id, q=address)
    assert response.status_code == 200, response.text
    return [dict(item) for item in response.json()["items"]]


async def strangers(world: World) -> list[Person]:
    return [world.alliance, await world.person(), await world.holder(Role.STAFF, world.other_grid)]


class TestAdd:
    async def test_staff_put_one_on_the_list(self, api: ApiClient, world: World, database: Database):
        form = BUILDING_FORM | {"location": world.place(15, 15)}
        response = await api.post(path(world.grid), world.staff, form)
        assert response.status_code == 201
        building = response.json()
        assert building == {
            **form,
            "id": building["id"],
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "created_at": building["created_at"],
            "actions": ["edit", "remove"],
        }
        [event] = await database.reads.fetch(EVENTS, building["id"])
        assert tuple(event) == ("create", None, None)

    async def test_a_name_is_enough(self, api: ApiClient, world: World):
        building = (await api.post(path(world.grid), world.administrator, {"name": "8号"})).json()
        assert (building["aliases"], building["households"], building["location"]) == ([], None, None)

    async def test_staff_of_the_grid_alone(self, api: ApiClient, world: World):
        for person in await strangers(world):
            assert problem(await api.post(path(world.grid), person, BUILDING_FORM)) == NOT_ALLOWED
        assert problem(await api.post(path(uuid4()), world.staff, BUILDING_FORM)) == (404, "not-found")

    async def test_in_open_grids_alone(self, api: ApiClient, world: World):
        refused = await api.post(path(world.community), world.staff, BUILDING_FORM)
        assert problem(refused) == (422, "area-not-a-grid")
        await close(world.database, world.grid.id)
        assert problem(await api.post(path(world.grid), world.staff, BUILDING_FORM)) == (409, "area-closed")

    async def test_once_however_it_is_spelt(self, api: ApiClient, world: World):
        await world.building()
        again = await api.post(path(world.grid), world.staff, {"name": "幸福路十二號院 3#楼"})
        assert problem(again) == (409, "building-exists")
        assert (await api.post(path(world.other_grid), world.staff, BUILDING_FORM)).status_code == 201

    async def test_where_its_grid_is(self, api: ApiClient, world: World):
        await world.draw_all()
        for place, status in (((15, 15), 201), ((9.5, 15), 201), ((25, 15), 422), ((0, 0), 422)):
            form = {"name": f"{place[0]}号", "location": world.place(*place)}
            response = await api.post(path(world.grid), world.staff, form)
            assert response.status_code == status, place
        assert problem(response) == (422, "building-outside-grid")

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": "！！"},
            {"name": "张三13812345678"},
            {"name": "长" * 61},
            {"aliases": ["—"]},
            {"aliases": ["甲"] * 11},
            {"aliases": [""]},
            {"households": 10_001},
            {"location": {"longitude": 117.8}},
            {"location": {"longitude": 181, "latitude": 36}},
        ],
    )
    async def test_what_makes_no_sense(self, api: ApiClient, world: World, changes: dict[str, Any]):
        response = await api.post(path(world.grid), world.staff, BUILDING_FORM | changes)
        assert problem(response) == (422, "invalid-payload")


class TestEdit:
    async def test_everything_anew(self, api: ApiClient, world: World, database: Database):
        building = await world.building()
        form = {"name": "太和路1号", "area_id": str(world.other_grid.id)}
        response = await api.put(path(world.grid, building), world.staff, form)
        assert response.status_code == 200
        assert (response.json()["area"]["id"], response.json()["aliases"]) == (str(world.other_grid.id), [])
        assert await found(world, "幸福路12号院3号楼") == []
        assert [each["area_id"] for each in await found(world, "太和路1号")] == [str(world.other_grid.id)]
        [_, event] = await database.reads.fetch(EVENTS, building)
        assert event["action"] == "edit"
        assert str(world.other_grid.id) in event["facts"]
        assert "太和" not in event["facts"]
        assert problem(await api.put(path(world.grid, building), world.staff, form)) == (404, "not-found")

    async def test_staff_of_both_grids_alone(self, api: ApiClient, world: World):
        building = await world.building()
        form = BUILDING_FORM | {"area_id": str(world.other_grid.id)}
        for person in [*await strangers(world), await world.holder(Role.STAFF, world.grid)]:
            assert problem(await api.put(path(world.grid, building), person, form)) == NOT_ALLOWED

    async def test_into_a_grid_that_takes_it(self, api: ApiClient, world: World):
        building = await world.building()
        await world.building(world.other_grid)
        for area_id, expected in (
            (uuid4(), (422, "area-unknown")),
            (world.community.id, (422, "area-not-a-grid")),
            (world.other_grid.id, (409, "building-exists")),
        ):
            form = BUILDING_FORM | {"area_id": str(area_id)}
            assert problem(await api.put(path(world.grid, building), world.staff, form)) == expected

    async def test_of_its_own_area(self, api: ApiClient, world: World):
        building = await world.building()
        form = BUILDING_FORM | {"area_id": str(world.grid.id)}
        for elsewhere in (path(world.other_grid, building), path(world.grid, uuid4())):
            assert problem(await api.put(elsewhere, world.staff, form)) == (404, "not-found")


class TestRemove:
    async def test_it_is_found_no_more(self, api: ApiClient, world: World, database: Database):
        building = await world.building()
        assert (await api.delete(path(world.grid, building), world.staff)).status_code == 204
        assert await found(world, "幸福路12号院3号楼") == []
        assert [event["action"] for event in await database.reads.fetch(EVENTS, building)] == ["create", "remove"]
        assert problem(await api.delete(path(world.grid, building), world.staff)) == (404, "not-found")

    async def test_staff_of_the_grid_alone(self, api: ApiClient, world: World):
        building = await world.building()
        for person in await strangers(world):
            assert problem(await api.delete(path(world.grid, building), person)) == NOT_ALLOWED


class TestList:
    async def test_of_an_area_and_all_below(self, api: ApiClient, world: World):
        first, second = await world.building(), await world.building(world.other_grid, name="太和路1号")
        for area, expected in (
            (world.district, [second, first]),
            (world.community, [second, first]),
            (world.grid, [first]),
        ):
            listed = await api.get(path(area), world.staff)
            assert [item["id"] for item in listed.json()["items"]] == [str(each) for each in expected]
        page = (await api.get(path(world.district), world.staff, limit=1)).json()
        rest = await api.get(path(world.district), world.staff, limit=1, cursor=page["next_cursor"])
        assert [item["id"] for item in rest.json()["items"]] == [str(first)]

    async def test_for_its_staff_alone(self, api: ApiClient, world: World):
        await world.building()
        for person in await strangers(world):
            assert problem(await api.get(path(world.grid), person)) == NOT_ALLOWED
        assert problem(await api.get(path(uuid4()), world.staff)) == (404, "not-found")


class TestSearch:
    async def test_an_address_tells_its_grid(self, world: World):
        building = await world.building()
        [item] = await found(world, "周村区幸福路十二號院3#楼2单元501")
        assert item == {
            "id": str(building),
            "name": "幸福路12号院3号楼",
            "matched_name": "幸福路12号院3号楼",
            "fit": "exact",
            "area_id": str(world.grid.id),
            "path": item["path"],
            "actions": [],
        }
        assert [step["id"] for step in item["path"]] == [str(area_id) for area_id in world.grid.lineage]
        posted = await world.api.post(
            "/v1/wishes",
            await world.person(),
            {"area_id": item["area_id"], "category": "other", "title": "题", "body": "文"},
        )
        assert posted.status_code == 201

    async def test_by_what_else_it_is_called(self, world: World):
        await world.building()
        [item] = await found(world, "纺织厂宿舍三栋")
        assert (item["fit"], item["matched_name"]) == ("fits", "老纺织厂宿舍3栋")
        [item] = await found(world, "老纺织厂宿舍3号楼")
        assert item["fit"] == "exact"

    async def test_the_best_comes_first(self, world: World):
        for name in ("幸福路12号院4号楼", "幸福路12号院", "幸福路9号", "幸福路12号院3号楼", "太和路12号院3号楼"):
            await world.building(name=name, aliases=[])
        assert [(item["name"], item["fit"]) for item in await found(world, "幸福路12号院3号楼")] == [
            ("幸福路12号院3号楼", "exact"),
            ("幸福路12号院", "fits"),
            ("幸福路12号院4号楼", "near"),
        ]
        assert {(item["name"], item["fit"]) for item in await found(world, "幸福路15号")} == {
            ("幸福路12号院3号楼", "near"),
            ("幸福路12号院4号楼", "near"),
            ("幸福路12号院", "near"),
            ("幸福路9号", "near"),
        }
        assert [item["name"] for item in await found(world, "幸福路")] == [
            "幸福路9号",
            "幸福路12号院",
            "幸福路12号院3号楼",
            "幸福路12号院4号楼",
        ]

    async def test_twenty_at_most(self, world: World):
        for number in range(1, buildings.FOUND_MAX + 4):
            await world.building(name=f"幸福小区{number}号楼", aliases=[])
        names = [item["name"] for item in await found(world, "幸福小区")]
        assert names == [f"幸福小区{number}号楼" for number in range(1, buildings.FOUND_MAX + 1)]
        assert (await found(world, "幸福小区23号"))[0]["name"] == "幸福小区23号楼"

    async def test_a_misspelt_name_is_found_by_its_numbers(self, world: World):
        await world.building(name="莲池路12号院3号楼", aliases=[])
        assert [item["fit"] for item in await found(world, "连池路12号院3号楼")] == ["near"]

    async def test_within_the_area_asked(self, world: World):
        await world.building()
        assert await found(world, "幸福路", world.other_grid) == []
        assert await found(world, "幸福路", world.neighbour) == []
        assert len(await found(world, "幸福路", world.community)) == 1
        await close(world.database, world.grid.id)
        assert await found(world, "幸福路") == []

    @pytest.mark.parametrize("address", ["？！", "无此地址", "%_\\'\";--", "(((", "9" * 100, "#", "号楼"])
    async def test_nothing_of_it_is_there(self, world: World, address: str):
        await world.building()
        assert await found(world, address) == []
