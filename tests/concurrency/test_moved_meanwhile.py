"""What goes to another area while somebody waits for it is still found: it is locked first and joined then."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.clock import now
from app.core.db import Database
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.services.complaints import overdue
from tests.api.scene import problem
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.factories import BUILDING_FORM, OFFER_FORM, VENUE_FORM, World, make_area, make_grant

Act = Callable[[], Awaitable[Any]]


async def adjustment(world: World) -> tuple[UUID, Act]:
    subject = await world.adjustment(await world.helper(), 5)
    return subject, lambda: world.api.post(f"/v1/adjustments/{subject}/approve", world.administrator)


async def offer(world: World) -> tuple[UUID, Act]:
    owner = await world.person()
    subject = await world.offer(await world.shop(owner))
    return subject, lambda: world.api.put(f"/v1/offers/{subject}", owner, OFFER_FORM)


async def venue(world: World) -> tuple[UUID, Act]:
    subject = await world.venue()
    form = {name: value for name, value in VENUE_FORM.items() if name != "location"} | {"location": None}
    return subject, lambda: world.api.put(f"/v1/venues/{subject}", world.staff, form)


async def team(world: World) -> tuple[UUID, Act]:
    alliance = await world.alliance_of()
    subject = await world.team(await world.helper())
    path, form = f"/v1/alliances/{alliance}/teams", {"team_ids": [str(subject)]}
    return subject, lambda: world.api.put(path, world.staff, form)


async def grant(world: World) -> tuple[UUID, Act]:
    subject = await make_grant(world.database, await world.person(), world.grid, Role.STAFF)
    return subject, lambda: world.api.delete(f"/v1/grants/{subject}", world.administrator)


async def api_key(world: World) -> tuple[UUID, Act]:
    form = {"area_id": str(world.grid.id), "name": "随手拍平台"}
    subject = UUID((await world.api.post("/v1/api-keys", world.administrator, form)).json()["id"])
    return subject, lambda: world.api.delete(f"/v1/api-keys/{subject}", world.administrator)


@pytest.mark.parametrize("thing", [adjustment, offer, venue, team, grant, api_key], ids=lambda thing: thing.__name__)
async def test_the_request_that_waited_is_served(
    world: World, database: Database, thing: Callable[[World], Awaitable[tuple[UUID, Act]]]
):
    subject, act = await thing(world)
    async with database.transaction() as connection:
        go = f'UPDATE "{thing.__name__}" SET area_id = $2 WHERE id = $1'
        await connection.execute(go, subject, world.other_grid.id)
        waiting = asyncio.ensure_future(act())
        await wait_until_blocked(database)
    response = await waiting
    assert response.status_code in {200, 204}, response.text


async def test_a_missed_deadline_counts_where_the_complaint_went(world: World, database: Database):
    complaint = await world.complaint()
    await database.writes.execute(
        "UPDATE complaint SET accept_due_at = $2 WHERE id = $1", complaint, now() - timedelta(days=1)
    )
    other = await make_area(database, world.district, AreaKind.COMMUNITY)
    grid = await make_area(database, other)

    async def escalate() -> None:
        async with database.transaction() as connection:
            await overdue.escalate(connection, complaint)

    async with database.transaction() as connection:
        await connection.execute("UPDATE complaint SET area_id = $2, handler_id = $2 WHERE id = $1", complaint, grid.id)
        waiting = asyncio.ensure_future(escalate())
        await wait_until_blocked(database)
    await waiting
    assert await database.reads.fetchval("SELECT handler_id FROM complaint WHERE id = $1", complaint) == other.id


async def test_staff_of_a_grid_change_no_building_that_left_it(world: World, database: Database):
    """What counts is where it is at the moment of writing, not at that of the look before."""
    building, worker = await world.building(), await world.holder(Role.STAFF, world.grid)
    path = f"/v1/areas/{world.grid.id}/buildings/{building}"
    form = BUILDING_FORM | {"area_id": str(world.grid.id)}
    acts: list[Act] = [lambda: world.api.put(path, worker, form), lambda: world.api.delete(path, worker)]
    go = "UPDATE building SET area_id = $2 WHERE id = $1"
    for act in acts:
        async with database.transaction() as connection:
            await connection.execute(go, building, world.other_grid.id)
            waiting = asyncio.ensure_future(act())
            await wait_until_blocked(database)
        assert problem(await waiting) == (404, "not-found")
        where = "SELECT area_id FROM building WHERE id = $1"
        assert await database.reads.fetchval(where, building) == world.other_grid.id
        await database.writes.execute(go, building, world.grid.id)
