"""``echowall reconcile``: prove that all points add up; where they do not, stop settling."""

import asyncio
import getpass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app import ledger
from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings
from app.services import reconciliation
from app.services.reconciliation import Reconciliation

REASON_CHARACTERS_MAX = 500
LiftOption = Annotated[
    str | None, typer.Option(help="Let settling go on, if everything adds up again: why it had not, and what was done.")
]


def reconcile(*, lift: LiftOption = None) -> None:
    """Prove that all points add up.

    Exit status 1 when a row breaks a rule: it is named, and nothing is settled until the halt is lifted.
    """
    if lift is not None and not 0 < len(lift.strip()) <= REASON_CHARACTERS_MAX:
        raise SettingsError(f"The reason says in 1 to {REASON_CHARACTERS_MAX} characters what was wrong and was done.")
    found, sentence = asyncio.run(_reconcile(get_settings(), lift))
    console = Console()
    for table in tables(found):
        console.print(table)
    console.print(sentence, highlight=False)
    if not found.is_clean:
        raise typer.Exit(1)


def tables(found: Reconciliation) -> list[Table]:
    """Return what to show: where the points are, the rules, and what breaks them."""
    points = Table("points", "", title="Where they came from and where they are", title_justify="left")
    points.columns[1].justify = "right"
    for name in ledger.ISSUED:
        points.add_row(name.replace("_", " "), f"{found.totals[name]:,}")
    points.add_section()
    for name in ledger.PRESENT:
        points.add_row(name, f"{found.totals[name]:,}")
    rules = Table("rule", "rows that break it")
    rules.columns[1].justify = "right"
    for rule, rows in found.breaches.items():
        rules.add_row(rule, f"{rows:,}")
    if found.is_clean:
        return [points, rules]
    differences = Table("rule", "of", "expected", "found", title="The first that differ", title_justify="left")
    for difference in found.differences:
        differences.add_row(difference.rule, difference.subject, difference.expected, difference.found)
    return [points, rules, differences]


async def _reconcile(settings: Settings, reason: str | None) -> tuple[Reconciliation, str]:
    database = Database(settings.require_database_url(), settings)
    try:
        async with database.snapshot() as connection:
            found = await reconciliation.reconcile(connection)
        return found, await _conclude(database, found, reason)
    finally:
        database.close()


async def _conclude(database: Database, found: Reconciliation, reason: str | None) -> str:
    """Raise or lift the halt as it follows from what was found; return the sentence that says so."""
    if not found.is_clean:
        async with database.transaction() as connection:
            is_new = await reconciliation.halt(connection, found) is not None
        state = "is halted from now on" if is_new else "was halted before and stays so"
        return f"{found.rows:,} rows do not add up. Settling {state}: mend them, then lift the halt with --lift."
    if reason is not None:
        async with database.transaction() as connection:
            lifted = await reconciliation.lift(connection, _operator(), reason.strip())
        return "Everything adds up. " + ("The halt is lifted." if lifted else "No halt was open.")
    if await ledger.is_halted(database.reads):
        return "Everything adds up, but settling is still halted: lift the halt with --lift and the reason."
    return "Everything adds up."


def _operator() -> str:
    """Return the name of whoever is at this machine, if it has one for them."""
    try:
        return getpass.getuser()[:100]
    except (OSError, KeyError):
        return "unknown"
