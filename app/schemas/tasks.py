"""Tasks and claims."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.domain.kinds import TaskKind
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Note, Out

TaskStatus = Literal["draft", "open", "closed", "cancelled"]
ClaimStatus = Literal["active", "submitted", "returned", "verified", "released", "lapsed", "refused"]


class TaskOut(Out):
    """A task; ``wish_id`` or ``complaint_id`` leads to what it is about. It promises points, and more for each hour.

    ``body`` is what staff ask of helpers where that is more than the title says.
    """

    id: UUID
    kind: TaskKind
    wish_id: UUID | None
    complaint_id: UUID | None
    area: AreaRef
    title: str
    body: str | None
    status: TaskStatus
    seats: int
    seats_taken: int
    reward_points: int
    hourly_points: int
    created_at: datetime
    actions: list[str]


class ClaimTask(Out):
    """The claimed task as a claim mentions it."""

    id: UUID
    title: str
    area: AreaRef
    reward_points: int
    hourly_points: int
    wish_id: UUID | None
    complaint_id: UUID | None


class ClaimOut(Out):
    """A claim, for its claimant, whoever asked for the service, and staff."""

    id: UUID
    task: ClaimTask
    status: ClaimStatus
    note: str | None
    minutes: int | None
    due_at: datetime
    created_at: datetime
    submitted_at: datetime | None
    actions: list[str]


class SubmitIn(In):
    """What was done, and in how many minutes where that counts."""

    note: Note
    minutes: Annotated[int, Field(ge=1, le=1440, strict=True)] | None = None
