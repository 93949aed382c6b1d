"""Strength: who counts in a grid, who is missing, and how it was."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core.clock import now, today
from app.core.db import Database
from app.domain import months
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.models import Area
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World, make_area, make_member
from tests.strength import settle

LAST_MONTH = months.before(months.of(today()))
BEFORE_THAT = months.before(LAST_MONTH)


async def strength(world: World, area: Area, **query: Any) -> dict[str, Any]:
    response = await world.api.get("/v1/strength", world.staff, area_id=area.id, **query)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def history(world: World, area: Area, first: date, last: date) -> list[dict[str, Any]]:
    query = {"from": months.write(first), "to": months.write(last)}
    response = await world.api.get("/v1/strength/history", world.staff, area_id=area.id, **query)
    assert response.status_code == 200, response.text
    return list(response.json()["months"])


def force(present: int, required: int) -> dict[str, int]:
    missing = max(0, required - present)
    return {"present": present, "lent": 0, "borrowed": 0, "required": required, "shortage": missing}


class TestList:
    async def test_each_grid_against_the_rule(self, world: World):
        await settle(world, world.grid, members=7, volunteers=3)
        await settle(world, world.other_grid, members=1, volunteers=31)
        seen = await strength(world, world.district)
        assert seen["area"] == {"id": str(world.district.id), "name": world.district.name}
        assert seen["items"] == [
            {
                "area": {"id": str(world.grid.id), "name": world.grid.name},
                "members": force(7, 6),
                "volunteers": force(3, 30),
                "actions": [],
            },
            {
                "area": {"id": str(world.other_grid.id), "name": world.other_grid.name},
                "members": force(1, 6),
                "volunteers": force(31, 30),
                "actions": [],
            },
        ]
        assert seen["totals"] == {
            "grids": 2,
            "grids_short": 2,
            "members": force(8, 12) | {"shortage": 5},
            "volunteers": force(34, 60) | {"shortage": 27},
        }
        assert seen["next_cursor"] is None

    async def test_only_who_is_approved_counts(self, world: World):
        for status in ("applied", "refused", "approved"):
            await make_member(world.database, await world.person(), world.grid, world.unit_id, status)
        assert (await strength(world, world.grid))["items"][0]["members"]["present"] == 1

    async def test_who_moved_away_or_left_counts_no_more(self, world: World, database: Database):
        await settle(world, world.grid, members=3)
        ids = [
            row["id"]
            for row in await database.reads.fetch(
                "SELECT id FROM member WHERE home_area_id = $1 LIMIT 2", world.grid.id
            )
        ]
        await database.writes.execute("UPDATE member SET home_area_id = $2 WHERE id = $1", ids[0], world.other_grid.id)
        await database.writes.execute("UPDATE member SET status = 'refused' WHERE id = $1", ids[1])
        for grid in (world.grid, world.other_grid):
            assert (await strength(world, grid))["items"][0]["members"]["present"] == 1

    async def test_two_hats_count_once_each(self, world: World, database: Database):
        await settle(world, world.grid, members=2)
        await database.writes.execute(
            "INSERT INTO volunteer (id, person_id, home_area_id, skills, status) "
            "SELECT gen_random_uuid(), person_id, home_area_id, '{}', 'approved' FROM member WHERE home_area_id = $1",
            world.grid.id,
        )
        [seen] = (await strength(world, world.grid))["items"]
        assert (seen["members"]["present"], seen["volunteers"]["present"]) == (2, 2)

    async def test_rules_are_inherited_number_by_number(self, world: World):
        await world.strength_rule(world.district, members=2, volunteers=3)
        await world.strength_rule(world.grid, members=1)
        await world.strength_rule(world.grid, members=0)
        await world.strength_rule(world.grid, members=99, effective_from=(now() + timedelta(days=1)).isoformat())
        required = {
            item["area"]["id"]: (item["members"]["required"], item["volunteers"]["required"])
            for item in (await strength(world, world.district))["items"]
        }
        assert required == {str(world.grid.id): (0, 3), str(world.other_grid.id): (2, 3)}
        for area in (world.grid, world.other_grid):
            effective = (await world.api.get("/v1/strength-rules/effective", area_id=area.id)).json()
            assert required[str(area.id)] == (effective["members"]["value"], effective["volunteers"]["value"])

    async def test_pages_go_on_where_fewer_are_missing(self, world: World):
        grids = [world.grid, world.other_grid, *[await make_area(world.database, world.community) for _ in range(5)]]
        missing = {}
        for place, grid in enumerate(reversed(grids)):
            await settle(world, grid, members=6, volunteers=place // 2)
            missing[str(grid.id)] = 30 - place // 2
        seen: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await strength(world, world.district, limit=2, **cursor)
            assert page["totals"]["grids"] == len(grids)
            seen += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert [item["area"]["id"] for item in seen] == sorted(missing, key=lambda grid: (-missing[grid], grid))

    async def test_of_an_area_without_grids(self, world: World):
        empty = await make_area(world.database, world.district, AreaKind.STREET)
        seen = await strength(world, empty)
        assert (seen["items"], seen["totals"]["grids"]) == ([], 0)
        assert seen["totals"]["members"] == force(0, 0)

    async def test_for_staff_of_the_area_alone(self, api: ApiClient, world: World):
        below = await world.holder(Role.STAFF, world.grid)
        for area_id in (world.district.id, uuid4()):
            assert problem(await api.get("/v1/strength", below, area_id=area_id)) == (403, "not-allowed")
        assert (await api.get("/v1/strength", below, area_id=world.grid.id)).status_code == 200
        assert problem(await api.get("/v1/strength", world.alliance, area_id=world.grid.id)) == (403, "not-allowed")


class TestHistory:
    async def test_ends_of_months(self, world: World, database: Database):
        """One came before last month and left in it, one came in it, one this month."""
        await date_back(world, BEFORE_THAT)
        await settle(world, world.grid, members=3)
        middle, present = months.start(LAST_MONTH) + timedelta(days=10), months.start(months.of(today()))
        stays = await database.reads.fetch("SELECT person_id FROM stay WHERE area_id = $1", world.grid.id)
        spans = [(months.start(BEFORE_THAT), middle), (middle, None), (present, None)]
        for row, (since, until) in zip(stays, spans, strict=True):
            await database.writes.execute(
                "UPDATE stay SET since = $2, until = $3 WHERE person_id = $1", row["person_id"], since, until
            )
        told = await history(world, world.grid, BEFORE_THAT, months.of(today()))
        assert [month["month"] for month in told] == [
            months.write(month) for month in (BEFORE_THAT, LAST_MONTH, months.of(today()))
        ]
        assert [month["members"]["present"] for month in told] == [1, 1, 2]
        assert [month["grids"] for month in told] == [1, 1, 1]
        assert datetime.fromisoformat(told[1]["as_of"]) == present
        assert datetime.fromisoformat(told[2]["as_of"]) <= now()

    async def test_now_is_what_the_list_says(self, world: World):
        await settle(world, world.grid, members=7, volunteers=2)
        await world.strength_rule(world.grid, volunteers=5)
        [told] = await history(world, world.district, months.of(today()), months.of(today()))
        listed = (await strength(world, world.district))["totals"]
        assert {name: told[name] for name in listed} == listed

    async def test_the_rule_of_the_time_counts(self, world: World):
        await date_back(world, BEFORE_THAT)
        await world.strength_rule(world.district, members=1)
        told = await history(world, world.grid, LAST_MONTH, months.of(today()))
        assert [month["members"]["required"] for month in told] == [6, 1]

    async def test_grids_that_were_not_there_yet(self, world: World):
        told = await history(world, world.district, LAST_MONTH, months.of(today()))
        assert [month["grids"] for month in told] == [0, 2]

    async def test_grids_as_they_lay_then(self, world: World, database: Database):
        """The other grid came from elsewhere this month, and the first one was closed."""
        await date_back(world, BEFORE_THAT)
        this_month = months.start(months.of(today()))
        await database.writes.execute(
            "UPDATE area_period SET since = $2 WHERE area_id = $1", world.other_grid.id, this_month
        )
        await database.writes.execute(
            "INSERT INTO area_period (area_id, since, until, kind, name, lineage) "
            "VALUES ($1, $2, $3, 'grid', '旧网格', $4)",
            world.other_grid.id,
            months.start(BEFORE_THAT),
            this_month,
            [world.neighbour.id, world.other_grid.id],
        )
        assert await closed(world, world.grid)
        told = await history(world, world.district, LAST_MONTH, months.of(today()))
        assert [month["grids"] for month in told] == [1, 1]
        assert (await strength(world, world.district))["totals"]["grids"] == 1

    async def test_months_to_come_are_left_out(self, world: World):
        coming = months.after(months.after(months.of(today())))
        assert len(await history(world, world.district, LAST_MONTH, coming)) == 2

    @pytest.mark.parametrize(
        ("first", "last"),
        [("2026-02", "2026-01"), ("2024-01", "2026-01"), ("2099-01", "2099-02"), ("2026-13", "2026-12"), ("", "x")],
    )
    async def test_months_that_are_none(self, api: ApiClient, world: World, first: str, last: str):
        query = {"area_id": str(world.grid.id), "from": first, "to": last}
        assert problem(await api.get("/v1/strength/history", world.staff, **query)) == (422, "invalid-payload")

    async def test_for_staff_of_the_area_alone(self, api: ApiClient, world: World):
        below = await world.holder(Role.STAFF, world.grid)
        query = {"area_id": str(world.district.id), "from": "2026-01", "to": "2026-02"}
        assert problem(await api.get("/v1/strength/history", below, **query)) == (403, "not-allowed")


async def closed(world: World, area: Area) -> bool:
    """Close an area."""
    done = await world.database.writes.execute("UPDATE area SET closed_at = now() WHERE id = $1", area.id)
    return bool(done == "UPDATE 1")


async def date_back(world: World, month: date) -> None:
    """Let the areas of the world have been there since the beginning of a month."""
    await world.database.writes.execute(
        "UPDATE area_period SET since = $2 WHERE lineage @> ARRAY[$1::uuid]", world.district.id, months.start(month)
    )
