"""Lending plans: ordered by the staff of an area, and what came of them. ``drawing.py`` draws them up."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core import queue
from app.core.clock import now, today
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import LENDING_PLAN
from app.models.lending import LendingPlan
from app.schemas.lending import LendingPlanIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

DRAW_UP = "draw_up_lending_plan"
GRIDS_MAX = 3_000
"""Of more a worker would need more memory than small machines have; nobody is lent across a whole city."""
LONGEST = timedelta(days=366)
PATIENCE = timedelta(minutes=10)
"""A plan takes seconds: one that is not there after that time is given up, and staff may order another."""

FIND_AREA = """
    SELECT a.lineage && $2::uuid[] AS in_scope, (
            SELECT count(*) FROM area g WHERE g.lineage @> ARRAY[a.id] AND g.kind = 'grid' AND g.closed_at IS NULL
        ) AS grids
    FROM area a WHERE a.id = $1
"""
# $1 are the areas where the caller acts as staff.
VIEW = """
    SELECT p.*, a.name AS area_name, line.lines, line.people, line.agreed, gap.people AS missing
    FROM lending_plan p JOIN area a ON a.id = p.area_id AND a.lineage && $1::uuid[]
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS lines, coalesce(sum(l.people), 0)::int AS people,
            coalesce(sum(said.agreed), 0)::int AS agreed
        FROM lending_line l CROSS JOIN LATERAL (
            SELECT count(*) AS agreed FROM loan_request r WHERE r.line_id = l.id AND r.status = 'agreed'
        ) AS said WHERE l.plan_id = p.id
    ) AS line
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(g.people), 0)::int AS people FROM lending_gap g WHERE g.plan_id = p.id
    ) AS gap
"""
GET = f"{VIEW} WHERE p.id = $2"
LIST = f"{VIEW} WHERE a.lineage @> ARRAY[$2::uuid] AND p.id < $3 ORDER BY p.id DESC LIMIT $4"
FIND_IN_SCOPE = """
    SELECT p.id FROM lending_plan p JOIN area a ON a.id = p.area_id WHERE p.id = $1 AND a.lineage && $2::uuid[]
"""
LIST_GAPS = """
    SELECT g.id, g.area_id, a.name, g.hat, g.people, g.reason FROM lending_gap g JOIN area a ON a.id = g.area_id
    WHERE g.plan_id = $1 AND g.id > $2 ORDER BY g.id LIMIT $3
"""
FIND_OF_CLOSED = """
    SELECT p.id FROM lending_plan p JOIN area a ON a.id = p.area_id
    WHERE p.status = 'computing' AND a.closed_at IS NOT NULL ORDER BY p.id
"""
FIND_FORGOTTEN = "SELECT id FROM lending_plan WHERE status = 'computing' AND created_at < $1 ORDER BY id LIMIT $2"


async def order(connection: Connection, caller: Caller, form: LendingPlanIn) -> UUID:
    """Order a plan for the grids of an area; a job draws it up. Return its id.

    Raises ``area-unknown``, ``not-allowed``, ``lending-area-too-large``, ``lending-end-out-of-range``, and by the
    database ``area-closed``.
    """
    area = await connection.fetchrow(FIND_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if area["grids"] > GRIDS_MAX:
        raise Problem("lending-area-too-large")
    if not today() < form.until <= today() + LONGEST:
        raise Problem("lending-end-out-of-range")
    plan = LendingPlan(
        id=new_id(),
        area_id=form.area_id,
        until=form.until,
        max_distance_m=form.max_distance_m,
        skills=list(dict.fromkeys(form.skills)),
        created_by=caller.id,
    )
    await insert(connection, plan)
    await transitions.log_creation(connection, LENDING_PLAN, plan.id, Mover(Party.STAFF, caller.id))
    await queue.order(connection, DRAW_UP, plan.id)
    return plan.id


async def find_forgotten(connection: Connection, limit: int) -> list[UUID]:
    """Return plans that should have been drawn up long ago."""
    rows = await connection.fetch(FIND_FORGOTTEN, now() - PATIENCE, limit)
    return [row["id"] for row in rows]


async def give_up(connection: Connection, plan_id: UUID) -> None:
    """Say that a plan will not be drawn up, unless it just was. Locks the plan's row."""
    await transitions.find_and_move(connection, LENDING_PLAN, plan_id, "fail", transitions.SYSTEM)


async def give_up_closed(connection: Connection) -> None:
    """Give up the plans that are still to be drawn up for areas that are closed."""
    for row in await connection.fetch(FIND_OF_CLOSED):
        await give_up(connection, row["id"])


async def get(reads: Reads, caller: Caller, plan_id: UUID) -> dict[str, Any]:
    """Return one plan, to the staff of its area. Raises ``not-found`` (I8)."""
    row = await reads.fetchrow(GET, caller.scope(Role.STAFF), plan_id)
    if row is None:
        raise Problem("not-found")
    return _view(row)


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the plans for an area and those below it that lie in the caller's areas, newest first."""
    filters = ("lending-plans", area_id)
    rows = await reads.fetch(LIST, caller.scope(Role.STAFF), area_id, request.below(*filters), request.rows)
    return page(rows, request, _view, *filters)


async def list_gaps(reads: Reads, caller: Caller, plan_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return what no line of a plan brings to its grids. Raises ``not-found`` (I8)."""
    filters = ("lending-gaps", plan_id)
    last_id = request.above(*filters)
    await require_visible(reads, caller, plan_id)
    return page(await reads.fetch(LIST_GAPS, plan_id, last_id, request.rows), request, _view_gap, *filters)


async def require_visible(reads: Reads, caller: Caller, plan_id: UUID) -> None:
    """Raise ``not-found`` unless the plan is for an area of which the caller is staff (I8)."""
    if await reads.fetchval(FIND_IN_SCOPE, plan_id, caller.scope(Role.STAFF)) is None:
        raise Problem("not-found")


def _view(row: Record) -> dict[str, Any]:
    kept = ("id", "until", "max_distance_m", "skills", "status", "lines", "people", "agreed", "missing")
    return {
        **{name: row[name] for name in kept},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "created_at": row["created_at"],
        "computed_at": row["computed_at"],
        "actions": [],
    }


def _view_gap(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["name"]},
        "hat": row["hat"],
        "people": row["people"],
        "reason": row["reason"],
        "actions": [],
    }
