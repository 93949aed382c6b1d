"""Disputes about single lines of a draft: what the shop or the alliance doubts, the alliance answers."""

from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycles import SETTLEMENT_LINE
from app.services import settlement_views, settlements, transitions
from app.services.transitions import Mover

ACTIONS = {"accepted": "accept", "removed": "remove"}


async def dispute(connection: Connection, caller: Caller, settlement_id: UUID, line_id: UUID, reason: str) -> None:
    """Doubt a line; the statement cannot be agreed until there is an answer.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``. Locks the statement, then the line.
    """
    changes = {"dispute_reason": reason, "answer": None}
    await _act(connection, caller, (settlement_id, line_id), "dispute", reason, changes)


async def answer(
    connection: Connection, caller: Caller, settlement_id: UUID, line_id: UUID, *, decision: str, text: str
) -> None:
    """End a dispute: the line stays, or is no longer owed for. Raises and locks as ``dispute`` does."""
    await _act(connection, caller, (settlement_id, line_id), ACTIONS[decision], text, {"answer": text})


async def _act(
    connection: Connection,
    caller: Caller,
    place: tuple[UUID, UUID],
    action: str,
    note: str,
    changes: dict[str, str | None],
) -> None:
    settlement_id, line_id = place
    settlement = await settlement_views.find_and_lock(connection, caller, settlement_id)
    line = await settlement_views.find_line(connection, settlement_id, line_id)
    party = settlement_views.permit(SETTLEMENT_LINE, line["status"], action, settlement, caller)
    if settlement["status"] != "draft":
        raise Problem("state-conflict")
    mover = Mover(party, caller.id)
    await transitions.move(connection, SETTLEMENT_LINE, line_id, action, mover, note=note, changes=changes)
    await settlements.add_up(connection, settlement_id)
