"""Areas from spreadsheets: the tree of a district as offices write it."""

from typing import Any
from uuid import uuid4

import pytest

from app.domain.caller import Role
from app.domain.kinds import AreaKind
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, make_area
from tests.imports import Cell, Office, counts, reasons, xlsx
from tests.spreadsheets import sheets_of

HEAD = ("街道", "社区", "网格", "区划代码", "户数", "人口")
LIST = """
    SELECT x.id, x.name, x.kind, x.code, x.households, x.residents, x.parent_id, p.name AS parent FROM area x
    JOIN area p ON p.id = x.parent_id WHERE x.lineage @> ARRAY[$1::uuid] AND x.closed_at IS NULL ORDER BY x.id
"""
EVENTS = "SELECT action, from_state, to_state, facts FROM event WHERE subject_id = $1 ORDER BY id"
PARENT_MISSING = "上级区域不存在，请核对名称，或在文件中为上级单独写一行。"
OUTSIDE = "不在本次导入的区域内，请核对，或先导入区域。"


def new_code() -> str:
    """Return an official code that no other area has."""
    return f"37{uuid4().int % 10**10:010}"


async def areas_of(world: World) -> dict[str, Any]:
    """Return the areas below the world's district by their names."""
    rows = await world.database.reads.fetch(LIST, world.district.id)
    return {row["name"]: row for row in rows}


async def refusals(office: Office, area_id: object, *rows: tuple[Cell, ...]) -> list[tuple[int, str | None, str]]:
    """Return what is refused of a file, and check that nothing else is wrong with the rest."""
    checked = await office.checked("areas", area_id, xlsx(*rows))
    return [
        (row["number"], field, sentence)
        for row in await office.rows(checked["id"], "refused")
        for field, sentence in reasons(row)
    ]


class TestTree:
    async def test_a_district_in_one_file_with_those_below_before_those_above(self, world: World, office: Office):
        code = new_code()
        content = xlsx(
            ("某某区区域一览表",),
            HEAD,
            ("东门街道", "幸福社区", "第一网格", None, 100, 300),
            ("東門街道", "幸福社區", "第二网格", None, 200, 600),
            ("东门街道", "幸福社区", None, code, 300, 900),
            ("东门街道", None, None, None, 300, 900),
            ("合计", None, None, None, 300, 900),
        )
        done = await office.taken("areas", world.district.id, content)
        assert counts(done) == (4, 0, 0, 0)
        assert done["notes"] == []
        found = await areas_of(world)
        assert [(found[name]["kind"], found[name]["parent"]) for name in ("东门街道", "幸福社区", "第一网格")] == [
            ("street", world.district.name),
            ("community", "东门街道"),
            ("grid", "幸福社区"),
        ]
        assert (found["幸福社区"]["code"], found["第二网格"]["households"]) == (code, 200)
        [event] = await world.database.reads.fetch(EVENTS, found["幸福社区"]["id"])
        assert (event["action"], event["to_state"]) == ("add", "open")
        assert counts(await office.taken("areas", world.district.id, content)) == (0, 0, 4, 0)

    async def test_a_name_beside_the_area_above(self, world: World, office: Office):
        code = new_code()
        content = xlsx(
            ("名称", "类型", "上级", "上级代码", "区划代码"),
            ("东门街道", "街道办", world.district.name, None, code),
            ("幸福社区", "村居", None, code, new_code()),
            ("第一网格", "网格", f"{world.district.name}/东门街道/幸福社区", None, None),
            ("一号楼", "楼栋", "幸福社区 > 第一网格", None, None),
        )
        assert counts(await office.taken("areas", world.district.id, content)) == (4, 0, 0, 0)
        found = await areas_of(world)
        assert (found["一号楼"]["kind"], found["一号楼"]["parent"]) == ("post", "第一网格")
        assert counts(await office.taken("areas", world.district.id, content)) == (0, 0, 4, 0)

    async def test_a_name_that_a_lower_one_elsewhere_has_as_well(self, world: World, office: Office):
        """A path that leaves nothing out between its names means the area to which it leads so."""
        await make_area(world.database, world.other_grid, AreaKind.POST, name=world.grid.name)
        head, way = ("名称", "类型", "上级"), f"{world.community.name}/{world.grid.name}"
        done = await office.taken("areas", world.district.id, xlsx(head, ("一号楼", "楼栋", way)))
        assert counts(done) == (1, 0, 0, 0)
        assert (await areas_of(world))["一号楼"]["parent_id"] == world.grid.id
        rows = (head, ("二号楼", "楼栋", world.grid.name))
        assert await refusals(office, world.district.id, *rows) == [(2, "parent", PARENT_MISSING)]

    async def test_names_that_stand_in_their_column_once_more(self, world: World, office: Office):
        content = xlsx(
            ("街道", "社区", "名称", "类型"), ("东门街道", "", "东门街道", ""), ("东门街道", "", "东街", "社区")
        )
        assert counts(await office.taken("areas", world.district.id, content)) == (2, 0, 0, 0)
        assert (await areas_of(world))["东街"]["parent"] == "东门街道"

    async def test_levels_that_are_left_out(self, world: World, office: Office):
        """The community is the only one of its name: its street need not be told."""
        content = xlsx(
            ("社区", "网格", "户数"), (world.community.name, world.grid.name, 7), (world.community.name, "新", 8)
        )
        assert counts(await office.taken("areas", world.district.id, content)) == (1, 1, 0, 0)
        assert (await areas_of(world))["新"]["parent"] == world.community.name


class TestChanges:
    async def test_figures_code_and_by_the_code_a_name(self, world: World, office: Office):
        code = new_code()
        await office.taken("areas", world.district.id, xlsx(HEAD, ("东门街道", None, None, code, 10, 20)))
        content = xlsx(
            ("街道", "区划代码", "户数", "人口"), ("东门新街道", code, 11, None), (world.grid.name, "", "", "")
        )
        checked = await office.checked("areas", world.district.id, content)
        [row] = await office.rows(checked["id"], "changed")
        assert row["changes"] == [
            {"field": "name", "heading": "名称", "from": "东门街道", "to": "东门新街道"},
            {"field": "households", "heading": "户数", "from": "10", "to": "11"},
        ]
        await office.confirm(checked["id"], accept_refused=True)
        found = (await areas_of(world))["东门新街道"]
        assert (found["households"], found["residents"]) == (11, 20), "an empty cell says nothing"
        event = (await world.database.reads.fetch(EVENTS, found["id"]))[-1]
        assert (event["action"], event["from_state"], event["to_state"]) == ("edit", "open", "open")
        assert '"name": {"to": "东门新街道", "from": "东门街道"}' in event["facts"]
        history = await world.database.reads.fetchval(
            "SELECT count(*) FROM area_period WHERE area_id = $1", found["id"]
        )
        assert history == 2

    async def test_the_area_itself_stays(self, world: World, office: Office):
        rows = (("区", "户数"), (world.district.name, 5))
        assert await refusals(office, world.district.id, *rows) == [
            (2, None, "导入不能修改所选的区域本身，请在它的上级区域导入。")
        ]
        assert counts(
            await office.checked("areas", world.district.id, xlsx(("区", "户数"), (world.district.name, "")))
        ) == (
            *(0, 0, 1),
            0,
        )


class TestRefusals:
    async def test_what_is_missing_above(self, world: World, office: Office):
        rows = (HEAD[:3], ("东门街道", "幸福社区", "第一网格"), ("东门街道", "", ""), ("东门街道", "和平社区", "甲"))
        assert await refusals(office, world.district.id, *rows) == [
            (2, "community", PARENT_MISSING),
            (4, "community", PARENT_MISSING),
        ]

    async def test_what_waits_for_a_refused_row(self, world: World, office: Office):
        rows = (HEAD[:5], ("东门街道", "", "", "12", ""), ("东门街道", "幸福社区", "", "", ""))
        [first, second] = await refusals(office, world.district.id, *rows)
        assert first == (2, "code", "区划代码的位数不对，应为6至18位数字。")
        assert second == (3, "street", PARENT_MISSING)

    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            (("", "街道", "", ""), "没有写明是哪个区域，请填写各级名称，或者名称、类型和上级。"),
            (("东街", "", "", ""), "没有填写类型，请从区、街道、社区、网格、责任区中选择。"),
            (("", "街道", "", "东门"), "类型与名称所在的列不一致，请核对。"),
            (("东街", "网格", "没有这里", ""), PARENT_MISSING),
            (("东街", "村", "", ""), "不清楚属于哪个上级，请写明上级。"),
        ],
    )
    async def test_what_cannot_be_told(self, world: World, office: Office, row: tuple[str, ...], expected: str):
        rows = (("名称", "类型", "上级", "社区", "备注"), (*row, "行"))
        assert [found[2] for found in await refusals(office, world.district.id, *rows)] == [expected]

    async def test_misplaced_and_twice(self, world: World, office: Office):
        grid = world.grid.name
        rows = (
            ("名称", "类型", "上级"),
            ("东街", "街道", grid),
            (grid, "社区", world.community.name),
            (grid, "网格", world.community.name),
            (grid, "网格", world.community.name),
        )
        told = await refusals(office, world.district.id, *rows)
        assert told[0][2].startswith("这类区域不能放在所选的上级下面")
        assert told[1:] == [
            (3, "kind", "同一位置已有同名的其他类型区域，请核对类型。"),
            (4, None, "与第3行重复，请只保留一行。"),
            (5, None, "与第3行重复，请只保留一行。"),
        ]

    async def test_a_code_that_is_taken_elsewhere_and_an_area_that_lies_elsewhere(self, world: World, office: Office):
        code, own = new_code(), new_code()
        await world.database.writes.execute("UPDATE area SET code = $2 WHERE id = $1", world.neighbour.id, code)
        await world.database.writes.execute("UPDATE area SET code = $2 WHERE id = $1", world.grid.id, own)
        rows = (
            ("街道", "网格", "区划代码"),
            ("东门街道", "", code),
            ("北门街道", "", ""),
            ("北门街道", world.grid.name, own),
        )
        assert await refusals(office, world.district.id, *rows) == [
            (2, "code", "这个区划代码已有区域在用，请核对后再填。"),
            (4, None, "这个区域已在另一个上级下面。导入不会移动区域，请在区域管理中移动。"),
        ]

    async def test_nothing_outside_is_touched_or_told_of(self, world: World, api: ApiClient, jobs: Jobs):
        office = Office(api, jobs, await world.holder(Role.ADMINISTRATOR, world.grid))
        rows = (
            ("区", "社区", "网格", "责任区"),
            (world.district.name, "", "", ""),
            (world.neighbour.name, "", "", ""),
            ("", world.community.name, world.other_grid.name, ""),
            ("", world.community.name, "", "甲"),
            (world.district.name, world.community.name, world.grid.name, "一号楼"),
        )
        told = await refusals(office, world.grid.id, *rows)
        assert [number for number, *_ in told] == [2, 3, 4, 5]
        checked = await office.checked("areas", world.grid.id, xlsx(*rows))
        done = await office.confirm(checked["id"], accept_refused=True)
        assert counts(done) == (1, 0, 0, 4)
        assert (await areas_of(world))["一号楼"]["parent"] == world.grid.name


class TestDoubts:
    async def test_sums_of_what_lies_below(self, world: World, office: Office):
        content = xlsx(
            ("街道", "社区", "网格", "户数"),
            ("东门街道", "", "", ""),
            ("东门街道", "幸福社区", "", 104),
            ("东门街道", "幸福社区", "甲网格", 65),
            ("东门街道", "幸福社区", "乙网格", 49),
        )
        checked = await office.checked("areas", world.district.id, content)
        assert counts(checked) == (4, 0, 0, 0)
        doubts = {row["label"]: reasons(row) for row in await office.rows(checked["id"]) if row["reasons"]}
        assert doubts == {"幸福社区": [("households", "户数为104，但下级2个区域相加为114，请核对。")]}

    async def test_totals_of_every_level_at_once_are_none(self, world: World, office: Office):
        rows = [("东门街道", "", 30), ("东门街道", "甲", 10), ("东门街道", "乙", 20)]
        wrong = {"number": 5, "reason": "合计行的户数为31，但以上各行相加为30，请核对。"}
        for total, expected in ((30, []), (60, []), (31, [wrong])):
            content = xlsx(("街道", "社区", "户数"), *rows, ("合计", "", total))
            checked = await office.checked("areas", world.district.id, content)
            assert checked["notes"] == expected


class TestExport:
    async def test_it_can_be_imported(self, world: World, office: Office):
        content = xlsx(
            HEAD,
            ("东门街道", "", "", "", 3, 4),
            ("东门街道", "幸福", "", "", 5, 6),
            ("东门街道", "幸福", "甲", "", 1, 2),
        )
        await office.taken("areas", world.district.id, content)
        exported = await office.api.get("/v1/exports/areas.xlsx", office.person, area_id=world.district.id)
        assert exported.status_code == 200
        [_, *rows], _ = sheets_of(exported.content)
        assert len(rows) == 1 + 1 + 1 + 2 + 3
        checked = await office.checked("areas", world.district.id, exported.content)
        assert counts(checked) == (0, 0, len(rows), 0)

    async def test_two_levels_of_one_kind(self, world: World, office: Office):
        street = world.district.name
        content = xlsx(
            ("名称", "类型", "上级"),
            ("大街道", "街道", street),
            ("小街道", "街道", f"{street}/大街道"),
            ("甲", "社区", "小街道"),
        )
        await office.taken("areas", world.district.id, content)
        exported = await office.api.get("/v1/exports/areas.xlsx", office.person, area_id=world.district.id)
        checked = await office.checked("areas", world.district.id, exported.content)
        assert counts(checked) == (0, 0, checked["counts"]["rows"], 0)
