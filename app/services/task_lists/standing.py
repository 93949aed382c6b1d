"""Who may do what with a month's list: staff of its area everything, everybody else reads what was published (I8)."""

from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads
from app.core.sql import quoted
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import PUBLIC_LIST_STATES, TASK_LIST
from app.services import transitions
from app.services.transitions import Mover

STAFF = frozenset({Party.STAFF})
IS_PUBLIC = f"l.status IN ({quoted(PUBLIC_LIST_STATES)})"
IS_VISIBLE = f"({IS_PUBLIC} OR a.lineage && $2::uuid[])"
"""Whether a list ``l`` of area ``a`` is there for a reader; $2 are the areas where they act as staff."""
FIND = f"""
    SELECT l.*, a.name AS area_name, a.lineage && $2::uuid[] AS in_scope
    FROM task_list l JOIN area a ON a.id = l.area_id WHERE l.id = $1 AND {IS_VISIBLE}
"""


async def find(reads: Reads, caller: Caller | None, list_id: UUID) -> Record:
    """Return a list as far as the caller may see it. Raises ``not-found`` (I8)."""
    row = await reads.fetchrow(FIND, list_id, scope_of(caller))
    if row is None:
        raise Problem("not-found")
    return row


async def find_own(connection: Connection, caller: Caller, list_id: UUID) -> tuple[Record, Mover]:
    """Return a list of the caller's areas, and the caller as its staff. Raises ``not-found`` and ``not-allowed``."""
    row = await find(connection, caller, list_id)
    if not row["in_scope"]:
        raise Problem("not-allowed")
    return row, Mover(Party.STAFF, caller.id)


async def permit(connection: Connection, caller: Caller, list_id: UUID, action: str) -> tuple[Record, Mover]:
    """Return what ``find_own`` does, when ``action`` may be taken. Raises ``state-conflict`` as well."""
    row, mover = await find_own(connection, caller, list_id)
    transitions.permit(TASK_LIST, row["status"], action, STAFF)
    return row, mover


def scope_of(caller: Caller | None) -> list[UUID]:
    """Return the areas where the caller acts as staff."""
    return [] if caller is None else caller.scope(Role.STAFF)
