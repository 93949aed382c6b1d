"""Reading csv as offices save it: which delimiter, and the texts as they stand (pure).

A leading apostrophe that was put before a text so that no program runs it (``armour``) is taken away again; a text
that begins like a formula without one is marked as calculated. An exported ``="0101"`` is the text in its quotes.
"""

import csv
import re
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper

from app.domain.errors import Problem
from app.domain.sheets import decoding
from app.domain.sheets.rows import (
    CELLS_MAX,
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
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


class Delimited:
    """A csv file: one sheet without a name."""

    kind = "csv"
    sheet_names: tuple[str, ...] = ("",)

    def __init__(self, content: bytes) -> None:
        encoding, text = decoding.decode(content)
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
        count = 0
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
                count += len(cells)
                if count > CELLS_MAX:
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
