"""The parts that units have in a complaint (联办)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import STEP
from app.models.columns import created_at, status_check

LIVE_STEP = "status <> 'cancelled'"


class ComplaintStep(SQLModel, table=True):
    """What one unit has to do for a complaint, and what it answered; one lead at most among those that stand.

    Without a ``due_at`` of its own it is due with the complaint's answer. ``is_told`` says that the answer stands in
    the complaint's present answer, with which it was checked and becomes public; one given later does not.
    """

    __tablename__ = "complaint_step"
    __table_args__ = (
        status_check(STEP),
        CheckConstraint("char_length(instructions) BETWEEN 1 AND 500", name="instructions_length"),
        CheckConstraint("char_length(answer) BETWEEN 1 AND 1000", name="answer_length"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer_dated"),
        CheckConstraint("(answer IS NULL) = (answered_by IS NULL)", name="answer_given_by"),
        CheckConstraint("status <> 'answered' OR answer IS NOT NULL", name="answered_with_words"),
        CheckConstraint("NOT is_told OR status = 'answered'", name="told_when_answered"),
        Index("uq_complaint_step_unit", "complaint_id", "unit_id", unique=True, postgresql_where=text(LIVE_STEP)),
        Index("uq_complaint_step_lead", "complaint_id", unique=True, postgresql_where=text(f"is_lead AND {LIVE_STEP}")),
        Index("ix_complaint_step_unit_id_status", "unit_id", "status"),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id")
    unit_id: UUID = Field(foreign_key="unit.id")
    is_lead: bool
    status: str = Field(default=STEP.initial, max_length=32)
    instructions: str = Field(max_length=500)
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answer: str | None = Field(default=None, max_length=1000)
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answered_by: UUID | None = Field(default=None, foreign_key="user.id")
    is_told: bool = False
    created_at: datetime = created_at()
