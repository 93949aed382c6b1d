"""Rates of any history whatever, whether a lifecycle would allow it or not."""

import random
from collections.abc import Sequence
from functools import reduce
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain import rates
from app.domain.rates import COUNTED, LEFT_OUT, NOTHING, Counts, Group, Happening, Reckoning
from tests.complaint_lives import (
    LEAD,
    TARGET,
    at,
    create,
    due,
    find_standing,
    happening,
)

MOVES = (
    ("pass_check", "open"), ("hold_check", "reviewing"), ("admit", "open"), ("reject", "rejected"),
    ("accept", "accepted"), ("take_on", "accepted"), ("answer", "answered"), ("escalate", "open"),
    ("escalate_overdue", "open"), ("return", "open"), ("merge", "merged"), ("dispatch", "accepted"),
    ("wait", "waiting"), ("resume", "accepted"), ("withdraw", "withdrawn"), ("rate", "closed"),
    ("close_silent", "closed"), ("reopen", "reopened"), ("correct", "open"),
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """Any sequence of happenings with any facts, whether a lifecycle would allow it or not."""
    hour = draw(st.integers(0, 2000))
    made = [create(hour, category=draw(st.sampled_from(["noise", "water"])))]
    for action, state in draw(st.lists(st.sampled_from(MOVES), max_size=12)):
        hour += draw(st.integers(0, 300))
        facts = due(
            draw(st.none() | st.integers(hour - 50, hour + 200)), draw(st.none() | st.integers(hour - 50, hour + 400))
        )
        own: dict[str, dict[str, Any]] = {
            "answer": {"outcome": draw(st.sampled_from(["resolved", "explained", "planned"]))},
            "rate": {"is_satisfied": draw(st.booleans())},
            "merge": {"into": str(TARGET)},
            "dispatch": {"unit_ids": [str(LEAD)]},
            "correct": {"category": draw(st.sampled_from(["noise", "water"])), "urgency": "urgent"},
        }
        facts |= own.get(action, {})
        party = draw(st.sampled_from(["author", "staff", "system"]))
        made.append(happening(hour, action, state, party, **facts))
    return made


HOURS = st.integers(-1, 6000)
FINAL = frozenset(COUNTED) - {"resolved", "satisfied", "rejected", "merged", "withdrawn"}
"""What, once it is counted, stays so; but for a complaint that is rejected or merged."""


class TestAnyHistory:
    @given(histories(), HOURS, HOURS)
    def test_what_is_decided_stays_decided(self, history: list[Happening], one: int, other: int):
        earlier, later = (find_standing(history, at(hour)) for hour in sorted((one, other)))
        if earlier is None or later is None or later.status in LEFT_OUT:
            return
        before, after = set(rates.marks(earlier)), set(rates.marks(later))
        assert before & FINAL - {"responded"} <= after
        if "response_due" in before:
            assert ("responded" in before) == ("responded" in after)

    @given(histories(), HOURS, st.data())
    def test_later_happenings_change_nothing_earlier(self, history: list[Happening], hour: int, data: st.DataObject):
        known = [happened for happened in history if happened.at <= at(hour)]
        rest = history[len(known) :]
        some = rest[: data.draw(st.integers(0, len(rest)))]
        assert (
            find_standing([*known, *some], at(hour))
            == find_standing(known, at(hour))
            == find_standing(history, at(hour))
        )

    @given(histories(), HOURS)
    def test_numerators_lie_within_denominators(self, history: list[Happening], hour: int):
        standing = find_standing(history, at(hour))
        for counts in rates.count([] if standing is None else [standing]).values():
            assert counts.received == 1
            assert counts.responded <= counts.response_due <= 1
            assert counts.resolved <= counts.resolution_due <= 1
            assert counts.satisfied <= counts.rated <= 1
            assert counts.rejected + counts.merged + counts.withdrawn <= 1
            if counts.rejected + counts.merged:
                assert counts + NOTHING == Counts(1, rejected=counts.rejected, merged=counts.merged)

    @given(st.lists(histories(), max_size=8), HOURS, st.randoms(use_true_random=False))
    def test_the_order_of_different_complaints_does_not_matter(
        self, lives: list[list[Happening]], hour: int, chance: random.Random
    ):
        """However their events lie among each other, each complaint's own in order."""
        turns = [number for number, life in enumerate(lives) for _ in life]
        chance.shuffle(turns)
        left = [iter(life) for life in lives]
        reckoning = Reckoning(at(hour))
        for number in turns:
            reckoning.take(UUID(int=number), next(left[number]))
        assert rates.count(reckoning.standings().values()) == count_all(lives, hour)

    @given(st.lists(histories(), max_size=8), st.integers(0, 8), HOURS)
    def test_parts_add_up_to_the_whole(self, lives: list[list[Happening]], cut: int, hour: int):
        parts = [count_all(lives[:cut], hour), count_all(lives[cut:], hour)]
        whole = count_all(lives, hour)
        assert {group for part in parts for group in part} == set(whole)
        for group, counts in whole.items():
            assert reduce(Counts.__add__, (part.get(group, NOTHING) for part in parts)) == counts


def count_all(lives: Sequence[Sequence[Happening]], hour: int) -> dict[Group, Counts]:
    standings = (find_standing(life, at(hour)) for life in lives)
    return rates.count(standing for standing in standings if standing is not None)
