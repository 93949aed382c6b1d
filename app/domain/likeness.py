"""How alike two complaints are, from nothing in common (0) to the same (1) (pure).

Seven tenths are the words that they share, each weighed by how rare it is (Spärck Jones 1972; cosine of the two sets,
as in vector retrieval), three tenths how well the beginnings are spelt alike, which finds what a typing error or a
missing character hides from a dictionary.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from app.domain import words

TITLE_WEIGHT = 1.5
"""A word of the title counts for so many of the body."""
BEGINNING = 120
"""Characters of title and text of which the spelling is compared."""
WORDS_SHARE, CONTAINED_SHARE, SPELLING_SHARE = 0.45, 0.25, 0.3

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
        + SPELLING_SHARE * spelling
    )


def _weights(reading: Reading, weigh: Weigh) -> dict[str, float]:
    return {
        word: weigh(word) * (TITLE_WEIGHT if place < reading.title_tokens else 1)
        for place, word in enumerate(reading.tokens)
    }
