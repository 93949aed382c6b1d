"""``echowall add-area``: plant a tree; what lies below its root is added by administrators."""

import asyncio
import re

import asyncpg
import typer

from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings
from app.domain import text
from app.domain.area_tree import CODE_PATTERN, NAME_MAX
from app.domain.errors import CATALOGUE, Problem
from app.domain.kinds import AreaKind
from app.problems import from_database
from app.services.area_changes import adding


def add_area(
    name: str = typer.Argument(help="What the district is called."),
    kind: AreaKind = typer.Option(AreaKind.DISTRICT, help="What is at the top: a district, street or community."),
    code: str | None = typer.Option(None, help="The official code of the division, 6 to 18 digits."),
) -> None:
    """Add an area at the top of a tree and print its id; `echowall grant` makes its first administrator."""
    if not name or len(name) > NAME_MAX or text.find_refused(name) is not None or text.is_blank(name):
        raise SettingsError(f"A name has 1 to {NAME_MAX} characters that can be seen.")
    if code is not None and not re.fullmatch(CODE_PATTERN, code):
        raise SettingsError("A code has 6 to 18 digits.")
    typer.echo(asyncio.run(_add(get_settings(), name, kind, code)))


async def _add(settings: Settings, name: str, kind: AreaKind, code: str | None) -> str:
    database = Database(settings.require_database_url(), settings)
    try:
        async with database.transaction() as connection:
            return str(await adding.add_root(connection, kind, name, code))
    except (Problem, asyncpg.IntegrityConstraintViolationError) as error:
        problem = error if isinstance(error, Problem) else from_database(error)
        if problem is None:
            raise
        raise SettingsError(CATALOGUE[problem.type.code].title + ".") from error
    finally:
        database.close()
