"""Tasks: the one thing that can be claimed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import TaskKind
from app.domain.lifecycles import TASK
from app.models.columns import created_at, enum_type, status_check


class Task(SQLModel, table=True):
    """Seats to be claimed. ``seats_taken`` counts claims that live or were verified, never above ``seats`` (I1).

    ``author_id`` is who asked for the service: the resident of a wish, or who of the staff called helpers for a
    complaint. A closed task takes nobody else; who works on it goes on. ``reward_points`` and, for each hour of work,
    ``hourly_points`` are the promise made when the task was made.
    """

    __table_args__ = (
        status_check(TASK),
        CheckConstraint("seats BETWEEN 1 AND 1000", name="seats_range"),
        CheckConstraint("seats_taken BETWEEN 0 AND seats", name="seats_taken_range"),
        CheckConstraint("reward_points BETWEEN 0 AND 1000", name="reward_points_range"),
        CheckConstraint("hourly_points BETWEEN 0 AND 1000", name="hourly_points_range"),
        CheckConstraint("(kind = 'wish') = (wish_id IS NOT NULL)", name="wish_of_kind"),
        CheckConstraint("(kind = 'complaint') = (complaint_id IS NOT NULL)", name="complaint_of_kind"),
        CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name="body_length"),
        Index("ix_task_area_id_status_id", "area_id", "status", "id"),
        Index("ix_task_status_id", "status", "id"),
        Index("ix_task_complaint_id_id", "complaint_id", "id", postgresql_where=text("complaint_id IS NOT NULL")),
        Index(
            "uq_task_complaint_id_live",
            "complaint_id",
            unique=True,
            postgresql_where=text("complaint_id IS NOT NULL AND status IN ('draft', 'open')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    kind: TaskKind = Field(sa_type=enum_type(TaskKind, "kind"))
    wish_id: UUID | None = Field(default=None, foreign_key="wish.id", unique=True)
    complaint_id: UUID | None = Field(default=None, foreign_key="complaint.id")
    """Helpers may be called again once the task of the last call has ended."""
    area_id: UUID = Field(foreign_key="area.id")
    author_id: UUID = Field(foreign_key="user.id")
    title: str = Field(max_length=60)
    body: str | None = Field(default=None, max_length=2000)
    """What helpers are to do, where staff said so; a wish says it itself."""
    status: str = Field(default=TASK.initial, max_length=32)
    seats: int = 1
    seats_taken: int = 0
    reward_points: int
    hourly_points: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: datetime = created_at()
