"""Which days people work: what the State Council announced, as the library ``chinesecalendar`` has it, in editions.

An edition is only ever added, so that what was known at a past moment can be read again.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version

from asyncpg import Connection
from chinese_calendar import constants

from app.core.clock import SHANGHAI, now
from app.domain.working_time import Calendar, Edition

NOTICES = {
    2024: date(2023, 10, 25),
    2025: date(2024, 11, 12),
    2026: date(2025, 11, 4),
}
"""When the General Office of the State Council announced a year's holidays."""
LEAD = timedelta(minutes=1)
"""News counts from a little later on: by then every deadline that was reckoned without it is stored."""

# Of two workers that start at once the second waits, and then finds nothing new. Reading goes on.
LOCK = "LOCK TABLE calendar_edition IN SHARE ROW EXCLUSIVE MODE"
LIST = "SELECT year, known_from, holidays, workdays FROM calendar_edition"
INSERT = """
    INSERT INTO calendar_edition (year, known_from, holidays, workdays, source) VALUES ($1, $2, $3, $4, $5)
"""
KNOWN_SQL = """
    SELECT json_agg(json_build_array(e.year, e.known_from, e.holidays, e.workdays)) FROM calendar_edition e
    WHERE e.known_from <= {known_at} AND e.year >= extract(year FROM {from_moment} AT TIME ZONE 'Asia/Shanghai')
"""
"""The editions that were known at a moment of the years from another one on, as one value for ``read``."""


def announced() -> list[Edition]:
    """Return what the library knows of each year, known from its notice on or at the latest when the year began."""
    return [
        Edition(
            year=year,
            known_from=datetime.combine(NOTICES.get(year, date(year, 1, 1)), time(), SHANGHAI),
            holidays=frozenset(day for day in constants.holidays if day.year == year),
            workdays=frozenset(day for day in constants.workdays if day.year == year),
        )
        for year in sorted({day.year for day in constants.holidays})
    ]


async def sync(connection: Connection) -> int:
    """Store what the library knows and the table does not; return how many editions that were.

    Into an empty table everything goes from when it was announced. Later, deadlines have been reckoned without what is
    new: it counts from now on. An older library brings nothing back, for an edition that was there before is no news.
    """
    await connection.execute(LOCK)
    rows = await connection.fetch(LIST)
    known = {(row["year"], frozenset(row["holidays"]), frozenset(row["workdays"])) for row in rows}
    news = [edition for edition in announced() if (edition.year, edition.holidays, edition.workdays) not in known]
    source = f"chinesecalendar {version('chinesecalendar')}"
    for edition in news:
        known_from = now() + LEAD if rows else edition.known_from
        await connection.execute(
            INSERT, edition.year, known_from, sorted(edition.holidays), sorted(edition.workdays), source
        )
    return len(news)


def read(written: str | None) -> Calendar:
    """Return the calendar of the editions that ``KNOWN_SQL`` found."""
    return Calendar(
        Edition(
            year,
            datetime.fromisoformat(known_from).astimezone(UTC),
            frozenset(map(date.fromisoformat, holidays)),
            frozenset(map(date.fromisoformat, workdays)),
        )
        for year, known_from, holidays, workdays in (json.loads(written) if written else ())
    )
