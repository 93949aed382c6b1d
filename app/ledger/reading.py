"""Reading the ledger: one statement a question, and fragments for those of the services."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.domain.points import Standing

# Days and months are those of Asia/Shanghai, as the ledger's guards count them. Each award counts on the day of its own
# transfer, so that two which wait for each other around midnight agree on which day is whose.
FIND_STANDING = """
    WITH account AS MATERIALIZED (
        SELECT a.id, a.kind, a.expires_on, b.points
        FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.owner_id = $1
    ), awarded AS (
        SELECT t.points, (t.created_at AT TIME ZONE 'Asia/Shanghai')::date AS day
        FROM account JOIN ledger_transfer t ON t.credit_account_id = account.id
        WHERE account.kind IN ('waiting', 'wallet') AND t.kind = 'award'
    )
    SELECT (SELECT sum(points) FROM account WHERE expires_on IS NULL OR expires_on >= $2::date) AS balance_points,
        (SELECT sum(points) FROM awarded WHERE day = $2::date) AS day_points,
        (SELECT sum(points) FROM awarded WHERE date_trunc('month', day) = date_trunc('month', $2::date)) AS month_points
"""
AWARDED_POINTS_SQL = """(
    SELECT coalesce(sum(t.points), 0) FROM ledger_account a JOIN ledger_transfer t ON t.credit_account_id = a.id
    WHERE a.owner_id = {user_id} AND a.kind IN ('waiting', 'wallet') AND t.kind = 'award'
)"""
"""What somebody was ever awarded, spent since or not; format it with the user's id."""

PURSE_SQL = """
    SELECT a.kind, a.expires_on, a.available_on, b.points
    FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.owner_id = {user_id} AND b.points > 0
"""
"""A user's points by account kind and dates; format it with the user's id."""

EXPIRING_SQL = """
    SELECT a.owner_id AS user_id, a.expires_on, b.points
    FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
    WHERE a.kind = 'wallet' AND a.expires_on BETWEEN {first} AND {last} AND b.points > 0
"""
"""What users can spend up to a day between two, both included, one row a user and day."""

# Newest first, so that what was emptied long ago is walked over only after everything that is due was found.
FIND_MATURE = """
    SELECT a.id, a.owner_id, a.expires_on FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
    WHERE a.kind = 'waiting' AND a.available_on <= $1 AND b.points > 0 ORDER BY a.available_on DESC LIMIT $2
"""
FIND_EXPIRED = """
    SELECT a.id, a.owner_id, a.expires_on FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
    WHERE a.kind = 'wallet' AND a.expires_on < $1 AND b.points > 0 ORDER BY a.expires_on DESC LIMIT $2
"""

# A movement out of or into several wallets is one line, named by the first of its legs that touches a wallet. Legs of
# one movement were made in one transaction, so at one time: an account that expires twice has two lines. Each wallet is
# read by its index from the newest, a page's worth of movements at most.
_FIRST_LEGS = """
    SELECT t.id, t.kind, t.reference_id, t.created_at, {sign} AS sign FROM ledger_transfer t
    WHERE t.{side}_account_id = wallet.id AND t.id < $2 AND (t.leg = 0 OR NOT EXISTS (
        SELECT FROM ledger_transfer e
        WHERE e.reference_id = t.reference_id AND e.kind = t.kind AND e.leg < t.leg AND e.created_at = t.created_at
            AND e.{side}_account_id IN (SELECT id FROM wallet)
    ))
    ORDER BY t.id DESC LIMIT $3
"""
LIST_TRANSFERS = f"""
    WITH wallet AS MATERIALIZED (SELECT id FROM ledger_account WHERE owner_id = $1 AND kind = 'wallet'),
    line AS MATERIALIZED (
        SELECT first.* FROM wallet CROSS JOIN LATERAL (
            ({_FIRST_LEGS.format(side="debit", sign=-1)}) UNION ALL ({_FIRST_LEGS.format(side="credit", sign=1)})
        ) AS first ORDER BY first.id DESC LIMIT $3
    )
    SELECT line.id, line.kind, line.created_at, line.sign * (
        SELECT sum(t.points) FROM ledger_transfer t
        WHERE t.reference_id = line.reference_id AND t.kind = line.kind AND t.created_at = line.created_at
            AND (t.debit_account_id IN (SELECT id FROM wallet) OR t.credit_account_id IN (SELECT id FROM wallet))
    ) AS change_points
    FROM line ORDER BY line.id DESC
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


class Cohort(NamedTuple):
    """An account of points with one date on which they can first or last be spent."""

    account_id: UUID
    user_id: UUID
    expires_on: date | None


async def find_standing(reads: Reads, user_id: UUID, day: date) -> Standing:
    """Return what a user has that is not past its last day, and what they were awarded on ``day`` and in its month."""
    row = await reads.fetchrow(FIND_STANDING, user_id, day)
    assert row is not None, "a sum is always one row"
    return Standing(int(row["balance_points"] or 0), int(row["day_points"] or 0), int(row["month_points"] or 0))


async def find_mature(reads: Reads, today: date, limit: int) -> list[Cohort]:
    """Return accounts whose points waited long enough."""
    return [Cohort(*row) for row in await reads.fetch(FIND_MATURE, today, limit)]


async def find_expired(reads: Reads, today: date, limit: int) -> list[Cohort]:
    """Return wallets with points left after their last day."""
    return [Cohort(*row) for row in await reads.fetch(FIND_EXPIRED, today, limit)]


async def list_transfers(reads: Reads, user_id: UUID, below: UUID, limit: int) -> list[Record]:
    """Return the moves of a user's wallets below an id, newest first, with what each did to the spendable points."""
    rows: list[Record] = await reads.fetch(LIST_TRANSFERS, user_id, below, limit)
    return rows
