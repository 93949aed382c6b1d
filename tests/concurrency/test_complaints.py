"""Many hands on one complaint at once: one decides, and what was joined, merged or handed over adds up."""

import asyncio
from typing import Any
from uuid import UUID

from app.domain.caller import Role
from app.jobs import handlers
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.test_races import together
from tests.conftest import Jobs
from tests.factories import COMPLAINT_FORMS, World
from tests.people import Person

UP = {"reason": "网格解决不了。"}


async def row(world: World, complaint_id: UUID) -> Any:
    [found] = await world.database.reads.fetch("SELECT * FROM complaint WHERE id = $1", complaint_id)
    return found


async def count(world: World, complaint_id: UUID, action: str) -> int:
    query = "SELECT count(*) FROM event WHERE subject_id = $1 AND action = $2"
    return int(await world.database.reads.fetchval(query, complaint_id, action))


def act(world: World, person: Person, complaint_id: UUID, action: str, body: object = None) -> Any:
    return world.api.post(f"/v1/complaints/{complaint_id}/{action}", person, body or COMPLAINT_FORMS.get(action))


async def test_one_of_eight_acceptances_counts(world: World):
    complaint = await world.complaint()
    assert await together(*[act(world, world.staff, complaint, "accept") for _ in range(8)]) == {
        "200": 1,
        "state-conflict": 7,
    }
    assert await count(world, complaint, "accept") == 1


async def test_eight_escalations_by_the_grid_are_one_level(world: World):
    """Whoever comes second finds that another area has to act now, and that is not theirs."""
    worker = await world.holder(Role.STAFF, world.grid)
    complaint = await world.complaint()
    assert await together(*[act(world, worker, complaint, "escalate", UP) for _ in range(8)]) == {
        "200": 1,
        "not-allowed": 7,
    }
    assert (await row(world, complaint))["handler_id"] == world.community.id


async def test_a_complaint_is_accepted_where_it_is_or_goes_up(world: World):
    worker = await world.holder(Role.STAFF, world.grid)
    for _ in range(8):
        complaint = await world.complaint()
        told = await together(act(world, worker, complaint, "accept"), act(world, worker, complaint, "escalate", UP))
        found = await row(world, complaint)
        if found["handler_id"] == world.grid.id:
            raise AssertionError("an accepted one can go up as well, so it always does")
        assert found["status"] == "open"
        assert told in ({"200": 2}, {"200": 1, "not-allowed": 1})


async def test_forty_joins_of_twenty_people_count_twenty(world: World):
    complaint = await world.complaint()
    people = [await world.person() for _ in range(20)]
    assert await together(*[act(world, person, complaint, "join") for person in people * 2]) == {"200": 40}
    assert (await row(world, complaint))["joins"] == 20


async def test_two_that_are_merged_into_each_other_end_in_one(world: World):
    for _ in range(8):
        first, second = [await world.complaint() for _ in range(2)]
        told = await together(
            act(world, world.staff, first, "merge", {"into_id": str(second)}),
            act(world, world.staff, second, "merge", {"into_id": str(first)}),
        )
        assert told == {"200": 1, "merge-target-unfit": 1}
        rows = [await row(world, complaint) for complaint in (first, second)]
        assert sorted(found["status"] for found in rows) == ["merged", "open"]


async def test_an_answer_and_a_withdrawal_are_one_of_the_two(world: World):
    author = await world.person()
    for _ in range(4):
        complaint = await world.complaint(author)
        told = await together(act(world, world.staff, complaint, "answer"), act(world, author, complaint, "withdraw"))
        assert told == {"200": 1, "state-conflict": 1}


async def test_silence_and_a_word_at_the_last_moment_are_one_of_the_two(world: World, jobs: Jobs):
    author = await world.person()
    complaint = await world.complaint(author, "answered")
    old = "UPDATE complaint SET answered_at = answered_at - interval '14 days' WHERE id = $1"
    await world.database.writes.execute(old, complaint)
    told, _ = await asyncio.gather(act(world, author, complaint, "rate"), handlers.close_silent(jobs.parts))
    found = await row(world, complaint)
    assert found["status"] == "closed"
    assert (told.status_code == 200) == (found["is_satisfied"] is True)
    assert await count(world, complaint, "rate") + await count(world, complaint, "close_silent") == 1


async def test_thirty_posts_at_once_are_five(world: World):
    author = await world.person()
    form = {"area_id": str(world.grid.id), "category": "lighting", "title": "路灯坏了", "body": "三天没亮了。"}
    told = await together(*[world.api.post("/v1/complaints", author, form) for _ in range(30)])
    assert told == {"201": 5, "posting-too-fast": 25}


async def test_no_picture_is_taken_back_while_the_complaint_is_answered(world: World):
    """Whoever answers has seen it: who takes it back waits for the answer, and is refused."""
    author = await world.person()
    complaint, picture = await world.complaint(author, "accepted"), await world.picture(author)
    await world.database.writes.execute(
        "UPDATE media SET subject_kind = 'complaint', subject_id = $2, position = 1, owner_id = NULL WHERE id = $1",
        picture,
        complaint,
    )
    async with world.database.transaction() as connection:
        await connection.execute(
            "UPDATE complaint SET status = 'answered', answer = '换好了。', outcome = 'resolved' WHERE id = $1",
            complaint,
        )
        waiting = asyncio.ensure_future(world.api.delete(f"/v1/media/{picture}", author))
        await wait_until_blocked(world.database)
    assert (await waiting).status_code == 409
    assert await world.database.reads.fetchval("SELECT status FROM media WHERE id = $1", picture) != "removed"
