"""Volunteers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import VOLUNTEER
from app.models.columns import created_at, status_check


class Volunteer(SQLModel, table=True):
    """Somebody who asked to help without being a member; ``skills`` are their own words."""

    __table_args__ = (
        status_check(VOLUNTEER),
        Index("ix_volunteer_home_area_id_status_id", "home_area_id", "status", "id"),
        Index("ix_volunteer_status_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", unique=True)
    home_area_id: UUID = Field(foreign_key="area.id")
    skills: list[str] = Field(sa_column=Column(ARRAY(String(20)), nullable=False))
    status: str = Field(default=VOLUNTEER.initial, max_length=32)
    created_at: datetime = created_at()
