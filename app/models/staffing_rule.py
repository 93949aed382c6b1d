"""How many workers an area needs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field, SQLModel

from app.domain.staffing import HOUSEHOLDS_MAX, WORKERS_MAX
from app.models.columns import created_at


class StaffingRule(SQLModel, table=True):
    """One version of how many workers households and residents of an area need, from ``effective_from`` on.

    Append-only. A number that is NULL is inherited from the area above.
    """

    __tablename__ = "staffing_rule"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("effective_from >= created_at", name="not_in_the_past"),
        CheckConstraint(f"households_per_grid_worker BETWEEN 1 AND {HOUSEHOLDS_MAX}", name="households_range"),
        CheckConstraint(f"workers_per_10000 BETWEEN 1 AND {WORKERS_MAX}", name="workers_range"),
        Index("uq_staffing_rule_area_id_version", "area_id", "version", unique=True),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    version: int
    effective_from: datetime = Field(sa_type=DateTime(timezone=True))
    households_per_grid_worker: int | None = None
    workers_per_10000: int | None = None
    created_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()
