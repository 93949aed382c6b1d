"""The tree of areas and the organisations in it."""

from uuid import uuid4

from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World, make_area, make_unit


class TestListAreas:
    async def test_those_right_below(self, api: ApiClient, world: World):
        third = await make_area(world.database, world.community)
        items = await all_pages(api, "/v1/areas", world.staff, oldest_first=True, parent_id=world.community.id)
        assert [item["id"] for item in items] == [str(area.id) for area in (world.grid, world.other_grid, third)]
        assert [item["has_children"] for item in items] == [False] * 3

    async def test_the_roots(self, api: ApiClient, world: World):
        items = await all_pages(api, "/v1/areas", world.staff, oldest_first=True)
        assert str(world.district.id) in [item["id"] for item in items]
        assert {item["parent_id"] for item in items} == {None}

    async def test_below_nothing_is_nothing(self, api: ApiClient, world: World):
        for area_id in (uuid4(), world.grid.id):
            page = (await api.get("/v1/areas", parent_id=area_id)).json()
            assert page == {"items": [], "next_cursor": None}


class TestGetArea:
    async def test_with_the_path_to_it(self, api: ApiClient, world: World):
        area = (await api.get(f"/v1/areas/{world.grid.id}")).json()
        assert [step["id"] for step in area["path"]] == [str(step) for step in world.grid.lineage]
        assert area["path"][-1] == {"id": area["id"], "name": area["name"]}
        assert (area["kind"], area["has_children"], area["actions"]) == ("grid", False, [])
        assert (await api.get(f"/v1/areas/{world.community.id}")).json()["has_children"]

    async def test_that_is_not_there(self, api: ApiClient):
        assert problem(await api.get(f"/v1/areas/{uuid4()}")) == (404, "not-found")


class TestListUnits:
    async def test_of_the_area_and_all_below(self, api: ApiClient, world: World):
        below = [await make_unit(world.database, area) for area in (world.community, world.grid)]
        items = await all_pages(api, "/v1/units", world.staff, oldest_first=True, area_id=world.district.id)
        assert [item["id"] for item in items] == [str(unit) for unit in (world.unit_id, *below)]
        assert {item["actions"] == [] for item in items} == {True}

    async def test_not_of_the_areas_above_or_beside(self, api: ApiClient, world: World):
        await make_unit(world.database, world.other_grid)
        page = (await api.get("/v1/units", area_id=world.grid.id)).json()
        assert page == {"items": [], "next_cursor": None}

    async def test_the_area_must_be_named(self, api: ApiClient):
        assert problem(await api.get("/v1/units")) == (422, "invalid-payload")
