"""``echowall tour``: walk the whole story against a running server, over HTTP and nothing else."""

import sys
from typing import Annotated

import typer

from app.core.settings import API_URL_FILE, Settings, SettingsError, get_settings


def tour(
    url: Annotated[str | None, typer.Option(help="The API's address; that of `make run` unless given.")] = None,
) -> None:
    """Walk the whole story, print each step, and stop at the first that does not go as it should.

    Needs the demo district and the WeChat simulator; makes new people each time, so it can be repeated.
    """
    from app.cli.tour.story import walk
    from app.cli.tour.walk import StepFailedError, Walk

    address = url or _default_url(get_settings())
    if not address.startswith(("http://", "https://")):
        raise SettingsError(f"{address} is no address: it begins with http:// or https://.")
    try:
        with Walk(address) as tourist:
            walk(tourist)
    except StepFailedError as failure:
        print(failure, file=sys.stderr)
        raise typer.Exit(1) from None


def _default_url(settings: Settings) -> str:
    written = settings.data_dir / API_URL_FILE
    return written.read_text().strip() if written.exists() else f"http://127.0.0.1:{settings.port}"
