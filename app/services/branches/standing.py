"""A branch as those who act on it find it: its row locked, and how others see the people in it."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.services import people

# Locked before it is joined: a join that waited for a branch which went to another grid meanwhile would find nothing.
LOCK = "SELECT FROM branch WHERE id = $1 FOR NO KEY UPDATE"
FIND = """
    SELECT b.id, b.area_id, b.status, a.lineage && $2::uuid[] AS in_scope
    FROM branch b JOIN area a ON a.id = b.area_id WHERE b.id = $1
"""


# As the foreign key will, only before the branch: whoever ends the membership holds it and then wants the branch.
HOLD_MEMBER = "SELECT FROM member WHERE id = $1 FOR KEY SHARE"


async def hold_member(connection: Connection, member_id: UUID | None) -> None:
    """Let nobody end or move a membership of which something is about to be written in a branch, locked after it."""
    await connection.execute(HOLD_MEMBER, member_id)


async def lock(connection: Connection, caller: Caller, branch_id: UUID) -> Record:
    """Return a branch, its row locked, and whether it lies where the caller is staff. Raises ``not-found``."""
    await hold(connection, branch_id)
    branch = await connection.fetchrow(FIND, branch_id, caller.scope(Role.STAFF))
    if branch is None:
        raise Problem("not-found")
    return branch


async def hold(connection: Connection, branch_id: UUID) -> None:
    """Let nobody else change a branch, or who is in it, stands for it or leads it."""
    await connection.execute(LOCK, branch_id)


async def lock_active(connection: Connection, caller: Caller, branch_id: UUID) -> Record:
    """Do what ``lock`` does. Raises ``state-conflict`` of a branch that is no more as well."""
    branch = await lock(connection, caller, branch_id)
    if branch["status"] != "active":
        raise Problem("state-conflict")
    return branch


def show_person(row: Record, secret: str, *, is_kept: bool = False) -> dict[str, Any]:
    """Return who somebody is: to staff of the grid by name, to others by the name that they chose to show.

    An answer that is kept for repetitions masks the name.
    """
    if not row["in_scope"]:
        return {"nickname": row["nickname"]}
    contact = people.read(secret, row["person_id"], row["sealed"])
    name = contact and (contact.masked["name"] if is_kept else contact.name)
    return {"nickname": row["nickname"], "name": name, "member_id": row["member_id"]}
