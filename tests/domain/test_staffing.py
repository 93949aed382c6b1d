"""Staffing by households and residents: the rules on paper, figures with gaps, and the sum over random trees."""

from math import ceil
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.kinds import AreaKind
from app.domain.staffing import Figure, Need, Place, Rule, reckon, shortage


def key(number: int) -> UUID:
    return UUID(int=number)


def community(*grids: dict[str, Any], **stated: Any) -> dict[UUID, Need]:
    """Return the needs of a community, number 0, and its grids from 1 on."""
    places = [Place(key(0), None, AreaKind.COMMUNITY, **stated)]
    places += [Place(key(number), key(0), AreaKind.GRID, **grid) for number, grid in enumerate(grids, start=1)]
    return reckon(places)[0]


class TestByHouseholds:
    @pytest.mark.parametrize(
        ("households", "workers"), [(None, 1), (0, 1), (1, 1), (500, 1), (501, 2), (1000, 2), (1001, 3)]
    )
    def test_a_grid_has_one_and_one_for_each_started_five_hundred(self, households: int | None, workers: int):
        assert community({"households": households})[key(1)].by_households == workers

    def test_above_each_grid_counts_for_itself(self):
        assert community({"households": 300}, {"households": 300}, {"households": 501})[key(0)].by_households == 4

    def test_what_was_stated_counts_where_a_grid_is_silent(self):
        assert community({"households": 400}, {}, households=2600)[key(0)].by_households == 6
        assert community({"households": 400}, {}, households=100)[key(0)].by_households == 2

    def test_without_grids(self):
        assert community(households=1200)[key(0)].by_households == 3
        assert community()[key(0)].by_households == 0

    def test_a_grid_below_goes_by_its_own_rule(self):
        strict = {"households": 900, "households_per_grid_worker": 300}
        assert community(strict, {"households": 900}, households_per_grid_worker=450)[key(0)].by_households == 3 + 2


class TestByResidents:
    @pytest.mark.parametrize(
        ("residents", "workers"), [(0, 0), (1, 1), (555, 1), (556, 2), (10_000, 18), (10_001, 19), (100_000, 180)]
    )
    def test_eighteen_for_ten_thousand(self, residents: int, workers: int):
        """555 × 18 is 9,990, one ten-thousandth more than 555 asks for a second."""
        assert community(residents=residents)[key(0)].by_residents == workers

    def test_fractions_of_grids_are_put_together(self):
        needs = community(*[{"residents": 1000}] * 10)
        assert needs[key(0)].by_residents == 18
        assert needs[key(1)].by_residents is None

    def test_each_by_the_rule_of_where_they_live(self):
        needs = community({"residents": 1000, "workers_per_10000": 28}, {"residents": 1000})
        assert needs[key(0)].by_residents == ceil((28_000 + 18_000) / 10_000)

    def test_nobody_knows(self):
        assert community({})[key(0)].by_residents is None

    def test_the_rule_that_asks_for_more_counts(self):
        needs = community({"households": 400, "residents": 3000}, {"households": 400, "residents": 100})
        assert (needs[key(0)].by_households, needs[key(0)].by_residents, needs[key(0)].workers) == (2, 6, 6)
        assert [shortage(needs[key(0)], there) for there in (0, 5, 6, 9)] == [6, 1, 0, 0]


class TestFigures:
    def test_the_sum_counts_before_what_was_stated(self):
        needs = community({"households": 65}, {"households": 49}, households=104)
        assert needs[key(0)].households == Figure(104, 114, is_whole=True)
        assert needs[key(0)].households.value == 114
        assert community({"households": 65}, {"households": 49}, households=5000)[key(0)].by_households == 2

    def test_a_sum_with_gaps_does_not(self):
        assert community({"households": 65}, {}, households=104)[key(0)].households.value == 104
        assert community({"households": 65}, {})[key(0)].households == Figure(None, 65, is_whole=False)
        assert community({"households": 65}, {})[key(0)].households.value == 65

    def test_what_one_stated_fills_its_gaps_for_those_above(self):
        places = [
            Place(key(0), None, AreaKind.STREET, households=9),
            Place(key(1), key(0), AreaKind.COMMUNITY, households=1000),
            Place(key(2), key(0), AreaKind.COMMUNITY),
            Place(key(3), key(1), AreaKind.GRID, households=400),
            Place(key(4), key(1), AreaKind.GRID),
            Place(key(5), key(2), AreaKind.GRID, households=300),
        ]
        needs, _ = reckon(places)
        assert needs[key(0)].households == Figure(9, 1300, is_whole=True)
        assert (needs[key(0)].grids, needs[key(0)].by_households) == (3, 2 + 1)

    def test_a_gap_below_is_a_gap_above(self):
        places = [
            Place(key(0), None, AreaKind.STREET, households=1300),
            Place(key(1), key(0), AreaKind.COMMUNITY),
            Place(key(2), key(1), AreaKind.GRID, households=400),
            Place(key(3), key(1), AreaKind.GRID),
        ]
        assert reckon(places)[0][key(0)].households == Figure(1300, 400, is_whole=False)


class TestRules:
    def test_it_holds_for_those_below(self):
        places = [
            Place(key(0), None, AreaKind.DISTRICT, households_per_grid_worker=300),
            Place(key(1), key(0), AreaKind.COMMUNITY, workers_per_10000=25),
            Place(key(2), key(1), AreaKind.GRID),
        ]
        assert reckon(places)[1][key(2)] == Rule(300, 25)


@given(st.data())
def test_of_any_tree_nobody_is_counted_twice_or_forgotten(data: st.DataObject):
    """With all grids known, what a district needs is reckoned from its grids alone, however deep the tree is."""
    parents = [None, *[data.draw(st.integers(0, number)) for number in range(data.draw(st.integers(0, 6)))]]
    places = [Place(key(n), None if up is None else key(up), AreaKind.COMMUNITY) for n, up in enumerate(parents)]
    leaves = [number for number in range(len(parents)) if number not in parents]
    for leaf in leaves:
        for _ in range(data.draw(st.integers(1, 3))):
            figures = {"households": data.draw(st.integers(0, 2000)), "residents": data.draw(st.integers(0, 6000))}
            places.append(Place(key(len(places)), key(leaf), AreaKind.GRID, **figures))
    grids = [place for place in places if place.kind is AreaKind.GRID]
    root = reckon(places)[0][key(0)]
    assert root.grids == len(grids)
    assert root.households.value == sum(grid.households or 0 for grid in grids)
    assert root.by_households == sum(max(1, ceil((grid.households or 0) / 500)) for grid in grids)
    assert root.by_residents == ceil(sum(grid.residents or 0 for grid in grids) * 18 / 10_000)
