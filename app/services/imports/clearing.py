"""Clearing up after imports: files of which nothing came in seven days, what those that ended left, and what got stuck.

Found by schedule, each ended in a transaction of its own.
"""

from datetime import timedelta
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.services import transitions
from app.services.imports import steps

KEPT = timedelta(days=7)
PATIENCE = timedelta(minutes=30)
"""Longer than the largest file takes, its turn included. Whatever still works on it finds at its end that it was given
up, and writes nothing."""
GIVEN_UP = "service-unavailable"

FIND_STUCK = """
    SELECT id FROM import_run WHERE status IN ('checking', 'applying') AND moved_at < $1 ORDER BY id LIMIT $2
"""
FIND_ABANDONED = """
    SELECT id FROM import_run
    WHERE content IS NOT NULL AND created_at < $1 AND status IN ('uploaded', 'checked', 'failed') ORDER BY id LIMIT $2
"""
FIND_ENDED = """
    SELECT id FROM import_run WHERE has_findings AND ended_at < $1 ORDER BY id LIMIT $2
"""


async def find_stuck(connection: Connection, limit: int) -> list[UUID]:
    """Return imports whose work ended without an end: its worker failed again and again, or is gone with its job."""
    return await _find(connection, FIND_STUCK, PATIENCE, limit)


async def give_up(connection: Connection, import_id: UUID) -> None:
    """Let a person begin again. Raises ``state-conflict``."""
    await steps.move(connection, import_id, "fail", transitions.SYSTEM, {"problem": GIVEN_UP}, problem=GIVEN_UP)


async def find_abandoned(connection: Connection, limit: int) -> list[UUID]:
    """Return imports with which nobody goes on."""
    return await _find(connection, FIND_ABANDONED, KEPT, limit)


async def abandon(connection: Connection, import_id: UUID) -> None:
    """Cancel an import; the file is gone with it. Raises ``state-conflict``."""
    await steps.drop(connection, import_id, transitions.SYSTEM)


async def find_ended(connection: Connection, limit: int) -> list[UUID]:
    """Return imports that ended long ago and of which it is still known what stood in the rows."""
    return await _find(connection, FIND_ENDED, KEPT, limit)


async def forget(connection: Connection, import_id: UUID) -> None:
    """Delete the report and what was found of the rows; the counts stay."""
    await steps.forget_findings(connection, import_id)


async def _find(connection: Connection, query: str, age: timedelta, limit: int) -> list[UUID]:
    return [row["id"] for row in await connection.fetch(query, now() - age, limit)]
