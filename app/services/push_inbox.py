"""The inbox of what WeChat pushes: kept once and sealed, answered at once, taken later, forgotten after a month."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Reads
from app.core.ids import lowest_id_at, new_id
from app.core.queue import order
from app.core.security import seal, unseal
from app.wechat import push_events

TAKE_PUSH = "take_push"
PURPOSE = b"push"
FIRST_LOOK_AFTER = timedelta(minutes=1)
"""The job takes an event at once; what it left is looked at after this, then after twice as long, up to each hour."""
PATIENCE = timedelta(days=1)
"""How long an event waits for what it is about, and one that fails is tried."""
LIFE = timedelta(days=30)

KEEP = """
    INSERT INTO push_event (id, fingerprint, kind, trace_id, sealed, received_at, tries, due_at)
    VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (fingerprint) DO NOTHING RETURNING id
"""
FIND_OF_TRACE = "SELECT id FROM push_event WHERE trace_id = $1 AND done_at IS NULL ORDER BY id"
FIND_DUE = """
    SELECT id FROM push_event WHERE done_at IS NULL AND due_at <= $1 AND received_at > $2 ORDER BY due_at LIMIT $3
"""
TRY = """
    UPDATE push_event SET tries = tries + 1,
        due_at = $2::timestamptz + least(interval '1 minute' * 2 ^ tries, interval '1 hour')
    WHERE id = $1 AND done_at IS NULL RETURNING id
"""
LOCK = "SELECT sealed, received_at FROM push_event WHERE id = $1 AND done_at IS NULL FOR UPDATE"
FINISH = "UPDATE push_event SET done_at = $2, note = $3 WHERE id = $1"
FORGET = """
    WITH old AS (SELECT id FROM push_event WHERE id < $1 ORDER BY id LIMIT $2)
    DELETE FROM push_event p USING old WHERE p.id = old.id RETURNING p.done_at
"""


async def keep(connection: Connection, plaintext: bytes, *, secret: str) -> bool:
    """Keep what was pushed and order that it is taken; return whether it was new. Pushed again, nothing happens."""
    push, event_id, moment = push_events.read(plaintext), new_id(), now()
    kept = await connection.fetchval(
        KEEP,
        event_id,
        fingerprint(plaintext),
        push.kind,
        push.trace_id,
        seal(secret, PURPOSE, plaintext, bound_to=event_id.bytes),
        moment,
        moment + FIRST_LOOK_AFTER,
    )
    if kept is not None:
        await order(connection, TAKE_PUSH, event_id)
    return kept is not None


def fingerprint(plaintext: bytes) -> bytes:
    """Return what tells one event from another: SHA-256, since nobody guesses an openid."""
    return hashlib.sha256(plaintext).digest()


async def order_of_trace(connection: Connection, trace_id: str) -> None:
    """Order that what came before its ``trace_id`` was stored is taken; to be called where that is stored."""
    for row in await connection.fetch(FIND_OF_TRACE, trace_id):
        await order(connection, TAKE_PUSH, row["id"])


async def find_due(reads: Reads, moment: datetime, limit: int) -> list[UUID]:
    """Return the events that no job has brought to an end, and that are to be looked at again."""
    return [row["id"] for row in await reads.fetch(FIND_DUE, moment, moment - PATIENCE, limit)]


async def begin(connection: Connection, event_id: UUID) -> bool:
    """Count one more try, in a transaction of its own; return whether there is still something to do."""
    return await connection.fetchval(TRY, event_id, now()) is not None


async def open_for_taking(connection: Connection, event_id: UUID, *, secret: str) -> push_events.Push | None:
    """Return the event, its row locked until the transaction ends; None when it is done. Raises BrokenSealError."""
    row = await connection.fetchrow(LOCK, event_id)
    if row is None:
        return None
    return push_events.read(unseal(secret, PURPOSE, row["sealed"], bound_to=event_id.bytes))


async def finish(connection: Connection, event_id: UUID, note: str) -> None:
    """Note what became of an event, whose row is locked."""
    await connection.execute(FINISH, event_id, now(), note)


async def forget(connection: Connection, limit: int) -> tuple[int, int]:
    """Delete events of more than 30 days; return how many, and how many of them nothing ever came of."""
    gone = await connection.fetch(FORGET, lowest_id_at(now() - LIFE), limit)
    return len(gone), sum(row["done_at"] is None for row in gone)
