"""Imports of spreadsheets."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.domain.kinds import ImportKind, Verdict
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, Count, In, Out

ImportStatus = Literal["uploaded", "checking", "checked", "applying", "done", "cancelled", "failed"]
SheetName = Annotated[str, StringConstraints(min_length=1, max_length=200), Check]
FieldName = Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}$")]
ColumnIndex = Annotated[Count, Field(ge=0, le=99)]


class ColumnChoiceIn(In):
    """Which column of the file is which field; columns are counted from 0."""

    index: ColumnIndex
    field: FieldName


class MappingIn(In):
    """What the columns mean: on another sheet if one is named, guessed again if nothing is chosen."""

    sheet: SheetName | None = None
    columns: Annotated[list[ColumnChoiceIn], Field(max_length=100)] | None = None


class ImportConfirmIn(In):
    """Whether the other rows are wanted although some are refused."""

    accept_refused: Annotated[bool, Field(strict=True)]


class FieldOut(Out):
    """A field that columns may be matched with."""

    field: str
    title: str


class ColumnOut(Out):
    """A column of the file and which field it is taken for, how sure that is, or why it is left out."""

    index: int
    letters: str
    heading: str
    field: str | None
    title: str | None
    confidence: float | None
    """From 0.6 to 1."""
    is_sure: bool
    is_repeated: bool
    """Another column is taken for the same."""
    is_not_collected: bool
    """Identity numbers are never taken in."""


class LeftOutOut(Out):
    """A row below the headings that is not one of the table."""

    number: int
    reason: str


class MappingOut(Out):
    """What the columns are taken for."""

    sheet: str
    sheets: list[str]
    heading_rows: list[int]
    """Empty when no headings were found: then nothing is known of the columns."""
    columns: list[ColumnOut]
    fields: list[FieldOut]
    missing: list[FieldOut]
    """What every row needs and no column was found for."""
    rows: int
    left_out: list[LeftOutOut]
    """The first fifty."""
    hidden_rows: int


class CountsOut(Out):
    """How many rows the file has, and of each verdict."""

    rows: int
    added: int
    changed: int
    untouched: int
    refused: int


class ProgressOut(Out):
    """How many rows are done of the check or the writing at hand."""

    done: int
    total: int


class ImportProblemOut(Out):
    """Why an import failed; nothing was written."""

    code: str
    detail: str


class ImportOut(Out):
    """An import and what may be done with it next: ``check`` what was uploaded, ``confirm`` what was checked."""

    id: UUID
    kind: ImportKind
    area: AreaRef
    filename: str
    is_own: bool
    status: ImportStatus
    mapping: MappingOut
    notes: list[LeftOutOut]
    """What is doubtful of totals."""
    counts: CountsOut | None
    progress: ProgressOut | None
    notice: str | None
    problem: ImportProblemOut | None
    has_report: bool
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    actions: list[str]


class ReasonOut(Out):
    """What is wrong with a cell, or with the row when no field is named; of rows that are let in, what is doubtful."""

    code: str
    field: str | None
    heading: str | None
    reason: str


class ChangeOut(Out):
    """What would stand in a field instead of what stands there."""

    field: str
    heading: str
    old: Annotated[str, Field(serialization_alias="from")]
    new: Annotated[str, Field(serialization_alias="to")]


class ImportRowOut(Out):
    """A row of the file, by its number there, and what becomes of it."""

    number: int
    verdict: Verdict
    label: str
    reasons: list[ReasonOut]
    changes: list[ChangeOut]
    actions: list[str]
