"""Whom a call-out reaches: the members and volunteers who are in the area now, each once."""

from uuid import UUID

from asyncpg import Connection

from app.core.db import Reads

RUNS = "l.status = 'running' AND l.until > clock_timestamp()"
# The one place that knows of loans: whoever is lent to a grid of the area is in, whoever is lent away is not.
HERE = f"""
    SELECT s.person_id, s.area_id AS grid_id, false AS is_lent
    FROM grids g JOIN stay s ON s.area_id = g.id AND s.until IS NULL
    WHERE NOT EXISTS (
        SELECT FROM loan l
        WHERE l.person_id = s.person_id AND l.hat = s.hat AND l.from_area_id = s.area_id AND {RUNS}
    )
    UNION ALL
    SELECT l.person_id, l.to_area_id, true
    FROM grids g JOIN loan l ON l.to_area_id = g.id AND {RUNS}
    JOIN stay s ON s.person_id = l.person_id AND s.hat = l.hat AND s.area_id = l.from_area_id AND s.until IS NULL
"""
"""Who is in ``grids``, once for each hat."""
GRIDS = "grids AS MATERIALIZED (SELECT id FROM area WHERE lineage @> ARRAY[$1::uuid] AND closed_at IS NULL)"
IS_ANYBODY_HERE = f"WITH {GRIDS} SELECT EXISTS ({HERE})"
# Whoever has two hats is called once, and where they were lent to if they were. In the order of persons, as everybody
# locks them.
CALL = f"""
    WITH {GRIDS}, called AS (
        INSERT INTO call_out_person (id, call_out_id, person_id, grid_id, is_lent)
        SELECT uuid_v7(), $2, person_id, grid_id, is_lent FROM (
            SELECT DISTINCT ON (person_id) person_id, grid_id, is_lent FROM ({HERE}) AS here
            ORDER BY person_id, is_lent DESC, grid_id
        ) AS once
        RETURNING person_id
    )
    SELECT count(*)::int AS people, coalesce(array_agg(p.user_id) FILTER (WHERE p.user_id IS NOT NULL), '{{}}') AS users
    FROM called JOIN person p ON p.id = called.person_id
"""


async def is_anybody_in(reads: Reads, area_id: UUID) -> bool:
    """Return whether a call-out of the area would reach anybody."""
    found: bool = await reads.fetchval(IS_ANYBODY_HERE, area_id)
    return found


async def call(connection: Connection, area_id: UUID, call_out_id: UUID) -> tuple[int, list[UUID]]:
    """Put everybody who is in the area on the list of a call-out, in one statement.

    Returns how many there are, and as which users those can be told who have the app.
    """
    row = await connection.fetchrow(CALL, area_id, call_out_id)
    return row["people"], row["users"]
