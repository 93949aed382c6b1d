"""Organisations, in one form for everybody and one for staff of their area."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.domain.kinds import UnitKind
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, Day, In, LicenceNumber, Numberless, Out
from app.schemas.people import ContactIn, ContactOut

UnitName = Annotated[str, StringConstraints(min_length=1, max_length=50), Check, Numberless]


class UnitEditIn(In):
    """What an organisation is; ``credit_code`` is its 统一社会信用代码."""

    kind: UnitKind
    name: UnitName
    credit_code: LicenceNumber | None = None


class UnitIn(UnitEditIn):
    """A new organisation of an area, and whom to call there."""

    area_id: UUID
    contact: ContactIn | None = None


class UnitAreaIn(In):
    """Since when an organisation has reported to an area, if that is known."""

    reported_on: Day | None = None


class UnitOut(Out):
    """An organisation, for everybody."""

    id: UUID
    area_id: UUID
    kind: UnitKind
    name: str
    actions: list[str]


class UnitAreaOut(Out):
    """An area to which an organisation reported (单位报到)."""

    area: AreaRef
    reported_on: date | None


class UnitForStaffOut(UnitOut):
    """An organisation, for staff of its area: whom to call there, and where it reported."""

    credit_code: str | None
    contact: ContactOut | None
    areas: list[UnitAreaOut]
    closed_at: datetime | None
