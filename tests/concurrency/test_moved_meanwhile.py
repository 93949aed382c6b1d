"""What goes to another area while somebody waits for it is still found: it is locked first and joined then."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.domain.caller import Caller, HeldGrant, Role
from app.domain.kinds import AreaKind
from app.models import Area
from app.schemas.areas import MoveIn
from app.services.area_changes import moving
from app.services.area_changes.hanging import HANG
from app.services.complaints import levels, overdue, residents, standing
from tests.api.scene import problem
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.factories import BUILDING_FORM, COMPLAINT_FORMS, OFFER_FORM, VENUE_FORM, World, make_area, make_grant

Act = Callable[[], Awaitable[Any]]
Move = Callable[[Connection], Awaitable[Any]]


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


async def escalation(world: World, grid: Area) -> tuple[UUID, Move]:
    complaint = await world.complaint(area_id=grid.id)
    return complaint, lambda connection: levels.escalate(
        connection, secret_of(world), staff_of(world), complaint, "网格办不了。"
    )


async def return_(world: World, grid: Area) -> tuple[UUID, Move]:
    complaint = await handed_up(world, grid, 2)
    return complaint, lambda connection: levels.send_down(
        connection, secret_of(world), staff_of(world), complaint, "社区能办。"
    )


async def missed_deadline(world: World, grid: Area) -> tuple[UUID, Move]:
    complaint = await world.complaint(area_id=grid.id)
    late = "UPDATE complaint SET accept_due_at = $2 WHERE id = $1"
    await world.database.writes.execute(late, complaint, now() - timedelta(days=1))
    return complaint, lambda connection: overdue.escalate(connection, complaint)


async def reopening(world: World, grid: Area) -> tuple[UUID, Move]:
    complaint = await handed_up(world, grid, 1)
    await world.api.post(f"/v1/complaints/{complaint}/accept", world.staff)
    await world.api.post(f"/v1/complaints/{complaint}/answer", world.staff, COMPLAINT_FORMS["answer"])
    await world.database.writes.execute("UPDATE complaint SET status = 'closed' WHERE id = $1", complaint)
    return complaint, lambda connection: residents.reopen(
        connection, secret_of(world), staff_of(world), complaint, "又坏了。"
    )


async def handed_up(world: World, grid: Area, levels_up: int) -> UUID:
    complaint = await world.complaint(area_id=grid.id)
    for _ in range(levels_up):
        response = await world.api.post(f"/v1/complaints/{complaint}/escalate", world.staff, {"reason": "难。"})
        assert response.status_code == 200, response.text
    return complaint


async def make_grid_and_other_community(world: World) -> tuple[Area, Area]:
    street = await make_area(world.database, world.district, AreaKind.STREET)
    community, other = [await make_area(world.database, street, AreaKind.COMMUNITY) for _ in range(2)]
    return await make_area(world.database, community), other


async def in_transaction(database: Database, act: Move) -> None:
    async with database.transaction() as connection:
        await act(connection)


def move_of(world: World, grid: Area, other: Area) -> Move:
    administrator = Caller(world.administrator.id, grants=(HeldGrant(Role.ADMINISTRATOR, world.district.id),))
    form = MoveIn(parent_id=other.id, reason="区划调整。")
    return lambda connection: moving.move(connection, administrator, grid.id, form)


def secret_of(world: World) -> str:
    return world.settings.data_key.get_secret_value()


def staff_of(world: World) -> Caller:
    return Caller(world.staff.id, grants=(HeldGrant(Role.STAFF, world.district.id),))


@pytest.mark.parametrize("is_moved_first", [True, False], ids=["moved first", "acted on first"])
@pytest.mark.parametrize(
    "thing", [escalation, return_, missed_deadline, reopening], ids=lambda thing: thing.__name__.strip("_")
)
async def test_who_acts_on_a_complaint_lies_above_it(
    world: World, database: Database, thing: Callable[[World, Area], Awaitable[tuple[UUID, Move]]], is_moved_first: bool
):
    """Its grid is moved to another community while the complaint goes up, down or is taken up again."""
    grid, other = await make_grid_and_other_community(world)
    complaint, act = await thing(world, grid)
    move = move_of(world, grid, other)
    first, second = (move, act) if is_moved_first else (act, move)
    async with database.transaction() as connection:
        await first(connection)
        waiting = asyncio.ensure_future(in_transaction(database, second))
        await wait_until_blocked(database)
    await waiting
    where = "SELECT c.handler_id, a.lineage FROM complaint c JOIN area a ON a.id = c.area_id WHERE c.id = $1"
    [found] = await database.reads.fetch(where, complaint)
    assert found["lineage"][-2:] == [other.id, grid.id]
    assert found["handler_id"] in found["lineage"]


@pytest.mark.parametrize("thing", [escalation, missed_deadline], ids=lambda thing: thing.__name__)
async def test_one_posted_while_its_grid_is_moved_goes_up_where_that_went(
    world: World, database: Database, thing: Callable[[World, Area], Awaitable[tuple[UUID, Move]]]
):
    """It came too late to be locked with the others of the grid."""
    grid, other = await make_grid_and_other_community(world)
    complaint, act = await thing(world, grid)
    async with database.transaction() as connection:
        await connection.execute(HANG, grid.id, other.lineage, len(grid.lineage), other.id, grid.name)
        waiting = asyncio.ensure_future(in_transaction(database, act))
        await wait_until_blocked(database)
    await waiting
    assert await database.reads.fetchval("SELECT handler_id FROM complaint WHERE id = $1", complaint) == other.id


async def test_whoever_hands_a_complaint_on_waits_for_nobody_who_waits_for_them(world: World, database: Database):
    """The move would hand it on as well: it locks complaints before it hangs their areas elsewhere."""
    grid, other = await make_grid_and_other_community(world)
    complaint = await handed_up(world, grid, 1)
    async with database.transaction() as connection:
        await standing.lock(connection, complaint)
        moving_on = asyncio.ensure_future(in_transaction(database, move_of(world, grid, other)))
        await wait_until_blocked(database)
        await levels.escalate(connection, secret_of(world), staff_of(world), complaint, "街道能办。")
    await moving_on
    where = "SELECT handler_id FROM complaint WHERE id = $1"
    assert await database.reads.fetchval(where, complaint) == other.parent_id
