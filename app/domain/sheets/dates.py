"""Days as people write them (pure)."""

import re
from datetime import date

from app.domain.sheets import numbers
from app.domain.sheets.faults import Wrong, wrong

_TIME = r"(?:[T ]*[0-9]{1,2}[:时點点][0-9]{1,2}(?:[:分][0-9]{1,2})?(?:\.[0-9]+)?秒?分?)?"
_DAY = re.compile(rf"([0-9]{{4}})(?:[-/.\\]|年)([0-9]{{1,2}})(?:[-/.\\]|月)([0-9]{{1,2}})[日号號.]?{_TIME}")
_DIGITS = re.compile("((?:18|19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})(?:[-/.]|年)([0-9]{1,2})月?份?")
_MONTH_DIGITS = re.compile("((?:19|20)[0-9]{2})(0[1-9]|1[0-2])")
_OTHER_ORDER = re.compile(r"[0-9]{1,2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}日?")
_SERIAL = re.compile(r"([0-9]{4,5})(?:\.0+)?")
_SERIAL_FIRST, _SERIAL_LAST = 5_000, 73_000
"""1913 to 2099: nothing else of four or five digits would stand in a column of days, but for years."""
_YEARS = range(1900, 2101)
_CHINESE_YEAR = re.compile("[〇零○一二三四五六七八九]{4}年")
_CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_CHINESE_COUNT = re.compile("([二三]?)十([一二三四五六七八九]?)")


def read_day(plain: str, *, may_lack_day: bool = False, is_1904: bool = False) -> date | Wrong:
    """Return the day of a plain text: 2026-11-22, 2026年11月22日, 20261122, or a program's serial number."""
    text = re.sub(r"\s+(?![0-9]{1,2}:)", "", _from_chinese(plain))
    found = _DAY.fullmatch(text) or _DIGITS.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[2]), int(found[3]))
    month = _MONTH.fullmatch(text) or _MONTH_DIGITS.fullmatch(text)
    if month:
        return _day(int(month[1]), int(month[2]), 1) if may_lack_day else wrong("date-without-day")
    serial = _SERIAL.fullmatch(text)
    if serial and int(serial[1]) not in _YEARS and _SERIAL_FIRST <= int(serial[1]) <= _SERIAL_LAST:
        return numbers.day_of(int(serial[1]), is_1904=is_1904) or wrong("date-invalid")
    if serial and int(serial[1]) in _YEARS:
        return wrong("date-without-day")
    return wrong("date-unclear") if _OTHER_ORDER.fullmatch(text) else wrong("date-invalid")


def _day(year: int, month: int, day: int) -> date | Wrong:
    try:
        return date(year, month, day)
    except ValueError:
        return wrong("date-invalid")


def _from_chinese(text: str) -> str:
    """Return 二〇二六年十一月二十二日 in figures."""
    if not _CHINESE_YEAR.match(text):
        return text
    counted = _CHINESE_COUNT.sub(lambda found: f"{found[1] or '一'}{found[2] or '零'}", text)
    return counted.translate(_CHINESE_DIGITS)
