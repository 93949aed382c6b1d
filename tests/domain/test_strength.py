"""The rule of strength: who is missing and who could be spared."""

from dataclasses import replace

import pytest

from app.domain.kinds import Hat
from app.domain.strength import DEFAULT, Force


class TestForce:
    @pytest.mark.parametrize(
        ("force", "shortage", "spare"),
        [
            (Force(6, 6, 6), 0, 0),
            (Force(5, 6, 5), 1, 0),
            (Force(9, 6, 9), 0, 3),
            (Force(0, 6), 6, 0),
            (Force(13, 6, 3), 0, 3),  # ten were lent to it: they are not lent on
            (Force(9, 0, 9), 0, 9),
        ],
    )
    def test_what_is_missing_and_what_could_be_spared(self, force: Force, shortage: int, spare: int):
        assert (force.shortage, force.spare) == (shortage, spare)

    def test_the_rule(self):
        assert [DEFAULT.required(hat) for hat in Hat] == [6, 30]

    def test_those_with_a_skill_are_among_those_who_could_be_spared(self):
        assert replace(Force(35, 30, 35), skilled=9).spare_skilled == 5
