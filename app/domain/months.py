"""Months of the people's calendar: a month is named by its first day, and lies between two moments (pure)."""

from datetime import date, datetime, time, timedelta

from app.core.clock import SHANGHAI, local_date


def of(day: date) -> date:
    """Return the month in which ``day`` lies."""
    return day.replace(day=1)


def before(month: date) -> date:
    """Return the month before."""
    return of(month - timedelta(days=1))


def after(month: date) -> date:
    """Return the month after."""
    return of(month + timedelta(days=31))


def start(day: date) -> datetime:
    """Return the first moment of a day, and so of a month."""
    return datetime.combine(day, time.min, SHANGHAI)


def count(first: date, last: date) -> int:
    """Return how many months there are from ``first`` to ``last``, both counted; 0 or less when they are reversed."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def bounds(month: date) -> tuple[datetime, datetime]:
    """Return the first moment of a month, and the first after it."""
    return start(month), start(after(month))


def is_over(month: date, moment: datetime) -> bool:
    """Whether nothing can happen in ``month`` any more."""
    return of(local_date(moment)) > month


def read(written: str) -> date:
    """Return the month that is written like ``2026-11``. Raises ValueError."""
    return date.fromisoformat(f"{written}-01")


def write(month: date) -> str:
    """Return a month as ``read`` reads it."""
    return f"{month:%Y-%m}"
