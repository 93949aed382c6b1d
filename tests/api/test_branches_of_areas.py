"""What becomes of a grid's branch when the grid does: it goes along, or its members are in the one that is there."""

from uuid import UUID

from app.core.db import Database
from tests.api.scene import problem
from tests.api.test_area_changes import REASON, area_of, change, events, parts, refused
from tests.branches import inside, lead, look, make_branch, member_of, stand, terms
from tests.factories import World, make_member


async def test_where_there_is_none_it_goes_along_with_all_that_it_is(world: World, database: Database):
    secretary, rival = await world.helper(), await world.helper()
    branch = await make_branch(world, None, secretary, rival)
    await lead(world, branch, secretary)
    candidacy = await stand(world, branch, rival)
    await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
    seen = await look(world, branch, secretary)
    assert (seen["area"]["id"], seen["status"], seen["member_count"]) == (str(world.other_grid.id), "active", 2)
    assert (seen["secretary"] is not None, seen["own_place_id"] is not None) == (True, True)
    assert (await world.api.get(f"/v1/branch-candidacies/{candidacy}", rival)).json()["status"] == "standing"
    [event] = await events(database, "branch", branch, "follow")
    assert str(world.other_grid.id) in event["facts"]
    form = {"area_id": str(world.grid.id), "name": "旧网格支部"}
    assert problem(await world.api.post("/v1/branches", world.staff, form)) == (409, "area-closed")


async def test_where_there_is_one_it_takes_the_members_in(world: World, database: Database):
    secretary, member, there = await world.helper(), await world.helper(), await world.person()
    await make_member(database, there, world.other_grid, world.unit_id)
    branch, other = await make_branch(world, None, secretary, member), await make_branch(world, world.other_grid, there)
    await lead(world, branch, secretary)
    await lead(world, other, there)
    candidacy = await stand(world, branch, member, "accepted")
    area = await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
    assert area["successor"]["id"] == str(world.other_grid.id)
    assert await area_of(database, "branch", branch) == world.grid.id
    assert (await look(world, branch, world.staff))["status"] == "dissolved"
    assert [term["end_reason"] for term in await terms(world, branch)] == ["dissolved"]
    assert (await world.api.get(f"/v1/branch-candidacies/{candidacy}", member)).json()["status"] == "lapsed"
    joined = {place["person"]["member_id"]: place["is_secretary"] for place in await inside(world, other)}
    members = [str(await member_of(world, person)) for person in (secretary, member, there)]
    assert joined == dict(zip(members, (False, False, True), strict=True))
    [event] = await events(database, "branch", branch, "dissolve")
    assert event["note"] == REASON


async def test_split_it_goes_where_its_members_go(world: World):
    secretary = await world.helper()
    branch = await make_branch(world, None, secretary)
    await lead(world, branch, secretary)
    area = await change(world, world.grid, "split", **parts("东", "西"))
    seen = await look(world, branch, secretary)
    assert UUID(seen["area"]["id"]) == UUID(area["parts"][0]["id"])
    assert seen["secretary"] is not None


async def test_a_grid_with_a_branch_is_not_closed(world: World):
    branch = await make_branch(world)
    assert await refused(world, world.grid, "close") == (409, "area-not-empty")
    await world.api.post(f"/v1/branches/{branch}/dissolve", world.staff, {"reason": REASON})
    await change(world, world.grid, "close")
