"""``echowall tour``: walk the whole story against a running server, over HTTP and nothing else."""

import sys
from typing import Annotated

import typer

from app.core.settings import API_URL_FILE, SIMULATOR_URL_FILE, Settings, SettingsError, get_settings


def tour(
    url: Annotated[str | None, typer.Option(help="The API's address; that of `make run` unless given.")] = None,
    wechat_url: Annotated[str | None, typer.Option(help="The WeChat simulator's, likewise.")] = None,
    *,
    bad_day: Annotated[
        bool, typer.Option("--bad-day", help="WeChat may fail: ask again, and let people pass what it cannot check.")
    ] = False,
) -> None:
    """Walk the whole story, print each step, and stop at the first that does not go as it should.

    Needs the demo district and the WeChat simulator; makes new people each time, so it can be repeated.
    """
    from app.cli.tour.story import walk
    from app.cli.tour.walk import StepFailedError, Walk

    settings = get_settings()
    address = url or _written(settings, API_URL_FILE) or f"http://127.0.0.1:{settings.port}"
    wechat = wechat_url or _written(settings, SIMULATOR_URL_FILE) or settings.wechat_base_url
    for given in (address, wechat):
        if not given.startswith(("http://", "https://")):
            raise SettingsError(f"{given} is no address: it begins with http:// or https://.")
    try:
        with Walk(address, wechat, is_bad_day=bad_day) as tourist:
            walk(tourist)
    except StepFailedError as failure:
        print(failure, file=sys.stderr)
        raise typer.Exit(1) from None


def _written(settings: Settings, name: str) -> str | None:
    """Return the address that `echowall up` wrote into a file while it runs."""
    file = settings.data_dir / name
    return file.read_text().strip() if file.exists() else None
