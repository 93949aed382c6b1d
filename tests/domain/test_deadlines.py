"""When things are due: worked examples, and what must hold for any span, start and pause."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.clock import SHANGHAI, local_date
from app.domain.deadlines import DEFAULTS, Pause, Span, SpanUnit, due
from app.domain.kinds import Urgency
from app.domain.working_time import Calendar, Hours, Interval, merge
from tests.domain.calendars import ANNOUNCED, EDITION_2026, at

OFFICE = Hours()
NIGHT_SHIFT = Hours(((time(0, 1), time(6)), (time(20), time(23, 59))))
DAY, WORKING_HOUR, HOUR, MINUTE = SpanUnit.WORKING_DAY, SpanUnit.WORKING_HOUR, SpanUnit.HOUR, SpanUnit.MINUTE


class TestExamples:
    @pytest.mark.parametrize(
        ("start", "amount", "unit", "end"),
        [
            # Round the clock, over holidays and nights.
            ("2026-01-01T23:50", 30, MINUTE, "2026-01-02T00:20"),
            ("2026-02-16T12:00", 24, HOUR, "2026-02-17T12:00"),
            # Working hours: the noon break, the night, the weekend.
            ("2026-11-20T11:00", 2, WORKING_HOUR, "2026-11-20T14:30"),
            ("2026-11-20T16:30", 2, WORKING_HOUR, "2026-11-23T09:30"),
            ("2026-11-20T15:30", 2, WORKING_HOUR, "2026-11-20T17:30"),  # at the close, not the next morning
            ("2026-11-21T03:00", 1, WORKING_HOUR, "2026-11-23T09:30"),
            # A working Sunday is worked: 2026-01-04.
            ("2025-12-31T17:00", 1, WORKING_HOUR, "2026-01-04T09:00"),
            ("2025-12-31T10:00", 1, DAY, "2026-01-04T17:30"),
            ("2026-01-03T10:00", 1, DAY, "2026-01-04T17:30"),
            ("2026-01-04T08:00", 1, DAY, "2026-01-05T17:30"),  # the day of the start does not count
            # Days: the hour of the start does not matter, the day does; the last one ends when business closes.
            ("2026-11-20T00:00", 1, DAY, "2026-11-23T17:30"),
            ("2026-11-20T23:59", 1, DAY, "2026-11-23T17:30"),
            ("2026-11-22T12:00", 1, DAY, "2026-11-23T17:30"),
            # Spring Festival of 2026: Saturday the 14th and Saturday the 28th are worked, the 15th to the 23rd are off.
            ("2026-02-13T09:00", 7, DAY, "2026-03-02T17:30"),
            ("2026-02-13T09:00", 1, DAY, "2026-02-14T17:30"),
            # National Day of 2025 with Mid-Autumn, and Saturday the 11th worked.
            ("2025-09-30T15:00", 15, DAY, "2025-10-28T17:30"),
        ],
    )
    def test_each(self, start: str, amount: int, unit: SpanUnit, end: str):
        assert due(at(start), Span(amount, unit), ANNOUNCED, OFFICE).moment == at(end)

    def test_a_year_that_is_not_announced_is_weekdays_and_says_so(self):
        """2027-01-01 is a holiday that nobody has announced yet."""
        start, span = at("2026-12-31T09:00"), Span(2, DAY)
        found = due(start, span, ANNOUNCED, OFFICE)
        assert (found.moment, found.is_announced) == (at("2027-01-04T17:30"), False)
        assert due(start - timedelta(days=3), span, ANNOUNCED, OFFICE).is_announced
        assert due(at("2026-12-31T17:00"), Span(1, WORKING_HOUR), ANNOUNCED, OFFICE).is_announced is False
        assert due(at("2026-12-31T23:00"), Span(2, HOUR), ANNOUNCED, OFFICE).is_announced, "asks no calendar"

    def test_an_unannounced_year_in_between_shows(self):
        gap = Calendar([EDITION_2026])
        assert not due(at("2025-12-31T09:00"), Span(2, DAY), gap, OFFICE).is_announced

    def test_hours_of_an_area(self):
        start = at("2026-11-20T15:00")
        assert due(start, Span(1, DAY), ANNOUNCED, NIGHT_SHIFT).moment == at("2026-11-23T23:59")
        assert due(start, Span(5, WORKING_HOUR), ANNOUNCED, NIGHT_SHIFT).moment == at("2026-11-23T01:02")

    def test_the_defaults(self):
        start = at("2026-11-20T16:00")
        ends = {
            urgency: (
                due(start, spans.accept, ANNOUNCED, OFFICE).moment,
                due(start, spans.answer, ANNOUNCED, OFFICE).moment,
            )
            for urgency, spans in DEFAULTS.items()
        }
        assert ends == {
            Urgency.CRITICAL: (at("2026-11-20T16:30"), at("2026-11-20T18:00")),
            Urgency.URGENT: (at("2026-11-20T18:00"), at("2026-11-21T16:00")),
            Urgency.ORDINARY: (at("2026-11-23T17:30"), at("2026-12-01T17:30")),
            Urgency.HARD: (at("2026-11-23T17:30"), at("2026-12-11T17:30")),
        }


class TestPauses:
    @pytest.mark.parametrize(
        ("amount", "unit", "pauses", "end"),
        [
            # Everything starts on Friday 2026-11-20 at 15:00.
            (2, HOUR, [("2026-11-20T16:00", "2026-11-23T10:00")], "2026-11-23T11:00"),
            (2, HOUR, [("2026-11-20T17:00", "2026-11-23T10:00")], "2026-11-20T17:00"),  # begins when it is due
            (2, HOUR, [("2026-11-20T09:00", "2026-11-20T15:30")], "2026-11-20T17:30"),  # began before the start
            (2, WORKING_HOUR, [("2026-11-20T16:00", "2026-11-23T11:30")], "2026-11-23T14:00"),
            (2, WORKING_HOUR, [("2026-11-20T18:00", "2026-11-23T08:00")], "2026-11-20T17:00"),
            # A pause outside working time costs nothing.
            (1, DAY, [("2026-11-20T18:00", "2026-11-23T08:00")], "2026-11-23T17:30"),
            # Half an hour was left on Monday: it is there on Wednesday, until business closes.
            (1, DAY, [("2026-11-23T17:00", "2026-11-25T09:00")], "2026-11-25T17:30"),
            # The clock goes on at the very close, with three hours left: the next day.
            (1, DAY, [("2026-11-23T14:30", "2026-11-25T17:30")], "2026-11-26T17:30"),
            # A minute was left, and its day closes while the clock stands still: the next day.
            (
                1,
                DAY,
                [("2026-11-23T09:00", "2026-11-23T09:01"), ("2026-11-24T12:00", "2026-11-24T17:30")],
                "2026-11-25T17:30",
            ),
            # Three pauses of a minute are not three days.
            (
                3,
                DAY,
                [(f"2026-11-{day}T09:00", f"2026-11-{day}T09:01") for day in (23, 24, 25)],
                "2026-11-26T17:30",
            ),
            # A pause after the undisturbed end, before the end that another pause moved.
            (
                1,
                DAY,
                [("2026-11-23T09:00", "2026-11-24T09:00"), ("2026-11-24T17:00", "2026-11-26T12:00")],
                "2026-11-26T17:30",
            ),
            (1, DAY, [("2026-11-24T09:00", "2026-11-26T09:00")], "2026-11-23T17:30"),  # begins after the end
        ],
    )
    def test_each(self, amount: int, unit: SpanUnit, pauses: list[tuple[str, str]], end: str):
        written = [Pause(at(first), at(last)) for first, last in pauses]
        assert due(at("2026-11-20T15:00"), Span(amount, unit), ANNOUNCED, OFFICE, written).moment == at(end)


UNITS = st.sampled_from(SpanUnit)
WORKING_UNITS = st.sampled_from([WORKING_HOUR, DAY])
SPANS = st.builds(Span, st.integers(1, 60), UNITS)
EDGES = [at("2025-12-31T17:29"), at("2026-02-13T12:00"), at("2026-12-31T17:30"), at("2027-01-01T00:00")]
STARTS = st.one_of(
    st.sampled_from(EDGES),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 1), timezones=st.just(SHANGHAI)),  # noqa: DTZ001 - given one
    st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given one
)
SOME_HOURS = st.sampled_from([OFFICE, NIGHT_SHIFT])


@st.composite
def pauses_around(draw: st.DrawFn, start: datetime) -> list[Pause]:
    """Draw pauses that begin before, after and around a start, some of them without length."""
    ends = st.tuples(st.integers(-3 * 1440, 40 * 1440), st.integers(0, 10 * 1440))
    return [
        Pause(start + timedelta(minutes=offset), start + timedelta(minutes=offset + length))
        for offset, length in draw(st.lists(ends, max_size=4))
    ]


CASES = STARTS.flatmap(lambda start: st.tuples(st.just(start), SPANS, SOME_HOURS, pauses_around(start)))
Case = tuple[datetime, Span, Hours, list[Pause]]


def moment_of(case: Case) -> datetime:
    start, span, hours, pauses = case
    return due(start, span, ANNOUNCED, hours, pauses).moment


class TestProperties:
    @given(CASES)
    def test_more_is_never_due_earlier(self, case: Case):
        start, span, hours, pauses = case
        longer = Span(span.amount + 1, span.unit)
        assert moment_of((start, longer, hours, pauses)) > start
        if not pauses or span.unit is not DAY:
            assert moment_of((start, longer, hours, pauses)) > moment_of(case)
        assert moment_of((start, longer, hours, pauses)) >= moment_of(case)

    @given(CASES, st.timedeltas(timedelta(), timedelta(days=30)))
    def test_what_begins_later_is_never_due_earlier(self, case: Case, later: timedelta):
        start, span, hours, _ = case
        assert moment_of((start + later, span, hours, [])) >= moment_of((start, span, hours, []))

    @given(CASES, WORKING_UNITS)
    def test_working_spans_end_in_working_time(self, case: Case, unit: SpanUnit):
        start, span, hours, pauses = case
        moment = moment_of((start, Span(span.amount, unit), hours, pauses)).astimezone(SHANGHAI)
        assert ANNOUNCED.is_working(moment.date())
        assert any(opens < moment.time() <= closes for opens, closes in hours.periods)
        if unit is DAY:
            assert moment.time() == hours.close

    @given(CASES)
    def test_nothing_is_due_in_a_pause(self, case: Case):
        moment = moment_of(case)
        assert not [pause for pause in merge(case[3]) if pause.start < moment <= pause.end]

    @given(CASES)
    def test_a_pause_never_shortens(self, case: Case):
        start, span, hours, pauses = case
        for number in range(len(pauses)):
            fewer = pauses[:number] + pauses[number + 1 :]
            assert moment_of(case) >= moment_of((start, span, hours, fewer))

    @given(CASES, st.integers(1, 99))
    def test_splitting_a_pause_changes_nothing(self, case: Case, percent: int):
        start, span, hours, pauses = case
        halves = []
        for pause in pauses:
            middle = pause.start + (pause.end - pause.start) * percent / 100
            halves += [Pause(middle, pause.end), Pause(pause.start, middle)]
        assert moment_of((start, span, hours, halves)) == moment_of(case)

    @given(CASES)
    def test_what_ends_before_the_start_or_begins_when_it_is_due_does_not_count(self, case: Case):
        start, span, hours, pauses = case
        moment = moment_of(case)
        outside = [Pause(start - timedelta(days=2), start), Pause(moment, moment + timedelta(days=9))]
        assert moment_of((start, span, hours, [*pauses, *outside])) == moment

    @given(CASES)
    def test_the_clock_has_run_as_long_as_the_span_says(self, case: Case):
        start, span, _, pauses = case
        if span.unit not in {MINUTE, HOUR}:
            return
        moment = moment_of(case)
        ran = (
            moment
            - start
            - sum(
                (max(min(pause.end, moment) - max(pause.start, start), timedelta()) for pause in merge(pauses)),
                timedelta(),
            )
        )
        assert ran == timedelta(minutes=span.amount) * (60 if span.unit is HOUR else 1)

    @given(STARTS, st.integers(1, 60))
    def test_days_are_counted_one_by_one(self, start: datetime, days: int):
        """By the law's own words: the day of the start does not count, then each working day does."""
        day = local_date(start)
        for _ in range(days):
            day += timedelta(days=1)
            while not ANNOUNCED.is_working(day):
                day += timedelta(days=1)
        moment = due(start, Span(days, DAY), ANNOUNCED, OFFICE).moment
        assert moment.astimezone(SHANGHAI) == datetime.combine(day, OFFICE.close, SHANGHAI)

    @given(STARTS, st.integers(1, 60), UNITS)
    @example(datetime(2199, 12, 31, 23, 59, tzinfo=UTC), 10_000, DAY)
    def test_it_never_fails_for_want_of_a_notice(self, start: datetime, amount: int, unit: SpanUnit):
        found = due(start, Span(amount, unit), Calendar(), OFFICE)
        assert found.moment > start
        assert found.is_announced is (unit in {MINUTE, HOUR})

    @given(CASES)
    def test_the_calendar_of_the_days_between_alone_matters(self, case: Case):
        """An edition of a year after the end changes nothing."""
        start, span, hours, pauses = case
        found = due(start, span, ANNOUNCED, hours, pauses)
        last = local_date(found.moment).year
        known = Calendar([edition for edition in (EDITION_2026,) if edition.year <= last])
        if local_date(start) >= date(2026, 1, 1):
            assert due(start, span, known, hours, pauses) == found


def test_pauses_may_overlap_and_lie_in_any_order():
    pauses = [
        Interval(at("2026-11-20T16:00"), at("2026-11-20T16:30")),
        Interval(at("2026-11-20T15:30"), at("2026-11-20T16:10")),
    ]
    assert due(at("2026-11-20T15:00"), Span(1, HOUR), ANNOUNCED, OFFICE, pauses).moment == at("2026-11-20T17:00")
