"""The history of everything that has a lifecycle (I7). Append-only: the database refuses changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class Event(SQLModel, table=True):
    """One state change: of what, from, to, by whom in which part, when, with which words."""

    __table_args__ = (
        Index("ix_event_subject", "subject_kind", "subject_id", "id"),
        Index(
            "ix_event_complaint_posted",
            "created_at",
            postgresql_where=text("subject_kind = 'complaint' AND action = 'create'"),
        ),
        Index(
            "ix_event_verified",
            "created_at",
            postgresql_where=text("subject_kind = 'claim' AND to_state = 'verified'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    subject_kind: str = Field(max_length=32)
    subject_id: UUID
    action: str = Field(max_length=32)
    from_state: str | None = Field(default=None, max_length=32)
    to_state: str = Field(max_length=32)
    actor_id: UUID | None = Field(default=None, foreign_key="user.id")
    party: str = Field(max_length=32)
    note: str | None = Field(default=None, max_length=500)
    facts: dict[str, Any] | None = Field(default=None, sa_type=JSONB, nullable=True)
    """What changed beside the state, so that figures can be derived from events alone."""
    created_at: datetime = created_at()
