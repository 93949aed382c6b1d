"""The state tables: well formed, and read as a person would read them."""

import re
from itertools import combinations

import pytest

from app.core.db import Database
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import CLAIM, LIFECYCLES, LIVE_CLAIM_STATES

every_lifecycle = pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.subject)
SUBSETS = [frozenset(chosen) for size in range(len(Party) + 1) for chosen in combinations(Party, size)]


STAYING = {
    ("branch", "edit"),
    ("pledge", "change"),
    ("pledge", "claim"),
    ("pledge", "name"),
    ("task", "add_seats"),
    ("task", "call"),
    ("task", "edit"),
    ("task_series", "edit"),
    ("team", "correct"),
    ("team", "edit"),
    ("complaint", "escalate"),
    ("complaint", "escalate_overdue"),
    ("complaint", "escalate_repeated"),
    ("complaint", "escalate_unreviewed"),
    ("complaint", "return"),
    ("complaint", "take_on"),
    ("complaint", "dispatch"),
    ("complaint", "call_helpers"),
    ("task", "pass"),
    ("task_list", "add_item"),
    ("import_run", "map"),
    ("member", "transfer"),
    ("volunteer", "transfer"),
}
"""What can leave the state as it is, because it changes who has to act or what is to be looked at."""


def actions_of(lifecycle: Lifecycle) -> list[str]:
    """Every action of a table, once."""
    return sorted({row.action for row in lifecycle.transitions})


@every_lifecycle
class TestForm:
    def test_states_are_named_once_and_begin_with_the_initial_one(self, lifecycle: Lifecycle):
        assert len(set(lifecycle.states)) == len(lifecycle.states)
        assert lifecycle.initial in lifecycle.states

    def test_rows_name_states_of_the_table_and_somebody_who_may(self, lifecycle: Lifecycle):
        for row in lifecycle.transitions:
            assert row.sources
            assert len(set(row.sources)) == len(row.sources)
            assert {*row.sources, row.target} <= set(lifecycle.states)
            stays = row.target in row.sources
            assert stays == ((lifecycle.subject, row.action) in STAYING), f"{row.action} leads nowhere"
            assert row.who

    def test_a_state_and_an_action_have_one_row_at_most(self, lifecycle: Lifecycle):
        pairs = [(source, row.action) for row in lifecycle.transitions for source in row.sources]
        assert len(set(pairs)) == len(pairs)

    def test_an_action_leads_to_one_state(self, lifecycle: Lifecycle):
        for action in actions_of(lifecycle):
            assert len({row.target for row in lifecycle.transitions if row.action == action}) == 1, action

    def test_every_state_can_be_reached(self, lifecycle: Lifecycle):
        reached = {lifecycle.initial}
        while True:
            further = {row.target for row in lifecycle.transitions if reached & set(row.sources)} - reached
            if not further:
                break
            reached |= further
        assert reached == set(lifecycle.states)

    async def test_the_database_knows_the_same_states(self, lifecycle: Lifecycle, database: Database):
        written = await database.reads.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'c' AND conname LIKE 'ck\\_%\\_status%' AND conrelid = $1::regclass",
            lifecycle.subject,
        )
        assert set(re.findall(r"'(\w+)'", written)) == set(lifecycle.states)


@every_lifecycle
class TestReading:
    def test_actions_are_those_of_the_rows_for_every_state_and_every_set_of_parties(self, lifecycle: Lifecycle):
        for state in lifecycle.states:
            for parties in SUBSETS:
                expected = []
                for row in lifecycle.transitions:
                    for party in Party:
                        if state in row.sources and party in row.who and party in parties:
                            expected.append(row.action)
                            break
                assert list(lifecycle.actions(state, parties)) == expected

    def test_find_gives_the_row_of_a_state_and_an_action(self, lifecycle: Lifecycle):
        for state in lifecycle.states:
            for action in actions_of(lifecycle):
                rows = [row for row in lifecycle.transitions if row.action == action and state in row.sources]
                assert lifecycle.find(state, action) == (rows[0] if rows else None)

    def test_parties_for_an_action_are_those_of_all_its_rows(self, lifecycle: Lifecycle):
        for action in [*actions_of(lifecycle), "no-such-action"]:
            expected = {party for row in lifecycle.transitions for party in row.who if row.action == action}
            assert lifecycle.parties_for(action) == expected


def test_a_claim_takes_a_seat_until_it_ends_without_a_service():
    left = {source for row in CLAIM.transitions for source in row.sources}
    assert set(LIVE_CLAIM_STATES) == left


def test_nobody_stands_on_both_sides_of_a_service():
    """Who asked for a service and who gave it decide nothing that staff decide (I2)."""
    for lifecycle in LIFECYCLES:
        for row in lifecycle.transitions:
            if Party.STAFF in row.who and lifecycle.subject in {"wish", "claim", "adjustment"}:
                assert not row.who & {Party.AUTHOR, Party.CLAIMANT, Party.HELPER}, row.action
