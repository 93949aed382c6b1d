"""Content checks: each look at the words of one thing, kept as evidence."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.kinds import CheckedPart, Suggestion
from app.domain.lifecycles import CONTENT_CHECK
from app.models.columns import created_at, enum_type, status_check


class ContentCheck(SQLModel, table=True):
    """One look at one part of one thing: what WeChat and the word list made of it, who decided and when.

    It holds neither the words, of which it keeps a ``fingerprint``, nor who wrote them (I9), nor where the thing lies:
    all of that is the thing's own and may change with it. Without a ``suggest`` WeChat did not judge.
    """

    __tablename__ = "content_check"
    __table_args__ = (
        status_check(CONTENT_CHECK),
        CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint_length"),
        CheckConstraint("(suggest IS NULL) = (label IS NULL)", name="verdict_whole"),
        CheckConstraint("decided_by IS NULL OR decided_at IS NOT NULL", name="decided_sometime"),
        Index("ix_content_check_subject", "subject_id", "part", "id"),
        Index(
            "ix_content_check_open",
            "subject_kind",
            "part",
            "id",
            postgresql_where=text("status IN ('held', 'sampled')"),
        ),
        Index("ix_content_check_again_at", "again_at", postgresql_where=text("again_at IS NOT NULL")),
        Index("ix_content_check_asked", "created_at", postgresql_where=text("status = 'asked'")),
    )

    id: UUID = Field(primary_key=True)
    subject_kind: str = Field(max_length=32)
    subject_id: UUID
    part: CheckedPart = Field(sa_type=enum_type(CheckedPart, "part"))
    fingerprint: bytes | None = Field(default=None, sa_type=LargeBinary)
    status: str = Field(default=CONTENT_CHECK.initial, max_length=32)
    suggest: Suggestion | None = Field(default=None, sa_type=enum_type(Suggestion, "suggest"), nullable=True)
    label: int | None = None
    """WeChat's reason; 100 is none."""
    trace_id: str | None = Field(default=None, max_length=128)
    found: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'")))
    """Of which kinds the words are that the word list found."""
    again_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    """When WeChat, too busy to judge, is to be asked once more."""
    decided_by: UUID | None = Field(default=None, foreign_key="user.id")
    decided_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    note: str | None = Field(default=None, max_length=500)
    created_at: datetime = created_at()
