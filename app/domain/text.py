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

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a braille pattern by category, but nothing to the eye."""


def find_refused(text: str) -> str | None:
    """Return the first character that may not stand in a text as ``U+XXXX``, or None."""
    found = _REFUSED.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def is_blank(text: str) -> bool:
    """Whether nothing of the text would be seen. Characters that this Python does not know yet count as seen."""
    return all(
        character in _FILLERS or unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cc", "Cf"} for character in text
    )
