"""Pledges at the moments in which somebody else changes the same: each lock when it counts.

The crowd of ``test_waiting.py`` pledges, names and withdraws too, by chance and until it is killed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import UUID

import pytest
from asyncpg import Connection

from app.core.scratch_database import scratch_database
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.schemas.pledges import PledgeIn
from app.services import claims, teams
from app.services.pledges import holding, naming
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.waiting_crowd import PLACES_IN, Crowd, gather_crowd, post_tasks
from tests.e2e.invariants import broken


@pytest.fixture(scope="module")
def url(server_url: str, template_database: str) -> Iterator[str]:
    """A database of eight people, two of whom lead two teams of two."""
    with scratch_database(server_url, template=template_database) as made:
        asyncio.run(gather_crowd(made, 8))
        yield made


@pytest.fixture
async def crowd(url: str) -> AsyncIterator[Crowd]:
    """New tasks of four seats each, and every rule kept in the end."""
    await post_tasks(url, 4)
    async with Crowd.of(url, 1) as crowd:
        yield crowd
        await crowd.settle()
        assert await broken(url) == {}


def member(crowd: Crowd, number: int) -> Caller:
    return Caller(crowd.people[number], is_helper=True)


async def hold(connection: Connection, crowd: Crowd, leader: int, heads: int) -> UUID:
    caller = member(crowd, leader)
    form = PledgeIn(team_id=crowd.teams[caller.id], heads=heads)
    return await holding.pledge(connection, caller, crowd.task_ids[0], form)


async def held(crowd: Crowd, leader: int, heads: int) -> UUID:
    async with crowd.database.transaction() as connection:
        return await hold(connection, crowd, leader, heads)


async def name_second(connection: Connection, crowd: Crowd, pledge_id: UUID) -> None:
    """Have the first leader name the other one of the team."""
    leader = member(crowd, 0)
    _, place = await connection.fetch(PLACES_IN, crowd.teams[leader.id])
    await naming.name(connection, crowd.terms, leader, pledge_id, [place["id"]])


async def second(crowd: Crowd, act: Callable[[Connection], Awaitable[object]]) -> None:
    """Do something in a transaction of its own."""
    async with crowd.database.transaction() as connection:
        await act(connection)


async def state(crowd: Crowd, pledge_id: UUID) -> tuple[str, int, int]:
    """Return what became of a pledge, how many it named, and how many seats of its task are taken."""
    row = await crowd.database.reads.fetchrow(
        "SELECT p.status, p.named, t.seats_taken FROM pledge p JOIN task t ON t.id = p.task_id WHERE p.id = $1",
        pledge_id,
    )
    assert row is not None
    return row["status"], row["named"], row["seats_taken"]


async def test_two_leaders_and_a_single_person_want_the_last_seats(crowd: Crowd):
    async with crowd.database.transaction() as first:
        pledge_id = await hold(first, crowd, 0, 3)
        other = asyncio.create_task(held(crowd, 1, 2))
        single = asyncio.create_task(
            second(crowd, lambda connection: claims.take(connection, crowd.terms, member(crowd, 7), crowd.task_ids[0]))
        )
        await wait_until_blocked(crowd.database)
    with pytest.raises(Problem, match=r"seats-too-few|task-full"):
        await other
    await single
    assert await state(crowd, pledge_id) == ("held", 0, 4)


async def test_of_naming_and_withdrawing_the_second_finds_what_the_first_did(crowd: Crowd):
    pledge_id = await held(crowd, 0, 3)
    withdraw = lambda connection: holding.withdraw(connection, crowd.terms, member(crowd, 0), pledge_id)  # noqa: E731
    async with crowd.database.transaction() as naming_one:
        await name_second(naming_one, crowd, pledge_id)
        other = asyncio.create_task(second(crowd, withdraw))
        await wait_until_blocked(crowd.database)
    await other
    assert await state(crowd, pledge_id) == ("withdrawn", 1, 1)

    pledge_id = await held(crowd, 0, 3)
    async with crowd.database.transaction() as withdrawing:
        await holding.withdraw(withdrawing, crowd.terms, member(crowd, 0), pledge_id)
        claiming = lambda connection: naming.claim(connection, crowd.terms, member(crowd, 0), pledge_id)  # noqa: E731
        other = asyncio.create_task(second(crowd, claiming))
        await wait_until_blocked(crowd.database)
    with pytest.raises(Problem, match="state-conflict"):
        await other
    assert await state(crowd, pledge_id) == ("withdrawn", 0, 1)


async def test_a_seat_that_comes_back_while_the_pledge_ends_is_free(crowd: Crowd):
    pledge_id = await held(crowd, 0, 2)
    async with crowd.database.transaction() as connection:
        claim_id = await naming.claim(connection, crowd.terms, member(crowd, 0), pledge_id)
    async with crowd.database.transaction() as withdrawing:
        await holding.withdraw(withdrawing, crowd.terms, member(crowd, 0), pledge_id)
        release = lambda connection: claims.release(connection, crowd.terms, member(crowd, 0), claim_id)  # noqa: E731
        other = asyncio.create_task(second(crowd, release))
        await wait_until_blocked(crowd.database)
    await other
    assert await state(crowd, pledge_id) == ("withdrawn", 0, 0)


async def test_a_team_is_dissolved_after_what_it_pledges_or_before(crowd: Crowd):
    leader = member(crowd, 1)
    team_id = crowd.teams[leader.id]
    dissolve = lambda connection: teams.dissolve(connection, crowd.terms, leader, team_id, "散了。")  # noqa: E731
    async with crowd.database.transaction() as pledging:
        pledge_id = await hold(pledging, crowd, 1, 2)
        other = asyncio.create_task(second(crowd, dissolve))
        await wait_until_blocked(crowd.database)
    await other
    assert await state(crowd, pledge_id) == ("ended", 0, 0)
    leader = member(crowd, 0)
    async with crowd.database.transaction() as dissolving:
        await teams.dissolve(dissolving, crowd.terms, leader, crowd.teams[leader.id], "散了。")
        late = asyncio.create_task(held(crowd, 0, 2))
        await wait_until_blocked(crowd.database)
    with pytest.raises(Problem, match="group-unknown"):
        await late
