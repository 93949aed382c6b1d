"""A wish, its task and the claim on it move together; locks in one order: user, task, claim, wish, ledger accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.domain.errors import Problem
from app.domain.lifecycles import CLAIM, TASK, WISH
from app.services import awards, transitions
from app.services.transitions import Mover

# Both come before the claim is moved, to keep the order of locks: a count that is down already says that somebody else
# ended the claim first.
COUNT_OPEN_CLAIMS = 'UPDATE "user" SET open_claims = open_claims + $2 WHERE id = $1 AND open_claims + $2 >= 0'
FREE_SEAT = "UPDATE task SET seats_taken = seats_taken - 1 WHERE id = $1 AND seats_taken > 0"
FIND_SILENT = """
    SELECT w.id AS wish_id, t.id AS task_id, c.id AS claim_id, c.user_id AS claimant_id
    FROM wish w JOIN task t ON t.wish_id = w.id JOIN claim c ON c.task_id = t.id AND c.status = 'submitted'
    WHERE w.status = 'delivered' AND w.delivered_at < $1 ORDER BY w.delivered_at LIMIT 500
"""
FIND_OVERDUE = """
    SELECT t.wish_id, t.id AS task_id, c.id AS claim_id, c.user_id AS claimant_id
    FROM claim c JOIN task t ON t.id = c.task_id
    WHERE c.status IN ('active', 'returned') AND c.due_at < $1 ORDER BY c.due_at LIMIT 500
"""


@dataclass(frozen=True, slots=True)
class Service:
    """One claim at work on the task of one wish."""

    wish_id: UUID
    task_id: UUID
    claim_id: UUID
    claimant_id: UUID


def of(row: Record) -> Service:
    """Return the service that a row with these columns tells of; a wish's own row calls its id ``id``."""
    wish_id = row["wish_id"] if "wish_id" in row.keys() else row["id"]  # noqa: SIM118 - a Record iterates over values
    return Service(wish_id, row["task_id"], row["claim_id"], row["claimant_id"])


async def deliver(connection: Connection, service: Service, mover: Mover, note: str, minutes: int | None) -> None:
    """Say that the work is done, and how long it took; it no longer counts against the claimant's limit."""
    moment = now()
    await _count_open_claims(connection, service.claimant_id, -1)
    changes = {"note": note, "minutes": minutes, "submitted_at": moment}
    await transitions.move(connection, CLAIM, service.claim_id, "submit", mover, changes=changes)
    await transitions.move(connection, WISH, service.wish_id, "deliver", mover, changes={"delivered_at": moment})


async def fulfil(
    connection: Connection,
    service: Service,
    action: str,
    mover: Mover,
    *,
    rating: int | None = None,
    thanks: str | None = None,
) -> None:
    """Verify the claim, close the task, fulfil the wish and award the points, all or nothing."""
    moment = await awards.begin(connection, service.claimant_id)
    task = await transitions.move(connection, TASK, service.task_id, "close", mover)
    claim = await transitions.move(connection, CLAIM, service.claim_id, action, mover)
    await transitions.move(
        connection, WISH, service.wish_id, action, mover, changes={"rating": rating, "thanks": thanks}
    )
    await awards.grant(connection, task, claim, mover, moment)


async def send_back(connection: Connection, service: Service, mover: Mover, reason: str, due_at: datetime) -> None:
    """Return the delivery to be done again, with a new deadline."""
    await _count_open_claims(connection, service.claimant_id, 1)
    await transitions.move(
        connection, CLAIM, service.claim_id, "return", mover, note=reason, changes={"due_at": due_at}
    )
    await transitions.move(connection, WISH, service.wish_id, "return", mover, note=reason)


async def free(connection: Connection, service: Service, action: str, mover: Mover, reason: str | None = None) -> None:
    """End the claim by release, lapse or refusal: the seat is free and the wish can be claimed again."""
    if action != "refuse":  # a refused claim was submitted, and those do not count as open
        await _count_open_claims(connection, service.claimant_id, -1)
    await _count(connection, FREE_SEAT, service.task_id)
    await transitions.move(connection, CLAIM, service.claim_id, action, mover, note=reason)
    await transitions.move(connection, WISH, service.wish_id, action, mover, note=reason)


async def find_silent(connection: Connection, delivered_before: datetime) -> list[Service]:
    """Return deliveries to which the resident has said nothing since."""
    return [of(row) for row in await connection.fetch(FIND_SILENT, delivered_before)]


async def find_overdue(connection: Connection, moment: datetime) -> list[Service]:
    """Return claims whose time without a delivery is over."""
    return [of(row) for row in await connection.fetch(FIND_OVERDUE, moment)]


async def _count_open_claims(connection: Connection, user_id: UUID, change: int) -> None:
    await _count(connection, COUNT_OPEN_CLAIMS, user_id, change)


async def _count(connection: Connection, statement: str, *arguments: object) -> None:
    """Change a count. Raises ``state-conflict`` when it would go below zero."""
    if await connection.execute(statement, *arguments) == "UPDATE 0":
        raise Problem("state-conflict")
