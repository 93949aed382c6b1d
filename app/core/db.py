"""The database: one engine and one read pool a process, and the only code that commits or rolls back.

Writes run in a unit of work (``Database.transaction``): one SQLModel session, one transaction. Statements that must be
cheap go through ``raw``, the asyncpg connection of that same transaction. Hot reads take no session at all: they borrow
a connection of ``Database.reads`` and each is one statement.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
from asyncpg import Record
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.settings import Settings

SERVER_SETTINGS = {
    "application_name": "echowall",
    "timezone": "UTC",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "jit": "off",
}
"""Every statement, wait for a lock and pause inside a transaction ends in time; none holds the others up for long."""

READ_SETTINGS = SERVER_SETTINGS | {"plan_cache_mode": "force_generic_plan"}
"""Reads are planned once a connection: they are written so that one plan serves every area and every page, and planning
a feed anew took five times as long as running it."""

DRIVER = "driver"
CONNECT_TIMEOUT_S = 5
POOL_TIMEOUT_S = 5


class Reads(Protocol):
    """Where reads go: the read pool, or the connection of a transaction. Each call is one statement."""

    async def fetch(self, query: str, *args: object) -> list[Record]:
        """Return all rows."""

    async def fetchrow(self, query: str, *args: object) -> Record | None:
        """Return the first row."""

    async def fetchval(self, query: str, *args: object) -> Any:
        """Return the first value of the first row."""


class ReadPool:
    """Connections for single statements, each a transaction of its own.

    Nothing is reset when one comes back, since a statement leaves no state; asyncpg's own pool takes a task and a proxy
    for each use, twice the cost of the statement. One that was interrupted amid a statement is never used again.
    """

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._slots = asyncio.Semaphore(size)
        self._idle: list[asyncpg.Connection] = []
        self._open: set[asyncpg.Connection] = set()

    async def fetch(self, query: str, *args: object) -> list[Record]:
        """Return all rows."""
        rows: list[Record] = await self._run(asyncpg.Connection.fetch, query, args)
        return rows

    async def fetchrow(self, query: str, *args: object) -> Record | None:
        """Return the first row."""
        row: Record | None = await self._run(asyncpg.Connection.fetchrow, query, args)
        return row

    async def fetchval(self, query: str, *args: object) -> Any:
        """Return the first value of the first row."""
        return await self._run(asyncpg.Connection.fetchval, query, args)

    async def execute(self, query: str, *args: object) -> Any:
        """Run a statement for its effect; return its tag."""
        return await self._run(asyncpg.Connection.execute, query, args)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection, to be given back as it was. Raises TimeoutError when none comes free in time."""
        connection = await self._borrow()
        try:
            yield connection
        except BaseException as error:
            self._give_back(connection, error)
            raise
        self._give_back(connection)

    async def _run(self, verb: Callable[..., Awaitable[Any]], query: str, args: tuple[object, ...]) -> Any:
        connection = await self._borrow()
        try:
            result = await verb(connection, query, *args)
        except BaseException as error:
            self._give_back(connection, error)
            raise
        self._give_back(connection)
        return result

    async def _borrow(self) -> asyncpg.Connection:
        if self._slots.locked():
            async with asyncio.timeout(POOL_TIMEOUT_S):
                await self._slots.acquire()
        else:
            await self._slots.acquire()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open.discard(connection)
        try:
            connection = await asyncpg.connect(
                self._url, timeout=CONNECT_TIMEOUT_S, command_timeout=CONNECT_TIMEOUT_S, server_settings=READ_SETTINGS
            )
        except BaseException:
            self._slots.release()
            raise
        self._open.add(connection)
        return connection

    def _give_back(self, connection: asyncpg.Connection, error: BaseException | None = None) -> None:
        """Take a connection back. What PostgreSQL refused leaves it as it was; anything else may have cut it short."""
        if error is None or isinstance(error, asyncpg.PostgresError):
            self._idle.append(connection)
        else:
            self._open.discard(connection)
            connection.terminate()
        self._slots.release()

    def terminate(self) -> None:
        """Close every connection at once."""
        for connection in self._open:
            connection.terminate()
        self._open.clear()
        self._idle.clear()


class Database:
    """The connections of one process. Open it once, close it at the end."""

    def __init__(self, engine: AsyncEngine, pool: ReadPool) -> None:
        self.engine = engine
        self.pool = pool
        self.reads: Reads = pool
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False, autoflush=False)

    @classmethod
    async def open(cls, url: str, settings: Settings) -> "Database":
        """Connect to ``url`` (postgresql://…). Nothing is connected before the first use of a pool."""
        pool = ReadPool(url, settings.database_read_pool_size)
        return cls(create_engine(url, settings.database_pool_size), pool)

    async def close(self) -> None:
        """Close both pools; a connection still in use is cut."""
        self.pool.terminate()
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session of one transaction: commit at the end, roll back when anything is raised."""
        session = self._sessions()
        try:
            yield session
            await session.commit()  # gives the connection back, so that nothing is left to close
        except BaseException:
            await asyncio.shield(undo(session))  # to the end, even if the request is cancelled meanwhile
            raise


async def undo(session: AsyncSession) -> None:
    """Roll back and give the connection back, also when it was lost."""
    try:
        await session.rollback()
    finally:
        await session.close()


def create_engine(url: str, pool_size: int) -> AsyncEngine:
    """Return an engine for ``url`` (postgresql://…) that drops connections which the server has closed."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # what users wrote is not repeated in errors
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={"timeout": CONNECT_TIMEOUT_S, "server_settings": SERVER_SETTINGS},
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def refuse_closed(dbapi_connection: Any, _record: object, _proxy: object) -> None:
        """Let the pool replace a connection that was lost while it lay idle; asyncpg knows without asking."""
        if dbapi_connection.driver_connection.is_closed():
            raise DisconnectionError

    return engine


async def raw(session: AsyncSession) -> asyncpg.Connection:
    """Return the asyncpg connection of the session's transaction, begun if it had not begun yet.

    SQLAlchemy begins at the first statement it sends itself; a raw statement sent before that would commit alone and
    survive the roll-back. So where nothing was sent yet, an empty statement goes first. A session has one transaction,
    and SQLAlchemy is asked for its connection once: each time costs as much as a statement.
    """
    driver: asyncpg.Connection | None = session.info.get(DRIVER)
    if driver is None:
        connection = await session.connection()
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None, "a connection in use has a driver"
        if not driver.is_in_transaction():
            await connection.exec_driver_sql("SELECT 1")
        session.info[DRIVER] = driver
    return driver
