"""Imports of spreadsheets: the file, what a check found in it row by row, and how far the work is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.domain.kinds import ImportKind, Verdict
from app.domain.lifecycles import IMPORT_RUN
from app.models.columns import created_at, enum_type, status_check


class ImportRun(SQLModel, table=True):
    """One file on its way into an area; nothing outside the area and what lies below it is touched (I8).

    ``content`` is the file and ``report`` the same with its faults marked, both sealed and gone when the import has
    ended. ``uploaded_by`` and ``confirmed_by`` are empty for the command line. ``problem`` is why it failed, a code of
    the catalogue. The counts are those of the last check or, once done, of what was written.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        status_check(IMPORT_RUN),
        CheckConstraint("status NOT IN ('done', 'cancelled') OR content IS NULL", name="content_dropped"),
        CheckConstraint("status <> 'failed' OR problem IS NOT NULL", name="failed_for_a_problem"),
        CheckConstraint(
            "(rows IS NULL) = (added IS NULL) AND (rows IS NULL) = (changed IS NULL) "
            "AND (rows IS NULL) = (untouched IS NULL) AND (rows IS NULL) = (refused IS NULL)",
            name="counted_wholly",
        ),
        CheckConstraint("rows = added + changed + untouched + refused", name="counts_add_up"),
        CheckConstraint("char_length(filename) BETWEEN 1 AND 200", name="filename_length"),
        Index("ix_import_run_area_id_id", "area_id", "id"),
        CheckConstraint("report IS NULL OR has_findings", name="report_is_a_finding"),
        Index("ix_import_run_kept", "created_at", postgresql_where=text("content IS NOT NULL OR has_findings")),
    )

    id: UUID = Field(primary_key=True)
    kind: ImportKind = Field(sa_type=enum_type(ImportKind, "kind"))
    area_id: UUID = Field(foreign_key="area.id")
    uploaded_by: UUID | None = Field(default=None, foreign_key="user.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="user.id")
    filename: str = Field(max_length=200)
    content: bytes | None = None
    mapping: str = Field(sa_type=JSONB)
    """JSON: which sheet, which rows the headings are in, which field each column goes to; no cell of a row."""
    notes: str = Field(default="[]", sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    """JSON: what is doubtful of rows that are not rows of the table, such as totals; figures alone."""
    status: str = Field(default=IMPORT_RUN.initial, max_length=32)
    problem: str | None = Field(default=None, max_length=64)
    accepts_refused: bool = False
    """Whether whoever confirmed wants the other rows although some are refused."""
    rows: int | None = None
    added: int | None = None
    changed: int | None = None
    untouched: int | None = None
    refused: int | None = None
    report: bytes | None = None
    has_findings: bool = False
    """Whether it is still known what was found of the rows."""
    moved_at: datetime = created_at()
    """When its status changed last."""
    created_at: datetime = created_at()
    confirmed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class ImportRow(SQLModel, table=True):
    """What becomes of one row of a file; ``number`` is the row's as the spreadsheet program shows it.

    ``sealed`` holds why it is refused and what would change, with the cells that are needed to understand it (I12).
    """

    __tablename__ = "import_row"
    __table_args__ = (
        CheckConstraint("number > 0", name="number_positive"),
        Index("ix_import_row_import_id_verdict_number", "import_id", "verdict", "number"),
    )

    import_id: UUID = Field(primary_key=True, foreign_key="import_run.id")
    number: int = Field(primary_key=True)
    verdict: Verdict = Field(sa_type=enum_type(Verdict, "verdict"))
    sealed: bytes


class ImportProgress(SQLModel, table=True):
    """How many rows are done of the check or the writing at hand: written beside its one transaction, so that others
    see it while that one runs.
    """

    __tablename__ = "import_progress"
    __table_args__ = (CheckConstraint("done BETWEEN 0 AND total", name="done_of_total"),)

    import_id: UUID = Field(primary_key=True, foreign_key="import_run.id")
    done: int
    total: int
