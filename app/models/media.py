"""Pictures: whose they are, what they belong to, how far their check is. The files lie in the store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import PictureOf
from app.domain.lifecycles import MEDIA
from app.models.columns import created_at, enum_type, status_check


class Media(SQLModel, table=True):
    """A picture as it was written anew, in full and small; what was sent is kept nowhere.

    ``owner_id`` is who uploaded it, and empty as soon as it belongs to a complaint (I9). ``position`` counts from 1
    within ``subject_id``. ``trace_id`` is by what WeChat names the check at hand, begun at ``asked_at`` for the
    ``tries``-th time, ``earlier_trace_id`` the check before that; ``label`` is what WeChat said of it.
    """

    __table_args__ = (
        status_check(MEDIA),
        CheckConstraint("(subject_kind IS NULL) = (subject_id IS NULL)", name="subject_whole"),
        CheckConstraint("(position IS NULL) = (subject_id IS NULL)", name="position_of_subject"),
        CheckConstraint("position BETWEEN 1 AND 99", name="position_range"),
        CheckConstraint("subject_kind <> 'complaint' OR owner_id IS NULL", name="complaint_without_owner"),
        CheckConstraint("width > 0 AND height > 0 AND size_bytes > 0", name="extent_positive"),
        CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type_known"),
        CheckConstraint("tries BETWEEN 0 AND 2", name="tries_few"),
        CheckConstraint("(trace_id IS NULL) OR (asked_at IS NOT NULL)", name="traced_when_asked"),
        Index(
            "ix_media_subject_id",
            "subject_id",
            "position",
            postgresql_where=text("subject_id IS NOT NULL AND status <> 'removed'"),
        ),
        Index(
            "ix_media_unattached",
            "owner_id",
            "id",
            postgresql_where=text("subject_id IS NULL AND status <> 'removed'"),
        ),
        Index("ix_media_checking", "id", postgresql_where=text("status = 'checking'")),
        Index("ix_media_rejected", "id", postgresql_where=text("status = 'rejected' AND subject_id IS NOT NULL")),
        Index("uq_media_trace_id", "trace_id", unique=True),
        Index("uq_media_earlier_trace_id", "earlier_trace_id", unique=True),
    )

    id: UUID = Field(primary_key=True)
    owner_id: UUID | None = Field(default=None, foreign_key="user.id")
    status: str = Field(default=MEDIA.initial, max_length=32)
    subject_kind: PictureOf | None = Field(default=None, sa_type=enum_type(PictureOf, "subject_kind"))
    subject_id: UUID | None = None
    position: int | None = Field(default=None, sa_type=SmallInteger)
    width: int
    height: int
    size_bytes: int
    media_type: str = Field(max_length=32)
    sha256: bytes
    trace_id: str | None = Field(default=None, max_length=128)
    earlier_trace_id: str | None = Field(default=None, max_length=128)
    asked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    tries: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")})
    label: int | None = None
    created_at: datetime = created_at()
