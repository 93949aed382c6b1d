"""Everybody locks a user's balances in one order, so that two who move points of one user never wait in a ring."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg

from app import ledger
from app.core.clock import today

LOCK = """
    SELECT FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
    WHERE a.owner_id = $1 AND a.kind = 'wallet' AND (a.expires_on IS NULL) = $2 FOR UPDATE OF b
"""
IS_WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)"


async def settled_voucher(connection: asyncpg.Connection, user_id: UUID) -> UUID:
    """Settle a voucher over points that expire, which are spent first, and points that do not, which came first."""
    shop_id, voucher_id = uuid4(), uuid4()
    async with connection.transaction():
        await ledger.open_wallet(connection, user_id)
        await ledger.open_merchant(connection, shop_id)
        await ledger.award(connection, user_id, 5, uuid4())
        await ledger.award(connection, user_id, 5, uuid4(), expires_on=today() + timedelta(days=9))
        await ledger.hold(connection, user_id, 10, voucher_id, today=today())
        await ledger.settle(connection, voucher_id, shop_id)
    return voucher_id


async def test_a_reversal_meets_somebody_who_locks_the_wallets(ledger_url: str):
    user_id = uuid4()
    first, second = [await asyncpg.connect(ledger_url) for _ in range(2)]
    try:
        voucher_id = await settled_voucher(first, user_id)

        async def reverse() -> int:
            async with second.transaction():
                return await ledger.reverse(second, voucher_id, not_before=today())

        async with first.transaction():
            await first.execute(LOCK, user_id, True)  # that with the lower id, as a hold does
            reversing = asyncio.create_task(reverse())
            for _ in range(500):
                if await first.fetchval(IS_WAITING, second.get_server_pid()):
                    break
                await asyncio.sleep(0.01)
            assert not reversing.done()
            await first.execute(LOCK, user_id, False)
        assert await reversing == 10
    finally:
        await first.close()
        await second.close()
