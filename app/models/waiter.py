"""Waiting lists: places in line for a seat of a full task."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import WAITER
from app.models.columns import created_at, status_check


class Waiter(SQLModel, table=True):
    """One person's place in line for one task; who came first has the smaller id."""

    __table_args__ = (
        status_check(WAITER),
        Index("uq_waiter_waiting", "task_id", "user_id", unique=True, postgresql_where=text("status = 'waiting'")),
        Index("ix_waiter_task_id_id", "task_id", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_waiter_user_id_id", "user_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    task_id: UUID = Field(foreign_key="task.id")
    user_id: UUID = Field(foreign_key="user.id")
    status: str = Field(default=WAITER.initial, max_length=32)
    created_at: datetime = created_at()
