"""A resident's things in a helper's hands: telling staff when their claim ends before they gave them back."""

from uuid import UUID

from asyncpg import Connection, Record

from app.domain.kinds import MessageKind
from app.services import messages

# Staff of the nearest area that has any, from the task's upwards; never the one who has the things.
FIND_STAFF = """
    SELECT DISTINCT g.user_id FROM task t JOIN area a ON a.id = t.area_id
    CROSS JOIN LATERAL (
        SELECT above.id FROM unnest(a.lineage) WITH ORDINALITY AS above (id, depth) WHERE EXISTS (
            SELECT FROM "grant" g
            WHERE g.area_id = above.id AND g.role IN ('staff', 'administrator') AND g.user_id <> $2
        ) ORDER BY above.depth DESC LIMIT 1
    ) AS nearest JOIN "grant" g ON g.area_id = nearest.id AND g.role IN ('staff', 'administrator') AND g.user_id <> $2
    WHERE t.id = $1 ORDER BY g.user_id
"""


async def tell_staff(connection: Connection, claim: Record) -> None:
    """Tell the staff nearest to the task of a claim that ended with things in hand, if it did."""
    if not claim["things"]:
        return
    task_id: UUID = claim["task_id"]
    rows = await connection.fetch(FIND_STAFF, task_id, claim["user_id"])
    staff = [row["user_id"] for row in rows]
    await messages.tell(connection, staff, MessageKind.THINGS_IN_HAND, claim["id"])
