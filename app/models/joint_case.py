"""Joint cases of repeats: what is wrong in one place again and again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import JOINT_CASE
from app.models.columns import status_check


class JointCase(SQLModel, table=True):
    """The complaints of one grid and category that say much the same name it as theirs; one is open at a time."""

    __tablename__ = "joint_case"
    __table_args__ = (
        status_check(JOINT_CASE),
        Index("uq_joint_case_open", "area_id", "category", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_joint_case_area_id_id", "area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    category: str = Field(foreign_key="complaint_category.code", max_length=32)
    status: str = Field(default=JOINT_CASE.initial, max_length=32)
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
