"""Organisations, where they reported in, and who acts for them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import UnitKind
from app.models.columns import created_at, enum_type

OPEN = text("closed_at IS NULL")


class Unit(SQLModel, table=True):
    """An employer of members or an organisation that sits in an area. Its contact is for staff of its area alone."""

    __table_args__ = (
        CheckConstraint("credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name="credit_code_form"),
        Index("uq_unit_open_name", "area_id", "name", unique=True, postgresql_where=OPEN),
        Index("uq_unit_open_credit_code", "credit_code", unique=True, postgresql_where=OPEN),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    kind: UnitKind = Field(sa_type=enum_type(UnitKind, "kind"))
    name: str = Field(max_length=50)
    credit_code: str | None = Field(default=None, max_length=18)
    contact_id: UUID | None = Field(default=None, foreign_key="person.id")
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class UnitArea(SQLModel, table=True):
    """An area to which the Party branch of a unit reported (单位报到)."""

    __tablename__ = "unit_area"
    __table_args__ = (Index("ix_unit_area_area_id_unit_id", "area_id", "unit_id"),)

    unit_id: UUID = Field(primary_key=True, foreign_key="unit.id")
    area_id: UUID = Field(primary_key=True, foreign_key="area.id")
    reported_on: date | None = None


class UnitWorker(SQLModel, table=True):
    """Somebody who acts for a unit in the complaints that are handed to it."""

    __tablename__ = "unit_worker"
    __table_args__ = (UniqueConstraint("user_id", "unit_id"), Index("ix_unit_worker_unit_id_id", "unit_id", "id"))

    id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(foreign_key="unit.id")
    user_id: UUID = Field(foreign_key="user.id")
    added_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()
