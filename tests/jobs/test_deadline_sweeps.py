"""What happens by itself when time runs out: reminders, one level up for each missed deadline, a digest each morning.

Complaints of these tests are posted in a past of their own, and the sweeps run in it: nothing else is due there.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic_core import from_json

from app.core import clock
from app.core.db import Database
from app.domain.caller import Role
from app.domain.errors import Problem
from app.jobs import handlers
from app.models import Area
from app.services.complaints import overdue, replay
from tests.api.scene import problem
from tests.conftest import Jobs
from tests.domain.calendars import at
from tests.factories import World
from tests.people import Person

MONDAY = at("2026-03-02T10:00")
ACCEPT_BY = at("2026-03-03T17:30")
ANSWER_BY = at("2026-03-11T17:30")
MINUTE = timedelta(minutes=1)
EVENTS = """
    SELECT action, from_state, to_state, party, actor_id, facts FROM event
    WHERE subject_kind = 'complaint' AND subject_id = $1 ORDER BY created_at, id
"""


async def post(world: World, status: str = "open", moment: datetime = MONDAY, **more: Any) -> UUID:
    """Have somebody complain at a moment of the past."""
    author = await world.person()
    with clock.at(moment):
        return await world.complaint(author, status, **more)


async def act(world: World, complaint_id: UUID, action: str, moment: datetime, form: object = None) -> None:
    with clock.at(moment):
        response = await world.api.post(f"/v1/complaints/{complaint_id}/{action}", world.staff, form)
    assert response.status_code == 200, response.text


async def sweep(name: str, jobs: Jobs, moment: datetime) -> int:
    with clock.at(moment):
        return int(await getattr(handlers, name)(jobs.parts))


async def row_of(database: Database, complaint_id: UUID) -> dict[str, Any]:
    row = await database.reads.fetchrow("SELECT * FROM complaint WHERE id = $1", complaint_id)
    assert row is not None
    return dict(row)


async def events_of(database: Database, complaint_id: UUID, *actions: str) -> list[dict[str, Any]]:
    """Return the events of these kinds with their facts."""
    rows = await database.reads.fetch(EVENTS, complaint_id)
    return [{**row, "facts": row["facts"] and from_json(row["facts"])} for row in rows if row["action"] in actions]


async def assert_reckoned(database: Database, complaint_id: UUID) -> None:
    """Whatever happened, every deadline comes out of events, rules and calendar again."""
    number = await database.reads.fetchval("SELECT number FROM complaint WHERE id = $1", complaint_id)
    found = await replay.reckon(database.reads, number)
    assert all(step.agrees for step in found), found


class TestEscalateOverdue:
    async def test_nothing_before_its_time(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        before = await row_of(database, complaint_id)
        assert before["due_at"] == ACCEPT_BY
        await sweep("escalate_overdue", jobs, ACCEPT_BY)
        assert await row_of(database, complaint_id) == before

    async def test_a_missed_acceptance_goes_one_level_up(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        moment = ACCEPT_BY + MINUTE
        assert await sweep("escalate_overdue", jobs, moment) >= 1
        row = await row_of(database, complaint_id)
        assert (row["status"], row["handler_id"], row["area_id"]) == ("open", world.community.id, world.grid.id)
        assert (row["accept_due_at"], row["answer_due_at"]) == (at("2026-03-04T17:30"), at("2026-03-12T17:30"))
        [event] = await events_of(database, complaint_id, "escalate_overdue")
        facts = event.pop("facts")
        assert event == {
            "action": "escalate_overdue",
            "from_state": "open",
            "to_state": "open",
            "party": "system",
            "actor_id": None,
        }
        assert (facts["handler_id"], facts["missed"]) == (str(world.community.id), "accept")
        assert [datetime.fromisoformat(facts[name]) for name in ("due_at", "clock_at", "accept_due_at")] == [
            ACCEPT_BY,
            moment,
            at("2026-03-04T17:30"),
        ]
        await assert_reckoned(database, complaint_id)

    async def test_a_second_time_changes_nothing(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        await sweep("escalate_overdue", jobs, ACCEPT_BY + MINUTE)
        before = await row_of(database, complaint_id)
        await sweep("escalate_overdue", jobs, ACCEPT_BY + 2 * MINUTE)
        assert await row_of(database, complaint_id) == before

    async def test_each_missed_deadline_is_one_level_and_the_top_marks_it_once(
        self, world: World, database: Database, jobs: Jobs
    ):
        complaint_id = await post(world)
        handlers_seen = []
        for _ in range(6):
            due_at = (await row_of(database, complaint_id))["due_at"]
            await sweep("escalate_overdue", jobs, due_at + MINUTE)
            handlers_seen.append((await row_of(database, complaint_id))["handler_id"])
        street = world.community.lineage[1]
        assert handlers_seen == [world.community.id, street, *[world.district.id] * 4]
        assert len(await events_of(database, complaint_id, "escalate_overdue")) == 3
        [event] = await events_of(database, complaint_id, "overdue")
        row = await row_of(database, complaint_id)
        assert (event["from_state"], event["to_state"], row["status"]) == ("open", "open", "open")
        assert datetime.fromisoformat(event["facts"]["due_at"]) == row["due_at"]
        with clock.at(row["due_at"] + MINUTE):
            seen = (await world.api.get(f"/v1/complaints/{complaint_id}")).json()
        assert (seen["is_overdue"], seen["handler"]["id"]) == (True, str(world.district.id))
        await assert_reckoned(database, complaint_id)

    async def test_a_missed_answer_has_to_be_accepted_above(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world, "accepted")
        await sweep("escalate_overdue", jobs, ACCEPT_BY + MINUTE)
        assert (await row_of(database, complaint_id))["handler_id"] == world.grid.id
        await sweep("escalate_overdue", jobs, ANSWER_BY + MINUTE)
        row = await row_of(database, complaint_id)
        assert (row["status"], row["handler_id"], row["accepted_at"]) == ("open", world.community.id, None)
        [event] = await events_of(database, complaint_id, "escalate_overdue")
        assert (event["from_state"], event["facts"]["missed"]) == ("accepted", "answer")

    async def test_one_under_review_is_handed_up_and_stays_unseen(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world, "reviewing")
        await sweep("escalate_overdue", jobs, ACCEPT_BY + MINUTE)
        row = await row_of(database, complaint_id)
        assert (row["status"], row["handler_id"], row["is_on_wall"]) == ("reviewing", world.community.id, False)
        [event] = await events_of(database, complaint_id, "escalate_unreviewed")
        assert (event["party"], event["facts"]["missed"]) == ("system", "accept")
        assert problem(await world.api.get(f"/v1/complaints/{complaint_id}")) == (404, "not-found")
        above = await world.holder(Role.STAFF, world.community)
        admitted = await world.api.post(f"/v1/complaints/{complaint_id}/admit", above)
        assert admitted.json()["status"] == "open"

    @pytest.mark.parametrize("status", ["checking", "waiting", "answered", "closed", "rejected", "withdrawn"])
    async def test_what_is_not_due_stays(self, world: World, database: Database, jobs: Jobs, status: str):
        complaint_id = await post(world, status)
        before = await row_of(database, complaint_id)
        await sweep("escalate_overdue", jobs, ANSWER_BY + timedelta(days=40))
        assert await row_of(database, complaint_id) == before

    async def test_the_clock_stands_still_while_the_resident_is_waited_for(
        self, world: World, database: Database, jobs: Jobs
    ):
        complaint_id = await post(world, "accepted")
        await act(world, complaint_id, "wait", at("2026-03-11T17:00"), {"reason": "请告诉我们是哪一盏灯。"})
        await sweep("escalate_overdue", jobs, at("2026-03-20T12:00"))
        await act(world, complaint_id, "resume", at("2026-03-23T09:00"), {"words": "三楼那盏。"})
        row = await row_of(database, complaint_id)
        assert (row["handler_id"], row["due_at"]) == (world.grid.id, at("2026-03-23T17:30"))
        await sweep("escalate_overdue", jobs, at("2026-03-23T17:31"))
        assert (await row_of(database, complaint_id))["handler_id"] == world.community.id
        await assert_reckoned(database, complaint_id)

    async def test_the_staff_above_see_it_in_their_queue_and_those_below_no_more_act(self, world: World, jobs: Jobs):
        complaint_id = await post(world)
        below, above = await world.holder(Role.STAFF, world.grid), await world.holder(Role.STAFF, world.community)
        await sweep("escalate_overdue", jobs, ACCEPT_BY + MINUTE)
        listed = (await world.api.get("/v1/complaints", above, area_id=world.community.id)).json()["items"]
        assert str(complaint_id) in {item["id"] for item in listed}
        refused = await world.api.post(f"/v1/complaints/{complaint_id}/accept", below)
        assert problem(refused) == (403, "not-allowed")
        assert (await world.api.post(f"/v1/complaints/{complaint_id}/accept", above)).status_code == 200


class TestAtOnce:
    async def test_two_sweepers_move_it_once(self, world: World, database: Database, jobs: Jobs):
        posted = [await post(world) for _ in range(5)]
        moment = ACCEPT_BY + MINUTE
        await asyncio.gather(*[sweep("escalate_overdue", jobs, moment) for _ in range(4)])
        for complaint_id in posted:
            assert len(await events_of(database, complaint_id, "escalate_overdue")) == 1
            assert (await row_of(database, complaint_id))["handler_id"] == world.community.id

    async def test_two_sweepers_mark_it_once_at_the_top(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        await database.writes.execute(
            "UPDATE complaint SET handler_id = $2 WHERE id = $1", complaint_id, world.district.id
        )
        await asyncio.gather(*[sweep("escalate_overdue", jobs, ACCEPT_BY + MINUTE) for _ in range(4)])
        assert len(await events_of(database, complaint_id, "overdue")) == 1

    async def test_two_sweepers_remind_once(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        await asyncio.gather(*[sweep("remind_due", jobs, ACCEPT_BY - MINUTE) for _ in range(4)])
        assert len(await events_of(database, complaint_id, "remind")) == 1

    async def test_a_sweep_and_an_acceptance_at_once(self, world: World, database: Database, jobs: Jobs):
        """Whoever is first: either it is accepted where it was, or it has gone up and those below may not act."""
        below = await world.holder(Role.STAFF, world.grid)
        outcomes = set()
        for _ in range(12):
            complaint_id = await post(world)
            answer, _ = await asyncio.gather(
                accept(world, below, complaint_id, ACCEPT_BY + MINUTE),
                sweep("escalate_overdue", jobs, ACCEPT_BY + MINUTE),
            )
            row = await row_of(database, complaint_id)
            went_up = len(await events_of(database, complaint_id, "escalate_overdue"))
            outcomes.add(went_up)
            if went_up:
                assert (row["status"], row["handler_id"]) == ("open", world.community.id)
                # Had they accepted first it were not overdue any more: they came second, and were refused.
                assert problem(answer) == (403, "not-allowed")
            else:
                assert (row["status"], row["handler_id"], answer.status_code) == ("accepted", world.grid.id, 200)
            await assert_reckoned(database, complaint_id)
        assert outcomes

    async def test_an_acceptance_in_between_keeps_it(self, world: World, database: Database):
        """The sweeper has found it; before it is locked, somebody accepts."""
        complaint_id = await post(world)
        with clock.at(ACCEPT_BY + MINUTE):
            async with database.transaction() as connection:
                assert complaint_id in await overdue.find_overdue(connection, 1000)
            await act(world, complaint_id, "accept", ACCEPT_BY + MINUTE)
            with pytest.raises(Problem, match="state-conflict"):
                async with database.transaction() as connection:
                    await overdue.escalate(connection, complaint_id)
        assert (await row_of(database, complaint_id))["status"] == "accepted"


async def accept(world: World, person: Person, complaint_id: UUID, moment: datetime) -> Any:
    with clock.at(moment):
        return await world.api.post(f"/v1/complaints/{complaint_id}/accept", person)


class TestRemindDue:
    async def test_once_when_a_fifth_of_the_time_is_left(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        last_moment = ACCEPT_BY - (ACCEPT_BY - MONDAY) / 5
        await sweep("remind_due", jobs, last_moment - MINUTE)
        assert await events_of(database, complaint_id, "remind") == []
        for moment in (last_moment, last_moment + MINUTE):
            await sweep("remind_due", jobs, moment)
        [event] = await events_of(database, complaint_id, "remind")
        assert (event["from_state"], event["to_state"], event["party"]) == ("open", "open", "system")
        assert datetime.fromisoformat(event["facts"]["due_at"]) == ACCEPT_BY

    async def test_again_for_the_next_deadline(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        await sweep("remind_due", jobs, ACCEPT_BY - MINUTE)
        await act(world, complaint_id, "accept", ACCEPT_BY - MINUTE)
        await sweep("remind_due", jobs, ANSWER_BY - MINUTE)
        reminded = [event["facts"]["due_at"] for event in await events_of(database, complaint_id, "remind")]
        assert [datetime.fromisoformat(due_at) for due_at in reminded] == [ACCEPT_BY, ANSWER_BY]

    async def test_after_a_pause_the_time_that_was_left_counts(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world, "accepted")
        await act(world, complaint_id, "wait", at("2026-03-11T09:30"), {"reason": "请告诉我们是哪一盏灯。"})
        await act(world, complaint_id, "resume", at("2026-03-23T09:30"), {"words": "三楼那盏。"})
        await sweep("remind_due", jobs, at("2026-03-23T15:53"))
        assert await events_of(database, complaint_id, "remind") == []
        await sweep("remind_due", jobs, at("2026-03-23T15:54"))
        assert len(await events_of(database, complaint_id, "remind")) == 1

    async def test_not_when_it_is_too_late(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world)
        await sweep("remind_due", jobs, ACCEPT_BY)
        assert await events_of(database, complaint_id, "remind") == []

    async def test_one_that_was_acted_on_meanwhile_is_left_alone(self, world: World, database: Database):
        complaint_id = await post(world)
        deadline = overdue.DueSoon(complaint_id, ACCEPT_BY)
        await act(world, complaint_id, "accept", MONDAY)
        with clock.at(ACCEPT_BY - MINUTE), pytest.raises(Problem, match="state-conflict"):
            async with database.transaction() as connection:
                await overdue.remind(connection, deadline)

    async def test_it_is_no_news_to_whoever_complained(self, world: World, jobs: Jobs):
        author = await world.person()
        with clock.at(MONDAY):
            complaint_id = await world.complaint(author)
        await world.api.request("PUT", f"/v1/complaints/{complaint_id}/seen", author)
        await sweep("remind_due", jobs, ACCEPT_BY - MINUTE)
        [own] = (await world.api.get("/v1/me/complaints", author)).json()["items"]
        assert not own["is_new"]
        await sweep("escalate_overdue", jobs, ACCEPT_BY + MINUTE)
        [own] = (await world.api.get("/v1/me/complaints", author)).json()["items"]
        assert own["is_new"]

    async def test_the_queue_of_staff_shows_it(self, world: World, jobs: Jobs):
        complaint_id = await post(world)
        calm = await post(world, area_id=world.other_grid.id, category="illegal_building", moment=ACCEPT_BY - MINUTE)
        await sweep("remind_due", jobs, ACCEPT_BY - MINUTE)
        with clock.at(ACCEPT_BY - MINUTE):
            listed = (await world.api.get("/v1/complaints", world.staff, area_id=world.district.id)).json()["items"]
        assert {item["id"]: item["is_reminded"] for item in listed} == {str(complaint_id): True, str(calm): False}


class TestYearEnd:
    async def test_a_deadline_beyond_the_announced_years(self, world: World, database: Database):
        """2027 was not announced when 2026 ended: weekdays are counted, and the sweep goes on by them."""
        complaint_id = await post(world, moment=at("2026-12-31T10:00"))
        row = await row_of(database, complaint_id)
        assert (row["accept_due_at"], row["answer_due_at"]) == (at("2027-01-01T17:30"), at("2027-01-11T17:30"))
        with clock.at(at("2027-01-01T17:31")):
            async with database.transaction() as connection:
                await overdue.escalate(connection, complaint_id)
        row = await row_of(database, complaint_id)
        assert (row["handler_id"], row["accept_due_at"]) == (world.community.id, at("2027-01-04T17:30"))
        await assert_reckoned(database, complaint_id)

    async def test_a_deadline_over_a_working_sunday(self, world: World, database: Database, jobs: Jobs):
        complaint_id = await post(world, moment=at("2025-12-31T10:00"))
        await sweep("escalate_overdue", jobs, at("2026-01-04T17:30"))
        assert (await row_of(database, complaint_id))["handler_id"] == world.grid.id
        await sweep("escalate_overdue", jobs, at("2026-01-04T17:31"))
        assert (await row_of(database, complaint_id))["accept_due_at"] == at("2026-01-05T17:30")


async def digests_of(world: World, area: Area, person: Person | None = None) -> list[dict[str, Any]]:
    response = await world.api.get("/v1/digests", person or world.staff, area_id=area.id)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


class TestDigestStuck:
    async def test_what_is_stuck_counts_in_its_area_and_all_above(self, world: World, jobs: Jobs):
        late = await post(world)
        elsewhere = await post(world, area_id=world.other_grid.id, moment=MONDAY + MINUTE)
        await post(world, "answered")
        await sweep("digest_stuck", jobs, at("2026-03-04T08:00"))
        [grid] = await digests_of(world, world.grid)
        assert (grid["day"], grid["area"]["id"]) == ("2026-03-04", str(world.grid.id))
        assert (grid["overdue"]["count"], grid["waiting"]["count"], grid["unanswered"]["count"]) == (1, 0, 0)
        [item] = grid["overdue"]["oldest"]
        assert (item["id"], item["status"]) == (str(late), "open")
        for area in (world.community, world.district):
            [above] = await digests_of(world, area)
            assert [item["id"] for item in above["overdue"]["oldest"]] == [str(late), str(elsewhere)]
        assert await digests_of(world, world.neighbour, await world.holder(Role.STAFF, world.neighbour)) == []

    async def test_a_second_time_that_day_changes_nothing(self, world: World, jobs: Jobs):
        await post(world)
        for hour in (8, 9):
            await sweep("digest_stuck", jobs, at(f"2026-03-05T0{hour}:00"))
        before = await digests_of(world, world.grid)
        assert len(before) == 1
        await sweep("digest_stuck", jobs, at("2026-03-06T08:00"))
        assert [digest["day"] for digest in await digests_of(world, world.grid)] == ["2026-03-06", "2026-03-05"]

    async def test_one_without_an_answer_for_a_month(self, world: World, jobs: Jobs):
        complaint_id = await post(world, "accepted")
        await sweep("digest_stuck", jobs, MONDAY + timedelta(days=30))
        await sweep("digest_stuck", jobs, MONDAY + timedelta(days=31))
        after, before = await digests_of(world, world.grid)
        assert (before["unanswered"]["count"], before["overdue"]["count"]) == (0, 1)
        assert [item["id"] for item in after["unanswered"]["oldest"]] == [str(complaint_id)]

    async def test_one_that_waits_for_the_resident_too_long(self, world: World, jobs: Jobs):
        complaint_id = await post(world, "accepted")
        await act(world, complaint_id, "wait", MONDAY, {"reason": "请告诉我们是哪一盏灯。"})
        waits = clock.now()
        await sweep("digest_stuck", jobs, waits + timedelta(days=6))
        await sweep("digest_stuck", jobs, waits + timedelta(days=8))
        after, before = await digests_of(world, world.grid)
        assert (before["waiting"]["count"], after["waiting"]["count"]) == (0, 1)
        assert [item["id"] for item in after["waiting"]["oldest"]] == [str(complaint_id)]

    async def test_the_oldest_alone_are_named(self, world: World, jobs: Jobs):
        posted = [await post(world, moment=MONDAY + number * MINUTE) for number in range(22)]
        await sweep("digest_stuck", jobs, at("2026-03-09T08:00"))
        [digest] = await digests_of(world, world.grid)
        assert digest["overdue"]["count"] == 22
        assert [item["id"] for item in digest["overdue"]["oldest"]] == [
            str(complaint_id) for complaint_id in posted[:20]
        ]

    async def test_its_staff_alone_read_it(self, world: World):
        below = await world.holder(Role.STAFF, world.grid)
        for person in (below, await world.person(), await world.holder(Role.STAFF, world.neighbour)):
            refused = await world.api.get("/v1/digests", person, area_id=world.community.id)
            assert problem(refused) == (403, "not-allowed")
        assert (await world.api.get("/v1/digests", below, area_id=world.grid.id)).status_code == 200
