"""Head counts of call-outs, by grid: always summed up from the rows, so that they are never wrong."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import CallOutAnswer
from app.services.call_outs import standing
from app.services.call_outs.standing import IS_OVER_PART

SAID = ", ".join(f"(count(*) FILTER (WHERE answer = '{answer}'))::int AS {answer}" for answer in CallOutAnswer)
TALLY = f"""
    SELECT x.grid_id, count(*)::int AS called, {SAID}, (count(*) FILTER (WHERE answer IS NULL))::int AS silent
    FROM call_out_person x WHERE x.call_out_id = seen.id GROUP BY x.grid_id
"""
FIGURES = ("called", *CallOutAnswer, "silent")
# $1 are the areas where the caller acts as staff: a grid outside of them is not counted.
COUNT = f"""
    WITH seen AS (
        SELECT c.id, c.status FROM call_out c JOIN area a ON a.id = c.area_id
        WHERE c.id = $2 AND (a.lineage && $1::uuid[] OR {IS_OVER_PART})
    )
    SELECT seen.status, t.* FROM seen LEFT JOIN LATERAL (
        SELECT tally.*, g.name FROM ({TALLY}) AS tally JOIN area g ON g.id = tally.grid_id AND g.lineage && $1::uuid[]
    ) AS t ON true ORDER BY t.name, t.grid_id
"""
# For all who watch at once; each is shown the grids of their own areas.
COUNT_FOR_ALL = f"""
    WITH seen AS (SELECT c.id, c.status FROM call_out c WHERE c.id = $1)
    SELECT seen.status, t.* FROM seen LEFT JOIN LATERAL (
        SELECT tally.*, g.name, g.lineage FROM ({TALLY}) AS tally JOIN area g ON g.id = tally.grid_id
    ) AS t ON true ORDER BY t.name, t.grid_id
"""


async def count(reads: Reads, caller: Caller, call_out_id: UUID) -> dict[str, Any]:
    """Return how many said what, in all and in each grid of the caller's areas.

    Raises ``not-found`` (I8), ``not-allowed`` to those called who are none of the staff.
    """
    rows = await reads.fetch(COUNT, caller.scope(Role.STAFF), call_out_id)
    if not rows:
        await standing.find(reads, caller, call_out_id)
        raise Problem("not-allowed")  # those called see it, but not how many come
    return view(rows)


async def count_for_all(reads: Reads, call_out_id: UUID) -> Sequence[Record]:
    """Return the rows for ``view``, each with the ``lineage`` of its grid; none when there is no such call-out."""
    return await reads.fetch(COUNT_FOR_ALL, call_out_id)


def within(rows: Iterable[Record], scope: Iterable[UUID]) -> list[Record]:
    """Return the rows of grids in the areas of ``scope``."""
    areas = frozenset(scope)
    return [row for row in rows if row["lineage"] and not areas.isdisjoint(row["lineage"])]


def view(rows: Sequence[Record], status: str | None = None) -> dict[str, Any]:
    """Return counts as they are told; ``status`` is for when no row is left to tell it."""
    grids = [row for row in rows if row["grid_id"]]
    return {
        "status": status or rows[0]["status"],
        **{name: sum(row[name] for row in grids) for name in FIGURES},
        "grids": [
            {"area": {"id": row["grid_id"], "name": row["name"]}, **{name: row[name] for name in FIGURES}}
            for row in grids
        ],
        "actions": [],
    }
