"""Lending plans, their lines and gaps, the people asked, and loans."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.domain.kinds import Hat, MissingReason
from app.domain.lending import DISTANCE_MAX_M
from app.schemas.areas import AreaRef
from app.schemas.fields import Day, In, Out, Skill

PlanStatus = Literal["computing", "ready", "failed"]
LineStatus = Literal["proposed", "asking", "filled", "refused", "ended"]
RequestStatus = Literal["open", "agreed", "declined", "withdrawn"]
LoanStatus = Literal["running", "ended"]
SKILLS_MAX = 10


class LendingPlanIn(In):
    """For which grids to plan, until which day people are to be lent, from how far away, and with which skills."""

    area_id: UUID
    until: Day
    skills: Annotated[list[Skill], Field(max_length=SKILLS_MAX)] = Field(default_factory=list)
    max_distance_m: Annotated[int, Field(ge=1, le=DISTANCE_MAX_M, strict=True)] | None = None


class LendingPlanOut(Out):
    """A plan: its lines, the people they would lend, those who agreed, and those whom no line brings (``missing``)."""

    id: UUID
    area: AreaRef
    until: date
    max_distance_m: int | None
    skills: list[str]
    status: PlanStatus
    lines: int
    people: int
    agreed: int
    missing: int
    created_at: datetime
    computed_at: datetime | None
    actions: list[str]


class LendingLineOut(Out):
    """So many people of one hat that a grid could lend to another one, ``skilled`` of them with a skill asked for.

    Of the lender's own people ``reachable`` used the app when the plan was drawn up: only they can be asked in it.
    """

    id: UUID
    from_area: AreaRef
    to_area: AreaRef
    hat: Hat
    people: int
    skilled: int
    reachable: int
    distance_m: int
    is_distance_assumed: bool
    status: LineStatus
    agreed: int
    actions: list[str]


class LendingGapOut(Out):
    """People whom no line of a plan brings to a grid."""

    id: UUID
    area: AreaRef
    hat: Hat
    people: int
    reason: MissingReason
    actions: list[str]


class LoanRequestOut(Out):
    """What somebody was asked: to count in another grid with one of their hats, until the end of a day."""

    id: UUID
    hat: Hat
    from_area: AreaRef
    to_area: AreaRef
    until: date
    skills: list[str]
    distance_m: int
    is_distance_assumed: bool
    status: RequestStatus
    created_at: datetime
    loan_id: UUID | None
    actions: list[str]


class LoanOut(Out):
    """Somebody who counts in another grid, as they and the staff of both grids see it."""

    id: UUID
    nickname: str | None
    hat: Hat
    from_area: AreaRef
    to_area: AreaRef
    since: datetime
    until: datetime
    status: LoanStatus
    actions: list[str]
