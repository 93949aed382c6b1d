"""Stays at claimed tasks: who came, when they left, and how many minutes count of it.

Locks the claim before its stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.ids import new_id
from app.domain import check_in
from app.domain.errors import Problem
from app.domain.lifecycles import ATTENDANCE
from app.services import transitions
from app.services.transitions import Mover

# Whoever came second, or whose claim ended meanwhile, leaves nothing.
RECORD = """
    WITH told AS (
        SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::uuid[])
            AS t (id, checked_in_at, planned_end_at, event_id)
    ), held AS (
        SELECT c.id FROM claim c WHERE c.id = ANY($1) AND c.status IN ('active', 'returned')
        ORDER BY c.id FOR NO KEY UPDATE
    ), there AS (
        INSERT INTO attendance (id, status, is_by_staff, distance_m, checked_in_at, planned_end_at, created_at)
        SELECT t.id, 'present', $5, $6, t.checked_in_at, t.planned_end_at, $9
        FROM told t JOIN held h ON h.id = t.id ORDER BY t.id
        ON CONFLICT (id) DO NOTHING RETURNING id
    ), logged AS (
        INSERT INTO event
            (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, facts, created_at)
        SELECT t.event_id, 'attendance', t.id, 'create', NULL, 'present', $7, $8,
            jsonb_build_object('checked_in_at', t.checked_in_at), clock_timestamp()
        FROM told t JOIN there x ON x.id = t.id
    )
    SELECT id FROM there
"""
FIND = """
    SELECT h.id, h.status, h.checked_in_at, h.planned_end_at, h.checked_out_at, t.starts_at, t.ends_at
    FROM claim c JOIN task t ON t.id = c.task_id LEFT JOIN attendance h ON h.id = c.id WHERE c.id = $1
"""
FIND_OVER = """
    SELECT id FROM attendance WHERE status = 'present' AND planned_end_at < $1 ORDER BY planned_end_at LIMIT $2
"""
COLUMNS_SQL = """h.status AS attendance_status, h.is_by_staff, h.distance_m, h.checked_in_at, h.checked_out_at,
        h.is_end_planned"""
"""What a reader sees of the stay ``h`` that belongs to a claim."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came for their claim, and when they have left unless they say so before."""

    claim_id: UUID
    checked_in_at: datetime
    planned_end_at: datetime


async def record(
    connection: Connection, arrivals: Sequence[Arrival], mover: Mover, *, is_by_staff: bool, distance_m: int | None
) -> set[UUID]:
    """Note who came; return the claims that have a stay now and had none. Locks the claims in the order of ids.

    Nobody is noted whose claim has ended, or who came before.
    """
    rows = await connection.fetch(
        RECORD,
        [arrival.claim_id for arrival in arrivals],
        [arrival.checked_in_at for arrival in arrivals],
        [arrival.planned_end_at for arrival in arrivals],
        [new_id() for _ in arrivals],
        is_by_staff,
        distance_m,
        mover.id,
        mover.party,
        now(),
    )
    return {row["id"] for row in rows}


async def leave(connection: Connection, claim_id: UUID, mover: Mover, left_at: datetime) -> None:
    """Note that somebody left. Locks the stay. Raises ``not-checked-in``, ``state-conflict`` when they had left."""
    row = await connection.fetchrow(FIND, claim_id)
    if row is None or row["id"] is None:
        raise Problem("not-checked-in")
    await _end(connection, row, mover, left_at)


async def count_minutes(connection: Connection, claim_id: UUID, mover: Mover, told: int | None) -> int | None:
    """Return how many minutes a delivery is of: as told, else as long as the helper was there; None where nobody knows.

    Who is still there leaves with it. Locks the stay. Raises ``minutes-beyond-window``.
    """
    row = await connection.fetchrow(FIND, claim_id)
    assert row is not None, "the claim is there"
    most = check_in.minutes_most(row["starts_at"], row["ends_at"])
    if told is not None and told > most:
        raise Problem("minutes-beyond-window", facts={"minutes": str(most)})
    if row["id"] is None:
        return told
    left_at = row["checked_out_at"] or await _end(connection, row, mover, now())
    return told or check_in.minutes_there(row["checked_in_at"], left_at, row["starts_at"], row["ends_at"])


async def find_over(connection: Connection, limit: int) -> list[UUID]:
    """Return stays whose planned end is over for so long that its people have forgotten to check out."""
    moment = now() - check_in.FORGOTTEN_AFTER
    return [row["id"] for row in await connection.fetch(FIND_OVER, moment, limit)]


async def close(connection: Connection, claim_id: UUID) -> None:
    """End a stay at its planned end, and mark that. Raises ``state-conflict`` when it has ended."""
    row = await connection.fetchrow(FIND, claim_id)
    assert row is not None, "the claim is there"
    await _close(connection, row)


def view(row: Record) -> dict[str, Any] | None:
    """Return the stay of a claim whose row has ``COLUMNS_SQL`` and the task's window, or None."""
    if row["attendance_status"] is None:
        return None
    left_at = row["checked_out_at"]
    return {
        "checked_in_at": row["checked_in_at"],
        "is_by_staff": row["is_by_staff"],
        "distance_m": row["distance_m"],
        "checked_out_at": left_at,
        "is_end_planned": row["is_end_planned"],
        "minutes": left_at and check_in.minutes_there(row["checked_in_at"], left_at, row["starts_at"], row["ends_at"]),
    }


async def _end(connection: Connection, row: Record, mover: Mover, left_at: datetime) -> datetime:
    """End a stay at ``left_at``, or where its people had forgotten to, as planned; return when they left."""
    if left_at > row["planned_end_at"] + check_in.FORGOTTEN_AFTER:
        return await _close(connection, row)
    changes = {"checked_out_at": max(left_at, row["checked_in_at"])}
    moved = await transitions.move(connection, ATTENDANCE, row["id"], "check_out", mover, changes=changes)
    ended_at: datetime = moved["checked_out_at"]
    return ended_at


async def _close(connection: Connection, row: Record) -> datetime:
    changes = {"checked_out_at": row["planned_end_at"], "is_end_planned": True}
    moved = await transitions.move(connection, ATTENDANCE, row["id"], "close", transitions.SYSTEM, changes=changes)
    ended_at: datetime = moved["checked_out_at"]
    return ended_at
