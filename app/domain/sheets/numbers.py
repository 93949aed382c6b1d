"""Numbers of a spreadsheet as the person sees them: figures, dates, times (pure).

How a cell looks is its number format (ECMA-376 part 1, 18.8.30 and 18.8.31). Only what changes the meaning is
followed: days and times, and leading zeros.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

Form = Callable[[float], str]

EPOCH_1900, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - spreadsheets know no time zones
LAST_SERIAL = 2_958_465
"""31 December 9999, the last day that programs show."""
_LEAP_BUG_SERIAL = 60
"""The programs' 29 February 1900, which never was; the days before it are one further on."""
FIGURES_MAX = 40
"""More than any program writes."""
EXACT_DIGITS = 15
"""What programs keep of a number; the digits behind are zeros."""

_DATE_IDS = frozenset({*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58})
_TIME_IDS = frozenset({*range(18, 22), *range(32, 36), 45, 46, 47, 55, 56})
"""Built in, those of Chinese versions included (18.8.30)."""
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ZEROS = re.compile("0{2,15}")


def form_of(format_id: int, code: str | None, *, is_1904: bool) -> Form | None:
    """Return how numbers of a format are written, or None for plain figures."""
    if code is None:
        if format_id in _DATE_IDS or format_id in _TIME_IDS:
            return _write_moment_1904 if is_1904 else _write_moment
        return None
    if _ZEROS.fullmatch(code):
        return _Padded(len(code))
    shown = _NOT_SHOWN.sub("", code.split(";")[0]).lower()
    if "general" in shown or not re.search("[ymdhs年月日]", shown) or re.search("[0#?]", shown.replace(".0", "")):
        return None
    return _write_moment_1904 if is_1904 else _write_moment


def write_figures(written: str) -> str:
    """Return a number of the file as programs show it: whole ones without a fraction, at most 15 digits.

    Longer ones keep their exponent: digits were lost when they were typed, and whoever reads them must see that.
    """
    if written.isdigit() and len(written) <= EXACT_DIGITS and (written[0] != "0" or written == "0"):
        return written
    if len(written) > FIGURES_MAX:
        return written
    try:
        number = Decimal(written)
    except InvalidOperation:
        return written
    if not number.is_finite():
        return written
    if abs(number) >= 10**EXACT_DIGITS or (number and abs(number) < Decimal("1e-9")):
        return f"{float(number):.14E}"
    return _plain(Decimal(f"{float(number):.15g}"))


def _plain(number: Decimal) -> str:
    if number == number.to_integral_value():
        return str(int(number))
    return f"{number:f}".rstrip("0").rstrip(".")


def day_of(serial: float, *, is_1904: bool = False) -> date | None:
    """Return the day that a number stands for, or None where programs show none."""
    moment = _moment(serial, is_1904=is_1904)
    return moment.date() if moment else None


def _moment(serial: float, *, is_1904: bool) -> datetime | None:
    if not 0 <= serial < LAST_SERIAL + 1:
        return None
    if is_1904:
        epoch = EPOCH_1904
    elif serial < _LEAP_BUG_SERIAL:
        epoch = EPOCH_1900 + timedelta(days=1)
    else:
        epoch = EPOCH_1900
    try:
        return epoch + timedelta(seconds=round(serial * 86_400))
    except OverflowError:
        return None


def _write_moment(serial: float) -> str:
    return _write(serial, is_1904=False)


def _write_moment_1904(serial: float) -> str:
    return _write(serial, is_1904=True)


def _write(serial: float, *, is_1904: bool) -> str:
    """Return ``2026-11-22``, ``2026-11-22 08:30:00`` or, of a part of a day, ``08:30:00``."""
    moment = _moment(serial, is_1904=is_1904)
    if moment is None:
        return write_figures(repr(serial))
    if 0 <= serial < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else f"{moment:%Y-%m-%d %H:%M:%S}"


class _Padded:
    """Numbers with leading zeros to a width: 000000."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __call__(self, number: float) -> str:
        figures = write_figures(repr(number))
        return figures.zfill(self.width) if figures.isdigit() else figures
