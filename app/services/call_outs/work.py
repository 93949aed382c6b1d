"""Tasks of a call-out: posted by staff while it lasts, seen by those called."""

from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.schemas.tasks import EmergencyTaskIn
from app.services import posted_tasks, tasks
from app.services.call_outs import standing
from app.services.pages import PageRequest
from app.services.places import Places

IS_THEIRS = "SELECT lineage && $2::uuid[] FROM area WHERE id = $1"


async def post(
    connection: Connection, index: Places, caller: Caller, call_out_id: UUID, form: EmergencyTaskIn, base_points: int
) -> UUID:
    """Post a task of a call-out in an area of the caller's; return its id. Locks the call-out against its end.

    Raises ``not-found``, ``not-allowed``, ``call-out-over``, ``area-unknown``, ``task-outside-area``,
    ``task-in-the-past``, and by the database ``area-closed``.
    """
    standing.require_staff(await standing.find(connection, caller, call_out_id))
    call_out = await standing.lock_live(connection, call_out_id)
    is_theirs = await connection.fetchval(IS_THEIRS, form.area_id, caller.scope(Role.STAFF))
    if is_theirs is None:
        raise Problem("area-unknown")
    if not is_theirs:
        raise Problem("not-allowed")
    return await posted_tasks.post_for(connection, index, caller, call_out, form, base_points)


async def list_of_call_out(
    reads: Reads, secret: str, caller: Caller, call_out_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return the tasks of a call-out to its staff and those called. Raises ``not-found`` (I8)."""
    filters = ("call-out-tasks", call_out_id)
    request.below(*filters)
    await standing.find(reads, caller, call_out_id)
    return await tasks.list_of_call_out(reads, secret, caller, call_out_id, request, *filters)
