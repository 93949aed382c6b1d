"""Staffing of areas: how many workers households and residents need, and how many there are; ``docs/overlays.md``."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import now
from app.core.db import Reads
from app.domain import staffing
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import AreaKind
from app.domain.staffing import Figure, Need, Place

# Whoever works in an area: each a person once, whether they have logged in or not. Posts of buildings are those of
# neighbours (楼长、中心户).
WORKING = """
    SELECT coalesce(p.id, g.user_id) AS worker_id, g.area_id
    FROM below b JOIN "grant" g ON g.area_id = b.id LEFT JOIN person p ON p.user_id = g.user_id WHERE g.role = 'staff'
    UNION ALL
    SELECT h.person_id, x.area_id FROM below b JOIN post x ON x.area_id = b.id
    JOIN post_holding h ON h.post_id = x.id AND h.until IS NULL WHERE b.kind <> 'post'
"""
# $2 are the areas where the caller is staff: elsewhere there is no place. Those above it come for their rules.
GET = f"""
    WITH place AS MATERIALIZED (
        SELECT id, lineage FROM area WHERE id = $1 AND lineage && $2::uuid[]
    ), below AS MATERIALIZED (
        SELECT a.id, a.kind, a.lineage[cardinality(place.lineage) + 1] AS branch_id FROM place
        JOIN area a ON a.lineage @> ARRAY[place.id] AND (a.closed_at IS NULL OR a.id = place.id)
    ), counted AS (
        SELECT CASE WHEN GROUPING(b.branch_id) = 1 THEN $1 ELSE b.branch_id END AS area_id,
            count(DISTINCT w.worker_id)::int AS workers
        FROM ({WORKING}) w JOIN below b ON b.id = w.area_id
        GROUP BY GROUPING SETS ((b.branch_id), ()) HAVING GROUPING(b.branch_id) = 1 OR b.branch_id IS NOT NULL
    )
    SELECT a.id, a.parent_id, a.kind, a.name, a.households, a.residents, r.households_per_grid_worker,
        r.workers_per_10000, coalesce(c.workers, 0) AS workers
    FROM (
        SELECT unnest(lineage) AS id FROM place UNION SELECT id FROM below WHERE kind <> 'post'
    ) AS listed JOIN area a ON a.id = listed.id
    LEFT JOIN LATERAL (
        SELECT x.* FROM staffing_rule x WHERE x.area_id = a.id AND x.effective_from <= $3
        ORDER BY x.version DESC LIMIT 1
    ) AS r ON true
    LEFT JOIN counted c ON c.area_id = a.id
    ORDER BY cardinality(a.lineage), a.id
"""
EXISTS = "SELECT true FROM area WHERE id = $1"


async def get(reads: Reads, caller: Caller, area_id: UUID) -> dict[str, Any]:
    """Return what an area and those right below it need and have, those with the greatest shortage first.

    Raises ``not-found``, and ``not-allowed`` to whoever is not staff of the area.
    """
    moment = now()
    rows = await reads.fetch(GET, area_id, caller.scope(Role.STAFF), moment)
    if not rows:
        raise Problem("not-allowed" if await reads.fetchval(EXISTS, area_id) else "not-found")
    needs, rules = staffing.reckon([_place(row) for row in rows])
    own = next(row for row in rows if row["id"] == area_id)
    below = [_view(row, needs[row["id"]]) for row in rows if row["parent_id"] == area_id]
    return {
        **_view(own, needs[area_id]),
        "as_of": moment,
        "households_per_grid_worker": rules[area_id].households_per_grid_worker,
        "workers_per_10000": rules[area_id].workers_per_10000,
        "below": sorted(below, key=lambda area: -area["shortage"]),
        "actions": [],
    }


def _place(row: Record) -> Place:
    return Place(
        row["id"],
        row["parent_id"],
        AreaKind(row["kind"]),
        row["households"],
        row["residents"],
        row["households_per_grid_worker"],
        row["workers_per_10000"],
    )


def _view(row: Record, need: Need) -> dict[str, Any]:
    return {
        "area": {"id": row["id"], "name": row["name"]},
        "kind": row["kind"],
        "households": _figure(need.households),
        "residents": _figure(need.residents),
        "grids": need.grids,
        "needed_by_households": need.by_households,
        "needed_by_residents": need.by_residents,
        "needed": need.workers,
        "there": row["workers"],
        "shortage": staffing.shortage(need, row["workers"]),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "value": figure.value,
        "stated": figure.stated,
        "summed": figure.summed,
        "is_sum_whole": figure.is_whole,
    }
