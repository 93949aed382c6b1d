"""Words that are not fit to stand leave the public eye whatever became of them; what helpers did stays theirs."""

from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from app.jobs import handlers
from tests.api.scene import problem
from tests.api.test_call_helpers import points_of
from tests.api.test_posted_tasks import claim, post, posted
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World
from tests.inboxes import told
from tests.people import Person
from tests.reviews import PUT, listed, waiting
from tests.series import after, make_series, open_series, tasks_of

REASON = {"reason": "不适合公开。"}
DELIVERED = {"note": "换好了。"}
STATES = """
    SELECT w.status, t.status, t.seats_taken, c.status, u.open_claims, u.narrowed_until, k.status
    FROM wish w JOIN task t ON t.wish_id = w.id LEFT JOIN claim c ON c.task_id = t.id
    LEFT JOIN "user" u ON u.id = c.user_id
    LEFT JOIN content_check k ON k.subject_id = w.id AND k.part = 'words' WHERE w.id = $1
"""


@pytest.fixture
async def reader(world: World) -> Person:
    """Somebody of the staff of the community who wrote nothing of it."""
    return await world.holder(Role.STAFF, world.community)


async def act(world: World, person: Person, path: str, form: object = None) -> dict[str, object]:
    response = await world.api.post(path, person, form)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def sampled(world: World, kind: str, subject_id: UUID, part: str = "words") -> UUID:
    """Have the words of something looked at once more; return the review's id."""
    review_id: UUID = await world.database.writes.fetchval(PUT, subject_id, kind, part, "sampled")
    return review_id


async def states(world: World, wish_id: UUID) -> tuple[object, ...]:
    row = await world.database.reads.fetchrow(STATES, wish_id)
    assert row is not None
    return tuple(row)


class TestClaimed:
    @pytest.mark.parametrize("route", ["review", "wish"])
    async def test_it_ends_under_who_claimed_it_without_a_fault_of_theirs(
        self, api: ApiClient, world: World, reader: Person, route: str
    ):
        author, helper, next_one = await world.person(), await world.helper(), await world.helper()
        wish_id, review_id = await waiting(world, "wish", author, "sampled")
        task_id = await world.task_of(wish_id)
        claim_id = await world.claim(helper, wish_id)
        place = await world.place_in_line(task_id, next_one)
        assert (await listed(world, reader))[review_id]["actions"] == ["pass", "reject"]
        assert "reject" in (await api.get(f"/v1/wishes/{wish_id}", reader)).json()["actions"]
        path = f"/v1/reviews/{review_id}/reject" if route == "review" else f"/v1/wishes/{wish_id}/reject"
        hidden = (404, "not-found") if route == "review" else (403, "not-allowed")
        for stranger in (await world.person(), await world.holder(Role.STAFF, world.other_grid)):
            assert problem(await api.post(path, stranger, REASON)) == hidden
        assert problem(await api.post(path, author, REASON))[0] == hidden[0]
        await told(world, author, helper, next_one)
        key = uuid4().hex
        first, again = [await api.post(path, reader, REASON, key=key) for _ in range(2)]
        assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
        assert again.headers["Idempotent-Replayed"] == "true"
        assert await states(world, wish_id) == ("rejected", "cancelled", 0, "released", 0, None, "rejected")
        assert (await told(world, author, helper, next_one)) == [
            ["wish_rejected"],
            ["claim_called_off"],
            ["line_ended"],
        ]
        assert await world.database.reads.fetchval("SELECT status FROM waiter WHERE id = $1", place) == "ended"
        ended = await world.database.reads.fetchrow(
            "SELECT action, party, actor_id, note FROM event WHERE subject_id = $1 ORDER BY id DESC LIMIT 1", claim_id
        )
        assert tuple(ended or ()) == ("call_off", "staff", reader.id, REASON["reason"])
        for gone in (f"/v1/wishes/{wish_id}", f"/v1/tasks/{task_id}"):
            assert problem(await api.get(gone)) == (404, "not-found")
        assert problem(await api.post(f"/v1/claims/{claim_id}/submit", helper, DELIVERED)) == (409, "state-conflict")
        assert problem(await api.post(f"/v1/tasks/{task_id}/claims", next_one)) == (409, "task-not-open")
        assert problem(await api.post(f"/v1/wishes/{wish_id}/reject", reader, REASON)) == (409, "state-conflict")

    async def test_nobody_rejects_what_they_asked_for_or_claimed(self, api: ApiClient, world: World):
        author = await world.holder(Role.STAFF, world.community)
        wish_id, review_id = await waiting(world, "wish", author, "sampled")
        helper = await world.helper()
        await world.claim(helper, wish_id)
        for path in (f"/v1/reviews/{review_id}/reject", f"/v1/wishes/{wish_id}/reject"):
            assert problem(await api.post(path, author, REASON)) == (403, "own-interest")
        assert problem(await api.post(f"/v1/wishes/{wish_id}/reject", helper, REASON)) == (403, "own-interest")


class TestWithWorkInIt:
    async def hidden(self, world: World, reader: Person, way: str) -> tuple[UUID, UUID, Person, Person]:
        """Hide a wish that somebody delivered or began; return it, the claim, its author and the helper."""
        author, helper = await world.person(), await world.helper()
        wish_id, claim_id = await world.delivered(author, helper)
        if way == "disputed":
            await act(world, author, f"/v1/wishes/{wish_id}/dispute", REASON)
        elif way == "fulfilled":
            await act(world, author, f"/v1/wishes/{wish_id}/confirm", {"rating": 5})
        elif way == "claimed":
            await act(world, world.staff, f"/v1/claims/{claim_id}/return", REASON)
        review_id = await sampled(world, "wish", wish_id)
        assert (await listed(world, reader))[review_id]["actions"] == ["pass", "reject"]
        await told(world, author, helper)
        await act(world, reader, f"/v1/reviews/{review_id}/reject", REASON)
        assert await told(world, author, helper) == [["wish_hidden"], []]
        return wish_id, claim_id, author, helper

    @pytest.mark.parametrize("way", ["delivered", "disputed", "fulfilled", "claimed"])
    async def test_its_words_are_read_by_those_whom_it_concerns_alone(
        self, api: ApiClient, world: World, reader: Person, way: str
    ):
        wish_id, claim_id, author, helper = await self.hidden(world, reader, way)
        task_id = await world.task_of(wish_id)
        stranger = await world.helper()
        for person in (None, stranger, await world.holder(Role.STAFF, world.other_grid)):
            assert problem(await api.get(f"/v1/wishes/{wish_id}", person)) == (404, "not-found")
            assert problem(await api.get(f"/v1/tasks/{task_id}", person)) == (404, "not-found")
            for more in ({}, {"category": "elderly"}):
                found = await api.get("/v1/wishes", person, area_id=world.district.id, status=way, **more)
                assert found.json()["items"] == []
        for person in (author, helper, reader):
            seen = (await api.get(f"/v1/wishes/{wish_id}", person)).json()
            assert (seen["status"], seen["hidden_at"] is None, seen["history"][-1]["note"]) == (
                *(way, False),
                REASON["reason"],
            )
            assert "reject" not in seen["actions"]
        [item] = (await api.get("/v1/wishes", reader, area_id=world.grid.id, status=way)).json()["items"]
        assert item["id"] == str(wish_id)
        assert problem(await api.post(f"/v1/wishes/{wish_id}/reject", reader, REASON)) == (409, "state-conflict")
        assert problem(await api.post(f"/v1/tasks/{task_id}/waiters", stranger)) == (409, "task-not-open")
        if way == "claimed":
            await act(world, helper, f"/v1/claims/{claim_id}/submit", DELIVERED)
        if way == "disputed":
            await act(world, world.staff, f"/v1/claims/{claim_id}/verify")
        elif way != "fulfilled":
            await act(world, author, f"/v1/wishes/{wish_id}/confirm", {"rating": 5})
        assert await points_of(world, helper) == REWARD_POINTS
        assert (await api.get(f"/v1/wishes/{wish_id}", author)).json()["status"] == "fulfilled"
        assert problem(await api.get(f"/v1/wishes/{wish_id}")) == (404, "not-found")

    @pytest.mark.parametrize(("way", "action"), [("delivered", "refuse"), ("claimed", "release")])
    async def test_it_is_never_there_to_be_claimed_again(
        self, api: ApiClient, world: World, reader: Person, way: str, action: str
    ):
        wish_id, claim_id, author, helper = await self.hidden(world, reader, way)
        by = world.staff if action == "refuse" else helper
        await act(world, by, f"/v1/claims/{claim_id}/{action}", REASON if action == "refuse" else None)
        assert (await states(world, wish_id))[:3] == ("rejected", "cancelled", 0)
        assert await told(world, author) == [["wish_rejected"]]
        assert problem(await api.get(f"/v1/wishes/{wish_id}")) == (404, "not-found")

    async def test_nor_is_the_rest_of_a_part(self, world: World, reader: Person):
        author, helper = await world.person(), await world.helper()
        wish_id = await world.wish(author)
        claim_id = await world.claim(helper, wish_id)
        await act(world, helper, f"/v1/claims/{claim_id}/submit", DELIVERED | {"done_percent": 50})
        await act(world, reader, f"/v1/wishes/{wish_id}/reject", REASON)
        await act(world, world.staff, f"/v1/claims/{claim_id}/verify")
        assert (await states(world, wish_id))[0] == "rejected"
        assert await points_of(world, helper) == REWARD_POINTS // 2
        assert (await told(world, author))[0][-2:] == ["wish_hidden", "wish_rejected"]


class TestOthers:
    async def test_a_task_is_taken_down_under_those_who_have_not_begun(
        self, api: ApiClient, world: World, reader: Person
    ):
        path = await posted(world, seats=3)
        idle, busy = await world.helper(), await world.helper()
        given, done = await claim(world, path, idle), await claim(world, path, busy)
        await act(world, busy, f"/v1/claims/{done}/submit", DELIVERED)
        review_id = await sampled(world, "task", UUID(path.rpartition("/")[2]))
        await act(world, reader, f"/v1/reviews/{review_id}/reject", REASON)
        assert problem(await api.get(path)) == (404, "not-found")
        assert (await api.get(f"/v1/claims/{given}", idle)).json()["status"] == "released"
        await act(world, reader, f"/v1/claims/{done}/verify")
        assert await points_of(world, busy) == REWARD_POINTS, "what was delivered counts though it was called off"

    @pytest.mark.parametrize("route", ["review", "task"])
    async def test_a_closed_task_is_read_no_more_and_its_work_goes_on(
        self, api: ApiClient, world: World, reader: Person, route: str
    ):
        path, helper = await posted(world), await world.helper()
        claimed = await claim(world, path, helper)
        await act(world, world.staff, f"{path}/close")
        review_id = await sampled(world, "task", UUID(path.rpartition("/")[2]))
        assert (await api.get(path)).status_code == 200
        assert (await api.get(path, reader)).json()["actions"] == ["cancel"]
        await act(world, reader, f"/v1/reviews/{review_id}/reject" if route == "review" else f"{path}/cancel", REASON)
        assert review_id not in await listed(world, reader)
        assert problem(await api.get(path)) == (404, "not-found")
        assert (await api.get(f"{path}/check-in-code", world.staff)).status_code == 200
        await act(world, helper, f"/v1/claims/{claimed}/submit", DELIVERED)
        await act(world, reader, f"/v1/claims/{claimed}/verify")
        assert await points_of(world, helper) == REWARD_POINTS

    async def test_so_is_the_task_of_a_complaint_that_somebody_claimed(
        self, api: ApiClient, world: World, reader: Person
    ):
        complaint_id = await world.complaint(status="accepted")
        task_id = await world.called(complaint_id)
        await world.take_seat(await world.helper(), task_id)
        review_id = await sampled(world, "task", task_id)
        await act(world, reader, f"/v1/reviews/{review_id}/reject", REASON)
        assert problem(await api.get(f"/v1/tasks/{task_id}")) == (404, "not-found")
        assert (await api.get(f"/v1/complaints/{complaint_id}")).json()["status"] == "accepted"

    async def test_a_series_goes_with_all_that_says_the_same(self, api: ApiClient, world: World, reader: Person):
        path, helper = await open_series(world), await world.helper()
        tasks = await tasks_of(world, path)
        taken, other, past = [f"/v1/tasks/{tasks[after(day)]['task_id']}" for day in (1, 2, 3)]
        claimed = await claim(world, taken, helper)
        await world.database.writes.execute(
            "UPDATE task SET status = 'closed', occurrence = occurrence - 99 WHERE id = $1", UUID(past[10:])
        )
        review_id = await sampled(world, "task_series", UUID(path.rpartition("/")[2]))
        await act(world, reader, f"/v1/reviews/{review_id}/reject", REASON)
        for task in (taken, other, past):
            assert problem(await api.get(task)) == (404, "not-found")
        assert (await api.get(f"/v1/claims/{claimed}", helper)).json()["status"] == "released"

    @pytest.mark.parametrize("status", ["waiting", "answered", "closed"])
    async def test_a_complaint_leaves_the_wall_and_goes_on(
        self, api: ApiClient, world: World, reader: Person, jobs: Jobs, status: str
    ):
        author = await world.person()
        complaint_id = await world.complaint(author, status)
        path = f"/v1/complaints/{complaint_id}"
        if status == "answered":
            await act(world, reader, f"{path}/publish-answer")
        review_id = await sampled(world, "complaint", complaint_id)
        assert "reject" in (await api.get(path, reader)).json()["actions"]
        elsewhere = await world.holder(Role.STAFF, world.other_grid)
        assert problem(await api.post(f"{path}/reject", elsewhere, REASON)) == (403, "not-allowed")
        assert problem(await api.post(f"{path}/reject", author, REASON)) == (403, "own-interest")
        await handlers.tell_complainants(jobs.parts)
        await told(world, author)
        await act(world, reader, f"/v1/reviews/{review_id}/reject", REASON)
        for stranger in (None, elsewhere):
            assert problem(await api.get(path, stranger)) == (404, "not-found")
        assert (await api.get(f"/v1/walls/{world.grid.id}")).json()["items"] == []
        assert (await api.get(f"/v1/walls/{world.grid.id}/echoes")).json()["items"] == []
        seen = (await api.get(path, author)).json()
        assert (seen["status"], seen["timeline"][-1]["action"], seen["timeline"][-1]["note"]) == (
            status,
            "hide",
            REASON["reason"],
        )
        await handlers.tell_complainants(jobs.parts)
        assert await told(world, author) == [["own_complaint_hidden"]]
        assert problem(await api.post(f"{path}/reject", reader, REASON)) == (409, "state-conflict")
        if status == "waiting":
            await act(world, world.staff, f"{path}/correct", {"category": "lighting", "urgency": "ordinary"})
            assert problem(await api.get(path)) == (404, "not-found"), "hidden whatever the category"


class TestOwnWords:
    """Whoever wrote what waits for people never lets it pass, on whatever route; those above always can."""

    @pytest.mark.parametrize("kind", ["task", "task_series", "answer"])
    async def test_on_the_routes_of_the_things_themselves(self, api: ApiClient, world: World, kind: str):
        author = await world.holder(Role.STAFF, world.grid)  # the only one of the grid
        if kind == "answer":
            complaint_id = await world.complaint(status="accepted")
            path, action = f"/v1/complaints/{complaint_id}", "publish-answer"
            await act(world, author, f"{path}/answer", {"answer": "修好了。", "outcome": "resolved"})
        elif kind == "task":
            form = {"kind": "activity", "title": "清理楼道", "seats": 3, "area_id": str(world.grid.id)}
            made = await api.post("/v1/tasks", author, form)
            path, action = f"/v1/tasks/{made.json()['id']}", "open"
        else:
            path, action = f"/v1/task-series/{(await make_series(world, author))['id']}", "open"
        name = action.replace("-", "_")
        refused = await api.post(f"{path}/{action}", author)
        assert problem(refused) == (403, "own-interest")
        assert "上级区域的工作人员" in refused.json()["detail"]
        assert name not in (await api.get(path, author)).json()["actions"]
        above = await world.holder(Role.STAFF, world.district)
        assert name in (await api.get(path, above)).json()["actions"]
        elsewhere = await world.holder(Role.STAFF, world.other_grid)
        assert (await api.post(f"{path}/{action}", elsewhere)).status_code in {403, 404}
        await act(world, above, f"{path}/{action}")
        assert problem(await api.post(f"{path}/{action}", author)) == (409, "state-conflict")

    async def test_words_are_of_whoever_wrote_them_last(self, api: ApiClient, world: World, reader: Person):
        task = await post(world)
        path = f"/v1/tasks/{task['id']}"
        form = {"title": "改过的话", "seats": 3}
        assert (await api.put(path, reader, form)).status_code == 200
        review_id: UUID = await world.database.writes.fetchval(PUT, UUID(task["id"]), "task", "words", "held")
        for person in (world.staff, reader):
            assert (await listed(world, person))[review_id]["actions"] == []
            for way in (f"{path}/open", f"/v1/reviews/{review_id}/pass"):
                assert problem(await api.post(way, person)) == (403, "own-interest")
        await act(world, world.administrator, f"{path}/open")
