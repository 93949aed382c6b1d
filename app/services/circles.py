"""Business circles: grids that belong together for shops, whatever area they are in.

The alliance of an area above all of them keeps a circle. Closing is for good, and a circle that is closed keeps its
grids, but filters nothing any more.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import AreaKind
from app.domain.lifecycle import Party
from app.models.circle import Circle
from app.schemas.circles import CircleEditIn, CircleIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

WITHIN = """a.lineage && ARRAY(
    SELECT g.area_id FROM circle_area g JOIN circle c ON c.id = g.circle_id
    WHERE c.id = {circle_id} AND c.closed_at IS NULL
)"""
"""Whether an area (alias ``a``) is one of an open circle's grids or lies below one; format it with the circle's id."""

COLUMNS = """
    c.id, c.area_id, a.name AS area_name, c.name, c.introduction, c.closed_at, c.created_at,
    a.lineage && $2::uuid[] AS in_scope, (SELECT count(*) FROM circle_area g WHERE g.circle_id = c.id) AS grid_count
"""
GET = f"""
    SELECT {COLUMNS}, ARRAY(
        SELECT (grid.id, grid.name, above.id, above.name)
        FROM circle_area g JOIN area grid ON grid.id = g.area_id LEFT JOIN area above ON above.id = grid.parent_id
        WHERE g.circle_id = c.id ORDER BY grid.id
    ) AS grids
    FROM circle c JOIN area a ON a.id = c.area_id WHERE c.id = $1
"""
LIST = f"""
    SELECT {COLUMNS} FROM circle c JOIN area a ON a.id = c.area_id
    WHERE c.closed_at IS NULL AND c.id > $3 AND c.id IN (
        SELECT kept.id FROM circle kept JOIN area x ON x.id = kept.area_id WHERE x.lineage @> ARRAY[$1::uuid]
        UNION SELECT g.circle_id FROM circle_area g JOIN area x ON x.id = g.area_id
        WHERE x.lineage @> ARRAY[$1::uuid]
    )
    ORDER BY c.id LIMIT $4
"""
# A lock on areas keeps them from being moved or closed meanwhile; areas come before what lies in them.
LOCK_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR KEY SHARE"
LOCK_GRIDS = """
    SELECT id, name, kind, closed_at, lineage @> ARRAY[$2::uuid] AS is_below FROM area
    WHERE id = ANY($1) ORDER BY id FOR KEY SHARE
"""
LOCK = "SELECT closed_at IS NULL FROM circle WHERE id = $1 FOR NO KEY UPDATE"
REMOVE_GRIDS = "DELETE FROM circle_area WHERE circle_id = $1 AND area_id <> ALL($2) RETURNING area_id"
ADD_GRIDS = """
    INSERT INTO circle_area (circle_id, area_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING area_id
"""


async def add(connection: Connection, caller: Caller, form: CircleIn) -> UUID:
    """Make a circle without grids; return its id. Locks the area's row.

    Raises ``area-unknown``, ``not-allowed`` where the caller is not of the alliance, and by the database
    ``circle-name-taken``.
    """
    area = await connection.fetchrow(LOCK_AREA, form.area_id, caller.scope(Role.ALLIANCE))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    circle = Circle(id=new_id(), **form.model_dump())
    await insert(connection, circle)
    await transitions.log(connection, "circle", circle.id, "create", "open", _mover(caller))
    return circle.id


async def edit(connection: Connection, caller: Caller, circle_id: UUID, form: CircleEditIn) -> None:
    """Name a circle anew and say something else of it. Locks its row.

    Raises ``not-found``, ``not-allowed``, ``state-conflict`` once it is closed, and by the database
    ``circle-name-taken``.
    """
    await _permit(connection, caller, circle_id)
    await _lock(connection, circle_id)
    await connection.execute(
        "UPDATE circle SET name = $2, introduction = $3 WHERE id = $1", circle_id, form.name, form.introduction
    )
    await transitions.log(connection, "circle", circle_id, "edit", "open", _mover(caller), from_state="open")


async def set_grids(connection: Connection, caller: Caller, circle_id: UUID, grid_ids: Sequence[UUID]) -> None:
    """Let a circle lie over these grids and no others. Locks the grids' rows, then the circle's.

    Raises ``not-found``, ``not-allowed``, ``grid-outside-circle`` naming those that are no grids below the circle's own
    area, ``area-closed`` naming those, ``state-conflict`` once the circle is closed.
    """
    circle = await _permit(connection, caller, circle_id)
    found = await connection.fetch(LOCK_GRIDS, grid_ids, circle["area_id"])
    unfit = {str(row["id"]): row["name"] for row in found if row["kind"] != AreaKind.GRID or not row["is_below"]}
    if unfit or len(found) < len(grid_ids):
        raise Problem("grid-outside-circle", facts=unfit)
    closed = {str(row["id"]): row["name"] for row in found if row["closed_at"] is not None}
    if closed:
        raise Problem("area-closed", facts=closed)
    await _lock(connection, circle_id)
    removed = [row["area_id"] for row in await connection.fetch(REMOVE_GRIDS, circle_id, grid_ids)]
    added = [row["area_id"] for row in await connection.fetch(ADD_GRIDS, circle_id, grid_ids)]
    if removed or added:
        facts = {"removed": removed, "added": added}
        mover = _mover(caller)
        await transitions.log(
            connection, "circle", circle_id, "set_grids", "open", mover, from_state="open", facts=facts
        )


async def close(connection: Connection, caller: Caller, circle_id: UUID) -> None:
    """Close a circle for good. Locks its row. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    await _permit(connection, caller, circle_id)
    await _lock(connection, circle_id)
    await connection.execute("UPDATE circle SET closed_at = $2 WHERE id = $1", circle_id, now())
    await transitions.log(connection, "circle", circle_id, "close", "closed", _mover(caller), from_state="open")


async def get(reads: Reads, caller: Caller | None, circle_id: UUID) -> dict[str, Any]:
    """Return one circle with its grids, closed or not. Raises ``not-found``."""
    row = await reads.fetchrow(GET, circle_id, _scope(caller))
    if row is None:
        raise Problem("not-found")
    grids = [
        {"id": grid_id, "name": name, "above": above_id and {"id": above_id, "name": above_name}}
        for grid_id, name, above_id, above_name in row["grids"]
    ]
    return _view(row) | {"grids": grids}


async def list_of_area(reads: Reads, caller: Caller | None, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the open circles that are kept in an area or lie over a grid of it, in the order they were made."""
    rows = await reads.fetch(LIST, area_id, _scope(caller), request.above("circles", area_id), request.rows)
    return page(rows, request, _view, "circles", area_id)


async def _permit(connection: Connection, caller: Caller, circle_id: UUID) -> Record:
    """Return the circle when the caller acts for its alliance. Raises ``not-found`` and ``not-allowed``."""
    row = await connection.fetchrow(GET, circle_id, _scope(caller))
    if row is None:
        raise Problem("not-found")
    if not row["in_scope"]:
        raise Problem("not-allowed")  # circles are public
    return row


async def _lock(connection: Connection, circle_id: UUID) -> None:
    """Hold a circle that is open. Raises ``state-conflict``."""
    if not await connection.fetchval(LOCK, circle_id):
        raise Problem("state-conflict")


def _scope(caller: Caller | None) -> list[UUID]:
    return caller.scope(Role.ALLIANCE) if caller else []


def _mover(caller: Caller) -> Mover:
    return Mover(Party.ALLIANCE, caller.id)


def _view(row: Record) -> dict[str, Any]:
    is_theirs = row["in_scope"] and row["closed_at"] is None
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "introduction": row["introduction"],
        "grid_count": row["grid_count"],
        "closed_at": row["closed_at"],
        "created_at": row["created_at"],
        "actions": ["edit", "set_grids", "close"] if is_theirs else [],
    }
