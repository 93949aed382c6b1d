"""Patrol: a share of what machines alone let through is looked at by people the day after; it stands until one says no.

Source: 内容安全解决方案 (WeChat's advice not to rely on its checks alone, but to sample what passed).
"""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from app.core.db import Reads
from app.core.ids import lowest_id_at
from app.domain.lifecycles import CONTENT_CHECK
from app.services import transitions
from app.services.reviews.queue import KINDS

# Of each kind, what a machine judged in a time and what still stands as it was judged: in the order of a hash, which
# nobody chooses and which is the same whenever it is asked for, so that a second round takes none more. Places are the
# areas above the things, communities as a rule: of each, one is looked at at least.
BRANCH = """
    SELECT k.id, coalesce(a.parent_id, a.id) AS place,
        k.status = 'passed' AND k.decided_by IS NULL AND {sampled} AND NOT EXISTS (
            SELECT FROM content_check later
            WHERE later.subject_id = k.subject_id AND later.part = k.part AND later.id > k.id
        ) AS is_standing
    FROM content_check k {rows}
    WHERE k.subject_kind = '{subject}' AND k.part = '{part}' AND k.suggest = 'pass' AND k.found = '{{}}'
        AND k.id >= $1 AND k.id < $2 AND k.status IN ('passed', 'sampled', 'rejected')
"""
FIND = """
    SELECT id FROM (
        SELECT id, is_standing, count(*) OVER (PARTITION BY place) AS judged,
            row_number() OVER (PARTITION BY place ORDER BY md5(id::text)) AS turn
        FROM ({}) AS passed
    ) AS drawn
    WHERE is_standing AND turn <= ceil(judged * $3::float8 / 100) ORDER BY id
""".format(
    " UNION ALL ".join(
        BRANCH.format(subject=kind.subject, part=kind.part, rows=kind.rows, sampled=kind.sampled)
        for kind in KINDS.values()
        if kind.sampled != "false"
    )
)


async def find(reads: Reads, since: datetime, until: datetime, percent: float) -> list[UUID]:
    """Return the checks to look at of those asked for from ``since`` to before ``until``; 0 percent is none."""
    rows = await reads.fetch(FIND, lowest_id_at(since), lowest_id_at(until), percent)
    return [row["id"] for row in rows]


async def sample(connection: Connection, check_id: UUID) -> None:
    """Let people look at what passed. Raises ``state-conflict`` when it is decided otherwise meanwhile."""
    await transitions.move(connection, CONTENT_CHECK, check_id, "sample", transitions.SYSTEM)
