"""Handling rules: versions of an area, what holds for which complaints, and which rule says so."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.core.clock import now
from app.core.db import Database
from app.domain.caller import Role
from app.models import Area
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World

OFFICE = [{"from": "08:30", "to": "12:00"}, {"from": "13:30", "to": "17:30"}]
LONG_DAY = [{"from": "09:00", "to": "20:00"}]
TWO_HOURS = {"amount": 2, "unit": "working_hour"}


async def add(world: World, area: Area, **fields: object) -> dict[str, Any]:
    response = await world.api.post("/v1/handling-rules", world.administrator, {"area_id": str(area.id), **fields})
    assert response.status_code == 201, response.text
    return dict(response.json())


async def effective(world: World, area: Area, **query: Any) -> dict[str, Any]:
    response = await world.api.get("/v1/handling-rules/effective", area_id=area.id, **query)
    assert response.status_code == 200, response.text
    return dict(response.json())


class TestAdd:
    async def test_a_rule_for_a_category(self, api: ApiClient, world: World):
        form = {
            "area_id": str(world.grid.id),
            "category": "noise",
            "level": "grid",
            "unit_id": str(world.unit_id),
            "sets_urgency": "urgent",
            "accept": TWO_HOURS,
            "hours": LONG_DAY,
        }
        response = await api.post("/v1/handling-rules", world.administrator, form)
        assert response.status_code == 201
        rule = response.json()
        unit = await world.database.reads.fetchval("SELECT name FROM unit WHERE id = $1", world.unit_id)
        assert rule == {
            "id": rule["id"],
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "version": 1,
            "effective_from": rule["created_at"],
            "category": "noise",
            "urgency": None,
            "level": "grid",
            "unit": {"id": str(world.unit_id), "name": unit},
            "sets_urgency": "urgent",
            "accept": TWO_HOURS,
            "answer": None,
            "hours": LONG_DAY,
            "created_at": rule["created_at"],
            "actions": [],
        }
        assert (await effective(world, world.grid, category="noise"))["accept"]["value"] == TWO_HOURS

    async def test_it_leaves_its_event(self, world: World, database: Database):
        rule = await add(world, world.grid)
        event = await database.reads.fetchrow("SELECT * FROM event WHERE subject_id = $1", rule["id"])
        assert event is not None
        assert (event["subject_kind"], event["action"], event["actor_id"]) == (
            "handling_rule",
            "create",
            world.administrator.id,
        )

    async def test_versions_count_up_in_each_area_whatever_they_are_for(self, world: World):
        made = [
            await add(world, world.grid),
            await add(world, world.grid, category="noise"),
            await add(world, world.other_grid),
        ]
        assert [rule["version"] for rule in made] == [1, 2, 1]

    async def test_a_later_beginning_waits_for_its_time(self, world: World):
        beginning = now() + timedelta(days=3)
        rule = await add(world, world.grid, accept=TWO_HOURS, effective_from=beginning.isoformat())
        assert datetime.fromisoformat(rule["effective_from"]) == beginning
        assert (await effective(world, world.grid))["accept"]["rule_id"] is None

    async def test_the_past_is_not_rewritten(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "effective_from": (now() - timedelta(seconds=1)).isoformat()}
        assert problem(await api.post("/v1/handling-rules", world.administrator, form)) == (422, "rule-in-the-past")

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"area_id": str(uuid4())}, "area-unknown"),
            ({"unit_id": str(uuid4())}, "unit-unknown"),
            ({"category": "moonlight"}, "category-unknown"),
        ],
    )
    async def test_what_is_not_there(self, api: ApiClient, world: World, fields: dict[str, Any], code: str):
        form = {"area_id": str(world.grid.id), **fields}
        assert problem(await api.post("/v1/handling-rules", world.administrator, form)) == (422, code)

    async def test_administrators_of_the_area_alone(self, api: ApiClient, world: World):
        below = await world.holder(Role.ADMINISTRATOR, world.grid)
        form = {"area_id": str(world.community.id)}
        for person in (world.staff, world.alliance, await world.person(), below):
            assert problem(await api.post("/v1/handling-rules", person, form)) == (403, "not-allowed")
        elsewhere = {"area_id": str(world.neighbour.id)}
        assert problem(await api.post("/v1/handling-rules", world.administrator, elsewhere)) == (403, "not-allowed")
        assert (await api.post("/v1/handling-rules", below, {"area_id": str(world.grid.id)})).status_code == 201

    @pytest.mark.parametrize(
        "fields",
        [
            {"sets_urgency": "urgent"},
            {"category": "noise", "urgency": "hard", "sets_urgency": "urgent"},
            {"category": "Noise"},
            {"category": ""},
            {"urgency": "soon"},
            {"level": "city"},
            {"accept": {"amount": 0, "unit": "hour"}},
            {"accept": {"amount": 1001, "unit": "hour"}},
            {"accept": {"amount": 1.5, "unit": "hour"}},
            {"accept": {"amount": True, "unit": "hour"}},
            {"answer": {"amount": 1, "unit": "year"}},
            {"answer": {"amount": 1}},
            {"hours": []},
            {"hours": [{"from": "12:00", "to": "08:30"}]},
            {"hours": [{"from": "08:30", "to": "08:30"}]},
            {"hours": [{"from": "08:30", "to": "24:00"}]},
            {"hours": [{"from": "08:30", "to": "12:00"}, {"from": "11:00", "to": "17:30"}]},
            {"hours": [{"from": "08:30", "to": "12:00"}, {"from": "12:00", "to": "17:30"}]},
            {"hours": [{"from": "8:30", "to": "12:00"}]},
            {"effective_from": "2030-01-01T00:00:00"},
            {"effective_from": "9999-12-31T23:59:59-23:59"},
        ],
    )
    async def test_what_does_not_fit_together(self, api: ApiClient, world: World, fields: dict[str, Any]):
        form = {"area_id": str(world.grid.id), **fields}
        assert problem(await api.post("/v1/handling-rules", world.administrator, form)) == (422, "invalid-payload")


class TestForEver:
    @pytest.mark.parametrize("attack", ["UPDATE {} SET created_at = created_at", "DELETE FROM {}", "TRUNCATE {}"])
    async def test_the_database_refuses_a_change(self, world: World, database: Database, attack: str):
        await add(world, world.grid)
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.writes.execute(attack.format("handling_rule"))

    @pytest.mark.parametrize(
        ("column", "value", "constraint"),
        [
            ("effective_from", "now() - interval '1 second'", "not_in_the_past"),
            ("sets_urgency", "'hard'", "sets_urgency_of_category"),
            ("accept_amount", "3", "accept_whole"),
            ("hours", "'{}'", "hours_form"),
        ],
    )
    async def test_the_database_refuses_what_makes_no_sense(
        self, world: World, database: Database, column: str, value: str, constraint: str
    ):
        rule = await add(world, world.grid)
        column, value = (
            (column, value) if column == "effective_from" else (f"effective_from, {column}", f"now(), {value}")
        )
        with pytest.raises(asyncpg.CheckViolationError, match=constraint):
            await database.writes.execute(
                f"INSERT INTO handling_rule (id, area_id, version, created_by, {column}) "
                f"SELECT gen_random_uuid(), area_id, 2, created_by, {value} FROM handling_rule WHERE id = $1",
                rule["id"],
            )


class TestList:
    async def test_versions_of_one_area_newest_first(self, api: ApiClient, world: World):
        made = [(await add(world, world.community, accept={"amount": n, "unit": "hour"}))["id"] for n in range(1, 6)]
        await add(world, world.grid)
        items = await all_pages(api, "/v1/handling-rules", world.staff, area_id=world.community.id)
        assert [item["id"] for item in items] == list(reversed(made))

    async def test_everybody_may_read_the_rules(self, api: ApiClient, world: World):
        await add(world, world.grid)
        assert len((await api.get("/v1/handling-rules", area_id=world.grid.id)).json()["items"]) == 1


class TestEffective:
    async def test_where_nobody_says_anything(self, world: World):
        default = {"area": None, "rule_id": None}
        seen = await effective(world, world.grid)
        assert seen == {
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "level": "grid",
            "category": None,
            "effective_at": seen["effective_at"],
            "urgency": {"value": "ordinary", **default},
            "unit": {"value": None, **default},
            "accept": {"value": {"amount": 1, "unit": "working_day"}, **default},
            "answer": {"value": {"amount": 7, "unit": "working_day"}, **default},
            "hours": {"value": OFFICE, **default},
            "actions": [],
        }

    async def test_the_usual_urgency_of_a_category(self, world: World):
        seen = await effective(world, world.grid, category="elevator_fire")
        assert seen["urgency"] == {"value": "critical", "area": None, "rule_id": None}
        assert seen["accept"]["value"] == {"amount": 30, "unit": "minute"}

    async def test_a_category_that_nobody_knows_is_like_any(self, world: World):
        assert (await effective(world, world.grid, category="moonlight"))["urgency"]["value"] == "ordinary"

    async def test_each_part_names_its_rule(self, api: ApiClient, world: World):
        above = await add(world, world.district, hours=LONG_DAY, accept={"amount": 9, "unit": "hour"})
        sets = await add(world, world.community, category="noise", sets_urgency="hard", unit_id=str(world.unit_id))
        below = await add(world, world.grid, urgency="hard", accept=TWO_HOURS)
        query = {"area_id": world.grid.id, "category": "noise"}
        seen = (await api.get("/v1/handling-rules/effective", world.administrator, **query)).json()
        sources = {name: seen[name]["rule_id"] for name in ("urgency", "unit", "accept", "answer", "hours")}
        assert sources == {
            "urgency": sets["id"],
            "unit": sets["id"],
            "accept": below["id"],
            "answer": None,
            "hours": above["id"],
        }
        assert seen["hours"] == {
            "value": LONG_DAY,
            "area": {"id": str(world.district.id), "name": world.district.name},
            "rule_id": above["id"],
        }
        assert seen["answer"]["value"] == {"amount": 15, "unit": "working_day"}
        assert seen["actions"] == ["add_rule"]

    async def test_it_is_the_level_of_the_area_itself(self, world: World):
        await add(world, world.district, level="community", accept=TWO_HOURS)
        assert (await effective(world, world.community))["accept"]["value"] == TWO_HOURS
        assert (await effective(world, world.grid))["accept"]["rule_id"] is None

    async def test_that_is_not_there(self, api: ApiClient):
        assert problem(await api.get("/v1/handling-rules/effective", area_id=uuid4())) == (404, "not-found")
