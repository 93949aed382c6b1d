"""Rates of complaints, as they were published."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.schemas.areas import AreaRef
from app.schemas.fields import Out

RateGrouping = Literal["area", "category", "unit"]


class ShareOut(Out):
    """How many of how many; ``per_mille`` is null for a denominator below ten, which is compared with nothing."""

    numerator: int
    denominator: int
    per_mille: int | None


class FiguresOut(Out):
    """What ``docs/rates.md`` defines: counts, and the three rates."""

    received: int
    rejected: int
    merged: int
    withdrawn: int
    overdue: int
    response: ShareOut
    resolution: ShareOut
    satisfaction: ShareOut


class GroupOut(FiguresOut):
    """One area, category or unit; ``key`` is its id, or the code of a category."""

    key: str
    name: str
    actions: list[str]


class PublishedMonthOut(Out):
    """A month of which figures were published, and as of when."""

    month: str = Field(description="A month of the calendar in Asia/Shanghai, like `2026-11`")
    as_of: datetime


class RatesOut(Out):
    """Rates of an area. Groups are ordered by name or place in the list of categories, never by a rate."""

    area: AreaRef
    definitions: int = Field(description="The version of the written definitions, docs/rates.md")
    by: RateGrouping
    months: list[PublishedMonthOut]
    total: FiguresOut
    items: list[GroupOut]
    actions: list[str]
