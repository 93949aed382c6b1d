"""Moving things along their lifecycles: the one door through which a status changes, its event with it (I7).

A note is stored without the numbers of people that somebody wrote into it (I12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record
from pydantic_core import to_json

from app.core.ids import new_id
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import CHECK_MOVES, CONTENT_CHECK
from app.domain.shielding import mask_text

# The time of an event is read after the row is locked, by one clock: the order of times is the order of changes.
LOG_EVENT = """
    INSERT INTO event
        (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, note, facts, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())
"""
LOG_CREATIONS = """
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
    SELECT made.id, $3, made.subject_id, 'create', $4, $5, $6, clock_timestamp()
    FROM unnest($1::uuid[], $2::uuid[]) AS made (id, subject_id)
"""

LOG_EVENTS = """
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, facts, created_at)
    SELECT told.id, $1, told.subject_id, told.action, told.from_state, told.to_state, $2, $3, told.facts::jsonb,
        clock_timestamp()
    FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[])
        AS told (id, subject_id, action, from_state, to_state, facts)
"""

# A statement of its own after the move: the check that a job wrote while this waited for the thing's row is there now.
SETTLE = """
    WITH standing AS (
        SELECT id, status FROM content_check
        WHERE subject_kind = $1 AND subject_id = $2 AND part = $3 AND status = ANY($4) ORDER BY id FOR UPDATE
    ), settled AS (
        UPDATE content_check x SET status = $5, decided_by = $6, decided_at = clock_timestamp(), note = $7
        FROM standing WHERE x.id = standing.id RETURNING x.id, standing.status AS from_status
    )
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, note, created_at)
    SELECT uuid_v7(), 'content_check', id, $8, from_status, $5, $6, $9, $7, clock_timestamp() FROM settled
"""


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves something, and in which part; no id when a job does."""

    party: Party
    id: UUID | None = None


SYSTEM = Mover(Party.SYSTEM)
READERS = frozenset({Party.STAFF, Party.ALLIANCE})
"""Who decides on words that wait for people."""


def permit(lifecycle: Lifecycle, state: str, action: str, parties: frozenset[Party]) -> Party:
    """Return the part in which ``parties`` may take ``action`` from ``state``.

    Raises ``own-interest`` when the caller's own interest stands against it, ``not-allowed`` when no part of theirs
    ever may, ``state-conflict`` when they might in another state.
    """
    able = lifecycle.parties_for(action) & parties
    if not able:
        interested = parties & {Party.AUTHOR, Party.JOINER, Party.CLAIMANT}
        raise Problem("own-interest" if interested else "not-allowed")
    row = lifecycle.find(state, action)
    if row is None or not row.who & able:
        raise Problem("state-conflict")
    return min(row.who & able)


async def move(
    connection: Connection,
    lifecycle: Lifecycle,
    subject_id: UUID,
    action: str,
    mover: Mover,
    *,
    note: str | None = None,
    changes: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Record:
    """Take ``action``: one conditional UPDATE from the table's sources with ``changes``, and its event with ``facts``.

    Returns the row as it stands after. Locks that row. Raises ``state-conflict`` when somebody moved it first.
    """
    row = await find_and_move(connection, lifecycle, subject_id, action, mover, note=note, changes=changes, facts=facts)
    if row is None:
        raise Problem("state-conflict")
    return row


async def find_and_move(
    connection: Connection,
    lifecycle: Lifecycle,
    subject_id: UUID,
    action: str,
    mover: Mover,
    *,
    note: str | None = None,
    changes: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    where: str = "true",
) -> Record | None:
    """Do what ``move`` does, but return None when the thing is not in a state to be moved.

    ``where`` is SQL of the code's own that must hold of the row (alias ``x``) as well. When others may change at the
    same time what it reads from other rows, lock the row before.
    """
    rows = [row for row in lifecycle.transitions if row.action == action and mover.party in row.who]
    assert rows, f"{mover.party} never takes {action}"
    sources = [source for row in rows for source in row.sources]
    target = rows[0].target
    assert all(row.target == target for row in rows), "one action leads to one state"
    changes = changes or {}
    columns = "".join(f", {column} = ${index}" for index, column in enumerate(changes, start=11))
    statement = f"""
        WITH old AS (
            SELECT id, status FROM {lifecycle.subject} x WHERE id = $1 AND status = ANY($2) AND {where} FOR UPDATE
        ), moved AS (
            UPDATE {lifecycle.subject} AS x SET status = $3{columns} FROM old WHERE x.id = old.id
            RETURNING x.*, old.status AS from_status
        ), logged AS (
            INSERT INTO event
                (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, note, facts, created_at)
            SELECT $4::uuid, $5::text, id, $6::text, from_status, $3, $7::uuid, $8::text, $9::text, $10::jsonb,
                clock_timestamp()
            FROM moved
        )
        SELECT * FROM moved
    """
    moved = await connection.fetchrow(
        statement,
        subject_id,
        sources,
        target,
        new_id(),
        lifecycle.subject,
        action,
        mover.id,
        mover.party,
        note and mask_text(note),
        facts_json(facts),
        *changes.values(),
    )
    settling = CHECK_MOVES.get(lifecycle.subject, {}).get(action)
    if moved is not None and settling is not None:
        part, settled_by = settling
        if settled_by == "reject" and mover.party not in READERS:
            settled_by = "drop"
        await settle_checks(connection, lifecycle.subject, subject_id, part, settled_by, mover, note=note)
    return moved


async def settle_checks(
    connection: Connection,
    subject_kind: str,
    subject_id: UUID,
    part: CheckedPart,
    action: str,
    mover: Mover,
    *,
    note: str | None = None,
) -> bool:
    """Move every open content check of a part of a thing, whose row is locked, by ``action``; return whether any was.

    Who decides about the thing has decided about its words. Locks those checks.
    """
    [row] = [row for row in CONTENT_CHECK.transitions if row.action == action]
    settled: str = await connection.execute(
        SETTLE,
        subject_kind,
        subject_id,
        part,
        row.sources,
        row.target,
        mover.id,
        note and mask_text(note),
        action,
        mover.party,
    )
    return settled != "INSERT 0 0"


async def log_creation(
    connection: Connection,
    lifecycle: Lifecycle,
    subject_id: UUID,
    mover: Mover,
    *,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Append the event that ``subject_id`` came to be, in the lifecycle's first state."""
    await log(connection, lifecycle.subject, subject_id, "create", lifecycle.initial, mover, facts=facts)


async def log_creations(
    connection: Connection, lifecycle: Lifecycle, subject_ids: Sequence[UUID], mover: Mover
) -> None:
    """Append the events that all of these came to be, in the lifecycle's first state."""
    await connection.execute(
        LOG_CREATIONS,
        [new_id() for _ in subject_ids],
        subject_ids,
        lifecycle.subject,
        lifecycle.initial,
        mover.id,
        mover.party,
    )


async def log_act(
    connection: Connection,
    lifecycle: Lifecycle,
    subject_id: UUID,
    action: str,
    mover: Mover,
    *,
    state: str,
    note: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Append the event of an act that leaves ``subject_id`` in the ``state`` in which it is, whose row is locked."""
    await log(connection, lifecycle.subject, subject_id, action, state, mover, from_state=state, note=note, facts=facts)


async def log(
    connection: Connection,
    subject_kind: str,
    subject_id: UUID,
    action: str,
    to_state: str,
    mover: Mover,
    *,
    from_state: str | None = None,
    note: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Append an event of something that has no lifecycle."""
    await connection.execute(
        LOG_EVENT,
        new_id(),
        subject_kind,
        subject_id,
        action,
        from_state,
        to_state,
        mover.id,
        mover.party,
        note and mask_text(note),
        facts_json(facts),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What the event of one of many things tells."""

    subject_id: UUID
    action: str
    to_state: str
    from_state: str | None = None
    facts: Mapping[str, Any] | None = None


async def log_many(connection: Connection, subject_kind: str, mover: Mover, told: Sequence[Told]) -> None:
    """Append the events of many things of one kind, in one statement, in the transaction that changes them."""
    await connection.execute(
        LOG_EVENTS,
        subject_kind,
        mover.id,
        mover.party,
        [new_id() for _ in told],
        [event.subject_id for event in told],
        [event.action for event in told],
        [event.from_state for event in told],
        [event.to_state for event in told],
        [facts_json(event.facts) for event in told],
    )


def facts_json(facts: Mapping[str, Any] | None) -> str | None:
    """Return the facts of an event as they are stored: times in ISO 8601, ids as text."""
    return to_json(facts).decode() if facts is not None else None
