"""Strength of grids, and the rules that it is held against."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.domain.strength import REQUIRED_MAX
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Moment, Out

Required = Annotated[int, Field(ge=0, le=REQUIRED_MAX, strict=True)]


class StrengthRuleIn(In):
    """A new version of an area's rule. A number that is left out or null is inherited from the area above."""

    area_id: UUID
    effective_from: Moment | None = None
    members: Required | None = None
    volunteers: Required | None = None


class StrengthRuleOut(Out):
    """One version of an area's rule; a number that is null is inherited."""

    id: UUID
    area: AreaRef
    version: int
    effective_from: datetime
    members: int | None
    volunteers: int | None
    created_at: datetime
    actions: list[str]


class RequiredOut(Out):
    """How many people a grid must have, and the area that says so; null where none does and the default holds."""

    value: int
    area: AreaRef | None


class EffectiveStrengthRuleOut(Out):
    """What holds in an area now."""

    area: AreaRef
    effective_at: datetime
    members: RequiredOut
    volunteers: RequiredOut
    actions: list[str]


class ForceOut(Out):
    """The people of one hat: those who count, those the rule asks for, and how many are missing.

    Those lent to a grid count there, and those it lends do not. Of several grids it is the sum; what one has to spare
    makes up for nobody who is missing in another.
    """

    present: int
    lent: int
    borrowed: int
    required: int
    shortage: int


class GridStrengthOut(Out):
    """The strength of one grid."""

    area: AreaRef
    members: ForceOut
    volunteers: ForceOut
    actions: list[str]


class StrengthTotalsOut(Out):
    """The strength of all grids of an area; in ``grids_short`` somebody is missing."""

    grids: int
    grids_short: int
    members: ForceOut
    volunteers: ForceOut


class StrengthOut(Out):
    """A part of the list of grids, those in which most people are missing first, and the totals of all of them."""

    area: AreaRef
    as_of: datetime
    totals: StrengthTotalsOut
    items: list[GridStrengthOut]
    next_cursor: str | None


class StrengthMonthOut(StrengthTotalsOut):
    """The strength at the end of a month, or now in the one that is not over."""

    month: str = Field(description="A month of the calendar in Asia/Shanghai, like `2026-11`")
    as_of: datetime


class StrengthHistoryOut(Out):
    """The strength of an area over time; months that have not begun are left out."""

    area: AreaRef
    months: list[StrengthMonthOut]
    actions: list[str]
