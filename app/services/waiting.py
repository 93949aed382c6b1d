"""Waiting lists: joining the line of a full task, leaving it, and moving up when a seat frees.

Moving up happens in the transaction that frees the seat, and cannot deadlock:

- Locks are taken in one order: complaint, users by id, task, claims, wish, places in line. Whoever frees a seat holds
  the row of who had it and the task's when it looks who is next. To wait then for the next one's row would be against
  the order: they might hold it and wait for the task.
- So it does not wait: ``SKIP LOCKED`` takes the first in line whose row nobody holds, and after it this transaction
  waits for nothing any more: task, claim and wish are its own already. A deadlock needs everybody in it to wait. All
  others keep to the order.
- Nor can it be wrong: joining locks the person, then shares the task's lock, so that it either sees the seat free or is
  seen by whoever frees it. What lets somebody claim stands in their own row, which is read again once it is locked, or
  changes only under the task's lock.
- Who is busy at that very moment, taking another task say, is passed over for this seat. A seat that nobody got, and
  who may take it only since because other work of theirs ended, are found by a sweep each minute. That one keeps to the
  order and waits: users by id, then the task. It may have to wait for the task's wish while it holds somebody whom it
  did not wait for; whoever holds a wish waits for no user.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.core.ids import new_id
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import TASK, WAITER
from app.domain.limits import WAITING_MAX
from app.domain.message_kinds import MessageKind
from app.services import limits, messages, residents, task_references, transitions
from app.services.callers import IS_HELPER_SQL
from app.services.complainants import HAS_PART_SQL, find_parts, hash_of
from app.services.limits import LIMIT_SQL, Terms
from app.services.pages import PageRequest, page
from app.services.pledges import seats
from app.services.pledges.seats import LEADER_SQL
from app.services.transitions import Mover, Told

NOBODY = UUID(int=0)

LOCK_USER = 'SELECT FROM "user" WHERE id = $1 FOR NO KEY UPDATE'
# Read after the person's row is locked: what they claim and wait for does not change meanwhile. The lock on the task is
# shared among those who join, and waits for whoever takes or frees a seat. $6 is the hash of the person's complaints.
JOIN = f"""
    WITH full_task AS (
        SELECT id FROM task
        WHERE id = $1 AND status = 'open' AND seats_taken >= seats AND author_id <> $2
            AND (claim_until > $5 OR claim_until IS NULL) AND (groups_until <= $5 OR groups_until IS NULL)
            AND NOT {HAS_PART_SQL.format(complaint_id="task.complaint_id", person_hash="$6")}
            AND NOT EXISTS (
                SELECT FROM claim c
                WHERE c.task_id = $1 AND c.user_id = $2 AND c.status IN ('active', 'submitted', 'returned')
            )
            AND $7 > (SELECT count(*) FROM waiter w WHERE w.user_id = $2 AND w.status = 'waiting')
        FOR SHARE
    ), placed AS (
        INSERT INTO waiter (id, task_id, user_id, status, created_at)
        SELECT $3, id, $2, 'waiting', $5 FROM full_task RETURNING id
    ), logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, created_at)
        SELECT $4::uuid, 'waiter', id, 'create', NULL, 'waiting', $2, 'author', clock_timestamp() FROM placed
    )
    SELECT id FROM placed
"""
EXPLAIN_REFUSAL = f"""
    SELECT t.status, t.claim_until < now() AS is_over, t.groups_until, t.author_id, t.wish_id, t.complaint_id,
        {HAS_PART_SQL.format(complaint_id="t.complaint_id", person_hash="$3")} AS is_complainant,
        EXISTS (
            SELECT FROM claim c
            WHERE c.task_id = t.id AND c.user_id = $2 AND c.status IN ('active', 'submitted', 'returned')
        ) AS is_claimed,
        EXISTS (SELECT FROM waiter w WHERE w.task_id = t.id AND w.user_id = $2 AND w.status = 'waiting') AS is_waiting,
        $4 <= (SELECT count(*) FROM waiter w WHERE w.user_id = $2 AND w.status = 'waiting') AS is_at_limit
    FROM task t WHERE t.id = $1
"""
# Of whoever waits: w, their user u. $2 is the moment, $3 the limit.
MAY_MOVE_UP = f"""
    w.status = 'waiting' AND NOT u.is_blocked AND u.open_claims < {LIMIT_SQL.format(moment="$2", limit="$3::int")}
        AND {IS_HELPER_SQL}
        AND NOT EXISTS (
            SELECT FROM claim c
            WHERE c.task_id = w.task_id AND c.user_id = u.id AND c.status IN ('active', 'submitted', 'returned')
        )
"""
HAS_SEAT = """
    t.status = 'open' AND t.seats_taken < t.seats AND (t.claim_until > $2 OR t.claim_until IS NULL)
    AND (t.groups_until <= $2 OR t.groups_until IS NULL)
"""
LOCK_TASK = f"""
    SELECT t.id, t.complaint_id, t.seats - t.seats_taken AS free FROM task t WHERE t.id = $1 AND {HAS_SEAT}
    FOR NO KEY UPDATE
"""
PICK = f"""
    SELECT w.id, w.user_id FROM waiter w JOIN "user" u ON u.id = w.user_id
    WHERE w.task_id = $1 AND w.id > $4 AND {MAY_MOVE_UP}
    ORDER BY w.id LIMIT $5 FOR NO KEY UPDATE OF w, u SKIP LOCKED
"""
# $2 is the moment, $3 when a claim without a window is due; $4 to $8 are those who move up: their places, themselves,
# their claims, and the ids of the events of both. A wish is granted to the one who has its one seat.
GIVE = """
    WITH given AS (
        SELECT * FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[])
            AS g (waiter_id, user_id, claim_id, claim_event_id, waiter_event_id)
    ), counted AS (
        UPDATE "user" u SET open_claims = u.open_claims + 1 FROM given g WHERE u.id = g.user_id
    ), seat AS (
        UPDATE task SET seats_taken = seats_taken + cardinality($4::uuid[]) WHERE id = $1
        RETURNING id, wish_id, errand_id, author_id, title, greatest($3, ends_at + ($3 - $2::timestamptz)) AS due_at
    ), taken AS (
        INSERT INTO claim (id, task_id, user_id, status, due_at, remind_at, created_at)
        SELECT g.claim_id, s.id, g.user_id, 'active', s.due_at, s.due_at - ($3 - $2::timestamptz) / 2, $2
        FROM given g, seat s
    ), moved AS (
        UPDATE waiter w SET status = 'moved_up' FROM given g WHERE w.id = g.waiter_id AND w.status = 'waiting'
        RETURNING w.id
    ), granted AS (
        UPDATE wish SET status = 'claimed' FROM seat s WHERE wish.id = s.wish_id AND wish.status = 'published'
        RETURNING wish.id
    ), logged AS (
        INSERT INTO event
            (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, facts, created_at)
        SELECT g.claim_event_id, 'claim', g.claim_id, 'create', NULL, 'active', g.user_id, 'helper',
            jsonb_build_object('waiter_id', g.waiter_id), clock_timestamp()
        FROM given g
        UNION ALL
        SELECT g.waiter_event_id, 'waiter', g.waiter_id, 'move_up', 'waiting', 'moved_up', NULL, 'system',
            jsonb_build_object('claim_id', g.claim_id), clock_timestamp()
        FROM given g
        UNION ALL
        SELECT $9::uuid, 'wish', x.id, 'claim', 'published', 'claimed', g.user_id, 'helper', NULL, clock_timestamp()
        FROM granted x, given g
    )
    SELECT (SELECT count(*) FROM moved) AS moved, (s.wish_id IS NULL) = (x.id IS NULL) AS is_whole, s.wish_id,
        s.errand_id, s.author_id, s.title
    FROM seat s LEFT JOIN granted x ON true
"""
# Whoever waits, and what groups hold: the seats for which they named nobody are free.
END_ALL = f"""
    WITH places AS (
        UPDATE waiter SET status = 'ended' WHERE task_id = $1 AND status = 'waiting' RETURNING id, user_id
    ), pledges AS (
        UPDATE pledge p SET status = 'ended' WHERE p.task_id = $1 AND p.status = 'held'
        RETURNING p.id, p.heads - p.named AS seats_left, {LEADER_SQL.format(pledge="p")} AS leader_id
    ), freed AS (
        UPDATE task SET seats_taken = seats_taken - (SELECT sum(seats_left) FROM pledges)
        WHERE id = $1 AND EXISTS (SELECT FROM pledges)
    )
    SELECT id, user_id, NULL AS seats_left, NULL AS leader_id FROM places
    UNION ALL SELECT id, NULL, seats_left, leader_id FROM pledges
"""
FIND_MOVABLE = f"""
    SELECT DISTINCT w.task_id FROM waiter w JOIN task t ON t.id = w.task_id JOIN "user" u ON u.id = w.user_id
    WHERE {HAS_SEAT} AND {MAY_MOVE_UP} LIMIT $1
"""
LOCK_FIRST = f"""
    SELECT FROM "user" WHERE id IN (
        SELECT w.user_id FROM waiter w JOIN "user" u ON u.id = w.user_id
        WHERE w.task_id = $1 AND {MAY_MOVE_UP}
        ORDER BY w.id LIMIT (SELECT t.seats - t.seats_taken FROM task t WHERE t.id = $1)
    ) ORDER BY id FOR NO KEY UPDATE
"""
FIND_SEATED = """
    SELECT w.id FROM waiter w JOIN claim c ON c.task_id = w.task_id AND c.user_id = w.user_id
    WHERE w.status = 'waiting' AND c.status IN ('active', 'submitted', 'returned') LIMIT $1
"""
NUMBER_SQL = """(
    SELECT count(*) FROM waiter ahead
    WHERE ahead.task_id = {place}.task_id AND ahead.status = 'waiting' AND ahead.id <= {place}.id
)"""
"""Which number in line a place has that waits; format it with the alias of its row."""

VIEW = f"""
    SELECT w.id, w.status, w.created_at, {task_references.COLUMNS},
        CASE WHEN w.status = 'waiting' THEN {NUMBER_SQL.format(place="w")} END AS number
    FROM waiter w JOIN task t ON t.id = w.task_id JOIN area a ON a.id = t.area_id
"""
GET = f"{VIEW} WHERE w.id = $1 AND w.user_id = $2"
LIST_OWN = f"{VIEW} WHERE w.user_id = $1 AND w.id < $2 ORDER BY w.id DESC LIMIT $3"
FIND = "SELECT status FROM waiter WHERE id = $1 AND user_id = $2"


async def join(connection: Connection, secret: str, caller: Caller, task_id: UUID) -> UUID:
    """Join the line of a task whose seats are all taken; return the id of the place.

    Raises ``helpers-only``, ``not-found``, ``own-wish``, ``own-complaint``, ``own-task``, ``task-not-open``,
    ``already-claimed``, ``already-waiting``, ``waiting-limit-reached``, ``task-not-full``. Locks the caller's row and
    shares the task's lock, in this order.
    """
    if not caller.is_helper:
        raise Problem("helpers-only")
    waiter_id, person_hash = new_id(), hash_of(secret, caller.id)
    await connection.execute(LOCK_USER, caller.id)
    placed = await connection.fetchval(JOIN, task_id, caller.id, waiter_id, new_id(), now(), person_hash, WAITING_MAX)
    if placed is None:
        row = await connection.fetchrow(EXPLAIN_REFUSAL, task_id, caller.id, person_hash, WAITING_MAX)
        raise _why_refused(row, caller)
    return waiter_id


def _why_refused(row: Record | None, caller: Caller) -> Problem:
    """Name the first reason why there was no place in line, from a read after the decision."""
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
    if row["is_waiting"]:
        return Problem("already-waiting")
    return Problem("waiting-limit-reached" if row["is_at_limit"] else "task-not-full")


async def leave(connection: Connection, caller: Caller, waiter_id: UUID) -> None:
    """Give one's place up. Locks it alone. Raises ``not-found`` for another's, ``state-conflict`` once it has ended."""
    status = await connection.fetchval(FIND, waiter_id, caller.id)
    if status is None:
        raise Problem("not-found")
    party = transitions.permit(WAITER, status, "leave", frozenset({Party.AUTHOR}))
    await transitions.move(connection, WAITER, waiter_id, "leave", Mover(party, caller.id))


async def get(reads: Reads, caller: Caller, waiter_id: UUID) -> dict[str, Any]:
    """Return one's own place. Raises ``not-found`` for another's."""
    row = await reads.fetchrow(GET, waiter_id, caller.id)
    if row is None:
        raise Problem("not-found")
    return _view(row)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the caller's places, whatever became of them."""
    rows = await reads.fetch(LIST_OWN, caller.id, request.below("own-places"), request.rows)
    return page(rows, request, _view, "own-places")


async def move_up(connection: Connection, terms: Terms, task_id: UUID) -> int:
    """Give what seats are free to the first in line who may take them; return how many moved up.

    Locks the task, then waits for nobody (see above). For a wish, whoever calls it has locked that or holds no lock
    that comes after it.
    """
    moment = now()
    task = await connection.fetchrow(LOCK_TASK, task_id, moment)
    if task is None:
        return 0
    free, last, chosen = task["free"], NOBODY, list[Record]()
    while len(chosen) < free:
        rows = await connection.fetch(PICK, task_id, moment, terms.limit, last, free - len(chosen))
        if not rows:
            break
        last = rows[-1]["id"]
        chosen += await _without_complainants(connection, terms.secret, task["complaint_id"], rows)
    if chosen:
        await _give(connection, terms, task_id, chosen)
    return len(chosen)


async def fill(connection: Connection, terms: Terms, task_id: UUID) -> None:
    """Let those move up who were busy when a seat was free, or may take it only since.

    Locks the users by id, then the task. Raises ``state-conflict`` when nobody is left to move.
    """
    await connection.execute(LOCK_FIRST, task_id, now(), terms.limit)
    if not await move_up(connection, terms, task_id):
        raise Problem("state-conflict")


async def find_movable(connection: Connection, terms: Terms, limit: int) -> list[UUID]:
    """Return tasks with a free seat for which somebody waits who may take it."""
    rows = await connection.fetch(FIND_MOVABLE, limit, now(), terms.limit)
    return [row["task_id"] for row in rows]


async def find_seated(connection: Connection, limit: int) -> list[UUID]:
    """Return places whose holders have a seat: they claimed with one telephone while they joined with another."""
    return [row["id"] for row in await connection.fetch(FIND_SEATED, limit)]


async def end_seated(connection: Connection, waiter_id: UUID) -> None:
    """End the place of somebody who has a seat. Raises ``state-conflict`` when it has ended."""
    await transitions.move(connection, WAITER, waiter_id, "claim", transitions.SYSTEM)


async def end_task(
    connection: Connection,
    task_id: UUID,
    action: str,
    mover: Mover,
    *,
    note: str | None = None,
    changes: Mapping[str, Any] | None = None,
    where: str = "true",
) -> Record | None:
    """Close or cancel a task, its line and pledges; None if it has ended or ``where`` is not so of it (alias ``x``).

    Every end of a task goes through here. Locks the task, then the places and the pledges.
    """
    ended = await transitions.find_and_move(
        connection, TASK, task_id, action, mover, note=note, changes=changes, where=where
    )
    if ended is not None:
        rows = await connection.fetch(END_ALL, task_id)
        told = [Told(row["id"], "end", "ended", "waiting") for row in rows if row["seats_left"] is None]
        if told:
            await transitions.log_many(connection, WAITER.subject, transitions.SYSTEM, told)
            waiting = [(row["user_id"], row["id"]) for row in rows if row["seats_left"] is None]
            await messages.tell_each(connection, waiting, MessageKind.LINE_ENDED)
        await seats.note_ends(connection, [row for row in rows if row["seats_left"] is not None])
    return ended


async def cancel_task(connection: Connection, task_id: UUID, mover: Mover, *, where: str = "true") -> None:
    """Cancel a task as ``end_task`` does. Raises ``state-conflict`` where that returns None."""
    if await end_task(connection, task_id, "cancel", mover, where=where) is None:
        raise Problem("state-conflict")


@dataclass(frozen=True, slots=True)
class _Given:
    """The ids of what one moving up makes."""

    claim_id: UUID
    claim_event_id: UUID
    waiter_event_id: UUID


async def _give(connection: Connection, terms: Terms, task_id: UUID, chosen: Sequence[Record]) -> None:
    """Give seats of a locked task to ``chosen``, whose rows are locked, in one statement, and tell each."""
    moment = now()
    given = [_Given(new_id(), new_id(), new_id()) for _ in chosen]
    row = await connection.fetchrow(
        GIVE,
        task_id,
        moment,
        terms.due_after(moment),
        [place["id"] for place in chosen],
        [place["user_id"] for place in chosen],
        [ids.claim_id for ids in given],
        [ids.claim_event_id for ids in given],
        [ids.waiter_event_id for ids in given],
        new_id(),
    )
    if row is None or not row["is_whole"] or row["moved"] != len(chosen):
        raise Problem("state-conflict")
    told = {place["user_id"]: ids.claim_id for place, ids in zip(chosen, given, strict=True)}
    await messages.tell_each(connection, list(told.items()), MessageKind.CLAIM_MOVED_UP)
    await residents.tell_claimed(connection, row)


async def _without_complainants(
    connection: Connection, secret: str, complaint_id: UUID | None, rows: Sequence[Record]
) -> list[Record]:
    """Return those of ``rows`` who have no part in the complaint: some may have joined in since they wait (I2)."""
    if complaint_id is None:
        return list(rows)
    hashes = {row["id"]: hash_of(secret, row["user_id"]) for row in rows}
    parts = await find_parts(connection, complaint_id, list(hashes.values()))
    return [row for row in rows if hashes[row["id"]] not in parts]


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "task": task_references.refer(row),
        "status": row["status"],
        "number": row["number"],
        "created_at": row["created_at"],
        "actions": WAITER.actions(row["status"], frozenset({Party.AUTHOR})),
    }
