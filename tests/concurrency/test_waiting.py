"""Seats, waiting lists and limits hold for a crowd with releases, lapses and deliveries mixed in, and if killed.

``make crowd`` does with 500 people on 50 seats, a hundred times, what is done here on a small scale.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from app.core.scratch_database import scratch_database
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.schemas.pledges import PledgeIn
from app.services import claims, waiting
from app.services.pledges import holding, naming
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.waiting_crowd import Crowd, beyond_limit, gather_crowd, post_tasks
from tests.e2e.invariants import broken

PEOPLE = int(os.environ.get("CROWD_PEOPLE", "60"))
is_told = "CROWD_TIMES" in os.environ
SEATS = int(os.environ.get("CROWD_SEATS", "8"))
TIMES = int(os.environ.get("CROWD_TIMES", "3"))
STEPS = 8
MOVED_UP = "SELECT count(*) FROM waiter WHERE status = 'moved_up'"
COUNT_CLAIMS = "SELECT count(*) FROM claim"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def url(server_url: str, template_database: str) -> Iterator[str]:
    """A database where nothing else ever happens, so that every invariant can be asked of all of it."""
    with scratch_database(server_url, template=template_database) as made:
        yield made


async def test_seats_lines_and_limits_hold(url: str):
    await gather_crowd(url, PEOPLE)
    for turn in range(TIMES):
        await post_tasks(url, SEATS)
        async with Crowd.of(url, turn) as crowd:
            await crowd.act(STEPS)
            await crowd.settle()
            assert await broken(url) == {}
            assert await beyond_limit(crowd.database, crowd.settings.open_claims_limit) == []
            moved = await crowd.database.reads.fetchval(MOVED_UP)
            assert moved > 0
            assert crowd.looks > 0
            assert crowd.told["lapsed"] > 0
            assert crowd.told["pledge"] > 0
            assert crowd.told["name"] + crowd.told["join_in"] > 0
            if is_told:
                told = ", ".join(f"{name} {times}" for name, times in sorted(crowd.told.items()))
                sys.stdout.write(f"\n{turn + 1}: {crowd.looks} looks, {moved} moved up so far; {told}")


HARMS = {
    "I1 taken seats are live": (
        "UPDATE task SET seats_taken = seats_taken - 1 WHERE seats_taken > 0",
        "UPDATE task SET seats_taken = seats_taken + 1 WHERE seats_taken > 0",
    ),
    "a pledge has named as many": (
        "UPDATE pledge SET named = named + 1",
        "UPDATE pledge SET named = named - 1",
    ),
    "seats are held of open tasks": (
        "UPDATE team SET status = 'dissolved'",
        "UPDATE team SET status = 'approved'",
    ),
    "nobody waits who has a seat": (
        "UPDATE waiter SET status = 'waiting' WHERE status = 'moved_up'",
        "UPDATE waiter w SET status = 'moved_up' FROM claim c WHERE c.task_id = w.task_id AND c.user_id = w.user_id",
    ),
    "nobody waits while a seat is free": ("UPDATE task SET seats = seats + 1", "UPDATE task SET seats = seats - 1"),
    "nobody waits for what has ended": ("UPDATE task SET status = 'closed'", "UPDATE task SET status = 'open'"),
    "who moved up got a claim": (
        "UPDATE waiter SET status = 'moved_up' WHERE status = 'waiting'",
        "UPDATE waiter w SET status = 'waiting' WHERE NOT EXISTS (SELECT FROM claim c WHERE c.user_id = w.user_id)",
    ),
    "a limit is narrowed by two lapses": (
        "UPDATE \"user\" SET narrowed_until = now() + interval '1 day'",
        'UPDATE "user" SET narrowed_until = NULL',
    ),
}


async def test_the_controls_find_what_they_are_there_to_find(url: str):
    """Each rule is broken by hand, and told."""
    await gather_crowd(url, 4)
    await post_tasks(url, 2)
    async with Crowd.of(url, 1) as crowd:
        first, second, third, fourth = [Caller(person, is_helper=True) for person in crowd.people]
        [task_id, *_] = crowd.task_ids
        async with crowd.database.transaction() as connection:
            held = await claims.take(connection, crowd.terms, first, task_id)
            await claims.take(connection, crowd.terms, second, task_id)
            for waiting_one in (third, fourth):
                await waiting.join(connection, crowd.terms.secret, waiting_one, task_id)
            await claims.release(connection, crowd.terms, first, held)
            form = PledgeIn(team_id=crowd.teams[first.id], heads=2)
            held_id = await holding.pledge(connection, first, crowd.task_ids[1], form)
            await naming.claim(connection, crowd.terms, first, held_id)
        for rule, (harm, undo) in HARMS.items():
            assert await broken(url) == {}
            await crowd.database.writes.execute(harm)
            assert any(name.startswith(rule) for name in await broken(url)), rule
            await crowd.database.writes.execute(undo)
        assert await beyond_limit(crowd.database, 0) != []


async def test_a_process_killed_amid_leaves_nothing_half_done(url: str, tmp_path: Path):
    await gather_crowd(url, 30)
    await post_tasks(url, 5)
    connection = await asyncpg.connect(url)
    try:
        for _ in range(3):
            before = await connection.fetchval(COUNT_CLAIMS)
            with (tmp_path / "crowd.log").open("wb") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.concurrency.waiting_crowd", url, stdout=log, stderr=log
                )
            try:
                while await connection.fetchval(COUNT_CLAIMS) < before + 20:
                    assert process.returncode is None, (tmp_path / "crowd.log").read_text()
            finally:
                process.kill()
                await process.wait()
            while await connection.fetchval(OTHERS):
                pass  # what was under way ends with its connection
            async with Crowd.of(url, 1) as crowd:
                await crowd.settle()
                assert await broken(url) == {}
                assert await beyond_limit(crowd.database, crowd.settings.open_claims_limit) == []
    finally:
        await connection.close()


class TestLocks:
    """Each lock that the waiting list takes or goes without, at the moment in which it counts."""

    @pytest.fixture
    async def crowd(self, url: str) -> AsyncIterator[Crowd]:
        """Four people and two tasks of one seat, which the first person has."""
        await gather_crowd(url, 4)
        await post_tasks(url, 1)
        async with Crowd.of(url, 1) as crowd:
            await crowd.database.writes.execute("UPDATE task SET seats = 1")
            async with crowd.database.transaction() as connection:
                for task_id in crowd.task_ids:
                    await claims.take(connection, crowd.terms, member(crowd, 0), task_id)
            yield crowd

    async def test_who_is_busy_is_passed_over_and_keeps_nobody_waiting(self, crowd: Crowd):
        task_id = crowd.task_ids[0]
        places = [await join(crowd, number, task_id) for number in (1, 2)]
        async with crowd.database.transaction() as busy:
            await busy.execute('UPDATE "user" SET nickname = nickname WHERE id = $1', crowd.people[1])
            await release(crowd, task_id)
            assert [await status(crowd, place) for place in places] == ["waiting", "moved_up"]

    async def test_the_only_one_who_waits_is_found_again_by_the_sweep(self, crowd: Crowd):
        task_id = crowd.task_ids[0]
        place = await join(crowd, 1, task_id)
        async with crowd.database.transaction() as busy:
            await busy.execute('UPDATE "user" SET nickname = nickname WHERE id = $1', crowd.people[1])
            await release(crowd, task_id)
            assert await status(crowd, place) == "waiting"
        await crowd.settle()
        assert await status(crowd, place) == "moved_up"

    async def test_who_joins_while_the_seat_frees_sees_it(self, crowd: Crowd):
        task_id = crowd.task_ids[0]
        async with crowd.database.transaction() as freeing:
            await claims.release(freeing, crowd.terms, member(crowd, 0), await claim_of(crowd, task_id))
            joining = asyncio.create_task(join(crowd, 1, task_id))
            await wait_until_blocked(crowd.database)
        with pytest.raises(Problem, match="task-not-full"):
            await joining

    async def test_who_joined_before_the_seat_frees_has_it(self, crowd: Crowd):
        task_id = crowd.task_ids[0]
        async with crowd.database.transaction() as joining:
            place = await waiting.join(joining, crowd.terms.secret, member(crowd, 1), task_id)
            freeing = asyncio.create_task(release(crowd, task_id))
            await wait_until_blocked(crowd.database)
        await freeing
        await crowd.settle()
        assert await status(crowd, place) == "moved_up"

    async def test_one_person_joins_one_line_after_the_other(self, crowd: Crowd, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(waiting, "WAITING_MAX", 1)
        first, second = crowd.task_ids
        async with crowd.database.transaction() as joining:
            await waiting.join(joining, crowd.terms.secret, member(crowd, 1), first)
            other = asyncio.create_task(join(crowd, 1, second))
            await wait_until_blocked(crowd.database)
        with pytest.raises(Problem, match="waiting-limit-reached"):
            await other


def member(crowd: Crowd, number: int) -> Caller:
    return Caller(crowd.people[number], is_helper=True)


async def join(crowd: Crowd, number: int, task_id: UUID) -> UUID:
    async with crowd.database.transaction() as connection:
        return await waiting.join(connection, crowd.terms.secret, member(crowd, number), task_id)


async def claim_of(crowd: Crowd, task_id: UUID) -> UUID:
    found = await crowd.database.reads.fetchval(
        "SELECT id FROM claim WHERE task_id = $1 AND status = 'active'", task_id
    )
    return UUID(str(found))


async def release(crowd: Crowd, task_id: UUID) -> None:
    """Have the first person give their seat back."""
    claim_id = await claim_of(crowd, task_id)
    async with crowd.database.transaction() as connection:
        await claims.release(connection, crowd.terms, member(crowd, 0), claim_id)


async def status(crowd: Crowd, waiter_id: UUID) -> str:
    return str(await crowd.database.reads.fetchval("SELECT status FROM waiter WHERE id = $1", waiter_id))
