"""The board: those who watch call-outs are told the counts as they change (server-sent events).

One connection a process listens for all of them, and counts are read once for all who watch the same call-out, at most
once a second: 5,000 answers in a minute are sixty reads, whoever watches. What was missed while the connection was lost
is made up for by the reads that come with each sign of life.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from asyncpg import Record
from pydantic_core import to_json

from app.core.db import Database
from app.domain.errors import Problem
from app.services.call_outs import counts
from app.services.call_outs.answers import CHANNEL

log = structlog.get_logger(__name__)

WATCHERS_MAX = 500
"""Of one process; each holds a connection and nothing else."""
PACE_S = 1
"""Counts are read no more often than this."""
SIGN_OF_LIFE_S = 15
"""Proxies cut what is silent for longer; and so often the counts are read though nobody rang."""
WATCH_S = 600
"""After so long a watcher has to ask again: by then their rights may be others."""
RETRY_MS = 3_000


class Feed:
    """One call-out as its watchers of this process see it."""

    def __init__(self) -> None:
        self.rows: Sequence[Record] = ()
        self.version = 0
        self.is_over = False
        self.watchers = 0
        self.rung = asyncio.Event()
        self.changed = asyncio.Condition()
        self._written: dict[frozenset[UUID], bytes] = {}

    async def show(self, rows: Sequence[Record]) -> bool:
        """Let the watchers see these counts, and return whether they are others than before."""
        self.is_over = not rows or rows[0]["status"] != "gathering"
        if self.version and rows == self.rows and not self.is_over:
            return False
        async with self.changed:
            self.rows = rows
            self.version += 1
            self._written.clear()
            self.changed.notify_all()
        return True

    def written_for(self, scope: frozenset[UUID]) -> bytes:
        """Return the counts over the grids of some areas as an event, written once for all who have the same areas."""
        if scope not in self._written:
            told = counts.view(counts.within(self.rows, scope), self.rows[0]["status"])
            self._written[scope] = _event("counts", told)
        return self._written[scope]

    async def newer_than(self, version: int) -> None:
        """Wait until there are counts that a watcher has not seen."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.version > version)


class Board:
    """The feeds of one process. Make it once, close it at the end; nothing runs while nobody watches."""

    def __init__(self, database: Database, watchers_max: int = WATCHERS_MAX) -> None:
        self._database = database
        self._watchers_max = watchers_max
        self._feeds: dict[UUID, Feed] = {}
        self._tasks: dict[UUID | None, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """Stop everything."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def require_room(self) -> None:
        """Raise ``watchers-too-many`` when this process serves as many as it can."""
        if sum(feed.watchers for feed in self._feeds.values()) >= self._watchers_max:
            raise Problem("watchers-too-many")

    async def watch(self, call_out_id: UUID, scope: Sequence[UUID]) -> AsyncIterator[bytes]:
        """Yield the counts of a call-out now and as they change, until it is over; who may see it was looked at."""
        feed, seen, areas = self._join(call_out_id), 0, frozenset(scope)
        loop = asyncio.get_running_loop()
        until = loop.time() + WATCH_S
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            while loop.time() < until:
                try:
                    async with asyncio.timeout(SIGN_OF_LIFE_S):
                        await feed.newer_than(seen)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                seen, is_over = feed.version, feed.is_over
                if feed.rows:
                    yield feed.written_for(areas)
                if is_over:
                    yield _event("over", {})
                    return
        finally:
            self._leave(call_out_id, feed)

    def _join(self, call_out_id: UUID) -> Feed:
        feed = self._feeds.get(call_out_id)
        if feed is None or feed.is_over:
            feed = self._feeds[call_out_id] = Feed()
            self._tasks[call_out_id] = asyncio.create_task(self._keep(call_out_id, feed))
        if None not in self._tasks:
            self._tasks[None] = asyncio.create_task(self._listen())
        feed.watchers += 1
        return feed

    def _leave(self, call_out_id: UUID, feed: Feed) -> None:
        feed.watchers -= 1
        if feed.watchers or self._feeds.get(call_out_id) is not feed:
            return
        del self._feeds[call_out_id]
        for key in (call_out_id, *(() if self._feeds else (None,))):
            task = self._tasks.pop(key, None)
            if task is not None:
                task.cancel()

    async def _keep(self, call_out_id: UUID, feed: Feed) -> None:
        """Read the counts whenever somebody rang, and with each sign of life, until the call-out is over."""
        while not feed.is_over:
            feed.rung.clear()
            try:
                if await feed.show(await counts.count_for_all(self._database.reads, call_out_id)):
                    feed.rung.set()  # others may be answering who did not ring
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("counts of a call-out could not be read", kind=type(error).__name__)
            await asyncio.sleep(PACE_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SIGN_OF_LIFE_S):
                    await feed.rung.wait()

    async def _listen(self) -> None:
        """Hear who rings, for as long as somebody watches; a lost connection is made again."""
        while True:
            try:
                async with self._database.listening(CHANNEL, self._ring) as lost:
                    for feed in self._feeds.values():
                        feed.rung.set()  # what was said before nobody heard
                    await lost.wait()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("nobody hears of call-outs for now", kind=type(error).__name__)
            await asyncio.sleep(PACE_S)

    def _ring(self, payload: str) -> None:
        feed = self._feeds.get(UUID(payload))
        if feed is not None:
            feed.rung.set()


def _event(name: str, content: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), to_json(content))
