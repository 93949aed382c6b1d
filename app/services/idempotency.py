"""Repeated requests get the first answer again (I5); the key's row comes first, in the request's own transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Connection, LockNotAvailableError

from app.core.db import Reads
from app.domain.errors import Problem

TAKE_KEY = """
    INSERT INTO idempotency_key (caller_id, key, request_fingerprint) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING true
"""
TAKE_KEY_WITH_ANSWER = """
    INSERT INTO idempotency_key (caller_id, key, request_fingerprint, status, body) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING RETURNING true
"""
FIND_ANSWER = "SELECT request_fingerprint, status, body FROM idempotency_key WHERE caller_id = $1 AND key = $2"
STORE_ANSWER = "UPDATE idempotency_key SET status = $3, body = $4 WHERE caller_id = $1 AND key = $2"


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A caller's key and SHA-256 over what they asked with it."""

    caller_id: UUID
    key: str
    fingerprint: bytes


class Replay(Exception):  # noqa: N818 - not an error: the answer is already there
    """The first answer to this key, to be given again."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


async def begin(connection: Connection, request: RequestKey) -> None:
    """Take the key as the transaction's first statement; whoever holds it is waited for, up to ``lock_timeout``.

    Raises Replay when it was answered before, and the problems ``idempotency-key-reused`` and ``request-in-progress``.
    """
    await _take(connection, TAKE_KEY, request)


async def remember(connection: Connection, request: RequestKey, status: int, body: bytes) -> None:
    """Store the answer beside the effect it tells of."""
    await connection.execute(STORE_ANSWER, request.caller_id, request.key, status, body)


async def remember_refusal(writes: Reads, request: RequestKey, status: int, body: bytes) -> None:
    """Store a refusal in a transaction of its own, since what it refused was rolled back.

    Raises Replay when the same key was answered in between.
    """
    await _take(writes, TAKE_KEY_WITH_ANSWER, request, status, body)


async def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete keys older than ``moment``; return how many."""
    deleted = await connection.execute("DELETE FROM idempotency_key WHERE created_at < $1", moment)
    return int(deleted.split()[-1])


async def _take(database: Reads, statement: str, request: RequestKey, *answer: object) -> None:
    try:
        is_new = await database.fetchval(statement, request.caller_id, request.key, request.fingerprint, *answer)
    except LockNotAvailableError as error:
        raise Problem("request-in-progress") from error
    if not is_new:
        await _answer_again(database, request)


async def _answer_again(database: Reads, request: RequestKey) -> None:
    found = await database.fetchrow(FIND_ANSWER, request.caller_id, request.key)
    if found is None or found["status"] is None:
        raise Problem("request-in-progress")
    if found["request_fingerprint"] != request.fingerprint:
        raise Problem("idempotency-key-reused")
    raise Replay(found["status"], found["body"])
