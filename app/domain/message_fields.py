"""The fields of WeChat's subscribe messages: what each type may hold, and words made to fit it (pure).

Source: 发送订阅消息 (sendMessage), 参数值内容限制说明. Where that page is silent the narrower reading is taken: a
character outside the Unicode plane that Chinese stands in counts twice, as it does in the mini-program's own language.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

THING_MAX = 20
PHRASE_MAX = 5
TEXT_MAX = 32
"""Of digits, letters and what is made of both."""
SYMBOL_MAX = 5
NAME_MAX = 10
LATIN_NAME_MAX = 20
PHONE_MAX = 17
PLATE_MAX = 8
ELLIPSIS = "…"

KEY = re.compile(r"([a-z_]+?)([1-9]\d{0,2})")

_HAN = "\u4e00-\u9fff\u3400-\u4dbf"
_YEAR_DAY = r"\d{4}(?:-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2}|年\d{1,2}月\d{1,2}日)"
_DAY = rf"(?:{_YEAR_DAY}|\d{{4}}年\d{{1,2}}月|\d{{1,2}}月\d{{1,2}}日)"
_TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_MOMENT = rf"(?:{_DAY} )?{_TIME}"
_DATE = rf"{_DAY}(?: {_TIME})?"

_SHAPES: Mapping[str, re.Pattern[str]] = {
    "number": re.compile(r"-?\d{1,20}(?:\.\d{1,12})?", re.ASCII),
    "time": re.compile(rf"{_MOMENT}(?:~{_MOMENT})?", re.ASCII),
    "date": re.compile(rf"{_DATE}(?:~{_DATE})?", re.ASCII),
    "amount": re.compile(r"[¥￥$€£]?(?=[\d.]{1,10}元?\Z)\d+(?:\.\d+)?元?", re.ASCII),
    "phone_number": re.compile(rf"[\d+()#*-]{{1,{PHONE_MAX}}}", re.ASCII),
    "car_number": re.compile(rf"(?=.{{1,{PLATE_MAX}}}\Z)[{_HAN}A-Z\d][A-Z\d]*[{_HAN}]?", re.ASCII),
}


class UnfitError(ValueError):
    """No words fit the field: what came is empty, or of another kind. The text names the type and no content."""


def type_of(key: str) -> str | None:
    """Return the type of a field by its key, such as ``thing`` of ``thing1``; None when there is none."""
    found = KEY.fullmatch(key)
    return found.group(1) if found is not None and found.group(1) in TYPES else None


def fit(key: str, words: str) -> str:
    """Return ``words`` as the field may hold them, shortened where it is shorter.

    Line breaks become blanks, control characters go. Raises UnfitError when nothing that can be sent is left.
    """
    kind = type_of(key)
    if kind is None:
        raise UnfitError(f"no such field: {key[:32]}")
    fitted = TYPES[kind](_one_line(words))
    if not fitted:
        raise UnfitError(f"nothing fits a field of type {kind}")
    return fitted


def width(text: str) -> int:
    """Return how many characters WeChat may count: units of UTF-16."""
    return len(text) + sum(character > "\uffff" for character in text)


def shorten(text: str, most: int) -> str:
    """Return the beginning of ``text`` with an ellipsis, at most ``most`` wide, or all of it where it fits."""
    if width(text) <= most:
        return text
    taken, left = [], most - width(ELLIPSIS)
    for character in text:
        left -= width(character)
        if left < 0:
            break
        taken.append(character)
    return "".join(taken).rstrip() + ELLIPSIS


def _one_line(words: str) -> str:
    """Return the words in one line without what a screen does not show."""
    spaced = " ".join(words.split())
    return "".join(
        character
        for character in spaced
        if character == "\u200d" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ).strip(" \u200d")


def _thing(words: str) -> str:
    return shorten(words, THING_MAX)


def _phrase(words: str) -> str:
    return "".join(re.findall(f"[{_HAN}]", words))[:PHRASE_MAX]


def _character_string(words: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "", words).strip()[:TEXT_MAX].strip()


def _letters(words: str) -> str:
    return re.sub(r"[^A-Za-z]", "", words)[:TEXT_MAX]


def _symbols(words: str) -> str:
    return re.sub(r"[^\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]", "", words)[:SYMBOL_MAX]


def _name(words: str) -> str:
    is_latin = re.fullmatch(r"[\x20-\x7e·]*", words) is not None
    return shorten(words, LATIN_NAME_MAX if is_latin else NAME_MAX)


def _of_shape(kind: str) -> Callable[[str], str]:
    def check(words: str) -> str:
        return words if _SHAPES[kind].fullmatch(words) else ""

    return check


TYPES: Mapping[str, Callable[[str], str]] = {
    "thing": _thing,
    "phrase": _phrase,
    "character_string": _character_string,
    "letter": _letters,
    "symbol": _symbols,
    "name": _name,
    "enum": _thing,
    **{kind: _of_shape(kind) for kind in _SHAPES},
}
"""What fits words into a field of each type; nothing fits where it returns nothing."""
