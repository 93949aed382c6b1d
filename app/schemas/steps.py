"""Steps: what a unit has to do for a complaint. Nothing here tells who complained (I9)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import Urgency
from app.schemas.areas import AreaRef, UnitRef
from app.schemas.complaints import CategoryRef, ComplaintStatus, ExactPlace
from app.schemas.fields import Check, In, Note, Out
from app.schemas.joint import JointPart, StepStatus

CO_UNITS_MAX = 10


class DispatchIn(In):
    """Which units have to do what. Without ``working_days`` they are due with the complaint's answer."""

    lead_unit_id: UUID
    co_unit_ids: Annotated[tuple[UUID, ...], Field(max_length=CO_UNITS_MAX)] = ()
    instructions: Note
    working_days: Annotated[int, Field(strict=True, ge=1, le=60)] | None = None

    @model_validator(mode="after")
    def refuse_doubles(self) -> "DispatchIn":
        """Refuse a unit that is named twice."""
        if len({self.lead_unit_id, *self.co_unit_ids}) != 1 + len(self.co_unit_ids):
            raise PydanticCustomError("unit_twice", "A unit is named twice")
        return self


class StepAnswerIn(In):
    """What the unit did."""

    answer: Annotated[str, StringConstraints(min_length=1, max_length=1000), Check]


class ComplaintForUnitOut(Out):
    """A complaint as units see it: what and exactly where, not who."""

    id: UUID
    number: int
    area: AreaRef
    category: CategoryRef
    urgency: Urgency
    title: str
    body: str
    status: ComplaintStatus
    location: ExactPlace | None
    place: str | None
    created_at: datetime


class StepOut(Out):
    """One unit's step; ``sent_back_for`` says why it has to answer again, ``parts`` how the other units stand."""

    id: UUID
    complaint: ComplaintForUnitOut
    unit: UnitRef
    is_lead: bool
    status: StepStatus
    instructions: str
    due_at: datetime
    is_overdue: bool
    answer: str | None
    answered_at: datetime | None
    sent_back_for: str | None
    parts: list[JointPart]
    created_at: datetime
    actions: list[str]
