"""Waiting lists: joining, leaving, moving up by every way in which a seat frees, and every end of a line."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import app
from app.core.clock import now
from app.domain.limits import WAITING_MAX
from app.jobs import handlers
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api.test_posted_tasks import claim, pass_time, posted
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.people import Person

REASON = {"reason": "没有来。"}


async def wait(world: World, path: str, helper: Person) -> dict[str, Any]:
    response = await world.api.post(f"{path}/waiters", helper)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def place(world: World, helper: Person) -> dict[str, Any]:
    """Return the last place that somebody had in a line."""
    return dict((await world.api.get("/v1/me/waiting", helper)).json()["items"][0])


async def full(world: World, seats: int = 1, **changes: object) -> tuple[str, list[UUID], list[Person]]:
    """Post a task and have all its seats taken; return its path, the claims and the claimants."""
    path = await posted(world, seats=seats, **changes)
    helpers = [await world.helper() for _ in range(seats)]
    return path, [await claim(world, path, helper) for helper in helpers], helpers


async def events(world: World, subject_id: str) -> list[tuple[str, str]]:
    rows = await world.database.reads.fetch(
        "SELECT action, party FROM event WHERE subject_id = $1 ORDER BY created_at, id", UUID(subject_id)
    )
    return [(row["action"], row["party"]) for row in rows]


async def fill_hands(world: World, helper: Person) -> list[UUID]:
    """Have somebody take as many other tasks as they may."""
    limit = world.settings.open_claims_limit
    return [await claim(world, await posted(world, seats=2), helper) for _ in range(limit)]


class TestJoin:
    async def test_in_line_by_who_came_first(self, api: ApiClient, world: World):
        path, _, _ = await full(world)
        helpers = [await world.helper() for _ in range(3)]
        for number, helper in enumerate(helpers, start=1):
            assert (await api.get(path, helper)).json()["actions"] == ["wait"]
            made = await wait(world, path, helper)
            assert made == {
                "id": made["id"],
                "task": made["task"] | {"id": path.removeprefix("/v1/tasks/"), "title": "周六清理楼道"},
                "status": "waiting",
                "number": number,
                "created_at": made["created_at"],
                "actions": ["leave"],
            }
            seen = (await api.get(path, helper)).json()
            assert (seen["actions"], seen["own_place"]) == (
                [],
                {"id": made["id"], "number": number, "actions": ["leave"]},
            )
        assert (await api.get(path)).json()["own_place"] is None
        assert (await api.get(path, await world.helper())).json()["own_place"] is None
        [listed] = (await api.get("/v1/tasks", helpers[1], area_id=world.grid.id)).json()["items"]
        assert listed["own_place"]["number"] == 2
        assert await events(world, (await place(world, helpers[0]))["id"]) == [("create", "author")]

    async def test_not_while_a_seat_is_free(self, api: ApiClient, world: World):
        path = await posted(world)
        assert problem(await api.post(f"{path}/waiters", await world.helper())) == (409, "task-not-full")

    async def test_once(self, api: ApiClient, world: World):
        path, _, [claimant] = await full(world)
        helper = await world.helper()
        await wait(world, path, helper)
        assert problem(await api.post(f"{path}/waiters", helper)) == (409, "already-waiting")
        assert problem(await api.post(f"{path}/waiters", claimant)) == (409, "already-claimed")

    async def test_who_may_not(self, api: ApiClient, world: World):
        path, _, _ = await full(world)
        assert problem(await api.post(f"{path}/waiters", await world.person())) == (403, "helpers-only")
        helper = await world.helper()
        assert problem(await api.post(f"/v1/tasks/{uuid4()}/waiters", helper)) == (404, "not-found")
        assert problem(await api.post("/v1/tasks/7/waiters", helper)) == (422, "invalid-payload")
        await api.post(f"{path}/close", world.staff)
        assert problem(await api.post(f"{path}/waiters", helper)) == (409, "task-not-open")

    async def test_not_after_the_time_to_claim(self, api: ApiClient, world: World):
        until = (now() + timedelta(hours=1)).isoformat()
        path, _, _ = await full(world, claim_until=until)
        await pass_time(world, path, claim_until="now() - interval '1 minute'")
        assert problem(await api.post(f"{path}/waiters", await world.helper())) == (409, "task-not-open")

    async def test_not_for_what_is_ones_own(self, api: ApiClient, world: World):
        author, joiner = await world.helper(), await world.helper()
        wish = await world.wish(author)
        await world.claim(await world.helper(), wish)
        path = f"/v1/tasks/{await world.task_of(wish)}/waiters"
        assert problem(await api.post(path, author)) == (403, "own-wish")
        complaint = await world.complaint(author, "accepted")
        assert (await api.post(f"/v1/complaints/{complaint}/join", joiner)).status_code == 200
        task = await world.called(complaint, seats=1)
        await world.take_seat(await world.helper(), task)
        for person in (author, joiner):
            assert problem(await api.post(f"/v1/tasks/{task}/waiters", person)) == (403, "own-complaint")

    async def test_for_so_many_tasks_at_once(self, api: ApiClient, world: World):
        helper = await world.helper()
        paths = [(await full(world))[0] for _ in range(WAITING_MAX + 1)]
        places = [await wait(world, path, helper) for path in paths[:-1]]
        refused = await api.post(f"{paths[-1]}/waiters", helper)
        assert problem(refused) == (409, "waiting-limit-reached")
        await api.post(f"/v1/waiters/{places[0]['id']}/leave", helper)
        await wait(world, paths[-1], helper)
        listed = await all_pages(api, "/v1/me/waiting", helper)
        assert [item["status"] for item in listed] == ["waiting"] * WAITING_MAX + ["left"]
        assert (listed[-1]["number"], listed[-1]["actions"]) == (None, [])


class TestLeave:
    async def test_the_others_are_one_nearer(self, api: ApiClient, world: World):
        path, [held], [claimant] = await full(world)
        first, second = await world.helper(), await world.helper()
        made = await wait(world, path, first)
        await wait(world, path, second)
        left = await api.post(f"/v1/waiters/{made['id']}/leave", first)
        assert (left.status_code, left.json()["status"], left.json()["number"]) == (200, "left", None)
        assert (await place(world, second))["number"] == 1
        await api.post(f"/v1/claims/{held}/release", claimant)
        assert (await place(world, second))["status"] == "moved_up"
        assert (await api.get(path, first)).json()["actions"] == ["wait"]
        assert problem(await api.post(f"/v1/waiters/{made['id']}/leave", first)) == (409, "state-conflict")

    async def test_is_nobody_elses(self, api: ApiClient, world: World):
        path, _, [claimant] = await full(world)
        made = await wait(world, path, await world.helper())
        for stranger in (claimant, world.staff, world.administrator, await world.person()):
            assert problem(await api.post(f"/v1/waiters/{made['id']}/leave", stranger)) == (404, "not-found")
            assert (await api.get("/v1/me/waiting", stranger)).json()["items"] == []
        assert problem(await api.post("/v1/waiters/x/leave", claimant)) == (422, "invalid-payload")


async def by_release(world: World, claim_id: UUID, claimant: Person, _jobs: Jobs) -> None:
    assert (await world.api.post(f"/v1/claims/{claim_id}/release", claimant)).status_code == 200


async def by_refusal(world: World, claim_id: UUID, claimant: Person, _jobs: Jobs) -> None:
    await world.api.post(f"/v1/claims/{claim_id}/submit", claimant, {"note": "好了。"})
    assert (await world.api.post(f"/v1/claims/{claim_id}/refuse", world.administrator, REASON)).status_code == 200


async def by_lapse(world: World, claim_id: UUID, _claimant: Person, jobs: Jobs) -> None:
    await world.database.writes.execute("UPDATE claim SET due_at = now() - interval '1 minute' WHERE id = $1", claim_id)
    await handlers.lapse_overdue(jobs.parts)


async def by_a_seat_more(world: World, claim_id: UUID, _claimant: Person, _jobs: Jobs) -> None:
    task_id = await world.database.reads.fetchval("SELECT task_id FROM claim WHERE id = $1", claim_id)
    response = await world.api.post(f"/v1/tasks/{task_id}/seats", world.staff, {"seats": 2})
    assert (response.status_code, response.json()["seats"], response.json()["seats_taken"]) == (200, 2, 2)


Freeing = Callable[[World, UUID, Person, Jobs], Awaitable[None]]
every_way = pytest.mark.parametrize("free", [by_release, by_refusal, by_lapse, by_a_seat_more])


class TestMoveUp:
    @every_way
    async def test_the_first_in_line_has_the_seat_at_once(self, world: World, jobs: Jobs, free: Freeing):
        path, [held], [claimant] = await full(world)
        first, second = await world.helper(), await world.helper()
        for helper in (first, second):
            await wait(world, path, helper)
        await free(world, held, claimant, jobs)
        moved = await place(world, first)
        assert (moved["status"], moved["number"], moved["actions"]) == ("moved_up", None, [])
        assert await events(world, moved["id"]) == [("create", "author"), ("move_up", "system")]
        [given] = (await world.api.get("/v1/me/claims", first)).json()["items"]
        assert (given["status"], given["actions"]) == ("active", ["submit", "release", "cannot", "check_in"])
        assert await events(world, given["id"]) == [("create", "helper")]
        row = await world.database.reads.fetchrow(
            "SELECT due_at - c.created_at AS time, remind_at - c.created_at AS reminded, u.open_claims FROM claim c "
            'JOIN "user" u ON u.id = c.user_id WHERE c.id = $1',
            UUID(given["id"]),
        )
        days = timedelta(days=world.settings.claim_days)
        assert row is not None
        assert tuple(row) == (days, days / 2, 1)
        [message] = (await world.api.get("/v1/me/messages", first)).json()["items"]
        assert (message["kind"], message["subject"]["id"]) == ("claim_moved_up", given["id"])
        assert (await world.api.get("/v1/me/messages", second)).json()["items"] == []
        assert (await place(world, second))["number"] == 1

    async def test_a_wish_is_granted_to_the_next(self, api: ApiClient, world: World):
        author, claimant, next_one = await world.person(), await world.helper(), await world.helper()
        wish = await world.wish(author)
        held = await world.claim(claimant, wish)
        await wait(world, f"/v1/tasks/{await world.task_of(wish)}", next_one)
        await api.post(f"/v1/claims/{held}/release", claimant)
        seen = (await api.get(f"/v1/wishes/{wish}", author)).json()
        assert seen["status"] == "claimed"
        assert [event["action"] for event in seen["history"]][-3:] == ["claim", "release", "claim"]
        [given] = (await api.get("/v1/me/claims", next_one)).json()["items"]
        await api.post(f"/v1/claims/{given['id']}/submit", next_one, {"note": "好了。"})
        assert (await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5})).status_code == 200

    async def test_who_may_not_claim_is_passed_over(self, api: ApiClient, world: World, jobs: Jobs):
        path, [held], [claimant] = await full(world)
        busy, gone, blocked, fit = [await world.helper() for _ in range(4)]
        for helper in (busy, gone, blocked, fit):
            await wait(world, path, helper)
        others = await fill_hands(world, busy)
        async with world.database.transaction() as connection:
            await connection.execute(
                "UPDATE member SET status = 'left' WHERE person_id = (SELECT id FROM person WHERE user_id = $1)",
                gone.id,
            )
            await connection.execute('UPDATE "user" SET is_blocked = true WHERE id = $1', blocked.id)
        await api.post(f"/v1/claims/{held}/release", claimant)
        assert (await place(world, fit))["status"] == "moved_up"
        assert (await place(world, busy))["number"] == 1
        # Nobody who may is left: the seat is free, until the busy one has a hand free.
        [taken] = (await api.get("/v1/me/claims", fit)).json()["items"]
        await api.post(f"/v1/claims/{taken['id']}/release", fit)
        assert (await api.get(path)).json()["seats_taken"] == 0
        await handlers.move_up(jobs.parts)
        assert (await place(world, busy))["status"] == "waiting"
        await api.post(f"/v1/claims/{others[0]}/release", busy)
        await handlers.move_up(jobs.parts)
        assert (await place(world, busy))["status"] == "moved_up"
        assert (await api.get(path)).json()["seats_taken"] == 1

    async def test_nobody_helps_with_what_they_joined_in_since(self, api: ApiClient, world: World):
        complaint = await world.complaint(status="accepted")
        task = await world.called(complaint, seats=1)
        claimant, joiner, fit = [await world.helper() for _ in range(3)]
        held = await world.take_seat(claimant, task)
        for helper in (joiner, fit):
            await wait(world, f"/v1/tasks/{task}", helper)
        assert (await api.post(f"/v1/complaints/{complaint}/join", joiner)).status_code == 200
        await api.post(f"/v1/claims/{held}/release", claimant)
        assert (await place(world, joiner))["status"] == "waiting"
        assert (await place(world, fit))["status"] == "moved_up"

    async def test_who_takes_a_free_seat_waits_no_longer(self, api: ApiClient, world: World):
        path, [held], [claimant] = await full(world)
        helper = await world.helper()
        made = await wait(world, path, helper)
        others = await fill_hands(world, helper)
        await api.post(f"/v1/claims/{held}/release", claimant)
        await api.post(f"/v1/claims/{others[0]}/release", helper)
        assert (await api.get(path, helper)).json()["actions"] == ["claim"]
        await claim(world, path, helper)
        assert (await place(world, helper))["status"] == "moved_up"
        assert await events(world, made["id"]) == [("create", "author"), ("claim", "helper")]
        assert (await api.get(path, helper)).json()["own_place"] is None

    async def test_a_place_of_somebody_who_has_a_seat_is_tidied_up(self, world: World, jobs: Jobs):
        path, _, [claimant] = await full(world)
        made = await wait(world, path, await world.helper())
        async with world.database.transaction() as connection:
            await connection.execute("UPDATE waiter SET user_id = $2 WHERE id = $1", UUID(made["id"]), claimant.id)
        await handlers.move_up(jobs.parts)
        assert (await place(world, claimant))["status"] == "moved_up"

    async def test_nobody_moves_up_after_the_time_to_claim(self, api: ApiClient, world: World, jobs: Jobs):
        until = (now() + timedelta(hours=1)).isoformat()
        path, [held], [claimant] = await full(world, claim_until=until)
        helper = await world.helper()
        await wait(world, path, helper)
        await pass_time(world, path, claim_until="now() - interval '1 minute'")
        await api.post(f"/v1/claims/{held}/release", claimant)
        await handlers.move_up(jobs.parts)
        assert (await place(world, helper))["status"] == "waiting"
        await handlers.end_tasks(jobs.parts)
        assert (await place(world, helper))["status"] == "ended"


class TestEnd:
    def test_every_way_to_end_a_task_ends_its_line(self):
        """What closes or cancels tasks past ``waiting.end_task`` would leave people waiting for nothing."""
        past_it = re.compile(r'move\(\s*connection,\s*TASK,[^,]+,\s*"(close|cancel)"')
        paths = Path(app.__file__).parent.rglob("*.py")
        assert [path.name for path in paths if past_it.search(path.read_text("utf-8"))] == []

    @pytest.mark.parametrize(("action", "body"), [("close", None), ("cancel", {"reason": "下雨了。"})])
    async def test_a_line_ends_with_its_task(self, api: ApiClient, world: World, action: str, body: Any):
        path, [held], [claimant] = await full(world)
        helpers = [await world.helper() for _ in range(2)]
        places = [await wait(world, path, helper) for helper in helpers]
        assert (await api.post(f"{path}/{action}", world.staff, body)).status_code == 200
        for helper, made in zip(helpers, places, strict=True):
            assert (await place(world, helper))["status"] == "ended"
            assert await events(world, made["id"]) == [("create", "author"), ("end", "system")]
            [message] = (await api.get("/v1/me/messages", helper)).json()["items"]
            assert (message["kind"], message["subject"]["id"]) == ("line_ended", made["id"])
            assert (await api.get(message["subject"]["path"], helper)).status_code == 200
        if action == "close":
            await api.post(f"/v1/claims/{held}/release", claimant)
        assert (await api.get("/v1/me/claims", helpers[0])).json()["items"] == []

    async def test_all_seats_verified_end_it(self, api: ApiClient, world: World):
        path, [held], [claimant] = await full(world)
        helper = await world.helper()
        await wait(world, path, helper)
        await api.post(f"/v1/claims/{held}/submit", claimant, {"note": "好了。"})
        assert (await api.post(f"/v1/claims/{held}/confirm", world.staff)).status_code == 200
        assert (await place(world, helper))["status"] == "ended"

    async def test_a_wish_withdrawn_or_expired_ends_it(self, api: ApiClient, world: World, jobs: Jobs):
        for way in ("withdraw", "expire"):
            author, claimant, helper = await world.person(), await world.helper(), await world.helper()
            wish = await world.wish(author)
            held = await world.claim(claimant, wish)
            await wait(world, f"/v1/tasks/{await world.task_of(wish)}", helper)
            await fill_hands(world, helper)
            await api.post(f"/v1/claims/{held}/release", claimant)
            if way == "withdraw":
                assert (await api.post(f"/v1/wishes/{wish}/withdraw", author)).status_code == 200
            else:
                await world.database.writes.execute(
                    "UPDATE wish SET published_at = published_at - interval '100 days' WHERE id = $1", wish
                )
                await handlers.expire_wishes(jobs.parts)
            assert (await place(world, helper))["status"] == "ended"


class TestAddSeats:
    async def test_as_many_move_up_as_there_are_seats_more(self, api: ApiClient, world: World):
        path, _, _ = await full(world, seats=2)
        helpers = [await world.helper() for _ in range(3)]
        for helper in helpers:
            await wait(world, path, helper)
        assert "add_seats" in (await api.get(path, world.staff)).json()["actions"]
        more = (await api.post(f"{path}/seats", world.staff, {"seats": 4})).json()
        assert (more["seats"], more["seats_taken"]) == (4, 4)
        assert [(await place(world, helper))["status"] for helper in helpers] == ["moved_up", "moved_up", "waiting"]

    async def test_what_is_refused(self, api: ApiClient, world: World):
        path, _, _ = await full(world, seats=2)
        for seats in (2, 1001, 0, "3", None):
            status, code = problem(await api.post(f"{path}/seats", world.staff, {"seats": seats}))
            assert (status, code) == ((409, "seats-not-more") if seats == 2 else (422, "invalid-payload"))
        more = {"seats": 3}
        assert problem(await api.post(f"{path}/seats", await world.helper(), more)) == (403, "not-allowed")
        await api.post(f"{path}/close", world.staff)
        assert problem(await api.post(f"{path}/seats", world.staff, more)) == (409, "state-conflict")
        wish_task = f"/v1/tasks/{await world.task_of(await world.wish(await world.person()))}"
        assert problem(await api.post(f"{wish_task}/seats", world.staff, more)) == (403, "not-allowed")
