"""What others complained of before, where a complaint would go, and the categories."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import now
from app.core.db import Database
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.services.complaint_categories import subject_id
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World, make_area, make_unit
from tests.random_words import letters

INVALID = (422, "invalid-payload")
TOLD: dict[str, Any] = {
    "title": "东门路灯不亮",
    "body": "小区东门外一排路灯坏了三个星期，晚上黑灯瞎火，老人出门容易摔倒。",
}
RETOLD: dict[str, Any] = {
    "title": "門口街燈沒亮",
    "body": "我們社區(qū)東門那幾盞路燈快一個月沒亮過，夜裡漆黑一片，老年人怕絆倒！！",
}


async def similar(world: World, **query: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"area_id": world.grid.id, **RETOLD, **query}
    given = {name: value for name, value in asked.items() if value is not None}
    response = await world.api.get("/v1/complaints/similar", await world.person(), **given)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def found(world: World, **query: Any) -> list[UUID]:
    return [UUID(item["id"]) for item in (await similar(world, **query))["items"]]


class TestSimilar:
    async def test_finds_the_same_told_otherwise_and_nothing_else(self, world: World):
        lamp = await world.complaint(**TOLD)
        await world.complaint(title="狗叫扰民", body="楼上养的大狗整夜叫，没法睡觉。", category="pets_greenery")
        told = await similar(world)
        assert [item["id"] for item in told["items"]] == [str(lamp)]
        assert "join" in told["items"][0]["actions"]

    async def test_the_most_alike_come_first_and_no_more_than_five(self, world: World):
        for _ in range(5):
            await world.complaint(title="路灯坏了", body="西门路灯坏了，晚上很黑。")
        lamp = await world.complaint(**TOLD)
        ids = await found(world)
        assert len(ids) == 5
        assert ids[0] == lamp

    async def test_says_where_it_would_go_and_why(self, world: World):
        unit_id = await make_unit(world.database, world.community)
        rule = {"area_id": str(world.community.id), "category": "lighting", "unit_id": str(unit_id)}
        assert (await world.api.post("/v1/handling-rules", world.administrator, rule)).status_code == 201
        proposal = (await similar(world))["proposal"]
        assert proposal["category"] == {"code": "lighting", "name": "路灯楼道照明"}
        assert proposal["urgency"] == "ordinary"
        assert proposal["unit"]["id"] == str(unit_id)
        assert proposal["unit"]["name"]
        assert "路灯" in proposal["words"]

    async def test_says_so_where_nothing_speaks_for_any_category(self, world: World):
        told = await similar(world, title="你好", body="")
        assert told == {"items": [], "proposal": {"category": None, "urgency": None, "unit": None, "words": []}}

    @pytest.mark.parametrize("status", ["checking", "reviewing", "rejected", "withdrawn"])
    async def test_never_shows_what_is_not_public(self, world: World, status: str):
        await world.complaint(status=status, **TOLD)
        assert await found(world) == []

    async def test_never_shows_what_is_confidential(self, world: World):
        await world.complaint(category="neighbours", **TOLD)
        assert await found(world) == []

    async def test_never_shows_what_was_merged(self, world: World):
        kept, merged = await world.complaint(**TOLD), await world.complaint(**TOLD)
        response = await world.api.post(f"/v1/complaints/{merged}/merge", world.staff, {"into_id": str(kept)})
        assert response.status_code == 200, response.text
        assert await found(world) == [kept]

    @pytest.mark.parametrize("status", ["open", "accepted", "waiting", "answered", "closed"])
    async def test_shows_what_is_public(self, world: World, status: str):
        assert await found(world) == []
        complaint = await world.complaint(status=status, **TOLD)
        assert await found(world) == [complaint]

    async def test_what_was_closed_long_ago_is_not_offered(self, world: World):
        complaint = await world.complaint(status="closed", **TOLD)
        async with world.database.transaction() as connection:
            old = now() - timedelta(days=91)
            await connection.execute("UPDATE complaint SET closed_at = $2 WHERE id = $1", complaint, old)
        assert await found(world) == []

    async def test_nothing_of_it_names_anybody(self, world: World):
        await world.complaint(title=TOLD["title"], body=f"{TOLD['body']}电话13812345678", anonymous=False)
        told = (await similar(world))["items"][0]
        assert "13812345678" not in str(told)
        assert {"place", "contact", "complainant"}.isdisjoint(told)

    async def test_the_next_grid_counts_as_near(self, world: World):
        complaint = await world.complaint(**TOLD)
        assert await found(world, area_id=world.other_grid.id) == [complaint]

    async def test_farther_off_only_nearly_the_same_is_offered(self, world: World):
        community = await make_area(world.database, world.district, AreaKind.COMMUNITY)
        grid = await make_area(world.database, community)
        complaint = await world.complaint(**TOLD)
        assert await found(world, area_id=grid.id, **TOLD) == [complaint]
        assert await found(world, area_id=grid.id, title="路灯不亮", body="北桥头路灯坏了") == []

    async def test_another_district_is_never_looked_at(self, world: World):
        await world.complaint(**TOLD)
        elsewhere = await make_area(world.database, world.neighbour)
        assert await found(world, area_id=elsewhere.id, **TOLD) == []

    async def test_a_point_says_where_as_well(self, world: World):
        await world.draw_all()
        complaint = await world.complaint(**TOLD)
        assert await found(world, area_id=None, **world.place(15, 15)) == [complaint]

    async def test_refuses_a_place_that_is_none(self, api: ApiClient, world: World):
        person = await world.person()
        for query, expected in (
            ({}, INVALID),
            ({"longitude": 117.8}, INVALID),
            ({"area_id": uuid4()}, (422, "area-unknown")),
            ({"area_id": world.grid.id, "title": " "}, INVALID),
            ({"area_id": world.grid.id, "body": "长" * 501}, INVALID),
            ({"area_id": world.grid.id, "colour": "red"}, INVALID),
            ({"longitude": 0, "latitude": 0}, (422, "location-outside")),
        ):
            response = await api.get("/v1/complaints/similar", person, **{"title": "路灯坏了", **query})
            assert problem(response) == expected, query


class TestListCategories:
    async def test_everybody_sees_names_and_only_who_may_change_them_words(self, api: ApiClient, world: World):
        for person in (None, await world.person(), await world.holder(Role.ADMINISTRATOR, world.grid)):
            items = (await api.get("/v1/complaint-categories", person)).json()["items"]
            assert [item["code"] for item in items][:2] == ["property", "sanitation"]
            assert items[-1] == {
                "code": "other",
                "name": "其他",
                "urgency": "ordinary",
                "is_confidential": False,
                "is_active": True,
                "actions": [],
            }
        items = (await api.get("/v1/complaint-categories", world.administrator)).json()["items"]
        assert "路灯" in next(item for item in items if item["code"] == "lighting")["words"]
        assert all(item["actions"] == ["change"] for item in items)


class TestChangeCategory:
    @pytest.fixture
    async def code(self, database: Database) -> str:
        """A category of this test alone."""
        code = f"t_{letters(20)}"
        async with database.transaction() as connection:
            await connection.execute(
                "INSERT INTO complaint_category (code, name, urgency, is_confidential, is_active, position)"
                " VALUES ($1, $2, 'ordinary', false, true, 10)",
                code,
                code[:20],
            )
        return code

    def form(self, code: str, **changes: object) -> dict[str, Any]:
        return {"name": code[2:20], "urgency": "urgent", "words": ["唢呐", "編鐘"], "is_active": True} | changes

    async def test_its_words_are_read_at_once_in_the_one_form(self, api: ApiClient, world: World, code: str):
        response = await api.put(f"/v1/complaint-categories/{code}", world.administrator, self.form(code))
        assert response.status_code == 200, response.text
        told = response.json()
        assert (told["name"], told["urgency"], told["words"]) == (code[2:20], "urgent", ["唢呐", "编钟"])
        proposal = (await similar(world, title="编钟来了", body="天天敲编钟"))["proposal"]
        assert (proposal["category"]["code"], proposal["urgency"]) == (code, "urgent")
        await api.put(f"/v1/complaint-categories/{code}", world.administrator, self.form(code, words=[]))

    async def test_it_leaves_its_event(self, api: ApiClient, world: World, code: str):
        await api.put(f"/v1/complaint-categories/{code}", world.administrator, self.form(code, words=[]))
        event = await world.database.reads.fetchrow("SELECT * FROM event WHERE subject_id = $1", subject_id(code))
        assert event is not None
        assert (event["action"], event["to_state"], event["actor_id"]) == ("change", "active", world.administrator.id)

    async def test_one_that_left_the_list_is_kept_and_not_chosen(self, api: ApiClient, world: World, code: str):
        complaint = await world.complaint(category=code)
        gone = self.form(code, is_active=False)
        assert (await api.put(f"/v1/complaint-categories/{code}", world.administrator, gone)).status_code == 200
        seen = await api.get(f"/v1/complaints/{complaint}")
        assert seen.json()["category"] == {"code": code, "name": code[2:20]}
        form = {"area_id": str(world.grid.id), "category": code, **TOLD}
        response = await api.post("/v1/complaints", await world.person(), form)
        assert problem(response) == (422, "category-unknown")
        proposal = (await similar(world, title="编钟来了", body="天天敲编钟"))["proposal"]
        assert proposal["category"] is None or proposal["category"]["code"] != code

    async def test_refuses_a_name_that_another_has(self, api: ApiClient, world: World, code: str):
        form = self.form(code, name="物业管理")
        response = await api.put(f"/v1/complaint-categories/{code}", world.administrator, form)
        assert problem(response) == (409, "category-name-taken")

    async def test_the_one_for_all_else_stays(self, api: ApiClient, world: World):
        form = self.form("other", name="其他", words=[], is_active=False)
        response = await api.put("/v1/complaint-categories/other", world.administrator, form)
        assert problem(response) == (409, "category-needed")

    async def test_refuses_a_code_that_is_none(self, api: ApiClient, world: World, code: str):
        response = await api.put("/v1/complaint-categories/no_such_thing", world.administrator, self.form(code))
        assert problem(response) == (404, "not-found")

    async def test_is_for_those_who_administer_a_whole_district(self, api: ApiClient, world: World, code: str):
        for person in (world.staff, await world.holder(Role.ADMINISTRATOR, world.community), await world.person()):
            response = await api.put(f"/v1/complaint-categories/{code}", person, self.form(code))
            assert problem(response) == (403, "not-allowed")

    @pytest.mark.parametrize("words", [["！！"], [""], ["字" * 21], ["词"] * 301, [1], "词"])
    async def test_refuses_words_that_are_none(self, api: ApiClient, world: World, code: str, words: object):
        response = await api.put(f"/v1/complaint-categories/{code}", world.administrator, self.form(code, words=words))
        assert problem(response) == INVALID
