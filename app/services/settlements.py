"""Monthly settlements: drafted from a shop's redemptions, agreed by the shop, paid by the alliance.

Nothing closes that differs from the ledger. A statement's row is locked first, then the vouchers on it, then the
ledger: so a reversal of one of its redemptions comes wholly before or is refused.
"""

from datetime import date
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.clock import now
from app.core.ids import new_id
from app.domain import months
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import SETTLEMENT, SETTLEMENT_LINE
from app.services import settlement_views, transitions
from app.services.transitions import Mover

FIND_SHOP = """
    SELECT m.id AS merchant_id, m.owner_id, a.lineage && $2::uuid[] AS in_scope
    FROM merchant m JOIN area a ON a.id = m.area_id WHERE m.id = $1
"""
FIND_UNDRAFTED = """
    SELECT m.id FROM merchant m
    WHERE NOT EXISTS (SELECT FROM settlement s WHERE s.merchant_id = m.id AND s.month = $1) AND EXISTS (
        SELECT FROM redemption r JOIN voucher v ON v.id = r.voucher_id
        WHERE r.merchant_id = m.id AND r.settled_at >= $2 AND r.settled_at < $3 AND v.status = 'settled'
    ) ORDER BY m.id
"""
# Until its number is known a statement is called by its id.
INSERT = """
    INSERT INTO settlement (id, merchant_id, month, number, status, total_points, line_count)
    VALUES ($1, $2, $3, replace($1::uuid::text, '-', ''), 'draft', 0, 0)
    ON CONFLICT (merchant_id, month) DO NOTHING RETURNING id
"""
# The counter's row stays locked until the transaction ends: no number is lost, none is given twice. It is taken last,
# so that nobody waits for the lines of another shop.
NUMBER = """
    WITH counted AS (
        INSERT INTO settlement_counter (month, last_number) VALUES ($2, 1)
        ON CONFLICT (month) DO UPDATE SET last_number = settlement_counter.last_number + 1
        RETURNING last_number::text AS number
    )
    UPDATE settlement
    SET number = to_char(month, '"EW-"YYYYMM-') || lpad(counted.number, greatest(6, length(counted.number)), '0')
    FROM counted WHERE id = $1
"""
JOIN = """
    WITH joined AS (
        INSERT INTO settlement_line (id, settlement_id, redemption_id, voucher_id, points, settled_at, status)
        SELECT uuid_v7(), s.id, r.id, r.voucher_id, v.points, r.settled_at, 'open'
        FROM settlement s JOIN redemption r ON r.merchant_id = s.merchant_id JOIN voucher v ON v.id = r.voucher_id
        WHERE s.id = $1 AND r.settled_at >= $2 AND r.settled_at < $3 AND v.status = 'settled'
            AND NOT EXISTS (SELECT FROM settlement_line l WHERE l.redemption_id = r.id)
        ORDER BY r.settled_at LIMIT $6
        RETURNING id
    ), logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
        SELECT uuid_v7(), 'settlement_line', id, 'create', 'open', $4, $5, clock_timestamp() FROM joined
    )
    SELECT count(*) FROM joined
"""
FIND_LOST = """
    SELECT l.id FROM settlement_line l JOIN voucher v ON v.id = l.voucher_id
    WHERE l.settlement_id = $1 AND l.status <> 'removed' AND v.status <> 'settled' ORDER BY l.id
"""
ADD_UP = """
    UPDATE settlement SET (line_count, total_points) = (
        SELECT count(*), coalesce(sum(points), 0) FROM settlement_line WHERE settlement_id = $1 AND status <> 'removed'
    ) WHERE id = $1 RETURNING line_count
"""
LOCK_VOUCHERS = """
    SELECT array_agg(id) FROM (
        SELECT v.id FROM settlement_line l JOIN voucher v ON v.id = l.voucher_id
        WHERE l.settlement_id = $1 AND l.status <> 'removed' ORDER BY v.id FOR SHARE OF v
    ) AS locked
"""
# Each line is held against its voucher and the ledger, the lines against the total, and the month against the lines.
IS_BALANCED = f"""
    WITH line AS MATERIALIZED (
        SELECT l.voucher_id, l.points, v.status = 'settled' AS is_settled
        FROM settlement_line l JOIN voucher v ON v.id = l.voucher_id
        WHERE l.settlement_id = $1 AND l.status <> 'removed'
    ), booked AS MATERIALIZED ({ledger.settled_sql("line")})
    SELECT count(line.voucher_id) = s.line_count AND coalesce(sum(line.points), 0) = s.total_points
        AND coalesce(sum(booked.points), 0) = s.total_points
        AND bool_and(line.voucher_id IS NULL OR (
            line.is_settled AND booked.points IS NOT DISTINCT FROM line.points
            AND booked.merchant_id IS NOT DISTINCT FROM s.merchant_id
        ))
        AND NOT EXISTS (
            SELECT FROM redemption r JOIN voucher v ON v.id = r.voucher_id
            WHERE r.merchant_id = s.merchant_id AND r.settled_at >= $2 AND r.settled_at < $3 AND v.status = 'settled'
                AND NOT EXISTS (SELECT FROM settlement_line l WHERE l.redemption_id = r.id)
        )
    FROM settlement s LEFT JOIN line ON true LEFT JOIN booked ON booked.voucher_id = line.voucher_id
    WHERE s.id = $1 GROUP BY s.id
"""
LOCK_VOUCHER = """
    SELECT FROM voucher v JOIN redemption r ON r.voucher_id = v.id WHERE r.id = $1 FOR NO KEY UPDATE OF v
"""
IS_CLOSED = """
    SELECT EXISTS (
        SELECT FROM settlement_line l JOIN settlement s ON s.id = l.settlement_id
        WHERE l.redemption_id = $1 AND l.status <> 'removed' AND s.status <> 'draft'
    )
"""
LINES_AT_ONCE = 5_000
PAID_AT_ONCE = 2_000
"""One statement writes so many rows: it stays far below its timeout, however long the list is."""


async def draft(connection: Connection, caller: Caller, merchant_id: UUID, month: date) -> UUID:
    """Draft the statement of a shop for a month that is over; return its id.

    Raises ``not-found``, ``own-interest``, ``not-allowed``, ``settlement-month-open``, ``settlement-exists``,
    ``settlement-empty``. Locks the month's counter, at the end.
    """
    shop = await connection.fetchrow(FIND_SHOP, merchant_id, caller.scope(Role.ALLIANCE))
    if shop is None or not (shop["in_scope"] or shop["owner_id"] == caller.id):
        raise Problem("not-found")
    settlement_views.require_alliance(shop, caller)
    if not months.is_over(month, now()):
        raise Problem("settlement-month-open")
    return await _make(connection, merchant_id, month, Mover(Party.ALLIANCE, caller.id))


async def draft_due(connection: Connection, merchant_id: UUID, month: date) -> None:
    """Draft a shop's statement by schedule. Raises ``settlement-exists`` when somebody drafted it meanwhile."""
    await _make(connection, merchant_id, month, transitions.SYSTEM)


async def find_undrafted(connection: Connection, month: date) -> list[UUID]:
    """Return the shops that settled something in ``month`` and have no statement for it."""
    return [row["id"] for row in await connection.fetch(FIND_UNDRAFTED, month, *months.bounds(month))]


async def refresh(connection: Connection, caller: Caller, settlement_id: UUID) -> None:
    """Read a draft anew: a reversed redemption leaves it, a forgotten one joins.

    Raises ``not-found``, ``own-interest``, ``not-allowed``, ``state-conflict``. Locks the statement.
    """
    row = await settlement_views.find_and_lock(connection, caller, settlement_id)
    settlement_views.require_alliance(row, caller)
    if row["status"] != "draft":
        raise Problem("state-conflict")
    for lost in await connection.fetch(FIND_LOST, settlement_id):
        await transitions.move(connection, SETTLEMENT_LINE, lost["id"], "leave", transitions.SYSTEM)
    await _fill(connection, settlement_id, row["month"], Mover(Party.ALLIANCE, caller.id))


async def agree(connection: Connection, caller: Caller, settlement_id: UUID) -> None:
    """Agree to a statement as the shop's owner; its redemptions cannot be reversed any more.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``, ``settlement-disputed``,
    ``settlement-differs``, ``ledger-halted``. Locks the statement, then its vouchers.
    """
    row = await settlement_views.find_and_lock(connection, caller, settlement_id)
    party = settlement_views.permit(SETTLEMENT, row["status"], "agree", row, caller)
    if row["disputed_count"]:
        raise Problem("settlement-disputed")
    await _require_balanced(connection, row)
    changes = {"agreed_at": now(), "agreed_by": caller.id}
    await transitions.move(connection, SETTLEMENT, settlement_id, "agree", Mover(party, caller.id), changes=changes)


async def reopen(connection: Connection, caller: Caller, settlement_id: UUID, reason: str) -> None:
    """Make an agreed statement a draft again. Raises ``not-found``, ``not-allowed``, ``own-interest``,
    ``state-conflict``. Locks the statement.
    """
    row = await settlement_views.find_and_lock(connection, caller, settlement_id)
    mover = Mover(settlement_views.permit(SETTLEMENT, row["status"], "reopen", row, caller), caller.id)
    changes = {"agreed_at": None, "agreed_by": None}
    await transitions.move(connection, SETTLEMENT, settlement_id, "reopen", mover, note=reason, changes=changes)


async def pay(connection: Connection, caller: Caller, settlement_id: UUID, document: str) -> None:
    """Note that the alliance paid an agreed statement by ``document``, and move its points to ``paid``.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``, ``settlement-differs``,
    ``ledger-halted``. Locks the statement, then its vouchers.
    """
    row = await settlement_views.find_and_lock(connection, caller, settlement_id)
    party = settlement_views.permit(SETTLEMENT, row["status"], "pay", row, caller)
    voucher_ids = await _require_balanced(connection, row)
    changes = {"paid_at": now(), "paid_by": caller.id, "payment_document": document}
    await transitions.move(connection, SETTLEMENT, settlement_id, "pay", Mover(party, caller.id), changes=changes)
    paid_points = 0
    for first in range(0, len(voucher_ids), PAID_AT_ONCE):
        paid_points += await ledger.pay(connection, voucher_ids[first : first + PAID_AT_ONCE])
    if paid_points != row["total_points"]:
        raise Problem("settlement-differs")


async def require_open(connection: Connection, redemption_id: UUID) -> None:
    """Raise ``redemption-in-settlement`` when a redemption stands on an agreed or paid statement.

    Locks the voucher's row first: agreeing locks those of its lines too, so either the reversal comes first and the
    statement differs, or the agreement does and the reversal is refused.
    """
    await connection.execute(LOCK_VOUCHER, redemption_id)
    if await connection.fetchval(IS_CLOSED, redemption_id):
        raise Problem("redemption-in-settlement")


async def add_up(connection: Connection, settlement_id: UUID) -> int:
    """Write down the sum and the number of a statement's lines; return how many are owed for."""
    return int(await connection.fetchval(ADD_UP, settlement_id))


async def _make(connection: Connection, merchant_id: UUID, month: date, mover: Mover) -> UUID:
    settlement_id = new_id()
    if await connection.fetchval(INSERT, settlement_id, merchant_id, month) is None:
        raise Problem("settlement-exists")
    await transitions.log_creation(connection, SETTLEMENT, settlement_id, mover)
    if not await _fill(connection, settlement_id, month, mover):
        raise Problem("settlement-empty")
    await connection.execute(NUMBER, settlement_id, month)
    return settlement_id


async def _fill(connection: Connection, settlement_id: UUID, month: date, mover: Mover) -> int:
    """Put on a draft what is not on it yet, and add it up; return the number of lines."""
    joined = LINES_AT_ONCE
    while joined == LINES_AT_ONCE:
        joined = await connection.fetchval(
            JOIN, settlement_id, *months.bounds(month), mover.id, mover.party, LINES_AT_ONCE
        )
    return await add_up(connection, settlement_id)


async def _require_balanced(connection: Connection, row: Record) -> list[UUID]:
    """Return the vouchers that a statement owes for, locked, once it is known to agree with the ledger wholly."""
    if await ledger.is_halted(connection):
        raise Problem("ledger-halted")
    voucher_ids: list[UUID] = await connection.fetchval(LOCK_VOUCHERS, row["id"]) or []
    # A statement of its own, which sees what a reversal did that the locks waited for.
    if not await connection.fetchval(IS_BALANCED, row["id"], *months.bounds(row["month"])):
        raise Problem("settlement-differs")
    return voucher_ids
