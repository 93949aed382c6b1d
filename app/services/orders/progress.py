"""How an order stands by levels: counted from the rows each time, in one statement."""

from typing import Any
from uuid import UUID

from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.services.orders import standing
from app.services.orders.standing import TALLY

# $1 are the areas where the caller acts as staff. An area's parts are counted right below the place, its own at the
# place itself, and what went elsewhere with its area where it is, as long as the whole order is looked at. In the
# total, which is the row without a child, a helper of two areas is one. OFFSET 0 has tasks looked up part by part,
# where the planner would rather read all that there are.
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
BY_CHILD = "GROUP BY GROUPING SETS ((child_id), ())"
COUNT = f"""
    WITH o AS MATERIALIZED (
        SELECT x.id, x.area_id, x.due_at, above.lineage && $1::uuid[] AS is_whole
        FROM area_order x JOIN area above ON above.id = x.area_id WHERE x.id = $2
    ), place AS MATERIALIZED (
        SELECT a.id, a.name, cardinality(a.lineage) AS depth FROM area a
        WHERE a.id = coalesce($3::uuid, (SELECT area_id FROM o))
    ), seen AS MATERIALIZED (
        SELECT p.id, p.status, CASE
            WHEN a.lineage @> ARRAY[place.id] THEN coalesce(a.lineage[place.depth + 1], a.id) ELSE a.id
        END AS child_id
        FROM order_part p JOIN area a ON a.id = p.area_id CROSS JOIN o CROSS JOIN place
        WHERE p.order_id = $2 AND (o.is_whole OR a.lineage && $1::uuid[])
            AND (place.id = o.area_id OR a.lineage @> ARRAY[place.id])
    ), standing AS (
        SELECT child_id, {TALLY} FROM seen p CROSS JOIN o {BY_CHILD}
    ), work AS (
        SELECT child_id, (count(DISTINCT t.id) FILTER (WHERE t.status IN ('open', 'closed')))::int AS tasks,
            count(DISTINCT c.user_id)::int AS people, count(c.id)::int AS verified
        FROM seen CROSS JOIN LATERAL (
            SELECT x.id, x.status FROM task x WHERE x.order_part_id = seen.id OFFSET 0
        ) AS t LEFT JOIN LATERAL (
            SELECT x.id, x.user_id FROM claim x WHERE x.task_id = t.id AND x.status = 'verified' OFFSET 0
        ) AS c ON true {BY_CHILD}
    )
    SELECT place.id AS place_id, place.name AS place_name, standing.*, coalesce(work.tasks, 0) AS tasks,
        coalesce(work.people, 0) AS people, coalesce(work.verified, 0) AS verified, child.name
    FROM place CROSS JOIN standing
    LEFT JOIN work ON coalesce(work.child_id, {NOBODY}) = coalesce(standing.child_id, {NOBODY})
    LEFT JOIN area child ON child.id = standing.child_id
    ORDER BY standing.child_id IS NOT NULL, child.name, standing.child_id
"""


async def count(reads: Reads, caller: Caller, order_id: UUID, area_id: UUID | None) -> dict[str, Any]:
    """Return how an order stands in ``area_id``, or where it was given, and in each area right below that.

    Raises ``not-found`` (I8), ``area-unknown``.
    """
    rows = await reads.fetch(COUNT, caller.scope(Role.STAFF), order_id, area_id)
    if not rows or not rows[0]["parts"]:
        await standing.find(reads, caller, order_id)
    if not rows:
        raise Problem("area-unknown")
    whole, *areas = rows
    return {
        "area": {"id": whole["place_id"], "name": whole["place_name"]},
        "counts": standing.counts(whole),
        "work": standing.work(whole),
        "areas": [
            {
                "area": {"id": row["child_id"], "name": row["name"]},
                "counts": standing.counts(row),
                "work": standing.work(row),
            }
            for row in areas
        ],
        "actions": [],
    }
