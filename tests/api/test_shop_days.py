"""A shop's day at a glance."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.core.clock import now, today
from app.domain import months
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World
from tests.settlements import (
    LAST_MONTH,
    POINTS,
    STOCK,
    Shop,
    draft,
    lines_of,
    make_redemption,
    merchant_points,
    reverse,
)


async def day_of(api: ApiClient, shop: Shop) -> dict[str, object]:
    response = await api.get(f"/v1/merchants/{shop.id}/day", shop.owner)
    assert response.status_code == 200
    return dict(response.json())


class TestDay:
    async def test_of_a_new_shop(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        assert (await api.get(f"/v1/merchants/{shop}/day", owner)).json() == {
            "date": today().isoformat(),
            "redemptions": {"count": 0, "points": 0},
            "last_redemptions": [],
            "open_settlement": {"count": 0, "points": 0},
            "offers": [],
            "actions": [],
        }

    async def test_today_what_is_open_and_the_stock(self, api: ApiClient, world: World):
        shop = await Shop.open(world, 2)
        midnight = months.start(today())
        for at in (midnight - timedelta(microseconds=1), midnight, now()):
            shop.redemptions.append(await make_redemption(world, shop.owner, shop.holder, shop.offer_id, at=at))
        undone = await make_redemption(world, shop.owner, shop.holder, shop.offer_id)
        await reverse(world, undone)
        hidden = await world.offer(shop.id, status="rejected", stock=3)
        clerk = await world.person()
        await world.clerk(shop.owner, shop.id, clerk)
        told = (await api.get(f"/v1/merchants/{shop.id}/day", clerk)).json()
        assert told["redemptions"] == {"count": 2, "points": 2 * POINTS}
        assert told["open_settlement"] == {"count": 5, "points": 5 * POINTS}
        assert [(scan["id"], scan["status"]) for scan in told["last_redemptions"]] == [
            (str(undone), "reversed"),
            *((str(redemption), "settled") for redemption in reversed(shop.redemptions[1:])),
        ]
        assert told["last_redemptions"][0]["offer_title"] == "小面一碗"
        assert [(offer["id"], offer["stock_left"], offer["status"]) for offer in told["offers"]] == [
            (str(hidden), 3, "rejected"),
            (str(shop.offer_id), STOCK - 6, "listed"),
        ]

    async def test_what_is_open_is_what_the_ledger_owes(self, api: ApiClient, world: World):
        """Through drafts, removals, payments and reversals of what was not paid."""
        shop = await Shop.open(world)
        await make_redemption(world, shop.owner, shop.holder, shop.offer_id)
        for action in ("draft", "remove", "agree", "pay", "reverse"):
            if action == "draft":
                settlement_id = await draft(world, shop.id, LAST_MONTH)
            elif action == "remove":
                [line, *_] = await lines_of(world, settlement_id, shop.owner)
                await shop.answer(settlement_id, line, "removed")
            elif action == "reverse":
                await reverse(world, UUID(line["redemption_id"]))
            else:
                form = {"document": "转账0001"} if action == "pay" else None
                await shop.act(settlement_id, action, world.alliance if action == "pay" else shop.owner, form)
            owed = await merchant_points(world, shop.id)
            expected = {"pay": 2, "reverse": 1}.get(action, 4)
            assert owed == expected * POINTS, action
            assert (await day_of(api, shop))["open_settlement"] == {"count": expected, "points": owed}, action

    @pytest.mark.parametrize("who", ["alliance", "administrator", "staff"])
    async def test_only_behind_the_counter(self, api: ApiClient, world: World, who: str):
        shop = await Shop.open(world, 0)
        assert problem(await api.get(f"/v1/merchants/{shop.id}/day", getattr(world, who))) == (404, "not-found")
