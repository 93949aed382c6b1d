"""Who is in a branch: approved members of its grid, by their own wish or put there by staff, free to leave.

A place lasts as long as the membership is approved and its home is the branch's grid; whatever ends that calls
``settle`` in the same transaction. With a place go the term of a secretary and a candidacy.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.kinds import TermEnd
from app.domain.lifecycle import Party
from app.domain.lifecycles import BRANCH_MEMBER
from app.models.branch import BranchMember
from app.services import transitions
from app.services.branches import candidacies, standing, terms, views
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# $2 are the areas where the caller acts as staff.
VIEW = """
    SELECT x.id, x.branch_id, x.member_id, x.status, x.created_at, x.ended_at, m.person_id, p.user_id, p.sealed,
        u.nickname, a.lineage && $2::uuid[] AS in_scope, EXISTS (
            SELECT FROM branch_term t
            WHERE t.branch_id = x.branch_id AND t.member_id = x.member_id AND t.ended_at IS NULL
        ) AS is_secretary
    FROM branch_member x JOIN branch b ON b.id = x.branch_id JOIN area a ON a.id = b.area_id
    JOIN member m ON m.id = x.member_id JOIN person p ON p.id = m.person_id LEFT JOIN "user" u ON u.id = p.user_id
"""
GET = f"{VIEW} WHERE x.id = $1"
LIST = f"{VIEW} WHERE x.branch_id = $1 AND x.status = $3 AND x.id < $4 ORDER BY x.id DESC LIMIT $5"
JOINED = "SELECT id, branch_id, member_id FROM branch_member WHERE member_id = ANY($1) AND status = 'joined'"
LIST_JOINED = (
    "SELECT id, branch_id, member_id FROM branch_member WHERE branch_id = $1 AND status = 'joined' ORDER BY id"
)
FIND_OWN_MEMBER = "SELECT m.id FROM member m JOIN person p ON p.id = m.person_id WHERE p.user_id = $1"
LOCK_MEMBER = "SELECT status, home_area_id FROM member WHERE id = $1 FOR NO KEY UPDATE"
MISPLACED = """
    SELECT x.id, x.branch_id, x.member_id
    FROM branch_member x JOIN branch b ON b.id = x.branch_id JOIN member m ON m.id = x.member_id
    WHERE x.member_id = ANY($1) AND x.status = 'joined' AND NOT (m.status = 'approved' AND m.home_area_id = b.area_id)
    ORDER BY x.id
"""


async def join(connection: Connection, caller: Caller, branch_id: UUID, member_id: UUID | None) -> UUID:
    """Put a member into a branch, as staff, or oneself; return the id of the place. Locks the member and the branch.

    Raises ``not-found``, ``not-allowed``, ``member-elsewhere`` unless they are an approved member of its grid,
    ``state-conflict``, and by the database ``branch-joined``.
    """
    own_id = await connection.fetchval(FIND_OWN_MEMBER, caller.id)
    chosen_id = member_id or own_id
    member = chosen_id and await connection.fetchrow(LOCK_MEMBER, chosen_id)
    branch = await standing.lock_active(connection, caller, branch_id)
    is_own = chosen_id is not None and chosen_id == own_id
    if member_id is not None and not (is_own or branch["in_scope"]):
        raise Problem("not-allowed")
    if member is None or (member["status"], member["home_area_id"]) != ("approved", branch["area_id"]):
        raise Problem("member-elsewhere")
    mover = Mover(Party.AUTHOR if is_own else Party.STAFF, caller.id)
    return await put(connection, branch_id, chosen_id, mover)


async def put(connection: Connection, branch_id: UUID, member_id: UUID, mover: Mover) -> UUID:
    """Begin a member's time in a branch, both locked; return the id of the place."""
    place = BranchMember(id=new_id(), branch_id=branch_id, member_id=member_id)
    await insert(connection, place)
    await transitions.log_creation(connection, BRANCH_MEMBER, place.id, mover)
    return place.id


async def leave(connection: Connection, caller: Caller, place_id: UUID, reason: str) -> None:
    """End a place in a branch, one's own or as staff. Locks the branch. Raises ``not-found``, ``state-conflict``."""
    row = await _find(connection, caller, place_id)
    await standing.hold(connection, row["branch_id"])
    row = await _find(connection, caller, place_id)
    party = transitions.permit(BRANCH_MEMBER, row["status"], "leave", _parties(row, caller))
    await end(connection, row, Mover(party, caller.id), TermEnd.LEFT, reason)


async def end(connection: Connection, place: Record, mover: Mover, reason: TermEnd, note: str | None = None) -> None:
    """End a place (``id``, ``branch_id``, ``member_id``) with the term and the candidacy that hang on it.

    The branch is locked. Raises ``state-conflict``.
    """
    await terms.end_of_member(connection, place["branch_id"], place["member_id"], mover, reason)
    await candidacies.lapse(connection, place["branch_id"], place["member_id"])
    changes = {"ended_at": now()}
    await transitions.move(connection, BRANCH_MEMBER, place["id"], "leave", mover, note=note, changes=changes)


async def settle(connection: Connection, member_ids: Sequence[UUID], mover: Mover) -> None:
    """End the places of members who are in a branch whose grid is not their home any more, or who are no members.

    To be called with those memberships locked, when they have ended or moved. Locks the branches in the order of ids.
    """
    found = await connection.fetch(MISPLACED, member_ids)
    for branch_id in sorted({row["branch_id"] for row in found}):
        await standing.hold(connection, branch_id)
    if found:  # they may have left by themselves before the branch was locked
        for row in await connection.fetch(MISPLACED, member_ids):
            await end(connection, row, mover, TermEnd.LEFT)


async def merge(connection: Connection, from_id: UUID, into_id: UUID) -> None:
    """Let what one membership was in branches be another's, of the same person; both are locked.

    A place that is the other's as well, or that is not in the branch of its grid, ends. Locks the branches in the order
    of ids.
    """
    for branch_id in sorted({row["branch_id"] for row in await connection.fetch(JOINED, [from_id, into_id])}):
        await standing.hold(connection, branch_id)
    joined = {row["member_id"]: row for row in await connection.fetch(JOINED, [from_id, into_id])}
    if from_id in joined and into_id in joined:
        await end(connection, joined[from_id], transitions.SYSTEM, TermEnd.LEFT)
    for table in ("branch_member", "branch_candidacy", "branch_term"):
        await connection.execute(f"UPDATE {table} SET member_id = $2 WHERE member_id = $1", from_id, into_id)
    await settle(connection, [into_id], transitions.SYSTEM)


async def get(reads: Reads, secret: str, caller: Caller, place_id: UUID, *, is_kept: bool = False) -> dict[str, Any]:
    """Return somebody's place, to themselves and to staff. Raises ``not-found``."""
    return _view(await _find(reads, caller, place_id), secret, caller, is_kept=is_kept)


async def list_of_branch(
    reads: Reads, secret: str, caller: Caller, branch_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return who is in a branch, newest first, to those in it and to staff; who has left, to staff.

    Raises ``not-found`` and ``not-allowed``.
    """
    filters = ("branch-members", branch_id, status)
    last_id = request.below(*filters)
    branch = await views.require_insider(reads, caller, branch_id)
    if status != "joined" and not branch["in_scope"]:
        raise Problem("not-allowed")
    rows = await reads.fetch(LIST, branch_id, caller.scope(Role.STAFF), status, last_id, request.rows)
    return page(rows, request, lambda row: _view(row, secret, caller, is_kept=False), *filters)


async def _find(reads: Reads, caller: Caller, place_id: UUID) -> Record:
    row = await reads.fetchrow(GET, place_id, caller.scope(Role.STAFF))
    if row is None or not _parties(row, caller):
        raise Problem("not-found")
    return row


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_application(caller, applicant_id=row["user_id"], in_scope=row["in_scope"], decider=Party.STAFF)


def _view(row: Record, secret: str, caller: Caller, *, is_kept: bool) -> dict[str, Any]:
    return {
        "id": row["id"],
        "person": standing.show_person(row, secret, is_kept=is_kept),
        "is_secretary": row["is_secretary"],
        "status": row["status"],
        "since": row["created_at"],
        "ended_at": row["ended_at"],
        "actions": BRANCH_MEMBER.actions(row["status"], _parties(row, caller)),
    }
