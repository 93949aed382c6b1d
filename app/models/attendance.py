"""Attendances: who was there for a claimed task, from when until when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import ATTENDANCE
from app.models.columns import created_at, status_check


class Attendance(SQLModel, table=True):
    """The one stay that belongs to a claim, by the claim's id.

    ``checked_in_at`` is when the code was scanned; the phone may have told of it later. ``distance_m`` is a hint: how
    far from the task's place the phone said it was, to the hundred metres, only where it said so, and no proof.
    """

    __table_args__ = (
        status_check(ATTENDANCE),
        CheckConstraint("checked_out_at >= checked_in_at", name="times_in_order"),
        CheckConstraint("planned_end_at >= checked_in_at", name="planned_end_after"),
        CheckConstraint("status <> 'left' OR checked_out_at IS NOT NULL", name="left_at_a_time"),
        CheckConstraint("NOT is_end_planned OR checked_out_at = planned_end_at", name="end_as_planned"),
        CheckConstraint("distance_m BETWEEN 0 AND 100000 AND distance_m % 100 = 0", name="distance_rounded"),
        CheckConstraint("NOT is_by_staff OR distance_m IS NULL", name="distance_of_a_phone"),
        Index("ix_attendance_planned_end_at", "planned_end_at", postgresql_where=text("status = 'present'")),
    )

    id: UUID = Field(primary_key=True, foreign_key="claim.id")
    status: str = Field(default=ATTENDANCE.initial, max_length=32)
    is_by_staff: bool
    """Whether staff saw them, or else they scanned or typed the code that was shown."""
    distance_m: int | None = None
    checked_in_at: datetime = Field(sa_type=DateTime(timezone=True))
    planned_end_at: datetime = Field(sa_type=DateTime(timezone=True))
    """When they have left, unless they say so before."""
    checked_out_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    is_end_planned: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Whether they forgot to check out."""
    created_at: datetime = created_at()
