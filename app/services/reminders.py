"""Reminding of what is still to be done: those who claimed of their deadline, residents of confirming a delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Connection

from app.core.clock import local_date
from app.domain import messages as wordings
from app.domain.errors import Problem
from app.domain.lifecycles import CLAIM
from app.domain.message_kinds import MessageKind
from app.services import messages, residents, transitions

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
# What is confirmed without a word after $2 was delivered between then and $1. What was delivered anew is asked anew.
IS_UNCONFIRMED = """
    c.status = 'submitted' AND (c.asked_at IS NULL OR c.asked_at < c.submitted_at)
    AND (w.status = 'delivered' OR t.errand_id IS NOT NULL)
    AND coalesce(w.delivered_at, c.submitted_at) BETWEEN $2 AND $1
"""
FIND_UNCONFIRMED = f"""
    SELECT c.id FROM claim c JOIN task t ON t.id = c.task_id LEFT JOIN wish w ON w.id = t.wish_id
    WHERE {IS_UNCONFIRMED} ORDER BY c.submitted_at LIMIT $3
"""
ASK = f"""
    UPDATE claim c SET asked_at = clock_timestamp() FROM task t LEFT JOIN wish w ON w.id = t.wish_id
    WHERE c.id = $3 AND t.id = c.task_id AND {IS_UNCONFIRMED}
    RETURNING t.wish_id, t.errand_id, t.author_id, t.title, coalesce(w.delivered_at, c.submitted_at) AS since
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


@dataclass(frozen=True, slots=True)
class Silence:
    """How long residents may be silent on a delivery at ``moment``; they are asked when a day of it is left."""

    moment: datetime
    time: timedelta

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Between which moments the deliveries were made that are to be confirmed within a day."""
        return self.moment - self.time + timedelta(days=1), self.moment - self.time


async def find_unconfirmed(connection: Connection, silence: Silence, limit: int) -> list[UUID]:
    """Return deliveries of wishes and errands that will be confirmed without a word within a day."""
    return [row["id"] for row in await connection.fetch(FIND_UNCONFIRMED, *silence.bounds, limit)]


async def ask_to_confirm(connection: Connection, claim_id: UUID, silence: Silence) -> None:
    """Ask a resident to confirm a delivery or to object, once. Locks the claim.

    Raises ``state-conflict`` when that was done or is needless meanwhile.
    """
    row = await connection.fetchrow(ASK, *silence.bounds, claim_id)
    if row is None:
        raise Problem("state-conflict")
    confirmed_at = row["since"] + silence.time
    facts = {"until": confirmed_at}
    await transitions.log_act(
        connection, CLAIM, claim_id, "ask_to_confirm", transitions.SYSTEM, state="submitted", facts=facts
    )
    await residents.tell_confirm_soon(connection, row, wordings.day(local_date(confirmed_at)))
