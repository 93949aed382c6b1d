"""Call-outs (集结): an area in an emergency, or its drill, and the people called."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.kinds import CallOutAnswer
from app.domain.lifecycles import ACTIVE_CALL_OUT_STATES, CALL_OUT, CALLED_STATES
from app.models.columns import created_at, enum_type, status_check

ACTIVE = quoted(ACTIVE_CALL_OUT_STATES)
CALLED = quoted(CALLED_STATES)


class CallOut(SQLModel, table=True):
    """One order, confirmed by somebody other than who gave it: the database itself refuses one pair of hands (I2).

    ``is_drill`` never changes. ``summary`` is what staff say at the end; the figures are those of the rows.
    """

    __tablename__ = "call_out"
    __table_args__ = (
        status_check(CALL_OUT),
        CheckConstraint("confirmed_by <> ordered_by", name="two_people"),
        CheckConstraint(f"status NOT IN ({CALLED}) OR confirmed_by IS NOT NULL", name="confirmed"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_whole"),
        CheckConstraint("char_length(emergency) BETWEEN 1 AND 30", name="emergency_length"),
        CheckConstraint("char_length(instructions) BETWEEN 1 AND 500", name="instructions_length"),
        CheckConstraint("char_length(summary) BETWEEN 1 AND 2000", name="summary_length"),
        Index("uq_call_out_active", "area_id", "is_drill", unique=True, postgresql_where=text(f"status IN ({ACTIVE})")),
        UniqueConstraint("id", "is_drill"),
        Index("ix_call_out_area_id_id", "area_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    is_drill: bool
    emergency: str = Field(max_length=30)
    """What has happened, in a few words."""
    instructions: str = Field(max_length=500)
    """Where to come and what to bring."""
    status: str = Field(default=CALL_OUT.initial, max_length=32)
    ordered_by: UUID = Field(foreign_key="user.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="user.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    stood_down_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    summary: str | None = Field(default=None, max_length=2000)
    created_at: datetime = created_at()


class CallOutGroup(SQLModel, table=True):
    """People of one call-out who go together; who leads them stands with the people."""

    __tablename__ = "call_out_group"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 20", name="name_length"),
        UniqueConstraint("call_out_id", "name"),
        UniqueConstraint("id", "call_out_id"),
    )

    id: UUID = Field(primary_key=True)
    call_out_id: UUID = Field(foreign_key="call_out.id")
    name: str = Field(max_length=20)
    created_at: datetime = created_at()


class CallOutPerson(SQLModel, table=True):
    """Somebody who was called, and their answer, which counts in ``grid_id``; ``minutes`` are until they are there.

    ``is_lent`` says that they are of another grid. Who they are to WeChat is read where it stands, with the person:
    whoever is recognised amid a call-out can answer at once.
    """

    __tablename__ = "call_out_person"
    __table_args__ = (
        UniqueConstraint("call_out_id", "person_id"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_whole"),
        CheckConstraint("minutes IS NULL OR (answer IS NOT NULL AND answer <> 'cannot')", name="minutes_of_coming"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_range"),
        CheckConstraint("group_id IS NOT NULL OR NOT is_leader", name="leader_of_group"),
        ForeignKeyConstraint(
            ["group_id", "call_out_id"],
            ["call_out_group.id", "call_out_group.call_out_id"],
            name="fk_call_out_person_group_id",
        ),
        Index("ix_call_out_person_group_id_id", "group_id", "id", postgresql_where=text("group_id IS NOT NULL")),
        Index("uq_call_out_person_leader", "group_id", unique=True, postgresql_where=text("is_leader")),
        Index("ix_call_out_person_call_out_id_id", "call_out_id", "id"),
        Index("ix_call_out_person_person_id_id", "person_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    call_out_id: UUID = Field(foreign_key="call_out.id")
    person_id: UUID = Field(foreign_key="person.id")
    grid_id: UUID = Field(foreign_key="area.id")
    is_lent: bool
    answer: CallOutAnswer | None = Field(default=None, sa_type=enum_type(CallOutAnswer, "answer"))
    minutes: int | None = Field(default=None, sa_type=SmallInteger)
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    group_id: UUID | None = None
    """A group of the same call-out."""
    is_leader: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
