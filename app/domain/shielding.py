"""Hiding what tells who somebody is, before a text or a name is shown to others (pure).

A text keeps its length: each hidden character becomes ``*``. Hidden are mainland mobile numbers (11 digits from 13 to
19, with or without 86), landline numbers with their area code, citizens' identity numbers (GB 11643-1999, 18
characters, and the 15 digits before it), and a number that follows the word for a telephone, QQ or WeChat. Digits count
in any script, Chinese numerals included, and whatever is put between them. Numbers of another length or form stay:
years, prices, house numbers, orders.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HIDDEN = "*"
GAP_MAX = 3
"""Characters between two groups of digits of one number."""
_DIGITS_MIN, _DIGITS_MAX = 11, 18
_NUMERALS = "零〇○洞一壹幺二贰貳三叁四肆五伍六陆陸七柒八捌九玖"
_VALUES = str.maketrans(_NUMERALS, "0000111222334455666778899")
_GROUP = re.compile(f"[0-9]+|[{_NUMERALS}]+")

_NUMBER = re.compile("[0-9]{4,}")
_MOBILE = re.compile(r"((?:00)?86|0)?1[3-9]\d{9}")
_MOBILES = re.compile(r"(?:1[3-9]\d{9}){2,}")
_SPELT_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0(?:(?:10|2\d)[1-9]\d{7}|[3-9]\d\d(?:[2-8]\d{6,7}|1\d{6}))")
_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(rf"{_PROVINCE}\d{{4}}(?:18|19|20)\d\d{_DAY}\d{{3}}[\dX]")
_IDENTITY_BEFORE_2000 = re.compile(rf"{_PROVINCE}\d{{4}}\d\d{_DAY}\d{{3}}")
_CHECK_LETTER = re.compile(rf"[^\w*]{{0,{GAP_MAX}}}[xX×]")

_PLAIN_SHAPES = frozenset({(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (6, 6, 3), (6, 9), (12, 3)})
"""How people write out a number, whatever they put between the groups."""
_LISTING = re.compile("[,，、;；。\n]")
_COUNTED = re.compile(r"\s?[元块万亿号栋幢楼层室户米斤岁人次]")
"""What stands behind a sum, a house or a count."""

_BEFORE_MAX = 16
_FILLER = r"[^\w*]{0,3}(?:是|为)?[^\w*]{0,3}"
_AFTER_QQ = re.compile(rf"(?:qq|扣扣|企鹅)(?:号码|号|群)?{_FILLER}$")
_AFTER_TELEPHONE = re.compile(rf"(?:电话|電話|手机|手機|座机|固话|联系方式|tel|phone)(?:号码|号)?{_FILLER}$")
_AFTER_WECHAT = re.compile(
    rf"(?:微信|薇信|威信|(?<![a-z])(?:v信|weixin|wechat|vx|wx))(?:号码|号|id)?{_FILLER}"
    r"(?!weixin|wechat)([a-z][a-z0-9_-]{5,19})(?![a-z0-9_*-])",
    re.IGNORECASE,
)


class _Folding(dict[int, str]):
    """Every digit of any script as 0 to 9 and every wide letter as the plain one, each as one character."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        digit = unicodedata.digit(character, None)
        plain = unicodedata.normalize("NFKC", character) if digit is None else str(digit)
        self[code] = folded = plain if len(plain) == 1 and plain.isascii() else character
        return folded


@dataclass(frozen=True, slots=True)
class _Group:
    """Digits of one script that stand together, and what stands between them and the group before."""

    start: int
    end: int
    digits: str
    gap: str


def mask_text(text: str) -> str:
    """Return the text, character for character, with what tells who somebody is hidden. Takes linear time."""
    folded = text.translate(_Folding())
    groups = _groups(folded)
    if not groups:
        return text
    hidden = set(_hide_wechat(folded))
    for first in range(len(groups)):
        hidden.update(_hide_from(folded, groups, first))
    return "".join(HIDDEN if place in hidden else character for place, character in enumerate(text))


def mask_numbers(text: str) -> str:
    """Return the text with every number of four digits or more hidden, whatever it is the number of."""
    folded = mask_text(text).translate(_Folding())
    hidden = {place for match in _NUMBER.finditer(folded) for place in range(*match.span())}
    return "".join(HIDDEN if place in hidden else character for place, character in enumerate(mask_text(text)))


def mask_name(name: str) -> str:
    """Return a name of which its first character is left; of a single character, nothing."""
    return name[:1] + HIDDEN * (len(name) - 1) if len(name) > 1 else HIDDEN * len(name)


def mask_phone(phone: str) -> str:
    """Return a number of which three digits in front and four behind are left; of a short one, nothing."""
    if len(phone) < 10:
        return HIDDEN * len(phone)
    return phone[:3] + HIDDEN * (len(phone) - 7) + phone[-4:]


def mask_own_phone(phone: str) -> str:
    """Return a number as its owner recognises it: three digits in front and two behind are left, and a country's code.

    Source: 安全指引, 常见风险 of WeChat's mini-program documentation.
    """
    country, blank, number = phone.rpartition(" ")
    if len(number) < 8:
        return f"{country}{blank}{HIDDEN * len(number)}"
    return f"{country}{blank}{number[:3]}{HIDDEN * (len(number) - 5)}{number[-2:]}"


def _groups(folded: str) -> list[_Group]:
    found: list[_Group] = []
    for match in _GROUP.finditer(folded):
        before = found[-1].end if found else 0
        gap = folded[before : match.start()]
        found.append(_Group(*match.span(), match.group().translate(_VALUES), gap))
    return found


def _hide_from(folded: str, groups: Sequence[_Group], first: int) -> Iterator[int]:
    """Yield the places of the numbers whose first group is the one at ``first``."""
    lead = groups[first]
    if _MOBILES.fullmatch(lead.digits) or _is_spelt_out(folded, lead) or _is_announced(folded, lead):
        yield from range(lead.start, lead.end)
    taken: list[_Group] = []
    digits = ""
    for group in groups[first : first + _DIGITS_MAX]:
        if taken and not _is_gap(group.gap):
            return
        taken.append(group)
        digits += group.digits
        if len(digits) > _DIGITS_MAX:
            return
        if len(digits) < _DIGITS_MIN:
            continue
        letter = _CHECK_LETTER.match(folded, group.end) if len(digits) == _DIGITS_MAX - 1 else None
        if letter and _IDENTITY.fullmatch(digits + "X"):
            yield letter.end() - 1
        elif not _is_personal(digits, taken, folded):
            continue
        for one in taken:
            yield from range(one.start, one.end)


def _is_gap(text: str) -> bool:
    """Whether this can stand inside a number: a few characters, none of them a letter or a figure."""
    return len(text) <= GAP_MAX and all(unicodedata.category(character)[0] not in "LN" for character in text)


def _is_personal(digits: str, groups: Sequence[_Group], folded: str) -> bool:
    """Whether the digits of these groups, read together, are somebody's number."""
    if _IDENTITY.fullmatch(digits):
        return True
    lengths = [len(group.digits) for group in groups]
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        lengths[0] -= len(mobile[1] or "")
    elif _LANDLINE.fullmatch(digits):
        if len(groups) <= 3 and lengths[0] in {3, 4}:
            return True
    elif not _IDENTITY_BEFORE_2000.fullmatch(digits):
        return False
    return len(groups) == 1 or tuple(lengths) in _PLAIN_SHAPES or _is_one_number(groups, folded)


def _is_one_number(groups: Sequence[_Group], folded: str) -> bool:
    """Whether groups of unusual lengths are one number and not a date, a list or a row of sums."""
    if all(len(group.digits) == 1 for group in groups):
        return True
    if groups[0].digits[:2] == "19" and len(groups[0].digits) == 4 and len(groups[1].digits) <= 2:
        return False
    gap = groups[1].gap
    is_even = all(group.gap == gap for group in groups[1:])
    return is_even and not _LISTING.search(gap) and not _COUNTED.match(folded, groups[-1].end)


def _is_spelt_out(folded: str, group: _Group) -> bool:
    """Whether Chinese numerals hold a mobile number, perhaps beside a word such as 第一; no order is written so."""
    return folded[group.start] in _NUMERALS and bool(_SPELT_MOBILE.search(group.digits))


def _is_announced(folded: str, group: _Group) -> bool:
    """Whether the group follows the word for QQ or a telephone and is as long as such a number."""
    length = len(group.digits)
    if not 5 <= length <= 11:
        return False
    before = folded[max(0, group.start - _BEFORE_MAX) : group.start].lower()
    return bool(_AFTER_QQ.search(before) or (length in {7, 8} and _AFTER_TELEPHONE.search(before)))


def _hide_wechat(folded: str) -> Iterator[int]:
    """Yield the places of WeChat names behind the word for it; a name without a digit may be any word."""
    for match in _AFTER_WECHAT.finditer(folded):
        if any(character.isdigit() for character in match[1]):
            yield from range(*match.span(1))
