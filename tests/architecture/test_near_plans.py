"""How the database finds the tasks near a point: it reads about as many as it shows, however many there are."""

import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.pagination import HIGHEST
from app.domain import geometry
from app.domain.kinds import TaskKind
from app.schemas.tasks import Whose
from app.services import near_tasks
from tests.architecture.test_plans import walk

LONGITUDE, LATITUDE = 117.5, 36.5
COMMUNITIES, GRIDS_EACH, WISHES, PLACED = 8, 8, 20_000, 4_000
SOMEWHERE = f"{LONGITUDE} + (random() - 0.5) * 0.08, {LATITUDE} + (random() - 0.5) * 0.06"
SHOWN = 21
FILL_WITHIN_S = 60

FILL = (
    """
    INSERT INTO area (id, kind, name, lineage, is_wish_review_required)
    VALUES ($1::uuid, 'district', '区', ARRAY[$1::uuid], true)
    """,
    f"""
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required)
    SELECT id, $1::uuid, 'community', n::text, ARRAY[$1::uuid, id], true
    FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, {COMMUNITIES}) AS n) AS new
    """,
    f"""
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required)
    SELECT new.id, a.id, 'grid', n::text, a.lineage || new.id, true FROM area a
    CROSS JOIN LATERAL (
        SELECT gen_random_uuid() AS id, n, a.id AS above_id FROM generate_series(1, {GRIDS_EACH}) AS n
    ) AS new WHERE a.parent_id = $1::uuid
    """,
    f"""
    INSERT INTO area_shape (area_id, geometry, version, updated_at, label_longitude, label_latitude)
    SELECT id, '{{"type": "Polygon"}}', 1, now(), {SOMEWHERE} FROM area WHERE lineage @> ARRAY[$1::uuid]
    """,
    """
    INSERT INTO "user" (id, openid, nickname, token_version, is_blocked, open_claims)
    VALUES ($1::uuid, $1::uuid::text, '邻居', 1, false, 0)
    """,
    "INSERT INTO person (id, user_id) VALUES ($1::uuid, $1::uuid)",
    """
    INSERT INTO volunteer (id, person_id, home_area_id, skills, status)
    SELECT $1::uuid, $1::uuid, id, '{}', 'approved' FROM area WHERE lineage @> ARRAY[$1::uuid] AND kind = 'grid' LIMIT 1
    """,
    """
    INSERT INTO team (id, area_id, leader_id, name, introduction, status)
    VALUES ($1::uuid, $1::uuid, $1::uuid, '队', '队', 'approved')
    """,
    f"""
    INSERT INTO wish (id, author_id, area_id, category, title, body, status)
    SELECT uuid_v7(), $1::uuid, grids.ids[1 + n % {COMMUNITIES * GRIDS_EACH}],
        (ARRAY['elderly', 'medical', 'schooling', 'hardship'])[1 + n % 4], '题', '文', 'published'
    FROM generate_series(1, {WISHES}) AS n
    CROSS JOIN (SELECT array_agg(id) AS ids FROM area WHERE lineage @> ARRAY[$1::uuid] AND kind = 'grid') AS grids
    """,
    """
    INSERT INTO task (id, kind, wish_id, area_id, author_id, title, status, seats, seats_taken, reward_points, tags)
    SELECT uuid_v7(), 'wish', id, area_id, author_id, title, 'open', 1, 0, 10, ARRAY[category]
    FROM wish WHERE author_id = $1::uuid
    """,
    f"""
    INSERT INTO task
        (id, kind, area_id, author_id, title, status, seats, seats_taken, reward_points, minutes, longitude, latitude)
    SELECT uuid_v7(), 'activity', $1::uuid, $1::uuid, '题', 'open', 10, 0, 10, 15 + n % 90, {SOMEWHERE}
    FROM generate_series(1, {PLACED}) AS n
    """,
    """
    INSERT INTO task_text (task_id, tokens)
    SELECT id, ARRAY['常见', '词' || row_number() OVER () % 1000] FROM task WHERE author_id = $1::uuid
    """,
)


class District:
    """A district in a transaction that is never committed."""

    def __init__(self, connection: Connection, user_id: object) -> None:
        self.connection = connection
        self.user_id = user_id

    async def rows_read(
        self, *, whose: Whose | None = None, category: str | None = None, words: list[str] | None = None, **more: Any
    ) -> dict[str, int]:
        """Return how many rows of each table were read for a page, planned as the pool for reads plans it."""
        statement = near_tasks.statement(whose, has_category=category is not None, has_words=words is not None)
        arguments = [
            *geometry.mercator(LONGITUDE, LATITUDE),
            more.get("radius_m", 5_000) / math.cos(math.radians(LATITUDE)),
            *(self.user_id, None, []),
            SHOWN,
            *more.get("after", (-1.0, HIGHEST)),
            more.get("kinds", list(TaskKind)),
            *(more.get("minutes_max"), None, category, now(), more.get("tag")),
            *([] if words is None else [words]),
        ]
        await self.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await self.connection.execute(f"PREPARE near AS {statement}")
        told = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE near ({', '.join(map(literal, arguments))})"
        [explained] = await self.connection.fetch(told)
        await self.connection.execute("DEALLOCATE near")
        found: dict[str, int] = {}
        for node in walk(json.loads(explained[0])[0]["Plan"]):
            if "Relation Name" in node:
                rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                table = node["Relation Name"]
                found[table] = found.get(table, 0) + round(rows * node["Actual Loops"])
        assert found["task"] >= SHOWN or not words
        return found


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"'{{{','.join(map(str, value))}}}'"
    return f"'{value}'"


@pytest.fixture(scope="module")
async def district(database: Database) -> AsyncIterator[District]:
    connection = await database.writes.borrow()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL statement_timeout = '{FILL_WITHIN_S}s'")
        await connection.execute("SELECT setseed(0.5)")  # the same places each time
        district_id = new_id()
        for statement in FILL:
            await connection.execute(statement, district_id, timeout=FILL_WITHIN_S)
        await connection.execute("SELECT gin_clean_pending_list('ix_task_text_tokens'::regclass)")
        for table in ("area", "area_shape", "wish", "task", "task_text"):
            await connection.execute(f"ANALYZE {table}")
        yield District(connection, district_id)
    finally:
        await transaction.rollback()
        database.writes.give_back(connection, is_whole=True)


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ({}, 200),
        ({"radius_m": 50_000}, 200),
        ({"after": (300.0, HIGHEST)}, 300),
        ({"kinds": ["wish"]}, 100),
        ({"kinds": ["activity"]}, 100),
        ({"minutes_max": 60, "kinds": ["activity", "patrol"]}, 200),
        # The wishes of one category and one grid are all put in order.
        ({"category": "medical", "kinds": ["wish"]}, 1_500),
        ({"words": ["词7"]}, 200),
        ({"whose": "grid", "kinds": ["wish"], "radius_m": 50_000}, 100),
        ({"whose": "team", "radius_m": 50_000}, 200),
        # A grid of this district asks for one help alone: what is nearer and carries another tag is passed over.
        ({"tag": "medical", "kinds": ["wish"]}, 4_000),
    ],
    ids=str,
)
async def test_a_page_reads_about_what_it_shows(district: District, asked: dict[str, Any], most: int):
    """Of more than 24,000 tasks."""
    read = await district.rows_read(**asked)
    assert SHOWN <= sum(read.get(table, 0) for table in ("task", "task_text", "wish")) <= most, read


async def test_control_of_the_measure(district: District):
    """A word that stands everywhere has every task looked at."""
    assert (await district.rows_read(words=["常见"]))["task"] >= WISHES
