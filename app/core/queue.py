"""Ordering jobs: a job exists if and only if the transaction that ordered it committed (I11)."""

from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Connection
from pgqueuer.queries import Queries

FORGET = """
    WITH old AS (SELECT id FROM pgqueuer_log WHERE created < $1 ORDER BY created LIMIT $2)
    DELETE FROM pgqueuer_log l USING old WHERE l.id = old.id RETURNING true
"""


async def order(connection: Connection, job: str, subject_id: UUID, *, after: timedelta | None = None) -> None:
    """Order ``job`` for ``subject_id`` in the connection's own transaction, to start ``after`` that time.

    Raises RuntimeError outside a transaction, where the job would be there whatever became of the rest.
    """
    if not connection.is_in_transaction():
        raise RuntimeError(f"{job} was ordered outside a transaction")
    queries = Queries.from_asyncpg_connection(connection)
    await queries.enqueue(job, str(subject_id).encode(), execute_after=after)


async def forget_before(connection: Connection, moment: datetime, limit: int) -> int:
    """Delete what pgqueuer noted of jobs before ``moment``, failures with their rows' words among it; return how many.

    Nothing reads it but people, and three lines a job would fill the disk.
    """
    return len(await connection.fetch(FORGET, moment, limit))
