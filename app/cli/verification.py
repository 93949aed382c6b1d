"""``echowall verify-ledger``: compute every seal anew, and name the first row that was changed behind our back."""

import asyncio
import re
from pathlib import Path
from typing import Annotated

import typer

from app import ledger
from app.cli.progress import Bar
from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings

PUBLISHED_LINE = re.compile(r"(\d+)\s+([0-9a-f]{64})")

PublishedOption = Annotated[
    Path | None, typer.Option(help="A file of seals as they were published: a number and a hash on each line.")
]
PublishOption = Annotated[
    Path | None, typer.Option(help="Where to write all seals, to be published, if everything fits.")
]


def verify_ledger(*, published: PublishedOption = None, publish: PublishOption = None) -> None:
    """Compute every seal anew from the rows it was made of.

    Exit status 1 when a row or a seal was changed, deleted or inserted; the first one is named.
    """
    told = {} if published is None else read_published(published)
    found = asyncio.run(_verify(get_settings(), told))
    for finding, others in ((found.first_row, found.rows_at_fault - 1), (found.first_seal, 0)):
        if finding is not None:
            more = f" {others:,} more rows do not fit either." if others > 0 else ""
            typer.echo(f"Found: {finding.sentence}.{more}")
    if not found.is_sound:
        raise typer.Exit(1)
    typer.echo(
        f"All {found.seals:,} seals over {found.leaves:,} transfers fit; {found.waiting:,} wait for the next seal."
    )
    if told:
        typer.echo(f"All {len(told):,} published seals are here as they were published.")
    if publish is not None:
        publish.write_text("".join(f"{number} {value}\n" for number, value in sorted(found.hashes.items())), "utf-8")
        typer.echo(f"Wrote {publish}: keep it where whoever owns the database cannot change it.")


def read_published(path: Path) -> dict[int, str]:
    """Return the published hashes by number. Raises SettingsError for a file of another form."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error
    told: dict[int, str] = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        read = PUBLISHED_LINE.fullmatch(line)
        if read is None:
            raise SettingsError(f"{path} has a line that is not a number and a hash: {line[:80]}")
        told[int(read[1])] = read[2]
    if not told:
        raise SettingsError(f"{path} names no seal: each line is a number and a hash.")
    return told


async def _verify(settings: Settings, published: dict[int, str]) -> ledger.Verification:
    database, bar = Database(settings.require_database_url(), settings), Bar("transfers")
    try:
        async with database.snapshot() as connection:
            return await ledger.verify(connection, published, bar.advance)
    finally:
        bar.end()
        database.close()
