"""Monthly settlements: drafting, looking, refreshing, disputing."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from app.core.clock import now, today
from app.domain import months
from app.domain.caller import Role
from app.domain.lifecycles import SETTLEMENT, SETTLEMENT_LINE
from app.services import settlements
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World
from tests.settlements import (
    LAST_MONTH,
    POINTS,
    REASON,
    Shop,
    draft,
    lines_of,
    make_redemption,
    merchant_points,
    reverse,
)


class TestDraft:
    async def test_of_what_was_settled_that_month(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        for at in (months.start(LAST_MONTH) - timedelta(microseconds=1), now()):
            await make_redemption(world, shop.owner, shop.holder, shop.offer_id, at=at)
        form = {"merchant_id": str(shop.id), "month": months.write(LAST_MONTH)}
        response = await api.post("/v1/settlements", world.alliance, form)
        assert response.status_code == 201
        told = response.json()
        assert told["merchant"] == {"id": str(shop.id), "name": "小面馆"}
        assert (told["month"], told["status"]) == (months.write(LAST_MONTH), "draft")
        assert (told["total_points"], told["line_count"], told["disputed_count"]) == (3 * POINTS, 3, 0)
        assert (told["agreed_at"], told["paid_at"], told["payment_document"]) == (None, None, None)
        assert told["actions"] == ["refresh"]
        lines = await lines_of(world, UUID(told["id"]), shop.owner)
        assert [line["redemption_id"] for line in lines] == [str(redemption) for redemption in shop.redemptions]
        assert {(line["points"], line["status"], line["offer_title"]) for line in lines} == {
            (POINTS, "open", "小面一碗")
        }

    async def test_a_reversed_redemption_is_left_out(self, world: World):
        shop = await Shop.open(world)
        await reverse(world, shop.redemptions[1])
        settlement_id = await draft(world, shop.id)
        lines = await lines_of(world, settlement_id, world.alliance)
        assert [line["redemption_id"] for line in lines] == [str(shop.redemptions[0]), str(shop.redemptions[2])]

    async def test_numbers_of_a_month_follow_one_another(self, api: ApiClient, world: World):
        """Those who are refused leave no gap."""
        first, empty, second = await Shop.open(world, 1), await Shop.open(world, 0), await Shop.open(world, 1)
        numbers = [await number_of(api, world, await draft(world, first.id))]
        for shop, code in ((first, "settlement-exists"), (empty, "settlement-empty")):
            form = {"merchant_id": str(shop.id), "month": months.write(LAST_MONTH)}
            assert problem(await api.post("/v1/settlements", world.alliance, form)) == (409, code)
        numbers.append(await number_of(api, world, await draft(world, second.id)))
        assert all(number.startswith(f"EW-{LAST_MONTH:%Y%m}-") and len(number) == 16 for number in numbers)
        assert int(numbers[1][-6:]) == int(numbers[0][-6:]) + 1

    async def test_at_the_edges_of_the_month(self, world: World):
        """Midnight in Shanghai is where a month ends, whatever the day is in Greenwich."""
        shop = await Shop.open(world, 0)
        january = date(2026, 1, 1)
        first, end = months.bounds(january)
        assert (first.isoformat(), end.isoformat()) == ("2026-01-01T00:00:00+08:00", "2026-02-01T00:00:00+08:00")
        for at in (first - timedelta(microseconds=1), first, end - timedelta(seconds=1), end):
            shop.redemptions.append(
                await make_redemption(world, shop.owner, shop.holder, shop.offer_id, at=at)  # 23:59:59 and 00:00:00
            )
        for month, inside in (
            (date(2025, 12, 1), shop.redemptions[:1]),
            (january, shop.redemptions[1:3]),
            (date(2026, 2, 1), shop.redemptions[3:]),
        ):
            lines = await lines_of(world, await draft(world, shop.id, month), shop.owner)
            assert [line["redemption_id"] for line in lines] == [str(redemption) for redemption in inside]

    async def test_a_month_that_goes_on(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        for month in (today(), months.after(months.of(today())), date(2099, 12, 1)):
            form = {"merchant_id": str(shop.id), "month": months.write(month)}
            response = await api.post("/v1/settlements", world.alliance, form)
            assert problem(response) == (409, "settlement-month-open")

    @pytest.mark.parametrize(
        "month", ["2026-13", "2026-1", "1999-12", "2026-10-01", "", "2026-00", "\uff12\uff10\uff12\uff16-10"]
    )
    async def test_no_month(self, api: ApiClient, world: World, month: str):
        form = {"merchant_id": str(uuid4()), "month": month}
        assert problem(await api.post("/v1/settlements", world.alliance, form)) == (422, "invalid-payload")

    async def test_only_the_alliance_does_and_nobody_for_their_own_shop(self, api: ApiClient, world: World):
        shop, own = await Shop.open(world, 1), await world.shop(world.alliance)
        clerk = await world.holder(Role.ALLIANCE, world.district)
        await world.clerk(shop.owner, shop.id, clerk)
        for person, shop_id, expected in (
            (shop.owner, shop.id, (403, "not-allowed")),
            (world.alliance, own, (403, "own-interest")),
            (clerk, shop.id, (403, "own-interest")),
            (world.staff, shop.id, (404, "not-found")),
            (await world.holder(Role.ALLIANCE, world.neighbour), shop.id, (404, "not-found")),
            (world.alliance, uuid4(), (404, "not-found")),
        ):
            form = {"merchant_id": str(shop_id), "month": months.write(LAST_MONTH)}
            assert problem(await api.post("/v1/settlements", person, form)) == expected


async def number_of(api: ApiClient, world: World, settlement_id: UUID) -> str:
    return str((await api.get(f"/v1/settlements/{settlement_id}", world.alliance)).json()["number"])


class TestList:
    async def test_of_a_shop_and_of_an_area(self, api: ApiClient, world: World):
        shop, other = await Shop.open(world, 1), await Shop.open(world, 1)
        drafted, agreed = await draft(world, shop.id), await other.agreed()
        district = {"area_id": world.district.id}
        for person, query, expected in (
            (world.alliance, district, [agreed, drafted]),
            (world.administrator, district, [agreed, drafted]),
            (world.alliance, district | {"status": "draft"}, [drafted]),
            (world.alliance, district | {"merchant_id": other.id}, [agreed]),
            (world.alliance, district | {"status": "paid"}, []),
            (world.alliance, {"area_id": world.grid.id}, []),
            (shop.owner, {"merchant_id": shop.id}, [drafted]),
            (shop.owner, {"merchant_id": other.id}, []),
            (shop.owner, district, [drafted]),
            (world.staff, district, []),
        ):
            found = await all_pages(api, "/v1/settlements", person, **query)
            assert [item["id"] for item in found] == [str(settlement) for settlement in expected]

    async def test_of_nothing_in_particular(self, api: ApiClient, world: World):
        response = await api.get("/v1/settlements", world.alliance)
        assert problem(response) == (422, "invalid-payload")
        assert response.json()["fields"][0]["field"] == "query.merchant_id"

    async def test_a_cursor_of_another_list(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        settlement_id = await draft(world, shop.id)
        page = (await api.get(f"/v1/settlements/{settlement_id}/lines", shop.owner, limit=2)).json()
        rest = (await api.get(f"/v1/settlements/{settlement_id}/lines", shop.owner, cursor=page["next_cursor"])).json()
        assert [len(page["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
        response = await api.get("/v1/settlements", shop.owner, merchant_id=shop.id, cursor=page["next_cursor"])
        assert problem(response) == (422, "cursor-invalid")


class TestActions:
    @pytest.mark.parametrize("state", SETTLEMENT.states)
    async def test_each_state_action_and_role(self, api: ApiClient, world: World, state: str):
        """What each may do stands in ``actions``, and nothing else is done."""
        shop = await Shop.open(world, 1)
        clerk = await world.person()
        await world.clerk(shop.owner, shop.id, clerk)
        settlement_id = await shop.in_state(state)
        table: dict[str, dict[str, list[str]]] = {
            "draft": {"owner": ["agree"], "alliance": ["refresh"]},
            "agreed": {"owner": [], "alliance": ["reopen", "pay"]},
            "paid": {"owner": [], "alliance": []},
        }
        expected = table[state]
        people = {"owner": shop.owner, "alliance": world.alliance, "clerk": clerk, "staff": world.staff}
        able = {"owner": {"agree"}, "alliance": {"refresh", "reopen", "pay"}}
        forms = {"reopen": REASON, "pay": {"document": "转账0001"}}
        for name, person in people.items():
            told = await api.get(f"/v1/settlements/{settlement_id}", person)
            if name not in expected:
                assert problem(told) == (404, "not-found")
            else:
                assert told.json()["actions"] == expected[name]
            for action in ("agree", "refresh", "reopen", "pay"):
                if action in expected.get(name, []):
                    continue
                response = await api.post(f"/v1/settlements/{settlement_id}/{action}", person, forms.get(action))
                if name not in expected:
                    assert problem(response) == (404, "not-found")
                elif action in able[name]:
                    assert problem(response) == (409, "state-conflict"), (name, action)
                else:
                    assert problem(response) == (403, "not-allowed"), (name, action)
        assert (await api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()["status"] == state

    async def test_nobody_acts_for_the_alliance_on_their_own_shop(self, api: ApiClient, world: World):
        """Not even whoever only works behind its counter: neither drafting, paying nor answering (I2)."""
        shop = await Shop.open(world)
        settlement_id = await shop.agreed()
        line = (await lines_of(world, settlement_id, shop.owner))[0]["id"]
        clerk = await world.holder(Role.ALLIANCE, world.district)
        await world.clerk(shop.owner, shop.id, clerk)
        await api.post(
            "/v1/grants",
            world.administrator,
            {"user_id": str(shop.owner.id), "role": "alliance", "area_id": str(world.district.id)},
        )
        answer = {"decision": "removed", "answer": "剔除。"}
        for person in (shop.owner, clerk):
            for action, form in (
                ("pay", {"document": "转账0001"}),
                ("reopen", REASON),
                ("refresh", None),
                (f"lines/{line}/answer", answer),
            ):
                response = await api.post(f"/v1/settlements/{settlement_id}/{action}", person, form)
                assert problem(response) == (403, "own-interest"), action

    async def test_the_history_names_everybody(self, world: World):
        shop = await Shop.open(world, 1)
        settlement_id = await shop.agreed()
        await shop.act(settlement_id, "reopen", world.alliance, REASON)
        await shop.act(settlement_id, "agree", shop.owner)
        await shop.act(settlement_id, "pay", world.alliance, {"document": "转账0001"})
        events = await world.database.reads.fetch(
            "SELECT action, to_state, actor_id, note FROM event WHERE subject_id = $1 ORDER BY created_at, id",
            settlement_id,
        )
        owner, alliance = shop.owner.id, world.alliance.id
        assert [tuple(event) for event in events] == [
            ("create", "draft", alliance, None),
            ("agree", "agreed", owner, None),
            ("reopen", "draft", alliance, REASON["reason"]),
            ("agree", "agreed", owner, None),
            ("pay", "paid", alliance, None),
        ]


class TestRefresh:
    async def test_the_reversed_leave_and_the_forgotten_join(self, world: World):
        shop = await Shop.open(world)
        settlement_id = await draft(world, shop.id)
        await reverse(world, shop.redemptions[0])
        await shop.settle(5)
        await shop.settle(6)
        told = await shop.act(settlement_id, "refresh", world.alliance)
        assert (told["total_points"], told["line_count"]) == (4 * POINTS, 4)
        lines = await lines_of(world, settlement_id, shop.owner)
        assert [line["status"] for line in lines] == ["removed", "open", "open", "open", "open"]
        assert [line["redemption_id"] for line in lines] == [str(redemption) for redemption in shop.redemptions]
        again = await shop.act(settlement_id, "refresh", world.alliance)
        assert (again["total_points"], again["line_count"]) == (4 * POINTS, 4)

    async def test_in_as_many_parts_as_it_takes(self, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(settlements, "LINES_AT_ONCE", 2)
        monkeypatch.setattr(settlements, "PAID_AT_ONCE", 2)
        shop = await Shop.open(world, 5)
        settlement_id = await shop.paid()
        assert len(await lines_of(world, settlement_id, shop.owner)) == 5
        assert await merchant_points(world, shop.id) == 0

    async def test_what_was_removed_stays_so(self, world: World):
        shop = await Shop.open(world)
        settlement_id = await draft(world, shop.id)
        [line, *_] = await lines_of(world, settlement_id, shop.owner)
        await shop.answer(settlement_id, line, "removed")
        told = await shop.act(settlement_id, "refresh", world.alliance)
        assert (told["total_points"], told["line_count"]) == (2 * POINTS, 2)


class TestDispute:
    async def test_it_stands_in_the_way_until_it_is_answered(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        settlement_id = await draft(world, shop.id)
        [first, second, _] = await lines_of(world, settlement_id, shop.owner)
        assert first["actions"] == ["dispute"]
        disputed = await shop.act(settlement_id, f"lines/{first['id']}/dispute", shop.owner, REASON)
        assert (disputed["status"], disputed["dispute_reason"]) == ("disputed", REASON["reason"])
        assert (disputed["answer"], disputed["actions"]) == (None, [])
        seen = (await api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()
        assert (seen["disputed_count"], seen["actions"]) == (1, [])
        response = await api.post(f"/v1/settlements/{settlement_id}/agree", shop.owner)
        assert problem(response) == (409, "settlement-disputed")
        [waiting, *_] = await lines_of(world, settlement_id, world.alliance)
        assert waiting["actions"] == ["answer"]
        form = {"decision": "accepted", "answer": "有监控为证。"}
        answered = await shop.act(settlement_id, f"lines/{first['id']}/answer", world.alliance, form)
        assert (answered["status"], answered["answer"]) == ("accepted", "有监控为证。")
        removed = await shop.answer(settlement_id, second, "removed", by=world.alliance)
        assert removed["status"] == "removed"
        told = await shop.act(settlement_id, "agree", shop.owner)
        assert (told["total_points"], told["line_count"], told["disputed_count"]) == (2 * POINTS, 2, 0)

    async def test_a_removed_line_can_come_back(self, world: World):
        shop = await Shop.open(world, 1)
        settlement_id = await draft(world, shop.id)
        [line] = await lines_of(world, settlement_id, shop.owner)
        await shop.answer(settlement_id, line, "removed")
        await shop.answer(settlement_id, line, "accepted")
        told = await shop.act(settlement_id, "agree", shop.owner)
        assert (told["total_points"], told["line_count"]) == (POINTS, 1)

    @pytest.mark.parametrize("state", SETTLEMENT_LINE.states)
    async def test_each_state_of_a_line(self, api: ApiClient, world: World, state: str):
        shop = await Shop.open(world, 1)
        settlement_id = await draft(world, shop.id)
        [line] = await lines_of(world, settlement_id, shop.owner)
        path = f"/v1/settlements/{settlement_id}/lines/{line['id']}"
        answer = {"decision": "accepted", "answer": "无误。"}
        if state == "disputed":
            await shop.act(settlement_id, f"lines/{line['id']}/dispute", shop.owner, REASON)
            for person in (shop.owner, world.alliance):
                assert problem(await api.post(f"{path}/dispute", person, REASON)) == (409, "state-conflict")
        else:
            if state != "open":
                await shop.answer(settlement_id, line, state)
            assert problem(await api.post(f"{path}/answer", world.alliance, answer)) == (409, "state-conflict")
        assert problem(await api.post(f"{path}/answer", shop.owner, answer)) == (403, "not-allowed")
        assert problem(await api.post(f"{path}/dispute", world.staff, REASON)) == (404, "not-found")

    @pytest.mark.parametrize("state", ["agreed", "paid"])
    async def test_what_was_agreed_is_not_doubted(self, api: ApiClient, world: World, state: str):
        shop = await Shop.open(world, 1)
        settlement_id = await shop.in_state(state)
        [line] = await lines_of(world, settlement_id, shop.owner)
        assert line["actions"] == []
        for person in (shop.owner, world.alliance):
            response = await api.post(f"/v1/settlements/{settlement_id}/lines/{line['id']}/dispute", person, REASON)
            assert problem(response) == (409, "state-conflict")

    async def test_a_line_of_another_statement(self, api: ApiClient, world: World):
        shop, other = await Shop.open(world, 1), await Shop.open(world, 1)
        settlement_id, elsewhere = await draft(world, shop.id), await draft(world, other.id)
        [line] = await lines_of(world, elsewhere, world.alliance)
        response = await api.post(f"/v1/settlements/{settlement_id}/lines/{line['id']}/dispute", world.alliance, REASON)
        assert problem(response) == (404, "not-found")
