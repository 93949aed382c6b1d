"""Points policies: what service is worth, how much of it is granted, from when and until when it can be spent (pure).

An area's policy has versions, and the newest one in force counts. Each field that it leaves empty is inherited from the
area above, and at the top from the default. Rates are one field: whoever sets rates sets them all.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from app.domain import inheritance
from app.domain.kinds import Cut, Expiry, TaskKind, WishCategory


@dataclass(frozen=True, slots=True)
class Rate:
    """What a task of a kind, and of a category or of any, promises: whole points, and more for each hour of work."""

    kind: TaskKind
    category: WishCategory | None
    points: int
    points_per_hour: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """A whole policy. A cap that is None caps nothing; ``expiry_months`` is there when points expire by months."""

    rates: tuple[Rate, ...]
    day_cap: int | None
    month_cap: int | None
    balance_cap: int | None
    first_redemption_threshold: int
    waiting_days: int
    expiry: Expiry
    expiry_months: int | None


DEFAULT = Terms(
    rates=tuple(Rate(kind, None, points=10) for kind in TaskKind),
    day_cap=None,
    month_cap=None,
    balance_cap=None,
    first_redemption_threshold=0,
    waiting_days=0,
    expiry=Expiry.NEVER,
    expiry_months=None,
)
"""What holds where no area says otherwise: nothing is capped, nothing waits, nothing expires."""


def default_terms(wish_points: int) -> Terms:
    """Return the default with the base reward of a wish that this deployment is set to."""
    return replace(DEFAULT, rates=tuple(replace(rate, points=wish_points) for rate in DEFAULT.rates))


FIELDS = (
    "rates",
    "day_cap",
    "month_cap",
    "balance_cap",
    "first_redemption_threshold",
    "waiting_days",
    "expiry",
)
"""What is inherited, each by itself; ``expiry_months`` goes with ``expiry``."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an area's policy; a field that is None is inherited."""

    id: UUID
    area_id: UUID
    version: int
    effective_from: datetime
    rates: tuple[Rate, ...] | None = None
    day_cap: int | None = None
    month_cap: int | None = None
    balance_cap: int | None = None
    first_redemption_threshold: int | None = None
    waiting_days: int | None = None
    expiry: Expiry | None = None
    expiry_months: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds in an area: the terms, the area that each field comes from (None: the default), the versions read."""

    terms: Terms
    origins: Mapping[str, UUID | None]
    version_ids: tuple[UUID, ...]


def resolve(lineage: Sequence[UUID], versions: Iterable[Version], moment: datetime, default: Terms = DEFAULT) -> Policy:
    """Return what holds at ``moment`` in the area at the end of ``lineage``, which starts at the root.

    Each field by itself is that of the nearest area above that says it; ``inheritance`` tells which version counts.
    """
    chain = inheritance.in_force(lineage, versions, moment)
    values, origins = inheritance.inherit(chain, {name: getattr(default, name) for name in FIELDS})
    values["rates"] = _completed(values["rates"], default.rates)
    expiry_months = (origins["expiry"] or default).expiry_months
    sources = {name: None if origin is None else origin.area_id for name, origin in origins.items()}
    return Policy(Terms(**values, expiry_months=expiry_months), sources, tuple(version.id for version in chain))


def _completed(rates: tuple[Rate, ...], default: tuple[Rate, ...]) -> tuple[Rate, ...]:
    """Return the rates with the default's for each kind that has none for all its categories."""
    general = {rate.kind for rate in rates if rate.category is None}
    return rates + tuple(rate for rate in default if rate.kind not in general)


def rate_for(terms: Terms, kind: TaskKind, category: WishCategory | None) -> Rate:
    """Return the most specific rate: that of the category, else that of the kind."""
    of_kind = {rate.category: rate for rate in terms.rates if rate.kind is kind}
    return of_kind[category] if category in of_kind else of_kind[None]


def promised_points(
    reward_points: int, hourly_points: int, minutes: int | None, done_percent: int | None = None
) -> int:
    """Return what a task with these promises is worth after ``minutes`` of work; part of a point is not given.

    Of what was done in part, with ``done_percent``, the fixed points are that part of them.
    """
    return reward_points * (done_percent or 100) // 100 + hourly_points * (minutes or 0) // 60


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody has, waiting and held points with it, and what they were awarded on one day and in its month."""

    balance_points: int
    day_points: int
    month_points: int


def cap(promised_points: int, terms: Terms, standing: Standing) -> tuple[int, Cut | None]:
    """Return how many of the promised points are granted, and the cap that leaves the least room if one cuts them."""
    caps = (
        (Cut.DAY, terms.day_cap, standing.day_points),
        (Cut.MONTH, terms.month_cap, standing.month_points),
        (Cut.BALANCE, terms.balance_cap, standing.balance_points),
    )
    granted, cut_by = promised_points, None
    for cut, limit, reached in caps:
        if limit is not None and max(0, limit - reached) < granted:
            granted, cut_by = max(0, limit - reached), cut
    return granted, cut_by


def available_on(terms: Terms, day: date) -> date | None:
    """Return the day from which an award of ``day`` can be spent, None for at once."""
    return day + timedelta(days=terms.waiting_days) if terms.waiting_days else None


def expires_on(terms: Terms, day: date) -> date | None:
    """Return the last day on which an award of ``day`` can be spent, None for ever.

    Time is counted from the day on which it can be spent first, and ends with a month or a year: so the points of one
    user have few dates.
    """
    first = available_on(terms, day) or day
    if terms.expiry is Expiry.NEVER:
        return None
    if terms.expiry is Expiry.END_OF_NEXT_YEAR:
        return date(first.year + 1, 12, 31)
    assert terms.expiry_months is not None, "points that expire by months have a number of them"
    years, month = divmod(first.month - 1 + terms.expiry_months, 12)
    year = first.year + years
    return date(year, month + 1, monthrange(year, month + 1)[1])
