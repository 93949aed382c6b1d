"""What merchants give for points."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.domain.kinds import OfferKind
from app.domain.lifecycles import OFFER
from app.models.columns import created_at, enum_type, status_check


class Offer(SQLModel, table=True):
    """``stock_left`` counts down with each voucher, never below zero; ``area_id`` is the merchant's, for the lists.

    ``taken_on_day`` counts the pieces of the latest ``day`` (Asia/Shanghai) on which one was taken. ``opening_hours``
    is JSON, a list of ``{weekdays, from, to}``. ``worded_at`` is when the words were written that stand now.
    """

    __table_args__ = (
        status_check(OFFER),
        CheckConstraint("points BETWEEN 1 AND 100000", name="points_range"),
        CheckConstraint("stock BETWEEN 1 AND 1000000", name="stock_range"),
        CheckConstraint("stock_left BETWEEN 0 AND stock", name="stock_left_range"),
        CheckConstraint("char_length(title) BETWEEN 1 AND 40", name="title_length"),
        CheckConstraint("per_person_limit > 0", name="per_person_limit_positive"),
        CheckConstraint("per_day_limit > 0", name="per_day_limit_positive"),
        CheckConstraint("taken_on_day >= 0 AND (day IS NOT NULL OR taken_on_day = 0)", name="taken_on_day_range"),
        CheckConstraint("valid_until > valid_from", name="validity_order"),
        CheckConstraint("jsonb_typeof(opening_hours) = 'array'", name="opening_hours_form"),
        Index("ix_offer_area_id_status_id", "area_id", "status", "id"),
        Index("ix_offer_status_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    merchant_id: UUID = Field(foreign_key="merchant.id", index=True)
    area_id: UUID = Field(foreign_key="area.id")
    kind: OfferKind = Field(sa_type=enum_type(OfferKind, "kind"))
    title: str = Field(max_length=40)
    description: str = Field(max_length=500)
    terms: str | None = Field(default=None, max_length=500)
    points: int
    stock: int
    stock_left: int
    per_person_limit: int | None = None
    per_day_limit: int | None = None
    day: date | None = None
    taken_on_day: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    valid_from: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    valid_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    opening_hours: str = Field(default="[]", sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    worded_at: datetime = created_at()
    status: str = Field(default=OFFER.initial, max_length=32)
    created_at: datetime = created_at()


class OfferTaker(SQLModel, table=True):
    """How many pieces of an offer a person has: what they hold and what was settled, not what went back."""

    __tablename__ = "offer_taker"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken_not_negative"),)

    offer_id: UUID = Field(primary_key=True, foreign_key="offer.id")
    user_id: UUID = Field(primary_key=True, foreign_key="user.id")
    taken: int
