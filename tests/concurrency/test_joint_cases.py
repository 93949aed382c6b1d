"""Openings at once: none misses the others, all make one case, and nobody waits in a ring."""

from uuid import UUID

from app.services.complaints.repeats import REPEATS
from tests.api.test_joint_cases import say
from tests.concurrency.test_races import together
from tests.factories import World


async def went_up(world: World, complaints: list[UUID]) -> int:
    query = "SELECT count(*) FROM event WHERE subject_id = ANY($1) AND action = 'escalate_repeated'"
    return int(await world.database.reads.fetchval(query, complaints))


async def test_eight_openings_at_once_make_one_case_and_none_is_missed(world: World):
    complaints = [await say(world, number) for number in range(8)]
    admitted = [world.api.post(f"/v1/complaints/{complaint}/admit", world.staff) for complaint in complaints]
    assert await together(*admitted) == {"200": 8}
    assert await went_up(world, complaints) == 8 - REPEATS, "each after the third found three before it"
    cases = await world.database.reads.fetch("SELECT id FROM joint_case WHERE area_id = $1", world.grid.id)
    assert len(cases) == 1
    joined = "SELECT count(*) FROM complaint WHERE case_id = $1"
    assert await world.database.reads.fetchval(joined, cases[0]["id"]) == 8


async def test_openings_merges_and_answers_of_the_same_complaints_wait_in_one_order(world: World):
    for _ in range(4):
        first = [await say(world, number) for number in range(3)]
        for complaint in first:
            assert (await world.api.post(f"/v1/complaints/{complaint}/admit", world.staff)).status_code == 200
        later = [await say(world, number) for number in range(3)]
        answers = await together(
            *[world.api.post(f"/v1/complaints/{complaint}/admit", world.staff) for complaint in later],
            *[
                world.api.post(f"/v1/complaints/{one}/merge", world.staff, {"into_id": str(other)})
                for one, other in zip(first, reversed(later), strict=True)
            ],
            *[world.api.post(f"/v1/complaints/{complaint}/accept", world.staff) for complaint in first],
        )
        assert set(answers) <= {"200", "state-conflict", "merge-target-unfit"}, answers
        assert await went_up(world, later) == 3
