"""Repeated requests get the first answer again (I5); the key's row comes first, in the request's own transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import LockNotAvailableError
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.db import raw
from app.domain.errors import Problem

CLAIM_KEY = """
    INSERT INTO idempotency_key (caller_id, key, request_fingerprint) VALUES ($1, $2, $3)
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


async def begin(session: AsyncSession, request: RequestKey) -> None:
    """Take the key as the transaction's first statement; whoever holds it is waited for, up to ``lock_timeout``.

    Raises Replay when it was answered before, and the problems ``idempotency-key-reused`` and ``request-in-progress``.
    """
    connection = await session.connection()
    try:
        taken = await connection.exec_driver_sql(CLAIM_KEY, (request.caller_id, request.key, request.fingerprint))
    except DBAPIError as error:
        if isinstance(error.driver_exception, LockNotAvailableError):
            raise Problem("request-in-progress") from error
        raise
    if taken.first() is None:
        await _answer_again(session, request)


async def remember(session: AsyncSession, request: RequestKey, status: int, body: bytes) -> None:
    """Store the answer beside the effect it tells of."""
    await (await raw(session)).execute(STORE_ANSWER, request.caller_id, request.key, status, body)


async def remember_refusal(session: AsyncSession, request: RequestKey, status: int, body: bytes) -> None:
    """Store a refusal in a transaction of its own, since what it refused was rolled back.

    Raises Replay when the same key was answered in between.
    """
    await begin(session, request)
    await remember(session, request, status, body)


async def forget_before(session: AsyncSession, moment: datetime) -> int:
    """Delete keys older than ``moment``; return how many."""
    deleted = await (await raw(session)).execute("DELETE FROM idempotency_key WHERE created_at < $1", moment)
    return int(deleted.split()[-1])


async def _answer_again(session: AsyncSession, request: RequestKey) -> None:
    found = await (await raw(session)).fetchrow(FIND_ANSWER, request.caller_id, request.key)
    if found is None or found["status"] is None:
        raise Problem("request-in-progress")
    if found["request_fingerprint"] != request.fingerprint:
        raise Problem("idempotency-key-reused")
    raise Replay(found["status"], found["body"])
