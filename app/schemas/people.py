"""People by name and telephone number, and where they were."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.domain.kinds import Hat
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Note, Out

PersonName = Annotated[str, StringConstraints(min_length=1, max_length=30), Check]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?(?:[0-9][ -]?){6,17}[0-9]$")]


class ContactIn(In):
    """Name and telephone number: together they tell who somebody is."""

    name: PersonName
    phone: Phone


class CorrectionIn(ContactIn):
    """Name and number as they should be, and why."""

    reason: Note


class ContactOut(Out):
    """Name and telephone number as their reader may see them; answers to writes mask both."""

    name: str
    phone: str


class UnmaskedOut(ContactOut):
    """Name and whole number, for whoever said why they have to know."""

    actions: list[str]


class LookOut(Out):
    """Somebody looked at the caller's number: as what they found them, and why."""

    id: UUID
    found_as: Literal["member", "volunteer", "call_out_person", "unit"]
    nickname: str
    reason: str
    created_at: datetime
    actions: list[str]


class StayOut(Out):
    """As what somebody was in which grid, and from when to when."""

    hat: Hat
    area: AreaRef
    since: datetime
    until: datetime | None


class PersonAtOut(Out):
    """Somebody who was in an area at the end of a day; ``nickname`` is null for who never logged in."""

    id: UUID
    nickname: str | None
    contact: ContactOut | None
    stays: list[StayOut]
    actions: list[str]
