"""How many workers areas need and have, and the rules that say so."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.domain.kinds import AreaKind
from app.domain.staffing import HOUSEHOLDS_MAX, WORKERS_MAX
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Moment, Out


class StaffingRuleIn(In):
    """A new version of an area's rule. A number that is left out or null is inherited from the area above."""

    area_id: UUID
    effective_from: Moment | None = None
    households_per_grid_worker: Annotated[int, Field(ge=1, le=HOUSEHOLDS_MAX, strict=True)] | None = None
    workers_per_10000: Annotated[int, Field(ge=1, le=WORKERS_MAX, strict=True)] | None = None


class StaffingRuleOut(Out):
    """One version of an area's rule; a number that is null is inherited."""

    id: UUID
    area: AreaRef
    version: int
    effective_from: datetime
    households_per_grid_worker: int | None
    workers_per_10000: int | None
    created_at: datetime
    actions: list[str]


class StaffingNumberOut(Out):
    """A number of the rule in force and the area that says so; null where none does and the default holds."""

    value: int
    area: AreaRef | None


class EffectiveStaffingRuleOut(Out):
    """What holds in an area now."""

    area: AreaRef
    effective_at: datetime
    households_per_grid_worker: StaffingNumberOut
    workers_per_10000: StaffingNumberOut
    actions: list[str]


class FigureOut(Out):
    """How many there are: what counts, what was stated for the area, and the sum of those right below it.

    The sum counts when it is whole: when all below have a figure.
    """

    value: int | None
    stated: int | None
    summed: int | None
    is_sum_whole: bool


class AreaStaffing(Out):
    """What an area needs and has: of the two rules the one that asks for more counts.

    `needed_by_residents` is null in a grid, and where nobody knows how many people live there.
    """

    area: AreaRef
    kind: AreaKind
    households: FigureOut
    residents: FigureOut
    grids: int
    needed_by_households: int
    needed_by_residents: int | None
    needed: int
    there: int
    shortage: int


class StaffingOut(AreaStaffing):
    """The staffing of an area by the rule in force there, and of each area right below it, the shortest first."""

    as_of: datetime
    households_per_grid_worker: int
    workers_per_10000: int
    below: list[AreaStaffing]
    actions: list[str]
