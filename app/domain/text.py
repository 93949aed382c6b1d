"""Text that people write: what is refused, so that nothing stored can break a screen, a log or a table (pure).

Nothing is changed: what was accepted comes back character by character.
"""

import re
import unicodedata

_REFUSED = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls except tab and line feed
    "\u200b\u2060\ufeff"  # invisible: zero-width space, word joiner, byte-order mark
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, embeddings, overrides, isolates (UAX 9)
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # surrogates without their other half: no encoding holds them
    "\ufff9-\ufffb"  # interlinear annotation
    "]"
)


def find_refused(text: str) -> str | None:
    """Return the first character that may not stand in a text as ``U+XXXX``, or None."""
    found = _REFUSED.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def is_blank(text: str) -> bool:
    """Whether nothing of the text would be seen."""
    return all(unicodedata.category(character)[0] in "ZC" for character in text)
