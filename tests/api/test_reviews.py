"""The review queue: everything that waits for people in one list, each decided along the lifecycle of its thing."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.ids import new_id
from app.domain.caller import Role
from app.services.reviews.queue import KINDS
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person
from tests.reviews import listed, waiting

REASON = {"reason": "不适合公开。"}
SAMPLED_KINDS = sorted(set(KINDS) - {"errand"})
STATES = {
    "wish": "SELECT status FROM wish WHERE id = $1",
    "errand": "SELECT status FROM errand WHERE id = $1",
    "complaint": "SELECT status FROM complaint WHERE id = $1",
    "answer": "SELECT CASE WHEN echo_id IS NULL THEN 'unseen' ELSE 'echoed' END FROM complaint WHERE id = $1",
    "task": "SELECT status FROM task WHERE id = $1",
    "task_series": "SELECT status FROM task_series WHERE id = $1",
    "offer": "SELECT status FROM offer WHERE id = $1",
    "nickname": "SELECT CASE nickname WHEN '热心老王' THEN 'chosen' ELSE 'other' END FROM \"user\" WHERE id = $1",
    "thanks": "SELECT status FROM wish WHERE id = $1",
    "note": "SELECT status FROM claim WHERE id = $1",
    "picture": "SELECT status FROM media WHERE id = $1",
}
PASSED = {
    "wish": "published",
    "errand": "approved",
    "complaint": "open",
    "answer": "echoed",
    "task": "open",
    "task_series": "open",
    "offer": "listed",
    "nickname": "chosen",
    "thanks": "fulfilled",
    "note": "submitted",
    "picture": "passed",
}
REJECTED = {
    "wish": "rejected",
    "errand": "rejected",
    "complaint": "rejected",
    "answer": "unseen",
    "task": "cancelled",
    "task_series": "ended",
    "offer": "rejected",
    "nickname": "other",
    "thanks": "fulfilled",
    "note": "submitted",
    "picture": "rejected",
}


@pytest.fixture
async def reader(world: World) -> Person:
    """Somebody of the staff who wrote nothing of it."""
    return await world.holder(Role.ADMINISTRATOR, world.district)


async def state(world: World, kind: str, subject_id: UUID) -> str:
    return str(await world.database.reads.fetchval(STATES[kind], subject_id))


async def check(world: World, review_id: UUID) -> dict[str, Any]:
    row = await world.database.reads.fetchrow("SELECT * FROM content_check WHERE id = $1", review_id)
    assert row is not None
    return dict(row)


class TestList:
    async def test_everything_that_waits_with_all_it_takes_to_decide(self, world: World, reader: Person):
        made = {kind: await waiting(world, kind) for kind in KINDS}
        sampled = await waiting(world, "wish", status="sampled")
        found = await listed(world, reader)
        assert list(found) == [review_id for _, review_id in made.values()] + [sampled[1]]
        for kind, (subject_id, review_id) in made.items():
            item = found[review_id]
            assert (item["kind"], item["status"], item["actions"]) == (kind, "held", ["pass", "reject"])
            assert (item["subject"]["id"], item["reason"]) == (
                None if kind in {"nickname", "picture"} else str(subject_id),
                "内容检查暂时不可用，等待工作人员查看。",
            )
            assert item["words"]
            assert (item["title"] is None) == (kind == "nickname")
            if item["subject"]["path"] is not None:
                seen = await world.api.get(item["subject"]["path"], reader)
                assert seen.status_code == 200, "the link leads to the thing"
        words = found[made["complaint"][1]]["words"]
        assert "13812345678" not in words
        assert found[sampled[1]]["reason"] == "已公开，机器检查没有发现问题，抽查请复核。"
        assert set(await listed(world, reader, kind="thanks")) == {made["thanks"][1]}
        assert (
            len(await listed(world, reader, area_id=world.grid.id)) == len(found) - 1
        )  # the shop lies in the district
        assert await listed(world, reader, area_id=world.other_grid.id) == {}
        first = (await world.api.get("/v1/reviews", reader, area_id=world.district.id, limit=4)).json()
        rest = (
            await world.api.get("/v1/reviews", reader, area_id=world.district.id, limit=50, cursor=first["next_cursor"])
        ).json()
        assert [UUID(item["id"]) for item in first["items"] + rest["items"]] == list(found)

    async def test_each_sees_what_lies_in_their_areas(self, api: ApiClient, world: World, reader: Person):
        reviews = {kind: (await waiting(world, kind))[1] for kind in ("wish", "offer", "complaint", "nickname")}
        assert set(await listed(world, reader)) == set(reviews.values())
        staff = await world.holder(Role.STAFF, world.grid)
        assert set(await listed(world, staff)) == {reviews["wish"], reviews["complaint"], reviews["nickname"]}
        assert set(await listed(world, world.alliance)) == {reviews["offer"]}
        for stranger in (
            await world.holder(Role.STAFF, world.neighbour),
            await world.holder(Role.STAFF, world.other_grid),
        ):
            assert await listed(world, stranger) == {}
            for review_id in reviews.values():
                refused = await api.post(f"/v1/reviews/{review_id}/pass", stranger)
                assert problem(refused) == (404, "not-found")
        for nobody in (await world.person(), await world.helper()):
            assert await listed(world, nobody) == {}
        for unknown in (uuid4(), new_id()):
            assert problem(await api.post(f"/v1/reviews/{unknown}/reject", reader, REASON)) == (404, "not-found")

    async def test_why_it_waits_stands_there_in_words(self, world: World, reader: Person):
        _, review_id = await waiting(world, "wish")
        for suggest, label, found, reason in (
            ("review", 10001, [], "微信检查认为可能有问题：广告。"),
            ("risky", 1, ["赌博"], "微信检查认为可能有问题：其他。含有需要留意的词：赌博。"),
            ("pass", 100, ["赌博", "广告"], "含有需要留意的词：赌博、广告。"),
            ("pass", 100, [], "机器检查没有发现问题，按规定由工作人员查看。"),
        ):
            await world.database.writes.execute(
                "UPDATE content_check SET suggest = $2, label = $3, found = $4 WHERE id = $1",
                review_id,
                suggest,
                label,
                found,
            )
            assert (await listed(world, reader))[review_id]["reason"] == reason

    async def test_what_has_moved_on_is_not_there(self, api: ApiClient, world: World, reader: Person):
        author = await world.person()
        wish_id, review_id = await waiting(world, "wish", author)
        assert (await api.post(f"/v1/wishes/{wish_id}/withdraw", author)).status_code == 200
        assert await listed(world, reader) == {}
        assert problem(await api.post(f"/v1/reviews/{review_id}/pass", reader)) == (404, "not-found")
        assert (await check(world, review_id))["status"] == "moot"


class TestDecide:
    @pytest.mark.parametrize("kind", sorted(KINDS))
    async def test_a_thing_is_let_through_or_turned_down_as_on_its_own_route(
        self, api: ApiClient, world: World, reader: Person, kind: str
    ):
        for action, form, expected, status in (
            ("pass", None, PASSED, "passed"),
            ("reject", REASON, REJECTED, "rejected"),
        ):
            subject_id, review_id = await waiting(world, kind)
            response = await api.post(f"/v1/reviews/{review_id}/{action}", reader, form)
            assert response.status_code == 200, response.text
            assert response.json() == {"id": str(review_id), "status": status, "actions": []}
            assert await state(world, kind, subject_id) == expected[kind]
            kept = await check(world, review_id)
            assert (kept["status"], kept["decided_by"]) == (status, reader.id)
            assert kept["decided_at"] is not None
            [told] = await world.database.reads.fetch(
                "SELECT action, actor_id, to_state FROM event WHERE subject_id = $1", review_id
            )
            assert tuple(told) == (action, reader.id, status)
            assert review_id not in await listed(world, reader)
            again = await api.post(f"/v1/reviews/{review_id}/{action}", reader, form)
            assert problem(again) == (404, "not-found")

    @pytest.mark.parametrize("kind", SAMPLED_KINDS)
    async def test_a_sampled_one_stands_until_somebody_says_no(
        self, api: ApiClient, world: World, reader: Person, kind: str
    ):
        subject_id, review_id = await waiting(world, kind, status="sampled")
        assert await state(world, kind, subject_id) == PASSED[kind]
        assert (await api.post(f"/v1/reviews/{review_id}/pass", reader)).status_code == 200
        assert (await state(world, kind, subject_id), (await check(world, review_id))["status"]) == (
            PASSED[kind],
            "passed",
        )
        subject_id, review_id = await waiting(world, kind, status="sampled")
        response = await api.post(f"/v1/reviews/{review_id}/reject", reader, REASON)
        assert response.status_code == 200, response.text
        assert await state(world, kind, subject_id) == REJECTED[kind]
        kept = await check(world, review_id)
        assert (kept["status"], kept["decided_by"], kept["note"]) == ("rejected", reader.id, REASON["reason"])

    @pytest.mark.parametrize("kind", sorted(KINDS))
    async def test_nobody_decides_on_their_own_words(self, api: ApiClient, world: World, kind: str):
        author = await world.holder(Role.ADMINISTRATOR, world.district)
        if kind in {"answer", "task", "task_series"}:
            author = world.staff
        elif kind in {"note", "nickname"}:
            author = await world.helper()
            await world.api.post(
                "/v1/grants",
                world.administrator,
                {"user_id": str(author.id), "role": "staff", "area_id": str(world.district.id)},
            )
        _, review_id = await waiting(world, kind, None if kind == "answer" else author)
        assert (await listed(world, author))[review_id]["actions"] == []
        for action, form in (("pass", None), ("reject", REASON)):
            refused = await api.post(f"/v1/reviews/{review_id}/{action}", author, form)
            assert problem(refused) == (403, "own-interest")
        assert (await check(world, review_id))["status"] == "held"

    async def test_what_was_turned_down_is_read_by_nobody_else(self, api: ApiClient, world: World, reader: Person):
        wish_id, review_id = await waiting(world, "wish", status="sampled")
        task_id = await world.task_of(wish_id)
        assert (await api.post(f"/v1/reviews/{review_id}/reject", reader, REASON)).status_code == 200
        assert problem(await api.get(f"/v1/wishes/{wish_id}")) == (404, "not-found")
        assert problem(await api.get(f"/v1/tasks/{task_id}")) == (404, "not-found")
        helper = await world.helper()
        claim_id, note = await waiting(world, "note", helper, status="sampled")
        author = await world.database.reads.fetchval(
            "SELECT w.author_id FROM claim c JOIN task t ON t.id = c.task_id JOIN wish w ON w.id = t.wish_id "
            "WHERE c.id = $1",
            claim_id,
        )
        assert author != helper.id
        assert (await api.post(f"/v1/reviews/{note}/reject", reader, REASON)).status_code == 200
        assert (await api.get(f"/v1/claims/{claim_id}", helper)).json()["note"] == "换好了。"
