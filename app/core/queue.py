"""Ordering jobs: a job exists if and only if the transaction that ordered it committed (I11)."""

from datetime import timedelta
from uuid import UUID

from asyncpg import Connection
from pgqueuer.queries import Queries


async def order(connection: Connection, job: str, subject_id: UUID, *, after: timedelta | None = None) -> None:
    """Order ``job`` for ``subject_id`` in the connection's own transaction, to start ``after`` that time.

    Raises RuntimeError outside a transaction, where the job would be there whatever became of the rest.
    """
    if not connection.is_in_transaction():
        raise RuntimeError(f"{job} was ordered outside a transaction")
    queries = Queries.from_asyncpg_connection(connection)
    await queries.enqueue(job, str(subject_id).encode(), execute_after=after)
