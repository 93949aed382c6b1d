"""The addresses of an area that is merged or split: each goes where it stands, and is known there once."""

from asyncpg import Connection

from app.services import transitions
from app.services.area_changes.following import Destinations, pieces
from app.services.transitions import Mover, Told

LIST = "SELECT id, longitude, latitude FROM building WHERE area_id = $1 ORDER BY id FOR NO KEY UPDATE"
# What both areas had on their lists is one building.
DROP_KNOWN = """
    DELETE FROM building x USING unnest($1::uuid[], $2::uuid[]) AS go (id, area_id), building o
    WHERE x.id = go.id AND o.area_id = go.area_id AND o.key = x.key RETURNING x.id, o.id AS known_id
"""
SEND = """
    UPDATE building x SET area_id = go.area_id FROM unnest($1::uuid[], $2::uuid[]) AS go (id, area_id)
    WHERE x.id = go.id RETURNING x.id, x.area_id
"""


async def send(connection: Connection, to: Destinations, mover: Mover) -> int:
    """Send the buildings on; return how many there were. Locks them in the order of ids."""
    rows = await connection.fetch(LIST, to.source_id)
    for piece in pieces(rows):
        ids = [row["id"] for row in piece]
        area_ids = [to.at(row["longitude"], row["latitude"]) for row in piece]
        known = await connection.fetch(DROP_KNOWN, ids, area_ids)
        sent = await connection.fetch(SEND, ids, area_ids)
        told = [
            Told(row["id"], "follow", "active", "active", {"area_id": row["area_id"], "former_area_id": to.source_id})
            for row in sent
        ]
        told += [Told(row["id"], "merge", "removed", "active", {"into": row["known_id"]}) for row in known]
        await transitions.log_many(connection, "building", mover, told)
    return len(rows)
