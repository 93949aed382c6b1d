"""The people behind a shop's counter: an owner shows a code, whoever types it in time is a clerk, until taken off."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.security import keyed_fingerprint
from app.domain import typed_codes
from app.domain.caller import Caller
from app.domain.errors import CountedProblem, Problem
from app.domain.kinds import TryPurpose
from app.domain.lifecycle import Party
from app.models.merchant import Clerk
from app.services import transitions, tries
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

INVITE_LIFE = timedelta(minutes=15)

FIND_SHOP = "SELECT owner_id, status FROM merchant WHERE id = $1"
# A shop has one invite: showing a new one ends the one before.
INVITE = """
    INSERT INTO clerk_invite (merchant_id, id, code_fingerprint, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (merchant_id) DO UPDATE SET id = $2, code_fingerprint = $3, expires_at = $4, created_at = now()
"""
# Whoever deletes it has used it: of two who type the same code the second one finds nothing.
USE_INVITE = """
    DELETE FROM clerk_invite WHERE merchant_id = $1 AND code_fingerprint = $2 AND expires_at > $3 RETURNING id
"""
REMOVE = "DELETE FROM clerk WHERE id = $1 AND merchant_id = $2 AND user_id <> $3 RETURNING id"
REMOVE_EVERYWHERE = """
    DELETE FROM clerk c USING merchant m
    WHERE c.user_id = $1 AND m.id = c.merchant_id AND m.owner_id IS DISTINCT FROM $1 RETURNING c.id
"""
VIEW = """
    SELECT c.id, c.merchant_id, m.name AS merchant_name, u.nickname, c.user_id = m.owner_id AS is_owner, c.created_at
    FROM clerk c JOIN merchant m ON m.id = c.merchant_id JOIN "user" u ON u.id = c.user_id
"""
GET = f"{VIEW} WHERE c.id = $1"
LIST = f"{VIEW} WHERE c.merchant_id = $1 AND m.owner_id = $2 AND c.id > $3 ORDER BY c.id LIMIT $4"


async def invite(connection: Connection, caller: Caller, merchant_id: UUID, secret: str) -> dict[str, Any]:
    """Make the code that lets somebody be a clerk of the caller's shop, once and for a quarter of an hour.

    The code is kept as a keyed hash. Raises ``not-found``, and ``state-conflict`` once the shop has left.
    """
    await require_owner(connection, caller, merchant_id)
    code, invite_id, expires_at = typed_codes.write(secrets.token_bytes(typed_codes.RANDOM_BYTES)), new_id(), now()
    expires_at += INVITE_LIFE
    await connection.execute(INVITE, merchant_id, invite_id, _fingerprint(secret, merchant_id, code), expires_at)
    await transitions.log(connection, "clerk_invite", invite_id, "create", "open", Mover(Party.OWNER, caller.id))
    return {"code": code, "expires_at": expires_at, "actions": []}


async def join(connection: Connection, caller: Caller, merchant_id: UUID, typed: str, *, secret: str) -> dict[str, Any]:
    """Become a clerk by an owner's code.

    Raises ``not-found``, ``invite-invalid``, ``too-many-tries``, and by the database ``clerk-exists``. Locks the
    caller's tries, then the invite.
    """
    shop = await connection.fetchrow(FIND_SHOP, merchant_id)
    if shop is None or shop["status"] == "left":
        raise Problem("not-found")
    await tries.begin(connection, caller.id, TryPurpose.CLERK_INVITE)
    code = typed_codes.read(typed)
    used = code and await connection.fetchval(USE_INVITE, merchant_id, _fingerprint(secret, merchant_id, code), now())
    if not used:
        await tries.count(connection, caller.id, TryPurpose.CLERK_INVITE)
        raise CountedProblem("invite-invalid")
    clerk = Clerk(id=new_id(), merchant_id=merchant_id, user_id=caller.id)
    await insert(connection, clerk)
    mover = Mover(Party.CLERK, caller.id)
    await transitions.log(connection, "clerk_invite", used, "use", "used", mover)
    await transitions.log(connection, "clerk", clerk.id, "join", "active", mover)
    return _view(await connection.fetchrow(GET, clerk.id), is_read_by_owner=False)


async def remove(connection: Connection, caller: Caller, merchant_id: UUID, clerk_id: UUID) -> None:
    """Take a clerk off the caller's shop; it counts with their next request. Raises ``not-found``, ``not-allowed``.

    The owner is a clerk for as long as there is a shop.
    """
    await require_owner(connection, caller, merchant_id, may_have_left=True)
    if await connection.fetchval(REMOVE, clerk_id, merchant_id, caller.id) is None:
        own = await connection.fetchrow(GET, clerk_id)
        raise Problem("not-allowed" if own is not None and own["merchant_id"] == merchant_id else "not-found")
    await transitions.log(connection, "clerk", clerk_id, "remove", "removed", Mover(Party.OWNER, caller.id))


async def remove_everywhere(connection: Connection, user_id: UUID, mover: Mover) -> None:
    """Take somebody off every counter but those of their own shops."""
    for row in await connection.fetch(REMOVE_EVERYWHERE, user_id):
        await transitions.log(connection, "clerk", row["id"], "remove", "removed", mover)


async def list_of_merchant(reads: Reads, caller: Caller, merchant_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the clerks of the caller's shop, who came first first. Raises ``not-found`` to others (I8)."""
    filters = ("clerks", merchant_id)
    rows = await reads.fetch(LIST, merchant_id, caller.id, request.above(*filters), request.rows)
    if not rows and request.cursor is None:  # an owner is a clerk of their own shop, so nobody else finds none
        raise Problem("not-found")
    return page(rows, request, lambda row: _view(row, is_read_by_owner=True), *filters)


async def require_owner(reads: Reads, caller: Caller, merchant_id: UUID, *, may_have_left: bool = False) -> None:
    """Raise ``not-found`` unless the shop is the caller's, and ``state-conflict`` once it has left."""
    shop = await reads.fetchrow(FIND_SHOP, merchant_id)
    if shop is None or shop["owner_id"] != caller.id:
        raise Problem("not-found")
    if shop["status"] == "left" and not may_have_left:
        raise Problem("state-conflict")


def _fingerprint(secret: str, merchant_id: UUID, code: str) -> bytes:
    return keyed_fingerprint(secret, b"clerk-invite", merchant_id.bytes, code.encode())


def _view(row: Record, *, is_read_by_owner: bool) -> dict[str, Any]:
    return {
        "id": row["id"],
        "merchant": {"id": row["merchant_id"], "name": row["merchant_name"]},
        "nickname": row["nickname"],
        "is_owner": row["is_owner"],
        "created_at": row["created_at"],
        "actions": ["remove"] if is_read_by_owner and not row["is_owner"] else [],
    }
