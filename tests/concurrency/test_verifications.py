"""Verifying many claims at once beside those who verify, dispute, give back and deliver them one by one."""

import asyncio
from uuid import UUID

from app.core.db import Database
from app.domain.caller import Caller
from app.services import claims
from app.services.limits import Terms
from tests.api.scene import problem
from tests.api.test_attendances import checked_in
from tests.api.test_posted_tasks import claim, posted, window
from tests.api.test_verifications import ticks
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.test_races import together
from tests.e2e.invariants import BROKEN
from tests.factories import REWARD_POINTS, World

TURNS = 6
RULES = ("I1 taken", "I1 open claims", "a verified claim has its award", "an award")
AWARDS = "SELECT w.user_id, w.points_granted FROM award w JOIN claim c ON c.id = w.claim_id WHERE c.task_id = $1"


async def broken_rules(database: Database) -> set[tuple[str, object]]:
    """Return which rows break which rule: other tests of the database may have left some."""
    statements = {name: statement for name, statement in BROKEN.items() if name.startswith(RULES)}
    return {(name, row[0]) for name, sql in statements.items() for row in await database.reads.fetch(sql)}


async def test_lists_of_one_activity_at_once_beside_single_hands(world: World, database: Database):
    """Two lists in contrary orders, single verifications, deliveries and releases: each claim ends once."""
    before = await broken_rules(database)
    for _ in range(TURNS):
        path = await posted(world, **window(-1), seats=8)
        helpers = [await world.helper() for _ in range(6)]
        ids = [(await checked_in(world, path, helper))["id"] for helper in helpers]
        for number in (0, 1):
            done = await world.api.post(f"/v1/claims/{ids[number]}/submit", helpers[number], {"note": "好了。"})
            assert done.status_code == 200
        answers = await together(
            world.api.post(f"{path}/verify", world.staff, ticks(*ids)),
            world.api.post(f"{path}/verify", world.staff, ticks(*reversed(ids))),
            world.api.post(f"/v1/claims/{ids[0]}/confirm", world.staff),
            world.api.post(f"/v1/claims/{ids[1]}/confirm", world.staff),
            world.api.post(f"/v1/claims/{ids[2]}/release", helpers[2]),
            world.api.post(f"/v1/claims/{ids[3]}/submit", helpers[3], {"note": "好了。"}),
            world.api.post(f"/v1/claims/{ids[4]}/check-out", helpers[4], {}),
        )
        assert set(answers) <= {"200", "state-conflict"}
        assert answers["200"] >= 2
        await world.api.post(f"{path}/verify", world.staff, ticks(*ids))
        awards = await database.reads.fetch(AWARDS, UUID(path.rpartition("/")[2]))
        assert len({row["user_id"] for row in awards}) == len(awards) >= 5
        assert {row["points_granted"] for row in awards} == {REWARD_POINTS}
    assert await broken_rules(database) <= before


async def test_nobody_comes_for_a_claim_that_is_just_given_back(world: World, database: Database):
    path, helper = await posted(world), await world.helper()
    claim_id = await claim(world, path, helper)
    code = (await world.api.get(f"{path}/check-in-code", world.staff)).json()["code"]
    async with database.transaction() as connection:
        await claims.release(connection, Terms.of(world.settings), Caller(helper.id, is_helper=True), claim_id)
        coming = asyncio.create_task(world.api.post(f"/v1/claims/{claim_id}/check-in", helper, {"code": code}))
        await wait_until_blocked(database)
    assert problem(await coming) == (409, "state-conflict")


async def test_lists_of_two_activities_with_the_same_people_do_not_wait_in_a_ring(world: World, database: Database):
    before = await broken_rules(database)
    await world.policy(world.district, day_cap=10_000, expiry="end_of_next_year")
    for _ in range(TURNS):
        helpers = [await world.helper(points=5) for _ in range(4)]
        paths = [await posted(world, **window(-1), seats=4) for _ in range(2)]
        first = [(await checked_in(world, paths[0], helper))["id"] for helper in helpers]
        second = [(await checked_in(world, paths[1], helper))["id"] for helper in reversed(helpers)]
        offer = await world.offer(await world.shop(await world.person()), points=1, stock=50)
        answers = await together(
            world.api.post(f"{paths[0]}/verify", world.staff, ticks(*first)),
            world.api.post(f"{paths[1]}/verify", world.staff, ticks(*second)),
            *[world.api.post(f"/v1/offers/{offer}/vouchers", helper) for helper in helpers],
        )
        assert answers == {"200": 2, "201": 4}
    assert await broken_rules(database) <= before


async def test_a_dispute_comes_before_or_after_but_never_amid(world: World, database: Database):
    before = await broken_rules(database)
    for turn in range(TURNS):
        author, helper = await world.person(), await world.helper()
        wish, delivered = await world.delivered(author, helper)
        path = f"/v1/tasks/{await world.task_of(wish)}/verify"
        requests = [
            world.api.post(path, world.staff, ticks(delivered)),
            world.api.post(f"/v1/wishes/{wish}/dispute", author, {"reason": "没有修好。"}),
            world.api.post(f"/v1/claims/{delivered}/return", world.staff, {"reason": "再看看。"}),
        ]
        answers = await asyncio.gather(*(requests if turn % 2 else reversed(requests)))
        assert all(answer.status_code in {200, 409} for answer in answers)
        status = (await world.api.get(f"/v1/claims/{delivered}", helper)).json()["status"]
        assert status in {"verified", "returned"}
        assert ((await world.api.get("/v1/me/points", helper)).json()["spendable_points"] > 0) == (status == "verified")
    assert await broken_rules(database) <= before
