"""What can stand in a column: each kind reads a cell's text to a value, or says what is wrong; it never raises (pure).

``read`` gives ``None`` for a cell in which nothing stands. ``write`` gives what ``read`` makes the same value of, so
that an export can be imported. ``hint`` is what the template tells about the column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.domain import licence
from app.domain.sheets import cells, dates, figures
from app.domain.sheets.faults import Wrong, wrong
from app.domain.sheets.identity import holds_identity_number

Value = str | int | float | date | bool | tuple[str, ...] | None

LIST_SEPARATOR = "、"
CHOICES_TOLD_MAX = 12
_SEPARATORS = re.compile("[、，,;；/|\n]+")
_NAME = re.compile(r"[^\W\d_]+(?:[·' \-.][^\W\d_]+)*\.?")
_YES = frozenset({*"是有对對√✓✔☑vy1○〇o", "yes", "true", "t", "ok", "1.0", "是的", "属于"})  # noqa: RUF001 - circles
_NO = frozenset({*"否无無不非×✕✗✘xn0", "no", "false", "f", "0.0", "没有", "沒有", "不是", "不属于"})
_PROVINCES = frozenset({*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55)}) | frozenset(
    {*range(61, 66), 71, 81, 82}
)
"""GB/T 2260."""


class Field(Protocol):
    """One kind of column."""

    @property
    def hint(self) -> str:
        """What the template tells whoever fills it in, in Chinese."""

    @property
    def options(self) -> tuple[str, ...]:
        """What the drop-down offers; nothing when anything may be written."""

    @property
    def is_text(self) -> bool:
        """Whether the column is to be kept as text, so that no program takes its figures for a number."""

    @property
    def is_date(self) -> bool:
        """Whether the column holds days."""

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:
        """Return the value of a cell's text."""

    def write(self, value: Value) -> str | int | float | date:
        """Return what stands in a cell for a value."""


class _AsText:
    """Values that are texts themselves."""

    __slots__ = ()

    def write(self, value: Value) -> str | int | float | date:
        """Return what stands in a cell for a value."""
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Text(_AsText):
    """Words, on one line or several."""

    max_length: int
    has_lines: bool = False
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
        return wrong("identity-number") if holds_identity_number(found) else found


@dataclass(frozen=True, slots=True)
class PersonName(_AsText):
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
class Phone(_AsText):
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
class YesNo:
    """Yes or no."""

    options: tuple[str, ...] = ("是", "否")
    is_text: bool = True
    is_date: bool = False
    hint: str = "填写“是”或“否”"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        plain = cells.fold(text).lower()
        if plain in _YES or plain[:1] == "已":
            return True
        if plain in _NO or plain[:1] == "未":
            return False
        if cells.is_nothing(plain):
            return None
        return wrong("error-value") if cells.is_error(plain) else wrong("yes-no-unclear")

    def write(self, value: Value) -> str | int | float | date:
        return "" if value is None else "是" if value else "否"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few: ``titles`` gives the Chinese word for each code, ``synonyms`` other words for it."""

    titles: Mapping[str, str]
    synonyms: Mapping[str, tuple[str, ...]]
    is_text: bool = True
    is_date: bool = False

    @property
    def hint(self) -> str:
        return f"从下列中选择：{_told(self.options)}"

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(self.titles.values())

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        plain = cells.clean(text)
        if cells.is_error(plain):
            return wrong("error-value")
        code = self.find(plain)
        if code is not None:
            return code
        if cells.is_nothing_in_words(plain):
            return None
        parts = [self.find(part) for part in _SEPARATORS.split(plain)]
        if len(parts) > 1 and all(parts):
            return wrong("choice-several")
        return wrong("choice-unknown", choices=_told(self.options))

    def find(self, text: str) -> str | None:
        """Return the code that a word stands for, numbered or not: 1.在职党员, 在职（党员）."""
        bare = re.sub(r"^[(（]?[0-9A-Za-z一二三四五六七八九十]{1,2}[)）.、．:：]\s*", "", text)  # noqa: RUF001
        for candidate in (text, bare, re.sub(r"[(（【\[].*?[)）】\]]", "", bare)):
            wanted = cells.key(candidate)
            for code, title in self.titles.items():
                if wanted and wanted in {cells.key(word) for word in (code, title, *self.synonyms.get(code, ()))}:
                    return code
        return None

    def write(self, value: Value) -> str | int | float | date:
        return self.titles.get(value, "") if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Words:
    """Several words with 、 between them; with a ``choice`` each is one of its codes."""

    max_items: int
    max_length: int
    choice: Choice | None = None
    options: tuple[str, ...] = ()
    is_text: bool = True
    is_date: bool = False

    @property
    def hint(self) -> str:
        of = f"，每项从下列中选择：{_told(self.choice.options)}" if self.choice else ""
        return f"可以填写多项，用顿号分开，最多{self.max_items}项{of}"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        lines = cells.clean_lines(text)
        if cells.is_error(lines):
            return wrong("error-value")
        if cells.is_nothing_in_words(lines):
            return None
        if holds_identity_number(lines):
            return wrong("identity-number")
        found = list(dict.fromkeys(item.strip() for item in _SEPARATORS.split(lines) if item.strip()))
        if len(found) > self.max_items:
            return wrong("list-too-long", max=self.max_items)
        if any(len(item) > self.max_length for item in found):
            return wrong("list-item-too-long", max=self.max_length)
        if self.choice is None:
            return tuple(found)
        codes = [self.choice.find(item) for item in found]
        known = tuple(dict.fromkeys(code for code in codes if code is not None))
        return wrong("choice-unknown", choices=_told(self.choice.options)) if None in codes else known

    def write(self, value: Value) -> str | int | float | date:
        if not isinstance(value, tuple | list):
            return ""
        return LIST_SEPARATOR.join(str(self.choice.write(item)) if self.choice else item for item in value)


@dataclass(frozen=True, slots=True)
class DivisionCode(_AsText):
    """An official code of division: six digits (GB/T 2260), nine for streets, twelve for communities, more below."""

    min_length: int = 6
    max_length: int = 18
    options: tuple[str, ...] = ()
    is_text: bool = True
    is_date: bool = False

    @property
    def hint(self) -> str:
        return f"区划代码，{self._lengths}位数字"

    @property
    def _lengths(self) -> str:
        return f"{self.min_length}至{self.max_length}"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        plain = re.sub("[ -]", "", cells.fold(text)) if not cells.is_nothing(cells.fold(text)) else ""
        if cells.is_nothing_in_words(plain):
            return None
        if cells.is_error(plain):
            return wrong("error-value")
        code = figures.without_exponent(plain)
        if isinstance(code, Wrong):
            return code
        if not (code.isascii() and code.isdigit()):
            return wrong("code-invalid")
        if not self.min_length <= len(code) <= self.max_length:
            return wrong("code-length", lengths=self._lengths)
        return code if int(code[:2]) in _PROVINCES else wrong("code-place")


@dataclass(frozen=True, slots=True)
class CreditCode(_AsText):
    """统一社会信用代码 (GB 32100-2015), in large letters."""

    options: tuple[str, ...] = ()
    is_text: bool = True
    is_date: bool = False
    hint: str = "18位统一社会信用代码"

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:  # noqa: ARG002
        folded = cells.fold(text).upper()
        if cells.is_nothing_in_words(folded):
            return None
        if cells.is_error(folded):
            return wrong("error-value")
        if figures.EXPONENT.fullmatch(folded):
            return wrong("digits-lost")
        code = re.sub("[ -]", "", folded)
        if len(code) != licence.CHARACTERS:
            return wrong("credit-code-length")
        if not set(code) <= set(licence.ALPHABET):
            return wrong("credit-code-character")
        return code if licence.is_valid(code) else wrong("credit-code-check")


def _within(number: float, smallest: float, largest: float) -> Value | Wrong:
    if number < smallest:
        return wrong("number-too-small", min=f"{smallest:g}")
    return number if number <= largest else wrong("number-too-large", max=f"{largest:g}")


def _told(options: tuple[str, ...]) -> str:
    shown = LIST_SEPARATOR.join(options[:CHOICES_TOLD_MAX])
    return shown if len(options) <= CHOICES_TOLD_MAX else f"{shown}等"
