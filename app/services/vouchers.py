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
from app.domain.message_kinds import MessageKind
from app.domain.texts import NOT_HONOURED
from app.services import awards, messages, shown_codes, transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# One statement counts the piece with the person, takes it from the stock and the day, and makes the voucher. Each count
# decides its own race, because a row that was waited for is judged anew as it stands then; a count by a subquery would
# be that of the statement's beginning. The person comes before the offer, here and when a piece goes back. $5 is the
# present moment and $8 its day; a clock that is behind never turns the day back.
TAKE = """
    WITH person AS (
        INSERT INTO offer_taker AS t (offer_id, user_id, taken)
        SELECT id, $3, 1 FROM offer WHERE id = $2 AND status = 'listed'
        ON CONFLICT (offer_id, user_id) DO UPDATE SET taken = t.taken + 1
            WHERE t.taken < coalesce((SELECT per_person_limit FROM offer WHERE id = t.offer_id), t.taken + 1)
        RETURNING offer_id
    ), piece AS (
        UPDATE offer o SET stock_left = o.stock_left - 1, day = greatest(o.day, $8::date),
            taken_on_day = CASE WHEN o.day >= $8 THEN o.taken_on_day + 1 ELSE 1 END
        FROM person, merchant m
        WHERE o.id = person.offer_id AND o.status = 'listed' AND o.stock_left > 0
            AND (o.per_day_limit IS NULL OR o.day IS NULL OR o.day < $8 OR o.taken_on_day < o.per_day_limit)
            AND (o.valid_from IS NULL OR o.valid_from <= $5) AND (o.valid_until IS NULL OR o.valid_until > $5)
            AND m.id = o.merchant_id AND m.status = 'approved'
        RETURNING o.id, o.merchant_id, o.area_id, o.kind, o.title, o.terms, o.points, o.valid_until
    ), made AS (
        INSERT INTO voucher (
            id, offer_id, merchant_id, user_id, handle, kind, title, terms, points, status, expires_at, created_at
        )
        SELECT $1, id, merchant_id, $3, $7, kind, title, terms, points, 'held', least($4, valid_until), $5 FROM piece
        RETURNING id, points
    ), logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
        SELECT $6, 'voucher', id, 'create', 'held', $3, 'author', clock_timestamp() FROM made
    )
    SELECT made.points, {below_threshold} AS is_below_threshold FROM made, piece
""".format(below_threshold=awards.IS_BELOW_THRESHOLD_SQL.format(user_id="$3", area_id="piece.area_id"))
WHY_NOT_TAKEN = """
    SELECT o.stock_left > 0 AS is_in_stock, o.per_day_limit <= o.taken_on_day AND o.day >= $3 AS is_day_full,
        (o.valid_from IS NULL OR o.valid_from <= $2) AND (o.valid_until IS NULL OR o.valid_until > $2) AS is_valid
    FROM offer o JOIN merchant m ON m.id = o.merchant_id
    WHERE o.id = $1 AND o.status = 'listed' AND m.status = 'approved'
"""
UNCOUNT = """
    UPDATE offer_taker t SET taken = t.taken - 1 FROM voucher v
    WHERE v.id = $1 AND t.offer_id = v.offer_id AND t.user_id = v.user_id
"""
PUT_BACK = """
    UPDATE offer o SET stock_left = o.stock_left + 1,
        taken_on_day = o.taken_on_day
            - (o.day IS NOT DISTINCT FROM (v.created_at AT TIME ZONE 'Asia/Shanghai')::date AND o.taken_on_day > 0)::int
    FROM voucher v WHERE v.id = $1 AND o.id = v.offer_id
"""
VIEW = """
    SELECT v.id, v.offer_id, v.merchant_id, m.name AS merchant_name, v.user_id, v.handle, v.kind, v.title, v.terms,
        v.points, v.status, v.expires_at, v.created_at, r.settled_at
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
    """Make a voucher of an offer, for ``days`` or until the offer is over, and hold its points; return its id.

    Raises ``not-found``, ``offer-not-valid-now``, ``offer-sold-out``, ``offer-daily-limit-reached``,
    ``offer-limit-reached``, ``points-below-threshold``, ``points-insufficient``. Locks the caller's count with the
    offer, the offer's row, then the caller's balances.
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
        local_date(moment),
    )
    if made is None:
        raise _why_not(await connection.fetchrow(WHY_NOT_TAKEN, offer_id, moment, local_date(moment)))
    if made["is_below_threshold"]:
        raise Problem("points-below-threshold")
    await ledger.hold(connection, caller.id, made["points"], voucher_id, today=local_date(moment))
    return voucher_id


def _why_not(row: Record | None) -> Problem:
    """Name the first reason why nothing was taken, from a read after the decision."""
    if row is None:
        return Problem("not-found")
    if not row["is_valid"]:
        return Problem("offer-not-valid-now")
    if not row["is_in_stock"]:
        return Problem("offer-sold-out")
    return Problem("offer-daily-limit-reached" if row["is_day_full"] else "offer-limit-reached")


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
    """Give back a voucher whose time is over, and tell its holder.

    Raises ``state-conflict`` when it was closed meanwhile.
    """
    moved = await transitions.move(connection, VOUCHER, voucher_id, "expire", transitions.SYSTEM)
    await _release(connection, moved)
    await tell(connection, moved, MessageKind.VOUCHER_EXPIRED)


async def give_back(connection: Connection, voucher_id: UUID) -> None:
    """Give back a held voucher that its shop does not honour any more; the points last for 30 days at least.

    Raises ``state-conflict`` when it was closed, or its shop admitted again, meanwhile. Locks the shop's row against
    that, then as ``cancel`` does.
    """
    if await connection.fetchval(LOCK_SHOP, voucher_id):
        raise Problem("state-conflict")
    moved = await transitions.move(connection, VOUCHER, voucher_id, "give_back", transitions.SYSTEM, note=NOT_HONOURED)
    await _release(connection, moved, not_before=lasts_at_least(now()))
    await tell(connection, moved, MessageKind.VOUCHER_GIVEN_BACK)


async def tell(connection: Connection, voucher: Record, kind: MessageKind) -> None:
    """Tell the holder of a voucher what became of it, in the transaction that moved it."""
    words = {"title": voucher["title"], "points": str(voucher["points"])}
    await messages.tell(connection, [voucher["user_id"]], kind, voucher["id"], **words)


async def find_unhonoured(connection: Connection, merchant_id: UUID | None = None) -> list[UUID]:
    """Return held vouchers of shops, or of one, that do not accept scans."""
    if merchant_id is None:
        return [row["id"] for row in await connection.fetch(FIND_UNHONOURED)]
    return [row["id"] for row in await connection.fetch(FIND_UNHONOURED_OF_SHOP, merchant_id)]


async def find_due(connection: Connection, moment: datetime) -> list[UUID]:
    """Return held vouchers whose time is over."""
    return [row["id"] for row in await connection.fetch(FIND_DUE, moment)]


async def _release(connection: Connection, voucher: Record, *, not_before: date | None = None) -> None:
    await put_back(connection, voucher["id"])
    await ledger.release(connection, voucher["id"], not_before=not_before)


def lasts_at_least(moment: datetime) -> date:
    """Return the day up to which points can be spent that come back at ``moment`` by no doing of the holder."""
    return local_date(moment + GIVEN_BACK_POINTS_LAST)


async def put_back(connection: Connection, voucher_id: UUID) -> None:
    """Put the piece of a voucher that came back into the stock, the day and its holder's count again."""
    await connection.execute(UNCOUNT, voucher_id)
    await connection.execute(PUT_BACK, voucher_id)


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
    return shown_codes.sheet(voucher_id, row["handle"], code_key(secret, voucher_id))


def code_key(secret: str, voucher_id: UUID) -> bytes:
    """Return the key that signs the codes of one voucher; it never leaves the server."""
    return derive_key(secret, b"voucher/" + voucher_id.bytes)


def _view(row: Record) -> dict[str, Any]:
    actions = list(VOUCHER.actions(row["status"], frozenset({Party.AUTHOR})))
    return {
        "id": row["id"],
        "offer_id": row["offer_id"],
        "merchant": {"id": row["merchant_id"], "name": row["merchant_name"]},
        "kind": row["kind"],
        "title": row["title"],
        "terms": row["terms"],
        "points": row["points"],
        "status": row["status"],
        "expires_at": row["expires_at"],
        "created_at": row["created_at"],
        "settled_at": row["settled_at"],
        "actions": [*actions, "show_code"] if row["status"] == "held" else actions,
    }
