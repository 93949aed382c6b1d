"""``echowall grant``: make the first administrator."""

import asyncio
from uuid import UUID

import typer

from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings
from app.domain.caller import Role
from app.services import grants

FIND_AREA = "SELECT name FROM area WHERE id = $1"
FIND_USER = 'SELECT nickname FROM "user" WHERE id = $1'


def grant(
    user_id: str = typer.Argument(help="The user's id: it stands in their GET /v1/me."),
    area_id: str = typer.Argument(help="The area's id: it stands in GET /v1/areas."),
    role: Role = typer.Option(Role.ADMINISTRATOR, help="What the user may do there and below."),
) -> None:
    """Give a user a role on an area and all below it."""
    try:
        ids = UUID(user_id), UUID(area_id)
    except ValueError as error:
        raise SettingsError("Both ids are UUIDs: take them from GET /v1/me and GET /v1/areas.") from error
    typer.echo(asyncio.run(_grant(get_settings(), *ids, role)))


async def _grant(settings: Settings, user_id: UUID, area_id: UUID, role: Role) -> str:
    database = Database(settings.require_database_url(), settings)
    try:
        nickname = await database.reads.fetchval(FIND_USER, user_id)
        area = await database.reads.fetchval(FIND_AREA, area_id)
        if nickname is None:
            raise SettingsError("There is no such user: they must log in once before they can hold a role.")
        if area is None:
            raise SettingsError("There is no such area: take its id from GET /v1/areas.")
        async with database.transaction() as connection:
            if await grants.exists(connection, user_id, role, area_id):
                return f"{nickname} is {role} of {area} already."
            await grants.give_from_command_line(connection, user_id, role, area_id)
        return f"{nickname} is now {role} of {area} and everything below it."
    finally:
        database.close()
