"""Checking in and out, and the codes that are shown for it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.schemas.fields import In, Moment, Out
from app.schemas.locations import Location
from app.schemas.merchants import ScannedCode
from app.schemas.offers import Code

ClaimIds = Annotated[list[UUID], Field(min_length=1, max_length=200)]


class ShownCodeOut(Out):
    """What is shown now to whoever comes, and the coming codes for a phone that loses its signal."""

    code: str
    typed_code: str
    expires_at: datetime
    next: list[Code]
    actions: list[str]


class CheckInIn(In):
    """What was scanned or typed; ``scanned_at`` when the phone had to keep it until it had a signal.

    A location is a hint: it is not kept, but for how far from the task's place it is, and nobody is refused for it.
    """

    code: ScannedCode
    scanned_at: Annotated[Moment | None, Field(description="up to 30 minutes back; absent: now")] = None
    location: Location | None = None


class CheckOutIn(In):
    """When one left; absent: now."""

    checked_out_at: Moment | None = None


class AttendancesIn(In):
    """Who of those who claimed is there, and since when; absent: now."""

    claim_ids: ClaimIds
    checked_in_at: Moment | None = None


class AttendanceOut(Out):
    """Somebody's stay: ``minutes`` are those that count of it, once they left.

    ``is_end_planned``: they did not check out, so that they left when it was planned.
    """

    checked_in_at: datetime
    is_by_staff: bool
    distance_m: int | None
    checked_out_at: datetime | None
    is_end_planned: bool
    minutes: int | None
