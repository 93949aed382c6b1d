"""On which days a rule of recurrence falls, and which rules are refused."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import recurrence
from app.domain.errors import Problem

MONDAY = date(2026, 11, 23)


def days(rule: str, begins_on: date = MONDAY) -> list[date]:
    return recurrence.days(rule, begins_on)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["2026-11-23", "2026-11-24", "2026-11-25"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20261127", ["2026-11-23", "2026-11-25", "2026-11-27"]),
        ("FREQ=WEEKLY;COUNT=2", ["2026-11-23", "2026-11-30"]),
        ("FREQ=WEEKLY;BYDAY=SA,WE;COUNT=3", ["2026-11-25", "2026-11-28", "2026-12-02"]),
        ("FREQ=DAILY;BYDAY=MO,FR;COUNT=2", ["2026-11-23", "2026-11-27"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", ["2026-11-30", "2026-12-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", ["2026-12-31", "2027-01-31"]),
        ("FREQ=MONTHLY;BYDAY=2TU,-1FR;UNTIL=20261231", ["2026-11-27", "2026-12-08", "2026-12-25"]),
        ("UNTIL=20261124;FREQ=DAILY", ["2026-11-23", "2026-11-24"]),
    ],
)
def test_the_days_of_a_rule(rule: str, expected: list[str]):
    assert [day.isoformat() for day in days(rule)] == expected


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "rule-unclear"),
        ("hello", "rule-unclear"),
        ("COUNT=3", "rule-unclear"),
        ("FREQ=YEARLY;COUNT=3", "rule-unclear"),
        ("FREQ=HOURLY;COUNT=3", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3;", "rule-unclear"),
        ("FREQ=DAILY;COUNT=0", "rule-unclear"),
        ("FREQ=DAILY;COUNT=-1", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3;COUNT=4", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "rule-unclear"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=3", "rule-unclear"),
        ("FREQ=DAILY;UNTIL=20261301", "rule-unclear"),
        ("FREQ=DAILY;UNTIL=20261231T235959Z", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3;BYHOUR=1,2,3", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3;BYSECOND=0", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3;BYEASTER=0", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3;BYSETPOS=1", "rule-unclear"),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=3", "rule-unclear"),
        ("FREQ=WEEKLY;BYMONTHDAY=1;COUNT=3", "rule-unclear"),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3", "rule-unclear"),
        ("FREQ=MONTHLY;BYMONTHDAY=0;COUNT=3", "rule-unclear"),
        ("freq=daily;count=3", "rule-unclear"),
        ("RRULE:FREQ=DAILY;COUNT=3", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3\nRDATE:20261231", "rule-unclear"),
        ("FREQ=DAILY;COUNT=3\r\nDTSTART:19700101", "rule-unclear"),
        ("FREQ=DAILY;COUNT=٣", "rule-unclear"),
        ("FREQ=DAILY", "series-endless"),
        ("FREQ=WEEKLY;BYDAY=MO", "series-endless"),
        ("FREQ=DAILY;COUNT=10000", "series-too-long"),
        ("FREQ=DAILY;COUNT=401", "series-too-long"),
        ("FREQ=DAILY;UNTIL=20280101", "series-too-long"),
        ("FREQ=WEEKLY;UNTIL=20981231", "series-too-long"),
        ("FREQ=MONTHLY;INTERVAL=12;COUNT=4", "series-too-long"),
        ("FREQ=DAILY;UNTIL=20261122", "series-empty"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;COUNT=1", "series-empty"),
        ("FREQ=WEEKLY;BYDAY=SU;UNTIL=20261128", "series-empty"),
    ],
)
def test_what_is_refused(rule: str, code: str):
    with pytest.raises(Problem) as refused:
        days(rule)
    assert refused.value.type.code == code


def test_as_much_as_is_allowed():
    assert len(days("FREQ=DAILY;COUNT=400")) == 400
    assert days("FREQ=MONTHLY;UNTIL=20281123")[-1] == date(2028, 11, 23)


@given(st.text(alphabet="FREQDAILYWKMONTHBYUICTVR=;,+-0123456789", max_size=60))
def test_whatever_is_written_is_refused_or_ends(rule: str):
    """Nothing else is raised, and nothing runs on and on."""
    for written in (rule, f"FREQ=MONTHLY;COUNT=9;{rule}"):
        try:
            found = days(written)
        except Problem:
            continue
        assert 1 <= len(found) <= 400
        assert found == sorted(set(found))
        assert found[0] >= MONDAY
        assert found[-1] - MONDAY <= timedelta(days=731)


class TestWindow:
    def test_by_the_clock_of_shanghai(self):
        when = recurrence.window(MONDAY, time(19, 30), 90, 1)
        assert when.starts_at == datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
        assert when.ends_at == when.claim_until == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)

    def test_several_are_found_before_it_begins(self):
        when = recurrence.window(MONDAY, time(19, 30), 90, 2)
        assert when.claim_until == when.starts_at
