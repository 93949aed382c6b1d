"""The word list: which kinds of words somebody has to look at stand in a text (pure, but for the list that is shipped).

Found words are a reason to look and never a verdict: the sieve lets nothing pass that WeChat does not, and turns
nothing down. All words are looked for in one pass over the text (Aho and Corasick, CACM 18:6, 1975).
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

COMMENT, KIND_OPENS, KIND_ENDS = "#", "[", "]"
WORD_CHARACTERS_MIN, WORD_CHARACTERS_MAX = 2, 40


class WordListError(ValueError):
    """A word list is not in its form; the message says in which line and what to write."""


class Sieve:
    """The words of some lists, ready to be looked for."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        """Look for ``entries``, each a word and its kind."""
        from ahocorasick import Automaton

        self._automaton: Any = Automaton()
        self._is_empty = True
        for word, kind in entries:
            self._automaton.add_word(bare(word), kind)
            self._is_empty = False
        self._automaton.make_automaton()

    def find(self, text: str) -> tuple[str, ...]:
        """Return of which kinds there are words in ``text``, each once, in the order of the text."""
        if self._is_empty:
            return ()
        return tuple(dict.fromkeys(kind for _, kind in self._automaton.iter(bare(text))))


def bare(text: str) -> str:
    """Return a text without what hides words: width, case, variants, traditional forms, all that is no letter."""
    plain = _converter().convert(unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in plain if character.isalnum())


def read(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the words of a list with their kinds: ``[kind]`` on a line of its own, then a word a line, # for remarks.

    Raises WordListError.
    """
    kind = None
    for number, line in enumerate(lines, start=1):
        word = line.split(COMMENT, 1)[0].strip()
        if word.startswith(KIND_OPENS) and word.endswith(KIND_ENDS):
            kind = word[1:-1].strip()
        elif word:
            if not kind:
                raise WordListError(f"line {number}: a line [kind] has to stand before the first word")
            if not WORD_CHARACTERS_MIN <= len(bare(word)) <= WORD_CHARACTERS_MAX:
                raise WordListError(
                    f"line {number}: a word has {WORD_CHARACTERS_MIN} to {WORD_CHARACTERS_MAX} letters or digits"
                )
            yield word, kind


@cache
def shipped() -> Sieve:
    """Return the sieve of the list that comes with the program."""
    return Sieve(shipped_entries())


def shipped_entries() -> list[tuple[str, str]]:
    """Return the words that come with the program."""
    return list(read(files("app.domain").joinpath("sieve_words.txt").read_text("utf-8").splitlines()))


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
