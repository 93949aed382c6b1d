"""Venues: in one form for staff and where nothing is to hide, in another for the public where somebody lives."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.domain.kinds import VenueKind
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Numberless, Out, PublicNote
from app.schemas.hours import HOURS_MAX, OpeningHoursOut, VenueHoursIn
from app.schemas.locations import Location, PointOut

VenueName = Annotated[str, StringConstraints(min_length=1, max_length=30), Check, Numberless]
PlaceLine = Annotated[str, StringConstraints(min_length=1, max_length=100), Check, Numberless]
OFFICE_TELEPHONE = (
    r"^(0[0-9]{2,3}-?[2-9][0-9]{6,7}|[2-9][0-9]{6,7}|[48]00-?[0-9]{3}-?[0-9]{4}|1[0-9]{2,4})(-[0-9]{1,6})?$"
)
"""A landline, a 400 or 800 number or a short one such as 12345, perhaps with an extension; never somebody's mobile."""


class VenueEditIn(In):
    """What there is to say of a venue, all of it.

    A contact point is in somebody's home: `address`, `location` and `note` are shown to staff alone, and `vicinity`
    says about where it is, without the building. It has no telephone.
    """

    kind: VenueKind
    name: VenueName
    vicinity: PlaceLine | None = None
    address: PlaceLine | None = None
    location: Location | None = None
    telephone: Annotated[str, Field(pattern=OFFICE_TELEPHONE, max_length=20)] | None = None
    opening_hours: Annotated[list[VenueHoursIn], Field(max_length=HOURS_MAX, default_factory=list)]
    note: PublicNote | None = None


class VenueIn(VenueEditIn):
    """A new venue of an area."""

    area_id: UUID


class VenueOut(Out):
    """A venue; `is_open_now` is null where nobody said when it is open."""

    id: UUID
    area: AreaRef
    kind: VenueKind
    name: str
    vicinity: str | None
    address: str | None
    location: PointOut | None
    telephone: str | None
    opening_hours: list[OpeningHoursOut]
    is_open_now: bool | None
    note: str | None
    closed_at: datetime | None
    created_at: datetime
    actions: list[str]


class ContactPointOut(Out):
    """A contact point as everybody sees it: in which grid and about where, not in whose home."""

    id: UUID
    area: AreaRef
    kind: Literal["contact_point"]
    name: str
    vicinity: str | None
    opening_hours: list[OpeningHoursOut]
    is_open_now: bool | None
    closed_at: datetime | None
    created_at: datetime
    actions: list[str]


class NearVenueOut(VenueOut):
    """A venue and how far it is as the crow flies."""

    distance_m: int


class NearVenuesOut(Out):
    """The venues around a point, the nearest first."""

    items: list[NearVenueOut]
