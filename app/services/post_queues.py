"""Queues of posts: what waits for a holder, from their area and from all below where nobody else answers for it.

A thing belongs to the nearest held post above it that answers for its queue. So when a post falls vacant its queue is
that of the post above, and comes back when somebody is appointed; nothing is moved.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import now
from app.core.db import Reads
from app.core.pagination import MOMENTS
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import PostQueue
from app.services.pages import PageRequest, page

FAR = "'9999-01-01T00:00:00Z'::timestamptz"
"""The turn of what has no deadline at present: after everything else."""

# The areas that a post answers for in a queue: below its own, and no held post between it and them.
COVERED = """
    SELECT a.id FROM area a WHERE a.lineage @> ARRAY[{area_id}] AND NOT EXISTS (
        SELECT FROM post nearer JOIN post_holding h ON h.post_id = nearer.id AND h.until IS NULL
        WHERE nearer.closed_at IS NULL AND '{queue}' = ANY (nearer.queues) AND nearer.area_id = ANY (a.lineage)
            AND array_position(a.lineage, nearer.area_id) > array_position(a.lineage, {area_id})
    )
"""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """SQL of what waits in a queue: its table with the area, what is told of it, and when it is due."""

    rows: str
    """FROM and WHERE; ``{areas}`` are the areas in question."""
    area_id: str
    columns: str
    """kind, id, title, since."""
    due_at: str = "NULL::timestamptz"


WAITING = {
    PostQueue.COMPLAINTS: _Waiting(
        "complaint c WHERE c.handler_id IN ({areas}) AND c.status IN ('reviewing', 'open', 'accepted', 'reopened')",
        "c.handler_id",
        "'complaint' AS kind, c.id, c.title, c.created_at AS since",
        "c.due_at",
    ),
    PostQueue.WISHES: _Waiting(
        "wish w WHERE w.area_id IN ({areas}) AND w.status IN ('reviewing', 'disputed')",
        "w.area_id",
        "'wish' AS kind, w.id, w.title, w.created_at AS since",
    ),
    PostQueue.ENROLMENTS: _Waiting(
        """(
            SELECT 'member' AS kind, id, home_area_id, person_id, created_at FROM member WHERE status = 'applied'
            UNION ALL
            SELECT 'volunteer', id, home_area_id, person_id, created_at FROM volunteer WHERE status = 'applied'
        ) e JOIN person p ON p.id = e.person_id LEFT JOIN "user" u ON u.id = p.user_id
        WHERE e.home_area_id IN ({areas})""",
        "e.home_area_id",
        "e.kind, e.id, u.nickname AS title, e.created_at AS since",
    ),
    PostQueue.DELIVERIES: _Waiting(
        "claim d JOIN task t ON t.id = d.task_id WHERE t.area_id IN ({areas}) AND d.status = 'submitted'",
        "t.area_id",
        "'claim' AS kind, d.id, t.title, d.submitted_at AS since",
    ),
}
PATHS = {"complaint": "complaints", "wish": "wishes", "member": "members", "volunteer": "volunteers", "claim": "claims"}


def _covered(queue: PostQueue, area_id: str) -> str:
    return COVERED.format(area_id=area_id, queue=queue)


def _counted(queue: PostQueue) -> str:
    waiting = WAITING[queue]
    rows = waiting.rows.format(areas=_covered(queue, "x.area_id"))
    counts = f"(count(*), count(*) FILTER (WHERE {waiting.due_at} < $3))"
    return f"CASE WHEN '{queue}' = ANY (x.queues) THEN (SELECT {counts} FROM {rows}) END AS {queue}"


OWN = f"""
    SELECT x.id, x.area_id, a.name AS area_name, x.name, x.duty, x.queues, h.since, h.id AS holding_id,
        {", ".join(_counted(queue) for queue in PostQueue)}
    FROM person p JOIN post_holding h ON h.person_id = p.id AND h.until IS NULL
    JOIN post x ON x.id = h.post_id AND x.closed_at IS NULL JOIN area a ON a.id = x.area_id
    WHERE p.user_id = $1 AND h.id > $2 ORDER BY h.id LIMIT $4
"""
FIND = """
    SELECT x.queues, x.closed_at, a.lineage && $2::uuid[] AS in_scope,
        EXISTS (SELECT FROM post_holding h WHERE h.post_id = x.id AND h.until IS NULL) AS is_held
    FROM post x JOIN area a ON a.id = x.area_id WHERE x.id = $1
"""


def _listing(queue: PostQueue) -> str:
    waiting = WAITING[queue]
    turn = f"coalesce({waiting.due_at}, {FAR})" if queue is PostQueue.COMPLAINTS else "since"
    rows = waiting.rows.format(areas=_covered(queue, "(SELECT area_id FROM post WHERE id = $1)"))
    return f"""
        SELECT found.*, {turn.replace("c.", "found.")} AS turn, b.name AS area_name FROM (
            SELECT {waiting.columns}, {waiting.due_at} AS due_at, {waiting.area_id} AS area_id FROM {rows}
        ) AS found JOIN area b ON b.id = found.area_id
        WHERE ($2::timestamptz IS NULL OR ({turn.replace("c.", "found.")}, found.id) > ($2, $3::uuid))
        ORDER BY turn, found.id LIMIT $4
    """


LISTS = {queue: _listing(queue) for queue in PostQueue}


async def list_own_posts(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the posts that the caller holds, each with what waits in its queues: one statement."""
    rows = await reads.fetch(OWN, caller.id, request.above("own-posts"), now(), request.rows)
    return page(rows, request, _view_own, "own-posts", key="holding_id")


async def list_queue(
    reads: Reads, caller: Caller, post_id: UUID, queue: PostQueue, request: PageRequest
) -> dict[str, Any]:
    """Return what waits for a post in a queue: complaints by their deadline, all else the oldest first.

    That of a vacant post is empty, since what waits there is in the queue of the post above. Raises ``not-found``, and
    ``not-allowed`` for who is not staff there.
    """
    filters = ("post-queue", post_id, queue)
    after = request.after(MOMENTS, *filters) or (None, None)
    post = await reads.fetchrow(FIND, post_id, caller.scope(Role.STAFF))
    if post is None:
        raise Problem("not-found")
    if not post["in_scope"]:
        raise Problem("not-allowed")
    answers = post["is_held"] and post["closed_at"] is None and queue in post["queues"]
    rows = await reads.fetch(LISTS[queue], post_id, *after, request.rows) if answers else []
    return page(rows, request, _view_item, *filters, key="turn", order=MOMENTS)


def _view_own(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "duty": row["duty"],
        "since": row["since"],
        "counts": [
            {"queue": queue, "waiting": row[queue][0], "overdue": row[queue][1]}
            for queue in PostQueue
            if row[queue] is not None
        ],
        "actions": [],
    }


def _view_item(row: Record) -> dict[str, Any]:
    due_at = row["due_at"]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "path": f"/v1/{PATHS[row['kind']]}/{row['id']}",
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "title": row["title"],
        "since": row["since"],
        "due_at": due_at,
        "is_overdue": due_at is not None and due_at < now(),
        "actions": [],
    }
