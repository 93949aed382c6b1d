"""Loans: people who count in another grid for a time. Each ends by itself, or sooner by either side."""

from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import LOAN
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# $1 are the areas where the caller acts as staff: either side's staff see a loan.
VIEW = """
    SELECT l.id, l.hat, l.from_area_id, giver.name AS from_name, l.to_area_id, taker.name AS to_name, l.since, l.until,
        l.status, p.user_id, u.nickname, giver.lineage && $1::uuid[] OR taker.lineage && $1::uuid[] AS in_scope
    FROM loan l JOIN person p ON p.id = l.person_id LEFT JOIN "user" u ON u.id = p.user_id
    JOIN area giver ON giver.id = l.from_area_id JOIN area taker ON taker.id = l.to_area_id
"""
GET = f"{VIEW} WHERE l.id = $2"
LIST = f"""
    {VIEW} WHERE (
        (giver.lineage @> ARRAY[$2::uuid] AND giver.lineage && $1::uuid[])
        OR (taker.lineage @> ARRAY[$2::uuid] AND taker.lineage && $1::uuid[])
    ) AND l.status = $3 AND l.id < $4 ORDER BY l.id DESC LIMIT $5
"""
LIST_OWN = f"{VIEW} WHERE p.user_id = $2 AND l.id < $3 ORDER BY l.id DESC LIMIT $4"
FIND_BETWEEN = """
    SELECT id, since, until FROM loan WHERE status = 'running' AND (
        from_area_id = $1 AND to_area_id = $2 OR from_area_id = $2 AND to_area_id = $1
    ) ORDER BY id FOR UPDATE
"""
FIND_OF = "SELECT id, since, until FROM loan WHERE person_id = $1 AND status = 'running' FOR UPDATE"
# Whoever has left is not lent from that moment on, whenever it is noticed.
FIND_DUE = """
    SELECT l.id, l.since, least(l.until, left_at.until) AS until FROM loan l LEFT JOIN LATERAL (
        SELECT s.until FROM stay s
        WHERE s.person_id = l.person_id AND s.hat = l.hat AND s.area_id = l.from_area_id
        ORDER BY s.since DESC LIMIT 1
    ) AS left_at ON true
    WHERE l.status = 'running' AND (
        l.until <= $1
        OR NOT EXISTS (
            SELECT FROM stay s
            WHERE s.person_id = l.person_id AND s.hat = l.hat AND s.area_id = l.from_area_id AND s.until IS NULL
        )
    ) ORDER BY l.id LIMIT $2
"""


async def end(connection: Connection, caller: Caller, loan_id: UUID) -> None:
    """End a loan now, as the person lent or as staff of either grid. Raises ``not-found``, ``state-conflict``."""
    row = await _find(connection, caller, loan_id)
    party = transitions.permit(LOAN, row["status"], "end", _parties(row, caller))
    changes = {"until": _sooner(row)}
    await transitions.move(connection, LOAN, loan_id, "end", Mover(party, caller.id), changes=changes)


async def find_due(connection: Connection, limit: int) -> list[Record]:
    """Return loans that are over, or whose person is not of the lending grid any more, and until when they ran."""
    rows: list[Record] = await connection.fetch(FIND_DUE, now(), limit)
    return rows


async def expire(connection: Connection, due: Record) -> None:
    """End a loan that is due. Raises ``state-conflict``."""
    changes = {"until": _sooner(due)}
    await transitions.move(connection, LOAN, due["id"], "expire", transitions.SYSTEM, changes=changes)


async def end_between(connection: Connection, one_id: UUID, other_id: UUID, mover: Mover) -> int:
    """End the loans between two grids; return how many. Locks them in the order of ids."""
    return await _end_all(connection, await connection.fetch(FIND_BETWEEN, one_id, other_id), mover)


async def end_of(connection: Connection, person_id: UUID, mover: Mover) -> None:
    """End the loan of somebody, if there is one. Locks it."""
    await _end_all(connection, await connection.fetch(FIND_OF, person_id), mover)


async def get(reads: Reads, caller: Caller, loan_id: UUID) -> dict[str, Any]:
    """Return a loan, to the person lent and to staff of either grid. Raises ``not-found`` (I8)."""
    return _view(await _find(reads, caller, loan_id), caller)


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the loans from and to grids of an area, as far as the grid lies in the caller's areas, newest first."""
    filters = ("loans", area_id, status)
    rows = await reads.fetch(LIST, caller.scope(Role.STAFF), area_id, status, request.below(*filters), request.rows)
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the caller's own loans, newest first."""
    rows = await reads.fetch(LIST_OWN, [], caller.id, request.below("own-loans"), request.rows)
    return page(rows, request, lambda row: _view(row, caller), "own-loans")


async def _end_all(connection: Connection, rows: list[Record], mover: Mover) -> int:
    for row in rows:
        await transitions.move(connection, LOAN, row["id"], "end", mover, changes={"until": _sooner(row)})
    return len(rows)


async def _find(reads: Reads, caller: Caller, loan_id: UUID) -> Record:
    row = await reads.fetchrow(GET, caller.scope(Role.STAFF), loan_id)
    if row is None or not _parties(row, caller):
        raise Problem("not-found")
    return row


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_application(caller, applicant_id=row["user_id"], in_scope=row["in_scope"], decider=Party.STAFF)


def _sooner(row: Record) -> datetime:
    """Return when a loan ends that ends now; clocks of two machines may differ, but no loan ends before it began."""
    sooner: datetime = max(row["since"], min(row["until"], now()))
    return sooner


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    kept = ("id", "nickname", "hat", "since", "until", "status")
    return {
        **{name: row[name] for name in kept},
        "from_area": {"id": row["from_area_id"], "name": row["from_name"]},
        "to_area": {"id": row["to_area_id"], "name": row["to_name"]},
        "actions": LOAN.actions(row["status"], _parties(row, caller)),
    }
