"""Members and volunteers."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain import free_hours
from app.domain.free_hours import SPANS_MAX, Span, Unread
from app.domain.kinds import EMPLOYED_KINDS, MemberKind
from app.schemas.areas import AreaRef, UnitRef
from app.schemas.fields import Check, Day, In, Note, Out, Profession, Skill
from app.schemas.hours import OpeningHoursIn, OpeningHoursOut
from app.schemas.people import ContactIn, ContactOut

EnrolmentStatus = Literal["applied", "approved", "refused", "left"]
BranchName = Annotated[str, StringConstraints(min_length=1, max_length=50), Check]


class MembershipIn(In):
    """What is said of a membership beside the home: kind, work unit, where that reported in, a floating member's two
    branches.
    """

    kind: MemberKind
    unit_id: UUID | None = None
    unit_area_id: UUID | None = None
    unit_checked_in_on: Day | None = None
    home_branch: BranchName | None = None
    host_branch: BranchName | None = None

    @model_validator(mode="after")
    def agree(self) -> Self:
        """Refuse what cannot be so together."""
        if self.unit_id is None and self.kind in EMPLOYED_KINDS:
            raise PydanticCustomError("unit_missing", "Somebody who works has a unit")
        if self.unit_area_id is not None and self.unit_id is None:
            raise PydanticCustomError("unit_missing", "Only a unit can report to unit_area_id")
        if self.unit_checked_in_on is not None and self.unit_area_id is None:
            raise PydanticCustomError("unit_area_missing", "The unit reported somewhere")
        if (self.home_branch or self.host_branch) and self.kind != MemberKind.FLOATING:
            raise PydanticCustomError("not_floating", "Only floating members have two branches")
        return self


class MemberIn(MembershipIn):
    """Reporting in twice (双报到): to the work unit and, with this, to the home grid."""

    home_area_id: UUID


class MemberEditIn(MembershipIn):
    """A membership put right by staff; another home is a transfer."""

    home_checked_in_on: Day | None = None


class MemberEntryIn(MemberEditIn, ContactIn):
    """Somebody whom staff put on the roster, verified at once."""

    home_area_id: UUID


class EnrolmentOut(Out):
    """What memberships and volunteers have in common.

    ``contact`` is whole for the person themselves and masked for staff; nobody's who told neither name nor number.
    ``nickname`` is null for who is on a roster and has not logged in. ``reason`` is that of the last change.
    """

    id: UUID
    nickname: str | None
    contact: ContactOut | None
    home_area: AreaRef
    status: EnrolmentStatus
    reason: str | None
    created_at: datetime
    actions: list[str]


class MemberOut(EnrolmentOut):
    """A membership, for whose it is and for staff of the home grid."""

    kind: MemberKind
    unit: UnitRef | None
    unit_area: AreaRef | None
    unit_checked_in_on: date | None
    home_checked_in_on: date | None
    home_branch: str | None
    host_branch: str | None


class VolunteerEditIn(In):
    """What one can do and when in the week; what is left out is no longer so."""

    profession: Profession | None = None
    skills: Annotated[list[Skill], Field(max_length=10)]
    free_hours: Annotated[list[OpeningHoursIn], Field(max_length=SPANS_MAX, default_factory=list)]

    @model_validator(mode="after")
    def check_hours(self) -> Self:
        """Refuse hours that overlap, and more of them than anybody keeps in mind."""
        found = free_hours.merge(self._told())
        if found is Unread.OVERLAP:
            raise PydanticCustomError("hours_overlap", "The hours of a day overlap")
        if found is Unread.TOO_MANY:
            raise PydanticCustomError("hours_many", "More than 28 spans of hours in a week")
        return self

    @property
    def spans(self) -> tuple[Span, ...]:
        """The hours as they are stored."""
        found = free_hours.merge(self._told())
        assert not isinstance(found, Unread), "it was looked at before"
        return found

    def _told(self) -> list[Span]:
        return [
            span
            for each in self.free_hours
            for span in free_hours.on_days(
                each.weekdays, free_hours.minute_of(each.opens), free_hours.minute_of(each.closes)
            )
        ]


class VolunteerIn(VolunteerEditIn):
    """Offering help: the home grid, what one can do and when."""

    home_area_id: UUID


class VolunteerEntryIn(VolunteerIn, ContactIn):
    """Somebody whom staff put on the roster, approved at once."""


class VolunteerOut(EnrolmentOut):
    """A volunteer, for themselves and for staff of the home grid."""

    profession: str | None
    skills: list[str]
    free_hours: list[OpeningHoursOut]


class VolunteerCountOut(Out):
    """How many volunteers fit."""

    volunteers: int
    actions: list[str]


class TransferIn(In):
    """To which grid somebody moved, and how that is known."""

    home_area_id: UUID
    reason: Note


class RefusalIn(In):
    """Why something is refused, returned or rejected."""

    reason: Note
