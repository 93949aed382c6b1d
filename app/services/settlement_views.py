"""Looking at settlements: who sees which, and what they may do next."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads
from app.domain import months
from app.domain.caller import Caller, Role, parties_to_settlement
from app.domain.errors import Problem
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import SETTLEMENT, SETTLEMENT_LINE
from app.services import transitions
from app.services.pages import PageRequest, page

# In every statement here $2 is the areas where the caller acts for the alliance.
VIEW = """
    SELECT s.id, s.number, s.merchant_id, m.name AS merchant_name, m.owner_id, s.month, s.status, s.total_points,
        s.line_count, s.agreed_at, s.paid_at, s.payment_document, s.created_at, a.lineage && $2::uuid[] AS in_scope,
        (
            SELECT count(*) FROM settlement_line d WHERE d.settlement_id = s.id AND d.status = 'disputed'
        ) AS disputed_count
    FROM settlement s JOIN merchant m ON m.id = s.merchant_id JOIN area a ON a.id = m.area_id
"""
GET = f"{VIEW} WHERE s.id = $1"
LIST = f"""
    {VIEW} WHERE (m.owner_id = $1 OR a.lineage && $2::uuid[])
        AND ($3::uuid IS NULL OR s.merchant_id = $3) AND ($4::uuid IS NULL OR a.lineage @> ARRAY[$4])
        AND ($5::text IS NULL OR s.status = $5) AND s.id < $6
    ORDER BY s.id DESC LIMIT $7
"""
LOCK = "SELECT FROM settlement WHERE id = $1 FOR NO KEY UPDATE"
# Lines stand in the order of their scans, which is that of the ids of the redemptions.
LINES = """
    SELECT l.redemption_id AS id, l.id AS line_id, v.title AS offer_title, l.points, l.settled_at, l.status,
        l.dispute_reason, l.answer
    FROM settlement_line l JOIN voucher v ON v.id = l.voucher_id
"""
LIST_LINES = f"{LINES} WHERE l.settlement_id = $1 AND l.redemption_id > $2 ORDER BY l.redemption_id LIMIT $3"
GET_LINE = f"{LINES} WHERE l.settlement_id = $1 AND l.id = $2"


async def get(reads: Reads, caller: Caller, settlement_id: UUID) -> dict[str, Any]:
    """Return one statement, to the shop's owner and the alliance's staff. Raises ``not-found`` to others (I8)."""
    return _view(await find(reads, caller, settlement_id), caller)


async def list_settlements(
    reads: Reads,
    caller: Caller,
    request: PageRequest,
    *,
    merchant_id: UUID | None,
    area_id: UUID | None,
    status: str | None,
) -> dict[str, Any]:
    """Return the statements of the caller's own shops and areas, of one shop or area if asked, newest first."""
    filters = ("settlements", merchant_id, area_id, status)
    rows = await reads.fetch(
        LIST,
        caller.id,
        caller.scope(Role.ALLIANCE),
        merchant_id,
        area_id,
        status,
        request.below(*filters),
        request.rows,
    )
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def list_lines(reads: Reads, caller: Caller, settlement_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the lines of a statement, oldest scan first. Raises ``not-found``."""
    settlement = await find(reads, caller, settlement_id)
    filters = ("settlement-lines", settlement_id)
    rows = await reads.fetch(LIST_LINES, settlement_id, request.above(*filters), request.rows)
    return page(rows, request, lambda row: line_view(row, settlement, caller), *filters)


async def get_line(reads: Reads, caller: Caller, settlement_id: UUID, line_id: UUID) -> dict[str, Any]:
    """Return one line. Raises ``not-found``."""
    settlement = await find(reads, caller, settlement_id)
    return line_view(await find_line(reads, settlement_id, line_id), settlement, caller)


async def find(reads: Reads, caller: Caller, settlement_id: UUID) -> Record:
    """Return the row of a statement that the caller may see. Raises ``not-found``."""
    row = await reads.fetchrow(GET, settlement_id, caller.scope(Role.ALLIANCE))
    if row is None or not (row["in_scope"] or row["owner_id"] == caller.id):
        raise Problem("not-found")
    return row


async def find_and_lock(connection: Connection, caller: Caller, settlement_id: UUID) -> Record:
    """Return the row of a statement as it stands now that nobody else can act on it. Raises ``not-found``."""
    await connection.execute(LOCK, settlement_id)
    return await find(connection, caller, settlement_id)


async def find_line(reads: Reads, settlement_id: UUID, line_id: UUID) -> Record:
    """Return the row of a line. Raises ``not-found`` for one that is not on this statement."""
    row = await reads.fetchrow(GET_LINE, settlement_id, line_id)
    if row is None:
        raise Problem("not-found")
    return row


def permit(lifecycle: Lifecycle, state: str, action: str, shop: Record, caller: Caller) -> Party:
    """Return the part in which ``caller`` may take ``action``. Raises like ``transitions.permit``.

    ``shop`` has ``owner_id``, ``merchant_id`` and ``in_scope``. Staff of the alliance who work for the shop hear
    ``own-interest``.
    """
    require_impartial(shop, caller, lifecycle.parties_for(action))
    return transitions.permit(lifecycle, state, action, parties(shop, caller))


def require_alliance(shop: Record, caller: Caller) -> None:
    """Raise ``own-interest`` or ``not-allowed`` unless the caller acts for the alliance, and not for the shop."""
    require_impartial(shop, caller, frozenset({Party.ALLIANCE}))
    if Party.ALLIANCE not in parties(shop, caller):
        raise Problem("not-allowed")


def require_impartial(shop: Record, caller: Caller, able: frozenset[Party]) -> None:
    """Raise ``own-interest`` when only the caller's work for the shop keeps them from acting for the alliance."""
    is_partial = caller.id == shop["owner_id"] or shop["merchant_id"] in caller.shop_ids
    if is_partial and shop["in_scope"] and Party.ALLIANCE in able and not able & parties(shop, caller):
        raise Problem("own-interest")


def parties(shop: Record, caller: Caller) -> frozenset[Party]:
    """Return what the caller is to the settlements of a shop."""
    return parties_to_settlement(
        caller, owner_id=shop["owner_id"], merchant_id=shop["merchant_id"], in_scope=shop["in_scope"]
    )


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    month: date = row["month"]
    return {
        "id": row["id"],
        "number": row["number"],
        "merchant": {"id": row["merchant_id"], "name": row["merchant_name"]},
        "month": months.write(month),
        "status": row["status"],
        "total_points": row["total_points"],
        "line_count": row["line_count"],
        "disputed_count": row["disputed_count"],
        "agreed_at": row["agreed_at"],
        "paid_at": row["paid_at"],
        "payment_document": row["payment_document"],
        "created_at": row["created_at"],
        "actions": _actions(row, caller),
    }


def _actions(row: Record, caller: Caller) -> list[str]:
    who = parties(row, caller)
    actions = list(SETTLEMENT.actions(row["status"], who))
    if row["disputed_count"]:
        actions = [action for action in actions if action != "agree"]
    return ["refresh", *actions] if row["status"] == "draft" and Party.ALLIANCE in who else actions


def line_view(row: Record, settlement: Record, caller: Caller) -> dict[str, Any]:
    """Return a line as it is told; a dispute is accepted or removed by one answer."""
    who = parties(settlement, caller) if settlement["status"] == "draft" else frozenset[Party]()
    actions = SETTLEMENT_LINE.actions(row["status"], who)
    return {
        "id": row["line_id"],
        "redemption_id": row["id"],
        "offer_title": row["offer_title"],
        "points": row["points"],
        "settled_at": row["settled_at"],
        "status": row["status"],
        "dispute_reason": row["dispute_reason"],
        "answer": row["answer"],
        "actions": ["answer"] if "accept" in actions else list(actions),
    }
