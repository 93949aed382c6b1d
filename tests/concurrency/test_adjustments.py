"""Many hands on the same points at once: one decision counts, and nobody's points go below zero."""

import asyncio
from uuid import UUID

from app.core.db import Database
from tests.concurrency.test_races import assert_books_agree, balance, together
from tests.factories import REWARD_POINTS, World

REASON = {"reason": "台账上查不到。"}
PAPER = {"reason": "走访核实，服务没有发生。", "document": "走访记录第7号"}


async def decisions(database: Database, adjustment_id: UUID) -> int:
    return int(
        await database.reads.fetchval(
            "SELECT count(*) FROM event WHERE subject_id = $1 AND action <> 'create'", adjustment_id
        )
    )


class TestDecisions:
    async def test_two_approvals_at_once_are_one(self, world: World, database: Database):
        for points in (5, -5):
            holder = await world.helper(points=20)
            adjustment = await world.adjustment(holder, points)
            path = f"/v1/adjustments/{adjustment}/approve"
            answers = await together(*[world.api.post(path, world.administrator) for _ in range(8)])
            assert answers == {"200": 1, "state-conflict": 7}
            assert await balance(world, holder) == (20 + points, 0)
            assert await decisions(database, adjustment) == 1
            await assert_books_agree(database, holder)

    async def test_one_of_two_decisions_counts(self, world: World, database: Database):
        holder = await world.helper()
        adjustment = await world.adjustment(holder, 5, proposer=world.staff)
        answers = await together(
            world.api.post(f"/v1/adjustments/{adjustment}/approve", world.administrator),
            world.api.post(f"/v1/adjustments/{adjustment}/refuse", world.administrator, REASON),
        )
        assert answers == {"200": 1, "state-conflict": 1}
        assert await decisions(database, adjustment) == 1
        told = (await world.api.get(f"/v1/adjustments/{adjustment}", holder)).json()
        assert await balance(world, holder) == ((5, 0) if told["status"] == "approved" else (0, 0))


class TestReversals:
    async def test_a_service_is_reversed_once(self, world: World, database: Database):
        helper = await world.helper()
        claim = await world.verified(await world.person(), helper)
        path = f"/v1/claims/{claim}/reverse-award"
        answers = await together(*[world.api.post(path, world.staff, PAPER) for _ in range(8)])
        assert answers == {"201": 1, "reversal-exists": 7}
        adjustment = await database.reads.fetchval("SELECT id FROM adjustment WHERE claim_id = $1", claim)
        path = f"/v1/adjustments/{adjustment}/approve"
        answers = await together(*[world.api.post(path, world.administrator) for _ in range(8)])
        assert answers == {"200": 1, "state-conflict": 7}
        assert await balance(world, helper) == (0, 0)
        await assert_books_agree(database, helper)

    async def test_while_the_points_are_being_spent(self, world: World, database: Database):
        """Whoever comes first gets the points: what is taken and what is missing make up the award."""
        helper = await world.helper()
        claim = await world.verified(await world.person(), helper)
        offer = await world.offer(await world.shop(await world.person()), points=REWARD_POINTS - 4)
        proposed = await world.api.post(f"/v1/claims/{claim}/reverse-award", world.staff, PAPER)
        path = f"/v1/adjustments/{proposed.json()['id']}/approve"
        reversal, voucher = await asyncio.gather(
            world.api.post(path, world.administrator), world.api.post(f"/v1/offers/{offer}/vouchers", helper)
        )
        assert reversal.status_code == 200
        assert voucher.status_code in {201, 409}
        held = REWARD_POINTS - 4 if voucher.status_code == 201 else 0
        assert reversal.json()["points_taken"] == REWARD_POINTS - held
        assert reversal.json()["shortfall"] == held
        assert await balance(world, helper) == (0, held)
        await assert_books_agree(database, helper)


class TestDonations:
    async def test_points_are_given_once(self, world: World, database: Database):
        giver = await world.helper(points=10)
        form = {"area_id": str(world.community.id), "points": 4}
        answers = await together(*[world.api.post("/v1/donations", giver, form) for _ in range(8)])
        assert answers == {"201": 2, "points-insufficient": 6}
        assert await balance(world, giver) == (2, 0)
        fund = (await world.api.get(f"/v1/areas/{world.community.id}/fund")).json()
        assert (fund["points"], fund["donation_count"]) == (8, 2)
        await assert_books_agree(database, giver)

    async def test_many_give_to_a_fund_that_was_never_given_to(self, world: World):
        givers = [await world.helper(points=1) for _ in range(8)]
        form = {"area_id": str(world.community.id), "points": 1}
        answers = await together(*[world.api.post("/v1/donations", giver, form) for giver in givers])
        assert answers == {"201": 8}
        assert (await world.api.get(f"/v1/areas/{world.community.id}/fund")).json()["points"] == 8
