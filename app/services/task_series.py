"""Series of tasks that staff post: made, changed from one day on, opened, ended, listed."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now, today
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.queue import order
from app.domain import recurrence
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart
from app.domain.lifecycle import Party
from app.domain.lifecycles import TASK_SERIES
from app.models import TaskSeries
from app.schemas.task_series import TaskSeriesEditIn, TaskSeriesIn
from app.services import areas, posted_tasks, series_tasks, take_downs, transitions
from app.services.content_checks import asking, writers
from app.services.pages import PageRequest, page
from app.services.places import Places
from app.services.transitions import Mover

CHECK_SERIES = "check_series"
ONE_DAY = timedelta(days=1)
STAFF = frozenset({Party.STAFF})

VIEW = f"""
    SELECT s.id, s.kind, s.area_id, a.name AS area_name, s.title, s.body, s.status, s.seats, s.min_people, s.minutes,
        s.skills, s.tags, s.place, s.longitude::float8 AS longitude, s.latitude::float8 AS latitude, s.begins_on,
        s.rule, s.starts, s.length_minutes, s.skips_holidays, s.last_on, s.made_until, s.created_at, s.author_id,
        CASE WHEN s.status = 'draft' THEN {writers.of_series("s.id")} END AS writer_id
    FROM task_series s JOIN area a ON a.id = s.area_id
"""
NEXT_TASKS = """ARRAY(
    SELECT (t.id, t.occurrence, t.status, t.seats, t.seats_taken, t.is_detached)
    FROM task t WHERE t.series_id = s.id AND t.occurrence >= $3 ORDER BY t.occurrence LIMIT 50
) AS tasks"""
GET = f"""
    {VIEW.replace("s.created_at", f"s.created_at, {NEXT_TASKS}")} WHERE s.id = $1 AND a.lineage && $2::uuid[]
"""
LIST = f"{VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND s.id < $2 ORDER BY s.id DESC LIMIT $3"
IS_IN_SCOPE = """
    SELECT FROM task_series s JOIN area a ON a.id = s.area_id WHERE s.id = $1 AND a.lineage && $2::uuid[]
"""
IS_OWN = f"""
    SELECT $2 IN (s.author_id, {writers.of_series("s.id")}) FROM task_series s WHERE s.id = $1 AND s.status = 'draft'
"""
# Those that were changed by hand have words, and a check, of their own.
FIND_SAID = """
    SELECT id FROM task WHERE series_id = $1 AND NOT is_detached AND status IN ('draft', 'open', 'closed')
    ORDER BY occurrence
"""
OCCURRENCE = ("task_id", "occurrence", "status", "seats", "seats_taken", "is_detached")


async def post(connection: Connection, index: Places, caller: Caller, form: TaskSeriesIn) -> UUID:
    """Post a series for an area; return its id. Its tasks are made once its words are checked (I10).

    Locks the area's row. Raises ``area-unknown``, ``not-allowed`` where the caller is not staff, ``task-outside-area``,
    ``series-in-the-past``, what ``recurrence.days`` raises, and by the database ``area-closed``.
    """
    area = await connection.fetchrow(posted_tasks.LOCK_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    fields = await _fields(connection, index, form.area_id, form)
    series = TaskSeries(id=new_id(), area_id=form.area_id, author_id=caller.id, kind=form.kind, **fields)
    await insert(connection, series)
    mover = Mover(Party.STAFF, caller.id)
    await transitions.log_creation(connection, TASK_SERIES, series.id, mover)
    await asking.ask(connection, TASK_SERIES.subject, series.id, CheckedPart.WORDS, mover)
    await order(connection, CHECK_SERIES, series.id)
    return series.id


async def edit(
    connection: Connection, index: Places, caller: Caller, series_id: UUID, form: TaskSeriesEditIn, base_points: int
) -> list[Record]:
    """Say everything of a series anew from one day on; its words are checked again. Return the tasks that stay.

    Tasks before that day stay as they are, those that were not made yet are made now. Later ones that nobody claimed
    follow. Locks the area's row, the series', those of the tasks. Raises what ``post`` does but for the area,
    ``not-found``, ``state-conflict`` once it has ended, and ``series-unchecked`` while the words that would hold until
    then still wait for their check.
    """
    series, mover = await _lock(connection, caller, series_id)
    transitions.permit(TASK_SERIES, series["status"], "edit", STAFF)
    changes = await _fields(connection, index, series["area_id"], form)
    if series["status"] == "open":
        await series_tasks.make(connection, series, form.begins_on - ONE_DAY, mover, base_points)
    elif form.begins_on > series["begins_on"]:
        raise Problem("series-unchecked")
    edited = await transitions.move(connection, TASK_SERIES, series_id, "edit", mover, changes=changes)
    kept = await series_tasks.follow(connection, edited, mover)
    await asking.ask(connection, TASK_SERIES.subject, series_id, CheckedPart.WORDS, mover)
    await order(connection, CHECK_SERIES, series_id)
    return kept


async def open_series(connection: Connection, caller: Caller, series_id: UUID, *, weeks: int, base_points: int) -> None:
    """Let the tasks of a series be claimed whose words the content check left to people; those due are made.

    Not one's own words (I2). Locks as ``edit`` does. Raises ``not-found``, ``own-interest``, ``state-conflict``.
    """
    _, mover = await _lock(connection, caller, series_id)
    if await connection.fetchval(IS_OWN, series_id, caller.id):
        raise Problem("own-interest")
    opened = await transitions.move(connection, TASK_SERIES, series_id, "open", mover)
    await series_tasks.open_all(connection, opened, mover, horizon(weeks), base_points)


async def end(connection: Connection, caller: Caller, series_id: UUID, reason: str) -> list[Record]:
    """End a series and cancel its tasks from today on that nobody claimed; return those that stay.

    Locks as ``edit`` does. Raises ``not-found``, ``state-conflict``.
    """
    _, mover = await _lock(connection, caller, series_id)
    await transitions.move(connection, TASK_SERIES, series_id, "end", mover, note=reason)
    return await series_tasks.cancel(connection, series_id, mover, reason)


async def reject(connection: Connection, caller: Caller, series_id: UUID, reason: str) -> None:
    """End a series whose words are not fit to stand, and take all tasks down that say the same, past ones too.

    Locks area and series, then what ``take_downs.take_down_all`` locks. Raises ``not-found``, ``state-conflict``, and
    as that does.
    """
    _, mover = await _lock(connection, caller, series_id)
    await transitions.move(connection, TASK_SERIES, series_id, "end", mover, note=reason)
    said = [row["id"] for row in await connection.fetch(FIND_SAID, series_id)]
    await take_downs.take_down_all(connection, said, mover, reason)


async def get(reads: Reads, caller: Caller, series_id: UUID) -> dict[str, Any]:
    """Return one series with its next tasks, to staff of its area. Raises ``not-found``."""
    row = await reads.fetchrow(GET, series_id, caller.scope(Role.STAFF), today())
    if row is None:
        raise Problem("not-found")
    tasks = [dict(zip(OCCURRENCE, task, strict=True)) for task in row["tasks"]]
    return _view(row, caller) | {"tasks": tasks}


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the series of an area and all below it, newest first. Raises ``not-allowed`` but to its staff."""
    below = request.below("task-series", area_id)
    if not await areas.is_in_scope(reads, area_id, caller.scope(Role.STAFF)):
        raise Problem("not-allowed")
    rows = await reads.fetch(LIST, area_id, below, request.rows)
    return page(rows, request, lambda row: _view(row, caller), "task-series", area_id)


def horizon(weeks: int) -> date:
    """Return the day through which series have their tasks now."""
    return today() + timedelta(weeks=weeks)


def kept_view(kept: list[Record]) -> dict[str, Any]:
    """Return how an answer names the tasks that stay as they are."""
    return {"kept": [{"task_id": row["id"]} | {name: row[name] for name in OCCURRENCE[1:]} for row in kept]}


async def _lock(connection: Connection, caller: Caller, series_id: UUID) -> tuple[Record, Mover]:
    """Return a series of the caller's areas, locked, and the caller as its staff. Raises ``not-found``."""
    arguments = (series_id, caller.scope(Role.STAFF))
    if await connection.fetchrow(IS_IN_SCOPE, *arguments) is None:
        raise Problem("not-found")
    return await series_tasks.lock(connection, series_id), Mover(Party.STAFF, caller.id)


async def _fields(connection: Connection, index: Places, area_id: UUID, form: TaskSeriesEditIn) -> dict[str, Any]:
    """Return the columns that a form fills."""
    if form.begins_on < today():
        raise Problem("series-in-the-past")
    days = recurrence.days(form.rule, form.begins_on)
    starts = time.fromisoformat(form.starts)
    last = recurrence.window(days[-1], starts, form.length_minutes, form.min_people)
    if last.claim_until <= now():
        raise Problem("series-in-the-past")
    return {
        **await posted_tasks.work_fields(connection, index, area_id, form),
        "begins_on": form.begins_on,
        "rule": form.rule,
        "starts": starts,
        "length_minutes": form.length_minutes,
        "skips_holidays": form.skips_holidays,
        "last_on": days[-1],
        "made_until": form.begins_on - ONE_DAY,
    }


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    is_own = caller.id in {row["author_id"], row["writer_id"]}
    kept = (
        "id",
        "kind",
        "title",
        "body",
        "status",
        "seats",
        "min_people",
        "minutes",
        "skills",
        "tags",
        "place",
        "rule",
    )
    point = None if row["longitude"] is None else {"longitude": row["longitude"], "latitude": row["latitude"]}
    return {
        **{name: row[name] for name in kept},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "location": point,
        "from": row["begins_on"],
        "starts": row["starts"].strftime("%H:%M"),
        "length_minutes": row["length_minutes"],
        "timezone": "Asia/Shanghai",
        "skips_holidays": row["skips_holidays"],
        "last_on": row["last_on"],
        "made_until": row["made_until"],
        "created_at": row["created_at"],
        "actions": [
            action for action in TASK_SERIES.actions(row["status"], STAFF) if not (is_own and action == "open")
        ],
    }
