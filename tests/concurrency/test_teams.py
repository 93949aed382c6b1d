"""Teams under races: one place a person, one leader, and never a leader who has left."""

from tests.concurrency.test_races import together
from tests.factories import World

LEADER_IS_IN = """
    SELECT m.status FROM team t JOIN team_member m ON m.team_id = t.id AND m.person_id = t.leader_id WHERE t.id = $1
"""


async def test_asking_many_times_at_once_makes_one_place(world: World):
    team, helper = await world.team(await world.helper()), await world.helper()
    answers = await together(*[world.api.post(f"/v1/teams/{team}/members", helper) for _ in range(8)])
    assert answers == {"201": 1, "team-joined": 7}


async def test_of_many_hand_overs_by_the_leader_one_counts(world: World):
    leader = await world.helper()
    team = await world.team(leader)
    places = [await world.place_in_team(team, await world.helper()) for _ in range(6)]
    path = f"/v1/teams/{team}/hand-over"
    answers = await together(*[world.api.post(path, leader, {"team_member_id": str(place)}) for place in places])
    assert answers == {"200": 1, "not-allowed": 5}


async def test_nobody_leads_a_team_that_they_are_leaving(world: World):
    for _ in range(8):
        leader, helper = await world.helper(), await world.helper()
        team = await world.team(leader)
        place = await world.place_in_team(team, helper)
        answers = await together(
            world.api.post(f"/v1/teams/{team}/hand-over", leader, {"team_member_id": str(place)}),
            world.api.post(f"/v1/teams/members/{place}/leave", helper),
        )
        assert set(answers) <= {"200", "state-conflict", "team-needs-leader"}
        assert await world.database.reads.fetchval(LEADER_IS_IN, team) == "joined"
