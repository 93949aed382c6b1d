"""Posts: duties in areas, and who holds them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.caller import Role
from app.domain.kinds import PostQueue
from app.models.columns import created_at, enum_type

QUEUES = quoted(PostQueue)


class Post(SQLModel, table=True):
    """A duty in an area (定格定岗定责).

    ``queues`` are what it answers for; ``role`` is what its holder may do there.
    """

    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name_length"),
        CheckConstraint("char_length(duty) BETWEEN 1 AND 500", name="duty_length"),
        CheckConstraint(f"queues::text[] <@ ARRAY[{QUEUES}]", name="queues_known"),
        CheckConstraint("cardinality(queues) = 0 OR role = 'staff'", name="queues_need_staff"),
        CheckConstraint("role <> 'administrator'", name="role_below_administrator"),
        Index("uq_post_open_name", "area_id", "name", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_post_area_id_id", "area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    name: str = Field(max_length=30)
    duty: str = Field(max_length=500)
    queues: list[str] = Field(sa_column=Column(ARRAY(String(32)), nullable=False))
    role: Role | None = Field(default=None, sa_type=enum_type(Role, "role"))
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()


class PostHolding(SQLModel, table=True):
    """Who holds a post from when to when (定人); one person at a time, and a person may hold several posts."""

    __tablename__ = "post_holding"
    __table_args__ = (
        CheckConstraint("until >= since", name="until_after_since"),
        Index("uq_post_holding_open", "post_id", unique=True, postgresql_where=text("until IS NULL")),
        Index("ix_post_holding_post_id_since", "post_id", "since"),
        Index("ix_post_holding_person_id", "person_id"),
    )

    id: UUID = Field(primary_key=True)
    post_id: UUID = Field(foreign_key="post.id")
    person_id: UUID = Field(foreign_key="person.id")
    appointed_by: UUID | None = Field(default=None, foreign_key="user.id")
    since: datetime = Field(sa_type=DateTime(timezone=True))
    until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
