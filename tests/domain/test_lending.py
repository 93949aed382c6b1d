"""Lending plans: against every possible plan where there are few, and against what was asked of them elsewhere."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from math import radians
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import geometry, lending
from app.domain.kinds import Hat, MissingReason
from app.domain.lending import SKILL_WORTH_M, Grid, Plan
from app.domain.strength import Force

ROOT, OTHER_STREET = UUID(int=1), UUID(int=2)
PLACE = (103.8, 30.6)
NO_NEED = Force(present=6, required=6)
KILOMETRE = 1 / 111.195
"""In degrees of latitude."""


def grid(number: int, volunteers: Force, *, km: float | None = 0.0, members: Force = NO_NEED, **fields: Any) -> Grid:
    """Return a grid so far north of the place, or one without a shape."""
    own = UUID(int=100 + number)
    place = None if km is None else (PLACE[0], PLACE[1] + km * KILOMETRE)
    lineage = (*fields.get("above", (ROOT,)), own)
    return Grid(own, lineage, place, {Hat.MEMBER: members, Hat.VOLUNTEER: volunteers})


def has(present: int, **fields: int) -> Force:
    """Return the volunteers of a grid that must have 30, all its own and lendable unless it is said otherwise."""
    return Force(present=present, required=30, **{"lendable": present, **fields})


def lines(plan: Plan) -> list[tuple[int, int, int]]:
    """Return from where to where how many go."""
    return [(one.from_id.int - 100, one.to_id.int - 100, one.count) for one in plan.lendings]


def lacking(plan: Plan) -> list[tuple[int, int, MissingReason]]:
    return [(one.grid_id.int - 100, one.count, one.reason) for one in plan.missing]


class TestDrawUp:
    def test_the_nearest_lends(self):
        plan = lending.draw_up([grid(1, has(25)), grid(2, has(40), km=3), grid(3, has(40), km=1)])
        assert lines(plan) == [(3, 1, 5)]
        assert plan.lendings[0].distance_m == pytest.approx(1_000, abs=1)
        assert not plan.lendings[0].is_assumed
        assert plan.missing == ()

    def test_the_sum_counts_not_the_nearest_of_each(self):
        """Next to each other are 2 and 1; but then 4 must go 4 km to 3, in all 5 instead of 3."""
        grids = [grid(1, has(29), km=1), grid(2, has(31), km=2), grid(3, has(29), km=3.5), grid(4, has(31), km=-0.5)]
        assert lines(lending.draw_up(grids)) == [(2, 3, 1), (4, 1, 1)]

    def test_nobody_comes_below_the_rule_and_what_is_missing_is_said(self):
        plan = lending.draw_up([grid(1, has(10)), grid(2, has(37), km=1), grid(3, has(30), km=1)])
        assert lines(plan) == [(2, 1, 7)]
        assert lacking(plan) == [(1, 13, MissingReason.NONE_TO_SPARE)]

    def test_too_far_is_not_lent(self):
        grids = [grid(1, has(28)), grid(2, has(31), km=1), grid(3, has(40), km=5)]
        plan = lending.draw_up(grids, max_distance_m=2_000)
        assert lines(plan) == [(2, 1, 1)]
        assert lacking(plan) == [(1, 1, MissingReason.TOO_FAR)]

    def test_as_few_missing_as_possible_comes_before_the_distance(self):
        """2 is next to 3, but 1 has nobody else within reach."""
        grids = [grid(1, has(29), km=-2), grid(2, has(31)), grid(3, has(29), km=0.6), grid(4, has(31), km=3)]
        assert lines(lending.draw_up(grids, max_distance_m=2_500)) == [(2, 1, 1), (4, 3, 1)]

    def test_both_hats_are_planned_apart(self):
        """A grid may lend members while it borrows volunteers."""
        plan = lending.draw_up(
            [grid(1, has(28), members=Force(8, 6, 8)), grid(2, has(33), km=1, members=Force(5, 6, 5))]
        )
        assert [(one.hat, one.from_id.int, one.to_id.int, one.count) for one in plan.lendings] == [
            (Hat.MEMBER, 101, 102, 1),
            (Hat.VOLUNTEER, 102, 101, 2),
        ]

    def test_nothing_to_do_and_nobody_to_ask(self):
        assert lending.draw_up([]) == Plan((), ())
        assert lending.draw_up([grid(1, has(30)), grid(2, has(50))]) == Plan((), ())
        assert lacking(lending.draw_up([grid(1, has(30)), grid(2, has(0))])) == [(2, 30, MissingReason.NONE_TO_SPARE)]


class TestSkills:
    def test_those_with_the_skill_are_asked_first_in_a_grid(self):
        plan = lending.draw_up([grid(1, has(27)), grid(2, has(40, skilled=2), km=1)])
        assert [(one.count, one.skilled) for one in plan.lendings] == [(3, 2)]

    @pytest.mark.parametrize(("further_km", "lender"), [(-0.1, 3), (0.1, 2)])
    def test_and_so_much_further_away(self, further_km: float, lender: int):
        far = 1 + SKILL_WORTH_M / 1_000 + further_km
        plan = lending.draw_up([grid(1, has(29)), grid(2, has(31), km=1), grid(3, has(31, skilled=1), km=far)])
        assert lines(plan) == [(lender, 1, 1)]

    def test_the_skill_leaves_nobody_missing(self):
        """2 alone can reach 1: its one skilled person does not go to 3."""
        grids = [grid(1, has(29), km=-2), grid(2, has(31, skilled=1)), grid(3, has(29), km=2), grid(4, has(31), km=3)]
        assert lines(lending.draw_up(grids, max_distance_m=2_500)) == [(2, 1, 1), (4, 3, 1)]


class TestAssumedDistances:
    def test_by_the_tree_where_a_shape_is_missing(self):
        near, far = (ROOT, UUID(int=11)), (ROOT, UUID(int=12))
        short = grid(1, has(27), km=None, above=near)
        plan = lending.draw_up(
            [short, grid(2, has(31), above=near), grid(3, has(31), above=far), grid(4, has(31), above=(OTHER_STREET,))]
        )
        assert [(one.from_id.int - 100, one.distance_m, one.is_assumed) for one in plan.lendings] == [
            (2, 1_000, True),
            (3, 3_000, True),
            (4, 10_000, True),
        ]

    def test_known_distances_stay_known(self):
        plan = lending.draw_up([grid(1, has(29)), grid(2, has(31), km=0.5), grid(3, has(31), km=None)])
        assert [(one.from_id.int - 100, one.is_assumed) for one in plan.lendings] == [(2, False)]


FORCES = st.builds(
    lambda need, off, lendable, skilled: Force(need + off, need, max(0, min(need + off, lendable)), skilled),
    st.just(3),
    st.integers(-3, 2),
    st.integers(0, 5),
    st.integers(0, 2),
)
SPOTS = st.none() | st.floats(0, 9).map(lambda km: round(km, 1))


@st.composite
def few_grids(draw: st.DrawFn) -> list[Grid]:
    """Return grids among whom at most four people are missing, so that every plan can be looked at."""
    grids: list[Grid] = []
    missing = 0
    for number in range(draw(st.integers(2, 5))):
        force = draw(FORCES)
        if missing + force.shortage > 4:
            force = replace(force, present=force.required)
        missing += force.shortage
        above = (ROOT, draw(st.sampled_from([UUID(int=11), UUID(int=12)])))
        grids.append(grid(number, force, km=draw(SPOTS), above=above))
    return grids


def every_plan_in_short(grids: Sequence[Grid], max_distance_m: int | None) -> tuple[int, int]:
    """Return the fewest missing and the least cost, each vacancy given to everybody who could go and to nobody."""
    vacancies = [borrower for borrower in grids for _ in range(borrower.forces[Hat.VOLUNTEER].shortage)]
    people: Counter[tuple[UUID, int]] = Counter()
    by_id = {one.id: one for one in grids}
    for one in grids:
        force = one.forces[Hat.VOLUNTEER]
        people[one.id, 0] = force.spare_skilled
        people[one.id, SKILL_WORTH_M] = force.spare - force.spare_skilled
    best = (len(vacancies) + 1, 0)
    for chosen in product([None, *people], repeat=len(vacancies)):
        if any(count > people[one] for one, count in Counter(filter(None, chosen)).items()):
            continue
        ways = [
            (metres_between(by_id[one[0]], borrower), one[1])
            for one, borrower in zip(chosen, vacancies, strict=True)
            if one is not None
        ]
        if max_distance_m is not None and any(metres > max_distance_m for metres, _ in ways):
            continue
        best = min(best, (len(vacancies) - len(ways), sum(metres + worth for metres, worth in ways)))
    return best


def metres_between(one: Grid, other: Grid) -> int:
    """Return the metres between two grids, which all stand on one meridian or nowhere."""
    if one.place is None or other.place is None:
        up = next(step for step in (1, 2, 3) if one.lineage[:-step] == other.lineage[:-step])
        return lending.ASSUMED_M[up - 1]
    return round(radians(abs(one.place[1] - other.place[1])) * geometry.EARTH_RADIUS_M)


class TestAgainstEveryPlan:
    @settings(max_examples=200, deadline=None)
    @given(few_grids(), st.none() | st.sampled_from([900, 1_000, 3_000, 5_000]))
    def test_nothing_is_better(self, grids: list[Grid], max_distance_m: int | None):
        plan = lending.draw_up(grids, max_distance_m)
        keeps_its_limits(grids, plan, max_distance_m)
        cost = sum(one.count * (one.distance_m + SKILL_WORTH_M) - one.skilled * SKILL_WORTH_M for one in plan.lendings)
        assert (sum(one.count for one in plan.missing), cost) == every_plan_in_short(grids, max_distance_m)

    @settings(deadline=None)
    @given(few_grids(), st.randoms())
    def test_the_order_of_the_grids_changes_nothing(self, grids: list[Grid], chance: Any):
        mixed = list(grids)
        chance.shuffle(mixed)
        assert lending.draw_up(mixed) == lending.draw_up(grids)


def keeps_its_limits(grids: Iterable[Grid], plan: Plan, max_distance_m: int | None = None) -> None:
    """Hold a plan against what was asked of it, hat by hat and grid by grid."""
    assert all(one.count >= 1 and 0 <= one.skilled <= one.count for one in plan.lendings)
    assert max_distance_m is None or all(one.distance_m <= max_distance_m for one in plan.lendings)
    assert len({(one.from_id, one.to_id, one.hat) for one in plan.lendings}) == len(plan.lendings)
    lent, lent_skilled, borrowed, missing = Counter[Any](), Counter[Any](), Counter[Any](), Counter[Any]()
    for one in plan.lendings:
        lent[one.from_id, one.hat] += one.count
        lent_skilled[one.from_id, one.hat] += one.skilled
        borrowed[one.to_id, one.hat] += one.count
    for left in plan.missing:
        missing[left.grid_id, left.hat] += left.count
    for place in grids:
        for hat, force in place.forces.items():
            key = place.id, hat
            assert lent[key] <= force.spare
            assert lent_skilled[key] == min(force.spare_skilled, lent[key])
            assert not lent[key] or force.present - lent[key] >= force.required
            assert borrowed[key] + missing[key] == force.shortage


def made_up(seed: int, count: int, *, without_shape: int = 0) -> list[Grid]:
    """Return grids with some 31 volunteers and 8 members each, some a lot more and some fewer."""
    chance = np.random.default_rng(seed)
    side = (count / 486) ** 0.5 * 0.2
    places = chance.uniform(0, side, (count, 2)) + PLACE
    volunteers = chance.poisson(np.clip(chance.normal(31, 8, count), 0, None))
    members = chance.poisson(np.clip(chance.normal(8, 3, count), 0, None))
    skilled = chance.integers(0, 4, count)
    grids = []
    for number in range(count):
        own = UUID(int=10_000 + number)
        above = (ROOT, UUID(int=500 + number // 60), UUID(int=1_000 + number // 6))
        place = None if number < without_shape else (float(places[number][0]), float(places[number][1]))
        count_of, count_members = int(volunteers[number]), int(members[number])
        forces = {
            Hat.MEMBER: Force(count_members, 6, count_members),
            Hat.VOLUNTEER: Force(count_of, 30, count_of, min(count_of, int(skilled[number]))),
        }
        grids.append(Grid(own, (*above, own), place, forces))
    return grids


class TestManyGrids:
    @pytest.mark.parametrize(("without_shape", "max_distance_m"), [(0, None), (0, 1_200), (40, 5_000)])
    def test_a_district_keeps_its_limits(self, without_shape: int, max_distance_m: int | None):
        grids = made_up(1, 486, without_shape=without_shape)
        plan = lending.draw_up(grids, max_distance_m)
        keeps_its_limits(grids, plan, max_distance_m)
        assert len(plan.lendings) > 200
        assert {one.reason for one in plan.missing} <= set(MissingReason)
