"""Opening accounts. An owner has one account of a kind, and of a user's points one for each date they expire on."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.domain.kinds import USER_ACCOUNTS, AccountKind

FIND = """
    SELECT id FROM ledger_account
    WHERE owner_id = $2 AND kind = $1 AND expires_on IS NOT DISTINCT FROM $3 AND available_on IS NOT DISTINCT FROM $4
"""
OPEN = """
    WITH opened AS (
        INSERT INTO ledger_account (id, kind, owner_id, expires_on, available_on) VALUES ($5, $1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING id
    ), balanced AS (
        INSERT INTO ledger_balance (account_id, points) SELECT id, 0 FROM opened WHERE $6
    )
    SELECT id FROM opened
"""
OPEN_MERCHANTS = """
    INSERT INTO ledger_account (id, kind, owner_id)
    SELECT n.id, $2, n.owner_id FROM unnest($1::uuid[], $3::uuid[]) AS n (id, owner_id) ORDER BY n.owner_id
    ON CONFLICT DO NOTHING
"""
FIND_SYSTEM = "SELECT id FROM ledger_account WHERE kind = $1 AND owner_id IS NULL"


async def open_wallet(connection: Connection, user_id: UUID) -> None:
    """Give a new user a wallet of points that never expire, and an account for what their vouchers hold."""
    for kind in (AccountKind.WALLET, AccountKind.HELD):
        await find_or_open(connection, kind, user_id)


async def open_merchant(connection: Connection, merchant_id: UUID) -> None:
    """Give a new merchant its account, append-only and without a balance row, so that nobody queues at a busy shop."""
    await find_or_open(connection, AccountKind.MERCHANT, merchant_id)


async def open_merchants(connection: Connection, merchant_ids: Sequence[UUID]) -> None:
    """Give new merchants their accounts, in one statement; who has one keeps it."""
    ids = [new_id() for _ in merchant_ids]
    await connection.execute(OPEN_MERCHANTS, ids, AccountKind.MERCHANT, list(merchant_ids))


async def find_or_open(
    connection: Connection,
    kind: AccountKind,
    owner_id: UUID,
    *,
    expires_on: date | None = None,
    available_on: date | None = None,
) -> UUID:
    """Return an owner's account of a kind and its dates, opened at zero when there was none; two at once open one."""
    key = (kind, owner_id, expires_on, available_on)
    found = await connection.fetchval(FIND, *key)
    if found is None:
        found = await connection.fetchval(OPEN, *key, new_id(), kind in USER_ACCOUNTS)
    if found is None:  # opened by somebody else meanwhile, who was waited for
        found = await connection.fetchval(FIND, *key)
    return UUID(bytes=found.bytes)


async def find_system(connection: Connection, kind: AccountKind) -> UUID:
    """Return the account of a kind that has no owner."""
    found = await connection.fetchval(FIND_SYSTEM, kind)
    return UUID(bytes=found.bytes)
