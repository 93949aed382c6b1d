"""The clock of a complaint, as its events tell it: since when it runs at its level, and when it stood still.

What sets or stops a clock writes the moment it reckoned with into its event's facts, so that every deadline can be
reckoned again from events (``clock_at``, ``paused_at``, ``resumed_at``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection
from pydantic_core import from_json

from app.domain.deadlines import Pause
from app.domain.kinds import Urgency
from app.services import deadlines
from app.services.deadlines import Dues

FACTS = """
    SELECT facts FROM event WHERE subject_kind = 'complaint' AND subject_id = $1
        AND facts ?| ARRAY['clock_at', 'paused_at', 'resumed_at']
    ORDER BY created_at, id
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """Runs from ``start`` on, but for the pauses; ``paused_at`` says that it stands still now."""

    start: datetime
    pauses: tuple[Pause, ...] = ()
    paused_at: datetime | None = None


def follow(facts: Iterable[Mapping[str, Any]]) -> Clock:
    """Return the clock that the facts of a complaint's events lead to, oldest first."""
    clock: Clock | None = None
    for step in facts:
        if "clock_at" in step:
            clock = Clock(_moment(step["clock_at"]))
            continue
        assert clock is not None, "a clock starts with the complaint"
        if "paused_at" in step:
            clock = Clock(clock.start, clock.pauses, _moment(step["paused_at"]))
        elif "resumed_at" in step and clock.paused_at is not None:
            clock = Clock(clock.start, (*clock.pauses, Pause(clock.paused_at, _moment(step["resumed_at"]))))
    assert clock is not None, "every complaint's first event starts its clock"
    return clock


async def read(connection: Connection, complaint_id: UUID) -> Clock:
    """Return the clock of a complaint as it stands."""
    return follow(from_json(row["facts"]) for row in await connection.fetch(FACTS, complaint_id))


async def start(
    connection: Connection, *, area_id: UUID, category: str, urgency: Urgency | None, moment: datetime
) -> tuple[Dues, dict[str, Any]]:
    """Return what is due at the level of ``area_id`` when its clock starts at ``moment``, and the facts that say so.

    Without an ``urgency`` the rules of the area say how urgent its category is.
    """
    dues = await deadlines.dues(connection, area_id=area_id, category=category, urgency=urgency, start=moment)
    return dues, {"clock_at": moment, **by_name(dues)}


async def go_on(
    connection: Connection, complaint_id: UUID, *, area_id: UUID, category: str, urgency: Urgency, moment: datetime
) -> tuple[Dues, dict[str, Any]]:
    """Return what is due when the clock that stands still runs again at ``moment``, and the facts."""
    clock = await read(connection, complaint_id)
    assert clock.paused_at is not None, "only a clock that stands still goes on"
    pauses = (*clock.pauses, Pause(clock.paused_at, moment))
    dues = await deadlines.dues(
        connection, area_id=area_id, category=category, urgency=urgency, start=clock.start, pauses=pauses
    )
    return dues, {"resumed_at": moment, **by_name(dues)}


async def look(
    connection: Connection, complaint_id: UUID, *, area_id: UUID, category: str, urgency: Urgency
) -> tuple[Dues, dict[str, Any]]:
    """Return what would be due by the clock as it ran so far under another category or urgency, and the facts."""
    clock = await read(connection, complaint_id)
    dues = await deadlines.dues(
        connection, area_id=area_id, category=category, urgency=urgency, start=clock.start, pauses=clock.pauses
    )
    return dues, by_name(dues)


def by_name(dues: Dues) -> dict[str, Any]:
    """Return the deadlines by the names that they have in events and in the complaint's own row."""
    return {"accept_due_at": dues.accept_due_at, "answer_due_at": dues.answer_due_at}


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
