"""Claims: taking a seat, delivering, giving it back, and the staff's decision on a delivery."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import local_date, now
from app.core.db import Reads
from app.core.ids import new_id
from app.domain import messages as wordings
from app.domain.caller import Caller, Role, parties_to_service
from app.domain.check_in import TICKED_KINDS, find_window_problem
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart, PictureOf
from app.domain.lifecycle import Party
from app.domain.lifecycles import ATTENDANCE, CLAIM
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.schemas.tasks import SubmitIn
from app.services import attendances, fulfilment, grants, limits, messages, residents, task_references, transitions
from app.services.complainants import HAS_PART_SQL, hash_of
from app.services.content_checks import asking
from app.services.content_checks.asking import IS_PASSED_SQL
from app.services.limits import LIMIT_SQL, Terms
from app.services.media import attaching
from app.services.media.attaching import PICTURES_SQL, told
from app.services.media.links import Links
from app.services.media.removing import UNSEEN
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# One statement decides the race. The person's row is locked before the task's (the EXISTS asks for it first), so the
# limit holds across tasks and the seats hold across people (I1); whoever comes too late leaves no trace. $9 is the hash
# under which the complaints of the claimant are kept: a part in one does not change while its task is claimed. A place
# that they have in the line ends with it.
TAKE_SEAT = f"""
    WITH person AS (
        UPDATE "user" SET open_claims = open_claims + 1
        WHERE id = $2 AND open_claims < {LIMIT_SQL.format(moment="$6", limit="$4::int")} RETURNING id
    ), seat AS (
        UPDATE task SET seats_taken = seats_taken + 1
        WHERE id = $1 AND status = 'open' AND seats_taken < seats AND author_id <> $2 AND EXISTS (SELECT FROM person)
            AND (claim_until > $6 OR claim_until IS NULL) AND (groups_until <= $6 OR groups_until IS NULL)
            AND NOT {HAS_PART_SQL.format(complaint_id="task.complaint_id", person_hash="$9")}
        RETURNING id, wish_id, errand_id, author_id, title, greatest($5, ends_at + ($5 - $6::timestamptz)) AS due_at
    ), taken AS (
        INSERT INTO claim (id, task_id, user_id, status, due_at, remind_at, created_at)
        SELECT $3, id, $2, 'active', due_at, due_at - ($5 - $6::timestamptz) / 2, $6 FROM seat RETURNING id
    ), granted AS (
        UPDATE wish SET status = 'claimed' FROM seat WHERE wish.id = seat.wish_id AND status = 'published'
        RETURNING wish.id
    ), placed AS (
        UPDATE waiter w SET status = 'moved_up' FROM seat
        WHERE w.task_id = seat.id AND w.user_id = $2 AND w.status = 'waiting' RETURNING w.id
    ), logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, created_at)
        SELECT $7::uuid, 'claim', id, 'create', NULL, 'active', $2, 'helper', clock_timestamp() FROM taken
        UNION ALL
        SELECT $8::uuid, 'wish', id, 'claim', 'published', 'claimed', $2, 'helper', clock_timestamp() FROM granted
        UNION ALL
        SELECT $10::uuid, 'waiter', id, 'claim', 'waiting', 'moved_up', $2, 'helper', clock_timestamp() FROM placed
    )
    SELECT seat.wish_id, errand_id, author_id, title FROM taken, seat LEFT JOIN granted ON true
    WHERE (seat.wish_id IS NULL) = (granted.id IS NULL)
"""
EXPLAIN_REFUSAL = f"""
    SELECT t.status, t.claim_until < now() AS is_over, t.groups_until, t.seats_taken < t.seats AS has_seat,
        t.author_id, t.wish_id, t.complaint_id, u.open_claims, u.narrowed_until,
        {HAS_PART_SQL.format(complaint_id="t.complaint_id", person_hash="$3")} AS is_complainant,
        EXISTS (
            SELECT FROM claim c
            WHERE c.task_id = t.id AND c.user_id = $2 AND c.status IN ('active', 'submitted', 'returned')
        ) AS is_claimed
    FROM task t, "user" u WHERE t.id = $1 AND u.id = $2
"""
# In these $2 are the areas where the caller acts as staff, $3 is the hash under which their complaints are kept.
PARTS = f"""t.author_id, a.lineage && $2::uuid[] AS in_scope,
        {HAS_PART_SQL.format(complaint_id="t.complaint_id", person_hash="$3")} AS is_complainant"""
FIND = f"""
    SELECT c.id AS claim_id, c.status, c.user_id AS claimant_id, t.id AS task_id, t.wish_id, t.complaint_id,
        t.errand_id, t.title, a.name AS area_name, {PARTS}
    FROM claim c JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id WHERE c.id = $1
"""
VIEW = f"""
    SELECT c.id, c.status, c.note, c.minutes, c.done_percent, c.due_at, c.created_at, c.submitted_at,
        c.user_id AS claimant_id, c.things, c.things_since, {task_references.COLUMNS}, t.kind, t.starts_at, t.ends_at,
        {attendances.COLUMNS_SQL}, {PARTS}, {PICTURES_SQL.format(subject_id="c.id", kind="claim")} AS pictures,
        {IS_PASSED_SQL.format(subject_id="c.id", part="note")} AS is_note_passed,
        EXISTS (SELECT FROM adjustment x WHERE x.claim_id = c.id AND x.status <> 'refused') AS is_reversed
    FROM claim c JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id LEFT JOIN attendance h ON h.id = c.id
"""
GET = f"{VIEW} WHERE c.id = $1"
# With the person's limits, who may have no claims at all.
LIST_OWN = f"""
    SELECT u.open_claims, u.narrowed_until, x.* FROM "user" u
    LEFT JOIN LATERAL ({VIEW} WHERE c.user_id = u.id AND c.id < $4 ORDER BY c.id DESC LIMIT $5) x ON true
    WHERE u.id = $1 ORDER BY x.id DESC
"""


async def take(connection: Connection, terms: Terms, caller: Caller, task_id: UUID) -> UUID:
    """Take one free seat of an open task for some days, or as many after the end of its window; return the claim's id.

    Raises ``helpers-only``, ``not-found``, ``own-wish``, ``own-complaint``, ``own-task``, ``task-not-open``,
    ``task-for-groups``, ``already-claimed``, ``claim-limit-reached``, ``claims-narrowed``, ``task-full``. Locks the
    rows of caller, task, wish and the caller's place in line, in this order.
    """
    if not caller.is_helper:
        raise Problem("helpers-only")
    moment = now()
    claim_id = new_id()
    due_at, person_hash = terms.due_after(moment), hash_of(terms.secret, caller.id)
    event_ids = new_id(), new_id()
    taken = await connection.fetchrow(
        TAKE_SEAT, task_id, caller.id, claim_id, terms.limit, due_at, moment, *event_ids, person_hash, new_id()
    )
    if taken is None:
        row = await connection.fetchrow(EXPLAIN_REFUSAL, task_id, caller.id, person_hash)
        raise _why_refused(row, caller, terms, moment)
    await residents.tell_claimed(connection, taken)
    return claim_id


def _why_refused(row: Record | None, caller: Caller, terms: Terms, moment: datetime) -> Problem:
    """Name the first reason why no seat was taken, from a read after the decision."""
    if row is None:
        return Problem("not-found")
    if row["author_id"] == caller.id:
        return Problem("own-wish" if row["wish_id"] else "own-complaint" if row["complaint_id"] else "own-task")
    if row["is_complainant"]:
        return Problem("own-complaint")
    if row["status"] != "open" or row["is_over"]:
        return Problem("task-not-open")
    if limits.is_for_groups(row["groups_until"]):
        return limits.why_for_groups(row["groups_until"])
    if row["is_claimed"]:
        return Problem("already-claimed")
    if not row["has_seat"]:
        return Problem("task-full")
    if row["open_claims"] >= limits.limit_of(row, terms, moment):
        return limits.why_none(row, moment)
    return Problem("task-full")


async def submit(
    connection: Connection,
    secret: str,
    caller: Caller,
    claim_id: UUID,
    form: SubmitIn,
) -> None:
    """Say that the work is done, or so much of it, in so many minutes, or in those that one was there.

    Whoever asked for it reads the note once its check has passed. Raises ``not-found``, ``not-allowed``,
    ``state-conflict``, ``minutes-beyond-window``, ``media-unknown``.
    """
    row, mover = await _find(connection, secret, caller, claim_id, "submit")
    await fulfilment.deliver(
        connection, fulfilment.of(row), mover, form.note, form.minutes, done_percent=form.done_percent
    )
    await attaching.attach(connection, caller, PictureOf.CLAIM, claim_id, form.picture_ids)
    await asking.ask_and_order(connection, CLAIM.subject, claim_id, CheckedPart.NOTE, mover)
    await residents.tell_delivered(connection, row)


async def release(connection: Connection, terms: Terms, caller: Caller, claim_id: UUID) -> None:
    """Give the seat back; the next in line has it. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    row, mover = await _find(connection, terms.secret, caller, claim_id, "release")
    await fulfilment.free(connection, fulfilment.of(row), "release", mover, terms=terms)


async def cannot(connection: Connection, terms: Terms, caller: Caller, claim_id: UUID, reason: str) -> None:
    """Say why the work cannot be done: the next in line has the seat, and the staff nearest to the task are told.

    It is no lapse. Whoever may see the claim reads the reason on it once its check has passed. Raises
    ``not-found``, ``not-allowed``, ``state-conflict``. Locks what ``release`` does.
    """
    row, mover = await _find(connection, terms.secret, caller, claim_id, "cannot")
    changes = {"note": mask_text(reason)}
    await fulfilment.free(connection, fulfilment.of(row), "cannot", mover, reason, terms=terms, changes=changes)
    await asking.ask_and_order(connection, CLAIM.subject, claim_id, CheckedPart.NOTE, mover)
    staff = await grants.list_staff_near_task(connection, row["task_id"], caller.id)
    words = {"area": row["area_name"], "title": row["title"]}
    await messages.tell(connection, staff, MessageKind.CLAIM_CANNOT, claim_id, **words)


async def verify(connection: Connection, terms: Terms, caller: Caller, claim_id: UUID) -> None:
    """Verify a delivery as staff: awards the points, fulfils the wish. Never one's own (I2)."""
    row, mover = await _find(connection, terms.secret, caller, claim_id, "verify")
    await fulfilment.fulfil(connection, fulfilment.of(row), "verify", mover, terms=terms)


async def confirm(connection: Connection, terms: Terms, caller: Caller, claim_id: UUID) -> None:
    """Confirm a delivery as whoever asked for it; for a complaint that is who called for helpers."""
    row, mover = await _find(connection, terms.secret, caller, claim_id, "confirm")
    await fulfilment.fulfil(connection, fulfilment.of(row), "confirm", mover, terms=terms)


async def send_back(connection: Connection, terms: Terms, caller: Caller, claim_id: UUID, reason: str) -> None:
    """Return a delivery to be done again, within as many days as a claim lasts; the claimant is told why."""
    row, mover = await _find(connection, terms.secret, caller, claim_id, "return")
    time = timedelta(days=terms.days)
    due_at = await fulfilment.send_back(connection, fulfilment.of(row), mover, reason, time)
    words = {
        "title": row["title"],
        "reason": wordings.excerpt(mask_text(reason)),
        "until": wordings.day(local_date(due_at)),
    }
    await messages.tell(connection, [row["claimant_id"]], MessageKind.CLAIM_RETURNED, claim_id, **words)


async def refuse(connection: Connection, terms: Terms, caller: Caller, claim_id: UUID, reason: str) -> None:
    """Refuse a delivery that never was: no points, the claimant is told why, the seat is there for the next in line."""
    row, mover = await _find(connection, terms.secret, caller, claim_id, "refuse")
    await fulfilment.free(connection, fulfilment.of(row), "refuse", mover, reason, terms=terms)
    words = {"title": row["title"], "reason": wordings.excerpt(mask_text(reason))}
    await messages.tell(connection, [row["claimant_id"]], MessageKind.CLAIM_REFUSED, claim_id, **words)


async def get(reads: Reads, links: Links, secret: str, caller: Caller, claim_id: UUID) -> dict[str, Any]:
    """Return one claim to its claimant, the resident or staff. Raises ``not-found`` to others (I8)."""
    row = await reads.fetchrow(GET, claim_id, caller.scope(Role.STAFF), hash_of(secret, caller.id))
    if row is None or not parties_of(row, caller) & PARTIES_TO_A_CLAIM:
        raise Problem("not-found")
    return view(links, row, caller)


async def list_own(reads: Reads, links: Links, terms: Terms, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the caller's claims, whatever became of them, and how many they may hold at once."""
    rows = await reads.fetch(LIST_OWN, caller.id, [], None, request.below("own-claims"), request.rows)
    claims = [row for row in rows if row["id"] is not None]
    listed = page(claims, request, lambda row: view(links, row, caller), "own-claims")
    return listed | {"limits": limits.view(rows[0], terms)}


PARTIES_TO_A_CLAIM = frozenset({Party.AUTHOR, Party.CLAIMANT, Party.STAFF, Party.JOINER})


WRITER_AND_STAFF = frozenset({Party.CLAIMANT, Party.STAFF})
"""Who reads words of the claimant before they have passed their check."""


def parties_of(row: Record, caller: Caller) -> frozenset[Party]:
    """Return what the caller is to a claim."""
    return parties_to_service(
        caller,
        author_id=row["author_id"],
        claimant_id=row["claimant_id"],
        in_scope=row["in_scope"],
        is_complainant=row["is_complainant"],
    )


async def _find(
    connection: Connection, secret: str, caller: Caller, claim_id: UUID, action: str
) -> tuple[Record, Mover]:
    """Return what ``action`` on a claim needs and the part in which the caller takes it."""
    row = await connection.fetchrow(FIND, claim_id, caller.scope(Role.STAFF), hash_of(secret, caller.id))
    if row is None:
        raise Problem("not-found")
    parties = parties_of(row, caller)
    if not parties & PARTIES_TO_A_CLAIM:
        raise Problem("not-found")
    return row, Mover(transitions.permit(CLAIM, row["status"], action, parties), caller.id)


def view(links: Links, row: Record, caller: Caller) -> dict[str, Any]:
    """Return a claim, whose row is one of ``VIEW``, as the caller sees it."""
    parties = parties_of(row, caller)
    return {
        "id": row["id"],
        "task": task_references.refer(row),
        "status": row["status"],
        "note": row["note"] if row["is_note_passed"] or parties & WRITER_AND_STAFF else None,
        "pictures": told(
            links,
            row["pictures"],
            to_insider=bool(parties & WRITER_AND_STAFF),
            removable=UNSEEN if Party.CLAIMANT in parties else (),
        ),
        "minutes": row["minutes"],
        "done_percent": row["done_percent"],
        "due_at": row["due_at"],
        "created_at": row["created_at"],
        "submitted_at": row["submitted_at"],
        "things": row["things"],
        "things_since": row["things_since"],
        "attendance": attendances.view(row),
        "actions": _actions(row, parties),
    }


def _actions(row: Record, parties: frozenset[Party]) -> tuple[str, ...]:
    """Return what the table allows next, and to staff that an award may prove wrong later on."""
    actions = CLAIM.actions(row["status"], parties)
    if row["status"] == "verified" and Party.STAFF in parties and not row["is_reversed"]:
        actions += ("reverse_award",)
    if row["attendance_status"] is None or row["kind"] not in TICKED_KINDS:
        actions = tuple(action for action in actions if action != "tick")
    if row["errand_id"] is not None and parties & PARTIES_TO_A_CLAIM:
        actions += ("pick_up",) if row["status"] in {"active", "returned"} else ()
        actions += ("hand_back",) if row["things"] else ()
    if row["attendance_status"] is not None:
        return actions + ATTENDANCE.actions(row["attendance_status"], parties)
    if "submit" in actions and find_window_problem(now(), row["starts_at"], row["ends_at"]) is None:
        actions += ("check_in",)
    return actions
