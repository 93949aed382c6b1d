"""The unit of work: raising rolls back, the commit comes before the answer, and a lost connection is never a 500."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.core.ids import new_id
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from tests.core.service import running_app, settings_for
from tests.factories import World
from tests.people import Person

INSERT_AREA = """
    INSERT INTO area (id, kind, name, lineage, is_wish_review_required)
    VALUES ($1, 'district', $2, ARRAY[$1::uuid], true)
"""
FIND_AREA = "SELECT name FROM area WHERE id = $1"


class RefusedError(Exception):
    """Raised inside a unit of work."""


async def insert_area(database: Database, area_id: UUID, *, then: BaseException | None = None) -> None:
    async with database.transaction() as connection:
        assert connection.is_in_transaction(), "it has begun before anything was sent"
        await connection.execute(INSERT_AREA, area_id, f"区{area_id.hex[-8:]}")
        assert await database.reads.fetchval(FIND_AREA, area_id) is None, "nobody sees it before the commit"
        if then is not None:
            raise then


class TestTransaction:
    async def test_returning_commits(self, database: Database):
        area_id = new_id()
        await insert_area(database, area_id)
        assert await database.reads.fetchval(FIND_AREA, area_id)

    @pytest.mark.parametrize("error", [RefusedError(), asyncio.CancelledError(), KeyboardInterrupt()])
    async def test_raising_rolls_back(self, database: Database, error: BaseException):
        area_id = new_id()
        with pytest.raises(type(error)):
            await insert_area(database, area_id, then=error)
        assert await database.reads.fetchval(FIND_AREA, area_id) is None

    async def test_statements_and_waits_end_in_time(self, database: Database):
        async with database.transaction() as connection:
            for name, expected in (("statement_timeout", "5s"), ("lock_timeout", "2s"), ("synchronous_commit", "on")):
                assert await connection.fetchval(f"SHOW {name}") == expected
                assert await database.reads.fetchval(f"SHOW {name}") == expected
            assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "10s"


@pytest.fixture(scope="module")
def own_settings(server_url: str, template_database: str, simulator_url: str) -> Iterator[Settings]:
    """A database that can be hurt without hurting other tests."""
    with scratch_database(server_url, template=template_database) as url:
        yield settings_for(url, simulator_url, database_pool_size=4, database_read_pool_size=4)


@pytest.fixture
async def hurt(own_settings: Settings) -> AsyncIterator[World]:
    """A service of its own, with a district in it."""
    async with running_app(own_settings) as (app, api):
        yield await World.make(app.state.database, api, own_settings)


@pytest.fixture
async def surgeon(own_settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is not the service's."""
    connection = await asyncpg.connect(own_settings.require_database_url())
    yield connection
    await connection.close()


async def send(
    world: World, method: str, path: str, person: Person, form: object = None, key: str = ""
) -> httpx.Response:
    """Send without holding the answer against the document, which promises no 500."""
    headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": key or uuid4().hex}
    return await world.api.client.request(method, path, json=form, headers=headers)


def wish_form(world: World, title: str = "换灯泡") -> dict[str, Any]:
    return {"area_id": str(world.grid.id), "category": "other", "title": title, "body": "厨房的灯坏了。"}


REFUSE_LATE = """
    CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'too late' USING ERRCODE = 'integrity_constraint_violation'; END $$;
    CREATE CONSTRAINT TRIGGER refuse_late AFTER INSERT ON wish DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.title = '提交时拒绝') EXECUTE FUNCTION refuse_late();
    CREATE CONSTRAINT TRIGGER refuse_late AFTER UPDATE ON "user" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.pending_nickname = '提交时拒绝') EXECUTE FUNCTION refuse_late();
"""


class TestCommit:
    @pytest.fixture
    async def refusing(self, hurt: World, surgeon: asyncpg.Connection) -> AsyncIterator[World]:
        """A database that refuses some rows, but only at the commit."""
        await surgeon.execute(REFUSE_LATE)
        yield hurt
        await surgeon.execute("DROP FUNCTION refuse_late CASCADE")

    async def test_a_write_whose_commit_fails_is_not_answered_with_success(self, refusing: World):
        author, key = await refusing.person(), uuid4().hex
        answer = await send(refusing, "POST", "/v1/wishes", author, wish_form(refusing, "提交时拒绝"), key)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        reads = refusing.database.reads
        assert await reads.fetchval("SELECT count(*) FROM wish WHERE author_id = $1", author.id) == 0
        assert await reads.fetchval("SELECT count(*) FROM pgqueuer") == 0
        assert await reads.fetchval("SELECT count(*) FROM idempotency_key WHERE caller_id = $1", author.id) == 0
        again = await send(refusing, "POST", "/v1/wishes", author, wish_form(refusing), key)
        assert again.status_code == 201, "the key of a fault is free"

    async def test_so_for_writes_without_a_key(self, refusing: World):
        person = await refusing.person()
        answer = await send(refusing, "PUT", "/v1/me", person, {"nickname": "提交时拒绝"})
        assert answer.status_code == 500
        assert (await refusing.api.get("/v1/me", person)).json()["pending_nickname"] is None


KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> $1"
KILL_WAITING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def kill_all(surgeon: asyncpg.Connection) -> int:
    return len(await surgeon.fetch(KILL, surgeon.get_server_pid()))


class TestLostConnections:
    async def test_after_all_are_killed_requests_succeed_or_are_told_to_come_again(
        self, hurt: World, surgeon: asyncpg.Connection
    ):
        author = await hurt.person()
        told: Counter[int] = Counter()
        for _ in range(3):
            await self.crowd(hurt, author)
            assert await kill_all(surgeon) >= 4, "both pools had connections"
            for answer in await self.crowd(hurt, author):
                told[answer.status_code] += 1
                if answer.status_code == 503:
                    assert answer.json()["code"] == "service-unavailable"
                    assert int(answer.headers["Retry-After"]) >= 1
            for answer in await self.crowd(hurt, author):
                assert answer.status_code in {200, 201}, "it has recovered"
        assert set(told) <= {200, 201, 503}, told

    async def crowd(self, world: World, author: Person) -> list[httpx.Response]:
        """Use every connection of both pools at once."""
        feed = f"/v1/wishes?area_id={world.district.id}"
        return await asyncio.gather(
            *[send(world, "GET", feed, author) for _ in range(8)],
            *[send(world, "POST", "/v1/wishes", author, wish_form(world)) for _ in range(8)],
            *[send(world, "PUT", "/v1/me", author, {"nickname": "老王"}) for _ in range(4)],
        )

    async def test_one_killed_in_the_middle_of_a_write_has_happened_not_at_all(
        self, hurt: World, surgeon: asyncpg.Connection
    ):
        holder, key = await hurt.helper(points=5), uuid4().hex
        offer = await hurt.offer(await hurt.shop(await hurt.person()), points=5)
        path = f"/v1/offers/{offer}/vouchers"
        async with surgeon.transaction():
            await surgeon.execute("SELECT FROM offer WHERE id = $1 FOR UPDATE", offer)
            waiting = asyncio.create_task(send(hurt, "POST", path, holder, None, key))
            for _ in range(2000):
                if await surgeon.fetch(KILL_WAITING):
                    break
                await asyncio.sleep(0.01)
            answer = await waiting
        assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
        assert (await hurt.api.get("/v1/me/vouchers", holder)).json()["items"] == []
        again = await send(hurt, "POST", path, holder, None, key)
        assert again.status_code == 201
        assert "Idempotent-Replayed" not in again.headers

    async def test_a_lock_that_is_not_given_in_time_is_no_fault(self, hurt: World, surgeon: asyncpg.Connection):
        holder = await hurt.helper(points=5)
        offer = await hurt.offer(await hurt.shop(await hurt.person()), points=5)
        async with surgeon.transaction():
            await surgeon.execute("SELECT FROM offer WHERE id = $1 FOR UPDATE", offer)
            answer = await send(hurt, "POST", f"/v1/offers/{offer}/vouchers", holder)
        assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")

    async def test_when_every_connection_is_taken_a_write_is_told_to_come_again(self, hurt: World):
        author = await hurt.person()
        held = [await hurt.database.writes.borrow() for _ in range(4)]
        answer = await send(hurt, "POST", "/v1/wishes", author, wish_form(hurt))
        assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
        for connection in held:
            hurt.database.writes.give_back(connection, is_whole=True)
        assert (await send(hurt, "POST", "/v1/wishes", author, wish_form(hurt))).status_code == 201
