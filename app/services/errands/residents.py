"""Whose errand it is and how to reach them: sealed, and shown to staff who say why, which the author reads (I12)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record
from pydantic_core import from_json, to_json

from app.core.clock import now
from app.core.db import Reads
from app.core.security import seal, unseal
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import ERRAND
from app.schemas.errands import ResidentIn
from app.services import transitions
from app.services.looks import LOOK
from app.services.transitions import Mover

PURPOSE = b"errand"

FIND = """
    SELECT e.status, e.author_id, e.sealed, EXISTS (
        SELECT FROM event x WHERE x.subject_kind = 'errand' AND x.subject_id = e.id AND x.action = 'unmask'
            AND x.actor_id = $3 AND x.created_at > $4
    ) AS has_reason
    FROM errand e JOIN area a ON a.id = e.area_id WHERE e.id = $1 AND a.lineage && $2::uuid[]
"""


def sealed(secret: str, errand_id: UUID, resident: ResidentIn | None) -> bytes | None:
    """Return who a resident is as ``show`` alone opens it again, and only for this errand."""
    if resident is None:
        return None
    return seal(secret, PURPOSE, to_json(resident.model_dump()), bound_to=errand_id.bytes)


async def unmask(connection: Connection, caller: Caller, errand_id: UUID, reason: str) -> None:
    """Note that somebody looks, and why. Raises ``not-found``, and ``own-interest`` for one's own errand."""
    row = await _find(connection, caller, errand_id, LOOK)
    if row["author_id"] == caller.id:
        raise Problem("own-interest")
    mover = Mover(Party.STAFF, caller.id)
    await transitions.log_act(connection, ERRAND, errand_id, "unmask", mover, state=row["status"], note=reason)


async def show(reads: Reads, secret: str, caller: Caller, errand_id: UUID) -> dict[str, Any]:
    """Return who a resident is, to staff who gave a reason a short while ago.

    Raises ``not-found``, ``reason-needed``.
    """
    row = await _find(reads, caller, errand_id, LOOK)
    if not row["has_reason"]:
        raise Problem("reason-needed")
    content = from_json(unseal(secret, PURPOSE, row["sealed"], bound_to=errand_id.bytes))
    return {**content, "actions": []}


async def _find(reads: Reads, caller: Caller, errand_id: UUID, look: timedelta) -> Record:
    row = await reads.fetchrow(FIND, errand_id, caller.scope(Role.STAFF), caller.id, now() - look)
    if row is None or row["sealed"] is None:
        raise Problem("not-found")
    return row
