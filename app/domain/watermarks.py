"""Hidden watermarks: bytes as characters that nobody sees, woven into texts (pure).

Four characters of no width stand for two bits each. They go with a text wherever it is copied, pasted or saved, and are
gone when it is printed, made a PDF, photographed or typed anew: for that there is a watermark to be seen. A text gets
the mark near its beginning and again after every ``APART`` characters, so that a part carries it as well. What people
write is rid of these characters first: nobody spoils a mark by putting some of their own beside it.
"""

import re
from collections.abc import Iterator

SYMBOLS = "\u200b\u2060\u2062\u2063"
"""Zero-width space, word joiner, invisible times, invisible separator, for the bits 00 to 11."""
APART = 100
_PER_BYTE = 4
_WITHOUT = str.maketrans("", "", SYMBOLS)
_RUN = re.compile(f"[{SYMBOLS}]+")


def spell(content: bytes) -> str:
    """Return ``content`` in characters that are not seen."""
    return "".join(SYMBOLS[byte >> shift & 3] for byte in content for shift in (6, 4, 2, 0))


def clean(text: str) -> str:
    """Return a text without the characters that marks are made of."""
    return text.translate(_WITHOUT)


def weave(text: str, content: bytes) -> str:
    """Return a text with ``content`` woven in; between two letters or digits, so that no emoji falls apart."""
    text, mark = clean(text), spell(content)
    woven: list[str] = []
    last = 0
    for place in range(1, len(text)):
        is_due = not woven or place - last >= APART
        if is_due and text[place - 1].isalnum() and text[place].isalnum():
            woven += [text[last:place], mark]
            last = place
    return "".join([*woven, text[last:]]) if woven else text + mark


def read(text: str, length: int) -> Iterator[bytes]:
    """Yield everything of ``length`` bytes that may be woven into a text: whoever sealed it can tell what was."""
    size = length * _PER_BYTE
    for run in _RUN.finditer(text):
        values = [SYMBOLS.index(character) for character in run.group()]
        for start in range(len(values) - size + 1):
            yield _bytes(values[start : start + size])


def _bytes(values: list[int]) -> bytes:
    four = zip(*[iter(values)] * _PER_BYTE, strict=True)
    return bytes(first << 6 | second << 4 | third << 2 | fourth for first, second, third, fourth in four)
