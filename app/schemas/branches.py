"""Functional branches of grids: who is in them, stands for secretary, and was secretary when."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.domain.kinds import CandidacyOrigin, TermEnd
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, Day, In, Note, Numberless, Out

BranchStatus = Literal["active", "dissolved"]
PlaceStatus = Literal["joined", "left"]
CandidacyStatus = Literal["asked", "standing", "accepted", "in_office", "declined", "rejected", "withdrawn", "lapsed"]
BranchTitle = Annotated[str, StringConstraints(min_length=1, max_length=30), Check, Numberless]


class BranchEditIn(In):
    """What a branch is called."""

    name: BranchTitle


class BranchIn(BranchEditIn):
    """The branch of a grid."""

    area_id: UUID


class PlaceIn(In):
    """Which member is put into a branch; without one, the caller themselves."""

    member_id: UUID | None = None


class CandidacyIn(In):
    """Whom staff recommend for secretary, and why; without a member, the caller themselves stand."""

    member_id: UUID | None = None
    reason: Note | None = None


class BranchHandOverIn(In):
    """Which accepted candidate takes over, and until when; for three years unless told otherwise."""

    candidacy_id: UUID
    due_on: Day | None = None


class BranchRef(Out):
    """A branch as others mention it."""

    id: UUID
    name: str


class BranchPersonOut(Out):
    """Somebody of a branch by the name they chose to show; null for who has not logged in."""

    nickname: str | None


class StaffBranchPersonOut(BranchPersonOut):
    """Somebody of a branch, for staff of the grid; ``name`` is null of who told none."""

    name: str | None
    member_id: UUID


class SecretaryOut(Out):
    """Who leads a branch. ``due_on`` is the day by which it is to be handed over; until it is, they lead it."""

    term_id: UUID
    person: StaffBranchPersonOut | BranchPersonOut
    origin: CandidacyOrigin
    since: datetime
    due_on: date
    is_overdue: bool


class BranchOut(Out):
    """A branch, for everybody; ``own_place_id`` is the caller's own place in it."""

    id: UUID
    area: AreaRef
    name: str
    status: BranchStatus
    member_count: int
    own_place_id: UUID | None
    created_at: datetime
    actions: list[str]


class InsideBranchOut(BranchOut):
    """A branch, for those in it and for staff of the grid."""

    secretary: SecretaryOut | None


class BranchMemberOut(Out):
    """Somebody's time in a branch."""

    id: UUID
    person: StaffBranchPersonOut | BranchPersonOut
    is_secretary: bool
    status: PlaceStatus
    since: datetime
    ended_at: datetime | None
    actions: list[str]


class CandidacyOut(Out):
    """Somebody who stands for secretary, for themselves and for staff; ``reason`` is that of the last step."""

    id: UUID
    branch: BranchRef
    area: AreaRef
    person: StaffBranchPersonOut | BranchPersonOut
    origin: CandidacyOrigin
    status: CandidacyStatus
    reason: str | None
    created_at: datetime
    actions: list[str]


class TermOut(Out):
    """Somebody's time as secretary; ``ended_at`` and why are null of who is in office."""

    id: UUID
    person: StaffBranchPersonOut | BranchPersonOut
    origin: CandidacyOrigin
    since: datetime
    due_on: date
    is_overdue: bool
    ended_at: datetime | None
    end_reason: TermEnd | None
    actions: list[str]
