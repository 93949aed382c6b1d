"""Standing for secretary of a branch: by oneself or recommended by staff and asked first, decided on by others."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.sql import quoted
from app.domain.caller import Caller, Role, parties_to_candidacy
from app.domain.errors import Problem
from app.domain.kinds import CandidacyOrigin
from app.domain.lifecycle import Party
from app.domain.lifecycles import BRANCH_CANDIDACY, OPEN_CANDIDACY_STATES
from app.domain.message_kinds import MessageKind
from app.models.branch import BranchCandidacy
from app.schemas.branches import CandidacyIn
from app.services import messages, transitions
from app.services.branches import standing, views
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

IS_OPEN = f"status IN ({quoted(OPEN_CANDIDACY_STATES)})"
# $2 are the areas where the caller ($3) acts as staff. A rival stands for the same office, or holds it.
VIEW = f"""
    SELECT c.id, c.branch_id, b.name AS branch_name, b.area_id, a.name AS area_name, c.member_id, c.origin, c.status,
        c.created_at, m.person_id, p.user_id, p.sealed, u.nickname, a.lineage && $2::uuid[] AS in_scope, EXISTS (
            SELECT FROM person o JOIN member r ON r.person_id = o.id WHERE o.user_id = $3 AND (
                EXISTS (
                    SELECT FROM branch_term t
                    WHERE t.branch_id = c.branch_id AND t.member_id = r.id AND t.ended_at IS NULL
                ) OR EXISTS (
                    SELECT FROM branch_candidacy y
                    WHERE y.branch_id = c.branch_id AND y.member_id = r.id AND y.{IS_OPEN}
                )
            )
        ) AS is_rival, (
            SELECT e.note FROM event e WHERE e.subject_kind = 'branch_candidacy' AND e.subject_id = c.id
            ORDER BY e.created_at DESC, e.id DESC LIMIT 1
        ) AS reason
    FROM branch_candidacy c JOIN branch b ON b.id = c.branch_id JOIN area a ON a.id = b.area_id
    JOIN member m ON m.id = c.member_id JOIN person p ON p.id = m.person_id LEFT JOIN "user" u ON u.id = p.user_id
"""
GET = f"{VIEW} WHERE c.id = $1"
LIST = f"{VIEW} WHERE c.branch_id = $1 AND c.status = $4 AND c.id < $5 ORDER BY c.id DESC LIMIT $6"
OWN = f"""
    {VIEW} WHERE c.id = ANY (ARRAY(
        SELECT own.id FROM person me JOIN member r ON r.person_id = me.id
        JOIN branch_candidacy own ON own.member_id = r.id
        WHERE me.user_id = $3 AND own.id < $1 ORDER BY own.id DESC LIMIT $4
    )) ORDER BY c.id DESC
"""
FIND_IN_BRANCH = """
    SELECT x.member_id, p.user_id FROM branch_member x
    JOIN member m ON m.id = x.member_id JOIN person p ON p.id = m.person_id
    WHERE x.branch_id = $1 AND x.status = 'joined' AND (x.member_id = $2 OR ($2::uuid IS NULL AND p.user_id = $3))
"""
FIND_NAME = "SELECT name FROM branch WHERE id = $1"
TOLD = {"accept": MessageKind.CANDIDACY_ACCEPTED, "reject": MessageKind.CANDIDACY_REJECTED}
"""What candidates are told of the decisions of others."""
FIND_OPEN = f"SELECT id FROM branch_candidacy WHERE branch_id = $1 AND member_id = $2 AND {IS_OPEN}"


async def nominate(connection: Connection, caller: Caller, branch_id: UUID, form: CandidacyIn) -> UUID:
    """Stand for secretary, or recommend somebody as staff, who is asked; return the candidacy's id.

    Locks the member and the branch. Raises ``not-found``, ``not-allowed``, ``not-in-branch``, ``state-conflict``, and
    by the database ``candidacy-open``.
    """
    wanted = (branch_id, form.member_id, caller.id)
    await standing.hold_member(connection, await connection.fetchval(FIND_IN_BRANCH, *wanted))
    branch = await standing.lock_active(connection, caller, branch_id)
    nominee = await connection.fetchrow(FIND_IN_BRANCH, *wanted)
    is_own = form.member_id is None or (nominee is not None and nominee["user_id"] == caller.id)
    if not (is_own or branch["in_scope"]):
        raise Problem("not-allowed")
    if nominee is None:
        raise Problem("not-in-branch")
    candidacy = BranchCandidacy(
        id=new_id(),
        branch_id=branch_id,
        member_id=nominee["member_id"],
        origin=CandidacyOrigin.SELF_NOMINATED if is_own else CandidacyOrigin.RECOMMENDED,
        status="standing" if is_own else "asked",
    )
    await insert(connection, candidacy)
    mover = Mover(Party.AUTHOR if is_own else Party.STAFF, caller.id)
    action = "stand" if is_own else "recommend"
    await transitions.log(
        connection, BRANCH_CANDIDACY.subject, candidacy.id, action, candidacy.status, mover, note=form.reason
    )
    if not is_own and nominee["user_id"] is not None:
        await _tell(connection, [nominee["user_id"]], MessageKind.CANDIDACY_ASKED, candidacy.id, branch_id)
    return candidacy.id


async def move(
    connection: Connection, caller: Caller, candidacy_id: UUID, action: str, reason: str | None = None
) -> None:
    """Agree, decline or withdraw as the candidate; accept or reject as staff who are no rivals. Locks the branch.

    Raises ``not-found``, ``not-allowed``, ``own-interest`` (I2), ``state-conflict``, and by the database
    ``successor-chosen``.
    """
    row = await find(connection, caller, candidacy_id)
    await standing.hold(connection, row["branch_id"])
    row = await find(connection, caller, candidacy_id)  # who is a rival may have changed before the lock
    party = transitions.permit(BRANCH_CANDIDACY, row["status"], action, parties(row, caller))
    await transitions.move(connection, BRANCH_CANDIDACY, candidacy_id, action, Mover(party, caller.id), note=reason)
    if action in TOLD and row["user_id"] is not None:
        await _tell(connection, [row["user_id"]], TOLD[action], candidacy_id, row["branch_id"])


async def _tell(
    connection: Connection, user_ids: list[UUID], kind: MessageKind, candidacy_id: UUID, branch_id: UUID
) -> None:
    name = await connection.fetchval(FIND_NAME, branch_id)
    await messages.tell(connection, user_ids, kind, candidacy_id, branch=name)


async def lapse(connection: Connection, branch_id: UUID, member_id: UUID) -> None:
    """Let the open candidacy of somebody who leaves a branch, which is locked, lead nowhere."""
    for row in await connection.fetch(FIND_OPEN, branch_id, member_id):
        await transitions.move(connection, BRANCH_CANDIDACY, row["id"], "lapse", transitions.SYSTEM)


async def find(reads: Reads, caller: Caller, candidacy_id: UUID) -> Record:
    """Return a candidacy to its candidate and to staff of the grid. Raises ``not-found``."""
    row = await reads.fetchrow(GET, candidacy_id, caller.scope(Role.STAFF), caller.id)
    if row is None or not parties(row, caller):
        raise Problem("not-found")
    return row


def parties(row: Record, caller: Caller) -> frozenset[Party]:
    """Return what ``caller`` is to a candidacy."""
    return parties_to_candidacy(caller, user_id=row["user_id"], is_rival=row["is_rival"], in_scope=row["in_scope"])


async def get(
    reads: Reads, secret: str, caller: Caller, candidacy_id: UUID, *, is_kept: bool = False
) -> dict[str, Any]:
    """Return a candidacy to its candidate and to staff of the grid. Raises ``not-found``."""
    return _view(await find(reads, caller, candidacy_id), secret, caller, is_kept=is_kept)


async def list_of_branch(
    reads: Reads, secret: str, caller: Caller, branch_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return who stands for secretary of a branch, newest first, to staff. Raises ``not-found``, ``not-allowed``."""
    filters = ("branch-candidacies", branch_id, status)
    last_id = request.below(*filters)
    await views.require_staff(reads, caller, branch_id)
    arguments = (branch_id, caller.scope(Role.STAFF), caller.id, status, last_id, request.rows)
    return page(
        await reads.fetch(LIST, *arguments),
        request,
        lambda row: _view(row, secret, caller, is_kept=False),
        *filters,
    )


async def list_own(reads: Reads, secret: str, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the caller's candidacies, newest first: those in which they are asked, too."""
    filters = ("own-candidacies",)
    rows = await reads.fetch(OWN, request.below(*filters), caller.scope(Role.STAFF), caller.id, request.rows)
    return page(rows, request, lambda row: _view(row, secret, caller, is_kept=False), *filters)


def _view(row: Record, secret: str, caller: Caller, *, is_kept: bool) -> dict[str, Any]:
    return {
        "id": row["id"],
        "branch": {"id": row["branch_id"], "name": row["branch_name"]},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "person": standing.show_person(row, secret, is_kept=is_kept),
        "origin": row["origin"],
        "status": row["status"],
        "reason": row["reason"],
        "created_at": row["created_at"],
        "actions": BRANCH_CANDIDACY.actions(row["status"], parties(row, caller)),
    }
