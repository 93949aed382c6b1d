"""Posts and their holders from a spreadsheet: found by their name in their area, added, changed, handed over.

Where no holder stands in a row, whoever holds the post stays. A post is vacated and closed by its own verbs alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record as Row

from app.core.clock import now
from app.core.db import Reads
from app.core.ids import new_id
from app.domain import texts
from app.domain.caller import Role
from app.domain.kinds import ImportKind, PostQueue, Verdict
from app.domain.sheets import cells
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import Choice, PersonName, Phone, Text, Value, Words
from app.domain.sheets.records import Record
from app.services import people, posts, transitions
from app.services.imports import own
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind, begin, chunks, columns_of
from app.services.imports.tree import CODE, PATH, Tree, path_values
from app.services.people import Contact
from app.services.transitions import Told

QUEUES = Choice(
    {
        PostQueue.COMPLAINTS: "诉求办理",
        PostQueue.WISHES: "心愿审核",
        PostQueue.ENROLMENTS: "报到审核",
        PostQueue.DELIVERIES: "服务核实",
    },
    {
        PostQueue.COMPLAINTS: ("诉求", "投诉", "问题"),
        PostQueue.WISHES: ("心愿", "微心愿"),
        PostQueue.ENROLMENTS: ("报到", "党员审核", "志愿者审核"),
        PostQueue.DELIVERIES: ("服务", "核实", "任务核实"),
    },
)
ROLES = Choice(
    {"none": "无", Role.STAFF: "工作人员", Role.ALLIANCE: "商圈联盟", Role.AUDITOR: "审计"},
    {"none": ("没有", "不授权"), Role.STAFF: ("社区工作者", "网格员"), Role.ALLIANCE: ("商户管理",), Role.AUDITOR: ()},
)
COLUMNS = (
    Column(
        "name", "岗位名称", Text(30, is_public=True), synonyms=("岗位", "职务", "岗位职务", "定岗"),
        is_required=True, example="网格长",
    ),
    Column(
        "duty", "岗位职责", Text(500, has_lines=True, is_public=True), synonyms=("职责", "定责", "工作内容"),
        is_required=True,
    ),
    *PATH,
    CODE,
    Column("holder", "姓名", PersonName(), synonyms=("责任人", "人员姓名", "定人", "在岗人员", "负责人", "网格员姓名")),
    Column("phone", "联系电话", Phone(), synonyms=("电话", "手机", "手机号", "手机号码", "联系方式")),
    Column("role", "系统权限", ROLES, synonyms=("权限", "角色")),
    Column("queues", "办理事项", Words(len(PostQueue), 10, QUEUES), synonyms=("事项", "待办事项", "受理事项")),
)  # fmt: skip

LIST = """
    SELECT x.id, x.area_id, x.name, x.duty, x.queues, x.role FROM post x JOIN area a ON a.id = x.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND x.closed_at IS NULL ORDER BY x.id
"""
HOLDERS = """
    SELECT h.id, h.post_id, h.person_id, p.sealed FROM post_holding h JOIN post x ON x.id = h.post_id
    JOIN area a ON a.id = x.area_id JOIN person p ON p.id = h.person_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND h.until IS NULL ORDER BY h.id
"""
USERS = "SELECT id, user_id FROM person WHERE id = ANY($1) AND user_id IS NOT NULL ORDER BY id"
INSERT = """
    INSERT INTO post (id, area_id, name, duty, queues, role)
    SELECT n.id, n.area_id, n.name, n.duty, coalesce(string_to_array(nullif(n.queues, ''), ','), '{}'), n.role
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        AS n (id, area_id, name, duty, queues, role) ORDER BY n.id
"""
UPDATE = """
    UPDATE post x SET duty = n.duty, queues = coalesce(string_to_array(nullif(n.queues, ''), ','), '{}'), role = n.role
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS n (id, duty, queues, role) WHERE x.id = n.id
"""
END_HOLDINGS = "UPDATE post_holding SET until = greatest(since, $2) WHERE id = ANY($1)"
END_GRANTS = 'DELETE FROM "grant" WHERE holding_id = ANY($1) RETURNING id'
HOLD = """
    INSERT INTO post_holding (id, post_id, person_id, appointed_by, since)
    SELECT n.id, n.post_id, n.person_id, $4, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
        AS n (id, post_id, person_id) ORDER BY n.id
"""


@dataclass(frozen=True, slots=True)
class _Post:
    """A post as it would be, the holder that it has, and the one that it would get."""

    id: UUID
    area_id: UUID
    name: str
    duty: str
    queues: tuple[str, ...]
    role: str | None
    holding_id: UUID | None = None
    holder: Contact | None = None
    """Who is to be appointed; None: whoever holds it stays."""


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row; six statements. Locks the posts of the area when they are to be written."""
    tree = await Tree.read(desk.connection, desk.area_id)
    rows = await desk.connection.fetch(f"{LIST} {desk.lock}", desk.area_id)
    known = {(row["area_id"], cells.key(row["name"])): row for row in rows}
    holders = {row["post_id"]: row for row in await desk.connection.fetch(HOLDERS, desk.area_id)}
    told = [contact for record in records if isinstance(contact := _contact(record.values), Contact)]
    themselves = await own.contacts(desk, told)
    seen: dict[tuple[UUID, str], int] = {}
    judged = []
    for record in records:
        row = begin(record)
        judged.append(row)
        name = record.values.get("name")
        row.label = name if isinstance(name, str) else ""
        area = tree.find(record.values) or tree.root
        if isinstance(area, Fault):
            row.refuse(area.sentence, area.column, area.code)
            continue
        if not isinstance(name, str) or row.is_refused:
            continue
        key = (area.id, cells.key(name))
        if seen.setdefault(key, row.number) != row.number:
            row.refuse(texts.IMPORT_SAME_ROW.format(number=seen[key]), code="same-row")
            continue
        found = known.get(key)
        _compare(desk, row, area.id, found, holders.get(found["id"]) if found else None, themselves)
    return judged


def _contact(values: Mapping[str, Value]) -> Contact | Fault | None:
    name, phone = values.get("holder"), values.get("phone")
    if isinstance(name, str) and isinstance(phone, str):
        return Contact(name, phone)
    if name is None and phone is None:
        return None
    missing = "phone" if phone is None else "holder"
    return Fault("contact-half", texts.IMPORT_CONTACT_HALF, missing)


def _compare(
    desk: Desk, row: Judged, area_id: UUID, known: Row | None, holding: Row | None, themselves: frozenset[Contact]
) -> None:
    values = row.record.values
    contact = _contact(values)
    if isinstance(contact, Fault):
        row.refuse(contact.sentence, contact.column, contact.code)
        return
    told_role, told_queues = values.get("role"), values.get("queues")
    role = known["role"] if known else None
    if isinstance(told_role, str):
        role = None if told_role == "none" else told_role
    queues: tuple[str, ...] = tuple(known["queues"]) if known else ()
    if isinstance(told_queues, tuple):
        queues = tuple(queue for queue in PostQueue if queue in told_queues)
    if queues and role != Role.STAFF:
        row.refuse(texts.IMPORT_QUEUES_NEED_STAFF, "queues", "queues-need-staff")
    present = people.read(desk.secret, holding["person_id"], holding["sealed"]) if holding else None
    new_holder = contact if contact is not None and contact != present else None
    if new_holder in themselves:
        row.refuse(texts.IMPORT_OWN_POST, "holder", "own-interest")
    if known is not None and role != known["role"] and holding is not None and new_holder is None:
        row.refuse(texts.IMPORT_POST_HELD, "role", "post-held")
    if row.is_refused:
        return
    holding_id = holding["id"] if holding is not None and new_holder is not None else None
    post_id = known["id"] if known else new_id()
    name, duty = str(values["name"]), str(values["duty"])
    row.target = _Post(post_id, area_id, name, duty, queues, role, holding_id, new_holder)
    row.is_new = known is None
    if known is not None:
        row.changes += _changes(known, row.target, present)


def _changes(known: Row, told: _Post, present: Contact | None) -> list[Change]:
    found = []
    if known["duty"] != told.duty:
        found.append(Change("duty", known["duty"], told.duty))
    if tuple(known["queues"]) != told.queues:
        found.append(Change("queues", _written("queues", tuple(known["queues"])), _written("queues", told.queues)))
    if known["role"] != told.role:
        found.append(Change("role", _written("role", known["role"] or "none"), _written("role", told.role or "none")))
    if told.holder is not None:
        found.append(Change("holder", present.name if present else "", told.holder.name))
    return found


def _written(column: str, value: Value) -> str:
    return POSTS.written(column, value)


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Add posts, change them, and put their holders there."""
    done = 0
    for verdict, write in ((Verdict.ADDED, _add), (Verdict.CHANGED, _change)):
        for part in chunks([row for row in judged if row.verdict == verdict]):
            told: list[_Post] = [row.target for row in part]
            await write(desk, told)
            await _appoint(desk, [post for post in told if post.holder is not None])
            done += len(part)
            await advance(done, len(judged))


async def _add(desk: Desk, told: Sequence[_Post]) -> None:
    rows = ((p.id, p.area_id, p.name, p.duty, ",".join(p.queues), p.role) for p in told)
    await desk.connection.execute(INSERT, *columns_of(rows, 6))
    await transitions.log_many(desk.connection, "post", desk.mover, [Told(p.id, "create", "vacant") for p in told])


async def _change(desk: Desk, told: Sequence[_Post]) -> None:
    # Whoever leaves takes the old role along, before the post has another.
    holding_ids = [post.holding_id for post in told if post.holding_id is not None]
    await desk.connection.execute(END_HOLDINGS, holding_ids, now())
    ended = await desk.connection.fetch(END_GRANTS, holding_ids)
    await transitions.log_many(
        desk.connection, "grant", desk.mover, [Told(row["id"], "revoke_with_post", "revoked") for row in ended]
    )
    rows = ((p.id, p.duty, ",".join(p.queues), p.role) for p in told)
    await desk.connection.execute(UPDATE, *columns_of(rows, 4))
    edited = [Told(p.id, "edit", "open") for p in told]
    vacated = [
        Told(p.id, "vacate", "vacant", "held", {"holding_id": p.holding_id}) for p in told if p.holding_id is not None
    ]
    await transitions.log_many(desk.connection, "post", desk.mover, edited + vacated)


async def _appoint(desk: Desk, told: Sequence[_Post]) -> None:
    contacts = [post.holder for post in told if post.holder is not None]
    if not contacts:
        return
    person_ids = await people.enter_many(desk.connection, desk.secret, contacts)
    rows = [(new_id(), post.id, person_id) for post, person_id in zip(told, person_ids, strict=True)]
    await desk.connection.execute(HOLD, *columns_of(rows, 3), desk.mover.id, now())
    facts: list[dict[str, Any]] = [
        {"holding_id": row[0], "role": post.role} for row, post in zip(rows, told, strict=True)
    ]
    appointed = [Told(post.id, "appoint", "held", "vacant", fact) for post, fact in zip(told, facts, strict=True)]
    await transitions.log_many(desk.connection, "post", desk.mover, appointed)
    for user in await desk.connection.fetch(USERS, person_ids):
        await posts.give_grants(desk.connection, user["id"])


async def list_rows(reads: Reads, secret: str, area_id: UUID, with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the posts of the area and all below it, their holders with the whole number or a masked one."""
    tree = await Tree.read(reads, area_id)
    holders = {
        row["post_id"]: people.read(secret, row["person_id"], row["sealed"])
        for row in await reads.fetch(HOLDERS, area_id)
    }
    found: list[Mapping[str, Value]] = []
    for row in await reads.fetch(LIST, area_id):
        contact = holders.get(row["id"])
        cells_of_row: dict[str, Value] = {
            "name": row["name"],
            "duty": row["duty"],
            "role": row["role"] or "none",
            "queues": tuple(row["queues"]),
            "holder": contact.name if contact else None,
            "phone": contact.told_phone(is_whole=with_personal) if contact else None,
        }
        found.append(cells_of_row | path_values(tree.by_id[row["area_id"]]))
    return found


POSTS = Kind(
    ImportKind.POSTS, "岗位", COLUMNS, Role.ADMINISTRATOR, judge, apply, list_rows, personal=frozenset({"phone"})
)
