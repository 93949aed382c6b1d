"""Staffing: how many full-time workers an area needs by the number of its households and of its residents (pure).

Two rules, of which the one that asks for more counts, since grid workers are community workers too:

- **By households.** Each grid has one full-time worker, and one for each started ``households_per_grid_worker``.
  Practice: cities draw grids of 300 to 500 households with one full-time worker each. The default is the
  upper end, so that no grid within that range asks for a second one.
- **By residents.** ``workers_per_10000`` for each 10,000 residents of a community or above; a grid alone is too small
  for it. 18 is the figure for 2025 of the State Council's plan for the services of urban and rural communities
  (国办发[2021]56号, 2021-12-27: 每万城镇常住人口拥有社区工作者18人), which the Opinions of 2024 on community workers
  (关于加强社区工作者队伍建设的意见) keep to in principle. It is meant for the urban resident population.

Whole people: what is left over asks for one more.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.kinds import AreaKind

PER_RESIDENTS = 10_000
HOUSEHOLDS_MAX = 100_000
WORKERS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Rule:
    """How many households have a worker of their own, and how many workers 10,000 residents have."""

    households_per_grid_worker: int
    workers_per_10000: int


DEFAULT = Rule(households_per_grid_worker=500, workers_per_10000=18)
"""What holds where no area says otherwise."""


@dataclass(frozen=True, slots=True)
class Place:
    """An area with the figures that were stated for it, and what its own rule in force says."""

    id: UUID
    parent_id: UUID | None
    kind: AreaKind
    households: int | None = None
    residents: int | None = None
    households_per_grid_worker: int | None = None
    workers_per_10000: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of households or residents: stated for the area itself, and summed up from those right below it."""

    stated: int | None
    summed: int | None = None
    is_whole: bool = False
    """Whether the sum misses nothing: all below have a figure."""

    @property
    def value(self) -> int | None:
        """What counts: a whole sum, or else what was stated, or else the part that is known."""
        if self.is_whole or self.stated is None:
            return self.summed
        return self.stated


@dataclass(frozen=True, slots=True)
class Need:
    """What an area needs. ``by_residents`` is None in a grid, and where nobody knows how many people live there."""

    households: Figure
    residents: Figure
    grids: int
    by_households: int
    by_residents: int | None

    @property
    def workers(self) -> int:
        """How many workers there should be."""
        return max(self.by_households, self.by_residents or 0)


def shortage(need: Need, there: int) -> int:
    """Return how many workers are missing."""
    return max(0, need.workers - there)


def reckon(places: Sequence[Place]) -> tuple[dict[UUID, Need], dict[UUID, Rule]]:
    """Return what each of ``places`` needs, and the rule that holds there.

    Each comes after the one right above it. Those above the areas in question come first, for their rules: their own
    need is that of what is listed below them.
    """
    rules: dict[UUID, Rule] = {}
    below: defaultdict[UUID, list[Place]] = defaultdict(list)
    for place in places:
        above = rules.get(place.parent_id, DEFAULT) if place.parent_id else DEFAULT
        rules[place.id] = Rule(
            place.households_per_grid_worker or above.households_per_grid_worker,
            place.workers_per_10000 or above.workers_per_10000,
        )
        if place.parent_id is not None:
            below[place.parent_id].append(place)
    needs: dict[UUID, Need] = {}
    shares: dict[UUID, int | None] = {}
    for place in reversed(places):
        children = [needs[child.id] for child in below[place.id]]
        households = _figure(place.households, [child.households for child in children])
        residents = _figure(place.residents, [child.residents for child in children])
        shares[place.id] = _share(residents, [shares[child.id] for child in below[place.id]], rules[place.id])
        needs[place.id] = Need(
            households,
            residents,
            grids=(place.kind is AreaKind.GRID) + sum(child.grids for child in children),
            by_households=_by_households(place, households, children, rules[place.id]),
            by_residents=None if place.kind is AreaKind.GRID else _ceiling(shares[place.id], PER_RESIDENTS),
        )
    return needs, rules


def _figure(stated: int | None, below: Sequence[Figure]) -> Figure:
    values = [figure.value for figure in below if figure.value is not None]
    if not values:
        return Figure(stated)
    is_whole = all(figure.value is not None and (figure.is_whole or figure.stated is not None) for figure in below)
    return Figure(stated, sum(values), is_whole)


def _by_households(place: Place, households: Figure, children: Sequence[Need], rule: Rule) -> int:
    """Return the workers of each grid; where the grids' figures have gaps, at least those of the whole area."""
    of_grids = sum(child.by_households for child in children)
    if households.is_whole:
        return of_grids
    at_least = 1 if place.kind is AreaKind.GRID else 0
    return max(of_grids, at_least, _ceiling(households.stated, rule.households_per_grid_worker) or 0)


def _share(residents: Figure, below: Sequence[int | None], rule: Rule) -> int | None:
    """Return the workers that residents need, in ten-thousandths: each by the rule of where they live."""
    if residents.is_whole or (residents.stated is None and residents.summed is not None):
        return sum(share for share in below if share is not None)
    return None if residents.value is None else residents.value * rule.workers_per_10000


def _ceiling(amount: int | None, unit: int) -> int | None:
    """Return how many units hold an amount, the last one started."""
    return None if amount is None else -(-amount // unit)
