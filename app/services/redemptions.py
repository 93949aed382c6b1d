"""Redemptions: the clerk's scan settles a voucher, once; the shop or the alliance may undo it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.clock import now
from app.core.db import Reads
from app.core.ids import new_id
from app.domain import codes
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import TryPurpose
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOUCHER
from app.domain.message_kinds import MessageKind
from app.schemas.merchants import RedemptionIn
from app.services import messages, settlements, shown_codes, transitions, tries, vouchers
from app.services.idempotency import SingleWrite, answer_sql
from app.services.pages import PageRequest, page
from app.services.transitions import Mover
from app.services.vouchers import code_key

# One statement decides the race, moves the points, leaves the event, tells the holder and stores the answer with the
# key. $1 to $3 are the key's ($1 the clerk), $4 the voucher, $5 the clerk's shops, $6 when it was scanned, $7 the
# code's step, $8 whether it was typed, $9 the redemption, $10 the event, $11 the present moment and $12 that moment as
# JSON writes it.
SETTLE = f"""
    WITH moved AS (
        UPDATE voucher AS v SET status = 'settled' FROM merchant m
        WHERE v.id = $4 AND v.status = 'held' AND v.expires_at > $6 AND v.user_id <> $1
            AND v.merchant_id = ANY($5) AND m.id = v.merchant_id AND m.accepts_scans
            AND NOT {ledger.IS_HALTED_SQL}
            AND v.points = {ledger.HELD_POINTS_SQL.format(voucher_id="v.id")}
        RETURNING v.id, v.merchant_id, v.kind, v.title, v.terms, v.points, m.owner_id = $1 AS is_owner,
            v.user_id, m.name AS shop
    ), scanned AS (
        INSERT INTO redemption
            (id, voucher_id, merchant_id, clerk_id, step, is_typed, scanned_at, settled_at)
        SELECT $9, id, merchant_id, $1, $7, $8, $6, $11 FROM moved
    ), logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, created_at)
        SELECT $10, 'voucher', id, 'settle', 'held', 'settled', $1, 'clerk', clock_timestamp() FROM moved
    ), posted AS (
        {ledger.settle_sql("(SELECT id AS voucher_id, merchant_id FROM moved) AS scanned")}
    ), {
    messages.tell_sql(
        MessageKind.VOUCHER_SETTLED,
        "SELECT user_id, id AS subject_id, title, shop, points FROM moved",
        title="told.title",
        shop="told.shop",
        points="told.points::text",
    )
}
    {
    answer_sql(
        201,
        '''json_build_object(
            'id', $9::uuid, 'voucher_id', id, 'offer_kind', kind, 'offer_title', title, 'terms', terms,
            'points', points, 'settled_at', $12::text, 'reversed_at', NULL,
            'actions', CASE WHEN is_owner THEN '["reverse"]'::json ELSE '[]' END
        )''',
        "moved",
    )
}
"""
FIND_VOUCHER = f"""
    SELECT v.merchant_id, v.user_id, v.status, v.expires_at, r.settled_at, m.accepts_scans,
        {ledger.IS_HALTED_SQL} AS is_halted
    FROM voucher v JOIN merchant m ON m.id = v.merchant_id LEFT JOIN redemption r ON r.voucher_id = v.id
    WHERE v.id = $1
"""
FIND_TYPED = "SELECT id FROM voucher WHERE merchant_id = ANY($1) AND handle = $2"
VIEW = """
    SELECT r.id, r.voucher_id, v.kind AS offer_kind, v.title AS offer_title, v.terms, v.points, r.settled_at,
        r.reversed_at, v.status, v.user_id, v.offer_id, m.owner_id, a.lineage && $2::uuid[] AS in_scope
    FROM redemption r JOIN voucher v ON v.id = r.voucher_id
    JOIN merchant m ON m.id = r.merchant_id JOIN area a ON a.id = m.area_id
"""
GET = f"{VIEW} WHERE r.id = $1"
LIST = f"{VIEW} WHERE r.merchant_id = $1 AND r.id < $3 ORDER BY r.id DESC LIMIT $4"
MARK_REVERSED = "UPDATE redemption SET reversed_at = $2 WHERE id = $1"
CLOSED = {
    "settled": "voucher-settled",
    "reversed": "voucher-reversed",
    "cancelled": "voucher-cancelled",
    "expired": "voucher-expired",
}


async def settle(write: SingleWrite, caller: Caller, form: RedemptionIn, secret: str) -> bytes:
    """Settle the voucher whose code was scanned: the points it holds go to the caller's shop. Return the answer.

    A scanned code is checked before the database is asked. A scan kept by a phone without signal is judged by the step
    of its own time, up to half an hour back. Raises ``voucher-code-invalid``, ``scan-too-old``, ``voucher-other-shop``,
    ``own-voucher``, ``voucher-settled``, ``voucher-reversed``, ``voucher-cancelled``, ``voucher-expired``,
    ``scans-not-accepted``, ``ledger-halted``. Locks the voucher's row, then the holder's held balance.
    """
    moment = now()
    scanned_at = shown_codes.time_of_scan(form.scanned_at, moment)
    typed = codes.read_typed(form.code)
    if typed is None:
        voucher_id, step = _read_scanned(form.code, secret, scanned_at)
    else:
        voucher_id, step = await _read_typed(write, caller, typed, secret, scanned_at)
    body = await write.run(
        SETTLE,
        voucher_id,
        caller.shop_ids,
        scanned_at,
        step,
        typed is not None,
        new_id(),
        new_id(),
        moment,
        moment.isoformat().replace("+00:00", "Z"),
    )
    if body is None:
        raise _why_refused(await write.database.writes.fetchrow(FIND_VOUCHER, voucher_id), caller, scanned_at)
    return body


async def reverse(
    connection: Connection, caller: Caller, redemption_id: UUID, reason: str, *, owner_within: timedelta
) -> None:
    """Undo a scan: the points go back to the holder, who is told, the piece to the stock.

    The shop's owner may within ``owner_within``, the alliance's staff later too. Raises ``not-found``, ``not-allowed``,
    ``own-interest``, ``state-conflict``, ``reversal-too-late``, ``redemption-in-settlement``. Locks the voucher's row,
    then the holder's balances.
    """
    row = await connection.fetchrow(GET, redemption_id, caller.scope(Role.ALLIANCE))
    parties = _parties(row, caller)
    moment = now()
    party = transitions.permit(VOUCHER, row["status"], "reverse", parties)
    await settlements.require_open(connection, redemption_id)
    if party is Party.OWNER and row["settled_at"] < moment - owner_within:
        raise Problem("reversal-too-late")
    moved = await transitions.move(
        connection, VOUCHER, row["voucher_id"], "reverse", Mover(party, caller.id), note=reason
    )
    await connection.execute(MARK_REVERSED, redemption_id, moment)
    await vouchers.put_back(connection, row["voucher_id"])
    await ledger.reverse(connection, row["voucher_id"], not_before=vouchers.lasts_at_least(moment))
    await vouchers.tell(connection, moved, MessageKind.VOUCHER_REVERSED)


async def get(reads: Reads, caller: Caller, redemption_id: UUID) -> dict[str, Any]:
    """Return one redemption, to the shop's owner and the alliance's staff. Raises ``not-found`` to others (I8)."""
    row = await reads.fetchrow(GET, redemption_id, caller.scope(Role.ALLIANCE))
    return _view(row, _parties(row, caller))


async def list_of_merchant(reads: Reads, caller: Caller, merchant_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return a shop's redemptions to its clerks. Raises ``not-found`` to others (I8)."""
    if merchant_id not in caller.shop_ids:
        raise Problem("not-found")
    filters = ("redemptions", merchant_id)
    rows = await reads.fetch(LIST, merchant_id, [], request.below(*filters), request.rows)
    owner = frozenset({Party.OWNER})
    return page(rows, request, lambda row: _view(row, owner if row["owner_id"] == caller.id else frozenset()), *filters)


def _read_scanned(code: str, secret: str, moment: datetime) -> tuple[UUID, int]:
    """Return the voucher's id and the step of a code that its key signed for this moment."""
    found = codes.read(code)
    if found is None:
        raise Problem("voucher-code-invalid")
    voucher_id, password = found
    step = codes.find_step(password, code_key(secret, voucher_id), moment)
    if step is None:
        raise Problem("voucher-code-invalid")
    return voucher_id, step


async def _read_typed(
    write: SingleWrite, caller: Caller, typed: tuple[str, str], secret: str, moment: datetime
) -> tuple[UUID, int]:
    """Return the voucher of the caller's shops that a typed code names, and its step; count a wrong try."""
    await write.require_new()
    handle, password = typed
    found = None
    async with write.database.transaction() as connection:
        await tries.begin(connection, caller.id, TryPurpose.VOUCHER_CODE)
        for row in await connection.fetch(FIND_TYPED, caller.shop_ids, handle):
            step = codes.find_step(password, code_key(secret, row["id"]), moment)
            if step is not None:
                found = UUID(bytes=row["id"].bytes), step
        if found is None:
            await tries.count(connection, caller.id, TryPurpose.VOUCHER_CODE)
    if found is None:
        raise Problem("voucher-code-invalid")
    return found


def _why_refused(row: Record | None, caller: Caller, scanned_at: datetime) -> Problem:
    """Name the first reason why nothing was settled, from a read after the decision."""
    if row is None:
        return Problem("voucher-code-invalid")
    if row["merchant_id"] not in caller.shop_ids:
        return Problem("voucher-other-shop")
    if row["user_id"] == caller.id:
        return Problem("own-voucher")
    if row["status"] in CLOSED:
        settled_at = row["settled_at"]
        return Problem(CLOSED[row["status"]], facts={"settled_at": settled_at.isoformat()} if settled_at else None)
    if row["expires_at"] <= scanned_at:
        return Problem("voucher-expired")
    if not row["accepts_scans"]:
        return Problem("scans-not-accepted")
    if row["is_halted"]:
        return Problem("ledger-halted")
    raise RuntimeError("a held voucher could not be settled: its points and the ledger's differ")


def _parties(row: Record | None, caller: Caller) -> frozenset[Party]:
    """Return what the caller is to a redemption; nobody undoes the scan of their own voucher (I2)."""
    if row is None or not (row["owner_id"] == caller.id or row["in_scope"]):
        raise Problem("not-found")
    if row["user_id"] == caller.id:
        return frozenset({Party.AUTHOR})
    return frozenset({Party.OWNER}) if row["owner_id"] == caller.id else frozenset({Party.ALLIANCE})


def _view(row: Record, parties: frozenset[Party]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "voucher_id": row["voucher_id"],
        "offer_kind": row["offer_kind"],
        "offer_title": row["offer_title"],
        "terms": row["terms"],
        "points": row["points"],
        "settled_at": row["settled_at"],
        "reversed_at": row["reversed_at"],
        "actions": VOUCHER.actions(row["status"], parties),
    }
