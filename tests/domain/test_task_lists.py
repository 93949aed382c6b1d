"""Monthly lists: their copies keep the day of the week, and their summary fits into one message."""

from datetime import date, timedelta

import pytest

from app.domain import months
from app.domain.task_lists import SUMMARY_CHARACTERS_MAX, Item, Results, summary, title_of, weeks_on

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(1_096)]
"""Three years, the last of which has a 29th of February."""


def test_the_same_day_of_the_week_in_the_month_after():
    for day in DAYS:
        copied = day + weeks_on(day)
        assert months.of(copied) == months.after(months.of(day)), day
        assert copied.weekday() == day.weekday()


def items(count: int, title: str = "清理楼道杂物") -> list[Item]:
    return [Item(number, title, "第三网格", seats=3, free=number % 3) for number in range(1, count + 1)]


def test_a_short_one_is_told_whole():
    title = title_of("幸福社区", date(2026, 12, 1), 3)
    before = Results(date(2026, 11, 1), people=5, verified=7, minutes=630)
    assert summary(title, items(3), before) == (
        "幸福社区2026年12月任务需求清单（第3期）\n"
        "共3项，需要9人，还差3人。\n"
        "1. 清理楼道杂物（第三网格，还差1人）\n"
        "2. 清理楼道杂物（第三网格，还差2人）\n"
        "3. 清理楼道杂物（第三网格，已满）\n"
        "11月：5人完成7次服务，共10小时。\n"
        "扫码或打开小程序认领。"
    )


@pytest.mark.parametrize("before", [None, Results(date(2026, 11, 1), people=0, verified=0, minutes=0)])
def test_nothing_is_said_of_a_month_in_which_nothing_was_done(before: Results | None):
    assert "11月" not in summary("清单", items(1), before)


def test_groups_come_first():
    told = summary("清单", items(1), None, date(2026, 12, 5)).splitlines()
    assert told[-2:] == ["12月5日前先由队伍和党支部承接，之后向个人开放。", "扫码或打开小程序认领。"]


@pytest.mark.parametrize(("count", "title"), [(200, "清理楼道杂物"), (200, "长" * 60), (17, "长" * 60), (0, "")])
def test_a_long_one_is_cut_and_says_how_many_more_there_are(count: int, title: str):
    told = summary("幸福社区2026年12月任务需求清单（第3期）", items(count, title), None)
    assert len(told) <= SUMMARY_CHARACTERS_MAX
    shown = sum(title in line for line in told.splitlines()) if title else 0
    assert (f"还有{count - shown}项" in told) == (shown < count)
    assert shown == count or len(told) > SUMMARY_CHARACTERS_MAX - 100
