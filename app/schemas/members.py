"""Members and volunteers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.domain.kinds import MemberKind
from app.schemas.areas import AreaRef, UnitRef
from app.schemas.fields import In, Note, Out, Skill

EnrolmentStatus = Literal["applied", "approved", "refused", "left"]


class MemberIn(In):
    """Reporting in twice (双报到): to the work unit and to the home grid."""

    kind: MemberKind
    unit_id: UUID
    home_area_id: UUID


class MemberOut(Out):
    """A membership, for its owner and for staff of the home grid."""

    id: UUID
    nickname: str | None
    """None for who is on a roster and has not logged in."""
    kind: MemberKind
    unit: UnitRef
    home_area: AreaRef
    status: EnrolmentStatus
    created_at: datetime
    actions: list[str]


class VolunteerIn(In):
    """Offering help: the home grid and what one can do."""

    home_area_id: UUID
    skills: Annotated[list[Skill], Field(max_length=10)]


class VolunteerOut(Out):
    """A volunteer, for themselves and for staff of the home grid."""

    id: UUID
    nickname: str | None
    """None for who is on a roster and has not logged in."""
    skills: list[str]
    home_area: AreaRef
    status: EnrolmentStatus
    created_at: datetime
    actions: list[str]


class RefusalIn(In):
    """Why something is refused, returned or rejected."""

    reason: Note
