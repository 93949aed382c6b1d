"""Closing areas: for good, and never with something open left in them."""

from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.services import transitions
from app.services.area_changes import belongings, circles, grants, lending, standing
from app.services.transitions import Mover

CLOSE = "UPDATE area SET closed_at = clock_timestamp(), successor_id = $2 WHERE id = $1"


async def close(connection: Connection, caller: Caller, area_id: UUID, reason: str) -> None:
    """Close an area in which nothing is left; what was done there stays readable. Locks the tree and the area.

    With a root goes the right to administer it: nobody above could take it back, and nothing is left to administer.

    Raises ``not-found``, ``not-allowed``, ``area-closed``, and ``area-not-empty`` with how much of what is left.
    """
    await standing.lock_tree(connection)
    area = await standing.find_to_keep_in_place(connection, caller, area_id)
    mover = Mover(Party.STAFF, caller.id)
    await shut(connection, area_id, None)
    if area["parent_id"] is None:
        await grants.let_root_go(connection, area_id, mover)
    left = await belongings.count_left(connection, area_id)
    if left:
        raise Problem("area-not-empty", facts={table: str(count) for table, count in left.items()})
    await circles.send(connection, area_id, (), mover)
    await lending.lapse(connection)
    await transitions.log(connection, "area", area_id, "close", "closed", mover, from_state="open", note=reason)


async def shut(connection: Connection, area_id: UUID, successor_id: UUID | None) -> None:
    """Let nothing new into an area from here on, and wait for those who were just putting something into it.

    Whatever came in before is there for the next statement. First the row is locked, with that of the successor, as by
    those who lock areas before all else, then what is open in it, and only then the row against those who put something
    into it: so nobody who holds an open thing and makes another of it waits for whoever waits for them.
    """
    await belongings.lock_land(connection, area_id, successor_id)
    await belongings.lock_open(connection, area_id)
    await connection.execute(CLOSE, area_id, successor_id)
