"""Making a branch over a grid, naming it, and dissolving it for good."""

from uuid import UUID

from asyncpg import Connection

from app.core.db import insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import AreaKind, TermEnd
from app.domain.lifecycle import Party
from app.domain.lifecycles import BRANCH
from app.models.branch import Branch
from app.schemas.branches import BranchEditIn, BranchIn
from app.services import transitions
from app.services.branches import places, standing
from app.services.limits import Terms
from app.services.pledges import holding
from app.services.transitions import Mover

LOCK_AREA = "SELECT kind, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR NO KEY UPDATE"


async def found(connection: Connection, caller: Caller, form: BranchIn) -> UUID:
    """Make the branch of a grid, as its staff; return its id. Locks the area against a branch that comes there.

    Raises ``area-unknown``, ``area-not-a-grid``, ``not-allowed``, and by the database ``branch-exists`` and
    ``area-closed``.
    """
    area = await connection.fetchrow(LOCK_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if area["kind"] != AreaKind.GRID:
        raise Problem("area-not-a-grid")
    branch = Branch(id=new_id(), area_id=form.area_id, name=form.name)
    await insert(connection, branch)
    await transitions.log_creation(connection, BRANCH, branch.id, Mover(Party.STAFF, caller.id))
    return branch.id


async def edit(connection: Connection, caller: Caller, branch_id: UUID, form: BranchEditIn) -> None:
    """Change what a branch is called. Locks it. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    await _require_staff(connection, caller, branch_id)
    mover = Mover(Party.STAFF, caller.id)
    await transitions.move(connection, BRANCH, branch_id, "edit", mover, changes={"name": form.name})


async def dissolve(connection: Connection, terms: Terms, caller: Caller, branch_id: UUID, reason: str) -> None:
    """End a branch for good, the term of its secretary, everybody's time in it and what seats it holds. Locks it.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``.
    """
    await _require_staff(connection, caller, branch_id)
    await end(connection, branch_id, Mover(Party.STAFF, caller.id), reason, terms)


async def end(
    connection: Connection, branch_id: UUID, mover: Mover, reason: str, terms: Terms | None = None
) -> list[UUID]:
    """Dissolve a branch whose row is locked; return the ids of the members who were in it.

    Without ``terms`` the seats that it held are offered to whoever waits by the next sweep. Raises ``state-conflict``.
    """
    await transitions.move(connection, BRANCH, branch_id, "dissolve", mover, note=reason)
    await holding.end_of_group(connection, terms, branch_id=branch_id)
    rows = await connection.fetch(places.LIST_JOINED, branch_id)
    for row in rows:
        await places.end(connection, row, mover, TermEnd.DISSOLVED)
    return [row["member_id"] for row in rows]


async def _require_staff(connection: Connection, caller: Caller, branch_id: UUID) -> None:
    branch = await standing.lock_active(connection, caller, branch_id)
    if not branch["in_scope"]:
        raise Problem("not-allowed")
