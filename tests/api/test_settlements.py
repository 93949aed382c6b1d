"""Monthly settlements: drafting, looking, disputing, agreeing, paying."""

from datetime import date

import pytest

from app.domain.errors import Problem
from app.services import settlements
from tests.factories import World
from tests.settlements import make_line, make_redemption, make_settlement, reverse

LAST_YEAR = date(2025, 1, 1)


class TestClosedRedemptions:
    @pytest.mark.parametrize(
        ("settlement", "line", "is_open"),
        [
            ("draft", "open", True),
            ("agreed", "removed", True),
            ("agreed", "open", False),
            ("agreed", "accepted", False),
            ("paid", "open", False),
        ],
    )
    async def test_one_on_an_agreed_statement_stays(self, world: World, settlement: str, line: str, is_open: bool):
        owner, holder = await world.person(), await world.helper(points=5)
        shop = await world.shop(owner)
        redemption = await make_redemption(world, owner, holder, await world.offer(shop))
        settlement_id = await make_settlement(world, shop, LAST_YEAR)
        line_id = await make_line(world, settlement_id, redemption)
        execute = world.database.writes.execute
        await execute("UPDATE settlement SET status = $2 WHERE id = $1", settlement_id, settlement)
        await execute("UPDATE settlement_line SET status = $2 WHERE id = $1", line_id, line)
        async with world.database.transaction() as connection:
            if is_open:
                await settlements.require_open(connection, redemption)
            else:
                with pytest.raises(Problem, match="redemption-in-settlement"):
                    await settlements.require_open(connection, redemption)

    async def test_one_on_no_statement_is_open(self, world: World):
        owner, holder = await world.person(), await world.helper(points=5)
        redemption = await make_redemption(world, owner, holder, await world.offer(await world.shop(owner)))
        async with world.database.transaction() as connection:
            await settlements.require_open(connection, redemption)
        await reverse(world, redemption)
