"""When a complaint is due to be accepted and answered, by the rules and the calendar of the moment it counts from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.db import Reads
from app.domain.deadlines import DEFAULTS, Pause, due
from app.domain.working_time import Calendar, Hours
from app.services import calendars


@dataclass(frozen=True, slots=True)
class Dues:
    """By when a complaint is to be accepted and by when to be answered."""

    accept_due_at: datetime
    answer_due_at: datetime


async def dues(
    connection: Reads,  # noqa: ARG001 - the rules of areas will be read from it
    *,
    area_id: UUID,  # noqa: ARG001
    category: str | None,  # noqa: ARG001
    urgency: str,
    start: datetime,
    pauses: Iterable[Pause] = (),
) -> Dues:
    """Return the deadlines of a complaint that the area ``area_id`` handles since ``start``; pauses do not count."""
    pauses, calendar, spans = list(pauses), Calendar(calendars.announced()), DEFAULTS[urgency]
    accept, answer = (due(start, span, calendar, Hours(), pauses) for span in (spans.accept, spans.answer))
    return Dues(accept.moment, answer.moment)
