"""Who leads a branch: a term begins when an accepted candidate takes over and lasts until the next one does.

Nobody's term runs out by itself: a branch without a secretary serves nobody, and elections may be put off by up to a
year (《中国共产党基层组织选举工作条例》, article 3). Whose last day is over is shown as overdue, to be handed over.
"""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now, today
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain import branches
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import TermEnd
from app.domain.lifecycle import Party
from app.domain.lifecycles import BRANCH_CANDIDACY
from app.models.branch import BranchTerm
from app.schemas.branches import BranchHandOverIn
from app.services import transitions
from app.services.branches import candidacies, standing, views
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# $2 are the areas where the caller acts as staff.
LIST = """
    SELECT t.id, t.since, t.due_on, t.ended_at, t.end_reason, t.member_id, c.origin, m.person_id, p.sealed, u.nickname,
        a.lineage && $2::uuid[] AS in_scope
    FROM branch_term t JOIN branch_candidacy c ON c.id = t.candidacy_id
    JOIN branch b ON b.id = t.branch_id JOIN area a ON a.id = b.area_id
    JOIN member m ON m.id = t.member_id JOIN person p ON p.id = m.person_id LEFT JOIN "user" u ON u.id = p.user_id
    WHERE t.branch_id = $1 AND t.id < $3 ORDER BY t.id DESC LIMIT $4
"""
FIND = """
    SELECT t.id, t.member_id, p.user_id FROM branch_term t
    JOIN member m ON m.id = t.member_id JOIN person p ON p.id = m.person_id
    WHERE t.branch_id = $1 AND t.ended_at IS NULL
"""
CANDIDATE = "SELECT member_id FROM branch_candidacy WHERE id = $1"
END = """
    UPDATE branch_term SET ended_at = greatest(since, $2), end_reason = $3
    WHERE id = $1 AND ended_at IS NULL RETURNING id
"""


async def hand_over(connection: Connection, caller: Caller, branch_id: UUID, form: BranchHandOverIn) -> UUID:
    """Let the accepted candidate be secretary from now on, and whoever was so before no more; return the term's id.

    As staff who are no rivals. Locks the member and the branch: of two at once the second finds them in office.
    Raises ``not-found``, ``not-allowed``, ``own-interest`` (I2), ``term-too-long``, ``state-conflict`` also for a
    candidate of another branch.
    """
    await standing.hold_member(connection, await connection.fetchval(CANDIDATE, form.candidacy_id))
    branch = await standing.lock_active(connection, caller, branch_id)
    if not branch["in_scope"]:
        raise Problem("not-allowed")
    candidacy = await connection.fetchrow(candidacies.GET, form.candidacy_id, caller.scope(Role.STAFF), caller.id)
    if candidacy is None or candidacy["branch_id"] != branch_id:
        raise Problem("state-conflict")
    parties = candidacies.parties(candidacy, caller)
    party = transitions.permit(BRANCH_CANDIDACY, candidacy["status"], "hand_over", parties)
    due_on = form.due_on or branches.last_day(today())
    if not branches.is_possible(today(), due_on):
        raise Problem("term-too-long")
    mover = Mover(party, caller.id)
    earlier = await connection.fetchrow(FIND, branch_id)
    if earlier is not None:
        await _end(connection, earlier["id"], mover, TermEnd.HANDED_OVER)
    await transitions.move(connection, BRANCH_CANDIDACY, candidacy["id"], "hand_over", mover)
    term = BranchTerm(
        id=new_id(),
        branch_id=branch_id,
        member_id=candidacy["member_id"],
        candidacy_id=candidacy["id"],
        since=now(),
        due_on=due_on,
    )
    await insert(connection, term)
    facts = {"branch_id": branch_id, "candidacy_id": candidacy["id"], "due_on": due_on}
    await transitions.log(connection, "branch_term", term.id, "begin", "active", mover, facts=facts)
    return term.id


async def vacate(connection: Connection, caller: Caller, branch_id: UUID, reason: str) -> None:
    """End the secretary's term without a successor: their own, or as staff. Locks the branch.

    Raises ``not-found``, ``not-allowed``, ``branch-vacant``, ``state-conflict`` of a branch that is no more.
    """
    branch = await standing.lock_active(connection, caller, branch_id)
    term = await connection.fetchrow(FIND, branch_id)
    is_own = term is not None and term["user_id"] == caller.id
    if not (is_own or branch["in_scope"]):
        raise Problem("not-allowed")
    if term is None:
        raise Problem("branch-vacant")
    mover = Mover(Party.AUTHOR if is_own else Party.STAFF, caller.id)
    await _end(connection, term["id"], mover, TermEnd.VACATED, reason)


async def end_of_member(
    connection: Connection, branch_id: UUID, member_id: UUID, mover: Mover, reason: TermEnd
) -> None:
    """End the term of somebody who leaves a branch, which is locked, if they are its secretary."""
    term = await connection.fetchrow(FIND, branch_id)
    if term is not None and term["member_id"] == member_id:
        await _end(connection, term["id"], mover, reason)


async def list_of_branch(
    reads: Reads, secret: str, caller: Caller, branch_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return who was secretary of a branch when, newest first, to those in it and to staff.

    Raises ``not-found`` and ``not-allowed``.
    """
    filters = ("branch-terms", branch_id)
    last_id = request.below(*filters)
    await views.require_insider(reads, caller, branch_id)
    rows = await reads.fetch(LIST, branch_id, caller.scope(Role.STAFF), last_id, request.rows)
    return page(rows, request, lambda row: _view(row, secret), *filters)


async def _end(connection: Connection, term_id: UUID, mover: Mover, reason: TermEnd, note: str | None = None) -> None:
    if await connection.fetchval(END, term_id, now(), reason) is None:
        raise Problem("state-conflict")
    facts = {"end_reason": reason}
    await transitions.log(
        connection, "branch_term", term_id, "end", "ended", mover, from_state="active", note=note, facts=facts
    )


def _view(row: Record, secret: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "person": standing.show_person(row, secret),
        "origin": row["origin"],
        "since": row["since"],
        "due_on": row["due_on"],
        "is_overdue": row["ended_at"] is None and row["due_on"] < today(),
        "ended_at": row["ended_at"],
        "end_reason": row["end_reason"],
        "actions": [],
    }
