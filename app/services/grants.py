"""Grants: who holds which role on an area and everything below it."""

from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.db import insert
from app.core.ids import new_id
from app.core.sql import quoted
from app.domain.caller import ACTING_ROLES, Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.models.grant import Grant
from app.services import transitions
from app.services.transitions import Mover

STAFF_ROLES_SQL = quoted(sorted(ACTING_ROLES[Role.STAFF]))
"""The roles in which somebody acts as staff."""
FIND_AREA = "SELECT name, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
FIND = """
    SELECT true FROM "grant" g JOIN area a ON a.id = g.area_id WHERE g.id = $1 AND a.lineage && $2::uuid[]
"""
# Locked before it is joined: a join that waited for one which went to another area meanwhile would find nothing.
LOCK = 'SELECT FROM "grant" WHERE id = $1 FOR UPDATE'
REVOKE = """
    DELETE FROM "grant" g USING area a
    WHERE g.id = $1 AND a.id = g.area_id AND a.lineage && $2::uuid[]
        AND g.holding_id IS NULL
    RETURNING g.id
"""
TAKE_ALL = 'DELETE FROM "grant" WHERE user_id = $1 RETURNING id, holding_id'
HELD = """
    SELECT EXISTS (
        SELECT FROM "grant" WHERE user_id = $1 AND role = $2 AND area_id = $3 AND holding_id IS NULL
    )
"""

# Of the nearest area that has any, from the task's upwards.
STAFF_NEAR_TASK = f"""
    SELECT DISTINCT g.user_id FROM task t JOIN area a ON a.id = t.area_id CROSS JOIN LATERAL (
        SELECT near.area_id FROM unnest(a.lineage) WITH ORDINALITY AS step (id, depth)
        JOIN "grant" near ON near.area_id = step.id AND near.role IN ({STAFF_ROLES_SQL}) AND near.user_id <> $2
        ORDER BY step.depth DESC LIMIT 1
    ) AS nearest JOIN "grant" g ON g.area_id = nearest.area_id AND g.role IN ({STAFF_ROLES_SQL}) AND g.user_id <> $2
    WHERE t.id = $1 ORDER BY g.user_id
"""


async def give(connection: Connection, caller: Caller, user_id: UUID, role: Role, area_id: UUID) -> dict[str, Any]:
    """Give ``role`` on an area that the caller administers.

    Raises ``area-unknown``, ``not-allowed``, ``own-interest`` (nobody raises themselves), ``user-unknown`` and
    ``grant-exists``, the last two decided by the database.
    """
    area = await connection.fetchrow(FIND_AREA, area_id, caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if user_id == caller.id:
        raise Problem("own-interest")
    grant = Grant(id=new_id(), user_id=user_id, role=role, area_id=area_id, granted_by=caller.id)
    row = await insert(connection, grant)
    await transitions.log(connection, "grant", grant.id, "give", role, Mover(Party.STAFF, caller.id))
    return {
        "id": grant.id,
        "user_id": user_id,
        "role": role,
        "area": {"id": area_id, "name": area["name"]},
        "created_at": row["created_at"],
        "actions": ["revoke"],
    }


async def revoke(connection: Connection, caller: Caller, grant_id: UUID) -> None:
    """Take a grant back; it counts at once. Locks its row.

    Raises ``not-found`` for one outside the caller's areas (I8), ``grant-of-post`` for one that came with a post.
    """
    scope = caller.scope(Role.ADMINISTRATOR)
    await connection.execute(LOCK, grant_id)
    if await connection.fetchval(REVOKE, grant_id, scope) is None:
        is_there = await connection.fetchrow(FIND, grant_id, scope) is not None
        raise Problem("grant-of-post" if is_there else "not-found")
    await transitions.log(connection, "grant", grant_id, "revoke", "revoked", Mover(Party.STAFF, caller.id))


async def take_all(connection: Connection, user_id: UUID, mover: Mover) -> None:
    """Take every role from somebody who closed their account, those of posts too."""
    for row in await connection.fetch(TAKE_ALL, user_id):
        action = "revoke" if row["holding_id"] is None else "revoke_with_post"
        await transitions.log(connection, "grant", row["id"], action, "revoked", mover)


async def give_from_command_line(connection: Connection, user_id: UUID, role: Role, area_id: UUID) -> UUID:
    """Give a grant by the operator's hand; the event tells such grants from those of the service (I2)."""
    grant = Grant(id=new_id(), user_id=user_id, role=role, area_id=area_id)
    await insert(connection, grant)
    await transitions.log(connection, "grant", grant.id, "give_from_command_line", role, transitions.SYSTEM)
    return grant.id


async def exists(connection: Connection, user_id: UUID, role: Role, area_id: UUID) -> bool:
    """Whether the user holds exactly this grant, given by hand."""
    return bool(await connection.fetchval(HELD, user_id, role, area_id))


async def list_staff_near_task(connection: Connection, task_id: UUID, but_not: UUID) -> list[UUID]:
    """Return who is staff of a task's area, or of the nearest above that has any, leaving one person out."""
    return [row["user_id"] for row in await connection.fetch(STAFF_NEAR_TASK, task_id, but_not)]
