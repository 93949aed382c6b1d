"""Opening what offices send as a table: what it is, is seen from its content, never from its name (pure).

``open_file(content)`` gives a workbook or a csv, whose ``sheet_names`` can be ``read``. What cannot be read is refused
with a problem of its own, so that whoever sent it knows what to do.
"""

import re
from typing import Protocol

from app.domain.errors import Problem
from app.domain.sheets import packed
from app.domain.sheets.delimited import Delimited
from app.domain.sheets.rows import Sheet
from app.domain.sheets.workbook import Workbook

FILE_BYTES_MAX = 10 * 2**20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_TABLE_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_MACRO_STREAM = "_VBA_PROJECT".encode("utf-16-le")
_BARE_TABLES = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
"""Tables of the years before 1993 (BIFF2 to BIFF4) have no container."""
_OTHER_FORMATS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
    b"SQLite format 3",
)
_EMPTY_ZIP = b"PK\x05\x06"
_ZIP_IN_PARTS = b"PK\x07\x08"
_BLANK = re.compile(rb"[\s,;\xef\xbb\xbf\xfe\xff\x00]*")


class Source(Protocol):
    """A file whose sheets can be read one by one."""

    kind: str
    encoding: str | None
    sheet_names: tuple[str, ...]

    def read(self, name: str, rows_max: int | None = None) -> Sheet:
        """Return a sheet, or the first rows of it."""


def open_file(content: bytes) -> Source:
    """Return what the bytes hold.

    Raises ``file-empty``, ``file-too-large``, ``file-not-a-table``, ``file-old-excel``, ``file-has-macros``,
    ``file-encrypted``, ``file-is-packed-too-densely``, ``file-encoding-unknown``, ``file-damaged``.
    """
    if len(content) > FILE_BYTES_MAX:
        raise Problem("file-too-large")
    if _BLANK.fullmatch(content):
        raise Problem("file-empty")
    if packed.is_packed(content):
        return Workbook(content)
    if content.startswith((_EMPTY_ZIP, _ZIP_IN_PARTS)):
        raise Problem("file-damaged")
    if content.startswith(_OLE):
        raise Problem(_code_of_old(content))
    if content.startswith(_BARE_TABLES):
        raise Problem("file-old-excel")
    if content.startswith(_OTHER_FORMATS):
        raise Problem("file-not-a-table")
    return Delimited(content)


def _code_of_old(content: bytes) -> str:
    """Return what is said of a compound file (MS-CFB), the container before 2007 and of encrypted files."""
    if _ENCRYPTED_STREAM in content:
        return "file-encrypted"
    if any(name in content for name in _TABLE_STREAMS):
        return "file-has-macros" if _MACRO_STREAM in content else "file-old-excel"
    return "file-not-a-table"
