"""How many people a grid must have."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field, SQLModel

from app.domain.strength import REQUIRED_MAX
from app.models.columns import created_at


class StrengthRule(SQLModel, table=True):
    """One version of how many people each grid of an area must have, from ``effective_from`` on. Append-only.

    A number that is NULL is inherited from the area above.
    """

    __tablename__ = "strength_rule"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("effective_from >= created_at", name="not_in_the_past"),
        CheckConstraint(f"members BETWEEN 0 AND {REQUIRED_MAX}", name="members_range"),
        CheckConstraint(f"volunteers BETWEEN 0 AND {REQUIRED_MAX}", name="volunteers_range"),
        Index("uq_strength_rule_area_id_version", "area_id", "version", unique=True),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    version: int
    effective_from: datetime = Field(sa_type=DateTime(timezone=True))
    members: int | None = None
    volunteers: int | None = None
    created_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()
