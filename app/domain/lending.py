"""Lending plans: which grids could lend how many people to which, so that as many as possible are at the rule (pure).

In this order: as few people missing as possible, then the least distance, on which somebody without a skill that is
looked for counts ``SKILL_WORTH_M`` more. No lender comes below the rule. Who stays short is decided by that alone:
where not all can be helped, the plan does not share the shortage out. ``docs/strength.md`` has it in formulas.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from app.domain import geometry, transport
from app.domain.kinds import Hat, MissingReason
from app.domain.strength import Force
from app.domain.transport import Ints, Marks

SKILL_WORTH_M = 2_000
"""So much further, at most, somebody is asked to go because they have a skill that is looked for."""

DISTANCE_MAX_M = 1_000_000
"""What may be asked for as the greatest distance, at most."""

ASSUMED_M = (1_000, 3_000, 10_000)
"""How far two grids are taken to be apart when one of them has no shape: in one area right above both, in one another
level up (of a street, say), and beyond."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid of a plan: where it is in the tree (from the root to itself), where on the map, and its people."""

    id: UUID
    lineage: tuple[UUID, ...]
    place: tuple[float, float] | None
    """Longitude and latitude."""
    forces: Mapping[Hat, Force]


@dataclass(frozen=True, slots=True)
class Lending:
    """One line of a plan; ``skilled`` of its people should have a skill that is looked for."""

    from_id: UUID
    to_id: UUID
    hat: Hat
    count: int
    skilled: int
    distance_m: int
    is_assumed: bool
    """The distance is a guess by the tree: one of the grids has no shape."""


@dataclass(frozen=True, slots=True)
class Missing:
    """People whom no lending of the plan brings to a grid."""

    grid_id: UUID
    hat: Hat
    count: int
    reason: MissingReason


@dataclass(frozen=True, slots=True)
class Plan:
    """All lines, by hat and grids, and all that cannot be met."""

    lendings: tuple[Lending, ...]
    missing: tuple[Missing, ...]


def draw_up(grids: Iterable[Grid], max_distance_m: int | None = None) -> Plan:
    """Return the cheapest plan; the same grids bring the same plan, in whatever order they come.

    What it takes: ``bench/DISTRICT.md``. Raises NotOptimalError.
    """
    ordered = sorted(grids, key=lambda grid: grid.id)
    lendings: list[Lending] = []
    missing: list[Missing] = []
    for hat in Hat:
        lenders = [grid for grid in ordered if grid.forces[hat].spare]
        borrowers = [grid for grid in ordered if grid.forces[hat].shortage]
        if not borrowers:
            continue
        found = _lend(hat, lenders, borrowers, max_distance_m) if lenders else []
        lendings += found
        missing += _left(hat, lenders, borrowers, found)
    return Plan(tuple(lendings), tuple(missing))


def _lend(
    hat: Hat, lenders: Sequence[Grid], borrowers: Sequence[Grid], max_distance_m: int | None
) -> Sequence[Lending]:
    """Return the lendings of one hat, those with the skill and those without being two supplies of a lender."""
    metres, is_assumed = _distances(lenders, borrowers)
    skilled = np.array([lender.forces[hat].spare_skilled for lender in lenders])
    plain = np.array([lender.forces[hat].spare for lender in lenders]) - skilled
    owners = np.concatenate([np.flatnonzero(skilled), np.flatnonzero(plain)])
    is_skilled = np.arange(len(owners)) < np.count_nonzero(skilled)
    distances = metres[owners]
    shipments = transport.cheapest(
        np.concatenate([skilled[skilled > 0], plain[plain > 0]]),
        np.array([borrower.forces[hat].shortage for borrower in borrowers]),
        distances + np.where(is_skilled, 0, SKILL_WORTH_M)[:, None],
        np.full(distances.shape, fill_value=True) if max_distance_m is None else distances <= max_distance_m,
    )
    counts: dict[tuple[int, int], list[int]] = {}
    for supply, target, amount in zip(shipments.sources, shipments.targets, shipments.amounts, strict=True):
        count = counts.setdefault((int(owners[supply]), int(target)), [0, 0])
        count[0] += int(amount)
        count[1] += int(amount) if is_skilled[supply] else 0
    return [
        Lending(
            from_id=lenders[lender].id,
            to_id=borrowers[borrower].id,
            hat=hat,
            count=count,
            skilled=with_skill,
            distance_m=int(metres[lender, borrower]),
            is_assumed=bool(is_assumed[lender, borrower]),
        )
        for (lender, borrower), (count, with_skill) in sorted(counts.items())
    ]


def _left(
    hat: Hat, lenders: Sequence[Grid], borrowers: Sequence[Grid], lendings: Sequence[Lending]
) -> Iterable[Missing]:
    """Return who is missing still. When somebody could be spared still, distance alone stands between them.

    Otherwise the plan would not have as few missing as possible.
    """
    spare = sum(lender.forces[hat].spare for lender in lenders) - sum(lending.count for lending in lendings)
    reason = MissingReason.TOO_FAR if spare else MissingReason.NONE_TO_SPARE
    short = {borrower.id: borrower.forces[hat].shortage for borrower in borrowers}
    for lending in lendings:
        short[lending.to_id] -= lending.count
    return [Missing(grid_id, hat, count, reason) for grid_id, count in short.items() if count]


def _distances(lenders: Sequence[Grid], borrowers: Sequence[Grid]) -> tuple[Ints, Marks]:
    """Return the metres between grids, a row for each lender, and which of them are assumed."""
    is_assumed = np.array([grid.place is None for grid in lenders])[:, None] | np.array(
        [grid.place is None for grid in borrowers]
    )
    nowhere = (0.0, 0.0)
    metres: Ints = np.rint(
        geometry.distances_m([grid.place or nowhere for grid in lenders], [grid.place or nowhere for grid in borrowers])
    ).astype(np.int64)
    if is_assumed.any():
        metres = np.where(is_assumed, _assumed_m(lenders, borrowers), metres)
    return metres, is_assumed


def _assumed_m(lenders: Sequence[Grid], borrowers: Sequence[Grid]) -> Ints:
    """Return the metres between grids by how far up the tree the nearest area above both is."""
    numbers: dict[UUID, int] = {}
    depth = max(len(grid.lineage) for grid in (*lenders, *borrowers))

    def paths(grids: Sequence[Grid], filler: int) -> Ints:
        return np.array(
            [
                [numbers.setdefault(area_id, len(numbers)) for area_id in grid.lineage]
                + [filler] * (depth - len(grid.lineage))
                for grid in grids
            ]
        )

    ours, theirs = paths(lenders, -1), paths(borrowers, -2)
    shared = np.logical_and.accumulate(ours[:, None] == theirs[None], axis=2).sum(axis=2)
    lengths = np.maximum(
        np.array([len(grid.lineage) for grid in lenders])[:, None], [len(grid.lineage) for grid in borrowers]
    )
    assumed: Ints = np.array(ASSUMED_M)[np.clip(lengths - shared, 1, len(ASSUMED_M)) - 1]
    return assumed
