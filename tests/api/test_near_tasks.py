"""Browsing: what is near a point, takes little time and fits; whose homes nobody learns of by it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.pagination import DISTANCES, write_ordered_cursor
from app.domain.geometry import distances_m
from app.domain.kinds import AreaKind
from app.jobs import handlers
from tests.api.scene import make_volunteer, problem
from tests.api.test_posted_tasks import FORM, claim, pass_time, posted, window
from tests.api_client import ApiClient
from tests.branches import REASON, inside, make_branch
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, make_area, make_member
from tests.people import Person

NEAR = "/v1/tasks/near"
RADIUS_M = 1_800
"""Worlds lie five kilometres apart: no further than to the other grid's middle."""
MIDDLE, OTHER_MIDDLE = (15, 15), (25, 15)
"""Of the two grids, where their labels stand."""


@pytest.fixture
async def land(world: World) -> World:
    """A world that is drawn."""
    await world.draw_all()
    return world


def query(world: World, at: tuple[float, float] = MIDDLE, **more: Any) -> dict[str, Any]:
    return world.place(*at) | {"radius_m": RADIUS_M} | more


async def near(world: World, person: Person | None = None, **more: Any) -> list[dict[str, Any]]:
    response = await world.api.get(NEAR, person, **query(world, **more))
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


async def titles(world: World, person: Person | None = None, **more: Any) -> list[str]:
    return [item["title"] for item in await near(world, person, **more)]


async def placed(world: World, east: float, north: float, **changes: Any) -> str:
    return await posted(world, location=world.place(east, north), **changes)


async def all_pages(world: World, person: Person, **more: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.api.get(NEAR, person, **query(world, **more), **cursor)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        assert len(page["items"]) == more["limit"]
        cursor = {"cursor": page["next_cursor"]}


class TestOrder:
    async def test_the_nearest_first_as_far_as_the_radius(self, land: World):
        await placed(land, 18, 15, title="近")
        await placed(land, 12, 15, title="同远")
        await placed(land, 11, 15, title="远")
        assert await titles(land, at=(17.9, 15)) == ["近", "同远", "远"]
        assert await titles(land, at=(12.1, 15)) == ["同远", "远", "近"]
        assert await titles(land, at=(17.9, 15), radius_m=100) == ["近"]

    async def test_distances_are_those_on_the_ground(self, land: World):
        await placed(land, 12, 19)
        [item] = await near(land)
        here, there = (tuple(land.place(*spot).values()) for spot in (MIDDLE, (12, 19)))
        assert item["distance_m"] == pytest.approx(distances_m([here], [there])[0, 0], abs=1)
        assert item["location"] == land.place(12, 19)

    async def test_a_wish_stands_at_the_label_of_its_grid_and_tells_nothing_nearer(self, land: World):
        wishes = [await land.wish(await land.person(), title=title) for title in ("先", "后")]
        [first, second] = await near(land, at=(18, 15))
        assert [first["title"], second["title"]] == ["后", "先"]
        assert [item["wish_id"] for item in (second, first)] == [str(wish) for wish in wishes]
        here, there = (tuple(land.place(*spot).values()) for spot in ((18, 15), MIDDLE))
        for item in (first, second):
            assert item["distance_m"] == round(distances_m([here], [there])[0, 0] / 100) * 100
            assert item["location"] is None

    async def test_the_label_goes_where_the_grid_is_drawn_anew(self, land: World):
        await land.wish(await land.person())
        assert [item["distance_m"] for item in await near(land)] == [0]
        await land.draw(land.grid, land.rectangle(10, 10, 20, 11))
        assert [item["distance_m"] for item in await near(land)] == [500]

    async def test_helpers_for_a_complaint_are_called_to_the_grid_and_not_to_whoever_complained(self, land: World):
        complaint = await land.complaint(status="accepted", location=land.place(11, 11))
        called = await land.api.post(f"/v1/complaints/{complaint}/call-helpers", land.staff, {"seats": 2})
        assert called.status_code == 200, called.text
        [item] = await near(land)
        assert (item["kind"], item["location"], item["distance_m"], item["seats_left"]) == ("complaint", None, 0, 2)

    async def test_what_is_asked_for_in_a_house_stands_where_its_grid_does(self, land: World):
        house = await make_area(land.database, land.grid, AreaKind.POST)
        await land.wish(await land.person(), area=house)
        [item] = await near(land, at=OTHER_MIDDLE)
        assert item["distance_m"] > 0
        assert [item["distance_m"] for item in await near(land, q="灯泡")] == [0]
        await land.draw(house, land.rectangle(10, 10, 12, 12))
        assert [item["distance_m"] for item in await near(land)] == [600]
        assert [item["distance_m"] for item in await near(land, q="灯泡")] == [600]

    async def test_what_lies_nowhere_is_near_nothing(self, world: World):
        await world.wish(await world.person())
        assert await near(world) == []
        assert await near(world, q="灯泡") == []

    @pytest.mark.parametrize("more", [{}, {"q": "清理"}, {"for": "grid"}])
    async def test_pages_leave_nothing_out_and_tell_nothing_twice(self, land: World, more: dict[str, Any]):
        helper = await land.helper()
        for number in range(3):
            await land.wish(await land.person(), title=f"清理{number}")
            await posted(land, title=f"清理楼道{number}")
            await placed(land, 15, 16, title=f"清理院子{number}")
        whole = await near(land, helper, **more)
        assert len(whole) == 9
        for limit in (1, 2, 5):
            assert await all_pages(land, helper, limit=limit, **more) == whole


class TestWhatIsFound:
    async def test_a_card_says_all_that_one_chooses_by(self, land: World):
        when = window(24)
        await placed(land, 15, 15, minutes=30, skills=["搬运"], min_people=1, **when)
        helper = await land.helper()
        [item] = await near(land, helper)
        assert {key: item[key] for key in ("distance_m", "minutes", "skills", "seats_left", "reward_points")} == {
            "distance_m": 0,
            "minutes": 30,
            "skills": ["搬运"],
            "seats_left": 3,
            "reward_points": REWARD_POINTS,
        }
        assert (item["claim_until"], item["actions"]) == (item["ends_at"], ["claim"])
        [item] = await near(land)
        assert item["actions"] == []

    async def test_only_what_can_be_claimed(self, land: World, jobs: Jobs):
        full = await placed(land, 15, 15, seats=1)
        await claim(land, full, await land.helper())
        over = await placed(land, 15, 15, **window(24))
        await pass_time(land, over, claim_until="now() - interval '1 minute'")
        closed = await placed(land, 15, 15)
        await land.api.post(f"{closed}/close", land.staff)
        await land.api.post("/v1/tasks", land.staff, FORM | {"area_id": str(land.grid.id)})
        taken = await land.wish(await land.person())
        await land.claim(await land.helper(), taken)
        author = await land.person()
        gone = await land.wish(author)
        await land.api.post(f"/v1/wishes/{gone}/withdraw", author)
        await handlers.read_tasks(jobs.parts)
        for reader in (None, land.staff):
            assert await near(land, reader) == []
            assert await near(land, reader, q="灯泡") == await near(land, reader, q="清理") == []

    async def test_nothing_of_a_confidential_complaint(self, land: World):
        complaint = await land.complaint(status="accepted")
        await land.api.post(f"/v1/complaints/{complaint}/call-helpers", land.staff, {"seats": 2})
        assert len(await near(land)) == len(await near(land, q="路灯")) == 1
        statement = "UPDATE complaint SET is_confidential = true, category = 'neighbours' WHERE id = $1"
        await land.database.writes.execute(statement, complaint)
        for reader in (None, await land.helper(), land.staff):
            assert await near(land, reader) == []
            assert await near(land, reader, q="路灯") == []

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"minutes_max": 29}, []),
            ({"minutes_max": 30}, ["半小时"]),
            ({"minutes_max": 1440}, ["半小时", "两小时"]),
            ({"skill": "理发"}, ["两小时"]),
            ({"skill": "理"}, []),
            ({"skill": "理发", "minutes_max": 60}, []),
            ({"kind": "patrol"}, ["两小时"]),
            ({"kind": "wish"}, ["想换个灯泡"]),
            ({"kind": "pairing"}, []),
            ({"kind": "wish", "minutes_max": 1440}, []),
            ({"category": "elderly"}, ["想换个灯泡"]),
            ({"category": "medical"}, []),
            ({"category": "elderly", "kind": "patrol"}, []),
        ],
        ids=str,
    )
    async def test_filters(self, land: World, asked: dict[str, Any], found: list[str]):
        await posted(land, title="半小时", minutes=30)
        await placed(land, 16, 15, kind="patrol", title="两小时", minutes=120, skills=["理发", "修电器"])
        await land.wish(await land.person())
        assert sorted(await titles(land, **asked)) == sorted(found)


class TestWords:
    @pytest.mark.parametrize("words", ["灯泡", "燈泡", "厨房", "想换灯泡", "厨房的灯泡"])
    async def test_a_wish_is_found_by_its_title_and_what_it_says(self, land: World, words: str):
        await land.wish(await land.person())
        await posted(land)
        assert await titles(land, q=words) == ["想换个灯泡"]

    @pytest.mark.parametrize("words", ["楼道", "手套", "搬运", "公园"])
    async def test_a_posted_task_by_title_body_place_and_skills(self, land: World, words: str):
        await posted(land, place="公园东门", skills=["搬运"])
        await land.wish(await land.person())
        assert await titles(land, q=words) == ["周六清理楼道"]

    async def test_all_words_have_to_be_there(self, land: World):
        await posted(land)
        assert await titles(land, q="楼道 手套") == ["周六清理楼道"]
        assert await titles(land, q="楼道 钢琴") == []

    async def test_words_that_say_nothing_find_nothing(self, land: World):
        await posted(land)
        assert await titles(land, q="的 。") == []

    async def test_what_is_written_anew_is_found_by_its_new_words(self, api: ApiClient, land: World):
        path = await posted(land)
        assert (await api.put(path, land.staff, {"title": "修剪树枝"})).status_code == 200
        assert (await api.post(f"{path}/open", land.administrator)).status_code == 200
        assert await titles(land, q="楼道") == []
        assert await titles(land, q="树枝") == ["修剪树枝"]

    async def test_the_sweep_notes_what_came_in_another_way_and_forgets_what_ended(self, land: World, jobs: Jobs):
        wish = await land.wish(await land.person())
        count = "SELECT count(*) FROM task_text WHERE task_id = $1"
        task = await land.task_of(wish)
        await land.database.writes.execute("DELETE FROM task_text WHERE task_id = $1", task)
        assert await titles(land, q="厨房") == []
        await handlers.read_tasks(jobs.parts)
        assert await titles(land, q="厨房") == ["想换个灯泡"]
        await land.database.writes.execute("UPDATE task SET status = 'closed' WHERE id = $1", task)
        await handlers.read_tasks(jobs.parts)
        assert await land.database.reads.fetchval(count, task) == 0


class TestOwn:
    async def test_of_ones_grid_as_member_or_volunteer(self, land: World):
        here, there = [await land.wish(await land.person(), area=area) for area in (land.grid, land.other_grid)]
        member, volunteer, both, applicant = [await land.person() for _ in range(4)]
        await make_member(land.database, member, land.grid, land.unit_id)
        await make_volunteer(land, volunteer, "approved")
        await make_member(land.database, both, land.other_grid, land.unit_id)
        await make_volunteer(land, both, "approved")
        await make_volunteer(land, applicant)
        await make_member(land.database, applicant, land.grid, land.unit_id, "applied")
        for person, wishes in ((member, [here]), (volunteer, [here]), (both, [here, there]), (applicant, [])):
            found = [item["wish_id"] for item in await near(land, person, **{"for": "grid"})]
            assert found == [str(wish) for wish in wishes]
            worded = [item["wish_id"] for item in await near(land, person, q="灯泡", **{"for": "grid"})]
            assert worded == found

    async def test_reaches_further_than_the_usual_radius(self, land: World):
        await land.wish(await land.person())
        await placed(land, 15, 15)
        helper = await land.helper()
        far = land.place(15 + 300, 15)
        found = (await land.api.get(NEAR, helper, **far, **{"for": "grid"})).json()["items"]
        assert {item["kind"] for item in found} == {"wish", "activity"}
        assert all(item["distance_m"] > 5_000 for item in found)
        unasked = (await land.api.get(NEAR, helper, **far)).json()["items"]
        assert land.grid.name not in {item["area"]["name"] for item in unasked}

    async def test_of_the_branch_that_one_has_joined(self, land: World):
        here = await land.wish(await land.person())
        await land.wish(await land.person(), area=land.other_grid)
        joined, outside = await land.helper(), await land.helper()
        branch = await make_branch(land, None, joined)
        own = {"for": "branch"}
        assert [item["wish_id"] for item in await near(land, joined, **own)] == [str(here)]
        assert await near(land, outside, **own) == []
        [place] = await inside(land, branch)
        left = await land.api.post(f"/v1/branches/members/{place['id']}/leave", joined, REASON)
        assert left.status_code == 200, left.text
        assert await near(land, joined, **own) == []

    async def test_of_the_teams_that_one_leads_or_is_in(self, land: World):
        here = await land.wish(await land.person())
        placed_path = await placed(land, 15, 16)
        await land.wish(await land.person(), area=land.other_grid)
        leader, joined, asking = [await land.helper() for _ in range(3)]
        team = await land.team(leader)
        await land.place_in_team(team, joined)
        await land.place_in_team(team, asking, status="asked")
        own = {"for": "team"}
        for person in (leader, joined):
            [first, second] = await near(land, person, **own)
            assert first["wish_id"] == str(here)
            assert f"/v1/tasks/{second['id']}" == placed_path
        assert await near(land, asking, **own) == []
        await land.database.writes.execute("UPDATE team SET status = 'dissolved' WHERE id = $1", team)
        for person in (leader, joined):
            assert await near(land, person, **own) == []

    @pytest.mark.parametrize("whose", ["grid", "branch", "team"])
    async def test_needs_to_know_who_asks(self, api: ApiClient, world: World, whose: str):
        own: dict[str, Any] = {"for": whose}
        assert problem(await api.get(NEAR, **query(world, **own))) == (401, "token-missing")
        assert await near(world, await world.person(), **own) == []


class TestBadInput:
    @pytest.mark.parametrize(
        "changes",
        [
            {"longitude": "nan"},
            {"latitude": "NaN"},
            {"longitude": "inf"},
            {"longitude": 180.1},
            {"latitude": 90},
            {"latitude": -85.1},
            {"latitude": None},
            {"radius_m": 0},
            {"radius_m": -1},
            {"radius_m": 50_001},
            {"radius_m": "1e99"},
            {"radius_m": "nan"},
            {"minutes_max": 0},
            {"minutes_max": 1441},
            {"skill": ""},
            {"skill": "a\x00b"},
            {"kind": "listed-not"},
            {"category": "cats"},
            {"q": ""},
            {"q": "灯" * 61},
            {"q": "\u200b"},
            {"for": "everybody"},
            {"limit": 0},
            {"limit": 51},
            {"sort": "points"},
        ],
        ids=str,
    )
    async def test_what_is_refused(self, api: ApiClient, world: World, changes: dict[str, Any]):
        asked = {key: value for key, value in (query(world) | changes).items() if value is not None}
        assert problem(await api.get(NEAR, **asked)) == (422, "invalid-payload")

    @pytest.mark.parametrize(
        "place", [(180, 0), (-180, 0), (0, 0), (0, 85), (0, -85), (180, 85), (-180, -85), (1e-300, -0.0)], ids=str
    )
    async def test_the_edges_of_the_map_are_places_too(self, api: ApiClient, place: tuple[float, float]):
        for radius in (1, 50_000):
            for more in ({}, {"q": "灯泡"}):
                asked: dict[str, Any] = {"longitude": place[0], "latitude": place[1], "radius_m": radius} | more
                response = await api.get(NEAR, **asked)
                assert (response.status_code, response.json()) == (200, {"items": [], "next_cursor": None})

    async def test_a_cursor_of_another_question(self, land: World):
        for _ in range(3):
            await land.wish(await land.person())
        asked = query(land, limit=1)
        cursor = (await land.api.get(NEAR, **asked)).json()["next_cursor"]
        changes: list[dict[str, Any]] = [
            {"longitude": asked["longitude"] + 0.000001},
            {"radius_m": RADIUS_M + 1},
            {"kind": "wish"},
            {"q": "灯泡"},
            {"minutes_max": 10},
        ]
        for changed in changes:
            response = await land.api.get(NEAR, **asked | changed, cursor=cursor)
            assert problem(response) == (422, "cursor-invalid")
        feed = await land.api.get("/v1/tasks", area_id=land.grid.id, limit=1)
        elsewhere = await land.api.get(NEAR, **asked, cursor=feed.json()["next_cursor"])
        assert problem(elsewhere) == (422, "cursor-invalid")

    @pytest.mark.parametrize("distance", [float("nan"), float("inf"), -1.0], ids=str)
    async def test_a_cursor_of_no_distance(self, api: ApiClient, world: World, distance: float):
        asked = world.place(*MIDDLE)
        filters = (asked["longitude"], asked["latitude"], *[None] * 8)
        last: tuple[float, UUID] = (0.0, uuid4())
        good = await api.get(NEAR, **asked, cursor=write_ordered_cursor(DISTANCES, last, "tasks-near", *filters))
        assert good.status_code == 200
        cursor = write_ordered_cursor(DISTANCES, (distance, last[1]), "tasks-near", *filters)
        assert problem(await api.get(NEAR, **asked, cursor=cursor)) == (422, "cursor-invalid")
