"""What a task is for, the task and a claim on it move together.

Locks in one order: complaint, user, task, claim, pledge, wish or errand, places in line, ledger accounts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import CLAIM, COMPLAINT, ERRAND, TASK, WISH
from app.domain.message_kinds import MessageKind
from app.services import attendances, awards, limits, messages, residents, transitions, waiting
from app.services.errands import custody
from app.services.limits import Terms
from app.services.pledges import seats
from app.services.transitions import Mover

# Both come before the claim is moved, to keep the order of locks: a count that is down already says that somebody else
# ended the claim first.
COUNT_OPEN_CLAIMS = 'UPDATE "user" SET open_claims = open_claims + $2 WHERE id = $1 AND open_claims + $2 >= 0'
FREE_SEAT = "UPDATE task SET seats_taken = seats_taken - 1 WHERE id = $1 AND seats_taken > 0"
LOCK_COMPLAINT = "SELECT status FROM complaint WHERE id = $1 FOR NO KEY UPDATE"
LOCK_COMPLAINT_OF = """
    SELECT FROM complaint WHERE id = (SELECT t.complaint_id FROM task t WHERE t.id = $1) FOR NO KEY UPDATE
"""
LOCK_CLAIMANTS = """
    SELECT FROM "user" WHERE id IN (SELECT c.user_id FROM claim c WHERE c.id = ANY($1)) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_TASK = "SELECT FROM task WHERE id = $1 FOR NO KEY UPDATE"
LOCK_CLAIMS = """
    SELECT t.wish_id, t.complaint_id, t.id AS task_id, c.id AS claim_id, c.user_id AS claimant_id, c.status, t.kind,
        EXISTS (SELECT FROM attendance h WHERE h.id = c.id) AS was_there
    FROM claim c JOIN task t ON t.id = c.task_id WHERE c.id = ANY($1) ORDER BY c.id FOR NO KEY UPDATE OF c
"""
# What they have in hand by a claim of the same task that ended counts as well: nobody picks up anything for that.
IS_FREE_OF_THINGS = """x.things = '{}' AND NOT EXISTS (
    SELECT FROM claim o WHERE o.task_id = x.task_id AND o.user_id = x.user_id AND o.things <> '{}'
)"""
HAS_THINGS = """
    SELECT EXISTS (
        SELECT FROM claim c JOIN claim o ON o.task_id = c.task_id AND o.user_id = c.user_id AND o.things <> '{}'
        WHERE c.id = $1
    )
"""
SEATS_MAX = 1000
IS_DONE = "x.seats = (SELECT count(*) FROM claim c WHERE c.task_id = x.id AND c.status = 'verified')"
# A disputed wish waits for staff; a complaint's task has nobody but staff to decide.
FIND_SILENT = """
    SELECT t.wish_id, t.complaint_id, t.id AS task_id, c.id AS claim_id, c.user_id AS claimant_id
    FROM claim c JOIN task t ON t.id = c.task_id LEFT JOIN wish w ON w.id = t.wish_id
    WHERE c.status = 'submitted' AND coalesce(w.delivered_at, c.submitted_at) < $1
        AND (w.id IS NULL OR w.status = 'delivered')
    ORDER BY c.submitted_at LIMIT 500
"""
FIND_OVERDUE = """
    SELECT t.wish_id, t.complaint_id, t.id AS task_id, c.id AS claim_id, c.user_id AS claimant_id
    FROM claim c JOIN task t ON t.id = c.task_id
    WHERE c.status IN ('active', 'returned') AND c.due_at < $1 ORDER BY c.due_at LIMIT 500
"""


@dataclass(frozen=True, slots=True)
class Service:
    """One claim at work on a task, and the wish or the complaint that the task is for."""

    wish_id: UUID | None
    complaint_id: UUID | None
    task_id: UUID
    claim_id: UUID
    claimant_id: UUID


def of(row: Record) -> Service:
    """Return the service that a row with these columns tells of."""
    return Service(row["wish_id"], row["complaint_id"], row["task_id"], row["claim_id"], row["claimant_id"])


async def deliver(
    connection: Connection,
    service: Service,
    mover: Mover,
    note: str,
    minutes: int | None,
    *,
    done_percent: int | None = None,
) -> None:
    """Say that the work is done, or so much of it, and how long it took; it no longer counts against the limit.

    Without ``minutes`` it took as long as the claimant was there. Raises ``minutes-beyond-window``.
    """
    moment = now()
    await _count_open_claims(connection, service.claimant_id, -1)
    minutes = await attendances.count_minutes(connection, service.claim_id, mover, minutes)
    changes = {"note": note, "minutes": minutes, "done_percent": done_percent, "submitted_at": moment}
    if not await transitions.find_and_move(
        connection, CLAIM, service.claim_id, "submit", mover, changes=changes, where=IS_FREE_OF_THINGS
    ):
        has_things = await connection.fetchval(HAS_THINGS, service.claim_id)
        raise Problem("things-not-handed-back" if has_things else "state-conflict")
    await _move_wish(connection, service, "deliver", mover, delivered_at=moment)


async def fulfil(
    connection: Connection,
    service: Service,
    action: str,
    mover: Mover,
    *,
    rating: int | None = None,
    thanks: str | None = None,
    changes: Mapping[str, Any] | None = None,
    terms: Terms | None = None,
) -> None:
    """Verify the claim, close the task with its last seat, fulfil the wish, award the points, all or nothing.

    Of a part, the rest is there to be claimed: the task has one seat more, for whoever waits on ``terms``.
    ``changes`` are what the verifier says anew of the delivery. A complaint goes on as it was: that helpers helped
    stands in its history, and the answer is left to its staff.
    """
    standing = await _lock_complaint(connection, service)
    task = await awards.begin(connection, service.claimant_id, service.task_id)
    claim = await transitions.move(connection, CLAIM, service.claim_id, action, mover, changes=changes)
    is_part = claim["done_percent"] is not None
    if is_part:
        await _offer_rest(connection, service, task["seats"])
        await _publish_rest(connection, service, action, mover, rating=rating, thanks=thanks)
    else:
        ended = await waiting.end_task(connection, service.task_id, "close", mover, where=IS_DONE)
        if ended is not None and ended["errand_id"] is not None:
            await transitions.move(connection, ERRAND, ended["errand_id"], "complete", mover)
        await _move_wish(connection, service, action, mover, rating=rating, thanks=thanks)
    points = await awards.grant(connection, task, claim, mover)
    kind = MessageKind.POINTS_AWARDED if points else MessageKind.CLAIM_VERIFIED
    words = {"title": task["title"], "points": str(points)}
    await messages.tell(connection, [service.claimant_id], kind, service.claim_id, **words)
    if standing is not None:
        await _tell_complaint(connection, service, standing, mover)
    if is_part and terms is not None:
        await waiting.move_up(connection, terms, service.task_id)


async def tick(connection: Connection, service: Service, mover: Mover, minutes: int | None) -> None:
    """Take somebody's having been there for the delivery, and verify it in one go.

    It is of ``minutes``, else of as many as they were there. Raises ``state-conflict``.
    """
    await _count_open_claims(connection, service.claimant_id, -1)
    there = await attendances.count_minutes(connection, service.claim_id, mover, None)
    changes = {"minutes": minutes or there, "done_percent": None, "submitted_at": now()}
    await fulfil(connection, service, "tick", mover, changes=changes)


async def lock_all(connection: Connection, task_id: UUID, claim_ids: Sequence[UUID]) -> list[Record]:
    """Lock all that verifying claims of one task takes, in the one order; return the claims as they are now, by id.

    Whoever locks less of it later finds it locked already.
    """
    await connection.execute(LOCK_COMPLAINT_OF, task_id)
    await connection.execute(LOCK_CLAIMANTS, claim_ids)
    await connection.execute(LOCK_TASK, task_id)
    return list(await connection.fetch(LOCK_CLAIMS, claim_ids))


async def send_back(connection: Connection, service: Service, mover: Mover, reason: str, time: timedelta) -> datetime:
    """Return the delivery to be done again, in so much time from now; return until when."""
    moment = now()
    await _count_open_claims(connection, service.claimant_id, 1)
    changes = {"due_at": moment + time, "remind_at": moment + time / 2}
    await transitions.move(connection, CLAIM, service.claim_id, "return", mover, note=reason, changes=changes)
    await _move_wish(connection, service, "return", mover, reason)
    return moment + time


async def free(
    connection: Connection,
    service: Service,
    action: str,
    mover: Mover,
    reason: str | None = None,
    *,
    terms: Terms | None = None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """End the claim by release, lapse or refusal: the wish can be claimed again, and the first in line has the seat.

    A group that named the claimant keeps the seat as long as it holds its pledge.

    Without ``terms`` nobody moves up: the task itself ends. A lapse is noted with the claimant.
    """
    if action == "lapse":
        await limits.note_lapse(connection, service.claimant_id, service.claim_id)
    elif action != "refuse":  # a refused claim was submitted, and those do not count as open
        await _count_open_claims(connection, service.claimant_id, -1)
    await _count(connection, FREE_SEAT, service.task_id)
    ended = await transitions.move(connection, CLAIM, service.claim_id, action, mover, note=reason, changes=changes)
    if ended["pledge_id"] is not None:
        await seats.take_back(connection, ended["pledge_id"])
    await custody.tell_staff(connection, ended)
    await _move_wish(connection, service, action, mover, reason)
    if terms is not None and not await waiting.move_up(connection, terms, service.task_id):
        await residents.tell_seeking(connection, service.task_id)


async def find_silent(connection: Connection, delivered_before: datetime) -> list[Service]:
    """Return deliveries to which whoever asked for them has said nothing since."""
    return [of(row) for row in await connection.fetch(FIND_SILENT, delivered_before)]


async def find_overdue(connection: Connection, moment: datetime) -> list[Service]:
    """Return claims whose time without a delivery is over."""
    return [of(row) for row in await connection.fetch(FIND_OVERDUE, moment)]


async def _move_wish(
    connection: Connection, service: Service, action: str, mover: Mover, note: str | None = None, **changes: object
) -> None:
    """Move the wish along with its claim; the task of a complaint has none."""
    if service.wish_id is not None:
        moved = await transitions.move(connection, WISH, service.wish_id, action, mover, note=note, changes=changes)
        await _keep_down(connection, moved)


async def _keep_down(connection: Connection, wish: Record) -> bool:
    """End a wish that would be there to be claimed again though its words are hidden; return whether it was."""
    if wish["status"] != "published" or wish["hidden_at"] is None:
        return False
    await transitions.move(connection, WISH, wish["id"], "take_down", transitions.SYSTEM)
    told = [wish["author_id"]]
    await messages.tell(connection, told, MessageKind.WISH_REJECTED, wish["id"], title=wish["title"])
    return True


async def _offer_rest(connection: Connection, service: Service, seats_now: int) -> None:
    """Give an open task, whose row is locked, a seat more; one that calls for nobody any more stays as it is."""
    if seats_now < SEATS_MAX:
        changes = {"seats": seats_now + 1}
        await transitions.find_and_move(
            connection, TASK, service.task_id, "add_seats", transitions.SYSTEM, changes=changes, facts=changes
        )


async def _publish_rest(connection: Connection, service: Service, action: str, mover: Mover, **changes: object) -> None:
    """Publish a wish again of which a part was delivered, and tell the resident unless they do it themselves."""
    if service.wish_id is None:
        return
    changes["published_at"] = now()
    wish = await transitions.move(connection, WISH, service.wish_id, f"{action}_part", mover, changes=changes)
    if not await _keep_down(connection, wish) and wish["author_id"] != mover.id:
        told = [wish["author_id"]]
        await messages.tell(connection, told, MessageKind.WISH_PART_DONE, service.wish_id, title=wish["title"])


async def _lock_complaint(connection: Connection, service: Service) -> str | None:
    """Return the status of the complaint, which stays until the transaction ends; None where the task has none."""
    if service.complaint_id is None:
        return None
    status: str = await connection.fetchval(LOCK_COMPLAINT, service.complaint_id)
    return status


async def _tell_complaint(connection: Connection, service: Service, status: str, mover: Mover) -> None:
    """Tell those of a complaint that helpers helped. Whoever confirmed it is staff to the complaint, not its author."""
    assert service.complaint_id is not None, "its status is known"
    party = Party.SYSTEM if mover.id is None else Party.STAFF
    facts = {"task_id": service.task_id, "claim_id": service.claim_id}
    await transitions.log_act(
        connection, COMPLAINT, service.complaint_id, "helped", Mover(party, mover.id), state=status, facts=facts
    )


async def _count_open_claims(connection: Connection, user_id: UUID, change: int) -> None:
    await _count(connection, COUNT_OPEN_CLAIMS, user_id, change)


async def _count(connection: Connection, statement: str, *arguments: object) -> None:
    """Change a count. Raises ``state-conflict`` when it would go below zero."""
    if await connection.execute(statement, *arguments) == "UPDATE 0":
        raise Problem("state-conflict")
