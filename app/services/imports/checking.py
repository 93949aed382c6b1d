"""Checking an import, as the worker does it: every row of the file is read and judged, nothing is written but that.

The file is read in a thread, the rows are judged on one moment of the database, and what was found is kept sealed.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record
from pydantic_core import to_json

from app.core.db import Database
from app.core.security import BrokenSealError
from app.domain import texts
from app.domain.errors import Problem
from app.domain.kinds import ImportKind, Verdict
from app.domain.lifecycle import Party
from app.domain.sheets.records import Record as SheetRecord
from app.domain.sheets.records import read_records
from app.domain.sheets.tables import Table
from app.services import transitions
from app.services.imports import mapping, sealing, steps, writing
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind
from app.services.imports.registry import KINDS
from app.services.transitions import Mover

FIND = """
    SELECT r.id, r.kind, r.status, r.content, r.mapping, r.uploaded_by, r.confirmed_by, r.accepts_refused, r.area_id,
        a.lineage
    FROM import_run r JOIN area a ON a.id = r.area_id WHERE r.id = $1
"""
WRITE_PROGRESS = "UPDATE import_progress SET done = $2, total = $3 WHERE import_id = $1"
KEEP_REPORT = "UPDATE import_run SET report = $2, has_findings = true WHERE id = $1"
ROW_COLUMNS = ("import_id", "number", "verdict", "sealed")
PROGRESS_EVERY_S = 0.5


Note = dict[str, Any]
"""What is said of a row that is not one of the table: its number and the reason."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was read: its kind, its table and rows, and what is doubtful of its totals."""

    kind: Kind
    table: Table
    records: Sequence[SheetRecord]
    notes: Sequence[Note]


class Progress:
    """Tells others how far an import is, by a connection of its own, a few times a second at most."""

    def __init__(self, database: Database, import_id: UUID, also: Advance | None = None) -> None:
        self._database = database
        self._import_id = import_id
        self._also = also
        self._told_at_s = 0.0

    async def __call__(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` rows are done."""
        if self._also is not None:
            await self._also(done, total)
        moment_s = time.monotonic()
        if done == total or moment_s - self._told_at_s >= PROGRESS_EVERY_S:
            self._told_at_s = moment_s
            await self._database.writes.execute(WRITE_PROGRESS, self._import_id, done, total)


async def check(database: Database, secret: str, import_id: UUID, also: Advance | None = None) -> None:
    """Judge every row of an import that waits for it; done twice, the second finds nothing to do."""
    run = await database.reads.fetchrow(FIND, import_id)
    if run is None or run["status"] != "checking":
        return
    try:
        opened = await open_file(secret, run)
        advance = Progress(database, import_id, also)
        async with database.snapshot() as connection:
            judged = await judge(opened, desk_of(connection, secret, run), advance)
        report = await asyncio.to_thread(make_report, opened, judged)
    except Problem as problem:
        await fail(database, import_id, problem.type.code)
        return
    with contextlib.suppress(Problem):  # somebody cancelled it meanwhile: then nothing is kept
        async with database.bulk_transaction() as connection:
            await keep(connection, secret, import_id, judged, report)
            counts = count(judged)
            changes = counts | {"notes": to_json(opened.notes).decode()}
            await steps.move(connection, import_id, "finish_check", transitions.SYSTEM, changes, **counts)


async def open_file(secret: str, run: Record) -> Opened:
    """Return the rows of an import's file. Raises what ``mapping.read`` does, and ``import-file-gone``."""
    if run["content"] is None:
        raise Problem("import-file-gone")
    return await asyncio.to_thread(_open, secret, run)


def _open(secret: str, run: Record) -> Opened:
    kind = KINDS[ImportKind(run["kind"])]
    kept = mapping.kept(run["mapping"])
    try:
        content = sealing.open_file(secret, run["id"], run["content"])
    except BrokenSealError as error:
        raise Problem("import-file-gone") from error
    table = mapping.read(kind, content, kept["sheet"], mapping.chosen_in(kept))
    records = list(read_records(table, kind.columns))
    totals = kind.check_totals(table, kind.columns, records)
    return Opened(kind, table, records, [{"number": number, "reason": fault.sentence} for number, fault in totals])


def desk_of(connection: Connection, secret: str, run: Record, *, locks: bool = False) -> Desk:
    """Return where an import is at work, and in whose name."""
    importers = frozenset(filter(None, (run["uploaded_by"], run["confirmed_by"])))
    actor = run["confirmed_by"] or run["uploaded_by"]
    mover = Mover(Party.STAFF, actor) if actor else transitions.SYSTEM
    return Desk(connection, secret, run["area_id"], run["lineage"], mover, importers, locks)


async def judge(opened: Opened, desk: Desk, advance: Advance) -> list[Judged]:
    """Return what would become of every row."""
    total = len(opened.records)
    await advance(0, total)
    judged = await opened.kind.judge(desk, opened.records)
    await advance(total, total)
    return judged


def make_report(opened: Opened, judged: Sequence[Judged], *, only_refused: bool = False) -> bytes:
    """Return the file as it was sent, with what becomes of each row; plain work for the processor, for a thread."""
    shown = [row for row in judged if row.is_refused or not only_refused]
    return writing.report(
        opened.table,
        [
            writing.Verdict(
                row.record.row,
                texts.IMPORT_VERDICTS[row.verdict],
                row.faults,
                [_told(opened.kind, change) for change in row.changes],
            )
            for row in shown
        ],
    )


def _told(kind: Kind, change: Change) -> str:
    old, new = change.old or texts.IMPORT_NOTHING, change.new or texts.IMPORT_NOTHING
    return texts.IMPORT_CHANGE.format(title=kind.title_of(change.column), old=old, new=new)


def count(judged: Sequence[Judged]) -> dict[str, int]:
    """Return how many rows there are of each verdict."""
    verdicts = [row.verdict for row in judged]
    return {"rows": len(verdicts)} | {str(verdict): verdicts.count(verdict) for verdict in Verdict}


async def keep(
    connection: Connection, secret: str, import_id: UUID, judged: Sequence[Judged], report: bytes | None
) -> None:
    """Keep what was found of the rows, and the report of it, instead of what was found before."""
    sealed = None if report is None else sealing.seal_report(secret, import_id, report)
    await connection.execute(KEEP_REPORT, import_id, sealed)
    await connection.execute(steps.FORGET_ROWS, import_id)
    await connection.copy_records_to_table(
        "import_row",
        columns=ROW_COLUMNS,
        records=(
            (
                import_id,
                row.number,
                row.verdict,
                sealing.seal_row(secret, import_id, row.number, sealing.findings_of(row)),
            )
            for row in judged
        ),
    )


async def fail(database: Database, import_id: UUID, code: str) -> None:
    """Note why nothing comes of it for now; one that was cancelled meanwhile stays so."""
    with contextlib.suppress(Problem):
        async with database.transaction() as connection:
            await steps.move(connection, import_id, "fail", transitions.SYSTEM, {"problem": code}, problem=code)
