"""The holidays of 2025 and 2026 as the State Council announced them, written down by hand for tests."""

from datetime import UTC, date, datetime, timedelta

from app.core.clock import SHANGHAI
from app.domain.working_time import Calendar, Edition


def days(first: str, last: str | None = None) -> set[date]:
    """Return the days from ``first`` to ``last``."""
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    return {start + timedelta(days=number) for number in range((end - start).days + 1)}


def at(written: str) -> datetime:
    """Return a moment written in the time of Shanghai."""
    return datetime.fromisoformat(written).replace(tzinfo=SHANGHAI).astimezone(UTC)


EDITION_2025 = Edition(
    year=2025,
    known_from=at("2024-11-12T00:00"),
    holidays=frozenset(
        days("2025-01-01")
        | days("2025-01-28", "2025-02-04")
        | days("2025-04-04", "2025-04-06")
        | days("2025-05-01", "2025-05-05")
        | days("2025-05-31", "2025-06-02")
        | days("2025-10-01", "2025-10-08")
    ),
    workdays=frozenset(
        days("2025-01-26") | days("2025-02-08") | days("2025-04-27") | days("2025-09-28") | days("2025-10-11")
    ),
)
EDITION_2026 = Edition(
    year=2026,
    known_from=at("2025-11-04T00:00"),
    holidays=frozenset(
        days("2026-01-01", "2026-01-03")
        | days("2026-02-15", "2026-02-23")
        | days("2026-04-04", "2026-04-06")
        | days("2026-05-01", "2026-05-05")
        | days("2026-06-19", "2026-06-21")
        | days("2026-09-25", "2026-09-27")
        | days("2026-10-01", "2026-10-07")
    ),
    workdays=frozenset(
        days("2026-01-04")
        | days("2026-02-14")
        | days("2026-02-28")
        | days("2026-05-09")
        | days("2026-09-20")
        | days("2026-10-10")
    ),
)
ANNOUNCED = Calendar([EDITION_2025, EDITION_2026])
