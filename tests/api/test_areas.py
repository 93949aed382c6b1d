"""The tree of areas and the organisations in it: reading, adding, editing; what is closed."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.domain.area_tree import ACTIONS, DEPTH_MAX
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World, make_area, make_unit, shop_form
from tests.people import Person


def new_area(world: World, **changes: Any) -> dict[str, Any]:
    return {"parent_id": str(world.community.id), "kind": "grid", "name": "新网格"} | changes


def edited(**changes: Any) -> dict[str, Any]:
    return {
        "name": "第一网格",
        "code": None,
        "households": None,
        "residents": None,
        "is_wish_review_required": True,
    } | changes


async def events_of(database: Database, area_id: UUID | str) -> list[tuple[Any, ...]]:
    rows = await database.reads.fetch(
        "SELECT action, to_state, actor_id FROM event WHERE subject_kind = 'area' AND subject_id = $1 ORDER BY id",
        UUID(str(area_id)),
    )
    return [tuple(row) for row in rows]


async def close(database: Database, *area_ids: UUID) -> None:
    """Close areas as the service does, but whatever is left in them."""
    async with database.transaction() as connection:
        await connection.execute("UPDATE area SET closed_at = clock_timestamp() WHERE id = ANY($1)", area_ids)


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


class TestAddArea:
    async def test_an_administrator_adds_below(self, api: ApiClient, world: World, database: Database):
        code = str(uuid4().int)[:12]
        form = new_area(world, code=code, households=420, residents=1_203, is_wish_review_required=False)
        response = await api.post("/v1/areas", world.administrator, form)
        assert response.status_code == 201, response.text
        area = response.json()
        told = ("parent_id", "kind", "name", "code", "households", "residents", "is_wish_review_required")
        assert {name: area[name] for name in told} == form
        assert [step["id"] for step in area["path"]] == [*map(str, world.community.lineage), area["id"]]
        assert (area["has_children"], area["closed_at"]) == (False, None)
        assert area["actions"] == ["add", *ACTIONS]
        assert (await api.get(f"/v1/areas/{area['id']}", world.administrator)).json() == area
        assert await events_of(database, area["id"]) == [("add", "open", world.administrator.id)]
        assert (await api.get("/v1/wishes", world.staff, area_id=area["id"], status="reviewing")).status_code == 200

    async def test_an_administrator_of_the_community_adds_and_one_of_the_grid_below_does_not(
        self, api: ApiClient, world: World
    ):
        own = await world.holder(Role.ADMINISTRATOR, world.community)
        assert (await api.post("/v1/areas", own, new_area(world))).status_code == 201
        below = await world.holder(Role.ADMINISTRATOR, world.grid)
        assert problem(await api.post("/v1/areas", below, new_area(world))) == (403, "not-allowed")
        assert problem(await api.post("/v1/areas", world.staff, new_area(world))) == (403, "not-allowed")

    async def test_below_nothing(self, api: ApiClient, world: World):
        form = new_area(world, parent_id=str(uuid4()))
        assert problem(await api.post("/v1/areas", world.administrator, form)) == (422, "area-unknown")
        form = new_area(world) | {"parent_id": None}
        assert problem(await api.post("/v1/areas", world.administrator, form)) == (422, "invalid-payload")

    @pytest.mark.parametrize(("kind", "above"), [("grid", "grid"), ("community", "grid"), ("post", "community")])
    async def test_what_does_not_belong_there(self, api: ApiClient, world: World, kind: str, above: str):
        form = new_area(world, parent_id=str(getattr(world, above).id), kind=kind)
        assert problem(await api.post("/v1/areas", world.administrator, form)) == (422, "area-kind-misplaced")

    async def test_a_name_is_taken_once_beside_its_like(self, api: ApiClient, world: World, database: Database):
        form = new_area(world, name=world.grid.name)
        assert problem(await api.post("/v1/areas", world.administrator, form)) == (409, "area-name-taken")
        elsewhere = await make_area(database, world.district, AreaKind.COMMUNITY)
        there = form | {"parent_id": str(elsewhere.id)}
        assert (await api.post("/v1/areas", world.administrator, there)).status_code == 201
        await close(database, world.grid.id)
        assert (await api.post("/v1/areas", world.administrator, form)).status_code == 201, "its name is free again"

    async def test_a_code_is_taken_once(self, api: ApiClient, world: World):
        form = new_area(world, code=str(uuid4().int)[:12])
        first = (await api.post("/v1/areas", world.administrator, form)).json()
        again = form | {"name": "另一网格"}
        assert problem(await api.post("/v1/areas", world.administrator, again)) == (409, "area-code-taken")
        await close(world.database, UUID(first["id"]))
        assert (await api.post("/v1/areas", world.administrator, again)).status_code == 201

    @pytest.mark.parametrize(
        "change",
        [
            {"name": " \n"},
            {"name": "长" * 51},
            {"name": ""},
            {"code": "37030"},
            {"code": "3" * 19},
            {"code": "370303\n"},
            {"code": "\uff13" * 6},
            {"households": -1},
            {"households": 2**31},
            {"residents": "100"},
            {"residents": 1.5},
            {"kind": "circle"},
            {"lineage": []},
        ],
        ids=str,
    )
    async def test_what_cannot_be(self, api: ApiClient, world: World, change: dict[str, Any]):
        response = await api.post("/v1/areas", world.administrator, new_area(world, **change))
        assert problem(response) == (422, "invalid-payload")

    async def test_no_deeper_than_the_bound(self, api: ApiClient, world: World):
        parent = world.grid
        for _ in range(DEPTH_MAX - len(parent.lineage)):
            parent = await make_area(world.database, parent, AreaKind.POST)
        form = new_area(world, parent_id=str(parent.id), kind="post")
        assert problem(await api.post("/v1/areas", world.administrator, form)) == (422, "area-too-deep")

    async def test_below_a_closed_one(self, api: ApiClient, world: World):
        await close(world.database, world.other_grid.id)
        form = new_area(world, parent_id=str(world.other_grid.id), kind="post")
        assert problem(await api.post("/v1/areas", world.administrator, form)) == (409, "area-closed")


class TestEditArea:
    async def test_what_was_is_remembered(self, api: ApiClient, world: World, database: Database):
        code = str(uuid4().int)[:12]
        form = edited(code=code, households=7, residents=12, is_wish_review_required=False)
        path = f"/v1/areas/{world.grid.id}"
        response = await api.put(path, world.administrator, form)
        assert response.status_code == 200, response.text
        assert {name: response.json()[name] for name in form} == form
        assert (await api.put(path, world.administrator, form)).status_code == 200
        assert await events_of(database, world.grid.id) == [("edit", "open", world.administrator.id)], "once"
        facts = await database.reads.fetchval("SELECT facts FROM event WHERE subject_id = $1", world.grid.id)
        assert f'"name": {{"to": "第一网格", "from": "{world.grid.name}"}}' in facts
        periods = await database.reads.fetch(
            "SELECT name, code, until FROM area_period WHERE area_id = $1 ORDER BY since", world.grid.id
        )
        assert [(period["name"], period["code"]) for period in periods] == [
            (world.grid.name, None),
            ("第一网格", code),
        ]
        assert periods[1]["until"] is None

    async def test_figures_alone_make_no_period(self, api: ApiClient, world: World, database: Database):
        form = edited(name=world.grid.name, households=7)
        assert (await api.put(f"/v1/areas/{world.grid.id}", world.administrator, form)).status_code == 200
        count = "SELECT count(*) FROM area_period WHERE area_id = $1"
        assert await database.reads.fetchval(count, world.grid.id) == 1

    async def test_only_from_above(self, api: ApiClient, world: World):
        own = await world.holder(Role.ADMINISTRATOR, world.grid)
        path = f"/v1/areas/{world.grid.id}"
        assert problem(await api.put(path, own, edited())) == (403, "not-allowed")
        assert (await api.get(path, own)).json()["actions"] == ["add"]
        assert problem(await api.put(f"/v1/areas/{uuid4()}", world.administrator, edited())) == (404, "not-found")

    async def test_a_name_and_a_code_that_others_have(self, api: ApiClient, world: World):
        code = str(uuid4().int)[:12]
        path, administrator = f"/v1/areas/{world.grid.id}", world.administrator
        other = edited(name=world.other_grid.name, code=code)
        assert (await api.put(f"/v1/areas/{world.other_grid.id}", administrator, other)).status_code == 200
        taken = edited(name=world.other_grid.name)
        assert problem(await api.put(path, administrator, taken)) == (409, "area-name-taken")
        assert problem(await api.put(path, administrator, edited(code=code))) == (409, "area-code-taken")

    async def test_every_field_is_written(self, api: ApiClient, world: World):
        for name in edited():
            form = {key: value for key, value in edited().items() if key != name}
            response = await api.put(f"/v1/areas/{world.grid.id}", world.administrator, form)
            assert problem(response) == (422, "invalid-payload")


class TestClosedAreas:
    async def test_they_leave_the_list_and_stay_readable(self, api: ApiClient, world: World, database: Database):
        await close(database, world.grid.id)

        async def listed(**query: Any) -> list[str]:
            items = await all_pages(
                api, "/v1/areas", world.administrator, oldest_first=True, parent_id=world.community.id, **query
            )
            return [item["id"] for item in items]

        assert await listed() == [str(world.other_grid.id)]
        assert await listed(include_closed="true") == [str(world.grid.id), str(world.other_grid.id)]
        area = (await api.get(f"/v1/areas/{world.grid.id}", world.administrator)).json()
        assert area["closed_at"] is not None
        assert area["actions"] == []
        await close(database, world.other_grid.id)
        assert not (await api.get(f"/v1/areas/{world.community.id}")).json()["has_children"]

    async def test_a_closed_one_is_not_edited(self, api: ApiClient, world: World, database: Database):
        await close(database, world.grid.id)
        response = await api.put(f"/v1/areas/{world.grid.id}", world.administrator, edited())
        assert problem(response) == (409, "area-closed")

    async def test_nothing_new_comes_into_it(self, api: ApiClient, world: World):
        """Whatever names an area in what it sends."""
        closed, person = world.grid, await world.person()
        fund = await make_area(world.database, world.district, AreaKind.COMMUNITY)
        giver = await world.helper(points=5)
        await close(world.database, closed.id, fund.id)
        grid = str(closed.id)
        forms: list[tuple[str, Person, dict[str, Any]]] = [
            ("areas", world.administrator, new_area(world, parent_id=grid, kind="post")),
            ("grants", world.administrator, {"user_id": str(person.id), "role": "staff", "area_id": grid}),
            ("policies", world.administrator, {"area_id": grid, "day_cap": 3}),
            ("handling-rules", world.administrator, {"area_id": grid, "level": "grid"}),
            ("api-keys", world.administrator, {"area_id": grid, "name": "随手拍平台"}),
            ("members", person, {"kind": "retired", "unit_id": str(world.unit_id), "home_area_id": grid}),
            ("volunteers", person, {"home_area_id": grid, "skills": []}),
            ("identifications", person, {"home_area_id": grid, "name": "王小明", "phone": "13812345678"}),
            ("wishes", person, {"area_id": grid, "category": "elderly", "title": "换灯泡", "body": "坏了。"}),
            ("complaints", person, {"area_id": grid, "category": "noise", "title": "太吵", "body": "每晚都吵。"}),
            ("merchants", person, shop_form(closed.id)),
            (
                "adjustments",
                world.staff,
                {"user_id": str(giver.id), "area_id": grid, "points": 5, "reason": "补记。", "document": "第3页"},
            ),
            ("posts", world.staff, {"area_id": grid, "name": "网格长", "duty": "每天走一遍网格。", "queues": []}),
            ("circles", world.alliance, {"area_id": str(fund.id), "name": "老街商圈"}),
            ("donations", giver, {"area_id": str(fund.id), "points": 1}),
        ]
        for path, who, form in forms:
            assert problem(await api.post(f"/v1/{path}", who, form)) == (409, "area-closed"), path
        circle = await api.post("/v1/circles", world.alliance, {"area_id": str(world.district.id), "name": "老街商圈"})
        laid = await api.put(f"/v1/circles/{circle.json()['id']}/grids", world.alliance, {"grid_ids": [grid]})
        assert problem(laid) == (409, "area-closed")
        shape = {"coordinates": "gcj02", "shape": world.rectangle(10, 10, 20, 20)}
        drawn = await api.put(f"/v1/areas/{grid}/shape", world.administrator, shape)
        assert problem(drawn) == (409, "area-closed")

    async def test_an_award_of_before_can_be_taken_back(self, api: ApiClient, world: World, database: Database):
        claim = await world.confirmed(await world.helper())
        await close(database, world.grid.id)
        form = {"reason": "照片是别处的。", "document": "走访记录第7号"}
        response = await api.post(f"/v1/claims/{claim}/reverse-award", world.staff, form)
        assert response.status_code == 201, response.text


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
