"""Orders (派单, 统分结合): what a street or a district has done by the areas below it, and each area's part in it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.lifecycles import AREA_ORDER, OPEN_PART_STATES, ORDER_PART
from app.models.columns import created_at, status_check

IS_OPEN = f"status IN ({quoted(OPEN_PART_STATES)})"


class AreaOrder(SQLModel, table=True):
    """What is to be done and by when; its words are staff's for staff, and nobody else ever reads them."""

    __tablename__ = "area_order"
    __table_args__ = (
        status_check(AREA_ORDER),
        CheckConstraint("char_length(title) BETWEEN 1 AND 60", name="title_length"),
        CheckConstraint("char_length(body) BETWEEN 1 AND 2000", name="body_length"),
        CheckConstraint("status = 'open' OR ended_at IS NOT NULL", name="ended_whole"),
        Index("ix_area_order_area_id_id", "area_id", "id"),
        Index("ix_area_order_remind_at", "remind_at", postgresql_where=text("status = 'open'")),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    """Which area ordered."""
    ordered_by: UUID = Field(foreign_key="user.id")
    title: str = Field(max_length=60)
    body: str = Field(max_length=2000)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    remind_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    """When somebody is told next: of the areas a day before it is due, then who ordered."""
    status: str = Field(default=AREA_ORDER.initial, max_length=32)
    created_at: datetime = created_at()
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class OrderPart(SQLModel, table=True):
    """What one area has to do of an order. ``report`` is what it said last, ``returned_for`` why that was not enough.

    The database itself refuses that who reported accepts (I2). An area has one open part in an order.
    """

    __tablename__ = "order_part"
    __table_args__ = (
        status_check(ORDER_PART),
        CheckConstraint("char_length(report) BETWEEN 1 AND 2000", name="report_length"),
        CheckConstraint("char_length(returned_for) BETWEEN 1 AND 500", name="returned_for_length"),
        CheckConstraint("(report IS NULL) = (reported_by IS NULL)", name="reporter_of_report"),
        CheckConstraint("(report IS NULL) = (reported_at IS NULL)", name="report_whole"),
        CheckConstraint("status NOT IN ('reported', 'accepted') OR report IS NOT NULL", name="reported"),
        CheckConstraint("accepted_by <> reported_by", name="two_people"),
        CheckConstraint("status <> 'accepted' OR accepted_by IS NOT NULL", name="accepted"),
        Index("ix_order_part_order_id_id", "order_id", "id"),
        Index("ix_order_part_area_id_id", "area_id", "id"),
        Index("uq_order_part_open", "order_id", "area_id", unique=True, postgresql_where=text(IS_OPEN)),
    )

    id: UUID = Field(primary_key=True)
    order_id: UUID = Field(foreign_key="area_order.id")
    area_id: UUID = Field(foreign_key="area.id")
    status: str = Field(default=ORDER_PART.initial, max_length=32)
    created_at: datetime = created_at()
    confirmed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    report: str | None = Field(default=None, max_length=2000)
    reported_by: UUID | None = Field(default=None, foreign_key="user.id")
    reported_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    returned_for: str | None = Field(default=None, max_length=500)
    accepted_by: UUID | None = Field(default=None, foreign_key="user.id")
    accepted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
