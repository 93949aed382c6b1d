"""Which column of a file means what: guessed when it comes, corrected by a person, kept beside it, taken for its rows.

What is kept tells of headings alone: no cell of a row leaves the sealed file (I12).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import from_json, to_json

from app.domain.errors import Problem
from app.domain.sheets import tables
from app.domain.sheets.headings import SURE, Heading
from app.domain.sheets.tables import REASONS, Table
from app.services.imports.kind import Kind

LEFT_OUT_TOLD_MAX = 50
Columns = dict[str, Any]
"""What the columns of a file are taken for, in the form of ``schemas.imports.MappingOut`` but for titles."""
MatchedColumns = Mapping[str, int]
"""Where each field stands, columns counted from 0."""


def look(kind: Kind, content: bytes, sheet: str | None = None, chosen: MatchedColumns | None = None) -> Columns:
    """Return what the columns of a file mean, to be kept and shown; plain work for the processor, for a thread.

    Raises what ``tables.recognise`` does, and ``mapping-unfit`` when something was chosen that is not there.
    """
    table = read(kind, content, sheet, chosen)
    by_index = {match.index: (name, match.confidence) for name, match in table.guess.matches.items()}
    repeated = {heading.index for again in table.guess.duplicates.values() for heading in again}
    not_collected = {heading.index for heading in table.guess.not_collected}
    return {
        "sheet": table.sheet_name,
        "sheets": list(table.sheet_names),
        "heading_rows": list(table.heading_rows),
        "columns": [
            _column(heading, by_index.get(heading.index))
            | {"is_repeated": heading.index in repeated, "is_not_collected": heading.index in not_collected}
            for heading in table.headings
        ],
        "missing": list(table.guess.missing),
        "rows": len(table.rows) if table.has_headings else 0,
        "left_out": [
            {"number": row.number, "reason": REASONS[reason]} for row, reason in table.left_out[:LEFT_OUT_TOLD_MAX]
        ],
        "hidden_rows": len(table.hidden_rows),
    }


def read(kind: Kind, content: bytes, sheet: str | None = None, chosen: MatchedColumns | None = None) -> Table:
    """Return the table of a file with its rows. Raises as ``look``."""
    table = tables.recognise(
        content, kind.columns, sheet_name=sheet, chosen=dict(chosen) if chosen is not None else None
    )
    if chosen is not None:
        there = {heading.index for heading in table.headings}
        if not set(chosen.values()) <= there or len(set(chosen.values())) < len(chosen):
            raise Problem("mapping-unfit")
        if set(chosen) - set(table.guess.matches):  # identity numbers are never taken in, whoever chooses them
            raise Problem("mapping-unfit")
    return table


def to_keep(columns: Columns) -> str:
    """Return what ``look`` gave as it is stored."""
    return to_json(columns).decode()


def kept(stored: str) -> Columns:
    """Return what was stored."""
    columns: Columns = from_json(stored)
    return columns


def chosen_in(mapping: Columns) -> dict[str, int]:
    """Return where each field stands by what was kept."""
    return {column["field"]: column["index"] for column in mapping["columns"] if column["field"] is not None}


def choose(choices: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return what a person chose. Raises ``mapping-unfit`` when a field was chosen twice."""
    chosen: dict[str, int] = {}
    for name, index in choices:
        if name in chosen:
            raise Problem("mapping-unfit")
        chosen[name] = index
    return chosen


def require_complete(kind: Kind, mapping: Columns) -> None:
    """Raise ``mapping-incomplete`` when there are no headings, or a column that every row needs is not there."""
    if not mapping["heading_rows"]:
        raise Problem("mapping-incomplete")
    if mapping["missing"]:
        fields = [{"field": name, "reason": kind.column(name).title} for name in mapping["missing"]]
        raise Problem("mapping-incomplete", fields=fields)


def _column(heading: Heading, match: tuple[str, float] | None) -> dict[str, Any]:
    name, confidence = match or (None, None)
    return {
        "index": heading.index,
        "letters": heading.letters,
        "heading": heading.shown,
        "field": name,
        "confidence": confidence and round(confidence, 2),
        "is_sure": confidence is not None and confidence >= SURE,
    }
