"""Opening accounts. Each owner has one account of a kind, for ever."""

from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.domain.kinds import AccountKind

OPEN_WALLET = """
    WITH opened AS (
        INSERT INTO ledger_account (id, kind, owner_id) VALUES ($1, $4, $3), ($2, $5, $3) RETURNING id
    )
    INSERT INTO ledger_balance (account_id, points) SELECT id, 0 FROM opened
"""
OPEN_MERCHANT = "INSERT INTO ledger_account (id, kind, owner_id) VALUES ($1, $2, $3)"


async def open_wallet(connection: Connection, user_id: UUID) -> None:
    """Give a new user a wallet and an account for what their vouchers hold, both with a locked balance of zero."""
    await connection.execute(OPEN_WALLET, new_id(), new_id(), user_id, AccountKind.WALLET, AccountKind.HELD)


async def open_merchant(connection: Connection, merchant_id: UUID) -> None:
    """Give a new merchant its account, append-only and without a balance row, so that nobody queues at a busy shop."""
    await connection.execute(OPEN_MERCHANT, new_id(), AccountKind.MERCHANT, merchant_id)
