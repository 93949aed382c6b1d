"""Tasks that staff post: from draft to end, their windows and places, and every refusal."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import now
from app.domain.caller import Role
from app.domain.texts import TOO_FEW
from app.jobs import handlers
from app.services.content_checks import things
from app.services.content_checks.judging import Judge
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, make_grant
from tests.people import Person
from tests.wechat.overtaken import Overtaken

FORM: dict[str, Any] = {"kind": "activity", "title": "周六清理楼道", "body": "带上手套。", "seats": 3}


def window(begins_h: float, hours: float = 2) -> dict[str, str]:
    begins = now() + timedelta(hours=begins_h)
    return {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=hours)).isoformat()}


async def post(world: World, **changes: object) -> dict[str, Any]:
    """Post a task of the grid as staff whom WeChat does not know, so that it stays a draft for people."""
    form = FORM | {"area_id": str(world.grid.id)} | changes
    response = await world.api.post("/v1/tasks", world.staff, form)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def posted(world: World, **changes: object) -> str:
    """Post a task and open it; return its path."""
    path = f"/v1/tasks/{(await post(world, **changes))['id']}"
    response = await world.api.post(f"{path}/open", world.administrator)
    assert response.status_code == 200, response.text
    return path


async def claim(world: World, path: str, helper: Person) -> UUID:
    response = await world.api.post(f"{path}/claims", helper)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def pass_time(world: World, path: str, **moments: str) -> None:
    """Set the moments of a task back, which a form may not."""
    sets = ", ".join(f"{column} = {value}" for column, value in moments.items())
    async with world.database.transaction() as connection:
        await connection.execute(f"UPDATE task SET {sets} WHERE id = $1", UUID(path.rpartition("/")[2]))


class TestPost:
    async def test_a_task_with_everything(self, world: World):
        await world.draw_all()
        when = window(24)
        body = {"min_people": 2, "minutes": 90, "skills": ["搬运"], "place": "3号楼前", "location": world.place(15, 15)}
        made = await post(world, **when, **body)
        assert made | when == {
            "id": made["id"],
            "kind": "activity",
            "wish_id": None,
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
            "title": "周六清理楼道",
            "body": "带上手套。",
            "status": "draft",
            "seats": 3,
            "seats_taken": 0,
            "min_people": 2,
            "reward_points": REWARD_POINTS,
            "hourly_points": 0,
            "minutes": 90,
            "skills": ["搬运"],
            "tags": [],
            "place": "3号楼前",
            "location": world.place(15, 15),
            **when,
            "claim_until": made["starts_at"],
            "groups_until": None,
            "created_at": made["created_at"],
            "own_place": None,
            "actions": ["close", "cancel", "edit"],
        }

    async def test_opens_once_its_words_are_checked(self, api: ApiClient, world: World, jobs: Jobs):
        worker = await world.visitor()
        await make_grant(world.database, worker, world.grid, Role.STAFF)
        form = FORM | {"area_id": str(world.grid.id)}
        made = (await api.post("/v1/tasks", worker, form)).json()
        assert (await api.get(f"/v1/tasks/{made['id']}")).status_code == 404
        await jobs.drain()
        assert (await api.get(f"/v1/tasks/{made['id']}")).json()["status"] == "open"

    @pytest.mark.parametrize("words", [{"title": "赌博"}, {"body": "赌博"}, {"place": "赌博室"}, {"skills": ["赌博"]}])
    async def test_words_that_do_not_pass_wait_for_a_person(
        self, api: ApiClient, world: World, jobs: Jobs, words: dict[str, Any]
    ):
        worker = await world.visitor()
        await make_grant(world.database, worker, world.grid, Role.STAFF)
        made = (await api.post("/v1/tasks", worker, FORM | {"area_id": str(world.grid.id)} | words)).json()
        await jobs.drain()
        assert (await api.get(f"/v1/tasks/{made['id']}", worker)).json()["status"] == "draft"

    async def test_numbers_of_people_are_masked(self, world: World):
        made = await post(world, body="找老王13800001234报名。", place="联系13800001234")
        assert "13800001234" not in f"{made['body']}{made['place']}"

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"kind": "wish"}, 422, "invalid-payload"),
            ({"seats": 0}, 422, "invalid-payload"),
            ({"seats": 2, "min_people": 3, **window(1)}, 422, "invalid-payload"),
            ({"min_people": 2}, 422, "invalid-payload"),
            ({"starts_at": window(1)["starts_at"]}, 422, "invalid-payload"),
            (window(2, hours=-1), 422, "invalid-payload"),
            (window(2, hours=24 * 800), 422, "invalid-payload"),
            (window(1) | {"claim_until": window(9)["ends_at"]}, 422, "invalid-payload"),
            (window(-3), 422, "task-in-the-past"),
            ({"claim_until": window(-1)["starts_at"]}, 422, "task-in-the-past"),
            (window(-1, hours=2) | {"min_people": 2}, 422, "task-in-the-past"),
            ({"location": {"longitude": 1, "latitude": 1}}, 422, "location-outside"),
            ({"area_id": str(uuid4())}, 422, "area-unknown"),
        ],
    )
    async def test_what_is_refused(self, api: ApiClient, world: World, changes: dict[str, Any], status: int, code: str):
        form = FORM | {"area_id": str(world.grid.id)} | changes
        assert problem(await api.post("/v1/tasks", world.staff, form)) == (status, code)

    async def test_a_place_elsewhere_is_refused(self, api: ApiClient, world: World):
        await world.draw_all()
        form = FORM | {"area_id": str(world.grid.id), "location": world.place(25, 15)}
        assert problem(await api.post("/v1/tasks", world.staff, form)) == (422, "task-outside-area")
        form |= {"area_id": str(world.district.id)}
        assert (await api.post("/v1/tasks", world.staff, form)).status_code == 201

    async def test_only_staff_of_the_area_post(self, api: ApiClient, world: World):
        form = FORM | {"area_id": str(world.neighbour.id)}
        assert problem(await api.post("/v1/tasks", world.staff, form)) == (403, "not-allowed")
        assert problem(await api.post("/v1/tasks", await world.helper(), form)) == (403, "not-allowed")


class TestEdit:
    async def test_what_is_written_anew_is_checked_anew(self, api: ApiClient, world: World):
        path = await posted(world)
        form = {"title": "周日清理楼道", "seats": 5}
        edited = (await api.put(path, world.staff, form)).json()
        assert (edited["title"], edited["seats"], edited["body"], edited["status"]) == (
            "周日清理楼道",
            5,
            None,
            "draft",
        )
        assert (await api.get(path)).status_code == 404

    async def test_a_verdict_counts_for_the_words_it_was_asked_about(self, api: ApiClient, world: World, jobs: Jobs):
        """They are changed while WeChat looks at the harmless ones."""
        worker = await world.visitor()
        await make_grant(world.database, worker, world.grid, Role.STAFF)
        path = f"/v1/tasks/{(await api.post('/v1/tasks', worker, FORM | {'area_id': str(world.grid.id)})).json()['id']}"
        wechat = Overtaken(jobs.parts.wechat, lambda: api.put(path, worker, {"title": "赌博筹码"}))
        await things.check_task(world.database, Judge(wechat), UUID(path.rpartition("/")[2]))
        assert (await api.get(path, worker)).json()["status"] == "draft"
        await jobs.drain()
        assert (await api.get(path, worker)).json()["status"] == "draft"

    async def test_nobody_changes_what_somebody_claimed(self, api: ApiClient, world: World):
        path = await posted(world)
        await claim(world, path, await world.helper())
        assert problem(await api.put(path, world.staff, {"title": "改了"})) == (409, "task-claimed")

    async def test_an_ended_one_stays(self, api: ApiClient, world: World):
        path = await posted(world)
        await api.post(f"{path}/close", world.staff)
        assert problem(await api.put(path, world.staff, {"title": "改了"})) == (409, "state-conflict")

    async def test_the_task_of_a_wish_is_its_wish(self, api: ApiClient, world: World):
        path = f"/v1/tasks/{await world.task_of(await world.wish(await world.person()))}"
        assert problem(await api.put(path, world.staff, {"title": "改了"})) == (403, "not-allowed")
        assert problem(await api.post(f"{path}/cancel", world.staff, {"reason": "不要了"})) == (403, "not-allowed")


class TestClaim:
    async def test_helpers_have_until_days_after_the_window(self, api: ApiClient, world: World):
        path = await posted(world, **window(240))
        claimed = (await api.post(f"{path}/claims", await world.helper())).json()
        ends = (await api.get(path)).json()["ends_at"]
        days = timedelta(days=world.settings.claim_days)
        row = await world.database.reads.fetchrow(
            "SELECT due_at - $2::text::timestamptz AS after FROM claim WHERE id = $1", UUID(claimed["id"]), ends
        )
        assert row is not None
        assert row["after"] == days

    async def test_not_ones_own(self, api: ApiClient, world: World):
        helper = await world.helper()
        await make_grant(world.database, helper, world.grid, Role.STAFF)
        made = (await api.post("/v1/tasks", helper, FORM | {"area_id": str(world.grid.id)})).json()
        await api.post(f"/v1/tasks/{made['id']}/open", world.administrator)
        assert problem(await api.post(f"/v1/tasks/{made['id']}/claims", helper)) == (403, "own-task")

    async def test_not_after_the_time_to_claim(self, api: ApiClient, world: World):
        path = await posted(world, **window(1))
        await pass_time(world, path, claim_until="now() - interval '1 second'")
        helper = await world.helper()
        assert (await api.get(path, helper)).json()["actions"] == []
        assert problem(await api.post(f"{path}/claims", helper)) == (409, "task-not-open")


class TestCancel:
    async def test_frees_those_who_claimed_and_keeps_what_was_delivered(self, api: ApiClient, world: World):
        path = await posted(world)
        waiting, done = await world.helper(), await world.helper()
        claims = [await claim(world, path, helper) for helper in (waiting, done)]
        await api.post(f"/v1/claims/{claims[1]}/submit", done, {"note": "扫完了。"})
        cancelled = await api.post(f"{path}/cancel", world.staff, {"reason": "下雨了。"})
        assert (cancelled.json()["status"], cancelled.json()["seats_taken"]) == ("cancelled", 1)
        states = [(await api.get(f"/v1/claims/{claim}", world.staff)).json()["status"] for claim in claims]
        assert states == ["released", "submitted"]
        open_claims = await world.database.reads.fetchval('SELECT open_claims FROM "user" WHERE id = $1', waiting.id)
        assert open_claims == 0
        assert problem(await api.post(f"{path}/cancel", world.staff, {"reason": "又下雨了。"})) == (
            409,
            "state-conflict",
        )


class TestEnd:
    async def end(self, world: World, jobs: Jobs, path: str) -> None:
        await pass_time(world, path, claim_until="now() - interval '1 second'")
        await handlers.end_tasks(jobs.parts)

    async def test_with_fewer_than_needed_it_is_cancelled(self, api: ApiClient, world: World, jobs: Jobs):
        path = await posted(world, min_people=2, **window(1))
        helper = await world.helper()
        claimed = await claim(world, path, helper)
        await self.end(world, jobs, path)
        assert (await api.get(path, world.staff)).json()["status"] == "cancelled"
        assert (await api.get(f"/v1/claims/{claimed}", helper)).json()["status"] == "released"
        note = await world.database.reads.fetchval(
            "SELECT note FROM event WHERE subject_id = $1 AND action = 'call_off'", claimed
        )
        assert note == TOO_FEW

    async def test_with_enough_it_is_closed_and_they_go_on(self, api: ApiClient, world: World, jobs: Jobs):
        path = await posted(world, min_people=2, **window(1))
        claims = [await claim(world, path, await world.helper()) for _ in range(2)]
        await self.end(world, jobs, path)
        assert (await api.get(path)).json()["status"] == "closed"
        assert {(await api.get(f"/v1/claims/{each}", world.staff)).json()["status"] for each in claims} == {"active"}

    async def test_before_its_time_it_goes_on(self, api: ApiClient, world: World, jobs: Jobs):
        path = await posted(world, min_people=2, **window(1))
        await handlers.end_tasks(jobs.parts)
        assert (await api.get(path)).json()["status"] == "open"
