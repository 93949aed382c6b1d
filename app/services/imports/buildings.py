"""Buildings from a spreadsheet: found by their address in their grid, added, or put right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from asyncpg import Record as Row

from app.core.db import Reads
from app.core.ids import new_id
from app.domain import addresses, geometry, texts
from app.domain.caller import Role
from app.domain.geometry import PointIndex
from app.domain.kinds import AreaKind, ImportKind, Verdict
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import Integer, Number, Text, Value, Words
from app.domain.sheets.records import Record
from app.domain.shielding import mask_text
from app.models.building import NAME_MAX
from app.schemas.buildings import ALIASES_MAX, HOUSEHOLDS_MAX
from app.services import buildings, transitions
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind, begin, chunks
from app.services.imports.tree import CODE, PATH, Node, Tree, path_values
from app.services.places import NEAR_M
from app.services.transitions import Told

COLUMNS = (
    *PATH,
    CODE,
    Column(
        "estate", "小区或道路", Text(NAME_MAX), synonyms=("小区", "小区名称", "道路", "路名", "院落", "所属小区"),
        note=texts.IMPORT_NOTE_ESTATE,
    ),
    Column(
        "name", "楼栋", Text(NAME_MAX), is_required=True, example="幸福路12号院3号楼",
        synonyms=("楼栋名称", "楼号", "楼栋号", "楼院", "地址", "详细地址", "楼栋地址", "建筑名称", "门牌号"),
    ),
    Column("aliases", "别名", Words(ALIASES_MAX, NAME_MAX), synonyms=("俗称", "曾用名", "又称", "其他名称")),
    Column("households", "户数", Integer(max=HOUSEHOLDS_MAX), synonyms=("住户数", "总户数", "居民户数")),
    Column(
        "longitude", "经度", Number(73, 136), synonyms=("lng", "lon", "东经", "坐标经度"), note=texts.IMPORT_NOTE_POINT
    ),
    Column("latitude", "纬度", Number(3, 54), synonyms=("lat", "北纬", "坐标纬度"), note=texts.IMPORT_NOTE_POINT),
)  # fmt: skip
FIELDS = ("name", "aliases", "households", "longitude", "latitude")
POINT = ("longitude", "latitude")
DEGREE_DIGITS = 6

LIST = """
    SELECT x.id, x.area_id, x.name, x.aliases, x.households, x.longitude, x.latitude, x.key
    FROM building x JOIN area a ON a.id = x.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND a.closed_at IS NULL ORDER BY x.id
"""
LIST_SHAPES = "SELECT area_id, geometry FROM area_shape WHERE area_id = ANY($1)"
INSERT = """
    INSERT INTO building (id, area_id, name, aliases, households, longitude, latitude, key, terms)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
UPDATE = """
    UPDATE building SET area_id = $2, name = $3, aliases = $4, households = $5, longitude = $6, latitude = $7, key = $8,
        terms = $9
    WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class _Building:
    """A building as a row would have it; ``values`` are those of ``FIELDS``."""

    id: UUID
    area_id: UUID
    values: Mapping[str, Value]

    @property
    def row(self) -> tuple[object, ...]:
        """The columns of the table."""
        name, told = str(self.values["name"]), self.values["aliases"]
        aliases = list(told) if isinstance(told, tuple) else []
        point = [None if (degrees := self.values[each]) is None else Decimal(str(degrees)) for each in POINT]
        key, terms = addresses.read(name).key, buildings.terms_of([name, *aliases])
        return (self.id, self.area_id, name, aliases, self.values["households"], *point, key, terms)


@dataclass(slots=True)
class _Map:
    """The shapes of the grids that the rows with a point name."""

    grids: dict[UUID, PointIndex]

    @classmethod
    async def read(cls, reads: Reads, area_ids: Sequence[UUID]) -> "_Map":
        """Return the shapes of grids; those without one are left out."""
        rows = await reads.fetch(LIST_SHAPES, area_ids)
        return cls({row["area_id"]: PointIndex({row["area_id"]: geometry.shape_of(row["geometry"])}) for row in rows})

    def is_outside(self, area_id: UUID, values: Mapping[str, Value]) -> bool:
        """Whether a point is known to lie further from its grid than one stands beside it."""
        grid, (longitude, latitude) = self.grids.get(area_id), (values[name] for name in POINT)
        if grid is None or not (isinstance(longitude, int | float) and isinstance(latitude, int | float)):
            return False
        return not grid.nearest(float(longitude), float(latitude), NEAR_M)


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row; three statements. Locks the buildings of the area when they are to be written.

    A building is never moved to another grid: the same address may be in two.
    """
    tree = await Tree.read(desk.connection, desk.area_id)
    rows = await desk.connection.fetch(f"{LIST} {desk.lock}", desk.area_id)
    known = {(row["area_id"], row["key"]): row for row in rows}
    found = [tree.find(record.values) or tree.root for record in records]
    grids = {area.id for area in found if isinstance(area, Node)}
    shapes = await _Map.read(desk.connection, list(grids))
    seen: dict[tuple[UUID, str], int] = {}
    judged = []
    for record, area in zip(records, found, strict=True):
        row = begin(record)
        judged.append(row)
        name = _name(record)
        row.label = name or ""
        if isinstance(area, Fault):
            row.refuse(area.sentence, area.column, area.code)
        elif area.kind != AreaKind.GRID:
            row.refuse(texts.IMPORT_HOME_NOT_GRID, "grid", "area-not-a-grid")
        if row.is_refused or name is None or not isinstance(area, Node) or not _is_named(row, name):
            continue
        key = (area.id, addresses.read(name).key)
        if seen.setdefault(key, row.number) != row.number:
            row.refuse(texts.IMPORT_SAME_ROW.format(number=seen[key]), code="same-row")
        else:
            _compare(row, known.get(key), area.id, name, shapes)
    return judged


def _name(record: Record) -> str | None:
    """Return the address, with the estate or road before the building unless it says so itself."""
    estate, name = record.values.get("estate"), record.values.get("name")
    if not isinstance(name, str):
        return None
    return estate + name if isinstance(estate, str) and not name.startswith(estate) else name


def _is_named(row: Judged, name: str) -> bool:
    """Refuse names by which nobody could find the building, and those that tell somebody's number (I12)."""
    aliases = row.record.values.get("aliases")
    for column, told in (("name", (name,)), ("aliases", aliases if isinstance(aliases, tuple) else ())):
        if any(len(each) > NAME_MAX for each in told):
            row.refuse(texts.IMPORT_ADDRESS_TOO_LONG.format(max=NAME_MAX), column, "text-too-long")
        if any(mask_text(each) != each for each in told):
            row.refuse(texts.IMPORT_ADDRESS_PERSONAL, column, "personal-number")
        if any(not addresses.read(each).terms for each in told):
            row.refuse(texts.IMPORT_ADDRESS_EMPTY, column, "address-empty")
    return not row.is_refused


def _compare(row: Judged, known: Row | None, area_id: UUID, name: str, shapes: _Map) -> None:
    before = _values(known) if known else dict.fromkeys(FIELDS)
    told = {each: value for each in FIELDS if (value := row.record.values.get(each)) is not None} | {"name": name}
    if (told.get("longitude") is None) != (told.get("latitude") is None):
        row.refuse(texts.IMPORT_POINT_HALF, "latitude" if "longitude" in told else "longitude", "point-half")
        return
    after = before | {each: _rounded(value) for each, value in told.items()}
    if "longitude" in told and shapes.is_outside(area_id, after):
        row.refuse(texts.IMPORT_POINT_OUTSIDE.format(max=NEAR_M), "longitude", "building-outside-grid")
        return
    row.is_new = known is None
    row.target = _Building(known["id"] if known else new_id(), area_id, after)
    if known is not None:
        row.changes += [
            Change(each, BUILDINGS.written(each, before[each]), BUILDINGS.written(each, after[each]))
            for each in FIELDS
            if after[each] != before[each]
        ]


def _values(row: Row) -> dict[str, Value]:
    """Return a building's columns as a table tells them."""
    point = {name: None if row[name] is None else float(row[name]) for name in POINT}
    return {"name": row["name"], "aliases": tuple(row["aliases"]) or None, "households": row["households"], **point}


def _rounded(value: Value) -> Value:
    return round(value, DEGREE_DIGITS) if isinstance(value, float) else value


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Put buildings on the lists of their grids, and put them right."""
    done = 0
    for verdict, statement, action in ((Verdict.ADDED, INSERT, "create"), (Verdict.CHANGED, UPDATE, "edit")):
        for part in chunks([row for row in judged if row.verdict == verdict]):
            targets: list[_Building] = [row.target for row in part]
            await desk.connection.executemany(statement, [target.row for target in targets])
            before = "active" if verdict == Verdict.CHANGED else None
            told = [Told(target.id, action, "active", before) for target in targets]
            await transitions.log_many(desk.connection, "building", desk.mover, told)
            done += len(part)
            await advance(done, len(judged))


async def list_rows(reads: Reads, _secret: str, area_id: UUID, _with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the buildings of the area and all below it."""
    tree = await Tree.read(reads, area_id)
    rows = await reads.fetch(LIST, area_id)
    return [path_values(tree.by_id[row["area_id"]]) | _values(row) for row in rows]


BUILDINGS = Kind(ImportKind.BUILDINGS, "楼栋", COLUMNS, Role.STAFF, judge, apply, list_rows)
