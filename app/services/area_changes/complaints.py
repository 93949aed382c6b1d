"""Complaints of an area that moves or goes: where they are counted as open, who has to act, which case they are of.

A deadline that was promised stays, whoever has to keep it.
"""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.ids import new_id
from app.core.queue import order
from app.domain import area_tree
from app.domain.kinds import AreaKind
from app.domain.lifecycles import COMPLAINT, JOINT_CASE
from app.services import transitions
from app.services.area_changes.belongings import OPEN_COMPLAINT_STATES
from app.services.area_changes.following import LOG, Destinations, pieces
from app.services.transitions import Mover

PLACE_TEXTS = "place_complaint_texts"

LOCK_OPEN = """
    SELECT x.id, x.area_id, x.handler_id, x.longitude, x.latitude, a.lineage
    FROM complaint x JOIN area a ON a.id = x.area_id
    WHERE a.lineage && $2::uuid[] AND $1 IN (x.area_id, x.handler_id) AND x.status = ANY($3)
    ORDER BY x.id FOR NO KEY UPDATE OF x
"""
LOCK_STRANDED = """
    SELECT x.id, x.area_id, x.handler_id FROM complaint x JOIN area a ON a.id = x.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND x.handler_id <> ALL(a.lineage) AND x.status = ANY($2)
    ORDER BY x.id FOR NO KEY UPDATE OF x
"""
KINDS = "SELECT id, kind FROM area WHERE id = ANY($1)"
_SEND = """
    WITH gone AS (
        UPDATE complaint x SET {changes} FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[])
            AS go (id, area_id, handler_id, event_id)
        WHERE x.id = go.id RETURNING x.id, go.event_id, x.status AS state, {facts} AS facts
    ) {log}
"""
SEND = _SEND.format(
    changes="area_id = go.area_id, handler_id = go.handler_id",
    facts="jsonb_build_object('area_id', go.area_id, 'handler_id', go.handler_id)",
    log=LOG,
)
HAND = _SEND.format(
    changes="handler_id = go.handler_id", facts="jsonb_build_object('handler_id', go.handler_id)", log=LOG
)
CASES = """
    SELECT id, category, opened_at FROM joint_case WHERE area_id = $1 AND status = 'open' ORDER BY id FOR NO KEY UPDATE
"""
GROUPS = """
    SELECT area_id, array_agg(id ORDER BY id) AS ids FROM complaint WHERE case_id = $1 AND area_id = ANY($2)
    GROUP BY area_id ORDER BY area_id
"""
FIND_CASE = "SELECT id FROM joint_case WHERE area_id = $1 AND category = $2 AND status = 'open' FOR NO KEY UPDATE"
OPEN_CASE = "INSERT INTO joint_case (id, area_id, category, status, opened_at) VALUES ($1, $2, $3, 'open', $4)"
JOIN_CASE = "UPDATE complaint SET case_id = $1 WHERE id = ANY($2)"
PLACE = """
    WITH misplaced AS (
        SELECT t.complaint_id, a.lineage FROM area a JOIN complaint c ON c.area_id = a.id
        JOIN complaint_text t ON t.complaint_id = c.id
        WHERE a.lineage @> ARRAY[$1::uuid] AND t.lineage <> a.lineage LIMIT $2
    ), placed AS (
        UPDATE complaint_text t SET lineage = m.lineage FROM misplaced m WHERE m.complaint_id = t.complaint_id
        RETURNING true
    ) SELECT count(*) FROM placed
"""
Going = tuple[UUID, UUID, UUID]
"""A complaint, its area and its handler."""


async def send_open(connection: Connection, to: Destinations, mover: Mover) -> int:
    """Send on the open complaints that lie in the closed area or wait for it; return how many.

    What hangs below is there already: a complaint of it goes to whoever it hangs below now. Locks the complaints.
    """
    scope = [to.source_id, *to.part_ids]
    rows = await connection.fetch(LOCK_OPEN, to.source_id, scope, list(OPEN_COMPLAINT_STATES))
    going: list[Going] = []
    for row in rows:
        area_id = row["area_id"]
        if area_id == to.source_id:
            area_id = to.at(row["longitude"], row["latitude"])
            above = area_id
        else:
            above = next((step for step in reversed(row["lineage"]) if step in to.part_ids), to.default_id)
        going.append((row["id"], area_id, above if row["handler_id"] == to.source_id else row["handler_id"]))
    await _send(connection, going, mover, SEND)
    return len(going)


async def hand_to_those_above(
    connection: Connection, area_id: UUID, formerly_above: Sequence[UUID], above: Sequence[UUID], mover: Mover
) -> int:
    """Give what an area at or below ``area_id`` had handed up to its like above the new place; return how many went.

    ``formerly_above`` and ``above`` lead from the root to the old and the new place. Locks the complaints.
    """
    found = await connection.fetch(KINDS, [*formerly_above, *above])
    kinds = {row["id"]: AreaKind(row["kind"]) for row in found}
    lineage = [(step, kinds[step]) for step in above]
    rows = await connection.fetch(LOCK_STRANDED, area_id, list(OPEN_COMPLAINT_STATES))
    going = [(row["id"], row["area_id"], area_tree.counterpart(kinds[row["handler_id"]], lineage)) for row in rows]
    await _send(connection, going, mover, HAND)
    return len(going)


async def send_cases(connection: Connection, to: Destinations, mover: Mover, reason: str) -> int:
    """Close the joint cases of the closed area and make what is open of each a case where it went; return how many.

    Finished complaints stay in the case that they were in.
    """
    cases = await connection.fetch(CASES, to.source_id)
    for case in cases:
        for group in await connection.fetch(GROUPS, case["id"], list(to.part_ids)):
            case_id = await connection.fetchval(FIND_CASE, group["area_id"], case["category"])
            if case_id is None:
                case_id = new_id()
                await connection.execute(OPEN_CASE, case_id, group["area_id"], case["category"], case["opened_at"])
                await transitions.log_creation(connection, JOINT_CASE, case_id, mover, facts={"follows": case["id"]})
            await connection.execute(JOIN_CASE, case_id, group["ids"])
        await transitions.move(
            connection, JOINT_CASE, case["id"], "close", mover, note=reason, changes={"closed_at": now()}
        )
    return len(cases)


async def put(connection: Connection, complaint: Record, area_id: UUID, handler_id: UUID, mover: Mover) -> None:
    """Put one locked complaint into an area, for another one to act on."""
    statement = HAND if area_id == complaint["area_id"] else SEND
    await _send(connection, [(complaint["id"], area_id, handler_id)], mover, statement)
    await order_texts(connection, area_id)


async def order_texts(connection: Connection, area_id: UUID) -> None:
    """Have what complaints say be found at their new place; there are many of them, so a job does it."""
    await order(connection, PLACE_TEXTS, area_id)


async def place_texts(connection: Connection, area_id: UUID, limit: int) -> int:
    """Let complaints of an area and all below be found by their words where they are now; return of how many."""
    return int(await connection.fetchval(PLACE, area_id, limit))


async def _send(connection: Connection, going: Sequence[Going], mover: Mover, statement: str) -> None:
    for piece in pieces(going):
        ids, area_ids, handler_ids = (list(column) for column in zip(*piece, strict=True))
        event_ids = [new_id() for _ in piece]
        await connection.execute(
            statement, COMPLAINT.subject, mover.id, mover.party, ids, area_ids, handler_ids, event_ids
        )
