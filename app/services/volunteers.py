"""Volunteers: offering help without being a member, and the roster that staff keep."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Range, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.domain import free_hours
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOLUNTEER
from app.models.volunteer import Volunteer
from app.schemas.members import TransferIn, VolunteerEditIn, VolunteerEntryIn, VolunteerIn
from app.services import enrolments, people, transitions
from app.services.enrolments import View
from app.services.pages import PageRequest, page
from app.services.people import Contact
from app.services.transitions import Mover

COLUMNS = "x.profession, x.skills, x.free_hours"
GET = f"{enrolments.view_sql(VOLUNTEER, '$2', COLUMNS)} WHERE x.id = $1"
GET_OWN = f"{enrolments.view_sql(VOLUNTEER, '$2', COLUMNS)} WHERE p.user_id = $1"
VIEW = enrolments.view_sql(VOLUNTEER, "$4", COLUMNS)
FILTER = """
    x.status = $5 AND ($6::text IS NULL OR $6 = ANY (x.skills)) AND ($7::int IS NULL OR x.free_hours @> $7)
"""
"""In a state, with a skill in the very words, free at a minute of the week."""
IDS = ids_in_area("volunteer", FILTER, within="a.lineage && $4::uuid[]", area_key="home_area_id")
IN_AREA = f"{VIEW} WHERE x.id IN ({IDS}) ORDER BY x.id DESC LIMIT $3"
BY_PHONE = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $4::uuid[] AND {FILTER} AND p.phone_hash = $8
        AND x.id < $2
    ORDER BY x.id DESC LIMIT $3
"""
COUNT = f"""
    SELECT count(*) FROM volunteer x JOIN area a ON a.id = x.home_area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $4::uuid[] AND {FILTER} AND $2::uuid IS NULL AND $3::int IS NULL
"""
LIVE = ("applied", "approved")
"""Whoever was refused or left says everything anew by applying."""


async def apply(connection: Connection, caller: Caller, form: VolunteerIn) -> None:
    """Apply as a volunteer, or again after a refusal or after having left.

    Raises ``area-unknown``, ``area-not-a-home``, ``already-enrolled``.
    """
    await enrolments.require_home(connection, form.home_area_id)
    person_id = await people.of_user(connection, caller.id)
    earlier = await connection.fetchrow("SELECT id, status FROM volunteer WHERE person_id = $1", person_id)
    author = Mover(Party.AUTHOR, caller.id)
    if earlier is not None:
        if VOLUNTEER.find(earlier["status"], "reapply") is None:
            raise Problem("already-enrolled")
        await transitions.move(connection, VOLUNTEER, earlier["id"], "reapply", author, changes=_columns(form))
        return
    volunteer = Volunteer(id=new_id(), person_id=person_id, **_columns(form))
    await insert(connection, volunteer)
    await transitions.log_creation(connection, VOLUNTEER, volunteer.id, author)


async def enter(connection: Connection, secret: str, caller: Caller, form: VolunteerEntryIn) -> UUID:
    """Put somebody on the roster of a grid of the caller's, approved at once; return the volunteer's id.

    Raises ``area-unknown``, ``area-not-a-home``, ``not-allowed``, and what ``enrolments.enter_many`` does.
    """
    await enrolments.require_home(connection, form.home_area_id, caller.scope(Role.STAFF))
    entry = Contact(form.name, form.phone), _columns(form)
    mover = Mover(Party.STAFF, caller.id)
    [volunteer_id] = await enrolments.enter_many(connection, secret, VOLUNTEER, mover, [entry])
    return volunteer_id


async def edit(connection: Connection, caller: Caller, volunteer_id: UUID, form: VolunteerEditIn) -> None:
    """Say anew what a volunteer can do and when: they themselves, or staff of the home grid. Locks the volunteership.

    Raises ``not-found``, and ``state-conflict`` for who was refused or has left.
    """
    mover, status = await enrolments.lock_to_edit(connection, VOLUNTEER, caller, volunteer_id, or_own=True)
    if status not in LIVE:
        raise Problem("state-conflict")
    columns = _columns(form)
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=2))
    await connection.execute(f"UPDATE volunteer SET {names} WHERE id = $1", volunteer_id, *columns.values())
    await transitions.log_act(connection, VOLUNTEER, volunteer_id, "edit", mover, state=status)


async def transfer(connection: Connection, caller: Caller, volunteer_id: UUID, form: TransferIn) -> None:
    """Let a volunteer belong to another grid. Raises as ``enrolments.transfer``."""
    await enrolments.transfer(connection, VOLUNTEER, caller, volunteer_id, form.home_area_id, form.reason)


async def get(reads: Reads, secret: str, caller: Caller, volunteer_id: UUID, *, is_kept: bool = False) -> View:
    """Return one application, to its owner and to staff of the home grid. Raises ``not-found`` to others (I8)."""
    row = enrolments.require_visible(await reads.fetchrow(GET, volunteer_id, caller.scope(Role.STAFF)), caller)
    return _view(row, secret, caller, is_kept=is_kept)


async def get_own(reads: Reads, secret: str, caller: Caller, *, is_kept: bool = False) -> View:
    """Return the caller as a volunteer. Raises ``not-found``."""
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
    skill: str | None,
    free_at: str | None,
    phone: str | None,
) -> View:
    """Return the volunteers of an area that lie in the caller's own areas, newest first."""
    filters = ("volunteers", area_id, status, skill, free_at, phone)
    arguments: list[object] = [area_id, request.below(*filters), request.rows, caller.scope(Role.STAFF)]
    arguments += [status, skill, _minute(free_at)]
    if phone is None:
        rows = await reads.fetch(IN_AREA, *arguments)
    else:
        rows = await reads.fetch(BY_PHONE, *arguments, people.phone_hash(secret, phone))
    return page(rows, request, lambda row: _view(row, secret, caller), *filters)


async def count(
    reads: Reads, caller: Caller, area_id: UUID, *, status: str, skill: str | None, free_at: str | None
) -> View:
    """Return how many volunteers of an area that lie in the caller's own areas fit."""
    told = (area_id, None, None, caller.scope(Role.STAFF), status, skill, _minute(free_at))
    return {"volunteers": await reads.fetchval(COUNT, *told), "actions": []}


def _columns(form: VolunteerEditIn) -> dict[str, Any]:
    """Return what a form says, as it is stored."""
    columns = form.model_dump(exclude={"name", "phone", "free_hours"})
    return columns | {"free_hours": [Range(*span) for span in form.spans]}


def _minute(free_at: str | None) -> int | None:
    """Return the minute of the week of 6T14:00."""
    if free_at is None:
        return None
    [(start, _)] = free_hours.on_days([int(free_at[0])], free_hours.minute_of(free_at[2:]), 0)
    return start


def _view(row: Record, secret: str, caller: Caller, *, is_kept: bool = False) -> View:
    view = enrolments.show(VOLUNTEER, secret, caller, row, is_kept=is_kept)
    if row["status"] in LIVE:
        view["actions"].append("edit")
    return view | {
        "profession": row["profession"],
        "skills": row["skills"],
        "free_hours": [
            {"weekdays": list(days), "from": free_hours.clock_of(start), "to": free_hours.clock_of(end)}
            for days, start, end in free_hours.timetable((each.lower, each.upper) for each in row["free_hours"])
        ],
    }
