"""Reading XML that strangers made: no document types, no entities of its own, nothing from elsewhere (pure)."""

import re
from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from app.domain.errors import Problem

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

NAMES_MAX = 10_000
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def feed(pieces: Iterable[bytes], start: Start | None = None, end: End | None = None, text: Text | None = None) -> None:
    """Read a document and call back for its elements. Raises ``file-damaged``.

    Names are the namespace, a blank and the local name. A text may come in several pieces.
    """
    for _ in steps(pieces, start, end, text):
        pass


def steps(
    pieces: Iterable[bytes], start: Start | None = None, end: End | None = None, text: Text | None = None
) -> Iterator[None]:
    """Read a document and pause after each piece, so that the caller can stop. Raises ``file-damaged``."""
    # UTF-8, or UTF-16 by its mark, whatever the document says: an odd declaration could hide what stands there.
    parser = expat.ParserCreate("UTF-8", " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        for piece in pieces:
            parser.Parse(piece, False)  # noqa: FBT003 - positional alone
            yield
        parser.Parse(b"", True)  # noqa: FBT003
        yield
    except expat.ExpatError:
        raise Problem("file-damaged") from None


def _refuse(*_: object) -> None:
    raise Problem("file-damaged")


class _LocalNames(dict[str, str]):
    """Names without their namespaces, each cut once."""

    def __missing__(self, name: str) -> str:
        if len(self) >= NAMES_MAX:
            self.clear()
        self[name] = local = name.rpartition(" ")[2]
        return local


LOCAL = _LocalNames()
"""The name of an element without its namespace: ``LOCAL[name]``."""


def unescape(text: str) -> str:
    """Return a text whose characters that XML cannot hold are written as ``_x000D_`` (ECMA-376, 22.9.2.19).

    Controls and halves of characters, which no text has and no database takes, are left out.
    """
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: _NEVER.sub("", chr(int(found[1], 16))), text)
