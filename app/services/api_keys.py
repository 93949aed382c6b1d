"""Keys that let other systems post complaints by Open311: made, listed, taken back, and asked for."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.security import keyed_fingerprint
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.models.api_key import ApiKey
from app.services import areas, transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

KEY_BYTES = 32
KEY_CHARACTERS_MAX = 100
POSTS_A_MINUTE = 30

FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
VIEW = """
    SELECT k.id, k.area_id, a.name AS area_name, k.name, k.minute, k.created_at
    FROM api_key k JOIN area a ON a.id = k.area_id
"""
GET = f"{VIEW} WHERE k.id = $1"
LIST = f"{VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND k.id < $2 ORDER BY k.id DESC LIMIT $3"
# Locked before it is joined: a join that waited for one which went to another area meanwhile would find nothing.
LOCK = "SELECT FROM api_key WHERE id = $1 FOR UPDATE"
DELETE = """
    DELETE FROM api_key k USING area a WHERE k.id = $1 AND a.id = k.area_id AND a.lineage && $2::uuid[] RETURNING k.id
"""
# Posts with one key wait for each other here, so that the limit holds and a repetition finds what it repeats.
USE = """
    UPDATE api_key SET posts = CASE WHEN minute = $2 THEN posts + 1 ELSE 1 END, minute = $2
    WHERE key_hash = $1 RETURNING id, area_id, posts
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever has a key: it counts in ``area_id`` and all below."""

    key_id: UUID
    area_id: UUID


async def make(connection: Connection, caller: Caller, area_id: UUID, name: str, *, secret: str) -> dict[str, Any]:
    """Make a key for an area that the caller administers; the answer alone tells it.

    Raises ``area-unknown``, ``not-allowed``.
    """
    area = await connection.fetchrow(FIND_AREA, area_id, caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    key = secrets.token_urlsafe(KEY_BYTES)
    row = ApiKey(id=new_id(), area_id=area_id, name=name, key_hash=_hash(secret, key), created_by=caller.id)
    await insert(connection, row)
    await transitions.log(connection, "api_key", row.id, "create", "active", Mover(Party.STAFF, caller.id))
    return _view(await connection.fetchrow(GET, row.id)) | {"key": key}


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the keys of an area and all below it, newest first. Raises ``not-allowed`` but to its administrators."""
    below = request.below("api-keys", area_id)
    if not await areas.is_in_scope(reads, area_id, caller.scope(Role.ADMINISTRATOR)):
        raise Problem("not-allowed")
    rows = await reads.fetch(LIST, area_id, below, request.rows)
    return page(rows, request, _view, "api-keys", area_id)


async def take_back(connection: Connection, caller: Caller, key_id: UUID) -> None:
    """Take a key back; it counts at once. Locks its row. Raises ``not-found`` outside the caller's areas (I8)."""
    await connection.execute(LOCK, key_id)
    if await connection.fetchval(DELETE, key_id, caller.scope(Role.ADMINISTRATOR)) is None:
        raise Problem("not-found")
    await transitions.log(connection, "api_key", key_id, "delete", "deleted", Mover(Party.STAFF, caller.id))


async def use(connection: Connection, key: str | None, *, secret: str) -> Holder:
    """Return whose key it is, and count its use; other uses of it wait until this transaction ends.

    Raises ``api-key-missing``, ``api-key-invalid``, and ``posting-too-fast`` with the seconds until the minute is over.
    """
    if not key:
        raise Problem("api-key-missing")
    moment = now()
    used = None
    if len(key) <= KEY_CHARACTERS_MAX:
        used = await connection.fetchrow(USE, _hash(secret, key), moment.replace(second=0, microsecond=0))
    if used is None:
        raise Problem("api-key-invalid")
    if used["posts"] > POSTS_A_MINUTE:
        raise Problem("posting-too-fast", retry_after_s=60 - moment.second)
    return Holder(used["id"], used["area_id"])


def _hash(secret: str, key: str) -> bytes:
    return keyed_fingerprint(secret, b"api-key", key.encode("utf-8", "surrogatepass"))


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "last_used_at": row["minute"],
        "created_at": row["created_at"],
        "actions": ["delete"],
    }
