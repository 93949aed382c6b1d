"""One of a few, several of a few, yes or no (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from app.domain.sheets import cells
from app.domain.sheets.faults import Wrong, wrong
from app.domain.sheets.fields.field import Value
from app.domain.sheets.identity import holds_identity_number

LIST_SEPARATOR = "、"
CHOICES_TOLD_MAX = 12
_SEPARATORS = re.compile("[、，,;；/|\n]+")
_YES = frozenset({*"是有对對√✓✔☑vy1○〇o", "yes", "true", "t", "ok", "1.0", "是的", "属于"})  # noqa: RUF001 - circles
_NO = frozenset({*"否无無不非×✕✗✘xn0", "no", "false", "f", "0.0", "没有", "沒有", "不是", "不属于"})


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
        known = _known(tuple((code, title, *self.synonyms.get(code, ())) for code, title in self.titles.items()))
        bare = re.sub(r"^[(（]?[0-9A-Za-z一二三四五六七八九十]{1,2}[)）.、．:：]\s*", "", text)  # noqa: RUF001
        for candidate in (text, bare, re.sub(r"[(（【\[].*?[)）】\]]", "", bare)):
            code = known.get(cells.key(candidate))
            if code is not None:
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
        if not found:
            return None
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


@lru_cache(maxsize=100)
def _known(choices: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """Return which word stands for which code, of what columns declare; nothing of what people wrote is kept."""
    return {key: words[0] for words in reversed(choices) for word in words if (key := cells.key(word))}


def _told(options: tuple[str, ...]) -> str:
    shown = LIST_SEPARATOR.join(options[:CHOICES_TOLD_MAX])
    return shown if len(options) <= CHOICES_TOLD_MAX else f"{shown}等"
