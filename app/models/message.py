"""Messages: what people are told in the app. The inbox is the truth; whatever else rings a phone is an extra."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.message_kinds import MessageKind
from app.models.columns import created_at, enum_type


class Message(SQLModel, table=True):
    """One message to one user about one thing; its words are those of the day on which it was sent."""

    __table_args__ = (
        CheckConstraint("char_length(title) BETWEEN 1 AND 40", name="title_length"),
        CheckConstraint("char_length(body) BETWEEN 1 AND 300", name="body_length"),
        Index("ix_message_user_id_id", "user_id", "id"),
        Index("ix_message_unread", "user_id", "id", postgresql_where=text("read_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user.id")
    kind: MessageKind = Field(sa_type=enum_type(MessageKind, "kind"))
    subject_kind: str = Field(max_length=32)
    subject_id: UUID
    title: str = Field(max_length=40)
    body: str = Field(max_length=300)
    created_at: datetime = created_at()
    read_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
