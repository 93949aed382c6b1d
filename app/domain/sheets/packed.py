"""The parts of a packed file (zip), each inflated within bounds that nothing in the file can move (pure).

What a file says of itself is compared with what it is: sizes, names, checksums, places. Programs differ in what they
make of contradictions, so a file with any is refused.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.domain.errors import Problem

PARTS_MAX = 1_000
INFLATED_BYTES_MAX = 128 * 2**20
"""Of all parts together: 20,000 rows of 20 columns are about 25 MiB of XML."""
RATIO_MAX = 200
"""Inflated to packed, of the whole file; a large honest table has 10 to 30."""
RATIO_FREE_BYTES = 8 * 2**20
"""Up to this, any ratio will do: a small table of like rows packs very well."""
CHUNK_BYTES = 2**16
_SIGNATURE = b"PK\x03\x04"
_ENTRY_SIGNATURE = b"PK\x01\x02"
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_IS_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
_PACKED_NAMES = (".zip", ".rar", ".7z", ".gz", ".xlsx", ".xlsm", ".xlsb", ".docx", ".pptx", ".jar")


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    method: int
    size: int
    checksum: int


class Package:
    """A packed file that has passed: its parts by their names in small letters."""

    def __init__(self, content: bytes, parts: dict[str, _Part]) -> None:
        self._content = content
        self._parts = parts

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    @property
    def names(self) -> list[str]:
        """The names of all parts, in small letters."""
        return list(self._parts)

    def size(self, name: str) -> int:
        """Return the bytes of a part when inflated."""
        return self._parts[name.lower()].size

    def stream(self, name: str) -> Iterator[bytes]:
        """Yield a part in pieces. Raises ``file-damaged`` when it is not what the file says of it, or not there."""
        part = self._parts.get(name.lower())
        if part is None:
            raise Problem("file-damaged")
        return _inflate(self._content, part)

    def read(self, name: str) -> bytes:
        """Return a part as a whole; for small ones."""
        return b"".join(self.stream(name))


def is_packed(content: bytes) -> bool:
    """Whether a file begins like a zip."""
    return content.startswith(_SIGNATURE)


def open_package(content: bytes) -> Package:
    """Return the parts of a packed file.

    Raises ``file-damaged``, ``file-encrypted`` and ``file-is-packed-too-densely``.
    """
    parts: dict[str, _Part] = {}
    for entry in _entries(content):
        name = entry.filename.lower()
        if name in parts or not _is_plain(entry.filename):
            raise Problem("file-damaged")
        if entry.flag_bits & _IS_ENCRYPTED:
            raise Problem("file-encrypted")
        if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise Problem("file-damaged")
        if name.endswith(_PACKED_NAMES):
            raise Problem("file-is-packed-too-densely")
        parts[name] = _locate(content, entry)
    _check_sizes(content, parts)
    return Package(content, parts)


def _entries(content: bytes) -> list[ZipInfo]:
    """Return what the directory at the very end of the file lists; a comment or anything else behind it is refused."""
    end = content[-_END.size :]
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06") or end[-2:] != b"\0\0":
        raise Problem("file-damaged")
    if content.count(_ENTRY_SIGNATURE) > PARTS_MAX:  # before anything is made of them
        raise Problem("file-is-packed-too-densely")
    try:
        with ZipFile(BytesIO(content)) as file:
            return [entry for entry in file.infolist() if not entry.is_dir()]
    except (BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, UnicodeDecodeError):
        raise Problem("file-damaged") from None


def _is_plain(name: str) -> bool:
    """Whether a name stays inside the file: parts are never written anywhere, but an honest file has no such names."""
    return not name.startswith("/") and "\\" not in name and ":" not in name and ".." not in name.split("/")


def _locate(content: bytes, entry: ZipInfo) -> _Part:
    """Return where a part lies, when the header there has the name that the directory has."""
    offset = entry.header_offset
    header = content[offset : offset + _LOCAL.size]
    if offset < 0 or len(header) < _LOCAL.size or not header.startswith(_SIGNATURE):
        raise Problem("file-damaged")
    *_, name_length, extra_length = _LOCAL.unpack(header)
    name = content[offset + _LOCAL.size : offset + _LOCAL.size + name_length]
    encoding = "utf-8" if entry.flag_bits & _IS_UTF8 else "cp437"
    start = offset + _LOCAL.size + name_length + extra_length
    end = start + entry.compress_size
    if end > len(content) or name.decode(encoding, "replace") != entry.orig_filename:
        raise Problem("file-damaged")
    return _Part(start, end, entry.compress_type, entry.file_size, entry.CRC)


def _check_sizes(content: bytes, parts: dict[str, _Part]) -> None:
    """Refuse what is declared too large, lies over another part, or is a packed file itself."""
    total = sum(part.size for part in parts.values())
    if total > INFLATED_BYTES_MAX or total > max(RATIO_FREE_BYTES, RATIO_MAX * len(content)):
        raise Problem("file-is-packed-too-densely")
    in_order = sorted(parts.values(), key=lambda part: part.start)
    if any(first.end > second.start for first, second in pairwise(in_order)):
        raise Problem("file-is-packed-too-densely")
    for part in parts.values():
        if next(_inflate(content, part), b"").startswith(_SIGNATURE):
            raise Problem("file-is-packed-too-densely")


def _inflate(content: bytes, part: _Part) -> Iterator[bytes]:
    """Yield a part in pieces, and never more of it than its declared size and one piece."""
    size = checksum = 0
    for piece in _stored(content, part) if part.method == ZIP_STORED else _deflated(content, part):
        size += len(piece)
        if size > part.size:
            raise Problem("file-is-packed-too-densely")
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if size != part.size or checksum != part.checksum:
        raise Problem("file-damaged")


def _stored(content: bytes, part: _Part) -> Iterator[bytes]:
    for start in range(part.start, part.end, CHUNK_BYTES):
        yield content[start : min(start + CHUNK_BYTES, part.end)]


def _deflated(content: bytes, part: _Part) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(content, part):
            rest = packed
            while rest and not inflater.eof:
                piece = inflater.decompress(rest, CHUNK_BYTES)
                rest = inflater.unconsumed_tail
                if piece:
                    yield piece
        while not inflater.eof:
            piece = inflater.decompress(b"", CHUNK_BYTES)
            if not piece:
                raise Problem("file-damaged")
            yield piece
    except zlib.error:
        raise Problem("file-damaged") from None
