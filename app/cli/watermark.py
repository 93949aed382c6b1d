"""``echowall watermark``: who opened the work order that a text comes from."""

from pathlib import Path

import typer

from app.core.clock import SHANGHAI
from app.core.settings import SettingsError, get_settings


def watermark(
    file: Path = typer.Argument(help="A page that was saved, or a text in UTF-8 that parts of it were copied to."),
) -> None:
    """Read the hidden watermark of work orders back from a file.

    Exit status 1 when it carries none: it is gone from paper, PDFs and photographs, which show the visible one.
    """
    from app.services import work_orders

    try:
        text = file.read_text("utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error}.") from error
    openings = list(work_orders.read_marks(get_settings().data_key.get_secret_value(), text))
    for opening in openings:
        moment = opening.opened_at.astimezone(SHANGHAI)
        typer.echo(f"User {opening.opener_id} opened complaint {opening.complaint_id} at {moment.isoformat()}.")
    if not openings:
        typer.echo("No watermark of this installation is in this file.")
        raise typer.Exit(1)
