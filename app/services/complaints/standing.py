"""How a complaint stands and what a caller is to it: asked first by every act on one."""

from uuid import UUID

from asyncpg import Connection, Record

from app.domain.caller import NOBODY, Caller, Role, parties_to_complaint
from app.domain.errors import Problem
from app.domain.kinds import ComplaintPart
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT, PUBLIC_COMPLAINT_STATES
from app.services import transitions
from app.services.complainants import hash_of
from app.services.transitions import Mover

FIND = """
    SELECT c.id, c.area_id, c.handler_id, c.category, c.urgency, c.status, c.is_confidential, c.created_at, c.opened_at,
        c.has_reopened, c.answered_at, c.merged_into_id, c.entered_by, c.is_satisfied, c.echo_id, p.part,
        a.lineage && $2::uuid[] AS in_scope, h.lineage && $2::uuid[] AS handles,
        trim_array(a.lineage, 1) && $2::uuid[] AS leads, a.lineage, s.is_joint, s.works
    FROM complaint c JOIN area a ON a.id = c.area_id JOIN area h ON h.id = c.handler_id
    LEFT JOIN complaint_person p ON p.complaint_id = c.id AND p.person_hash = $3
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS is_joint, count(w.id) > 0 AS works
        FROM complaint_step s LEFT JOIN unit_worker w ON w.unit_id = s.unit_id AND w.user_id = $4
        WHERE s.complaint_id = c.id AND s.status <> 'cancelled'
    ) AS s
    WHERE c.id = $1
"""
LOCK = "SELECT FROM complaint WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"


async def lock(connection: Connection, *complaint_ids: UUID) -> None:
    """Let nobody else act on these complaints until the transaction ends; always in the order of their ids.

    What a caller may do hangs on which area has to act, so that must not change between the look and the act.
    """
    await connection.execute(LOCK, complaint_ids)


async def get(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> Record:
    """Lock a complaint and return what a decision needs. Raises ``not-found`` for one the caller may not see (I8)."""
    await lock(connection, complaint_id)
    scope, person_hash = caller.scope(Role.STAFF), hash_of(secret, caller.id)
    row = await connection.fetchrow(FIND, complaint_id, scope, person_hash, caller.id)
    if row is None or not may_see(row, caller):
        raise Problem("not-found")
    return row


async def permit(
    connection: Connection, secret: str, caller: Caller, complaint_id: UUID, action: str
) -> tuple[Record, Mover]:
    """Return how a complaint stands and in which part the caller may act.

    No event names the complainant: whoever acts as author or joiner is nobody in particular (I9). Raises ``not-found``,
    ``own-interest``, ``not-allowed`` and ``state-conflict``.
    """
    row = await get(connection, secret, caller, complaint_id)
    party = transitions.permit(COMPLAINT, row["status"], action, parties(row, caller))
    return row, mover(party, caller)


def require_staff(row: Record, caller: Caller) -> Mover:
    """Return the caller as one of those who have to act. Raises ``own-interest`` and ``not-allowed``."""
    if Party.STAFF not in parties(row, caller):
        raise Problem("own-interest" if row["part"] else "not-allowed")
    return Mover(Party.STAFF, caller.id)


def mover(party: Party, caller: Caller) -> Mover:
    """Return who acts, as events may tell it."""
    return Mover(party, None if party in {Party.AUTHOR, Party.JOINER} else caller.id)


def parties(row: Record, caller: Caller | None) -> frozenset[Party]:
    """Return what a caller is to the complaint of a row with ``part`` and ``handles``."""
    if caller is None:
        return NOBODY
    return parties_to_complaint(row["part"] and ComplaintPart(row["part"]), handles=row["handles"])


def may_see(row: Record, caller: Caller | None) -> bool:
    """Whether a complaint is there for a caller: what is not public, for those it concerns alone (I8, I9, I10)."""
    if row["status"] in PUBLIC_COMPLAINT_STATES and not row["is_confidential"]:
        return True
    return caller is not None and bool(row["part"] or row["in_scope"] or row["works"] or row["entered_by"] == caller.id)
