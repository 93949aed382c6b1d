"""The pool: each connection to one at a time, a line of those who wait, and no slot ever lost or made."""

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.core import db
from app.core.db import Pool
from app.core.settings import Settings

SIZE = 2


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    pool = Pool(settings.require_database_url(), SIZE, {})
    yield pool
    pool.terminate()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "POOL_TIMEOUT_S", 0.05)


async def borrow_all(pool: Pool) -> list[asyncpg.Connection]:
    """Borrow all that may be lent, and see that it is all: needs ``impatient``."""
    held = [await pool.borrow() for _ in range(SIZE)]
    with pytest.raises(TimeoutError):
        await pool.borrow()
    return held


def give_back(pool: Pool, held: list[asyncpg.Connection]) -> None:
    for connection in held:
        pool.give_back(connection, is_whole=True)


async def ask(pool: Pool, count: int = 1) -> list["asyncio.Task[asyncpg.Connection]"]:
    """Ask for connections while none is free; return the tasks that wait, in their order."""
    waiting = [asyncio.create_task(pool.borrow()) for _ in range(count)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    return waiting


async def test_those_who_wait_are_served_in_their_order(pool: Pool):
    held = [await pool.borrow() for _ in range(SIZE)]
    waiting = await ask(pool, 3)
    pool.give_back(held[0], is_whole=True)
    assert await waiting[0] is held[0]
    latecomer = asyncio.create_task(pool.borrow())
    await asyncio.sleep(0)
    assert [task.done() for task in (*waiting, latecomer)] == [True, False, False, False]
    pool.give_back(held[1], is_whole=True)
    assert await waiting[1] is held[1]
    give_back(pool, held)
    give_back(pool, [await waiting[2], await latecomer])


async def test_one_that_is_not_whole_is_replaced_for_whoever_waits(pool: Pool, impatient: None):
    held = [await pool.borrow() for _ in range(SIZE)]
    [waiting] = await ask(pool)
    pool.give_back(held[0], is_whole=False)
    new = await waiting
    assert held[0].is_closed()
    assert await new.fetchval("SELECT 1") == 1
    give_back(pool, [held[1], new])
    give_back(pool, await borrow_all(pool))


@pytest.mark.usefixtures("impatient")
class TestNoSlotIsLostOrMade:
    async def test_by_waiting_in_vain(self, pool: Pool):
        held = await borrow_all(pool)
        give_back(pool, held)
        assert set(await borrow_all(pool)) == set(held)

    async def test_by_one_who_goes_while_waiting(self, pool: Pool):
        held = [await pool.borrow() for _ in range(SIZE)]
        gone, patient = await ask(pool, 2)
        gone.cancel()
        pool.give_back(held[0], is_whole=True)
        assert await patient is held[0]
        assert gone.cancelled()
        give_back(pool, held)
        give_back(pool, await borrow_all(pool))

    async def test_by_one_who_goes_as_the_slot_comes(self, pool: Pool):
        held = [await pool.borrow() for _ in range(SIZE)]
        gone, patient = await ask(pool, 2)
        pool.give_back(held[0], is_whole=True)
        gone.cancel()
        assert await patient is held[0]
        assert gone.cancelled()
        give_back(pool, held)
        give_back(pool, await borrow_all(pool))

    async def test_by_one_who_goes_as_the_time_is_over(self, pool: Pool, monkeypatch: pytest.MonkeyPatch):
        held = [await pool.borrow() for _ in range(SIZE)]
        end_wait = db._end_wait

        def end_wait_and_go(turn: "asyncio.Future[bool]") -> None:
            end_wait(turn)
            gone.cancel()

        monkeypatch.setattr(db, "_end_wait", end_wait_and_go)
        [gone] = await ask(pool)
        with pytest.raises(asyncio.CancelledError):
            await gone
        give_back(pool, held)
        give_back(pool, await borrow_all(pool))

    async def test_by_a_database_that_cannot_be_reached(self):
        lost = Pool("postgresql:///nowhere?host=/nowhere", SIZE, {})
        for _ in range(SIZE + 1):
            with pytest.raises(FileNotFoundError):
                await lost.fetchval("SELECT 1")

    async def test_in_a_crowd(self, pool: Pool):
        dice = random.Random(7)  # noqa: S311 - the same crowd each time

        async def use() -> None:
            seconds = dice.choice((0, 0, 0.001, 0.03))
            await pool.fetchval("SELECT pg_sleep($1)", seconds)

        for _ in range(20):
            tasks = [asyncio.create_task(use()) for _ in range(20)]
            await asyncio.sleep(dice.choice((0, 0.001, 0.02)))
            for task in dice.sample(tasks, 5):
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(end) for end in ended} <= {type(None), str, TimeoutError, asyncio.CancelledError}
        give_back(pool, await borrow_all(pool))
