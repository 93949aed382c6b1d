"""Teams of volunteers, their members, and alliances."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Numberless, Out, PublicNote
from app.schemas.hours import HOURS_MAX, OpeningHoursIn, OpeningHoursOut

TeamStatus = Literal["applied", "approved", "refused", "dissolved"]
TeamMemberStatus = Literal["asked", "joined", "refused", "left"]
TeamName = Annotated[str, StringConstraints(min_length=1, max_length=30), Check, Numberless]


class TeamServiceIn(In):
    """What a team does again and again, and when."""

    title: TeamName
    description: PublicNote
    hours: Annotated[list[OpeningHoursIn], Field(max_length=HOURS_MAX, default_factory=list)]


class TeamEditIn(In):
    """What a team says of itself."""

    name: TeamName
    introduction: PublicNote
    services: Annotated[list[TeamServiceIn], Field(max_length=20, default_factory=list)]


class TeamIn(TeamEditIn):
    """A new team; whoever sends it leads it."""

    area_id: UUID


class TeamHandOverIn(In):
    """Which of a team's members shall lead it."""

    team_member_id: UUID


class TeamRef(Out):
    """A team as others mention it."""

    id: UUID
    name: str


class TeamServiceOut(Out):
    """What a team does again and again."""

    title: str
    description: str
    hours: list[OpeningHoursOut]


class TeamOut(Out):
    """A team; ``own_status`` is the caller's own place in it."""

    id: UUID
    area: AreaRef
    name: str
    introduction: str
    services: list[TeamServiceOut]
    head_count: int
    status: TeamStatus
    own_status: TeamMemberStatus | None
    is_leader: bool
    created_at: datetime
    actions: list[str]


class TeamMemberOut(Out):
    """Somebody's place in a team, for its members, its leader and staff: by the name they chose to show."""

    id: UUID
    nickname: str | None
    is_leader: bool
    status: TeamMemberStatus
    created_at: datetime
    actions: list[str]


class AllianceEditIn(In):
    """What an alliance is called and is for."""

    name: TeamName
    introduction: PublicNote | None = None


class AllianceIn(AllianceEditIn):
    """A new alliance, kept by the staff of an area."""

    area_id: UUID


class AllianceTeamsIn(In):
    """The teams of an alliance, in place of those before."""

    team_ids: Annotated[list[UUID], Field(max_length=500)]


class AllianceOut(Out):
    """Teams that are called together; ``head_count`` is that of all of them."""

    id: UUID
    area: AreaRef
    name: str
    introduction: str | None
    team_count: int
    head_count: int
    closed_at: datetime | None
    actions: list[str]


class AllianceWithTeamsOut(AllianceOut):
    """An alliance with its teams."""

    teams: list[TeamRef]
