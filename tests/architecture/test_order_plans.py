"""How the database counts the progress of an order: it reads that order's parts and tasks, however many others are."""

import json
from typing import Any

from app.core.db import Database
from app.core.ids import new_id
from app.services.orders import progress
from tests.architecture.test_near_plans import literal
from tests.architecture.test_plans import walk

ORDERS, PARTS, TASKS = 20, 500, 20_000
FILL = (
    """
    INSERT INTO area (id, kind, name, lineage, is_wish_review_required)
    VALUES ($1::uuid, 'district', '区', ARRAY[$1::uuid], true)
    """,
    f"""
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required)
    SELECT id, $1::uuid, 'community', n::text, ARRAY[$1::uuid, id], true
    FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, {PARTS}) AS n) AS new
    """,
    """
    INSERT INTO "user" (id, openid, nickname, token_version, is_blocked, open_claims)
    VALUES ($1::uuid, $1::uuid::text, '邻居', 1, false, 0)
    """,
    f"""
    INSERT INTO area_order (id, area_id, ordered_by, title, body, due_at, status)
    SELECT CASE n WHEN 1 THEN $1::uuid ELSE gen_random_uuid() END, $1::uuid, $1::uuid, '题', '文', now(), 'open'
    FROM generate_series(1, {ORDERS}) AS n
    """,
    """
    INSERT INTO order_part (id, order_id, area_id, status)
    SELECT uuid_v7(), o.id, a.id, 'confirmed' FROM area_order o JOIN area a ON a.parent_id = $1::uuid
    WHERE o.ordered_by = $1::uuid
    """,
    f"""
    INSERT INTO task (id, kind, area_id, author_id, title, status, seats, seats_taken, reward_points, order_part_id)
    SELECT uuid_v7(), 'activity', $1::uuid, $1::uuid, '题', 'closed', 1, 1, 0, CASE WHEN n % 2 = 0 THEN part.id END
    FROM generate_series(1, {TASKS}) AS n JOIN (
        SELECT p.id, row_number() OVER () AS place FROM order_part p JOIN area_order o ON o.id = p.order_id
        WHERE o.ordered_by = $1::uuid
    ) AS part ON part.place = 1 + n % {ORDERS * PARTS}
    """,
    """
    INSERT INTO claim (id, task_id, user_id, status, due_at)
    SELECT uuid_v7(), id, author_id, 'verified', now() FROM task WHERE author_id = $1::uuid
    """,
)


async def test_the_progress_of_500_parts(database: Database):
    connection = await database.writes.borrow()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SET LOCAL statement_timeout = '60s'")
        district_id = new_id()
        for statement in FILL:
            await connection.execute(statement, district_id)
        for table in ("area", "area_order", "order_part", "task", "claim"):
            await connection.execute(f"ANALYZE {table}")
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        arguments: list[Any] = [[district_id], district_id, None]
        await connection.execute(f"PREPARE progress AS {progress.COUNT}")
        execute = f"EXECUTE progress ({', '.join(map(literal, arguments))})"
        whole, *areas = await connection.fetch(execute)
        assert (whole["parts"], len(areas), whole["people"]) == (PARTS, PARTS, 1)
        [explained] = await connection.fetch(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {execute}")
        await connection.execute("DEALLOCATE progress")
        read: dict[str, int] = {}
        for node in walk(json.loads(explained[0])[0]["Plan"]):
            if "Relation Name" in node:
                rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                table = node["Relation Name"]
                read[table] = read.get(table, 0) + round(rows * node["Actual Loops"])
        assert read["order_part"] <= PARTS, read
        assert read["task"] <= 2 * PARTS, read
        assert read["claim"] <= 2 * PARTS, read
    finally:
        await transaction.rollback()
        database.writes.give_back(connection, is_whole=True)
