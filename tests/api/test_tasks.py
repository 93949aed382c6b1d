"""Tasks: what can be claimed."""

from uuid import uuid4

import pytest

from app.core.settings import Settings
from tests.api.scene import make_volunteer, problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import REWARD_POINTS, World


class TestListTasks:
    async def test_the_open_ones_of_an_area_and_all_below(self, api: ApiClient, world: World):
        author, reader = await world.person(), await world.person()
        wishes = [await world.wish(author, area=area) for area in (world.grid, world.other_grid, world.grid)]
        await world.wish(author, area=world.neighbour)
        gone = await world.wish(author)
        await api.post(f"/v1/wishes/{gone}/withdraw", author)
        tasks = [str(await world.task_of(wish)) for wish in reversed(wishes)]
        found = await all_pages(api, "/v1/tasks", reader, area_id=world.district.id)
        assert [item["id"] for item in found] == tasks
        found = await all_pages(api, "/v1/tasks", reader, area_id=world.other_grid.id, kind="wish")
        assert [item["id"] for item in found] == [tasks[1]]

    async def test_each_reader_has_their_own_actions(self, api: ApiClient, world: World):
        author = await world.helper()
        await world.wish(author)
        for reader, actions in (
            (None, []),
            (await world.person(), []),
            (author, []),
            (await world.helper(), ["claim"]),
            (world.staff, []),
        ):
            [item] = (await api.get("/v1/tasks", reader, area_id=world.grid.id)).json()["items"]
            assert item["actions"] == actions

    async def test_a_full_one_stays_in_the_list(self, api: ApiClient, world: World):
        await world.claim(await world.helper(), await world.wish(await world.person()))
        [item] = (await api.get("/v1/tasks", await world.helper(), area_id=world.grid.id)).json()["items"]
        assert (item["seats"], item["seats_taken"], item["actions"]) == (1, 1, ["wait"])


class TestGetTask:
    async def test_everything(self, api: ApiClient, world: World):
        wish = await world.wish(await world.person())
        task = (await api.get(f"/v1/tasks/{await world.task_of(wish)}")).json()
        assert task == {
            "id": task["id"],
            "kind": "wish",
            "wish_id": str(wish),
            "complaint_id": None,
            "errand_id": None,
            "list_id": None,
            "item_number": None,
            "call_out_id": None,
            "series_id": None,
            "occurrence": None,
            "order_part_id": None,
            "is_drill": False,
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "title": "想换个灯泡",
            "body": None,
            "status": "open",
            "seats": 1,
            "seats_taken": 0,
            "min_people": 1,
            "reward_points": REWARD_POINTS,
            "hourly_points": 0,
            "minutes": None,
            "skills": [],
            "tags": ["elderly"],
            "place": None,
            "location": None,
            "starts_at": None,
            "ends_at": None,
            "claim_until": None,
            "groups_until": None,
            "created_at": task["created_at"],
            "own_place": None,
            "actions": [],
        }

    async def test_that_is_not_there(self, api: ApiClient):
        assert problem(await api.get(f"/v1/tasks/{uuid4()}")) == (404, "not-found")

    async def test_of_a_withdrawn_wish(self, api: ApiClient, world: World):
        author = await world.person()
        wish = await world.wish(author)
        await api.post(f"/v1/wishes/{wish}/withdraw", author)
        path = f"/v1/tasks/{await world.task_of(wish)}"
        for reader in (author, world.staff):
            assert (await api.get(path, reader)).json()["status"] == "cancelled"
        for stranger in (None, await world.helper()):
            assert problem(await api.get(path, stranger)) == (404, "not-found")


class TestClaim:
    async def test_a_seat_is_taken(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish = await world.wish(author)
        response = await api.post(f"/v1/tasks/{await world.task_of(wish)}/claims", helper)
        assert response.status_code == 201
        claim = response.json()
        assert (claim["status"], claim["note"], claim["submitted_at"]) == ("active", None, None)
        assert (claim["task"]["wish_id"], claim["task"]["reward_points"]) == (str(wish), REWARD_POINTS)
        assert claim["actions"] == ["submit", "release", "cannot", "check_in"]
        seen = (await api.get(f"/v1/wishes/{wish}")).json()
        assert (seen["status"], seen["task"]["seats_taken"]) == ("claimed", 1)

    async def test_by_a_volunteer_too(self, api: ApiClient, world: World):
        volunteer = await world.person()
        await make_volunteer(world, volunteer, "approved")
        task = await world.task_of(await world.wish(await world.person()))
        assert (await api.post(f"/v1/tasks/{task}/claims", volunteer)).status_code == 201

    @pytest.mark.parametrize("who", ["nobody", "applicant", "staff"])
    async def test_by_helpers_alone(self, api: ApiClient, world: World, who: str):
        applicant = await world.person()
        await make_volunteer(world, applicant)
        person = {"nobody": await world.person(), "applicant": applicant, "staff": world.staff}[who]
        task = await world.task_of(await world.wish(await world.person()))
        assert problem(await api.post(f"/v1/tasks/{task}/claims", person)) == (403, "helpers-only")

    async def test_nobody_their_own_wish(self, api: ApiClient, world: World):
        author = await world.helper()
        task = await world.task_of(await world.wish(author))
        assert problem(await api.post(f"/v1/tasks/{task}/claims", author)) == (403, "own-wish")

    async def test_twice(self, api: ApiClient, world: World):
        helper = await world.helper()
        wish = await world.wish(await world.person())
        await world.claim(helper, wish)
        response = await api.post(f"/v1/tasks/{await world.task_of(wish)}/claims", helper)
        assert problem(response) == (409, "already-claimed")

    async def test_when_it_is_full(self, api: ApiClient, world: World):
        wish = await world.wish(await world.person())
        await world.claim(await world.helper(), wish)
        response = await api.post(f"/v1/tasks/{await world.task_of(wish)}/claims", await world.helper())
        assert problem(response) == (409, "task-full")

    async def test_when_it_is_closed(self, api: ApiClient, world: World):
        author = await world.person()
        wish, _ = await world.delivered(author, await world.helper())
        await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5})
        response = await api.post(f"/v1/tasks/{await world.task_of(wish)}/claims", await world.helper())
        assert problem(response) == (409, "task-not-open")

    async def test_of_nothing(self, api: ApiClient, world: World):
        response = await api.post(f"/v1/tasks/{uuid4()}/claims", await world.helper())
        assert problem(response) == (404, "not-found")

    async def test_more_than_one_person_can_do(self, api: ApiClient, world: World, settings: Settings):
        author, helper = await world.person(), await world.helper()
        claims = [await world.claim(helper, await world.wish(author)) for _ in range(settings.open_claims_limit)]
        path = f"/v1/tasks/{await world.task_of(await world.wish(author))}/claims"
        assert problem(await api.post(path, helper)) == (409, "claim-limit-reached")
        await api.post(f"/v1/claims/{claims[0]}/submit", helper, {"note": "好了。"})
        assert (await api.post(path, helper)).status_code == 201
