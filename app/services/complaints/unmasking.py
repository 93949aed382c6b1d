"""Looking at who complained: for those who have to act, with a reason that the complainant reads (I9)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycles import COMPLAINT
from app.services import complainants, transitions
from app.services.complaints import standing

LOOK = timedelta(minutes=10)
"""How long somebody may look after they gave their reason."""

# Nothing of what is shown is stored with a request's key: it is read anew each time.
FIND = """
    SELECT c.title, c.body, p.sealed, EXISTS (
        SELECT FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id AND e.action = 'unmask'
            AND e.actor_id = $2 AND e.created_at > $3
    ) AS has_reason
    FROM complaint c JOIN area a ON a.id = c.area_id
    JOIN complaint_person p ON p.complaint_id = c.id AND p.part = 'author'
    WHERE c.id = $1 AND a.lineage && $4::uuid[]
"""
NICKNAME = 'SELECT nickname FROM "user" WHERE id = $1'


async def unmask(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Note that somebody looks at who complained, and why. Raises ``not-found``, ``own-interest``, ``not-allowed``."""
    row = await standing.get(connection, secret, caller, complaint_id)
    mover = standing.require_staff(row, caller)
    await transitions.log_act(connection, COMPLAINT, complaint_id, "unmask", mover, state=row["status"], note=reason)


async def show(reads: Reads, secret: str, caller: Caller, complaint_id: UUID) -> dict[str, Any]:
    """Return who complained, to staff who gave a reason a short while ago. Raises ``not-found``, ``reason-needed``."""
    row = await reads.fetchrow(FIND, complaint_id, caller.id, now() - LOOK, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("not-found")
    if not row["has_reason"]:
        raise Problem("reason-needed")
    who = complainants.read(secret, complaint_id, row["sealed"])
    return {
        "nickname": who.user_id and await reads.fetchval(NICKNAME, who.user_id),
        "name": who.name,
        "phone": who.phone,
        "email": who.email,
        "title": who.title or row["title"],
        "body": who.body or row["body"],
        "actions": [],
    }
