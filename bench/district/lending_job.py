"""A plan of lendings as the worker's job draws it up: a district read from a database, and the plan written there."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
from alembic import command

from app.cli.database import alembic_config
from app.core.clock import today
from app.core.db import Database
from app.core.ids import new_id
from app.core.scratch_database import running_server, scratch_database
from app.core.settings import Settings
from app.services.lending import drawing
from bench.district.section import Goal, Section

REPETITIONS = 5
TIME_GOAL_S = 5
"""From the job's beginning until the plan is written, the first of a process included."""
MEMBERS, VOLUNTEERS = 5_000, 15_000
DISTRICT = UUID(int=1)
TOLD = f"""\
486 grids with their shapes, {MEMBERS:,} members and {VOLUNTEERS:,} volunteers: many grids with few people, and some
with many. The time that passes until the plan is written; the first one loads SciPy."""
HEAD = ("", "first s", "median s", "first CPU s", "median CPU s", "lines", "lent", "missing")
FILL = (
    "SELECT setseed(0.5)",
    """
    INSERT INTO "user" (id, openid, nickname, token_version, is_blocked, open_claims)
    SELECT '00000000-0000-0000-0000-000000000002', 'o', '工作人员', 1, false, 0
    """,
    """
    INSERT INTO area (id, kind, name, lineage, is_wish_review_required)
    SELECT id, 'district', '区', ARRAY[id], true
    FROM (SELECT '00000000-0000-0000-0000-000000000001'::uuid AS id) AS root
    """,
    """
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required)
    SELECT x.id, d.id, 'grid', '网格' || n, d.lineage || x.id, true
    FROM area d, (SELECT n, gen_random_uuid() AS id FROM generate_series(1, 486) AS n) AS x
    """,
    """
    INSERT INTO area_shape (area_id, version, updated_at, geometry)
    SELECT id, 1, now(), jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array((
        SELECT jsonb_agg(jsonb_build_array(x + 0.003 * cos(turn), y + 0.003 * sin(turn)) ORDER BY corner)
        FROM (SELECT corner, 0.09817477 * (corner % 64) AS turn FROM generate_series(0, 64) AS corner) AS ring
    )))
    FROM (SELECT id, 103.8 + random() * 0.14 AS x, 30.6 + random() * 0.14 AS y FROM area WHERE kind = 'grid') AS spot
    """,
    f"""
    INSERT INTO person (id, sealed, identity_hash, phone_hash)
    SELECT gen_random_uuid(), 'x', sha256(n::text::bytea), sha256(n::text::bytea)
    FROM generate_series(1, {MEMBERS + VOLUNTEERS}) AS n
    """,
    f"""
    INSERT INTO stay (person_id, hat, since, area_id)
    SELECT p.id, CASE WHEN p.n <= {MEMBERS} THEN 'member' ELSE 'volunteer' END, now() - interval '1 day', g.id
    FROM (SELECT id, row_number() OVER () AS n, floor(486 * sqrt(random())) AS spot FROM person) AS p
    JOIN (SELECT id, row_number() OVER () - 1 AS spot FROM area WHERE kind = 'grid') AS g USING (spot)
    """,
    "VACUUM (ANALYZE)",
)
INSERT = """
    INSERT INTO lending_plan (id, area_id, until, skills, status, created_by)
    VALUES ($1, $2, $3, '{}', 'computing', '00000000-0000-0000-0000-000000000002')
"""
COUNT = """
    SELECT count(*) AS lines, sum(l.people) AS lent,
        (SELECT coalesce(sum(g.people), 0) FROM lending_gap g WHERE g.plan_id = $1) AS missing
    FROM lending_line l WHERE l.plan_id = $1
"""


def measure() -> Section:
    """Draw up a few plans, one after the other."""
    with running_server() as server, scratch_database(server) as url:
        command.upgrade(alembic_config(url), "head")
        first_s, row = asyncio.run(draw_up(url))
    goal = Goal("plan for 486 grids, database included: first", first_s, TIME_GOAL_S, "s")
    return Section("The job of a plan", TOLD, HEAD, [row], [goal])


async def draw_up(url: str) -> tuple[float, Sequence[str]]:
    """Return what the first plan took, and the row of the table."""
    connection = await asyncpg.connect(url)
    for statement in FILL:
        await connection.execute(statement)
    database = Database(url, Settings(_env_file=None))
    times_s, cpu_s = [], []
    for _ in range(REPETITIONS):
        plan_id = new_id()
        await connection.execute(INSERT, plan_id, DISTRICT, today() + timedelta(days=30))
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        await drawing.draw_up(database, plan_id)
        times_s.append(time.perf_counter() - began_s)
        cpu_s.append(time.process_time() - began_cpu_s)
    row = await connection.fetchrow(COUNT, plan_id)
    assert row is not None, "a count is always one row"
    database.close()
    await connection.close()
    shown = (times_s[0], statistics.median(times_s[1:]), cpu_s[0], statistics.median(cpu_s[1:]))
    counts = [f"{row[name]:,}" for name in ("lines", "lent", "missing")]
    return times_s[0], ["a plan", *(f"{seconds:.2f}" for seconds in shown), *counts]
