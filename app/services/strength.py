"""Strength: how many members and volunteers each grid has, lacks, and had; ``docs/strength.md`` says what counts."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import now, today
from app.core.db import Reads
from app.core.pagination import NUMBERS
from app.domain import months
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import Hat
from app.domain.strength import DEFAULT
from app.services.pages import PageRequest, page

HATS = {hat: f"{hat}s" for hat in Hat}
"""What the people of each hat are called in answers and rules."""

MISSING = " + ".join(f"{plural}_short" for plural in HATS.values())


def _for_each_hat(form: str) -> str:
    return ", ".join(form.format(hat=hat, plural=plural, default=DEFAULT.required(hat)) for hat, plural in HATS.items())


PLACE = "place AS MATERIALIZED (SELECT id, name FROM area WHERE id = $1 AND lineage && $2::uuid[])"
"""The area that is asked for, when it lies in those on which the caller acts (I8)."""

RULED = f"""
    in_force AS MATERIALIZED (
        SELECT DISTINCT ON (m.n, v.area_id) m.n, v.* FROM moments m JOIN strength_rule v ON v.effective_from <= m.at
        ORDER BY m.n, v.area_id, v.version DESC
    ), ruled AS (
        SELECT r.n, g.id, {
    _for_each_hat(
        "(array_agg(r.{plural} ORDER BY step.place DESC) FILTER (WHERE r.{plural} IS NOT NULL))[1] AS {plural}_required"
    )
}
        FROM grids g CROSS JOIN unnest(g.lineage) WITH ORDINALITY AS step (area_id, place)
        JOIN in_force r ON r.area_id = step.area_id AND r.n = g.n GROUP BY r.n, g.id
    )
"""
"""The rule of each of ``grids`` at its moment, read along the lineage as ``area_rules`` does."""

COUNTS = _for_each_hat(
    "coalesce(sum(own - lent + borrowed) FILTER (WHERE hat = '{hat}'), 0)::int AS {plural}, "
    "coalesce(sum(lent) FILTER (WHERE hat = '{hat}'), 0)::int AS {plural}_lent, "
    "coalesce(sum(borrowed) FILTER (WHERE hat = '{hat}'), 0)::int AS {plural}_borrowed"
)
"""Who counts in a grid: its own people but those lent away, and those lent to it."""

JUDGED = f"""
    judged AS MATERIALIZED (
        SELECT c.*, {
    _for_each_hat(
        "coalesce(r.{plural}_required, {default}) AS {plural}_required, "
        "greatest(coalesce(r.{plural}_required, {default}) - c.{plural}, 0) AS {plural}_short"
    )
}
        FROM counted c LEFT JOIN ruled r USING (n, id)
    )
"""

RUNS = """
        JOIN moments m ON l.status = 'running' AND l.until > m.at
        JOIN stay s ON s.person_id = l.person_id AND s.hat = l.hat AND s.area_id = l.from_area_id AND s.until IS NULL
"""
"""A loan counts while it runs and its time is not over, and as long as the person has the hat in the lending grid."""
NOW = f"""
    grids AS MATERIALIZED (
        SELECT m.n, a.id, a.name, a.lineage
        FROM place CROSS JOIN moments m
        JOIN area a ON a.lineage @> ARRAY[place.id] AND a.kind = 'grid' AND a.closed_at IS NULL
    ), {RULED}, people AS (
        SELECT s.area_id, s.hat, 1 AS own, 0 AS lent, 0 AS borrowed
        FROM grids g JOIN stay s ON s.area_id = g.id AND s.until IS NULL
        UNION ALL
        SELECT g.id, l.hat, 0, 1, 0 FROM grids g JOIN loan l ON l.from_area_id = g.id {RUNS}
        UNION ALL
        SELECT g.id, l.hat, 0, 0, 1 FROM grids g JOIN loan l ON l.to_area_id = g.id {RUNS}
    ), counted AS (
        SELECT g.n, g.id, g.name, g.lineage, {COUNTS}
        FROM grids g LEFT JOIN people p ON p.area_id = g.id GROUP BY g.n, g.id, g.name, g.lineage
    ), {JUDGED}
"""
"""SQL for ``judged``: each open grid of ``place`` at the one moment of ``moments``, which is now."""

TOTALS = ", ".join(
    [
        "count(id)::int AS grids",
        f"(count(id) FILTER (WHERE {MISSING} > 0))::int AS grids_short",
        *[
            _for_each_hat(f"coalesce(sum({{plural}}{part}), 0)::int AS total_{{plural}}{part}")
            for part in ("", "_lent", "_borrowed", "_required", "_short")
        ],
    ]
)
"""Sums over ``judged``."""

LIST = f"""
    WITH {PLACE}, moments AS (SELECT 1 AS n, $3::timestamptz AS at), {NOW}, shown AS (
        SELECT *, {MISSING} AS missing FROM judged
        WHERE $4::bigint IS NULL OR (-({MISSING}), id) > (-$4, $5::uuid)
        ORDER BY missing DESC, id LIMIT $6
    )
    SELECT place.id AS place_id, place.name AS place_name, total.*, shown.*
    FROM place CROSS JOIN (SELECT {TOTALS} FROM judged) AS total LEFT JOIN shown ON true
    ORDER BY shown.missing DESC, shown.id
"""

LASTED = """
        JOIN loan l ON l.id = p.loan_id
        CROSS JOIN LATERAL (VALUES (least(p.since, l.until), 1), (least(p.until, l.until), -1)) AS turn (at, by)
"""
# A stay is there at the end of a month when it began before that and did not end before: it adds to the first end after
# its beginning and is taken off at the first after its own end, so that each is looked at once whatever time is asked
# for. So is a loan, on both sides.
HISTORY = f"""
    WITH {PLACE}, moments AS MATERIALIZED (
        SELECT n, at FROM unnest($3::timestamptz[]) WITH ORDINALITY AS ends (at, n)
    ), grids AS MATERIALIZED (
        SELECT m.n, p.area_id AS id, p.lineage
        FROM place CROSS JOIN moments m JOIN area_period p ON p.lineage @> ARRAY[place.id] AND p.kind = 'grid'
            AND p.since < m.at AND (p.until IS NULL OR p.until >= m.at)
    ), {RULED}, ever AS MATERIALIZED (SELECT DISTINCT id FROM grids), turns AS (
        SELECT s.area_id, s.hat, turn.at, turn.by AS own, 0 AS lent, 0 AS borrowed
        FROM ever g JOIN stay s ON s.area_id = g.id
        CROSS JOIN LATERAL (VALUES (s.since, 1), (s.until, -1)) AS turn (at, by)
        UNION ALL
        SELECT g.id, l.hat, turn.at, 0, turn.by, 0 FROM ever g JOIN loan_period p ON p.from_area_id = g.id {LASTED}
        UNION ALL
        SELECT g.id, l.hat, turn.at, 0, 0, turn.by FROM ever g JOIN loan_period p ON p.to_area_id = g.id {LASTED}
    ), changes AS (
        SELECT area_id, width_bucket(at, $3::timestamptz[]) + 1 AS n, hat,
            sum(own) AS own, sum(lent) AS lent, sum(borrowed) AS borrowed
        FROM turns WHERE at IS NOT NULL GROUP BY 1, 2, 3
    ), counted AS (
        SELECT g.n, g.id, {COUNTS}
        FROM grids g LEFT JOIN changes c ON c.area_id = g.id AND c.n <= g.n GROUP BY g.n, g.id
    ), {JUDGED}
    SELECT place.id AS place_id, place.name AS place_name, m.at, total.*
    FROM place CROSS JOIN moments m CROSS JOIN LATERAL (SELECT {TOTALS} FROM judged j WHERE j.n = m.n) AS total
    ORDER BY m.n
"""


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the grids of an area, those that lack most people first, for its staff. Raises ``not-allowed``."""
    filters = ("strength", area_id)
    missing, last_id = request.after(NUMBERS, *filters) or (None, None)
    moment = now()
    rows = await reads.fetch(LIST, area_id, caller.scope(Role.STAFF), moment, missing, last_id, request.rows)
    place = _place(rows)
    shown = [row for row in rows if row["id"] is not None]
    return {
        "area": place,
        "as_of": moment,
        "totals": _totals(rows[0]),
        **page(shown, request, _view, *filters, key="missing", order=NUMBERS),
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
            "lent": row[f"{prefix}{plural}_lent"],
            "borrowed": row[f"{prefix}{plural}_borrowed"],
            "required": row[f"{prefix}{plural}_required"],
            "shortage": row[f"{prefix}{plural}_short"],
        }
        for plural in HATS.values()
    }


def _view(row: Record) -> dict[str, Any]:
    return {"area": {"id": row["id"], "name": row["name"]}, **_forces(row), "actions": []}
