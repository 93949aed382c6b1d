"""Points that mature and expire, and the warnings before: twice, in parallel, and killed in the middle (I11)."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app import ledger
from app.core.clock import today
from app.core.db import Database
from app.jobs import handlers
from app.services import points
from tests.conftest import Jobs
from tests.factories import World, give_points
from tests.people import Person

MOVED = """
    SELECT t.kind, t.points FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_account_id
    WHERE a.owner_id = $1 ORDER BY t.points
"""
WARNINGS = "SELECT expires_on, days_before, points FROM points_warning WHERE user_id = $1 ORDER BY 1, 2 DESC"


class KilledError(BaseException):
    """Ends a sweep as a kill does: nothing is rolled back in good order."""


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


async def purse(world: World, person: Person) -> dict[str, Any]:
    return dict((await world.api.get("/v1/me/points", person)).json())


async def moved(database: Database, person: Person) -> list[tuple[str, int]]:
    """Return what went off somebody's accounts."""
    return [(row["kind"], row["points"]) for row in await database.reads.fetch(MOVED, person.id)]


async def warnings(database: Database, person: Person) -> list[tuple[int, int, int]]:
    """Return in how many days points expire, how many days before that was said, and of how many points."""
    rows = await database.reads.fetch(WARNINGS, person.id)
    return [((row["expires_on"] - today()).days, row["days_before"], row["points"]) for row in rows]


class TestMaturePoints:
    async def test_what_waited_long_enough_can_be_spent_until_its_day(
        self, world: World, database: Database, jobs: Jobs
    ):
        helper = await world.helper(points=1)
        await give_points(database, helper, 2, available_on=in_days(0), expires_on=in_days(60))
        await give_points(database, helper, 4, available_on=in_days(-9))
        await give_points(database, helper, 8, available_on=in_days(1))
        for _ in range(2):
            await handlers.mature_points(jobs.parts)
            seen = await purse(world, helper)
            assert (seen["spendable_points"], seen["waiting_points"]) == (7, 8)
            assert seen["by_expiry"] == [
                {"expires_on": in_days(60).isoformat(), "points": 2},
                {"expires_on": None, "points": 5},
            ]
        assert await moved(database, helper) == [("mature", 2), ("mature", 4)]

    async def test_an_award_that_comes_late_matures_by_itself(self, world: World, database: Database, jobs: Jobs):
        helper = await world.helper()
        for amount in (3, 5):
            await give_points(database, helper, amount, available_on=in_days(0))
            await handlers.mature_points(jobs.parts)
        assert await moved(database, helper) == [("mature", 3), ("mature", 5)]
        assert (await purse(world, helper))["spendable_points"] == 8


class TestExpirePoints:
    async def test_what_is_left_after_the_last_day_goes(self, world: World, database: Database, jobs: Jobs):
        holder = await world.helper(points=1)
        for days, amount in ((-40, 2), (-1, 4), (0, 8), (1, 16)):
            await give_points(database, holder, amount, expires_on=in_days(days))
        for _ in range(2):
            await handlers.expire_points(jobs.parts)
            assert (await purse(world, holder))["spendable_points"] == 25
        assert await moved(database, holder) == [("expire", 2), ("expire", 4)]

    async def test_what_a_voucher_gives_back_too_late_goes_as_well(self, world: World, database: Database, jobs: Jobs):
        holder = await world.helper()
        await give_points(database, holder, 5, expires_on=in_days(-1))
        await handlers.expire_points(jobs.parts)
        await give_points(database, holder, 3, expires_on=in_days(-1))
        await handlers.expire_points(jobs.parts)
        assert await moved(database, holder) == [("expire", 3), ("expire", 5)]

    async def test_points_that_a_voucher_holds_stay_held(self, world: World, database: Database, jobs: Jobs):
        holder = await world.helper()
        await give_points(database, holder, 5, expires_on=in_days(0))
        await world.voucher(holder, await world.offer(await world.shop(await world.person()), points=4))
        await handlers.expire_points(jobs.parts)
        seen = await purse(world, holder)
        assert (seen["spendable_points"], seen["held_points"]) == (1, 4)


@pytest.mark.parametrize(("sweep", "kind"), [("mature_points", "mature"), ("expire_points", "expire")])
class TestManyAtOnce:
    ACCOUNTS = 12

    async def due(self, world: World, database: Database, kind: str) -> list[Person]:
        """Make people with an account each that is due."""
        people = [await world.person() for _ in range(self.ACCOUNTS)]
        for person in people:
            dates = {"available_on": in_days(0)} if kind == "mature" else {"expires_on": in_days(-1)}
            await give_points(database, person, 6, **dates)
        return people

    async def test_workers_at_once_move_each_account_once(
        self, world: World, database: Database, jobs: Jobs, sweep: str, kind: str
    ):
        people = await self.due(world, database, kind)
        await asyncio.gather(*[getattr(handlers, sweep)(jobs.parts) for _ in range(4)])
        for person in people:
            assert await moved(database, person) == [(kind, 6)]

    async def test_small_batches_come_to_the_end(
        self, world: World, database: Database, jobs: Jobs, sweep: str, kind: str
    ):
        people = await self.due(world, database, kind)
        assert await getattr(handlers, sweep)(replace(jobs.parts, batch=5)) >= self.ACCOUNTS
        for person in people:
            assert await moved(database, person) == [(kind, 6)]

    async def test_one_that_is_killed_is_finished_by_the_next(
        self, world: World, database: Database, jobs: Jobs, sweep: str, kind: str, monkeypatch: pytest.MonkeyPatch
    ):
        people = await self.due(world, database, kind)
        act = getattr(points, kind)
        acted = 0

        async def die_after_some(*arguments: Any) -> None:
            nonlocal acted
            await act(*arguments)
            acted += 1
            if acted == 5:
                raise KilledError

        with monkeypatch.context() as patch:
            patch.setattr(points, kind, die_after_some)
            with pytest.raises(KilledError):
                await getattr(handlers, sweep)(jobs.parts)
        done = [bool(await moved(database, person)) for person in people]
        assert not all(done), "what was at hand when it died was not done"
        await getattr(handlers, sweep)(jobs.parts)
        for person in people:
            assert await moved(database, person) == [(kind, 6)]


class TestWarnExpiry:
    async def test_a_month_and_a_week_before_each_once(self, world: World, database: Database, jobs: Jobs):
        holder = await world.helper(points=1)
        for days, amount in ((-1, 2), (0, 4), (7, 8), (8, 16), (30, 32), (31, 64)):
            await give_points(database, holder, amount, expires_on=in_days(days))
        for _ in range(2):
            await handlers.warn_expiry(jobs.parts)
            assert await warnings(database, holder) == [(0, 7, 4), (7, 7, 8), (8, 30, 16), (30, 30, 32)]
        told = (await purse(world, holder))["warnings"]
        assert [(one["expires_on"], one["days_before"], one["points"]) for one in told] == [
            (in_days(0).isoformat(), 7, 4),
            (in_days(7).isoformat(), 7, 8),
            (in_days(8).isoformat(), 30, 16),
            (in_days(30).isoformat(), 30, 32),
        ]

    async def test_who_was_warned_a_month_before_is_warned_a_week_before(
        self, world: World, database: Database, jobs: Jobs
    ):
        holder = await world.helper()
        await give_points(database, holder, 8, expires_on=in_days(5))
        await database.writes.execute(
            "INSERT INTO points_warning (user_id, expires_on, days_before, points) VALUES ($1, $2, 30, 9)",
            holder.id,
            in_days(5),
        )
        await handlers.warn_expiry(jobs.parts)
        assert await warnings(database, holder) == [(5, 30, 9), (5, 7, 8)]

    async def test_what_was_spent_since_is_no_longer_warned_of(self, world: World, database: Database, jobs: Jobs):
        holder = await world.helper()
        await give_points(database, holder, 5, expires_on=in_days(5))
        await handlers.warn_expiry(jobs.parts)
        assert len((await purse(world, holder))["warnings"]) == 1
        await world.voucher(holder, await world.offer(await world.shop(await world.person()), points=5))
        assert (await purse(world, holder))["warnings"] == []

    async def test_workers_at_once_warn_once_in_batches_of_any_size(self, world: World, database: Database, jobs: Jobs):
        people = [await world.person() for _ in range(9)]
        for person in people:
            await give_points(database, person, 3, expires_on=in_days(20))
        parts = replace(jobs.parts, batch=4)
        await asyncio.gather(*[handlers.warn_expiry(parts) for _ in range(4)])
        await handlers.warn_expiry(parts)
        for person in people:
            assert await warnings(database, person) == [(20, 30, 3)]


async def test_a_repeated_look_finds_nothing_due_of_what_was_moved(world: World, database: Database, jobs: Jobs):
    holder = await world.helper()
    await give_points(database, holder, 5, expires_on=in_days(-1))
    await give_points(database, holder, 5, available_on=in_days(0))
    assert holder.id in {cohort.user_id for cohort in await ledger.find_expired(database.reads, today(), 1000)}
    assert holder.id in {cohort.user_id for cohort in await ledger.find_mature(database.reads, today(), 1000)}
    for sweep in (handlers.mature_points, handlers.expire_points):
        await sweep(jobs.parts)
    assert await ledger.find_expired(database.reads, today(), 1000) == []
    assert await ledger.find_mature(database.reads, today(), 1000) == []
