"""Merchants, their clerks and redemptions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Note, Out, ShopName, TypedCode

ScannedCode = Annotated[str, StringConstraints(min_length=1, max_length=128), Check]


class MerchantRef(Out):
    """A merchant as others mention it."""

    id: UUID
    name: str


class MerchantIn(In):
    """A shop that applies to the alliance."""

    area_id: UUID
    name: ShopName


class MerchantOut(Out):
    """A shop, for its people and the alliance's staff."""

    id: UUID
    area: AreaRef
    name: str
    status: Literal["applied", "approved"]
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


class ReversalIn(In):
    """Why a scan is undone."""

    reason: Note


class RedemptionOut(Out):
    """A settled voucher: what to hand over, and what it brings."""

    id: UUID
    voucher_id: UUID
    offer_title: str
    points: int
    settled_at: datetime
    reversed_at: datetime | None
    actions: list[str]
