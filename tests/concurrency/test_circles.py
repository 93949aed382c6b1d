"""Hands on the same circle at once: lists of grids do not mix, and it closes once."""

from itertools import cycle

from tests.concurrency.test_races import together
from tests.factories import World, make_area


async def test_lists_of_grids_set_at_once_do_not_mix(world: World):
    halves = [[await make_area(world.database, world.community) for _ in range(6)] for _ in range(2)]
    lists = [{str(grid.id) for grid in half} for half in halves]
    circle = await world.circle()
    path = f"/v1/circles/{circle}/grids"
    for _ in range(4):
        asked = [
            world.api.put(path, world.alliance, {"grid_ids": list(grids)})
            for grids, _ in zip(cycle(lists), range(8), strict=False)
        ]
        assert await together(*asked) == {"200": 8}
        seen = (await world.api.get(f"/v1/circles/{circle}")).json()
        assert {grid["id"] for grid in seen["grids"]} in lists


async def test_it_closes_once(world: World):
    circle = await world.circle(world.grid)
    path = f"/v1/circles/{circle}/close"
    closed = await together(*[world.api.post(path, world.alliance) for _ in range(8)])
    assert closed == {"200": 1, "state-conflict": 7}
