"""Reading Chinese as people type it: one form for one text, and the words that it is made of (pure but for loading).

Traditional characters, wide letters, case, punctuation and pinyin in brackets behind a character (社區(qū)) make no
difference; words that say the same become one (``thesaurus``). The dictionary is read once by each process that needs
it, at its first use: a third of a second and about 30 MB. Nothing is written anywhere and nothing is logged.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

from app.domain.thesaurus import EMPTY, SAME

TOKENS_MAX = 160
"""Of one text, the first ones count: what a complaint is about stands in its title and its first sentences."""
FREQUENCY_MIN = 5
"""Rarer words of the dictionary are names and classical turns; without them it loads in half the time and memory."""
OWN_FREQUENCY = 2000
"""Of words that the dictionary does not know or knows as two: enough for them to stay whole."""

_LETTERS = "a-zü\u00e0-\u01dc\u0300-\u030c\u02c7\u02c9-\u02cb1-5'’ "
"""Of pinyin: its vowels with tone marks, marks that stand by themselves, tones as figures."""
_PINYIN = re.compile(
    rf"(?<=[\u3400-\u4dbf\u4e00-\u9fff])(?:\s?[(\[{{<《〈「『【\u3014][{_LETTERS}]{{1,40}}[)\]}}>》〉」』】\u3015])+"
)
_MARKS = re.compile(r"[\W_]+")
_lock = Lock()


def load() -> None:
    """Read the dictionaries; costly the first time, nothing after. Call it in a thread where others wait."""
    with _lock:
        _converter()
        _tokenizer()


def is_loaded() -> bool:
    """Whether the dictionaries are read."""
    return bool(_tokenizer.cache_info().currsize and _converter.cache_info().currsize)


def normalise(text: str) -> str:
    """Return the one form of a text: simplified, plain, small letters, words and figures alone between blanks."""
    plain = unicodedata.normalize("NFKC", text).lower()
    simplified: str = _converter().convert(_PINYIN.sub("", plain))
    return _MARKS.sub(" ", simplified).strip()


def tokens_of(normal: str) -> list[str]:
    """Return the words of a text in its one form that say something, each once and under its one name, as they come."""
    found: dict[str, None] = {}
    for word in _tokenizer().cut(normal, HMM=False):
        if word.isspace() or word in EMPTY:
            continue
        same = SAME.get(word)
        if same is None:
            found.update(dict.fromkeys(_parts(word)))
        found[same or word] = None
        if len(found) >= TOKENS_MAX:
            break
    return list(found)[:TOKENS_MAX]


def _parts(word: str) -> Iterator[str]:
    """Yield the known words of two characters inside a longer one: 派出所 is found by 派出 as well."""
    if len(word) > 2 and not word.isascii():
        known: dict[str, int] = _tokenizer().FREQ
        for place in range(len(word) - 1):
            part = word[place : place + 2]
            if known.get(part) and part not in EMPTY:
                yield SAME.get(part, part)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


@cache
def _tokenizer() -> Any:
    """Return jieba's tokenizer with what it needs already in it, so that it neither looks for nor writes a cache."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was written for older Pythons, and says so when it is compiled
        import jieba
    frequencies: dict[str, int] = {}
    with (files("jieba") / "dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, written, _ = line.split(" ", 2)
            frequency = int(written)
            if frequency >= FREQUENCY_MIN:
                frequencies[word] = frequency
    for word in SAME:
        frequencies[word] = max(frequencies.get(word, 0), OWN_FREQUENCY)
    for word in list(frequencies):
        for length in range(1, len(word)):
            frequencies.setdefault(word[:length], 0)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ = frequencies
    tokenizer.total = sum(frequencies.values())
    tokenizer.initialized = True
    return tokenizer
