"""Digests: what is stuck in each area, put together every morning and read by its staff."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now, today
from app.core.db import Reads
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycles import LIVE_COMPLAINT_STATES
from app.models.digest import STUCK
from app.services import areas
from app.services.pages import PageRequest, page

WAITING_PATIENCE = timedelta(days=7)
"""How long a resident may be waited for before somebody should ask again."""
ANSWER_PATIENCE = timedelta(days=30)
"""After how long without an answer a complaint is stuck, whatever its deadlines became."""
OLDEST_MAX = 20

FIND_STUCK = f"""
    WITH live AS (
        SELECT c.id, c.created_at, h.lineage, coalesce(c.due_at < $1, false) AS overdue,
            coalesce(waits.since < $2, false) AS waiting, c.created_at < $3 AS unanswered
        FROM complaint c JOIN area h ON h.id = c.handler_id
        LEFT JOIN LATERAL (
            SELECT max(e.created_at) AS since FROM event e
            WHERE c.status = 'waiting' AND e.subject_kind = 'complaint' AND e.subject_id = c.id AND e.action = 'wait'
        ) AS waits ON true
        WHERE c.status = ANY($4)
    )
    SELECT step.area_id, {
    ", ".join(
        f"count(*) FILTER (WHERE {stuck}) AS {stuck}, "
        f"coalesce((array_agg(id ORDER BY created_at, id) FILTER (WHERE {stuck}))[:$5], '{{}}') AS {stuck}_ids"
        for stuck in STUCK
    )
}
    FROM live CROSS JOIN unnest(live.lineage) AS step (area_id)
    WHERE overdue OR waiting OR unanswered GROUP BY step.area_id
"""
INSERT = f"""
    INSERT INTO digest (id, area_id, day, {", ".join(f"{stuck}, {stuck}_ids" for stuck in STUCK)})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (area_id, day) DO NOTHING RETURNING true
"""
LIST = f"""
    SELECT d.id, d.area_id, a.name AS area_name, d.day, d.created_at, {
    ", ".join(
        f'''d.{stuck}, ARRAY(
            SELECT (c.id, c.number, c.title, c.status) FROM complaint c WHERE c.id = ANY(d.{stuck}_ids)
            ORDER BY c.created_at, c.id
        ) AS {stuck}_oldest'''
        for stuck in STUCK
    )
}
    FROM digest d JOIN area a ON a.id = d.area_id WHERE d.area_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3
"""


async def draw_up(connection: Connection) -> int:
    """Put together what is stuck this morning in every area where something is; return in how many that was new."""
    moment = now()
    rows = await connection.fetch(
        FIND_STUCK,
        moment,
        moment - WAITING_PATIENCE,
        moment - ANSWER_PATIENCE,
        list(LIVE_COMPLAINT_STATES),
        OLDEST_MAX,
    )
    written = 0
    for row in rows:
        values = [row[column] for stuck in STUCK for column in (stuck, f"{stuck}_ids")]
        written += bool(await connection.fetchval(INSERT, new_id(), row["area_id"], today(), *values))
    return written


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the digests of an area, newest first, for its staff. Raises ``not-allowed``."""
    last = request.below("digests", area_id)
    if not await areas.is_in_scope(reads, area_id, caller.scope(Role.STAFF)):
        raise Problem("not-allowed")
    return page(await reads.fetch(LIST, area_id, last, request.rows), request, _view, "digests", area_id)


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "day": row["day"],
        **{
            stuck: {
                "count": row[stuck],
                "oldest": [
                    {"id": complaint_id, "number": number, "title": title, "status": status}
                    for complaint_id, number, title, status in row[f"{stuck}_oldest"]
                ],
            }
            for stuck in STUCK
        },
        "created_at": row["created_at"],
        "actions": [],
    }
