"""Many hands on the task of one complaint at once: seats, ends, verifications."""

import asyncio
from collections import Counter
from uuid import UUID

from app.jobs import handlers
from tests.concurrency.test_races import CROWD, LIVE_CLAIMS, assert_books_agree, together
from tests.conftest import Jobs
from tests.factories import COMPLAINT_FORMS, REWARD_POINTS, World
from tests.people import Person


async def states(world: World, complaint: UUID, task_id: UUID) -> tuple[str, str, int]:
    row = await world.database.reads.fetchrow(
        "SELECT c.status, t.status, t.seats_taken FROM complaint c, task t WHERE c.id = $1 AND t.id = $2",
        complaint,
        task_id,
    )
    assert row is not None
    return row[0], row[1], row[2]


async def assert_history_joins_up(world: World, complaint: UUID) -> None:
    """Each event of the complaint starts where the one before it ended."""
    rows = await world.database.reads.fetch(
        "SELECT from_state, to_state FROM event WHERE subject_id = $1 ORDER BY created_at, id", complaint
    )
    assert [row["from_state"] for row in rows[1:]] == [row["to_state"] for row in rows[:-1]]


async def test_three_of_many_get_the_three_seats(world: World):
    helpers = await world.helpers(CROWD)
    task_id = await world.called(seats=3)
    path = f"/v1/tasks/{task_id}/claims"
    answers = await together(*[world.api.post(path, helper) for helper in helpers])
    assert answers == {"201": 3, "task-full": CROWD - 3}
    assert await world.database.reads.fetchval(LIVE_CLAIMS, task_id) == 3


async def test_helpers_are_called_once(world: World):
    complaint = await world.complaint(status="accepted")
    path = f"/v1/complaints/{complaint}/call-helpers"
    answers = await together(*[world.api.post(path, world.staff, {"seats": 2}) for _ in range(8)])
    assert answers == {"200": 1, "helpers-called": 7}
    assert await world.database.reads.fetchval("SELECT count(*) FROM task WHERE complaint_id = $1", complaint) == 1


async def test_either_the_answer_or_a_claim_comes_first(world: World):
    won: Counter[str] = Counter()
    for turn in range(20):
        helper = await world.helper()
        complaint = await world.complaint(status="accepted")
        task_id = await world.called(complaint, seats=2)
        requests = [
            world.api.post(f"/v1/complaints/{complaint}/answer", world.staff, COMPLAINT_FORMS["answer"]),
            world.api.post(f"/v1/tasks/{task_id}/claims", helper),
        ]
        answers = await together(*(requests if turn % 2 else reversed(requests)))
        assert answers["200"] == 1
        if answers["201"]:
            assert await states(world, complaint, task_id) == ("answered", "closed", 1)
        else:
            assert answers["task-not-open"] == 1
            assert await states(world, complaint, task_id) == ("answered", "cancelled", 0)
        won.update(answers)
    assert won["201"] + won["task-not-open"] == 20


async def test_the_last_of_all_who_are_verified_at_once_closes_the_task(world: World):
    """Each verification finds the others: or else the task would stay open with all its seats verified."""
    for _ in range(4):
        complaint = await world.complaint(status="accepted")
        task_id = await world.called(complaint, seats=6)
        helpers = await world.helpers(6)
        claims = [await world.take_seat(helper, task_id, note="换好了") for helper in helpers]
        answers = await together(*[world.api.post(f"/v1/claims/{claim}/confirm", world.staff) for claim in claims])
        assert answers == {"200": 6}
        assert await states(world, complaint, task_id) == ("accepted", "closed", 6)
        await assert_history_joins_up(world, complaint)
        await assert_books_agree(world.database, *helpers)


async def test_confirmed_answered_and_withdrawn_at_once(world: World, jobs: Jobs):
    """What locks the complaint, the task and the helper does so in one order: nobody is told to come again."""
    for _ in range(6):
        author: Person = await world.person()
        complaint = await world.complaint(author, "accepted")
        task_id = await world.called(complaint, seats=3)
        helpers = await world.helpers(4)
        claims = [await world.take_seat(helper, task_id, note="换好了") for helper in helpers[:2]]
        answers, _ = await asyncio.gather(
            together(
                *[world.api.post(f"/v1/claims/{claim}/confirm", world.staff) for claim in claims * 2],
                world.api.post(f"/v1/complaints/{complaint}/answer", world.staff, COMPLAINT_FORMS["answer"]),
                world.api.post(f"/v1/complaints/{complaint}/withdraw", author),
                *[world.api.post(f"/v1/tasks/{task_id}/claims", helper) for helper in helpers[2:]],
                world.api.post(f"/v1/tasks/{task_id}/close", world.staff),
            ),
            handlers.confirm_silent(jobs.parts),
        )
        assert set(answers) <= {"200", "201", "state-conflict", "task-not-open", "task-full"}, answers
        complaint_state, task_state, taken = await states(world, complaint, task_id)
        assert complaint_state in {"answered", "withdrawn"}
        assert task_state == "closed"
        assert taken == 2 + answers["201"]
        await assert_history_joins_up(world, complaint)
        points = "SELECT count(*) FROM ledger_transfer WHERE reference_id = ANY($1) AND kind = 'award' AND points = $2"
        assert await world.database.reads.fetchval(points, claims, REWARD_POINTS) == 2
        await assert_books_agree(world.database, *helpers)
