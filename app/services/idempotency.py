"""Repeated requests get the first answer again (I5); the key's row comes first, in the request's own transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Connection, LockNotAvailableError, UniqueViolationError

from app.core.db import Database, Reads
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
FORGET_OLD = """
    WITH old AS (SELECT caller_id, key FROM idempotency_key WHERE created_at < $1 LIMIT $2)
    DELETE FROM idempotency_key k USING old WHERE k.caller_id = old.caller_id AND k.key = old.key RETURNING true
"""
FORGET_ONE = """
    DELETE FROM idempotency_key WHERE caller_id = $1 AND key = $2 AND created_at < now() - make_interval(secs => $3)
"""
STORE_ANSWER = "UPDATE idempotency_key SET status = $3, body = $4 WHERE caller_id = $1 AND key = $2"


def answer_sql(status: int, answer: str, source: str) -> str:
    """Return the INSERT that takes the key with its answer, for the one statement of a ``SingleWrite``.

    ``answer`` is an expression of type json over the rows of ``source``; $1, $2 and $3 are caller, key and fingerprint.
    """
    return f"""
        INSERT INTO idempotency_key (caller_id, key, request_fingerprint, status, body)
        SELECT $1, $2, $3, {status}, convert_to(({answer})::text, 'UTF8') FROM {source} RETURNING body
    """


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


@dataclass(frozen=True, slots=True)
class SingleWrite:
    """A write that is one statement: its effect, its key and its answer stand or fall together.

    The key is not taken before the effect but with it: whoever comes second waits for the row that decides the race,
    finds that it has moved, and then finds the key with its answer.
    """

    database: Database
    key: RequestKey

    async def require_new(self) -> None:
        """Raise Replay when the key was answered before, and ``idempotency-key-reused``: for what must not happen twice
        before the statement is sent.
        """
        await _answer_again(self.database.writes, self.key, is_taken=False)

    async def run(self, statement: str, *arguments: object) -> bytes | None:
        """Run the statement, whose $1 to $3 are the key's; return the answer it stored, None if nothing was to be done.

        Raises Replay when the key was answered before, and the problem ``idempotency-key-reused``.
        """
        key = self.key
        try:
            everything = (key.caller_id, key.key, key.fingerprint, *arguments)
            body: bytes | None = await self.database.writes.fetchval(statement, *everything)
        except UniqueViolationError as error:
            if error.constraint_name != "pk_idempotency_key":
                raise
            body = None
        if body is None:
            await self.require_new()
        return body


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


async def forget_one(connection: Connection, request: RequestKey, older_than_s: int) -> None:
    """Delete one key if it is older than that: what comes now is no repetition any more."""
    await connection.execute(FORGET_ONE, request.caller_id, request.key, older_than_s)


async def forget_before(connection: Connection, moment: datetime, limit: int) -> int:
    """Delete keys older than ``moment``, up to ``limit`` of them; return how many."""
    return len(await connection.fetch(FORGET_OLD, moment, limit))


async def _take(database: Reads, statement: str, request: RequestKey, *answer: object) -> None:
    try:
        is_new = await database.fetchval(statement, request.caller_id, request.key, request.fingerprint, *answer)
    except LockNotAvailableError as error:
        raise Problem("request-in-progress") from error
    if not is_new:
        await _answer_again(database, request, is_taken=True)


async def _answer_again(database: Reads, request: RequestKey, *, is_taken: bool) -> None:
    """Raise the answer that is stored; return when there is none and the key was not known to be taken."""
    found = await database.fetchrow(FIND_ANSWER, request.caller_id, request.key)
    if found is None and not is_taken:
        return
    if found is None or found["status"] is None:
        raise Problem("request-in-progress")
    if found["request_fingerprint"] != request.fingerprint:
        raise Problem("idempotency-key-reused")
    raise Replay(found["status"], found["body"])
