"""What happens by itself when time runs out: a reminder before, and who misses a deadline loses it to those above."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.domain.errors import Problem
from app.domain.lifecycles import COMPLAINT
from app.services import transitions
from app.services.complaints import levels, standing, workers

REMINDED_PART = 0.2
"""The reminder comes when this part of the time is left."""

TOLD = """
    EXISTS (
        SELECT FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id AND e.action = '{action}'
            AND (e.facts ->> 'due_at')::timestamptz = c.due_at
    )
"""
IS_REMINDED = TOLD.format(action="remind")
"""Whether there was a reminder of the deadline that stands, of a complaint ``c``."""

# Where nobody is above it stays, and is found no more once that it is overdue was written down.
FIND_OVERDUE = f"""
    SELECT c.id FROM complaint c JOIN area h ON h.id = c.handler_id
    WHERE c.due_at < $1 AND (h.parent_id IS NOT NULL OR NOT {TOLD.format(action="overdue")})
    ORDER BY c.due_at, c.id LIMIT $2
"""
FIND_MISSED = """
    SELECT c.id, c.number, c.area_id, c.handler_id, c.leader_id, c.category, c.urgency, c.status, c.due_at,
        h.name AS area_name
    FROM complaint c JOIN area h ON h.id = c.handler_id WHERE c.id = $1 AND c.due_at < $2
"""
IS_TOLD = "SELECT {told} FROM complaint c WHERE c.id = $1"
# Its time is what there was when the clock began to run or went on the last time, never before it was posted: that is
# asked first, since it takes no look at the events.
FIND_DUE_SOON = f"""
    SELECT c.id, c.due_at FROM complaint c CROSS JOIN LATERAL (
        SELECT coalesce(e.facts ->> 'resumed_at', e.facts ->> 'clock_at')::timestamptz AS since FROM event e
        WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id AND e.facts ?| ARRAY['clock_at', 'resumed_at']
        ORDER BY e.created_at DESC, e.id DESC LIMIT 1
    ) AS clock
    WHERE c.due_at > $1 AND c.due_at - (c.due_at - c.created_at) * {REMINDED_PART} <= $1
        AND c.due_at - (c.due_at - clock.since) * {REMINDED_PART} <= $1 AND NOT {IS_REMINDED}
    ORDER BY c.due_at, c.id LIMIT $2
"""
LOCK_DUE_SOON = """
    SELECT c.id, c.number, c.handler_id, c.leader_id, c.status, c.due_at FROM complaint c
    WHERE c.id = $1 AND c.due_at = $2 AND c.due_at > $3 FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class DueSoon:
    """A deadline that comes near."""

    complaint_id: UUID
    due_at: datetime


async def find_overdue(connection: Connection, limit: int) -> list[UUID]:
    """Return complaints that missed a deadline, but for those of which nothing more can be done."""
    return [row["id"] for row in await connection.fetch(FIND_OVERDUE, now(), limit)]


async def escalate(connection: Connection, complaint_id: UUID) -> None:
    """Hand a complaint whose deadline was missed up one level; from the top it cannot go, and is marked overdue.

    Those who missed it and those above are told.

    One that nobody has admitted yet stays under review, by those above. Raises ``state-conflict`` when it was acted
    on meanwhile, or marked before. Locks the complaint.
    """
    await standing.lock(connection, complaint_id)
    row = await connection.fetchrow(FIND_MISSED, complaint_id, now())
    if row is None:
        raise Problem("state-conflict")
    missed = {"missed": "answer" if row["status"] == "accepted" else "accept", "due_at": row["due_at"]}
    above_id = await levels.find_above(connection, row)
    if above_id is not None:
        action = "escalate_unreviewed" if row["status"] == "reviewing" else "escalate_overdue"
        await levels.hand_over(connection, row, action, transitions.SYSTEM, above_id, facts=missed)
    else:
        await _note(connection, complaint_id, "overdue", row["status"], missed)
    await workers.tell_overdue(connection, row, above_id)


async def find_due_soon(connection: Connection, limit: int) -> list[DueSoon]:
    """Return the deadlines of which nobody was reminded though little of their time is left."""
    return [DueSoon(row["id"], row["due_at"]) for row in await connection.fetch(FIND_DUE_SOON, now(), limit)]


async def remind(connection: Connection, deadline: DueSoon) -> None:
    """Remind those who have to act of a deadline, once. Raises ``state-conflict`` when it does not stand any more."""
    row = await connection.fetchrow(LOCK_DUE_SOON, deadline.complaint_id, deadline.due_at, now())
    if row is None:
        raise Problem("state-conflict")
    await _note(connection, deadline.complaint_id, "remind", row["status"], {"due_at": deadline.due_at})
    await workers.tell_due(connection, row)


async def _note(connection: Connection, complaint_id: UUID, action: str, status: str, facts: dict[str, object]) -> None:
    """Append an event about the deadline of a locked complaint. Raises ``state-conflict`` if it has that event."""
    if await connection.fetchval(IS_TOLD.format(told=TOLD.format(action=action)), complaint_id):
        raise Problem("state-conflict")
    await transitions.log_act(
        connection, COMPLAINT, complaint_id, action, transitions.SYSTEM, state=status, facts=facts
    )
