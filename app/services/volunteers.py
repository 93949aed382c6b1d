"""Volunteers: offering help without being a member, and the roster that staff keep."""

from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOLUNTEER
from app.models.volunteer import Volunteer
from app.schemas.members import TransferIn, VolunteerEntryIn, VolunteerIn
from app.services import enrolments, people, transitions
from app.services.enrolments import View
from app.services.pages import PageRequest, page
from app.services.people import Contact
from app.services.transitions import Mover

COLUMNS = "x.skills"
WITH_LOOKS = f"{COLUMNS}, {enrolments.looks_sql(VOLUNTEER)}"
GET = f"{enrolments.view_sql(VOLUNTEER, '$2', WITH_LOOKS)} WHERE x.id = $1"
GET_OWN = f"{enrolments.view_sql(VOLUNTEER, '$2', WITH_LOOKS)} WHERE p.user_id = $1"
VIEW = enrolments.view_sql(VOLUNTEER, "$4", COLUMNS)
FILTER = "x.status = $5"
IDS = ids_in_area("volunteer", FILTER, within="a.lineage && $4::uuid[]", area_key="home_area_id")
IN_AREA = f"{VIEW} WHERE x.id IN ({IDS}) ORDER BY x.id DESC LIMIT $3"
BY_PHONE = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $4::uuid[] AND {FILTER} AND p.phone_hash = $6
        AND x.id < $2
    ORDER BY x.id DESC LIMIT $3
"""


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
        await transitions.move(connection, VOLUNTEER, earlier["id"], "reapply", author, changes=form.model_dump())
        return
    volunteer = Volunteer(id=new_id(), person_id=person_id, **form.model_dump())
    await insert(connection, volunteer)
    await transitions.log_creation(connection, VOLUNTEER, volunteer.id, author)


async def enter(connection: Connection, secret: str, caller: Caller, form: VolunteerEntryIn) -> UUID:
    """Put somebody on the roster of a grid of the caller's, approved at once; return the volunteer's id.

    Raises ``area-unknown``, ``area-not-a-home``, ``not-allowed``, and what ``enrolments.enter_many`` does.
    """
    await enrolments.require_home(connection, form.home_area_id, caller.scope(Role.STAFF))
    entry = Contact(form.name, form.phone), form.model_dump(exclude={"name", "phone"})
    mover = Mover(Party.STAFF, caller.id)
    [volunteer_id] = await enrolments.enter_many(connection, secret, VOLUNTEER, mover, [entry])
    return volunteer_id


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
    phone: str | None,
) -> View:
    """Return the volunteers of an area that lie in the caller's own areas, newest first."""
    filters = ("volunteers", area_id, status, phone)
    arguments: list[object] = [area_id, request.below(*filters), request.rows, caller.scope(Role.STAFF), status]
    if phone is None:
        rows = await reads.fetch(IN_AREA, *arguments)
    else:
        rows = await reads.fetch(BY_PHONE, *arguments, people.phone_hash(secret, phone))
    return page(rows, request, lambda row: _shared_view(row, secret, caller, is_kept=False), *filters)


def _view(row: Record, secret: str, caller: Caller, *, is_kept: bool) -> View:
    view = _shared_view(row, secret, caller, is_kept=is_kept)
    return view | {"looks": enrolments.show_looks(row)} if row["user_id"] == caller.id else view


def _shared_view(row: Record, secret: str, caller: Caller, *, is_kept: bool) -> View:
    return enrolments.show(VOLUNTEER, secret, caller, row, is_kept=is_kept) | {"skills": row["skills"]}
