"""Errands: for those whom one concerns."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import ErrandCategory, ErrandConsent
from app.schemas.areas import AreaRef
from app.schemas.fields import Body, Check, In, Moment, Note, Out, PictureIds, Title
from app.schemas.media import PictureOut
from app.schemas.merchants import ScannedCode
from app.schemas.people import PersonName, Phone
from app.schemas.tasks import ClaimStatus, TaskStatus
from app.schemas.wishes import Poster, WishEvent

ErrandStatus = Literal["checking", "reviewing", "approved", "done", "rejected", "withdrawn", "ended"]
Thing = Annotated[str, StringConstraints(min_length=1, max_length=20), Check]
Address = Annotated[str, StringConstraints(min_length=1, max_length=100), Check]


class ConsentIn(In):
    """That the resident agreed, and to which version of the text that the app showed."""

    agreed: Literal[True]
    version: Annotated[str, StringConstraints(min_length=1, max_length=20), Check]


class PaperIn(In):
    """How a resident without the app agreed, and where the paper lies."""

    kind: Literal[ErrandConsent.SIGNED, ErrandConsent.WITNESSED, ErrandConsent.GUARDIAN]
    note: Note


class ResidentIn(In):
    """Who the resident is and how to reach them; for staff alone."""

    name: PersonName
    phone: Phone | None = None
    address: Address | None = None


class ErrandIn(In):
    """What is to be done for a resident of the grid: by the resident with `consent`, or by staff with `paper`.

    Staff say who the `resident` is; in the app residents may.
    """

    area_id: UUID
    category: ErrandCategory
    title: Title
    body: Body
    consent: ConsentIn | None = None
    paper: PaperIn | None = None
    resident: ResidentIn | None = None
    picture_ids: PictureIds = ()

    @model_validator(mode="after")
    def check_consent(self) -> Self:
        """Refuse an errand without consent, and somebody's on paper who is nobody."""
        if (self.consent is None) == (self.paper is None):
            raise PydanticCustomError("consent_once", "Consent is given in the app or on paper")
        if self.paper is not None and self.resident is None:
            raise PydanticCustomError("resident_missing", "Whose errand it is is not said")
        return self


class ConsentOut(Out):
    """What residents agree to before they ask; its version goes with the errand."""

    version: str
    text: str
    actions: list[str]


class ErrandTask(Out):
    """The task of an approved errand."""

    id: UUID
    status: TaskStatus
    seats: int
    seats_taken: int
    reward_points: int
    hourly_points: int


class ErrandOut(Out):
    """An errand on a list."""

    id: UUID
    area: AreaRef
    category: ErrandCategory
    title: str
    body: str
    status: ErrandStatus
    consent: ErrandConsent
    consent_version: str | None
    has_contact: bool
    poster: Poster
    task: ErrandTask | None
    created_at: datetime
    approved_at: datetime | None
    actions: list[str]


class ErrandWork(Out):
    """Who works on it, and which of the resident's things they have in hand since when."""

    claim_id: UUID
    status: ClaimStatus
    helper: Poster
    things: list[str]
    things_since: datetime | None


class ErrandDetailOut(ErrandOut):
    """An errand for its author, its helper and the staff of its area; the note and the history not for the helper."""

    consent_note: str | None
    pictures: list[PictureOut]
    work: ErrandWork | None
    history: list[WishEvent]


class ResidentOut(Out):
    """Who the resident is, for staff who said why they have to know."""

    name: str
    phone: str | None
    address: str | None
    actions: list[str]


class HandBackIn(In):
    """The code that the resident shows, scanned or typed; staff and the resident need none."""

    code: ScannedCode | None = None
    scanned_at: Annotated[Moment | None, Field(description="up to 30 minutes back; absent: now")] = None


class PickUpIn(HandBackIn):
    """What the resident gives to the helper, in words: their identity card, a form; numbers are masked."""

    things: Annotated[list[Thing], Field(min_length=1, max_length=10)]


class ErrandThingsOut(Out):
    """A resident's things in a helper's hands; a claim that is not live any more ought to have given them back."""

    id: UUID = Field(description="of the claim")
    errand_id: UUID
    title: str
    area: AreaRef
    status: ClaimStatus
    helper: Poster
    things: list[str]
    things_since: datetime
    actions: list[str]
