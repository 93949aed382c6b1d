"""Ordering call-outs: two people before anybody is called, everybody told in that transaction, and standing down."""

from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import CALL_OUT
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.models.call_out import CallOut
from app.schemas.call_outs import CallOutIn
from app.services import messages, posted_tasks, transitions
from app.services.call_outs import answers, reach, standing
from app.services.transitions import Mover

CONFIRM_WITHIN = timedelta(hours=24)
"""An emergency is confirmed in minutes: beyond a day the order speaks of something else."""

FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
BY_ANOTHER = "x.ordered_by <> $11"
FIND_UNCONFIRMED = """
    SELECT id FROM call_out WHERE status = 'ordered' AND created_at <= $1 ORDER BY created_at LIMIT $2
"""
FIND_EXPECTED = """
    SELECT p.user_id FROM call_out_person x JOIN person p ON p.id = x.person_id AND p.user_id IS NOT NULL
    WHERE x.call_out_id = $1 AND x.answer IN ('coming', 'later')
"""


async def order(connection: Connection, caller: Caller, form: CallOutIn) -> UUID:
    """Order a call-out, or a drill of one; nobody is called before somebody else of the staff has confirmed it.

    Raises ``area-unknown``, ``not-allowed``, ``call-out-nobody``, and by the database ``area-closed`` and
    ``call-out-active``.
    """
    area = await connection.fetchrow(FIND_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    call_out = CallOut(
        id=new_id(),
        area_id=form.area_id,
        is_drill=form.is_drill,
        emergency=mask_text(form.emergency),
        instructions=mask_text(form.instructions),
        ordered_by=caller.id,
    )
    await insert(connection, call_out)
    if not await reach.is_anybody_in(connection, form.area_id):
        raise Problem("call-out-nobody")
    await transitions.log_creation(connection, CALL_OUT, call_out.id, Mover(Party.AUTHOR, caller.id))
    return call_out.id


async def confirm(connection: Connection, caller: Caller, call_out_id: UUID) -> None:
    """Call everybody who is in the area, as somebody other than who ordered it (I2), and tell those with the app.

    Of two who confirm at once one does. Locks the call-out, then those called. Raises ``not-found``, ``not-allowed``,
    ``own-interest``, ``state-conflict``, and ``call-out-nobody`` when all have left meanwhile.
    """
    row = await standing.find(connection, caller, call_out_id)
    mover = standing.permit(row, caller, "confirm")
    changes = {"confirmed_by": caller.id, "confirmed_at": now()}
    confirmed = await transitions.find_and_move(
        connection, CALL_OUT, call_out_id, "confirm", mover, changes=changes, where=BY_ANOTHER
    )
    if confirmed is None:
        raise Problem("state-conflict")
    people, user_ids = await reach.call(connection, confirmed["area_id"], call_out_id)
    if not people:
        raise Problem("call-out-nobody")
    kind = MessageKind.DRILL if confirmed["is_drill"] else MessageKind.CALL_OUT
    words = {"area": row["area_name"], "emergency": confirmed["emergency"]}
    await messages.tell(connection, user_ids, kind, call_out_id, **words)
    facts = {"people": people, "told": len(user_ids)}
    await transitions.log_act(connection, CALL_OUT, call_out_id, "call", mover, state="gathering", facts=facts)


async def refuse(connection: Connection, caller: Caller, call_out_id: UUID, reason: str) -> None:
    """Call nobody, as somebody other than who ordered it. Raises as ``confirm`` does."""
    await _move(connection, caller, call_out_id, "refuse", reason)


async def withdraw(connection: Connection, caller: Caller, call_out_id: UUID) -> None:
    """Take back one's own order before it is confirmed. Raises as ``confirm`` does, never ``own-interest``."""
    await _move(connection, caller, call_out_id, "withdraw")


async def find_unconfirmed(connection: Connection, moment: datetime, limit: int) -> list[UUID]:
    """Return orders that nobody has confirmed in time, as of ``moment``."""
    return [row["id"] for row in await connection.fetch(FIND_UNCONFIRMED, moment - CONFIRM_WITHIN, limit)]


async def lapse(connection: Connection, call_out_id: UUID) -> None:
    """Withdraw an order not confirmed in time, and tell who gave it. Raises ``state-conflict``. Locks it."""
    row = await transitions.move(connection, CALL_OUT, call_out_id, "lapse", transitions.SYSTEM)
    await messages.tell(connection, [row["ordered_by"]], MessageKind.CALL_OUT_LAPSED, call_out_id)


async def stand_down(connection: Connection, caller: Caller, call_out_id: UUID, summary: str) -> None:
    """End a call-out: nobody answers any more, those who are coming are told, and its tasks call for nobody else.

    Locks it, then its tasks.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``.
    """
    row = await standing.find(connection, caller, call_out_id)
    mover = standing.permit(row, caller, "stand_down")
    changes = {"stood_down_at": now(), "summary": mask_text(summary)}
    await transitions.move(connection, CALL_OUT, call_out_id, "stand_down", mover, changes=changes)
    await posted_tasks.wind_up_call_out(connection, call_out_id, Mover(Party.STAFF, caller.id))
    kind = MessageKind.DRILL_OVER if row["is_drill"] else MessageKind.CALL_OUT_OVER
    expected = [person["user_id"] for person in await connection.fetch(FIND_EXPECTED, call_out_id)]
    await messages.tell(connection, expected, kind, call_out_id, area=row["area_name"])
    await answers.ring(connection, call_out_id)


async def _move(
    connection: Connection, caller: Caller, call_out_id: UUID, action: str, reason: str | None = None
) -> None:
    mover = standing.permit(await standing.find(connection, caller, call_out_id), caller, action)
    await transitions.move(connection, CALL_OUT, call_out_id, action, mover, note=reason)
