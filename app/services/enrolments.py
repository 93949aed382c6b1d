"""What members and volunteers have in common: apply, be approved or refused by staff of the home grid, apply again."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.lifecycle import Lifecycle, Party
from app.services import transitions
from app.services.transitions import Mover

View = dict[str, Any]
"""An answer on its way to be serialised, in the form of its schema."""


async def require_home(connection: Connection, area_id: UUID) -> None:
    """Raise ``area-unknown`` or ``area-not-a-home`` unless ``area_id`` is a grid."""
    kind = await connection.fetchval("SELECT kind FROM area WHERE id = $1", area_id)
    if kind is None:
        raise Problem("area-unknown")
    if kind != "grid":
        raise Problem("area-not-a-home")


async def decide(
    connection: Connection,
    lifecycle: Lifecycle,
    caller: Caller,
    subject_id: UUID,
    action: str,
    *,
    reason: str | None = None,
) -> None:
    """Approve or refuse. Raises ``not-found`` outside the caller's areas, ``own-interest`` for one's own (I2)."""
    row = await connection.fetchrow(
        f"""
        SELECT p.user_id, x.status, a.lineage && $2::uuid[] AS in_scope
        FROM {lifecycle.subject} x JOIN person p ON p.id = x.person_id JOIN area a ON a.id = x.home_area_id
        WHERE x.id = $1
        """,
        subject_id,
        caller.scope(Role.STAFF),
    )
    row = require_visible(row, caller)
    parties = parties_to_application(caller, applicant_id=row["user_id"], in_scope=row["in_scope"], decider=Party.STAFF)
    party = transitions.permit(lifecycle, row["status"], action, parties)
    await transitions.move(connection, lifecycle, subject_id, action, Mover(party, caller.id), note=reason)


def actions(lifecycle: Lifecycle, caller: Caller, row: Record) -> tuple[str, ...]:
    """Return what the caller may do next with an enrolment."""
    parties = parties_to_application(caller, applicant_id=row["user_id"], in_scope=row["in_scope"], decider=Party.STAFF)
    return lifecycle.actions(row["status"], parties)


def require_visible(row: Record | None, caller: Caller) -> Record:
    """Return the row when it is the caller's own or lies in their areas; raise ``not-found`` otherwise (I8)."""
    if row is None or not (row["in_scope"] or row["user_id"] == caller.id):
        raise Problem("not-found")
    return row
