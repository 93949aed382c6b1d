"""Who may see a call-out and what they may do with it: staff of its area, staff below it, and those called (I8)."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads
from app.core.sql import quoted
from app.domain.caller import Caller, Role, parties_to_call_out
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import CALL_OUT, CALLED_STATES
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

WAS_CALLED = f"c.status IN ({quoted(CALLED_STATES)})"
IS_OVER_PART = f"""({WAS_CALLED} AND EXISTS (
    SELECT FROM area b WHERE b.id = ANY($1::uuid[]) AND b.lineage @> ARRAY[c.area_id]
))"""
"""Whether the caller is staff of something below the area of ``c``, whose people were called; $1 is their scope."""
LOCK_LIVE = "SELECT id, area_id, is_drill FROM call_out WHERE id = $1 AND status = 'gathering' FOR SHARE"
VIEW = f"""
    SELECT c.*, a.name AS area_name, a.lineage && $1::uuid[] AS in_scope, {IS_OVER_PART} AS in_part,
        own.id AS own_id, own.answer, own.minutes, own.answered_at, own.is_leader, own.group_id, own.group_name
    FROM call_out c JOIN area a ON a.id = c.area_id
    LEFT JOIN LATERAL (
        SELECT x.*, o.name AS group_name FROM person p
        JOIN call_out_person x ON x.person_id = p.id AND x.call_out_id = c.id
        LEFT JOIN call_out_group o ON o.id = x.group_id
        WHERE p.user_id = $2
    ) AS own ON true
"""
IS_VISIBLE = f"(a.lineage && $1::uuid[] OR {IS_OVER_PART} OR own.id IS NOT NULL)"
GET = f"{VIEW} WHERE c.id = $3 AND {IS_VISIBLE}"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$3::uuid] AND (a.lineage && $1::uuid[] OR {IS_OVER_PART})
        AND c.is_drill = $4 AND ($5::text IS NULL OR c.status = $5) AND c.id < $6
    ORDER BY c.id DESC LIMIT $7
"""
LIST_OWN = f"""
    {VIEW.replace("LEFT JOIN LATERAL", "JOIN LATERAL")} WHERE own.id < $3 ORDER BY own.id DESC LIMIT $4
"""


async def find(reads: Reads, caller: Caller, call_out_id: UUID) -> Record:
    """Return a call-out as far as the caller may see it. Raises ``not-found`` (I8)."""
    row = await reads.fetchrow(GET, caller.scope(Role.STAFF), caller.id, call_out_id)
    if row is None:
        raise Problem("not-found")
    return row


def permit(row: Record, caller: Caller, action: str) -> Mover:
    """Return the caller as who may take ``action``. Raises ``own-interest``, ``not-allowed``, ``state-conflict``."""
    return Mover(transitions.permit(CALL_OUT, row["status"], action, parties_of(row, caller)), caller.id)


def require_staff(row: Record) -> None:
    """Raise ``not-allowed`` unless the caller is staff of the area, or of one below it."""
    if not (row["in_scope"] or row["in_part"]):
        raise Problem("not-allowed")


async def lock_live(connection: Connection, call_out_id: UUID) -> Record:
    """Return a call-out and hold it against its end. Raises ``call-out-over``."""
    row = await connection.fetchrow(LOCK_LIVE, call_out_id)
    if row is None:
        raise Problem("call-out-over")
    return row


def parties_of(row: Record, caller: Caller) -> frozenset[Party]:
    """Return what the caller is to a call-out."""
    return parties_to_call_out(caller, ordered_by=row["ordered_by"], in_scope=row["in_scope"])


async def get(reads: Reads, caller: Caller, call_out_id: UUID) -> dict[str, Any]:
    """Return a call-out to staff and to those called. Raises ``not-found``."""
    return _view(await find(reads, caller, call_out_id), caller)


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, status: str | None, request: PageRequest, *, is_drill: bool
) -> dict[str, Any]:
    """Return the call-outs of an area and all below it to their staff, newest first: real ones, or drills."""
    filters = ("call-outs", area_id, status, is_drill)
    last_id = request.below(*filters)
    rows = await reads.fetch(
        LIST, caller.scope(Role.STAFF), caller.id, area_id, is_drill, status, last_id, request.rows
    )
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return what the caller was called to, newest first."""
    rows = await reads.fetch(LIST_OWN, [], caller.id, request.below("own-call-outs"), request.rows)
    return page(rows, request, lambda row: _view(row, caller), "own-call-outs", key="own_id")


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    kept = ("id", "is_drill", "emergency", "instructions", "status", "created_at", "confirmed_at", "stood_down_at")
    actions = [*CALL_OUT.actions(row["status"], parties_of(row, caller))]
    if row["own_id"] and row["status"] == "gathering":
        actions.append("answer")
    if row["status"] == "gathering" and (row["in_scope"] or row["in_part"]):
        actions += ["make_group", "post_task"]
    return {
        **{name: row[name] for name in kept},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "own": _own(row) if row["own_id"] else None,
        "actions": actions,
    }


def _own(row: Record) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("answer", "minutes", "answered_at", "is_leader")},
        "group": row["group_id"] and {"id": row["group_id"], "name": row["group_name"]},
    }
