"""Members: reporting in at the work unit and at the home grid (双报到), and the roster that staff keep."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import today
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import MEMBER
from app.models.member import Member
from app.schemas.members import MemberEditIn, MemberEntryIn, MemberIn, TransferIn
from app.services import enrolments, people, transitions
from app.services.enrolments import View
from app.services.pages import PageRequest, page
from app.services.people import Contact
from app.services.transitions import Mover

COLUMNS = """x.kind, x.unit_id, n.name AS unit_name, x.unit_area_id, r.name AS unit_area_name, x.unit_checked_in_on,
    x.home_checked_in_on, x.home_branch, x.host_branch"""
JOINS = "LEFT JOIN unit n ON n.id = x.unit_id LEFT JOIN area r ON r.id = x.unit_area_id"
GET = f"{enrolments.view_sql(MEMBER, '$2', COLUMNS, JOINS)} WHERE x.id = $1"
GET_OWN = f"{enrolments.view_sql(MEMBER, '$2', COLUMNS, JOINS)} WHERE p.user_id = $1"
VIEW = enrolments.view_sql(MEMBER, "$4", COLUMNS, JOINS)
FILTER = "x.status = $5 AND ($6::text IS NULL OR x.kind = $6) AND ($7::uuid IS NULL OR x.unit_id = $7)"
IDS = ids_in_area("member", FILTER, within="a.lineage && $4::uuid[]", area_key="home_area_id")
IN_AREA = f"{VIEW} WHERE x.id IN ({IDS}) ORDER BY x.id DESC LIMIT $3"
BY_PHONE = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $4::uuid[] AND {FILTER} AND p.phone_hash = $8
        AND x.id < $2
    ORDER BY x.id DESC LIMIT $3
"""


async def apply(connection: Connection, caller: Caller, form: MemberIn) -> None:
    """Apply for membership, or again after a refusal or after having left: reporting in at home as of today.

    Raises ``area-unknown``, ``area-not-a-home``, ``unit-unknown``, ``already-enrolled``.
    """
    await enrolments.require_home(connection, form.home_area_id)
    person_id = await people.of_user(connection, caller.id)
    earlier = await connection.fetchrow("SELECT id, status FROM member WHERE person_id = $1", person_id)
    author = Mover(Party.AUTHOR, caller.id)
    said: dict[str, Any] = form.model_dump() | {"home_checked_in_on": today()}
    if earlier is not None:
        if MEMBER.find(earlier["status"], "reapply") is None:
            raise Problem("already-enrolled")
        await transitions.move(connection, MEMBER, earlier["id"], "reapply", author, changes=said)
        return
    member = Member(id=new_id(), person_id=person_id, **said)
    await insert(connection, member)
    await transitions.log_creation(connection, MEMBER, member.id, author)


async def enter(connection: Connection, secret: str, caller: Caller, form: MemberEntryIn) -> UUID:
    """Put somebody on the roster of a grid of the caller's, verified at once; return the membership's id.

    Raises ``area-unknown``, ``area-not-a-home``, ``not-allowed``, ``unit-unknown``, and what ``enrolments.enter_many``
    does.
    """
    await enrolments.require_home(connection, form.home_area_id, caller.scope(Role.STAFF))
    entry = Contact(form.name, form.phone), form.model_dump(exclude={"name", "phone"})
    mover = Mover(Party.STAFF, caller.id)
    [member_id] = await enrolments.enter_many(connection, secret, MEMBER, mover, [entry])
    return member_id


async def edit(connection: Connection, caller: Caller, member_id: UUID, form: MemberEditIn) -> None:
    """Put a membership right, as staff of the home grid. Raises ``not-found``, ``own-interest``, ``unit-unknown``,
    ``area-unknown``. Locks it.
    """
    mover, _ = await enrolments.lock_to_edit(connection, MEMBER, caller, member_id)
    await put(connection, mover, member_id, form.model_dump())


async def put(connection: Connection, mover: Mover, member_id: UUID, columns: Mapping[str, Any]) -> None:
    """Change columns of a membership but home and status, with the event of it; who calls has seen that it may be."""
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=2))
    statement = f"UPDATE member SET {names} WHERE id = $1 RETURNING status"
    state = await connection.fetchval(statement, member_id, *columns.values())
    await transitions.log_act(connection, MEMBER, member_id, "edit", mover, state=state)


async def transfer(connection: Connection, caller: Caller, member_id: UUID, form: TransferIn) -> None:
    """Let a member belong to another grid, where they report in as of today. Raises as ``enrolments.transfer``."""
    await enrolments.transfer(
        connection, MEMBER, caller, member_id, form.home_area_id, form.reason, home_checked_in_on=today()
    )


async def get(reads: Reads, secret: str, caller: Caller, member_id: UUID, *, is_kept: bool = False) -> View:
    """Return one membership, to its owner and to staff of the home grid. Raises ``not-found`` to others (I8)."""
    row = enrolments.require_visible(await reads.fetchrow(GET, member_id, caller.scope(Role.STAFF)), caller)
    return _view(row, secret, caller, is_kept=is_kept)


async def get_own(reads: Reads, secret: str, caller: Caller, *, is_kept: bool = False) -> View:
    """Return the caller's membership. Raises ``not-found``."""
    row = enrolments.require_visible(await reads.fetchrow(GET_OWN, caller.id, caller.scope(Role.STAFF)), caller)
    return _view(row, secret, caller, is_kept=is_kept)


async def list_of_area(
    reads: Reads,
    secret: str,
    caller: Caller,
    area_id: UUID,
    request: PageRequest,
    *,
    status: str,
    kind: str | None,
    unit_id: UUID | None,
    phone: str | None,
) -> View:
    """Return the memberships of an area that lie in the caller's own areas, newest first."""
    filters = ("members", area_id, status, kind, unit_id, phone)
    arguments: list[object] = [area_id, request.below(*filters), request.rows, caller.scope(Role.STAFF)]
    arguments += [status, kind, unit_id]
    if phone is None:
        rows = await reads.fetch(IN_AREA, *arguments)
    else:
        rows = await reads.fetch(BY_PHONE, *arguments, people.phone_hash(secret, phone))
    return page(rows, request, lambda row: _view(row, secret, caller), *filters)


def _view(row: Record, secret: str, caller: Caller, *, is_kept: bool = False) -> View:
    return enrolments.show(MEMBER, secret, caller, row, is_kept=is_kept, more=("edit",)) | {
        "kind": row["kind"],
        "unit": row["unit_id"] and {"id": row["unit_id"], "name": row["unit_name"]},
        "unit_area": row["unit_area_id"] and {"id": row["unit_area_id"], "name": row["unit_area_name"]},
        "unit_checked_in_on": row["unit_checked_in_on"],
        "home_checked_in_on": row["home_checked_in_on"],
        "home_branch": row["home_branch"],
        "host_branch": row["host_branch"],
    }
