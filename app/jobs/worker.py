"""The worker process: takes jobs from the queue and keeps the schedules."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.errors import FailingListenerError
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import HealthCheckEvent, Job, Schedule
from pgqueuer.types import QueueExecutionMode

from app.core.db import CONNECT_TIMEOUT_S, WRITE_SETTINGS, Database
from app.core.ids import new_id
from app.core.settings import Settings
from app.jobs.handlers import Parts, give_back_vouchers_of_shop, place_complaint_texts
from app.jobs.schedules import SWEEPS
from app.jobs.wechat_sweeps import end_leaving, ring_due
from app.services import calendars, pushes, subscriptions
from app.services.area_changes.complaints import PLACE_TEXTS
from app.services.complaints.handling import CHECK_ANSWER
from app.services.complaints.posting import CHECK_COMPLAINT
from app.services.content_checks import things, words
from app.services.content_checks.asking import CHECK_WORDS
from app.services.content_checks.judging import Judge, sieve_of
from app.services.errands.asking import CHECK_ERRAND
from app.services.imports import applying, checking
from app.services.imports.steps import APPLY_IMPORT, CHECK_IMPORT
from app.services.leaving import END_LEAVING
from app.services.lending import drawing
from app.services.lending.plans import DRAW_UP
from app.services.media import checks as media_checks
from app.services.media import removing
from app.services.media.intake import CHECK_MEDIA
from app.services.media.links import Links
from app.services.media.removing import DELETE_FILES
from app.services.merchants import GIVE_BACK_VOUCHERS
from app.services.offers import CHECK_OFFER
from app.services.posted_tasks import CHECK_TASK
from app.services.push_inbox import TAKE_PUSH
from app.services.ringing import RING_DUE
from app.services.task_series import CHECK_SERIES
from app.services.users import CHECK_NICKNAME
from app.services.wishes import CHECK_WISH
from app.wechat.client import WeChat

log = structlog.get_logger(__name__)

Probe = Callable[..., Awaitable[HealthCheckEvent]]

HEARTBEAT_S = 5
POLL = timedelta(seconds=5)
"""How long to wait for word of a new job before looking; also how soon a lost connection that listens is noticed."""
BEAT = """
    INSERT INTO worker_heartbeat (worker_id, seen_at) VALUES ($1, now())
    ON CONFLICT (worker_id) DO UPDATE SET seen_at = now()
"""
FORGET = "DELETE FROM worker_heartbeat WHERE worker_id = $1 OR seen_at < now() - interval '1 day'"


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; then let the jobs at hand end. Raises when the database is lost."""
    url = settings.require_database_url()
    database = Database(url, settings)
    wechat = WeChat.of(settings, database)
    async with asyncpg.create_pool(
        url, min_size=0, max_size=4, timeout=CONNECT_TIMEOUT_S, server_settings=WRITE_SETTINGS
    ) as pool:
        parts = Parts(database, wechat, settings)
        queue = wire(pool, parts)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, queue.shutdown.set)
        try:
            async with database.transaction() as connection:
                await calendars.sync(connection)
                await subscriptions.sync(connection, parts.ringing)
            log.info("worker ready")
            async with asyncio.TaskGroup() as group:
                heart = group.create_task(beat(database))
                await queue.run(dequeue_timeout=POLL, batch_size=10, shutdown_on_listener_failure=True)
                heart.cancel()
        finally:
            await wechat.aclose()
            database.close()


async def drain(pool: asyncpg.Pool, parts: Parts) -> None:
    """Do what is in the queue now and return; for tools and tests that wait for the jobs they ordered."""
    await wire(pool, parts).qm.run(mode=QueueExecutionMode.drain)


def wire(pool: asyncpg.Pool, parts: Parts) -> PgQueuer:
    """Return the queue with every handler and schedule on it."""
    queue = PgQueuer.from_asyncpg_pool(pool)
    queue.qm.listener_healthy = forgive_first(queue.qm.listener_healthy)  # type: ignore[method-assign,assignment]
    database, wechat = parts.database, parts.wechat
    secret = parts.settings.data_key.get_secret_value()
    base_points = parts.settings.wish_reward_points
    judge = Judge(wechat, sieve_of(parts.settings))
    large: dict[str, Callable[[UUID], Awaitable[None]]] = {
        CHECK_IMPORT: partial(checking.check, database, secret),
        APPLY_IMPORT: partial(applying.apply, database, secret),
        DRAW_UP: partial(drawing.draw_up, database),
    }
    acts: dict[str, Callable[[UUID], Awaitable[object]]] = {
        CHECK_WISH: partial(things.check_wish, database, judge, base_points=base_points),
        CHECK_COMPLAINT: partial(things.check_complaint, database, judge, secret),
        CHECK_ANSWER: partial(things.check_answer, database, judge),
        CHECK_TASK: partial(things.check_task, database, judge),
        CHECK_SERIES: partial(
            things.check_series, database, judge, weeks=parts.settings.series_weeks, base_points=base_points
        ),
        CHECK_ERRAND: partial(things.check_errand, database, judge),
        CHECK_OFFER: partial(things.check_offer, database, judge),
        CHECK_WORDS: partial(words.check_words, database, judge),
        CHECK_NICKNAME: partial(words.check_nickname, database, judge),
        GIVE_BACK_VOUCHERS: partial(give_back_vouchers_of_shop, parts),
        END_LEAVING: partial(end_leaving, parts),
        TAKE_PUSH: partial(pushes.take, database, secret),
        CHECK_MEDIA: partial(media_checks.check, database, wechat, Links.of(parts.settings), secret),
        DELETE_FILES: partial(removing.delete_files, parts.store),
        PLACE_TEXTS: partial(place_complaint_texts, parts),
    }
    for name, act in acts.items():
        queue.entrypoint(name, executor_factory=DatabaseRetryEntrypointExecutor)(_for_subject(act))
    for name, act in large.items():
        # One file or district in memory is enough: whoever comes next waits in the queue, whoever has the other.
        queue.entrypoint(name, executor_factory=DatabaseRetryEntrypointExecutor, concurrency_limit=1)(_for_subject(act))
    # A round finds all that are due, so that one beside it is enough when somebody is slow to ring.
    queue.entrypoint(RING_DUE, executor_factory=DatabaseRetryEntrypointExecutor, concurrency_limit=2)(
        _for_subject(partial(ring_due, parts))
    )
    for name, (schedule, sweep) in SWEEPS.items():
        queue.schedule(name, schedule)(_for_schedule(name, partial(sweep, parts)))
    return queue


def forgive_first(probe: Probe) -> Probe:
    """Return a probe of the queue's listener that asks again when the very first one was not heard.

    pgqueuer 1.6 sends its first probe beside the LISTEN, not after it: on a busy machine nobody hears that one, and the
    worker would end ten seconds after its start.
    """
    is_first = True

    async def ask(**limits: timedelta) -> HealthCheckEvent:
        nonlocal is_first
        may_repeat, is_first = is_first, False
        try:
            return await probe(**limits)
        except FailingListenerError:
            if not may_repeat:
                raise
            return await probe(**limits)

    return ask


def _for_subject(act: Callable[[UUID], Awaitable[object]]) -> Callable[[Job], Awaitable[None]]:
    """Return a handler that acts on the thing whose id is the job's payload."""

    async def take(job: Job) -> None:
        assert job.payload is not None, "a job names its subject"
        await act(UUID(job.payload.decode()))

    return take


def _for_schedule(name: str, sweep: Callable[[], Awaitable[int]]) -> Callable[[Schedule], Awaitable[None]]:
    async def take(_schedule: Schedule) -> None:
        done = await sweep()
        if done:
            log.info("swept", sweep=name, done=done)

    return take


async def beat(database: Database) -> None:
    """Tell every few seconds that this worker is alive, until cancelled; then that it is gone."""
    worker_id = new_id()
    try:
        while True:
            await database.writes.execute(BEAT, worker_id)
            await asyncio.sleep(HEARTBEAT_S)
    finally:
        with contextlib.suppress(Exception):
            await database.writes.execute(FORGET, worker_id)
