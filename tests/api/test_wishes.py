"""Wishes: posting, the content check, reviewing, the resident's word."""

from typing import Any
from uuid import uuid4

import pytest

from app.domain.caller import Role
from app.domain.texts import CHECK_UNAVAILABLE, HELD_FOR_REVIEW, REJECTED_BY_CHECK
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, log_in, make_area
from tests.people import Person

REASON = {"reason": "请写清楚在哪一栋。"}
STAFF_DECIDES = ["verify", "return", "refuse", "reject"]


def form(world: World, **changes: Any) -> dict[str, str]:
    wish = {"category": "elderly", "title": "想换个灯泡", "body": "厨房的灯坏了，请帮忙。"}
    return {"area_id": str(world.grid.id)} | wish | changes


async def actions_of(api: ApiClient, wish: object, reader: Person | None) -> list[str]:
    found: list[str] = (await api.get(f"/v1/wishes/{wish}", reader)).json()["actions"]
    return found


class TestPost:
    async def test_nobody_sees_it_before_its_check(self, api: ApiClient, world: World):
        author = await world.person()
        response = await api.post("/v1/wishes", author, form(world))
        assert response.status_code == 201
        wish = response.json()
        assert (wish["status"], wish["title"], wish["task"]) == ("checking", "想换个灯泡", None)
        assert (wish["published_at"], wish["delivery"], wish["rating"], wish["thanks"]) == (None,) * 4
        assert wish["poster"] == {"nickname": "邻居0001"}
        assert [step["action"] for step in wish["history"]] == ["create"]
        assert wish["actions"] == ["withdraw"]
        for stranger in (None, await world.helper()):
            assert problem(await api.get(f"/v1/wishes/{wish['id']}", stranger)) == (404, "not-found")
            assert (await api.get("/v1/wishes", stranger, area_id=world.grid.id)).json()["items"] == []

    @pytest.mark.parametrize(
        ("title", "status", "note"),
        [
            ("想换个灯泡", "reviewing", None),
            ("加微信详谈", "reviewing", HELD_FOR_REVIEW),
            ("一起赌博吧", "rejected", REJECTED_BY_CHECK),
        ],
    )
    async def test_what_the_check_decides(
        self, api: ApiClient, world: World, jobs: Jobs, title: str, status: str, note: str | None
    ):
        author = await log_in(api, world.database)
        wish = (await api.post("/v1/wishes", author, form(world, title=title))).json()["id"]
        await jobs.drain()
        checked = (await api.get(f"/v1/wishes/{wish}", author)).json()
        assert (checked["status"], checked["history"][-1]["note"]) == (status, note)

    async def test_without_a_verdict_it_waits_for_staff(self, api: ApiClient, world: World, jobs: Jobs):
        author = await world.person()  # WeChat has never seen them and checks nothing of theirs
        wish = (await api.post("/v1/wishes", author, form(world))).json()["id"]
        await jobs.drain()
        checked = (await api.get(f"/v1/wishes/{wish}", world.staff)).json()
        assert (checked["status"], checked["history"][-1]["note"]) == ("reviewing", CHECK_UNAVAILABLE)

    async def test_where_no_review_is_required_it_is_published(self, api: ApiClient, world: World, jobs: Jobs):
        grid = await make_area(world.database, world.community, is_wish_review_required=False)
        author = await log_in(api, world.database)
        wish = (await api.post("/v1/wishes", author, form(world, area_id=str(grid.id)))).json()["id"]
        await jobs.drain()
        published = (await api.get(f"/v1/wishes/{wish}")).json()
        assert (published["status"], published["task"]["seats"]) == ("published", 1)

    async def test_it_stands_in_a_grid(self, api: ApiClient, world: World):
        author = await world.person()
        for area, code in ((uuid4(), "area-unknown"), (world.community.id, "area-not-a-home")):
            response = await api.post("/v1/wishes", author, form(world, area_id=str(area)))
            assert problem(response) == (422, code)


class TestListWishes:
    async def test_the_newest_of_an_area_and_all_below(self, api: ApiClient, world: World):
        author, reader = await world.person(), await world.person()
        made = [await world.wish(author, area=area) for area in (world.grid, world.other_grid, world.grid)]
        await world.wish(author, "reviewing")
        await world.wish(author, area=world.neighbour)
        ids = [str(wish) for wish in reversed(made)]
        for area, expected in (
            (world.district, ids),
            (world.community, ids),
            (world.grid, [ids[0], ids[2]]),
            (world.other_grid, [ids[1]]),
        ):
            assert [item["id"] for item in await all_pages(api, "/v1/wishes", reader, area_id=area.id)] == expected

    async def test_one_category(self, api: ApiClient, world: World):
        author = await world.person()
        wish = await world.wish(author)
        found = await all_pages(api, "/v1/wishes", author, area_id=world.grid.id, category="elderly")
        assert [item["id"] for item in found] == [str(wish)]
        assert await all_pages(api, "/v1/wishes", author, area_id=world.grid.id, category="medical") == []

    async def test_everything_a_card_needs(self, api: ApiClient, world: World):
        author = await world.person()
        wish = await world.wish(author)
        [item] = (await api.get("/v1/wishes", area_id=world.grid.id)).json()["items"]
        assert item == {
            "id": str(wish),
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "category": "elderly",
            "title": "想换个灯泡",
            "body": "厨房的灯坏了，请帮忙。",
            "status": "published",
            "poster": {"nickname": "邻居0001"},
            "cover": None,
            "task": {
                "id": str(await world.task_of(wish)),
                "seats": 1,
                "seats_taken": 0,
                "reward_points": REWARD_POINTS,
                "hourly_points": 0,
            },
            "created_at": item["created_at"],
            "published_at": item["published_at"],
            "actions": [],
        }

    async def test_each_reader_has_their_own_actions(self, api: ApiClient, world: World):
        author = await world.person()
        await world.wish(author)
        for reader, actions in (
            (None, []),
            (await world.person(), []),
            (author, ["withdraw"]),
            (await world.helper(), ["claim"]),
            (world.staff, ["reject"]),
        ):
            [item] = (await api.get("/v1/wishes", reader, area_id=world.grid.id)).json()["items"]
            assert item["actions"] == actions

    async def test_the_review_queue_is_for_staff(self, api: ApiClient, world: World):
        author = await world.person()
        waiting = str(await world.wish(author, "reviewing"))
        grid_staff = await world.holder(Role.STAFF, world.grid)
        for person, area in ((world.staff, world.district), (grid_staff, world.grid)):
            page = (await api.get("/v1/wishes", person, area_id=area.id, status="reviewing")).json()
            assert [(item["id"], item["actions"]) for item in page["items"]] == [(waiting, ["approve", "reject"])]
        for reader, area in ((None, world.grid), (author, world.grid), (grid_staff, world.district)):
            response = await api.get("/v1/wishes", reader, area_id=area.id, status="reviewing")
            assert problem(response) == (403, "not-allowed")


class TestGetWish:
    async def test_the_public_sees_no_parties(self, api: ApiClient, world: World):
        wish, _ = await world.delivered(await world.person(), await world.helper())
        for reader in (None, await world.person(), await world.helper(), world.alliance):
            seen = (await api.get(f"/v1/wishes/{wish}", reader)).json()
            assert not seen.keys() & {"delivery", "rating", "thanks", "history"}
            assert seen["actions"] == []

    async def test_the_parties_see_everything(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish, claim = await world.delivered(author, helper)
        for reader, note, actions in (
            (author, None, ["confirm", "dispute"]),  # it has not passed its check yet
            (helper, "换好了。", []),
            (world.staff, "换好了。", STAFF_DECIDES),
        ):
            seen = (await api.get(f"/v1/wishes/{wish}", reader)).json()
            assert seen["actions"] == actions
            assert seen["delivery"] == {
                "claim_id": str(claim),
                "helper": {"nickname": "邻居0001"},
                "note": note,
                "pictures": [],
                "minutes": None,
                "done_percent": None,
                "submitted_at": seen["delivery"]["submitted_at"],
            }
            assert [step["to_state"] for step in seen["history"]] == [
                "checking",
                "reviewing",
                "published",
                "claimed",
                "delivered",
            ]

    async def test_that_is_not_there(self, api: ApiClient):
        assert problem(await api.get(f"/v1/wishes/{uuid4()}")) == (404, "not-found")


class TestApprove:
    async def test_it_is_published_and_its_task_opens(self, api: ApiClient, world: World):
        wish = await world.wish(await world.person(), "reviewing")
        response = await api.post(f"/v1/wishes/{wish}/approve", world.staff)
        assert response.status_code == 200
        assert (response.json()["status"], response.json()["task"]["seats_taken"]) == ("published", 0)
        task = (await api.get(f"/v1/tasks/{await world.task_of(wish)}")).json()
        assert (task["status"], task["title"], task["wish_id"]) == ("open", "想换个灯泡", str(wish))


class TestReject:
    async def test_the_author_reads_why(self, api: ApiClient, world: World):
        author = await world.person()
        wish = await world.wish(author, "reviewing")
        response = await api.post(f"/v1/wishes/{wish}/reject", world.staff, REASON)
        assert (response.status_code, response.json()["status"]) == (200, "rejected")
        seen = (await api.get(f"/v1/wishes/{wish}", author)).json()
        assert (seen["history"][-1]["note"], seen["actions"]) == (REASON["reason"], [])
        assert problem(await api.get(f"/v1/wishes/{wish}")) == (404, "not-found")


@pytest.mark.parametrize(("action", "body"), [("approve", None), ("reject", REASON)])
class TestReview:
    async def test_nobody_their_own(self, api: ApiClient, world: World, action: str, body: Any):
        wish = await world.wish(world.staff, "reviewing")
        assert await actions_of(api, wish, world.staff) == ["withdraw"]
        response = await api.post(f"/v1/wishes/{wish}/{action}", world.staff, body)
        assert problem(response) == (403, "own-interest")

    async def test_once(self, api: ApiClient, world: World, action: str, body: Any):
        wish = await world.wish(await world.person(), "reviewing")
        for expected in (200, 409):
            response = await api.post(f"/v1/wishes/{wish}/{action}", world.staff, body)
            assert response.status_code == expected
        assert problem(response) == (409, "state-conflict")

    async def test_not_before_the_check(self, api: ApiClient, world: World, action: str, body: Any):
        wish = await world.wish(await world.person(), "checking")
        response = await api.post(f"/v1/wishes/{wish}/{action}", world.staff, body)
        assert problem(response) == (409, "state-conflict")

    async def test_by_staff_alone(self, api: ApiClient, world: World, action: str, body: Any):
        hidden = await world.wish(await world.person(), "reviewing")
        public = await world.wish(await world.person())
        for person in (await world.helper(), world.alliance):
            assert problem(await api.post(f"/v1/wishes/{hidden}/{action}", person, body)) == (404, "not-found")
            assert problem(await api.post(f"/v1/wishes/{public}/{action}", person, body)) == (403, "not-allowed")


class TestWithdraw:
    @pytest.mark.parametrize("status", ["checking", "reviewing", "published"])
    async def test_while_nobody_works_on_it(self, api: ApiClient, world: World, status: str):
        author = await world.person()
        wish = await world.wish(author, status)
        response = await api.post(f"/v1/wishes/{wish}/withdraw", author)
        assert (response.status_code, response.json()["status"]) == (200, "withdrawn")
        assert response.json()["actions"] == []
        assert problem(await api.get(f"/v1/wishes/{wish}")) == (404, "not-found")

    async def test_its_task_goes_with_it(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish = await world.wish(author)
        task = await world.task_of(wish)
        await api.post(f"/v1/wishes/{wish}/withdraw", author)
        assert (await api.get(f"/v1/tasks/{task}", author)).json()["status"] == "cancelled"
        assert problem(await api.get(f"/v1/tasks/{task}", helper)) == (404, "not-found")
        assert problem(await api.post(f"/v1/tasks/{task}/claims", helper)) == (409, "task-not-open")

    async def test_not_once_it_is_claimed(self, api: ApiClient, world: World):
        author = await world.person()
        wish = await world.wish(author)
        await world.claim(await world.helper(), wish)
        assert await actions_of(api, wish, author) == []
        assert problem(await api.post(f"/v1/wishes/{wish}/withdraw", author)) == (409, "state-conflict")


class TestConfirm:
    async def test_the_helper_gets_the_points(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish, claim = await world.delivered(author, helper)
        response = await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5, "thanks": "谢谢小李！"})
        assert response.status_code == 200
        seen = response.json()
        assert (seen["status"], seen["rating"], seen["thanks"]) == ("fulfilled", 5, "谢谢小李！")
        assert seen["actions"] == []
        assert (await api.get("/v1/me/points", helper)).json()["spendable_points"] == REWARD_POINTS
        assert (await api.get(f"/v1/claims/{claim}", helper)).json()["status"] == "verified"
        assert (await api.get(f"/v1/tasks/{await world.task_of(wish)}")).json()["status"] == "closed"
        assert (await api.get("/v1/wishes", area_id=world.grid.id, status="fulfilled")).json()["items"][0]["id"]

    async def test_thanks_are_not_owed(self, api: ApiClient, world: World):
        author = await world.person()
        for body in ({"rating": 1}, {"rating": 1, "thanks": None}):
            wish, _ = await world.delivered(author, await world.helper())
            assert (await api.post(f"/v1/wishes/{wish}/confirm", author, body)).json()["thanks"] is None

    async def test_of_one_to_five(self, api: ApiClient, world: World):
        author = await world.person()
        wish, _ = await world.delivered(author, await world.helper())
        for rating in (0, 6, "5", 4.5, True):
            response = await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": rating})
            assert problem(response) == (422, "invalid-payload")


class TestDispute:
    async def test_staff_decide(self, api: ApiClient, world: World):
        author = await world.person()
        wish, _ = await world.delivered(author, await world.helper())
        response = await api.post(f"/v1/wishes/{wish}/dispute", author, REASON)
        assert (response.status_code, response.json()["status"]) == (200, "disputed")
        assert response.json()["history"][-1]["note"] == REASON["reason"]
        assert response.json()["actions"] == []
        assert await actions_of(api, wish, world.staff) == STAFF_DECIDES


@pytest.mark.parametrize(("action", "body"), [("withdraw", None), ("confirm", {"rating": 5}), ("dispute", REASON)])
class TestTheAuthorsWord:
    async def test_is_not_for_others_to_give(self, api: ApiClient, world: World, action: str, body: Any):
        helper = await world.helper()
        wish, _ = await world.delivered(await world.person(), helper)
        for person in (world.staff, world.administrator, await world.helper(), await world.person()):
            response = await api.post(f"/v1/wishes/{wish}/{action}", person, body)
            assert problem(response) == (403, "not-allowed")
        response = await api.post(f"/v1/wishes/{wish}/{action}", helper, body)
        assert problem(response) == (403, "own-interest")

    async def test_comes_in_its_time(self, api: ApiClient, world: World, action: str, body: Any):
        author = await world.person()
        wish = await world.wish(author)
        await world.claim(await world.helper(), wish)
        response = await api.post(f"/v1/wishes/{wish}/{action}", author, body)
        assert problem(response) == (409, "state-conflict")

    async def test_on_a_wish_that_others_may_not_see(self, api: ApiClient, world: World, action: str, body: Any):
        wish = await world.wish(await world.person(), "reviewing")
        response = await api.post(f"/v1/wishes/{wish}/{action}", await world.person(), body)
        assert problem(response) == (404, "not-found")
