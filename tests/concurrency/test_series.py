"""Each occurrence of a series becomes a task exactly once, whoever makes it at the same time or is killed amid it."""

import asyncio
from datetime import date
from uuid import UUID

import httpx
import pytest

from app.jobs import handlers
from app.services import series_tasks
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.test_races import together
from tests.conftest import Jobs
from tests.factories import World
from tests.series import after, edit_form, id_of, open_series, tasks_of

FORGET_TASKS = "UPDATE task_series SET made_until = begins_on - 1 WHERE id = $1"
OCCURRENCES = "SELECT occurrence FROM task WHERE series_id = $1 ORDER BY occurrence"
EVENTS = """
    SELECT count(*) FROM event e JOIN task t ON t.id = e.subject_id
    WHERE t.series_id = $1 AND e.subject_kind = 'task' AND e.action = 'open'
"""
DAYS = 28


async def occurrences(world: World, series_id: UUID) -> list[date]:
    return [row["occurrence"] for row in await world.database.reads.fetch(OCCURRENCES, series_id)]


async def far_series(world: World) -> UUID:
    """Return a series that is open and has no tasks yet, since it begins later than they are made."""
    path = await open_series(world, rule=f"FREQ=DAILY;COUNT={DAYS}", **{"from": str(after(60))})
    return id_of(path)


async def test_workers_that_make_them_at_once(world: World):
    series_id = await far_series(world)

    async def make() -> None:
        async with world.database.transaction() as connection:
            await series_tasks.make_due(connection, series_id, after(100), 1)

    await asyncio.gather(*[make() for _ in range(6)])
    assert await occurrences(world, series_id) == [after(60 + day) for day in range(DAYS)]
    assert await world.database.reads.fetchval(EVENTS, series_id) == DAYS


async def test_a_worker_that_forgot_what_it_made(world: World, jobs: Jobs):
    """The mark of how far they are made is lost: the tasks themselves say so."""
    path = await open_series(world)
    await world.database.writes.execute(FORGET_TASKS, id_of(path))
    await handlers.make_series_tasks(jobs.parts)
    assert await occurrences(world, id_of(path)) == [after(1), after(2), after(3), after(4)]
    assert await world.database.reads.fetchval(EVENTS, id_of(path)) == 4


async def test_a_worker_that_is_killed_amid_it(world: World):
    series_id = await far_series(world)

    async def make_and_be_killed() -> None:
        async with world.database.transaction() as connection:
            await series_tasks.make_due(connection, series_id, after(100), 1)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await make_and_be_killed()
    assert await occurrences(world, series_id) == []
    async with world.database.transaction() as connection:
        await series_tasks.make_due(connection, series_id, after(100), 1)
    assert len(await occurrences(world, series_id)) == DAYS


async def test_claims_while_the_series_changes(world: World):
    """Whoever got a task before it changed has it as it was, and the answer names it; nobody has one that moved."""
    path = await open_series(world, seats=1)
    tasks = await tasks_of(world, path)
    helpers = [await world.helper() for _ in tasks]
    changed: list[dict[str, object]] = []

    async def change() -> httpx.Response:
        response = await world.api.put(path, world.staff, edit_form(world, seats=1, title="早间巡逻", starts="06:00"))
        changed.extend(response.json()["kept"])
        return response

    claims = [
        world.api.post(f"/v1/tasks/{task['task_id']}/claims", helper)
        for task, helper in zip(tasks.values(), helpers, strict=True)
    ]
    await together(*claims[:2], change(), *claims[2:])
    kept = {task["task_id"] for task in changed}
    for task in (await tasks_of(world, path)).values():
        seen = (await world.api.get(f"/v1/tasks/{task['task_id']}", world.staff)).json()
        assert (task["seats_taken"] == 1) == (task["task_id"] in kept)
        assert seen["title"] == ("晚间巡逻" if task["task_id"] in kept else "早间巡逻")


async def test_whoever_makes_tasks_waits_for_a_change_under_way(world: World):
    """They read the rule once it stands, and make nothing of the one that was."""
    series_id = await far_series(world)

    async def make() -> None:
        async with world.database.transaction() as connection:
            await series_tasks.make_due(connection, series_id, after(100), 1)

    async with world.database.transaction() as changing:
        await series_tasks.lock(changing, series_id)
        making = asyncio.create_task(make())
        await wait_until_blocked(world.database)
        await changing.execute("UPDATE task_series SET title = '改过的巡逻' WHERE id = $1", series_id)
    await making
    titles = await world.database.reads.fetch("SELECT DISTINCT title FROM task WHERE series_id = $1", series_id)
    assert [row["title"] for row in titles] == ["改过的巡逻"]


async def test_two_who_change_it_at_once(world: World):
    """One after the other: whatever order that was, the tasks are as the series says in the end."""
    path = await open_series(world)
    forms = [
        edit_form(world, title=f"巡逻{number}", rule=f"FREQ=DAILY;INTERVAL={number};COUNT=4") for number in (1, 2, 3)
    ]
    answers = await together(*[world.api.put(path, world.staff, form) for form in forms])
    assert answers == {"200": 3}
    await world.api.post(f"{path}/open", world.administrator)
    seen = (await world.api.get(path, world.staff)).json()
    number = int(seen["title"].removeprefix("巡逻"))
    assert [task["occurrence"] for task in seen["tasks"]] == [str(after(1 + number * time)) for time in range(4)]
    for task in seen["tasks"]:
        assert (await world.api.get(f"/v1/tasks/{task['task_id']}")).json()["title"] == seen["title"]
