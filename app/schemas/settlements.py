"""Monthly settlements, their lines, and a shop's day."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.domain import months
from app.schemas.fields import Check, In, Note, Out
from app.schemas.merchants import MerchantRef
from app.schemas.offers import OfferStatus

SettlementStatus = Literal["draft", "agreed", "paid"]
LineStatus = Literal["open", "disputed", "accepted", "removed"]
Month = Annotated[
    str,
    StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"),
    Field(description="A month of the calendar in Asia/Shanghai, like `2026-11`"),
]
Document = Annotated[str, StringConstraints(min_length=1, max_length=100), Check]


class SettlementIn(In):
    """For which shop and month a statement is to be drafted."""

    merchant_id: UUID
    month: Month

    @property
    def first_day(self) -> date:
        return months.read(self.month)


class ReopenIn(In):
    """Why an agreed statement becomes a draft again."""

    reason: Note


class PaymentIn(In):
    """The document of the payment: a voucher number of the books, a bank's reference."""

    document: Document


class DisputeIn(In):
    """What is doubted about a line."""

    reason: Note


class LineAnswerIn(In):
    """The end of a dispute: the line is owed for after all, or not."""

    decision: Literal["accepted", "removed"]
    answer: Note


class SettlementOut(Out):
    """The statement of a shop and a month; the total is that of the lines that were not removed."""

    id: UUID
    number: str
    merchant: MerchantRef
    month: str
    status: SettlementStatus
    total_points: int
    line_count: int
    disputed_count: int
    agreed_at: datetime | None
    paid_at: datetime | None
    payment_document: str | None
    created_at: datetime
    actions: list[str]


class SettlementLineOut(Out):
    """One redemption on a statement."""

    id: UUID
    redemption_id: UUID
    offer_title: str
    points: int
    settled_at: datetime
    status: LineStatus
    dispute_reason: str | None
    answer: str | None
    actions: list[str]


class Sum(Out):
    """How many redemptions, and their points."""

    count: int
    points: int


class DayRedemption(Out):
    """A scan as the shop's day shows it."""

    id: UUID
    offer_title: str
    points: int
    settled_at: datetime
    status: Literal["settled", "reversed"]


class DayOffer(Out):
    """An offer and how much of it is left."""

    id: UUID
    title: str
    stock_left: int
    status: OfferStatus


class DayOut(Out):
    """A shop's day: today's scans that stand, the latest scans, what is not paid for yet, the stock."""

    date: date
    redemptions: Sum
    last_redemptions: list[DayRedemption]
    open_settlement: Sum
    offers: list[DayOffer]
    actions: list[str]
