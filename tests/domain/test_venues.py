"""Opening hours through the week and over midnight, and what tells a home."""

from datetime import datetime, timedelta, timezone

import pytest

from app.core.clock import SHANGHAI
from app.domain.venues import Hours, is_open, tells_a_home

WORKDAYS = [1, 2, 3, 4, 5]
OFFICE = [Hours.read(WORKDAYS, "09:00", "12:00"), Hours.read(WORKDAYS, "13:30", "17:30")]
NIGHT = [Hours.read([5, 6], "22:00", "02:00")]
ALWAYS = [Hours.read([1, 2, 3, 4, 5, 6, 7], "00:00", "24:00")]
SUNDAY_NIGHT = [Hours.read([7], "20:00", "06:00")]
TO_THE_END = [Hours.read([3], "18:00", "24:00")]
TO_MIDNIGHT = [Hours.read([3], "18:00", "00:00")]
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI)


def at(weekday: int, time: str) -> datetime:
    """Return a moment of one week; 1 is Monday."""
    hours, minutes = map(int, time.split(":"))
    return MONDAY + timedelta(days=weekday - 1, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("hours", "weekday", "time", "expected"),
    [
        (OFFICE, 1, "08:59", False),
        (OFFICE, 1, "09:00", True),
        (OFFICE, 1, "11:59", True),
        (OFFICE, 1, "12:00", False),
        (OFFICE, 5, "13:30", True),
        (OFFICE, 5, "17:30", False),
        (OFFICE, 6, "10:00", False),
        (ALWAYS, 7, "23:59", True),
        (ALWAYS, 1, "00:00", True),
        (NIGHT, 5, "21:59", False),
        (NIGHT, 5, "22:00", True),
        (NIGHT, 6, "01:59", True),
        (NIGHT, 6, "02:00", False),
        (NIGHT, 7, "01:59", True),
        (NIGHT, 7, "22:30", False),
        (NIGHT, 5, "01:00", False),
        (SUNDAY_NIGHT, 1, "05:59", True),
        (SUNDAY_NIGHT, 1, "06:00", False),
        (SUNDAY_NIGHT, 7, "05:59", False),
        (TO_THE_END, 3, "23:59", True),
        (TO_THE_END, 4, "00:00", False),
        (TO_THE_END, 3, "00:00", False),
        (TO_MIDNIGHT, 3, "23:59", True),
        (TO_MIDNIGHT, 4, "00:00", False),
        ([], 1, "10:00", False),
    ],
)
def test_is_open(hours: list[Hours], weekday: int, time: str, expected: bool):
    assert is_open(hours, at(weekday, time)) is expected


def test_it_goes_by_the_clock_of_shanghai():
    """Half past one on Monday at Greenwich is half past nine there, and Sunday evening there is no Monday."""
    greenwich = datetime(2026, 11, 23, 1, 30, tzinfo=timezone(timedelta()))
    assert is_open(OFFICE, greenwich)
    assert not is_open(OFFICE, greenwich - timedelta(hours=1))
    hawaii = datetime(2026, 11, 22, 15, 30, tzinfo=timezone(timedelta(hours=-10)))
    assert is_open(OFFICE, hawaii)


@pytest.mark.parametrize(
    "text",
    [
        "翠湖小区3号楼",
        "3 号楼旁",
        "二栋",
        "十二幢",
        "B座",
        "2单元",
        "501室",
        "人民路12号",
        "胡同八号",
        "3-2-501",
        "12#301",
    ],
)
def test_what_tells_a_home(text: str):
    assert tells_a_home(text)


@pytest.mark.parametrize(
    "text",
    ["翠湖小区东门附近", "第三网格中心户", "2号中心户", "小广场北侧", "五金店对面", "便民服务室", "1网格第2中心户"],
)
def test_what_does_not(text: str):
    assert not tells_a_home(text)
