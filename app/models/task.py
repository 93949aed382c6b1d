"""Tasks: the one thing that can be claimed."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.domain.kinds import TaskKind
from app.domain.lifecycles import TASK
from app.models.columns import created_at, enum_type, status_check

SPOT = "mercator(longitude::float8, latitude::float8)"
"""Where a task is on the map on which distances are reckoned (``domain/geometry.mercator``)."""


class Task(SQLModel, table=True):
    """Seats to be claimed. ``seats_taken`` counts claims that live or were verified, and those for which a held pledge
    has named nobody yet; it is never above ``seats`` (I1).

    ``author_id`` is who asked for the service: the resident of a wish, or who of the staff called helpers for a
    complaint, or posted it. A closed task takes nobody else; who works on it goes on. ``reward_points`` and, for each
    hour of work, ``hourly_points`` are the promise made when the task was made.

    ``minutes`` is what one helper is expected to need. Where a window is set, helpers are there from ``starts_at`` to
    ``ends_at``; nobody claims after ``claim_until``, when a task with fewer helpers than ``min_people`` is cancelled.
    Until ``groups_until`` teams and branches alone take seats.
    """

    __table_args__ = (
        status_check(TASK),
        CheckConstraint("seats BETWEEN 1 AND 1000", name="seats_range"),
        CheckConstraint("seats_taken BETWEEN 0 AND seats", name="seats_taken_range"),
        CheckConstraint("reward_points BETWEEN 0 AND 1000", name="reward_points_range"),
        CheckConstraint("hourly_points BETWEEN 0 AND 1000", name="hourly_points_range"),
        CheckConstraint("(kind = 'wish') = (wish_id IS NOT NULL)", name="wish_of_kind"),
        CheckConstraint("(kind = 'complaint') = (complaint_id IS NOT NULL)", name="complaint_of_kind"),
        CheckConstraint("(kind = 'listed') = (list_id IS NOT NULL)", name="list_of_kind"),
        CheckConstraint(
            "(item_number IS NULL AND passed_at IS NULL OR list_id IS NOT NULL) AND item_number > 0",
            name="item_of_list",
        ),
        CheckConstraint("(kind = 'errand') = (errand_id IS NOT NULL)", name="errand_of_kind"),
        CheckConstraint("(kind = 'emergency') = (call_out_id IS NOT NULL)", name="call_out_of_kind"),
        CheckConstraint("NOT is_drill OR (reward_points = 0 AND hourly_points = 0)", name="nothing_for_drills"),
        CheckConstraint("NOT is_drill OR call_out_id IS NOT NULL", name="drill_of_call_out"),
        CheckConstraint("NOT is_drill OR order_part_id IS NULL", name="orders_without_drills"),
        ForeignKeyConstraint(
            ["call_out_id", "is_drill"], ["call_out.id", "call_out.is_drill"], name="fk_task_call_out_id"
        ),
        Index(
            "uq_task_list_id_item_number",
            "list_id",
            "item_number",
            unique=True,
            postgresql_where=text("list_id IS NOT NULL"),
        ),
        Index("ix_task_call_out_id_id", "call_out_id", "id", postgresql_where=text("call_out_id IS NOT NULL")),
        CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name="body_length"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_range"),
        CheckConstraint("cardinality(skills) <= 5", name="skills_few"),
        CheckConstraint("cardinality(tags) <= 5", name="tags_few"),
        CheckConstraint("char_length(place) BETWEEN 1 AND 100", name="place_length"),
        CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="location_whole"),
        CheckConstraint("longitude BETWEEN -180 AND 180 AND latitude BETWEEN -85 AND 85", name="location_range"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL) AND ends_at > starts_at", name="window_order"),
        CheckConstraint("claim_until <= ends_at", name="claim_until_in_window"),
        CheckConstraint("groups_until <= claim_until", name="groups_before_others"),
        CheckConstraint("min_people BETWEEN 1 AND seats", name="min_people_range"),
        CheckConstraint("min_people = 1 OR claim_until IS NOT NULL", name="min_people_by_when"),
        CheckConstraint("(series_id IS NULL) = (occurrence IS NULL)", name="occurrence_of_series"),
        CheckConstraint("NOT is_detached OR series_id IS NOT NULL", name="detached_from_series"),
        Index("ix_task_area_id_status_id", "area_id", "status", "id"),
        Index("ix_task_status_id", "status", "id"),
        Index(
            "ix_task_spot",
            text(SPOT),
            postgresql_using="gist",
            postgresql_where=text("status = 'open' AND longitude IS NOT NULL"),
        ),
        Index(
            "ix_task_area_id_kind_id_unplaced",
            "area_id",
            "kind",
            "id",
            postgresql_where=text("status = 'open' AND longitude IS NULL"),
        ),
        Index("ix_task_order_part_id_id", "order_part_id", "id", postgresql_where=text("order_part_id IS NOT NULL")),
        Index("ix_task_claim_until", "claim_until", postgresql_where=text("status = 'open'")),
        Index("ix_task_complaint_id_id", "complaint_id", "id", postgresql_where=text("complaint_id IS NOT NULL")),
        Index(
            "uq_task_series_id_occurrence",
            "series_id",
            "occurrence",
            unique=True,
            postgresql_where=text("series_id IS NOT NULL"),
        ),
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
    errand_id: UUID | None = Field(default=None, foreign_key="errand.id", unique=True)
    series_id: UUID | None = Field(default=None, foreign_key="task_series.id")
    occurrence: date | None = None
    """The day of the series that it is for, whatever its window says now: each has one task, never two."""
    is_detached: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Whether it was changed by hand, so that it does not follow its series any more."""
    list_id: UUID | None = Field(default=None, foreign_key="task_list.id")
    item_number: int | None = Field(default=None, sa_type=SmallInteger)
    """Its place in the list, which is fixed once that is published; one cancelled before then has none."""
    passed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    """When the words of an item passed their check, while it waits for the publication of its list."""
    call_out_id: UUID | None = None
    order_part_id: UUID | None = Field(default=None, foreign_key="order_part.id")
    """Which area's part in an order from above it does."""
    is_drill: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Of a drill: nothing is earned, and it stands in no list but that of its call-out."""
    area_id: UUID = Field(foreign_key="area.id")
    author_id: UUID = Field(foreign_key="user.id")
    title: str = Field(max_length=60)
    body: str | None = Field(default=None, max_length=2000)
    """What helpers are to do, where staff said so; a wish says it itself."""
    minutes: int | None = Field(default=None, sa_type=SmallInteger)
    skills: list[str] = Field(
        default=[], sa_column=Column(ARRAY(String(20)), nullable=False, server_default=text("'{}'"))
    )
    tags: list[str] = Field(
        default=[], sa_column=Column(ARRAY(String(32)), nullable=False, server_default=text("'{}'"))
    )
    """Codes of ``task_tag``: a trigger lets no other in."""
    place: str | None = Field(default=None, max_length=100)
    """Where to go, in words; never somebody's home (I12)."""
    longitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    latitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    """GCJ-02."""
    starts_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ends_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    claim_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    groups_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    status: str = Field(default=TASK.initial, max_length=32)
    min_people: int = Field(default=1, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("1")})
    seats: int = 1
    seats_taken: int = 0
    reward_points: int
    hourly_points: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: datetime = created_at()
