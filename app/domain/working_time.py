"""Working time in mainland China: which days people work, and in which hours of a day (pure).

The General Office of the State Council announces each year by a notice, usually in November of the year before, which
days are off and which Saturdays and Sundays are worked for it (调休): 2026-01-04 is a Sunday on which people work. A
year that is not announced yet falls back to weekdays; nothing here ever fails for want of a notice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from app.core.clock import SHANGHAI, local_date

SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Edition:
    """What is known of one year from ``known_from`` on: the days off and the weekend days that are worked."""

    year: int
    known_from: datetime
    holidays: frozenset[date]
    workdays: frozenset[date]


class Calendar:
    """Working days as one state of knowledge has them: of the editions of a year the one that was known last."""

    def __init__(self, editions: Iterable[Edition] = ()) -> None:
        self._editions: dict[int, Edition] = {}
        for edition in sorted(editions, key=lambda edition: edition.known_from):
            self._editions[edition.year] = edition

    def is_announced(self, day: date) -> bool:
        """Whether the year of ``day`` is known, and not merely guessed from its weekdays."""
        return day.year in self._editions

    def is_holiday(self, day: date) -> bool:
        """Whether ``day`` is announced to be off; an ordinary weekend is not, nor is what nobody has announced yet."""
        edition = self._editions.get(day.year)
        return edition is not None and day in edition.holidays

    def is_working(self, day: date) -> bool:
        """Whether people work on ``day``."""
        edition = self._editions.get(day.year)
        if edition is not None:
            if day in edition.holidays:
                return False
            if day in edition.workdays:
                return True
        return day.weekday() < SATURDAY


@dataclass(frozen=True, slots=True)
class Hours:
    """The working periods of a working day in the time of Shanghai: in order, apart from each other, none empty."""

    periods: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))

    def __post_init__(self) -> None:
        moments = [moment for period in self.periods for moment in period]
        assert moments, "there is work on a working day"
        assert all(earlier < later for earlier, later in pairwise(moments)), "periods in order"

    @property
    def close(self) -> time:
        """When business closes."""
        return self.periods[-1][1]


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``start`` until just before ``end``, which lies after it."""

    start: datetime
    end: datetime


def working_days_from(day: date, calendar: Calendar) -> Iterator[date]:
    """Yield the working days from ``day`` on, without end."""
    while True:
        if calendar.is_working(day):
            yield day
        day += ONE_DAY


def closes_from(day: date, calendar: Calendar, hours: Hours) -> Iterator[datetime]:
    """Yield the moments at which business closes from ``day`` on, without end."""
    for working_day in working_days_from(day, calendar):
        yield datetime.combine(working_day, hours.close, SHANGHAI).astimezone(UTC)


def working_intervals(start: datetime, calendar: Calendar, hours: Hours) -> Iterator[Interval]:
    """Yield the working time from ``start`` on, without end."""
    for day in working_days_from(local_date(start), calendar):
        for opens, closes in hours.periods:
            begin = max(datetime.combine(day, opens, SHANGHAI).astimezone(UTC), start)
            end = datetime.combine(day, closes, SHANGHAI).astimezone(UTC)
            if begin < end:
                yield Interval(begin, end)


def without(intervals: Iterable[Interval], pauses: Iterable[Interval]) -> Iterator[Interval]:
    """Yield what is left of ``intervals``, which are in order, without ``pauses``, which may lie and overlap anyhow."""
    merged = merge(pauses)
    for interval in intervals:
        begin = interval.start
        for pause in merged:
            if pause.end <= begin:
                continue
            if pause.start >= interval.end:
                break
            if begin < pause.start:
                yield Interval(begin, pause.start)
            begin = pause.end
        if begin < interval.end:
            yield Interval(begin, interval.end)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time in as few intervals as cover it, in order; those without length are left out."""
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda interval: interval.start):
        if interval.start >= interval.end:
            continue
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged
