"""Reading csv as offices save it: which encoding, which delimiter, and the texts as they stand (pure).

A leading apostrophe that was put before a text so that no program runs it (``armour``) is taken away again; a text
that begins like a formula without one is marked as calculated. An exported ``="0101"`` is the text in its quotes.
"""

import csv
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper

from app.domain.errors import Problem
from app.domain.sheets.rows import (
    CHARACTERS_MAX,
    COLUMNS_MAX,
    HEAD_ROWS_MAX,
    ROWS_MAX,
    TEXT_CHARACTERS_MAX,
    Row,
    Sheet,
)

DELIMITERS = ",\t;"
SAMPLE_LINES = 30
SAMPLE_CHARACTERS = 20_000
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - full-width ones begin formulas too
"""What a text begins with that programs take for a formula (OWASP, CSV Injection)."""

_WIDE_EQUALS = "\uff1d"
_RUNNABLE = "".join(map(re.escape, sorted(FORMULA_STARTS)))
_ARMOURED = re.compile(f"'+[{_RUNNABLE}]")
_TO_ARMOUR = re.compile(f"'*[{_RUNNABLE}]")
_LITERAL = re.compile('="([^"]*)"')
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_COMMON = frozenset(
    "的一是在不人有中大国上个年时地工分部区社街道路号楼室村委会单位名称姓性别男女电话手机联系地址网格员党支书记"
    "编号序备注日期月出生身份证志愿者服务所属类型商户负责统信用代码合计总数户口住小学校公司业主任职务状态是否"
    "東南西北區話單號樓員黨書記編備註職務網聯繫絡稱別會電機總數戶業類屬責學證狀態後裡門"
)
"""Characters that tables of offices are full of, in both scripts."""
_HAN_TO_JUDGE = 8
_COMMON_SHARE_MIN = 0.05
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


class Delimited:
    """A csv file: one sheet without a name."""

    kind = "csv"
    sheet_names: tuple[str, ...] = ("",)

    def __init__(self, content: bytes) -> None:
        encoding, text = decode(content)
        if _CONTROLS.search(text):
            raise Problem("file-not-a-table")
        if text.lstrip()[:1] == "<" or text.startswith(("%PDF", "{\\rtf")):
            raise Problem("file-not-a-table")
        told = _SEPARATOR_LINE.match(text)
        self._is_told = told is not None
        self._content = content
        self.encoding: str | None = encoding
        self.delimiter = told[1] if told and told[1] in DELIMITERS else _find_delimiter(text)

    def read(self, name: str = "", rows_max: int | None = None) -> Sheet:
        """Return the rows, or the first ``rows_max`` of those that are not blank.

        Raises ``file-too-many-rows``, ``file-too-large``, ``file-damaged``.
        """
        rows: list[Row] = []
        for row in self._rows():
            if rows_max is not None and len(rows) >= rows_max:
                break
            if rows_max is None and row.number > ROWS_MAX + HEAD_ROWS_MAX:
                raise Problem("file-too-many-rows")
            rows.append(row)
        return Sheet(name, rows)

    def _rows(self) -> Iterator[Row]:
        characters = 0
        lines = TextIOWrapper(BytesIO(self._content), self.encoding, newline="")
        if self._is_told:
            next(lines)
        try:
            for number, cells in enumerate(csv.reader(lines, delimiter=self.delimiter), start=1):
                while cells and not cells[-1].strip():
                    cells.pop()
                if not cells:
                    continue
                if len(cells) > COLUMNS_MAX:
                    raise Problem("file-too-many-rows")
                characters += sum(map(len, cells))
                if characters > CHARACTERS_MAX:
                    raise Problem("file-too-large")
                if max(map(len, cells)) > TEXT_CHARACTERS_MAX:
                    raise Problem("file-damaged")
                yield _row(number, cells)
        except csv.Error:
            raise Problem("file-damaged") from None


def armour(text: str) -> str:
    """Return a text that no program runs; ``disarm`` takes it back, whatever the text."""
    return f"'{text}" if _TO_ARMOUR.match(text) else text


def disarm(text: str) -> str:
    """Return what ``armour`` was given."""
    return text[1:] if _ARMOURED.match(text) else text


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
    found = _HAN.findall(text[:SAMPLE_CHARACTERS])
    common = sum(character in _COMMON for character in found)
    if len(found) >= _HAN_TO_JUDGE and common < _COMMON_SHARE_MIN * len(found):
        raise Problem("file-encoding-unknown")
    if common < _common_in_big5(content):
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


def _common_in_big5(content: bytes) -> int:
    """Return how many common characters there would be, were it what Hong Kong and Taiwan use."""
    try:
        text = content.decode("big5")
    except UnicodeDecodeError:
        return 0
    return sum(character in _COMMON for character in text[:SAMPLE_CHARACTERS])


def _is_wide(content: bytes) -> bool:
    """Whether this is text of two bytes a character without the mark that says so."""
    sample = content[:4096]
    zeros = [sample[place::2].count(0) for place in (0, 1)]
    return min(zeros) * 4 < max(zeros) and max(zeros) > len(sample) // 20


def _find_delimiter(text: str) -> str:
    """Return the delimiter that stands equally often in most of the first lines."""
    unquoted = re.sub('"[^"]*"', "", text[:SAMPLE_CHARACTERS])
    lines = [line for line in unquoted.splitlines() if line][:SAMPLE_LINES]

    def weight(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines if delimiter in line]
        usual = max(set(counts), key=counts.count, default=0)
        return counts.count(usual) if usual else 0, usual

    return max(DELIMITERS, key=weight)


def _row(number: int, cells: list[str]) -> Row:
    formulas = []
    for place, text in enumerate(cells):
        if text[:1] in {"'", "="} or text[:2] == " =" or text[:1] == _WIDE_EQUALS:
            literal = _LITERAL.fullmatch(text)
            if literal:
                cells[place] = literal[1]
            elif _ARMOURED.match(text):
                cells[place] = text[1:]
            elif text.lstrip().startswith(("=", _WIDE_EQUALS)):
                formulas.append(place)
    return Row(number, tuple(cells), tuple(formulas))
