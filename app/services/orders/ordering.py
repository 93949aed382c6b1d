"""Ordering: one statement gives every area its part; closing, cancelling."""

from datetime import timedelta
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import AreaKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import AREA_ORDER, ORDER_PART
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.models.area_order import AreaOrder
from app.schemas.orders import OrderIn
from app.services import transitions
from app.services.orders import standing, telling
from app.services.transitions import Mover, Told

ORDERING_KINDS = (AreaKind.DISTRICT, AreaKind.STREET)
REMINDED_BEFORE = timedelta(days=1)

FIND_AREA = "SELECT kind, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
# In the order of areas, each of whose rows is locked against being closed.
FAN_OUT = """
    INSERT INTO order_part (id, order_id, area_id, status)
    SELECT uuid_v7(), $1, a.id, 'sent' FROM area a
    WHERE a.parent_lineage @> ARRAY[$2::uuid] AND a.closed_at IS NULL
        AND CASE WHEN $3::uuid[] IS NULL THEN a.kind = 'community' ELSE a.id = ANY ($3) END
    ORDER BY a.id RETURNING id
"""
NONE_OPEN = f"NOT EXISTS (SELECT FROM order_part p WHERE p.order_id = x.id AND {standing.OPEN})"
COUNT_OPEN = f"SELECT count(*) FROM order_part p WHERE p.order_id = $1 AND {standing.OPEN}"
CANCEL_OPEN = f"""
    WITH old AS (
        SELECT p.id, p.status FROM order_part p WHERE p.order_id = $1 AND {standing.OPEN} ORDER BY p.id FOR UPDATE
    )
    UPDATE order_part x SET status = 'cancelled' FROM old WHERE x.id = old.id RETURNING x.id, old.status AS from_state
"""


async def order(connection: Connection, caller: Caller, form: OrderIn) -> UUID:
    """Order something of areas below one of the caller's, and tell their staff; return its id. Locks those areas.

    The words are staff's for staff: nobody else ever reads them, so that no check comes before; numbers of people are
    masked. Raises ``area-unknown``, ``not-allowed``, ``order-too-low``, ``order-in-the-past``, ``order-areas-unfit``,
    ``order-without-areas``, and by the database ``area-closed``.
    """
    area = await connection.fetchrow(FIND_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if area["kind"] not in ORDERING_KINDS:
        raise Problem("order-too-low")
    moment = now()
    if form.due_at <= moment:
        raise Problem("order-in-the-past")
    reminded_at = form.due_at - REMINDED_BEFORE
    given = AreaOrder(
        id=new_id(),
        area_id=form.area_id,
        ordered_by=caller.id,
        title=mask_text(form.title),
        body=mask_text(form.body),
        due_at=form.due_at,
        remind_at=reminded_at if reminded_at > moment else form.due_at,
    )
    await insert(connection, given)
    part_ids = [row["id"] for row in await connection.fetch(FAN_OUT, given.id, form.area_id, form.area_ids)]
    if form.area_ids is not None and len(part_ids) < len(form.area_ids):
        raise Problem("order-areas-unfit")
    if not part_ids:
        raise Problem("order-without-areas")
    mover = Mover(Party.OWNER, caller.id)
    await transitions.log_creation(connection, AREA_ORDER, given.id, mover, facts={"parts": len(part_ids)})
    await transitions.log_creations(connection, ORDER_PART, part_ids, mover)
    words = {"title": given.title, "due": telling.due_words(given.due_at)}
    await telling.tell_areas(connection, part_ids, MessageKind.ORDER_SENT, caller.id, **words)
    return given.id


async def close(connection: Connection, caller: Caller, order_id: UUID) -> None:
    """End an order of which every part was accepted or cancelled.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``order-parts-open``.
    """
    mover = standing.permit(await standing.find(connection, caller, order_id), caller, "close")
    changes = {"ended_at": now()}
    closed = await transitions.find_and_move(
        connection, AREA_ORDER, order_id, "close", mover, changes=changes, where=NONE_OPEN
    )
    if closed is None:
        open_parts = await connection.fetchval(COUNT_OPEN, order_id)
        raise Problem("order-parts-open", facts={"count": str(open_parts)}) if open_parts else Problem("state-conflict")


async def cancel(connection: Connection, caller: Caller, order_id: UUID, reason: str) -> None:
    """Take an order back with every part that is not accepted, and tell those areas; their tasks go on.

    Locks the order, then its open parts in the order of ids. Raises ``not-found``, ``not-allowed``, ``state-conflict``.
    """
    row = await standing.find(connection, caller, order_id)
    mover = standing.permit(row, caller, "cancel")
    await transitions.move(connection, AREA_ORDER, order_id, "cancel", mover, note=reason, changes={"ended_at": now()})
    cancelled = await connection.fetch(CANCEL_OPEN, order_id)
    told = [Told(part["id"], "cancel", "cancelled", part["from_state"]) for part in cancelled]
    await transitions.log_many(connection, ORDER_PART.subject, mover, told)
    await _tell_cancelled(connection, [part["id"] for part in cancelled], caller, row)


async def cancel_part(connection: Connection, caller: Caller, part_id: UUID, reason: str) -> None:
    """Take one part back, as staff of the area that ordered. Raises as ``cancel``, and ``own-interest``."""
    row = await standing.find_part(connection, caller, part_id)
    mover = standing.permit_part(row, caller, "cancel")
    await transitions.move(connection, ORDER_PART, part_id, "cancel", mover, note=reason)
    await _tell_cancelled(connection, [part_id], caller, row)


async def _tell_cancelled(connection: Connection, part_ids: list[UUID], caller: Caller, row: Record) -> None:
    await telling.tell_areas(connection, part_ids, MessageKind.ORDER_CANCELLED, caller.id, title=row["title"])
