"""Volunteers."""

from datetime import datetime
from uuid import UUID

from asyncpg import Range
from sqlalchemy import CheckConstraint, Column, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, INT4MULTIRANGE
from sqlmodel import Field, SQLModel

from app.domain.free_hours import WEEK_MINUTES
from app.domain.lifecycles import VOLUNTEER
from app.models.columns import created_at, status_check

PROFESSION_MAX = 30


class Volunteer(SQLModel, table=True):
    """Somebody who asked to help without being a member; ``profession`` and ``skills`` are their own words.

    ``free_hours`` are minutes since Monday, 00:00, of every week, by the clock of Shanghai (``domain/free_hours``): a
    multirange, which is in order and without overlaps whoever writes it.
    """

    model_config = {"arbitrary_types_allowed": True}
    __table_args__ = (
        status_check(VOLUNTEER),
        CheckConstraint(f"char_length(profession) BETWEEN 1 AND {PROFESSION_MAX}", name="profession_length"),
        CheckConstraint(f"free_hours <@ int4range(0, {WEEK_MINUTES})", name="free_hours_of_a_week"),
        Index("ix_volunteer_home_area_id_status_id", "home_area_id", "status", "id"),
        Index("ix_volunteer_status_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", unique=True)
    home_area_id: UUID = Field(foreign_key="area.id")
    skills: list[str] = Field(sa_column=Column(ARRAY(String(20)), nullable=False))
    profession: str | None = Field(default=None, max_length=PROFESSION_MAX)
    free_hours: list[Range] = Field(
        default_factory=list, sa_column=Column(INT4MULTIRANGE, nullable=False, server_default=text("'{}'"))
    )
    status: str = Field(default=VOLUNTEER.initial, max_length=32)
    created_at: datetime = created_at()
