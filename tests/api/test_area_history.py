"""What areas were: the periods of one, the tree as it was on a day, and who was where by it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import today
from app.core.db import Database
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.models import Area
from tests.api.scene import problem
from tests.api.test_area_changes import REASON, change
from tests.api.test_areas import edited
from tests.api_client import ApiClient
from tests.factories import World, make_area, make_member
from tests.people import Person

DAY = timedelta(days=1)
# As if all that happened to these areas so far had happened so many days before.
AGE_PERIODS = "UPDATE area_period SET since = since - $2::interval, until = until - $2::interval WHERE lineage[1] = $1"
AGE_STAYS = """
    UPDATE stay s SET since = s.since - $2::interval, until = s.until - $2::interval FROM area a
    WHERE a.id = s.area_id AND a.lineage[1] = $1
"""


async def history(api: ApiClient, area_id: UUID | str, person: Person | None = None) -> list[dict[str, Any]]:
    """Read a history to its end, two periods at a time."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        response = await api.get(f"/v1/areas/{area_id}/history", person, limit=2, **cursor)
        assert response.status_code == 200, response.text
        page = response.json()
        items += page["items"]
        if page["next_cursor"] is None:
            assert [item["until"] for item in items[1:]] == [item["since"] for item in items[:-1]]
            return items
        cursor = {"cursor": page["next_cursor"]}


async def rename(world: World, area_id: UUID, name: str, **changes: Any) -> None:
    response = await world.api.put(f"/v1/areas/{area_id}", world.administrator, edited(name=name, **changes))
    assert response.status_code == 200, response.text


async def age(world: World, days: int) -> None:
    """Let so many days pass since all that happened to the areas of a world."""
    for statement in (AGE_PERIODS, AGE_STAYS):
        await world.database.writes.execute(statement, world.district.id, timedelta(days=days))


async def children(api: ApiClient, parent: Area | UUID | str, on: date, **query: Any) -> list[dict[str, Any]]:
    parent_id = parent.id if isinstance(parent, Area) else parent
    response = await api.get("/v1/areas", parent_id=parent_id, on=on.isoformat(), **query)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in items]


def path_of(item: dict[str, Any]) -> list[str]:
    return [step["name"] for step in item["path"]]


class TestHistoryOfAnArea:
    async def test_what_it_was_called_and_where_it_hung(self, api: ApiClient, world: World, database: Database):
        made = await api.post(
            "/v1/areas", world.administrator, {"parent_id": str(world.community.id), "kind": "grid", "name": "甲"}
        )
        grid = UUID(made.json()["id"])
        await rename(world, world.community.id, "旧社区")
        await rename(world, grid, "甲", households=5)
        await rename(world, grid, "乙", code="123456789012")
        other = await make_area(database, world.district, AreaKind.COMMUNITY, name="新社区")
        await change(world, grid, "move", parent_id=str(other.id))
        street = await make_area(database, world.district, AreaKind.STREET, name="新街道")
        await change(world, other, "move", parent_id=str(street.id))
        await rename(world, street.id, "大街道")
        above, moved, renamed, first = await history(api, grid, world.staff)
        assert names([above, moved, renamed, first]) == ["乙", "乙", "乙", "甲"]
        assert (first["code"], renamed["code"], above["until"]) == (None, "123456789012", None)
        root = world.district.name
        assert path_of(above) == [root, "新街道", "新社区", "乙"]
        assert path_of(moved) == [root, "新社区", "乙"]
        assert path_of(renamed)[2:] == ["旧社区", "乙"]
        assert path_of(first)[2:] == [world.community.name, "甲"]
        assert [item["parent_id"] for item in (above, renamed)] == [str(other.id), str(world.community.id)]
        assert first["began"] == {"verb": "add", "area": {"id": str(grid), "name": "乙"}, "reason": None}
        assert (renamed["began"]["verb"], moved["began"]["verb"], moved["began"]["reason"]) == ("edit", "move", REASON)
        assert above["began"] == {"verb": "move", "area": {"id": str(other.id), "name": "新社区"}, "reason": REASON}
        assert all(item["ended"] is None and not item["predecessors"] for item in (above, moved, renamed, first))

    async def test_what_came_of_it_and_what_it_came_of(self, api: ApiClient, world: World, database: Database):
        post = await make_area(database, world.grid, AreaKind.POST)
        forms: dict[str, Any] = {"parts": [{"name": "东"}, {"name": "西"}], "default_part": 1}
        east, west = [part["id"] for part in (await change(world, world.grid, "split", **forms))["parts"]]
        await change(world, UUID(east), "merge", into_id=str(world.other_grid.id))
        await change(world, post.id, "close")
        [split] = await history(api, world.grid.id, world.staff)
        assert split["ended"]["verb"] == "split"
        assert split["ended"]["reason"] == REASON
        assert split["successors"] == [
            {"id": east, "name": "东", "at": split["until"]},
            {"id": west, "name": "西", "at": split["until"]},
        ]
        [merged] = await history(api, east, world.staff)
        [source] = merged["predecessors"]
        assert (source["id"], merged["began"]["verb"]) == (str(world.grid.id), "add")
        [into] = merged["successors"]
        assert (into["id"], into["at"]) == (str(world.other_grid.id), merged["until"])
        assert merged["ended"]["verb"] == "merge"
        [taker] = await history(api, world.other_grid.id)
        assert [kin["id"] for kin in taker["predecessors"]] == [east]
        assert (taker["began"], taker["ended"]) == (None, None), "made by no verb"
        followed, there = await history(api, post.id)
        assert (followed["began"]["verb"], followed["ended"]["verb"], followed["successors"]) == ("follow", "close", [])
        assert (path_of(followed)[-2:], path_of(there)[-2:]) == (["西", post.name], [world.grid.name, post.name])
        assert there["ended"] is None

    async def test_why_is_told_to_staff_of_the_area_alone(self, api: ApiClient, world: World, database: Database):
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        await change(world, world.grid, "move", parent_id=str(other.id))
        await change(world, world.grid, "close")
        auditor, neighbour = [
            await world.holder(role, area)
            for role, area in ((Role.AUDITOR, world.district), (Role.STAFF, world.neighbour))
        ]
        for person, reason in (
            (world.staff, REASON),
            (world.administrator, REASON),
            (auditor, REASON),
            (neighbour, None),
            (await world.person(), None),
            (None, None),
        ):
            latest, _ = await history(api, world.grid.id, person)
            assert (latest["began"]["reason"], latest["ended"]["reason"]) == (reason, reason)
            assert str(world.administrator.id) not in str(latest)

    async def test_of_nothing(self, api: ApiClient, world: World):
        assert problem(await api.get(f"/v1/areas/{uuid4()}/history")) == (404, "not-found")
        for cursor in ("x", (await api.get("/v1/areas", limit=1)).json()["next_cursor"]):
            response = await api.get(f"/v1/areas/{world.grid.id}/history", cursor=cursor)
            assert problem(response) == (422, "cursor-invalid")


class TestTreeOnADay:
    async def test_as_it_was(self, api: ApiClient, world: World, database: Database):
        old, other = world.grid.name, await make_area(database, world.district, AreaKind.COMMUNITY)
        building = await make_area(database, world.grid, AreaKind.POST)
        await age(world, 10)
        await rename(world, world.grid.id, "新名")
        await rename(world, world.community.id, "新社区")
        await change(world, building, "close")
        await age(world, 5)
        await change(world, world.grid, "move", parent_id=str(other.id))
        await change(world, world.other_grid, "merge", into_id=str(world.grid.id))
        first, then, now = today() - 14 * DAY, today() - 4 * DAY, today()
        for day, called, above, has_children in (
            (first, old, world.community.name, True),
            (then, "新名", "新社区", False),
        ):
            items = await children(api, world.community, day)
            assert names(items) == [called, world.other_grid.name]
            assert path_of(items[0])[-2:] == [above, called]
            assert (items[0]["parent_id"], items[0]["has_children"]) == (str(world.community.id), has_children)
            assert items[1]["closed_at"] is not None
            assert items[1]["successor"] == {"id": str(world.grid.id), "name": "新名"}
            assert names(await children(api, other, day)) == []
        assert await children(api, world.community, now) == []
        assert names(await children(api, other, now)) == ["新名"]
        assert [len(await children(api, world.grid, day)) for day in (first, then, now)] == [1, 0, 0]
        assert await children(api, other, now) == (await api.get("/v1/areas", parent_id=other.id)).json()["items"]

    async def test_page_by_page_and_the_roots(self, api: ApiClient, world: World):
        await age(world, 10)
        day = (today() - 3 * DAY).isoformat()
        query: dict[str, Any] = {"parent_id": world.community.id, "on": day, "limit": 1}
        page = (await api.get("/v1/areas", **query)).json()
        rest = (await api.get("/v1/areas", **query, cursor=page["next_cursor"])).json()
        assert [item["id"] for item in page["items"] + rest["items"]] == [str(world.grid.id), str(world.other_grid.id)]
        assert rest["next_cursor"] is None
        other_day = query | {"on": today().isoformat(), "cursor": page["next_cursor"]}
        assert problem(await api.get("/v1/areas", **other_day)) == (422, "cursor-invalid")
        roots: list[str] = []
        page = {"next_cursor": ""}
        while page["next_cursor"] is not None:
            more = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
            page = (await api.get("/v1/areas", on=day, limit=50, **more)).json()
            roots += [item["id"] for item in page["items"]]
        assert str(world.district.id) in roots
        assert str(world.neighbour.id) not in roots, "made today"

    async def test_the_day_ends_at_midnight_in_shanghai(self, api: ApiClient, world: World):
        set_to = "UPDATE area_period SET since = $2 WHERE area_id = $1"
        await age(world, 30)
        day = today() - 9 * DAY
        for moment, days in (("15:59:59.999999", (day, day + DAY)), ("16:00:00", (day + DAY,))):
            text = f"{day.isoformat()} {moment}+00"
            await world.database.writes.execute(set_to.replace("$2", f"'{text}'"), world.grid.id)
            for asked in (day, day + DAY):
                shown = [item["id"] for item in await children(api, world.community, asked)]
                assert (str(world.grid.id) in shown) == (asked in days)

    async def test_a_name_that_ends_at_midnight_is_that_of_the_day(self, api: ApiClient, world: World):
        await age(world, 30)
        await rename(world, world.grid.id, "新名")
        day = today() - 9 * DAY
        moment = f"{day.isoformat()} 16:00:00+00"
        for statement in (
            f"UPDATE area_period SET until = '{moment}' WHERE area_id = $1 AND until IS NOT NULL",
            f"UPDATE area_period SET since = '{moment}' WHERE area_id = $1 AND until IS NULL",
        ):
            await world.database.writes.execute(statement, world.grid.id)
        assert [names(await children(api, world.community, asked))[0] for asked in (day, day + DAY)] == [
            world.grid.name,
            "新名",
        ]

    async def test_days_of_which_nothing_is_known(self, api: ApiClient, world: World):
        await age(world, 10)
        for parent_id, day in (
            (world.community.id, today() + DAY),
            (world.community.id, today() - 12 * DAY),
            (None, today() + DAY),
            (None, date(1949, 10, 1)),
        ):
            query: dict[str, Any] = {"on": day.isoformat()} | ({"parent_id": parent_id} if parent_id else {})
            response = await api.get("/v1/areas", **query)
            assert problem(response) == (422, "day-out-of-record")
        assert await children(api, uuid4(), today()) == []

    @pytest.mark.parametrize("on", ["", "today", "2026-5-1", "20260501", "1e9", "2026-02-30", "1800-01-01"])
    async def test_what_is_no_day(self, api: ApiClient, world: World, on: str):
        assert problem(await api.get("/v1/areas", parent_id=world.grid.id, on=on)) == (422, "invalid-payload")


class TestWhoWasThere:
    async def test_by_the_tree_of_then(self, api: ApiClient, world: World, database: Database):
        mover, stayer = await world.person(), await world.person()
        await make_member(database, mover, world.grid, world.unit_id)
        await make_member(database, stayer, world.other_grid, world.unit_id)
        elsewhere = await make_area(database, world.district, AreaKind.COMMUNITY)
        old_name = world.grid.name
        await age(world, 10)
        await rename(world, world.grid.id, "东街网格")
        await change(world, world.grid, "move", parent_id=str(elsewhere.id))
        await age(world, 5)
        forms: dict[str, Any] = {"parts": [{"name": "一"}, {"name": "二"}], "default_part": 0}
        part, _ = [UUID(part["id"]) for part in (await change(world, world.grid, "split", **forms))["parts"]]
        await change(world, world.other_grid, "merge", into_id=str(part))
        first, then, now = today() - 14 * DAY, today() - 4 * DAY, today()
        staff_here = await world.holder(Role.STAFF, world.community)
        staff_there = await world.holder(Role.STAFF, elsewhere)

        async def there(area_id: UUID, day: date, staff: Person = world.staff) -> list[tuple[str, str]]:
            response = await api.get("/v1/people/at", staff, area_id=area_id, on=day.isoformat())
            assert response.status_code == 200, response.text
            homes = [stay["area"] for item in response.json()["items"] for stay in item["stays"]]
            return sorted((home["id"], home["name"]) for home in homes)

        in_grid, in_other = (str(world.grid.id), old_name), (str(world.other_grid.id), world.other_grid.name)
        renamed = (in_grid[0], "东街网格")
        assert await there(world.community.id, first) == sorted([in_grid, in_other])
        assert await there(world.grid.id, first) == [in_grid]
        assert await there(elsewhere.id, first) == []
        assert await there(world.community.id, then) == [in_other]
        assert await there(elsewhere.id, then) == [renamed]
        assert await there(world.district.id, then) == sorted([renamed, in_other])
        assert await there(world.community.id, now) == []
        assert await there(elsewhere.id, now) == [(str(part), "一")] * 2
        assert await there(world.grid.id, now) == []
        assert await there(world.grid.id, then) == [renamed]
        assert await there(world.community.id, first, staff_here) == [in_other], "the other grid is theirs no more"
        assert await there(world.community.id, first, staff_there) == [in_grid], "it is of these now"
