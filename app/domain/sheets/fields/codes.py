"""Official codes of places and of organisations (pure)."""

import re
from dataclasses import dataclass

from app.domain import licence
from app.domain.sheets import cells, figures
from app.domain.sheets.faults import Wrong, wrong
from app.domain.sheets.fields.field import AsText, Value

_PROVINCES = frozenset({*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55)}) | frozenset(
    {*range(61, 66), 71, 81, 82}
)
"""GB/T 2260."""


@dataclass(frozen=True, slots=True)
class DivisionCode(AsText):
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
class CreditCode(AsText):
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
