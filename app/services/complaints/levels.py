"""Up and down the levels: a complaint goes to who can solve it, and keeps its number and its wall."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import Urgency
from app.domain.lifecycles import COMPLAINT
from app.domain.message_kinds import MessageKind
from app.services import transitions
from app.services.complaints import clocks, news, standing
from app.services.transitions import Mover

# Whoever moves the area waits for this, or this for them, and then says what lies above and below it by now.
FIND_LEVELS = """
    SELECT lineage[array_position(lineage, $2) - 1] AS above_id, lineage[array_position(lineage, $2) + 1] AS below_id
    FROM area WHERE id = $1 FOR KEY SHARE
"""


async def escalate(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Hand a complaint up one level, with the reason.

    Raises ``escalation-at-top``.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "escalate")
    above_id = await find_above(connection, row)
    if above_id is None:
        raise Problem("escalation-at-top")
    await hand_over(connection, row, "escalate", mover, above_id, reason)


async def send_down(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Hand a complaint down one level towards its grid, with the reason.

    Raises ``return-at-bottom``, and by the database ``area-closed`` where nothing took the place of the area below.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "return")
    below_id = (await _find_levels(connection, row))["below_id"]
    if below_id is None:
        raise Problem("return-at-bottom")
    await hand_over(connection, row, "return", mover, below_id, reason)


async def find_above(connection: Connection, complaint: Record) -> UUID | None:
    """Return the level above the one that has to act on a locked complaint; its area stays where it is until the end.

    Locks the area, after the complaint.
    """
    above_id: UUID | None = (await _find_levels(connection, complaint))["above_id"]
    return above_id


async def hand_over(
    connection: Connection,
    row: Record,
    action: str,
    mover: Mover,
    handler_id: UUID,
    note: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Let another area act on the locked complaint of ``row``; the clock starts anew under the rules of that level."""
    moment = now()
    dues, clock = await clocks.start(
        connection, area_id=handler_id, category=row["category"], urgency=Urgency(row["urgency"]), moment=moment
    )
    changes = {"handler_id": handler_id, "accepted_at": None, **clocks.by_name(dues)}
    told = {"handler_id": handler_id, **clock, **(facts or {})}
    await transitions.move(connection, COMPLAINT, row["id"], action, mover, note=note, changes=changes, facts=told)
    if action != "return":
        await news.note(connection, row["id"], MessageKind.OWN_COMPLAINT_ESCALATED)


async def _find_levels(connection: Connection, complaint: Record) -> Record:
    return await connection.fetchrow(FIND_LEVELS, complaint["area_id"], complaint["handler_id"])
