"""Closing a unit while something new is coming to it: it is there before, or not at all."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.core.db import Database
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.test_races import together
from tests.factories import World, make_unit

CLOSE = {"reason": "已注销。"}
HAND_OVER = """
    INSERT INTO complaint_step SELECT (
        jsonb_populate_record(s, jsonb_build_object('id', $2::text, 'status', 'assigned'))
    ).* FROM complaint_step s WHERE id = $1
"""


class TestClose:
    async def test_it_waits_for_what_is_being_handed_to_it(self, world: World, database: Database):
        unit = await make_unit(database, world.district)
        steps = await world.dispatch(await world.complaint(status="accepted"), unit)
        assert (await world.api.post(f"/v1/steps/{steps[unit]}/cancel", world.staff)).status_code == 200
        async with database.transaction() as connection:
            await connection.execute(HAND_OVER, steps[unit], str(uuid4()))
            closing = asyncio.create_task(world.api.post(f"/v1/units/{unit}/close", world.staff, CLOSE))
            await wait_until_blocked(database)
        assert (await closing).json()["code"] == "unit-busy"

    async def test_who_comes_after_it_is_told(self, world: World, database: Database):
        unit = await make_unit(database, world.grid)
        form = {"kind": "in_service", "unit_id": str(unit), "home_area_id": str(world.grid.id)}
        async with database.transaction() as connection:
            await connection.execute("SELECT FROM unit WHERE id = $1 FOR UPDATE", unit)
            entering = asyncio.create_task(world.api.post("/v1/members", await world.person(), form))
            await wait_until_blocked(database)
            await connection.execute("UPDATE unit SET closed_at = now() WHERE id = $1", unit)
        assert (await entering).json()["code"] == "unit-closed"

    async def test_it_is_closed_once(self, world: World, database: Database):
        unit = await make_unit(database, world.grid)
        answers = await together(*[world.api.post(f"/v1/units/{unit}/close", world.staff, CLOSE) for _ in range(6)])
        assert answers == {"200": 1, "unit-closed": 5}
        events = "SELECT count(*) FROM event WHERE subject_id = $1 AND action = 'close'"
        assert await database.reads.fetchval(events, UUID(str(unit))) == 1

    async def test_nothing_is_sent_back_to_it_behind_its_back(self, world: World, database: Database):
        """A step that was answered would be the unit's again, which nothing but its state says."""
        unit = await make_unit(database, world.district)
        complaint = await world.complaint(status="accepted")
        step = (await world.dispatch(complaint, unit))[unit]
        form = {"answer": "灯已修好。"}
        assert (await world.api.post(f"/v1/steps/{step}/answer", world.staff, form)).status_code == 200
        async with database.transaction() as connection:
            await connection.execute("UPDATE complaint_step SET status = 'assigned' WHERE id = $1", step)
            closing = asyncio.create_task(world.api.post(f"/v1/units/{unit}/close", world.staff, CLOSE))
            await wait_until_blocked(database)
        assert (await closing).json()["code"] == "unit-busy"
        await database.writes.execute("UPDATE complaint_step SET status = 'answered' WHERE id = $1", step)
        assert (await world.api.post(f"/v1/units/{unit}/close", world.staff, CLOSE)).status_code == 200
        sent_back = await world.api.post(f"/v1/steps/{step}/send-back", world.staff, {"reason": "还是不亮"})
        assert sent_back.json()["code"] == "unit-closed"

    async def test_it_stays_closed_whoever_writes(self, world: World, database: Database):
        unit = await make_unit(database, world.grid)
        assert (await world.api.post(f"/v1/units/{unit}/close", world.staff, CLOSE)).status_code == 200
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.writes.execute("UPDATE unit SET closed_at = NULL WHERE id = $1", unit)

    async def test_what_is_just_closed_stays_where_it_reported_when_that_is_merged(
        self, world: World, database: Database
    ):
        unit = await make_unit(database, world.district)
        reported = await world.api.put(f"/v1/units/{unit}/areas/{world.grid.id}", world.staff, {})
        assert reported.status_code == 200
        merge = {"reason": "区划调整。", "into_id": str(world.other_grid.id)}
        async with database.transaction() as connection:
            await connection.execute("UPDATE unit SET closed_at = now() WHERE id = $1", unit)
            merging = asyncio.create_task(
                world.api.post(f"/v1/areas/{world.grid.id}/merge", world.administrator, merge)
            )
            await wait_until_blocked(database)
        assert (await merging).status_code == 200
        assert await database.reads.fetchval("SELECT area_id FROM unit_area WHERE unit_id = $1", unit) == world.grid.id
