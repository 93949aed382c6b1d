"""Which rule says what: the nearest area first, in it the most specific, each part by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deadlines import DEFAULTS, Span, SpanUnit
from app.domain.handling import FIELDS, Handling, Rule, resolve
from app.domain.kinds import AreaKind, Urgency
from app.domain.working_time import Hours

DISTRICT, STREET, GRID = (UUID(int=number) for number in (1, 2, 3))
LINEAGE = [DISTRICT, STREET, GRID]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
UNIT, OTHER_UNIT = UUID(int=11), UUID(int=12)
SHORT, LONG = Span(2, SpanUnit.WORKING_HOUR), Span(9, SpanUnit.WORKING_DAY)
LATE_HOURS = Hours(((time(10), time(20)),))


def rule(area_id: UUID, version: int = 1, *, days: int = -1, **fields: Any) -> Rule:
    return Rule(uuid4(), area_id, version, NOW + timedelta(days=days), **fields)


def handle(
    rules: Sequence[Rule],
    *,
    level: AreaKind = AreaKind.GRID,
    category: str | None = "noise",
    urgency: Urgency | None = Urgency.ORDINARY,
    default: Urgency = Urgency.ORDINARY,
) -> Handling:
    return resolve(LINEAGE, rules, NOW, level=level, category=category, urgency=urgency, default_urgency=default)


class TestDefaults:
    @pytest.mark.parametrize("urgency", Urgency)
    def test_where_nobody_says_anything(self, urgency: Urgency):
        found = handle([], urgency=urgency)
        spans = DEFAULTS[urgency]
        assert (found.accept, found.answer) == (spans.accept, spans.answer)
        assert (found.unit_id, found.hours, found.urgency) == (None, Hours(), urgency)
        assert set(found.origins.values()) == {None}

    def test_the_urgency_of_the_category_counts_where_no_rule_sets_one(self):
        assert handle([], urgency=None, default=Urgency.URGENT).accept == DEFAULTS[Urgency.URGENT].accept


class TestNearestFirst:
    def test_each_part_by_itself(self):
        above = rule(DISTRICT, accept=LONG, unit_id=UNIT, hours=LATE_HOURS)
        below = rule(GRID, accept=SHORT)
        found = handle([above, below])
        assert (found.accept, found.unit_id, found.hours) == (SHORT, UNIT, LATE_HOURS)
        assert found.origins == {"urgency": None, "accept": below, "answer": None, "unit_id": above, "hours": above}

    def test_a_general_rule_nearby_stands_above_a_specific_one_far_off(self):
        specific = rule(DISTRICT, category="noise", urgency=Urgency.ORDINARY, level=AreaKind.GRID, accept=LONG)
        assert handle([specific, rule(STREET, accept=SHORT)]).accept == SHORT

    def test_rules_of_other_areas_say_nothing(self):
        assert handle([rule(uuid4(), accept=SHORT)]).origins["accept"] is None


class TestMostSpecific:
    def test_in_one_area(self):
        weights: list[dict[str, Any]] = [
            {},
            {"level": AreaKind.GRID},
            {"urgency": Urgency.ORDINARY},
            {"urgency": Urgency.ORDINARY, "level": AreaKind.GRID},
            {"category": "noise"},
            {"category": "noise", "level": AreaKind.GRID},
            {"category": "noise", "urgency": Urgency.ORDINARY},
            {"category": "noise", "urgency": Urgency.ORDINARY, "level": AreaKind.GRID},
        ]
        rules = [
            rule(STREET, number, accept=Span(number, SpanUnit.HOUR), **is_for)
            for number, is_for in enumerate(weights, start=1)
        ]
        for number in range(1, len(rules) + 1):
            assert handle(rules[:number]).accept == Span(number, SpanUnit.HOUR)
            assert handle(rules[:number][::-1]).accept == Span(number, SpanUnit.HOUR)

    @pytest.mark.parametrize("is_for", [{"category": "water"}, {"urgency": Urgency.HARD}, {"level": AreaKind.STREET}])
    def test_what_is_for_others_does_not_count(self, is_for: dict[str, Any]):
        assert handle([rule(GRID, accept=SHORT, **is_for)]).origins["accept"] is None

    def test_a_category_of_its_own_is_not_asked_for_by_those_without(self):
        rules = [rule(GRID, category="noise", accept=SHORT)]
        assert handle(rules, category=None).origins["accept"] is None


class TestVersions:
    def test_the_highest_in_force_takes_the_place_of_those_before_wholly(self):
        first = rule(GRID, 1, accept=SHORT, unit_id=UNIT)
        second = rule(GRID, 2, unit_id=OTHER_UNIT)
        for rules in ([first, second], [second, first]):
            found = handle(rules)
            assert (found.unit_id, found.origins["accept"]) == (OTHER_UNIT, None)

    def test_one_for_others_leaves_it_alone(self):
        first = rule(GRID, 1, accept=SHORT)
        assert handle([first, rule(GRID, 2, category="water", accept=LONG)]).accept == SHORT

    def test_one_that_begins_later_waits(self):
        assert handle([rule(GRID, 1, accept=SHORT), rule(GRID, 2, days=1, accept=LONG)]).accept == SHORT
        assert handle([rule(GRID, 1, days=0, accept=LONG)]).accept == LONG

    def test_a_later_decision_stands_above_an_earlier_one_whichever_was_to_begin_first(self):
        assert handle([rule(GRID, 1, days=-1, accept=SHORT), rule(GRID, 2, days=-5, accept=LONG)]).accept == LONG


class TestUrgency:
    def test_a_rule_sets_that_of_a_category_and_with_it_the_spans(self):
        sets = rule(STREET, 1, category="noise", sets_urgency=Urgency.CRITICAL)
        spans = rule(STREET, 2, urgency=Urgency.CRITICAL, answer=SHORT)
        found = handle([sets, spans], urgency=None)
        assert (found.urgency, found.answer) == (Urgency.CRITICAL, SHORT)
        assert found.accept == DEFAULTS[Urgency.CRITICAL].accept
        assert (found.origins["urgency"], found.origins["answer"]) == (sets, spans)

    def test_one_that_is_known_is_not_set(self):
        sets = rule(STREET, category="noise", sets_urgency=Urgency.CRITICAL)
        found = handle([sets], urgency=Urgency.HARD)
        assert (found.urgency, found.origins["urgency"]) == (Urgency.HARD, None)


SPANS = st.none() | st.builds(Span, st.integers(1, 9), st.sampled_from(SpanUnit))
RULES = st.lists(
    st.builds(
        Rule,
        st.uuids(),
        st.sampled_from(LINEAGE),
        st.integers(1, 50),
        st.sampled_from([NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]),
        st.sampled_from([None, "noise", "water"]),
        st.none() | st.sampled_from([Urgency.ORDINARY, Urgency.HARD]),
        st.sampled_from([None, AreaKind.GRID, AreaKind.STREET]),
        st.sampled_from([None, UNIT, OTHER_UNIT]),
        st.none(),
        SPANS,
        SPANS,
        st.sampled_from([None, LATE_HOURS]),
    ),
    max_size=12,
    unique_by=lambda rule: (rule.area_id, rule.version),
)


@given(RULES)
def test_no_rule_that_says_it_stands_above_the_one_that_was_taken(rules: list[Rule]):
    """By the words of the rule: among those in force and fitting, none is nearer, and none as near is more specific."""
    found = handle(rules)
    for name in FIELDS:
        taken = found.origins[name]
        for other in rules:
            newer = [x for x in rules if x.area_id == other.area_id and x.is_for == other.is_for]
            is_in_force = other.effective_from <= NOW and not [
                x for x in newer if x.version > other.version and x.effective_from <= NOW
            ]
            fits = (
                other.category in {None, "noise"}
                and other.urgency in {None, Urgency.ORDINARY}
                and other.level in {None, AreaKind.GRID}
            )
            if is_in_force and fits and getattr(other, name) is not None:
                assert taken is not None
                distance = LINEAGE.index(taken.area_id), taken.weight
                assert distance >= (LINEAGE.index(other.area_id), other.weight)
