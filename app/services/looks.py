"""Looking at somebody's telephone number: for staff to whom they belong, with a reason that the person reads (I12)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.services import people, transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

LOOK = timedelta(minutes=10)
"""How long somebody may look after they gave their reason."""


@dataclass(frozen=True, slots=True)
class FoundAs:
    """As what staff find somebody: the table, its columns for the person, and for the area whose staff may look."""

    table: str
    person_key: str
    area_key: str


MEMBER = FoundAs("member", "person_id", "home_area_id")
VOLUNTEER = FoundAs("volunteer", "person_id", "home_area_id")
CALLED = FoundAs("call_out_person", "person_id", "grid_id")
UNIT = FoundAs("unit", "contact_id", "area_id")

# Nothing of what is shown is stored with a request's key: it is read anew each time.
FIND = """
    SELECT p.id, p.user_id, p.sealed, EXISTS (
        SELECT FROM event e WHERE e.subject_kind = 'person' AND e.subject_id = p.id AND e.action = 'unmask'
            AND e.actor_id = $3 AND e.created_at > $4
    ) AS has_reason
    FROM {0.table} x JOIN person p ON p.id = x.{0.person_key} JOIN area a ON a.id = x.{0.area_key}
    WHERE x.id = $1 AND a.lineage && $2::uuid[]
"""
LIST_OWN = """
    SELECT e.id, e.facts->>'found_as' AS found_as, w.nickname, e.note, e.created_at
    FROM person p JOIN event e ON e.subject_kind = 'person' AND e.subject_id = p.id AND e.action = 'unmask'
    JOIN "user" w ON w.id = e.actor_id
    WHERE p.user_id = $1 AND e.id < $2 ORDER BY e.id DESC LIMIT $3
"""


async def unmask(connection: Connection, found_as: FoundAs, caller: Caller, subject_id: UUID, reason: str) -> None:
    """Note that somebody looks at a number, and why. Raises ``not-found``, and ``own-interest`` for one's own."""
    row = await _find(connection, found_as, caller, subject_id)
    if row["user_id"] == caller.id:
        raise Problem("own-interest")
    mover, facts = Mover(Party.STAFF, caller.id), {"found_as": found_as.table}
    await transitions.log(connection, "person", row["id"], "unmask", "known", mover, note=reason, facts=facts)


async def show(reads: Reads, secret: str, found_as: FoundAs, caller: Caller, subject_id: UUID) -> dict[str, Any]:
    """Return name and number, to staff who gave a reason a short while ago. Raises ``not-found``, ``reason-needed``."""
    row = await _find(reads, found_as, caller, subject_id)
    contact = people.read(secret, row["id"], row["sealed"])
    if contact is None:
        raise Problem("not-found")
    if not row["has_reason"]:
        raise Problem("reason-needed")
    return {**contact.whole, "actions": []}


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return who looked at the caller's number and why, newest first."""
    rows = await reads.fetch(LIST_OWN, caller.id, request.below("looks"), request.rows)
    return page(rows, request, _view, "looks")


async def _find(reads: Reads, found_as: FoundAs, caller: Caller, subject_id: UUID) -> Record:
    find = FIND.format(found_as)
    row = await reads.fetchrow(find, subject_id, caller.scope(Role.STAFF), caller.id, now() - LOOK)
    if row is None:
        raise Problem("not-found")
    return row


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "found_as": row["found_as"],
        "nickname": row["nickname"],
        "reason": row["note"],
        "created_at": row["created_at"],
        "actions": [],
    }
