"""Writing spreadsheets: templates, exports that can be imported again, and reports with the faults marked in place.

What people wrote stays text: no cell is ever a formula. All of it is plain work for the processor and wants a thread::

    template("党员", columns) -> bytes                    # headings, drop-downs, a sheet that explains each column
    export("党员", columns, rows) -> bytes                # the same columns; a row is a value by the column's name
    export_csv(columns, rows) -> bytes                    # UTF-8 with its mark
    report(table, verdicts) -> bytes                      # the original cells; Verdict(row, result, faults, notes)
"""

import csv
import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter

from app.domain.sheets.columns import Column
from app.domain.sheets.delimited import FORMULA_STARTS, armour
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import Value
from app.domain.sheets.rows import Row
from app.domain.sheets.tables import REASONS, Table
from app.domain.texts import (
    SHEET_NOTE_COLUMNS,
    SHEET_NOTES,
    SHEET_OPTIONS,
    SHEET_REPORT,
    SHEET_REPORT_COLUMNS,
    SHEET_REQUIRED,
    SHEET_REQUIRED_MARK,
    SHEET_SKIPPED,
)

ROWS_WITH_DROP_DOWN = 20_000
COMMENTS_MAX = 2_000
"""Each is a drawing; beyond, red cells and the leading column tell."""
OPTIONS_INLINE_MAX = 255
"""Characters that a drop-down may hold itself."""
WIDTH_MIN, WIDTH_MAX = 10, 40
REPORT_WIDTHS = (8, 10, 60)
_SHEET_NAME_MAX = 31
_NOT_IN_SHEET_NAMES = str.maketrans("", "", "[]:*?/\\'")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a row: a word for it, what is wrong with its cells, and what else is to be said."""

    row: Row
    result: str
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()


def template(title: str, columns: Sequence[Column]) -> bytes:
    """Return an empty table to be filled in."""
    return export(title, columns, ())


def export(title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Value]]) -> bytes:
    """Return the rows under the headings of the template, so that the file can be imported as it is."""
    return _written(lambda book: _write_table(book, title, columns, rows))


def export_csv(columns: Sequence[Column], rows: Iterable[Mapping[str, Value]]) -> bytes:
    """Return the rows as csv. A text that a program would run has an apostrophe in front, which reading takes away."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.title for column in columns])
    for row in rows:
        writer.writerow([armour(_as_text(column.field.write(row.get(column.name)))) for column in columns])
    return text.getvalue().encode("utf-8-sig")


def report(table: Table, verdicts: Iterable[Verdict]) -> bytes:
    """Return the rows as they were sent, each with what became of it; faulty cells are red and say what is wrong.

    Verdicts come in the order of the rows. Rows that were not taken for rows of the table stand at their places.
    """
    return _written(lambda book: _Report(book, table).fill(verdicts))


def _written(write: Callable[[Any], None]) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        write(book)
    return file.getvalue()


def _as_text(value: str | float | date) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


class _Formats:
    """How cells look."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter", "bg_color": "#DDEBF7"}
        )
        self.text = book.add_format({"num_format": "@"})
        self.literal = book.add_format({"num_format": "@", "quote_prefix": True})
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})
        self.wrapped = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.faulty = book.add_format({"num_format": "@", "bg_color": "#FFC7CE", "font_color": "#9C0006"})
        self.skipped = book.add_format({"num_format": "@", "font_color": "#808080"})

    def of_text(self, text: str) -> Any:
        """Return the format of a text: marked as one where it looks like a formula."""
        return self.literal if text[:1] in FORMULA_STARTS else self.text


def _write_table(book: Any, title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Value]]) -> None:
    formats = _Formats(book)
    sheet = book.add_worksheet(title.translate(_NOT_IN_SHEET_NAMES)[:_SHEET_NAME_MAX])
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    options = _Options()
    for place, column in enumerate(columns):
        heading = column.title + (SHEET_REQUIRED_MARK if column.is_required else "")
        width = min(max(2 * len(heading) + 4, WIDTH_MIN), WIDTH_MAX)
        sheet.set_column(place, place, width, _column_format(column, formats))
        sheet.write_string(0, place, heading, formats.head)
        sheet.write_comment(0, place, "\n".join(filter(None, (column.field.hint, column.note))))
        source = options.source(column.field.options)
        if source:
            sheet.data_validation(1, place, ROWS_WITH_DROP_DOWN, place, {"validate": "list", "source": source})
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            _write_value(sheet, number, place, column.field.write(row.get(column.name)), formats)
    _write_notes(book, columns, formats)
    options.write(book)


def _column_format(column: Column, formats: _Formats) -> Any:
    if column.field.is_text:
        return formats.text
    return formats.date if column.field.is_date else None


def _write_value(sheet: Any, row: int, place: int, value: str | float | date, formats: _Formats) -> None:
    if isinstance(value, str):
        if value:
            sheet.write_string(row, place, value, formats.of_text(value))
    elif isinstance(value, date):
        sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), formats.date)  # noqa: DTZ001
    else:
        sheet.write_number(row, place, value)


class _Options:
    """What drop-downs offer: in the cell's own rule where it is short, otherwise on a hidden sheet."""

    def __init__(self) -> None:
        self.long: list[tuple[str, ...]] = []

    def source(self, options: tuple[str, ...]) -> list[str] | str | None:
        """Return what a drop-down is made of, or None when there is none."""
        if not options:
            return None
        if len(",".join(options)) <= OPTIONS_INLINE_MAX and not any("," in option for option in options):
            return list(options)
        self.long.append(options)
        letter = xlsxwriter.utility.xl_col_to_name(len(self.long) - 1)
        return f"={SHEET_OPTIONS}!${letter}$1:${letter}${len(options)}"

    def write(self, book: Any) -> None:
        """Write the hidden sheet, if one is needed."""
        if not self.long:
            return
        sheet = book.add_worksheet(SHEET_OPTIONS)
        sheet.hide()
        for number in range(max(map(len, self.long))):
            for place, options in enumerate(self.long):
                if number < len(options):
                    sheet.write_string(number, place, options[number])


def _write_notes(book: Any, columns: Sequence[Column], formats: _Formats) -> None:
    sheet = book.add_worksheet(SHEET_NOTES)
    sheet.freeze_panes(1, 0)
    for place, width in enumerate((20, 10, 60, 30, 60)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, SHEET_NOTE_COLUMNS[place], formats.head)
    for number, column in enumerate(columns, start=1):
        required = SHEET_REQUIRED[column.is_required]
        for place, text in enumerate((column.title, required, column.field.hint, column.example, column.note)):
            sheet.write_string(number, place, text, formats.wrapped)


class _Report:
    """The sheet of a report on its way into the file, row by row."""

    def __init__(self, book: Any, table: Table) -> None:
        self.table = table
        self.formats = _Formats(book)
        self.sheet = book.add_worksheet(SHEET_REPORT)
        self.comments = 0
        self.width = max((len(row.cells) for row in table.rows), default=0)

    def fill(self, verdicts: Iterable[Verdict]) -> None:
        """Write headings and rows."""
        headings = {heading.index: heading.shown for heading in self.table.headings}
        lead = len(SHEET_REPORT_COLUMNS)
        self.sheet.freeze_panes(1, lead)
        for place, (title, width) in enumerate(zip(SHEET_REPORT_COLUMNS, REPORT_WIDTHS, strict=True)):
            self.sheet.set_column(place, place, width)
            self.sheet.write_string(0, place, title, self.formats.head)
        for index in range(max(self.width, max(headings, default=-1) + 1)):
            self.sheet.set_column(lead + index, lead + index, 16)
            self.sheet.write_string(0, lead + index, headings.get(index, ""), self.formats.head)
        skipped = (Verdict(row, SHEET_SKIPPED, notes=(REASONS[reason],)) for row, reason in self.table.left_out)
        in_order = heapq.merge(verdicts, skipped, key=lambda verdict: verdict.row.number)
        for number, verdict in enumerate(in_order, start=1):
            self._write(number, verdict)

    def _write(self, number: int, verdict: Verdict) -> None:
        sheet, formats = self.sheet, self.formats
        said = [fault.sentence for fault in verdict.faults]
        sheet.write_number(number, 0, verdict.row.number)
        sheet.write_string(number, 1, verdict.result, formats.faulty if verdict.faults else formats.text)
        sheet.write_string(number, 2, "\n".join((*said, *verdict.notes)), formats.wrapped)
        by_index = self._by_index(verdict.faults)
        plain = formats.skipped if verdict.result == SHEET_SKIPPED else None
        for index in sorted({*range(len(verdict.row.cells)), *by_index}):
            text, place = verdict.row.cell(index), len(SHEET_REPORT_COLUMNS) + index
            if index in by_index:
                sheet.write_string(number, place, text, formats.faulty)
                if self.comments < COMMENTS_MAX:
                    self.comments += 1
                    sheet.write_comment(number, place, "\n".join(by_index[index]))
            elif text:
                sheet.write_string(number, place, text, plain or formats.of_text(text))

    def _by_index(self, faults: Sequence[Fault]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for fault in faults:
            index = self.table.guess.indexes.get(fault.column or "")
            if index is not None:
                found.setdefault(index, []).append(fault.sentence)
        return found
