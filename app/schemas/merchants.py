"""Merchants, their clerks and redemptions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Out, ShopName

ScannedCode = Annotated[str, StringConstraints(min_length=1, max_length=128), Check]


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


class ClerkIn(In):
    """The user who shall be a clerk; their id stands in their ``GET /v1/me``."""

    user_id: UUID


class ClerkOut(Out):
    """Somebody who may settle for the shop."""

    id: UUID
    merchant_id: UUID
    user_id: UUID
    nickname: str
    created_at: datetime
    actions: list[str]


class RedemptionIn(In):
    """What the clerk scanned."""

    code: ScannedCode


class RedemptionOut(Out):
    """A settled voucher: what to hand over, and what it brings."""

    id: UUID
    voucher_id: UUID
    offer_title: str
    points: int
    settled_at: datetime
    actions: list[str]
