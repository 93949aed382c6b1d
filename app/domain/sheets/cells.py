"""One cell's text as it was meant: invisible characters gone, full-width figures plain, names without gaps (pure).

Nothing here judges; ``fields`` do.
"""

import re
import unicodedata

from app.domain import words

_BREAKS = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]*(?:\r\n|[\r\n\x0b\x0c\x85\u2028\u2029])\\s*")
_BLANKS = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u2069\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff]"
)
_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_APOSTROPHES = "'’‘`＇ "  # noqa: RUF001
_NOTHING = frozenset({"-", "--", "---", "—", "——", "－", "/", "//", "\\", "／", "·", ".", "、", "~"})  # noqa: RUF001
_NOTHING_WORDS = frozenset(
    {"无", "無", "没有", "暂无", "暫無", "空", "不详", "未知", "n/a", "na", "null", "none", "nan"}
)
_ERRORS = frozenset({"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#GETTING_DATA", "#SPILL!"})
_GAP_IN_NAME = re.compile(f"(?<=[{_HAN}]) +(?=[{_HAN}])")
_DOTS = re.compile("[•‧∙⋅・･．.●﹒]")  # noqa: RUF001


def clean(text: str) -> str:
    """Return a text on one line: no invisible characters, figures and letters plain, single blanks within.

    A line break between two Chinese characters was made to fit a narrow column and goes without a trace.
    """
    if text.isascii() and text.isalnum():
        return text
    visible = _INVISIBLE.sub("", text).translate(_FULL_WIDTH)
    joined = re.sub(f"(?<=[{_HAN}])\n(?=[{_HAN}])", "", _BREAKS.sub("\n", visible)).replace("\n", " ")
    return _BLANKS.sub(" ", joined).strip()


def clean_lines(text: str) -> str:
    """Return a text that may have several lines; lines without anything are left out."""
    visible = _INVISIBLE.sub("", text).translate(_FULL_WIDTH)
    lines = (_BLANKS.sub(" ", line).strip() for line in _BREAKS.sub("\n", visible).split("\n"))
    return "\n".join(line for line in lines if line)


def fold(text: str) -> str:
    """Return a text of figures and signs in its plain form (NFKC), without the apostrophe that kept it a text."""
    return clean(unicodedata.normalize("NFKC", clean(text))).lstrip(_APOSTROPHES)


def clean_name(text: str) -> str:
    """Return a person's name: 张 三 on one line or two is 张三, the dot within names of minorities is ``·``."""
    name = _GAP_IN_NAME.sub("", clean(text).lstrip(_APOSTROPHES))
    return re.sub(" *· *", "·", _DOTS.sub("·", name)) if not name.isascii() else name


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is nothing to say: a dash, a stroke."""
    return not text or text in _NOTHING


def is_nothing_in_words(text: str) -> bool:
    """Whether it says so with a word: 无, 暂无."""
    return is_nothing(text) or text.lower() in _NOTHING_WORDS


def is_error(text: str) -> bool:
    """Whether this is what programs show for a calculation that failed."""
    return text[:1] == "#" and text.strip().upper() in _ERRORS


def key(text: str) -> str:
    """Return what two texts that mean the same have in common: simplified, plain, small, without blanks and marks.

    For headings, choices, and names of places and units; never for names of people. The first call loads a dictionary.
    """
    return words.normalise(text).replace(" ", "")
