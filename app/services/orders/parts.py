"""What areas do with their part in an order: confirm and report it; and what who ordered says of the report."""

from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Reads
from app.core.sql import quoted
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycles import ORDER_PART, WORKED_PART_STATES
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.services import messages, transitions
from app.services.orders import standing, telling

BY_ANOTHER = "x.reported_by <> $11"
# Held against its end, so that nothing is posted for a part that is over.
HOLD = f"""
    SELECT true FROM order_part p JOIN area a ON a.id = p.area_id JOIN area_order o ON o.id = p.order_id
    JOIN area above ON above.id = o.area_id JOIN area here ON here.id = $2 AND here.lineage @> ARRAY[p.area_id]
    WHERE p.id = $1 AND p.status IN ({quoted(WORKED_PART_STATES)}) AND {standing.EXECUTES.format(scope="$3")}
    FOR SHARE OF p
"""


async def confirm(connection: Connection, caller: Caller, part_id: UUID) -> None:
    """Say that an area has seen what it has to do.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``. Locks the part.
    """
    mover = standing.permit_part(await standing.find_part(connection, caller, part_id), caller, "confirm")
    await transitions.move(connection, ORDER_PART, part_id, "confirm", mover, changes={"confirmed_at": now()})


async def report(connection: Connection, caller: Caller, part_id: UUID, words: str) -> None:
    """Say what an area did, and tell who ordered. Raises as ``confirm``."""
    row = await standing.find_part(connection, caller, part_id)
    mover = standing.permit_part(row, caller, "report")
    changes = {"report": mask_text(words), "reported_by": caller.id, "reported_at": now(), "returned_for": None}
    await transitions.move(connection, ORDER_PART, part_id, "report", mover, changes=changes)
    told = [row["ordered_by"]] if row["ordered_by"] != caller.id else []
    words_of = {"title": row["title"], "area": row["area_name"]}
    await messages.tell(connection, told, MessageKind.ORDER_REPORTED, part_id, **words_of)


async def accept(connection: Connection, caller: Caller, part_id: UUID) -> None:
    """Accept what an area reported, as staff of the area that ordered other than who reported (I2).

    Raises as ``confirm``, and ``own-interest``.
    """
    row = await standing.find_part(connection, caller, part_id)
    mover = standing.permit_part(row, caller, "accept")
    changes = {"accepted_by": caller.id, "accepted_at": now()}
    accepted = await transitions.find_and_move(
        connection, ORDER_PART, part_id, "accept", mover, changes=changes, where=BY_ANOTHER
    )
    if accepted is None:
        raise Problem("state-conflict")
    await telling.tell_areas(connection, [part_id], MessageKind.ORDER_ACCEPTED, caller.id, title=row["title"])


async def send_back(connection: Connection, caller: Caller, part_id: UUID, reason: str) -> None:
    """Return a report with what is still to be done. Raises as ``accept``."""
    row = await standing.find_part(connection, caller, part_id)
    mover = standing.permit_part(row, caller, "return")
    changes = {"returned_for": mask_text(reason)}
    await transitions.move(connection, ORDER_PART, part_id, "return", mover, note=reason, changes=changes)
    await telling.tell_areas(connection, [part_id], MessageKind.ORDER_RETURNED, caller.id, title=row["title"])


async def hold(reads: Reads, caller: Caller, part_id: UUID, area_id: UUID) -> None:
    """Hold a part for which the caller's area posts a task in ``area_id``. Locks it, before any area.

    Raises ``order-part-unfit``, also for a part that is none of theirs (I8).
    """
    if not await reads.fetchval(HOLD, part_id, area_id, caller.scope(Role.STAFF)):
        raise Problem("order-part-unfit")
