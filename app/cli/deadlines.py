"""``echowall deadlines``: reckon the deadlines of a complaint again and compare them with what was told."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.core.clock import SHANGHAI
from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings
from app.domain.errors import Problem
from app.services.complaints import replay
from app.services.complaints.replay import Reckoning

NumberOption = Annotated[int, typer.Option(help="The complaint's number.", min=1)]
AsOfOption = Annotated[
    str | None, typer.Option(help="Look no further than this moment: ISO 8601, without an offset in Shanghai's time.")
]


def deadlines(*, number: NumberOption, as_of: AsOfOption = None) -> None:
    """Reckon a complaint's deadlines again from its events, the rules and the working days that were known then.

    Exit status 1 when one differs from what was told, or from what stands.
    """
    found = asyncio.run(_reckon(get_settings(), number, read_moment(as_of)))
    Console().print(table(found))
    if not all(step.agrees for step in found):
        typer.echo("What was told differs from what events, rules and calendar come to.")
        raise typer.Exit(1)
    typer.echo("Everything agrees.")


def read_moment(written: str | None) -> datetime | None:
    """Return a moment as somebody typed it. Raises SettingsError."""
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise SettingsError(f"{written} is no moment: write it as 2026-01-04 or 2026-01-04T17:30.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def table(found: list[Reckoning]) -> Table:
    """Return what to show: each time a deadline was told, and where it differs what it comes to."""
    shown = Table("when", "event", "accept by", "answer by", "reckoned again")
    for step in found:
        again = "the same"
        if not step.agrees:
            again = f"{_write(step.reckoned.accept_due_at)} / {_write(step.reckoned.answer_due_at)}"
        told = (_write(step.told.accept_due_at), _write(step.told.answer_due_at))
        shown.add_row(_write(step.at), step.action, *told, again)
    return shown


def _write(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


async def _reckon(settings: Settings, number: int, as_of: datetime | None) -> list[Reckoning]:
    database = Database(settings.require_database_url(), settings)
    try:
        async with database.snapshot() as connection:
            return await replay.reckon(connection, number, as_of)
    except Problem as problem:
        raise SettingsError(f"There is no complaint {number}, or there was none then.") from problem
    finally:
        database.close()
