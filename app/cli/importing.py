"""``echowall import``: take a spreadsheet in, by the same steps as the API, with the operator's right."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

import asyncpg
import typer

from app.cli.progress import Bar
from app.cli.rates import read_area
from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings
from app.domain.errors import Problem
from app.domain.kinds import ImportKind, Verdict
from app.services import transitions
from app.services.imports import applying, checking, mapping, planting, sealing, steps
from app.services.imports.kind import Kind, Overtaken
from app.services.imports.registry import KINDS

REASONS_SHOWN_MAX = 20

FIND_AREA = "SELECT name, closed_at FROM area WHERE id = $1"
STATE = """
    SELECT status, problem, rows, added, changed, untouched, refused, report FROM import_run WHERE id = $1
"""
REFUSED = "SELECT number, sealed FROM import_row WHERE import_id = $1 AND verdict = $2 ORDER BY number LIMIT $3"

KindArgument = Annotated[ImportKind, typer.Argument(help="What the table is of.")]
FileArgument = Annotated[Path, typer.Argument(help="An xlsx or csv file.", exists=True, dir_okay=False, readable=True)]
AreaOption = Annotated[str | None, typer.Option(help="The area's id: nothing outside it is touched.")]
RootOption = Annotated[
    bool, typer.Option("--root", help="Plant the district that the table begins with, if it is new.")
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Check only.")]
ConfirmOption = Annotated[bool, typer.Option("--confirm", help="Write without asking.")]
AcceptOption = Annotated[bool, typer.Option("--accept-refused", help="Leave out what is refused, write the rest.")]
ReportOption = Annotated[Path | None, typer.Option(help="Where to write the table with its faults marked, an xlsx.")]


def import_(
    kind: KindArgument,
    file: FileArgument,
    *,
    area: AreaOption = None,
    root: RootOption = False,
    dry_run: DryOption = False,
    confirm: ConfirmOption = False,
    accept_refused: AcceptOption = False,
    report: ReportOption = None,
) -> None:
    """Take areas, units or people in from a spreadsheet: all of it in one transaction, or nothing.

    Exit status 1 when nothing was written, 2 when the file cannot be taken at all.
    """
    if root == (area is not None):
        raise SettingsError("Say where with --area, or plant a district with --root.")
    if root and kind != ImportKind.AREAS:
        raise SettingsError("Only areas have a root.")
    run = _Run(get_settings(), KINDS[kind], file, report)
    try:
        is_done = asyncio.run(
            run.take(None if area is None else read_area(area), dry_run=dry_run, accept=accept_refused, ask=not confirm)
        )
    except Problem as problem:
        raise SettingsError(explain(problem, run.kind)) from problem
    except (Overtaken, asyncpg.UniqueViolationError) as error:
        raise SettingsError("Somebody entered the same at this moment. Nothing was written: run it again.") from error
    raise typer.Exit(0 if is_done else 1)


def explain(problem: Problem, kind: Kind) -> str:
    """Return what is wrong, with the columns it is about."""
    titles = ", ".join(kind.titles.get(field["field"], field["field"]) for field in problem.fields or ())
    return f"{problem.type.title}{f': {titles}' if titles else ''}."


class _Run:
    """One file on its way."""

    def __init__(self, settings: Settings, kind: Kind, file: Path, report: Path | None) -> None:
        self.settings = settings
        self.kind = kind
        self.file = file
        self.report = report
        self.secret = settings.data_key.get_secret_value()

    async def take(self, area_id: UUID | None, *, dry_run: bool, accept: bool, ask: bool) -> bool:
        """Check the file and, unless it is a trial, write it; return whether all went well."""
        content = self.file.read_bytes()
        columns = mapping.look(self.kind, content)
        self._show_columns(columns)
        database = Database(self.settings.require_database_url(), self.settings)
        try:
            if area_id is None:
                area_id = await self._plant(database, content, dry_run=dry_run)
            await self._require_open(database, area_id)
            async with database.transaction() as connection:
                import_id = await steps.upload(
                    connection,
                    self.secret,
                    transitions.SYSTEM,
                    kind=self.kind.kind,
                    area_id=area_id,
                    filename=self.file.name,
                    content=content,
                    columns=columns,
                )
            is_written = False
            try:
                is_clean = await self._check(database, import_id)
                if dry_run:
                    return is_clean
                is_written = await self._write(database, import_id, accept=accept, ask=ask)
            finally:
                if not is_written:
                    await self._drop(database, import_id)
            return is_written
        finally:
            database.close()

    async def _plant(self, database: Database, content: bytes, *, dry_run: bool) -> UUID:
        root = planting.find_root(self.kind, content)
        area_id = await planting.find(database.reads, root)
        if area_id is None and dry_run:
            raise SettingsError(f"{root.name} is not there yet: plant it with `echowall add-area`, then try again.")
        if area_id is None:
            async with database.transaction() as connection:
                area_id = await planting.plant(connection, root)
            typer.echo(f"{root.name} is planted: {area_id}")
        return area_id

    async def _require_open(self, database: Database, area_id: UUID) -> None:
        area = await database.reads.fetchrow(FIND_AREA, area_id)
        if area is None:
            raise SettingsError("There is no such area: take its id from GET /v1/areas.")
        if area["closed_at"] is not None:
            raise SettingsError(f"{area['name']} is closed.")

    async def _check(self, database: Database, import_id: UUID) -> bool:
        async with database.transaction() as connection:
            await steps.begin_check(connection, import_id, transitions.SYSTEM)
        with _Watch("rows judged") as watch:
            await checking.check(database, self.secret, import_id, watch)
        state = await database.reads.fetchrow(STATE, import_id)
        assert state is not None
        if state["status"] == "failed":
            raise Problem(state["problem"])
        typer.echo(
            f"{state['rows']:,} rows: {state['added']:,} are new, {state['changed']:,} change something, "
            f"{state['untouched']:,} change nothing, {state['refused']:,} are refused."
        )
        await self._show_refused(database, import_id, state["refused"])
        if self.report is not None:
            self.report.write_bytes(sealing.open_report(self.secret, import_id, state["report"]))
            typer.echo(f"The table with its faults marked is {self.report}")
        return not state["refused"]

    async def _drop(self, database: Database, import_id: UUID) -> None:
        """Leave no file behind; one whose writing broke off is given up by the worker's schedule."""
        with contextlib.suppress(Problem):
            async with database.transaction() as connection:
                await steps.drop(connection, import_id, transitions.SYSTEM)

    async def _write(self, database: Database, import_id: UUID, *, accept: bool, ask: bool) -> bool:
        state = await database.reads.fetchrow(STATE, import_id)
        assert state is not None
        if state["refused"] and not accept:
            typer.echo("Nothing is written: mend what is refused, or leave it out with --accept-refused.")
            return False
        if ask and not (sys.stdin.isatty() and typer.confirm("Write this?")):
            typer.echo("Nothing is written without --confirm.")
            return False
        async with database.transaction() as connection:
            await steps.begin_apply(connection, import_id, transitions.SYSTEM, accepts_refused=accept)
        with _Watch("rows written") as watch:
            await applying.apply(database, self.secret, import_id, watch)
        state = await database.reads.fetchrow(STATE, import_id)
        assert state is not None
        if state["status"] == "failed":
            raise Problem(state["problem"])
        if state["status"] != "done":
            typer.echo("Nothing is written: what was checked has changed meanwhile. Run it again.")
            return False
        typer.echo(f"Written: {state['added']:,} added, {state['changed']:,} changed.")
        return True

    async def _show_refused(self, database: Database, import_id: UUID, count: int) -> None:
        """Tell by row numbers what is wrong: names stay in the file."""
        for row in await database.reads.fetch(REFUSED, import_id, Verdict.REFUSED, REASONS_SHOWN_MAX):
            kept = sealing.open_row(self.secret, import_id, row["number"], row["sealed"])
            _, faults, _ = sealing.read_findings(kept)
            typer.echo(f"  row {row['number']}: {' '.join(fault.sentence for fault in faults)}")
        if count > REASONS_SHOWN_MAX:
            typer.echo(f"  … and {count - REASONS_SHOWN_MAX:,} more: --report has them all.")

    def _show_columns(self, columns: mapping.Columns) -> None:
        """Tell what was not recognised beyond doubt."""
        for column in columns["columns"]:
            if column["field"] is None:
                typer.echo(f"  column {column['letters']} ({column['heading']}) is not taken in")
            elif not column["is_sure"]:
                title = self.kind.titles[column["field"]]
                typer.echo(f"  column {column['letters']} ({column['heading']}) is taken for {title}")


class _Watch:
    """Shows on the terminal how many rows are done."""

    def __init__(self, of_what: str) -> None:
        self._bar = Bar(of_what)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.end()

    async def __call__(self, done: int, total: int) -> None:
        self._bar.advance(done, total)
