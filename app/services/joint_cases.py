"""Joint cases of repeats, for the staff of their area: what is wrong again and again, and what was said of it."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.core.sql import quoted
from app.domain.caller import NOBODY, Caller, Role, parties_to_complaint
from app.domain.errors import Problem
from app.domain.kinds import ComplaintPart
from app.domain.lifecycle import Party
from app.domain.lifecycles import JOINT_CASE, LIVE_COMPLAINT_STATES
from app.services import areas, transitions
from app.services.complainants import HAS_PART_SQL
from app.services.complaint_views import CARD, arguments, card
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

SHOWN_MAX = 200

# In every statement here $1 is the hash under which the caller's complaints are kept, $2 the areas where they act as
# staff. Those above the grid decide whether it is over: the grid itself would close what is held against it.
VIEW = f"""
    SELECT x.id, x.area_id, a.name AS area_name, x.category, k.name AS category_name, x.status, x.opened_at,
        x.closed_at, a.lineage && $2::uuid[] AS in_scope, coalesce(up.lineage, a.lineage) && $2::uuid[] AS handles,
        counted.complaints, counted.unanswered, counted.is_own
    FROM joint_case x JOIN area a ON a.id = x.area_id LEFT JOIN area up ON up.id = a.parent_id
    JOIN complaint_category k ON k.code = x.category CROSS JOIN LATERAL (
        SELECT count(*) AS complaints,
            count(*) FILTER (WHERE c.status IN ({quoted(LIVE_COMPLAINT_STATES)}))
                AS unanswered,
            coalesce(bool_or({HAS_PART_SQL.format(complaint_id="c.id", person_hash="$1")}), false) AS is_own
        FROM complaint c WHERE c.case_id = x.id
    ) AS counted
"""
GET = f"{VIEW} WHERE x.id = $3"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$3::uuid] AND x.status = $4 AND x.id < $5 ORDER BY x.id DESC LIMIT $6
"""
COMPLAINTS = f"{CARD} WHERE c.case_id = $3 ORDER BY c.id DESC LIMIT {SHOWN_MAX}"
LOCK = "SELECT FROM joint_case WHERE id = $1 FOR NO KEY UPDATE"


async def list_of_area(
    reads: Reads, secret: str, caller: Caller, area_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the joint cases of an area and all below it, newest first. Raises ``not-allowed``."""
    filters = ("joint-cases", area_id, status)
    below = request.below(*filters)
    if not await areas.is_in_scope(reads, area_id, caller.scope(Role.STAFF)):
        raise Problem("not-allowed")
    rows = await reads.fetch(LIST, *arguments(caller, secret), area_id, status, below, request.rows)
    return page(rows, request, _view, *filters)


async def get(reads: Reads, secret: str, caller: Caller, case_id: UUID) -> dict[str, Any]:
    """Return a joint case with its newest complaints. Raises ``not-found``."""
    row = await _find(reads, secret, caller, case_id)
    complaints = await reads.fetch(COMPLAINTS, *arguments(caller, secret), case_id)
    return _view(row) | {"items": [card(complaint, caller) for complaint in complaints]}


async def close(connection: Connection, secret: str, caller: Caller, case_id: UUID, reason: str) -> None:
    """Say that what was wrong again and again is mended; whoever repeats it from now on makes a new case.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``.
    """
    await connection.execute(LOCK, case_id)
    row = await _find(connection, secret, caller, case_id)
    party = transitions.permit(JOINT_CASE, row["status"], "close", _parties(row))
    await transitions.move(
        connection,
        JOINT_CASE,
        case_id,
        "close",
        Mover(party, caller.id),
        note=reason,
        changes={"closed_at": now()},
    )


async def _find(reads: Reads, secret: str, caller: Caller, case_id: UUID) -> Record:
    row = await reads.fetchrow(GET, *arguments(caller, secret), case_id)
    if row is None or not row["in_scope"]:
        raise Problem("not-found")
    return row


def _parties(row: Record) -> frozenset[Party]:
    """Return what the caller is to a case: whoever complained decides nothing about it (I2)."""
    if row["is_own"]:
        return parties_to_complaint(ComplaintPart.JOINER, handles=False)
    return parties_to_complaint(None, handles=True) if row["handles"] else NOBODY


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "category": {"code": row["category"], "name": row["category_name"]},
        "status": row["status"],
        "opened_at": row["opened_at"],
        "closed_at": row["closed_at"],
        "complaints": row["complaints"],
        "unanswered": row["unanswered"],
        "actions": JOINT_CASE.actions(row["status"], _parties(row)),
    }
