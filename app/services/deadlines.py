"""When a complaint is due to be accepted and answered, by the rules and the calendar of the moment it counts from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import structlog

from app.core.clock import local_date, today
from app.core.db import Reads
from app.domain.deadlines import Pause, Span, due
from app.domain.kinds import Urgency
from app.domain.working_time import Calendar
from app.services import calendars, handling_rules

log = structlog.get_logger(__name__)

EDITIONS = calendars.KNOWN_SQL.format(from_moment="$2", known_at="$4")
KNOWN = handling_rules.IN_FORCE.format(more=f", CASE WHEN step.place = 1 THEN ({EDITIONS}) END AS editions")
"""The rules, and with the first of them the calendar: all that deadlines are reckoned with, in one statement."""


@dataclass(frozen=True, slots=True)
class Dues:
    """How urgent a complaint is, by when it is to be accepted and by when to be answered."""

    urgency: Urgency
    accept_due_at: datetime
    answer_due_at: datetime


async def dues(
    connection: Reads,
    *,
    area_id: UUID,
    category: str | None,
    urgency: Urgency | None,
    start: datetime,
    pauses: Iterable[Pause] = (),
) -> Dues:
    """Return the deadlines of a complaint that the area ``area_id`` handles since ``start``; pauses do not count.

    Without an ``urgency`` it is what the rules say of the category, or else the category's usual one.
    The rules are those in force at ``start``: what was promised then stays. The calendar is what was known then or, if
    later, when the last pause ended: nobody works on a holiday that was announced while the clock stood still.
    """
    pauses = list(pauses)
    known_at = max([start, *(pause.end for pause in pauses)])
    rows = await connection.fetch(KNOWN, area_id, start, category, known_at)
    found = handling_rules.resolve(rows, category, urgency, start)
    calendar = calendars.read(rows[0]["editions"])
    ends = [due(start, span, calendar, found.hours, pauses) for span in (found.accept, found.answer)]
    if not all(end.is_announced for end in ends):
        _warn(start, [end.moment for end in ends], calendar)
    return Dues(found.urgency, ends[0].moment, ends[1].moment)


async def due_in(connection: Reads, span: Span, *, area_id: UUID, start: datetime) -> datetime:
    """Return when a span from ``start`` on ends, in the hours in which the area ``area_id`` works."""
    rows = await connection.fetch(KNOWN, area_id, start, None, start)
    found = handling_rules.resolve(rows, None, Urgency.ORDINARY, start)
    calendar = calendars.read(rows[0]["editions"])
    end = due(start, span, calendar, found.hours)
    if not end.is_announced:
        _warn(start, [end.moment], calendar)
    return end.moment


_warned: dict[int, date] = {}
"""When this process last said that a year is not announced."""


def _warn(start: datetime, moments: Sequence[datetime], calendar: Calendar) -> None:
    """Log each year that was counted by its weekdays for want of a notice, once a day."""
    for year in range(local_date(start).year, local_date(max(moments)).year + 1):
        if not calendar.is_announced(date(year, 1, 1)) and _warned.get(year) != today():
            _warned[year] = today()
            log.warning("deadlines reach into a year whose holidays are not known: weekdays are counted", year=year)
