"""Deadlines reckoned again, from events and the rules and calendar of then, and compared with what was told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from app.core.db import Reads
from app.domain.errors import Problem
from app.domain.kinds import Urgency
from app.services import deadlines
from app.services.complaints import clocks

EVENTS = """
    SELECT e.created_at, e.action, e.facts FROM complaint c
    JOIN event e ON e.subject_kind = 'complaint' AND e.subject_id = c.id
    WHERE c.number = $1 AND e.created_at <= coalesce($2::timestamptz, 'infinity') AND e.facts IS NOT NULL
    ORDER BY e.created_at, e.id
"""
STANDING = "SELECT accept_due_at, answer_due_at FROM complaint WHERE number = $1"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """By when to accept and by when to answer."""

    accept_due_at: datetime
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What an event, or the complaint itself, tells of the deadlines, and what they come to when reckoned again."""

    at: datetime | None
    action: str
    told: Deadlines
    reckoned: Deadlines

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return self.told == self.reckoned


async def reckon(reads: Reads, number: int, as_of: datetime | None = None) -> list[Reckoning]:
    """Reckon every deadline again that a complaint was ever given, or until ``as_of``; the last are those that stand.

    Without ``as_of`` what stands in the complaint's own row is compared as well. Raises ``not-found`` for a number
    that nobody has, or had by then.
    """
    found: list[Reckoning] = []
    known: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []
    for event in await reads.fetch(EVENTS, number, as_of):
        facts = from_json(event["facts"])
        known |= {name: facts[name] for name in ("handler_id", "category", "urgency") if name in facts}
        steps.append(facts)
        if "answer_due_at" in facts:
            told = Deadlines(*(datetime.fromisoformat(facts[name]) for name in ("accept_due_at", "answer_due_at")))
            found.append(Reckoning(event["created_at"], event["action"], told, await _again(reads, known, steps)))
    if not found:
        raise Problem("not-found")
    if as_of is None:
        row = await reads.fetchrow(STANDING, number)
        assert row is not None, "its events are there, and complaints are never deleted"
        found.append(Reckoning(None, "stands", Deadlines(**row), found[-1].reckoned))
    return found


async def _again(reads: Reads, known: dict[str, Any], steps: list[dict[str, Any]]) -> Deadlines:
    clock = clocks.follow(steps)
    dues = await deadlines.dues(
        reads,
        area_id=UUID(known["handler_id"]),
        category=known["category"],
        urgency=Urgency(known["urgency"]),
        start=clock.start,
        pauses=clock.pauses,
    )
    return Deadlines(dues.accept_due_at, dues.answer_due_at)
