"""Wrong tries of what only somebody else can know."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime
from sqlmodel import Field, SQLModel

from app.domain.kinds import TryPurpose
from app.models.columns import enum_type


class FailedTry(SQLModel, table=True):
    """One person's tries for one purpose: when the latest went wrong, and until when there is no further one."""

    __tablename__ = "failed_try"

    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    purpose: TryPurpose = Field(primary_key=True, sa_type=enum_type(TryPurpose, "purpose"))
    failed_at: list[datetime] = Field(sa_column=Column(ARRAY(DateTime(timezone=True)), nullable=False))
    blocked_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
