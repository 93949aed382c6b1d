"""``echowall migrate``: bring the database to the tables of this code."""

from pathlib import Path

import typer
from alembic import command
from alembic.config import Config

from app.core.settings import get_settings

PROJECT = Path(__file__).resolve().parents[2]


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for a database."""
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def migrate(revision: str = typer.Argument("head", help="The revision to go to.")) -> None:
    """Bring the database's tables up to this code; safe to repeat."""
    command.upgrade(alembic_config(get_settings().require_database_url()), revision)
    typer.echo("The database is up to date.")
