"""Who acts for a unit in the complaints that are handed to it: put there by administrators of the unit's area.

No part of the caller, whom every request looks up: what a unit has to do is joined with its workers where it is read.
"""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.models.unit import UnitWorker
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

FIND_UNIT = "SELECT a.lineage && $2::uuid[] FROM unit u JOIN area a ON a.id = u.area_id WHERE u.id = $1"
VIEW = """
    SELECT w.id, w.unit_id, n.name AS unit_name, u.nickname, w.created_at
    FROM unit_worker w JOIN unit n ON n.id = w.unit_id JOIN "user" u ON u.id = w.user_id
"""
GET = f"{VIEW} WHERE w.id = $1"
LIST = f"{VIEW} WHERE w.unit_id = $1 AND w.id > $2 ORDER BY w.id LIMIT $3"
REMOVE = """
    DELETE FROM unit_worker w USING unit n, area a
    WHERE w.id = $1 AND w.unit_id = $2 AND n.id = w.unit_id AND a.id = n.area_id AND a.lineage && $3::uuid[]
    RETURNING w.id
"""
REMOVE_EVERYWHERE = "DELETE FROM unit_worker WHERE user_id = $1 RETURNING id"


async def add(connection: Connection, caller: Caller, unit_id: UUID, user_id: UUID) -> dict[str, Any]:
    """Let somebody act for a unit; it counts with their next request.

    Raises ``not-found``, ``not-allowed``, ``own-interest`` (nobody puts themselves there), and by the database
    ``user-unknown`` and ``worker-exists``.
    """
    await _require_administrator(connection, caller, unit_id)
    if user_id == caller.id:
        raise Problem("own-interest")
    worker = UnitWorker(id=new_id(), unit_id=unit_id, user_id=user_id, added_by=caller.id)
    await insert(connection, worker)
    await transitions.log(connection, "unit_worker", worker.id, "add", "active", Mover(Party.STAFF, caller.id))
    return _view(await connection.fetchrow(GET, worker.id))


async def remove(connection: Connection, caller: Caller, unit_id: UUID, worker_id: UUID) -> None:
    """Let somebody act for a unit no more; it counts with their next request. Raises ``not-found`` (I8)."""
    if await connection.fetchval(REMOVE, worker_id, unit_id, caller.scope(Role.ADMINISTRATOR)) is None:
        raise Problem("not-found")
    await transitions.log(connection, "unit_worker", worker_id, "remove", "removed", Mover(Party.STAFF, caller.id))


async def remove_everywhere(connection: Connection, user_id: UUID, mover: Mover) -> None:
    """Let somebody act for no unit any more."""
    for row in await connection.fetch(REMOVE_EVERYWHERE, user_id):
        await transitions.log(connection, "unit_worker", row["id"], "remove", "removed", mover)


async def list_of_unit(reads: Reads, caller: Caller, unit_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return who acts for a unit, who came first first. Raises ``not-found`` and ``not-allowed``."""
    filters = ("unit-workers", unit_id)
    last_id = request.above(*filters)
    await _require_administrator(reads, caller, unit_id)
    return page(await reads.fetch(LIST, unit_id, last_id, request.rows), request, _view, *filters)


async def _require_administrator(reads: Reads, caller: Caller, unit_id: UUID) -> None:
    in_scope = await reads.fetchval(FIND_UNIT, unit_id, caller.scope(Role.ADMINISTRATOR))
    if in_scope is None:
        raise Problem("not-found")
    if not in_scope:
        raise Problem("not-allowed")  # units are public, who acts for them is not


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "unit": {"id": row["unit_id"], "name": row["unit_name"]},
        "nickname": row["nickname"],
        "created_at": row["created_at"],
        "actions": ["remove"],
    }
