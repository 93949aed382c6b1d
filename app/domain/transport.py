"""The transportation problem, solved exactly: the cheapest way from supplies to demands (pure).

Posed by Hitchcock (1941), solved by Dantzig (1951); ``docs/strength.md`` has the formulas. Everything is counted in
whole numbers. SciPy is imported where it is used, since it takes a third of a second and 50 MB, which a process that
computes no plan need not spend.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

NEAREST_WAYS = 10
"""How many ways from each supply and to each demand are looked at first."""

MORE_WAYS = 5
"""How many are added at each of them, at most, as long as some would make it cheaper."""


class NotOptimalError(Exception):
    """The solver's answer did not pass its proof; it is not used."""


@dataclass(frozen=True, slots=True)
class Shipments:
    """How much goes from which supply to which demand, as three arrays of one length; amounts are positive."""

    sources: Ints
    targets: Ints
    amounts: Ints


def cheapest(supplies: Ints, demands: Ints, costs: Ints, may_go: Marks, *, nearest: int = NEAREST_WAYS) -> Shipments:
    """Return how to meet as much demand as possible, and that at the least cost.

    ``supplies`` and ``demands`` are positive, ``costs`` and ``may_go`` have a row for each supply and a column for each
    demand. The same arrays bring the same result. Raises NotOptimalError when the result cannot be proved.

    How much can be met is a maximum flow. With it fixed, the cost is a linear programme whose matrix is that of a
    network, totally unimodular, so that its vertices, and those of its dual for whole costs, are whole numbers (Hoffman
    and Kruskal, 1956). It is solved over few of the ways: the dual prices tell whether any other would make it cheaper,
    those are added, and it is solved again (column generation, Ford and Fulkerson, 1958). When none is left, the prices
    prove in whole numbers that nothing cheaper exists among all ways.
    """
    met, ways = _most(supplies, demands, may_go)
    if not met:
        nothing = np.zeros(0, dtype=np.int64)
        return Shipments(nothing, nothing, nothing)
    considered = ways | (may_go & _lowest_at_each(np.where(may_go, costs, costs.max() + 1), nearest))
    while True:
        sources, targets = np.nonzero(considered)
        amounts, prices, unit_price = _solve(supplies, demands, costs, sources, targets, met)
        reduced = costs - prices[: len(supplies), None] - prices[None, len(supplies) :] - unit_price
        cheaper = may_go & (reduced < 0)
        if not cheaper.any():
            break
        if (cheaper & considered).any():
            raise NotOptimalError("a way that was considered would be cheaper")
        considered |= cheaper & _lowest_at_each(np.where(cheaper, reduced, 0), MORE_WAYS)
    _prove(supplies, demands, costs[sources, targets], (sources, targets, amounts), prices, unit_price, met)
    used = amounts > 0
    return Shipments(sources[used], targets[used], amounts[used])


def _most(supplies: Ints, demands: Ints, may_go: Marks) -> tuple[int, Marks]:
    """Return how much can be met at most, and ways that suffice for it."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    rows, columns = len(supplies), len(demands)
    source, sink = rows + columns, rows + columns + 1
    sources, targets = np.nonzero(may_go)
    starts = np.concatenate([np.full(rows, source), rows + np.arange(columns), sources])
    ends = np.concatenate([np.arange(rows), np.full(columns, sink), rows + targets])
    capacities = np.concatenate([supplies, demands, np.minimum(supplies[sources], demands[targets])])
    network = csr_array((capacities.astype(np.int32), (starts, ends)), shape=(sink + 1, sink + 1))
    found = maximum_flow(network, source, sink)
    flow = found.flow[:rows, rows:source].tocoo()
    ways = np.zeros((rows, columns), dtype=bool)
    ways[flow.row[flow.data > 0], flow.col[flow.data > 0]] = True
    return int(found.flow_value), ways


def _lowest_at_each(values: Ints, count: int) -> Marks:
    """Return marks of the ``count`` lowest values of each row and of each column."""
    marks = np.zeros(values.shape, dtype=bool)
    for axis in (0, 1):
        few = min(count, values.shape[axis])
        places = np.argpartition(values, few - 1, axis=axis)
        np.put_along_axis(marks, places[:few] if axis == 0 else places[:, :few], values=True, axis=axis)
    return marks


def _solve(
    supplies: Ints, demands: Ints, costs: Ints, sources: Ints, targets: Ints, met: int
) -> tuple[Ints, Ints, int]:
    """Return the amounts on some ways, the price at each supply and demand, and that of one unit more to be met."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    ways = np.arange(len(sources))
    ends = np.concatenate([sources, len(supplies) + targets]), np.concatenate([ways, ways])
    at_ends = csr_array((np.ones(2 * len(ways)), ends), shape=(len(supplies) + len(demands), len(ways)))
    found: Any = linprog(
        costs[sources, targets],
        A_ub=at_ends,
        b_ub=np.concatenate([supplies, demands]),
        A_eq=csr_array(np.ones((1, len(ways)))),
        b_eq=[met],
        method="highs-ds",  # the simplex ends in a vertex
    )
    if found.status != 0:
        raise NotOptimalError(found.message)
    prices = np.rint(found.ineqlin.marginals).astype(np.int64)
    return np.rint(found.x).astype(np.int64), prices, round(found.eqlin.marginals[0])


def _prove(
    supplies: Ints,
    demands: Ints,
    costs: Ints,
    shipments: tuple[Ints, Ints, Ints],
    prices: Ints,
    unit_price: int,
    met: int,
) -> None:
    """Raise NotOptimalError unless amounts and prices keep every bound and come to the same sum (strong duality)."""
    sources, targets, amounts = shipments
    given = np.zeros_like(supplies)
    got = np.zeros_like(demands)
    np.add.at(given, sources, amounts)
    np.add.at(got, targets, amounts)
    is_possible = (amounts >= 0).all() and (given <= supplies).all() and (got <= demands).all()
    is_bound = (prices <= 0).all() and prices @ np.concatenate(
        [supplies, demands]
    ) + unit_price * met == costs @ amounts
    if not (is_possible and amounts.sum() == met and is_bound):
        raise NotOptimalError("amounts and prices do not prove each other")
