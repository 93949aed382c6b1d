"""Business circles: an overlay over grids, no level of the tree."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class Circle(SQLModel, table=True):
    """A business circle (商圈), kept by the alliance of ``area_id``; never deleted, but closed."""

    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name_length"),
        CheckConstraint("char_length(introduction) BETWEEN 1 AND 500", name="introduction_length"),
        Index("uq_circle_open_name", "area_id", "name", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    name: str = Field(max_length=30)
    introduction: str | None = Field(default=None, max_length=500)
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()


class CircleArea(SQLModel, table=True):
    """A grid that a circle lies over; others may lie over it too."""

    __tablename__ = "circle_area"

    circle_id: UUID = Field(primary_key=True, foreign_key="circle.id")
    area_id: UUID = Field(primary_key=True, foreign_key="area.id", index=True)
