"""Reading a month's list: its page with last month's results, its items, and what goes into a group chat."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import local_date
from app.core.db import Reads
from app.core.pagination import NUMBERS
from app.domain import months
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycles import TASK_LIST
from app.domain.task_lists import Item, Results, summary, title_of
from app.services import tasks
from app.services.pages import PageRequest, page
from app.services.task_lists import standing
from app.services.task_lists.standing import IS_VISIBLE, STAFF

# Until a list is published its items are drafts; afterwards one that is edited is missing until it is checked again.
IS_ITEM = "(t.status IN ('open', 'closed') OR t.status = 'draft' AND l.status = 'draft')"
VIEW = """
    SELECT l.id, l.area_id, a.name AS area_name, l.month, l.number, l.status, l.published_at, l.created_at,
        a.lineage && $2::uuid[] AS in_scope, EXISTS (
            SELECT FROM task_list n WHERE n.copied_from_id = l.id AND n.status <> 'cancelled'
        ) AS is_copied{more}
    FROM task_list l JOIN area a ON a.id = l.area_id
"""
# A service whose award was taken back as false counts no more.
COUNTS = """c.status = 'verified'
    AND NOT EXISTS (SELECT FROM adjustment x WHERE x.claim_id = c.id AND x.status = 'approved')"""
# The results of the last month before for which the area published lists, from rows.
BEFORE = f"""
    LEFT JOIN LATERAL (
        SELECT max(p.month) AS month FROM task_list p
        WHERE p.area_id = l.area_id AND p.month < l.month AND {standing.IS_PUBLIC.replace("l.", "p.")}
    ) AS last ON true
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT t.id)::int AS before_item_count, count(DISTINCT c.user_id)::int AS people,
            count(c.id)::int AS verified, coalesce(sum(c.minutes), 0)::int AS minutes,
            coalesce(sum(w.points_granted), 0)::int AS points
        FROM task_list p JOIN task t ON t.list_id = p.id AND t.status IN ('open', 'closed')
        LEFT JOIN claim c ON c.task_id = t.id AND {COUNTS} LEFT JOIN award w ON w.claim_id = c.id
        WHERE p.area_id = l.area_id AND p.month = last.month AND {standing.IS_PUBLIC.replace("l.", "p.")}
    ) AS before
"""
GROUPS_UNTIL = "max(t.groups_until) FILTER (WHERE t.groups_until > now()) AS groups_until"
COUNTED = f"""
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS item_count, coalesce(sum(t.seats), 0)::int AS seats,
            coalesce(sum(t.seats_taken), 0)::int AS seats_taken, {GROUPS_UNTIL}, (
                SELECT count(DISTINCT coalesce(g.team_id, g.branch_id))::int
                FROM task i JOIN pledge g ON g.task_id = i.id
                WHERE i.list_id = l.id AND (g.status = 'held' OR g.named > 0)
            ) AS group_count
        FROM task t WHERE t.list_id = l.id AND {IS_ITEM}
    ) AS counted
"""
TOLD_ITEMS = f"""ARRAY(
    SELECT (t.item_number, t.title, i.name, t.seats, t.seats - t.seats_taken)
    FROM task t JOIN area i ON i.id = t.area_id WHERE t.list_id = l.id AND {IS_ITEM} ORDER BY t.item_number
) AS told_items, (
    SELECT {GROUPS_UNTIL} FROM task t WHERE t.list_id = l.id AND {IS_ITEM}
) AS groups_until"""
ONE = f"WHERE l.id = $1 AND {IS_VISIBLE}"
GET = VIEW.format(more=", counted.*, last.month AS before_month, before.*") + BEFORE + COUNTED + ONE
SUMMARY = VIEW.format(more=f", {TOLD_ITEMS}, last.month AS before_month, before.*") + BEFORE + ONE
LIST = f"""
    {VIEW.format(more="")} WHERE a.lineage @> ARRAY[$1::uuid] AND l.id < $3 AND {IS_VISIBLE}
    ORDER BY l.id DESC LIMIT $4
"""


async def get(reads: Reads, caller: Caller | None, list_id: UUID) -> dict[str, Any]:
    """Return one list with its counts and last month's results, in one statement. Raises ``not-found`` (I8)."""
    row = await _fetch(reads, GET, caller, list_id)
    return _view(row) | {
        "item_count": row["item_count"],
        "seats": row["seats"],
        "seats_taken": row["seats_taken"],
        "group_count": row["group_count"],
        "groups_until": row["groups_until"],
        "last_month": row["before_month"]
        and {
            "month": months.write(row["before_month"]),
            "item_count": row["before_item_count"],
            **{name: row[name] for name in ("people", "verified", "minutes", "points")},
        },
    }


async def list_of_area(reads: Reads, caller: Caller | None, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the lists of an area and all below it, newest first: those published, and to staff their others."""
    below = request.below("task-lists", area_id)
    rows = await reads.fetch(LIST, area_id, standing.scope_of(caller), below, request.rows)
    return page(rows, request, _view, "task-lists", area_id)


async def list_items(
    reads: Reads, secret: str, caller: Caller | None, list_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return the items of a list in the order of their numbers, drafts to staff alone. Raises ``not-found``."""
    filters = ("task-list-items", list_id)
    request.after(NUMBERS, *filters)
    await standing.find(reads, caller, list_id)
    return await tasks.list_of_list(reads, secret, caller, list_id, request, *filters)


async def summarise(reads: Reads, caller: Caller | None, list_id: UUID) -> dict[str, Any]:
    """Return the text of a list for a group chat, in one statement. Raises ``not-found``."""
    row = await _fetch(reads, SUMMARY, caller, list_id)
    before = None
    if row["before_month"] is not None:
        before = Results(row["before_month"], row["people"], row["verified"], row["minutes"])
    groups_until = row["groups_until"] and local_date(row["groups_until"])
    text = summary(_title(row), [Item(*item) for item in row["told_items"]], before, groups_until)
    return {"text": text, "actions": []}


async def _fetch(reads: Reads, statement: str, caller: Caller | None, list_id: UUID) -> Record:
    row = await reads.fetchrow(statement, list_id, standing.scope_of(caller))
    if row is None:
        raise Problem("not-found")
    return row


def _title(row: Record) -> str:
    return title_of(row["area_name"], row["month"], row["number"])


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "month": months.write(row["month"]),
        "number": row["number"],
        "title": _title(row),
        "status": row["status"],
        "published_at": row["published_at"],
        "created_at": row["created_at"],
        "actions": _actions(row),
    }


def _actions(row: Record) -> list[str]:
    if not row["in_scope"]:
        return []
    copies = ["copy"] if row["status"] != "cancelled" and not row["is_copied"] else []
    return [*TASK_LIST.actions(row["status"], STAFF), *copies]
