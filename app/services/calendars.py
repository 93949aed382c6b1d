"""Which days people work: what the State Council announced, as the library ``chinesecalendar`` has it."""

from datetime import date, datetime

from chinese_calendar import constants

from app.core.clock import SHANGHAI
from app.domain.working_time import Edition

NOTICES = {
    2024: date(2023, 10, 25),
    2025: date(2024, 11, 12),
    2026: date(2025, 11, 4),
}
"""When the General Office of the State Council announced a year's holidays."""


def announced() -> list[Edition]:
    """Return what the library knows of each year, known from its notice on or at the latest when the year began."""
    return [
        Edition(
            year=year,
            known_from=datetime.combine(NOTICES.get(year, date(year, 1, 1)), datetime.min.time(), SHANGHAI),
            holidays=frozenset(day for day in constants.holidays if day.year == year),
            workdays=frozenset(day for day in constants.workdays if day.year == year),
        )
        for year in sorted({day.year for day in constants.holidays})
    ]
