"""Reading branches: that there is one and how many are in it to everybody, who leads it to those in it and to staff."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import today
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import SecretaryState
from app.domain.lifecycle import Party
from app.domain.lifecycles import BRANCH
from app.services.branches import standing
from app.services.pages import PageRequest, page

# In the views $1 is the caller or null, $2 the areas where they act as staff, $3 the present day.
STATE = "CASE WHEN t.id IS NULL THEN 'vacant' WHEN t.due_on < $3 THEN 'overdue' ELSE 'in_office' END"
VIEW = f"""
    SELECT b.id, b.area_id, a.name AS area_name, b.name, b.status, b.created_at, a.lineage && $2::uuid[] AS in_scope,
        (SELECT count(*) FROM branch_member x WHERE x.branch_id = b.id AND x.status = 'joined') AS member_count,
        {STATE} AS secretary_state, t.id AS term_id, t.since, t.due_on, c.origin, t.member_id, sm.person_id,
        sp.user_id AS secretary_user_id, sp.sealed, u.nickname, me.home_area_id, me.place_id AS own_place_id,
        me.branch_id AS own_branch_id, me.stands
    FROM branch b JOIN area a ON a.id = b.area_id
    LEFT JOIN branch_term t ON t.branch_id = b.id AND t.ended_at IS NULL
    LEFT JOIN branch_candidacy c ON c.id = t.candidacy_id LEFT JOIN member sm ON sm.id = t.member_id
    LEFT JOIN person sp ON sp.id = sm.person_id LEFT JOIN "user" u ON u.id = sp.user_id
    LEFT JOIN (
        SELECT m.home_area_id, x.id AS place_id, x.branch_id, EXISTS (
            SELECT FROM branch_candidacy y WHERE y.branch_id = x.branch_id AND y.member_id = m.id
                AND y.status IN ('asked', 'standing', 'accepted')
        ) AS stands
        FROM person p JOIN member m ON m.person_id = p.id AND m.status = 'approved'
        LEFT JOIN branch_member x ON x.member_id = m.id AND x.status = 'joined'
        WHERE p.user_id = $1::uuid
    ) me ON true
"""
GET = f"{VIEW} WHERE b.id = $4"
# Which branches, before all else is looked up of each: the array tells the planner that they are few.
LIST = f"""
    {VIEW} WHERE b.id = ANY (ARRAY(
        SELECT b.id FROM branch b JOIN area a ON a.id = b.area_id
        LEFT JOIN branch_term t ON t.branch_id = b.id AND t.ended_at IS NULL
        WHERE a.lineage @> ARRAY[$4::uuid] AND b.status = $5 AND b.id > $6
            AND ($7::text IS NULL OR (a.lineage && $2::uuid[] AND {STATE} = $7))
        ORDER BY b.id LIMIT $8
    )) ORDER BY b.id
"""
OWN = f"""
    {VIEW} WHERE b.id = ANY (ARRAY(
        SELECT x.branch_id FROM person p JOIN member m ON m.person_id = p.id
        JOIN branch_member x ON x.member_id = m.id AND x.status = 'joined'
        WHERE p.user_id = $1::uuid AND x.branch_id > $4 ORDER BY x.branch_id LIMIT $5
    )) ORDER BY b.id
"""


async def get(
    reads: Reads, secret: str, caller: Caller | None, branch_id: UUID, *, is_kept: bool = False
) -> dict[str, Any]:
    """Return one branch, in the form for the caller. Raises ``not-found``."""
    return _view(await _find(reads, caller, branch_id), secret, caller, is_kept=is_kept)


async def list_of_area(
    reads: Reads,
    secret: str,
    caller: Caller | None,
    area_id: UUID,
    *,
    status: str,
    secretary: SecretaryState | None,
    request: PageRequest,
) -> dict[str, Any]:
    """Return the branches of an area and all below it; by how they stand for a secretary, those of the caller's own
    areas alone.
    """
    filters = ("branches", area_id, status, secretary)
    arguments = (area_id, status, request.above(*filters), secretary, request.rows)
    rows = await reads.fetch(LIST, *_reader(caller), *arguments)
    return page(rows, request, lambda row: _view(row, secret, caller, is_kept=False), *filters)


async def list_own(reads: Reads, secret: str, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the branch that the caller is in, with who leads it."""
    filters = ("own-branches",)
    rows = await reads.fetch(OWN, *_reader(caller), request.above(*filters), request.rows)
    return page(rows, request, lambda row: _view(row, secret, caller, is_kept=False), *filters)


async def require_insider(reads: Reads, caller: Caller, branch_id: UUID) -> Record:
    """Return a branch to those in it and to staff. Raises ``not-found`` and ``not-allowed``."""
    row = await _find(reads, caller, branch_id)
    if not (row["in_scope"] or _is_in(row)):
        raise Problem("not-allowed")
    return row


async def require_staff(reads: Reads, caller: Caller, branch_id: UUID) -> None:
    """Raise ``not-found`` without a branch, ``not-allowed`` to who is not staff of its grid."""
    if not (await _find(reads, caller, branch_id))["in_scope"]:
        raise Problem("not-allowed")


async def _find(reads: Reads, caller: Caller | None, branch_id: UUID) -> Record:
    row = await reads.fetchrow(GET, *_reader(caller), branch_id)
    if row is None:
        raise Problem("not-found")
    return row


def _reader(caller: Caller | None) -> tuple[UUID | None, list[UUID], date]:
    return (caller.id, caller.scope(Role.STAFF), today()) if caller else (None, [], today())


def _is_in(row: Record) -> bool:
    return row["own_branch_id"] is not None and row["own_branch_id"] == row["id"]


def _view(row: Record, secret: str, caller: Caller | None, *, is_kept: bool) -> dict[str, Any]:
    view = {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "status": row["status"],
        "member_count": row["member_count"],
        "own_place_id": row["own_place_id"] if _is_in(row) else None,
        "created_at": row["created_at"],
        "actions": _actions(row, caller) if row["status"] == "active" else [],
    }
    if not (row["in_scope"] or _is_in(row)):
        return view
    secretary = row["term_id"] and {
        "term_id": row["term_id"],
        "person": standing.show_person(row, secret, is_kept=is_kept),
        "origin": row["origin"],
        "since": row["since"],
        "due_on": row["due_on"],
        "is_overdue": row["secretary_state"] == SecretaryState.OVERDUE,
    }
    return view | {"secretary": secretary}


def _actions(row: Record, caller: Caller | None) -> list[str]:
    actions = []
    if row["in_scope"]:
        actions += [*BRANCH.actions("active", frozenset({Party.STAFF})), "add", "recommend"]
    if row["term_id"] and (row["in_scope"] or (caller is not None and row["secretary_user_id"] == caller.id)):
        actions.append("vacate")
    if row["home_area_id"] == row["area_id"] and row["own_place_id"] is None:
        actions.append("join")
    if _is_in(row) and not row["stands"]:
        actions.append("stand")
    return actions
