"""Lending plans all the way: as cheap as any plan could be, and what a plan promises comes true when all agree."""

from typing import Any

import numpy as np
import pytest

from app.domain.kinds import Hat
from app.domain.lending import SKILL_WORTH_M, Grid
from app.domain.strength import Force
from tests.api.test_lending_plans import decide, order, parts_of
from tests.api.test_me import all_pages
from tests.domain.test_lending import every_plan_in_short
from tests.factories import World, make_area
from tests.strength import settle

REQUIRED = 3
MISSING_MAX = 4
SKILL = "修电器"


@pytest.mark.parametrize(("seed", "max_distance_m"), [(1, None), (2, 1_500), (3, None), (4, 2_500)])
async def test_no_plan_is_better(world: World, seed: int, max_distance_m: int | None):
    """Few grids below one another on the map, against every possible plan; some volunteers have the skill."""
    chance = np.random.default_rng(seed)
    await world.strength_rule(world.district, members=0, volunteers=REQUIRED)
    grids, missing = [], 0
    for number in map(int, chance.permutation(10)[:6]):
        area = await make_area(world.database, world.district)
        await world.draw(area, world.rectangle(0, 4 * number, 4, 4 * number + 4))
        skilled = int(chance.integers(0, 3))
        plain = int(chance.choice([0, 1, 3, 4]) if missing <= MISSING_MAX - REQUIRED else chance.integers(3, 6))
        missing += max(0, REQUIRED - skilled - plain)
        await settle(world, area, volunteers=skilled, skills=(SKILL, "理发"))
        await settle(world, area, volunteers=plain, skills=("理发",))
        longitude, latitude = world.place(2, 4 * number + 2).values()
        force = Force(skilled + plain, REQUIRED, skilled + plain, skilled)
        grids.append(Grid(area.id, tuple(area.lineage), (longitude, latitude), {Hat.VOLUNTEER: force}))
    for area in (world.grid, world.other_grid):
        await settle(world, area, volunteers=REQUIRED)
    plan = await order(world, skills=[SKILL, "开锁"], max_distance_m=max_distance_m)
    lines = await parts_of(world, plan["id"], "lines")
    gaps = await parts_of(world, plan["id"], "missing")
    assert plan["missing"] == sum(gap["people"] for gap in gaps)
    assert not any(line["is_distance_assumed"] for line in lines)
    cost = sum(
        line["people"] * (line["distance_m"] + SKILL_WORTH_M) - line["skilled"] * SKILL_WORTH_M for line in lines
    )
    fewest, least = every_plan_in_short(grids, max_distance_m)
    assert lines
    assert (plan["missing"], cost) == (fewest, pytest.approx(least, abs=len(grids)))


async def test_what_it_promises_comes_true(world: World):
    """Every line is accepted and everybody who is asked agrees: as many are missing as was said, and nobody more."""
    chance = np.random.default_rng(5)
    await world.strength_rule(world.district, members=2, volunteers=REQUIRED)
    people = []
    for _ in range(10):
        area = await make_area(world.database, world.community)
        members, volunteers = map(int, chance.integers(0, (6, 8)))
        people += await settle(world, area, members=members, volunteers=volunteers)
    before = await grids_of(world)
    plan = await order(world)
    lines = await parts_of(world, plan["id"], "lines")
    for hat in Hat:
        plural = f"{hat}s"
        lent, borrowed = [
            {
                grid: sum(line["people"] for line in lines if (line[side]["id"], line["hat"]) == (grid, hat))
                for grid in before
            }
            for side in ("from_area", "to_area")
        ]
        for grid, forces in before.items():
            assert lent[grid] <= max(0, forces[plural]["present"] - forces[plural]["required"])
            assert borrowed[grid] <= forces[plural]["shortage"]
    for line in lines:
        accepted = await decide(world, plan["id"], line["id"], "accept")
        assert accepted.status_code == 200, accepted.text
    for person in people:
        for request in await all_pages(world.api, "/v1/me/loan-requests", person):
            if "agree" in request["actions"]:
                agreed = await world.api.post(f"/v1/loan-requests/{request['id']}/agree", person)
                assert agreed.status_code == 200, agreed.text
    assert {line["status"] for line in await parts_of(world, plan["id"], "lines")} == {"filled"}
    after = await grids_of(world)
    still = sum(forces[f"{hat}s"]["shortage"] for forces in after.values() for hat in Hat)
    assert still == plan["missing"] > 0
    for grid, forces in after.items():
        for plural in ("members", "volunteers"):
            assert forces[plural]["present"] >= min(before[grid][plural]["present"], forces[plural]["required"])


async def grids_of(world: World) -> dict[str, dict[str, Any]]:
    """Return the strength of each grid of the district."""
    listed = await world.api.get("/v1/strength", world.staff, area_id=world.district.id, limit=50)
    assert listed.status_code == 200, listed.text
    return {item["area"]["id"]: item for item in listed.json()["items"]}
