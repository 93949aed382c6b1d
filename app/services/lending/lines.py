"""The lines of lending plans: staff take or leave each, and as long as people are missing, others are asked."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import today
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import Hat
from app.domain.lifecycle import Party
from app.domain.lifecycles import LENDING_LINE
from app.services import transitions
from app.services.lending import plans, requests
from app.services.pages import PageRequest, page
from app.services.strength import HATS, NOW
from app.services.transitions import Mover

IS_DISPLACED = """(
    giver.closed_at IS NOT NULL OR taker.closed_at IS NOT NULL
    OR NOT (giver.lineage @> ARRAY[p.area_id] AND taker.lineage @> ARRAY[p.area_id])
)"""
"""Whether one of a line's grids lies in the plan's area no more."""
IS_OVER = f"(p.until < $1::date OR {IS_DISPLACED})"
"""Whether a plan's time is over for a line, or one of its grids is gone from the plan's area; $1 is today."""
ASKED = """
    asked AS (
        SELECT l.from_area_id, l.to_area_id, l.hat,
            l.people - (SELECT count(*) FROM loan_request r WHERE r.line_id = l.id AND r.status = 'agreed') AS people
        FROM lending_line l WHERE l.status = 'asking'
    )
"""
"""Whom accepted lines still ask for: they count as lent already, so that no two lines count on the same people."""

# Of a line ``x`` whose two areas are locked, against all that was agreed and accepted before.
IS_STILL_RIGHT = f"""EXISTS (
    WITH place AS (SELECT id FROM area WHERE id IN (x.from_area_id, x.to_area_id)),
    moments AS (SELECT 1 AS n, clock_timestamp() AS at), {NOW}, {ASKED}
    SELECT FROM lending_plan p
    JOIN area giver ON giver.id = x.from_area_id JOIN area taker ON taker.id = x.to_area_id
    JOIN judged has ON has.id = giver.id JOIN judged lacks ON lacks.id = taker.id
    WHERE p.id = x.plan_id AND NOT {IS_DISPLACED}
        AND x.people <= least(has.{{plural}} - has.{{plural}}_required, has.{{plural}} - has.{{plural}}_borrowed)
            - coalesce((SELECT sum(people) FROM asked WHERE from_area_id = giver.id AND hat = x.hat), 0)
        AND x.people <= lacks.{{plural}}_short
            - coalesce((SELECT sum(people) FROM asked WHERE to_area_id = taker.id AND hat = x.hat), 0)
)"""
"""Whether the lending grid can spare a line's people still, and the other one lacks them; format it with the hat's
``plural``."""
LOCK_GRIDS = "SELECT FROM area WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"

VIEW = f"""
    SELECT l.*, giver.name AS from_name, taker.name AS to_name, {IS_OVER} AS is_over,
        (SELECT count(*) FROM loan_request r WHERE r.line_id = l.id AND r.status = 'agreed') AS agreed
    FROM lending_line l JOIN lending_plan p ON p.id = l.plan_id JOIN area a ON a.id = p.area_id
    JOIN area giver ON giver.id = l.from_area_id JOIN area taker ON taker.id = l.to_area_id
"""
GET = f"{VIEW} WHERE l.id = $2 AND l.plan_id = $3 AND a.lineage && $4::uuid[]"
LIST = f"{VIEW} WHERE l.plan_id = $2 AND ($3::text IS NULL OR l.status = $3) AND l.id > $4 ORDER BY l.id LIMIT $5"
FIND_OVER = f"""
    SELECT l.id FROM lending_line l JOIN lending_plan p ON p.id = l.plan_id
    JOIN area giver ON giver.id = l.from_area_id JOIN area taker ON taker.id = l.to_area_id
    WHERE l.status IN ('proposed', 'asking') AND {IS_OVER} ORDER BY l.id LIMIT $2
"""
FIND_DISPLACED = f"""
    SELECT l.id FROM lending_line l JOIN lending_plan p ON p.id = l.plan_id
    JOIN area giver ON giver.id = l.from_area_id JOIN area taker ON taker.id = l.to_area_id
    WHERE l.status IN ('proposed', 'asking') AND {IS_DISPLACED} ORDER BY l.id
"""
FIND_ASKING = "SELECT id FROM lending_line WHERE status = 'asking' AND id > $1 ORDER BY id LIMIT $2"


async def accept(connection: Connection, caller: Caller, plan_id: UUID, line_id: UUID) -> None:
    """Accept a line as long as it is right: people of the lending grid are asked.

    Raises ``not-found`` outside the caller's areas (I8), ``state-conflict``, ``lending-line-stale`` when by now the one
    grid has not so many to spare, or the other lacks fewer. Locks both areas in the order of ids, so that of two lines
    which count on the same people the second finds what the first left, then the line.
    """
    row = await _find(connection, caller, plan_id, line_id)
    party = transitions.permit(LENDING_LINE, row["status"], "accept", frozenset({Party.STAFF}))
    if row["is_over"]:
        raise Problem("state-conflict")
    await connection.execute(LOCK_GRIDS, [row["from_area_id"], row["to_area_id"]])
    is_still_right = IS_STILL_RIGHT.format(plural=HATS[Hat(row["hat"])])
    accepted = await transitions.find_and_move(
        connection, LENDING_LINE, line_id, "accept", Mover(party, caller.id), where=is_still_right
    )
    if accepted is None:
        row = await _find(connection, caller, plan_id, line_id)
        raise Problem("lending-line-stale" if row["status"] == "proposed" else "state-conflict")
    await requests.ask(connection, line_id)


async def refuse(connection: Connection, caller: Caller, plan_id: UUID, line_id: UUID) -> None:
    """Leave a line. Raises ``not-found`` (I8), ``state-conflict``. Locks the line's row."""
    await _move(connection, caller, plan_id, line_id, "refuse")


async def stop(connection: Connection, caller: Caller, plan_id: UUID, line_id: UUID) -> None:
    """Ask nobody for a line any more. Raises ``not-found`` (I8), ``state-conflict``. Locks the line, then requests."""
    await _move(connection, caller, plan_id, line_id, "stop")
    await requests.withdraw_open(connection, line_id)


async def get(reads: Reads, caller: Caller, plan_id: UUID, line_id: UUID) -> dict[str, Any]:
    """Return one line, to the staff of the plan's area. Raises ``not-found`` (I8)."""
    return _view(await _find(reads, caller, plan_id, line_id))


async def list_of_plan(
    reads: Reads, caller: Caller, plan_id: UUID, status: str | None, request: PageRequest
) -> dict[str, Any]:
    """Return the lines of a plan, by hat and grids. Raises ``not-found`` (I8)."""
    filters = ("lending-lines", plan_id, status)
    last_id = request.above(*filters)
    await plans.require_visible(reads, caller, plan_id)
    rows = await reads.fetch(LIST, today(), plan_id, status, last_id, request.rows)
    return page(rows, request, _view, *filters)


async def find_over(connection: Connection, limit: int) -> list[UUID]:
    """Return live lines for whose loans there is no time or no place any more."""
    return [row["id"] for row in await connection.fetch(FIND_OVER, today(), limit)]


async def lapse(connection: Connection, line_id: UUID) -> None:
    """End a line that is over unless it has ended, and ask nobody for it any more. Locks the line's row."""
    if await transitions.find_and_move(connection, LENDING_LINE, line_id, "lapse", transitions.SYSTEM):
        await requests.withdraw_open(connection, line_id)


async def lapse_displaced(connection: Connection) -> None:
    """End the lines of which a grid lies in the plan's area no more. Locks them in the order of ids."""
    for row in await connection.fetch(FIND_DISPLACED):
        await lapse(connection, row["id"])


async def find_asking(reads: Reads, above: UUID, limit: int) -> list[UUID]:
    """Return lines for which people are asked, in the order of ids."""
    return [row["id"] for row in await reads.fetch(FIND_ASKING, above, limit)]


async def _move(connection: Connection, caller: Caller, plan_id: UUID, line_id: UUID, action: str) -> None:
    row = await _find(connection, caller, plan_id, line_id)
    party = transitions.permit(LENDING_LINE, row["status"], action, frozenset({Party.STAFF}))
    await transitions.move(connection, LENDING_LINE, line_id, action, Mover(party, caller.id))


async def _find(reads: Reads, caller: Caller, plan_id: UUID, line_id: UUID) -> Record:
    row = await reads.fetchrow(GET, today(), line_id, plan_id, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("not-found")
    return row


def _view(row: Record) -> dict[str, Any]:
    actions = LENDING_LINE.actions(row["status"], frozenset({Party.STAFF}))
    kept = ("id", "hat", "people", "skilled", "reachable", "distance_m", "is_distance_assumed", "status", "agreed")
    return {
        **{name: row[name] for name in kept},
        "from_area": {"id": row["from_area_id"], "name": row["from_name"]},
        "to_area": {"id": row["to_area_id"], "name": row["to_name"]},
        "actions": [action for action in actions if not (action == "accept" and row["is_over"])],
    }
