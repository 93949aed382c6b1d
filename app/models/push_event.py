"""What WeChat pushed to us, kept before anything is done about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel


class PushEvent(SQLModel, table=True):
    """One event, once: ``fingerprint`` is SHA-256 over the plain text. It names people, so it is sealed (I12).

    ``due_at`` is when it is looked at again, while it is not done.
    """

    __tablename__ = "push_event"
    __table_args__ = (
        CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint_length"),
        Index("ix_push_event_waiting", "due_at", postgresql_where=text("done_at IS NULL")),
        Index("ix_push_event_trace_id", "trace_id", postgresql_where=text("done_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    fingerprint: bytes = Field(unique=True)
    kind: str = Field(max_length=64)
    trace_id: str | None = Field(default=None, max_length=128)
    sealed: bytes
    received_at: datetime = Field(sa_type=DateTime(timezone=True))
    tries: int = 0
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    done_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    note: str | None = Field(default=None, max_length=64)
