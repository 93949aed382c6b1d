"""Areas from a spreadsheet: found by their code or their place in the tree, added, or changed in name, code, figures.

Two ways to write a row: the names of all levels, the last being the area itself; or its own name and kind beside the
area above. What stands in no cell is left as it is. Areas are moved, merged and closed by their own verbs alone.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from app.core.db import Reads
from app.domain import texts
from app.domain.area_tree import NAME_MAX
from app.domain.caller import Role
from app.domain.kinds import ImportKind, Verdict
from app.domain.sheets import records as flat
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import Choice, DivisionCode, Integer, Text, Value
from app.domain.sheets.records import Record
from app.domain.sheets.tables import Table
from app.services import transitions
from app.services.imports.area_rows import FIGURES, Placing, Wanted
from app.services.imports.kind import Advance, Desk, Judged, Kind, chunks, columns_of
from app.services.imports.tree import KIND_OF, PATH, POST, Node, Tree, path_name, path_values, steps_of
from app.services.transitions import Told

KINDS = Choice(
    {"district": "区", "street": "街道", "community": "社区", "grid": "网格", "post": "责任区"},
    {
        "district": ("区县", "县", "市辖区", "县级市"),
        "street": ("镇", "乡", "乡镇", "镇街", "街镇", "街道办", "街道办事处", "开发区"),
        "community": ("村", "居", "村居", "居委会", "村委会", "社区居委会"),
        "grid": ("单元网格", "综合网格", "基础网格", "专属网格"),
        "post": ("微网格", "楼栋", "中心户", "责任片区", "岗位"),
    },
)
COLUMNS = (
    *PATH,
    POST,
    Column("name", "名称", Text(NAME_MAX), synonyms=("区域名称", "名字"), note=texts.IMPORT_NOTE_AREA_NAME),
    Column("kind", "类型", KINDS, synonyms=("级别", "层级", "区域类型", "类别", "区域级别")),
    Column("parent", "上级", Text(400), synonyms=("上级名称", "上级区域", "所属上级", "上级单位", "父级")),
    Column("parent_code", "上级代码", DivisionCode(), synonyms=("上级区划代码", "上级编码", "父级代码")),
    Column("code", "区划代码", DivisionCode(), synonyms=("代码", "行政区划代码", "统计用区划代码", "区域代码", "编码")),
    Column(
        "households",
        FIGURES["households"],
        Integer(),
        synonyms=("总户数", "居民户数", "常住户数", "住户数"),
        example="320",
    ),
    Column(
        "residents",
        FIGURES["residents"],
        Integer(),
        synonyms=("人口数", "总人口", "常住人口", "居民人数", "居民数"),
        example="960",
    ),
)

TAKEN_CODES = """
    SELECT code FROM area WHERE code = ANY($1) AND closed_at IS NULL AND NOT lineage @> ARRAY[$2::uuid]
"""
LOCK = "SELECT id FROM area x WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
INSERT = """
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required, code, households, residents)
    SELECT n.id, n.parent_id, n.kind, n.name, p.lineage || n.id, true, n.code, n.households, n.residents
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[])
        AS n (id, parent_id, kind, name, code, households, residents)
    JOIN area p ON p.id = n.parent_id ORDER BY n.id
"""
UPDATE = """
    UPDATE area x SET name = n.name, code = n.code, households = n.households, residents = n.residents
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[]) AS n (id, name, code, households, residents)
    WHERE x.id = n.id
"""


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row; two statements."""
    tree = await Tree.read(desk.connection, desk.area_id)
    codes = [code for record in records if isinstance(code := record.values.get("code"), str)]
    taken = await desk.connection.fetch(TAKEN_CODES, codes, desk.area_id)
    return Placing(tree, frozenset(row["code"] for row in taken)).place_all(records)


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Add and change areas, level by level from the top."""
    done = 0
    new = sorted((row for row in judged if row.verdict == Verdict.ADDED), key=_depth)
    for _, level in groupby(new, key=_depth):
        for part in chunks(list(level)):
            await _add(desk, [node_of(row) for row in part])
            done += len(part)
            await advance(done, len(judged))
    for part in chunks([row for row in judged if row.verdict == Verdict.CHANGED]):
        await _change(desk, part)
        done += len(part)
        await advance(done, len(judged))


def check_totals(table: Table, columns: Sequence[Column], records: Sequence[Record]) -> list[tuple[int, Fault]]:
    """Return what is wrong with a row of totals, which may count all rows or those of one level alone."""
    found = []
    for column in columns:
        counted = [record for record in records if record.values.get(column.name) is not None]
        levels = [[record for record in counted if _level(record) == level] for level in reversed(KIND_OF)]
        wrong = [flat.check_totals(table, [column], rows) for rows in (counted, *levels) if rows]
        if column.name in FIGURES and wrong and all(wrong):
            found += wrong[-1]
    return found


def _level(record: Record) -> str:
    """Return of which level a row is, by its kind or the columns that are filled in."""
    kind, steps = record.values.get("kind"), steps_of(record.values)
    return kind if isinstance(kind, str) else steps[-1][0] if steps else ""


async def list_rows(reads: Reads, _secret: str, area_id: UUID, _with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the area and all below it as a file tells of them."""
    tree = await Tree.read(reads, area_id)
    return [_row(node) for node in tree.by_id.values() if tree.root in node.upwards()]


def node_of(row: Judged) -> Node:
    """Return the area that a row speaks of."""
    assert isinstance(row.target, Wanted)
    assert row.target.node is not None
    return row.target.node


def _depth(row: Judged) -> int:
    return node_of(row).depth


async def _add(desk: Desk, nodes: Sequence[Node]) -> None:
    rows = [
        (node.id, _parent_id(node), node.kind, node.name, node.code, node.households, node.residents) for node in nodes
    ]
    await desk.connection.execute(INSERT, *columns_of(rows, 7))
    told = [
        Told(
            node.id,
            "add",
            "open",
            facts={
                "parent_id": _parent_id(node),
                "kind": node.kind,
                "name": node.name,
                "code": node.code,
                "households": node.households,
                "residents": node.residents,
                "is_wish_review_required": True,
            },
        )
        for node in nodes
    ]
    await transitions.log_many(desk.connection, "area", desk.mover, told)


def _parent_id(node: Node) -> UUID:
    assert node.parent is not None, "roots are planted, not imported"
    return node.parent.id


async def _change(desk: Desk, rows: Sequence[Judged]) -> None:
    changed, told = [], []
    for row in rows:
        node = node_of(row)
        new = {change.column: change.new for change in row.changes}
        name, code = new.get("name", node.name), new.get("code", node.code)
        changed.append((node.id, name, code, node.households, node.residents))
        facts = {change.column: {"from": _fact(change.column, change.old), "to": _fact(change.column, change.new)}
                 for change in row.changes}  # fmt: skip
        told.append(Told(node.id, "edit", "open", "open", facts))
    await desk.connection.fetch(LOCK, [row[0] for row in changed])
    await desk.connection.execute(UPDATE, *columns_of(changed, 5))
    await transitions.log_many(desk.connection, "area", desk.mover, told)


def _fact(column: str, written: str) -> str | int | None:
    if not written:
        return None
    return int(written) if column in FIGURES else written


def _row(node: Node) -> Mapping[str, Value]:
    """Return a row of names of levels or, where two levels are of one kind, of a name beside the area above."""
    told: dict[str, Value] = {"code": node.code, "households": node.households, "residents": node.residents}
    kinds = [above.kind for above in node.upwards()]
    if len(set(kinds)) == len(kinds):
        return told | path_values(node)
    assert node.parent is not None, "a root is alone of its kind"
    return told | {"name": node.name, "kind": node.kind, "parent": path_name(node.parent)}


AREAS = Kind(ImportKind.AREAS, "区域", COLUMNS, Role.ADMINISTRATOR, judge, apply, list_rows, check_totals)
