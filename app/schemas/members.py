"""Members and volunteers."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import EMPLOYED_KINDS, MemberKind
from app.schemas.areas import AreaRef, UnitRef
from app.schemas.fields import Check, Day, In, Note, Out, Skill
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


class LookOut(Out):
    """Somebody looked at the number, and why."""

    nickname: str
    reason: str
    created_at: datetime


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
    """A membership, for staff of the home grid."""

    kind: MemberKind
    unit: UnitRef | None
    unit_area: AreaRef | None
    unit_checked_in_on: date | None
    home_checked_in_on: date | None
    home_branch: str | None
    host_branch: str | None


class OwnMemberOut(MemberOut):
    """A membership, for whose it is, with who looked at their number."""

    looks: list[LookOut]


class VolunteerIn(In):
    """Offering help: the home grid and what one can do."""

    home_area_id: UUID
    skills: Annotated[list[Skill], Field(max_length=10)]


class VolunteerEntryIn(VolunteerIn, ContactIn):
    """Somebody whom staff put on the roster, approved at once."""


class VolunteerOut(EnrolmentOut):
    """A volunteer, for staff of the home grid."""

    skills: list[str]


class OwnVolunteerOut(VolunteerOut):
    """A volunteer, for themselves, with who looked at their number."""

    looks: list[LookOut]


class TransferIn(In):
    """To which grid somebody moved, and how that is known."""

    home_area_id: UUID
    reason: Note


class RefusalIn(In):
    """Why something is refused, returned or rejected."""

    reason: Note
