"""Points policies of areas."""

from datetime import UTC, datetime
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import Expiry, TaskKind, WishCategory
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Out

RATES_MAX = 50
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

Reward = Annotated[int, Field(ge=0, le=1000, strict=True)]
Sum = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
Value = TypeVar("Value")


class RateIn(In):
    """What a task of a kind promises, for one category of wishes or for all: points, and more for each hour."""

    kind: TaskKind
    category: WishCategory | None = None
    points: Reward
    points_per_hour: Reward = 0


class PolicyIn(In):
    """A new version of an area's policy. A field that is left out or null is inherited from the area above.

    A sum of 1,000,000 caps nothing, and lets an area lift the cap of the area above. Rates are inherited or replaced as
    one list.
    """

    area_id: UUID
    effective_from: Annotated[AwareDatetime, Field(lt=LATEST)] | None = None
    rates: Annotated[list[RateIn], Field(max_length=RATES_MAX)] | None = None
    day_cap: Sum | None = None
    month_cap: Sum | None = None
    balance_cap: Sum | None = None
    first_redemption_threshold: Sum | None = None
    waiting_days: Annotated[int, Field(ge=0, le=365, strict=True)] | None = None
    expiry: Expiry | None = None
    expiry_months: Annotated[int, Field(ge=1, le=120, strict=True)] | None = None

    @model_validator(mode="after")
    def fit_together(self) -> Self:
        """Refuse months without the expiry that counts them, a category of wishes for others, two rates for one."""
        if (self.expiry is Expiry.MONTHS) != (self.expiry_months is not None):
            raise PydanticCustomError("expiry_months", "expiry_months goes with the expiry 'months'")
        if any(rate.category is not None and rate.kind is not TaskKind.WISH for rate in self.rates or ()):
            raise PydanticCustomError("rate_category", "Only wishes have these categories")
        tasks = [(rate.kind, rate.category) for rate in self.rates or ()]
        if len(set(tasks)) < len(tasks):
            raise PydanticCustomError("rates_repeated", "Two rates are for the same tasks")
        return self


class RateOut(Out):
    """What a task of a kind promises, of one category or of all others."""

    kind: TaskKind
    category: WishCategory | None
    points: int
    points_per_hour: int


class PolicyOut(Out):
    """One version of an area's policy; a field that is null is inherited."""

    id: UUID
    area: AreaRef
    version: int
    effective_from: datetime
    rates: list[RateOut] | None
    day_cap: int | None
    month_cap: int | None
    balance_cap: int | None
    first_redemption_threshold: int | None
    waiting_days: int | None
    expiry: Expiry | None
    expiry_months: int | None
    created_at: datetime
    actions: list[str]


class Sourced(Out, Generic[Value]):
    """A field of the policy in force and the area that says so; null where none does and the default holds."""

    value: Value
    area: AreaRef | None


class EffectivePolicyOut(Out):
    """What holds in an area now. ``policy_ids`` are the versions that it was read from, the topmost area's first."""

    area: AreaRef
    effective_at: datetime
    policy_ids: list[UUID]
    rates: Sourced[list[RateOut]]
    day_cap: Sourced[int | None]
    month_cap: Sourced[int | None]
    balance_cap: Sourced[int | None]
    first_redemption_threshold: Sourced[int]
    waiting_days: Sourced[int]
    expiry: Sourced[Expiry]
    expiry_months: int | None
    actions: list[str]
