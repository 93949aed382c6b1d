"""Saying that words wait for their check, in the transaction that stores them; others read them once they passed."""

from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.core.queue import order
from app.domain.kinds import CheckedPart
from app.services.transitions import Mover

CHECK_WORDS = "check_words"

# What was said before is said no more: its check, if it is still open, is about nothing.
ASK = """
    WITH standing AS (
        SELECT id, status FROM content_check
        WHERE subject_id = $3 AND subject_kind = $2 AND part = $4 AND status IN ('asked', 'held', 'sampled')
        ORDER BY id FOR UPDATE
    ), dropped AS (
        UPDATE content_check x SET status = 'moot', decided_at = clock_timestamp()
        FROM standing WHERE x.id = standing.id RETURNING x.id, standing.status AS from_status
    ), asked AS (
        INSERT INTO content_check (id, subject_kind, subject_id, part, status, created_at)
        VALUES ($1, $2, $3, $4, 'asked', clock_timestamp()) RETURNING id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, created_at)
    SELECT uuid_v7(), 'content_check', told.id, told.action, told.from_status, told.to_status, $5, $6, clock_timestamp()
    FROM (
        SELECT id, 'drop' AS action, from_status, 'moot' AS to_status FROM dropped
        UNION ALL SELECT id, 'create', NULL, 'asked' FROM asked
    ) AS told
"""
IS_PASSED_SQL = """coalesce((
    SELECT k.status IN ('passed', 'sampled') FROM content_check k
    WHERE k.subject_id = {subject_id} AND k.part = '{part}' ORDER BY k.id DESC LIMIT 1
), true)"""
"""Whether others may read a part of a thing: its last check has passed. What was written before checks were kept was
read then as well. Format it with the thing's id and the part."""


async def ask(connection: Connection, subject_kind: str, subject_id: UUID, part: CheckedPart, mover: Mover) -> UUID:
    """Let what ``mover`` wrote into a thing, whose row is locked, wait for its check; return the check's id.

    An earlier check of that part that is still open is dropped. Locks those checks.
    """
    check_id = new_id()
    await connection.execute(ASK, check_id, subject_kind, subject_id, part, mover.id, mover.party)
    return check_id


async def ask_and_order(
    connection: Connection, subject_kind: str, subject_id: UUID, part: CheckedPart, mover: Mover
) -> None:
    """Do what ``ask`` does, and order the check of words that nothing but the check decides on."""
    await order(connection, CHECK_WORDS, await ask(connection, subject_kind, subject_id, part, mover))
