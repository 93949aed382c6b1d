"""Whom orders are told to: staff who have grants on the area of a part, or on the nearest one below who ordered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from app.core.clock import local_date
from app.domain.message_kinds import MessageKind
from app.services import messages
from app.services.grants import STAFF_ROLES_SQL
from app.services.orders.standing import UNREPORTED

# Nobody is told what they do themselves.
FIND_STAFF = f"""
    SELECT DISTINCT g.user_id, p.id AS part_id
    FROM order_part p JOIN area a ON a.id = p.area_id JOIN area_order o ON o.id = p.order_id
    JOIN area above ON above.id = o.area_id CROSS JOIN LATERAL (
        SELECT near.area_id FROM unnest(a.lineage) WITH ORDINALITY AS step (id, depth)
        JOIN "grant" near ON near.area_id = step.id AND near.role IN ({STAFF_ROLES_SQL})
        WHERE step.id <> ALL (above.lineage) ORDER BY step.depth DESC LIMIT 1
    ) AS nearest JOIN "grant" g ON g.area_id = nearest.area_id AND g.role IN ({STAFF_ROLES_SQL})
    WHERE {{which}} AND g.user_id IS DISTINCT FROM $2::uuid
"""
OF_PARTS = FIND_STAFF.format(which="p.id = ANY ($1::uuid[])")
UNREPORTED_OF_ORDER = FIND_STAFF.format(which=f"p.order_id = $1 AND {UNREPORTED}")


async def tell_areas(
    connection: Connection, part_ids: Sequence[UUID], kind: MessageKind, by: UUID, **words: str
) -> None:
    """Tell the staff of these parts' areas something, each about their own part; not whoever does it, ``by``."""
    await _tell(connection, OF_PARTS, part_ids, kind, by, words)


async def tell_late(connection: Connection, order_id: UUID, kind: MessageKind, **words: str) -> None:
    """Tell the staff of the areas that have not reported."""
    await _tell(connection, UNREPORTED_OF_ORDER, order_id, kind, None, words)


def due_words(due_at: datetime) -> str:
    """Return the day on which an order is due, as people say it."""
    day = local_date(due_at)
    return f"{day.month}月{day.day}日"


async def _tell(
    connection: Connection, find: str, which: object, kind: MessageKind, by: UUID | None, words: dict[str, str]
) -> None:
    told = [(row["user_id"], row["part_id"]) for row in await connection.fetch(find, which, by)]
    await messages.tell_each(connection, told, kind, **words)
