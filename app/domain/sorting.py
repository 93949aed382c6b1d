"""Which category a complaint belongs to, and the words that say so (pure).

Naive Bayes over the words of the text: by how much more often a word stands in the complaints of a category than
anywhere. Before anything was learned, a word of a category's list is taken to stand in ``LISTED`` of its complaints and
in ``UNLISTED`` of all; each complaint that staff have dealt with under a category then counts.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

LISTED = 0.04
UNLISTED = 0.002
BELIEF = 25
"""What is believed at first weighs as much as so many complaints."""
BELIEF_IN_LISTS = 1 / UNLISTED
"""That a listed word is rare elsewhere is believed longer: one complaint there must not make it an everyday word."""
SMOOTHING = 3.0
"""Occurrences that are added on both sides, so that one or two prove nothing."""
TITLE_WEIGHT = 2.0
ONE_WORD_MAX = 4.0
"""No single word decides more than this, either way."""
AGAINST_MAX = 0.7
ENOUGH = 1.0
"""Natural logarithm of the odds below which nothing speaks for a category."""
REASONS_MAX = 3


@dataclass(frozen=True, slots=True)
class Learned:
    """In how many complaints of each category each word stood, and how many there were."""

    of_word: Mapping[tuple[str, str], int]
    of_category: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """A category, or none, with the words that led there, as they were written, the strongest first."""

    category: str | None
    words: tuple[str, ...]


NOTHING_LEARNED = Learned({}, {})


def choose(
    title: str, body: str, tokens: Sequence[str], lists: Mapping[str, Collection[str]], learned: Learned
) -> Choice:
    """Return the category that the words of a text in its one form speak for most."""
    evidence = _evidence(title, body, tokens, lists)
    known = set(tokens)  # nobody counts how often other words stood in complaints
    scores: dict[str, dict[str, float]] = {category: {} for category in lists}
    for word, times in evidence.items():
        basis = learned if word in known else NOTHING_LEARNED
        common = _share(word, basis, basis.of_category, BELIEF)
        for category, listed in lists.items():
            lift = 1.0
            if word in listed:
                lift = max(1.0, LISTED / _share(word, basis, basis.of_category.keys() - {category}, BELIEF_IN_LISTS))
            scores[category][word] = times * _odds(word, category, lift, common, basis)
    total = sum(learned.of_category.values())
    sums = {
        category: sum(of_word.values())
        + math.log((learned.of_category.get(category, 0) + BELIEF) / (total / len(lists) + BELIEF))
        for category, of_word in scores.items()
    }
    best = max(sums, key=sums.__getitem__, default=None)
    # How common a category is decides between two, and never speaks by itself.
    if best is None or min(sums[best], sum(scores[best].values())) < ENOUGH:
        return Choice(None, ())
    leading = sorted((word for word, value in scores[best].items() if value > 0), key=lambda word: -scores[best][word])
    as_written = [word for word in leading if word in f"{title} {body}"]
    return Choice(best, tuple((as_written or leading)[:REASONS_MAX]))


def _evidence(title: str, body: str, tokens: Sequence[str], lists: Mapping[str, Collection[str]]) -> dict[str, float]:
    """Return the words that stand in the text, listed ones wherever they do, each with its weight.

    A word inside a longer one that is there as well says nothing more: of 广场舞 and 广场, 广场舞 counts.
    """
    text = f"{title} {body}"
    listed = {word for words in lists.values() for word in words if word in text}
    found = sorted(listed | set(tokens), key=lambda word: (-len(word), text.find(word), word))
    kept: dict[str, float] = {}
    left = text
    for word in found:
        if word not in left and word in text:
            continue
        left = left.replace(word, " ")
        kept[word] = TITLE_WEIGHT if word in title else 1.0
    return kept


def _odds(word: str, category: str, lift: float, common: float, learned: Learned) -> float:
    """Return by how much a word speaks for a category, as a natural logarithm."""
    seen = learned.of_word.get((category, word), 0)
    expected = learned.of_category.get(category, 0) * common
    return max(-AGAINST_MAX, min(ONE_WORD_MAX, math.log((seen + SMOOTHING * lift) / (expected + SMOOTHING))))


def _share(word: str, learned: Learned, categories: Collection[str], belief: float) -> float:
    """Return in which share of their complaints a word stands, where ``belief`` complaints say that it is rare."""
    seen = sum(learned.of_word.get((category, word), 0) for category in categories)
    return (seen + belief * UNLISTED) / (sum(learned.of_category[category] for category in categories) + belief)
