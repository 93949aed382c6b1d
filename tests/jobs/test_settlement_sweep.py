"""The statements that the schedule drafts: for every shop with redemptions, once (I11)."""

import asyncio

import pytest
from asyncpg import Record

from app.core.db import Database
from app.jobs import handlers
from app.jobs.schedules import SWEEPS
from tests.conftest import Jobs
from tests.factories import World
from tests.settlements import LAST_MONTH, POINTS, Shop, draft, reverse

EVERYTHING_OF = """
    SELECT s.number, s.status, s.total_points, s.line_count, (
        SELECT array_agg(l.redemption_id ORDER BY l.redemption_id) FROM settlement_line l WHERE l.settlement_id = s.id
    ) AS redemptions, (
        SELECT array_agg(row(e.action, e.to_state, e.party, e.actor_id)::text ORDER BY e.id) FROM event e
        WHERE e.subject_id = s.id OR e.subject_id IN (SELECT id FROM settlement_line WHERE settlement_id = s.id)
    ) AS events
    FROM settlement s WHERE s.merchant_id = $1
"""


async def settlements_of(database: Database, shop: Shop) -> list[Record]:
    return await database.reads.fetch(EVERYTHING_OF, shop.id)


async def test_every_shop_with_redemptions_gets_its_statement_once(world: World, database: Database, jobs: Jobs):
    busy, other, idle, undone, drafted = [await Shop.open(world, count) for count in (3, 1, 0, 1, 1)]
    await reverse(world, undone.redemptions[0])
    await draft(world, drafted.id)
    assert await handlers.draft_settlements(jobs.parts) >= 2
    seen = {shop.id: await settlements_of(database, shop) for shop in (busy, other, idle, undone, drafted)}
    [statement] = seen[busy.id]
    assert (statement["status"], statement["total_points"], statement["line_count"]) == ("draft", 3 * POINTS, 3)
    assert statement["redemptions"] == sorted(busy.redemptions)
    assert statement["number"].startswith(f"EW-{LAST_MONTH:%Y%m}-")
    assert set(statement["events"]) == {"(create,draft,system,)", "(create,open,system,)"}
    assert [len(seen[shop.id]) for shop in (other, idle, undone, drafted)] == [1, 0, 0, 1]
    await handlers.draft_settlements(jobs.parts)
    assert {shop.id: await settlements_of(database, shop) for shop in (busy, other, idle, undone, drafted)} == seen


async def test_two_workers_at_once_draft_one(world: World, database: Database, jobs: Jobs):
    shops = [await Shop.open(world, 1) for _ in range(4)]
    await asyncio.gather(*(handlers.draft_settlements(jobs.parts) for _ in range(3)))
    found = [await settlements_of(database, shop) for shop in shops]
    assert [len(statements) for statements in found] == [1] * 4
    numbers = await database.reads.fetch(
        "SELECT number FROM settlement WHERE number LIKE $1", f"EW-{LAST_MONTH:%Y%m}-%"
    )
    last = await database.reads.fetchval("SELECT last_number FROM settlement_counter WHERE month = $1", LAST_MONTH)
    assert sorted(int(row["number"][-6:]) for row in numbers) == list(range(1, last + 1)), "no number is missing"


@pytest.mark.parametrize("day", [1, 2, 3])
def test_it_runs_when_the_first_has_come_in_shanghai(day: int):
    minute, hour, days, *rest = SWEEPS["draft_settlements"][0].split()
    first, last = map(int, days.split("-"))
    assert first <= day <= last
    assert 0 <= int(hour) < 16, "later it would be the next day there"
    assert (int(minute), rest) == (15, ["*", "*"])
