"""Asking to be recognised as a person of the roster (身份核对), in one form for each reader: the asker, staff."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.kinds import Hat
from app.schemas.areas import AreaRef
from app.schemas.fields import Out
from app.schemas.members import EnrolmentStatus
from app.schemas.people import ContactIn, ContactOut

IdentificationStatus = Literal["applied", "approved", "refused"]


class IdentificationIn(ContactIn):
    """Who one is and in which grid one lives, as the office should have it."""

    home_area_id: UUID


class IdentificationOut(Out):
    """What became of it, for whoever asked; nothing here depends on what the roster holds."""

    id: UUID
    contact: ContactOut
    home_area: AreaRef
    status: IdentificationStatus
    reason: str | None
    created_at: datetime
    actions: list[str]


class HatOut(Out):
    """What a person of the roster is, and where."""

    hat: Hat
    status: EnrolmentStatus
    area: AreaRef


class IdentificationForStaffOut(IdentificationOut):
    """The same for staff of the grid, with what the roster holds of the same name and number.

    `is_taken`: the person is bound to another account. `is_beyond`: they are something outside the reader's areas too,
    or hold a post whose role the reader cannot grant, so that somebody above has to decide.
    """

    nickname: str
    is_on_roster: bool
    is_taken: bool
    is_beyond: bool
    hats: list[HatOut]
    posts: list[str]
