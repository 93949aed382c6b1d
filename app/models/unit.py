"""Organisations, and who acts for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.kinds import UnitKind
from app.models.columns import created_at, enum_type


class Unit(SQLModel, table=True):
    """An employer of members or an organisation that sits in an area."""

    __table_args__ = (UniqueConstraint("area_id", "name"),)

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    kind: UnitKind = Field(sa_type=enum_type(UnitKind, "kind"))
    name: str = Field(max_length=50)


class UnitWorker(SQLModel, table=True):
    """Somebody who acts for a unit in the complaints that are handed to it."""

    __tablename__ = "unit_worker"
    __table_args__ = (UniqueConstraint("user_id", "unit_id"), Index("ix_unit_worker_unit_id_id", "unit_id", "id"))

    id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(foreign_key="unit.id")
    user_id: UUID = Field(foreign_key="user.id")
    added_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()
