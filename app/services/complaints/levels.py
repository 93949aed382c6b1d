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
from app.domain.shielding import mask_text
from app.services import transitions
from app.services.complaints import clocks, standing
from app.services.transitions import Mover


async def escalate(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Hand a complaint up one level, with the reason.

    Raises ``escalation-at-top``, and by the database ``area-closed`` when that level was merged or split meanwhile:
    done again, it goes to what took its place.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "escalate")
    if row["above_id"] is None:
        raise Problem("escalation-at-top")
    await hand_over(connection, row, "escalate", mover, row["above_id"], mask_text(reason))


async def send_down(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Hand a complaint down one level towards its grid, with the reason.

    Raises ``return-at-bottom``, and ``area-closed`` as ``escalate`` does.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "return")
    lineage: list[UUID] = row["lineage"]
    if row["handler_id"] == row["area_id"]:
        raise Problem("return-at-bottom")
    below = lineage[lineage.index(row["handler_id"]) + 1]
    await hand_over(connection, row, "return", mover, below, mask_text(reason))


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
