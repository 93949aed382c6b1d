"""Who handles which complaints, and how soon."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.domain.deadlines import AMOUNT_MAX, SpanUnit
from app.domain.kinds import AreaKind, Urgency
from app.models.columns import created_at, enum_type

SPANS = ("accept", "answer")


class HandlingRule(SQLModel, table=True):
    """One version of what an area says of the complaints that it or an area below it handles. Append-only.

    It is for one ``category``, one ``urgency`` and one ``level``, the kind of the area that handles; NULL is for all.
    Of what it says NULL is left to other rules. Its version counts up in the area; of those for the same complaints the
    highest in force counts, from ``effective_from`` on and never before it was made.
    """

    __tablename__ = "handling_rule"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("effective_from >= created_at", name="not_in_the_past"),
        CheckConstraint(
            "sets_urgency IS NULL OR (category IS NOT NULL AND urgency IS NULL)", name="sets_urgency_of_category"
        ),
        CheckConstraint("jsonb_typeof(hours) = 'array'", name="hours_form"),
        *[CheckConstraint(f"{span}_amount BETWEEN 1 AND {AMOUNT_MAX}", name=f"{span}_amount_range") for span in SPANS],
        *[CheckConstraint(f"({span}_amount IS NULL) = ({span}_unit IS NULL)", name=f"{span}_whole") for span in SPANS],
        Index("uq_handling_rule_area_id_version", "area_id", "version", unique=True),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    version: int
    effective_from: datetime = Field(sa_type=DateTime(timezone=True))
    category: str | None = Field(default=None, foreign_key="complaint_category.code", max_length=32)
    urgency: Urgency | None = Field(default=None, sa_type=enum_type(Urgency, "urgency"), nullable=True)
    level: AreaKind | None = Field(default=None, sa_type=enum_type(AreaKind, "level"), nullable=True)
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id")
    sets_urgency: Urgency | None = Field(default=None, sa_type=enum_type(Urgency, "sets_urgency"), nullable=True)
    accept_amount: int | None = Field(default=None, sa_type=SmallInteger)
    accept_unit: SpanUnit | None = Field(default=None, sa_type=enum_type(SpanUnit, "accept_unit"), nullable=True)
    answer_amount: int | None = Field(default=None, sa_type=SmallInteger)
    answer_unit: SpanUnit | None = Field(default=None, sa_type=enum_type(SpanUnit, "answer_unit"), nullable=True)
    hours: list[Any] | None = Field(default=None, sa_type=JSONB)
    created_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()
