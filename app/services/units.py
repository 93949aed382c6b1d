"""Units: the organisations of an area, whom to call there, and the areas to which they reported (单位报到)."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.models.unit import Unit
from app.schemas.people import ContactIn
from app.schemas.units import UnitEditIn, UnitIn
from app.services import people, transitions
from app.services.pages import PageRequest, page
from app.services.people import Contact
from app.services.transitions import Mover, Told

LIST = """
    SELECT x.id, x.area_id, x.kind, x.name FROM unit x JOIN area a ON a.id = x.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND {filters} ORDER BY x.id LIMIT $3
"""
LIST_REPORTED = """
    SELECT x.id, x.area_id, x.kind, x.name FROM unit x
    WHERE EXISTS (
        SELECT FROM unit_area r JOIN area a ON a.id = r.area_id
        WHERE r.unit_id = x.id AND a.lineage @> ARRAY[$1::uuid]
    ) AND {filters} ORDER BY x.id LIMIT $3
"""
FILTERS = """x.closed_at IS NULL AND x.id > $2 AND ($4::text IS NULL OR x.kind = $4)
        AND ($5::text IS NULL OR strpos(lower(x.name), lower($5)) > 0)"""
IN_AREA = LIST.format(filters=FILTERS)
REPORTED = LIST_REPORTED.format(filters=FILTERS)
GET = """
    SELECT x.id, x.area_id, x.kind, x.name, x.credit_code, x.contact_id, p.sealed, x.closed_at,
        a.lineage && $2::uuid[] AS in_scope, ARRAY(
            SELECT (r.area_id, b.name, r.reported_on) FROM unit_area r JOIN area b ON b.id = r.area_id
            WHERE r.unit_id = x.id ORDER BY r.area_id
        ) AS areas
    FROM unit x JOIN area a ON a.id = x.area_id LEFT JOIN person p ON p.id = x.contact_id WHERE x.id = $1
"""
FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
# Those who join something with a unit wait for nobody but who closes it.
LOCK = "SELECT FROM unit WHERE id = $1 FOR NO KEY UPDATE"
LOCK_OUT = "SELECT FROM unit WHERE id = $1 FOR UPDATE"
EDIT = "UPDATE unit SET kind = $2, name = $3, credit_code = $4 WHERE id = $1"
SET_CONTACT = "UPDATE unit SET contact_id = $2 WHERE id = $1"
CLOSE = "UPDATE unit SET closed_at = $2, contact_id = NULL WHERE id = $1"
LET_WORKERS_GO = "DELETE FROM unit_worker WHERE unit_id = $1 RETURNING id"
REPORT = """
    INSERT INTO unit_area (unit_id, area_id, reported_on) VALUES ($1, $2, $3)
    ON CONFLICT (unit_id, area_id) DO UPDATE SET reported_on = $3 WHERE unit_area.reported_on IS DISTINCT FROM $3
    RETURNING unit_id
"""
UNREPORT = "DELETE FROM unit_area WHERE unit_id = $1 AND area_id = $2 RETURNING unit_id"


async def list_of_area(
    reads: Reads, area_id: UUID, request: PageRequest, *, kind: str | None, name: str | None, is_reported: bool
) -> dict[str, Any]:
    """Return the open organisations of an area and all below it, or those that reported there."""
    filters = ("units", area_id, kind, name, is_reported)
    query = REPORTED if is_reported else IN_AREA
    rows = await reads.fetch(query, area_id, request.above(*filters), request.rows, kind, name)
    return page(rows, request, _public_view, *filters)


async def get(
    reads: Reads, secret: str, caller: Caller | None, unit_id: UUID, *, is_kept: bool = False
) -> dict[str, Any]:
    """Return one organisation, with more to staff of its area; what is kept for repetitions masks names too.

    Raises ``not-found``.
    """
    row = await reads.fetchrow(GET, unit_id, _scope(caller))
    if row is None:
        raise Problem("not-found")
    return _view(row, secret, is_kept=is_kept) if row["in_scope"] else _public_view(row)


async def add(connection: Connection, secret: str, caller: Caller, form: UnitIn) -> UUID:
    """Add an organisation to an area of the caller's; return its id.

    Raises ``area-unknown``, ``not-allowed``, and by the database ``area-closed``, ``unit-name-taken`` and
    ``credit-code-taken``.
    """
    if not await _is_staff_of(connection, caller, form.area_id):
        raise Problem("not-allowed")
    contact_id = await _enter(connection, secret, form.contact) if form.contact else None
    unit = Unit(id=new_id(), contact_id=contact_id, **form.model_dump(exclude={"contact"}))
    await insert(connection, unit)
    facts = {"area_id": form.area_id, "kind": form.kind}
    await transitions.log(connection, "unit", unit.id, "add", "open", _mover(caller), facts=facts)
    return unit.id


async def edit(connection: Connection, caller: Caller, unit_id: UUID, form: UnitEditIn) -> None:
    """Change what an organisation is called and is. Locks it.

    Raises ``not-found``, ``not-allowed``, ``unit-closed``, ``unit-name-taken``, ``credit-code-taken``.
    """
    row = await _lock(connection, caller, unit_id)
    changed = {
        name: {"from": row[name], "to": value} for name, value in form.model_dump().items() if value != row[name]
    }
    if not changed:
        return
    await connection.execute(EDIT, unit_id, form.kind, form.name, form.credit_code)
    await _log(connection, caller, unit_id, "edit", facts=changed)


async def set_contact(
    connection: Connection, secret: str, caller: Caller, unit_id: UUID, form: ContactIn | None
) -> None:
    """Say whom to call at an organisation, or nobody. Locks it.

    Raises ``not-found``, ``not-allowed``, ``unit-closed``.
    """
    row = await _lock(connection, caller, unit_id)
    person_id = await _enter(connection, secret, form) if form else None
    if person_id == row["contact_id"]:
        return
    await connection.execute(SET_CONTACT, unit_id, person_id)
    await _log(connection, caller, unit_id, "set_contact", facts={"person_id": person_id})


async def close(connection: Connection, caller: Caller, unit_id: UUID, reason: str) -> None:
    """Let nothing new come to an organisation, for good. Nobody acts for it any more and nobody is called there.

    Members stay with it until they are put elsewhere, what it answered stays. Locks it, and those out who join
    something with it. Raises ``not-found``, ``not-allowed``, ``unit-closed``, and by the database ``unit-busy`` while
    it has to answer.
    """
    await _lock(connection, caller, unit_id, LOCK_OUT)
    await connection.execute(CLOSE, unit_id, now())
    workers = await connection.fetch(LET_WORKERS_GO, unit_id)
    gone = [Told(row["id"], "remove", "removed") for row in workers]
    await transitions.log_many(connection, "unit_worker", _mover(caller), gone)
    await _log(connection, caller, unit_id, "close", to_state="closed", note=reason)


async def report(
    connection: Connection, caller: Caller, unit_id: UUID, area_id: UUID, reported_on: date | None
) -> None:
    """Note that an organisation reported to an area, as staff of that area; done twice, the date is put right.

    Raises ``not-found``, ``not-allowed``, ``unit-closed``, and by the database ``area-closed``.
    """
    await _require_reported(connection, caller, unit_id, area_id)
    if await connection.fetchval(REPORT, unit_id, area_id, reported_on) is None:
        return  # noted already
    await _log(connection, caller, unit_id, "report", facts={"area_id": area_id, "reported_on": reported_on})


async def unreport(connection: Connection, caller: Caller, unit_id: UUID, area_id: UUID) -> None:
    """Take back that an organisation reported to an area, as staff there.

    Raises ``not-found``, ``not-allowed``, ``unit-closed``.
    """
    await _require_reported(connection, caller, unit_id, area_id)
    if await connection.fetchval(UNREPORT, unit_id, area_id) is None:
        raise Problem("not-found")
    await _log(connection, caller, unit_id, "unreport", facts={"area_id": area_id})


async def _require_reported(connection: Connection, caller: Caller, unit_id: UUID, area_id: UUID) -> None:
    """Keep the unit from being closed meanwhile; what a closed one did is history."""
    unit = await connection.fetchrow("SELECT closed_at FROM unit WHERE id = $1 FOR KEY SHARE", unit_id)
    area = await connection.fetchrow(FIND_AREA, area_id, caller.scope(Role.STAFF))
    if unit is None or area is None:
        raise Problem("not-found")
    if not area["in_scope"]:
        raise Problem("not-allowed")  # areas and units are public
    if unit["closed_at"] is not None:
        raise Problem("unit-closed")


async def _is_staff_of(connection: Connection, caller: Caller, area_id: UUID) -> bool:
    row = await connection.fetchrow(FIND_AREA, area_id, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("area-unknown")
    return bool(row["in_scope"])


async def _lock(connection: Connection, caller: Caller, unit_id: UUID, statement: str = LOCK) -> Record:
    """Return an open organisation of the caller's areas, locked before it is joined: it may just move to another."""
    await connection.execute(statement, unit_id)
    row = await connection.fetchrow(GET, unit_id, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("not-found")
    if not row["in_scope"]:
        raise Problem("not-allowed")  # units are public
    if row["closed_at"] is not None:
        raise Problem("unit-closed")
    return row


async def _enter(connection: Connection, secret: str, form: ContactIn) -> UUID:
    return await people.enter(connection, secret, Contact(form.name, form.phone))


async def _log(
    connection: Connection,
    caller: Caller,
    unit_id: UUID,
    action: str,
    *,
    to_state: str = "open",
    note: str | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    await transitions.log(
        connection, "unit", unit_id, action, to_state, _mover(caller), from_state="open", note=note, facts=facts
    )


def _mover(caller: Caller) -> Mover:
    return Mover(Party.STAFF, caller.id)


def _scope(caller: Caller | None) -> list[UUID]:
    return caller.scope(Role.STAFF) if caller else []


def _public_view(row: Record) -> dict[str, Any]:
    return {"id": row["id"], "area_id": row["area_id"], "kind": row["kind"], "name": row["name"], "actions": []}


def _view(row: Record, secret: str, *, is_kept: bool) -> dict[str, Any]:
    contact = row["contact_id"] and people.read(secret, row["contact_id"], row["sealed"])
    actions = ["edit", "close", "report"] if row["closed_at"] is None else []
    return _public_view(row) | {
        "credit_code": row["credit_code"],
        "contact": contact and (contact.masked if is_kept else contact.for_staff),
        "areas": [{"area": {"id": area_id, "name": name}, "reported_on": day} for area_id, name, day in row["areas"]],
        "closed_at": row["closed_at"],
        "actions": [*actions, "unmask"] if contact else actions,
    }
