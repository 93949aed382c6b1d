"""Months of the calendar in Shanghai."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import local_date
from app.domain import months

DAYS = st.dates(min_value=date(2000, 2, 1), max_value=date(2099, 11, 30))


@given(DAYS)
def test_a_month_begins_and_ends_where_its_neighbours_do(day: date):
    month = months.of(day)
    start, end = months.bounds(month)
    assert (month.day, months.of(month)) == (1, month)
    assert months.after(months.before(month)) == months.before(months.after(month)) == month
    assert (months.bounds(months.before(month))[1], months.bounds(months.after(month))[0]) == (start, end)
    assert local_date(start) == month
    assert months.of(local_date(end - timedelta(microseconds=1))) == month
    assert months.read(months.write(month)) == month


@pytest.mark.parametrize(
    ("moment", "is_over"),
    [
        (datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 9, 30, 16, 0, 0, tzinfo=UTC), False),
        (datetime(2030, 1, 1, tzinfo=UTC), True),
    ],
)
def test_a_month_is_over_at_midnight_in_shanghai(moment: datetime, is_over: bool):
    assert months.is_over(date(2026, 10, 1), moment) is is_over


def test_what_is_no_month_is_not_read():
    for written in ("2026-13", "x", ""):
        with pytest.raises(ValueError, match=r"isoformat|month"):
            months.read(written)
