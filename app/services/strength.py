"""Strength: how many members and volunteers each grid has, lacks, and had; ``docs/strength.md`` says what counts."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import now, today
from app.core.db import Reads
from app.domain import months
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import Hat
from app.domain.strength import DEFAULT
from app.services.pages import PageRequest, ranked_page

HATS = {hat: f"{hat}s" for hat in Hat}
"""What the people of each hat are called in answers and rules."""

MISSING = " + ".join(f"{plural}_short" for plural in HATS.values())

PLACE = "place AS MATERIALIZED (SELECT id, name FROM area WHERE id = $1 AND lineage && $2::uuid[])"
"""The area that is asked for, when it lies in those on which the caller acts (I8)."""

JUDGED = f"""
    judged AS MATERIALIZED (
        SELECT c.*, {
    ", ".join(
        f"coalesce(r.{plural}_required, {DEFAULT.required(hat)}) AS {plural}_required, "
        f"greatest(coalesce(r.{plural}_required, {DEFAULT.required(hat)}) - c.{plural}, 0) AS {plural}_short"
        for hat, plural in HATS.items()
    )
}
        FROM counted c LEFT JOIN ruled r USING (n, id)
    )
"""
RULED = f"""
    in_force AS MATERIALIZED (
        SELECT DISTINCT ON (m.n, v.area_id) m.n, v.* FROM moments m JOIN strength_rule v ON v.effective_from <= m.at
        ORDER BY m.n, v.area_id, v.version DESC
    ), ruled AS (
        SELECT r.n, g.id, {
    ", ".join(
        f"(array_agg(r.{plural} ORDER BY step.place DESC) FILTER (WHERE r.{plural} IS NOT NULL))[1] "
        f"AS {plural}_required"
        for plural in HATS.values()
    )
}
        FROM grids g CROSS JOIN unnest(g.lineage) WITH ORDINALITY AS step (area_id, place)
        JOIN in_force r ON r.area_id = step.area_id AND r.n = g.n GROUP BY r.n, g.id
    )
"""
"""The rule of each of ``grids`` at each of ``moments``, read along the lineage as ``domain.strength.resolve`` does."""

TOTALS = ", ".join(
    [
        "count(id)::int AS grids",
        f"(count(id) FILTER (WHERE {MISSING} > 0))::int AS grids_short",
        *[
            f"coalesce(sum({plural}{part}), 0)::int AS total_{plural}{part}"
            for plural in HATS.values()
            for part in ("", "_required", "_short")
        ],
    ]
)
"""Sums over ``judged``."""

LIST = f"""
    WITH {PLACE}, moments AS (SELECT 1 AS n, $3::timestamptz AS at), grids AS MATERIALIZED (
        SELECT 1 AS n, a.id, a.name, a.lineage
        FROM place JOIN area a ON a.lineage @> ARRAY[place.id] AND a.kind = 'grid' AND a.closed_at IS NULL
    ), {RULED}, stays AS (
        SELECT s.area_id, {
    ", ".join(f"(count(*) FILTER (WHERE s.hat = '{hat}'))::int AS {plural}" for hat, plural in HATS.items())
}
        FROM grids g JOIN stay s ON s.area_id = g.id AND s.until IS NULL GROUP BY s.area_id
    ), counted AS (
        SELECT g.n, g.id, g.name, {", ".join(f"coalesce(s.{plural}, 0) AS {plural}" for plural in HATS.values())}
        FROM grids g LEFT JOIN stays s ON s.area_id = g.id
    ), {JUDGED}, shown AS (
        SELECT *, {MISSING} AS missing FROM judged
        WHERE $4::bigint IS NULL OR (-({MISSING}), id) > (-$4, $5::uuid)
        ORDER BY missing DESC, id LIMIT $6
    )
    SELECT place.id AS place_id, place.name AS place_name, total.*, shown.*
    FROM place CROSS JOIN (SELECT {TOTALS} FROM judged) AS total LEFT JOIN shown ON true
    ORDER BY shown.missing DESC, shown.id
"""

# A stay is there at the end of a month when it began before that and did not end before: it adds to the first end after
# its beginning and is taken off at the first after its own end, so that each is looked at once whatever time is asked
# for.
HISTORY = f"""
    WITH {PLACE}, moments AS MATERIALIZED (
        SELECT n, at FROM unnest($3::timestamptz[]) WITH ORDINALITY AS ends (at, n)
    ), grids AS MATERIALIZED (
        SELECT m.n, p.area_id AS id, p.lineage
        FROM place CROSS JOIN moments m JOIN area_period p ON p.lineage @> ARRAY[place.id] AND p.kind = 'grid'
            AND p.since < m.at AND (p.until IS NULL OR p.until >= m.at)
    ), {RULED}, changes AS (
        SELECT s.area_id, width_bucket(moved.at, $3::timestamptz[]) + 1 AS n, {
    ", ".join(f"sum(moved.by) FILTER (WHERE s.hat = '{hat}') AS {plural}" for hat, plural in HATS.items())
}
        FROM (SELECT DISTINCT id FROM grids) AS g JOIN stay s ON s.area_id = g.id
        CROSS JOIN LATERAL (VALUES (s.since, 1), (s.until, -1)) AS moved (at, by)
        WHERE moved.at IS NOT NULL GROUP BY 1, 2
    ), counted AS (
        SELECT g.n, g.id, {", ".join(f"coalesce(sum(c.{plural}), 0)::int AS {plural}" for plural in HATS.values())}
        FROM grids g LEFT JOIN changes c ON c.area_id = g.id AND c.n <= g.n GROUP BY g.n, g.id
    ), {JUDGED}
    SELECT place.id AS place_id, place.name AS place_name, m.at, total.*
    FROM place CROSS JOIN moments m CROSS JOIN LATERAL (SELECT {TOTALS} FROM judged j WHERE j.n = m.n) AS total
    ORDER BY m.n
"""


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the grids of an area, those that lack most people first, for its staff. Raises ``not-allowed``."""
    filters = ("strength", area_id)
    missing, last_id = request.after_rank(*filters) or (None, None)
    moment = now()
    rows = await reads.fetch(LIST, area_id, caller.scope(Role.STAFF), moment, missing, last_id, request.rows)
    place = _place(rows)
    shown = [row for row in rows if row["id"] is not None]
    return {
        "area": place,
        "as_of": moment,
        "totals": _totals(rows[0]),
        **ranked_page(shown, request, _view, *filters, key="missing"),
    }


async def get_history(reads: Reads, caller: Caller, area_id: UUID, first: date, last: date) -> dict[str, Any]:
    """Return the strength of an area at the end of each month that has begun, for its staff. Raises ``not-allowed``."""
    moment = now()
    asked = []
    while first <= min(last, months.of(today())):
        asked.append(first)
        first = months.after(first)
    ends = [min(months.bounds(month)[1], moment) for month in asked]
    rows = await reads.fetch(HISTORY, area_id, caller.scope(Role.STAFF), ends)
    return {
        "area": _place(rows),
        "months": [
            {"month": months.write(month), "as_of": row["at"], **_totals(row)}
            for month, row in zip(asked, rows, strict=True)
        ],
        "actions": [],
    }


def _place(rows: list[Record]) -> dict[str, Any]:
    if not rows:
        raise Problem("not-allowed")  # areas are public, what they lack is for their staff
    return {"id": rows[0]["place_id"], "name": rows[0]["place_name"]}


def _totals(row: Record) -> dict[str, Any]:
    return {"grids": row["grids"], "grids_short": row["grids_short"], **_forces(row, "total_")}


def _forces(row: Record, prefix: str = "") -> Mapping[str, Any]:
    return {
        plural: {
            "present": row[f"{prefix}{plural}"],
            "required": row[f"{prefix}{plural}_required"],
            "shortage": row[f"{prefix}{plural}_short"],
        }
        for plural in HATS.values()
    }


def _view(row: Record) -> dict[str, Any]:
    return {"area": {"id": row["id"], "name": row["name"]}, **_forces(row), "actions": []}
