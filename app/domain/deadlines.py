"""When something is due: spans of time, clocks that stand still, and the rule that counts them (pure).

Civil Code of the People's Republic of China, articles 200 to 204: periods are counted by the Gregorian calendar; one of
hours runs from the moment on (201); of one in days the day of its start does not count (201), a last day that is a
statutory holiday gives way to the day after it (203), and the last day ends at 24:00, or when business closes where
there are business hours (203). Working days are what the notices of the State Council on public holidays leave.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice, takewhile

from app.core.clock import local_date
from app.domain.kinds import Urgency
from app.domain.working_time import ONE_DAY, Calendar, Hours, Interval, closes_from, merge, without, working_intervals


class SpanUnit(StrEnum):
    """What a span is counted in. Minutes and hours run round the clock."""

    MINUTE = "minute"
    HOUR = "hour"
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"


AMOUNT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """So many of a unit, from 1 to ``AMOUNT_MAX``."""

    amount: int
    unit: SpanUnit


Pause = Interval
"""While it lasts the clock stands still: somebody else is waited for."""


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, and whether every year that was counted through is announced."""

    moment: datetime
    is_announced: bool


@dataclass(frozen=True, slots=True)
class Spans:
    """How long there is to accept something and to answer it, both from its start."""

    accept: Span
    answer: Span


DEFAULTS: Mapping[Urgency, Spans] = {
    Urgency.CRITICAL: Spans(Span(30, SpanUnit.MINUTE), Span(2, SpanUnit.HOUR)),
    Urgency.URGENT: Spans(Span(2, SpanUnit.HOUR), Span(24, SpanUnit.HOUR)),
    Urgency.ORDINARY: Spans(Span(1, SpanUnit.WORKING_DAY), Span(7, SpanUnit.WORKING_DAY)),
    Urgency.HARD: Spans(Span(1, SpanUnit.WORKING_DAY), Span(15, SpanUnit.WORKING_DAY)),
}
"""What holds by urgency where no area says otherwise. Life, property, utilities and weather wait for nobody."""

ROUND_THE_CLOCK = {SpanUnit.MINUTE: timedelta(minutes=1), SpanUnit.HOUR: timedelta(hours=1)}


def due(start: datetime, span: Span, calendar: Calendar, hours: Hours, pauses: Iterable[Pause] = ()) -> Due:
    """Return when a span that begins at ``start`` ends, its pauses not counted.

    Hours end at the first moment by which as much time has run. Working days end at a close of business, in no pause:
    the first by which as much working time has run as there would have been without pauses. So what was left when the
    clock stopped is there when it goes on, and many short pauses together are no longer than they were.
    """
    assert span.amount > 0, "a span has a length"
    pauses = merge(pauses)
    start = start.astimezone(UTC)
    if span.unit in ROUND_THE_CLOCK:
        running = without([Interval(start, datetime.max.replace(tzinfo=UTC))], pauses)
        return Due(_reach(running, span.amount * ROUND_THE_CLOCK[span.unit]), is_announced=True)
    if span.unit is SpanUnit.WORKING_HOUR:
        running = without(working_intervals(start, calendar, hours), pauses)
        moment = _reach(running, timedelta(hours=span.amount))
    else:
        moment = _working_days(start, span.amount, calendar, hours, pauses)
    years = range(local_date(start).year, local_date(moment).year + 1)
    return Due(moment, all(calendar.is_announced(date(year, 1, 1)) for year in years))


def _reach(running: Iterator[Interval], length: timedelta) -> datetime:
    """Return the first moment by which the clock has run for ``length``."""
    for interval in running:
        if interval.end - interval.start >= length:
            return interval.start + length
        length -= interval.end - interval.start
    raise AssertionError("time goes on")


def _working_days(start: datetime, days: int, calendar: Calendar, hours: Hours, pauses: list[Pause]) -> datetime:
    closes = closes_from(local_date(start) + ONE_DAY, calendar, hours)
    undisturbed = next(islice(closes, days - 1, None))
    if not pauses:
        return undisturbed
    counted = takewhile(lambda interval: interval.end <= undisturbed, working_intervals(start, calendar, hours))
    needed = sum((interval.end - interval.start for interval in counted), timedelta())
    reached = _reach(without(working_intervals(start, calendar, hours), pauses), needed)
    return next(
        close
        for close in closes_from(local_date(reached), calendar, hours)
        if not any(pause.start < close <= pause.end for pause in pauses)
    )
