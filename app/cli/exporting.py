"""``echowall export``: a table that can be imported again, or an empty one to be filled in."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from app.cli.rates import read_area
from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings
from app.domain.errors import Problem
from app.domain.kinds import ImportKind
from app.services import transitions
from app.services.imports import exporting, templates
from app.services.imports.exporting import Exported
from app.services.imports.kind import Kind
from app.services.imports.registry import KINDS

FIND_AREA = "SELECT name FROM area WHERE id = $1"

KindArgument = Annotated[ImportKind, typer.Argument(help="What the table is of.")]
ToOption = Annotated[Path, typer.Option("--to", help="The file to write.")]
AreaOption = Annotated[str | None, typer.Option(help="The area's id: what it and all below it have.")]
TemplateOption = Annotated[bool, typer.Option("--template", help="An empty table, xlsx or csv by the file's name.")]
ReasonOption = Annotated[
    str | None, typer.Option(help="Why the numbers of people are needed: they are masked without, and it is kept.")
]


def export(
    kind: KindArgument,
    *,
    to: ToOption,
    area: AreaOption = None,
    template: TemplateOption = False,
    reason: ReasonOption = None,
) -> None:
    """Write what an area has as a spreadsheet that can be imported again."""
    declared = KINDS[kind]
    if template:
        write = templates.write_text if to.suffix == ".csv" else templates.write_spreadsheet
        to.write_bytes(write(declared)[1])
        typer.echo(f"Fill in {to}, and take it in with `echowall import {kind}`.")
        return
    if area is None:
        raise SettingsError("Say of which area with --area, or write an empty table with --template.")
    try:
        exported = asyncio.run(_export(get_settings(), declared, read_area(area), reason))
    except Problem as problem:
        raise SettingsError(f"{problem.type.title}: export the areas below one by one.") from problem
    to.write_bytes(exported.content)
    typer.echo(f"{exported.rows:,} rows are in {to}.")


async def _export(settings: Settings, kind: Kind, area_id: UUID, reason: str | None) -> Exported:
    database = Database(settings.require_database_url(), settings)
    try:
        name = await database.reads.fetchval(FIND_AREA, area_id)
        if name is None:
            raise SettingsError("There is no such area: take its id from GET /v1/areas.")
        secret = settings.data_key.get_secret_value()
        exported = await exporting.write(database, secret, kind, area_id, name, with_personal=reason is not None)
        if kind.personal and reason is not None:
            await exporting.log(database, transitions.SYSTEM, kind.kind, area_id, exported.rows, reason)
        return exported
    finally:
        database.close()
