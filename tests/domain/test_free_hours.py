"""Hours of the week: what touches is one, what overlaps is refused, and what is written is read again."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import free_hours
from app.domain.free_hours import DAY_MINUTES, SPANS_MAX, WEEK_MINUTES, Span, Unread
from app.domain.sheets import weeks

spans = st.lists(
    st.tuples(st.integers(0, WEEK_MINUTES - 1), st.integers(1, 2 * DAY_MINUTES)).map(
        lambda told: (told[0], min(told[0] + told[1], WEEK_MINUTES))
    ),
    min_size=1,
    max_size=12,
)


def minutes(told: list[Span]) -> set[int]:
    return {minute for start, end in told for minute in range(start, end)}


@given(spans)
def test_nothing_is_lost_or_added(told: list[Span]):
    merged = free_hours.merge(told)
    if merged is Unread.OVERLAP:
        assert len(minutes(told)) < sum(end - start for start, end in told)
    elif merged is not Unread.TOO_MANY:
        assert not isinstance(merged, Unread)
        assert minutes(list(merged)) == minutes(told)
        assert all(before[1] < after[0] for before, after in pairwise(merged))
        days = [span for each in free_hours.timetable(merged) for span in free_hours.on_days(*each)]
        assert free_hours.merge(days) == merged
        assert weeks.read(free_hours.write(merged)) == merged


def test_four_spans_a_day():
    told = [span for hour in (6, 8, 10, 12) for span in free_hours.on_days(range(1, 8), hour * 60, hour * 60 + 60)]
    assert len(told) == SPANS_MAX
    assert free_hours.merge(told) == tuple(sorted(told))
    assert free_hours.merge([*told, (900, 910)]) is Unread.TOO_MANY


@given(st.text(alphabet="周六日一至天上午晚点半全末、；-:0123459 \n每", max_size=40) | st.text(max_size=20))
def test_whatever_is_written(text: str):
    """It is read or not, and what is read is read again from how it is written."""
    found = weeks.read(text)
    if not isinstance(found, Unread):
        assert all(0 <= start < end <= WEEK_MINUTES for start, end in found)
        assert weeks.read(free_hours.write(found)) == found


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ([(0, WEEK_MINUTES)], "周一至周日00:00-24:00"),
        ([(1380, 1500)], "周一23:00-24:00；周二00:00-01:00"),
        (free_hours.on_days((1, 2, 4), 540, 600), "周一、周二、周四09:00-10:00"),
        ([], ""),
    ],
)
def test_how_it_is_written(told: list[Span], written: str):
    assert free_hours.write(told) == written
