"""A database that takes for the present what a test says: schema ``fake`` shadows the clocks of ``pg_catalog``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
from asyncpg import Connection

SCHEMA = """
    CREATE SCHEMA fake;
    CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
        RETURN pg_catalog.current_setting('fake.moment')::timestamptz;
    CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE
        RETURN pg_catalog.current_setting('fake.moment')::timestamptz;
"""
SET = "SELECT pg_catalog.set_config('fake.moment', $1, false)"
FIRST = "2026-01-01T00:00:00+08:00"


async def install(url: str) -> None:
    """Make the functions in a database; who does not ask for them does not meet them."""
    connection = await asyncpg.connect(url)
    await connection.execute(SCHEMA)
    await connection.close()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Yield a connection that reads the time from ``fake.moment``."""
    settings = {
        "search_path": "fake, pg_catalog, public",
        "fake.moment": FIRST,
        "timezone": "UTC",
        "jit": "off",
        "enable_seqscan": "off",  # what was rolled back lies about in the tables and is in no statistics
    }
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


async def move(connection: Connection, moment: datetime) -> None:
    """Let the connection's database live at a moment; the process does by ``clock.at``."""
    await connection.execute(SET, moment.isoformat())
