"""Changes of the tree at the same time as everything else: what is closed gets nothing, and nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from app.core.db import Database
from app.core.ids import new_id
from app.core.settings import Settings
from tests.factories import World

CLOSE = "UPDATE area SET closed_at = clock_timestamp() WHERE id = $1"
UNIT = "INSERT INTO unit (id, area_id, kind, name) VALUES ($1, $2, 'government', '派出所')"
POST = """
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required)
    SELECT $1, id, 'post', '一号楼', lineage || $1::uuid, true FROM area WHERE id = $2
"""
IS_WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)"


@pytest.fixture
async def connect(settings: Settings) -> Callable[[], Awaitable[asyncpg.Connection]]:
    async def open_one() -> asyncpg.Connection:
        return await asyncpg.connect(settings.require_database_url())

    return open_one


async def wait_until_blocked(database: Database, connection: asyncpg.Connection) -> None:
    """Return once the connection waits for a lock."""
    for _ in range(500):
        if await database.reads.fetchval(IS_WAITING, connection.get_server_pid()):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


class TestClosing:
    @pytest.mark.parametrize("statement", [UNIT, POST], ids=["unit", "area"])
    async def test_whoever_comes_while_it_is_closed_waits_and_is_refused(
        self,
        world: World,
        database: Database,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        statement: str,
    ):
        closer, comer = await connect(), await connect()
        try:
            async with closer.transaction():
                await closer.execute(CLOSE, world.grid.id)
                coming = asyncio.create_task(comer.execute(statement, new_id(), world.grid.id))
                await wait_until_blocked(database, comer)
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await coming
            assert refused.value.constraint_name == "area_open"
        finally:
            await closer.close()
            await comer.close()

    async def test_whoever_closes_waits_for_those_who_came_and_sees_them(
        self, world: World, database: Database, connect: Callable[[], Awaitable[asyncpg.Connection]]
    ):
        closer, comer = await connect(), await connect()
        try:
            async with comer.transaction():
                await comer.execute(POST, new_id(), world.grid.id)
                closing = asyncio.create_task(closer.execute(CLOSE, world.grid.id))
                await wait_until_blocked(database, closer)
            with pytest.raises(asyncpg.RestrictViolationError):
                await closing
        finally:
            await closer.close()
            await comer.close()

    async def test_those_who_come_do_not_wait_for_each_other_nor_for_other_changes(
        self, world: World, connect: Callable[[], Awaitable[asyncpg.Connection]]
    ):
        """A policy's version and a joint case lock the area as well: nobody has to wait for that."""
        holder, comer = await connect(), await connect()
        try:
            async with holder.transaction():
                await holder.execute("SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE", world.grid.id)
                await holder.execute(UNIT, new_id(), world.grid.id)
                await comer.execute("SET lock_timeout = '1s'")
                await comer.execute(POST, new_id(), world.grid.id)
        finally:
            await holder.close()
            await comer.close()
