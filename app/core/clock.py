"""The clock: the one place that asks what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one time and, since 1991, no summer time."""


_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """Return the present moment in UTC."""
    return _moment.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Live at another moment inside: for what replays the past."""
    token = _moment.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _moment.reset(token)


def local_time(moment: datetime) -> datetime:
    """Return a moment as the clocks of the product's people show it."""
    return moment.astimezone(SHANGHAI)


def local_date(moment: datetime) -> date:
    """Return the day of a moment where the product's people live."""
    return moment.astimezone(SHANGHAI).date()


def today() -> date:
    """Return the present day where the product's people live."""
    return local_date(now())


def end_of(day: date) -> datetime:
    """Return the moment at which a day is over where the product's people live."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
