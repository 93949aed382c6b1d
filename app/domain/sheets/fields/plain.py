"""Words, names, numbers, telephones, days and hours of the week (pure)."""

import re
from dataclasses import dataclass
from datetime import date

from app.domain import free_hours
from app.domain.free_hours import Unread
from app.domain.sheets import cells, dates, figures, weeks
from app.domain.sheets.faults import Wrong, wrong
from app.domain.sheets.fields.field import AsText, Value
from app.domain.sheets.identity import holds_identity_number
from app.domain.shielding import mask_text

_NAME = re.compile(r"[^\W\d_]+(?:[·' \-.][^\W\d_]+)*\.?")


@dataclass(frozen=True, slots=True)
class Text(AsText):
    """Words, on one line or several; no number of a person in those that everybody reads (I12)."""

    max_length: int
    has_lines: bool = False
    is_public: bool = False
    options: tuple[str, ...] = ()
    is_text: bool = True
    is_date: bool = False

    @property
    def hint(self) -> str:
        return f"文字，最多{self.max_length}个字"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        found = cells.clean_lines(text) if self.has_lines else cells.clean(text)
        if found[:1] in {"'", "’"} and found[1:].isdigit():
            found = found[1:]
        if cells.is_nothing(found):
            return None
        if cells.is_error(found):
            return wrong("error-value")
        if len(found) > self.max_length:
            return wrong("text-too-long", max=self.max_length)
        if holds_identity_number(found):
            return wrong("identity-number")
        return wrong("personal-number") if self.is_public and mask_text(found) != found else found


@dataclass(frozen=True, slots=True)
class PersonName(AsText):
    """A person's name."""

    max_length: int = 30
    options: tuple[str, ...] = ()
    is_text: bool = True
    is_date: bool = False
    hint: str = "姓名，不要加称呼或说明"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        name = cells.clean_name(text)
        if cells.is_nothing_in_words(name):
            return None
        if cells.is_error(name):
            return wrong("error-value")
        if len(name) > self.max_length:
            return wrong("text-too-long", max=self.max_length)
        return name if _NAME.fullmatch(name) else wrong("name-invalid")


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number. A unit of measure behind it is taken away: 120户."""

    min: int = 0
    max: int = 100_000_000
    units: str = "户人名个家位处栋座间条件岁年元次"
    options: tuple[str, ...] = ()
    is_text: bool = False
    is_date: bool = False

    @property
    def hint(self) -> str:
        return f"整数，不小于{self.min}"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        number = figures.read_number(text, self.units)
        if number is None or isinstance(number, Wrong):
            return number
        if number != int(number):
            return wrong("number-not-whole")
        return _within(int(number), self.min, self.max)

    def write(self, value: Value) -> str | int | float | date:
        return value if isinstance(value, int) else ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number with a fraction, such as a coordinate."""

    min: float
    max: float
    options: tuple[str, ...] = ()
    is_text: bool = False
    is_date: bool = False

    @property
    def hint(self) -> str:
        return f"数字，从{self.min:g}到{self.max:g}"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        number = figures.read_number(text, "°")
        return number if number is None or isinstance(number, Wrong) else _within(number, self.min, self.max)

    def write(self, value: Value) -> str | int | float | date:
        return value if isinstance(value, int | float) else ""


@dataclass(frozen=True, slots=True)
class Phone(AsText):
    """A mobile number (11 digits), or a landline with its area code, which becomes 010-88886666."""

    is_mobile: bool = False
    options: tuple[str, ...] = ()
    is_text: bool = True
    is_date: bool = False

    @property
    def hint(self) -> str:
        return "11位手机号" if self.is_mobile else "11位手机号，或带区号的固定电话，如010-88886666"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        plain = cells.fold(text)
        if cells.is_nothing_in_words(plain):
            return None
        if cells.is_error(plain):
            return wrong("error-value")
        if holds_identity_number(plain):
            return wrong("identity-number")
        whole = figures.without_exponent(plain)
        if isinstance(whole, Wrong):
            return whole
        found = figures.read_phone(whole)
        return wrong("phone-not-mobile") if self.is_mobile and isinstance(found, str) and "-" in found else found


@dataclass(frozen=True, slots=True)
class Date:
    """A day. Where ``may_lack_day``, 2001年7月 is its first day."""

    earliest: date = date(1900, 1, 1)
    latest: date = date(2100, 12, 31)
    may_lack_day: bool = False
    options: tuple[str, ...] = ()
    is_text: bool = False
    is_date: bool = True
    hint: str = "日期，如2026-11-22"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:
        plain = cells.fold(text)
        if cells.is_nothing_in_words(plain):
            return None
        if cells.is_error(plain):
            return wrong("error-value")
        found = dates.read_day(plain, may_lack_day=self.may_lack_day, is_1904=is_1904)
        if isinstance(found, Wrong):
            return found
        if found < self.earliest:
            return wrong("date-too-early", min=self.earliest.isoformat())
        return found if found <= self.latest else wrong("date-too-late", max=self.latest.isoformat())

    def write(self, value: Value) -> str | int | float | date:
        return value if isinstance(value, date) else ""


@dataclass(frozen=True, slots=True)
class WeekHours(AsText):
    """Hours of the week; the value is their one written form, of which ``free_hours`` makes the hours again."""

    options: tuple[str, ...] = ()
    is_text: bool = True
    is_date: bool = False
    hint: str = f"如{weeks.EXAMPLE}，上午是8点至12点，下午14点至18点，晚上18点至21点，全天8点至21点"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        lines = cells.clean_lines(text)
        if cells.is_error(lines):
            return wrong("error-value")
        if cells.is_nothing_in_words(lines):
            return None
        found = weeks.read(lines)
        return wrong(found) if isinstance(found, Unread) else free_hours.write(found)


def _within(number: float, smallest: float, largest: float) -> Value | Wrong:
    if number < smallest:
        return wrong("number-too-small", min=f"{smallest:g}")
    return number if number <= largest else wrong("number-too-large", max=f"{largest:g}")
