"""Reading the rows of a table to values, with every fault named (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.sheets.columns import Column, Sum
from app.domain.sheets.faults import SENTENCES, Fault, Wrong, wrong
from app.domain.sheets.fields import Value
from app.domain.sheets.rows import Row
from app.domain.sheets.tables import LeftOut, Table


@dataclass(frozen=True, slots=True)
class Record:
    """One row read: a value for each column that the table has and that is not faulty; None where nothing stands.

    A column that the table does not have is not among the values: nothing was said about it.
    """

    number: int
    values: Mapping[str, Value]
    faults: tuple[Fault, ...]
    row: Row


def read_records(table: Table, columns: Sequence[Column], sums: Sequence[Sum] = ()) -> Iterator[Record]:
    """Yield the rows of a table, in their order."""
    present = [(column, table.guess.indexes[column.name]) for column in columns if column.name in table.guess.matches]
    titles = {column.name: column.title for column in columns}
    for row in table.rows:
        values: dict[str, Value] = {}
        faults: list[Fault] = []
        for column, index in present:
            value = _read(column, row, index, is_1904=table.is_1904)
            if isinstance(value, Wrong):
                faults.append(value.for_column(column.name, column.title))
            else:
                values[column.name] = value
        faults += [fault for expected in sums if (fault := check_sum(expected, values, titles))]
        yield Record(row.number, values, tuple(faults), row)


def _read(column: Column, row: Row, index: int, *, is_1904: bool) -> Value | Wrong:
    if index in row.formulas:
        return wrong("formula")
    text = row.cell(index)
    value = column.field.read(text, is_1904=is_1904) if text else None
    return wrong("required") if value is None and column.is_required else value


def check_sum(expected: Sum, values: Mapping[str, Value], titles: Mapping[str, str]) -> Fault | None:
    """Return what is wrong when parts do not add up to their total: 104 is not 65 + 49. Nothing when one is missing."""
    total = values.get(expected.total)
    parts = [(titles[name], values.get(name)) for name in expected.parts]
    numbers = [value for _, value in parts if isinstance(value, int)]
    if not isinstance(total, int) or len(numbers) < len(parts) or sum(numbers) == total:
        return None
    told = "＋".join(f"{title}{value}" for title, value in parts)
    told_wrong = wrong("sum-wrong", total=total, parts=told, sum=sum(numbers))
    return told_wrong.for_column(expected.total, titles[expected.total])


def check_totals(table: Table, columns: Sequence[Column], records: Sequence[Record]) -> list[tuple[int, Fault]]:
    """Return what is wrong in the row of totals, with its number: a table that has exactly one, and at its end.

    Columns with faulty cells are left alone: their sum is not known.
    """
    rows = [row for row, reason in table.left_out if reason is LeftOut.TOTAL]
    if len(rows) != 1 or (table.rows and rows[0].number < table.rows[-1].number):
        return []
    found = []
    for column in columns:
        index = table.guess.indexes.get(column.name)
        if (
            index is None
            or index in rows[0].formulas
            or any(fault.column == column.name for record in records for fault in record.faults)
        ):
            continue
        numbers = [value for record in records if isinstance(value := record.values.get(column.name), int)]
        total = column.field.read(rows[0].cell(index)) if rows[0].cell(index) else None
        is_counted = isinstance(total, int) and not isinstance(total, bool)
        if is_counted and numbers and not any(isinstance(number, bool) for number in numbers) and total != sum(numbers):
            sentence = SENTENCES["total-wrong"].format(title=column.title, total=total, sum=sum(numbers))
            found.append((rows[0].number, Fault("total-wrong", sentence, column.name)))
    return found
