"""Units from a spreadsheet: found by their credit code or their name in their area, added or put right.

A row adds to the areas where its unit reported, and never takes one away: every community has a list of its own.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record as Row

from app.core.db import Reads
from app.core.ids import new_id
from app.domain import texts
from app.domain.caller import Role
from app.domain.kinds import ImportKind, UnitKind, Verdict
from app.domain.sheets import cells
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import Choice, CreditCode, PersonName, Phone, Text, Value
from app.domain.sheets.records import Record
from app.services import people, transitions
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind, begin, chunks, columns_of
from app.services.imports.tree import CODE, PATH, Node, Tree, path_name, path_values, split_path
from app.services.people import Contact
from app.services.transitions import Told

NAME_MAX = 50
PLACES_MAX = 2000
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
        "name", "单位名称", Text(NAME_MAX, is_public=True),
        synonyms=("单位", "名称", "单位全称", "机构名称", "企业名称"),
        is_required=True, example="区市场监督管理局",
    ),
    Column("kind", "单位类型", KINDS, synonyms=("类型", "单位性质", "性质", "单位类别", "机构类型"), is_required=True),
    Column("credit_code", "统一社会信用代码", CreditCode(), synonyms=("信用代码", "社会信用代码", "统一信用代码")),
    *PATH,
    CODE,
    Column("contact", "联系人", PersonName(), synonyms=("联系人姓名", "单位联系人", "联络员", "负责人", "对接人")),
    Column("phone", "联系电话", Phone(), synonyms=("电话", "手机", "手机号", "手机号码", "联系方式", "联系人电话")),
    Column(
        "reported_to", "报到社区", Text(PLACES_MAX),
        synonyms=("单位报到社区", "报到区域", "报到地", "结对社区", "共建社区"), note=texts.IMPORT_NOTE_REPORTED,
    ),
)  # fmt: skip

LIST = """
    SELECT x.id, x.area_id, x.kind, x.name, x.credit_code, x.contact_id, p.sealed, p.identity_hash,
        ARRAY(SELECT r.area_id FROM unit_area r WHERE r.unit_id = x.id ORDER BY r.area_id) AS reported_to
    FROM unit x JOIN area a ON a.id = x.area_id LEFT JOIN person p ON p.id = x.contact_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND x.closed_at IS NULL ORDER BY x.id
"""
TAKEN = """
    SELECT x.credit_code FROM unit x JOIN area a ON a.id = x.area_id
    WHERE x.credit_code = ANY($1) AND x.closed_at IS NULL AND NOT a.lineage @> ARRAY[$2::uuid]
"""
INSERT = """
    INSERT INTO unit (id, area_id, kind, name, credit_code, contact_id)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[])
        AS n (id, area_id, kind, name, credit_code, contact_id) ORDER BY id
"""
UPDATE = """
    UPDATE unit x SET kind = n.kind, name = n.name, credit_code = n.credit_code, contact_id = n.contact_id
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[])
        AS n (id, kind, name, credit_code, contact_id) WHERE x.id = n.id
"""
REPORT = """
    INSERT INTO unit_area (unit_id, area_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS n (unit_id, area_id)
    ORDER BY unit_id, area_id ON CONFLICT DO NOTHING
"""
PLACES_SEPARATOR = "、"
_PLACES = re.compile("[、，,;；\n]")
PLAIN = ("kind", "name", "credit_code")


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a row makes of a unit: its columns as they would be, whom to call there then, and where else it reported."""

    id: UUID
    area_id: UUID
    known: Row | None
    columns: dict[str, Any]
    contact: Contact | None
    """Who is to be called from now on; None: whoever was."""
    reported_to: Sequence[UUID]


@dataclass(slots=True)
class _Register:
    """The units of an area, the credit codes that others have, and the city in which units report."""

    desk: Desk
    tree: Tree
    city: Tree
    by_name: dict[tuple[UUID, str], Row]
    by_code: dict[str, Row]
    taken: set[str]

    @classmethod
    async def read(cls, desk: Desk, records: Sequence[Record]) -> "_Register":
        """Return them; four statements. Locks the units when they are about to be written."""
        tree = await Tree.read(desk.connection, desk.area_id)
        city = await Tree.read(desk.connection, desk.lineage[0])
        rows = await desk.connection.fetch(f"{LIST} {desk.lock}", desk.area_id)
        codes = [code for record in records if isinstance(code := record.values.get("credit_code"), str)]
        taken = {row["credit_code"] for row in await desk.connection.fetch(TAKEN, codes, desk.area_id)}
        by_code = {row["credit_code"]: row for row in rows if row["credit_code"] is not None}
        return cls(desk, tree, city, {_key(row["area_id"], row["name"]): row for row in rows}, by_code, taken)

    def place(self, values: Mapping[str, Value]) -> Node | Fault:
        """Return where a unit is: as the row says, where the one of its code is, or the area of the import."""
        named = self.tree.find(values)
        owner = self.by_code.get(str(values.get("credit_code") or ""))
        return named or (self.tree.by_id[owner["area_id"]] if owner else self.tree.root)

    def find(self, row: Judged, area: Node, name: str, code: str | None) -> Row | None:
        """Return the unit that a row is about, if it is there; refuses the row when the code is another one's."""
        known = self.by_name.get(_key(area.id, name))
        owner = self.by_code.get(code or "")
        if code in self.taken:
            row.refuse(texts.IMPORT_UNIT_CODE_ELSEWHERE, "credit_code", "credit-code-taken")
        elif owner is not None and (owner["area_id"] != area.id or not (known is None or known is owner)):
            row.refuse(texts.IMPORT_UNIT_CODE_TAKEN.format(name=owner["name"]), "credit_code", "credit-code-taken")
        return owner if known is None else known

    def reported(self, row: Judged, known: Sequence[UUID]) -> list[UUID]:
        """Return the areas that a row adds to those where its unit reported; refuses it when there is no such area."""
        told = row.record.values.get("reported_to")
        if not isinstance(told, str) or told == written_places(self.city, known):
            return []
        added: dict[UUID, None] = {}
        for place in filter(None, map(str.strip, _PLACES.split(told))):
            node = self._find_place(place, known)
            if node is None:
                row.refuse(texts.IMPORT_REPORTED_UNKNOWN.format(place=place), "reported_to", "area-unknown")
            elif node.id in known:
                continue
            elif self.desk.area_id not in {above.id for above in node.upwards()}:
                row.refuse(texts.IMPORT_REPORTED_OUTSIDE.format(place=place), "reported_to", "area-outside")
            else:
                added[node.id] = None
        return list(added)

    def _find_place(self, place: str, known: Sequence[UUID]) -> Node | None:
        for area_id in known:
            node = self.city.by_id.get(area_id)
            if node is not None and path_name(node) == place:
                return node
        names = split_path(place)
        return self.tree.find_path(names) or self.city.find_path(names)


def _key(area_id: UUID, name: str) -> tuple[UUID, str]:
    return area_id, cells.key(name)


def written_places(city: Tree, area_ids: Sequence[UUID]) -> str:
    """Return areas as they stand in a cell, each with what it lies below."""
    nodes = [city.by_id[area_id] for area_id in area_ids if area_id in city.by_id]
    return PLACES_SEPARATOR.join(path_name(node) for node in nodes)


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row; four statements. Locks the units of the area when they are to be written."""
    register = await _Register.read(desk, records)
    seen: dict[object, int] = {}
    judged = []
    for record in records:
        row = begin(record)
        judged.append(row)
        name, code = record.values.get("name"), record.values.get("credit_code")
        row.label = name if isinstance(name, str) else ""
        area = register.place(record.values)
        if isinstance(area, Fault):
            row.refuse(area.sentence, area.column, area.code)
        if row.is_refused or isinstance(area, Fault):
            continue
        assert isinstance(name, str), "a required column"
        known = register.find(row, area, name, code if isinstance(code, str) else None)
        same = [_key(area.id, name), code, known["id"] if known else None]
        first = min(seen.setdefault(one, row.number) for one in same if one is not None)
        if first != row.number:
            row.refuse(texts.IMPORT_SAME_ROW.format(number=first), code="same-row")
        if not row.is_refused:
            _compare(row, area, known, register)
    return judged


def _compare(row: Judged, area: Node, known: Row | None, register: _Register) -> None:
    """Judge a row of which it is known which unit it is about."""
    values, city = row.record.values, register.city
    contact = _contact(values)
    if isinstance(contact, Fault):
        row.refuse(contact.sentence, contact.column, contact.code)
    before: list[UUID] = list(known["reported_to"]) if known else []
    added = register.reported(row, before)
    if row.is_refused or isinstance(contact, Fault):
        return
    columns = {name: values.get(name) or (known[name] if known else None) for name in PLAIN}
    if known and _key(area.id, known["name"]) == _key(area.id, str(columns["name"])):
        columns["name"] = known["name"]  # 繁體 and blanks make no difference
    secret = register.desk.secret
    if known and contact and known["identity_hash"] == people.identity_hash(secret, contact):
        contact = None
    row.target = _Entry(known["id"] if known else new_id(), area.id, known, columns, contact, added)
    row.is_new = known is None
    if known is None:
        return
    row.changes += [
        Change(name, UNITS.written(name, known[name]), UNITS.written(name, value))
        for name, value in columns.items()
        if value != known[name]
    ]
    if contact is not None:
        present = people.read(secret, known["contact_id"], known["sealed"]) if known["contact_id"] else None
        if present is None or present.name != contact.name:
            row.changes.append(Change("contact", present.name if present else "", contact.name))
        if present is None or present.phone != contact.phone:
            row.changes.append(Change("phone", present.masked_phone if present else "", contact.masked_phone))
    if added:
        after = sorted([*before, *added])
        row.changes.append(Change("reported_to", written_places(city, before), written_places(city, after)))


def _contact(values: Mapping[str, Value]) -> Contact | Fault | None:
    name, phone = values.get("contact"), values.get("phone")
    if isinstance(name, str) and isinstance(phone, str):
        return Contact(name, phone)
    if name is None and phone is None:
        return None
    return Fault("contact-half", texts.IMPORT_CONTACT_HALF, "phone" if phone is None else "contact")


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Add units and put them right. Whom to call is entered first, as whoever adds a unit does."""
    contact_ids = await _enter(desk, [row.target.contact for row in judged if row.target.contact is not None])
    done = 0
    for verdict, write in ((Verdict.ADDED, _add), (Verdict.CHANGED, _change)):
        for part in chunks([row for row in judged if row.verdict == verdict]):
            entries: list[_Entry] = [row.target for row in part]
            await write(desk, entries, contact_ids)
            await _report(desk, entries)
            done += len(part)
            await advance(done, len(judged))


async def _enter(desk: Desk, contacts: Sequence[Contact]) -> dict[Contact, UUID]:
    # In one order, so that two lists with the same people in them wait for one another and never deadlock.
    wanted = sorted(set(contacts), key=lambda contact: people.identity_hash(desk.secret, contact))
    found: dict[Contact, UUID] = {}
    for part in chunks(wanted):
        found |= zip(part, await people.enter_many(desk.connection, desk.secret, part), strict=True)
    return found


async def _add(desk: Desk, entries: Sequence[_Entry], contact_ids: Mapping[Contact, UUID]) -> None:
    rows = (
        (e.id, e.area_id, *(e.columns[name] for name in PLAIN), e.contact and contact_ids[e.contact]) for e in entries
    )
    await desk.connection.execute(INSERT, *columns_of(rows, 6))
    told = [Told(e.id, "add", "open", facts={"area_id": e.area_id, "kind": e.columns["kind"]}) for e in entries]
    await transitions.log_many(desk.connection, "unit", desk.mover, told)


async def _change(desk: Desk, entries: Sequence[_Entry], contact_ids: Mapping[Contact, UUID]) -> None:
    rows, told = [], []
    for entry in entries:
        known, columns, contact_id = entry.known, entry.columns, entry.contact and contact_ids[entry.contact]
        assert known is not None
        rows.append((entry.id, *(columns[name] for name in PLAIN), contact_id or known["contact_id"]))
        changed = {name: {"from": known[name], "to": columns[name]} for name in PLAIN if known[name] != columns[name]}
        if changed:
            told.append(Told(entry.id, "edit", "open", "open", changed))
        if contact_id is not None:
            told.append(Told(entry.id, "set_contact", "open", "open", {"person_id": contact_id}))
    await desk.connection.execute(UPDATE, *columns_of(rows, 5))
    await transitions.log_many(desk.connection, "unit", desk.mover, told)


async def _report(desk: Desk, entries: Sequence[_Entry]) -> None:
    reports = [(entry.id, area_id) for entry in entries for area_id in entry.reported_to]
    await desk.connection.execute(REPORT, *columns_of(reports, 2))
    told = [
        Told(unit_id, "report", "open", "open", {"area_id": area_id, "reported_on": None})
        for unit_id, area_id in reports
    ]
    await transitions.log_many(desk.connection, "unit", desk.mover, told)


async def list_rows(reads: Reads, secret: str, area_id: UUID, with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the units of the area and all below it, and whom to call there with the whole number or a masked one."""
    city = await Tree.read(reads, await reads.fetchval("SELECT lineage[1] FROM area WHERE id = $1", area_id))
    rows = await reads.fetch(LIST, area_id)

    def open_all() -> list[Mapping[str, Value]]:
        found: list[Mapping[str, Value]] = []
        for row in rows:
            contact = people.read(secret, row["contact_id"], row["sealed"]) if row["contact_id"] else None
            own: dict[str, Value] = {name: row[name] for name in PLAIN} | {
                "contact": contact.name if contact else None,
                "phone": contact.told_phone(is_whole=with_personal) if contact else None,
                "reported_to": written_places(city, row["reported_to"]) or None,
            }
            found.append(own | path_values(city.by_id[row["area_id"]]))
        return found

    return await asyncio.to_thread(open_all)


UNITS = Kind(
    ImportKind.UNITS, "单位", COLUMNS, Role.ADMINISTRATOR, judge, apply, list_rows, personal=frozenset({"phone"})
)
