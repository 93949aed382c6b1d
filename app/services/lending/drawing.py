"""Drawing up lending plans: read, computed and proved, and written; the job of the worker."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog
from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain import geometry, lending
from app.domain.kinds import Hat
from app.domain.lending import Grid, Plan
from app.domain.lifecycles import LENDING_LINE, LENDING_PLAN
from app.domain.strength import Force
from app.domain.transport import NotOptimalError
from app.services import transitions
from app.services.lending import lines, plans
from app.services.lending.lines import ASKED
from app.services.strength import HATS, NOW

log = structlog.get_logger(__name__)

FIND = "SELECT area_id, max_distance_m, skills FROM lending_plan WHERE id = $1 AND status = $2"
FORCES = f"""
    WITH place AS (SELECT id FROM area WHERE id = $1), moments AS (SELECT 1 AS n, $2::timestamptz AS at), {NOW},
    {ASKED}, skilled AS (
        SELECT v.home_area_id AS area_id, count(*) AS people FROM grids g
        JOIN volunteer v ON v.home_area_id = g.id AND v.status = 'approved' AND v.skills && $3::varchar[]
        WHERE NOT EXISTS (SELECT FROM loan l WHERE l.person_id = v.person_id AND l.status = 'running')
        GROUP BY v.home_area_id
    ), reachable AS (
        SELECT s.area_id, s.hat, count(*) AS people FROM grids g JOIN stay s ON s.area_id = g.id AND s.until IS NULL
        JOIN person p ON p.id = s.person_id AND p.user_id IS NOT NULL GROUP BY s.area_id, s.hat
    )
    SELECT j.*, shape.geometry::text AS geometry, coalesce(skilled.people, 0) AS skilled, {
    ", ".join(
        f"coalesce((SELECT sum(people) FROM asked WHERE from_area_id = j.id AND hat = '{hat}'), 0)::int "
        f"AS {plural}_going, "
        f"coalesce((SELECT sum(people) FROM asked WHERE to_area_id = j.id AND hat = '{hat}'), 0)::int "
        f"AS {plural}_coming, "
        f"coalesce((SELECT people FROM reachable r WHERE r.area_id = j.id AND hat = '{hat}'), 0)::int "
        f"AS {plural}_reachable"
        for hat, plural in HATS.items()
    )
}
    FROM judged j LEFT JOIN area_shape shape ON shape.area_id = j.id LEFT JOIN skilled ON skilled.area_id = j.id
"""
INSERT_LINES = """
    INSERT INTO lending_line (id, plan_id, from_area_id, to_area_id, hat, people, skilled, distance_m,
        is_distance_assumed, reachable, status)
    SELECT x.id, $1, x.from_id, x.to_id, x.hat, x.people, x.skilled, x.distance_m, x.is_assumed, x.reachable, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int[], $8::int[], $9::int[], $10::bool[],
        $11::int[]) AS x (id, from_id, to_id, hat, people, skilled, distance_m, is_assumed, reachable)
"""
INSERT_GAPS = """
    INSERT INTO lending_gap (id, plan_id, area_id, hat, people, reason)
    SELECT x.id, $1, x.area_id, x.hat, x.people, x.reason
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::text[]) AS x (id, area_id, hat, people, reason)
"""


async def draw_up(database: Database, plan_id: UUID) -> None:
    """Draw up a plan that was ordered, beside the event loop and in no transaction. Done twice, nothing changes."""
    ordered = await database.reads.fetchrow(FIND, plan_id, LENDING_PLAN.initial)
    if ordered is None:
        return
    rows = await database.reads.fetch(FORCES, ordered["area_id"], now(), ordered["skills"])
    try:
        plan = await asyncio.to_thread(_compute, rows, ordered["max_distance_m"])
    except NotOptimalError as error:
        log.error("a lending plan could not be proved", plan_id=plan_id, reason=str(error))  # noqa: TRY400 - no trace of use
        async with database.transaction() as connection:
            await plans.give_up(connection, plan_id)
        return
    async with database.transaction() as connection:
        facts = {"lines": len(plan.lendings), "gaps": len(plan.missing)}
        changes = {"computed_at": now()}
        done = await transitions.find_and_move(
            connection, LENDING_PLAN, plan_id, "finish", transitions.SYSTEM, changes=changes, facts=facts
        )
        if done is not None:
            await _write(connection, plan_id, plan, rows)
            await lines.lapse_displaced(connection)  # a grid may have been closed since its people were counted


def _compute(rows: Sequence[Record], max_distance_m: int | None) -> Plan:
    return lending.draw_up([_grid(row) for row in rows], max_distance_m)


def _grid(row: Record) -> Grid:
    forces = {}
    for hat, plural in HATS.items():
        there, required = row[plural] - row[f"{plural}_going"], row[f"{plural}_required"]
        forces[hat] = Force(
            # Who is still to come need not be found again, but gives the grid nobody to spare: they may say no.
            present=there + min(row[f"{plural}_coming"], max(0, required - there)),
            required=required,
            lendable=row[plural] - row[f"{plural}_borrowed"] - row[f"{plural}_going"],
            skilled=row["skilled"] if hat is Hat.VOLUNTEER else 0,
        )
    place = None if row["geometry"] is None else geometry.point_within(row["geometry"])
    return Grid(row["id"], tuple(row["lineage"]), place, forces)


async def _write(connection: Connection, plan_id: UUID, plan: Plan, rows: Sequence[Record]) -> None:
    reachable = {(row["id"], hat): row[f"{plural}_reachable"] for row in rows for hat, plural in HATS.items()}
    line_ids = [new_id() for _ in plan.lendings]
    await connection.execute(
        INSERT_LINES,
        plan_id,
        LENDING_LINE.initial,
        line_ids,
        [line.from_id for line in plan.lendings],
        [line.to_id for line in plan.lendings],
        [line.hat for line in plan.lendings],
        [line.count for line in plan.lendings],
        [line.skilled for line in plan.lendings],
        [line.distance_m for line in plan.lendings],
        [line.is_assumed for line in plan.lendings],
        [reachable[line.from_id, line.hat] for line in plan.lendings],
    )
    await transitions.log_creations(connection, LENDING_LINE, line_ids, transitions.SYSTEM)
    await connection.execute(
        INSERT_GAPS,
        plan_id,
        [new_id() for _ in plan.missing],
        [gap.grid_id for gap in plan.missing],
        [gap.hat for gap in plan.missing],
        [gap.count for gap in plan.missing],
        [gap.reason for gap in plan.missing],
    )
