"""``echowall demo``: fill the database with a district, small enough to look through or as large as a real one.

Whoever is made can log in through the WeChat simulator: the named people by their names, the others as bench1, bench2
and so on in the order members, volunteers, residents, shopkeepers. In the n-th district of one database each log-in
name ends in ``_n``. A measurement that cannot log in so many signs tokens itself: ``app.core.security.issue_token``
with the settings' secret, the user's id and version 1.
"""

import asyncio
import time
from typing import Annotated

import typer

from app.cli.demo.people import DemoPerson, demo_people, name_in_round
from app.core.settings import SettingsError, get_settings

__all__ = ["DemoPerson", "demo", "demo_people"]

RESIDENTS_PER_WISH = 0.25
GRIDS_PER_MERCHANT = 3


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Only if there is no area yet.")] = False,
    grids: Annotated[int, typer.Option(min=1, max=5_000, help="Grids; streets and communities follow.")] = 12,
    members: Annotated[int, typer.Option(min=1, max=1_000_000, help="Approved members.")] = 12,
    volunteers: Annotated[int, typer.Option(min=0, max=1_000_000, help="Approved volunteers.")] = 12,
    wishes: Annotated[int, typer.Option(min=0, max=2_000_000, help="Wishes, beside those of the story.")] = 48,
    complaints: Annotated[int, typer.Option(min=0, max=2_000_000, help="Complaints, beside those of the story.")] = 48,
    residents: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Residents; a fourth of the wishes unless given.")
    ] = None,
    merchants: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Shops; a third of the grids unless given.")
    ] = None,
) -> None:
    """Fill the database with a demo district; where there is one already, with another one beside it.

    Raises SettingsError in production.
    """
    from app.cli.demo.load import load
    from app.cli.demo.town import Size

    settings = get_settings()
    if settings.env == "production":
        raise SettingsError(
            "The demo district is made-up people whom anybody may log in as: unset ECHOWALL_ENV=production to load it."
        )
    size = Size(
        grids=grids,
        members=members,
        volunteers=volunteers,
        residents=residents or max(1, int(wishes * RESIDENTS_PER_WISH)),
        merchants=merchants or max(1, grids // GRIDS_PER_MERCHANT),
        wishes=wishes,
        complaints=complaints,
    )
    began_s = time.monotonic()
    loaded = asyncio.run(load(settings, size, once=once))
    if loaded is None:
        typer.echo("There is a district already; nothing was loaded.")
        return
    administrator = name_in_round(demo_people()[0].name, loaded.round_number)
    typer.echo(
        f"{loaded.district} is there after {time.monotonic() - began_s:.1f} s: {grids:,} grids, {members:,} members, "
        f"{volunteers:,} volunteers, {size.residents:,} residents, {size.merchants:,} shops, {wishes:,} wishes, "
        f"{complaints:,} complaints and those of the story. "
        f"Its administrator logs in with the code sim-{administrator}-1."
    )
