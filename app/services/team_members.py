"""Who is in a team: people ask, its leader or staff admit them, and everybody may leave."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_team_member
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import TEAM_MEMBER
from app.models.team import TeamMember
from app.services import people, transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# $2 are the areas where the caller acts as staff.
VIEW = """
    SELECT m.id, m.team_id, m.person_id, m.status, m.created_at, p.user_id, u.nickname, t.leader_id,
        l.user_id AS leader_user_id, a.lineage && $2::uuid[] AS in_scope
    FROM team_member m JOIN team t ON t.id = m.team_id JOIN area a ON a.id = t.area_id
    JOIN person p ON p.id = m.person_id JOIN person l ON l.id = t.leader_id LEFT JOIN "user" u ON u.id = p.user_id
"""
GET = f"{VIEW} WHERE m.id = $1"
# $3 is the caller: those in the team see one another, and their leader and staff also who asked.
LIST = f"""
    {VIEW} WHERE m.team_id = $1 AND m.status = $4 AND m.id < $5 AND (
        l.user_id = $3 OR a.lineage && $2::uuid[] OR ($4 = 'joined' AND EXISTS (
            SELECT FROM team_member own JOIN person me ON me.id = own.person_id
            WHERE own.team_id = $1 AND me.user_id = $3 AND own.status = 'joined'
        ))
    ) ORDER BY m.id DESC LIMIT $6
"""
EXISTS = "SELECT EXISTS (SELECT FROM team WHERE id = $1)"
FIND_OWN = "SELECT id, status FROM team_member WHERE team_id = $1 AND person_id = $2"
# Whoever dissolves the team or hands it over waits, or is waited for.
LOCK_TEAM = "SELECT leader_id FROM team WHERE id = $1 AND status = $2 FOR NO KEY UPDATE"
LOCK_LEADER = "SELECT FROM team WHERE id = $1 FOR NO KEY UPDATE"


async def ask(connection: Connection, caller: Caller, team_id: UUID) -> UUID:
    """Ask to be in an approved team; return the id of the caller's place. Locks the team's row.

    Raises ``helpers-only``, ``not-found``, ``team-joined``.
    """
    if not caller.is_helper:
        raise Problem("helpers-only")
    person_id = await people.of_user(connection, caller.id)
    if await connection.fetchrow(LOCK_TEAM, team_id, "approved") is None:
        raise Problem("not-found")
    mover = Mover(Party.AUTHOR, caller.id)
    earlier = await connection.fetchrow(FIND_OWN, team_id, person_id)
    if earlier is not None:
        if earlier["status"] in {"asked", "joined"}:
            raise Problem("team-joined")
        await transitions.move(connection, TEAM_MEMBER, earlier["id"], "ask", mover)
        return UUID(bytes=earlier["id"].bytes)
    place = TeamMember(id=new_id(), team_id=team_id, person_id=person_id)
    await insert(connection, place)
    await transitions.log_creation(connection, TEAM_MEMBER, place.id, mover)
    return place.id


async def move(connection: Connection, caller: Caller, place_id: UUID, action: str) -> None:
    """Admit, refuse, remove or leave. Locks the team's row.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``, ``team-needs-leader``.
    """
    row = await _find(connection, caller, place_id)
    await connection.execute(LOCK_LEADER, row["team_id"])
    row = await _find(connection, caller, place_id)  # who leads the team may have changed before the lock
    party = transitions.permit(TEAM_MEMBER, row["status"], action, _parties(row, caller))
    if action in {"leave", "remove"} and row["person_id"] == row["leader_id"]:
        raise Problem("team-needs-leader")
    await transitions.move(connection, TEAM_MEMBER, place_id, action, Mover(party, caller.id))


async def get(reads: Reads, caller: Caller, place_id: UUID) -> dict[str, Any]:
    """Return somebody's place, to themselves, the leader and staff. Raises ``not-found``."""
    return _view(await _find(reads, caller, place_id), caller)


async def list_of_team(
    reads: Reads, caller: Caller, team_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return who is in a team, newest first, to those in it; who asked, to its leader and staff. Others get none.

    Raises ``not-found`` for no team at all.
    """
    filters = ("team-members", team_id, status)
    arguments = (team_id, caller.scope(Role.STAFF), caller.id, status, request.below(*filters), request.rows)
    rows = await reads.fetch(LIST, *arguments)
    if not rows and not await reads.fetchval(EXISTS, team_id):
        raise Problem("not-found")
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def _find(reads: Reads, caller: Caller, place_id: UUID) -> Record:
    row = await reads.fetchrow(GET, place_id, caller.scope(Role.STAFF))
    if row is None or not _parties(row, caller):
        raise Problem("not-found")
    return row


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_team_member(
        caller, user_id=row["user_id"], leader_id=row["leader_user_id"], in_scope=row["in_scope"]
    )


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    is_leader = row["person_id"] == row["leader_id"]
    actions = TEAM_MEMBER.actions(row["status"], _parties(row, caller))
    return {
        "id": row["id"],
        "nickname": row["nickname"],
        "is_leader": is_leader,
        "status": row["status"],
        "created_at": row["created_at"],
        "actions": [action for action in actions if not (is_leader and action in {"leave", "remove"})],
    }
