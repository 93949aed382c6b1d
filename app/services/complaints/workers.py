"""Whom the deadlines of a complaint are told to: those who answer for it where it stands."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import local_time
from app.domain import messages as wordings
from app.domain.message_kinds import MessageKind
from app.services import messages
from app.services.grants import STAFF_ROLES_SQL

# Of the nearest area, from that which has to act upwards, where anybody is: those in a post that answers for
# complaints, or else all staff. Whose it is does not matter: whoever alone was left out would be known by that (I9).
FIND = f"""
    WITH step AS (
        SELECT h.id AS handler_id, s.id, s.depth
        FROM area h, unnest(h.lineage) WITH ORDINALITY AS s (id, depth) WHERE h.id = ANY ($1::uuid[])
    ), found AS (
        SELECT step.handler_id, step.depth, true AS is_in_post, p.user_id FROM step
        JOIN post x ON x.area_id = step.id AND x.closed_at IS NULL AND 'complaints' = ANY (x.queues)
        JOIN post_holding h ON h.post_id = x.id AND h.until IS NULL
        JOIN person p ON p.id = h.person_id WHERE p.user_id IS NOT NULL
        UNION ALL
        SELECT step.handler_id, step.depth, false, g.user_id FROM step
        JOIN "grant" g ON g.area_id = step.id AND g.role IN ({STAFF_ROLES_SQL})
    ), ranked AS (
        SELECT user_id, rank() OVER (PARTITION BY handler_id ORDER BY depth DESC, is_in_post DESC) AS rank FROM found
    )
    SELECT DISTINCT user_id FROM ranked WHERE rank = 1
"""


async def tell_due(connection: Connection, complaint: Record) -> None:
    """Remind those who have to act. ``complaint`` has ``id``, ``number``, ``handler_id``, ``leader_id``, ``due_at``."""
    users = await _find(connection, [complaint["handler_id"]], complaint["leader_id"])
    words = {"number": str(complaint["number"]), "until": _moment(complaint["due_at"])}
    await messages.tell(connection, users, MessageKind.COMPLAINT_DUE, complaint["id"], **words)


async def tell_overdue(connection: Connection, complaint: Record, above_id: UUID | None) -> None:
    """Tell those who missed a deadline, and those above who have the complaint now. As ``tell_due``."""
    handlers = [complaint["handler_id"], above_id] if above_id else [complaint["handler_id"]]
    users = await _find(connection, handlers, complaint["leader_id"])
    words = {"number": str(complaint["number"]), "area": complaint["area_name"]}
    await messages.tell(connection, users, MessageKind.COMPLAINT_OVERDUE, complaint["id"], **words)


async def _find(connection: Connection, handler_ids: Sequence[UUID], leader_id: UUID | None) -> list[UUID]:
    users = [row["user_id"] for row in await connection.fetch(FIND, handler_ids)]
    return [*users, leader_id] if leader_id else users


def _moment(value: datetime) -> str:
    local = local_time(value)
    return f"{wordings.day(local.date())} {local:%H:%M}"
