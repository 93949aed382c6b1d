"""Answers that are files: tables for spreadsheet programs, sent in pieces and kept by nobody on the way."""

from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from fastapi.responses import StreamingResponse

CHUNK_BYTES = 1 << 16


class Spreadsheet(StreamingResponse):
    """A file of a spreadsheet program."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SeparatedValues(StreamingResponse):
    """A table as text (RFC 4180)."""

    media_type = "text/csv"


def headers(file_name: str) -> dict[str, str]:
    """Return the headers of a download, which are to be stored nowhere."""
    return {"Content-Disposition": attachment(file_name), "Cache-Control": "no-store"}


def attachment(file_name: str) -> str:
    """Return the header that names a download: in full by RFC 6266, and its ASCII for those who cannot read that."""
    safe = "".join("_" if character in '\\/:*?"<>|%' else character for character in file_name)
    plain = "".join(character for character in safe if character.isascii() and character.isprintable()).strip()
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def pieces(content: IO[bytes]) -> Iterator[bytes]:
    """Yield a file piece by piece and close it."""
    with content:
        while piece := content.read(CHUNK_BYTES):
            yield piece
