"""Settlements under concurrency: whoever comes first decides, and the ledger agrees with the statement."""

import asyncio
from collections import Counter

from app import ledger
from app.core.clock import today
from app.core.db import Database
from app.domain import months
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOUCHER
from app.services import settlements, transitions
from app.services.transitions import Mover
from tests.concurrency.test_races import together, told
from tests.factories import World
from tests.settlements import LAST_MONTH, POINTS, Shop, draft, lines_of, merchant_points, paid_points

ON_AGREED_BUT_REVERSED = """
    SELECT count(*) FROM settlement s JOIN settlement_line l ON l.settlement_id = s.id
    JOIN voucher v ON v.id = l.voucher_id
    WHERE s.id = $1 AND s.status <> 'draft' AND l.status <> 'removed' AND v.status <> 'settled'
"""


class TestDraft:
    async def test_of_two_drafts_one_is_made(self, world: World):
        shop = await Shop.open(world, 2)
        form = {"merchant_id": str(shop.id), "month": months.write(LAST_MONTH)}
        answers = await together(*[world.api.post("/v1/settlements", world.alliance, form) for _ in range(6)])
        assert answers == {"201": 1, "settlement-exists": 5}

    async def test_shops_drafted_at_once_get_numbers_without_a_gap(self, world: World, database: Database):
        shops = [await Shop.open(world, 1) for _ in range(8)]
        forms = [{"merchant_id": str(shop.id), "month": months.write(LAST_MONTH)} for shop in shops]
        answers = await together(*[world.api.post("/v1/settlements", world.alliance, form) for form in forms * 2])
        assert answers == {"201": 8, "settlement-exists": 8}
        rows = await database.reads.fetch("SELECT number FROM settlement WHERE month = $1", LAST_MONTH)
        numbers = sorted(int(row["number"][-6:]) for row in rows if row["number"].startswith("EW-"))
        assert numbers == list(range(1, len(numbers) + 1))

    async def test_refreshing_at_once_joins_what_was_forgotten_once(self, world: World):
        shop = await Shop.open(world, 1)
        settlement_id = await draft(world, shop.id)
        await shop.settle(4)
        path = f"/v1/settlements/{settlement_id}/refresh"
        assert await together(*[world.api.post(path, world.alliance) for _ in range(6)]) == {"200": 6}
        assert len(await lines_of(world, settlement_id, shop.owner)) == 2


class TestAgree:
    async def test_a_redemption_is_agreed_to_or_reversed_never_both(self, world: World, database: Database):
        won: Counter[str] = Counter()
        for turn in range(12):
            shop = await Shop.open(world, 2)
            settlement_id = await draft(world, shop.id)
            agreeing = world.api.post(f"/v1/settlements/{settlement_id}/agree", shop.owner)
            path = f"/v1/redemptions/{shop.redemptions[turn % 2]}/reverse"
            undoing = world.api.post(path, world.alliance, {"reason": "顾客退货。"})
            if turn % 3:
                agreed, undone = await asyncio.gather(agreeing, undoing)
            else:
                undone, agreed = await asyncio.gather(undoing, agreeing)
            answers = (told(agreed), told(undone))
            assert answers in {("200", "redemption-in-settlement"), ("settlement-differs", "200")}
            assert await database.reads.fetchval(ON_AGREED_BUT_REVERSED, settlement_id) == 0
            assert await merchant_points(world, shop.id) == (2 * POINTS if answers[0] == "200" else POINTS)
            won.update([answers[0]])
        assert sum(won.values()) == 12

    async def test_not_while_a_reversal_is_under_way(self, world: World):
        """The reversal has moved the voucher and not committed: agreeing waits for it, and sees it."""
        shop = await Shop.open(world, 2)
        settlement_id = await draft(world, shop.id)
        async with world.database.transaction() as connection:
            await settlements.require_open(connection, shop.redemptions[0])
            voucher_id = await connection.fetchval(
                "SELECT voucher_id FROM redemption WHERE id = $1", shop.redemptions[0]
            )
            agreeing = asyncio.create_task(world.api.post(f"/v1/settlements/{settlement_id}/agree", shop.owner))
            await asyncio.sleep(0.2)
            assert not agreeing.done()
            mover = Mover(Party.ALLIANCE, world.alliance.id)
            await transitions.move(connection, VOUCHER, voucher_id, "reverse", mover)
            await ledger.reverse(connection, voucher_id, not_before=today())
        assert (await agreeing).json()["code"] == "settlement-differs"

    async def test_a_dispute_and_an_agreement_leave_one_of_both(self, world: World):
        for turn in range(6):
            shop = await Shop.open(world, 1)
            settlement_id = await draft(world, shop.id)
            [line] = await lines_of(world, settlement_id, shop.owner)
            path = f"/v1/settlements/{settlement_id}"
            requests = [
                world.api.post(f"{path}/agree", shop.owner),
                world.api.post(f"{path}/lines/{line['id']}/dispute", world.alliance, {"reason": "请核对。"}),
            ]
            answers = await together(*(requests if turn % 2 else reversed(requests)))
            assert answers in ({"200": 1, "state-conflict": 1}, {"200": 1, "settlement-disputed": 1})


class TestPay:
    async def test_of_many_payments_one_counts(self, world: World):
        shop = await Shop.open(world)
        settlement_id = await shop.agreed()
        others = [world.alliance, world.administrator]
        answers = await together(
            *[
                world.api.post(f"/v1/settlements/{settlement_id}/pay", others[n % 2], {"document": f"转账{n}"})
                for n in range(6)
            ]
        )
        assert answers == {"200": 1, "state-conflict": 5}
        assert (await merchant_points(world, shop.id), await paid_points(world, shop.id)) == (0, 3 * POINTS)

    async def test_paid_or_reopened_never_both(self, world: World):
        for turn in range(6):
            shop = await Shop.open(world, 1)
            settlement_id = await shop.agreed()
            path = f"/v1/settlements/{settlement_id}"
            requests = [
                world.api.post(f"{path}/pay", world.alliance, {"document": "转账0001"}),
                world.api.post(f"{path}/reopen", world.administrator, {"reason": "漏了一笔。"}),
            ]
            answers = await together(*(requests if turn % 2 else reversed(requests)))
            assert answers == {"200": 1, "state-conflict": 1}
            status = (await world.api.get(path, shop.owner)).json()["status"]
            assert await paid_points(world, shop.id) == (POINTS if status == "paid" else 0)
