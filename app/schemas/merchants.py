"""Merchants, their clerks and redemptions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from app.domain.kinds import OfferKind
from app.schemas.areas import AreaRef
from app.schemas.fields import (
    Check,
    In,
    LicenceNumber,
    Note,
    Out,
    PaperReference,
    PaperTitle,
    ShopName,
    TypedCode,
)

MerchantStatus = Literal["applied", "approved", "suspended", "refused", "left"]
ScannedCode = Annotated[str, StringConstraints(min_length=1, max_length=128), Check]


class MerchantRef(Out):
    """A merchant as others mention it."""

    id: UUID
    name: str


class DocumentIn(In):
    """A paper that tells for the shop: which it is, and where it lies."""

    title: PaperTitle
    reference: PaperReference


class MerchantIn(In):
    """A shop that applies to the alliance; its licence number is the 统一社会信用代码."""

    area_id: UUID
    name: ShopName
    licence_number: LicenceNumber
    documents: Annotated[list[DocumentIn], Field(min_length=1, max_length=10)]


class SuspensionIn(In):
    """Why a shop is suspended, and what becomes of its open vouchers."""

    reason: Note
    vouchers: Literal["honour", "give_back"]


class DocumentOut(Out):
    """A paper that tells for the shop."""

    title: str
    reference: str


class MerchantOut(Out):
    """A shop, for its owner and the alliance's staff; ``reason`` is why it was refused or suspended.

    ``accepts_scans``: whether its open vouchers are settled. ``has_owner``: whether its owner has been recognised; a
    shop from an office's list waits for that.
    """

    id: UUID
    area: AreaRef
    name: str
    licence_number: str | None
    documents: list[DocumentOut]
    status: MerchantStatus
    reason: str | None
    accepts_scans: bool
    has_owner: bool
    created_at: datetime
    actions: list[str]


class InviteOut(Out):
    """What an owner shows to whoever shall be a clerk."""

    code: str
    expires_at: datetime
    actions: list[str]


class ClerkIn(In):
    """The code of an owner; letters that look like digits are read as those, case and blanks do not matter."""

    code: TypedCode


class ClerkOut(Out):
    """Somebody who may settle for the shop."""

    id: UUID
    merchant: MerchantRef
    nickname: str
    is_owner: bool
    created_at: datetime
    actions: list[str]


class RedemptionIn(In):
    """What the clerk scanned or typed; ``scanned_at`` when their phone had to keep it until it had a signal."""

    code: ScannedCode
    scanned_at: Annotated[AwareDatetime | None, Field(description="up to 30 minutes back; absent: now")] = None


class RedemptionReversalIn(In):
    """Why a scan is undone."""

    reason: Note


class RedemptionOut(Out):
    """A settled voucher: what to hand over and on which terms, and what it brings."""

    id: UUID
    voucher_id: UUID
    offer_kind: OfferKind
    offer_title: str
    terms: str | None
    points: int
    settled_at: datetime
    reversed_at: datetime | None
    actions: list[str]
