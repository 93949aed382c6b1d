"""Working days with holidays and 调休, working hours, and taking time away from time."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.working_time import Calendar, Hours, Interval, merge, without, working_days_from, working_intervals
from tests.domain.calendars import ANNOUNCED, EDITION_2026, at

OFFICE = Hours()
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def minutes(first: int, last: int) -> Interval:
    return Interval(NOON + timedelta(minutes=first), NOON + timedelta(minutes=last))


INTERVALS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda ends: minutes(min(ends), max(ends))), max_size=6
)


def covered(intervals: list[Interval]) -> set[int]:
    """Return the minutes that intervals cover."""
    return {
        minute
        for interval in intervals
        for minute in range(
            int((interval.start - NOON).total_seconds()) // 60, int((interval.end - NOON).total_seconds()) // 60
        )
    }


class TestDays:
    @pytest.mark.parametrize(
        ("day", "is_working"),
        [
            ("2026-01-01", False),  # New Year, a Thursday
            ("2026-01-02", False),  # a Friday, off for the Sunday after
            ("2026-01-03", False),  # a Saturday anyway
            ("2026-01-04", True),  # a working Sunday
            ("2026-01-05", True),
            ("2026-02-14", True),  # a working Saturday before Spring Festival
            ("2026-02-16", False),
            ("2026-02-28", True),
            ("2026-10-08", True),
            ("2026-10-10", True),
            ("2026-11-21", False),  # a Saturday like any other
            ("2026-12-31", True),
            ("2027-01-01", True),  # a Friday of a year that is not announced
            ("2027-01-02", False),
            ("1999-05-03", True),
        ],
    )
    def test_each(self, day: str, is_working: bool):
        assert ANNOUNCED.is_working(date.fromisoformat(day)) is is_working

    def test_only_announced_years_are_announced(self):
        assert ANNOUNCED.is_announced(date(2026, 12, 31))
        assert not ANNOUNCED.is_announced(date(2027, 1, 1))
        assert not Calendar().is_announced(date(2026, 1, 1))

    def test_a_later_edition_of_a_year_stands_above_an_earlier_one(self):
        corrected = replace(EDITION_2026, known_from=at("2026-01-27T00:00"), workdays=frozenset())
        for editions in ([EDITION_2026, corrected], [corrected, EDITION_2026]):
            assert not Calendar(editions).is_working(date(2026, 1, 4))
        assert Calendar([EDITION_2026]).is_working(date(2026, 1, 4))

    def test_days_follow_each_other(self):
        days = list(islice(working_days_from(date(2026, 1, 1), ANNOUNCED), 3))
        assert days == [date(2026, 1, 4), date(2026, 1, 5), date(2026, 1, 6)]


class TestHours:
    def test_a_day_of_them(self):
        assert list(islice(working_intervals(at("2026-11-20T17:00"), ANNOUNCED, OFFICE), 3)) == [
            Interval(at("2026-11-20T17:00"), at("2026-11-20T17:30")),
            Interval(at("2026-11-23T08:30"), at("2026-11-23T12:00")),
            Interval(at("2026-11-23T13:30"), at("2026-11-23T17:30")),
        ]

    def test_a_start_at_the_close_of_a_period_leaves_nothing_of_it(self):
        [first] = islice(working_intervals(at("2026-11-20T12:00"), ANNOUNCED, OFFICE), 1)
        assert first.start == at("2026-11-20T13:30")

    @pytest.mark.parametrize(
        "periods",
        [
            (),
            ((time(9), time(9)),),
            ((time(9), time(8)),),
            ((time(9), time(12)), (time(11), time(17))),
            ((time(13), time(17)), (time(8), time(12))),
        ],
    )
    def test_hours_that_make_no_sense(self, periods: tuple[tuple[time, time], ...]):
        with pytest.raises(AssertionError):
            Hours(periods)


class TestIntervals:
    @given(INTERVALS)
    def test_merging_keeps_the_time_and_leaves_gaps(self, intervals: list[Interval]):
        merged = merge(intervals)
        assert covered(merged) == covered(intervals)
        assert all(earlier.end < later.start for earlier, later in pairwise(merged))

    @given(INTERVALS, INTERVALS)
    def test_what_is_left_is_the_difference(self, intervals: list[Interval], pauses: list[Interval]):
        assert covered(list(without(merge(intervals), pauses))) == covered(intervals) - covered(pauses)
