"""Publishing: once for each midnight, whole, for the months still open, and never changed again."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from asyncpg import CheckViolationError, Record, RestrictViolationError, UniqueViolationError

from app.core.clock import SHANGHAI
from app.domain.rates import COUNTED
from app.jobs.schedules import SWEEPS
from app.services import rates
from tests.complaint_lives import opened
from tests.rates.conftest import PUBLISHED_ON, Published, night

COUNTS = f"""
    SELECT area_id, category, unit_id, {", ".join(COUNTED)} FROM rate_count WHERE month = $1 AND as_of = $2
    ORDER BY area_id, category, unit_id NULLS FIRST
"""
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


async def counts(published: Published, month: date, day: date) -> list[Record]:
    return await published.database.reads.fetch(COUNTS, month, datetime.combine(day, datetime.min.time(), SHANGHAI))


def told(row: Record) -> dict[str, int]:
    """Return what is not zero of a row."""
    return {name: row[name] for name in COUNTED if row[name]}


class TestPublish:
    async def test_counts_by_grid_category_and_unit(self, published: Published):
        lit, led, _, noisy = await counts(published, MARCH, PUBLISHED_ON[0])
        world = published.world
        assert [row["area_id"] for row in (lit, led)] == [world.grid.id] * 2
        assert (noisy["area_id"], noisy["category"]) == (world.other_grid.id, "noise")
        assert told(lit) == {
            "received": 13, "overdue": 1, "response_due": 13, "responded": 12,
            "resolution_due": 13, "resolved": 12, "rated": 12, "satisfied": 12,
        }  # fmt: skip
        assert (led["unit_id"], told(led)["resolved"]) == (published.unit, 1)

    async def test_each_as_of_its_midnight(self, published: Published):
        """What was corrected later is counted elsewhere later, and where it was it is no longer."""
        before = {row["category"] for row in await counts(published, MARCH, PUBLISHED_ON[1]) if row["unit_id"]}
        after = {row["category"] for row in await counts(published, MARCH, PUBLISHED_ON[2]) if row["unit_id"]}
        assert (before, after) == ({"lighting"}, {"water"})

    async def test_the_month_of_posting_counts(self, published: Published):
        [row] = await counts(published, APRIL, PUBLISHED_ON[1])
        assert told(row)["received"] == 1

    async def test_three_months_after_it_a_month_is_final(self, published: Published):
        assert await counts(published, MARCH, PUBLISHED_ON[3]) == []
        assert await counts(published, APRIL, PUBLISHED_ON[3]) != []

    async def test_twice_and_at_once_it_is_published_once(self, published: Published):
        day = date(2026, 3, 20)
        done = await asyncio.gather(*(rates.publish(published.database, night(day)) for _ in range(4)))
        assert sum(done) == rates.MONTHS_KEPT_OPEN + 1
        once = await counts(published, MARCH, day)
        await published.write(opened(60, area_id=str(published.world.neighbour.id)))  # came too late to be in it
        assert await rates.publish(published.database, night(day) + timedelta(hours=20)) == 0
        assert await counts(published, MARCH, day) == once

    async def test_not_before_the_midnight_has_settled(self, published: Published):
        day = date(2026, 3, 26)
        await rates.publish(published.database, night(day) - timedelta(minutes=16))
        assert await counts(published, MARCH, day) == []
        assert await counts(published, MARCH, day - timedelta(days=1)) != []

    async def test_on_the_first_a_month_that_has_not_begun_is_not(self, published: Published):
        await rates.publish(published.database, night(date(2026, 6, 1)))
        found = await published.database.reads.fetch(
            "SELECT month FROM rate_publication WHERE as_of = $1 ORDER BY month",
            datetime(2026, 6, 1, tzinfo=SHANGHAI),
        )
        assert [row["month"].month for row in found] == [2, 3, 4, 5]

    def test_it_runs_each_hour_after_midnight_has_settled(self):
        minute, *rest = SWEEPS["publish_rates"][0].split()
        assert timedelta(minutes=int(minute)) > rates.SETTLING
        assert rest == ["*"] * 4


class TestForGood:
    @pytest.mark.parametrize("table", ["rate_count", "rate_publication", "event"])
    @pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET {} = {}"])
    async def test_the_database_refuses_changes(self, published: Published, table: str, change: str):
        column = "facts" if table == "event" else "as_of"
        with pytest.raises(RestrictViolationError):
            await published.database.writes.execute(change.format(table, column, column))

    async def test_a_group_is_counted_once(self, published: Published):
        again = "INSERT INTO rate_count SELECT gen_random_uuid(), (r).as_of, (r).month, (r).area_id, (r).category"
        again += f", (r).unit_id, {', '.join(f'(r).{name}' for name in COUNTED)} FROM rate_count r"
        with pytest.raises(UniqueViolationError):
            await published.database.writes.execute(again.replace("(r).", "r."))

    async def test_no_numerator_exceeds_its_denominator(self, published: Published):
        more = ", ".join(f"r.{name}" if name != "satisfied" else "r.rated + 1" for name in COUNTED)
        statement = f"""
            INSERT INTO rate_count SELECT gen_random_uuid(), r.as_of, r.month, $1, r.category, r.unit_id, {more}
            FROM rate_count r LIMIT 1
        """
        with pytest.raises(CheckViolationError):
            await published.database.writes.execute(statement, published.world.district.id)
