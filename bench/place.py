"""The database under measurement: a real-size district, filled once, copied anew for each run."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app.cli.up.holds import DataLock
from app.core.embedded_postgres import EmbeddedPostgres
from app.core.scratch_database import url_of
from bench.processes import run_echowall

FOLDER = Path("var/bench")
GRIDS, MEMBERS, VOLUNTEERS, WISHES, COMPLAINTS = 486, 5_000, 15_000, 200_000, 200_000
FILL = (
    "demo",
    *("--grids", str(GRIDS)),
    *("--members", str(MEMBERS)),
    *("--volunteers", str(VOLUNTEERS)),
    *("--wishes", str(WISHES)),
    *("--complaints", str(COMPLAINTS)),
)
COPY = "echowall_bench"


@dataclass(frozen=True)
class Place:
    """A database that one run may do with what it likes."""

    url: str
    postmaster: int
    environment: dict[str, str]

    @property
    def socket_folder(self) -> Path:
        """Where PostgreSQL listens."""
        return Path(self.url.rpartition("host=")[2])

    def through(self, socket_folder: Path) -> str:
        """Return the URL of the same database behind another socket."""
        return self.url.replace(str(self.socket_folder), str(socket_folder))


@contextmanager
def prepared(folder: Path, *, is_fresh: bool) -> Iterator[Place]:
    """Start PostgreSQL on ``folder``, migrate and fill it unless that was done, and yield a copy for this run."""
    if is_fresh and folder.exists():
        shutil.rmtree(folder)
    lock = DataLock(folder)
    lock.take()
    server = EmbeddedPostgres(folder)
    try:
        url = server.start()
        environment = environment_of(url)
        run_echowall("migrate", environment=environment)
        if not asyncio.run(_is_filled(url)):
            run_echowall(*FILL, environment=environment)
        asyncio.run(_copy(url))
        assert server.pid is not None, "it has just started"
        copy = url_of(url, COPY)
        yield Place(copy, server.pid, environment_of(copy))
        asyncio.run(_execute(url, f"DROP DATABASE {COPY} WITH (FORCE)"))
    finally:
        server.stop()
        lock.release()


def environment_of(url: str) -> dict[str, str]:
    """Return the environment of the processes: one API process, logging as in production."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ECHOWALL_")} | {
        "ECHOWALL_DATABASE_URL": url,
        "ECHOWALL_LOG_LEVEL": "INFO",
        "ECHOWALL_LOG_FORMAT": "json",
        "ECHOWALL_SECRET_KEY": SECRET,
    }


SECRET = os.urandom(32).hex()
"""Signs this run's tokens and voucher codes."""


async def _is_filled(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        wishes = await connection.fetchval("SELECT count(*) FROM wish")
        complaints = await connection.fetchval("SELECT count(*) FROM complaint")
    finally:
        await connection.close()
    return bool(wishes >= WISHES and complaints >= COMPLAINTS)


async def _copy(url: str) -> None:
    await _execute(url, "VACUUM (ANALYZE)")
    await _execute(url, f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
    await _execute(url_of(url, "postgres"), f"CREATE DATABASE {COPY} TEMPLATE echowall STRATEGY file_copy")
    copy = url_of(url, COPY)
    # A copy brings the tables and no statistics of their use; after a fill autovacuum would start amid the run.
    await _execute(copy, "VACUUM (ANALYZE, FREEZE)")
    await _execute(copy, "CHECKPOINT")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
