"""A person's own calendar, and the link to subscribe to it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.kinds import TaskKind
from app.schemas.fields import Out
from app.schemas.tasks import ClaimStatus
from app.schemas.teams import TeamRef


class CalendarClaim(Out):
    """A claim in a calendar, and the task that it is on."""

    id: UUID
    task_id: UUID
    task_kind: TaskKind
    status: ClaimStatus


class CalendarItem(Out):
    """Something at a time: a task that the caller claimed, or what a team of theirs does each week; never both.

    With `is_due` it has no time and stands on the whole day by which it is to be done. What residents asked for is
    there without their words. `actions` are those of the claim.
    """

    title: str
    place: str | None
    starts_at: datetime
    ends_at: datetime
    claim: CalendarClaim | None
    team: TeamRef | None
    is_due: bool
    actions: list[str]


class CalendarOut(Out):
    """What the caller has to do, in order; `link_since` tells whether there is a link to subscribe to it."""

    items: list[CalendarItem]
    link_since: datetime | None
    actions: list[Literal["link", "unlink"]]


class CalendarLinkOut(Out):
    """The link to subscribe to the caller's calendar, as a path below the API's address.

    Whoever has it reads the calendar. `path` is told once; in the answer to a repeated request it is null.
    """

    path: str | None
    created_at: datetime
    actions: list[Literal["unlink"]]
