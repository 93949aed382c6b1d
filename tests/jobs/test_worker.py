"""The worker as a process of its own: it works, ends when asked, and what it left half done is done by the next."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from pgqueuer.errors import FailingListenerError
from pgqueuer.models import HealthCheckEvent

from app.core import clock
from app.core.clock import now
from app.core.db import Database
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.domain.message_kinds import MessageKind
from app.jobs import wechat_sweeps
from app.jobs.handlers import Parts
from app.jobs.schedules import SWEEPS
from app.jobs.worker import drain, forgive_first, wire
from app.services import ringing
from tests.core.service import running_app, running_process, settings_for
from tests.factories import World
from tests.patience import STARTS_S, until
from tests.people import Person
from tests.ringing import CALL_OUT, SEND, start, statuses, subscriber, tell
from tests.wechat.server import count_calls, order_fault

CHECK = "/wxa/msg_sec_check"
JOBS = "SELECT status::text, attempts FROM pgqueuer WHERE payload = $1"


@pytest.fixture(scope="module")
def worker_settings(server_url: str, template_database: str, simulator_url: str) -> Iterator[Settings]:
    """A database of the worker's own, so that nothing else takes its jobs."""
    with scratch_database(server_url, template=template_database) as url:
        yield settings_for(url, simulator_url, log_level="INFO", log_format="json")


@dataclass
class Workshop:
    """The service whose jobs the worker does, and what the worker wrote."""

    world: World
    settings: Settings
    parts: Parts
    written: Path

    @property
    def database(self) -> Database:
        return self.world.database

    async def post(self, author: Person) -> UUID:
        form = {"area_id": str(self.world.grid.id), "category": "other", "title": "换灯泡", "body": "厨房的灯坏了。"}
        return UUID((await self.world.api.post("/v1/wishes", author, form)).json()["id"])

    async def status(self, wish_id: UUID) -> str:
        return str(await self.database.reads.fetchval("SELECT status FROM wish WHERE id = $1", wish_id))

    async def job(self, wish_id: UUID) -> tuple[str, int] | None:
        row = await self.database.reads.fetchrow(JOBS, str(wish_id).encode())
        return (row["status"], row["attempts"]) if row else None

    async def drain(self) -> None:
        """Do what is in the queue, in this process."""
        async with asyncpg.create_pool(self.settings.require_database_url(), min_size=1, max_size=3) as pool:
            await drain(pool, self.parts)


@pytest.fixture
async def workshop(worker_settings: Settings, tmp_path: Path) -> AsyncIterator[Workshop]:
    async with running_app(worker_settings) as (app, api):
        database = app.state.database
        world = await World.make(database, api, worker_settings)
        yield Workshop(world, worker_settings, Parts(database, app.state.wechat, worker_settings), tmp_path / "log")


async def test_it_does_the_jobs_says_that_it_lives_and_ends_when_asked(workshop: Workshop):
    api, author = workshop.world.api, await workshop.world.visitor()
    before = await workshop.post(author)
    assert (await api.get("/readyz")).json()["jobs"] != "ok"
    with running_process("worker", workshop.settings, workshop.written) as process:
        await until(lambda: is_(workshop.status(before), "reviewing"), "a job from before is done")
        after = await workshop.post(author)
        await until(lambda: is_(workshop.status(after), "reviewing"), "a job ordered meanwhile is done", seconds=3)
        assert (await api.get("/readyz")).json()["jobs"] == "ok"
        schedules = await workshop.database.reads.fetchval("SELECT count(*) FROM pgqueuer_schedules")
        assert schedules == len(SWEEPS)
        assert await workshop.database.reads.fetchval("SELECT count(*) FROM calendar_edition") > 0
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 0
    written = workshop.written.read_text()
    assert "worker ready" in written
    assert "Traceback" not in written
    assert "error" not in written.lower(), written
    assert await workshop.database.reads.fetchval("SELECT count(*) FROM worker_heartbeat") == 0
    assert await workshop.job(before) is None


async def is_(found: Awaitable[object], expected: object) -> bool:
    return await found == expected


async def test_asked_to_end_it_finishes_the_job_at_hand(workshop: Workshop):
    wish_id = await workshop.post(await workshop.world.visitor())
    order_fault(workshop.settings.wechat_base_url, CHECK, delay_s=2)
    with running_process("worker", workshop.settings, workshop.written) as process:
        await until(lambda: is_picked(workshop, wish_id), "the job is at hand")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 0
    assert await workshop.status(wish_id) == "reviewing"
    assert await workshop.job(wish_id) is None


async def is_picked(workshop: Workshop, wish_id: UUID) -> bool:
    job = await workshop.job(wish_id)
    return job is not None and job[0] == "picked"


async def test_killed_in_the_middle_of_a_job_the_next_one_does_it(workshop: Workshop):
    wish_id = await workshop.post(await workshop.world.visitor())
    order_fault(workshop.settings.wechat_base_url, CHECK, delay_s=3)
    with running_process("worker", workshop.settings, workshop.written) as process:
        await until(lambda: is_picked(workshop, wish_id), "the job is at hand")
        process.kill()
        process.wait()
    assert await workshop.status(wish_id) == "checking", "nothing of it has happened"
    assert await is_picked(workshop, wish_id), "the job is still there"
    await workshop.drain()
    assert await workshop.status(wish_id) == "checking", "its worker might still live"
    await workshop.database.writes.execute("UPDATE pgqueuer SET heartbeat = heartbeat - interval '31 seconds'")
    await workshop.drain()
    assert await workshop.status(wish_id) == "reviewing"
    assert await workshop.job(wish_id) is None
    events = await workshop.database.reads.fetchval("SELECT count(*) FROM event WHERE subject_id = $1", wish_id)
    assert events == 2


async def test_killed_between_the_commit_and_the_note_that_it_is_done_nothing_happens_twice(workshop: Workshop):
    """The job is in the queue again though its work was committed."""
    wish_id = await workshop.post(await workshop.world.visitor())
    row = await workshop.database.reads.fetchrow(
        "SELECT entrypoint, payload FROM pgqueuer WHERE payload = $1", str(wish_id).encode()
    )
    assert row is not None
    await workshop.drain()
    await workshop.database.writes.execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, payload, heartbeat) "
        "VALUES (0, 'picked', $1, $2, now() - interval '1 minute')",
        *row,
    )
    await workshop.drain()
    assert await workshop.job(wish_id) is None
    events = await workshop.database.reads.fetchval("SELECT count(*) FROM event WHERE subject_id = $1", wish_id)
    assert events == 2


async def test_without_its_database_it_ends_with_a_sentence(workshop: Workshop, server_url: str):
    name = await workshop.database.reads.fetchval("SELECT current_database()")
    server = await asyncpg.connect(server_url)
    with running_process("worker", workshop.settings, workshop.written) as process:
        await until(lambda: is_live(workshop), "the worker says that it lives")
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        status = await asyncio.to_thread(process.wait, 30)
    await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    await server.close()
    assert status == 1
    written = workshop.written.read_text()
    assert "worker stopped" in written
    assert "Traceback" not in written


async def is_live(workshop: Workshop) -> bool:
    return bool(await workshop.database.reads.fetchval("SELECT count(*) FROM worker_heartbeat"))


class TestListener:
    """The library's first probe goes out beside its LISTEN, so one that nobody heard is no reason to end."""

    async def ask(self, *heard: bool) -> int:
        """Ask until the answers run out; return how often the listener was given up."""
        answers, given_up = list(heard), 0

        async def probe(*, timeout: timedelta) -> HealthCheckEvent:  # noqa: ASYNC109 - as the library calls it
            assert timeout == timedelta(seconds=10)
            if not answers.pop(0):
                raise FailingListenerError
            return HealthCheckEvent(channel="ch", sent_at=now(), type="health_check_event", id=uuid4())

        asks = forgive_first(probe)
        while answers:
            try:
                await asks(timeout=timedelta(seconds=10))
            except FailingListenerError:
                given_up += 1
        return given_up

    async def test_the_first_probe_may_be_lost(self):
        assert await self.ask(True, True) == 0
        assert await self.ask(False, True, True) == 0

    async def test_two_in_a_row_or_a_later_one_may_not(self):
        assert await self.ask(False, False) == 1
        assert await self.ask(True, False) == 1
        assert await self.ask(False, True, False) == 1

    async def test_the_worker_asks_so(self, workshop: Workshop):
        async with asyncpg.create_pool(workshop.settings.require_database_url(), min_size=1, max_size=3) as pool:
            asks = wire(pool, workshop.parts).qm.listener_healthy
        assert asks.__qualname__.startswith(forgive_first.__qualname__)


async def test_a_message_whose_worker_is_killed_amid_the_call_is_not_sent_again(workshop: Workshop):
    world, url = workshop.world, workshop.settings.wechat_base_url
    await start(workshop.database)
    cut_off, next_one = await subscriber(world, CALL_OUT), await subscriber(world, CALL_OUT)
    order_fault(url, SEND, delay_s=STARTS_S)
    calls = count_calls(url, SEND)
    with running_process("worker", workshop.settings, workshop.written) as process:
        await tell(world, cut_off, kind=MessageKind.CALL_OUT)

        async def is_called() -> bool:
            return count_calls(url, SEND) > calls

        await until(is_called, "the call")
        process.kill()
        process.wait()
    assert await statuses(workshop.database, cut_off) == ["sending"]
    await tell(world, cut_off, next_one, kind=MessageKind.CALL_OUT)
    await workshop.drain()
    assert await statuses(workshop.database, next_one) == ["sent"], "nobody else waits"
    assert (await statuses(workshop.database, cut_off))[0] == "sending"
    with clock.at(now() + ringing.PATIENCE * 2):
        await wechat_sweeps.ring_waiting(workshop.parts)
        await wechat_sweeps.ring_waiting(workshop.parts)
    assert await statuses(workshop.database, cut_off) == ["unknown"], "its credit may be spent: a second is not taken"
    assert count_calls(url, SEND) == calls + 2
