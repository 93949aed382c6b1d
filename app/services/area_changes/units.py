"""Units that reported to an area that goes (单位报到): they have reported to what takes its place, and to that once."""

from asyncpg import Connection

from app.services import transitions
from app.services.area_changes.following import Destinations, pieces
from app.services.transitions import Mover, Told

# Nobody closes one of them meanwhile; what a unit did that is closed stays where it did it.
LOCK = """
    SELECT u.id FROM unit u
    WHERE u.closed_at IS NULL AND EXISTS (SELECT FROM unit_area r WHERE r.unit_id = u.id AND r.area_id = $1)
    ORDER BY u.id FOR NO KEY UPDATE
"""
SEND = """
    WITH gone AS (DELETE FROM unit_area WHERE area_id = $1 AND unit_id = ANY($3) RETURNING unit_id, reported_on)
    INSERT INTO unit_area (unit_id, area_id, reported_on) SELECT unit_id, $2, reported_on FROM gone
    ON CONFLICT (unit_id, area_id) DO UPDATE SET reported_on = least(unit_area.reported_on, excluded.reported_on)
    RETURNING unit_id, reported_on
"""


async def send_reports(connection: Connection, to: Destinations, mover: Mover) -> int:
    """Send the reports of open units on; return how many. The earlier day counts of two. Locks units by their ids."""
    units = await connection.fetch(LOCK, to.source_id)
    for piece in pieces(units):
        sent = await connection.fetch(SEND, to.source_id, to.default_id, [row["id"] for row in piece])
        gone = {"area_id": to.default_id, "former_area_id": to.source_id}
        told = [
            Told(row["unit_id"], "report", "open", "open", gone | {"reported_on": row["reported_on"]}) for row in sent
        ]
        await transitions.log_many(connection, "unit", mover, told)
    return len(units)
