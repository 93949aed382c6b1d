"""Repeats: the same topic in the same place again and again makes a joint case, and the newest goes up at once.

What another complaint says is compared with what this one says, as in the search for near duplicates. Whatever became
of the others they count, since the problem came back; one person counts once, however often they complain.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.ids import new_id
from app.domain.lifecycles import JOINT_CASE
from app.domain.texts import REPEATED
from app.services import complainants, dictionary, similar, transitions
from app.services.complaints import levels, standing

REPEATS = 3
"""Others who have said the same: a fourth household with one problem is no accident, and two may be one family."""
LATELY = timedelta(days=90)
"""What was said longer ago is another season's: heating and floods come back each year."""
LIKENESS_MIN = 0.3
"""Of two complaints of one topic. Of the made-up pairs that the words were tuned on, nineteen of twenty that mean the
same are as alike as that, and one of 250 at most that do not: three alike by chance do not come together."""
COMPARED_MAX = 200
"""The newest of a grid and category: some ten microseconds each, and ten times that to read what was forgotten."""

# Openings in one grid wait for each other: of two at once the second finds the first. The grid comes before all
# complaints, and these in the order of their ids.
LOCK_GRID = """
    SELECT a.id FROM area a WHERE a.id = (
        SELECT c.area_id FROM complaint c
        WHERE c.id = $1 AND c.status IN ('checking', 'reviewing') AND NOT c.is_confidential
    ) FOR NO KEY UPDATE
"""
COLUMNS = """
    c.id, c.area_id, c.category, c.title, c.body, t.tokens, t.title_tokens, t.beginning
    FROM complaint c LEFT JOIN complaint_text t ON t.complaint_id = c.id
"""
FIND = f"SELECT {COLUMNS} WHERE c.id = $1"
FIND_OTHERS = f"""
    SELECT {COLUMNS}
    WHERE c.area_id = $1 AND c.category = $2 AND c.opened_at > $3 AND c.id <> $4 AND NOT c.is_confidential
    ORDER BY c.opened_at DESC LIMIT {COMPARED_MAX}
"""
OPEN_CASE = """
    INSERT INTO joint_case (id, area_id, category, status, opened_at) VALUES ($1, $2, $3, 'open', $4)
    ON CONFLICT (area_id, category) WHERE status = 'open' DO NOTHING RETURNING id
"""
FIND_CASE = "SELECT id FROM joint_case WHERE area_id = $1 AND category = $2 AND status = 'open'"
JOIN_CASE = "UPDATE complaint SET case_id = $1 WHERE id = ANY($2) AND case_id IS NULL"


@dataclass(frozen=True, slots=True)
class Repeats:
    """The complaints that say the same as one that is about to open, under the category that it has."""

    category: str
    complaint_ids: tuple[UUID, ...]


async def look(connection: Connection, complaint_id: UUID) -> Repeats | None:
    """Return what a complaint repeats that is about to open, or None while that is no pattern.

    Locks its grid and, when there is a pattern, the complaint and those it repeats; nothing else may be locked before.
    """
    area_id = await connection.fetchval(LOCK_GRID, complaint_id)
    if area_id is None:
        return None
    complaint = await connection.fetchrow(FIND, complaint_id)
    others = await connection.fetch(FIND_OTHERS, area_id, complaint["category"], now() - LATELY, complaint_id)
    if len(others) < REPEATS:
        return None
    alike = await _alike(connection, complaint, others)
    if len(set((await complainants.authors_of(connection, alike)).values())) < REPEATS:
        return None
    await standing.lock(connection, complaint_id, *alike)
    return Repeats(complaint["category"], tuple(alike))


async def follow(connection: Connection, complaint: Record, repeats: Repeats | None) -> None:
    """Make a joint case of what the opened ``complaint`` repeats, or add to the one there is, and hand it up a level.

    ``repeats`` is what ``look`` returned in this transaction.
    """
    if repeats is None or complaint["category"] != repeats.category or complaint["is_confidential"]:
        return
    area_id, moment = complaint["area_id"], now()
    case_id = await connection.fetchval(OPEN_CASE, new_id(), area_id, repeats.category, moment)
    if case_id is None:
        case_id = await connection.fetchval(FIND_CASE, area_id, repeats.category)
    else:
        await transitions.log_creation(connection, JOINT_CASE, case_id, transitions.SYSTEM)
    await connection.execute(JOIN_CASE, case_id, [complaint["id"], *repeats.complaint_ids])
    above_id = await levels.find_above(connection, complaint)
    if above_id is not None:
        facts = {"case_id": case_id, "repeats": len(repeats.complaint_ids)}
        await levels.hand_over(
            connection, complaint, "escalate_repeated", transitions.SYSTEM, above_id, REPEATED, facts
        )


async def _alike(connection: Connection, complaint: Record, others: Sequence[Record]) -> list[UUID]:
    """Return which of the others say much the same; found in a thread, since hundreds take a while."""
    await dictionary.ready()
    reading = similar.reading_of(complaint)
    rarity = await similar.rarity(connection, complaint["area_id"], reading.tokens)

    def compare() -> list[UUID]:
        return [
            other["id"]
            for other in others
            if similar.likeness_of(reading, similar.reading_of(other), rarity) >= LIKENESS_MIN
        ]

    return await asyncio.to_thread(compare)
