"""The deadlines of a complaint: by which rules, by which calendar, and what is logged when a year is not known."""

import asyncio
from datetime import datetime

import asyncpg
import pytest
import structlog

from app.core import clock
from app.core.db import Database
from app.domain.deadlines import Pause
from app.domain.kinds import Urgency
from app.models import Area
from app.services import deadlines
from app.services.deadlines import Dues
from tests.domain.calendars import at
from tests.factories import World

FRIDAY = at("2026-11-20T15:00")


async def reckon(
    world: World,
    area: Area,
    start: datetime = FRIDAY,
    urgency: Urgency = Urgency.ORDINARY,
    *,
    category: str | None = "noise",
    pauses: list[Pause] | None = None,
) -> Dues:
    return await deadlines.dues(
        world.database.reads, area_id=area.id, category=category, urgency=urgency, start=start, pauses=pauses or []
    )


async def rule(world: World, area: Area, made: str, **fields: object) -> None:
    """Give an area a rule that was made at a moment of the past."""
    with clock.at(at(made)):
        response = await world.api.post("/v1/handling-rules", world.administrator, {"area_id": str(area.id), **fields})
    assert response.status_code == 201, response.text


class TestDues:
    @pytest.mark.parametrize(
        ("urgency", "accept", "answer"),
        [
            (Urgency.CRITICAL, "2026-11-20T15:30", "2026-11-20T17:00"),
            (Urgency.URGENT, "2026-11-20T17:00", "2026-11-21T15:00"),
            (Urgency.ORDINARY, "2026-11-23T17:30", "2026-12-01T17:30"),
            (Urgency.HARD, "2026-11-23T17:30", "2026-12-11T17:30"),
        ],
    )
    async def test_without_any_rule(self, world: World, urgency: Urgency, accept: str, answer: str):
        assert await reckon(world, world.grid, urgency=urgency) == Dues(urgency, at(accept), at(answer))

    async def test_a_working_sunday_counts(self, world: World):
        found = await reckon(world, world.grid, at("2025-12-31T15:00"))
        assert found.accept_due_at == at("2026-01-04T17:30")

    async def test_the_rules_of_the_level_that_handles_it(self, world: World):
        made = "2026-11-01T09:00"
        await rule(world, world.district, made, answer={"amount": 5, "unit": "working_day"})
        await rule(world, world.district, made, level="community", answer={"amount": 3, "unit": "working_day"})
        await rule(world, world.grid, made, accept={"amount": 2, "unit": "working_hour"})
        grid, community = await reckon(world, world.grid), await reckon(world, world.community)
        assert grid == Dues(Urgency.ORDINARY, at("2026-11-20T17:00"), at("2026-11-27T17:30"))
        assert community == Dues(Urgency.ORDINARY, at("2026-11-23T17:30"), at("2026-11-25T17:30"))

    async def test_the_hours_of_the_area(self, world: World):
        await rule(world, world.district, "2026-11-01T09:00", hours=[{"from": "10:00", "to": "20:00"}])
        assert (await reckon(world, world.grid)).accept_due_at == at("2026-11-23T20:00")

    async def test_a_later_rule_does_not_reach_back(self, world: World):
        before = await reckon(world, world.grid)
        await rule(world, world.grid, "2026-11-20T15:01", accept={"amount": 1, "unit": "hour"})
        assert await reckon(world, world.grid) == before
        later = at("2026-11-20T15:01")
        assert (await reckon(world, world.grid, later)).accept_due_at == at("2026-11-20T16:01")

    async def test_pauses_do_not_count(self, world: World):
        pauses = [Pause(at("2026-11-23T17:00"), at("2026-11-25T09:00"))]
        found = await reckon(world, world.grid, pauses=pauses)
        assert found == Dues(Urgency.ORDINARY, at("2026-11-25T17:30"), at("2026-12-03T17:30"))

    async def test_a_rule_made_while_the_clock_stood_still_does_not_either(self, world: World):
        await rule(world, world.grid, "2026-11-20T14:00", accept={"amount": 2, "unit": "hour"})
        await rule(world, world.grid, "2026-11-20T15:45", accept={"amount": 9, "unit": "hour"})
        pauses = [Pause(at("2026-11-20T15:30"), at("2026-11-20T16:30"))]
        assert (await reckon(world, world.grid, pauses=pauses)).accept_due_at == at("2026-11-20T18:00")

    async def test_it_is_one_statement(self, world: World, database: Database):
        sent: list[str] = []

        def note(record: asyncpg.connection.LoggedQuery) -> None:
            if "handling_rule" in record.query:
                sent.append(record.query)

        async with database.transaction() as connection:
            connection.add_query_logger(note)
            for _ in range(2):
                await deadlines.dues(
                    connection, area_id=world.grid.id, category="noise", urgency=Urgency.HARD, start=FRIDAY
                )
            await asyncio.sleep(0)  # asyncpg tells of a statement in the next turn of the loop
            connection.remove_query_logger(note)
        assert len(sent) == 2


class TestCalendarOfThen:
    async def test_what_was_known_at_the_start(self, world: World):
        """On 2025-11-03 nobody knew that 2026-01-01 to 03 are off and that Sunday the 4th is worked."""
        start = at("2025-11-03T09:00")
        known_later = await reckon(world, world.grid, at("2025-11-04T09:00"), Urgency.HARD)
        assert known_later.answer_due_at == at("2025-11-25T17:30")
        long = {"amount": 43, "unit": "working_day"}
        await rule(world, world.grid, "2025-11-01T09:00", answer=long)
        assert (await reckon(world, world.grid, start)).answer_due_at == at("2026-01-01T17:30")
        assert (await reckon(world, world.grid, at("2025-11-04T00:00"))).answer_due_at == at("2026-01-05T17:30")

    async def test_what_was_known_when_the_clock_went_on(self, world: World):
        await rule(world, world.grid, "2025-11-01T09:00", answer={"amount": 43, "unit": "working_day"})
        pauses = [Pause(at("2025-11-03T18:00"), at("2025-11-04T08:00"))]
        found = await reckon(world, world.grid, at("2025-11-03T09:00"), pauses=pauses)
        assert found.answer_due_at == at("2026-01-04T17:30")


class TestWarning:
    async def test_a_year_that_is_not_announced_is_logged_once_a_day(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        """By the calendar of 2026-12-31 nobody may know 2027; by that of 2161 nobody does."""
        monkeypatch.setattr(deadlines, "log", structlog.get_logger())  # a logger that was used keeps its processors
        start = at("2160-12-30T09:00")
        with structlog.testing.capture_logs() as logs, clock.at(start):
            for _ in range(3):
                found = await reckon(world, world.grid, start)
        assert found.answer_due_at == at("2161-01-08T17:30")
        assert [entry["year"] for entry in logs if "year" in entry] == [2160, 2161]
        assert {entry["log_level"] for entry in logs} == {"warning"}
        with structlog.testing.capture_logs() as logs, clock.at(at("2160-12-31T09:00")):
            await reckon(world, world.grid, start)
        assert [entry["year"] for entry in logs if "year" in entry] == [2160, 2161]

    async def test_hours_round_the_clock_need_no_calendar(self, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(deadlines, "log", structlog.get_logger())
        with structlog.testing.capture_logs() as logs:
            await reckon(world, world.grid, at("2170-12-30T09:00"), Urgency.CRITICAL)
        assert logs == []
