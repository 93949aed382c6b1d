"""Seats that a team or a branch takes."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.schemas.areas import AreaRef
from app.schemas.fields import In, Out
from app.schemas.tasks import ClaimTask

GroupKind = Literal["team", "branch"]
PledgeStatus = Literal["held", "withdrawn", "ended"]
NamedStatus = Literal["active", "submitted", "returned", "verified"]
Heads = Annotated[int, Field(ge=1, le=1000, strict=True)]


class PledgeEditIn(In):
    """How many seats the group holds in all."""

    heads: Heads


class PledgeIn(PledgeEditIn):
    """How many seats a group takes: a team, or a branch."""

    team_id: UUID | None = None
    branch_id: UUID | None = None

    @model_validator(mode="after")
    def check_one(self) -> Self:
        """Refuse both kinds of groups at once, and neither."""
        if (self.team_id is None) == (self.branch_id is None):
            raise PydanticCustomError("group_which", "Either a team pledges, or a branch")
        return self


class NamesIn(In):
    """Who goes for the group: the ids of their places in the team, or in the branch."""

    place_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]


class PledgingGroup(Out):
    """A team or a branch as others mention it."""

    kind: GroupKind
    id: UUID
    name: str
    area: AreaRef


class NamedPerson(Out):
    """Somebody who has one of the seats, and how far they are."""

    nickname: str
    status: NamedStatus


class PledgeOut(Out):
    """Seats that a group took; ``named`` of them have somebody, the others are kept until ``name_by``."""

    id: UUID
    task: ClaimTask
    group: PledgingGroup
    heads: int
    named: int
    status: PledgeStatus
    name_by: datetime
    created_at: datetime
    actions: list[str]


class InsidePledgeOut(PledgeOut):
    """The same for those in the group and for staff: who goes, by the name they chose to show."""

    people: list[NamedPerson]
