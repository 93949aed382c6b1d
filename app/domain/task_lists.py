"""Monthly lists of tasks: how they are called, when their copies are, and what a group chat reads of one (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain import months
from app.domain.texts import (
    LIST_FOOT,
    LIST_FULL,
    LIST_GROUPS_FIRST,
    LIST_HEAD,
    LIST_LAST_MONTH,
    LIST_LINE,
    LIST_MORE,
    LIST_NEED,
    LIST_TITLE,
)

ITEMS_MAX = 200
SUMMARY_CHARACTERS_MAX = 1_000
"""What a group chat still shows as one message."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list as the summary tells of it."""

    number: int
    title: str
    area: str
    seats: int
    free: int


@dataclass(frozen=True, slots=True)
class Results:
    """What became of the lists of one month."""

    month: date
    people: int
    verified: int
    minutes: int


def title_of(area: str, month: date, number: int) -> str:
    """Return what a list is called."""
    return LIST_TITLE.format(area=area, year=month.year, month=month.month, number=number)


def weeks_on(day: date) -> timedelta:
    """Return how long to the same day of the week in the month after that of ``day``: four weeks or five."""
    four = timedelta(weeks=4)
    return four if months.of(day + four) > months.of(day) else timedelta(weeks=5)


def summary(title: str, items: Sequence[Item], before: Results | None, groups_until: date | None = None) -> str:
    """Return the text for a group chat: of the items as many as fit, each in a line, and how many more there are.

    Through the day ``groups_until`` there are items of which teams and branches alone take seats.
    """
    seats, free = sum(item.seats for item in items), sum(item.free for item in items)
    head = LIST_HEAD.format(title=title, items=len(items), seats=seats, free=free)
    ends = [LIST_FOOT]
    if groups_until is not None:
        ends.insert(0, LIST_GROUPS_FIRST.format(month=groups_until.month, day=groups_until.day))
    if before is not None and before.verified:
        told = {"people": before.people, "verified": before.verified, "hours": before.minutes // 60}
        ends.insert(0, LIST_LAST_MONTH.format(month=before.month.month, **told))
    lines = [_line(item) for item in items]
    for shown in range(len(lines), -1, -1):
        more = [LIST_MORE.format(count=len(lines) - shown)] if shown < len(lines) else []
        text = "\n".join([head, *lines[:shown], *more, *ends])
        if len(text) <= SUMMARY_CHARACTERS_MAX:
            return text
    raise AssertionError("names and titles are short")


def _line(item: Item) -> str:
    need = LIST_NEED.format(free=item.free) if item.free else LIST_FULL
    return LIST_LINE.format(number=item.number, title=item.title, area=item.area, need=need)
