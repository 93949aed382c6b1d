"""Grants: who holds which role on an area and everything below it."""

from typing import Any
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.db import raw
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.models.grant import Grant
from app.services import transitions
from app.services.transitions import Mover

FIND_AREA = "SELECT name, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
REVOKE = """
    DELETE FROM "grant" g USING area a
    WHERE g.id = $1 AND a.id = g.area_id AND a.lineage && $2::uuid[] RETURNING g.id, g.role
"""


async def give(session: AsyncSession, caller: Caller, user_id: UUID, role: Role, area_id: UUID) -> dict[str, Any]:
    """Give ``role`` on an area that the caller administers.

    Raises ``area-unknown``, ``not-allowed``, ``own-interest`` (nobody raises themselves), ``user-unknown`` and
    ``grant-exists``, the last two decided by the database.
    """
    area = await (await raw(session)).fetchrow(FIND_AREA, area_id, caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if user_id == caller.id:
        raise Problem("own-interest")
    grant = Grant(id=new_id(), user_id=user_id, role=role, area_id=area_id, granted_by=caller.id)
    session.add(grant)
    await session.flush()
    await session.refresh(grant)
    await transitions.log(session, "grant", grant.id, "give", role, Mover(Party.STAFF, caller.id))
    return {
        "id": grant.id,
        "user_id": user_id,
        "role": role,
        "area": {"id": area_id, "name": area["name"]},
        "created_at": grant.created_at,
        "actions": ["revoke"],
    }


async def revoke(session: AsyncSession, caller: Caller, grant_id: UUID) -> None:
    """Take a grant back; it counts at once. Raises ``not-found`` for one outside the caller's areas (I8)."""
    row = await (await raw(session)).fetchrow(REVOKE, grant_id, caller.scope(Role.ADMINISTRATOR))
    if row is None:
        raise Problem("not-found")
    await transitions.log(session, "grant", grant_id, "revoke", "revoked", Mover(Party.STAFF, caller.id))


async def give_from_command_line(session: AsyncSession, user_id: UUID, role: Role, area_id: UUID) -> UUID:
    """Give a grant by the operator's hand; the event tells such grants from those of the service (I2)."""
    grant = Grant(id=new_id(), user_id=user_id, role=role, area_id=area_id)
    session.add(grant)
    await session.flush()
    await transitions.log(session, "grant", grant.id, "give_from_command_line", role, transitions.SYSTEM)
    return grant.id


async def exists(session: AsyncSession, user_id: UUID, role: Role, area_id: UUID) -> bool:
    """Whether the user holds exactly this grant."""
    held = select(Grant.id).where(Grant.user_id == user_id, Grant.role == role, Grant.area_id == area_id)
    return (await session.exec(held)).first() is not None
