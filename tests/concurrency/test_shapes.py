"""A file of shapes while others change the tree or draw: what it was checked against stands, or nothing is saved."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Database
from tests.api.scene import problem
from tests.factories import World, make_area

WAITING = """
    SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
    WHERE NOT l.granted AND a.datname = current_database()
"""
LOCK_TREE = "SELECT pg_advisory_xact_lock(hashtext('echowall tree'))"
LOCK_SHAPE = "SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE"
DRAW = """
    INSERT INTO area_shape AS s (area_id, geometry, version, updated_at)
    SELECT $1, geometry, 1, now() FROM area_shape WHERE area_id = $2
    ON CONFLICT (area_id) DO UPDATE SET version = s.version + 1
"""
CLOSE = "UPDATE area SET closed_at = clock_timestamp() WHERE id = $1"
RENAME = "UPDATE area SET name = '改名网格' WHERE id = $1"
VERSION = "SELECT version FROM area_shape WHERE area_id = $1"


def file_of(world: World) -> dict[str, Any]:
    feature = {
        "type": "Feature",
        "properties": {"area_id": str(world.grid.id)},
        "geometry": world.rectangle(10, 10, 19, 20),
    }
    return {"coordinates": "gcj02", "shapes": [feature], "accept_warnings": True}


async def wait_until_somebody_waits(database: Database) -> None:
    for _ in range(500):
        if await database.reads.fetchval(WAITING):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize(
    ("change", "lock", "by_tree"),
    [(RENAME, LOCK_TREE, True), (CLOSE, LOCK_TREE, True), (DRAW, LOCK_SHAPE, False)],
    ids=["renamed", "closed", "drawn"],
)
async def test_whoever_changed_something_first_is_waited_for(
    world: World, database: Database, change: str, lock: str, by_tree: bool
):
    await world.draw_all()
    subject = world.grid.id
    send = world.api.put(f"/v1/areas/{world.district.id}/shapes", world.administrator, file_of(world))
    async with database.transaction() as connection:
        await connection.execute(lock, *([] if by_tree else [subject]))
        saving = asyncio.create_task(send)
        await wait_until_somebody_waits(database)
        await connection.execute(change, *([subject, world.other_grid.id] if change == DRAW else [subject]))
    assert problem(await saving) == (409, "state-conflict")
    assert await version_of(database, world.grid.id) == (2 if change == DRAW else 1)


async def test_a_new_area_beside_is_no_conflict_once_it_is_drawn_it_is(world: World, database: Database):
    """Nothing was saved of the file that did not know of a shape which it has to fit."""
    await world.draw_all()
    third = await make_area(database, world.community)
    send = world.api.put(f"/v1/areas/{world.district.id}/shapes", world.administrator, file_of(world))
    async with database.transaction() as connection:
        await connection.execute(LOCK_TREE)
        saving = asyncio.create_task(send)
        await wait_until_somebody_waits(database)
        await connection.execute(DRAW, third.id, world.other_grid.id)
    assert problem(await saving) == (409, "state-conflict")
    assert await version_of(database, world.grid.id) == 1


async def test_two_files_for_one_place(world: World, database: Database):
    await world.draw_all()
    path = f"/v1/areas/{world.district.id}/shapes"
    async with database.transaction() as connection:
        await connection.execute(LOCK_TREE)
        sending = [world.api.put(path, world.administrator, file_of(world)) for _ in range(3)]
        saving = asyncio.gather(*sending)
        await wait_until_somebody_waits(database)
    answers = await saving
    saved = [answer.json()["saved_count"] for answer in answers if answer.status_code == 200]
    assert sum(saved) == 1
    assert {problem(answer) for answer in answers if answer.status_code != 200} <= {(409, "state-conflict")}
    assert await version_of(database, world.grid.id) == 2


async def version_of(database: Database, area_id: UUID) -> int:
    return int(await database.reads.fetchval(VERSION, area_id))
