"""What merchants give for points."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import OFFER
from app.models.columns import created_at, status_check


class Offer(SQLModel, table=True):
    """``stock_left`` counts down with each voucher, never below zero; ``area_id`` is the merchant's, for the lists."""

    __table_args__ = (
        status_check(OFFER),
        CheckConstraint("points BETWEEN 1 AND 100000", name="points_range"),
        CheckConstraint("stock BETWEEN 1 AND 1000000", name="stock_range"),
        CheckConstraint("stock_left BETWEEN 0 AND stock", name="stock_left_range"),
        CheckConstraint("char_length(title) BETWEEN 1 AND 40", name="title_length"),
        Index("ix_offer_area_id_status_id", "area_id", "status", "id"),
        Index("ix_offer_status_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    merchant_id: UUID = Field(foreign_key="merchant.id", index=True)
    area_id: UUID = Field(foreign_key="area.id")
    title: str = Field(max_length=40)
    description: str = Field(max_length=500)
    points: int
    stock: int
    stock_left: int
    status: str = Field(default=OFFER.initial, max_length=32)
    created_at: datetime = created_at()
