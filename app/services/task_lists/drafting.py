"""Drafting a month's list: begun, filled with items, copied into the next month, called off."""

from datetime import date, timedelta
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import local_date, now
from app.core.db import insert
from app.core.ids import new_id
from app.core.queue import order
from app.domain import months
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import TaskKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import TASK, TASK_LIST
from app.domain.task_lists import ITEMS_MAX, weeks_on
from app.models import TaskList
from app.schemas.task_lists import ListItemIn, TaskListIn
from app.services import policies, posted_tasks, task_words, transitions
from app.services.places import Places
from app.services.task_lists import standing
from app.services.transitions import Mover

# Whoever numbers a list of the area waits here for whoever does so at the same time.
LOCK_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR NO KEY UPDATE"
NEXT_NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM task_list WHERE area_id = $1"
COUNT_ITEMS = """
    SELECT count(*) FILTER (WHERE status <> 'cancelled') AS items, coalesce(max(item_number), 0) + 1 AS next_number
    FROM task WHERE list_id = $1
"""
FIND_LIVE = "SELECT id FROM task WHERE list_id = $1 AND status IN ('draft', 'open') ORDER BY id"
# What stands open has passed its check. An area that was closed since is not asked for anything.
FIND_TO_COPY = """
    SELECT t.id, t.title, t.body, t.place, t.skills, t.starts_at, t.claim_until,
        t.passed_at IS NOT NULL OR t.status <> 'draft' AS has_passed,
        CASE WHEN a.closed_at IS NULL AND a.lineage @> ARRAY[$2::uuid] THEN a.id ELSE $2 END AS area_id
    FROM task t JOIN area a ON a.id = t.area_id
    WHERE t.list_id = $1 AND t.status <> 'cancelled' ORDER BY t.item_number
"""
COPY = """
    INSERT INTO task (id, kind, list_id, item_number, passed_at, area_id, author_id, title, body, minutes, skills,
        tags, place, longitude, latitude, starts_at, ends_at, claim_until, status, min_people, seats, seats_taken,
        reward_points, hourly_points)
    SELECT n.id, t.kind, $1, n.item_number, CASE WHEN n.has_passed THEN now() END, n.area_id, $2, t.title, t.body,
        t.minutes, t.skills, t.tags, t.place, t.longitude, t.latitude, t.starts_at + n.later, t.ends_at + n.later,
        t.claim_until + n.later, 'draft', t.min_people, t.seats, 0, n.points, n.hourly_points
    FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::bool[], $7::uuid[], $8::interval[], $9::int[], $10::int[])
        AS n (source_id, id, item_number, has_passed, area_id, later, points, hourly_points)
    JOIN task t ON t.id = n.source_id
"""


async def make(connection: Connection, caller: Caller, form: TaskListIn) -> UUID:
    """Begin the list of an area for a month; return its id. Locks the area.

    Raises ``area-unknown``, ``not-allowed`` where the caller is not staff, ``list-month-over``, and by the database
    ``area-closed``.
    """
    return await _make(connection, caller, form.area_id, form.first_day)


async def add_item(
    connection: Connection, index: Places, caller: Caller, list_id: UUID, form: ListItemIn, base_points: int
) -> UUID:
    """Add a task to a list that is a draft, last in order; return the task's id. Its words are checked at once (I10).

    Locks the list. Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``list-full``, ``area-unknown``,
    ``task-outside-area`` for an area or a place elsewhere, ``task-in-the-past``, and by the database ``area-closed``.
    """
    row, mover = await standing.permit(connection, caller, list_id, "add_item")
    area_id = form.area_id or row["area_id"]
    is_below = await connection.fetchval(posted_tasks.IS_BELOW, area_id, row["area_id"])
    if is_below is None:
        raise Problem("area-unknown")
    if not is_below:
        raise Problem("task-outside-area")
    await transitions.move(connection, TASK_LIST, list_id, "add_item", mover)
    items, number = await connection.fetchrow(COUNT_ITEMS, list_id)
    if items >= ITEMS_MAX:
        raise Problem("list-full")
    return await posted_tasks.draft(
        connection,
        index,
        caller,
        area_id,
        TaskKind.LISTED,
        form,
        base_points,
        list_id=list_id,
        item_number=number,
    )


async def copy(connection: Connection, caller: Caller, list_id: UUID, base_points: int) -> UUID:
    """Begin the list of the month after with the items of this one; return its id.

    An item keeps its day of the week, four weeks or five later. Words that passed their check have passed it; others
    are checked now. It promises what the policy of its area now says. Locks the area.

    Raises ``not-found``, ``not-allowed``, ``state-conflict`` for one that was called off, ``list-month-over``, and by
    the database ``list-copied`` and ``area-closed``.
    """
    source, mover = await standing.find_own(connection, caller, list_id)
    if source["status"] == "cancelled":
        raise Problem("state-conflict")
    copy_id = await _make(connection, caller, source["area_id"], months.after(source["month"]), list_id)
    items = await connection.fetch(FIND_TO_COPY, list_id, source["area_id"])
    task_ids = [new_id() for _ in items]
    rates = {
        area_id: await policies.promise(connection, area_id, TaskKind.LISTED, base_points)
        for area_id in {item["area_id"] for item in items}
    }
    promises = [rates[item["area_id"]] for item in items]
    await connection.execute(
        COPY,
        copy_id,
        caller.id,
        [item["id"] for item in items],
        task_ids,
        list(range(1, len(items) + 1)),
        [item["has_passed"] for item in items],
        [item["area_id"] for item in items],
        [_later(item) for item in items],
        [promise.points for promise in promises],
        [promise.points_per_hour for promise in promises],
    )
    await transitions.log_creations(connection, TASK, task_ids, mover)
    for task_id, item in zip(task_ids, items, strict=True):
        await task_words.note(connection, task_id, item["title"], item["body"], item["place"], *item["skills"])
        if not item["has_passed"]:
            await order(connection, posted_tasks.CHECK_TASK, task_id)
    return copy_id


async def cancel(connection: Connection, caller: Caller, list_id: UUID, reason: str) -> None:
    """Call a list off: what nobody claimed of it is cancelled, for the rest nobody else is called.

    Locks the list, then its items. Raises ``not-found``, ``not-allowed``, ``state-conflict``.
    """
    _, mover = await standing.permit(connection, caller, list_id, "cancel")
    await transitions.move(connection, TASK_LIST, list_id, "cancel", mover, note=reason)
    for item in await connection.fetch(FIND_LIVE, list_id):
        await posted_tasks.wind_up(connection, item["id"], mover)


async def _make(
    connection: Connection, caller: Caller, area_id: UUID, month: date, copied_from_id: UUID | None = None
) -> UUID:
    area = await connection.fetchrow(LOCK_AREA, area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if months.is_over(month, now()):
        raise Problem("list-month-over")
    begun = TaskList(
        id=new_id(),
        area_id=area_id,
        author_id=caller.id,
        month=month,
        number=await connection.fetchval(NEXT_NUMBER, area_id),
        copied_from_id=copied_from_id,
    )
    await insert(connection, begun)
    facts = {"copied_from_id": copied_from_id} if copied_from_id else None
    await transitions.log_creation(connection, TASK_LIST, begun.id, Mover(Party.STAFF, caller.id), facts=facts)
    return begun.id


def _later(item: Record) -> timedelta | None:
    """Return how much later an item of the next month is; None for one that is at any time."""
    begins = item["starts_at"] or item["claim_until"]
    return None if begins is None else weeks_on(local_date(begins))
