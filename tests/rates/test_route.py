"""``GET /v1/rates``: what was published, in groups, by nobody's rank."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.scene import problem
from tests.rates.conftest import Published

SPRING = {"from": "2026-03", "to": "2026-04", "as_of": "2026-04-10T00:00:00+08:00"}


def rate(numerator: int, denominator: int, per_mille: int | None) -> dict[str, int | None]:
    return {"numerator": numerator, "denominator": denominator, "per_mille": per_mille}


async def get(published: Published, **query: Any) -> httpx.Response:
    return await published.api.get("/v1/rates", None, **query)


async def ask(published: Published, area_id: object, **query: Any) -> dict[str, Any]:
    response = await get(published, area_id=area_id, **SPRING | query)
    assert response.status_code == 200, response.text
    return dict(response.json())


class TestRates:
    async def test_by_area(self, published: Published):
        world = published.world
        told = await ask(published, world.community.id)
        assert told["area"] == {"id": str(world.community.id), "name": world.community.name}
        assert (told["definitions"], told["by"], told["actions"]) == (1, "area", [])
        assert told["months"] == [{"month": month, "as_of": "2026-04-01T16:00:00Z"} for month in ("2026-03", "2026-04")]
        items = {item["key"]: item for item in told["items"]}
        assert items.keys() == {str(world.grid.id), str(world.other_grid.id)}
        assert [item["name"] for item in told["items"]] == sorted([world.grid.name, world.other_grid.name])
        grid = items[str(world.grid.id)]
        assert (grid["received"], grid["overdue"]) == (15, 1)
        assert grid["response"] == rate(14, 15, 933)
        assert grid["resolution"] == rate(14, 15, 933)
        assert grid["satisfaction"] == rate(13, 13, 1000)

    async def test_small_groups_have_counts_and_no_rate(self, published: Published):
        told = await ask(published, published.world.other_grid.id)
        [item] = told["items"]
        assert item["key"] == str(published.world.other_grid.id)
        assert item["response"] == rate(3, 3, None)
        assert item["resolution"] == item["satisfaction"] == rate(0, 3, None)

    async def test_by_category_in_their_order_without_the_confidential(self, published: Published):
        told = await ask(published, published.world.district.id, by="category")
        assert [(item["key"], item["received"]) for item in told["items"]] == [("lighting", 15), ("noise", 3)]
        assert told["total"]["received"] == 18

    async def test_by_unit(self, published: Published):
        told = await ask(published, published.world.district.id, by="unit")
        [item] = told["items"]
        assert (item["key"], item["received"], item["resolution"]) == (str(published.unit), 1, rate(1, 1, None))
        assert told["total"]["received"] == 18

    async def test_of_a_month_as_of_a_day(self, published: Published):
        """What was published later does not show; what was corrected meanwhile does later."""
        early = await ask(published, published.world.grid.id, as_of="2026-03-15T00:00:00+08:00", by="category")
        assert [month["month"] for month in early["months"]] == ["2026-03"]
        assert [item["key"] for item in early["items"]] == ["lighting"]
        late = await ask(published, published.world.grid.id, as_of="2026-05-01T00:00:00+08:00", by="category")
        assert [item["key"] for item in late["items"]] == ["lighting", "water"]

    async def test_now_when_nothing_is_said(self, published: Published):
        response = await get(published, area_id=published.world.grid.id, **{"from": "2026-04", "to": "2026-04"})
        assert response.json()["months"] == [{"month": "2026-04", "as_of": "2026-07-30T16:00:00Z"}]

    async def test_nothing_published_is_nothing_told(self, published: Published):
        for told in (
            await ask(published, published.world.grid.id, **{"from": "2025-01", "to": "2025-02"}),
            await ask(published, published.world.neighbour.id, **{"from": "2025-01", "to": "2025-02"}),
        ):
            assert (told["months"], told["items"], told["total"]["received"]) == ([], [], 0)

    async def test_elsewhere_is_not_counted(self, published: Published):
        told = await ask(published, published.world.neighbour.id)
        assert (len(told["months"]), told["items"], told["total"]["received"]) == (2, [], 0)

    async def test_figures_of_other_definitions_are_not_added(self, published: Published):
        await published.tamper("UPDATE rate_publication SET definitions = 2 WHERE month = '2026-04-01'")
        try:
            told = await ask(published, published.world.grid.id)
            assert [month["month"] for month in told["months"]] == ["2026-03"]
        finally:
            await published.tamper("UPDATE rate_publication SET definitions = 1 WHERE month = '2026-04-01'")


class TestRefusals:
    async def test_an_area_that_is_not_there(self, published: Published):
        response = await get(published, area_id=uuid4(), **SPRING)
        assert problem(response) == (404, "not-found")

    @pytest.mark.parametrize(
        "query",
        [
            {"from": "2026-04", "to": "2026-03"},
            {"from": "2024-04", "to": "2026-04"},
            {"from": "2026-13"},
            {"to": "2026-4"},
            {"from": None},
            {"by": "staff"},
            {"as_of": "2026-04-01"},
            {"as_of": "9999-12-31T23:59:59Z"},
        ],
    )
    async def test_a_wrong_question(self, published: Published, query: dict[str, str | None]):
        asked = {name: value for name, value in {**SPRING, **query}.items() if value is not None}
        response = await get(published, area_id=published.world.grid.id, **asked)
        assert problem(response) == (422, "invalid-payload")

    async def test_two_years_are_not_too_much(self, published: Published):
        await ask(published, published.world.grid.id, **{"from": "2024-05", "to": "2026-04"})
