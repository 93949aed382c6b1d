"""Monthly settlements with merchants: what is closed on one can no longer be undone."""

from uuid import UUID

from asyncpg import Connection

from app.domain.errors import Problem

# Whether a redemption stands on a statement that was agreed; format it with the column of the redemption's id.
IS_CLOSED_SQL = """(EXISTS (
    SELECT FROM settlement_line closed JOIN settlement statement ON statement.id = closed.settlement_id
    WHERE closed.redemption_id = {redemption_id} AND closed.status <> 'removed' AND statement.status <> 'draft'
))"""
LOCK_VOUCHER = """
    SELECT FROM voucher v JOIN redemption r ON r.voucher_id = v.id WHERE r.id = $1 FOR NO KEY UPDATE OF v
"""
IS_CLOSED = f"SELECT {IS_CLOSED_SQL.format(redemption_id='$1::uuid')}"


async def require_open(connection: Connection, redemption_id: UUID) -> None:
    """Raise ``redemption-in-settlement`` when a redemption stands on an agreed or paid statement.

    Locks the voucher's row first: agreeing locks those of its lines too, so either the reversal comes first and the
    statement differs, or the agreement does and the reversal is refused.
    """
    await connection.execute(LOCK_VOUCHER, redemption_id)
    if await connection.fetchval(IS_CLOSED, redemption_id):
        raise Problem("redemption-in-settlement")
