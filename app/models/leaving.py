"""Accounts that were closed, and how far what hung on them has been brought to an end."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlmodel import Field, SQLModel


class Leaving(SQLModel, table=True):
    """One closed account. ``ended_at`` is when nothing of theirs was open any more and the last of it forgotten."""

    __table_args__ = (Index("ix_leaving_open", "closed_at", postgresql_where=text("ended_at IS NULL")),)

    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    closed_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
