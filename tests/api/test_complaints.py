"""Complaints: the way from the wall to the echo, and every refusal on it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from app.jobs import handlers
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import COMPLAINT_FORMS, World, log_in, make_grant
from tests.people import Person

BODY = "三号楼二单元三楼的灯坏了三天，我的电话13812345678，晚上老人下楼很危险。"


def form(world: World, **changes: object) -> dict[str, object]:
    """What a resident sends."""
    return {
        "area_id": str(world.grid.id),
        "category": "lighting",
        "title": "楼道灯坏了",
        "body": BODY,
        "place": "3号楼2单元",
        "location": {"longitude": 117.870123, "latitude": 36.803456},
        "contact": {"name": "王小明", "phone": "13812345678"},
    } | changes


async def act(
    world: World, person: Person, complaint_id: object, action: str, body: object = None, *, status: int = 200
) -> dict[str, Any]:
    """Take an action over HTTP."""
    path = f"/v1/complaints/{complaint_id}/{action}"
    response = await world.api.post(path, person, body or COMPLAINT_FORMS.get(action))
    assert response.status_code == status, response.text
    return dict(response.json())


async def refused(world: World, person: Person, complaint_id: object, action: str, body: object = None) -> Any:
    response = await world.api.post(
        f"/v1/complaints/{complaint_id}/{action}", person, body or COMPLAINT_FORMS.get(action)
    )
    return problem(response)


async def look(world: World, complaint_id: object, person: Person | None = None) -> dict[str, Any]:
    response = await world.api.get(f"/v1/complaints/{complaint_id}", person)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def wall(world: World, area_id: UUID, **params: Any) -> list[str]:
    response = await world.api.get(f"/v1/walls/{area_id}", **params)
    return [item["id"] for item in response.json()["items"]]


class TestPost:
    async def test_stands_on_all_walls_above_once_it_was_checked(self, api: ApiClient, world: World, jobs: Jobs):
        author = await log_in(api, world.database)
        response = await api.post("/v1/complaints", author, form(world))
        assert response.status_code == 201, response.text
        posted = response.json()
        assert posted["status"] == "checking"
        assert posted["part"] == "author"
        assert posted["contact"] == {"name": "王**", "phone": "138****5678"}
        assert posted["actions"] == ["withdraw"]
        assert "看不到您是谁" in posted["who_sees"]
        assert await wall(world, world.grid.id) == []
        await jobs.drain()
        for area in (world.grid, world.community, world.district):
            assert await wall(world, area.id) == [posted["id"]]
        assert await wall(world, world.other_grid.id) == []
        seen = await look(world, posted["id"])
        assert seen["status"] == "open"
        assert seen["about"] == {"longitude": 117.87, "latitude": 36.803}
        assert "13812345678" not in seen["body"]
        assert seen["author"] is None
        assert seen["actions"] == []
        assert {"place", "location", "complainant", "contact"}.isdisjoint(seen)

    async def test_a_nickname_stands_beside_it_only_when_its_author_wants(self, api: ApiClient, world: World):
        author = await world.person()
        named = await api.post("/v1/complaints", author, form(world, anonymous=False))
        assert named.json()["author"] == {"nickname": "邻居0001"}
        assert "公开昵称" in named.json()["who_sees"]

    async def test_what_a_machine_doubts_waits_for_a_person(self, api: ApiClient, world: World, jobs: Jobs):
        author = await log_in(api, world.database)
        posted = (await api.post("/v1/complaints", author, form(world, body="有人聚众赌博"))).json()
        await jobs.drain()
        assert (await look(world, posted["id"], author))["status"] == "reviewing"
        assert problem(await api.get(f"/v1/complaints/{posted['id']}")) == (404, "not-found")
        assert await wall(world, world.grid.id) == []
        assert (await act(world, world.staff, posted["id"], "admit"))["status"] == "open"
        assert await wall(world, world.grid.id) == [posted["id"]]

    async def test_nobody_whom_wechat_has_not_seen_is_published_unchecked(self, world: World, jobs: Jobs):
        complaint = await world.complaint(status="checking")
        await jobs.drain()
        assert (await look(world, complaint, world.staff))["status"] == "reviewing"

    async def test_mediation_never_stands_on_a_wall(self, api: ApiClient, world: World):
        author = await world.person()
        complaint = await world.complaint(author, category="neighbours")
        assert await wall(world, world.grid.id) == []
        stranger = await world.person()
        for person in (None, stranger):
            assert problem(await api.get(f"/v1/complaints/{complaint}", person)) == (404, "not-found")
        assert await refused(world, stranger, complaint, "join") == (404, "not-found")
        assert (await look(world, complaint, author))["status"] == "open"
        assert (await look(world, complaint, world.staff))["is_confidential"] is True

    @pytest.mark.parametrize("person", ["staff", "helper"])
    async def test_somebody_types_for_a_resident_who_cannot(self, api: ApiClient, world: World, person: str):
        typist = world.staff if person == "staff" else await world.helper()
        proxy = {"name": "李秀英", "phone": "13800001111", "consent": "本人口述，同意代为提交。"}
        response = await api.post("/v1/complaints", typist, form(world, contact=None, proxy=proxy))
        assert response.status_code == 201, response.text
        assert "李秀英" not in response.text
        seen = await look(world, response.json()["id"], world.staff)
        assert (seen["channel"], seen["complainant"]) == ("proxy", {"name": "李**", "phone": "138****1111"})

    async def test_nobody_else_types_for_others(self, api: ApiClient, world: World):
        proxy = {"name": "李秀英", "consent": "同意"}
        response = await api.post("/v1/complaints", await world.person(), form(world, proxy=proxy))
        assert problem(response) == (403, "not-allowed")

    async def test_refuses_a_place_a_category_or_a_number_that_is_none(self, api: ApiClient, world: World):
        author = await world.person()
        for changes, expected in (
            ({"area_id": str(uuid4())}, (422, "area-unknown")),
            ({"area_id": str(world.community.id)}, (422, "area-not-a-home")),
            ({"category": "no_such_thing"}, (422, "category-unknown")),
            ({"contact": {"phone": "-----------"}}, (422, "invalid-payload")),
            ({"proxy": {"name": "李秀英", "phone": "+------", "consent": "同意"}}, (422, "invalid-payload")),
        ):
            assert problem(await api.post("/v1/complaints", author, form(world, **changes))) == expected

    async def test_a_point_tells_its_grid_and_a_list_stands_beside_the_map(self, api: ApiClient, world: World):
        await world.draw_all()
        author = await world.person()
        nowhere = form(world)
        del nowhere["area_id"]
        found = await api.post("/v1/complaints", author, nowhere | {"location": world.place(15, 15)})
        assert found.json()["area"]["id"] == str(world.grid.id)
        for place, code in (((-5, 15), "outside"), ((26, 30), "in-no-grid"), ((20, 15), "on-border")):
            refusal = await api.post("/v1/complaints", author, nowhere | {"location": world.place(*place)})
            assert problem(refusal) == (422, f"location-{code}")
        chosen = form(world, area_id=str(world.other_grid.id), location=world.place(20, 15))
        assert (await api.post("/v1/complaints", author, chosen)).json()["area"]["id"] == str(world.other_grid.id)
        del nowhere["location"]
        assert problem(await api.post("/v1/complaints", author, nowhere)) == (422, "invalid-payload")

    async def test_thirty_in_a_minute_are_too_many(self, api: ApiClient, world: World):
        author = await world.person()
        answers = [await api.post("/v1/complaints", author, form(world)) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [201] * 5 + [429]
        assert answers[-1].headers["retry-after"] == "60"
        assert problem(answers[-1]) == (429, "posting-too-fast")


class TestHandling:
    async def test_the_whole_way(self, api: ApiClient, world: World, jobs: Jobs):
        staff = await log_in(api, world.database)
        await make_grant(world.database, staff, world.grid, Role.STAFF)
        author = await world.person()
        complaint = await world.complaint(author)
        assert (await act(world, staff, complaint, "accept"))["status"] == "accepted"
        waiting = await act(world, staff, complaint, "wait")
        assert (waiting["status"], waiting["due_at"]) == ("waiting", None)
        asked = await look(world, complaint, author)
        assert asked["timeline"][-1]["note"] == COMPLAINT_FORMS["wait"]["reason"]
        assert (await act(world, author, complaint, "resume", {"words": "三楼那盏"}))["status"] == "accepted"
        answered = await act(world, staff, complaint, "answer")
        assert (answered["echo"], answered["is_answer_public"]) == (None, False)
        assert (await look(world, complaint, author))["answer"]["answer"] == "今天换好了灯泡。"
        assert (await look(world, complaint))["echo"] is None
        await jobs.drain()
        assert (await look(world, complaint))["echo"]["outcome"] == "resolved"
        echoes = await api.get(f"/v1/walls/{world.community.id}/echoes")
        assert [item["id"] for item in echoes.json()["items"]] == [str(complaint)]
        assert (await act(world, author, complaint, "rate"))["status"] == "closed"
        assert await refused(world, author, complaint, "rate") == (409, "already-rated")

    async def test_not_satisfied_takes_it_up_again_once(self, world: World):
        author = await world.person()
        complaint = await world.complaint(author, "answered")
        unhappy = {"is_satisfied": False, "note": "还是不亮"}
        again = await act(world, author, complaint, "rate", unhappy)
        assert (again["status"], again["is_satisfied"]) == ("reopened", False)
        await act(world, world.staff, complaint, "answer")
        assert (await act(world, author, complaint, "rate", unhappy))["status"] == "closed"
        assert await refused(world, author, complaint, "reopen", {"reason": "还是不亮"}) == (409, "reopen-used")
        assert (await act(world, world.staff, complaint, "reopen", {"reason": "复查"}))["status"] == "reopened"

    async def test_a_closed_one_is_taken_up_again_within_a_fortnight(self, world: World):
        author = await world.person()
        complaint = await world.complaint(author, "closed")
        late = await world.complaint(author, "closed")
        old = "UPDATE complaint SET answered_at = answered_at - $2::interval WHERE id = $1"
        await world.database.writes.execute(old, late, timedelta(days=15))
        assert (await act(world, author, complaint, "reopen", {"reason": "又坏了"}))["status"] == "reopened"
        assert await refused(world, author, late, "reopen", {"reason": "又坏了"}) == (409, "reopen-too-late")

    async def test_up_and_down_with_the_same_number(self, world: World):
        grid_staff = await world.holder(Role.STAFF, world.grid)
        complaint = await world.complaint()
        number = (await look(world, complaint))["number"]
        up = await act(world, grid_staff, complaint, "escalate", {"reason": "网格解决不了"})
        assert (up["handler"]["id"], up["status"]) == (str(world.community.id), "open")
        assert await refused(world, grid_staff, complaint, "accept") == (403, "not-allowed")
        seen = await look(world, complaint)
        assert (seen["number"], seen["handler"]["id"]) == (number, str(world.community.id))
        assert await wall(world, world.grid.id) == [str(complaint)]
        for _ in range(2):
            top = await act(world, world.staff, complaint, "escalate", {"reason": "再上报"})
        assert top["handler"]["id"] == str(world.district.id)
        assert "escalate" not in top["actions"]
        assert await refused(world, world.staff, complaint, "escalate", {"reason": "x"}) == (409, "escalation-at-top")
        for area in (world.community.parent_id, world.community.id, world.grid.id):
            down = await act(world, world.staff, complaint, "return", {"reason": "请网格办理"})
            assert down["handler"]["id"] == str(area)
        assert await refused(world, world.staff, complaint, "return", {"reason": "x"}) == (409, "return-at-bottom")
        assert (await act(world, grid_staff, complaint, "accept"))["number"] == number

    async def test_a_leader_answers_for_it_by_name(self, world: World):
        complaint, worker = await world.complaint(), await world.holder(Role.STAFF, world.grid)
        assert "take_on" not in (await look(world, complaint, worker))["actions"]
        assert await refused(world, worker, complaint, "take-on") == (403, "not-allowed")
        assert "take_on" in (await look(world, complaint, world.staff))["actions"]
        taken = await act(world, world.staff, complaint, "take-on")
        assert (taken["leader"], taken["status"], taken["age_days"]) == ({"nickname": "邻居0001"}, "accepted", 0)

    async def test_the_queue_shows_what_is_due_first(self, api: ApiClient, world: World):
        ordinary, critical = [await world.complaint(category=code) for code in ("lighting", "elevator_fire")]
        first = await api.get("/v1/complaints", world.staff, area_id=world.district.id, limit=1)
        assert [item["id"] for item in first.json()["items"]] == [str(critical)]
        cursor = first.json()["next_cursor"]
        rest = await api.get("/v1/complaints", world.staff, area_id=world.district.id, limit=1, cursor=cursor)
        assert [item["id"] for item in rest.json()["items"]] == [str(ordinary)]
        assert rest.json()["next_cursor"] is None
        elsewhere = await api.get("/v1/complaints", world.staff, area_id=world.neighbour.id)
        assert problem(elsewhere) == (403, "not-allowed")

    async def test_a_corrected_urgency_moves_the_deadlines(self, world: World):
        complaint = await world.complaint()
        before = await look(world, complaint, world.staff)
        body = {"category": "water", "urgency": "critical"}
        after = await act(world, world.staff, complaint, "correct", body)
        assert after["answer_due_at"] < before["answer_due_at"]
        assert after["category"]["code"] == "water"
        confidential = {"category": "neighbours", "urgency": "ordinary"}
        assert (await act(world, world.staff, complaint, "correct", confidential))["is_confidential"] is True
        assert await wall(world, world.grid.id) == []
        unknown = {"category": "nothing", "urgency": "ordinary"}
        assert await refused(world, world.staff, complaint, "correct", unknown) == (422, "category-unknown")

    async def test_whoever_complained_is_no_staff_to_it(self, world: World):
        worker = await world.holder(Role.STAFF, world.grid)
        complaint = await world.complaint(worker)
        for action in ("accept", "answer", "reject", "wait"):
            assert await refused(world, worker, complaint, action) == (403, "own-interest")
        for action, body in (("correct", {"category": "water", "urgency": "hard"}), ("unmask", {"reason": "看看"})):
            assert await refused(world, worker, complaint, action, body) == (403, "own-interest")

    async def test_silence_closes_after_a_fortnight(self, world: World, jobs: Jobs):
        complaint, fresh = await world.complaint(status="answered"), await world.complaint(status="answered")
        old = "UPDATE complaint SET answered_at = answered_at - $2::interval WHERE id = $1"
        await world.database.writes.execute(old, complaint, timedelta(days=14, minutes=1))
        await handlers.close_silent(jobs.parts)
        assert (await look(world, complaint))["status"] == "closed"
        assert (await look(world, fresh))["status"] == "answered"

    async def test_an_answer_that_was_not_checked_is_made_public_by_a_person(self, world: World, jobs: Jobs):
        complaint = await world.complaint(status="answered")
        await jobs.drain()  # WeChat does not know the staff of this world, so it cannot be asked
        assert (await look(world, complaint))["echo"] is None
        assert "publish_answer" not in (await look(world, complaint, world.staff))["actions"]
        assert await refused(world, world.staff, complaint, "publish-answer") == (403, "own-interest")
        above = await world.holder(Role.STAFF, world.district)
        assert "publish_answer" in (await look(world, complaint, above))["actions"]
        assert (await act(world, above, complaint, "publish-answer"))["is_answer_public"] is True
        assert (await look(world, complaint))["echo"]["outcome"] == "resolved"
        assert await refused(world, world.staff, complaint, "publish-answer") == (409, "state-conflict")


class TestJoinAndMerge:
    async def test_a_joiner_counts_once_and_reads_the_answer(self, api: ApiClient, world: World):
        complaint, joiner = await world.complaint(), await world.person()
        for _ in range(2):
            joined = await act(world, joiner, complaint, "join")
            assert (joined["joins"], joined["part"]) == (1, "joiner")
        await act(world, world.staff, complaint, "answer")
        [own] = (await api.get("/v1/me/complaints", joiner)).json()["items"]
        assert (own["id"], own["is_new"]) == (str(complaint), True)
        assert (await api.put(f"/v1/complaints/{complaint}/seen", joiner)).status_code == 204
        [own] = (await api.get("/v1/me/complaints", joiner)).json()["items"]
        assert own["is_new"] is False
        assert (await look(world, complaint, joiner))["answer"]["outcome"] == "resolved"
        assert await refused(world, await world.person(), complaint, "join") == (409, "state-conflict")

    async def test_everybody_of_a_merged_one_joins_where_it_went(self, world: World):
        authors = [await world.person() for _ in range(2)]
        first, second = [await world.complaint(author) for author in authors]
        joiner = await world.person()
        await act(world, joiner, first, "join")
        merged = await act(world, world.staff, first, "merge", {"into_id": str(second)})
        assert (merged["status"], merged["merged_into_id"]) == ("merged", str(second))
        assert await wall(world, world.grid.id) == [str(second)]
        assert (await look(world, second))["joins"] == 2
        for person in (authors[0], joiner):
            assert (await look(world, second, person))["part"] == "joiner"

    async def test_nothing_is_merged_into_itself_or_in_a_ring(self, world: World):
        first, second = await world.complaint(), await world.complaint()
        assert await refused(world, world.staff, first, "merge", {"into_id": str(first)}) == (422, "merge-into-itself")
        await act(world, world.staff, first, "merge", {"into_id": str(second)})
        ring = await refused(world, world.staff, second, "merge", {"into_id": str(first)})
        assert ring == (409, "merge-target-unfit")
        ended = await world.complaint(status="closed")
        assert await refused(world, world.staff, second, "merge", {"into_id": str(ended)}) == (
            409,
            "merge-target-unfit",
        )
        nowhere = await refused(world, world.staff, second, "merge", {"into_id": str(uuid4())})
        assert nowhere == (409, "merge-target-unfit")

    async def test_joiners_rate_for_themselves(self, world: World):
        complaint, joiner = await world.complaint(), await world.person()
        await act(world, joiner, complaint, "join")
        await act(world, world.staff, complaint, "answer")
        assert (await act(world, joiner, complaint, "rate", {"is_satisfied": False}))["status"] == "answered"
        assert await refused(world, joiner, complaint, "rate") == (409, "already-rated")
        assert await refused(world, await world.person(), complaint, "rate") == (403, "not-allowed")


class TestShielding:
    async def test_a_look_needs_a_reason_and_the_complainant_reads_it(self, api: ApiClient, world: World):
        author = await world.person()
        posted = await api.post("/v1/complaints", author, form(world))
        complaint = posted.json()["id"]
        path = f"/v1/complaints/{complaint}/complainant"
        assert problem(await api.get(path, world.staff)) == (403, "reason-needed")
        await act(world, world.staff, complaint, "unmask", {"reason": "上门前联系"})
        shown = (await api.get(path, world.staff)).json()
        assert (shown["name"], shown["phone"], shown["body"]) == ("王小明", "13812345678", BODY)
        other = await world.holder(Role.STAFF, world.grid)
        assert problem(await api.get(path, other)) == (403, "reason-needed")
        assert problem(await api.get(path, author)) == (404, "not-found")
        [seen] = (await look(world, complaint, author))["looks"]
        assert (seen["nickname"], seen["reason"]) == ("邻居0001", "上门前联系")

    async def test_nothing_of_a_look_is_kept_with_the_key(self, api: ApiClient, world: World):
        posted = await api.post("/v1/complaints", await world.person(), form(world))
        await act(world, world.staff, posted.json()["id"], "unmask", {"reason": "联系"})
        kept = await world.database.reads.fetchval(
            "SELECT string_agg(convert_from(body, 'UTF8'), '') FROM idempotency_key WHERE caller_id = $1",
            world.staff.id,
        )
        assert "王小明" not in kept
        assert "13812345678" not in kept

    async def test_no_event_and_no_row_beside_it_names_the_complainant(self, world: World):
        author, joiner = await world.person(), await world.person()
        complaint = await world.complaint(author, "waiting")
        await act(world, joiner, complaint, "join")
        await act(world, author, complaint, "resume", {"words": "三楼那盏"})
        await act(world, world.staff, complaint, "answer")
        for person in (joiner, author):
            await act(world, person, complaint, "rate")
        await act(world, author, complaint, "reopen", {"reason": "又坏了"})
        await act(world, author, complaint, "withdraw")
        events = await world.database.reads.fetch("SELECT * FROM event WHERE subject_id = $1", complaint)
        acts = {event["action"] for event in events if event["party"] in {"author", "joiner"}}
        assert acts == {"create", "join", "resume", "rate", "reopen", "withdraw"}
        assert {event["actor_id"] for event in events} == {None, world.staff.id}
        [row] = await world.database.reads.fetch("SELECT * FROM complaint WHERE id = $1", complaint)
        assert author.id not in row.values()
        for kept in await world.database.reads.fetch(
            "SELECT * FROM complaint_person WHERE complaint_id = $1", complaint
        ):
            for someone in (author, joiner):
                assert someone.id.bytes not in kept["sealed"]
                assert someone.id.bytes not in kept["person_hash"]
