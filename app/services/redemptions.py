"""Redemptions: the clerk's scan settles a voucher, once."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.clock import now
from app.core.db import Reads
from app.core.ids import new_id
from app.domain import codes
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOUCHER
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover
from app.services.vouchers import code_key

FIND = f"""
    SELECT merchant_id, user_id, title, points, status, expires_at, {ledger.IS_HALTED_SQL} AS is_halted
    FROM voucher WHERE id = $1
"""
INSERT = "INSERT INTO redemption (id, voucher_id, merchant_id, clerk_id, settled_at) VALUES ($1, $2, $3, $4, $5)"
LIST = """
    SELECT r.id, r.voucher_id, v.title AS offer_title, v.points, r.settled_at
    FROM redemption r JOIN voucher v ON v.id = r.voucher_id
    WHERE r.merchant_id = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3
"""
CLOSED = {"settled": "voucher-settled", "cancelled": "voucher-cancelled", "expired": "voucher-expired"}


async def settle(connection: Connection, caller: Caller, code: str, secret: str) -> dict[str, Any]:
    """Settle the voucher whose current code was scanned: the points it holds go to the caller's shop.

    The code is checked before the database is asked. Raises ``voucher-code-invalid``, ``voucher-other-shop``,
    ``own-voucher``, ``ledger-halted``, ``voucher-settled``, ``voucher-cancelled``, ``voucher-expired``. Locks the
    voucher's row, then the holder's balance.
    """
    moment = now()
    voucher_id = _read(code, secret)
    row = await connection.fetchrow(FIND, voucher_id)
    _require_acceptable(row, caller)
    if row["status"] == "held" and row["expires_at"] <= moment:
        raise Problem("voucher-expired")
    moved = await transitions.find_and_move(connection, VOUCHER, voucher_id, "settle", Mover(Party.CLERK, caller.id))
    if moved is None:
        status = await connection.fetchval("SELECT status FROM voucher WHERE id = $1", voucher_id)
        raise Problem(CLOSED[status])
    redemption_id = new_id()
    await connection.execute(INSERT, redemption_id, voucher_id, moved["merchant_id"], caller.id, moment)
    await ledger.settle(connection, voucher_id, moved["merchant_id"])
    return {
        "id": redemption_id,
        "voucher_id": voucher_id,
        "offer_title": moved["title"],
        "points": moved["points"],
        "settled_at": moment,
        "actions": [],
    }


async def list_of_merchant(reads: Reads, caller: Caller, merchant_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return a shop's redemptions to its clerks. Raises ``not-found`` to others (I8)."""
    if merchant_id not in caller.shop_ids:
        raise Problem("not-found")
    filters = ("redemptions", merchant_id)
    rows = await reads.fetch(LIST, merchant_id, request.below(*filters), request.rows)
    return page(rows, request, lambda row: dict(row) | {"actions": []}, *filters)


def _read(code: str, secret: str) -> UUID:
    """Return the voucher's id from a code that its key signed for this moment."""
    found = codes.read(code)
    if found is None:
        raise Problem("voucher-code-invalid")
    voucher_id, digits = found
    if not codes.is_current(digits, code_key(secret, voucher_id), now()):
        raise Problem("voucher-code-invalid")
    return voucher_id


def _require_acceptable(row: Record | None, caller: Caller) -> None:
    if row is None:
        raise Problem("voucher-code-invalid")
    if row["merchant_id"] not in caller.shop_ids:
        raise Problem("voucher-other-shop")
    if row["user_id"] == caller.id:
        raise Problem("own-voucher")
    if row["is_halted"]:
        raise Problem("ledger-halted")
