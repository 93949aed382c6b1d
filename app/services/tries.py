"""Tries of codes that people type: after five wrong ones in five minutes there is none for a quarter of an hour."""

from datetime import timedelta
from math import ceil
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.domain.errors import Problem
from app.domain.kinds import TryPurpose

WRONG_MAX = 5
WITHIN = timedelta(minutes=5)
PAUSE = timedelta(minutes=15)

# Whether or not there is a row yet, it is locked afterwards: of many guesses at once each waits for the one before.
BEGIN = """
    INSERT INTO failed_try AS t (user_id, purpose, failed_at) VALUES ($1, $2, '{}')
    ON CONFLICT (user_id, purpose) DO UPDATE SET failed_at = t.failed_at
    RETURNING blocked_until
"""
COUNT = """
    UPDATE failed_try t
    SET failed_at = lately.moments, blocked_until = CASE WHEN cardinality(lately.moments) >= $5 THEN $6::timestamptz END
    FROM (
        SELECT array_agg(moment ORDER BY moment) AS moments FROM (
            SELECT unnest(failed_at) AS moment FROM failed_try WHERE user_id = $1 AND purpose = $2
            UNION ALL SELECT $3::timestamptz
        ) AS tries WHERE moment > $4::timestamptz
    ) AS lately
    WHERE t.user_id = $1 AND t.purpose = $2
"""


async def begin(connection: Connection, user_id: UUID, purpose: TryPurpose) -> None:
    """Let somebody try; their other tries for the purpose wait until this transaction ends.

    Raises ``too-many-tries``. Locks the row of the person and the purpose.
    """
    blocked_until = await connection.fetchval(BEGIN, user_id, purpose)
    if blocked_until is not None and blocked_until > now():
        raise Problem("too-many-tries", retry_after_s=ceil((blocked_until - now()).total_seconds()))


async def count(connection: Connection, user_id: UUID, purpose: TryPurpose) -> None:
    """Count a wrong try that ``begin`` let through. Then raise a ``CountedProblem``: any other would undo the count."""
    moment = now()
    await connection.execute(COUNT, user_id, purpose, moment, moment - WITHIN, WRONG_MAX, moment + PAUSE)
