"""One sheet of an xlsx on its way in, element by element (pure)."""

import re

from app.domain.errors import Problem
from app.domain.sheets import markup, numbers
from app.domain.sheets.markup import LOCAL
from app.domain.sheets.rows import (
    CELLS_MAX,
    CHARACTERS_MAX,
    COLUMNS_MAX,
    HEAD_ROWS_MAX,
    ROWS_MAX,
    TEXT_CHARACTERS_MAX,
    Range,
    Row,
    cells_in,
)

RANGES_MAX = 50_000
_REFERENCE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW_LAST, _COLUMN_LAST = 1_048_576, 16_383
_LETTERS = {chr(ord("A") + place): place + 1 for place in range(26)}


class SheetPart:
    """Call ``start``, ``text`` and ``end`` for what the XML holds, then ``finish``; ``rows`` are what was not blank.

    Raises ``file-too-many-rows`` as soon as that is known, ``file-too-large``, ``file-damaged``. With ``rows_max`` it
    is full after so many rows and refuses nothing for its length.
    """

    def __init__(self, shared: list[str], forms: list[numbers.Form | None], *, rows_max: int | None = None) -> None:
        self.rows: list[Row] = []
        self.merged: list[Range] = []
        self.hidden_rows: set[int] = set()
        self._shared, self._forms, self._rows_max = shared, forms, rows_max
        self._calculated: list[Range] = []
        self._row = 0
        self._is_hidden = False
        self._column = -1
        self._cells: list[str] = []
        self._formulas: list[int] = []
        self._kind = self._style = ""
        self._pieces: list[str] = []
        self._is_text = False
        self._readings = 0
        self._length = self._characters = self._count = 0

    @property
    def is_full(self) -> bool:
        """Whether as many rows have come as were wanted."""
        return self._rows_max is not None and len(self.rows) >= self._rows_max

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take an element's beginning."""
        kind = LOCAL[name]
        if kind == "v":
            self._is_text = True
        elif kind == "c":
            self._start_cell(attributes)
        elif kind == "row":
            self._start_row(attributes)
        elif kind == "t":
            self._is_text = not self._readings
        elif kind == "f":
            self._start_formula(attributes)
        elif kind == "rPh":
            self._readings += 1
        elif kind == "mergeCell":
            self._keep(self.merged, attributes.get("ref", ""))

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._is_text:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > TEXT_CHARACTERS_MAX:
                raise Problem("file-damaged")

    def end(self, name: str) -> None:
        """Take an element's end."""
        kind = LOCAL[name]
        if kind in {"v", "t"}:
            self._is_text = False
        elif kind == "c":
            if self._pieces:
                self._end_cell()
        elif kind == "row":
            self._end_row()
        elif kind == "rPh":
            self._readings -= 1

    def finish(self) -> None:
        """Mark what the formulas of other cells calculate."""
        marked: dict[int, set[int]] = {}
        for place, column, _ in cells_in(self.rows, self._calculated):
            marked.setdefault(place, set(self.rows[place].formulas)).add(column)
        for place, columns in marked.items():
            row = self.rows[place]
            self.rows[place] = Row(row.number, row.cells, tuple(sorted(columns)))

    def _start_row(self, attributes: dict[str, str]) -> None:
        written = attributes.get("r")
        number = self._row + 1 if written is None else _whole(written)
        if not self._row < number <= _ROW_LAST:
            raise Problem("file-damaged")
        self._row, self._column = number, -1
        self._is_hidden = attributes.get("hidden") in {"1", "true"}

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            column = self._column + 1
        else:
            row, column = _place(reference)
            if row != self._row or column <= self._column:
                raise Problem("file-damaged")
        self._column = column
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._pieces.clear()
        self._length = 0

    def _start_formula(self, attributes: dict[str, str]) -> None:
        self._formulas.append(self._column)
        if ":" in attributes.get("ref", "") and attributes.get("t") in {"array", "dataTable"}:
            self._keep(self._calculated, attributes["ref"])

    def _end_cell(self) -> None:
        text = self._value("".join(self._pieces))
        self._pieces.clear()
        if not text or text.isspace():
            return
        if self._column >= COLUMNS_MAX:
            raise Problem("file-too-many-rows")
        self._characters += len(text)
        if self._characters > CHARACTERS_MAX:
            raise Problem("file-too-large")
        missing = self._column - len(self._cells)
        if missing:
            self._cells.extend([""] * missing)
        self._cells.append(text)

    def _end_row(self) -> None:
        if self._cells or self._formulas:
            if self._rows_max is None and self._row > ROWS_MAX + HEAD_ROWS_MAX:
                raise Problem("file-too-many-rows")
            if self._is_hidden:
                self.hidden_rows.add(self._row)
            self._count += len(self._cells)
            if self._count > CELLS_MAX:
                raise Problem("file-too-large")
            if not self.is_full:
                self.rows.append(Row(self._row, tuple(self._cells), tuple(self._formulas)))
            self._cells.clear()
            self._formulas.clear()

    def _value(self, written: str) -> str:
        kind = self._kind
        if kind == "s":
            place = _whole(written)
            if place >= len(self._shared):
                raise Problem("file-damaged")
            return self._shared[place]
        if kind == "n":
            form = self._form()
            return numbers.write_figures(written) if form is None else _apply(form, written)
        if kind == "b":
            return "TRUE" if written == "1" else "FALSE"
        return markup.unescape(written) if kind in {"str", "inlineStr"} else written

    def _form(self) -> numbers.Form | None:
        style = self._style
        if not style:
            return None
        place = _whole(style)
        return self._forms[place] if place < len(self._forms) else None

    def _keep(self, ranges: list[Range], written: str) -> None:
        first, _, last = written.partition(":")
        top, left = _place(first)
        bottom, right = _place(last or first)
        if len(ranges) >= RANGES_MAX or top > bottom or left > right:
            raise Problem("file-damaged")
        ranges.append((top, left, bottom, right))


def _apply(form: numbers.Form, written: str) -> str:
    try:
        return form(float(written))
    except ValueError:
        return written


def _whole(written: str) -> int:
    written = written.strip()
    if not (written.isascii() and written.isdigit() and len(written) <= 9):
        raise Problem("file-damaged")
    return int(written)


def _place(reference: str) -> tuple[int, int]:
    """Return row (from 1) and column (from 0) of ``B7``."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise Problem("file-damaged")
    column = 0
    for letter in found[1]:
        column = column * 26 + _LETTERS[letter]
    row = int(found[2])
    if row > _ROW_LAST or column > _COLUMN_LAST + 1:
        raise Problem("file-damaged")
    return row, column - 1
