"""Vouchers and the scans that settle them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import OfferKind
from app.domain.lifecycles import VOUCHER
from app.models.columns import created_at, enum_type, status_check


class Voucher(SQLModel, table=True):
    """A held entitlement; kind, title, terms and points are the offer's at the time, whatever becomes of it.

    ``handle`` names it in its shop when a code must be typed; it need not be alone there.
    """

    __table_args__ = (
        status_check(VOUCHER),
        CheckConstraint("points > 0", name="points_positive"),
        Index("ix_voucher_user_id_id", "user_id", "id"),
        CheckConstraint("handle ~ '^[0-9A-HJKMNP-TV-Z]{4}$'", name="handle_form"),
        Index("ix_voucher_merchant_id_handle", "merchant_id", "handle"),
        Index("ix_voucher_merchant_open", "merchant_id", postgresql_where=text("status = 'held'")),
        Index("ix_voucher_open", "expires_at", postgresql_where=text("status = 'held'")),
    )

    id: UUID = Field(primary_key=True)
    offer_id: UUID = Field(foreign_key="offer.id", index=True)
    merchant_id: UUID = Field(foreign_key="merchant.id")
    user_id: UUID = Field(foreign_key="user.id")
    handle: str = Field(max_length=4)
    kind: OfferKind = Field(sa_type=enum_type(OfferKind, "kind"))
    title: str = Field(max_length=40)
    terms: str | None = Field(default=None, max_length=500)
    points: int
    status: str = Field(default=VOUCHER.initial, max_length=32)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()


class Redemption(SQLModel, table=True):
    """The scan: which clerk of which shop settled which voucher, once, by the code of which step.

    ``scanned_at`` lies before ``settled_at`` when the clerk's phone had to wait for a signal.
    """

    __table_args__ = (
        CheckConstraint("scanned_at <= settled_at AND reversed_at >= settled_at", name="times_in_order"),
        Index("ix_redemption_merchant_id_id", "merchant_id", "id"),
        Index("ix_redemption_merchant_id_settled_at", "merchant_id", "settled_at"),
    )

    id: UUID = Field(primary_key=True)
    voucher_id: UUID = Field(foreign_key="voucher.id", unique=True)
    merchant_id: UUID = Field(foreign_key="merchant.id")
    clerk_id: UUID = Field(foreign_key="user.id")
    step: int = Field(sa_type=BigInteger)
    is_typed: bool
    scanned_at: datetime = Field(sa_type=DateTime(timezone=True))
    settled_at: datetime = created_at()
    reversed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
