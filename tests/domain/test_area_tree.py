"""Which kinds of areas lie below which, and who may change the tree."""

from itertools import product

import pytest

from app.domain import area_tree
from app.domain.area_tree import LEVELS
from app.domain.kinds import AreaKind

DISTRICT, STREET, COMMUNITY, GRID, POST = LEVELS


class TestWhatLiesBelowWhat:
    def test_every_kind_has_its_level(self):
        assert set(LEVELS) == set(AreaKind)

    @pytest.mark.parametrize(
        ("kind", "above"),
        [
            (DISTRICT, None),
            (STREET, None),
            (COMMUNITY, None),
            (DISTRICT, DISTRICT),  # a city above its districts
            (STREET, DISTRICT),
            (COMMUNITY, STREET),
            (COMMUNITY, COMMUNITY),
            (GRID, COMMUNITY),
            (GRID, DISTRICT),  # a district without streets
            (POST, GRID),
            (POST, POST),
        ],
    )
    def test_sense(self, kind: AreaKind, above: AreaKind | None):
        assert area_tree.may_lie_below(kind, above)

    @pytest.mark.parametrize(
        ("kind", "above"),
        [
            (GRID, None),
            (POST, None),
            (COMMUNITY, GRID),
            (GRID, GRID),
            (GRID, POST),
            (POST, COMMUNITY),
            (DISTRICT, STREET),
            (STREET, POST),
        ],
    )
    def test_nonsense(self, kind: AreaKind, above: AreaKind | None):
        assert not area_tree.may_lie_below(kind, above)

    def test_nothing_lies_below_a_lower_kind(self):
        for kind, above in product(LEVELS, LEVELS):
            if LEVELS.index(above) > LEVELS.index(kind):
                assert not area_tree.may_lie_below(kind, above)


class TestActions:
    def test_nobody_reshapes_their_own_ground(self):
        assert area_tree.actions(is_open=True, is_root=False, administers=True, administers_above=False) == ("add",)
        assert area_tree.actions(is_open=True, is_root=False, administers=True, administers_above=True) == (
            "add",
            *area_tree.ACTIONS,
        )

    def test_a_root_is_renamed_and_closed_by_its_own(self):
        for administers, told in ((True, ("add", "edit", "close")), (False, ())):
            found = area_tree.actions(is_open=True, is_root=True, administers=administers, administers_above=False)
            assert found == told

    def test_nothing_is_done_with_a_closed_one_or_by_others(self):
        assert area_tree.actions(is_open=False, is_root=True, administers=True, administers_above=False) == ()
        assert area_tree.actions(is_open=False, is_root=False, administers=True, administers_above=True) == ()
        assert area_tree.actions(is_open=True, is_root=False, administers=False, administers_above=False) == ()
