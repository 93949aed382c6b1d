"""Lists of buildings: each in its grid, known by its address however it is written."""

from typing import Any
from uuid import uuid4

import pytest

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.imports import Cell, Office, counts, reasons, separated, xlsx

HEAD = ("网格", "小区", "楼号", "别名", "户数", "经度", "纬度")
BUILDINGS = """
    SELECT b.id, b.name, b.aliases, b.households, b.longitude::float8 AS longitude, b.latitude::float8 AS latitude
    FROM building b WHERE b.area_id = $1 ORDER BY b.name
"""
EVENTS = "SELECT action, from_state, to_state, actor_id, facts FROM event WHERE subject_id = $1 ORDER BY id"


async def listed(world: World, area: Any = None) -> list[tuple[Any, ...]]:
    rows = await world.database.reads.fetch(BUILDINGS, (area or world.grid).id)
    return [tuple(row)[1:] for row in rows]


async def refusal(office: Office, world: World, *row: Cell) -> list[tuple[str | None, str]]:
    checked = await office.checked("buildings", world.district.id, xlsx(HEAD, row))
    [refused] = await office.rows(checked["id"], "refused")
    return reasons(refused)


class TestBuildings:
    async def test_they_are_found_and_the_same_file_changes_nothing(self, world: World, office: Office):
        await world.draw_all()
        place, road = world.place(15, 15), f"幸福路{uuid4().int % 10**6}号院"
        content = xlsx(
            HEAD,
            (world.grid.name, road, "3号楼", "老供销社、三号楼", "36户", place["longitude"], place["latitude"]),
            (world.grid.name, road, f"{road}4号楼", "", "", "", ""),
            (world.other_grid.name, road, "3号楼", "", "", "", ""),
        )
        assert counts(await office.taken("buildings", world.district.id, content)) == (3, 0, 0, 0)
        assert await listed(world) == [
            (f"{road}3号楼", ["老供销社", "三号楼"], 36, place["longitude"], place["latitude"]),
            (f"{road}4号楼", [], None, None, None),
        ]
        assert await listed(world, world.other_grid) == [(f"{road}3号楼", [], None, None, None)]
        for asked, name in ((f"{road}四栋", f"{road}4号楼"), ("供销社", "老供销社")):
            found = (await world.api.get("/v1/buildings", None, area_id=world.grid.id, q=asked)).json()["items"]
            assert found[0]["matched_name"] == name
        assert counts(await office.taken("buildings", world.district.id, content)) == (0, 0, 3, 0)
        [first, *_] = await world.database.reads.fetch(BUILDINGS, world.grid.id)
        assert [tuple(row) for row in await world.database.reads.fetch(EVENTS, first["id"])] == [
            ("create", None, "active", office.person.id, None)
        ]

    async def test_another_spelling_is_the_same_building(self, world: World, office: Office):
        await office.taken("buildings", world.district.id, xlsx(HEAD, (world.grid.name, "", "幸福路12号院3号楼")))
        told = (world.grid.name, "幸福路十二號院", "3#樓", "", 24)
        checked = await office.checked("buildings", world.district.id, xlsx(HEAD, told))
        [row] = await office.rows(checked["id"], "changed")
        assert [(change["field"], change["from"], change["to"]) for change in row["changes"]] == [
            ("name", "幸福路12号院3号楼", "幸福路十二號院3#樓"),
            ("households", "", "24"),
        ]
        assert (await office.confirm(checked["id"]))["status"] == "done"
        assert await listed(world) == [("幸福路十二號院3#樓", [], 24, None, None)]
        [building] = await world.database.reads.fetch(BUILDINGS, world.grid.id)
        event = (await world.database.reads.fetch(EVENTS, building["id"]))[-1]
        assert tuple(event)[:3] == ("edit", "active", "active")
        again = xlsx(HEAD, (world.grid.name, "", "幸福路十二號院3#樓", "", ""))
        assert counts(await office.checked("buildings", world.district.id, again)) == (0, 0, 1, 0)

    async def test_every_fault_is_named(self, world: World, office: Office):
        await world.draw_all()
        grid, far = world.grid.name, world.place(25, 15)
        for row, expected in (
            ((grid, "", ""), ("name", "楼栋没有填写。")),
            (("", "", "幸福路1号"), ("grid", "请写到网格。")),
            (("没有的网格", "", "幸福路1号"), ("grid", "网格不在本次导入的区域内，请核对，或先导入区域。")),
            ((grid, "", "！！"), ("name", "没有可以用来查找的名称或号码，请写成“幸福路12号院3号楼”的样子。")),
            ((grid, "", "幸福路1号13812345678"), ("name", "含有电话或证件号码，请删除，只写楼栋地址。")),
            ((grid, "", "幸福路1号", "王老五家13812345678"), ("aliases", "含有电话或证件号码，请删除，只写楼栋地址。")),
            ((grid, "幸福" * 25, "路" * 15), ("name", "地址太长，最多60个字。")),
            ((grid, "", "幸福路1号", "", -1), ("households", "户数不能小于0。")),
            ((grid, "", "幸福路1号", "", "", 117.8), ("latitude", "经度和纬度要同时填写，或者都不填。")),
            ((grid, "", "幸福路1号", "", "", 36.8, 117.8), ("longitude", "经度不能小于73。")),
            (
                (grid, "", "幸福路1号", "", "", far["longitude"], far["latitude"]),
                ("longitude", "坐标离所属网格超过100米，请核对坐标或网格。"),
            ),
        ):
            assert expected in await refusal(office, world, *row), row

    async def test_twice_in_one_file(self, world: World, office: Office):
        rows = [(world.grid.name, "", name) for name in ("幸福路12号院3号楼", "幸福路12号院3栋")]
        checked = await office.checked("buildings", world.district.id, xlsx(HEAD, *rows))
        assert counts(checked) == (1, 0, 0, 1)
        [refused] = await office.rows(checked["id"], "refused")
        assert reasons(refused) == [(None, "与第2行重复，请只保留一行。")]

    async def test_staff_of_the_grid_may_and_reach_no_further(self, api: ApiClient, jobs: Jobs, world: World):
        holder = await world.holder(Role.STAFF, world.grid)
        theirs = Office(api, jobs, holder)
        refused = await theirs.send("buildings", world.district.id, xlsx(HEAD, ("", "", "幸福路1号楼")))
        assert problem(refused) == (403, "not-allowed")
        content = xlsx(HEAD, ("", "", "幸福路1号楼"), (world.other_grid.name, "", "幸福路2号楼"))
        done = await theirs.taken("buildings", world.grid.id, content, accept_refused=True)
        assert counts(done) == (1, 0, 0, 1)
        assert [name for name, *_ in await listed(world)] == ["幸福路1号楼"]
        assert await listed(world, world.other_grid) == []

    async def test_what_is_exported_can_be_imported(self, world: World, office: Office):
        place = world.place(15, 15)
        content = separated(
            HEAD,
            (world.grid.name, "", "-1号楼", "一号楼、老楼", 0, place["longitude"], place["latitude"]),
            (world.other_grid.name, "", "幸福路2号楼", "", "", "", ""),
            encoding="gb18030",
        )
        assert counts(await office.taken("buildings", world.district.id, content)) == (2, 0, 0, 0)
        exported = await office.api.get("/v1/exports/buildings.xlsx", world.staff, area_id=world.district.id)
        assert counts(await office.checked("buildings", world.district.id, exported.content)) == (0, 0, 2, 0)

    @pytest.mark.parametrize("suffix", ["xlsx", "csv"])
    async def test_the_template_is_taken(self, world: World, office: Office, suffix: str):
        template = await office.api.get(f"/v1/imports/templates/buildings.{suffix}", office.person)
        assert template.status_code == 200
        uploaded = await office.send("buildings", world.district.id, template.content, f"楼栋.{suffix}")
        assert uploaded.status_code == 201, uploaded.text
