"""Two workers ring at the same time: each message once, each user one at a time, nobody kept waiting by another."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.core import clock
from app.core.db import Database
from app.core.settings import Settings
from app.domain.lifecycles import RING
from app.services import ringing, transitions
from app.services.transitions import SYSTEM
from app.wechat.client import WeChat
from app.wechat.errors import WeChatUnreachable
from tests.factories import World
from tests.patience import until
from tests.ringing import (
    CALL_OUT,
    SEND,
    SHIPPED,
    TASK,
    credits_of,
    heard,
    here,
    rings,
    start,
    statuses,
    subscriber,
    tell,
)
from tests.wechat.server import APPID, SECRET, count_calls, order_fault

PEOPLE, MESSAGES = 12, 4
Workers = list[tuple[Database, WeChat]]


@pytest.fixture
async def workers(database: Database, settings: Settings, faulty_wechat: str) -> AsyncIterator[Workers]:
    """Two of them, each with connections and a client of its own."""
    await start(database)
    made = [
        (Database(settings.require_database_url(), settings), WeChat(faulty_wechat, APPID, SECRET)) for _ in range(2)
    ]
    yield made
    for own, client in made:
        await client.aclose()
        own.close()


async def ring(workers: Workers) -> None:
    with clock.at(here(12, 5)):
        await asyncio.gather(*(ringing.ring_due(database, wechat, SHIPPED) for database, wechat in workers))


async def test_every_message_comes_once_and_nobody_is_rung_twice_at_a_time(
    world: World, workers: Workers, faulty_wechat: str
):
    people = [await subscriber(world, TASK, CALL_OUT, times=MESSAGES) for _ in range(PEOPLE)]
    with clock.at(here(12)):
        for _ in range(MESSAGES):
            await tell(world, *people)
    before = count_calls(faulty_wechat, SEND)
    await ring(workers)
    for person in people:
        rows = await rings(world.database, person)
        assert [(row["status"], row["tries"], row["errcode"]) for row in rows] == [("sent", 1, None)] * MESSAGES
        pages = [message["page"] for message in heard(faulty_wechat, person)]
        assert sorted(pages) == sorted(f"pages/messages/index?id={row['id']}" for row in rows)
    assert count_calls(faulty_wechat, SEND) - before == PEOPLE * MESSAGES, "43108 would have meant more"


async def test_whoever_is_slow_to_ring_keeps_nobody_else_waiting(world: World, workers: Workers, faulty_wechat: str):
    slow, *others = [await subscriber(world, TASK, times=2) for _ in range(6)]

    async def is_slow() -> bool:
        return await statuses(world.database, slow) == ["sending"]

    async def are_rung() -> bool:
        return [await statuses(world.database, person) for person in others] == [["sent"]] * len(others)

    with clock.at(here(12)):
        await tell(world, slow)
    order_fault(faulty_wechat, SEND, delay_s=4)
    slow_round = asyncio.create_task(ring(workers[:1]))
    await until(is_slow, "the slow call")
    with clock.at(here(12)):
        await tell(world, slow, *others)
    await ring(workers[1:])
    await until(are_rung, "the others")
    assert await statuses(world.database, slow) == ["sending", "waiting"]
    await slow_round
    assert await statuses(world.database, slow) == ["sent", "sent"]
    assert len(heard(faulty_wechat, slow)) == 2


async def test_putting_a_ring_back_does_not_lock_up_with_taking_the_next(world: World, workers: Workers):
    """WeChat left alone fails at once, so one lane puts a ring back while another takes the same user's next."""
    person = await subscriber(world, TASK, times=2)
    with clock.at(here(12)):
        await tell(world, person)
        await tell(world, person)
        database, other = workers[0][0], workers[1][0]
        async with database.transaction() as connection:
            row = await connection.fetchrow(ringing.FIND_NEXT, clock.now())
            taken = await ringing._take(connection, SHIPPED, row)
        assert taken is not None
        waiting = next(row for row in await rings(world.database, person) if row["id"] != taken.id)

        async def put_back() -> None:
            async with other.transaction() as connection:
                await ringing._settle_refusal(connection, taken, WeChatUnreachable(reason="left alone"))

        async def is_stopped() -> bool:
            return bool(await world.database.reads.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

        async def take_next() -> None:
            async with database.transaction() as connection:
                await connection.fetchval(ringing.SPEND, person.id, TASK, 1)
                settling.append(asyncio.create_task(put_back()))
                await until(is_stopped, "the other lane at the credit")
                await transitions.move(connection, RING, waiting["id"], "take", SYSTEM)

        settling: list[asyncio.Task[None]] = []
        with pytest.raises(asyncpg.UniqueViolationError):
            await take_next()
        await settling[0]
    assert await statuses(world.database, person) == ["waiting", "waiting"]
    assert await credits_of(world.database, person) == 2
