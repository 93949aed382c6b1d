"""What the alliance owes a merchant for a month, line by line."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import SETTLEMENT, SETTLEMENT_LINE
from app.models.columns import created_at, status_check


class SettlementCounter(SQLModel, table=True):
    """The last statement number of a month. Its row is locked by whoever takes one, so that numbers have no gaps."""

    __tablename__ = "settlement_counter"
    __table_args__ = (CheckConstraint("last_number > 0", name="last_number_positive"),)

    month: date = Field(primary_key=True)
    last_number: int


class Settlement(SQLModel, table=True):
    """The statement of a merchant and a month; ``month`` is its first day in Asia/Shanghai.

    ``total_points`` and ``line_count`` are those of the lines that were not removed. Whoever pays did not agree (I2).
    """

    __table_args__ = (
        status_check(SETTLEMENT),
        UniqueConstraint("merchant_id", "month"),
        CheckConstraint("extract(day FROM month) = 1", name="month_first_day"),
        CheckConstraint("total_points >= 0 AND line_count >= 0", name="totals_not_negative"),
        CheckConstraint("(agreed_at IS NULL) = (agreed_by IS NULL)", name="agreed_wholly"),
        CheckConstraint(
            "(paid_at IS NULL) = (paid_by IS NULL) AND (paid_at IS NULL) = (payment_document IS NULL)",
            name="paid_wholly",
        ),
        CheckConstraint("paid_by IS NULL OR agreed_by IS NULL OR paid_by <> agreed_by", name="paid_by_another"),
        CheckConstraint("char_length(payment_document) BETWEEN 1 AND 100", name="payment_document_length"),
    )

    id: UUID = Field(primary_key=True)
    merchant_id: UUID = Field(foreign_key="merchant.id")
    month: date
    number: str = Field(max_length=32, unique=True)
    status: str = Field(default=SETTLEMENT.initial, max_length=32)
    total_points: int = Field(default=0, sa_type=BigInteger)
    line_count: int = 0
    agreed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    agreed_by: UUID | None = Field(default=None, foreign_key="user.id")
    paid_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    paid_by: UUID | None = Field(default=None, foreign_key="user.id")
    payment_document: str | None = Field(default=None, max_length=100)
    created_at: datetime = created_at()


class SettlementLine(SQLModel, table=True):
    """One redemption on the only statement that it is ever on; what was removed is not owed by it."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        status_check(SETTLEMENT_LINE),
        CheckConstraint("points > 0", name="points_positive"),
        CheckConstraint("char_length(dispute_reason) BETWEEN 1 AND 500", name="dispute_reason_length"),
        CheckConstraint("char_length(answer) BETWEEN 1 AND 500", name="answer_length"),
        Index("ix_settlement_line_settlement_id_redemption_id", "settlement_id", "redemption_id"),
        Index(
            "ix_settlement_line_contested",
            "settlement_id",
            "status",
            postgresql_where=text("status IN ('disputed', 'removed')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    settlement_id: UUID = Field(foreign_key="settlement.id")
    redemption_id: UUID = Field(foreign_key="redemption.id", unique=True)
    voucher_id: UUID = Field(foreign_key="voucher.id")
    points: int
    settled_at: datetime = Field(sa_type=DateTime(timezone=True))
    status: str = Field(default=SETTLEMENT_LINE.initial, max_length=32)
    dispute_reason: str | None = Field(default=None, max_length=500)
    answer: str | None = Field(default=None, max_length=500)
