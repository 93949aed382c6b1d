"""Orders that are due: the areas are reminded a day before, and who ordered is told who is late."""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from app.domain.errors import Problem
from app.domain.lifecycles import AREA_ORDER
from app.domain.message_kinds import MessageKind
from app.services import messages, transitions
from app.services.orders import standing, telling

FIND_DUE = """
    SELECT id FROM area_order WHERE status = 'open' AND remind_at <= $1 ORDER BY remind_at LIMIT $2
"""
# After the reminder the day itself, after that nothing.
NOTE = """
    UPDATE area_order SET remind_at = CASE WHEN due_at > $2 THEN due_at END
    WHERE id = $1 AND status = 'open' AND remind_at <= $2
    RETURNING title, due_at, ordered_by, due_at <= $2 AS is_over
"""
COUNT_LATE = f"SELECT count(*) FROM order_part p WHERE p.order_id = $1 AND {standing.UNREPORTED}"


async def find(connection: Connection, moment: datetime, limit: int) -> list[UUID]:
    """Return open orders of which somebody is to be told something at ``moment``."""
    return [row["id"] for row in await connection.fetch(FIND_DUE, moment, limit)]


async def tell(connection: Connection, order_id: UUID, moment: datetime) -> None:
    """Remind the areas that have not reported; once the day is over, tell who ordered how many those are.

    Each is done once. Locks the order. Raises ``state-conflict`` when it was done or is needless meanwhile.
    """
    row = await connection.fetchrow(NOTE, order_id, moment)
    if row is None:
        raise Problem("state-conflict")
    late = await connection.fetchval(COUNT_LATE, order_id)
    if row["is_over"] and late:
        words = {"title": row["title"], "count": str(late)}
        await messages.tell(connection, [row["ordered_by"]], MessageKind.ORDER_OVERDUE, order_id, **words)
    elif late:
        words = {"title": row["title"], "due": telling.due_words(row["due_at"])}
        await telling.tell_late(connection, order_id, MessageKind.ORDER_DUE, **words)
    action = "tell_overdue" if row["is_over"] else "remind"
    facts = {"unreported": late}
    await transitions.log_act(connection, AREA_ORDER, order_id, action, transitions.SYSTEM, state="open", facts=facts)
