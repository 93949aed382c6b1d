"""Rates: histories worked by hand after ``docs/rates.md``."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import rates
from app.domain.rates import GROUP_MIN, Counts, Group, Happening, Standing
from tests.complaint_lives import (
    COMMUNITY,
    GRID,
    HELP,
    LEAD,
    LONG_AFTER,
    TARGET,
    accept,
    answer,
    at,
    create,
    due,
    escalate,
    find_standing,
    happening,
    opened,
    rate,
    reopen,
    withdraw,
)


def stand(history: Sequence[Happening], hour: float = LONG_AFTER) -> Standing:
    standing = find_standing(history, at(hour))
    assert standing is not None
    return standing


def marks(history: Sequence[Happening], hour: float = LONG_AFTER) -> set[str]:
    return set(rates.marks(stand(history, hour)))


class TestStanding:
    def test_there_is_none_before_it_was_posted(self):
        assert find_standing([create(5)], at(4.9)) is None
        assert find_standing([], at(5)) is None

    def test_takes_place_kind_and_deadlines_from_the_facts(self):
        standing = stand(opened(), 1)
        assert (standing.area_id, standing.handler_id) == (GRID, GRID)
        assert (standing.category, standing.urgency, standing.status) == ("noise", "ordinary", "open")
        assert (standing.accept_due_at, standing.answer_due_at) == (at(8), at(100))

    def test_the_grid_stays_while_the_handler_goes_up(self):
        standing = stand([*opened(), escalate(2, 10, 120)], 3)
        assert (standing.area_id, standing.handler_id) == (GRID, COMMUNITY)
        assert (standing.accept_due_at, standing.answer_due_at) == (at(10), at(120))

    def test_corrections_move_it_to_another_category_from_then_on(self):
        history = [*opened(), happening(5, "correct", "open", category="water", urgency="urgent")]
        assert stand(history, 4).category == "noise"
        assert (stand(history, 5).category, stand(history, 5).urgency) == ("water", "urgent")

    def test_the_unit_is_the_first_named_of_the_last_dispatch(self):
        history = [*opened(), accept(1), happening(2, "dispatch", "accepted", unit_ids=[str(LEAD), str(HELP)])]
        assert stand(history, 1).unit_id is None
        assert stand(history).unit_id == LEAD

    def test_or_the_one_that_led_the_answer_if_any_did(self):
        history = [*opened(), accept(1), happening(2, "dispatch", "accepted", unit_ids=[str(LEAD)])]
        assert stand([*history, answer(3, unit_id=str(HELP))]).unit_id == HELP
        assert stand([*history, answer(3, unit_id=None)]).unit_id is None
        assert stand([*history, answer(3)]).unit_id is None

    def test_merging_says_into_what(self):
        merged = stand([*opened(), happening(1, "merge", "merged", into=str(TARGET))])
        assert (merged.status, merged.merged_into) == ("merged", TARGET)

    def test_the_month_is_that_of_shanghai(self):
        evening = datetime(2026, 3, 31, 15, 59, tzinfo=UTC)
        for moment, month in ((evening, date(2026, 3, 1)), (evening + timedelta(minutes=1), date(2026, 4, 1))):
            standing = find_standing([Happening(moment, "create", "checking", "author", create().facts)], moment)
            assert standing is not None
            assert rates.group_of(standing) == Group(month, GRID, "noise", None)


class TestReceived:
    def test_not_while_its_words_are_checked(self):
        assert rates.count([stand([create()])]) == {}

    def test_not_when_withdrawn_before_that_was_over(self):
        assert rates.count([stand([create(), withdraw(1)])]) == {}

    @pytest.mark.parametrize(("action", "state"), [("pass_check", "open"), ("hold_check", "reviewing")])
    def test_as_soon_as_a_person_can_work_on_it(self, action: str, state: str):
        history = [create(), happening(0, action, state, "system", **due(8, 100))]
        assert marks(history, 0) == {"received"}
        assert [counts.received for counts in rates.count([stand([*history, withdraw(1)])]).values()] == [1]

    def test_leaving_it_unreviewed_is_no_way_out(self):
        history = [create(), happening(0, "hold_check", "reviewing", "system", **due(8, 100))]
        assert marks(history, 9) == {"received", "overdue", "response_due"}


class TestResponse:
    def test_is_undecided_until_somebody_takes_it_up_or_the_deadline_passes(self):
        assert marks(opened(), 8) == {"received"}
        assert marks([*opened(), accept(3)], 3) == {"received", "response_due", "responded"}
        assert marks(opened(), 8.001) == {"received", "response_due", "overdue"}

    def test_at_the_very_moment_is_in_time(self):
        assert "responded" in marks([*opened(), accept(8)], 8)

    def test_late_is_late_for_good(self):
        assert marks([*opened(), accept(8.5)], 9) == {"received", "response_due", "overdue"}

    @pytest.mark.parametrize("action", ["accept", "take_on"])
    def test_taking_up(self, action: str):
        assert "responded" in marks([*opened(), happening(1, action, "accepted")], 1)

    def test_an_answer_at_once_is_one(self):
        assert "responded" in marks([*opened(), answer(1)], 1)

    @pytest.mark.parametrize("action", ["escalate", "return"])
    def test_passing_it_on_is_none(self, action: str):
        passed = happening(1, action, "open", **due(12, 130, handler_id=str(COMMUNITY)))
        assert marks([*opened(), passed], 8.5) == {"received"}
        assert marks([*opened(), passed, accept(12)], 12) == {"received", "response_due", "responded"}

    def test_what_was_missed_below_is_not_healed_above(self):
        history = [*opened(), escalate(9, 20, 130, "escalate_overdue"), accept(10)]
        assert marks(history, 10) == {"received", "response_due", "overdue"}

    def test_nor_by_passing_it_up_by_hand(self):
        assert "responded" not in marks([*opened(), escalate(9, 20, 130), accept(10)])

    def test_only_the_first_counts(self):
        history = [*opened(), accept(1), answer(2), rate(3, is_satisfied=False), reopen(3, 10, 50)]
        assert {"responded", "overdue"} <= marks(history, 11)
        assert "overdue" not in marks(history, 10)


class TestResolution:
    def test_is_undecided_until_the_answer_or_its_deadline(self):
        history = [*opened(), accept(1)]
        assert not marks(history, 100) & {"resolution_due", "overdue"}
        assert {"resolution_due", "overdue"} <= marks(history, 100.5)

    def test_its_deadline_runs_whether_or_not_somebody_took_it_up(self):
        assert "resolution_due" not in marks(opened(), 100)
        assert "resolution_due" in marks(opened(), 100.5)

    @pytest.mark.parametrize(("outcome", "is_resolved"), [("resolved", True), ("explained", False), ("planned", False)])
    def test_is_what_the_answer_says(self, outcome: str, is_resolved: bool):
        found = marks([*opened(), accept(1), answer(2, outcome)])
        assert "resolution_due" in found
        assert ("resolved" in found) == is_resolved

    def test_late_it_is_resolved_from_then_on(self):
        history = [*opened(), accept(1), answer(200)]
        assert "resolved" not in marks(history, 199)
        assert {"resolution_due", "resolved", "overdue"} <= marks(history, 200)

    def test_no_clock_runs_while_the_resident_is_waited_for(self):
        history = [*opened(), accept(1), happening(50, "wait", "waiting")]
        assert not marks(history, 5000) & {"resolution_due", "overdue"}
        resumed = [*history, happening(300, "resume", "accepted", "author", **due(answer=350))]
        assert not marks(resumed, 350) & {"resolution_due", "overdue"}
        assert {"resolution_due", "overdue"} <= marks(resumed, 351)

    def test_waiting_heals_nothing(self):
        history = [*opened(), accept(1), happening(101, "wait", "waiting")]
        assert {"resolution_due", "overdue"} <= marks(history, 102)

    @pytest.mark.parametrize("party", ["author", "staff"])
    def test_reopened_it_is_unresolved_until_the_next_answer(self, party: str):
        history = [*opened(), accept(1), answer(2), rate(3, is_satisfied=True), reopen(4, 10, 50, party)]
        assert "resolved" in marks(history, 3)
        assert "resolution_due" in marks(history, 4)
        assert "resolved" not in marks(history, 4)
        again = [*history, accept(5), answer(6)]
        assert "resolved" in marks(again, 6)
        assert "resolved" not in marks([*history, accept(5), answer(6, "explained")], 6)

    def test_silence_leaves_the_answer_standing(self):
        history = [*opened(), accept(1), answer(2), happening(400, "close_silent", "closed", "system")]
        assert {"resolved", "resolution_due"} <= marks(history)

    def test_so_does_a_bad_word_without_reopening(self):
        found = marks([*opened(), accept(1), answer(2), rate(3, is_satisfied=False)])
        assert {"resolved", "rated"} <= found
        assert "satisfied" not in found


class TestSatisfaction:
    @pytest.mark.parametrize("is_satisfied", [True, False])
    def test_is_what_the_author_says(self, is_satisfied: bool):
        found = marks([*opened(), accept(1), answer(2), rate(3, is_satisfied=is_satisfied)])
        assert "rated" in found
        assert ("satisfied" in found) == is_satisfied

    def test_silence_counts_in_neither(self):
        history = [*opened(), accept(1), answer(2), happening(400, "close_silent", "closed", "system")]
        assert not marks(history) & {"rated", "satisfied"}

    @pytest.mark.parametrize("party", ["staff", "joiner", "unit", "system"])
    def test_nobody_else_is_asked(self, party: str):
        history = [*opened(), accept(1), answer(2), rate(3, is_satisfied=True, party=party)]
        assert not marks(history) & {"rated", "satisfied"}

    def test_within_fourteen_days_of_the_answer(self):
        last = 2 + 14 * 24
        assert "satisfied" in marks([*opened(), accept(1), answer(2), rate(last, is_satisfied=True)])
        assert "rated" not in marks([*opened(), accept(1), answer(2), rate(last + 0.001, is_satisfied=True)])

    def test_the_last_word_counts_even_when_silence_follows(self):
        first = [*opened(), accept(1), answer(2), rate(3, is_satisfied=False), reopen(3, 10, 50), answer(4)]
        assert "satisfied" not in marks(first)
        assert "rated" in marks(first)
        assert "satisfied" in marks([*first, rate(5, is_satisfied=True)])


class TestLeftOut:
    MISSED = (*opened(), accept(9), answer(101), rate(102, is_satisfied=False), reopen(102, 110, 150))

    def test_rejected_and_merged_are_counted_beside_the_rates_alone(self):
        rejected = [*self.MISSED, happening(103, "reject", "rejected")]
        merged = [*self.MISSED, happening(103, "merge", "merged", into=str(TARGET))]
        assert marks(rejected) == {"received", "rejected"}
        assert marks(merged) == {"received", "merged"}
        assert {"overdue", "response_due", "resolution_due", "rated"} <= marks(rejected, 102)

    def test_withdrawn_before_anything_was_decided_is_in_no_rate(self):
        assert marks([*opened(), withdraw(8)]) == {"received", "withdrawn"}

    def test_withdrawing_heals_no_missed_deadline(self):
        assert marks([*opened(), withdraw(8.5)]) == {"received", "withdrawn", "overdue", "response_due"}
        unanswered = marks([*opened(), accept(1), withdraw(101)])
        assert {"response_due", "responded", "overdue", "resolution_due", "withdrawn"} <= unanswered

    def test_withdrawn_after_it_was_taken_up_leaves_the_response(self):
        assert marks([*opened(), accept(1), withdraw(5)]) == {"received", "withdrawn", "response_due", "responded"}

    def test_withdrawn_after_reopening_stays_unresolved(self):
        assert "resolved" not in marks([*self.MISSED, withdraw(103)])
        assert "resolution_due" in marks([*self.MISSED, withdraw(103)])


class TestCount:
    def test_a_month_worked_by_hand(self):
        """Ten complaints of one grid: what stands in the table of the definitions, line by line."""
        histories = [
            [*opened(), accept(1), answer(2), rate(3, is_satisfied=True)],
            [*opened(), accept(9), answer(20), happening(400, "close_silent", "closed", "system")],
            [*opened(), answer(4, "explained"), rate(5, is_satisfied=True)],
            [*opened(), accept(2), answer(5), rate(6, is_satisfied=False), reopen(6, 600, 700)],
            [*opened(), escalate(9, 20, 150, "escalate_overdue"), accept(10), answer(149, "planned")],
            [*opened(), accept(3), happening(50, "wait", "waiting")],
            [*opened(), withdraw(2)],
            [*opened(), happening(1, "reject", "rejected")],
            [*opened(), happening(1, "merge", "merged", into=str(TARGET))],
            opened(accept=800, answer=900),
        ]
        counted = rates.count(stand(history, 500) for history in histories)
        assert counted == {
            Group(date(2026, 3, 1), GRID, "noise", None): Counts(
                received=10, rejected=1, merged=1, withdrawn=1, overdue=2,
                response_due=6, responded=4, resolution_due=5, resolved=2, rated=3, satisfied=2,
            )
        }  # fmt: skip

    def test_each_group_has_its_own(self):
        other = [create(category="water"), happening(0, "pass_check", "open", "system", **due(8, 100))]
        counted = rates.count([stand(opened(), 1), stand(other, 1), stand(other, 1)])
        assert {group.category: counts.received for group, counts in counted.items()} == {"noise": 1, "water": 2}

    def test_counts_add_up(self):
        assert Counts(received=2, rated=1) + Counts(received=3, satisfied=1) == Counts(5, rated=1, satisfied=1)


class TestPerMille:
    @pytest.mark.parametrize(
        ("numerator", "denominator", "rate"),
        [(0, 10, 0), (10, 10, 1000), (1, 16, 63), (1, 11, 91), (1, 2000, 1), (1, 2001, 0), (2, 3000, 1)],
    )
    def test_is_rounded_half_up(self, numerator: int, denominator: int, rate: int):
        assert rates.per_mille(numerator, denominator) == rate

    @given(st.integers(0, GROUP_MIN - 1), st.integers(0, GROUP_MIN - 1))
    def test_small_groups_have_none(self, numerator: int, denominator: int):
        assert rates.per_mille(min(numerator, denominator), denominator) is None

    @given(st.integers(GROUP_MIN, 10**9).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
    def test_is_within_half_of_one(self, counts: tuple[int, int]):
        numerator, denominator = counts
        rate = rates.per_mille(numerator, denominator)
        assert rate is not None
        assert -denominator < 2 * (rate * denominator - 1000 * numerator) <= denominator
