"""Calls of alliances to a task."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.schemas.fields import In, Moment, Out, PublicNote
from app.schemas.pledges import NamedPerson
from app.schemas.tasks import ClaimTask
from app.schemas.teams import TeamRef


class TaskCallIn(In):
    """Which alliance is called, and until when groups alone take seats of the task, where that is to be so."""

    alliance_id: UUID
    groups_until: Moment | None = None


class CallAnswerIn(In):
    """That a team cannot come, and why if it likes to say; one that comes pledges seats."""

    answer: Literal["cannot"]
    note: PublicNote | None = None


class AllianceRef(Out):
    """An alliance as others mention it."""

    id: UUID
    name: str


class CalledTeamOut(Out):
    """What a team that was called says: `pledged` with its seats and who has them, `cannot`, or nothing yet.

    ``note`` is for who called, for staff and for the team's own leader.
    """

    team: TeamRef
    answer: Literal["pledged", "cannot"] | None
    heads: int
    named: int
    people: list[NamedPerson]
    note: str | None
    actions: list[str]


class TaskCallOut(Out):
    """A call of an alliance to a task, for who called, staff, and the leaders of its teams.

    ``is_by_staff`` is false where the secretary of a branch called.
    """

    id: UUID
    task: ClaimTask
    alliance: AllianceRef
    is_by_staff: bool
    groups_until: datetime | None
    seats_left: int
    created_at: datetime
    teams: list[CalledTeamOut]
    actions: list[str]
