"""What is known of working days, in the table: what goes in and when, and that nothing of it ever changes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta

import asyncpg
import pytest

from app.core import clock
from app.core.clock import now
from app.core.db import Database
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.domain.working_time import Calendar
from app.services import calendars
from tests.domain.calendars import EDITION_2025, EDITION_2026, at
from tests.e2e.commands import run

INSERT = "INSERT INTO calendar_edition VALUES ($1, $2, $3, $4, 'a test')"


@pytest.fixture
def empty_url(server_url: str, template_database: str) -> Iterator[str]:
    """A database of this test alone, without any calendar."""
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture
async def empty(empty_url: str, settings: Settings) -> AsyncIterator[Database]:
    database = Database(empty_url, settings)
    yield database
    database.close()


async def known(database: Database, from_moment: datetime, known_at: datetime) -> Calendar:
    """Return the working days from a moment on as they were known at another."""
    statement = calendars.KNOWN_SQL.format(from_moment="$1", known_at="$2")
    return calendars.read(await database.reads.fetchval(statement, from_moment, known_at))


async def sync(database: Database) -> int:
    async with database.transaction() as connection:
        return await calendars.sync(connection)


class TestAnnounced:
    def test_it_is_what_the_notices_say(self):
        by_year = {edition.year: edition for edition in calendars.announced()}
        assert by_year[2025] == EDITION_2025
        assert by_year[2026] == EDITION_2026
        assert 2027 not in by_year or by_year[2027].holidays


class TestSync:
    async def test_an_empty_table_gets_all_years_from_their_notices_on(self, empty: Database):
        editions = calendars.announced()
        assert await sync(empty) == len(editions)
        rows = await empty.reads.fetch("SELECT * FROM calendar_edition ORDER BY year")
        assert [(row["year"], row["known_from"]) for row in rows] == [
            (edition.year, edition.known_from) for edition in editions
        ]
        assert all(row["source"].startswith("chinesecalendar ") for row in rows)

    async def test_twice_is_once(self, empty: Database):
        assert await sync(empty) > 0
        assert await sync(empty) == 0

    async def test_of_two_at_once_one_writes(self, empty: Database):
        written = await asyncio.gather(sync(empty), sync(empty))
        assert sorted(written) == [0, len(calendars.announced())]

    async def test_news_counts_from_now_on_and_not_before(self, empty: Database):
        await empty.writes.execute(INSERT, 2026, at("2025-11-04T00:00"), [date(2026, 1, 1)], [])
        before = now()
        await sync(empty)
        [first, second] = await empty.reads.fetch(
            "SELECT * FROM calendar_edition WHERE year = 2026 ORDER BY known_from"
        )
        assert before < second["known_from"] <= now() + calendars.LEAD
        sunday = date(2026, 1, 4)
        earlier = await known(empty, at("2026-01-01T00:00"), before)
        later = await known(empty, at("2026-01-01T00:00"), second["known_from"])
        assert (first["workdays"], earlier.is_working(sunday), later.is_working(sunday)) == ([], False, True)

    async def test_what_was_known_before_is_no_news(self, empty: Database):
        """An older library in another worker knows less of a year that was corrected since."""
        await sync(empty)
        await empty.writes.execute(INSERT, 2026, now(), [date(2026, 1, 1)], [])
        assert await sync(empty) == 0


def test_whoever_migrates_brings_what_is_known(server_url: str):
    with scratch_database(server_url) as url:
        done = run(url, "migrate")
        assert (done.returncode, done.stdout.strip()) == (0, "The database is up to date.")
        assert asyncio.run(count_editions(url)) == len(calendars.announced())


async def count_editions(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM calendar_edition"))
    finally:
        await connection.close()


class TestKnown:
    async def test_each_year_is_known_from_its_notice_on(self, database: Database):
        start = at("2025-12-01T00:00")
        before = await known(database, start, at("2025-11-03T23:59"))
        after = await known(database, start, at("2025-11-04T00:00"))
        assert (before.is_announced(date(2026, 1, 4)), after.is_announced(date(2026, 1, 4))) == (False, True)
        assert (before.is_working(date(2026, 1, 4)), after.is_working(date(2026, 1, 4))) == (False, True)
        assert before.is_announced(date(2025, 12, 31))

    async def test_where_nothing_is_known(self, database: Database):
        found = await known(database, at("2150-01-01T00:00"), datetime.max.replace(tzinfo=clock.SHANGHAI))
        assert found.is_working(date(2150, 1, 1)) is (date(2150, 1, 1).weekday() < 5)


class TestForEver:
    @pytest.mark.parametrize(
        "attack",
        ["UPDATE calendar_edition SET source = 'x'", "DELETE FROM calendar_edition", "TRUNCATE calendar_edition"],
    )
    async def test_the_database_refuses_a_change(self, database: Database, attack: str):
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.writes.execute(attack)

    async def test_the_database_refuses_a_year_that_cannot_be(self, database: Database):
        with pytest.raises(asyncpg.CheckViolationError):
            await database.writes.execute(INSERT, 1066, now() + timedelta(days=1), [], [])
