"""Points policies: what is inherited, what is promised, what a cap leaves, and until when points last."""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import points
from app.domain.kinds import Cut, Expiry, TaskKind, WishCategory
from app.domain.points import DEFAULT, FIELDS, Rate, Standing, Terms, Version

START = datetime(2026, 1, 1, tzinfo=UTC)
LINEAGE = [UUID(int=number) for number in range(1, 5)]
DAYS = st.dates(date(2000, 1, 1), date(2200, 1, 1))
SUMS = st.integers(0, 1000)


def version(area: int = 0, number: int = 1, hours: int = 0, **fields: Any) -> Version:
    """Return a version of an area of the lineage that is effective so many hours after the start."""
    moment = START + timedelta(hours=hours)
    return Version(UUID(int=100 * (area + 1) + number), LINEAGE[area], number, moment, **fields)


@st.composite
def versions(draw: st.DrawFn) -> list[Version]:
    """Areas of the lineage with a few versions each, every field set or not."""
    made = []
    for area in range(len(LINEAGE)):
        for number in range(1, draw(st.integers(0, 3)) + 1):
            fields: dict[str, Any] = {
                name: draw(st.none() | SUMS) for name in FIELDS if name not in {"rates", "expiry"}
            }
            fields["rates"] = draw(st.none() | st.just(tuple(Rate(kind, None, draw(SUMS)) for kind in TaskKind)))
            fields["expiry"] = draw(st.none() | st.sampled_from(Expiry))
            fields["expiry_months"] = draw(st.integers(1, 120)) if fields["expiry"] is Expiry.MONTHS else None
            made.append(version(area, number, draw(st.integers(0, 48)), **fields))
    return draw(st.permutations(made))


class TestResolve:
    @given(versions(), st.integers(0, 48))
    def test_each_field_is_that_of_the_nearest_area_that_says_something(self, made: list[Version], hours: int):
        """The rule once more, the slow way: for each field up the lineage, in each area its highest number by then."""
        moment = START + timedelta(hours=hours)
        policy = points.resolve(LINEAGE, made, moment)
        for name in FIELDS:
            expected, origin = getattr(DEFAULT, name), None
            for area_id in reversed(LINEAGE):
                by_then = [one for one in made if one.area_id == area_id and one.effective_from <= moment]
                newest = max(by_then, key=lambda one: one.version, default=None)
                if newest is not None and getattr(newest, name) is not None:
                    expected, origin = getattr(newest, name), area_id
                    break
            assert (getattr(policy.terms, name), policy.origins[name]) == (expected, origin)
        assert (policy.terms.expiry is Expiry.MONTHS) == (policy.terms.expiry_months is not None)

    @given(versions(), st.integers(0, 48), st.integers(1, 48))
    def test_a_version_of_later_changes_nothing_of_now(self, made: list[Version], hours: int, later: int):
        moment = START + timedelta(hours=hours)
        before = points.resolve(LINEAGE, made, moment)
        change = version(3, 9, hours + later, day_cap=0, waiting_days=3, expiry=Expiry.NEVER)
        assert points.resolve(LINEAGE, [*made, change], moment) == before
        assert points.resolve(LINEAGE, [*made, change], change.effective_from).terms.day_cap == 0

    def test_a_later_decision_stands_above_an_earlier_one_that_begins_after_it(self):
        announced, hurried = version(0, 1, 10, day_cap=1), version(0, 2, 5, day_cap=2)
        moments = [START + timedelta(hours=hours) for hours in (4, 5, 10)]
        found = [points.resolve(LINEAGE, [announced, hurried], moment) for moment in moments]
        assert [policy.terms.day_cap for policy in found] == [None, 2, 2]
        assert found[2].version_ids == (hurried.id,)

    def test_a_newest_version_that_leaves_a_field_empty_inherits_it(self):
        made = [version(0, 1, day_cap=9), version(1, 1, day_cap=5), version(1, 2)]
        policy = points.resolve(LINEAGE, made, START)
        assert (policy.terms.day_cap, policy.origins["day_cap"]) == (9, LINEAGE[0])

    def test_areas_of_another_branch_say_nothing(self):
        assert points.resolve(LINEAGE[:1], [version(1, day_cap=5)], START).terms == DEFAULT

    def test_the_base_reward_is_that_of_the_deployment(self):
        default = points.default_terms(25)
        assert points.rate_for(points.resolve([], [], START, default).terms, TaskKind.WISH, None).points == 25
        only_elderly = version(rates=(Rate(TaskKind.WISH, WishCategory.ELDERLY, 7),))
        terms = points.resolve(LINEAGE, [only_elderly], START, default).terms
        rewards = {category: points.rate_for(terms, TaskKind.WISH, category).points for category in WishCategory}
        assert rewards.pop(WishCategory.ELDERLY) == 7
        assert set(rewards.values()) == {25}


class TestRate:
    @given(st.permutations([Rate(TaskKind.WISH, category, 5, 2) for category in (None, *WishCategory)]))
    def test_the_most_specific_wins_in_any_order(self, rates: list[Rate]):
        terms = replace(DEFAULT, rates=tuple(rates))
        for category in (None, *WishCategory):
            assert points.rate_for(terms, TaskKind.WISH, category).category == category


class TestPromise:
    @pytest.mark.parametrize(
        ("minutes", "promised"), [(None, 10), (1, 10), (19, 10), (20, 11), (59, 12), (60, 13), (90, 14), (1440, 82)]
    )
    def test_an_hour_counts_and_part_of_a_point_does_not(self, minutes: int | None, promised: int):
        assert points.promised_points(10, 3, minutes) == promised

    @pytest.mark.parametrize(("percent", "promised"), [(1, 1), (50, 6), (99, 10), (None, 11)])
    def test_of_a_part_the_fixed_points_are_a_part(self, percent: int | None, promised: int):
        assert points.promised_points(10, 3, 20, percent) == promised

    @given(SUMS, SUMS, st.integers(1, 1440))
    def test_it_is_whole_and_at_least_the_base(self, reward: int, hourly: int, minutes: int):
        promised = points.promised_points(reward, hourly, minutes)
        assert reward + hourly * minutes / 60 - 1 < promised <= reward + hourly * minutes / 60


class TestCap:
    @given(SUMS, st.none() | SUMS, st.none() | SUMS, st.none() | SUMS, st.builds(Standing, SUMS, SUMS, SUMS))
    def test_as_much_as_every_cap_leaves(
        self, promised: int, day: int | None, month: int | None, balance: int | None, standing: Standing
    ):
        terms = replace(DEFAULT, day_cap=day, month_cap=month, balance_cap=balance)
        granted, cut_by = points.cap(promised, terms, standing)
        room = {
            Cut.DAY: None if day is None else max(0, day - standing.day_points),
            Cut.MONTH: None if month is None else max(0, month - standing.month_points),
            Cut.BALANCE: None if balance is None else max(0, balance - standing.balance_points),
        }
        left = [space for space in room.values() if space is not None]
        assert granted == min([promised, *left])
        assert (cut_by is None) == (granted == promised)
        if cut_by is not None:
            assert room[cut_by] == granted

    def test_what_just_fits_is_not_cut(self):
        terms = replace(DEFAULT, day_cap=30)
        assert points.cap(10, terms, Standing(0, 20, 0)) == (10, None)
        assert points.cap(10, terms, Standing(0, 21, 0)) == (9, Cut.DAY)
        assert points.cap(10, terms, Standing(0, 31, 0)) == (0, Cut.DAY)


def lasting(expiry: Expiry, months: int | None = None, waiting_days: int = 0) -> Terms:
    return replace(DEFAULT, expiry=expiry, expiry_months=months, waiting_days=waiting_days)


class TestDates:
    @given(DAYS, st.integers(1, 120), st.integers(0, 365))
    def test_months_end_with_a_month_and_are_never_short(self, day: date, months: int, waiting_days: int):
        terms = lasting(Expiry.MONTHS, months, waiting_days)
        first, last = points.available_on(terms, day) or day, points.expires_on(terms, day)
        assert last is not None
        assert last.day == monthrange(last.year, last.month)[1]
        assert (last.year - first.year) * 12 + last.month - first.month == months

    @given(DAYS, st.integers(0, 365), st.sampled_from(Expiry))
    def test_points_can_be_spent_for_weeks_after_they_waited(self, day: date, waiting_days: int, expiry: Expiry):
        terms = lasting(expiry, 1 if expiry is Expiry.MONTHS else None, waiting_days)
        first, last = points.available_on(terms, day) or day, points.expires_on(terms, day)
        assert last is None or last - first >= timedelta(days=28)

    @pytest.mark.parametrize(
        ("day", "months", "last"),
        [
            (date(2026, 1, 31), 1, date(2026, 2, 28)),
            (date(2028, 1, 1), 1, date(2028, 2, 29)),
            (date(2026, 11, 30), 1, date(2026, 12, 31)),
            (date(2026, 12, 1), 1, date(2027, 1, 31)),
            (date(2026, 12, 31), 12, date(2027, 12, 31)),
            (date(2026, 7, 15), 120, date(2036, 7, 31)),
        ],
    )
    def test_months(self, day: date, months: int, last: date):
        assert points.expires_on(lasting(Expiry.MONTHS, months), day) == last

    @pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 7, 1), date(2026, 12, 31)])
    def test_the_end_of_next_year(self, day: date):
        assert points.expires_on(lasting(Expiry.END_OF_NEXT_YEAR), day) == date(2027, 12, 31)
        waited = points.expires_on(lasting(Expiry.END_OF_NEXT_YEAR, waiting_days=1), date(2026, 12, 31))
        assert waited == date(2028, 12, 31), "they can be spent from the new year on"

    def test_by_default_nothing_waits_and_nothing_expires(self):
        day = date(2026, 5, 5)
        assert (points.available_on(DEFAULT, day), points.expires_on(DEFAULT, day)) == (None, None)
        assert points.available_on(lasting(Expiry.NEVER, waiting_days=7), day) == date(2026, 5, 12)

    @given(DAYS)
    def test_a_year_of_awards_has_few_dates(self, start: date):
        year = [start + timedelta(days=number) for number in range(365)]
        assert len({points.expires_on(lasting(Expiry.MONTHS, 6), day) for day in year}) <= 13
        assert len({points.expires_on(lasting(Expiry.END_OF_NEXT_YEAR), day) for day in year}) <= 2
