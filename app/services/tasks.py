"""Tasks: the list of what can be claimed, and one of them."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.core.pagination import ids_in_area
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.services.pages import PageRequest, page

# In both statements $4 is the caller's id or null.
VIEW = """
    SELECT t.id, t.kind, t.wish_id, t.area_id, a.name AS area_name, t.title, t.status, t.seats, t.seats_taken,
        t.reward_points, t.hourly_points, t.created_at, t.author_id, c.id AS claim_id
    FROM task t JOIN area a ON a.id = t.area_id
    LEFT JOIN claim c ON c.task_id = t.id AND c.user_id = $4::uuid AND c.status IN ('active', 'submitted', 'returned')
"""
OPEN_IN_AREA = f"""
    {VIEW} WHERE t.id IN ({ids_in_area("task", "x.status = 'open' AND ($5::text IS NULL OR x.kind = $5)")})
    ORDER BY t.id DESC LIMIT $3
"""
GET = (
    VIEW.replace("$4", "$2")
    + " WHERE t.id = $1 AND (t.status IN ('open', 'closed') OR t.author_id = $2 OR a.lineage && $3::uuid[])"
)


async def list_open(
    reads: Reads, caller: Caller | None, area_id: UUID, kind: str | None, request: PageRequest
) -> dict[str, Any]:
    """Return the open tasks of an area and all below it, full ones included: a seat may free."""
    filters = ("tasks", area_id, kind)
    caller_id = caller.id if caller else None
    rows = await reads.fetch(OPEN_IN_AREA, area_id, request.below(*filters), request.rows, caller_id, kind)
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def get(reads: Reads, caller: Caller | None, task_id: UUID) -> dict[str, Any]:
    """Return one task; a cancelled one, whose wish is not public, to its author and staff. Raises ``not-found``."""
    row = await reads.fetchrow(GET, task_id, caller.id if caller else None, caller.scope(Role.STAFF) if caller else [])
    if row is None:
        raise Problem("not-found")
    return _view(row, caller)


def may_claim(row: Record, caller: Caller | None) -> bool:
    """Whether a seat is there for the caller to take, as far as a reader can know."""
    return (
        caller is not None
        and caller.is_helper
        and caller.id != row["author_id"]
        and row["claim_id"] is None
        and row["status"] == "open"
        and row["seats_taken"] < row["seats"]
    )


def _view(row: Record, caller: Caller | None) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "wish_id": row["wish_id"] and str(row["wish_id"]),
        "area": {"id": str(row["area_id"]), "name": row["area_name"]},
        "title": row["title"],
        "status": row["status"],
        "seats": row["seats"],
        "seats_taken": row["seats_taken"],
        "reward_points": row["reward_points"],
        "hourly_points": row["hourly_points"],
        "created_at": row["created_at"],
        "actions": ["claim"] if may_claim(row, caller) else [],
    }
