"""How many claims one may hold: what two lapses do to that, what is said of it, and the reminders before."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.clock import local_date
from app.jobs import handlers
from tests.api.scene import problem
from tests.api.test_posted_tasks import claim, posted
from tests.api.test_waiting import place, wait
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.people import Person

REMINDERS = """
    SELECT facts ->> 'due_at' AS due_at, from_state, to_state, actor_id FROM event
    WHERE subject_id = $1 AND action = 'remind' ORDER BY created_at
"""


async def limits(world: World, helper: Person) -> dict[str, Any]:
    return dict((await world.api.get("/v1/me/claims", helper)).json()["limits"])


async def lapse(world: World, jobs: Jobs, *claims: UUID) -> None:
    await world.database.writes.execute(
        "UPDATE claim SET due_at = now() - interval '1 minute' WHERE id = ANY($1)", list(claims)
    )
    await handlers.lapse_overdue(jobs.parts)


async def taken(world: World, helper: Person, count: int) -> list[UUID]:
    return [await claim(world, await posted(world), helper) for _ in range(count)]


async def pass_days(world: World, helper: Person, days: int) -> None:
    """Let what stands in somebody's row be so much older."""
    await world.database.writes.execute(
        'UPDATE "user" SET lapsed_at = lapsed_at - make_interval(days => $2), '
        "narrowed_until = narrowed_until - make_interval(days => $2) WHERE id = $1",
        helper.id,
        days,
    )


class TestLimits:
    async def test_are_told_with_ones_claims(self, world: World):
        helper = await world.helper()
        wide = {"limit": world.settings.open_claims_limit, "narrowed_until": None, "reason": None}
        assert await limits(world, helper) == wide | {"open_claims": 0}
        await taken(world, helper, 2)
        assert await limits(world, helper) == wide | {"open_claims": 2}
        assert (await world.api.get("/v1/me/claims", helper, limit=1)).json()["limits"]["open_claims"] == 2

    async def test_one_lapse_changes_nothing(self, world: World, jobs: Jobs):
        helper = await world.helper()
        await lapse(world, jobs, *await taken(world, helper, 1))
        assert (await limits(world, helper))["narrowed_until"] is None
        await taken(world, helper, world.settings.open_claims_limit)

    async def test_two_narrow_it_and_the_refusal_says_until_when(self, api: ApiClient, world: World, jobs: Jobs):
        helper = await world.helper()
        await lapse(world, jobs, *await taken(world, helper, 2))
        told = await limits(world, helper)
        until = local_date(datetime.fromisoformat(told["narrowed_until"])).isoformat()
        assert (told["limit"], told["open_claims"]) == (1, 0)
        assert until in told["reason"]
        inbox = (await api.get("/v1/me/messages", helper)).json()["items"]
        assert sorted(message["kind"] for message in inbox) == ["claim_lapsed", "claim_lapsed", "claims_narrowed"]
        assert told["reason"] in {message["body"] for message in inbox}
        await taken(world, helper, 1)
        refused = await api.post(f"{await posted(world)}/claims", helper)
        assert problem(refused) == (409, "claims-narrowed")
        assert refused.json()["facts"] == {"until": until}
        assert refused.json()["detail"].startswith(f"您有两次认领到期没有完成，{until}之前一次只能认领一个任务")
        row = await world.database.reads.fetchrow(
            "SELECT facts ->> 'until' AS until, party FROM event WHERE subject_id = $1 AND action = 'narrow_claims'",
            helper.id,
        )
        assert row is not None
        assert (datetime.fromisoformat(row["until"]), row["party"]) == (
            datetime.fromisoformat(told["narrowed_until"]),
            "system",
        )

    async def test_it_ends_after_thirty_days(self, world: World, jobs: Jobs):
        helper = await world.helper()
        await lapse(world, jobs, *await taken(world, helper, 2))
        await pass_days(world, helper, 29)
        assert (await limits(world, helper))["limit"] == 1
        await pass_days(world, helper, 2)
        assert (await limits(world, helper))["limit"] == world.settings.open_claims_limit
        await taken(world, helper, 2)

    async def test_lapses_further_apart_do_not_count(self, world: World, jobs: Jobs):
        helper = await world.helper()
        await lapse(world, jobs, *await taken(world, helper, 1))
        await pass_days(world, helper, 31)
        await lapse(world, jobs, *await taken(world, helper, 1))
        assert (await limits(world, helper))["narrowed_until"] is None

    async def test_who_is_narrowed_moves_up_with_a_free_hand_alone(self, api: ApiClient, world: World, jobs: Jobs):
        helper, claimant = await world.helper(), await world.helper()
        path = await posted(world, seats=1)
        held = await claim(world, path, claimant)
        await wait(world, path, helper)
        await lapse(world, jobs, *await taken(world, helper, 2))
        [other] = await taken(world, helper, 1)
        await api.post(f"/v1/claims/{held}/release", claimant)
        assert (await place(world, helper))["status"] == "waiting"
        await api.post(f"/v1/claims/{other}/release", helper)
        await handlers.move_up(jobs.parts)
        assert (await place(world, helper))["status"] == "moved_up"

    async def test_a_release_in_time_never_counts(self, api: ApiClient, world: World, jobs: Jobs):
        helper = await world.helper()
        for held in await taken(world, helper, 3):
            await api.post(f"/v1/claims/{held}/release", helper)
        await handlers.lapse_overdue(jobs.parts)
        assert (await limits(world, helper))["narrowed_until"] is None


class TestReminders:
    @pytest.mark.parametrize(
        ("passed", "reminded"), [(timedelta(days=3, hours=11), 0), (timedelta(days=3, hours=13), 1)]
    )
    async def test_half_way(self, world: World, jobs: Jobs, passed: timedelta, reminded: int):
        [held] = await taken(world, await world.helper(), 1)
        await self.age(world, held, passed)
        for _ in range(2):
            await handlers.remind_claimants(jobs.parts)
            assert len(await self.reminders(world, held)) == reminded

    async def test_and_a_day_before_the_end(self, world: World, jobs: Jobs):
        [held] = await taken(world, await world.helper(), 1)
        for passed, reminded in ((timedelta(days=4), 1), (timedelta(days=1), 1), (timedelta(days=1, hours=1), 2)):
            await self.age(world, held, passed)
            for _ in range(2):
                await handlers.remind_claimants(jobs.parts)
            assert len(await self.reminders(world, held)) == reminded
        await self.age(world, held, timedelta(hours=20))
        await handlers.remind_claimants(jobs.parts)
        rows = await self.reminders(world, held)
        assert len(rows) == 2
        assert {(row["from_state"], row["to_state"], row["actor_id"]) for row in rows} == {("active", "active", None)}
        holder = await world.database.reads.fetchval("SELECT user_id FROM claim WHERE id = $1", held)
        bodies = await world.database.reads.fetch("SELECT kind, body FROM message WHERE user_id = $1", holder)
        assert [row["kind"] for row in bodies] == ["claim_due"] * 2

    async def test_a_worker_that_was_down_reminds_once(self, world: World, jobs: Jobs):
        [held] = await taken(world, await world.helper(), 1)
        await self.age(world, held, timedelta(days=6, hours=12))
        for _ in range(2):
            await handlers.remind_claimants(jobs.parts)
            assert len(await self.reminders(world, held)) == 1

    async def test_not_of_what_is_done_but_again_of_what_came_back(self, api: ApiClient, world: World, jobs: Jobs):
        helper = await world.helper()
        [held] = await taken(world, helper, 1)
        await api.post(f"/v1/claims/{held}/submit", helper, {"note": "好了。"})
        await self.age(world, held, timedelta(days=4))
        await handlers.remind_claimants(jobs.parts)
        assert await self.reminders(world, held) == []
        await api.post(f"/v1/claims/{held}/return", world.administrator, {"reason": "还差一点。"})
        await self.age(world, held, timedelta(days=4))
        await handlers.remind_claimants(jobs.parts)
        assert [row["to_state"] for row in await self.reminders(world, held)] == ["returned"]

    async def reminders(self, world: World, claim_id: UUID) -> list[Any]:
        return list(await world.database.reads.fetch(REMINDERS, claim_id))

    async def age(self, world: World, claim_id: UUID, passed: timedelta) -> None:
        await world.database.writes.execute(
            "UPDATE claim SET due_at = due_at - $2::interval, remind_at = remind_at - $2::interval WHERE id = $1",
            claim_id,
            passed,
        )
