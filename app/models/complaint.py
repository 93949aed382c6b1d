"""Complaints, what they are about, and, apart from them, whose they are."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.kinds import Channel, ComplaintPart, Outcome, Urgency
from app.domain.lifecycles import COMPLAINT, LIVE_COMPLAINT_STATES, PUBLIC_COMPLAINT_STATES
from app.models.columns import created_at, enum_type, status_check

UNANSWERED_STATES = [state for state in PUBLIC_COMPLAINT_STATES if state in LIVE_COMPLAINT_STATES]
LIVE = quoted(LIVE_COMPLAINT_STATES)
ON_WALL = quoted(state for state in PUBLIC_COMPLAINT_STATES if state != "merged")
IS_ON_WALL = f"NOT is_confidential AND status IN ({ON_WALL})"
UNANSWERED = quoted(UNANSWERED_STATES)
IS_UNANSWERED = f"is_on_wall AND status IN ({UNANSWERED})"
"""What stands on a wall without an answer."""

DUE_AT = """CASE WHEN status IN ('reviewing', 'open', 'reopened') THEN accept_due_at
    WHEN status = 'accepted' THEN answer_due_at END"""


def _moment() -> Any:
    return Field(default=None, sa_type=DateTime(timezone=True))


class ComplaintCategory(SQLModel, table=True):
    """A topic that residents choose and routing proposes; ``words`` are what routing looks for.

    One that is not active is not chosen any more; what was posted under it keeps it.
    """

    __tablename__ = "complaint_category"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 20", name="name_length"),
        CheckConstraint("code ~ '^[a-z][a-z_]{0,30}$'", name="code_form"),
        CheckConstraint("learned >= 0", name="learned_counted"),
    )

    code: str = Field(primary_key=True, max_length=32)
    name: str = Field(max_length=20, unique=True)
    urgency: Urgency = Field(sa_type=enum_type(Urgency, "urgency"))
    is_confidential: bool = False
    is_active: bool = True
    words: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'")))
    position: int = Field(sa_type=SmallInteger)
    learned: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Complaints of which the words are counted under it."""


class Complaint(SQLModel, table=True):
    """A problem put on a wall. Whose it is stands in ``complaint_person`` alone (I9).

    ``title``, ``body`` and ``answer`` are what others may read: numbers that lead to a person were masked before they
    were stored. ``number`` never changes, wherever the complaint goes (I13). ``handler_id`` is
    the area that has to act.
    """

    __table_args__ = (
        status_check(COMPLAINT),
        CheckConstraint("char_length(title) BETWEEN 1 AND 60", name="title_length"),
        CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name="body_length"),
        CheckConstraint("char_length(place) BETWEEN 1 AND 100", name="place_length"),
        CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="location_whole"),
        CheckConstraint("longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90", name="location_range"),
        CheckConstraint("(channel = 'proxy') = (entered_by IS NOT NULL)", name="entered_by_of_proxy"),
        CheckConstraint("(entered_by IS NULL) = (consent IS NULL)", name="consent_of_proxy"),
        CheckConstraint("status <> 'merged' OR merged_into_id IS NOT NULL", name="merged_somewhere"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint("(answer IS NULL) = (outcome IS NULL)", name="outcome_of_answer"),
        CheckConstraint("status NOT IN ('answered', 'closed') OR answer IS NOT NULL", name="answered_with_words"),
        CheckConstraint("echo_id IS NULL OR answer IS NOT NULL", name="echo_of_answer"),
        CheckConstraint("joins >= 0", name="joins_not_negative"),
        Index("ix_complaint_wall", "area_id", "id", postgresql_where=text("is_on_wall")),
        Index("ix_complaint_wall_status", "area_id", "status", "id", postgresql_where=text("is_on_wall")),
        Index("ix_complaint_wall_category", "area_id", "category", "id", postgresql_where=text("is_on_wall")),
        Index("ix_complaint_status_id", "status", "id", postgresql_where=text("is_on_wall")),
        Index("ix_complaint_category_id", "category", "id", postgresql_where=text("is_on_wall")),
        Index("ix_complaint_echo", "area_id", "echo_id", postgresql_where=text("is_on_wall AND echo_id IS NOT NULL")),
        Index("uq_complaint_echo_id", "echo_id", unique=True, postgresql_where=text("echo_id IS NOT NULL")),
        Index("ix_complaint_handler", "handler_id", "due_at", "id", postgresql_where=text(f"status IN ({LIVE})")),
        Index("ix_complaint_unanswered", "area_id", "due_at", postgresql_where=text(IS_UNANSWERED)),
        Index("ix_complaint_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_complaint_silent", "answered_at", postgresql_where=text("status = 'answered'")),
        Index("ix_complaint_opened", "area_id", "category", "opened_at"),
        Index("ix_complaint_case_id_id", "case_id", "id", postgresql_where=text("case_id IS NOT NULL")),
        Index("ix_complaint_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    number: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False, unique=True))
    area_id: UUID = Field(foreign_key="area.id")
    handler_id: UUID = Field(foreign_key="area.id")
    category: str = Field(foreign_key="complaint_category.code", max_length=32)
    urgency: Urgency = Field(sa_type=enum_type(Urgency, "urgency"))
    title: str = Field(max_length=60)
    body: str = Field(max_length=2000)
    status: str = Field(default=COMPLAINT.initial, max_length=32)
    is_confidential: bool = False
    shown_name: str | None = Field(default=None, max_length=20)
    """The nickname of an author who chose not to be anonymous, as it was then."""
    longitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    latitude: Decimal | None = Field(default=None, sa_type=Numeric(9, 6))
    """GCJ-02, exactly where; the public is shown about where."""
    place: str | None = Field(default=None, max_length=100)
    channel: Channel = Field(sa_type=enum_type(Channel, "channel"))
    entered_by: UUID | None = Field(default=None, foreign_key="user.id")
    consent: str | None = Field(default=None, max_length=500)
    """How the resident agreed that somebody else types it in."""
    case_id: UUID | None = Field(default=None, foreign_key="joint_case.id")
    """What it is one of the repeats of."""
    merged_into_id: UUID | None = Field(default=None, foreign_key="complaint.id")
    joins: int = 0
    leader_id: UUID | None = Field(default=None, foreign_key="user.id")
    is_joint: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Whether it was ever handed to units."""
    has_reopened: bool = False
    """Whether the author's one right to reopen it is used."""
    answer: str | None = Field(default=None, max_length=2000)
    outcome: Outcome | None = Field(default=None, sa_type=enum_type(Outcome, "outcome"), nullable=True)
    echo_id: UUID | None = None
    hidden_at: datetime | None = _moment()
    """Since when its words are off the wall; it is confidential from then on, whatever its category."""
    """Made when the answer became public, so that echoes are listed in the order of answers."""
    is_satisfied: bool | None = None
    """The author's word on the last answer."""
    accept_due_at: datetime | None = _moment()
    answer_due_at: datetime | None = _moment()
    due_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), Computed(DUE_AT, persisted=True))
    )
    """What has to happen next is due then; empty while nothing is, or the clock stands still."""
    is_on_wall: bool = Field(default=None, sa_column=Column(Boolean, Computed(IS_ON_WALL, persisted=True)))
    """Whether everybody may see it: one that was merged stands where it went."""
    created_at: datetime = created_at()
    opened_at: datetime | None = _moment()
    accepted_at: datetime | None = _moment()
    answered_at: datetime | None = _moment()
    closed_at: datetime | None = _moment()


class ComplaintPerson(SQLModel, table=True):
    """Whose a complaint is, and who said "me too": sealed, under a hash that nobody can make without the key (I9)."""

    __tablename__ = "complaint_person"
    __table_args__ = (
        CheckConstraint("octet_length(person_hash) = 32", name="person_hash_length"),
        Index("uq_complaint_person_author", "complaint_id", unique=True, postgresql_where=text("part = 'author'")),
        Index("ix_complaint_person_person_hash", "person_hash", "complaint_id"),
    )

    complaint_id: UUID = Field(primary_key=True, foreign_key="complaint.id")
    person_hash: bytes = Field(primary_key=True)
    part: ComplaintPart = Field(sa_type=enum_type(ComplaintPart, "part"))
    sealed: bytes
    seen_at: datetime | None = _moment()
    """When this person last looked: what came after is news to them."""
    created_at: datetime = created_at()


class ComplaintRating(SQLModel, table=True):
    """What somebody with a part in a complaint says of its answer (联评); only the author's word counts in rates."""

    __tablename__ = "complaint_rating"
    __table_args__ = (CheckConstraint("char_length(note) BETWEEN 1 AND 500", name="note_length"),)

    complaint_id: UUID = Field(primary_key=True, foreign_key="complaint.id")
    answered_at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    """Which answer it is about."""
    rater_hash: bytes = Field(primary_key=True)
    party: str = Field(max_length=32)
    is_satisfied: bool
    note: str | None = Field(default=None, max_length=500)
    created_at: datetime = created_at()
