"""Members from a roster: found by name and number, entered, transferred, or put right in kind, unit and check-ins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.core.db import Reads
from app.domain import texts
from app.domain.caller import Role
from app.domain.kinds import EMPLOYED_KINDS, ImportKind, MemberKind
from app.domain.lifecycles import MEMBER
from app.domain.sheets import cells
from app.domain.sheets.columns import Column
from app.domain.sheets.fields import Choice, Date, Text, Value
from app.domain.sheets.records import Record
from app.schemas.fields import FIRST_DAY
from app.services.imports import hats
from app.services.imports.hats import CONTACT, HOME, Hat, Known, Tell
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind
from app.services.imports.tree import Node, Tree, path_name, split_path

BRANCH_MAX = 50
KINDS = Choice(
    {
        MemberKind.IN_SERVICE: "在职党员",
        MemberKind.RETIRED: "离退休党员",
        MemberKind.FLOATING: "流动党员",
        MemberKind.UNASSIGNED: "无职党员",
        MemberKind.NEW_SECTOR: "两新组织党员",
    },
    {
        MemberKind.IN_SERVICE: ("在职", "在岗", "在岗党员", "机关在职", "在职在岗"),
        MemberKind.RETIRED: ("离退休", "退休", "离休", "退休党员", "离休党员", "离退休干部党员"),
        MemberKind.FLOATING: ("流动", "流入", "流入党员", "外来流动党员"),
        MemberKind.UNASSIGNED: ("无职", "无固定职业", "居民党员", "农村党员", "社区党员", "无业"),
        MemberKind.NEW_SECTOR: ("两新", "两新党员", "非公党员", "非公企业党员", "社会组织党员", "两新组织"),
    },
)
DAY = Date(earliest=FIRST_DAY, may_lack_day=True)
COLUMNS = (
    *CONTACT,
    *HOME,
    Column("kind", "党员类型", KINDS, synonyms=("党员类别", "类型", "类别", "党员性质", "人员类别")),
    Column("unit", "工作单位", Text(50), synonyms=("单位", "单位名称", "所在单位", "在职单位", "工作单位名称")),
    Column(
        "unit_area",
        "单位报到社区",
        Text(400),
        synonyms=("单位报到地", "单位结对社区", "单位共建社区"),
        note=texts.IMPORT_NOTE_UNIT_AREA,
    ),
    Column("unit_checked_in_on", "单位报到日期", DAY, synonyms=("单位报到时间",)),
    Column(
        "home_checked_in_on", "社区报到日期", DAY, synonyms=("报到日期", "报到时间", "社区报到时间", "个人报到日期")
    ),
    Column(
        "home_branch", "流出地党支部", Text(BRANCH_MAX), synonyms=("流出党支部", "流出地党组织", "组织关系所在支部")
    ),
    Column("host_branch", "流入地党支部", Text(BRANCH_MAX), synonyms=("流入党支部", "流入地党组织", "接收支部")),
)
FIELDS = ("kind", "unit_id", "unit_area_id", "unit_checked_in_on", "home_checked_in_on", "home_branch", "host_branch")

LIST_UNITS = """
    SELECT x.id, x.name, a.lineage, x.closed_at IS NULL AS is_open FROM unit x JOIN area a ON a.id = x.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] ORDER BY x.id
"""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit anywhere in the city."""

    id: UUID
    name: str
    lineage: Sequence[UUID]
    is_open: bool


@dataclass(slots=True)
class _City:
    """What members are joined with that need not lie in the area: units, and where these reported. Both are public."""

    tree: Tree
    units: dict[UUID, _Unit]
    by_name: dict[str, list[_Unit]] = field(default_factory=dict)

    @classmethod
    async def read(cls, reads: Reads, root_id: UUID) -> "_City":
        """Return units and areas below a root."""
        rows = await reads.fetch(LIST_UNITS, root_id)
        city = cls(await Tree.read(reads, root_id), {row["id"]: _Unit(*row) for row in rows})
        for unit in city.units.values():
            city.by_name.setdefault(cells.key(unit.name), []).append(unit)
        return city

    def find_unit(self, name: str, home: Node, present: UUID | None) -> _Unit | str:
        """Return the unit of a name, of several the present or the nearest one; or the sentence why there is none."""
        found = [unit for unit in self.by_name.get(cells.key(name), []) if unit.is_open or unit.id == present]
        for unit in found:
            if unit.id == present or len(found) == 1:
                return unit
        above = {node.id for node in home.upwards()}
        nearness = [sum(area_id in above for area_id in unit.lineage) for unit in found]
        if not found:
            return texts.IMPORT_UNIT_UNKNOWN
        if nearness.count(max(nearness)) > 1:
            return texts.IMPORT_UNIT_AMBIGUOUS
        return found[nearness.index(max(nearness))]

    def tell(self, columns: Mapping[str, Any]) -> dict[str, Value]:
        """Return the columns of a membership as they stand in a table."""
        told: dict[str, Value] = {name: columns[name] for name in FIELDS if name not in {"unit_id", "unit_area_id"}}
        unit, area = self.units.get(columns["unit_id"]), self.tree.by_id.get(columns["unit_area_id"])
        told["unit"] = None if unit is None else unit.name
        told["unit_area"] = None if area is None else path_name(area)
        return told


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row."""
    return await hats.judge(desk, records, HAT)


async def _prepare(desk: Desk, _tree: Tree, _records: Sequence[Record]) -> Tell:
    city = await _City.read(desk.connection, desk.lineage[0])

    def tell(row: Judged, known: Known | None, home: Node) -> dict[str, Any] | None:
        return _tell(city, row, known, home)

    return tell


def _tell(city: _City, row: Judged, known: Known | None, home: Node) -> dict[str, Any] | None:
    """Return the columns of a membership as they would be, or refuse the row."""
    columns: dict[str, Any] = {name: known.row[name] if known else None for name in FIELDS}
    before = city.tell(columns)
    values = row.record.values
    for name in FIELDS:
        if values.get(name) is not None:
            columns[name] = values[name]
    unit, unit_area = values.get("unit"), values.get("unit_area")
    if isinstance(unit, str):
        found = city.find_unit(unit, home, columns["unit_id"])
        if isinstance(found, str):
            row.refuse(found, "unit", "unit-unknown")
            return None
        columns["unit_id"] = found.id
    if isinstance(unit_area, str):
        area = city.tree.find_path(split_path(unit_area))
        if area is None:
            row.refuse(texts.IMPORT_UNIT_AREA_UNKNOWN, "unit_area", "area-unknown")
            return None
        columns["unit_area_id"] = area.id
    if columns["kind"] != MemberKind.FLOATING and not {"home_branch", "host_branch"} & _told(values):
        columns |= {"home_branch": None, "host_branch": None}  # what was said of a floating member no longer holds
    _require(row, columns)
    if known is not None and not row.is_refused:
        row.changes += _changes(before, city.tell(columns))
    return columns


def _told(values: Mapping[str, Value]) -> set[str]:
    return {name for name, value in values.items() if value is not None}


def _require(row: Judged, columns: Mapping[str, Any]) -> None:
    """Refuse what cannot be so together; the database would."""
    faulty = {fault.column for fault in row.faults}
    if columns["kind"] is None and "kind" not in faulty:
        row.refuse(texts.IMPORT_MEMBER_KIND_MISSING, "kind", "required")
    if columns["kind"] in EMPLOYED_KINDS and columns["unit_id"] is None and "unit" not in faulty:
        row.refuse(texts.IMPORT_UNIT_MISSING, "unit", "required")
    if columns["unit_area_id"] is not None and columns["unit_id"] is None and "unit" not in faulty:
        row.refuse(texts.IMPORT_UNIT_AREA_WITHOUT_UNIT, "unit_area", "unit-missing")
    if columns["unit_checked_in_on"] is not None and columns["unit_area_id"] is None and "unit_area" not in faulty:
        row.refuse(texts.IMPORT_UNIT_AREA_MISSING, "unit_checked_in_on", "unit-area-missing")
    if columns["kind"] != MemberKind.FLOATING and (columns["home_branch"] or columns["host_branch"]):
        row.refuse(
            texts.IMPORT_NOT_FLOATING, "home_branch" if columns["home_branch"] else "host_branch", "not-floating"
        )


def _changes(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[Change]:
    return [
        Change(name, _written(name, before[name]), _written(name, value))
        for name, value in after.items()
        if value != before[name]
    ]


def _written(name: str, value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else MEMBERS.written(name, value)


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Write the roster."""
    await hats.apply(desk, judged, advance, HAT)


async def list_rows(reads: Reads, secret: str, area_id: UUID, with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the approved members of the area and all below it."""
    root_id = await reads.fetchval("SELECT lineage[1] FROM area WHERE id = $1", area_id)
    city = await _City.read(reads, root_id)
    return await hats.list_rows(reads, secret, area_id, HAT, city.tell, with_personal=with_personal)


HAT = Hat(MEMBER, FIELDS, _prepare)
MEMBERS = Kind(ImportKind.MEMBERS, "党员", COLUMNS, Role.STAFF, judge, apply, list_rows, personal=frozenset({"phone"}))
