"""Several agree or accept at once: never more are lent than a line asks for, and no grid lends what it needs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.domain.kinds import AreaKind, Hat
from app.jobs import handlers
from app.services.area_changes.hanging import HANG
from app.services.lending import requests
from tests.api.test_strength import strength
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.test_races import together
from tests.conftest import Jobs
from tests.factories import World, make_area
from tests.strength import lend, make_line, make_plan, make_request, settle

CROWD = 12
LOCK = "SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE"


async def test_the_last_place_of_a_line(world: World):
    """All are asked for a line of three."""
    await world.strength_rule(world.district, members=0, volunteers=0)
    people = await settle(world, world.grid, volunteers=CROWD)
    line_id = await make_line(world, await make_plan(world), world.grid, world.other_grid, 3, status="asking")
    asked = [await make_request(world, line_id, person) for person in people]
    answers = await together(
        *[
            world.api.post(f"/v1/loan-requests/{request_id}/agree", person)
            for request_id, person in zip(asked, people, strict=True)
        ]
    )
    assert answers == {"200": 3, "state-conflict": CROWD - 3}
    [there] = (await strength(world, world.other_grid))["items"]
    assert there["volunteers"]["borrowed"] == 3


async def test_the_last_person_whom_a_grid_can_spare(world: World):
    """Each is asked for a line of their own, for which one is enough; the grid has two to spare."""
    await world.strength_rule(world.district, members=0, volunteers=CROWD - 2)
    people = await settle(world, world.grid, volunteers=CROWD)
    plan_id = await make_plan(world)
    asked = []
    for person in people:
        taker = await make_area(world.database, world.community)
        line_id = await make_line(world, plan_id, world.grid, taker, status="asking")
        asked.append(await make_request(world, line_id, person))
    answers = await together(
        *[
            world.api.post(f"/v1/loan-requests/{request_id}/agree", person)
            for request_id, person in zip(asked, people, strict=True)
        ]
    )
    assert answers == {"200": 2, "lender-at-rule": CROWD - 2}
    [here] = (await strength(world, world.grid))["items"]
    assert (here["volunteers"]["present"], here["volunteers"]["lent"]) == (CROWD - 2, 2)


async def test_one_agrees_twice(world: World):
    await world.strength_rule(world.district, members=0, volunteers=0)
    [person] = await settle(world, world.grid, volunteers=1)
    line_id = await make_line(world, await make_plan(world), world.grid, world.other_grid, 3, status="asking")
    request_id = await make_request(world, line_id, person)
    path = f"/v1/loan-requests/{request_id}/agree"
    assert await together(*[world.api.post(path, person) for _ in range(4)]) == {"200": 1, "state-conflict": 3}


async def test_two_lines_that_ask_the_same_people(world: World):
    """Two lines of one grid are accepted at once: nobody is asked twice, and they do not lock each other out."""
    await world.strength_rule(world.district, members=0, volunteers=1)
    await settle(world, world.grid, volunteers=CROWD)
    plan_id = await make_plan(world)
    lines = [
        await make_line(world, plan_id, world.grid, await make_area(world.database, world.community)) for _ in range(4)
    ]
    paths = [f"/v1/lending-plans/{plan_id}/lines/{line_id}/accept" for line_id in lines]
    assert await together(*[world.api.post(path, world.staff) for path in paths]) == {"200": 4}
    rows = await world.database.reads.fetch("SELECT person_id FROM loan_request WHERE line_id = ANY($1)", lines)
    assert len(rows) == len({row["person_id"] for row in rows}) == 4 * requests.ASKED_PER_PLACE


async def test_two_workers_that_end_the_same_loans(world: World, jobs: Jobs):
    """And one more that begins anew, as after a kill: each loan ends once, each question goes once."""
    await world.strength_rule(world.district, members=0, volunteers=0)
    people = await settle(world, world.grid, volunteers=CROWD)
    over = [
        await lend(world, world.grid, world.other_grid, person, since=-timedelta(days=40), days=-1) for person in people
    ]
    late = await make_line(world, await make_plan(world, days=-1), world.grid, world.other_grid, 2, status="asking")
    asked = [await make_request(world, late, person) for person in await settle(world, world.grid, volunteers=CROWD)]
    for _ in range(2):
        await asyncio.gather(*[sweep(jobs.parts) for sweep in (handlers.end_loans, handlers.tend_lending) * 2])
    told = """
        SELECT action, to_state, count(*) AS times, count(DISTINCT subject_id) AS things FROM event
        WHERE subject_id = ANY($1) GROUP BY 1, 2 ORDER BY 1
    """
    rows = await world.database.reads.fetch(told, [*over, late, *asked])
    assert [tuple(row) for row in rows] == [
        ("expire", "ended", CROWD, CROWD),
        ("lapse", "ended", 1, 1),
        ("withdraw", "withdrawn", CROWD, CROWD),
    ]


async def accept_all(world: World, lines: list[tuple[UUID, UUID]]) -> Counter[str]:
    paths = [f"/v1/lending-plans/{plan_id}/lines/{line_id}/accept" for plan_id, line_id in lines]
    return await together(*[world.api.post(path, world.staff) for path in paths])


async def test_lines_that_count_on_the_same_people(world: World):
    """Lines of several plans to as many grids are accepted at once; two can be spared, whoever comes first."""
    await world.strength_rule(world.district, members=0, volunteers=CROWD - 2)
    await settle(world, world.grid, volunteers=CROWD)
    lines = []
    for _ in range(6):
        plan_id, taker = await make_plan(world), await make_area(world.database, world.community)
        lines.append((plan_id, await make_line(world, plan_id, world.grid, taker)))
    assert await accept_all(world, lines) == {"200": 2, "lending-line-stale": 4}


async def test_lines_that_fill_the_same_places(world: World):
    """Several grids would lend to one that lacks two; each accepts the line of its own plan."""
    await world.strength_rule(world.district, members=0, volunteers=2)
    lines = []
    for _ in range(6):
        plan_id, giver = await make_plan(world), await make_area(world.database, world.community)
        await settle(world, giver, volunteers=3)
        lines.append((plan_id, await make_line(world, plan_id, giver, world.other_grid)))
    assert await accept_all(world, lines) == {"200": 2, "lending-line-stale": 4}


async def test_two_grids_that_lend_to_each_other(world: World):
    """Members one way and volunteers the other, accepted at once: neither waits for the other for ever."""
    await world.strength_rule(world.district, members=1, volunteers=1)
    lines = []
    for _ in range(4):
        one, other = [await make_area(world.database, world.community) for _ in range(2)]
        await settle(world, one, members=2)
        await settle(world, other, volunteers=2)
        for hat, giver, taker in ((Hat.MEMBER, one, other), (Hat.VOLUNTEER, other, one)):
            plan_id = await make_plan(world)
            lines.append((plan_id, await make_line(world, plan_id, giver, taker, hat=hat)))
    assert await accept_all(world, lines) == {"200": len(lines)}


async def test_agreeing_and_accepting_while_the_grids_become_one(world: World):
    """Whoever agreed before is lent no more; whoever comes later finds the line ended."""
    await world.strength_rule(world.district, members=0, volunteers=1)
    people = await settle(world, world.grid, volunteers=CROWD)
    plan_id = await make_plan(world)
    asking = await make_line(world, plan_id, world.grid, world.other_grid, 3, status="asking")
    asked = [await make_request(world, asking, person) for person in people]
    others = [await make_plan(world) for _ in range(4)]
    proposed = [(other, await make_line(world, other, world.grid, world.other_grid)) for other in others]
    agreeing = [
        world.api.post(f"/v1/loan-requests/{request_id}/agree", person)
        for request_id, person in zip(asked, people, strict=True)
    ]
    accepting = [
        world.api.post(f"/v1/lending-plans/{other}/lines/{line_id}/accept", world.staff) for other, line_id in proposed
    ]
    form = {"into_id": str(world.grid.id), "reason": "区划调整。"}
    merging = world.api.post(f"/v1/areas/{world.other_grid.id}/merge", world.administrator, form)
    answers = await together(*agreeing[:6], *accepting[:2], merging, *accepting[2:], *agreeing[6:])
    assert sum(answers.values()) == len(people) + 4 + 1
    assert set(answers) <= {"200", "state-conflict", "lending-line-stale"}
    live = (
        "SELECT count(*) FROM lending_line WHERE status IN ('proposed', 'asking') AND $1 IN (from_area_id, to_area_id)"
    )
    assert await world.database.reads.fetchval(live, world.grid.id) == 0
    running = "SELECT count(*) FROM loan WHERE status = 'running' AND $1 IN (from_area_id, to_area_id)"
    assert await world.database.reads.fetchval(running, world.grid.id) == 0
    open_still = "SELECT count(*) FROM loan_request WHERE status = 'open' AND line_id = $1"
    assert await world.database.reads.fetchval(open_still, asking) == 0
    [here] = (await strength(world, world.grid))["items"]
    assert here["volunteers"]["present"] == CROWD


async def test_declining_while_the_line_is_tended(world: World):
    """Whoever declines has another one asked in the moment in which the sweep asks: no more are asked than shall be."""
    people = await settle(world, world.grid, volunteers=CROWD, members=1)
    line_id = await make_line(
        world, await make_plan(world), world.grid, world.other_grid, 2, hat=Hat.VOLUNTEER, status="asking"
    )
    volunteers = people[1:]
    asked = [await make_request(world, line_id, person) for person in volunteers[:4]]

    async def tend() -> None:
        async with world.database.transaction() as connection:
            await requests.tend(connection, line_id)

    declined = together(
        *[
            world.api.post(f"/v1/loan-requests/{request_id}/decline", person)
            for request_id, person in zip(asked, volunteers, strict=False)
        ]
    )
    answers, *_ = await asyncio.gather(declined, tend(), tend(), tend())
    assert answers == {"200": 4}
    still = await world.database.reads.fetchval(
        "SELECT count(*) FROM loan_request WHERE line_id = $1 AND status = 'open'", line_id
    )
    assert still == 4


class TestLocks:
    @pytest.fixture
    async def other(self, settings: Settings) -> AsyncIterator[asyncpg.Connection]:
        """Somebody else at work in the database, in a transaction that the test ends."""
        connection = await asyncpg.connect(settings.require_database_url())
        await connection.execute("BEGIN")
        yield connection
        await connection.close()

    async def test_grids_in_the_order_of_their_ids(self, world: World, database: Database, other: asyncpg.Connection):
        """Whoever waits for the first of two grids does not hold the second."""
        await world.strength_rule(world.district, members=0, volunteers=1)
        first, second = sorted((world.grid, world.other_grid), key=lambda area: area.id)
        await settle(world, second, volunteers=2)
        plan_id = await make_plan(world)
        line_id = await make_line(world, plan_id, second, first)
        await other.execute(LOCK, first.id)
        accepting = asyncio.create_task(accept_all(world, [(plan_id, line_id)]))
        await wait_until_blocked(database)
        await other.execute(f"{LOCK} NOWAIT", second.id)
        await other.execute("COMMIT")
        assert await accepting == {"200": 1}

    async def test_a_grid_that_moves_meanwhile_is_seen(
        self, world: World, database: Database, other: asyncpg.Connection
    ):
        await world.strength_rule(world.district, members=0, volunteers=1)
        await settle(world, world.grid, volunteers=2)
        plan_id = await make_plan(world, world.community)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        elsewhere = await make_area(database, world.district, AreaKind.COMMUNITY)
        above = elsewhere.lineage
        name, depth = world.other_grid.name, len(world.other_grid.lineage)
        await other.execute(HANG, world.other_grid.id, above, depth, elsewhere.id, name)
        accepting = asyncio.create_task(accept_all(world, [(plan_id, line_id)]))
        await wait_until_blocked(database)
        await other.execute("COMMIT")
        assert await accepting == {"lending-line-stale": 1}

    async def test_lines_before_the_area_is_closed(self, world: World, database: Database, other: asyncpg.Connection):
        """Whoever agrees holds the line before the loan refers to the grid, which is to be merged."""
        plan_id = await make_plan(world)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid, status="asking")
        third = await make_area(database, world.community)
        await other.execute("SELECT FROM lending_line WHERE id = $1 FOR NO KEY UPDATE", line_id)
        form = {"into_id": str(third.id), "reason": "区划调整。"}
        path = f"/v1/areas/{world.other_grid.id}/merge"
        merging = asyncio.create_task(world.api.post(path, world.administrator, form))
        await wait_until_blocked(database)
        await other.execute("SELECT FROM area WHERE id = $1 FOR KEY SHARE NOWAIT", world.other_grid.id)
        await other.execute("COMMIT")
        assert (await merging).status_code == 200
