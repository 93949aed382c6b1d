"""The database: two pools a process, and the only code that begins, commits or rolls back.

A write is a unit of work: ``Database.transaction`` lends one connection in one transaction. A read is one statement and
a transaction of its own: it goes to ``Database.reads``. Tables are declared in SQLModel, and ``insert`` writes one of
their rows; every other statement is SQL in the sight of the function that sends it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Protocol

import asyncpg
from asyncpg import Connection, Record
from sqlmodel import SQLModel

from app.core.settings import Settings

WRITE_SETTINGS = {
    "application_name": "echowall",
    "timezone": "UTC",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "jit": "off",
}
"""Every statement, wait for a lock and pause inside a transaction ends in time; none holds the others up for long."""

READ_SETTINGS = WRITE_SETTINGS | {"plan_cache_mode": "force_generic_plan"}
"""Reads are planned once a connection: they are written so that one plan serves every area and every page, and planning
a feed anew took five times as long as running it."""

SNAPSHOT_SETTINGS = WRITE_SETTINGS | {"statement_timeout": "0", "idle_in_transaction_session_timeout": "60s"}
"""Going over everything once takes as long as it takes."""

BULK_SETTINGS = WRITE_SETTINGS | {
    "statement_timeout": "10min",
    "lock_timeout": "10min",
    "idle_in_transaction_session_timeout": "2min",
}
"""What writes thousands of rows in one transaction may take its time, and waits its turn for others of its kind."""

CONNECT_TIMEOUT_S = 5
COMMAND_TIMEOUT_S = 8
"""Longer than the server's own: only a server that no longer answers at all is given up here."""

POOL_TIMEOUT_S = 5


class Reads(Protocol):
    """Where reads go: the read pool, or the connection of a transaction. Each call is one statement."""

    async def fetch(self, query: str, *args: object) -> list[Record]:
        """Return all rows."""

    async def fetchrow(self, query: str, *args: object) -> Record | None:
        """Return the first row."""

    async def fetchval(self, query: str, *args: object) -> Any:
        """Return the first value of the first row."""


class Pool:
    """Connections to be lent and given back as they were.

    Nothing is reset when one comes back: a statement leaves no state, and a transaction was ended by ``Database``.
    asyncpg's own pool takes a task and a proxy for each use, twice the cost of a statement. A connection that was
    interrupted amid a statement is never used again. Whoever finds all of them lent waits in line, first come first
    served, with a future and a timer: a semaphore under ``asyncio.timeout`` took longer than sending the statement.
    """

    def __init__(self, url: str, size: int, server_settings: dict[str, str]) -> None:
        self._url = url
        self._server_settings = server_settings
        self._free_slots = size
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()

    async def fetch(self, query: str, *args: object) -> list[Record]:
        """Return all rows."""
        rows: list[Record] = await self._run(Connection.fetch, query, args)
        return rows

    async def fetchrow(self, query: str, *args: object) -> Record | None:
        """Return the first row."""
        row: Record | None = await self._run(Connection.fetchrow, query, args)
        return row

    async def fetchval(self, query: str, *args: object) -> Any:
        """Return the first value of the first row."""
        return await self._run(Connection.fetchval, query, args)

    async def execute(self, query: str, *args: object) -> Any:
        """Run a statement for its effect; return its tag."""
        return await self._run(Connection.execute, query, args)

    async def borrow(self) -> Connection:
        """Return a connection for ``give_back``. Raises TimeoutError when none comes free in time."""
        if self._free_slots:
            self._free_slots -= 1
        else:
            await self._wait_for_slot()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open.discard(connection)
        try:
            connection = await asyncpg.connect(
                self._url,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,
                server_settings=self._server_settings,
            )
        except BaseException:
            self._pass_slot_on()
            raise
        self._open.add(connection)
        return connection

    def give_back(self, connection: Connection, *, is_whole: bool) -> None:
        """Take a connection back; one that is not whole, perhaps amid a statement or a transaction, is closed."""
        if is_whole:
            self._idle.append(connection)
        else:
            self._open.discard(connection)
            connection.terminate()
        self._pass_slot_on()

    def terminate(self) -> None:
        """Close every connection at once."""
        for connection in self._open:
            connection.terminate()
        self._open.clear()
        self._idle.clear()

    async def _run(self, verb: Callable[..., Awaitable[Any]], query: str, args: tuple[object, ...]) -> Any:
        connection = await self.borrow()
        is_whole = False
        try:
            result = await verb(connection, query, *args)
            is_whole = True
        except asyncpg.PostgresError:
            is_whole = True
            raise
        finally:
            self.give_back(connection, is_whole=is_whole)
        return result

    async def _wait_for_slot(self) -> None:
        """Wait in line until a slot is passed on. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(turn)
        timer = loop.call_later(POOL_TIMEOUT_S, _end_wait, turn)
        try:
            has_slot = await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.result():  # the slot came, but whoever wanted it is gone
                self._pass_slot_on()
            raise
        finally:
            timer.cancel()
        if not has_slot:
            raise TimeoutError

    def _pass_slot_on(self) -> None:
        """Let the first who still waits have the slot, or whoever comes next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self._free_slots += 1


def _end_wait(turn: asyncio.Future[bool]) -> None:
    """Tell whoever waits that no slot came in time."""
    if not turn.done():
        turn.set_result(False)


class Database:
    """The connections of one process. Make it once, close it at the end; nothing connects before its first use."""

    def __init__(self, url: str, settings: Settings) -> None:
        """Serve ``url`` (postgresql://…)."""
        self._url = url
        self.reads = Pool(url, settings.database_read_pool_size, READ_SETTINGS)
        self.writes = Pool(url, settings.database_pool_size, WRITE_SETTINGS)

    def close(self) -> None:
        """Close both pools; a connection still in use is cut."""
        self.reads.terminate()
        self.writes.terminate()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction: commit at the end, roll back when anything is raised."""
        connection = await self.writes.borrow()
        is_whole = False
        try:
            await connection.execute("BEGIN")
            yield connection
            await connection.execute("COMMIT")
            is_whole = True
        except Exception:  # whoever is cancelled does not wait for a roll-back: the connection goes, and all it did
            is_whole = await _undo(connection)
            raise
        finally:
            self.writes.give_back(connection, is_whole=is_whole)

    @asynccontextmanager
    async def bulk_transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection of its own in a transaction that may last minutes; else it is as ``transaction``."""
        connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, server_settings=BULK_SETTINGS)
        try:
            await connection.execute("BEGIN")
            yield connection
            await connection.execute("COMMIT")
        finally:  # a connection that goes before it commits leaves nothing
            connection.terminate()

    @asynccontextmanager
    async def listening(self, channel: str, hear: Callable[[str], None]) -> AsyncIterator[asyncio.Event]:
        """Call ``hear`` with the payload of each notification of a channel; yields what is set once nothing is heard.

        It takes a connection of its own, which is in no transaction and keeps nobody waiting.
        """
        connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, server_settings=WRITE_SETTINGS)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(channel, lambda _connection, _process, _channel, payload: hear(str(payload)))
            yield lost
        finally:
            connection.terminate()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """Yield a connection of its own that sees one moment of the database throughout, for as long as it takes.

        It cannot write, waits for nobody and keeps nobody waiting.
        """
        connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, server_settings=SNAPSHOT_SETTINGS)
        try:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection
        finally:
            connection.terminate()


async def _undo(connection: Connection) -> bool:
    """Roll back; return whether the connection is as it was. What went wrong before is what the caller must hear."""
    try:
        if connection.is_in_transaction():
            await connection.execute("ROLLBACK")
    except Exception:  # noqa: BLE001
        return False
    return not connection.is_closed()


async def insert(connection: Connection, row: SQLModel) -> Record:
    """Insert a row of a table and return it as the database completed it; what is None is left to the database."""
    values = {name: value for name, value in row.model_dump().items() if value is not None}
    inserted: Record = await connection.fetchrow(_insertion(type(row), tuple(values)), *values.values())
    return inserted


@lru_cache
def _insertion(table: type[SQLModel], columns: tuple[str, ...]) -> str:
    """Return the statement; the names in it come from the table's declaration alone."""
    names = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    return f'INSERT INTO "{table.__tablename__}" ({names}) VALUES ({places}) RETURNING *'
