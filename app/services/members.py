"""Members: reporting in at the work unit and at the home grid (双报到)."""

from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import MEMBER
from app.models.member import Member
from app.schemas.members import MemberIn
from app.services import enrolments, people, transitions
from app.services.enrolments import View
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

VIEW = """
    SELECT m.id, p.user_id, u.nickname, m.kind, m.unit_id, n.name AS unit_name, m.home_area_id, a.name AS area_name,
        m.status, m.created_at, a.lineage && $2::uuid[] AS in_scope
    FROM member m JOIN person p ON p.id = m.person_id LEFT JOIN "user" u ON u.id = p.user_id
    JOIN unit n ON n.id = m.unit_id JOIN area a ON a.id = m.home_area_id
"""
GET = f"{VIEW} WHERE m.id = $1"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $2::uuid[] AND m.status = $3 AND m.id < $4
    ORDER BY m.id DESC LIMIT $5
"""


async def apply(connection: Connection, caller: Caller, form: MemberIn) -> UUID:
    """Apply for membership, or again after a refusal; return its id.

    Raises ``area-unknown``, ``area-not-a-home``, ``unit-unknown``, ``already-enrolled``.
    """
    await enrolments.require_home(connection, form.home_area_id)
    person_id = await people.of_user(connection, caller.id)
    earlier = await connection.fetchrow("SELECT id, status FROM member WHERE person_id = $1", person_id)
    author = Mover(Party.AUTHOR, caller.id)
    if earlier is not None:
        if MEMBER.find(earlier["status"], "reapply") is None:
            raise Problem("already-enrolled")
        changes = {"kind": form.kind, "unit_id": form.unit_id, "home_area_id": form.home_area_id}
        await transitions.move(connection, MEMBER, earlier["id"], "reapply", author, changes=changes)
        return UUID(bytes=earlier["id"].bytes)
    member = Member(
        id=new_id(), person_id=person_id, kind=form.kind, unit_id=form.unit_id, home_area_id=form.home_area_id
    )
    await insert(connection, member)
    await transitions.log_creation(connection, MEMBER, member.id, author)
    return member.id


async def get(reads: Reads, caller: Caller, member_id: UUID) -> View:
    """Return one membership, to its owner and to staff of the home grid. Raises ``not-found`` to others (I8)."""
    row = enrolments.require_visible(await reads.fetchrow(GET, member_id, caller.scope(Role.STAFF)), caller)
    return _view(row, caller)


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, status: str, request: PageRequest) -> View:
    """Return the memberships of an area that lie in the caller's own areas."""
    filters = ("members", area_id, status)
    rows = await reads.fetch(LIST, area_id, caller.scope(Role.STAFF), status, request.below(*filters), request.rows)
    return page(rows, request, lambda row: _view(row, caller), *filters)


def _view(row: Record, caller: Caller) -> View:
    return {
        "id": row["id"],
        "nickname": row["nickname"],
        "kind": row["kind"],
        "unit": {"id": row["unit_id"], "name": row["unit_name"]},
        "home_area": {"id": row["home_area_id"], "name": row["area_name"]},
        "status": row["status"],
        "created_at": row["created_at"],
        "actions": enrolments.actions(MEMBER, caller, row),
    }
