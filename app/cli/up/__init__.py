"""`echowall up`, which is `make run`: everything on this machine in one process tree, for development and the demo."""

from typing import Annotated

import typer

from app.cli.up.run import Run
from app.core.settings import SettingsError, get_settings


def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the API; ECHOWALL_PORT unless given.")
    ] = None,
) -> None:
    """Start everything on this machine until Ctrl-C: database, API, worker, WeChat simulator.

    Exit status: 0 stopped as asked, 1 something failed, 2 something else is in the way.
    """
    settings = get_settings()
    if settings.env == "production":
        raise SettingsError(
            "This starts a database and a WeChat simulator for developers. "
            "In production run `echowall migrate`, `echowall serve` and `echowall worker`."
        )
    raise typer.Exit(Run(settings, port or settings.port).to_the_end())
