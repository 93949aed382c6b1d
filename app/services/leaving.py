"""Closing an account: who it was is forgotten at once, what they had open ends through its own service.

The row of the user stays, by nobody's name, since the ledger and the histories of others lead to it. Closing is one
transaction; what hangs on the account follows one thing a transaction, in the locks' own order, until nothing is left:
a request that was under way when the account closed may still bring something.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.queue import order
from app.domain.caller import Caller
from app.domain.kinds import CheckedPart
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import MEMBER, VOLUNTEER
from app.domain.texts import CLOSED_NICKNAME
from app.models import Leaving
from app.services import (
    binding,
    claims,
    clerks,
    complainants,
    enrolments,
    grants,
    merchants,
    phones,
    team_members,
    transitions,
    unit_workers,
    waiting,
    wishes,
)
from app.services.errands import asking
from app.services.limits import Terms
from app.services.media import sweeping
from app.services.transitions import Mover

END_LEAVING = "end_leaving"
UNDER_WAY = timedelta(minutes=1)
"""How long a request may take that was let in before the account closed; nothing of it comes later."""

# The row is locked as its unique key changes: a log-in, a claim or a second event waits, and finds nobody.
CLOSE = """
    UPDATE "user" SET openid = $2, unionid = NULL, nickname = $3, pending_nickname = NULL, is_blocked = true,
        token_version = token_version + 1
    WHERE openid = $1 RETURNING id
"""
RENAME = """
    UPDATE "user" SET nickname = $2, pending_nickname = NULL
    WHERE id = $1 AND (nickname <> $2 OR pending_nickname IS NOT NULL)
"""
FORGET = (
    "DELETE FROM user_device WHERE user_id = $1",
    "DELETE FROM calendar_link WHERE user_id = $1",
    "DELETE FROM failed_try WHERE user_id = $1",
    "DELETE FROM message_credit WHERE user_id = $1",
    "DELETE FROM idempotency_key WHERE caller_id = $1",
)
"""What is theirs alone and tells of them: their telephones, their secret link, what was answered to them."""
FORGET_MESSAGES = (
    """
    DELETE FROM ring r USING message m
    WHERE m.user_id = $1 AND r.id = m.id AND r.status NOT IN ('waiting', 'sending')
    """,
    "DELETE FROM message m WHERE m.user_id = $1 AND NOT EXISTS (SELECT FROM ring r WHERE r.id = m.id)",
)
"""Nobody reads them any more; what still waits to ring is dropped by itself first, in the morning at the latest."""
FORGET_IDENTIFICATION = "DELETE FROM identification WHERE user_id = $1 RETURNING id"

# What the closed account still has open and may end, in the order in which it is ended.
FIND_OPEN = """
    SELECT kind, id FROM (
        SELECT 1 AS step, 'claim' AS kind, id FROM claim WHERE user_id = $1 AND status IN ('active', 'returned')
        UNION ALL SELECT 2, 'waiter', id FROM waiter WHERE user_id = $1 AND status = 'waiting'
        UNION ALL
        SELECT 3, 'wish', id FROM wish WHERE author_id = $1 AND status IN ('checking', 'reviewing', 'published')
        UNION ALL
        SELECT 4, 'errand', e.id FROM errand e
        WHERE e.author_id = $1 AND e.consent = 'app' AND e.status IN ('checking', 'reviewing', 'approved')
            AND NOT EXISTS (SELECT FROM task t WHERE t.errand_id = e.id AND t.seats_taken > 0)
        UNION ALL
        SELECT 5, 'merchant', id FROM merchant WHERE owner_id = $1 AND status IN ('approved', 'suspended')
        UNION ALL
        SELECT 6, 'team_member', x.id
        FROM person p JOIN team_member x ON x.person_id = p.id JOIN team t ON t.id = x.team_id
        WHERE p.user_id = $1 AND x.status IN ('asked', 'joined') AND t.leader_id <> p.id
        UNION ALL
        SELECT 7, 'member', x.id FROM person p JOIN member x ON x.person_id = p.id
        WHERE p.user_id = $1 AND x.status = 'approved'
        UNION ALL
        SELECT 8, 'volunteer', x.id FROM person p JOIN volunteer x ON x.person_id = p.id
        WHERE p.user_id = $1 AND x.status = 'approved'
    ) AS found ORDER BY step, id
"""
FIND_UNENDED = "SELECT user_id FROM leaving WHERE ended_at IS NULL AND user_id > $1 ORDER BY user_id LIMIT $2"
FORGET_RESIDENTS = """
    UPDATE errand SET sealed = NULL
    WHERE author_id = $1 AND consent = 'app' AND sealed IS NOT NULL AND status <> 'approved'
"""
# What somebody else is at, or decides on, goes on: an errand needs its address until it ends, and a wish or a delivery
# may come back.
END = """
    UPDATE leaving SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND closed_at < $3
        AND NOT EXISTS (SELECT FROM errand WHERE author_id = $1 AND consent = 'app' AND status = 'approved')
        AND NOT EXISTS (SELECT FROM wish WHERE author_id = $1 AND status IN ('claimed', 'delivered', 'disputed'))
        AND NOT EXISTS (SELECT FROM claim WHERE user_id = $1 AND status = 'submitted')
        AND NOT EXISTS (SELECT FROM message WHERE user_id = $1)
"""


@dataclass(frozen=True, slots=True)
class OpenThing:
    """Something that a closed account still has open."""

    kind: str
    id: UUID
    user_id: UUID


async def close(connection: Connection, openid: str) -> UUID | None:
    """Close the account of ``openid`` for good; return whose it was, or None for nobody of ours.

    Nobody is logged in as them any more, they are nobody of the roster, hold no role, counter or unit, and are named
    nowhere. A job ends the rest. Locks the user, then the person and what hangs on them.
    """
    tombstone = f"closed-{secrets.token_hex(24)}"
    user_id: UUID | None = await connection.fetchval(CLOSE, openid, tombstone, CLOSED_NICKNAME)
    if user_id is None:
        return None
    mover = Mover(Party.AUTHOR, user_id)
    await _strip(connection, user_id, mover)
    await insert(connection, Leaving(user_id=user_id, closed_at=now()))
    await transitions.log(connection, "user", user_id, "close", "closed", mover)
    await order(connection, END_LEAVING, user_id)
    return user_id


async def find_unended(reads: Reads, above: UUID, limit: int) -> list[UUID]:
    """Return closed accounts of which something may still be open, in the order of their ids."""
    return [row["user_id"] for row in await reads.fetch(FIND_UNENDED, above, limit)]


async def find_open(reads: Reads, user_id: UUID) -> list[OpenThing]:
    """Return what a closed account still has open and may end itself. What others are at goes on without it."""
    return [OpenThing(row["kind"], row["id"], user_id) for row in await reads.fetch(FIND_OPEN, user_id)]


async def end_one(connection: Connection, terms: Terms, thing: OpenThing) -> None:
    """End one thing as its owner would, by its own service and with its locks. Raises what that raises."""
    await ENDS[thing.kind](connection, terms, Caller(thing.user_id), thing.id)


async def finish(connection: Connection, secret: str, user_id: UUID) -> None:
    """Forget the last that tells who they were, and what came since they closed. Done twice, nothing changes.

    It ends with this once no request can be under way any more and nobody is at a thing of theirs. Locks their parts in
    complaints, then the user and what ``close`` does.
    """
    moment = now()
    await complainants.forget(connection, secret, user_id)
    await connection.execute(RENAME, user_id, CLOSED_NICKNAME)
    await _strip(connection, user_id, Mover(Party.AUTHOR, user_id))
    for statement in (*FORGET_MESSAGES, FORGET_RESIDENTS):
        await connection.execute(statement, user_id)
    await connection.execute(END, user_id, moment, moment - UNDER_WAY)


async def _strip(connection: Connection, user_id: UUID, mover: Mover) -> None:
    """Take what somebody was and might do, and forget what was theirs alone."""
    await binding.part_leaver(connection, user_id)
    await grants.take_all(connection, user_id, mover)
    await clerks.remove_everywhere(connection, user_id, mover)
    await unit_workers.remove_everywhere(connection, user_id, mover)
    await phones.forget(connection, user_id, mover)
    await sweeping.remove_own(connection, user_id)
    for statement in FORGET:
        await connection.execute(statement, user_id)
    await transitions.settle_checks(connection, "user", user_id, CheckedPart.NICKNAME, "drop", transitions.SYSTEM)
    for row in await connection.fetch(FORGET_IDENTIFICATION, user_id):
        await transitions.log(connection, "identification", row["id"], "delete", "deleted", mover)


async def _release(connection: Connection, terms: Terms, caller: Caller, claim_id: UUID) -> None:
    await claims.release(connection, terms, caller, claim_id)


async def _leave_line(connection: Connection, _terms: Terms, caller: Caller, waiter_id: UUID) -> None:
    await waiting.leave(connection, caller, waiter_id)


async def _withdraw_wish(connection: Connection, _terms: Terms, caller: Caller, wish_id: UUID) -> None:
    await wishes.withdraw(connection, caller, wish_id)


async def _withdraw_errand(connection: Connection, _terms: Terms, caller: Caller, errand_id: UUID) -> None:
    await asking.withdraw(connection, caller, errand_id)


async def _leave_alliance(connection: Connection, _terms: Terms, caller: Caller, merchant_id: UUID) -> None:
    await merchants.leave(connection, caller, merchant_id)


async def _leave_team(connection: Connection, _terms: Terms, caller: Caller, place_id: UUID) -> None:
    await team_members.move(connection, caller, place_id, "leave")


def _leave(hat: Lifecycle) -> Callable[[Connection, Terms, Caller, UUID], Awaitable[None]]:
    async def leave(connection: Connection, _terms: Terms, caller: Caller, hat_id: UUID) -> None:
        await enrolments.decide(connection, hat, caller, hat_id, "leave")

    return leave


ENDS: dict[str, Callable[[Connection, Terms, Caller, UUID], Awaitable[None]]] = {
    "claim": _release,
    "waiter": _leave_line,
    "wish": _withdraw_wish,
    "errand": _withdraw_errand,
    "merchant": _leave_alliance,
    "team_member": _leave_team,
    "member": _leave(MEMBER),
    "volunteer": _leave(VOLUNTEER),
}
