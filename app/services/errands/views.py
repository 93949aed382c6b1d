"""Reading errands: one's own, those of an area for its staff, and one with who works on it, each one statement."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.core.pagination import ids_in_area
from app.domain.caller import Caller, Role, parties_to_service
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import ERRAND
from app.services import areas
from app.services.errands.asking import CONCERNED
from app.services.media.attaching import PICTURES_SQL, told
from app.services.media.links import Links
from app.services.media.removing import STANDING
from app.services.pages import PageRequest, page

# In every statement here $4 is the caller, $5 the areas where they act as staff. Of the claims the caller's own comes
# first, then the last one.
CARD = """
    SELECT e.id, e.author_id, e.area_id, a.name AS area_name, e.category, e.title, e.body, e.status, e.consent,
        e.consent_version, e.consent_note, e.sealed IS NOT NULL AS has_contact, e.created_at, e.approved_at, u.nickname,
        a.lineage && $5::uuid[] AS in_scope, t.id AS task_id, t.status AS task_status, t.seats, t.seats_taken,
        t.reward_points, t.hourly_points, w.id AS claim_id, w.user_id AS worker_id, w.status AS claim_status, w.things,
        w.things_since, h.nickname AS helper_nickname
    FROM errand e JOIN area a ON a.id = e.area_id JOIN "user" u ON u.id = e.author_id
    LEFT JOIN task t ON t.errand_id = e.id
    LEFT JOIN LATERAL (
        SELECT c.id, c.user_id, c.status, c.things, c.things_since FROM claim c
        WHERE c.task_id = t.id AND (c.status IN ('active', 'submitted', 'returned', 'verified') OR c.things <> '{}')
        ORDER BY c.user_id = $4::uuid DESC, c.id DESC LIMIT 1
    ) AS w ON true LEFT JOIN "user" h ON h.id = w.user_id
"""
IN_AREA = f"{CARD} WHERE e.id IN ({ids_in_area('errand', 'x.status = $6')}) ORDER BY e.id DESC LIMIT $3"
OWN = f"{CARD} WHERE e.author_id = $1 AND e.id < $2 ORDER BY e.id DESC LIMIT $3"
DETAIL = f"""
    SELECT s.*, ARRAY(
        SELECT (x.action, x.to_state, x.note, x.created_at) FROM event x
        WHERE x.subject_kind = 'errand' AND x.subject_id = s.id AND x.action <> 'follow' ORDER BY x.created_at, x.id
    ) AS history, {PICTURES_SQL.format(subject_id="s.id", kind="errand")} AS pictures
    FROM ({CARD.replace("$4", "$2").replace("$5", "$3")} WHERE e.id = $1) AS s
"""


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the errands of an area and all below it in one status, to its staff. Raises ``not-allowed``."""
    filters = ("errands", area_id, status)
    below, scope = request.below(*filters), caller.scope(Role.STAFF)
    if not await areas.is_in_scope(reads, area_id, scope):
        raise Problem("not-allowed")
    rows = await reads.fetch(IN_AREA, area_id, below, request.rows, caller.id, scope, status)
    return page(rows, request, lambda row: _card(row, caller), *filters)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the errands that the caller asked for, whatever became of them."""
    rows = await reads.fetch(OWN, caller.id, request.below("own-errands"), request.rows, caller.id, [])
    return page(rows, request, lambda row: _card(row, caller), "own-errands")


async def get(reads: Reads, links: Links, caller: Caller, errand_id: UUID) -> dict[str, Any]:
    """Return one errand to its author, to its helper and to staff of its area. Raises ``not-found`` to others (I8).

    How the resident agreed on paper and the history are not the helper's.
    """
    row = await reads.fetchrow(DETAIL, errand_id, caller.id, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("not-found")
    parties = _parties(row, caller)
    if not parties & CONCERNED:
        raise Problem("not-found")
    is_helper = Party.CLAIMANT in parties
    return _card(row, caller) | {
        "consent_note": None if is_helper else row["consent_note"],
        "pictures": told(
            links,
            row["pictures"],
            to_insider=bool(parties & {Party.AUTHOR, Party.STAFF}),
            removable=STANDING if Party.AUTHOR in parties else (),
        ),
        "work": _work(row),
        "history": []
        if is_helper
        else [
            {"action": action, "to_state": to_state, "note": note, "created_at": created_at}
            for action, to_state, note, created_at in row["history"]
        ],
    }


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_service(
        caller, author_id=row["author_id"], claimant_id=row["worker_id"], in_scope=row["in_scope"]
    )


def _actions(row: Record, parties: frozenset[Party]) -> list[str]:
    actions = [
        action
        for action in ERRAND.actions(row["status"], parties)
        if action not in {"complete", "withdraw"} or (action == "withdraw" and not row["seats_taken"])
    ]
    return actions + (["unmask"] if row["has_contact"] and Party.STAFF in parties else [])


def _card(row: Record, caller: Caller) -> dict[str, Any]:
    task = row["task_id"] and {
        "id": row["task_id"],
        "status": row["task_status"],
        **{name: row[name] for name in ("seats", "seats_taken", "reward_points", "hourly_points")},
    }
    kept = ("id", "category", "title", "body", "status", "consent", "consent_version", "has_contact")
    return {
        **{name: row[name] for name in kept},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "poster": {"nickname": row["nickname"]},
        "task": task,
        "created_at": row["created_at"],
        "approved_at": row["approved_at"],
        "actions": _actions(row, _parties(row, caller)),
    }


def _work(row: Record) -> dict[str, Any] | None:
    if row["claim_id"] is None:
        return None
    return {
        "claim_id": row["claim_id"],
        "status": row["claim_status"],
        "helper": {"nickname": row["helper_nickname"]},
        "things": row["things"],
        "things_since": row["things_since"],
    }
