"""The tasks of series: made some weeks ahead, each exactly once, opened with their series, following its changes.

Locks in one order: area, series, tasks by day.
"""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now, today
from app.core.ids import new_id
from app.domain import recurrence
from app.domain.errors import Problem
from app.domain.kinds import TaskKind
from app.domain.lifecycles import TASK, TASK_SERIES
from app.domain.recurrence import Window
from app.domain.texts import NOT_IN_SERIES
from app.services import calendars, policies, task_words, transitions, waiting
from app.services.transitions import Mover

FIND_AREA = "SELECT area_id FROM task_series WHERE id = $1"
LOCK_AREA = "SELECT FROM area WHERE id = $1 FOR KEY SHARE"
LOCK = "SELECT * FROM task_series WHERE id = $1 FOR NO KEY UPDATE"
FIND_DUE = """
    SELECT id FROM task_series WHERE status = 'open' AND made_until < least(last_on, $1) ORDER BY made_until LIMIT $2
"""
FIND_OVER = "SELECT id FROM task_series WHERE status <> 'ended' AND last_on < $1 ORDER BY last_on LIMIT $2"
EDITIONS = calendars.KNOWN_SQL.format(from_moment="$1", known_at="$1")
MAKE = """
    WITH made AS (
        INSERT INTO task (id, kind, series_id, occurrence, area_id, author_id, title, body, minutes, skills, tags,
            place, longitude, latitude, starts_at, ends_at, claim_until, status, min_people, seats, seats_taken,
            reward_points, hourly_points)
        SELECT n.id, s.kind, s.id, n.occurrence, s.area_id, s.author_id, s.title, s.body, s.minutes, s.skills, s.tags,
            s.place, s.longitude, s.latitude, n.starts_at, n.ends_at, n.claim_until, 'open', s.min_people, s.seats, 0,
            $2, $3
        FROM task_series s, unnest($4::uuid[], $5::date[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
            AS n (id, occurrence, starts_at, ends_at, claim_until)
        WHERE s.id = $1
        ON CONFLICT (series_id, occurrence) WHERE series_id IS NOT NULL DO NOTHING
        RETURNING id
    ), logged AS (
        INSERT INTO event
            (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, facts, created_at)
        SELECT uuid_v7(), 'task', id, 'open', 'draft', 'open', $9, $10, jsonb_build_object('series_id', $1::uuid),
            clock_timestamp()
        FROM made
    )
    SELECT id FROM made
"""
REMEMBER = "UPDATE task_series SET made_until = greatest(made_until, $2) WHERE id = $1"
FIND_FROM = """
    SELECT id, occurrence, status, seats, seats_taken, is_detached FROM task
    WHERE series_id = $1 AND occurrence >= $2 AND status <> 'cancelled' ORDER BY occurrence
"""
FIND_DRAFTS = """
    SELECT id FROM task WHERE series_id = $1 AND status = 'draft' AND NOT is_detached ORDER BY occurrence
"""
FOLLOWS = "x.seats_taken = 0 AND NOT x.is_detached"
FOLLOWED = ("title", "body", "seats", "min_people", "minutes", "skills", "tags", "place", "longitude", "latitude")


async def lock(connection: Connection, series_id: UUID) -> Record:
    """Lock a series, which is there, and its area before it. Raises ``service-unavailable`` when it goes elsewhere."""
    area_id = await connection.fetchval(FIND_AREA, series_id)
    await connection.execute(LOCK_AREA, area_id)
    row = await connection.fetchrow(LOCK, series_id)
    assert row is not None, "series are never deleted"
    if row["area_id"] != area_id:
        raise Problem("service-unavailable")
    return row


async def open_all(connection: Connection, series: Record, mover: Mover, until: date, base_points: int) -> None:
    """Open the tasks of a series whose words have passed, and make those that are due through ``until``."""
    for row in await connection.fetch(FIND_DRAFTS, series["id"]):
        await transitions.find_and_move(connection, TASK, row["id"], "open", mover, where="NOT x.is_detached")
    await make(connection, series, until, mover, base_points)


async def make(connection: Connection, series: Record, until: date, mover: Mover, base_points: int) -> None:
    """Make the tasks of a locked series through the day ``until``, each open, and none twice.

    They promise what the policy of the area now says, ``base_points`` where none does.
    """
    wanted = {
        day: when for day, when in (await plan(connection, series)).items() if series["made_until"] < day <= until
    }
    promise = await policies.promise(connection, series["area_id"], TaskKind(series["kind"]), base_points)
    made = await connection.fetch(
        MAKE,
        series["id"],
        promise.points,
        promise.points_per_hour,
        [new_id() for _ in wanted],
        list(wanted),
        [when.starts_at for when in wanted.values()],
        [when.ends_at for when in wanted.values()],
        [when.claim_until for when in wanted.values()],
        mover.id,
        mover.party,
    )
    await _note_words(connection, [row["id"] for row in made], series)
    await connection.execute(REMEMBER, series["id"], until)


async def plan(connection: Connection, series: Record) -> dict[date, Window]:
    """Return the windows of all days of a series that can still be claimed, without the holidays if it leaves them out.

    Those of years that the State Council has not announced yet are not known to be holidays.
    """
    moment = now()
    calendar = calendars.read(await connection.fetchval(EDITIONS, moment) if series["skips_holidays"] else None)
    begins = partial(
        recurrence.window,
        starts=series["starts"],
        length_minutes=series["length_minutes"],
        min_people=series["min_people"],
    )
    named = recurrence.days(series["rule"], series["begins_on"])
    return recurrence.planned(named, begins, moment, calendar.is_holiday)


async def follow(connection: Connection, series: Record, mover: Mover) -> list[Record]:
    """Change or cancel the tasks from ``begins_on`` on as their series says now; return those that stay as they are.

    These are claimed, or were changed by hand. What changes is a draft until the series has passed its check; what the
    rule names no more is cancelled and belongs to the series no more.
    """
    windows = await plan(connection, series)
    words = {name: series[name] for name in FOLLOWED}
    kept, followed = [], []
    for row in await connection.fetch(FIND_FROM, series["id"], series["begins_on"]):
        when = windows.get(row["occurrence"])
        moved = None
        if row["status"] in {"draft", "open"} and when is not None:
            times = {"starts_at": when.starts_at, "ends_at": when.ends_at, "claim_until": when.claim_until}
            moved = await transitions.find_and_move(
                connection, TASK, row["id"], "edit", mover, changes=words | times, where=FOLLOWS
            )
            followed += [row["id"]] if moved is not None else []
        elif row["status"] in {"draft", "open"}:
            moved = await _cancel(connection, row["id"], mover, NOT_IN_SERIES, {"series_id": None, "occurrence": None})
        if moved is None:
            kept.append(row)
    await _note_words(connection, followed, series)
    return kept


async def cancel(connection: Connection, series_id: UUID, mover: Mover, reason: str) -> list[Record]:
    """Cancel the tasks of a series from today on; return those that stay: claimed, or changed by hand."""
    rows = await connection.fetch(FIND_FROM, series_id, today())
    return [
        row
        for row in rows
        if row["status"] == "closed" or await _cancel(connection, row["id"], mover, reason, {}) is None
    ]


async def find_due(connection: Connection, limit: int, until: date) -> list[UUID]:
    """Return open series whose tasks through ``until`` are not all made."""
    return [row["id"] for row in await connection.fetch(FIND_DUE, until, limit)]


async def make_due(connection: Connection, series_id: UUID, until: date, base_points: int) -> None:
    """Make the tasks of a series through ``until``. Raises ``state-conflict`` when it is not open any more."""
    series = await lock(connection, series_id)
    if series["status"] != "open":
        raise Problem("state-conflict")
    await make(connection, series, until, transitions.SYSTEM, base_points)


async def find_over(connection: Connection, limit: int) -> list[UUID]:
    """Return series whose last day is over."""
    return [row["id"] for row in await connection.fetch(FIND_OVER, today(), limit)]


async def finish(connection: Connection, series_id: UUID) -> None:
    """End a series whose last day is over. Raises ``state-conflict`` when somebody gave it another one meanwhile."""
    series = await lock(connection, series_id)
    if series["last_on"] >= today():
        raise Problem("state-conflict")
    await transitions.move(connection, TASK_SERIES, series_id, "end", transitions.SYSTEM)


async def _note_words(connection: Connection, task_ids: list[UUID], series: Record) -> None:
    told = (series["title"], series["body"], series["place"], *series["skills"])
    await task_words.note_many(connection, task_ids, *told)


async def _cancel(
    connection: Connection, task_id: UUID, mover: Mover, note: str, changes: Mapping[str, Any]
) -> Record | None:
    return await waiting.end_task(connection, task_id, "cancel", mover, note=note, changes=changes, where=FOLLOWS)
