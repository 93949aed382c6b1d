"""Points policies: versions of an area, what holds in it, and what a change leaves alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.core.clock import now
from app.core.db import Database
from app.domain.caller import Role
from app.domain.kinds import TaskKind, WishCategory
from app.services import policies
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import REWARD_POINTS, World

RATES = [{"kind": "wish", "category": "elderly", "points": 15, "points_per_hour": 4}]


async def effective(world: World, **query: Any) -> dict[str, Any]:
    return dict((await world.api.get("/v1/policies/effective", **query)).json())


class TestAdd:
    async def test_a_first_version_counts_at_once(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "rates": RATES, "day_cap": 60, "expiry": "months", "expiry_months": 6}
        response = await api.post("/v1/policies", world.administrator, form)
        assert response.status_code == 201
        policy = response.json()
        assert policy == {
            "id": policy["id"],
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "version": 1,
            "effective_from": policy["created_at"],
            "rates": RATES,
            "day_cap": 60,
            "month_cap": None,
            "balance_cap": None,
            "first_redemption_threshold": None,
            "waiting_days": None,
            "expiry": "months",
            "expiry_months": 6,
            "created_at": policy["created_at"],
            "actions": [],
        }
        assert (await effective(world, area_id=world.grid.id))["day_cap"]["value"] == 60

    async def test_it_leaves_its_event(self, world: World, database: Database):
        policy = await world.policy(world.grid, day_cap=5)
        event = await database.reads.fetchrow("SELECT * FROM event WHERE subject_id = $1", policy["id"])
        assert event is not None
        assert (event["subject_kind"], event["action"], event["actor_id"]) == (
            "points_policy",
            "create",
            world.administrator.id,
        )

    async def test_versions_count_up_in_each_area(self, world: World):
        numbers = [(await world.policy(area))["version"] for area in (world.grid, world.grid, world.other_grid)]
        assert numbers == [1, 2, 1]

    async def test_a_later_beginning_waits_for_its_time(self, world: World):
        beginning = now() + timedelta(days=3)
        policy = await world.policy(world.grid, month_cap=1, effective_from=beginning.isoformat())
        assert datetime.fromisoformat(policy["effective_from"]) == beginning
        seen = await effective(world, area_id=world.grid.id)
        assert (seen["month_cap"], seen["policy_ids"]) == ({"value": None, "area": None}, [])

    async def test_the_past_is_not_rewritten(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "effective_from": (now() - timedelta(seconds=1)).isoformat()}
        assert problem(await api.post("/v1/policies", world.administrator, form)) == (422, "policy-in-the-past")

    async def test_an_area_that_is_not_there(self, api: ApiClient, world: World):
        refused = await api.post("/v1/policies", world.administrator, {"area_id": str(uuid4())})
        assert problem(refused) == (422, "area-unknown")

    async def test_administrators_of_the_area_alone(self, api: ApiClient, world: World):
        below = await world.holder(Role.ADMINISTRATOR, world.grid)
        form = {"area_id": str(world.community.id)}
        for person in (world.staff, world.alliance, await world.person(), below):
            assert problem(await api.post("/v1/policies", person, form)) == (403, "not-allowed")
        elsewhere = {"area_id": str(world.neighbour.id)}
        assert problem(await api.post("/v1/policies", world.administrator, elsewhere)) == (403, "not-allowed")
        assert (await api.post("/v1/policies", below, {"area_id": str(world.grid.id)})).status_code == 201

    @pytest.mark.parametrize(
        "fields",
        [
            {"expiry": "months"},
            {"expiry_months": 3},
            {"expiry": "never", "expiry_months": 3},
            {"expiry": "months", "expiry_months": 0},
            {"day_cap": -1},
            {"day_cap": 1_000_001},
            {"waiting_days": 366},
            {"rates": [{"kind": "wish", "points": 1}, {"kind": "wish", "points": 2}]},
            {"rates": [{"kind": "wish", "points": 1001}]},
            {"rates": [{"kind": "moon", "points": 1}]},
            {"effective_from": "2030-01-01T00:00:00"},
            {"effective_from": "9999-12-31T23:59:59-23:59"},
        ],
    )
    async def test_what_does_not_fit_together(self, api: ApiClient, world: World, fields: dict[str, Any]):
        form = {"area_id": str(world.grid.id), **fields}
        assert problem(await api.post("/v1/policies", world.administrator, form)) == (422, "invalid-payload")


class TestForEver:
    @pytest.mark.parametrize("attack", ["UPDATE {} SET created_at = created_at", "DELETE FROM {}", "TRUNCATE {}"])
    @pytest.mark.parametrize("table", ["points_policy", "award"])
    async def test_the_database_refuses_a_change(self, world: World, database: Database, table: str, attack: str):
        await world.policy(world.grid)
        await world.confirmed(await world.helper())
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.writes.execute(attack.format(table))

    async def test_the_database_refuses_a_version_of_the_past(self, world: World, database: Database):
        policy = await world.policy(world.grid)
        with pytest.raises(asyncpg.CheckViolationError, match="not_in_the_past"):
            await database.writes.execute(
                "INSERT INTO points_policy (id, area_id, version, effective_from, created_by) "
                "SELECT gen_random_uuid(), area_id, 2, now() - interval '1 second', created_by FROM points_policy "
                "WHERE id = $1",
                policy["id"],
            )


class TestList:
    async def test_versions_of_one_area_newest_first(self, api: ApiClient, world: World):
        made = [(await world.policy(world.community, day_cap=number))["id"] for number in range(5)]
        await world.policy(world.grid)
        items = await all_pages(api, "/v1/policies", world.staff, area_id=world.community.id)
        assert [item["id"] for item in items] == list(reversed(made))
        assert [item["version"] for item in items] == [5, 4, 3, 2, 1]

    async def test_everybody_may_read_the_rules(self, api: ApiClient, world: World):
        await world.policy(world.grid)
        assert len((await api.get("/v1/policies", area_id=world.grid.id)).json()["items"]) == 1


class TestPromise:
    async def test_every_kind_of_task_begins_at_what_the_deployment_gives(self, world: World, database: Database):
        for kind in TaskKind:
            assert (await policies.promise(database.reads, world.grid.id, kind, 25)).points == 25, kind

    async def test_the_most_precise_rate_of_the_area(self, world: World, database: Database):
        await world.policy(world.grid, rates=[*RATES, RATES[0] | {"category": None, "points": 12}])
        for category, points in ((WishCategory.ELDERLY, 15), (WishCategory.MEDICAL, 12)):
            promise = await policies.promise(database.reads, world.grid.id, TaskKind.WISH, 25, category)
            assert promise.points == points


class TestEffective:
    async def test_where_nobody_says_anything(self, world: World):
        seen = await effective(world, area_id=world.grid.id)
        rates = [{"kind": kind, "category": None, "points": REWARD_POINTS, "points_per_hour": 0} for kind in TaskKind]
        assert seen == {
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "effective_at": seen["effective_at"],
            "policy_ids": [],
            "rates": {"value": rates, "area": None},
            "day_cap": {"value": None, "area": None},
            "month_cap": {"value": None, "area": None},
            "balance_cap": {"value": None, "area": None},
            "first_redemption_threshold": {"value": 0, "area": None},
            "waiting_days": {"value": 0, "area": None},
            "expiry": {"value": "never", "area": None},
            "expiry_months": None,
            "actions": [],
        }

    async def test_each_field_names_its_area(self, api: ApiClient, world: World):
        above = await world.policy(world.district, day_cap=50, month_cap=300, expiry="end_of_next_year")
        below = await world.policy(world.grid, day_cap=20, rates=RATES)
        seen = (await api.get("/v1/policies/effective", world.administrator, area_id=world.grid.id)).json()
        district = {"id": str(world.district.id), "name": world.district.name}
        grid = {"id": str(world.grid.id), "name": world.grid.name}
        assert seen["policy_ids"] == [above["id"], below["id"]]
        assert seen["month_cap"] == {"value": 300, "area": district}
        assert seen["day_cap"] == {"value": 20, "area": grid}
        assert seen["expiry"] == {"value": "end_of_next_year", "area": district}
        assert seen["rates"]["area"] == grid
        assert [(rate["kind"], rate["category"], rate["points"]) for rate in seen["rates"]["value"]] == [
            ("wish", "elderly", 15),
            ("wish", None, REWARD_POINTS),
            *[(kind, None, REWARD_POINTS) for kind in TaskKind if kind is not TaskKind.WISH],
        ]
        assert seen["actions"] == ["add_version"]
        assert (await effective(world, area_id=world.other_grid.id))["day_cap"]["value"] == 50

    async def test_that_is_not_there(self, api: ApiClient):
        assert problem(await api.get("/v1/policies/effective", area_id=uuid4())) == (404, "not-found")
