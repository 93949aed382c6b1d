"""Monthly lists of tasks (任务需求清单): what a community asks its branches, teams and neighbours for in one month."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import TASK_LIST
from app.models.columns import created_at, status_check


class TaskList(SQLModel, table=True):
    """A list of an area for the month that begins on ``month``: tasks. ``number`` counts the area's lists.

    Nobody outside the staff sees it before it is published.
    """

    __tablename__ = "task_list"
    __table_args__ = (
        status_check(TASK_LIST),
        CheckConstraint("extract(day FROM month) = 1", name="month_first_day"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("status NOT IN ('published', 'closed') OR published_at IS NOT NULL", name="published_when"),
        UniqueConstraint("area_id", "number"),
        Index("ix_task_list_area_id_id", "area_id", "id"),
        Index("ix_task_list_area_id_month", "area_id", "month"),
        Index("ix_task_list_published", "month", postgresql_where=text("status = 'published'")),
        Index(
            "uq_task_list_copied_from_id",
            "copied_from_id",
            unique=True,
            postgresql_where=text("copied_from_id IS NOT NULL AND status <> 'cancelled'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    author_id: UUID = Field(foreign_key="user.id")
    month: date
    number: int
    copied_from_id: UUID | None = Field(default=None, foreign_key="task_list.id")
    status: str = Field(default=TASK_LIST.initial, max_length=32)
    published_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()
