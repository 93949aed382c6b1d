"""Several awards to one person at once: together they keep to the caps, as one after another would."""

from app.core.db import Database
from tests.concurrency.test_races import balance, together
from tests.factories import World
from tests.people import Person


async def deliveries(world: World, helper: Person, count: int) -> list[str]:
    """Have one helper deliver to so many residents; return the paths of the confirmations."""
    paths = []
    for _ in range(count):
        _, claim = await world.delivered(await world.person(), helper)
        paths.append(f"/v1/claims/{claim}/verify")
    return paths


class TestCap:
    async def test_awards_at_once_do_not_pass_it_together(self, world: World, database: Database):
        await world.policy(world.district, day_cap=25)
        helper = await world.helper()
        paths = await deliveries(world, helper, 6)
        assert await together(*[world.api.post(path, world.staff) for path in paths]) == {"200": 6}
        granted = await database.reads.fetch("SELECT points_granted FROM award WHERE user_id = $1", helper.id)
        assert sorted(row["points_granted"] for row in granted) == [0, 0, 0, 5, 10, 10]
        assert await balance(world, helper) == (25, 0)

    async def test_awards_and_vouchers_at_once_do_not_wait_in_a_ring(self, world: World):
        await world.policy(world.district, day_cap=1000, expiry="end_of_next_year")
        helper = await world.helper(points=30)
        offer = await world.offer(await world.shop(await world.person()), points=3, stock=50)
        paths = await deliveries(world, helper, 6)
        requests = [world.api.post(path, world.staff) for path in paths]
        requests += [world.api.post(f"/v1/offers/{offer}/vouchers", helper) for _ in range(6)]
        assert await together(*requests) == {"200": 6, "201": 6}
        assert await balance(world, helper) == (30 + 60 - 18, 18)


class TestVersions:
    async def test_versions_made_at_once_count_up(self, world: World):
        form = {"area_id": str(world.grid.id), "day_cap": 5}
        answers = await together(*[world.api.post("/v1/policies", world.administrator, form) for _ in range(8)])
        assert answers == {"201": 8}
        listed = (await world.api.get("/v1/policies", area_id=world.grid.id)).json()["items"]
        assert [item["version"] for item in listed] == list(range(8, 0, -1))
