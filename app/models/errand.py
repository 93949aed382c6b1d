"""Errands: what somebody does for a resident from beginning to end, such as a certificate or a refund."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import ErrandCategory, ErrandConsent
from app.domain.lifecycles import ERRAND
from app.models.columns import created_at, enum_type, status_check


class Errand(SQLModel, table=True):
    """``author_id`` asked for it: the resident, or who of the staff wrote it down for somebody without the app.

    Its words are for those whom it concerns; everybody sees the title of its task alone. Who the resident is and how to
    reach them is ``sealed``.
    """

    __table_args__ = (
        status_check(ERRAND),
        CheckConstraint("char_length(title) BETWEEN 1 AND 60", name="title_length"),
        CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name="body_length"),
        CheckConstraint("char_length(consent_note) BETWEEN 1 AND 500", name="consent_note_length"),
        CheckConstraint("(consent = 'app') = (consent_version IS NOT NULL)", name="version_of_app"),
        CheckConstraint("(consent = 'app') = (consent_note IS NULL)", name="note_of_paper"),
        CheckConstraint("consent = 'app' OR sealed IS NOT NULL", name="resident_of_paper"),
        Index("ix_errand_area_id_status_id", "area_id", "status", "id"),
        Index("ix_errand_status_id", "status", "id"),
        Index("ix_errand_author_id_id", "author_id", "id"),
        Index("ix_errand_approved_at", "approved_at", postgresql_where=text("status = 'approved'")),
    )

    id: UUID = Field(primary_key=True)
    author_id: UUID = Field(foreign_key="user.id")
    area_id: UUID = Field(foreign_key="area.id")
    category: ErrandCategory = Field(sa_type=enum_type(ErrandCategory, "category"))
    title: str = Field(max_length=60)
    body: str = Field(max_length=2000)
    status: str = Field(default=ERRAND.initial, max_length=32)
    consent: ErrandConsent = Field(sa_type=enum_type(ErrandConsent, "consent"))
    consent_version: str | None = Field(default=None, max_length=20)
    """Of the text that the resident agreed to in the app."""
    consent_note: str | None = Field(default=None, max_length=500)
    """How the resident agreed on paper, and where that lies."""
    sealed: bytes | None = None
    """The resident's name, number and address, as far as they were told."""
    created_at: datetime = created_at()
    approved_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
