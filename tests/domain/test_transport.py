"""The transportation problem: what is found is possible, and nothing better is."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import transport
from app.domain.transport import Ints, Marks, NotOptimalError, Shipments

Problem = tuple[Ints, Ints, Ints, Marks]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Return supplies, demands, costs and ways, of any size up to twelve and with many costs alike."""
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    costs = chance.integers(0, draw(st.sampled_from([2, 10, 100_000])), (rows, columns))
    may_go = chance.random((rows, columns)) < draw(st.sampled_from([0.2, 0.6, 1.0]))
    return chance.integers(1, 9, rows), chance.integers(1, 9, columns), costs, may_go


class TestTransport:
    @settings(max_examples=300, deadline=None)
    @given(problems(), st.integers(1, 3))
    def test_nothing_is_cheaper(self, problem: Problem, nearest: int):
        cannot_be_bettered(problem, transport.cheapest(*problem, nearest=nearest))

    @pytest.mark.parametrize(("count", "max_cost"), [(486, 20_000), (486, 1_500), (2_000, 30_000), (2_000, 1_200)])
    def test_nothing_is_cheaper_among_many(self, count: int, max_cost: int):
        chance = np.random.default_rng(count + max_cost)
        places = chance.uniform(0, 20_000 * (count / 486) ** 0.5, (count, 2))
        off = chance.poisson(np.clip(chance.normal(31, 8, count), 0, None)) - 30
        over, under = np.flatnonzero(off > 0), np.flatnonzero(off < 0)
        costs = np.rint(np.hypot(*(places[over][:, None] - places[under][None]).transpose(2, 0, 1))).astype(np.int64)
        problem = (off[over], -off[under], costs, costs <= max_cost)
        cannot_be_bettered(problem, transport.cheapest(*problem))


def cannot_be_bettered(problem: Problem, found: Shipments) -> None:
    """Hold a result against its limits, and look for a better one in the network of what may still be changed.

    A flow is a maximum when no path leads from a supply with something left to a demand that lacks something (Ford and
    Fulkerson), and then the cheapest when no change in a circle saves anything (Klein, 1967): which is so when
    shortest distances from everywhere settle, by Bellman and Ford.
    """
    supplies, demands, costs, may_go = problem
    amounts = np.zeros(costs.shape, dtype=np.int64)
    assert (found.amounts > 0).all()
    amounts[found.sources, found.targets] = found.amounts
    left, lacking = supplies - amounts.sum(axis=1), demands - amounts.sum(axis=0)
    assert not amounts[~may_go].any()
    assert (left >= 0).all()
    assert (lacking >= 0).all()
    reached = left > 0
    while True:
        met = may_go[reached].any(axis=0)
        assert not (met & (lacking > 0)).any(), "more could be met"
        further = reached | (amounts[:, met] > 0).any(axis=1)
        if (further == reached).all():
            break
        reached = further
    never = np.iinfo(np.int64).max // 4
    forth, back = np.where(may_go, costs, never), np.where(amounts > 0, -costs, never)
    ours, theirs, source, sink = np.zeros_like(supplies), np.zeros_like(demands), 0, 0
    for _ in range(len(supplies) + len(demands) + 3):
        before = source, sink, ours.copy(), theirs.copy()
        theirs = np.minimum(theirs, (ours[:, None] + forth).min(axis=0))
        ours = np.minimum(ours, (theirs[None] + back).min(axis=1))
        source = min(source, *ours[left < supplies], source)
        ours = np.where(left > 0, np.minimum(ours, source), ours)
        sink = min(sink, *theirs[lacking > 0], sink)
        theirs = np.where(lacking < demands, np.minimum(theirs, sink), theirs)
        if before[:2] == (source, sink) and (before[2] == ours).all() and (before[3] == theirs).all():
            return
    pytest.fail("a change in a circle would save something")


class TestProof:
    """What the solver says is believed when amounts and prices prove each other."""

    SUPPLIES, DEMANDS, COSTS = np.array([3, 4]), np.array([5]), np.array([10, 20])
    WAYS = np.array([0, 1]), np.array([0, 0])
    PRICES = np.array([-10, 0, 0])

    def prove(self, amounts: list[int], prices: Ints = PRICES, unit_price: int = 20) -> None:
        shipments = (*self.WAYS, np.array(amounts))
        transport._prove(self.SUPPLIES, self.DEMANDS, self.COSTS, shipments, prices, unit_price, 5)

    def test_the_best_passes(self):
        self.prove([3, 2])

    @pytest.mark.parametrize("amounts", [[2, 3], [4, 1], [3, 1], [6, -1], [3, 3]])
    def test_what_is_dearer_or_impossible_does_not(self, amounts: list[int]):
        with pytest.raises(NotOptimalError):
            self.prove(amounts)

    def test_nor_do_prices_that_bound_nothing(self):
        with pytest.raises(NotOptimalError):
            self.prove([2, 3], np.array([10, 0, 0]), 8)


def test_scipy_is_loaded_by_the_first_plan_alone():
    """Half of what a process of the API otherwise takes would go to a library that it never asks."""
    code = "import sys, app.main, app.jobs.worker; sys.exit('scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
