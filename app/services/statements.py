"""A settlement as a spreadsheet, for the books of the shop and the alliance.

What people wrote stays text: a cell that begins like a formula is marked as text, so that no program runs it, not even
after somebody has edited it (OWASP, CSV Injection).
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

import xlsxwriter
from asyncpg import Record

from app.core.clock import SHANGHAI
from app.core.db import Reads
from app.core.pagination import LOWEST
from app.domain import months
from app.domain.caller import Caller
from app.domain.sheets.delimited import FORMULA_STARTS
from app.domain.texts import (
    SETTLEMENT_LINE_STATES,
    SETTLEMENT_STATES,
    STATEMENT_COLUMNS,
    STATEMENT_FILE,
    STATEMENT_LABELS,
    STATEMENT_SHEET,
    STATEMENT_TOTAL,
)
from app.services import settlement_views

WIDTHS = (8, 20, 36, 10, 10, 10, 40, 40, 38)
POINTS_COLUMN = "F"
POINTS_PLACE = 5
TITLE_ROW, LABELS_FROM = 0, 1
LINES_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Statement:
    """A finished spreadsheet: whoever gets ``content`` reads it from its beginning and closes it."""

    file_name: str
    content: IO[bytes]


async def write(reads: Reads, caller: Caller, settlement_id: UUID) -> Statement:
    """Return the spreadsheet of a statement as it stands. Raises ``not-found``."""
    settlement = await settlement_views.find(reads, caller, settlement_id)
    lines: list[Record] = []
    more = True
    while more:  # the process answers others between two parts
        last_id = lines[-1]["id"] if lines else LOWEST
        part = await reads.fetch(settlement_views.LIST_LINES, settlement_id, last_id, LINES_AT_ONCE)
        lines += part
        more = len(part) == LINES_AT_ONCE
    content = await asyncio.to_thread(_write_file, settlement, lines)
    month = months.write(settlement["month"])
    name = STATEMENT_FILE.format(merchant=settlement["merchant_name"], month=month, number=settlement["number"])
    return Statement(name, content)


def _write_file(settlement: Record, lines: Sequence[Record]) -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    try:
        with xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
            _Sheet(book).fill(settlement, lines)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


class _Sheet:
    """One sheet on its way into the file, row by row from the top: a row that was left cannot be written again."""

    def __init__(self, book: Any) -> None:
        self.sheet = book.add_worksheet(STATEMENT_SHEET)
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format({"bold": True, "bottom": 1, "align": "center"})
        self.text = book.add_format({"num_format": "@"})
        self.literal = book.add_format({"num_format": "@", "quote_prefix": True})
        self.points = book.add_format({"num_format": "#,##0"})
        self.total = book.add_format({"num_format": "#,##0", "bold": True, "top": 1})
        self.time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})

    def fill(self, settlement: Record, lines: Sequence[Record]) -> None:
        """Write the title block, the frozen heading, the lines and their sum."""
        for column, width in enumerate(WIDTHS):
            self.sheet.set_column(column, column, width)
        labels = _labels(settlement)
        heading = LABELS_FROM + len(labels) + 2
        total = sum(_owed(line) for line in lines)
        # What the formula adds up stands below; its value is written with it for programs that do not calculate.
        added_up = f"=SUM({POINTS_COLUMN}{heading + 2}:{POINTS_COLUMN}{max(heading + 1 + len(lines), heading + 2)})"
        self.sheet.write_string(TITLE_ROW, 0, STATEMENT_SHEET, self.title)
        for row, (label, value) in enumerate(labels, start=LABELS_FROM):
            self.sheet.write_string(row, 0, label, self.bold)
            self._write_text(row, 2, value)
        self.sheet.write_string(heading - 2, 0, STATEMENT_TOTAL, self.bold)
        self.sheet.write_formula(heading - 2, 2, added_up, self.points, total)
        self._write_row(heading, STATEMENT_COLUMNS, self.head)
        self.sheet.freeze_panes(heading + 1, 0)
        for number, line in enumerate(lines, start=1):
            self._write_line(heading + number, number, line)
        foot = heading + 1 + max(len(lines), 1)
        self.sheet.write_string(foot, 0, STATEMENT_TOTAL, self.bold)
        self.sheet.write_formula(foot, POINTS_PLACE, added_up, self.total, total)

    def _write_row(self, row: int, values: Iterable[str], form: Any) -> None:
        for column, value in enumerate(values):
            self.sheet.write_string(row, column, value, form)

    def _write_line(self, row: int, number: int, line: Record) -> None:
        self.sheet.write_number(row, 0, number)
        self.sheet.write_datetime(row, 1, _local(line["settled_at"]), self.time)
        self._write_text(row, 2, line["offer_title"])
        self.sheet.write_number(row, 3, line["points"], self.points)
        self.sheet.write_string(row, 4, SETTLEMENT_LINE_STATES[line["status"]])
        self.sheet.write_number(row, POINTS_PLACE, _owed(line), self.points)
        self._write_text(row, 6, line["dispute_reason"] or "")
        self._write_text(row, 7, line["answer"] or "")
        self.sheet.write_string(row, 8, str(line["id"]), self.text)

    def _write_text(self, row: int, column: int, value: str) -> None:
        is_like_formula = value[:1] in FORMULA_STARTS
        self.sheet.write_string(row, column, value, self.literal if is_like_formula else self.text)


def _labels(settlement: Record) -> list[tuple[str, str]]:
    values = (
        settlement["merchant_name"],
        months.write(settlement["month"]),
        settlement["number"],
        SETTLEMENT_STATES[settlement["status"]],
        settlement["payment_document"] or "",
    )
    return list(zip(STATEMENT_LABELS, values, strict=True))


def _owed(line: Record) -> int:
    return 0 if line["status"] == "removed" else int(line["points"])


def _local(moment: datetime) -> datetime:
    """Return the time on the wall in Shanghai: spreadsheets know no time zones."""
    return moment.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
