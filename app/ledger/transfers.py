"""Moving points. Amounts are whole points above zero; ``reference_id`` is what gave the reason: a claim, a voucher.

A kind, a reference and a leg are used once for ever, and of settle and release a hold gets only one, wholly (I4): a
repetition is refused by the database, never a second movement. Of a user's accounts the held one is locked first, then
those that wait, then the wallets, each by id.
"""

from datetime import date
from operator import itemgetter
from uuid import UUID

from asyncpg import Connection, Record

from app.domain.errors import Problem
from app.domain.kinds import AccountKind, TransferKind
from app.ledger.accounts import find_or_open, find_system

POST = """
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
# Takes $3 points from a user's accounts of the kinds $6, those that expire first before the others and none after its
# last day; all of them or, with $8, as many as there are. $7 is the credited account, the user's held one when null.
DRAW = """
    WITH locked AS MATERIALIZED (
        SELECT b.account_id, b.points, a.kind, a.expires_on
        FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
        WHERE a.owner_id = $2 AND a.kind = ANY($6::text[] || 'held'::text)
        ORDER BY a.kind COLLATE "C", a.id FOR UPDATE OF b
    ), purse AS (
        SELECT account_id, points, sum(points) OVER () AS total, sum(points) OVER earliest - points AS before,
            row_number() OVER earliest - 1 AS leg
        FROM locked WHERE kind = ANY($6::text[]) AND points > 0 AND (expires_on IS NULL OR expires_on >= $5)
        WINDOW earliest AS (ORDER BY kind, expires_on NULLS LAST, account_id)
    )
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg)
    SELECT $1, account_id, coalesce($7, (SELECT account_id FROM locked WHERE kind = 'held')),
        least(points, $3 - before), $4, leg
    FROM purse WHERE before < $3 AND (total >= $3 OR $8)
    RETURNING points
"""
HOLDS = """
    SELECT t.leg, t.points, t.debit_account_id, t.credit_account_id, a.owner_id, a.expires_on
    FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_account_id
    WHERE t.reference_id = $1 AND t.kind = 'hold' ORDER BY t.leg
"""
MERCHANT_OF = "SELECT credit_account_id FROM ledger_transfer WHERE reference_id = $1 AND kind = 'settle' LIMIT 1"
BALANCE = "SELECT points FROM ledger_balance WHERE account_id = $1 FOR UPDATE"
LEGS_SO_FAR = "SELECT count(*) FROM ledger_transfer WHERE reference_id = $1 AND kind = $2"


def settle_sql(scanned: str) -> str:
    """Return the INSERT that moves what a voucher holds to a merchant, to be a part of the scan's one statement.

    ``scanned`` is a relation of ``voucher_id`` and ``merchant_id``. Locks the holder's held balance.
    """
    return f"""
        INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg)
        SELECT 'settle', held.credit_account_id, shop.id, held.points, held.reference_id, held.leg
        FROM {scanned}
        JOIN ledger_transfer AS held ON held.reference_id = scanned.voucher_id AND held.kind = 'hold'
        JOIN ledger_account AS shop ON shop.owner_id = scanned.merchant_id AND shop.kind = 'merchant'
        RETURNING points
    """


SETTLE = settle_sql("(SELECT $1::uuid AS voucher_id, $2::uuid AS merchant_id) AS scanned")
HELD_POINTS_SQL = "(SELECT sum(points) FROM ledger_transfer WHERE reference_id = {voucher_id} AND kind = 'hold')"
"""What a voucher holds or held, for a statement of a service; format it with the column of the voucher's id."""


async def award(
    connection: Connection,
    user_id: UUID,
    points: int,
    claim_id: UUID,
    *,
    expires_on: date | None = None,
    available_on: date | None = None,
) -> None:
    """Give a user new points for a verified claim, to be spent up to ``expires_on`` and from ``available_on`` on."""
    kind = AccountKind.WALLET if available_on is None else AccountKind.WAITING
    issuer = await find_system(connection, AccountKind.ISSUER)
    account = await find_or_open(connection, kind, user_id, expires_on=expires_on, available_on=available_on)
    await connection.execute(POST, TransferKind.AWARD, issuer, account, points, claim_id, 0)


async def mature(connection: Connection, account_id: UUID, user_id: UUID, expires_on: date | None) -> int:
    """Let a user spend what waited on an account; return how much. The database refuses it before its date."""
    wallet = await find_or_open(connection, AccountKind.WALLET, user_id, expires_on=expires_on)
    return await _empty(connection, TransferKind.MATURE, account_id, wallet)


async def expire(connection: Connection, account_id: UUID) -> int:
    """Take what is left on a wallet after its last day; return how much. The database refuses it before."""
    return await _empty(connection, TransferKind.EXPIRE, account_id, await find_system(connection, AccountKind.EXPIRED))


async def hold(connection: Connection, user_id: UUID, points: int, voucher_id: UUID, *, today: date) -> None:
    """Set a user's points aside for a voucher, those that expire first. Raises ``points-insufficient``."""
    await _draw(connection, TransferKind.HOLD, user_id, points, voucher_id, today=today)


async def settle(connection: Connection, voucher_id: UUID, merchant_id: UUID) -> int:
    """Move what a voucher holds to the merchant; return how much. The database refuses what was closed before."""
    return sum(row["points"] for row in await connection.fetch(SETTLE, voucher_id, merchant_id))


async def release(connection: Connection, voucher_id: UUID, *, not_before: date | None = None) -> int:
    """Give back what a voucher holds; return how much. The database refuses what was closed before.

    Points keep the date they expire on; with ``not_before`` they can be spent up to that date at least.
    """
    holds = await connection.fetch(HOLDS, voucher_id)
    for leg in holds:
        wallet = await _wallet_for(connection, leg, not_before)
        await connection.execute(
            POST, TransferKind.RELEASE, leg["credit_account_id"], wallet, leg["points"], voucher_id, leg["leg"]
        )
    return sum(leg["points"] for leg in holds)


async def reverse(connection: Connection, voucher_id: UUID, *, not_before: date) -> int:
    """Give back what a merchant had settled; return how much. The database refuses what was paid or reversed before."""
    merchant = await connection.fetchval(MERCHANT_OF, voucher_id)
    holds = await connection.fetch(HOLDS, voucher_id)
    legs = [(await _wallet_for(connection, leg, not_before), leg) for leg in holds]
    for wallet, leg in sorted(legs, key=itemgetter(0)):  # no lock on the held account goes before: wallets by id
        await connection.execute(POST, TransferKind.REVERSE, merchant, wallet, leg["points"], voucher_id, leg["leg"])
    return sum(leg["points"] for leg in holds)


async def adjust_up(
    connection: Connection, user_id: UUID, points: int, adjustment_id: UUID, *, expires_on: date | None = None
) -> None:
    """Give points by hand."""
    manual = await find_system(connection, AccountKind.MANUAL)
    wallet = await find_or_open(connection, AccountKind.WALLET, user_id, expires_on=expires_on)
    await connection.execute(POST, TransferKind.ADJUST_UP, manual, wallet, points, adjustment_id, 0)


async def adjust_down(connection: Connection, user_id: UUID, points: int, adjustment_id: UUID, *, today: date) -> None:
    """Take points by hand. Raises ``points-insufficient``."""
    manual = await find_system(connection, AccountKind.MANUAL)
    await _draw(connection, TransferKind.ADJUST_DOWN, user_id, points, adjustment_id, today=today, credit=manual)


async def donate(
    connection: Connection, user_id: UUID, points: int, donation_id: UUID, *, area_id: UUID, today: date
) -> None:
    """Give a user's points to an area's fund. Raises ``points-insufficient``."""
    fund = await find_or_open(connection, AccountKind.FUND, area_id)
    await _draw(connection, TransferKind.DONATE, user_id, points, donation_id, today=today, credit=fund)


async def take_back(connection: Connection, user_id: UUID, points: int, reversal_id: UUID, *, today: date) -> int:
    """Take back as many of ``points`` as the user still has, waiting ones before those to spend; return how many."""
    issuer = await find_system(connection, AccountKind.ISSUER)
    kinds = (AccountKind.WAITING, AccountKind.WALLET)
    return await _draw(
        connection, TransferKind.TAKE_BACK, user_id, points, reversal_id, today=today, credit=issuer, kinds=kinds
    )


async def pay(connection: Connection, voucher_ids: list[UUID]) -> int:
    """Move what merchants settled for these vouchers to ``paid``; return how much.

    The database refuses a voucher that was paid or reversed before, and one that was never settled pays nothing.
    """
    await connection.execute(CHECK_AT_ONCE)
    return sum(row["points"] for row in await connection.fetch(PAY, voucher_ids))


# Tens of thousands of legs would be checked by the end of the transaction, in one statement's time.
CHECK_AT_ONCE = "SET CONSTRAINTS guard_whole IMMEDIATE"
PAY = """
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg)
    SELECT 'pay', t.credit_account_id, paid.id, t.points, t.reference_id, t.leg
    FROM ledger_transfer t, ledger_account paid
    WHERE t.reference_id = ANY($1) AND t.kind = 'settle' AND paid.kind = 'paid'
    RETURNING points
"""


async def _empty(connection: Connection, kind: TransferKind, account_id: UUID, credit: UUID) -> int:
    """Move all that is on a user's account off it because its day has come; return how much."""
    points = int(await connection.fetchval(BALANCE, account_id))
    if points:  # what comes after the day, by an award around midnight or a voucher given back, is another leg
        leg = await connection.fetchval(LEGS_SO_FAR, account_id, kind)
        await connection.execute(POST, kind, account_id, credit, points, account_id, leg)
    return points


async def _draw(
    connection: Connection,
    kind: TransferKind,
    user_id: UUID,
    points: int,
    reference_id: UUID,
    *,
    today: date,
    credit: UUID | None = None,
    kinds: tuple[AccountKind, ...] = (AccountKind.WALLET,),
) -> int:
    """Move a user's points off, those that expire first; return how many. A taking back may find less than asked."""
    if points < 1:
        raise ValueError(f"{kind} of {points} points")
    is_partial = kind is TransferKind.TAKE_BACK
    rows = await connection.fetch(DRAW, kind, user_id, points, reference_id, today, kinds, credit, is_partial)
    drawn = sum(row["points"] for row in rows)
    if drawn < points and not is_partial:
        raise Problem("points-insufficient")
    return int(drawn)


async def _wallet_for(connection: Connection, leg: Record, not_before: date | None) -> UUID:
    """Return the wallet that a leg's points came from, or one that lasts until ``not_before``."""
    if not_before is None or leg["expires_on"] is None or leg["expires_on"] >= not_before:
        return UUID(bytes=leg["debit_account_id"].bytes)
    return await find_or_open(connection, AccountKind.WALLET, leg["owner_id"], expires_on=not_before)
