"""Agreeing to a settlement and paying it: nothing closes that differs from the ledger."""

from datetime import date
from uuid import UUID

import pytest

from app import ledger
from app.core.clock import today
from app.domain.errors import Problem
from app.services import settlements
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World
from tests.settlements import (
    POINTS,
    REASON,
    Shop,
    draft,
    lines_of,
    make_line,
    make_redemption,
    make_settlement,
    merchant_points,
    paid_points,
    reverse,
)

LAST_YEAR = date(2025, 1, 1)


class TestAgree:
    async def test_it_closes_the_redemptions(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        settlement_id = await shop.agreed()
        told = (await api.get(f"/v1/settlements/{settlement_id}", world.alliance)).json()
        assert (told["status"], told["actions"]) == ("agreed", ["reopen", "pay"])
        assert told["agreed_at"] is not None
        with pytest.raises(Problem, match="redemption-in-settlement"):
            async with world.database.transaction() as connection:
                await settlements.require_open(connection, shop.redemptions[0])
        await shop.act(settlement_id, "reopen", world.alliance, REASON)
        async with world.database.transaction() as connection:
            await settlements.require_open(connection, shop.redemptions[0])
        assert (await api.get(f"/v1/settlements/{settlement_id}", world.alliance)).json()["agreed_at"] is None

    async def test_not_to_what_differs_from_the_ledger(self, api: ApiClient, world: World):
        """A redemption was reversed or forgotten: the statement refuses to close until it is read anew."""
        shop = await Shop.open(world)
        settlement_id = await draft(world, shop.id)
        for change in (reverse(world, shop.redemptions[0]), shop.settle(7)):
            await change
            response = await api.post(f"/v1/settlements/{settlement_id}/agree", shop.owner)
            assert problem(response) == (409, "settlement-differs")
            assert (await api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()["status"] == "draft"
            await shop.act(settlement_id, "refresh", world.alliance)
        told = await shop.act(settlement_id, "agree", shop.owner)
        assert (told["total_points"], told["line_count"]) == (3 * POINTS, 3)

    @pytest.mark.parametrize(
        "bend",
        [
            "UPDATE settlement_line SET points = points + 1 WHERE settlement_id = $1",
            "UPDATE settlement SET total_points = total_points + 1 WHERE id = $1",
            "UPDATE settlement SET line_count = line_count + 1 WHERE id = $1",
            # Two lines that are wrong by as much: the sums agree, and yet it is not what the ledger says.
            """
            UPDATE settlement_line SET points = points + CASE
                WHEN id = (SELECT min(id::text)::uuid FROM settlement_line WHERE settlement_id = $1) THEN 1 ELSE -1 END
            WHERE settlement_id = $1
            """,
            """
            UPDATE voucher SET status = 'reversed'
            WHERE id IN (SELECT voucher_id FROM settlement_line WHERE settlement_id = $1)
            """,
        ],
    )
    async def test_not_to_what_somebody_bent_by_hand(self, api: ApiClient, world: World, bend: str):
        shop = await Shop.open(world, 2)
        settlement_id = await draft(world, shop.id)
        await world.database.writes.execute(bend, settlement_id)
        response = await api.post(f"/v1/settlements/{settlement_id}/agree", shop.owner)
        assert problem(response) == (409, "settlement-differs")

    async def test_not_to_what_went_to_another_shop(self, api: ApiClient, world: World):
        """The ledger itself says whom it owes."""
        shop, other = await Shop.open(world, 1), await Shop.open(world, 0)
        settlement_id = await draft(world, shop.id)
        for table, column in (("settlement", "id"), ("redemption", "id")):
            key = settlement_id if table == "settlement" else shop.redemptions[0]
            await world.database.writes.execute(
                f"UPDATE {table} SET merchant_id = $2 WHERE {column} = $1", key, other.id
            )
        response = await api.post(f"/v1/settlements/{settlement_id}/agree", other.owner)
        assert problem(response) == (409, "settlement-differs")

    async def test_not_twice(self, api: ApiClient, world: World):
        shop = await Shop.open(world, 1)
        settlement_id = await shop.agreed()
        response = await api.post(f"/v1/settlements/{settlement_id}/agree", shop.owner)
        assert problem(response) == (409, "state-conflict")


class TestPay:
    async def test_it_moves_the_points(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        settlement_id = await shop.agreed()
        [first, *_] = await lines_of(world, settlement_id, shop.owner)
        before = await merchant_points(world, shop.id)
        told = await shop.act(settlement_id, "pay", world.alliance, {"document": "转账0001"})
        assert (told["status"], told["payment_document"], told["actions"]) == ("paid", "转账0001", [])
        assert told["paid_at"] is not None
        assert (before, await merchant_points(world, shop.id)) == (3 * POINTS, 0)
        assert await paid_points(world, shop.id) == 3 * POINTS
        seen = (await api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()
        assert (seen["payment_document"], first["status"]) == ("转账0001", "open")

    async def test_what_was_removed_is_not_paid(self, world: World):
        shop = await Shop.open(world)
        settlement_id = await draft(world, shop.id)
        [line, *_] = await lines_of(world, settlement_id, shop.owner)
        await shop.answer(settlement_id, line, "removed")
        await shop.act(settlement_id, "agree", shop.owner)
        await shop.act(settlement_id, "pay", world.alliance, {"document": "转账0001"})
        assert (await merchant_points(world, shop.id), await paid_points(world, shop.id)) == (POINTS, 2 * POINTS)
        await reverse(world, UUID(line["redemption_id"]))
        assert await merchant_points(world, shop.id) == 0

    async def test_not_what_was_reversed_or_paid_past_us(self, api: ApiClient, world: World):
        """The ledger knows it, whatever the tables say: nothing closes and nothing moves."""
        for verb in (ledger.reverse, ledger.pay):
            shop = await Shop.open(world, 2)
            settlement_id = await shop.agreed()
            async with world.database.transaction() as connection:
                voucher_id = await connection.fetchval(
                    "SELECT voucher_id FROM redemption WHERE id = $1", shop.redemptions[0]
                )
                if verb is ledger.reverse:
                    await ledger.reverse(connection, voucher_id, not_before=today())
                else:
                    await ledger.pay(connection, [voucher_id])
            response = await api.post(f"/v1/settlements/{settlement_id}/pay", world.alliance, {"document": "转账"})
            assert problem(response) == (409, "settlement-differs")
            assert (await api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()["status"] == "agreed"
            assert await merchant_points(world, shop.id) == POINTS

    async def test_nothing_owed_is_soon_paid(self, world: World):
        """All was reversed after the draft."""
        shop = await Shop.open(world, 1)
        settlement_id = await draft(world, shop.id)
        await reverse(world, shop.redemptions[0])
        await shop.act(settlement_id, "refresh", world.alliance)
        await shop.act(settlement_id, "agree", shop.owner)
        told = await shop.act(settlement_id, "pay", world.alliance, {"document": "零"})
        assert (told["status"], told["total_points"]) == ("paid", 0)

    async def test_never_again(self, api: ApiClient, world: World):
        shop = await Shop.open(world, 1)
        settlement_id = await shop.paid()
        for action, form in (("pay", {"document": "再付"}), ("reopen", REASON)):
            response = await api.post(f"/v1/settlements/{settlement_id}/{action}", world.alliance, form)
            assert problem(response) == (409, "state-conflict")
        with pytest.raises(Problem, match="redemption-in-settlement"):
            async with world.database.transaction() as connection:
                await settlements.require_open(connection, shop.redemptions[0])

    @pytest.mark.parametrize("document", ["", " ", "长" * 101])
    async def test_without_a_document(self, api: ApiClient, world: World, document: str):
        shop = await Shop.open(world, 1)
        path = f"/v1/settlements/{await shop.agreed()}/pay"
        assert problem(await api.post(path, world.alliance, {"document": document})) == (422, "invalid-payload")


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


class TestWhileTheLedgerIsHalted:
    @pytest.mark.parametrize(("state", "action"), [("draft", "agree"), ("agreed", "pay")])
    async def test_nothing_closes(self, world: World, state: str, action: str):
        shop = await Shop.open(world, 1)
        settlement_id = await shop.in_state(state)
        person, form = (shop.owner, None) if action == "agree" else (world.alliance, {"document": "转账0001"})
        async with world.database.transaction() as connection:
            await ledger.raise_halt(connection, [{"rule": "planted"}])
        try:
            response = await world.api.post(f"/v1/settlements/{settlement_id}/{action}", person, form)
        finally:
            async with world.database.transaction() as connection:
                await ledger.lift_halt(connection, "a test", "the test is over")
        assert problem(response) == (503, "ledger-halted")
        assert (await world.api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()["status"] == state
        await shop.act(settlement_id, action, person, form)
