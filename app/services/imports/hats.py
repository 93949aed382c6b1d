"""What rosters of members and of volunteers have in common: a person by name and number, who belongs to a grid.

Whoever is known already gets the hat without being entered anew; whoever has it in another grid of the area is
transferred; whoever was refused or had left comes back. What stands in no cell is left as it is. Nobody decides on
themselves (I2), and whoever belongs elsewhere stays there (I8).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record as Row

from app.core.db import Reads
from app.domain import texts
from app.domain.errors import CATALOGUE, Problem
from app.domain.kinds import AreaKind, Verdict
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import MEMBER
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import PersonName, Phone, Value
from app.domain.sheets.records import Record
from app.services import enrolments, people, transitions
from app.services.branches import places
from app.services.imports.kind import Advance, Change, Desk, Judged, Overtaken, begin, chunks
from app.services.imports.tree import CODE, PATH, Node, Tree, path_name, path_values
from app.services.people import Contact
from app.services.transitions import Mover, Told

CONTACT = (
    Column(
        "name",
        "姓名",
        PersonName(),
        synonyms=("名字", "人员姓名", "党员姓名", "志愿者姓名"),
        is_required=True,
        example="张三",
    ),
    Column(
        "phone",
        "联系电话",
        Phone(),
        synonyms=("电话", "手机", "手机号", "手机号码", "电话号码", "联系方式"),
        is_required=True,
        example="13812345678",
    ),
)
HOME = (*PATH, CODE)
BACK = ("refused", "left")
"""Whoever stands so comes back by being on a list."""

USERS = "SELECT id FROM person WHERE id = ANY($1) AND user_id = ANY($2)"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody's hat as it is; ``home`` is None when it is outside the area."""

    id: UUID
    status: str
    home: Node | None
    row: Row


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row makes of somebody: the hat that they have, if they have one, and its columns as they would be."""

    contact: Contact
    known: Known | None
    columns: dict[str, Any]


Tell = Callable[[Judged, Known | None, Node], dict[str, Any] | None]
"""Reads off a row the columns of a hat but for its home, with the changes; None when it refuses the row."""


@dataclass(frozen=True, slots=True)
class Hat:
    """One of the hats: its lifecycle and the columns of its table beside person, home and status."""

    lifecycle: Lifecycle
    columns: tuple[str, ...]
    prepare: Callable[[Desk, Tree, Sequence[Record]], Awaitable[Tell]]

    @property
    def find(self) -> str:
        """SQL for the hats of people; $1 are their ids, $2 is the area."""
        names = "".join(f", x.{column}" for column in self.columns)
        return f"""
            SELECT x.id, x.person_id, x.status, x.home_area_id{names}, a.lineage @> ARRAY[$2::uuid] AS is_inside
            FROM {self.lifecycle.subject} x JOIN area a ON a.id = x.home_area_id WHERE x.person_id = ANY($1)
        """

    @property
    def export(self) -> str:
        """SQL for the hats of an area ($1) that can be told by name and number."""
        names = "".join(f", x.{column}" for column in self.columns)
        return f"""
            SELECT x.person_id, p.sealed, x.home_area_id{names}
            FROM {self.lifecycle.subject} x JOIN person p ON p.id = x.person_id JOIN area a ON a.id = x.home_area_id
            WHERE a.lineage @> ARRAY[$1::uuid] AND x.status = 'approved' AND p.sealed IS NOT NULL ORDER BY x.id
        """

    @property
    def update(self) -> str:
        """SQL that puts a hat ($1) right."""
        names = ", ".join(f"{column} = ${place}" for place, column in enumerate(("home_area_id", *self.columns), 2))
        return f"UPDATE {self.lifecycle.subject} SET {names} WHERE id = $1"

    @property
    def lock(self) -> str:
        """SQL that locks the hats of people; alone, since a join that waited would not find who was transferred."""
        return f"SELECT id FROM {self.lifecycle.subject} WHERE person_id = ANY($1) ORDER BY id FOR NO KEY UPDATE"


async def judge(desk: Desk, records: Sequence[Record], hat: Hat) -> list[Judged]:
    """Say what would become of each row; a handful of statements. Locks the hats that are about to be written."""
    tree = await Tree.read(desk.connection, desk.area_id)
    tell = await hat.prepare(desk, tree, records)
    rows = [begin(record) for record in records]
    contacts = {row.number: contact for row in rows if (contact := _contact(row)) is not None}
    persons = await people.find_many(desk.connection, desk.secret, list(contacts.values()))
    if desk.locks:
        await desk.connection.fetch(hat.lock, list(persons.values()))
    found = await desk.connection.fetch(hat.find, list(persons.values()), desk.area_id)
    hats = {row["person_id"]: _known(tree, row) for row in found}
    own_ids = await desk.connection.fetch(USERS, list(persons.values()), list(desk.importers))
    own = {row["id"] for row in own_ids}
    seen: dict[Contact, int] = {}
    for row in rows:
        contact = contacts.get(row.number)
        if contact is None:
            continue
        if seen.setdefault(contact, row.number) != row.number:
            row.refuse(texts.IMPORT_SAME_PERSON.format(number=seen[contact]), code="same-row")
            continue
        person_id = persons.get(contact)
        known = None if person_id is None else hats.get(person_id)
        _place(row, Entry(contact, known, {}), tree, tell)
        if person_id in own and row.verdict in {Verdict.ADDED, Verdict.CHANGED}:
            row.refuse(CATALOGUE["own-interest"].detail, code="own-interest")
    return rows


def _contact(row: Judged) -> Contact | None:
    name, phone = row.record.values.get("name"), row.record.values.get("phone")
    row.label = name if isinstance(name, str) else ""
    return Contact(name, phone) if isinstance(name, str) and isinstance(phone, str) else None


def _known(tree: Tree, row: Row) -> Known:
    return Known(row["id"], row["status"], tree.by_id[row["home_area_id"]] if row["is_inside"] else None, row)


def _place(row: Judged, entry: Entry, tree: Tree, tell: Tell) -> None:
    """Judge a row of which it is known who it is about."""
    known = entry.known
    named = tree.find(row.record.values)
    if isinstance(named, Fault):
        row.refuse(named.sentence, named.column, named.code)
        return
    if known is not None and known.home is None:
        row.refuse(texts.IMPORT_PERSON_ELSEWHERE, code="person-elsewhere")
        return
    home = named or (known.home if known else None)
    if home is None:
        row.refuse(texts.IMPORT_HOME_MISSING, "grid", "required")
        return
    if home.kind != AreaKind.GRID:
        row.refuse(texts.IMPORT_HOME_NOT_GRID, "grid", "area-not-a-home")
        return
    columns = tell(row, known, home)
    if columns is None or row.is_refused:
        return
    row.is_new = known is None
    if known is not None:
        if known.status != "approved":
            row.changes.append(
                Change("status", texts.IMPORT_HAT_STATES[known.status], texts.IMPORT_HAT_STATES["approved"])
            )
        if known.home is not None and known.home is not home:
            row.changes.append(Change("grid", path_name(known.home), path_name(home)))
    if row.is_new or row.changes:  # of thousands that stay as they are nothing is kept
        row.target = Entry(entry.contact, known, {"home_area_id": home.id, **columns})


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance, hat: Hat) -> None:
    """Put people on the roster, bring them back, transfer them and put right what is said of them."""
    # The command line acts as staff without a name.
    mover = desk.mover if desk.mover.party == Party.STAFF else Mover(Party.STAFF)
    entries: list[Entry] = [row.target for row in judged]
    entering = [entry for entry in entries if entry.known is None or entry.known.status in BACK]
    # In one order, so that two lists with the same people in them wait for one another and never deadlock.
    entering.sort(key=lambda entry: people.identity_hash(desk.secret, entry.contact))
    done = 0
    for part in chunks(entering):
        told = [(entry.contact, entry.columns) for entry in part]
        try:
            await enrolments.enter_many(desk.connection, desk.secret, hat.lifecycle, mover, told)
        except Problem as problem:
            raise Overtaken from problem
        done += len(part)
        await advance(done, len(entries))
    for part in chunks([entry for entry in entries if entry.known is not None and entry.known.status not in BACK]):
        await _change(desk, mover, part, hat)
        done += len(part)
        await advance(done, len(entries))
    if hat.lifecycle is MEMBER:  # all at once, so that branches are locked in one order
        known_ids = [entry.known.id for entry in entries if entry.known is not None]
        await places.settle(desk.connection, known_ids, mover)


async def _change(desk: Desk, mover: Mover, entries: Sequence[Entry], hat: Hat) -> None:
    told = []
    changed = []
    for entry in entries:
        known = entry.known
        assert known is not None
        if known.status != "approved":  # whoever applied in the app is on the list as well
            await transitions.move(desk.connection, hat.lifecycle, known.id, "approve", mover, changes=entry.columns)
            continue
        changed.append((known.id, *(entry.columns[name] for name in ("home_area_id", *hat.columns))))
        home_area_id = entry.columns["home_area_id"]
        if home_area_id != known.row["home_area_id"]:
            told.append(Told(known.id, "transfer", "approved", "approved", {"home_area_id": home_area_id}))
        if any(entry.columns[name] != known.row[name] for name in hat.columns):
            told.append(Told(known.id, "edit", "approved", "approved"))
    await desk.connection.executemany(hat.update, changed)
    await transitions.log_many(desk.connection, hat.lifecycle.subject, mover, told)


async def list_rows(
    reads: Reads,
    secret: str,
    area_id: UUID,
    hat: Hat,
    tell: Callable[[Row], dict[str, Value]],
    *,
    with_personal: bool,
) -> list[Mapping[str, Value]]:
    """Return the approved of an area with name, number (masked unless it is to be told) and home.

    Who told neither name nor number in the app could not be imported again and is left out.
    """
    tree = await Tree.read(reads, area_id)
    rows = await reads.fetch(hat.export, area_id)

    def open_all() -> list[Mapping[str, Value]]:
        found: list[Mapping[str, Value]] = []
        for row in rows:
            contact = people.open_contact(secret, row["person_id"], row["sealed"])
            own: dict[str, Value] = {
                "name": contact.name,
                "phone": contact.phone if with_personal else contact.masked_phone,
            }
            found.append(own | path_values(tree.by_id[row["home_area_id"]]) | tell(row))
        return found

    return await asyncio.to_thread(open_all)
