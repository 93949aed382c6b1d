"""Reminding those who claimed of what is still to be done: half-way to the deadline, and a day before it."""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from app.core.clock import local_date
from app.domain.errors import Problem
from app.domain.kinds import MessageKind
from app.domain.lifecycles import CLAIM
from app.services import messages, transitions

FIND_DUE = """
    SELECT id FROM claim WHERE status IN ('active', 'returned') AND remind_at <= $1 AND due_at > $1
    ORDER BY remind_at LIMIT $2
"""
# The next one is a day before the end, unless that is over or this was it.
NOTE = """
    UPDATE claim SET remind_at = CASE WHEN due_at - interval '1 day' > $2 THEN due_at - interval '1 day' END
    WHERE id = $1 AND status IN ('active', 'returned') AND remind_at <= $2 AND due_at > $2
    RETURNING status, due_at, user_id
"""


async def find_due(connection: Connection, moment: datetime, limit: int) -> list[UUID]:
    """Return claims without a delivery whose claimants are to be reminded at ``moment``."""
    return [row["id"] for row in await connection.fetch(FIND_DUE, moment, limit)]


async def remind(connection: Connection, claim_id: UUID, moment: datetime) -> None:
    """Remind of one claim, once. Locks it. Raises ``state-conflict`` when that was done or is needless meanwhile."""
    row = await connection.fetchrow(NOTE, claim_id, moment)
    if row is None:
        raise Problem("state-conflict")
    facts = {"due_at": row["due_at"]}
    await transitions.log_act(
        connection, CLAIM, claim_id, "remind", transitions.SYSTEM, state=row["status"], facts=facts
    )
    due_on = local_date(row["due_at"])
    words = {"due": f"{due_on.month}月{due_on.day}日"}
    await messages.tell(connection, [row["user_id"]], MessageKind.CLAIM_DUE, claim_id, **words)
