"""Sweeping pictures away: those that nobody used within a day, those long rejected, and files that no row knows of."""

from datetime import UTC, timedelta
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.core.ids import lowest_id_at
from app.core.queue import order
from app.core.store import Store
from app.domain.lifecycles import MEDIA
from app.services import transitions
from app.services.media import files
from app.services.media.removing import DELETE_FILES

KEPT_UNUSED = timedelta(hours=24)
LOOK_BACK_DAYS = 7
"""A worker that was down for longer leaves files of days that nobody looks at again."""
BATCH = 1000
REJECTED_KEPT = timedelta(days=30)
"""So long a quarrel over a decision can be settled by looking at the picture. Then its row, check and events are
evidence enough, and it is kept no longer than necessary (Personal Information Protection Law, article 19)."""
REJECTED_PER_RUN = 500

FIND_UNUSED = """
    SELECT id FROM media WHERE subject_id IS NULL AND status <> 'removed' AND id < $1 ORDER BY id LIMIT $2
"""
FIND_UNUSED_OF = """
    SELECT id FROM media WHERE owner_id = $1 AND subject_id IS NULL AND status <> 'removed' ORDER BY id FOR UPDATE
"""
# What was delivered or answered is told of by its pictures, and a shop's offers are the shop's.
FIND_OWN = """
    SELECT id FROM media WHERE id IN (
        SELECT m.id FROM media m WHERE m.owner_id = $1 AND m.subject_id IS NULL AND m.status <> 'removed'
        UNION ALL
        SELECT m.id FROM wish w JOIN media m ON m.subject_id = w.id AND m.subject_kind = 'wish'
        WHERE w.author_id = $1 AND m.status <> 'removed'
        UNION ALL
        SELECT m.id FROM errand e JOIN media m ON m.subject_id = e.id AND m.subject_kind = 'errand'
        WHERE e.author_id = $1 AND e.consent = 'app' AND m.status <> 'removed'
    ) ORDER BY id FOR UPDATE
"""
# A rejection is the last word on a picture: it has one such event.
FIND_LONG_REJECTED = """
    SELECT m.id FROM media m
    WHERE m.status = 'rejected' AND m.subject_id IS NOT NULL AND EXISTS (
        SELECT FROM event e WHERE e.subject_kind = 'media' AND e.subject_id = m.id
            AND e.to_state = 'rejected' AND e.created_at < $1
    ) ORDER BY m.id LIMIT $2
"""
FIND_STANDING = "SELECT id FROM media WHERE id = ANY($1) AND status <> 'removed'"


async def find_unused(connection: Connection, limit: int) -> list[UUID]:
    """Return pictures of more than a day that belong to nothing."""
    rows = await connection.fetch(FIND_UNUSED, lowest_id_at(now() - KEPT_UNUSED), limit)
    return [row["id"] for row in rows]


async def remove_unused(connection: Connection, media_id: UUID) -> None:
    """Remove a picture, unless it came to belong to something meanwhile."""
    moved = await transitions.find_and_move(
        connection, MEDIA, media_id, "remove", transitions.SYSTEM, where="x.subject_id IS NULL"
    )
    if moved is not None:
        await order(connection, DELETE_FILES, media_id)


async def remove_unused_of(connection: Connection, user_id: UUID) -> int:
    """Remove the pictures of somebody that belong to nothing; return how many. Locks them."""
    rows = await connection.fetch(FIND_UNUSED_OF, user_id)
    for row in rows:
        await remove_unused(connection, row["id"])
    return len(rows)


async def remove_own(connection: Connection, user_id: UUID) -> None:
    """Remove the pictures of whoever leaves, those of their wishes and errands too. Locks them."""
    for row in await connection.fetch(FIND_OWN, user_id):
        await transitions.move(connection, MEDIA, row["id"], "remove", transitions.SYSTEM)
        await order(connection, DELETE_FILES, row["id"])


async def remove_long_rejected(database: Database, store: Store) -> int:
    """Remove pictures that were rejected long ago, so many in one run; return how many. Raises StoreError.

    Files go first: whoever dies in between leaves a row that is found again, never a file that nobody finds.
    """
    removed = 0
    for row in await database.writes.fetch(FIND_LONG_REJECTED, now() - REJECTED_KEPT, REJECTED_PER_RUN):
        await store.delete(files.paths_of(row["id"]))
        async with database.transaction() as connection:
            moved = await transitions.find_and_move(
                connection, MEDIA, row["id"], "remove", transitions.SYSTEM, where="x.status = 'rejected'"
            )
        removed += moved is not None
    return removed


async def delete_strays(database: Database, store: Store) -> int:
    """Delete files of more than a day that no picture needs; return of how many pictures. Raises StoreError.

    They are of processes that died between the file and the row, and of jobs that failed for good. It looks at the
    pictures of the last days and at nothing else that lies in the store.
    """
    oldest_kept = lowest_id_at(now() - KEPT_UNUSED)
    swept = 0
    for days in range(1, LOOK_BACK_DAYS + 1):
        by_id: dict[UUID, list[str]] = {}
        for path in await store.list_below(files.folder_of((now() - timedelta(days=days)).astimezone(UTC).date())):
            media_id = files.id_in(path)
            if media_id is not None and media_id < oldest_kept:
                by_id.setdefault(media_id, []).append(path)
        ids = sorted(by_id)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            standing = {row["id"] for row in await database.writes.fetch(FIND_STANDING, batch)}
            for media_id in batch:
                if media_id not in standing:
                    await store.delete(by_id[media_id])
                    swept += 1
    return swept
