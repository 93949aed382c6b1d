"""Points given to the community's fund, and to nobody else."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.domain.kinds import AreaKind
from tests.api.scene import ROUTES, problem
from tests.api_client import ApiClient
from tests.factories import World, make_area


def form(area_id: UUID, points: Any = 4) -> dict[str, Any]:
    return {"area_id": str(area_id), "points": points}


class TestGive:
    async def test_the_points_go_to_the_fund(self, api: ApiClient, world: World):
        giver = await world.helper(points=10)
        response = await api.post("/v1/donations", giver, form(world.community.id))
        assert response.status_code == 201
        told = response.json()
        assert (told["points"], told["area"]["name"]) == (4, world.community.name)
        assert (await api.get("/v1/me/points", giver)).json()["spendable_points"] == 6
        [move, _] = (await api.get("/v1/me/points/transfers", giver)).json()["items"]
        assert (move["kind"], move["change_points"], move["title"]) == ("donate", -4, "捐给社区公益基金")
        event = await world.database.reads.fetchrow(
            "SELECT action, to_state, actor_id, party FROM event WHERE subject_kind = 'donation' AND subject_id = $1",
            UUID(told["id"]),
        )
        assert event is not None
        assert tuple(event) == ("give", "given", giver.id, "author")

    async def test_to_any_community(self, api: ApiClient, world: World):
        elsewhere = await make_area(world.database, world.neighbour, AreaKind.COMMUNITY)
        giver = await world.helper(points=4)
        assert (await api.post("/v1/donations", giver, form(elsewhere.id))).status_code == 201

    async def test_the_fund_stays_with_a_community_that_was_merged(self, api: ApiClient, world: World):
        giver = await world.helper(points=9)
        assert (await api.post("/v1/donations", giver, form(world.community.id))).status_code == 201
        fund = f"/v1/areas/{world.community.id}/fund"
        assert (await api.get(fund, giver)).json()["actions"] == ["donate"]
        into = await make_area(world.database, world.district, AreaKind.COMMUNITY)
        merge = {"into_id": str(into.id), "reason": "合并。"}
        merged = await api.post(f"/v1/areas/{world.community.id}/merge", world.administrator, merge)
        assert merged.status_code == 200, merged.text
        told = (await api.get(fund, giver)).json()
        assert (told["points"], told["donation_count"], told["actions"]) == (4, 1, [])
        assert (await api.get(f"/v1/areas/{into.id}/fund", giver)).json()["points"] == 0
        assert problem(await api.post("/v1/donations", giver, form(world.community.id))) == (409, "area-closed")
        assert (await api.post("/v1/donations", giver, form(into.id))).status_code == 201

    async def test_no_more_than_one_has(self, api: ApiClient, world: World):
        giver = await world.helper(points=3)
        response = await api.post("/v1/donations", giver, form(world.community.id))
        assert problem(response) == (409, "points-insufficient")
        assert (await api.get("/v1/me/points", giver)).json()["spendable_points"] == 3
        fund = (await api.get(f"/v1/areas/{world.community.id}/fund")).json()
        assert (fund["points"], fund["donation_count"]) == (0, 0)

    async def test_to_what_is_no_community(self, api: ApiClient, world: World):
        giver = await world.helper(points=10)
        for area in (world.grid, world.district):
            response = await api.post("/v1/donations", giver, form(area.id))
            assert problem(response) == (422, "area-not-a-community")

    async def test_to_what_is_not_there(self, api: ApiClient, world: World):
        """A person is no area: there is no way to give points to somebody."""
        giver = await world.helper(points=10)
        for target in (uuid4(), (await world.person()).id):
            assert problem(await api.post("/v1/donations", giver, form(target))) == (422, "area-unknown")

    @pytest.mark.parametrize("points", [0, -1, 100_001, 1.5, "4"])
    async def test_points_that_are_none(self, api: ApiClient, world: World, points: Any):
        response = await api.post("/v1/donations", await world.helper(), form(world.community.id, points))
        assert problem(response) == (422, "invalid-payload")

    async def test_once_with_one_key(self, api: ApiClient, world: World):
        giver = await world.helper(points=10)
        key = uuid4().hex
        first, again = [await api.post("/v1/donations", giver, form(world.community.id), key=key) for _ in range(2)]
        assert again.headers["idempotent-replayed"] == "true"
        assert again.json() == first.json()
        assert (await api.get("/v1/me/points", giver)).json()["spendable_points"] == 6

    def test_no_route_gives_or_sells_points(self):
        # People are transferred to other grids, steps are sent back.
        known = {"/v1/members/{member_id}/transfer", "/v1/volunteers/{volunteer_id}/transfer"}
        paths = [path.replace("send-back", "") for _, path in ROUTES if path not in known]
        words = {word for path in paths for word in path.replace("-", "/").split("/")}
        assert not words & {"gifts", "gift", "purchases", "purchase", "transfer", "buy", "send"}

    async def test_the_database_keeps_what_was_given(self, api: ApiClient, world: World):
        giver = await world.helper(points=10)
        given = UUID((await api.post("/v1/donations", giver, form(world.community.id))).json()["id"])
        for statement in ("UPDATE donation SET points = 1 WHERE id = $1", "DELETE FROM donation WHERE id = $1"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await world.database.writes.execute(statement, given)


class TestFund:
    async def test_everybody_sees_what_was_given(self, api: ApiClient, world: World):
        path = f"/v1/areas/{world.community.id}/fund"
        assert (await api.get(path)).json() == {
            "area": {"id": str(world.community.id), "name": world.community.name},
            "points": 0,
            "donation_count": 0,
            "actions": [],
        }
        for points in (4, 3):
            await api.post("/v1/donations", await world.helper(points=10), form(world.community.id, points))
        fund = (await api.get(path)).json()
        assert (fund["points"], fund["donation_count"]) == (7, 2)

    async def test_whoever_is_logged_in_may_give_to_a_community(self, api: ApiClient, world: World):
        person = await world.person()
        assert (await api.get(f"/v1/areas/{world.community.id}/fund", person)).json()["actions"] == ["donate"]
        assert (await api.get(f"/v1/areas/{world.grid.id}/fund", person)).json()["actions"] == []

    async def test_of_an_area_that_is_not_there(self, api: ApiClient):
        assert problem(await api.get(f"/v1/areas/{uuid4()}/fund")) == (404, "not-found")
