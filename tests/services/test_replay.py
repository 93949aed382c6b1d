"""Every deadline comes out of events, rules and calendar again, whatever happened; what does not is found."""

import asyncio
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from app.cli.deadlines import read_moment
from app.core import clock
from app.core.db import Database
from app.core.settings import SettingsError
from app.domain.errors import Problem
from app.jobs import handlers
from app.services import transitions
from app.services.complaints import replay
from tests.conftest import Jobs
from tests.domain.calendars import at
from tests.e2e.commands import run
from tests.factories import COMPLAINT_FORMS, World

MONDAY = at("2026-05-04T10:00")
FORMS: dict[str, object] = {
    **COMPLAINT_FORMS,
    "escalate": {"reason": "需要街道协调。"},
    "return": {"reason": "网格可以办理。"},
    "resume": {"words": "三楼那盏。"},
}


async def post(world: World, status: str = "open") -> tuple[UUID, int]:
    """Have somebody complain on a Monday; return the id and the number."""
    author = await world.person()
    with clock.at(MONDAY):
        complaint_id = await world.complaint(author, status)
    return complaint_id, await world.database.reads.fetchval("SELECT number FROM complaint WHERE id = $1", complaint_id)


async def rule(world: World, **fields: object) -> None:
    form = {"area_id": str(world.district.id), **fields}
    response = await world.api.post("/v1/handling-rules", world.administrator, form)
    assert response.status_code == 201, response.text


class TestReckon:
    async def test_what_was_told_and_what_stands_agree(self, world: World, database: Database):
        complaint_id, number = await post(world, "accepted")
        with clock.at(MONDAY + timedelta(days=3)):
            form = {"category": "illegal_building", "urgency": "hard"}
            await world.api.post(f"/v1/complaints/{complaint_id}/correct", world.staff, form)
            await world.api.post(f"/v1/complaints/{complaint_id}/escalate", world.staff, FORMS["escalate"])
        found = await replay.reckon(database.reads, number)
        assert [step.action for step in found] == ["create", "correct", "escalate", "stands"]
        assert all(step.agrees for step in found)
        assert [step.told.answer_due_at for step in found] == [
            at("2026-05-13T17:30"),  # Saturday the 9th is worked
            at("2026-05-25T17:30"),
            at("2026-05-27T17:30"),
            at("2026-05-27T17:30"),
        ]

    async def test_of_a_past_moment(self, world: World, database: Database):
        complaint_id, number = await post(world, "accepted")
        then = await database.reads.fetchval("SELECT max(created_at) FROM event WHERE subject_id = $1", complaint_id)
        await world.api.post(f"/v1/complaints/{complaint_id}/escalate", world.staff, FORMS["escalate"])
        found = await replay.reckon(database.reads, number, then)
        assert [step.action for step in found] == ["create"]
        with pytest.raises(Problem, match="not-found"):
            await replay.reckon(database.reads, number, then - timedelta(days=1))

    async def test_by_the_rules_of_then(self, world: World, database: Database):
        _, number = await post(world)
        with clock.at(MONDAY + timedelta(minutes=1)):
            await rule(world, accept={"amount": 1, "unit": "hour"}, answer={"amount": 2, "unit": "hour"})
        found = await replay.reckon(database.reads, number)
        assert all(step.agrees for step in found)
        assert found[0].told.accept_due_at == at("2026-05-06T17:30")

    async def test_what_stands_otherwise_than_it_was_told(self, world: World, database: Database):
        complaint_id, number = await post(world)
        await database.writes.execute(
            "UPDATE complaint SET accept_due_at = accept_due_at + interval '1 hour' WHERE id = $1", complaint_id
        )
        told, stands = await replay.reckon(database.reads, number)
        assert (told.agrees, stands.agrees) == (True, False)

    async def test_what_was_told_otherwise_than_it_comes_to(self, world: World, database: Database):
        complaint_id, number = await post(world)
        facts = {"accept_due_at": MONDAY, "answer_due_at": MONDAY}
        async with database.transaction() as connection:
            await transitions.log(
                connection, "complaint", complaint_id, "correct", "open", transitions.SYSTEM, facts=facts
            )
        first, second, stands = await replay.reckon(database.reads, number)
        assert (first.agrees, second.agrees, stands.agrees) == (True, False, True)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_happens(world: World, database: Database, jobs: Jobs, seed: int):
    """Acts at random moments under changing rules, sweeps in between: all comes out again, event by event."""
    random = Random(seed)  # noqa: S311 - not a secret
    complaint_id, number = await post(world)
    moment, done = MONDAY, set()
    for _ in range(10):
        moment += timedelta(minutes=random.choice([7, 90, 600, 3000]))
        with clock.at(moment):
            if random.random() < 0.3:
                amount = {
                    "amount": random.randint(1, 5),
                    "unit": random.choice(["hour", "working_hour", "working_day"]),
                }
                await rule(world, **{random.choice(["accept", "answer"]): amount})
            if random.random() < 0.5:
                await handlers.escalate_overdue(jobs.parts)
            seen = (await world.api.get(f"/v1/complaints/{complaint_id}", world.staff)).json()
            acts = sorted(set(seen["actions"]) & {"accept", "escalate", "return", "wait", "resume"})
            if acts:
                act = random.choice(acts)
                answer = await world.api.post(f"/v1/complaints/{complaint_id}/{act}", world.staff, FORMS.get(act))
                assert answer.status_code == 200, answer.text
                done.add(act)
    assert done
    found = await replay.reckon(database.reads, number)
    assert [step for step in found if not step.agrees] == []


class TestCommand:
    async def test_it_tells_whether_everything_agrees(self, world: World, database: Database):
        complaint_id, number = await post(world)
        status, told = await command(world, number)
        assert (status, "Everything agrees." in told, "2026-05-13 17:30:00" in told) == (0, True, True)
        await database.writes.execute("UPDATE complaint SET answer_due_at = now() WHERE id = $1", complaint_id)
        status, told = await command(world, number)
        assert (status, "What was told differs" in told) == (1, True)
        status, told = await command(world, number, "--as-of", "2099-01-01")
        assert (status, "Everything agrees." in told) == (0, True)

    async def test_a_number_that_nobody_has(self, world: World):
        status, told = await command(world, 999_999_999)
        assert (status, "There is no complaint 999999999" in told, "Traceback" in told) == (2, True, False)

    def test_moments_as_they_are_typed(self):
        assert read_moment(None) is None
        assert read_moment("2026-01-04") == at("2026-01-04T00:00")
        assert read_moment("2026-01-04T09:30:00Z") == at("2026-01-04T17:30")
        with pytest.raises(SettingsError, match="is no moment"):
            read_moment("yesterday")


async def command(world: World, number: int, *arguments: str) -> tuple[int, str]:
    url = world.settings.require_database_url()
    done = await asyncio.to_thread(run, url, "deadlines", "--number", str(number), *arguments, COLUMNS="160")
    return done.returncode, done.stdout
