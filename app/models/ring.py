"""Rings: what is to ring a phone beside a message in the app, and what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import RING
from app.models.columns import status_check


class Ring(SQLModel, table=True):
    """The ring of one message, and of no other: its id is the message's, so that nothing rings twice.

    A user is rung one at a time (WeChat answers 43108 else): only one row of theirs can be ``sending``.
    """

    __table_args__ = (
        status_check(RING),
        Index("uq_ring_sending", "user_id", unique=True, postgresql_where=text("status = 'sending'")),
        Index("ix_ring_waiting", text("is_urgent DESC"), "due_at", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_ring_msgid", "msgid", postgresql_where=text("msgid IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True, foreign_key="message.id")
    user_id: UUID
    template_id: str = Field(max_length=64)
    words: dict[str, Any] = Field(sa_type=JSONB)
    """In the places of its template's fields, as they were when the message was told."""
    is_urgent: bool
    status: str = Field(default=RING.initial, max_length=32)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    taken_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    sent_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    msgid: str | None = Field(default=None, max_length=32)
    """WeChat's, a number of 64 bits as text."""
    errcode: int | None = None
