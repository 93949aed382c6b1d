"""Organisations."""

from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.kinds import UnitKind
from app.models.columns import enum_type


class Unit(SQLModel, table=True):
    """An employer of members or an organisation that sits in an area."""

    __table_args__ = (UniqueConstraint("area_id", "name"),)

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    kind: UnitKind = Field(sa_type=enum_type(UnitKind, "kind"))
    name: str = Field(max_length=50)
