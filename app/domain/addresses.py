"""Addresses as people type them, and how well a building fits one: 幸福路十二号院3#楼 is 幸福路12号院3号楼 (pure).

What is finer than a building (单元, 层, 室) is passed over, and so is what stands before the name of a road or an
estate: 区, 街道 and 社区, as people put them in front of everything.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from app.domain import place_names

TERMS_MAX = 60
YARD, BUILDING = "号", "楼"
_YARDS = ("号大院", "号院", "大院", "院", "号")
_BUILDINGS = ("号楼", "号栋", "号幢", "号座", "栋", "幢", "座", "楼")
_FINE = ("号门", "单元", "楼道", "层", "室", "户", "门")
_OTHERS = ("弄", "巷", "排", "区", "期", "组", "队")
_UNITS = {
    **dict.fromkeys(_FINE, ""),
    **dict.fromkeys(_YARDS, YARD),
    **dict.fromkeys(_BUILDINGS, BUILDING),
    **{unit: unit for unit in _OTHERS},
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_NUMBER = re.compile(rf"([a-z]?\d+[a-z]?|[a-z](?=座|栋|楼|区|号))({_UNIT})?(?![a-z])")
_HASH = re.compile(rf"\s*#\s*(?:{'|'.join(_BUILDINGS)}|樓|棟)?")
_NAME_WITH_NUMBER = re.compile(rf"\d+(?!\d)(?!{_UNIT})[^\W\d_a-z]")
"""八一路, 五一小区: a number that a name begins with."""
_BLANKS = re.compile(r"(?<![a-z0-9]) | (?![a-z0-9])")
"""Those that do not keep two numbers apart."""
_BESIDE = re.compile(r"附(\d+)号?")
_ENDINGS = re.compile(r"(小区|花园|家园|新村|公寓|大厦|广场|宿舍|大街|大道|胡同|街|路|里|村|院)$")
"""What many names end with."""
NAME_LIKENESS_MIN, NAME_SURE = 0.4, 0.9
READ_MAX = 4_096
WEIGHT_NAME, WEIGHT_NUMBER, WEIGHT_VALUE = 1.0, 2.0, 0.5


class Fit(StrEnum):
    """How well a building fits an address."""

    EXACT = "exact"
    FITS = "fits"  # nothing speaks against it
    NEAR = "near"  # another building of the same road or estate, or one of a name much like it


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart: the names in it, and numbers by their units, the largest first as people say them."""

    name: str
    numbers: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """What two spellings of one building have in common."""
        return self.name + "".join(f"{value}{unit}" for unit, value in self.numbers)

    @property
    def name_terms(self) -> list[str]:
        """By which pieces of its name it is found."""
        symbols = re.findall(r"\d+|[a-z]+|.", self.name)
        pairs = [first + second for first, second in pairwise(symbols)]
        return list(dict.fromkeys(pairs or symbols))[:TERMS_MAX]

    @property
    def number_terms(self) -> list[str]:
        """By which numbers with their units it is found."""
        return list(dict.fromkeys(f"{value}{unit}" for unit, value in self.numbers))

    @property
    def values(self) -> list[str]:
        """By which numbers it is found, whatever they count."""
        return list(dict.fromkeys(f"#{value}" for _, value in self.numbers))

    @property
    def terms(self) -> list[str]:
        """By what it is found."""
        return [*self.name_terms, *self.number_terms, *self.values]

    @property
    def weights(self) -> list[float]:
        """How much each of ``terms`` says."""
        names, numbers, values = len(self.name_terms), len(self.number_terms), len(self.values)
        return [WEIGHT_NAME] * names + [WEIGHT_NUMBER] * numbers + [WEIGHT_VALUE] * values


@lru_cache(maxsize=READ_MAX)
def read(text: str) -> Address:
    """Take an address apart; those of the buildings around are read again and again."""
    plain = _BLANKS.sub("", place_names.plain(_HASH.sub("号楼", unicodedata.normalize("NFKC", text))))
    names: list[str] = []
    numbers: dict[str, str] = {}
    for unit, value in _parts(plain):
        if unit is None:
            names.append(value)
        elif unit == YARD and YARD in numbers:
            numbers.setdefault(BUILDING, value)  # 12号院3号
        elif unit:
            numbers.setdefault(unit, value)
    return Address("".join(names), tuple(numbers.items()))


def compare(asked: Address, known: Address) -> tuple[Fit, float] | None:
    """Return how well a known building fits what was asked, and a number, the higher the better; None: not at all."""
    likeness = _name_likeness(asked.name, known.name)
    ours, theirs = dict(known.numbers), dict(asked.numbers)
    agreed = sum(ours.get(unit) == value for unit, value in theirs.items())
    against = sum(unit in ours and ours[unit] != value for unit, value in theirs.items())
    if not theirs.keys() & ours.keys() and set(theirs.values()) & set(ours.values()):
        agreed = 1  # 幸福小区3号 is its building 3
    if likeness < NAME_LIKENESS_MIN or not (asked.name or agreed):
        return None
    score = likeness + 2 * agreed - 0.1 * max(0, len(ours) - len(theirs))
    if against or likeness < NAME_SURE:
        return Fit.NEAR, score - against
    if asked.name.endswith(known.name) and theirs == ours:
        return Fit.EXACT, score
    return Fit.FITS, score


def _parts(plain: str) -> Iterator[tuple[str | None, str]]:
    """Yield the parts of an address: names with None, numbers with their unit, an empty one for what does not count."""
    place, is_fine = 0, False
    while place < len(plain):
        if plain[place] == " ":
            place += 1
            continue
        beside = _BESIDE.match(plain, place)
        if beside is not None:
            yield "附", beside[1]
            place = beside.end()
            continue
        named = _NAME_WITH_NUMBER.match(plain, place)
        found = None if named else _NUMBER.match(plain, place)
        if found is None:
            end = named.end() if named else place + 1
            yield None, plain[place:end]
            place = end
            continue
        unit = _UNITS[found[2]] if found[2] else "" if is_fine else BUILDING
        # 3-2-501 is building 3: behind a bare number and behind units of a building, numbers are finer.
        is_fine = is_fine or not unit or unit == BUILDING
        yield unit, found[1]
        place = found.end()


def _name_likeness(asked: str, known: str) -> float:
    """Return how much alike two names are, between 0 and 1; who leaves the name out means any."""
    if not asked or not known:
        return 1.0 if not asked else 0.0
    if known in asked or asked in known:
        return 1.0 if known in asked else NAME_SURE
    return 0.8 * float(fuzz.partial_ratio(_ENDINGS.sub("", known), _ENDINGS.sub("", asked))) / 100


def sort_key(name: str) -> list[tuple[int, str]]:
    """Return what puts 3号楼 before 12号楼."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", name)]
