"""From when to when one may check in, when a stay ends that nobody ended, and what counts of it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.ids import new_id
from app.domain import check_in, codes
from app.services import shown_codes
from app.services.shown_codes import Subject

NINE = datetime(2026, 5, 1, 9, tzinfo=UTC)
NOON = NINE + timedelta(hours=3)
WEEKS = NINE + timedelta(days=30)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(-60, "early"), (-30.1, "early"), (-30, None), (0, None), (180, None), (180.1, "late"), (9999, "late")],
)
def test_from_half_an_hour_before_to_the_end(minutes: float, told: str | None):
    assert check_in.find_window_problem(at(minutes), NINE, NOON) == told
    assert check_in.find_window_problem(at(minutes), None, None) is None


@pytest.mark.parametrize(
    ("came", "window", "minutes", "planned"),
    [
        (at(5), (NINE, NOON), None, NOON),
        (at(5), (NINE, NOON), 60, NOON),
        (at(5), (None, None), 60, at(65)),
        (at(5), (None, None), None, at(5 + 240)),
        (at(5), (NINE, WEEKS), 60, at(65)),
        (at(-20), (NINE, WEEKS), None, at(240)),
        (WEEKS - timedelta(minutes=5), (NINE, WEEKS), 60, WEEKS),
    ],
)
def test_who_forgets_has_left_when_it_was_planned(
    came: datetime, window: tuple[datetime | None, datetime | None], minutes: int | None, planned: datetime
):
    assert check_in.planned_end(came, *window, minutes) == planned


@pytest.mark.parametrize(
    ("came", "left", "window", "counted"),
    [
        (at(0), at(59.9), (None, None), 59),
        (at(-30), at(60), (NINE, NOON), 60),
        (at(10), at(500), (NINE, NOON), 170),
        (at(-30), at(-10), (NINE, NOON), 1),
        (at(0), at(0), (None, None), 1),
        (at(0), at(9999), (None, None), 1440),
    ],
)
def test_what_counts_of_a_stay(
    came: datetime, left: datetime, window: tuple[datetime | None, datetime | None], counted: int
):
    assert check_in.minutes_there(came, left, *window) == counted


def test_nobody_says_more_than_the_hours_of_a_window():
    assert check_in.minutes_most(NINE, NOON) == 180
    assert check_in.minutes_most(NINE, WEEKS) == check_in.minutes_most(None, None) == 1440


@pytest.mark.parametrize(("metres", "kept"), [(0, 0), (49, 0), (51, 100), (5_149, 5_100), (9_000_000, 100_000)])
def test_a_distance_is_a_hint(metres: float, kept: int):
    assert check_in.hint_m(metres) == kept


def test_each_subject_has_codes_of_its_own():
    """Those of one purpose or thing are no other's; another's are told apart from nonsense."""
    here, there, kept = Subject("check_in", new_id()), Subject("check_in", new_id()), Subject("pick_up", new_id())
    assert len({subject.key(secret) for subject in (here, there, kept) for secret in ("a", "b")}) == 6
    assert Subject("pick_up", here.id).key("a") != here.key("a")
    for code, is_another in (
        (codes.write(there.id, there.key("a"), NINE), True),
        (codes.write(here.id, here.key("a"), NINE), False),
        (codes.write(there.id, here.key("a"), NINE), False),
        (codes.write(kept.id, kept.key("a"), NINE), False),
        ("7KQ2MX9P", False),
    ):
        assert shown_codes.is_of_another("a", here, code, NINE) is is_another
    assert codes.handle_of(here.key("a")) != codes.handle_of(there.key("a"))
