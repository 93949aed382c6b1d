"""Circles over a grid that goes: they lie over the same land as before."""

from collections.abc import Collection
from uuid import UUID

from asyncpg import Connection

from app.services import transitions
from app.services.transitions import Mover

LOCK = """
    SELECT c.id FROM circle c JOIN circle_area g ON g.circle_id = c.id
    WHERE g.area_id = $1 AND c.closed_at IS NULL ORDER BY c.id FOR NO KEY UPDATE OF c
"""
REMOVE = "DELETE FROM circle_area WHERE circle_id = $1 AND area_id = $2"
ADD = """
    INSERT INTO circle_area (circle_id, area_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING area_id
"""


async def send(connection: Connection, source_id: UUID, part_ids: Collection[UUID], mover: Mover) -> int:
    """Let the open circles over the closed grid lie over ``part_ids`` instead; return how many. Locks the circles."""
    circles = await connection.fetch(LOCK, source_id)
    for (circle_id,) in circles:
        await connection.execute(REMOVE, circle_id, source_id)
        added = [row["area_id"] for row in await connection.fetch(ADD, circle_id, sorted(part_ids))]
        facts = {"removed": [source_id], "added": added}
        await transitions.log(
            connection, "circle", circle_id, "set_grids", "open", mover, from_state="open", facts=facts
        )
    return len(circles)
