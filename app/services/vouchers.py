"""Vouchers: points become an entitlement, which is settled, given back or expires, exactly one of the three (I4)."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.clock import local_date, now
from app.core.db import Reads
from app.core.ids import new_id
from app.core.security import derive_key
from app.domain import codes
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOUCHER
from app.domain.texts import NOT_HONOURED
from app.services import awards, transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# One statement takes a piece from the stock and makes the voucher; the condition decides the race for the last one.
TAKE = """
    WITH piece AS (
        UPDATE offer o SET stock_left = stock_left - 1 FROM merchant m
        WHERE o.id = $2 AND o.status = 'listed' AND o.stock_left > 0 AND m.id = o.merchant_id AND m.status = 'approved'
        RETURNING o.id, o.merchant_id, o.area_id, o.title, o.points
    ), made AS (
        INSERT INTO voucher
            (id, offer_id, merchant_id, user_id, handle, title, points, status, expires_at, created_at)
        SELECT $1, id, merchant_id, $3, $7, title, points, 'held', $4, $5 FROM piece RETURNING id, points
    ), logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
        SELECT $6, 'voucher', id, 'create', 'held', $3, 'author', clock_timestamp() FROM made
    )
    SELECT made.points, {below_threshold} AS is_below_threshold FROM made, piece
""".format(below_threshold=awards.IS_BELOW_THRESHOLD_SQL.format(user_id="$3", area_id="piece.area_id"))
IS_LISTED = """
    SELECT true FROM offer o JOIN merchant m ON m.id = o.merchant_id
    WHERE o.id = $1 AND o.status = 'listed' AND m.status = 'approved'
"""
PUT_BACK = "UPDATE offer SET stock_left = stock_left + 1 WHERE id = $1"
VIEW = """
    SELECT v.id, v.offer_id, v.merchant_id, m.name AS merchant_name, v.user_id, v.handle, v.title, v.points, v.status,
        v.expires_at, v.created_at, r.settled_at
    FROM voucher v JOIN merchant m ON m.id = v.merchant_id LEFT JOIN redemption r ON r.voucher_id = v.id
"""
GET = f"{VIEW} WHERE v.id = $1 AND v.user_id = $2"
LIST_OWN = f"{VIEW} WHERE v.user_id = $1 AND v.id < $2 ORDER BY v.id DESC LIMIT $3"
FIND_DUE = "SELECT id FROM voucher WHERE status = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT 500"

FIND_UNHONOURED = """
    SELECT v.id FROM merchant m JOIN voucher v ON v.merchant_id = m.id AND v.status = 'held'
    WHERE NOT m.accepts_scans ORDER BY v.id LIMIT 500
"""
FIND_UNHONOURED_OF_SHOP = FIND_UNHONOURED.replace("WHERE", "WHERE m.id = $1 AND")
LOCK_SHOP = """
    SELECT m.accepts_scans FROM voucher v JOIN merchant m ON m.id = v.merchant_id WHERE v.id = $1 FOR SHARE OF m
"""
GIVEN_BACK_POINTS_LAST = timedelta(days=30)
"""What comes back by no doing of the holder can be spent for so long, whatever its own date was."""


async def take(connection: Connection, caller: Caller, offer_id: UUID, *, days: int) -> UUID:
    """Make a voucher of an offer for ``days`` and hold its points; return its id.

    Raises ``not-found``, ``offer-sold-out``, ``points-below-threshold``, ``points-insufficient``. Locks the offer's
    row, then the caller's balances.
    """
    voucher_id, moment = new_id(), now()
    made = await connection.fetchrow(
        TAKE,
        voucher_id,
        offer_id,
        caller.id,
        moment + timedelta(days=days),
        moment,
        new_id(),
        codes.new_handle(),
    )
    if made is None:
        raise Problem("offer-sold-out" if await connection.fetchval(IS_LISTED, offer_id) else "not-found")
    if made["is_below_threshold"]:
        raise Problem("points-below-threshold")
    await ledger.hold(connection, caller.id, made["points"], voucher_id, today=local_date(moment))
    return voucher_id


async def cancel(connection: Connection, caller: Caller, voucher_id: UUID) -> None:
    """Give a held voucher back: points and piece go back. Raises ``not-found``, ``state-conflict``."""
    row = await connection.fetchrow(GET, voucher_id, caller.id)
    if row is None:
        raise Problem("not-found")
    transitions.permit(VOUCHER, row["status"], "cancel", frozenset({Party.AUTHOR}))
    await _release(
        connection, await transitions.move(connection, VOUCHER, voucher_id, "cancel", Mover(Party.AUTHOR, caller.id))
    )


async def expire(connection: Connection, voucher_id: UUID) -> None:
    """Give back a voucher whose time is over. Raises ``state-conflict`` when it was closed meanwhile."""
    await _release(connection, await transitions.move(connection, VOUCHER, voucher_id, "expire", transitions.SYSTEM))


async def give_back(connection: Connection, voucher_id: UUID) -> None:
    """Give back a held voucher that its shop does not honour any more; the points last for 30 days at least.

    Raises ``state-conflict`` when it was closed, or its shop admitted again, meanwhile. Locks the shop's row against
    that, then as ``cancel`` does.
    """
    if await connection.fetchval(LOCK_SHOP, voucher_id):
        raise Problem("state-conflict")
    not_before = local_date(now() + GIVEN_BACK_POINTS_LAST)
    moved = await transitions.move(connection, VOUCHER, voucher_id, "give_back", transitions.SYSTEM, note=NOT_HONOURED)
    await _release(connection, moved, not_before=not_before)


async def find_unhonoured(connection: Connection, merchant_id: UUID | None = None) -> list[UUID]:
    """Return held vouchers of shops, or of one, that do not accept scans."""
    if merchant_id is None:
        return [row["id"] for row in await connection.fetch(FIND_UNHONOURED)]
    return [row["id"] for row in await connection.fetch(FIND_UNHONOURED_OF_SHOP, merchant_id)]


async def find_due(connection: Connection, moment: datetime) -> list[UUID]:
    """Return held vouchers whose time is over."""
    return [row["id"] for row in await connection.fetch(FIND_DUE, moment)]


async def _release(connection: Connection, voucher: Record, *, not_before: date | None = None) -> None:
    await put_back(connection, voucher["offer_id"])
    await ledger.release(connection, voucher["id"], not_before=not_before)


async def put_back(connection: Connection, offer_id: UUID) -> None:
    """Put the piece of a voucher that came back into the stock again."""
    await connection.execute(PUT_BACK, offer_id)


async def get(reads: Reads, caller: Caller, voucher_id: UUID) -> dict[str, Any]:
    """Return one of the caller's vouchers. Raises ``not-found``."""
    row = await reads.fetchrow(GET, voucher_id, caller.id)
    if row is None:
        raise Problem("not-found")
    return _view(row)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the caller's vouchers, whatever became of them."""
    rows = await reads.fetch(LIST_OWN, caller.id, request.below("own-vouchers"), request.rows)
    return page(rows, request, _view, "own-vouchers")


async def get_code(reads: Reads, caller: Caller, voucher_id: UUID, secret: str) -> dict[str, Any]:
    """Return the code to show now and the coming ones. Raises ``not-found``, ``state-conflict`` when not held."""
    row = await reads.fetchrow(GET, voucher_id, caller.id)
    if row is None:
        raise Problem("not-found")
    moment = now()
    if row["status"] != "held" or row["expires_at"] <= moment:
        raise Problem("state-conflict")
    key = code_key(secret, voucher_id)
    starts = [codes.step_start(moment) + step * codes.STEP for step in range(codes.COMING_CODES + 1)]
    current, *coming = [
        {
            "code": codes.write(voucher_id, key, start),
            "typed_code": codes.write_typed(row["handle"], key, start),
            "valid_from": start,
            "expires_at": start + codes.STEP,
        }
        for start in starts
    ]
    return {
        "code": current["code"],
        "typed_code": current["typed_code"],
        "expires_at": current["expires_at"],
        "next": coming,
        "actions": [],
    }


def code_key(secret: str, voucher_id: UUID) -> bytes:
    """Return the key that signs the codes of one voucher; it never leaves the server."""
    return derive_key(secret, b"voucher/" + voucher_id.bytes)


def _view(row: Record) -> dict[str, Any]:
    actions = list(VOUCHER.actions(row["status"], frozenset({Party.AUTHOR})))
    return {
        "id": row["id"],
        "offer_id": row["offer_id"],
        "merchant": {"id": row["merchant_id"], "name": row["merchant_name"]},
        "title": row["title"],
        "points": row["points"],
        "status": row["status"],
        "expires_at": row["expires_at"],
        "created_at": row["created_at"],
        "settled_at": row["settled_at"],
        "actions": [*actions, "show_code"] if row["status"] == "held" else actions,
    }
