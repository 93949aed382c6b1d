"""Handling rules of areas."""

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.domain.deadlines import AMOUNT_MAX, SpanUnit
from app.domain.kinds import AreaKind, Urgency
from app.schemas.areas import AreaRef, UnitRef
from app.schemas.complaints import CategoryCode
from app.schemas.fields import In, Moment, Out

PERIODS_MAX = 6

TimeOfDay = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Value = TypeVar("Value")


class SpanIn(In):
    """So many of a unit; minutes and hours run round the clock."""

    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX, strict=True)]
    unit: SpanUnit


class PeriodIn(In):
    """A part of a working day, in the time of Shanghai."""

    opens: Annotated[str, Field(alias="from", pattern=TimeOfDay)]
    closes: Annotated[str, Field(alias="to", pattern=TimeOfDay)]


class HandlingRuleIn(In):
    """A new version of what an area says of the complaints that it or an area below it handles.

    It is for one category, one urgency and one level (the kind of the area that handles), or for all where that is left
    out, and takes the place of the version before for the same. What it does not say is left to other rules: the more
    general ones of the area, then those of the area above. Only a rule for a category can set its urgency.
    """

    area_id: UUID
    effective_from: Moment | None = None
    category: CategoryCode | None = None
    urgency: Urgency | None = None
    level: AreaKind | None = None
    unit_id: UUID | None = None
    sets_urgency: Urgency | None = None
    accept: SpanIn | None = None
    answer: SpanIn | None = None
    hours: Annotated[list[PeriodIn], Field(min_length=1, max_length=PERIODS_MAX)] | None = None

    @model_validator(mode="after")
    def fit_together(self) -> Self:
        """Refuse an urgency set where none can be, and periods that overlap or end before they begin."""
        if self.sets_urgency is not None and (self.category is None or self.urgency is not None):
            raise PydanticCustomError("sets_urgency", "sets_urgency goes with a category and without an urgency")
        moments = [moment for period in self.hours or () for moment in (period.opens, period.closes)]
        if any(earlier >= later for earlier, later in pairwise(moments)):
            raise PydanticCustomError("hours_order", "The periods of a day are in order and apart from each other")
        return self


class SpanOut(Out):
    """So many of a unit; minutes and hours run round the clock."""

    amount: int
    unit: SpanUnit


class PeriodOut(Out):
    """A part of a working day, in the time of Shanghai."""

    opens: Annotated[str, Field(alias="from")]
    closes: Annotated[str, Field(alias="to")]


class HandlingRuleOut(Out):
    """One version of a rule; what is null it is for all of, or leaves to other rules."""

    id: UUID
    area: AreaRef
    version: int
    effective_from: datetime
    category: str | None
    urgency: Urgency | None
    level: AreaKind | None
    unit: UnitRef | None
    sets_urgency: Urgency | None
    accept: SpanOut | None
    answer: SpanOut | None
    hours: list[PeriodOut] | None
    created_at: datetime
    actions: list[str]


class Ruled(Out, Generic[Value]):
    """What holds, and the rule and its area that say so; null where none does and the default holds."""

    value: Value
    area: AreaRef | None
    rule_id: UUID | None


class EffectiveHandlingOut(Out):
    """What holds now for the complaints of a category and urgency that an area of this level handles."""

    area: AreaRef
    level: AreaKind
    category: str | None
    effective_at: datetime
    urgency: Ruled[Urgency]
    unit: Ruled[UnitRef | None]
    accept: Ruled[SpanOut]
    answer: Ruled[SpanOut]
    hours: Ruled[list[PeriodOut]]
    actions: list[str]
