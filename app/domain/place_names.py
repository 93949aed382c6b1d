"""Names of places as they are compared: 第一网格 and 第1網格 are one, 幸福社区居委会 is as good as 幸福社区 (pure)."""

import re

from app.domain import words

_BODIES = ("办事处", "居民委员会", "村民委员会", "居委会", "村委会", "人民政府")
_KINDS = ("街道", "社区", "网格", "村", "镇", "乡", "区", "县")
_ZERO = "\u3007"
_NUMERAL = re.compile(f"[{_ZERO}一二三四五六七八九十百]+")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_DIGITS = {_ZERO: 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


def plain(text: str) -> str:
    """Return a text in its one form: simplified, plain, small letters, numbers in figures, words between blanks."""
    return figures(words.normalise(text.replace("\u25cb", _ZERO).replace("零", _ZERO)))


def figures(text: str) -> str:
    """Return a text with Chinese numbers as figures: 十二号 is 12号, 二〇三室 is 203室; zeros before a number go."""
    return _ZEROS.sub("", _NUMERAL.sub(lambda found: _figures(found[0]), text))


def key(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return plain(name).replace(" ", "")


def loose(name_key: str) -> str:
    """Return the part of a key that names the place itself: without the body that governs it and without its kind."""
    name_key = name_key.replace("第", "").replace("号网格", "网格")
    while ending := next((body for body in _BODIES if name_key.endswith(body)), None):
        name_key = name_key.removesuffix(ending)
    kind = next((kind for kind in _KINDS if name_key.endswith(kind)), "")
    return name_key.removesuffix(kind) if len(name_key) >= len(kind) + 2 else name_key


def _figures(numeral: str) -> str:
    """Return a number in figures; 百 without a figure before it is no number (百花路)."""
    if numeral.startswith("百"):
        return "百" + (_figures(numeral[1:]) if numeral[1:] else "")
    if "十" not in numeral and "百" not in numeral:
        return "".join(str(_DIGITS[character]) for character in numeral)
    total = digit = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        else:
            total, digit = total + (digit or 1) * (100 if character == "百" else 10), 0
    return str(total + digit)
