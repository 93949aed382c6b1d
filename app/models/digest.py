"""What was stuck in each area, day by day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.models.columns import created_at

STUCK = ("overdue", "waiting", "unanswered")


class Digest(SQLModel, table=True):
    """How many complaints that an area or one below it handles were stuck on a morning, and the oldest of them.

    ``overdue`` have missed a deadline, ``waiting`` have stood still for long, ``unanswered`` were posted long ago.
    """

    __table_args__ = (
        UniqueConstraint("area_id", "day"),
        *[CheckConstraint(f"cardinality({stuck}_ids) <= {stuck}", name=f"{stuck}_ids_of_so_many") for stuck in STUCK],
        Index("ix_digest_area_id_id", "area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    day: date
    overdue: int
    waiting: int
    unanswered: int
    overdue_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    waiting_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    unanswered_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    created_at: datetime = created_at()
