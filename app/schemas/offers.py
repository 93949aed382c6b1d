"""Offers and vouchers."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import OfferKind
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Moment, Note, OfferTitle, Out, PictureIds
from app.schemas.hours import HOURS_MAX, OpeningHoursIn, OpeningHoursOut
from app.schemas.media import CoverOut, PictureOut
from app.schemas.merchants import MerchantRef

OfferStatus = Literal["checking", "reviewing", "listed", "paused", "rejected", "ended"]
VoucherStatus = Literal["held", "settled", "reversed", "cancelled", "expired"]


class OfferIn(In):
    """What a shop gives, for how many points, how often, to whom and when; a limit that is null is none."""

    kind: OfferKind
    title: OfferTitle
    description: Note
    terms: Note | None = None
    points: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    stock: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
    per_person_limit: Annotated[int, Field(ge=1, le=1_000, strict=True)] | None = None
    per_day_limit: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    opening_hours: Annotated[list[OpeningHoursIn], Field(max_length=HOURS_MAX, default_factory=list)]

    @model_validator(mode="after")
    def check_order(self) -> Self:
        """Refuse an end before the beginning."""
        if self.valid_from is not None and self.valid_until is not None and self.valid_from >= self.valid_until:
            raise PydanticCustomError("validity_order", "The offer ends before it begins")
        return self


class NewOfferIn(OfferIn):
    """An offer that is added, and how it looks."""

    picture_ids: PictureIds = ()


class OfferSharedOut(Out):
    """What lists and details say of an offer alike."""

    id: UUID
    merchant: MerchantRef
    area: AreaRef
    kind: OfferKind
    title: str
    description: str
    terms: str | None
    points: int
    stock: int
    stock_left: int
    per_person_limit: int | None
    per_day_limit: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    opening_hours: list[OpeningHoursOut]
    status: OfferStatus
    created_at: datetime
    actions: list[str]


class OfferCardOut(OfferSharedOut):
    """An offer in a list, with the first of its pictures that has passed its check."""

    cover: CoverOut | None


class OfferOut(OfferSharedOut):
    """An offer."""

    pictures: list[PictureOut]


class VoucherOut(Out):
    """A voucher, for its holder; what it gives stays as it was when it was taken."""

    id: UUID
    offer_id: UUID
    merchant: MerchantRef
    kind: OfferKind
    title: str
    terms: str | None
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
