"""History keeps the order in which things happened, whoever had to wait for whom (I7)."""

import asyncio
import itertools

from asyncpg import Record

from app.core.db import Database
from app.domain.lifecycle import Party
from app.domain.lifecycles import WISH
from app.services import transitions, wishes
from app.services.transitions import Mover
from tests.factories import REWARD_POINTS, World

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
HISTORY = "SELECT action, from_state, to_state FROM event WHERE subject_id = $1 ORDER BY created_at, id"


async def until_somebody_waits(database: Database) -> None:
    """Return once a statement waits for a lock that another transaction holds."""
    for _ in range(2000):
        if await database.reads.fetchval(WAITING):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


def assert_chained(history: list[Record]) -> None:
    for earlier, later in itertools.pairwise(history):
        assert later["from_state"] == earlier["to_state"]


async def test_a_withdrawal_that_waited_for_the_content_check_comes_after_it(world: World, database: Database):
    author = await world.person()
    wish_id = await world.wish(author, "checking")
    async with database.transaction() as connection:
        await connection.execute("SELECT FROM wish WHERE id = $1 FOR UPDATE", wish_id)
        waiting = asyncio.create_task(world.api.post(f"/v1/wishes/{wish_id}/withdraw", author))
        await until_somebody_waits(database)
        await transitions.move(connection, WISH, wish_id, "hold_check", transitions.SYSTEM)
    assert (await waiting).json()["status"] == "withdrawn"
    history = await database.reads.fetch(HISTORY, wish_id)
    assert [row["action"] for row in history] == ["create", "hold_check", "withdraw"]
    assert_chained(history)


async def test_a_withdrawal_that_waited_for_the_approval_leaves_no_open_task(world: World, database: Database):
    author = await world.person()
    wish_id = await world.wish(author, "reviewing")
    async with database.transaction() as connection:
        await wishes.publish(connection, wish_id, "approve", Mover(Party.STAFF, world.staff.id), REWARD_POINTS)
        waiting = asyncio.create_task(world.api.post(f"/v1/wishes/{wish_id}/withdraw", author))
        await until_somebody_waits(database)
    answer = await waiting
    states = await database.reads.fetchrow(
        "SELECT w.status, t.status FROM wish w JOIN task t ON t.wish_id = w.id WHERE w.id = $1", wish_id
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict")
    assert tuple(states or ()) == ("published", "open")
    again = await world.api.post(f"/v1/wishes/{wish_id}/withdraw", author)
    assert again.json()["status"] == "withdrawn"
    assert await database.reads.fetchval("SELECT status FROM task WHERE wish_id = $1", wish_id) == "cancelled"
