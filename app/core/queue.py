"""Ordering jobs: a job exists if and only if the transaction that ordered it committed (I11)."""

from datetime import timedelta
from uuid import UUID

from pgqueuer.queries import Queries
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.db import raw


async def order(session: AsyncSession, job: str, subject_id: UUID, *, after: timedelta | None = None) -> None:
    """Order ``job`` for ``subject_id`` on the session's own transaction, to start ``after`` that time."""
    queries = Queries.from_asyncpg_connection(await raw(session))
    await queries.enqueue(job, str(subject_id).encode(), execute_after=after)
