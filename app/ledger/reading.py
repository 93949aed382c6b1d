"""Reading the ledger: one statement a question."""

from uuid import UUID

from asyncpg import Record

from app.core.db import Reads

FIND_BALANCE = """
    SELECT a.kind, b.points FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.owner_id = $1
"""
LIST_TRANSFERS = """
    WITH wallet AS (SELECT id FROM ledger_account WHERE owner_id = $1 AND kind = 'wallet')
    (
        SELECT t.id, t.kind, -t.points AS change_points, t.created_at FROM ledger_transfer t, wallet
        WHERE t.debit_account_id = wallet.id AND t.id < $2 ORDER BY t.id DESC LIMIT $3
    ) UNION ALL (
        SELECT t.id, t.kind, t.points, t.created_at FROM ledger_transfer t, wallet
        WHERE t.credit_account_id = wallet.id AND t.id < $2 ORDER BY t.id DESC LIMIT $3
    ) ORDER BY id DESC LIMIT $3
"""
CLAIM_POINTS_SQL = "(SELECT sum(points) FROM ledger_transfer WHERE reference_id = {claim_id} AND kind = 'award')"
"""What a claim brought, null for nothing; for a statement of a service, formatted with the column of the claim's id."""

FUND_POINTS_SQL = """(
    SELECT coalesce(sum(CASE WHEN t.credit_account_id = fund.id THEN t.points ELSE -t.points END), 0)
    FROM ledger_account fund JOIN ledger_transfer t ON fund.id IN (t.credit_account_id, t.debit_account_id)
    WHERE fund.owner_id = {area_id} AND fund.kind = 'fund'
)"""
"""What an area's fund holds; for a statement of a service, formatted with the column of the area's id."""


def settled_sql(asked: str) -> str:
    """Return a SELECT of what merchants have settled for vouchers and were neither paid for nor lost by a reversal.

    ``asked`` is a relation of ``voucher_id``; a row has ``voucher_id``, ``merchant_id`` and ``points``.
    """
    return f"""
        SELECT t.reference_id AS voucher_id, shop.owner_id AS merchant_id, sum(t.points) AS points
        FROM {asked} JOIN ledger_transfer t ON t.reference_id = {asked}.voucher_id AND t.kind = 'settle'
        JOIN ledger_account shop ON shop.id = t.credit_account_id
        WHERE NOT EXISTS (
            SELECT FROM ledger_transfer later
            WHERE later.reference_id = t.reference_id AND later.leg = t.leg AND later.kind IN ('reverse', 'pay')
        )
        GROUP BY t.reference_id, shop.owner_id
    """


async def find_balance(reads: Reads, user_id: UUID) -> tuple[int, int]:
    """Return a user's spendable and held points."""
    points = {row["kind"]: row["points"] for row in await reads.fetch(FIND_BALANCE, user_id)}
    return points.get("wallet", 0), points.get("held", 0)


async def list_transfers(reads: Reads, user_id: UUID, below: UUID, limit: int) -> list[Record]:
    """Return the moves of a user's wallet below an id, newest first, with what each did to the spendable points."""
    rows: list[Record] = await reads.fetch(LIST_TRANSFERS, user_id, below, limit)
    return rows
