"""Where an area stands when somebody wants to change the tree: locked, and theirs to change."""

from uuid import UUID

from asyncpg import Connection, Record

from app.domain.caller import Caller, Role
from app.domain.errors import Problem

# Changes of the tree are rare and small, and each may reach far. They wait for each other, before all other locks.
LOCK_TREE = "SELECT pg_advisory_xact_lock(hashtext('echowall tree'))"
FIND = """
    SELECT id, parent_id, kind, name, code, households, residents, is_wish_review_required, lineage, closed_at,
        lineage && $2::uuid[] AS administers, parent_lineage && $2::uuid[] AS administers_above
    FROM area WHERE id = $1
"""


async def lock_tree(connection: Connection) -> None:
    """Wait until nobody else changes the shape of the tree; the first lock of a transaction that does."""
    await connection.execute(LOCK_TREE)


async def find(connection: Connection, caller: Caller, area_id: UUID) -> Record | None:
    """Return an area, closed or not, and whether the caller administers it or the area above."""
    return await connection.fetchrow(FIND, area_id, caller.scope(Role.ADMINISTRATOR))


async def find_to_change(connection: Connection, caller: Caller, area_id: UUID) -> Record:
    """Return an open area whose parent the caller administers.

    Raises ``not-found``, ``not-allowed`` (areas are public), ``area-closed``.
    """
    area = await find(connection, caller, area_id)
    if area is None:
        raise Problem("not-found")
    if not area["administers_above"]:
        raise Problem("not-allowed")
    if area["closed_at"] is not None:
        raise Problem("area-closed")
    return area


async def find_to_keep_in_place(connection: Connection, caller: Caller, area_id: UUID) -> Record:
    """Return an open area whose parent the caller administers, or a root that they administer itself.

    Raises as ``find_to_change``.
    """
    area = await find(connection, caller, area_id)
    if area is not None and area["parent_id"] is None and area["administers"] and area["closed_at"] is None:
        return area
    return await find_to_change(connection, caller, area_id)


async def find_to_join(connection: Connection, caller: Caller, area_id: UUID) -> Record:
    """Return an open area whose parent the caller administers, for another one to go into it.

    Raises ``area-unknown``, ``not-allowed``, ``area-closed``.
    """
    area = await find(connection, caller, area_id)
    if area is None:
        raise Problem("area-unknown")
    if not area["administers_above"]:
        raise Problem("not-allowed")
    if area["closed_at"] is not None:
        raise Problem("area-closed")
    return area


async def find_parent(connection: Connection, caller: Caller, area_id: UUID) -> Record:
    """Return an open area that the caller administers, for something to be put below it.

    Raises ``area-unknown``, ``not-allowed``, ``area-closed``.
    """
    area = await find(connection, caller, area_id)
    if area is None:
        raise Problem("area-unknown")
    if not area["administers"]:
        raise Problem("not-allowed")
    if area["closed_at"] is not None:
        raise Problem("area-closed")
    return area
