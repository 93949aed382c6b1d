"""Whether this process can serve: the database answers, its tables are those of this code, a worker is alive."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from asyncpg import UndefinedTableError

from app.core.db import Reads

WORKER_SILENCE_S = 30
RUN_MIGRATIONS = "run `echowall migrate`"
STATE = f"""
    SELECT (SELECT version_num FROM alembic_version) AS migration,
        EXISTS (
            SELECT FROM worker_heartbeat WHERE seen_at > now() - interval '{WORKER_SILENCE_S} seconds'
        ) AS has_worker
"""
PROJECT = Path(__file__).resolve().parents[2]


def newest_migration() -> str:
    """Return the revision that this code expects the database to be at."""
    config = Config(toml_file=PROJECT / "pyproject.toml")
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None, "there are migrations"
    return head


async def check(reads: Reads, expected_migration: str) -> dict[str, str]:
    """Return ``ok`` or what is missing for ``database``, ``migrations`` and ``jobs``. Raises when nothing answers."""
    try:
        state = await reads.fetchrow(STATE)
    except UndefinedTableError:
        return {"database": "ok", "migrations": RUN_MIGRATIONS, "jobs": "not before the migrations"}
    assert state is not None, "the statement has one row"
    return {
        "database": "ok",
        "migrations": "ok" if state["migration"] == expected_migration else RUN_MIGRATIONS,
        "jobs": "ok" if state["has_worker"] else "no worker is alive: run `echowall worker`",
    }
