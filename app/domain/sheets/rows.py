"""What every reader of spreadsheets hands on: rows of texts as a person sees them (pure)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.domain.errors import Problem

ROWS_MAX = 50_000
"""Of one table, its headings not counted."""
HEAD_ROWS_MAX = 20
"""Titles, headings and blank rows that may stand above."""
COLUMNS_MAX = 100
CELLS_MAX = 2_000_000
"""Of one sheet: 20,000 rows of as many columns as there may be. They take some 150 MB."""
TEXT_CHARACTERS_MAX = 32_767
"""Of one cell: what spreadsheet programs hold themselves."""
CHARACTERS_MAX = 40_000_000
"""Of all cells together, each counted where it stands: few shared texts can be made to stand in many cells."""

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column; rows are counted from 1, columns from 0."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank.

    ``number`` is counted from 1 as the program shows it. ``formulas`` are the places (from 0) of cells that are
    calculated: what stands there is a result that somebody's program remembered, and need not be true.
    """

    number: int
    cells: tuple[str, ...]
    formulas: tuple[int, ...] = ()

    def cell(self, index: int) -> str:
        """Return the text at a place, empty beyond the end."""
        return self.cells[index] if index < len(self.cells) else ""


@dataclass(slots=True)
class Sheet:
    """The rows of one sheet, blank ones left out, and how the file counts days (``is_1904``)."""

    name: str
    rows: list[Row]
    is_1904: bool = False
    merged: list[Range] = field(default_factory=list)
    hidden_rows: frozenset[int] = frozenset()


def column_letters(index: int) -> str:
    """Return the name that programs give a column, counted from 0: A, B, …, Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cells_in(rows: list[Row], ranges: Iterable[Range]) -> Iterator[tuple[int, int, int]]:
    """Yield place of the row in the list, column, and which range, for every cell that lies in one.

    Raises ``file-damaged`` when the ranges hold far more cells than there are.
    """
    numbers = [row.number for row in rows]
    budget = 2 * (len(rows) + 1) * COLUMNS_MAX
    for which, (top, left, bottom, right) in enumerate(ranges):
        first, last = bisect_left(numbers, top), bisect_right(numbers, bottom)
        right_end = min(right + 1, COLUMNS_MAX)
        budget -= max(0, last - first) * max(0, right_end - left)
        if budget < 0:
            raise Problem("file-damaged")
        for place in range(first, last):
            for column in range(left, right_end):
                yield place, column, which
