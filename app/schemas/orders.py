"""Orders and the parts that areas have in them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.schemas.areas import AreaRef
from app.schemas.fields import Body, In, Moment, Note, Out, Title

AREAS_MAX = 1_000
OrderStatus = Literal["open", "closed", "cancelled"]
PartStatus = Literal["sent", "confirmed", "reported", "accepted", "cancelled"]


class OrderIn(In):
    """What areas below one have to do and by when; for all communities below it unless `area_ids` names some."""

    area_id: UUID
    title: Title
    body: Body
    due_at: Moment
    area_ids: Annotated[list[UUID], Field(min_length=1, max_length=AREAS_MAX)] | None = None

    @model_validator(mode="after")
    def check_areas(self) -> Self:
        """Refuse to give one area the same twice."""
        if self.area_ids is not None and len(set(self.area_ids)) < len(self.area_ids):
            raise PydanticCustomError("area_twice", "An area is named twice")
        return self


class OrderCancelIn(In):
    """Why it is not to be done any more."""

    reason: Note


class ReportIn(In):
    """What an area did."""

    report: Body


class ReturnIn(In):
    """What is still to be done."""

    reason: Note


class OrderCounts(Out):
    """How the parts stand that the reader may see; ``overdue`` are those unreported beyond the day."""

    parts: int
    sent: int
    confirmed: int
    reported: int
    accepted: int
    cancelled: int
    overdue: int


class OrderOut(Out):
    """An order, for staff of the area that ordered and of those that have a part in it."""

    id: UUID
    area: AreaRef
    title: str
    body: str
    due_at: datetime
    status: OrderStatus
    created_at: datetime
    ended_at: datetime | None
    counts: OrderCounts
    actions: list[str]


class OrderRef(Out):
    """The order that a part is of."""

    id: UUID
    area: AreaRef
    title: str
    body: str
    due_at: datetime


class WorkCounts(Out):
    """What was done with tasks: how many there are, people whose work was verified, and how often."""

    tasks: int
    people: int
    verified: int


class OrderPartOut(Out):
    """What an area has to do of an order, and what it says that it did."""

    id: UUID
    order: OrderRef
    area: AreaRef
    status: PartStatus
    is_overdue: bool
    created_at: datetime
    confirmed_at: datetime | None
    report: str | None
    reported_at: datetime | None
    returned_for: str | None
    accepted_at: datetime | None
    work: WorkCounts
    actions: list[str]


class AreaProgress(Out):
    """How an area stands, with all below it."""

    area: AreaRef
    counts: OrderCounts
    work: WorkCounts


class OrderProgressOut(Out):
    """How an order stands in an area, and in each area right below it; the same helper counts once."""

    area: AreaRef
    counts: OrderCounts
    work: WorkCounts
    areas: list[AreaProgress]
    actions: list[str]
