"""Looking at somebody's telephone number: for staff of their grid, with a reason that the person reads (I12)."""

from datetime import timedelta
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Lifecycle
from app.domain.shielding import mask_text
from app.services import enrolments, people, transitions

LOOK = timedelta(minutes=10)
"""How long somebody may look after they gave their reason."""

# Nothing of what is shown is stored with a request's key: it is read anew each time.
FIND = """
    SELECT x.person_id, p.sealed, EXISTS (
        SELECT FROM event e WHERE e.subject_kind = '{subject}' AND e.subject_id = x.id AND e.action = 'unmask'
            AND e.actor_id = $2 AND e.created_at > $3
    ) AS has_reason
    FROM {subject} x JOIN person p ON p.id = x.person_id JOIN area a ON a.id = x.home_area_id
    WHERE x.id = $1 AND a.lineage && $4::uuid[]
"""


async def unmask(connection: Connection, lifecycle: Lifecycle, caller: Caller, subject_id: UUID, reason: str) -> None:
    """Note that somebody looks at a number, and why. Raises ``not-found``, ``own-interest``. Locks the enrolment."""
    mover, state = await enrolments.lock_to_edit(connection, lifecycle, caller, subject_id)
    note = mask_text(reason)
    await transitions.log_act(connection, lifecycle, subject_id, "unmask", mover, state=state, note=note)


async def show(reads: Reads, secret: str, lifecycle: Lifecycle, caller: Caller, subject_id: UUID) -> dict[str, object]:
    """Return name and number, to staff who gave a reason a short while ago. Raises ``not-found``, ``reason-needed``."""
    find = FIND.format(subject=lifecycle.subject)
    row = await reads.fetchrow(find, subject_id, caller.id, now() - LOOK, caller.scope(Role.STAFF))
    contact = row and people.read(secret, row["person_id"], row["sealed"])
    if row is None or contact is None:
        raise Problem("not-found")
    if not row["has_reason"]:
        raise Problem("reason-needed")
    return {**contact.whole, "actions": []}
