"""A user's points, as the ledger has them: by date, maturing, expiring, and the warnings before."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app import ledger
from app.core.clock import today
from app.core.db import Reads
from app.domain import messages as wordings
from app.domain.caller import Caller
from app.domain.kinds import AccountKind, TransferKind
from app.domain.message_kinds import MessageKind
from app.domain.texts import TRANSFER_TITLES
from app.ledger import Cohort
from app.services import messages
from app.services.pages import PageRequest, page

WARNED_DAYS_BEFORE = (30, 7)
"""How many days before points expire their owner is warned."""

FIND_PURSE = f"""
    SELECT kind, expires_on, available_on, points, NULL AS days_before, NULL AS created_at
    FROM ({ledger.PURSE_SQL.format(user_id="$1")}) AS purse
    UNION ALL
    SELECT 'warning', expires_on, NULL, points, days_before, created_at
    FROM points_warning WHERE user_id = $1 AND expires_on >= $2
"""
# Those who were warned of the same points on the same day stay warned once; in one order, so that two workers wait for
# each other and no more.
WARN = f"""
    INSERT INTO points_warning (user_id, expires_on, days_before, points)
    SELECT soon.user_id, soon.expires_on, $3, soon.points
    FROM ({ledger.EXPIRING_SQL.format(first="$1", last="$2")}) AS soon
    WHERE NOT EXISTS (
        SELECT FROM points_warning w
        WHERE w.user_id = soon.user_id AND w.expires_on = soon.expires_on AND w.days_before = $3
    )
    ORDER BY soon.user_id, soon.expires_on LIMIT $4
    ON CONFLICT DO NOTHING RETURNING user_id, expires_on, points
"""


async def get_balance(reads: Reads, caller: Caller) -> dict[str, Any]:
    """Return what the caller can spend and until when, what waits, what vouchers hold, and the warnings of expiry.

    What is past its last day is no longer shown, whether or not it was moved off already.
    """
    day = today()
    rows = await reads.fetch(FIND_PURSE, caller.id, day)
    of_kind = {
        kind: [row for row in rows if row["kind"] == kind]
        for kind in (AccountKind.WALLET, AccountKind.WAITING, AccountKind.HELD, "warning")
    }
    wallets = sorted(
        (row for row in of_kind[AccountKind.WALLET] if row["expires_on"] is None or row["expires_on"] >= day),
        key=lambda row: row["expires_on"] or date.max,
    )
    waiting = sorted(of_kind[AccountKind.WAITING], key=lambda row: (row["available_on"], row["expires_on"] or date.max))
    left = {row["expires_on"] for row in wallets}
    warnings = sorted(
        (row for row in of_kind["warning"] if row["expires_on"] in left),
        key=lambda row: (row["expires_on"], row["days_before"]),
    )
    return {
        "spendable_points": sum(row["points"] for row in wallets),
        "held_points": sum(row["points"] for row in of_kind[AccountKind.HELD]),
        "waiting_points": sum(row["points"] for row in waiting),
        "by_expiry": [{name: row[name] for name in ("expires_on", "points")} for row in wallets],
        "waiting": [{name: row[name] for name in ("available_on", "expires_on", "points")} for row in waiting],
        "warnings": [
            {name: row[name] for name in ("expires_on", "days_before", "points", "created_at")} for row in warnings
        ],
        "actions": [],
    }


async def list_transfers(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the moves of the caller's spendable points."""
    rows = await ledger.list_transfers(reads, caller.id, request.below("transfers"), request.rows)
    return page(
        rows,
        request,
        lambda row: {
            "id": row["id"],
            "kind": row["kind"],
            "change_points": row["change_points"],
            "title": TRANSFER_TITLES[TransferKind(row["kind"])],
            "created_at": row["created_at"],
            "actions": [],
        },
        "transfers",
    )


async def mature(connection: Connection, cohort: Cohort) -> None:
    """Let the user spend what waited long enough; done twice, the second time finds nothing."""
    await ledger.mature(connection, cohort.account_id, cohort.user_id, cohort.expires_on)


async def expire(connection: Connection, cohort: Cohort) -> None:
    """Take what is left after its last day; done twice, the second time finds nothing."""
    await ledger.expire(connection, cohort.account_id)


async def warn(connection: Connection, limit: int, *, days_before: int) -> int:
    """Warn up to ``limit`` users of points that expire within so many days, and tell them; return how many.

    A worker that was away for days makes up for it; where the next warning is due already, that one alone is given.
    """
    day = today()
    later = max((days for days in WARNED_DAYS_BEFORE if days < days_before), default=-1)
    last = day + timedelta(days=days_before)
    rows = await connection.fetch(WARN, day + timedelta(days=later + 1), last, days_before, limit)
    alike: dict[tuple[date, int], list[UUID]] = {}
    for row in rows:
        alike.setdefault((row["expires_on"], row["points"]), []).append(row["user_id"])
    for (expires_on, points), users in alike.items():
        words = {"points": str(points), "until": wordings.day(expires_on)}
        told = [(user_id, user_id) for user_id in users]
        await messages.tell_each(connection, told, MessageKind.POINTS_EXPIRING, **words)
    return len(rows)
