"""Moving points. Amounts are whole points above zero; ``reference_id`` is the claim or voucher that is the reason.

A kind and a reference are used once for ever, and of settle and release a voucher gets only one (I4): a repetition is a
unique violation, never a second movement. Locks balances in the order of their accounts' ids.
"""

from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.domain.kinds import AccountKind, TransferKind

POST = """
    INSERT INTO ledger_transfer (id, kind, debit_account_id, credit_account_id, points, reference_id)
    SELECT $1, $2, debit.id, credit.id, $7, $8
    FROM ledger_account AS debit, ledger_account AS credit
    WHERE debit.kind = $3 AND debit.owner_id = $4
        AND credit.kind = $5 AND credit.owner_id = $6
    RETURNING id
"""
# An index answers "= $4" and "IS NULL", but not "IS NOT DISTINCT FROM $4": that reads every account.
POST_FROM_NOBODY = POST.replace("debit.owner_id = $4", "debit.owner_id IS NULL AND $4::uuid IS NULL")


async def award(connection: Connection, user_id: UUID, points: int, claim_id: UUID) -> None:
    """Give a user new points for a verified claim."""
    await _post(connection, TransferKind.AWARD, AccountKind.ISSUER, None, AccountKind.WALLET, user_id, points, claim_id)


async def hold(connection: Connection, user_id: UUID, points: int, voucher_id: UUID) -> None:
    """Set a user's points aside for a voucher. The database refuses more than the wallet holds."""
    await _post(
        connection, TransferKind.HOLD, AccountKind.WALLET, user_id, AccountKind.HELD, user_id, points, voucher_id
    )


async def settle(connection: Connection, user_id: UUID, merchant_id: UUID, points: int, voucher_id: UUID) -> None:
    """Move what a voucher holds to the merchant. The database refuses what was not held or was closed before."""
    await _post(
        connection,
        TransferKind.SETTLE,
        AccountKind.HELD,
        user_id,
        AccountKind.MERCHANT,
        merchant_id,
        points,
        voucher_id,
    )


async def release(connection: Connection, user_id: UUID, points: int, voucher_id: UUID) -> None:
    """Give back what a voucher holds. The database refuses what was not held or was closed before."""
    await _post(
        connection, TransferKind.RELEASE, AccountKind.HELD, user_id, AccountKind.WALLET, user_id, points, voucher_id
    )


async def _post(
    connection: Connection,
    kind: TransferKind,
    debit_kind: AccountKind,
    debit_owner_id: UUID | None,
    credit_kind: AccountKind,
    credit_owner_id: UUID,
    points: int,
    reference_id: UUID,
) -> None:
    statement = POST if debit_owner_id is not None else POST_FROM_NOBODY
    posted = await connection.fetchval(
        statement, new_id(), kind, debit_kind, debit_owner_id, credit_kind, credit_owner_id, points, reference_id
    )
    if posted is None:
        raise RuntimeError(f"{kind} found no account of {debit_kind} or {credit_kind} to move points between")
