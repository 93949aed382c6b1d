"""A database for an hour: for tests and checks that need a real PostgreSQL of their own."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from app.core.embedded_postgres import EmbeddedPostgres
from app.core.ids import new_id

TEST_DATABASE_URL = "TEST_DATABASE_URL"
"""Names a server to make scratch databases on, in place of an embedded one; its user must be allowed to."""


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the URL of a server to make databases on: the one ``TEST_DATABASE_URL`` names, else an embedded one."""
    given = os.environ.get(TEST_DATABASE_URL)
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="echowall-scratch-", ignore_cleanup_errors=True) as home:
        server = EmbeddedPostgres(Path(home))
        try:
            url = server.start()
            asyncio.run(_spare_the_disk(url))
            yield url
        finally:
            server.remove()


@contextmanager
def scratch_database(server_url: str, *, template: str | None = None) -> Iterator[str]:
    """Yield the URL of a new database, a copy of ``template`` if one is named, and drop it at the end."""
    name = f"echowall_{new_id().hex}"
    copied = f' TEMPLATE "{template}"' if template else ""
    asyncio.run(_execute(server_url, f'CREATE DATABASE "{name}"{copied}'))
    try:
        yield url_of(server_url, name)
    finally:
        asyncio.run(_execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def url_of(server_url: str, database: str) -> str:
    """Return the URL of another database on the same server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{database}"))


async def _spare_the_disk(server_url: str) -> None:
    """Let commits not wait for the disk: killed processes lose nothing by that, and this data outlives no machine."""
    for setting in ("fsync", "full_page_writes"):
        await _execute(server_url, f"ALTER SYSTEM SET {setting} = off")
    await _execute(server_url, "SELECT pg_reload_conf()")


async def _execute(server_url: str, statement: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
