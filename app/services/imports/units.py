"""Units from a spreadsheet: found by their name in their area, added, or changed in kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import Reads
from app.core.ids import new_id
from app.domain import texts
from app.domain.caller import Role
from app.domain.kinds import ImportKind, UnitKind, Verdict
from app.domain.sheets import cells
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import Choice, Text, Value
from app.domain.sheets.records import Record
from app.services import transitions
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind, begin, chunks, columns_of
from app.services.imports.tree import CODE, PATH, Tree, path_values
from app.services.transitions import Told

NAME_MAX = 50
KINDS = Choice(
    {
        UnitKind.GOVERNMENT: "机关事业单位",
        UnitKind.ENTERPRISE: "企业",
        UnitKind.NON_PUBLIC_ENTERPRISE: "非公企业",
        UnitKind.SOCIAL_ORGANISATION: "社会组织",
        UnitKind.PROPERTY: "物业服务企业",
        UnitKind.DEPARTMENT: "职能部门",
    },
    {
        UnitKind.GOVERNMENT: ("机关", "事业单位", "党政机关", "行政机关", "政府机关", "行政事业单位", "机关单位"),
        UnitKind.ENTERPRISE: ("国有企业", "国企", "集体企业", "公司", "企业单位"),
        UnitKind.NON_PUBLIC_ENTERPRISE: ("非公有制企业", "非公", "民营企业", "私营企业", "外资企业"),
        UnitKind.SOCIAL_ORGANISATION: ("社会团体", "社团", "民办非企业", "民办非企业单位", "协会", "基金会", "商会"),
        UnitKind.PROPERTY: ("物业", "物业公司", "物业企业", "物业服务公司", "物业管理公司"),
        UnitKind.DEPARTMENT: ("部门", "政府部门", "区直部门", "区属部门", "派驻机构", "七站八所"),
    },
)
COLUMNS = (
    Column(
        "name",
        "单位名称",
        Text(NAME_MAX),
        synonyms=("单位", "名称", "单位全称", "机构名称", "企业名称"),
        is_required=True,
        example="区市场监督管理局",
    ),
    Column("kind", "单位类型", KINDS, synonyms=("类型", "单位性质", "性质", "单位类别", "机构类型"), is_required=True),
    *PATH,
    CODE,
)

LIST = """
    SELECT x.id, x.area_id, x.kind, x.name FROM unit x JOIN area a ON a.id = x.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND x.closed_at IS NULL ORDER BY x.id
"""
INSERT = """
    INSERT INTO unit (id, area_id, kind, name)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS n (id, area_id, kind, name) ORDER BY id
"""
UPDATE = """
    UPDATE unit x SET kind = n.kind FROM unnest($1::uuid[], $2::text[]) AS n (id, kind) WHERE x.id = n.id
"""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit that is there, or that a row would add."""

    id: UUID
    area_id: UUID
    kind: str
    name: str


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row; two statements. Locks the units of the area when they are to be written."""
    tree = await Tree.read(desk.connection, desk.area_id)
    rows = await desk.connection.fetch(f"{LIST} {desk.lock}", desk.area_id)
    known = {
        (row["area_id"], cells.key(row["name"])): _Unit(row["id"], row["area_id"], row["kind"], row["name"])
        for row in rows
    }
    seen: dict[tuple[UUID, str], int] = {}
    judged = []
    for record in records:
        row = begin(record)
        judged.append(row)
        name, kind = record.values.get("name"), record.values.get("kind")
        row.label = name if isinstance(name, str) else ""
        area = tree.find(record.values) or tree.root
        if isinstance(area, Fault):
            row.refuse(area.sentence, area.column, area.code)
        elif isinstance(name, str) and isinstance(kind, str) and not row.is_refused:
            key = (area.id, cells.key(name))
            if seen.setdefault(key, row.number) != row.number:
                row.refuse(texts.IMPORT_SAME_ROW.format(number=seen[key]), code="same-row")
            else:
                _compare(row, known.get(key), _Unit(new_id(), area.id, kind, name))
    return judged


def _compare(row: Judged, known: _Unit | None, told: _Unit) -> None:
    row.target = known or told
    row.is_new = known is None
    if known is not None and known.kind != told.kind:
        row.changes.append(Change("kind", str(KINDS.write(known.kind)), str(KINDS.write(told.kind))))


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Add units and change their kinds."""
    done = 0
    for part in chunks([row for row in judged if row.verdict == Verdict.ADDED]):
        units: list[_Unit] = [row.target for row in part]
        await desk.connection.execute(INSERT, *columns_of(((u.id, u.area_id, u.kind, u.name) for u in units), 4))
        told = [Told(u.id, "add", "open", facts={"area_id": u.area_id, "kind": u.kind}) for u in units]
        await transitions.log_many(desk.connection, "unit", desk.mover, told)
        done += len(part)
        await advance(done, len(judged))
    for part in chunks([row for row in judged if row.verdict == Verdict.CHANGED]):
        changed = [(row.target, str(row.record.values["kind"])) for row in part]
        await desk.connection.execute(UPDATE, *columns_of(((unit.id, kind) for unit, kind in changed), 2))
        told = [
            Told(unit.id, "edit", "open", "open", {"kind": {"from": unit.kind, "to": kind}}) for unit, kind in changed
        ]
        await transitions.log_many(desk.connection, "unit", desk.mover, told)
        done += len(part)
        await advance(done, len(judged))


async def list_rows(reads: Reads, _secret: str, area_id: UUID, _with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the units of the area and all below it."""
    tree = await Tree.read(reads, area_id)
    rows = await reads.fetch(LIST, area_id)
    return [{"name": row["name"], "kind": row["kind"]} | path_values(tree.by_id[row["area_id"]]) for row in rows]


UNITS = Kind(ImportKind.UNITS, "单位", COLUMNS, Role.ADMINISTRATOR, judge, apply, list_rows)
