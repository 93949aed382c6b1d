"""Call-outs and the people called."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import CallOutAnswer
from app.schemas.areas import AreaRef, YesOrNo
from app.schemas.fields import Body, Check, In, Note, Out
from app.schemas.people import ContactOut

CallOutStatus = Literal["ordered", "gathering", "stood_down", "refused", "withdrawn"]
Emergency = Annotated[str, StringConstraints(min_length=1, max_length=30), Check]
Minutes = Annotated[int, Field(ge=1, le=1440, strict=True)]


class CallOutIn(In):
    """A call-out of an area, or a drill of one: what has happened, where to come and what to bring."""

    area_id: UUID
    emergency: Emergency
    instructions: Note
    is_drill: YesOrNo = False


class CallOutRefusalIn(In):
    """Why nobody is to be called."""

    reason: Note


class StandDownIn(In):
    """What became of it, in words; the figures are counted."""

    summary: Body


class CallOutAnswerIn(In):
    """Whether somebody comes, and in how many minutes they are there."""

    answer: CallOutAnswer
    minutes: Minutes | None = None

    @model_validator(mode="after")
    def check_minutes(self) -> Self:
        """Refuse a time of arrival of somebody who does not come."""
        if self.minutes is not None and self.answer is CallOutAnswer.CANNOT:
            raise PydanticCustomError("minutes_of_nobody", "Whoever cannot come does not arrive")
        return self


class GroupRef(Out):
    """A group of those called, as others mention it."""

    id: UUID
    name: str


class OwnAnswerOut(Out):
    """What the caller said, null as long as they said nothing, and in which group they are."""

    group: GroupRef | None
    is_leader: bool

    answer: CallOutAnswer | None
    minutes: int | None
    answered_at: datetime | None


class CallOutOut(Out):
    """A call-out, for staff and for those called; ``own`` is null for who was not called."""

    id: UUID
    area: AreaRef
    is_drill: bool
    emergency: str
    instructions: str
    status: CallOutStatus
    created_at: datetime
    confirmed_at: datetime | None
    stood_down_at: datetime | None
    own: OwnAnswerOut | None
    actions: list[str]


class GridCountOut(Out):
    """How many of a grid were called and said what; ``silent`` said nothing."""

    area: AreaRef
    called: int
    coming: int
    later: int
    cannot: int
    silent: int


class CallOutCountsOut(Out):
    """The head count of a call-out, over the grids of the caller's areas."""

    status: CallOutStatus
    called: int
    coming: int
    later: int
    cannot: int
    silent: int
    grids: list[GridCountOut]
    actions: list[str]


class CalledOut(Out):
    """Somebody who was called, for staff of the grid; without the app they are on the phone tree."""

    id: UUID
    nickname: str | None
    contact: ContactOut | None
    grid: AreaRef
    is_lent: bool
    has_app: bool
    answer: CallOutAnswer | None
    minutes: int | None
    answered_at: datetime | None
    actions: list[str]


CalledIds = Annotated[list[UUID], Field(max_length=200)]


class CallOutGroupPeopleIn(In):
    """Who leads a group and who else is in it, by the ids under which they were called."""

    leader_id: UUID
    people_ids: Annotated[CalledIds, Field(default_factory=list)]


class CallOutGroupIn(CallOutGroupPeopleIn):
    """A group of people who go together."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=20), Check]


class CallOutGroupOut(Out):
    """A group, for staff of its people's grids and for those in it; ``leader`` is the leader's nickname."""

    id: UUID
    call_out_id: UUID
    name: str
    leader: str | None
    people: int
    coming: int
    actions: list[str]


class CallOutGroupPersonOut(Out):
    """Somebody in a group, or who could be, for whoever leads it and for staff."""

    id: UUID
    nickname: str | None
    answer: CallOutAnswer | None
    minutes: int | None
    is_leader: bool
    actions: list[str]


class CallOutReportOut(Out):
    """What became of a call-out, counted from what was done, over the grids of the reader's areas.

    ``with_app`` could be told in the app; ``by_phone`` are answers that staff put down. ``median_answer_s`` is how long
    half of those who answered took for what they said last.
    """

    id: UUID
    area: AreaRef
    is_drill: bool
    emergency: str
    status: CallOutStatus
    created_at: datetime
    confirmed_at: datetime | None
    stood_down_at: datetime | None
    summary: str | None
    called: int
    with_app: int
    lent: int
    coming: int
    later: int
    cannot: int
    silent: int
    by_phone: int
    median_answer_s: int | None
    groups: int
    tasks: int
    seats: int
    seats_taken: int
    verified: int
    actions: list[str]
