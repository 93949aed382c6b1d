"""Tags of tasks: who names them, what carries them, and what was done under each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg import Connection

from app.core.clock import today
from app.core.db import Database
from app.domain import months
from app.domain.caller import Caller, HeldGrant, Role
from app.domain.errors import Problem
from app.domain.kinds import WishCategory
from app.schemas.task_tags import TagIn
from app.services import task_tags
from tests.api.scene import problem
from tests.api.test_near_tasks import near
from tests.api.test_posted_tasks import claim, post, posted
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person
from tests.random_words import letters
from tests.series import edit_form, open_series, tasks_of

TAGS = "/v1/task-tags"
SIX = {
    "elderly": "助老",
    "disabled": "助残",
    "hardship": "助困",
    "employment": "助业",
    "medical": "助医",
    "schooling": "助学",
}
THIS_MONTH = months.write(months.of(today()))


def new_code() -> str:
    """Return a code of letters: twelve digits in a name would be refused as somebody's number."""
    return f"tag-{letters(12)}"


async def add(world: World, **changes: object) -> str:
    """Add a tag; return its code."""
    code = new_code()
    form = {"code": code, "group": "joint_work", "name": code[-12:], "position": 3} | changes
    response = await world.api.post(TAGS, world.administrator, form)
    assert response.status_code == 201, response.text
    return str(response.json()["code"])


async def counts(world: World, area: Any = None, month: str = THIS_MONTH, **who: Person) -> dict[str, Any]:
    response = await world.api.get(
        f"{TAGS}/counts", who.get("person", world.staff), area_id=(area or world.district).id, month=month
    )
    assert response.status_code == 200, response.text
    return {item["code"]: item for item in response.json()["items"]}


@asynccontextmanager
async def undone(database: Database) -> AsyncIterator[Connection]:
    """Yield a connection that may rewrite history, which is undone."""
    connection = await database.writes.borrow()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SET LOCAL session_replication_role = replica")
        yield connection
    finally:
        await transaction.rollback()
        database.writes.give_back(connection, is_whole=True)


class TestList:
    async def test_the_six_helps_are_there_for_everybody(self, api: ApiClient, world: World):
        seen = (await api.get(TAGS)).json()
        helps = [item for item in seen["items"] if item["group"] == "six_helps"]
        assert {item["code"]: item["name"] for item in helps} == SIX
        assert [item["code"] for item in seen["items"]][:6] == list(SIX)
        assert {*SIX, "other"} == {*WishCategory}
        assert seen["actions"] == []
        assert helps[0] == {
            "code": "elderly",
            "group": "six_helps",
            "name": "助老",
            "position": 1,
            "is_active": True,
            "actions": [],
        }
        for_administrator = (await api.get(TAGS, world.administrator)).json()
        assert (for_administrator["actions"], for_administrator["items"][0]["actions"]) == (["add"], ["change"])


class TestNaming:
    async def test_a_tag_is_added_and_changed_with_its_history(self, api: ApiClient, world: World):
        code = await add(world, group="five_records")
        form = {"name": code[-10:], "position": 0, "is_active": False}
        changed = await api.put(f"{TAGS}/{code}", world.administrator, form)
        assert changed.json() == {"code": code, "group": "five_records", **form, "actions": ["change"]}
        events = await world.database.reads.fetch(
            "SELECT action, to_state, actor_id FROM event WHERE facts->>'code' = $1 ORDER BY id", code
        )
        assert [tuple(event) for event in events] == [
            ("create", "active", world.administrator.id),
            ("change", "inactive", world.administrator.id),
        ]

    async def test_is_for_those_who_administer_a_whole_district(self, api: ApiClient, world: World):
        form = {"code": new_code(), "group": "joint_work", "name": "联学", "position": 1}
        edit = {"name": "助老", "position": 1, "is_active": False}
        for person in (world.staff, await world.holder(Role.ADMINISTRATOR, world.community), await world.person()):
            assert problem(await api.post(TAGS, person, form)) == (403, "not-allowed")
            assert problem(await api.put(f"{TAGS}/elderly", person, edit)) == (403, "not-allowed")
        assert problem(await api.put(f"{TAGS}/no-such-tag", world.administrator, edit)) == (404, "not-found")

    async def test_no_code_and_no_name_twice(self, api: ApiClient, world: World):
        code, other = await add(world), await add(world)
        form = {"code": code, "group": "joint_work", "name": new_code()[-12:], "position": 1}
        assert problem(await api.post(TAGS, world.administrator, form)) == (409, "tag-code-taken")
        form |= {"code": new_code(), "name": code[-12:]}
        assert problem(await api.post(TAGS, world.administrator, form)) == (409, "tag-name-taken")
        assert (await api.post(TAGS, world.administrator, form | {"group": "five_records"})).status_code == 201
        edit = {"name": code[-12:], "position": 1, "is_active": True}
        assert problem(await api.put(f"{TAGS}/{other}", world.administrator, edit)) == (409, "tag-name-taken")

    async def test_not_more_than_can_be_chosen_from(self, world: World):
        caller = Caller(world.administrator.id, grants=(HeldGrant(Role.ADMINISTRATOR, world.district.id),))
        async with undone(world.database) as connection:
            there = await connection.fetchval("SELECT count(*) FROM task_tag")
            for _ in range(there, task_tags.TAGS_MAX):
                code = new_code()
                await task_tags.add(
                    connection, caller, TagIn(code=code, group="joint_work", name=code[-12:], position=1)
                )
            one_more = TagIn(code=new_code(), group="joint_work", name="多一个", position=1)
            with pytest.raises(Problem) as refused:
                await task_tags.add(connection, caller, one_more)
        assert refused.value.type.code == "tag-limit-reached"

    @pytest.mark.parametrize(
        "changes",
        [
            {"group": "six_helps"},
            {"group": "others"},
            {"code": "Joint"},
            {"code": "a"},
            {"code": "a-"},
            {"code": "1a"},
            {"code": "a--b"},
            {"code": "a\n"},
            {"code": "a_b"},
            {"code": "a" * 33},
            {"name": ""},
            {"name": "字" * 21},
            {"name": "打13812345678"},
            {"position": -1},
            {"position": 1001},
            {"position": "1"},
            {"is_active": 1},
            {"colour": "red"},
        ],
        ids=str,
    )
    async def test_what_is_refused(self, api: ApiClient, world: World, changes: dict[str, Any]):
        form = {"code": new_code(), "group": "joint_work", "name": "联学", "position": 1} | changes
        assert problem(await api.post(TAGS, world.administrator, form)) == (422, "invalid-payload")

    async def test_the_database_keeps_every_code_that_was(self, world: World):
        code = await add(world)
        for statement in (
            "DELETE FROM task_tag WHERE code = $1",
            "UPDATE task_tag SET code = 'another' WHERE code = $1",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await world.database.writes.execute(statement, code)
        task = (await post(world, tags=[code]))["id"]
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await world.database.writes.execute("UPDATE task SET tags = '{nowhere}' WHERE id = $1", task)


class TestCarrying:
    async def test_a_task_is_found_by_its_tags(self, api: ApiClient, world: World):
        await world.draw_all()
        joint, record = await add(world), await add(world, group="five_records")
        path = await posted(world, title="联建", tags=[joint, record, joint], location=world.place(15, 15))
        await posted(world, title="别的", location=world.place(15, 15))
        assert (await api.get(path)).json()["tags"] == [joint, record]
        for tag, titles in ((record, ["联建"]), (new_code(), [])):
            listed = (await api.get("/v1/tasks", area_id=world.district.id, tag=tag)).json()["items"]
            assert [item["title"] for item in listed] == titles
            assert [item["title"] for item in await near(world, tag=tag)] == titles
            assert [item["title"] for item in await near(world, tag=tag, q="联建")] == titles
        first = await api.get("/v1/tasks", area_id=world.grid.id, limit=1)
        elsewhere = await api.get("/v1/tasks", area_id=world.grid.id, tag=joint, cursor=first.json()["next_cursor"])
        assert problem(elsewhere) == (422, "cursor-invalid")
        for route in ("/v1/tasks", "/v1/tasks/near"):
            asked: dict[str, Any] = {"area_id": world.grid.id} if route == "/v1/tasks" else world.place(15, 15)
            assert problem(await api.get(route, **asked, tag="A B")) == (422, "invalid-payload")

    async def test_what_is_chosen_no_more_stays_where_it_is(self, api: ApiClient, world: World):
        code = await add(world)
        kept = await post(world, tags=[code])
        gone = {"name": code[-12:], "position": 1, "is_active": False}
        await api.put(f"{TAGS}/{code}", world.administrator, gone)
        form: dict[str, Any] = {"kind": "activity", "title": "题", "area_id": str(world.grid.id)}
        for tags in ([code], ["elderly", new_code()]):
            assert problem(await api.post("/v1/tasks", world.staff, form | {"tags": tags})) == (422, "tag-unknown")
        assert (await api.get(f"/v1/tasks/{kept['id']}", world.staff)).json()["tags"] == [code]
        edited = await api.put(f"/v1/tasks/{kept['id']}", world.staff, {"title": "题", "tags": ["medical"]})
        assert edited.json()["tags"] == ["medical"]
        nonsense: tuple[object, ...] = (["elderly"] * 6, "elderly", [None], ["a b"])
        for sent in nonsense:
            assert problem(await api.post("/v1/tasks", world.staff, form | {"tags": sent})) == (422, "invalid-payload")

    async def test_a_wish_carries_the_help_that_it_asks_for(self, world: World):
        await world.draw_all()
        await world.wish(await world.person())
        [item] = await near(world, tag="elderly")
        assert (item["kind"], item["tags"], await near(world, tag="medical")) == ("wish", ["elderly"], [])

    async def test_each_of_a_series_carries_its_tags(self, api: ApiClient, world: World):
        first, second = await add(world), await add(world)
        path = await open_series(world, tags=[first])
        assert (await api.get(path, world.staff)).json()["tags"] == [first]

        async def carried() -> set[tuple[str, ...]]:
            ids = [task["task_id"] for task in (await tasks_of(world, path)).values()]
            rows = await world.database.reads.fetch("SELECT tags FROM task WHERE id = ANY ($1)", ids)
            return {tuple(row["tags"]) for row in rows}

        assert await carried() == {(first,)}
        assert (await api.put(path, world.staff, edit_form(world, tags=[second]))).status_code == 200
        assert await carried() == {(second,)}
        unknown = await api.put(path, world.staff, edit_form(world, tags=[new_code()]))
        assert problem(unknown) == (422, "tag-unknown")


class TestCounts:
    async def test_what_was_verified_in_the_month_and_nothing_else(self, api: ApiClient, world: World):
        code, idle = await add(world), await add(world)
        first, second, verifier = await world.helper(), await world.helper(), await world.holder(Role.STAFF, world.grid)
        path = await posted(world, tags=[code, "medical"])
        for helper, minutes in ((first, 40), (second, 50)):
            claim_id = await claim(world, path, helper)
            await api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "做了", "minutes": minutes})
            assert (await api.post(f"/v1/claims/{claim_id}/verify", verifier)).status_code == 200
        again = await posted(world, tags=[code])
        claim_id = await claim(world, again, first)
        await api.post(f"/v1/claims/{claim_id}/submit", first, {"note": "做了"})
        await world.confirmed(first, minutes=15)
        seen = await counts(world)
        figures = {"tasks": 1, "people": 2, "claims": 2, "minutes": 90}
        assert seen[code] == {"code": code, "group": "joint_work", "name": code[-12:], **figures, "actions": []}
        assert seen["medical"] == seen["medical"] | figures
        assert seen["elderly"] == seen["elderly"] | {"tasks": 1, "people": 1, "claims": 1, "minutes": 15}
        assert seen[idle] == seen[idle] | {"tasks": 0, "people": 0, "claims": 0, "minutes": 0}
        assert (await api.post(f"/v1/claims/{claim_id}/verify", verifier)).status_code == 200
        assert (await counts(world, world.grid))[code]["tasks"] == 2
        assert (await counts(world, world.grid))[code]["people"] == 2
        assert (await counts(world, world.other_grid))[code]["claims"] == 0
        next_month = months.write(months.after(months.of(today())))
        assert (await counts(world, month=next_month))[code]["claims"] == 0

    async def test_the_month_is_that_of_the_people_and_drills_never_count(self, api: ApiClient, world: World):
        code, helper = await add(world), await world.helper()
        path = await posted(world, tags=[code])
        claim_id = await claim(world, path, helper)
        await api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "做了"})
        verifier = await world.holder(Role.STAFF, world.grid)
        assert (await api.post(f"/v1/claims/{claim_id}/verify", verifier)).status_code == 200
        caller = Caller(verifier.id, grants=(HeldGrant(Role.STAFF, world.grid.id),))
        last = months.before(months.of(today()))
        begin, end = months.bounds(last)
        is_drill = "kind = 'emergency', call_out_id = gen_random_uuid(), is_drill = true, reward_points = 0"
        async with undone(world.database) as connection:

            async def counted(moment: datetime) -> int:
                await connection.execute(
                    "UPDATE event SET created_at = $2 WHERE subject_id = $1 AND to_state = 'verified'", claim_id, moment
                )
                seen = await task_tags.count(connection, caller, world.grid.id, last)
                [count] = [item["claims"] for item in seen["items"] if item["code"] == code]
                return int(count)

            found = [await counted(moment) for moment in (begin, begin - timedelta(microseconds=1), end)]
            assert found == [1, 0, 0]
            await connection.execute(f"UPDATE task SET {is_drill} WHERE id = $1", UUID(path.rpartition("/")[2]))
            assert await counted(begin) == 0

    async def test_is_for_the_staff_of_the_area(self, api: ApiClient, world: World):
        for person in (await world.person(), await world.holder(Role.STAFF, world.other_grid)):
            response = await api.get(f"{TAGS}/counts", person, area_id=world.grid.id, month=THIS_MONTH)
            assert problem(response) == (403, "not-allowed")
        for asked in ({"month": "2026-13"}, {"month": "2026-1"}, {"month": "1999-01"}, {}, {"area_id": "x"}):
            query: dict[str, Any] = {"area_id": world.grid.id} | asked
            assert problem(await api.get(f"{TAGS}/counts", world.staff, **query)) == (422, "invalid-payload")
