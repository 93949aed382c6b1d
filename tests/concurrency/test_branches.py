"""Branches under races: one secretary, one chosen candidate, and nobody who leads or is in what they have left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.core.settings import Settings
from app.domain.caller import Role
from tests.branches import REASON, join, lead, make_branch, member_of, stand
from tests.concurrency.test_area_tree import change
from tests.concurrency.test_races import together
from tests.e2e.invariants import broken
from tests.factories import World, make_area, make_grant

ACTIVE = "SELECT count(*) FROM branch_term WHERE branch_id = $1 AND ended_at IS NULL"
BEGUN = "SELECT count(*) FROM event WHERE action = 'begin' AND facts ->> 'branch_id' = $1"
WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
JOINED = "SELECT count(*) FROM branch_member WHERE member_id = $1 AND status = 'joined'"


async def faults_of(settings: Settings) -> dict[str, int]:
    """Return which rules of branches are broken."""
    found = await broken(settings.require_database_url())
    return {rule: count for rule, count in found.items() if "branch" in rule}


async def wait_for(world: World, waiting: int) -> None:
    """Return once so many wait for a lock."""
    for _ in range(500):
        if await world.database.reads.fetchval(WAITING) >= waiting:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


@asynccontextmanager
async def held(world: World, branch_id: UUID) -> AsyncIterator[None]:
    """Hold on to a branch, so that whoever acts on it waits."""
    async with world.database.transaction() as connection:
        await connection.execute("SELECT FROM branch WHERE id = $1 FOR UPDATE", branch_id)
        yield


class TestHandOver:
    async def test_of_many_at_once_one_counts(self, world: World, settings: Settings):
        before, after = await world.helper(), await world.helper()
        branch = await make_branch(world, None, before, after)
        await lead(world, branch, before)
        form = {"candidacy_id": str(await stand(world, branch, after, "accepted"))}
        path = f"/v1/branches/{branch}/hand-over"
        async with held(world, branch):
            requests = [asyncio.create_task(world.api.post(path, world.staff, form)) for _ in range(6)]
            await wait_for(world, len(requests))
        assert await together(*requests) == {"200": 1, "state-conflict": 5}
        assert await world.database.reads.fetchval(ACTIVE, branch) == 1
        assert await world.database.reads.fetchval(BEGUN, str(branch)) == 2
        assert await faults_of(settings) == {}

    async def test_while_the_choice_is_taken_back(self, world: World, settings: Settings):
        for _ in range(4):
            area = await make_area(world.database, world.community)
            world.grid = area
            person = await world.helper()
            branch = await make_branch(world, None, person)
            candidacy = await stand(world, branch, person, "accepted")
            answers = await together(
                world.api.post(f"/v1/branches/{branch}/hand-over", world.staff, {"candidacy_id": str(candidacy)}),
                world.api.post(f"/v1/branch-candidacies/{candidacy}/withdraw", person),
            )
            assert answers == {"200": 1, "state-conflict": 1}
        assert await faults_of(settings) == {}

    async def test_to_somebody_who_is_leaving(self, world: World, settings: Settings):
        """The branch, the grid or the Party: in the end nobody leads what they are not in."""
        for way in ("branches/members/{place}/leave", "members/{member}/leave", "members/{member}/transfer"):
            for _ in range(3):
                world.grid = await make_area(world.database, world.community)
                person = await world.helper()
                branch = await make_branch(world)
                place, member = await join(world, branch, person), await member_of(world, person)
                form = {"candidacy_id": str(await stand(world, branch, person, "accepted"))}
                moved = REASON | ({"home_area_id": str(world.other_grid.id)} if "transfer" in way else {})
                path = "/v1/" + way.format(place=place, member=member)
                async with held(world, branch):
                    requests = asyncio.create_task(
                        together(
                            world.api.post(f"/v1/branches/{branch}/hand-over", world.staff, form),
                            world.api.post(path, world.staff, moved),
                        )
                    )
                    await wait_for(world, 2)
                answers = await requests
                assert answers["200"] >= 1
                assert set(answers) <= {"200", "state-conflict"}
                assert await world.database.reads.fetchval(JOINED, member) == 0
                assert await world.database.reads.fetchval(ACTIVE, branch) == 0
        assert await faults_of(settings) == {}

    async def test_while_the_branch_is_dissolved(self, world: World, settings: Settings):
        person, other = await world.helper(), await world.helper()
        branch = await make_branch(world, None, person)
        form = {"candidacy_id": str(await stand(world, branch, person, "accepted"))}
        async with held(world, branch):
            requests = asyncio.create_task(
                together(
                    world.api.post(f"/v1/branches/{branch}/hand-over", world.staff, form),
                    world.api.post(f"/v1/branches/{branch}/dissolve", world.staff, REASON),
                    world.api.post(f"/v1/branches/{branch}/members", other, {}),
                )
            )
            await wait_for(world, 3)
        answers = await requests
        assert set(answers) <= {"200", "201", "state-conflict"}
        assert await world.database.reads.fetchval(ACTIVE, branch) == 0
        assert await faults_of(settings) == {}


class TestCandidacies:
    async def test_of_many_accepted_at_once_one_is(self, world: World):
        crowd = [await world.helper() for _ in range(6)]
        branch = await make_branch(world, None, *crowd)
        paths = [f"/v1/branch-candidacies/{await stand(world, branch, person)}/accept" for person in crowd]
        answers = await together(*[world.api.post(path, world.staff) for path in paths])
        assert answers == {"200": 1, "successor-chosen": 5}

    async def test_standing_many_times_is_standing_once(self, world: World):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        path = f"/v1/branches/{branch}/candidacies"
        answers = await together(*[world.api.post(path, person, {}) for _ in range(6)])
        assert answers == {"201": 1, "candidacy-open": 5}

    async def test_nobody_decides_who_came_to_stand_meanwhile(self, world: World):
        """A rival is one at the moment of the decision, not at that of asking."""

        person, officer = await world.helper(), await world.helper()
        await make_grant(world.database, officer, world.district, Role.STAFF)
        branch = await make_branch(world, None, person, officer)
        candidacy = await stand(world, branch, person)
        async with held(world, branch):
            standing = asyncio.create_task(world.api.post(f"/v1/branches/{branch}/candidacies", officer, {}))
            await wait_for(world, 1)
            deciding = asyncio.create_task(world.api.post(f"/v1/branch-candidacies/{candidacy}/accept", officer))
            await wait_for(world, 2)
        assert (await standing).status_code == 201
        assert (await deciding).json()["code"] == "own-interest"


class TestPlaces:
    async def test_joining_many_times_is_joining_once(self, world: World):
        person = await world.helper()
        branch = await make_branch(world)
        path = f"/v1/branches/{branch}/members"
        answers = await together(*[world.api.post(path, person, {}) for _ in range(6)])
        assert answers == {"201": 1, "branch-joined": 5}

    async def test_joining_while_moving_to_another_grid(self, world: World, settings: Settings):
        for _ in range(4):
            world.grid = await make_area(world.database, world.community)
            person = await world.helper()
            branch, member = await make_branch(world), await member_of(world, person)
            moved = REASON | {"home_area_id": str(world.other_grid.id)}
            answers = await together(
                world.api.post(f"/v1/branches/{branch}/members", person, {}),
                world.api.post(f"/v1/members/{member}/transfer", world.staff, moved),
            )
            assert answers["200"] == 1
            assert await world.database.reads.fetchval(JOINED, member) == 0
        assert await faults_of(settings) == {}

    async def test_a_grid_gets_one_branch(self, world: World):
        form = {"area_id": str(world.grid.id), "name": "湖滨支部"}
        answers = await together(*[world.api.post("/v1/branches", world.staff, form) for _ in range(6)])
        assert answers == {"201": 1, "branch-exists": 5}

    async def test_founding_where_another_branch_arrives(self, world: World, settings: Settings):
        """Whichever is first: the merge is never refused for it, and there is one branch."""
        for _ in range(3):
            here, there = [await make_area(world.database, world.community) for _ in range(2)]
            world.grid = here
            person = await world.helper()
            branch = await make_branch(world, here, person)
            form = {"area_id": str(there.id), "name": "湖滨支部"}
            answers = await together(
                change(world, here, "merge", into_id=str(there.id)),
                world.api.post("/v1/branches", world.staff, form),
            )
            assert answers["200"] == 1, answers
            joined = "SELECT branch_id FROM branch_member WHERE member_id = $1 AND status = 'joined'"
            now = await world.database.reads.fetchval(joined, await member_of(world, person))
            assert (now == branch) == (answers["branch-exists"] == 1)
        assert await faults_of(settings) == {}
