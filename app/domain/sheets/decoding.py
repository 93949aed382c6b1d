"""Which encoding a text of an office is in: UTF-8, UTF-16 with its mark, GB18030 (pure).

GB18030 finds characters in almost any bytes, so what it finds is judged: Chinese tables are full of the 3,755
characters that GB 2312 calls the first level, and what is read wrongly is not. Big5 of Hong Kong and Taiwan is refused,
not guessed.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from functools import cache

from app.domain.errors import Problem

SAMPLE_CHARACTERS = 20_000
_SURROGATES = re.compile("[\ud800-\udfff]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_TRADITIONAL = frozenset(
    "東南西號樓員黨書記編備註職務網聯繫絡稱別會電話機總數戶業類屬責學證狀態後裡門區單國華陳張劉楊趙黃吳鄭"
)
"""Those that rosters are full of; written in GB18030 they are not of the first level."""
_HAN_TO_JUDGE = 8
_SHARE_SURE, _SHARE_MIN = 0.75, 0.4
_BIG5_SHARE_MIN = 0.95
_BIG5_COMMON = range(0xA4, 0xC7)
"""First bytes of Big5's 5,401 common characters."""


def decode(content: bytes) -> tuple[str, str]:
    """Return the encoding and the text. Raises ``file-encoding-unknown``, ``file-not-a-table``."""
    if content.startswith(BOM_UTF8):
        return "utf-8-sig", _decode_as(content, "utf-8-sig")
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16", _decode_as(content, "utf-16")
    if b"\0" in content:
        raise Problem("file-encoding-unknown" if _is_wide(content) else "file-not-a-table")
    try:
        return "utf-8", content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = _decode_as(content, "gb18030")
    if not _is_chinese(text, content):
        raise Problem("file-encoding-unknown")
    return "gb18030", text


def _decode_as(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Problem("file-encoding-unknown") from None
    if _SURROGATES.search(text):
        raise Problem("file-encoding-unknown")
    return text


def _is_chinese(text: str, content: bytes) -> bool:
    """Whether what GB18030 made of the bytes looks like a table of an office of the mainland."""
    found = _HAN.findall(text[:SAMPLE_CHARACTERS])
    share = sum(character in _level_one() or character in _TRADITIONAL for character in found) / max(len(found), 1)
    if len(found) < _HAN_TO_JUDGE or share >= _SHARE_SURE:
        return True
    return share >= _SHARE_MIN and not _is_big5(content)


def _is_big5(content: bytes) -> bool:
    """Whether the bytes are common characters throughout, were they what Hong Kong and Taiwan use."""
    try:
        found = _HAN.findall(content.decode("big5")[:SAMPLE_CHARACTERS])
    except UnicodeDecodeError:
        return False
    common = sum(character.encode("big5")[0] in _BIG5_COMMON for character in found)
    return common >= _BIG5_SHARE_MIN * max(len(found), 1)


def _is_wide(content: bytes) -> bool:
    """Whether this is text of two bytes a character without the mark that says so."""
    sample = content[:4096]
    zeros = [sample[place::2].count(0) for place in (0, 1)]
    return min(zeros) * 4 < max(zeros) and max(zeros) > len(sample) // 20


@cache
def _level_one() -> frozenset[str]:
    pairs = (bytes((lead, trail)) for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF))
    return frozenset("".join(pair.decode("gb2312", "ignore") for pair in pairs))
