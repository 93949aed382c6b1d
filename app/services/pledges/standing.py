"""A pledge as those find it who act on it or read it: what the caller is to it, and who sees whom."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads
from app.domain.caller import Caller, Role, parties_to_pledge
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import PLEDGE
from app.services import task_references, tasks, transitions
from app.services.pages import PageRequest, page
from app.services.pledges.seats import LEADER_SQL
from app.services.transitions import Mover

# In the views $1 is the caller or null, $2 the areas where they act as staff.
PERSON = "(SELECT me.id FROM person me WHERE me.user_id = $1::uuid)"
IS_INSIDE = f"""(EXISTS (
    SELECT FROM team_member i WHERE i.team_id = p.team_id AND i.person_id = {PERSON} AND i.status = 'joined'
) OR EXISTS (
    SELECT FROM branch_member i JOIN member m ON m.id = i.member_id
    WHERE i.branch_id = p.branch_id AND m.person_id = {PERSON} AND i.status = 'joined'
))"""
ROWS = f"""
    SELECT p.id, p.team_id, p.branch_id, p.heads, p.named, p.status, p.name_by, p.created_at,
        {task_references.COLUMNS}, t.status AS task_status, t.author_id,
        coalesce(x.name, b.name) AS group_name, g.id AS group_area_id, g.name AS group_area_name,
        g.lineage && $2::uuid[] AS in_scope, a.lineage && $2::uuid[] AS is_task_staff,
        {LEADER_SQL.format(pledge="p")} AS leader_id, {IS_INSIDE} AS is_inside, EXISTS (
            SELECT FROM claim c
            WHERE c.task_id = p.task_id AND c.user_id = $1::uuid AND c.status IN ('active', 'submitted', 'returned')
        ) AS is_claimed
    FROM pledge p JOIN task t ON t.id = p.task_id JOIN area a ON a.id = t.area_id
    LEFT JOIN team x ON x.id = p.team_id LEFT JOIN branch b ON b.id = p.branch_id
    JOIN area g ON g.id = coalesce(x.area_id, b.area_id)
"""
# Whoever may know of the task may know of its pledges; by name, who is in the group or staff of either area.
VIEW = f"""
    SELECT seen.*, CASE WHEN seen.is_inside OR seen.in_scope OR seen.is_task_staff OR seen.leader_id = $1 THEN ARRAY(
        SELECT (u.nickname, c.status) FROM claim c JOIN "user" u ON u.id = c.user_id
        WHERE c.pledge_id = seen.id AND c.status IN ('active', 'submitted', 'returned', 'verified') ORDER BY c.id
    ) END AS people
    FROM ({ROWS} WHERE {{where}}) AS seen
    WHERE seen.task_status IN ('open', 'closed') OR seen.is_task_staff OR seen.in_scope OR seen.is_inside
        OR seen.author_id = $1
"""
GET = VIEW.format(where="p.id = $3")
LIST = f"{VIEW.format(where='p.task_id = $3 AND p.id < $4')} ORDER BY seen.id DESC LIMIT $5"
OWN = VIEW.format(
    where=f"""p.id < $3 AND (p.team_id = ANY (ARRAY(
        SELECT i.team_id FROM team_member i WHERE i.person_id = {PERSON} AND i.status = 'joined'
    )) OR p.branch_id = ANY (ARRAY(
        SELECT i.branch_id FROM member m JOIN branch_member i ON i.member_id = m.id
        WHERE m.person_id = {PERSON} AND i.status = 'joined'
    )))"""
)
LIST_OWN = f"{OWN} ORDER BY seen.id DESC LIMIT $4"
OF_THE_GROUP = ("name", "change")
"""What staff do for a group of their areas, and not staff of the task's."""


async def find(reads: Reads, caller: Caller | None, pledge_id: UUID) -> Record:
    """Return a pledge. Raises ``not-found`` to whoever may not know of its task (I8)."""
    row = await reads.fetchrow(GET, *_reader(caller), pledge_id)
    if row is None:
        raise Problem("not-found")
    return row


async def get(reads: Reads, caller: Caller | None, pledge_id: UUID) -> dict[str, Any]:
    """Return one pledge, in the form for the caller. Raises ``not-found``."""
    return _view(await find(reads, caller, pledge_id), caller)


async def list_of_task(
    reads: Reads, secret: str, caller: Caller | None, task_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return the pledges for a task, newest first, whatever became of them. Raises ``not-found``."""
    filters = ("pledges", task_id)
    rows = await reads.fetch(LIST, *_reader(caller), task_id, request.below(*filters), request.rows)
    if not rows:
        await tasks.get(reads, secret, caller, task_id)
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the pledges of the caller's teams and branch, newest first."""
    rows = await reads.fetch(LIST_OWN, *_reader(caller), request.below("own-pledges"), request.rows)
    return page(rows, request, lambda row: _view(row, caller), "own-pledges")


def parties_of(row: Record, caller: Caller | None) -> frozenset[Party]:
    """Return what the caller is to a pledge."""
    return parties_to_pledge(
        caller,
        leader_id=row["leader_id"],
        in_scope=row["in_scope"] or row["is_task_staff"],
        is_inside=row["is_inside"],
    )


async def permit(connection: Connection, caller: Caller, pledge_id: UUID, action: str) -> tuple[Mover, Record]:
    """Return the caller as who may take ``action``, and the pledge, which is not locked.

    Staff of the task who are none of the group's may end the pledge; whom it names is not theirs to say. Raises
    ``not-found``, ``not-allowed``, ``state-conflict``.
    """
    row = await find(connection, caller, pledge_id)
    parties = parties_of(row, caller)
    if action in OF_THE_GROUP and not row["in_scope"]:
        parties -= {Party.STAFF}
    return Mover(transitions.permit(PLEDGE, row["status"], action, parties), caller.id), row


def _reader(caller: Caller | None) -> tuple[UUID | None, list[UUID]]:
    return (caller.id, caller.scope(Role.STAFF)) if caller else (None, [])


def _view(row: Record, caller: Caller | None) -> dict[str, Any]:
    view = {
        "id": row["id"],
        "task": task_references.refer(row),
        "group": {
            "kind": "team" if row["team_id"] else "branch",
            "id": row["team_id"] or row["branch_id"],
            "name": row["group_name"],
            "area": {"id": row["group_area_id"], "name": row["group_area_name"]},
        },
        "heads": row["heads"],
        "named": row["named"],
        "status": row["status"],
        "name_by": row["name_by"],
        "created_at": row["created_at"],
        "actions": _actions(row, caller),
    }
    if row["people"] is None:
        return view
    return view | {"people": [{"nickname": nickname, "status": status} for nickname, status in row["people"]]}


def _actions(row: Record, caller: Caller | None) -> list[str]:
    """Return what the table allows next, as far as a reader can know that there is a seat for it."""
    parties = parties_of(row, caller)
    may = list(PLEDGE.actions(row["status"], parties))
    is_full = row["named"] >= row["heads"]
    refused = set()
    if is_full or row["is_claimed"] or (caller is not None and caller.id == row["author_id"]):
        refused.add("claim")
    if is_full:
        refused.add("name")
    if Party.OWNER not in parties and not row["in_scope"]:
        refused |= set(OF_THE_GROUP)
    return [action for action in may if action not in refused]
