"""The clock: the one place that asks what time it is."""

from datetime import UTC, date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one time and, since 1991, no summer time."""


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """Return the day of a moment where the product's people live."""
    return moment.astimezone(SHANGHAI).date()


def today() -> date:
    """Return the present day where the product's people live."""
    return local_date(now())
