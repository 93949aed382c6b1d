"""The branch of a grid that goes: where there is none it goes along, else its members are in the one that is there."""

from asyncpg import Connection

from app.domain.lifecycles import BRANCH
from app.services import transitions
from app.services.area_changes.following import Destinations
from app.services.branches import founding, places, standing
from app.services.transitions import Mover

# Whoever founds a branch there locks the area too.
LOCK_AREA = "SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE"
FIND = "SELECT id FROM branch WHERE area_id = $1 AND status = 'active'"
PUT = "UPDATE branch SET area_id = $2 WHERE id = $1"


async def send(connection: Connection, to: Destinations, mover: Mover, reason: str) -> int:
    """Send the branch of a closed area, after its members, to the default part; return how many went.

    A branch that is there takes the members in; the one that came is dissolved, and its secretary is so no more. Locks
    the default part and both branches.
    """
    branch_id = await connection.fetchval(FIND, to.source_id)
    if branch_id is None:
        return 0
    await connection.fetch(LOCK_AREA, to.default_id)
    there_id = await connection.fetchval(FIND, to.default_id)
    for locked_id in sorted({branch_id, there_id} - {None}):
        await standing.hold(connection, locked_id)
    if there_id is None:
        await connection.execute(PUT, branch_id, to.default_id)
        facts = {"area_id": to.default_id, "former_area_id": to.source_id}
        await transitions.log_act(connection, BRANCH, branch_id, "follow", mover, state="active", facts=facts)
        return 1
    for member_id in await founding.end(connection, branch_id, mover, reason):
        await places.put(connection, there_id, member_id, mover)
    return 1
