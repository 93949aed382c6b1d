"""``echowall migrate``: bring the database to the tables of this code, and to the holidays that it knows."""

import asyncio
from pathlib import Path

import typer
from alembic import command
from alembic.config import Config

from app.core.db import Database
from app.core.settings import Settings, get_settings
from app.services import calendars

PROJECT = Path(__file__).resolve().parents[2]


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for a database."""
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def migrate(revision: str = typer.Argument("head", help="The revision to go to.")) -> None:
    """Bring the database's tables up to this code; safe to repeat."""
    settings = get_settings()
    command.upgrade(alembic_config(settings.require_database_url()), revision)
    if revision == "head":
        asyncio.run(sync_calendars(settings))
    typer.echo("The database is up to date.")


async def sync_calendars(settings: Settings) -> None:
    """Store the years of working days that this code knows and the database does not."""
    database = Database(settings.require_database_url(), settings)
    try:
        async with database.transaction() as connection:
            await calendars.sync(connection)
    finally:
        database.close()
