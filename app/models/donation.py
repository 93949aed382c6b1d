"""Points that people gave to their community's fund."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.models.columns import created_at


class Donation(SQLModel, table=True):
    """Given once and for ever: the database refuses changes."""

    __table_args__ = (
        CheckConstraint("points > 0", name="points_positive"),
        Index("ix_donation_area_id_id", "area_id", "id"),
        Index("ix_donation_user_id_id", "user_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user.id")
    area_id: UUID = Field(foreign_key="area.id")
    points: int
    created_at: datetime = created_at()
