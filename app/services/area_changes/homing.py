"""Where a complaint comes back to that is taken up again after its area was closed or moved."""

from uuid import UUID

from asyncpg import Connection, Record

from app.domain import area_tree
from app.domain.kinds import AreaKind
from app.services import transitions
from app.services.area_changes import complaints

# Areas take the place of those that were closed before them, so the way ends.
HOME = """
    WITH RECURSIVE way AS (
        SELECT id, successor_id, closed_at FROM area WHERE id = $1
        UNION ALL SELECT a.id, a.successor_id, a.closed_at FROM way JOIN area a ON a.id = way.successor_id
    )
    SELECT coalesce((SELECT id FROM way WHERE closed_at IS NULL), $1)
"""
LOCK = "SELECT FROM area WHERE id = $1 FOR KEY SHARE"
ABOVE = """
    SELECT step.id, step.kind FROM area a JOIN area step ON step.id = ANY(a.lineage)
    WHERE a.id = $1 AND step.closed_at IS NULL ORDER BY cardinality(step.lineage)
"""
KIND = "SELECT kind FROM area WHERE id = $1"


async def bring_home(connection: Connection, complaint: Record) -> UUID:
    """Let a locked complaint lie in what took the place of its area, with somebody there or above to act on it.

    Returns the area that has to act. Where nothing took its place the complaint stays, and the nearest open area above
    acts.
    """
    area_id = await connection.fetchval(HOME, complaint["area_id"])
    await connection.execute(LOCK, area_id)  # Whoever moves it waits for this, or this for them.
    above = [(row["id"], AreaKind(row["kind"])) for row in await connection.fetch(ABOVE, area_id)]
    handler_id: UUID = complaint["handler_id"]
    if above and handler_id not in {step for step, _ in above}:
        kind = AreaKind(await connection.fetchval(KIND, handler_id))
        handler_id = area_tree.counterpart(kind, above)
    if (area_id, handler_id) != (complaint["area_id"], complaint["handler_id"]):
        await complaints.put(connection, complaint, area_id, handler_id, transitions.SYSTEM)
    return handler_id
