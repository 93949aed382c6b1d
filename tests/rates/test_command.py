"""``echowall rates``: counts from the events alone, and tells which published figure is another."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.cli.rates import read_area, read_moment, read_month
from app.core.settings import SettingsError
from tests.e2e.commands import run
from tests.rates.conftest import Published


async def rates(published: Published, *arguments: str, area: object = None) -> tuple[int, str]:
    area_id = str(area or published.world.district.id)
    options = ("--area", area_id, "--from", "2026-03", "--to", "2026-04", *arguments)
    done = await asyncio.to_thread(run, published.url, "rates", *options, COLUMNS="200")
    return done.returncode, done.stdout


class TestRates:
    async def test_what_was_published_is_what_the_events_say(self, published: Published):
        status, told = await rates(published, "--as-of", "2026-04-10")
        assert "All 5 published groups of 2 months are what the events say, by version 1" in told
        assert "19 of 20 = 95.0 %" in told
        assert status == 0

    async def test_without_a_publication_it_only_counts(self, published: Published):
        status, told = await rates(published, "--as-of", "2026-03-05")
        assert "nothing yet" in told
        assert "All 0 published groups of 0 months" in told
        assert status == 0

    async def test_a_changed_figure_is_named(self, published: Published):
        grid = published.world.grid.id
        change = """
            UPDATE rate_count SET resolved = resolved {} 1
            WHERE as_of = '2026-04-02T00:00+08' AND month = '2026-03-01' AND area_id = $1 AND category = 'lighting'
                AND unit_id IS NULL
        """
        await published.tamper(change.format("+"), grid)
        try:
            status, told = await rates(published, "--as-of", "2026-04-10")
        finally:
            await published.tamper(change.format("-"), grid)
        assert f"2026-03, grid {grid}, lighting: published resolved 13, not 12" in told
        assert "1 published groups are not what the events say." in told
        assert status == 1

    async def test_so_is_one_that_is_missing(self, published: Published):
        where = "as_of = '2026-04-20T00:00+08' AND month = '2026-03-01' AND category = 'noise'"
        await published.tamper(f"CREATE TABLE kept AS SELECT * FROM rate_count WHERE {where}")
        await published.tamper(f"DELETE FROM rate_count WHERE {where}")
        try:
            status, told = await rates(published, "--as-of", "2026-05-01")
        finally:
            await published.tamper("INSERT INTO rate_count SELECT * FROM kept")
            await published.tamper("DROP TABLE kept")
        assert "noise: published received 0, not 3" in told
        assert status == 1

    async def test_an_area_that_is_not_there(self, published: Published):
        status, told = await rates(published, area="00000000-0000-7000-8000-000000000000")
        assert "There is no such area" in told
        assert status == 2


class TestReading:
    def test_a_day_is_its_first_moment_in_shanghai(self):
        assert read_moment("2026-11-22") == datetime(2026, 11, 21, 16, tzinfo=UTC)
        assert read_moment("2026-11-22T08:00+08:00") == datetime(2026, 11, 22, tzinfo=UTC)

    @pytest.mark.parametrize("written", ["yesterday", "2026-11-22T08:00", "", "20261"])
    def test_another_moment_is_refused(self, written: str):
        with pytest.raises(SettingsError):
            read_moment(written)

    @pytest.mark.parametrize("written", ["2026-13", "2026-1", "", "2026-11-22"])
    def test_another_month_is_refused(self, written: str):
        with pytest.raises(SettingsError):
            read_month(written)

    def test_another_area_is_refused(self):
        with pytest.raises(SettingsError):
            read_area("district")
