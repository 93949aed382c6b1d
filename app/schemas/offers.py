"""Offers and vouchers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.schemas.areas import AreaRef
from app.schemas.fields import In, Note, OfferTitle, Out
from app.schemas.merchants import MerchantRef

OfferStatus = Literal["checking", "reviewing", "listed", "rejected"]
VoucherStatus = Literal["held", "settled", "reversed", "cancelled", "expired"]


class OfferIn(In):
    """What a shop gives, for how many points, how often."""

    title: OfferTitle
    description: Note
    points: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    stock: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class OfferOut(Out):
    """An offer."""

    id: UUID
    merchant: MerchantRef
    area: AreaRef
    title: str
    description: str
    points: int
    stock_left: int
    status: OfferStatus
    created_at: datetime
    actions: list[str]


class VoucherOut(Out):
    """A voucher, for its holder."""

    id: UUID
    offer_id: UUID
    merchant: MerchantRef
    title: str
    points: int
    status: VoucherStatus
    expires_at: datetime
    created_at: datetime
    settled_at: datetime | None
    actions: list[str]


class Code(Out):
    """A code to scan, the same to type, and the time in which the clerk's scan takes them."""

    code: str
    typed_code: str
    valid_from: datetime
    expires_at: datetime


class VoucherCodeOut(Out):
    """What the holder shows now, and the coming codes for a phone that loses its signal."""

    code: str
    typed_code: str
    expires_at: datetime
    next: list[Code]
    actions: list[str]
