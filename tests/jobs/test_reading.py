"""What complaints say is noted, forgotten and learned from, whichever way they came."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.clock import now
from app.jobs import handlers
from app.services import routing
from app.services.routing import Proposal
from tests.conftest import Jobs
from tests.factories import World


async def noted(world: World, complaint_id: UUID) -> Any:
    return await world.database.reads.fetchrow("SELECT * FROM complaint_text WHERE complaint_id = $1", complaint_id)


async def counted(world: World, category: str, word: str) -> int:
    found = await world.database.reads.fetchval(
        "SELECT complaints FROM category_word WHERE category = $1 AND word = $2", category, word
    )
    return int(found or 0)


async def learned(world: World, category: str) -> int:
    return int(await world.database.reads.fetchval("SELECT learned FROM complaint_category WHERE code = $1", category))


async def write(world: World, statement: str, *arguments: object) -> None:
    async with world.database.transaction() as connection:
        await connection.execute(statement, *arguments)


async def propose(world: World, title: str, body: str) -> Proposal:
    return await routing.propose(world.database.reads, world.grid.id, title, body)


class TestNoting:
    async def test_posting_notes_the_masked_words_in_the_same_transaction(self, world: World):
        complaint = await world.complaint(title="路燈壞了", body="我的电话13812345678，社區(qū)東門。")
        row = await noted(world, complaint)
        assert row["tokens"][:2] == ["路灯", "坏"]
        assert row["title_tokens"] == 2
        assert row["lineage"] == world.grid.lineage
        assert "13812345678" not in str(row)

    async def test_the_sweep_notes_what_came_in_another_way(self, world: World, jobs: Jobs):
        complaint = await world.complaint()
        await write(world, "DELETE FROM complaint_text WHERE complaint_id = $1", complaint)
        await handlers.read_complaints(jobs.parts)
        assert (await noted(world, complaint))["tokens"][0] == "路灯"

    @pytest.mark.parametrize("status", ["rejected", "withdrawn"])
    async def test_the_sweep_drops_what_nobody_would_be_offered(self, world: World, jobs: Jobs, status: str):
        complaint, other = await world.complaint(status=status), await world.complaint()
        await handlers.read_complaints(jobs.parts)
        assert await noted(world, complaint) is None
        assert await noted(world, other) is not None

    async def test_the_sweep_drops_what_was_closed_long_ago(self, world: World, jobs: Jobs):
        old, late = await world.complaint(status="closed"), await world.complaint(status="closed")
        await write(world, "UPDATE complaint SET closed_at = $2 WHERE id = $1", old, now() - timedelta(days=91))
        await handlers.read_complaints(jobs.parts)
        assert await noted(world, old) is None
        assert await noted(world, late) is not None


class TestLearning:
    async def test_what_staff_took_up_counts_once(self, world: World, jobs: Jobs):
        await handlers.read_complaints(jobs.parts)
        before = await counted(world, "lighting", "唢呐"), await learned(world, "lighting")
        await world.complaint(status="accepted", title="唢呐唢呐", body="唢呐")
        await world.complaint(status="open", title="唢呐", body="唢呐")
        for _ in range(2):
            await handlers.read_complaints(jobs.parts)
            assert (await counted(world, "lighting", "唢呐"), await learned(world, "lighting")) == (
                before[0] + 1,
                before[1] + 1,
            )

    async def test_what_staff_corrected_moves_over(self, world: World, jobs: Jobs):
        complaint = await world.complaint(status="accepted", title="二胡", body="二胡")
        await handlers.read_complaints(jobs.parts)
        lighting, noise = await counted(world, "lighting", "二胡"), await counted(world, "noise", "二胡")
        form = {"category": "noise", "urgency": "ordinary"}
        response = await world.api.post(f"/v1/complaints/{complaint}/correct", world.staff, form)
        assert response.status_code == 200, response.text
        await handlers.read_complaints(jobs.parts)
        assert await counted(world, "lighting", "二胡") == lighting - 1
        assert await counted(world, "noise", "二胡") == noise + 1

    async def test_corrections_change_what_is_proposed(self, world: World, jobs: Jobs):
        assert (await propose(world, "琵琶", "琵琶")).category is None
        for _ in range(4):
            await world.complaint(status="accepted", category="noise", title="琵琶", body="琵琶")
        await handlers.read_complaints(jobs.parts)
        proposal = await propose(world, "琵琶", "琵琶")
        assert (proposal.category, proposal.words) == ("noise", ("琵琶",))


class TestProposing:
    async def test_names_category_urgency_and_the_words_that_led_there(self, world: World):
        proposal = await propose(world, "暖气不热", "家里只有十三度")
        assert (proposal.category, proposal.name, proposal.urgency) == ("gas_heating", "燃气供暖", "urgent")
        assert set(proposal.words) == {"暖气", "不热"}

    async def test_what_endangers_life_cannot_wait(self, world: World):
        assert (await propose(world, "闻到煤气味", "厨房一股煤气味，管道在响")).urgency == "critical"

    async def test_a_category_that_left_the_list_is_not_proposed(self, world: World):
        async with world.database.transaction() as connection:
            await connection.execute("UPDATE complaint_category SET is_active = false WHERE code = 'gas_heating'")
            proposal = await routing.propose(connection, world.grid.id, "暖气不热", "家里冷")
            await connection.execute("UPDATE complaint_category SET is_active = true WHERE code = 'gas_heating'")
        assert proposal.category != "gas_heating"

    async def test_unit_and_urgency_are_what_the_rules_of_the_place_say(self, world: World):
        rule = {"area_id": str(world.community.id), "category": "gas_heating", "unit_id": str(world.unit_id)}
        for more in ({}, {"sets_urgency": "critical"}):
            response = await world.api.post("/v1/handling-rules", world.administrator, rule | more)
            assert response.status_code == 201, response.text
        proposal = await propose(world, "暖气不热", "家里只有十三度")
        assert (proposal.unit_id, proposal.urgency) == (world.unit_id, "critical")

    async def test_a_complaint_without_a_category_gets_the_proposed_one(self, world: World):
        for title, expected in (("电梯困人", ("elevator_fire", "critical")), ("你好", ("other", "ordinary"))):
            complaint = await world.complaint(category=None, title=title, body="……请看。")
            row = await world.database.reads.fetchrow(
                "SELECT category, urgency FROM complaint WHERE id = $1", complaint
            )
            assert row is not None
            assert tuple(row) == expected
