"""Checking in and out of claimed tasks, by a code that the place or a resident shows or by staff; the list of a task.

Where a phone says that it is stays a hint: it refuses nobody and is not kept, but for how far off that was.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.domain import check_in as rules
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.geometry import distances_m
from app.domain.lifecycle import Party
from app.domain.lifecycles import ATTENDANCE, PUBLIC_TASK_STATES
from app.schemas.attendances import AttendancesIn, CheckInIn, CheckOutIn
from app.schemas.locations import Location
from app.services import attendances, claims, shown_codes, transitions
from app.services.attendances import Arrival
from app.services.complainants import hash_of
from app.services.media.links import Links
from app.services.pages import PageRequest, page
from app.services.shown_codes import Subject
from app.services.transitions import Mover

PURPOSE = "check_in"

# $4 is the caller.
FIND_TASK = f"""
    SELECT t.id, t.status, t.wish_id, t.starts_at, t.ends_at, t.minutes, {claims.PARTS},
        EXISTS (SELECT FROM complaint x WHERE x.id = t.complaint_id AND x.is_confidential) AS is_confidential,
        EXISTS (
            SELECT FROM claim c
            WHERE c.task_id = t.id AND c.user_id = $4
                AND (c.status IN ('active', 'submitted', 'returned') OR c.things <> '{{}}')
        ) AS is_claimed,
        t.status IN ('open', 'closed') OR EXISTS (
            SELECT FROM claim c WHERE c.task_id = t.id AND c.status IN ('active', 'returned')
        ) AS is_worked_on
    FROM task t JOIN area a ON a.id = t.area_id WHERE t.id = $1
"""
FIND_CLAIM = f"""
    SELECT c.status, c.user_id AS claimant_id, c.created_at, t.id AS task_id, t.starts_at, t.ends_at, t.minutes,
        t.longitude::float8 AS longitude, t.latitude::float8 AS latitude, h.status AS attendance_status, {claims.PARTS}
    FROM claim c JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id LEFT JOIN attendance h ON h.id = c.id
    WHERE c.id = $1
"""
FIND_TICKED = "SELECT id, user_id, created_at FROM claim WHERE task_id = $1 AND id = ANY($2) ORDER BY id"
LIST = f"""
    SELECT v.*, u.nickname FROM ({claims.VIEW} WHERE t.id = $1) v JOIN "user" u ON u.id = v.claimant_id
    WHERE v.id > $4 ORDER BY v.id LIMIT $5
"""
LIST_SOME = f"""
    SELECT v.*, u.nickname FROM ({claims.VIEW} WHERE c.id = ANY($1::uuid[])) v JOIN "user" u ON u.id = v.claimant_id
    ORDER BY v.id
"""


async def get_code(reads: Reads, secrets: tuple[str, str], caller: Caller, task_id: UUID) -> dict[str, Any]:
    """Return the code of a task to show to those who come: to its staff, and to whoever asked for it.

    Never to who claimed it. ``secrets`` open who complained, and sign codes. Raises ``not-found``, ``not-allowed``,
    ``own-interest``, ``state-conflict`` when nobody can be at work on it.
    """
    row = await find_task(reads, secrets[0], caller, task_id)
    if row["is_claimed"]:
        raise Problem("own-interest")
    if not (row["author_id"] == caller.id or row["in_scope"] or row["is_complainant"]):
        raise Problem("not-allowed")
    if not row["is_worked_on"]:
        raise Problem("state-conflict")
    return shown_codes.show(secrets[1], Subject(PURPOSE, task_id))


async def check_in(
    connection: Connection, secrets: tuple[str, str], caller: Caller, claim_id: UUID, form: CheckInIn
) -> None:
    """Check in for one's claim by the code that was shown. A scan that the phone kept counts at its own time.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``, ``already-checked-in``,
    ``scan-too-old``, ``check-in-early``, ``check-in-late``, ``check-in-elsewhere``, ``shown-code-invalid``,
    ``too-many-tries``. Locks the caller's tries where the code was typed, then the claim.
    """
    row = await _find_claim(connection, secrets[0], caller, claim_id)
    parties = claims.parties_of(row, caller)
    if Party.CLAIMANT not in parties:
        raise Problem("own-interest" if Party.AUTHOR in parties else "not-allowed")
    _require_none(row)
    scanned_at = shown_codes.time_of_scan(form.scanned_at, now())
    arrival = _arrive(row, claim_id, max(scanned_at, row["created_at"]))
    subject = Subject(PURPOSE, row["task_id"])
    if shown_codes.is_of_another(secrets[1], subject, form.code, scanned_at):
        raise Problem("check-in-elsewhere")
    await shown_codes.require(connection, secrets[1], caller.id, subject, form.code, scanned_at)
    mover = Mover(Party.CLAIMANT, caller.id)
    distance_m = _distance(row, form.location)
    if not await attendances.record(connection, [arrival], mover, is_by_staff=False, distance_m=distance_m):
        _require_none(await _find_claim(connection, secrets[0], caller, claim_id))
        raise Problem("state-conflict")


async def check_in_all(
    connection: Connection, links: Links, secret: str, caller: Caller, task_id: UUID, form: AttendancesIn
) -> dict[str, Any]:
    """Note as staff who of those who claimed a task is there; return their claims. Who was noted before stays so.

    Raises ``not-found``, ``not-allowed``, ``claims-unknown``, ``own-among-them`` (I2), ``state-conflict``,
    ``check-in-early``, ``check-in-late``. Locks the claims in the order of ids.
    """
    task = await find_task(connection, secret, caller, task_id)
    require_staff(task, caller)
    rows = await find_ticked(connection, caller, task_id, form.claim_ids)
    moment = now()
    seen_at = min(form.checked_in_at or moment, moment)
    arrivals = [_arrive(task, row["id"], max(seen_at, row["created_at"])) for row in rows]
    mover = Mover(Party.STAFF, caller.id)
    await attendances.record(connection, arrivals, mover, is_by_staff=True, distance_m=None)
    return await list_some(connection, links, secret, caller, form.claim_ids)


async def check_out(connection: Connection, secret: str, caller: Caller, claim_id: UUID, form: CheckOutIn) -> None:
    """Say that one leaves, or as staff that they left. Locks the stay.

    At any moment since they came, for a phone that had no signal; minutes are lost by it, never won. Raises
    ``not-found``, ``not-allowed``, ``own-interest``, ``not-checked-in``, ``state-conflict``.
    """
    row = await _find_claim(connection, secret, caller, claim_id)
    if row["attendance_status"] is None:
        raise Problem("not-checked-in")
    party = transitions.permit(ATTENDANCE, row["attendance_status"], "check_out", claims.parties_of(row, caller))
    moment = now()
    await attendances.leave(connection, claim_id, Mover(party, caller.id), min(form.checked_out_at or moment, moment))


async def list_of_task(
    reads: Reads, links: Links, secret: str, caller: Caller, task_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return the claims of a task with the nicknames of who has them, whatever became of them, the first one first.

    To its staff and to whoever asked for it. Raises ``not-found``, ``not-allowed``, ``cursor-invalid``.
    """
    filters = ("claims-of-task", task_id)
    above = request.above(*filters)
    task = await find_task(reads, secret, caller, task_id)
    if not (task["author_id"] == caller.id or (task["in_scope"] and not task["is_complainant"])):
        raise Problem("not-allowed")
    arguments = (caller.scope(Role.STAFF), hash_of(secret, caller.id), above, request.rows)
    rows = await reads.fetch(LIST, task_id, *arguments)
    return page(rows, request, lambda row: _view(links, row, caller), *filters)


async def list_some(reads: Reads, links: Links, secret: str, caller: Caller, claim_ids: list[UUID]) -> dict[str, Any]:
    """Return these claims, which the caller may see."""
    rows = await reads.fetch(LIST_SOME, claim_ids, caller.scope(Role.STAFF), hash_of(secret, caller.id))
    return {"items": [_view(links, row, caller) for row in rows]}


def require_staff(task: Record, caller: Caller) -> None:
    """Refuse whoever may not tick people off a task's list: only its staff, never a resident. Raises ``not-allowed``.

    Nor does anybody with a part in what it is for decide on it (``own-interest``, I2).
    """
    if task["is_complainant"] or (task["author_id"] == caller.id and task["wish_id"] is not None):
        raise Problem("own-interest")
    if not task["in_scope"]:
        raise Problem("not-allowed")


async def find_ticked(connection: Connection, caller: Caller, task_id: UUID, claim_ids: list[UUID]) -> list[Record]:
    """Return the claims of a task with these ids, in their order, all of them and nobody's own.

    Raises ``claims-unknown`` and ``own-among-them``, naming which.
    """
    rows: list[Record] = await connection.fetch(FIND_TICKED, task_id, claim_ids)
    unknown = set(claim_ids) - {row["id"] for row in rows}
    if unknown:
        raise Problem("claims-unknown", facts={"claim_ids": _named(unknown)})
    own = {row["id"] for row in rows if row["user_id"] == caller.id}
    if own:
        raise Problem("own-among-them", facts={"claim_ids": _named(own)})
    return rows


def _named(claim_ids: set[UUID]) -> str:
    return " ".join(sorted(str(claim_id) for claim_id in claim_ids))


async def find_task(reads: Reads, secret: str, caller: Caller, task_id: UUID) -> Record:
    """Return a task that the caller may know of. Raises ``not-found``."""
    row = await reads.fetchrow(FIND_TASK, task_id, caller.scope(Role.STAFF), hash_of(secret, caller.id), caller.id)
    if row is None:
        raise Problem("not-found")
    is_public = row["status"] in PUBLIC_TASK_STATES and not row["is_confidential"]
    if not (is_public or row["in_scope"] or row["is_claimed"] or row["author_id"] == caller.id):
        raise Problem("not-found")
    return row


async def _find_claim(connection: Connection, secret: str, caller: Caller, claim_id: UUID) -> Record:
    row = await connection.fetchrow(FIND_CLAIM, claim_id, caller.scope(Role.STAFF), hash_of(secret, caller.id))
    if row is None or not claims.parties_of(row, caller) & claims.PARTIES_TO_A_CLAIM:
        raise Problem("not-found")
    return row


def _require_none(row: Record) -> None:
    """Refuse a claim that has a stay, or no work to do any more."""
    if row["attendance_status"] is not None:
        raise Problem("already-checked-in")
    if row["status"] not in {"active", "returned"}:
        raise Problem("state-conflict")


def _arrive(task: Record, claim_id: UUID, at: datetime) -> Arrival:
    """Return the arrival of somebody at a task. Raises ``check-in-early`` and ``check-in-late``."""
    refusal = rules.find_window_problem(at, task["starts_at"], task["ends_at"])
    if refusal is not None:
        raise Problem("check-in-early" if refusal == "early" else "check-in-late")
    return Arrival(claim_id, at, rules.planned_end(at, task["starts_at"], task["ends_at"], task["minutes"]))


def _distance(row: Record, location: Location | None) -> int | None:
    """Return how far off a phone says it is, as a hint; None where the task has no place, as nobody's home is one."""
    if location is None or row["longitude"] is None:
        return None
    there = [(row["longitude"], row["latitude"])]
    return rules.hint_m(float(distances_m([(float(location.longitude), float(location.latitude))], there)[0][0]))


def _view(links: Links, row: Record, caller: Caller) -> dict[str, Any]:
    return claims.view(links, row, caller) | {"helper": {"nickname": row["nickname"]}}
