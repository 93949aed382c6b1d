"""Users: the first log-in makes one, the others find it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app import ledger
from app.core.clock import now
from app.core.db import Reads
from app.core.ids import new_id
from app.core.queue import order
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart
from app.domain.lifecycle import Party
from app.domain.texts import DEFAULT_NICKNAME
from app.services import phones, transitions
from app.services.content_checks import asking
from app.services.transitions import Mover

CHECK_NICKNAME = "check_nickname"

UPSERT = """
    INSERT INTO "user"
        (id, openid, unionid, nickname, token_version, is_blocked, open_claims, last_login_at)
    VALUES ($1, $2, $3, $4, 1, false, 0, $5)
    ON CONFLICT (openid) DO UPDATE
        SET last_login_at = $5, unionid = coalesce("user".unionid, excluded.unionid)
    RETURNING id, token_version, is_blocked, pending_nickname
"""
REMEMBER_DEVICE = """
    INSERT INTO user_device (user_id, device_hash, last_seen_at) VALUES ($1, $2, $3)
    ON CONFLICT (user_id, device_hash) DO UPDATE SET last_seen_at = $3
"""
FIND_ME = """
    SELECT u.id, u.nickname, u.pending_nickname, u.created_at, m.status AS member_status, v.status AS volunteer_status,
        t.sealed AS phone_sealed,
        ARRAY(
            SELECT (g.role, g.area_id, a.name) FROM "grant" g JOIN area a ON a.id = g.area_id
            WHERE g.user_id = u.id ORDER BY g.id
        ) AS grants,
        ARRAY(
            SELECT (s.id, s.name, s.owner_id = u.id) FROM clerk c JOIN merchant s ON s.id = c.merchant_id
            WHERE c.user_id = u.id ORDER BY c.id
        ) AS shops,
        ARRAY(
            SELECT (n.id, n.name) FROM unit_worker w JOIN unit n ON n.id = w.unit_id
            WHERE w.user_id = u.id ORDER BY w.id
        ) AS units
    FROM "user" u LEFT JOIN person p ON p.user_id = u.id
    LEFT JOIN member m ON m.person_id = p.id LEFT JOIN volunteer v ON v.person_id = p.id
    LEFT JOIN user_phone t ON t.user_id = u.id
    WHERE u.id = $1
"""
LOCK = 'SELECT FROM "user" WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE'
PROPOSE_NICKNAME = 'UPDATE "user" SET pending_nickname = $2 WHERE id = $1'
FIND_PENDING_NICKNAME = 'SELECT openid, pending_nickname FROM "user" WHERE id = $1'
LOCK_PENDING = 'SELECT true FROM "user" WHERE id = $1 AND pending_nickname = $2 FOR NO KEY UPDATE'
ADOPT_PENDING = """
    UPDATE "user" SET nickname = pending_nickname, pending_nickname = NULL
    WHERE id = $1 AND pending_nickname IS NOT NULL RETURNING true
"""
DROP_NICKNAME = """
    WITH before AS (SELECT id, pending_nickname FROM "user" WHERE id = $1 FOR NO KEY UPDATE)
    UPDATE "user" u SET pending_nickname = NULL,
        nickname = CASE WHEN before.pending_nickname IS NULL THEN $2 ELSE u.nickname END
    FROM before WHERE u.id = before.id RETURNING before.pending_nickname IS NULL
"""
ADOPT_NICKNAME = """
    UPDATE "user" SET nickname = CASE WHEN $3 THEN pending_nickname ELSE nickname END, pending_nickname = NULL
    WHERE id = $1 AND pending_nickname = $2
"""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Whom a log-in found, and the token version that tokens of theirs must carry."""

    id: UUID
    token_version: int


async def log_in(
    connection: Connection, openid: str, unionid: str | None, *, device_hash: bytes | None = None
) -> LoggedIn:
    """Return the user of ``openid``, made with a wallet when there was none; two first log-ins at once make one user.

    A device is remembered by its keyed hash alone. Raises ``login-blocked``.
    """
    proposed_id = new_id()
    nickname = DEFAULT_NICKNAME.format(number=secrets.randbelow(10_000))
    row = await connection.fetchrow(UPSERT, proposed_id, openid, unionid, nickname, now())
    if row["is_blocked"]:
        raise Problem("login-blocked")
    if row["pending_nickname"] is not None:
        await order(connection, CHECK_NICKNAME, row["id"])
    if row["id"] == proposed_id:
        await ledger.open_wallet(connection, proposed_id)
        await transitions.log(connection, "user", proposed_id, "create", "active", Mover(Party.AUTHOR, proposed_id))
    if device_hash is not None:
        await connection.execute(REMEMBER_DEVICE, row["id"], device_hash, now())
    return LoggedIn(row["id"], row["token_version"])


async def lock(connection: Connection, user_ids: Sequence[UUID]) -> None:
    """Lock the rows of users in the order of their ids, before all else that is locked."""
    await connection.execute(LOCK, user_ids)


async def get_me(reads: Reads, secret: str, user_id: UUID) -> dict[str, Any]:
    """Return the caller as ``schemas.me.Me`` shows them."""
    row = await reads.fetchrow(FIND_ME, user_id)
    assert row is not None, "users are never deleted"
    return {
        "id": row["id"],
        "nickname": row["nickname"],
        "pending_nickname": row["pending_nickname"],
        "phone": phones.show_own(secret, user_id, row["phone_sealed"]),
        "member_status": row["member_status"],
        "volunteer_status": row["volunteer_status"],
        "grants": [{"role": role, "area_id": area_id, "area_name": name} for role, area_id, name in row["grants"]],
        "shops": [{"id": shop_id, "name": name, "is_owner": owns} for shop_id, name, owns in row["shops"]],
        "units": [{"id": unit_id, "name": name} for unit_id, name in row["units"]],
        "created_at": row["created_at"],
        "actions": ["update", "confirm_phone", *(["forget_phone"] if row["phone_sealed"] is not None else [])],
    }


async def propose_nickname(connection: Connection, caller: Caller, nickname: str) -> None:
    """Keep the chosen name aside and order its content check; others see it once that has passed (I10)."""
    await connection.execute(PROPOSE_NICKNAME, caller.id, nickname)
    await asking.ask(connection, "user", caller.id, CheckedPart.NICKNAME, Mover(Party.AUTHOR, caller.id))
    await order(connection, CHECK_NICKNAME, caller.id)


async def find_pending_nickname(reads: Reads, user_id: UUID) -> tuple[str, str] | None:
    """Return the openid and the name that waits for its check, or None when nothing waits."""
    row = await reads.fetchrow(FIND_PENDING_NICKNAME, user_id)
    if row is None or row["pending_nickname"] is None:
        return None
    return row["openid"], row["pending_nickname"]


async def hold_nickname(connection: Connection, user_id: UUID, nickname: str) -> bool:
    """Lock the user whose chosen name this is; return False when another was chosen meanwhile."""
    return bool(await connection.fetchval(LOCK_PENDING, user_id, nickname))


async def adopt_nickname(connection: Connection, user_id: UUID, mover: Mover) -> None:
    """Let others see the name that somebody chose. Raises ``state-conflict`` when none waits. Locks the user."""
    if not await connection.fetchval(ADOPT_PENDING, user_id):
        raise Problem("state-conflict")
    await transitions.log(connection, "user", user_id, "rename", "active", mover)


async def drop_nickname(connection: Connection, user_id: UUID, mover: Mover) -> None:
    """Take back the name that somebody chose: one that waits, or else the one that others see. Locks the user."""
    nickname = DEFAULT_NICKNAME.format(number=secrets.randbelow(10_000))
    if await connection.fetchval(DROP_NICKNAME, user_id, nickname):
        await transitions.log(connection, "user", user_id, "rename", "active", mover)


async def decide_nickname(connection: Connection, user_id: UUID, nickname: str, *, passed: bool) -> None:
    """Adopt the checked name or drop it; does nothing when another was chosen meanwhile."""
    adopted = await connection.execute(ADOPT_NICKNAME, user_id, nickname, passed)
    if passed and adopted != "UPDATE 0":
        await transitions.log(connection, "user", user_id, "rename", "active", transitions.SYSTEM)
