"""A job exists if and only if the transaction that ordered it committed (I11)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.core import clock, queue
from app.core.db import Database
from app.core.ids import new_id
from app.jobs import handlers
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World

COUNT = "SELECT count(*) FROM pgqueuer WHERE payload = $1"
CHECK = "check_wish"


class RefusedError(Exception):
    """What a use case raises after it has ordered a job."""


async def count_jobs(database: Database, subject_id: UUID | str) -> int:
    return int(await database.reads.fetchval(COUNT, str(subject_id).encode()))


async def test_a_commit_leaves_exactly_one_job(database: Database):
    subject_id = new_id()
    async with database.transaction() as connection:
        await queue.order(connection, CHECK, subject_id)
        assert await count_jobs(database, subject_id) == 0, "nobody sees it before the commit"
    assert await count_jobs(database, subject_id) == 1


async def test_a_rollback_leaves_no_job_though_it_was_the_first_statement(database: Database):
    subject_id = new_id()
    with pytest.raises(RefusedError):
        await order_and_fail(database, subject_id, "SELECT 1", is_first=True)
    assert await count_jobs(database, subject_id) == 0


@pytest.mark.parametrize("before", ["SELECT 1", "UPDATE area SET name = name WHERE false"])
async def test_a_rollback_leaves_no_job_after_other_statements(database: Database, before: str):
    subject_id = new_id()
    with pytest.raises(RefusedError):
        await order_and_fail(database, subject_id, before, is_first=False)
    assert await count_jobs(database, subject_id) == 0


async def order_and_fail(database: Database, subject_id: UUID, before: str, *, is_first: bool) -> None:
    async with database.transaction() as connection:
        if not is_first:
            await connection.execute(before)
        await queue.order(connection, CHECK, subject_id)
        raise RefusedError


async def test_a_statement_that_fails_leaves_no_job(database: Database):
    subject_id = new_id()
    with pytest.raises(Exception, match="division by zero"):
        await order_and_divide(database, subject_id)
    assert await count_jobs(database, subject_id) == 0


async def order_and_divide(database: Database, subject_id: UUID) -> None:
    async with database.transaction() as connection:
        await queue.order(connection, CHECK, subject_id)
        await connection.execute("SELECT 1 / 0")


async def test_an_order_outside_a_transaction_is_refused(database: Database):
    subject_id = new_id()
    connection = await database.writes.borrow()
    with pytest.raises(RuntimeError, match="outside a transaction"):
        await queue.order(connection, CHECK, subject_id)
    database.writes.give_back(connection, is_whole=True)
    assert await count_jobs(database, subject_id) == 0


async def test_two_orders_of_one_transaction_are_both_there(database: Database):
    first, second = new_id(), new_id()
    async with database.transaction() as connection:
        await queue.order(connection, CHECK, first)
        await queue.order(connection, CHECK, second)
    assert [await count_jobs(database, first), await count_jobs(database, second)] == [1, 1]


class TestThroughTheApi:
    async def test_a_posted_wish_has_one_job(self, api: ApiClient, world: World, database: Database):
        form = {"area_id": str(world.grid.id), "category": "other", "title": "题", "body": "文"}
        posted = await api.post("/v1/wishes", await world.person(), form)
        assert await count_jobs(database, posted.json()["id"]) == 1

    async def test_a_refused_wish_has_none(self, api: ApiClient, world: World, database: Database):
        before = await database.reads.fetchval("SELECT count(*) FROM pgqueuer")
        form = {"area_id": str(uuid4()), "category": "other", "title": "题", "body": "文"}
        refused = await api.post("/v1/wishes", await world.person(), form)
        assert refused.status_code == 422
        assert await database.reads.fetchval("SELECT count(*) FROM pgqueuer") == before

    async def test_a_chosen_name_has_one_job(self, api: ApiClient, world: World, database: Database):
        person = await world.person()
        await api.put("/v1/me", person, {"nickname": "老王"})
        assert await count_jobs(database, person.id) == 1


async def test_what_became_of_jobs_is_forgotten_after_two_weeks(database: Database, jobs: Jobs):
    subject_id = new_id()
    async with database.transaction() as connection:
        await queue.order(connection, CHECK, subject_id)
    await jobs.drain()
    for days, left in ((13, True), (15, False)):
        with clock.at(clock.now() + timedelta(days=days)):
            await handlers.forget_jobs(jobs.parts)
        assert await database.reads.fetchval("SELECT count(*) > 0 FROM pgqueuer_log") is left
