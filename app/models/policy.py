"""Points policies, the awards made under them, and the warnings before points expire."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, SmallInteger, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.domain.kinds import Cut, Expiry
from app.models.columns import created_at, enum_type

CAPS = ("day_cap", "month_cap", "balance_cap")
POINTS_MAX = 1_000_000


class PointsPolicy(SQLModel, table=True):
    """One version of an area's policy, from ``effective_from`` on and never before it was made. Append-only.

    A field that is NULL is inherited from the area above.
    """

    __tablename__ = "points_policy"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("effective_from >= created_at", name="not_in_the_past"),
        CheckConstraint("jsonb_typeof(rates) = 'array'", name="rates_form"),
        *[CheckConstraint(f"{cap} BETWEEN 0 AND {POINTS_MAX}", name=f"{cap}_range") for cap in CAPS],
        CheckConstraint(f"first_redemption_threshold BETWEEN 0 AND {POINTS_MAX}", name="threshold_range"),
        CheckConstraint("waiting_days BETWEEN 0 AND 365", name="waiting_days_range"),
        CheckConstraint("expiry_months BETWEEN 1 AND 120", name="expiry_months_range"),
        CheckConstraint(
            "coalesce(expiry = 'months', false) = (expiry_months IS NOT NULL)", name="expiry_months_of_expiry"
        ),
        Index("uq_points_policy_area_id_version", "area_id", "version", unique=True),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    version: int
    effective_from: datetime = Field(sa_type=DateTime(timezone=True))
    rates: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)
    day_cap: int | None = None
    month_cap: int | None = None
    balance_cap: int | None = None
    first_redemption_threshold: int | None = None
    waiting_days: int | None = Field(default=None, sa_type=SmallInteger)
    expiry: Expiry | None = Field(default=None, sa_type=enum_type(Expiry, "expiry"), nullable=True)
    expiry_months: int | None = Field(default=None, sa_type=SmallInteger)
    created_by: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()


class Award(SQLModel, table=True):
    """What a verified claim was promised and granted, under which policies. Append-only.

    ``verifier_id`` is empty when silence confirmed the delivery, ``cut_by`` when the whole promise was granted.
    """

    __table_args__ = (
        CheckConstraint("points_granted BETWEEN 0 AND points_promised", name="granted_range"),
        CheckConstraint("(cut_by IS NULL) = (points_granted = points_promised)", name="cut_by_a_cap"),
        Index("ix_award_user_id", "user_id", "claim_id"),
    )

    claim_id: UUID = Field(primary_key=True, foreign_key="claim.id")
    user_id: UUID = Field(foreign_key="user.id")
    verifier_id: UUID | None = Field(default=None, foreign_key="user.id")
    points_promised: int
    points_granted: int
    cut_by: Cut | None = Field(default=None, sa_type=enum_type(Cut, "cut_by"), nullable=True)
    policy_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    available_on: date | None = None
    expires_on: date | None = None
    created_at: datetime = created_at()


class PointsWarning(SQLModel, table=True):
    """Word to a user that so many points expire after ``expires_on``, given once so many days before."""

    __tablename__ = "points_warning"
    __table_args__ = (CheckConstraint("points > 0", name="points_positive"),)

    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    expires_on: date = Field(primary_key=True)
    days_before: int = Field(primary_key=True, sa_type=SmallInteger)
    points: int
    created_at: datetime = created_at()
