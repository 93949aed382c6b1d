"""When somebody is free in a week: spans of minutes since Monday, 00:00, by the clock of Shanghai (pure).

Spans are in order and apart from each other: what touches is one.
"""

from collections.abc import Iterable
from enum import StrEnum

Span = tuple[int, int]
"""From and to; the minute at its end is outside."""

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
SPANS_MAX = 28
"""Four a day. What goes on past midnight counts on both days."""

SEPARATOR = "；"
DAY_NAMES = "一二三四五六日"
RUN_MIN = 3
"""From so many days in a row on, only the first and the last are named."""


class Unread(StrEnum):
    """Why hours are none."""

    UNCLEAR = "hours-unclear"
    DAY_MISSING = "hours-day-missing"
    ORDER = "hours-order"
    OVERLAP = "hours-overlap"
    TOO_MANY = "hours-too-many"


def merge(spans: Iterable[Span]) -> tuple[Span, ...] | Unread:
    """Return spans in order, those that touch as one, unless they overlap or are too many."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            return Unread.OVERLAP
        if merged and start == merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged) if len(_by_day(merged)) <= SPANS_MAX else Unread.TOO_MANY


def timetable(spans: Iterable[Span]) -> list[tuple[tuple[int, ...], int, int]]:
    """Return on which days of the week (1 is Monday) it is from and to which minute of the day, by the first day."""
    days: dict[Span, list[int]] = {}
    for day, start, end in _by_day(spans):
        days.setdefault((start, end), []).append(day)
    return sorted((tuple(each), start, end) for (start, end), each in days.items())


def on_days(days: Iterable[int], start: int, end: int) -> list[Span]:
    """Return the spans from and to a minute of each of these days of the week."""
    return [((day - 1) * DAY_MINUTES + start, (day - 1) * DAY_MINUTES + end) for day in days]


def minute_of(clock: str) -> int:
    """Return the minute of the day of HH:MM, where 24:00 is its end."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def clock_of(minute: int) -> str:
    """Return a minute of the day as HH:MM."""
    return f"{minute // 60:02}:{minute % 60:02}"


def write(spans: Iterable[Span]) -> str:
    """Return spans as people write them: 周一至周五09:00-12:00；周六14:00-17:00."""
    return SEPARATOR.join(
        f"{_write_days(days)}{clock_of(start)}-{clock_of(end)}" for days, start, end in timetable(spans)
    )


def _by_day(spans: Iterable[Span]) -> list[tuple[int, int, int]]:
    """Return day, from and to of each part of a span that lies on one day."""
    found = []
    for start, end in spans:
        at = start
        while at < end:
            day = at // DAY_MINUTES
            until = min(end, (day + 1) * DAY_MINUTES)
            found.append((day + 1, at - day * DAY_MINUTES, until - day * DAY_MINUTES))
            at = until
    return found


def _write_days(days: tuple[int, ...]) -> str:
    if len(days) >= RUN_MIN and days[-1] - days[0] == len(days) - 1:
        return f"周{DAY_NAMES[days[0] - 1]}至周{DAY_NAMES[days[-1] - 1]}"
    return "、".join(f"周{DAY_NAMES[day - 1]}" for day in days)
