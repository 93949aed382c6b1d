"""Series of tasks: what is done again and again, each time as a task of its own."""

from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.kinds import SeriesKind
from app.domain.lifecycles import TASK_SERIES
from app.models.columns import created_at, enum_type, status_check


class TaskSeries(SQLModel, table=True):
    """What its tasks are like from ``begins_on`` on, on the days that ``rule`` names, the last of which is ``last_on``.

    ``rule`` is of RFC 5545, section 3.3.10; see ``domain.recurrence``. ``starts`` is by the clock of Shanghai. Through
    ``made_until`` the tasks have been made. What was before ``begins_on`` stands in the tasks alone.
    """

    __tablename__ = "task_series"
    __table_args__ = (
        status_check(TASK_SERIES),
        CheckConstraint("seats BETWEEN 1 AND 1000", name="seats_range"),
        CheckConstraint("min_people BETWEEN 1 AND seats", name="min_people_range"),
        CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name="body_length"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_range"),
        CheckConstraint("cardinality(skills) <= 5", name="skills_few"),
        CheckConstraint("cardinality(tags) <= 5", name="tags_few"),
        CheckConstraint("char_length(place) BETWEEN 1 AND 100", name="place_length"),
        CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="location_whole"),
        CheckConstraint("longitude BETWEEN -180 AND 180 AND latitude BETWEEN -85 AND 85", name="location_range"),
        CheckConstraint("length_minutes BETWEEN 1 AND 1440", name="length_minutes_range"),
        CheckConstraint("last_on >= begins_on AND last_on <= begins_on + 731", name="last_on_range"),
        Index("ix_task_series_area_id_id", "area_id", "id"),
        Index("ix_task_series_open", "made_until", postgresql_where=text("status = 'open'")),
        Index("ix_task_series_live", "last_on", postgresql_where=text("status <> 'ended'")),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    author_id: UUID = Field(foreign_key="user.id")
    kind: SeriesKind = Field(sa_type=enum_type(SeriesKind, "kind"))
    title: str = Field(max_length=60)
    body: str | None = Field(default=None, max_length=2000)
    seats: int = 1
    min_people: int = Field(default=1, sa_type=SmallInteger)
    minutes: int | None = Field(default=None, sa_type=SmallInteger)
    skills: list[str] = Field(default=[], sa_column=Column(ARRAY(String(20)), nullable=False))
    tags: list[str] = Field(
        default=[], sa_column=Column(ARRAY(String(32)), nullable=False, server_default=text("'{}'"))
    )
    place: str | None = Field(default=None, max_length=100)
    longitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    latitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    """GCJ-02."""
    begins_on: date
    rule: str = Field(max_length=200)
    starts: time
    length_minutes: int = Field(sa_type=SmallInteger)
    skips_holidays: bool = False
    last_on: date
    made_until: date
    status: str = Field(default=TASK_SERIES.initial, max_length=32)
    created_at: datetime = created_at()
