"""Parts in orders of an area that goes: they go along, or into the part that is there where both had the same to do."""

from asyncpg import Connection

from app.domain.lifecycles import ORDER_PART
from app.services import transitions
from app.services.area_changes.belongings import PART_IS_OPEN
from app.services.area_changes.following import Destinations
from app.services.transitions import Mover, Told

# The orders are locked before: nobody cancels one meanwhile.
LOCK = f"""
    SELECT x.id, x.status, x.area_id, x.order_id FROM order_part x
    WHERE x.area_id = ANY ($1) AND {PART_IS_OPEN} ORDER BY x.id FOR NO KEY UPDATE
"""
PUT = "UPDATE order_part SET area_id = $2 WHERE id = ANY ($1)"
LOCK_TASKS = "SELECT id FROM task WHERE order_part_id = $1 ORDER BY id FOR NO KEY UPDATE"
PUT_TASKS = "UPDATE task SET order_part_id = $2 WHERE id = ANY ($1)"


async def send_parts(connection: Connection, to: Destinations, mover: Mover) -> int:
    """Send the open parts of a closed area to the default part of it; return how many.

    An area that has the same to do already does it for both: its part takes the tasks, and the other one is over.
    Locks the parts of both areas, then the tasks of those that are over, each in the order of ids.
    """
    rows = await connection.fetch(LOCK, [to.source_id, to.default_id])
    there = {row["order_id"]: row["id"] for row in rows if row["area_id"] == to.default_id}
    going = [row for row in rows if row["area_id"] == to.source_id]
    alone = [row for row in going if row["order_id"] not in there]
    await connection.execute(PUT, [row["id"] for row in alone], to.default_id)
    facts = {"area_id": to.default_id, "former_area_id": to.source_id}
    told = [Told(row["id"], "follow", row["status"], row["status"], facts) for row in alone]
    await transitions.log_many(connection, ORDER_PART.subject, mover, told)
    for row in going:
        if row["order_id"] in there:
            into_id = there[row["order_id"]]
            tasks = await connection.fetch(LOCK_TASKS, row["id"])
            await connection.execute(PUT_TASKS, [task["id"] for task in tasks], into_id)
            facts = {"into_id": into_id}
            await transitions.move(connection, ORDER_PART, row["id"], "cancel", transitions.SYSTEM, facts=facts)
    return len(going)
