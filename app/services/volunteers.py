"""Volunteers: offering help without being a member."""

from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOLUNTEER
from app.models.volunteer import Volunteer
from app.schemas.members import VolunteerIn
from app.services import enrolments, people, transitions
from app.services.enrolments import View
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

VIEW = """
    SELECT v.id, p.user_id, u.nickname, v.skills, v.home_area_id, a.name AS area_name, v.status, v.created_at,
        a.lineage && $2::uuid[] AS in_scope
    FROM volunteer v JOIN person p ON p.id = v.person_id LEFT JOIN "user" u ON u.id = p.user_id
    JOIN area a ON a.id = v.home_area_id
"""
GET = f"{VIEW} WHERE v.id = $1"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $2::uuid[] AND v.status = $3 AND v.id < $4
    ORDER BY v.id DESC LIMIT $5
"""


async def apply(connection: Connection, caller: Caller, form: VolunteerIn) -> UUID:
    """Apply as a volunteer, or again after a refusal; return the application's id.

    Raises ``area-unknown``, ``area-not-a-home``, ``already-enrolled``.
    """
    await enrolments.require_home(connection, form.home_area_id)
    person_id = await people.of_user(connection, caller.id)
    earlier = await connection.fetchrow("SELECT id, status FROM volunteer WHERE person_id = $1", person_id)
    author = Mover(Party.AUTHOR, caller.id)
    if earlier is not None:
        if VOLUNTEER.find(earlier["status"], "reapply") is None:
            raise Problem("already-enrolled")
        changes = {"home_area_id": form.home_area_id, "skills": form.skills}
        await transitions.move(connection, VOLUNTEER, earlier["id"], "reapply", author, changes=changes)
        return UUID(bytes=earlier["id"].bytes)
    volunteer = Volunteer(id=new_id(), person_id=person_id, home_area_id=form.home_area_id, skills=form.skills)
    await insert(connection, volunteer)
    await transitions.log_creation(connection, VOLUNTEER, volunteer.id, author)
    return volunteer.id


async def get(reads: Reads, caller: Caller, volunteer_id: UUID) -> View:
    """Return one application, to its owner and to staff of the home grid. Raises ``not-found`` to others (I8)."""
    row = enrolments.require_visible(await reads.fetchrow(GET, volunteer_id, caller.scope(Role.STAFF)), caller)
    return _view(row, caller)


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, status: str, request: PageRequest) -> View:
    """Return the volunteers of an area that lie in the caller's own areas."""
    filters = ("volunteers", area_id, status)
    rows = await reads.fetch(LIST, area_id, caller.scope(Role.STAFF), status, request.below(*filters), request.rows)
    return page(rows, request, lambda row: _view(row, caller), *filters)


def _view(row: Record, caller: Caller) -> View:
    return {
        "id": row["id"],
        "nickname": row["nickname"],
        "skills": row["skills"],
        "home_area": {"id": row["home_area_id"], "name": row["area_name"]},
        "status": row["status"],
        "created_at": row["created_at"],
        "actions": enrolments.actions(VOLUNTEER, caller, row),
    }
