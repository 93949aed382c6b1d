"""Business circles: who makes, names, fills and closes them, and what they filter."""

from typing import Any
from uuid import UUID, uuid4

import pytest

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


def form(world: World, **changes: object) -> dict[str, Any]:
    return {"area_id": str(world.district.id), "name": "湖滨商圈", "introduction": "三条小街。", **changes}


async def events(database: Database, circle_id: UUID | str) -> list[tuple[str, str, str]]:
    """Return action, state and party of what happened to a circle, in order."""
    rows = await database.reads.fetch(
        "SELECT action, to_state, party FROM event WHERE subject_kind = 'circle' AND subject_id = $1 ORDER BY id",
        circle_id,
    )
    return [tuple(row) for row in rows]


async def lay(world: World, circle_id: UUID, *area_ids: UUID, person: Person | None = None) -> Any:
    """Ask to let a circle lie over areas."""
    laid = {"grid_ids": [str(area_id) for area_id in area_ids]}
    return await world.api.put(f"/v1/circles/{circle_id}/grids", person or world.alliance, laid)


class TestAdd:
    async def test_the_alliance_makes_one(self, api: ApiClient, world: World, database: Database):
        response = await api.post("/v1/circles", world.alliance, form(world))
        assert response.status_code == 201
        circle = response.json()
        assert circle == {
            "id": circle["id"],
            "area": {"id": str(world.district.id), "name": world.district.name},
            "name": "湖滨商圈",
            "introduction": "三条小街。",
            "grid_count": 0,
            "closed_at": None,
            "created_at": circle["created_at"],
            "actions": ["edit", "set_grids", "close"],
            "grids": [],
        }
        assert await events(database, circle["id"]) == [("create", "open", "alliance")]

    async def test_an_administrator_does_too(self, api: ApiClient, world: World):
        assert (await api.post("/v1/circles", world.administrator, form(world))).status_code == 201

    async def test_nobody_else(self, api: ApiClient, world: World):
        below = await world.holder(Role.ALLIANCE, world.community)
        for person in (world.staff, await world.person(), below):
            assert problem(await api.post("/v1/circles", person, form(world))) == (403, "not-allowed")
        theirs = form(world, area_id=str(world.community.id))
        assert (await api.post("/v1/circles", below, theirs)).status_code == 201

    async def test_in_an_area_that_is_not_there(self, api: ApiClient, world: World):
        refused = await api.post("/v1/circles", world.alliance, form(world, area_id=str(uuid4())))
        assert problem(refused) == (422, "area-unknown")

    async def test_a_name_is_there_once_in_an_area(self, api: ApiClient, world: World):
        first = (await api.post("/v1/circles", world.alliance, form(world))).json()["id"]
        assert problem(await api.post("/v1/circles", world.alliance, form(world))) == (409, "circle-name-taken")
        elsewhere = form(world, area_id=str(world.community.id))
        assert (await api.post("/v1/circles", world.alliance, elsewhere)).status_code == 201
        await api.post(f"/v1/circles/{first}/close", world.alliance)
        assert (await api.post("/v1/circles", world.alliance, form(world))).status_code == 201


class TestEdit:
    async def test_other_words(self, api: ApiClient, world: World, database: Database):
        circle = await world.circle(world.grid)
        response = await api.put(f"/v1/circles/{circle}", world.alliance, {"name": "湖畔商圈"})
        assert response.status_code == 200
        seen = response.json()
        assert (seen["name"], seen["introduction"], seen["grid_count"]) == ("湖畔商圈", None, 1)
        assert (await events(database, circle))[-1] == ("edit", "open", "alliance")

    async def test_a_name_that_another_has(self, api: ApiClient, world: World):
        await world.circle(name="湖畔商圈")
        refused = await api.put(f"/v1/circles/{await world.circle()}", world.alliance, {"name": "湖畔商圈"})
        assert problem(refused) == (409, "circle-name-taken")

    async def test_nobody_else(self, api: ApiClient, world: World):
        circle = await world.circle()
        for person in (world.staff, await world.person(), await world.holder(Role.ALLIANCE, world.grid)):
            assert problem(await api.put(f"/v1/circles/{circle}", person, {"name": "别名"})) == (403, "not-allowed")


class TestSetGrids:
    async def test_the_whole_list(self, api: ApiClient, world: World, database: Database):
        circle = await world.circle(world.grid)
        response = await lay(world, circle, world.other_grid.id)
        assert response.status_code == 200
        above = {"id": str(world.community.id), "name": world.community.name}
        expected = [{"id": str(world.other_grid.id), "name": world.other_grid.name, "above": above}]
        assert response.json()["grids"] == expected
        assert (await api.get(f"/v1/circles/{circle}")).json()["grids"] == expected
        facts = await database.reads.fetchval(
            "SELECT facts::text FROM event WHERE subject_id = $1 ORDER BY id DESC LIMIT 1", circle
        )
        assert facts == f'{{"added": ["{world.other_grid.id}"], "removed": ["{world.grid.id}"]}}'

    async def test_the_same_again_is_no_event(self, world: World, database: Database):
        circle = await world.circle(world.grid, world.other_grid)
        before = await events(database, circle)
        assert (await lay(world, circle, world.other_grid.id, world.grid.id)).status_code == 200
        assert await events(database, circle) == before
        assert (await lay(world, circle)).json()["grids"] == []

    async def test_a_grid_may_be_in_several(self, api: ApiClient, world: World):
        made = [await world.circle(world.grid) for _ in range(2)]
        items = (await api.get("/v1/circles", area_id=world.grid.id)).json()["items"]
        assert [item["id"] for item in items] == [str(circle) for circle in made]

    async def test_what_is_no_grid_below_its_area(self, world: World):
        elsewhere = await make_area(world.database, world.neighbour)
        beside = await make_area(world.database, world.district, AreaKind.COMMUNITY)
        building = await make_area(world.database, world.grid, AreaKind.POST)
        circle = await world.circle(area=world.community)
        for area in (elsewhere, beside, building, world.community):
            refused = await lay(world, circle, world.grid.id, area.id)
            assert problem(refused) == (422, "grid-outside-circle")
            assert refused.json()["facts"] == {str(area.id): area.name}
        assert problem(await lay(world, circle, uuid4())) == (422, "grid-outside-circle")

    async def test_what_is_closed(self, world: World):
        circle = await world.circle(world.grid, world.other_grid)
        await close(world.database, world.grid.id)
        refused = await lay(world, circle, world.grid.id, world.other_grid.id)
        assert problem(refused) == (409, "area-closed")
        assert refused.json()["facts"] == {str(world.grid.id): world.grid.name}
        assert (await lay(world, circle, world.other_grid.id)).status_code == 200

    async def test_one_named_twice(self, world: World):
        refused = await lay(world, await world.circle(), world.grid.id, world.grid.id)
        assert problem(refused) == (422, "invalid-payload")

    async def test_nobody_else(self, world: World):
        circle = await world.circle(world.grid)
        for person in (world.staff, await world.person(), await world.holder(Role.ALLIANCE, world.grid)):
            assert problem(await lay(world, circle, person=person)) == (403, "not-allowed")


class TestClose:
    async def test_for_good(self, api: ApiClient, world: World, database: Database):
        circle = await world.circle(world.grid)
        response = await api.post(f"/v1/circles/{circle}/close", world.alliance)
        assert (response.status_code, response.json()["actions"]) == (200, [])
        assert response.json()["closed_at"] is not None
        assert (await events(database, circle))[-1] == ("close", "closed", "alliance")
        assert (await api.get("/v1/circles", area_id=world.district.id)).json()["items"] == []
        assert [grid["id"] for grid in (await api.get(f"/v1/circles/{circle}")).json()["grids"]] == [str(world.grid.id)]
        again = (
            await api.post(f"/v1/circles/{circle}/close", world.alliance),
            await api.put(f"/v1/circles/{circle}", world.alliance, {"name": "别名"}),
            await lay(world, circle),
        )
        assert [problem(refused) for refused in again] == [(409, "state-conflict")] * 3

    async def test_nobody_else(self, api: ApiClient, world: World):
        circle = await world.circle()
        for person in (world.staff, await world.person()):
            assert problem(await api.post(f"/v1/circles/{circle}/close", person)) == (403, "not-allowed")


class TestList:
    async def test_of_an_area_those_over_it_and_those_kept_in_it(self, api: ApiClient, world: World):
        over_grid = await world.circle(world.grid)
        over_other = await world.circle(world.other_grid)
        kept = await world.circle(area=world.community)
        expected: tuple[tuple[Area, list[UUID]], ...] = (
            (world.district, [over_grid, over_other, kept]),
            (world.community, [over_grid, over_other, kept]),
            (world.grid, [over_grid]),
            (world.neighbour, []),
        )
        for area, circles in expected:
            items = await all_pages(api, "/v1/circles", world.staff, oldest_first=True, area_id=area.id)
            assert [item["id"] for item in items] == [str(circle) for circle in circles]

    async def test_what_one_may_do(self, api: ApiClient, world: World):
        await world.circle(world.grid)
        for person, actions in ((world.alliance, ["edit", "set_grids", "close"]), (world.staff, []), (None, [])):
            [item] = (await api.get("/v1/circles", person, area_id=world.grid.id)).json()["items"]
            assert item["actions"] == actions


class TestFilter:
    @pytest.fixture
    async def shops(self, world: World) -> dict[str, UUID]:
        """One shop in each of four areas, each with an offer."""
        building = await make_area(world.database, world.grid, AreaKind.POST)
        areas = {"building": building, "grid": world.grid, "other": world.other_grid, "community": world.community}
        made = {}
        for name, area in areas.items():
            made[name] = await world.shop(await world.person(), area=area)
            await world.offer(made[name], area=area)
        return made

    async def shown(self, world: World, area_id: UUID, circle_id: UUID) -> tuple[set[UUID], set[UUID]]:
        """Return the shops that the two lists have, of merchants and of offers."""
        query: dict[str, Any] = {"area_id": area_id, "circle_id": circle_id}
        merchants = await all_pages(world.api, "/v1/merchants", world.alliance, **query, status="approved")
        offers = await all_pages(world.api, "/v1/offers", world.staff, **query)
        return {UUID(shop["id"]) for shop in merchants}, {UUID(offer["merchant"]["id"]) for offer in offers}

    async def test_shops_in_its_grids_and_below(self, world: World, shops: dict[str, UUID]):
        circle = await world.circle(world.grid)
        inside = {shops["building"], shops["grid"]}
        assert await self.shown(world, world.district.id, circle) == (inside, inside)
        assert await self.shown(world, world.other_grid.id, circle) == (set(), set())
        await lay(world, circle, world.grid.id, world.other_grid.id)
        assert await self.shown(world, world.district.id, circle) == (inside | {shops["other"]},) * 2
        assert await self.shown(world, world.grid.id, circle) == (inside, inside)

    async def test_one_that_is_closed_empty_or_not_there(self, api: ApiClient, world: World, shops: dict[str, UUID]):
        assert len(shops) == 4
        closed = await world.circle(world.grid)
        await api.post(f"/v1/circles/{closed}/close", world.alliance)
        for circle in (closed, await world.circle(), uuid4()):
            assert await self.shown(world, world.district.id, circle) == (set(), set())

    async def test_in_a_circle_of_many_areas(self, world: World, shops: dict[str, UUID]):
        """With more areas than are merged one by one, the newest offers are sifted."""
        grids = [await make_area(world.database, world.community) for _ in range(66)]
        circle = await world.circle(world.grid, *grids)
        inside = {shops["building"], shops["grid"]}
        assert await self.shown(world, world.district.id, circle) == (inside, inside)

    async def test_a_page_belongs_to_its_circle(self, api: ApiClient, world: World, shops: dict[str, UUID]):
        assert shops
        first, second = await world.circle(world.grid), await world.circle(world.grid)
        query = {"area_id": world.district.id, "limit": 1}
        for path, person in (("/v1/offers", None), ("/v1/merchants", world.alliance)):
            more = {"status": "approved"} if path == "/v1/merchants" else {}
            cursor = (await api.get(path, person, circle_id=first, **query, **more)).json()["next_cursor"]
            for other in ({"circle_id": second}, {}):
                refused = await api.get(path, person, cursor=cursor, **other, **query, **more)
                assert problem(refused) == (422, "cursor-invalid")
