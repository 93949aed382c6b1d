"""Venues: whether one is open, and what of a contact point would tell in whose home it is (pure)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.core.clock import SHANGHAI

DAY_MINUTES = 24 * 60

_NUMBER = "[0-9０-９一二三四五六七八九十百零〇两]"  # noqa: RUF001 - people type wide digits
_BUILDING = re.compile(rf"(?:{_NUMBER}|[A-Za-z])\s*(?:号楼|號樓|号院|号门|栋|棟|幢|单元|單元|室)|[0-9A-Za-z]\s*座")
_ON_A_STREET = re.compile(rf"(?:[路街巷弄里村]|大道|胡同)\s*{_NUMBER}+\s*[号號]")
_FLAT = re.compile(r"[0-9]+\s*[-－#]\s*[0-9]+")
"""3-2-501, 12#301: how people write the way to a door."""


@dataclass(frozen=True, slots=True)
class Hours:
    """On these days of the week, 1 for Monday, so many minutes after midnight; what ends earlier ends the next day."""

    weekdays: frozenset[int]
    opens_minute: int
    closes_minute: int

    @classmethod
    def read(cls, weekdays: Iterable[int], opens: str, closes: str) -> "Hours":
        """Return hours as they are written: HH:MM, where 24:00 is the end of the day."""
        return cls(frozenset(weekdays), _minute(opens), _minute(closes))


def is_open(hours: Iterable[Hours], moment: datetime) -> bool:
    """Whether any of the hours hold at ``moment``, by the clock of Shanghai; the closing minute is outside.

    Holidays are not looked at: nobody keeps the weekly hours of a venue for them.
    """
    local = moment.astimezone(SHANGHAI)
    minute, today = local.hour * 60 + local.minute, local.isoweekday()
    yesterday = today - 1 or 7
    for each in hours:
        is_overnight = each.closes_minute <= each.opens_minute
        ends = each.closes_minute + (DAY_MINUTES if is_overnight else 0)
        if today in each.weekdays and each.opens_minute <= minute < ends:
            return True
        if yesterday in each.weekdays and minute + DAY_MINUTES < ends:
            return True
    return False


def tells_a_home(text: str) -> bool:
    """Whether a text names a building or a door, and so in whose home a contact point is (I12).

    A net for slips, not a proof: names of people and of small places pass it.
    """
    return any(form.search(text) for form in (_BUILDING, _ON_A_STREET, _FLAT))


def _minute(written: str) -> int:
    hours, minutes = written.split(":")
    return int(hours) * 60 + int(minutes)
