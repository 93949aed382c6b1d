"""How alike two complaints are, from nothing in common (0) to the same (1) (pure).

Nearly half are the words that they share, each weighed by how rare it is (Spärck Jones 1972; cosine of the two sets,
as in vector retrieval), nearly half the characters, which in Chinese carry a meaning of their own: 漏水 and 渗漏 share
one. The rest is how well the beginnings are spelt alike.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from app.domain import words
from app.domain.thesaurus import EMPTY

TITLE_WEIGHT = 1.5
"""A word of the title counts for so many of the body."""
BEGINNING = 120
"""Characters of title and text that are compared."""
WORDS_SHARE, CONTAINED_SHARE, CHARACTERS_SHARE, SPELLING_SHARE = 0.28, 0.16, 0.48, 0.08
EMPTY_CHARACTERS = {" ", *(word for word in EMPTY if len(word) == 1)}

Weigh = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A complaint as it is compared: how it begins, in the one form, and its words, those of the title first."""

    beginning: str
    tokens: Sequence[str]
    title_tokens: int


def read(title: str, body: str) -> Reading:
    """Return a complaint as it is compared."""
    title, body = words.normalise(title), words.normalise(body)
    of_title = words.tokens_of(title)
    tokens = list(dict.fromkeys([*of_title, *words.tokens_of(body)]))[: words.TOKENS_MAX]
    return Reading(f"{title} {body}"[:BEGINNING], tokens, len(of_title))


def weight(frequency: float) -> float:
    """Return what a word is worth that stands in this share of all complaints (inverse document frequency)."""
    return math.log(1 + 1 / max(frequency, 1e-5))


def score(one: Reading, other: Reading, weigh: Weigh) -> float:
    """Return how alike two readings are, from 0 to 1; the same for either order."""
    ours, theirs = _weights(one, weigh), _weights(other, weigh)
    if not ours or not theirs:
        return 0.0
    shared = sum(min(value, theirs[word]) for word, value in ours.items() if word in theirs)
    sums = sum(ours.values()), sum(theirs.values())
    spelling = fuzz.ratio(one.beginning, other.beginning) / 100
    return (
        WORDS_SHARE * shared / math.sqrt(sums[0] * sums[1])
        + CONTAINED_SHARE * shared / min(sums)
        + CHARACTERS_SHARE * _common(one.beginning, other.beginning)
        + SPELLING_SHARE * spelling
    )


def _common(one: str, other: str) -> float:
    """Return which share of their characters two texts have in common, as a cosine; what says nothing is left out."""
    ours, theirs = set(one) - EMPTY_CHARACTERS, set(other) - EMPTY_CHARACTERS
    return len(ours & theirs) / math.sqrt(len(ours) * len(theirs)) if ours and theirs else 0.0


def _weights(reading: Reading, weigh: Weigh) -> dict[str, float]:
    return {
        word: weigh(word) * (TITLE_WEIGHT if place < reading.title_tokens else 1)
        for place, word in enumerate(reading.tokens)
    }
