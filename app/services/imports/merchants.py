"""Shops from the alliance's list: found by their licence, added as approved, or changed in name.

Their owners are known by name and number, and own them once they have been recognised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app import ledger
from app.core.db import Reads
from app.core.ids import new_id
from app.core.sql import quoted
from app.domain import texts
from app.domain.caller import Role
from app.domain.kinds import ImportKind, Verdict
from app.domain.lifecycles import LIVE_MERCHANT_STATES
from app.domain.sheets import cells
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import CreditCode, PersonName, Phone, Text, Value
from app.domain.sheets.records import Record
from app.services import merchants, people, transitions
from app.services.imports import own
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind, begin, chunks, columns_of
from app.services.imports.tree import CODE, PATH, Tree, path_values
from app.services.people import Contact
from app.services.transitions import Told

COLUMNS = (
    Column(
        "name", "商户名称", Text(30), synonyms=("店铺名称", "商铺名称", "店名", "商户", "字号名称"), is_required=True,
        example="老王小面",
    ),
    Column(
        "licence", "统一社会信用代码", CreditCode(), synonyms=("信用代码", "营业执照号", "执照号码", "社会信用代码"),
        is_required=True,
    ),
    *PATH,
    CODE,
    Column("owner", "经营者姓名", PersonName(), synonyms=("经营者", "负责人", "法人", "店主", "法定代表人", "联系人")),
    Column("phone", "联系电话", Phone(), synonyms=("电话", "手机", "手机号", "手机号码", "联系方式")),
)  # fmt: skip

LIVE = quoted(LIVE_MERCHANT_STATES)
LIST = f"""
    SELECT x.id, x.area_id, x.name, x.licence_number, x.person_id, p.sealed
    FROM merchant x JOIN area a ON a.id = x.area_id LEFT JOIN person p ON p.id = x.person_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND x.status IN ({LIVE}) ORDER BY x.id
"""
TAKEN = f"""
    SELECT x.licence_number FROM merchant x JOIN area a ON a.id = x.area_id
    WHERE x.licence_number = ANY($1) AND x.status IN ({LIVE}) AND NOT a.lineage @> ARRAY[$2::uuid]
"""
INSERT = """
    INSERT INTO merchant (id, person_id, area_id, name, licence_number, status, honours_vouchers)
    SELECT n.id, n.person_id, n.area_id, n.name, n.licence, 'approved', true
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS n (id, person_id, area_id, name, licence)
    ORDER BY n.id
"""
RECOGNISED = "SELECT id FROM person WHERE id = ANY($1) AND user_id IS NOT NULL ORDER BY id"
"""Owners who use the app: the others get their shops once they do."""
UPDATE = """
    UPDATE merchant x SET name = n.name FROM unnest($1::uuid[], $2::text[]) AS n (id, name) WHERE x.id = n.id
"""


@dataclass(frozen=True, slots=True)
class _Shop:
    """A shop that is there, or that a row would add with its owner."""

    id: UUID
    area_id: UUID
    name: str
    licence: str
    owner: Contact | None


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row; five statements. Locks the shops of the area when they are to be written."""
    tree = await Tree.read(desk.connection, desk.area_id)
    rows = await desk.connection.fetch(f"{LIST} {desk.lock}", desk.area_id)
    known = {row["licence_number"]: row for row in rows if row["licence_number"] is not None}
    licences = [code for record in records if isinstance(code := record.values.get("licence"), str)]
    taken = {row["licence_number"] for row in await desk.connection.fetch(TAKEN, licences, desk.area_id)}
    themselves = await own.contacts(desk, [contact for record in records if (contact := _owner(record))])
    seen: dict[str, int] = {}
    judged = []
    for record in records:
        row = begin(record)
        judged.append(row)
        name, licence = record.values.get("name"), record.values.get("licence")
        row.label = name if isinstance(name, str) else ""
        area = tree.find(record.values) or tree.root
        if isinstance(area, Fault):
            row.refuse(area.sentence, area.column, area.code)
        if row.is_refused or isinstance(area, Fault):
            continue
        assert isinstance(name, str), "a required column"
        assert isinstance(licence, str), "a required column"
        if seen.setdefault(licence, row.number) != row.number:
            row.refuse(texts.IMPORT_SAME_ROW.format(number=seen[licence]), code="same-row")
        elif licence in taken:
            row.refuse(texts.IMPORT_SHOP_ELSEWHERE, "licence", "licence-taken")
        elif licence in known:
            found = known[licence]
            row.target = _Shop(found["id"], found["area_id"], name, licence, None)
            if found["area_id"] != area.id:
                row.refuse(texts.IMPORT_SHOP_MOVED, code="shop-moved")
            elif cells.clean(found["name"]) != name:
                row.changes.append(Change("name", found["name"], name))
        else:
            _add_new(row, area.id, name, licence, themselves)
    return judged


def _owner(record: Record) -> Contact | None:
    owner, phone = record.values.get("owner"), record.values.get("phone")
    return Contact(owner, phone) if isinstance(owner, str) and isinstance(phone, str) else None


def _add_new(row: Judged, area_id: UUID, name: str, licence: str, themselves: frozenset[Contact]) -> None:
    owner = _owner(row.record)
    if owner is None:
        missing = "phone" if row.record.values.get("owner") else "owner"
        row.refuse(texts.IMPORT_SHOP_WITHOUT_OWNER, missing, "contact-half")
    elif owner in themselves:
        row.refuse(texts.IMPORT_OWN_SHOP, "owner", "own-interest")
    else:
        row.target = _Shop(new_id(), area_id, name, licence, owner)
        row.is_new = True


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Add shops with their accounts of points, and change names."""
    done = 0
    for part in chunks([row for row in judged if row.verdict == Verdict.ADDED]):
        await _add(desk, [row.target for row in part])
        done += len(part)
        await advance(done, len(judged))
    for part in chunks([row for row in judged if row.verdict == Verdict.CHANGED]):
        changed = [(row.target.id, row.target.name) for row in part]
        await desk.connection.execute(UPDATE, *columns_of(changed, 2))
        told = [
            Told(row.target.id, "rename", "approved", facts={"from": row.changes[0].old, "to": row.changes[0].new})
            for row in part
        ]
        await transitions.log_many(desk.connection, "merchant", desk.mover, told)
        done += len(part)
        await advance(done, len(judged))


async def _add(desk: Desk, shops: Sequence[_Shop]) -> None:
    contacts = [shop.owner for shop in shops if shop.owner is not None]
    person_ids = await people.enter_many(desk.connection, desk.secret, contacts)
    rows = [
        (shop.id, person_id, shop.area_id, shop.name, shop.licence)
        for shop, person_id in zip(shops, person_ids, strict=True)
    ]
    await desk.connection.execute(INSERT, *columns_of(rows, 5))
    await ledger.open_merchants(desk.connection, [shop.id for shop in shops])
    told = [Told(shop.id, "list", "approved") for shop in shops]
    await transitions.log_many(desk.connection, "merchant", desk.mover, told)
    for row in await desk.connection.fetch(RECOGNISED, person_ids):
        await merchants.give_shops(desk.connection, row["id"])


async def list_rows(reads: Reads, secret: str, area_id: UUID, with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the shops of the area and all below it, their owners with the whole number or a masked one."""
    tree = await Tree.read(reads, area_id)
    found: list[Mapping[str, Value]] = []
    for row in await reads.fetch(LIST, area_id):
        contact = people.read(secret, row["person_id"], row["sealed"]) if row["person_id"] else None
        cells_of_row: dict[str, Value] = {
            "name": row["name"],
            "licence": row["licence_number"],
            "owner": contact.name if contact else None,
            "phone": contact.told_phone(is_whole=with_personal) if contact else None,
        }
        found.append(cells_of_row | path_values(tree.by_id[row["area_id"]]))
    return found


MERCHANTS = Kind(
    ImportKind.MERCHANTS, "商户", COLUMNS, Role.ADMINISTRATOR, judge, apply, list_rows, personal=frozenset({"phone"})
)
