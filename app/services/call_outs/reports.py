"""What became of a call-out: figures from what was done, never typed in; a drill's are its own."""

from typing import Any
from uuid import UUID

from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.services.call_outs import standing

# $1 are the areas where the caller acts as staff. Who answered by telephone is told by who wrote it down last.
FIGURES = """
    WITH people AS (
        SELECT x.id, x.answer, x.is_lent, x.answered_at, p.user_id FROM call_out_person x
        JOIN area g ON g.id = x.grid_id AND g.lineage && $1::uuid[] JOIN person p ON p.id = x.person_id
        WHERE x.call_out_id = $2
    ), work AS (
        SELECT t.id, t.seats, t.seats_taken FROM task t JOIN area a ON a.id = t.area_id AND a.lineage && $1::uuid[]
        WHERE t.call_out_id = $2
    )
    SELECT count(*)::int AS called, count(user_id)::int AS with_app, (count(*) FILTER (WHERE is_lent))::int AS lent,
        (count(*) FILTER (WHERE answer = 'coming'))::int AS coming,
        (count(*) FILTER (WHERE answer = 'later'))::int AS later,
        (count(*) FILTER (WHERE answer = 'cannot'))::int AS cannot,
        (count(*) FILTER (WHERE answer IS NULL))::int AS silent,
        (count(*) FILTER (WHERE answer IS NOT NULL AND (
            SELECT e.party FROM event e WHERE e.subject_kind = 'call_out_person' AND e.subject_id = people.id
            ORDER BY e.created_at DESC, e.id DESC LIMIT 1
        ) = 'staff'))::int AS by_phone,
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY extract(epoch FROM answered_at - $3::timestamptz)::float8
        )::int AS median_answer_s,
        (SELECT count(*) FROM call_out_group o WHERE o.call_out_id = $2 AND EXISTS (
            SELECT FROM call_out_person x JOIN people ON people.id = x.id WHERE x.group_id = o.id
        ))::int AS groups,
        (SELECT count(*) FROM work)::int AS tasks,
        (SELECT coalesce(sum(seats), 0) FROM work)::int AS seats,
        (SELECT coalesce(sum(seats_taken), 0) FROM work)::int AS seats_taken,
        (SELECT count(*) FROM claim c JOIN work ON work.id = c.task_id WHERE c.status = 'verified')::int AS verified
    FROM people
"""


async def get(reads: Reads, caller: Caller, call_out_id: UUID) -> dict[str, Any]:
    """Return the report of a call-out, at its end or before, to its staff. Raises ``not-found``, ``not-allowed``."""
    row = await standing.find(reads, caller, call_out_id)
    standing.require_staff(row)
    figures = await reads.fetchrow(FIGURES, caller.scope(Role.STAFF), call_out_id, row["confirmed_at"])
    assert figures is not None, "a sum over nothing is a row too"
    kept = ("id", "is_drill", "emergency", "status", "created_at", "confirmed_at", "stood_down_at", "summary")
    return {
        **{name: row[name] for name in kept},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        **dict(figures),
        "actions": [],
    }
