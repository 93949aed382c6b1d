"""Guessing what columns mean from what stands above them (pure).

A heading is compared with the title and the synonyms of every declared column: the same after normalising, the same but
for what stands in brackets, one inside the other at the end where Chinese puts what a thing is, or alike in most
characters. Of all ways to give each column at most one heading the best as a whole is taken, so that 单位电话 does not
take the place of 单位. Headings of relatives and spares (配偶, 紧急, 备用) are not taken for the person's own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from app.domain.sheets import cells, matching
from app.domain.sheets.columns import Column
from app.domain.sheets.rows import column_letters

SURE = 0.9
"""From here on nobody need be asked."""
ACCEPTED = 0.6
_EXACT_TITLE, _EXACT, _EXACT_WHOLE, _IN_BRACKETS = 1.0, 0.98, 0.96, 0.8
_DUPLICATE = 0.9
_ALIKE = 0.72
"""Of Indel likeness: one character more in three, or two of five another."""
_BRACKETS = re.compile(r"[(（\[【{〔<《]([^)）\]】}〕>》]*)[)）\]】}〕>》]")  # noqa: RUF001
_NUMBERING = re.compile(r"^\s*(?:[0-9]{1,2}\s*[.、．:：)）]|[①-⑳]|[(（][0-9]{1,2}[)）])")  # noqa: RUF001
_NOTES = re.compile(
    "^(?:必填|必選|必选|选填|選填|可不填|如有|若有|没有可不填)+|(?:必填|必选|选填|可不填|如有|若有|项)+$"
)
_TAILS = frozenset(
    {
        "名称",
        "全称",
        "名",
        "号",
        "号码",
        "编号",
        "信息",
        "情况",
        "类别",
        "类型",
        "分类",
        "数",
        "数量",
        "填写",
        "内容",
        "要求",
        "说明",
    }
)
_STRANGERS = re.compile(
    "配偶|丈夫|妻子|父亲|母亲|父母|子女|儿子|女儿|家属|亲属|监护|紧急|应急|备用|原|曾用|介绍人|推荐人|代办|审核|填表|填报|制表"
)
_Form = tuple[str, str, frozenset[str]]
"""A heading as a whole, without what stands in brackets, and what stands in them."""
_IDENTITY = re.compile("身份证|身分证|公民身份|证件号|证件编号")


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above one column; ``parent`` above it where headings have two rows."""

    index: int
    text: str
    parent: str = ""

    @property
    def letters(self) -> str:
        """The column as programs name it: A, B, …"""
        return column_letters(self.index)

    @property
    def shown(self) -> str:
        """Both rows in one."""
        return f"{self.parent}／{self.text}" if self.parent else self.text  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Match:
    """Which heading was taken for a column, and how sure that is, from ``ACCEPTED`` to 1."""

    index: int
    heading: str
    confidence: float

    @property
    def is_sure(self) -> bool:
        """Whether it may be taken without asking."""
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class Guess:
    """Which column means what. Names are those of declared columns, indexes count the sheet's columns from 0."""

    matches: dict[str, Match]
    extra: tuple[Heading, ...]
    missing: tuple[str, ...]
    duplicates: dict[str, tuple[Heading, ...]]
    not_collected: tuple[Heading, ...]

    @property
    def indexes(self) -> dict[str, int]:
        """Where each column was found."""
        return {name: match.index for name, match in self.matches.items()}

    @property
    def weight(self) -> float:
        """How much speaks for these being headings."""
        return sum(match.confidence for match in self.matches.values())


def guess(headings: Sequence[Heading], columns: Sequence[Column]) -> Guess:
    """Return the best way to read the headings as the declared columns."""
    open_ones, not_collected = _without_identity(headings)
    forms = [_forms(heading) for heading in open_ones]
    scores = [[_score(form, column) for form in forms] for column in columns]
    matches: dict[str, Match] = {}
    for column, of_column, place in zip(columns, scores, matching.assign(scores), strict=True):
        if place is not None:
            heading = open_ones[place]
            matches[column.name] = Match(heading.index, heading.shown, of_column[place])
    return _sort_out(matches, open_ones, not_collected, columns)


def take(headings: Sequence[Heading], columns: Sequence[Column], chosen: dict[str, int]) -> Guess:
    """Return the reading that a person chose: where each column stands, from 0. Identity numbers stay out."""
    open_ones, not_collected = _without_identity(headings)
    refused = {heading.index for heading in not_collected}
    shown = {heading.index: heading.shown for heading in headings}
    matches = {
        column.name: Match(chosen[column.name], shown.get(chosen[column.name], ""), _EXACT_TITLE)
        for column in columns
        if column.name in chosen and chosen[column.name] not in refused
    }
    return _sort_out(matches, open_ones, not_collected, columns)


def _without_identity(headings: Sequence[Heading]) -> tuple[list[Heading], list[Heading]]:
    """Return the headings that can be taken, and those of identity numbers."""
    found: tuple[list[Heading], list[Heading]] = [], []
    for heading in headings:
        if heading.text.strip():
            found[is_identity(heading)].append(heading)
    return found


def _sort_out(
    matches: dict[str, Match], headings: Sequence[Heading], not_collected: Sequence[Heading], columns: Sequence[Column]
) -> Guess:
    taken = {match.index for match in matches.values()}
    duplicates: dict[str, tuple[Heading, ...]] = {}
    extra = []
    for heading in headings:
        if heading.index in taken:
            continue
        forms = _forms(heading)
        again = next((column for column in columns if _score(forms, column) >= _DUPLICATE), None)
        if again is not None and again.name in matches:
            duplicates[again.name] = (*duplicates.get(again.name, ()), heading)
        else:
            extra.append(heading)
    missing = tuple(column.name for column in columns if column.is_required and column.name not in matches)
    return Guess(matches, tuple(extra), missing, duplicates, tuple(not_collected))


def is_identity(heading: Heading) -> bool:
    """Whether identity numbers stand below: they are never taken in."""
    return bool(_IDENTITY.search(cells.key(heading.text)))


def _score(forms: Sequence[_Form], column: Column) -> float:
    """Return how well a heading fits a column, 0 when it does not."""
    title = cells.key(column.title)
    words = _words(column)
    best = 0.0
    for whole, outside, inside in forms:
        if outside in words:
            found = _EXACT_TITLE if outside == title else _EXACT
        elif whole in words:
            found = _EXACT_WHOLE
        elif not _STRANGERS.search(outside) and words & inside:
            found = _IN_BRACKETS
        else:
            found = max((_likeness(outside, word) for word in words), default=0.0)
        best = max(best, found)
    return best if best >= ACCEPTED else 0.0


def _forms(heading: Heading) -> list[_Form]:
    """Return the heading in its forms: by itself, and with the one above it."""
    forms = [_form(heading.text)]
    if heading.parent:
        whole, outside, inside = _form(heading.parent)
        child = forms[0]
        forms.append((whole + child[0], outside + child[1], inside))
    return forms


def _form(text: str) -> _Form:
    plain = _NUMBERING.sub("", cells.clean(text))
    inside = frozenset(_bare(found) for found in _BRACKETS.findall(plain))
    outside = _bare(_BRACKETS.sub("", plain))
    return _bare(plain), outside or _bare(plain), inside - {""}


def _bare(text: str) -> str:
    normal = cells.key(text)
    return _NOTES.sub("", normal) or normal


@lru_cache(maxsize=1_000)
def _words_of(title: str, name: str, synonyms: tuple[str, ...]) -> frozenset[str]:
    return frozenset({_form(title)[1], cells.key(name), *(cells.key(word) for word in synonyms)}) - {""}


def _words(column: Column) -> frozenset[str]:
    return _words_of(column.title, column.name, column.synonyms)


def _likeness(heading: str, word: str) -> float:
    """Return how alike two are that are not the same: one at the end of the other, or most characters."""
    if len(word) < 2 or len(heading) < 2:
        return 0.0
    if _STRANGERS.search(heading.replace(word, "")) and not _STRANGERS.search(word):
        return 0.0
    share = min(len(word), len(heading)) / max(len(word), len(heading))
    if heading.endswith(word):
        return 0.65 + 0.25 * share
    if heading.startswith(word) and heading[len(word) :] in _TAILS:
        return 0.65 + 0.25 * share
    if word.endswith(heading):
        return 0.6 + 0.25 * share
    alike = fuzz.ratio(heading, word) / 100
    return 0.85 * alike if alike >= _ALIKE else 0.0
