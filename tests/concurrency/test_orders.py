"""Orders at once: each part moves once, nothing is left open by who takes all back, and merging loses nothing."""

from uuid import UUID

import asyncpg
import pytest

from app.domain.caller import Caller, HeldGrant, Role
from app.domain.kinds import AreaKind
from app.services.area_changes import belongings
from app.services.orders import parts
from tests.concurrency.test_races import together
from tests.factories import World, make_area
from tests.orders import confirmed, order, part_of, reported, worker

STATES = "SELECT status, count(*) FROM order_part WHERE order_id = $1 GROUP BY 1"
BROKEN = """
    SELECT p.id FROM order_part p WHERE p.order_id = $1 AND (p.status IS DISTINCT FROM (
        SELECT e.to_state FROM event e WHERE e.subject_id = p.id ORDER BY e.created_at DESC, e.id DESC LIMIT 1
    ) OR EXISTS (
        SELECT FROM (
            SELECT from_state, lag(to_state) OVER (ORDER BY created_at, id) AS before FROM event WHERE subject_id = p.id
        ) AS step WHERE from_state IS DISTINCT FROM before
    ))
"""
REASON = {"reason": "不必了。"}


async def states(world: World, order_id: UUID) -> dict[str, int]:
    assert await world.database.reads.fetch(BROKEN, order_id) == [], "its events tell how each part stands"
    return {row["status"]: row["count"] for row in await world.database.reads.fetch(STATES, order_id)}


async def test_of_many_who_confirm_or_report_one_does(world: World):
    first, second = await worker(world), await worker(world)
    part_id = await part_of(world, await order(world), world.community)
    path = f"/v1/order-parts/{part_id}"
    told = await together(*[world.api.post(f"{path}/confirm", person) for person in (first, second) * 4])
    assert told == {"200": 1, "state-conflict": 7}
    reports = [world.api.post(f"{path}/report", person, {"report": "好了。"}) for person in (first, second) * 4]
    assert await together(*reports) == {"200": 1, "state-conflict": 7}


async def test_of_many_who_decide_on_a_report_one_does(world: World):
    here = await worker(world)
    for _ in range(3):
        part_id = await reported(world, here)
        path = f"/v1/order-parts/{part_id}"
        told = await together(
            *[world.api.post(f"{path}/accept", person) for person in (world.staff, world.administrator) * 2],
            *[world.api.post(f"{path}/return", world.staff, REASON) for _ in range(2)],
            world.api.post(f"{path}/report", here, {"report": "全好了。"}),
        )
        last = (await world.api.get(path, world.staff)).json()
        assert told["200"] == {"accepted": 1, "confirmed": 1, "reported": 2}[last["status"]] or told["200"] == 3
        assert (last["status"] == "accepted") == (last["accepted_at"] is not None)
        await states(world, UUID(last["order"]["id"]))


async def test_who_takes_all_back_leaves_nothing_open(world: World):
    here = await worker(world)
    street = await make_area(world.database, world.district, AreaKind.STREET)
    for area in [await make_area(world.database, street, AreaKind.COMMUNITY) for _ in range(6)]:
        await world.holder(Role.STAFF, area)
    above = await world.holder(Role.STAFF, street)
    for _ in range(3):
        order_id = await order(world)
        rows = await world.database.reads.fetch(
            "SELECT id FROM order_part WHERE order_id = $1 AND area_id <> $2", order_id, world.community.id
        )
        own = await part_of(world, order_id, world.community)
        told = await together(
            *[world.api.post(f"/v1/order-parts/{row['id']}/confirm", above) for row in rows],
            world.api.post(f"/v1/orders/{order_id}/cancel", world.staff, REASON),
            world.api.post(f"/v1/orders/{order_id}/cancel", world.administrator, REASON),
            world.api.post(f"/v1/orders/{order_id}/close", world.staff),
            world.api.post(f"/v1/order-parts/{own}/confirm", here),
            world.api.post(f"/v1/order-parts/{own}/cancel", world.staff, REASON),
        )
        assert set(told) <= {"200", "state-conflict", "order-parts-open"}
        assert await states(world, order_id) == {"cancelled": 7}
        assert (await world.api.get(f"/v1/orders/{order_id}", world.staff)).json()["status"] == "cancelled"


async def test_a_part_is_held_while_a_task_is_posted_for_it(world: World):
    here = await worker(world)
    part_id = await confirmed(world, here)
    caller = Caller(here.id, grants=(HeldGrant(Role.STAFF, world.community.id),))
    async with world.database.transaction() as connection:
        await parts.hold(connection, caller, part_id, world.grid.id)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await world.database.writes.execute("SELECT FROM order_part WHERE id = $1 FOR UPDATE NOWAIT", part_id)


async def test_whoever_closes_an_area_holds_its_orders_before_their_parts(world: World):
    """As whoever takes an order back does: so neither waits for the other."""
    order_id = await order(world, world.community)
    async with world.database.transaction() as connection:
        await belongings.lock_open(connection, world.community.id)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await world.database.writes.execute("SELECT FROM area_order WHERE id = $1 FOR UPDATE NOWAIT", order_id)


async def test_areas_merge_while_their_orders_are_worked_on(world: World):
    """Both had the same to do: whatever comes first, each order has one part that is open or none."""
    here = await worker(world)
    for _ in range(3):
        street = await make_area(world.database, world.district, AreaKind.STREET)
        gone, into = [await make_area(world.database, street, AreaKind.COMMUNITY) for _ in range(2)]
        above = await world.holder(Role.STAFF, street)
        order_ids = [await order(world, gone, into, world.community) for _ in range(3)]
        pairs = [[await part_of(world, order_id, area) for area in (gone, into)] for order_id in order_ids]
        merge = {"into_id": str(into.id), "reason": "合并。"}
        told = await together(
            world.api.post(f"/v1/orders/{order_ids[0]}/cancel", world.staff, REASON),
            *[world.api.post(f"/v1/order-parts/{part_id}/confirm", above) for pair in pairs for part_id in pair],
            world.api.post(f"/v1/areas/{gone.id}/merge", world.administrator, merge),
            world.api.post(f"/v1/orders/{order_ids[1]}/cancel", world.staff, REASON),
            world.api.post(f"/v1/order-parts/{pairs[2][1]}/cancel", world.staff, REASON),
            world.api.post(f"/v1/order-parts/{await part_of(world, order_ids[2], world.community)}/confirm", here),
        )
        assert set(told) <= {"200", "state-conflict"}
        assert (await world.api.get(f"/v1/areas/{gone.id}")).json()["closed_at"] is not None
        for order_id in order_ids[:2]:
            assert await states(world, order_id) == {"cancelled": 3}
        left = await states(world, order_ids[2])
        open_parts = 3 - left.get("cancelled", 0)
        assert open_parts == 1 + (
            await world.database.reads.fetchval(
                "SELECT count(*) FROM order_part WHERE order_id = $1 AND area_id = $2 AND status <> 'cancelled'",
                order_ids[2],
                into.id,
            )
        )
