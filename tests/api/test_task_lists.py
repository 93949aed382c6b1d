"""Monthly lists of tasks: drafted, checked, published whole, read by everybody, copied, closed; and every refusal."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import SHANGHAI, at, now, today
from app.domain import months
from app.domain.caller import Role
from app.domain.kinds import TaskKind
from app.domain.task_lists import ITEMS_MAX
from app.jobs import handlers
from app.services.content_checks import things
from app.services.content_checks.judging import Judge, Judgement
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.branches import join, lead, make_branch
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, make_grant
from tests.lists import ITEM, add_item, items_of, list_form, make_list, next_month, publish, published
from tests.people import Person
from tests.pledges import pledge, until
from tests.series import id_of

THIS_MONTH = months.of(today())
EVENTS = "SELECT action FROM event WHERE subject_id = $1 ORDER BY created_at, id"


async def worker_of(world: World) -> Person:
    """Return somebody of the community's staff whom WeChat knows, so that their words are checked."""
    worker = await world.visitor()
    await make_grant(world.database, worker, world.community, Role.STAFF)
    return worker


async def put_into(world: World, path: str, month: date) -> None:
    await world.database.writes.execute("UPDATE task_list SET month = $2 WHERE id = $1", id_of(path), month)


async def refused(world: World, path: str, form: object = None) -> tuple[int, str]:
    return problem(await world.api.post(path, world.staff, form))


class TestDraft:
    async def test_a_list_from_draft_to_page(self, world: World, jobs: Jobs):
        worker = await worker_of(world)
        path = await make_list(world, worker=worker)
        drafted = (await world.api.get(path, worker)).json()
        month = next_month()
        assert drafted == {
            "id": str(id_of(path)),
            "area": {"id": str(world.community.id), "name": world.community.name},
            "month": months.write(month),
            "number": 1,
            "title": f"{world.community.name}{month.year}年{month.month}月任务需求清单（第1期）",
            "status": "draft",
            "published_at": None,
            "created_at": drafted["created_at"],
            "actions": ["add_item", "publish", "cancel", "copy"],
            "item_count": 0,
            "seats": 0,
            "seats_taken": 0,
            "group_count": 0,
            "groups_until": None,
            "last_month": None,
        }
        first = await add_item(world, path, worker, passed=False)
        assert (first["kind"], first["list_id"], first["item_number"]) == ("listed", str(id_of(path)), 1)
        assert (first["status"], first["reward_points"], first["area"]["id"]) == (
            "draft",
            REWARD_POINTS,
            str(world.community.id),
        )
        dropped = await add_item(world, path, worker, passed=False, title="不要了")
        held = await add_item(world, path, worker, passed=False, title="赌博筹码", area_id=str(world.grid.id))
        await jobs.drain()
        assert [(item["item_number"], item["is_checked"]) for item in await items_of(world, path, worker)] == [
            (1, True),
            (2, True),
            (3, False),
        ]
        unchecked = await world.api.post(f"{path}/publish", worker, {})
        assert problem(unchecked) == (409, "list-unchecked")
        assert unchecked.json()["detail"].startswith("第3项的内容还没有通过检查")
        assert problem(await world.api.get(f"{path}/items")) == (404, "not-found")
        let_in = (await world.api.post(f"/v1/tasks/{held['id']}/open", world.staff)).json()
        assert (let_in["status"], let_in["actions"]) == ("draft", ["close", "cancel", "edit"])
        assert await refused(world, f"/v1/tasks/{held['id']}/open") == (409, "state-conflict")
        assert problem(await world.api.get(f"/v1/tasks/{held['id']}")) == (404, "not-found")
        await world.api.post(f"/v1/tasks/{dropped['id']}/cancel", worker, {"reason": "写错了。"})
        shown = await publish(world, path)
        assert (shown["status"], shown["item_count"], shown["seats"], shown["actions"]) == (
            "published",
            2,
            6,
            ["cancel", "copy"],
        )
        seen = await items_of(world, path)
        assert [(item["item_number"], item["title"], item["status"]) for item in seen] == [
            (1, "清理楼道杂物", "open"),
            (2, "赌博筹码", "open"),
        ]
        assert all(item["is_checked"] for item in seen)
        gone = (await world.api.get(f"/v1/tasks/{dropped['id']}", worker)).json()
        assert (gone["status"], gone["item_number"]) == ("cancelled", None)
        events = [row["action"] for row in await world.database.reads.fetch(EVENTS, id_of(path))]
        assert events == ["create", "add_item", "add_item", "add_item", "publish"]
        assert [row["action"] for row in await world.database.reads.fetch(EVENTS, UUID(held["id"]))] == [
            "create",
            "pass",
            "open",
        ]

    async def test_a_verdict_counts_for_the_words_it_was_asked_about(
        self, world: World, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
    ):
        worker = await worker_of(world)
        path = await make_list(world, worker=worker)
        item = await add_item(world, path, worker, passed=False)

        judge = Judge.judge

        async def judge_and_be_overtaken(*arguments: Any) -> Judgement:
            verdict = await judge(*arguments)
            await world.api.put(f"/v1/tasks/{item['id']}", worker, ITEM | {"title": "赌博筹码"})
            return verdict

        with monkeypatch.context() as patch:
            patch.setattr(Judge, "judge", judge_and_be_overtaken)
            await things.check_task(world.database, Judge(jobs.parts.wechat), UUID(item["id"]))
        assert [item["is_checked"] for item in await items_of(world, path, worker)] == [False]
        assert await refused(world, f"{path}/publish", {}) == (409, "list-unchecked")

    async def test_what_is_refused(self, api: ApiClient, world: World):
        await world.draw_all()
        over = list_form(world, months.before(THIS_MONTH))
        assert await refused(world, "/v1/task-lists", over) == (409, "list-month-over")
        for month in ("2026-13", "2026-00", "2026-1", "1999-12", "2100-01\n", "", None, 202612):
            assert await refused(world, "/v1/task-lists", list_form(world) | {"month": month}) == (
                422,
                "invalid-payload",
            )
        nowhere = list_form(world) | {"area_id": str(uuid4())}
        assert await refused(world, "/v1/task-lists", nowhere) == (422, "area-unknown")
        path = await make_list(world)
        assert await refused(world, f"{path}/publish", {}) == (409, "list-empty")
        past = (now() - timedelta(hours=1)).isoformat()
        for changes, code in (
            ({"area_id": str(uuid4())}, "area-unknown"),
            ({"area_id": str(world.district.id)}, "task-outside-area"),
            ({"location": {"longitude": 1, "latitude": 1}}, "location-outside"),
            ({"claim_until": past}, "task-in-the-past"),
            ({"kind": "patrol"}, "invalid-payload"),
            ({"seats": 0}, "invalid-payload"),
            ({"seats": 1001}, "invalid-payload"),
        ):
            assert await refused(world, f"{path}/items", ITEM | changes) == (422, code)
        worker_of_grid = await world.person()
        await make_grant(world.database, worker_of_grid, world.grid, Role.STAFF)
        for action, form in (("items", ITEM), ("publish", {}), ("copy", None)):
            response = await api.post(f"{path}/{action}", worker_of_grid, form)
            assert problem(response) == (404, "not-found"), "a draft is for the staff of its area"
        assert (await items_of(world, path, world.staff)) == []

    async def test_as_many_items_as_it_takes(self, world: World):
        path = await make_list(world)
        item = await add_item(world, path)
        await world.database.writes.execute(
            """
            INSERT INTO task (id, kind, list_id, item_number, passed_at, area_id, author_id, title, status, seats,
                seats_taken, reward_points)
            SELECT uuid_v7(), kind, list_id, n, passed_at, area_id, author_id, title, status, seats, 0, reward_points
            FROM task, generate_series(2, $2::int) AS n WHERE id = $1
            """,
            UUID(item["id"]),
            ITEMS_MAX,
        )
        assert await refused(world, f"{path}/items", ITEM) == (409, "list-full")
        assert (await publish(world, path))["item_count"] == ITEMS_MAX
        numbers: list[int] = []
        cursor: dict[str, Any] = {}
        for _ in range(4):
            told = (await world.api.get(f"{path}/items", limit=50, **cursor)).json()
            numbers += [item["item_number"] for item in told["items"]]
            cursor = {"cursor": told["next_cursor"]}
        assert (numbers, cursor) == (list(range(1, ITEMS_MAX + 1)), {"cursor": None})


class TestPublish:
    async def test_who_leads_there_is_told(self, world: World):
        leader, secretary, elsewhere = [await world.helper() for _ in range(3)]
        await world.team(leader)
        branch = await make_branch(world)
        await join(world, branch, secretary)
        await lead(world, branch, secretary)
        path, _ = await published(world, {}, {"seats": 5})
        for person in (leader, secretary):
            [told, *_] = (await world.api.get("/v1/me/messages", person)).json()["items"]
            assert (told["kind"], told["subject"]["path"]) == ("list_published", path)
            assert told["body"].endswith("任务需求清单（第1期）已发布，共2项、8个名额，请打开查看，组织大家认领。")
        assert (await world.api.get("/v1/me/messages", elsewhere)).json()["items"] == []

    async def test_twice(self, world: World):
        path, [task_id] = await published(world)
        for action, form in (("publish", {}), ("items", ITEM)):
            assert await refused(world, f"{path}/{action}", form) == (409, "state-conflict")
        assert await refused(world, f"/v1/tasks/{task_id}/open") == (409, "state-conflict")

    async def test_an_item_whose_time_is_over_meanwhile(self, world: World):
        path = await make_list(world)
        await add_item(world, path)
        until = now() + timedelta(hours=1)
        late = await add_item(world, path, claim_until=until.isoformat())
        with at(until):
            response = await world.api.post(f"{path}/publish", world.staff, {})
        assert problem(response) == (409, "list-item-over")
        assert response.json()["detail"].startswith("第2项")
        await world.api.post(f"/v1/tasks/{late['id']}/cancel", world.staff, {"reason": "过时了。"})
        assert (await publish(world, path))["item_count"] == 1

    async def test_when_its_month_is_over(self, world: World):
        path = await make_list(world, THIS_MONTH)
        await add_item(world, path)
        await put_into(world, path, months.before(THIS_MONTH))
        assert await refused(world, f"{path}/publish", {}) == (409, "list-month-over")
        await put_into(world, path, THIS_MONTH)
        assert (await publish(world, path))["status"] == "published"

    async def test_an_item_that_is_edited_afterwards_is_checked_and_opens_by_itself(self, world: World, jobs: Jobs):
        worker = await worker_of(world)
        path = await make_list(world, worker=worker)
        for _ in range(2):
            await add_item(world, path, worker, passed=False)
        await jobs.drain()
        first, second = [item["id"] for item in await items_of(world, path, worker)]
        await publish(world, path)
        for task_id, title in ((first, "清理楼道"), (second, "赌博筹码")):
            edited = await world.api.put(f"/v1/tasks/{task_id}", worker, ITEM | {"title": title})
            assert (edited.json()["status"], edited.json()["actions"][0]) == ("draft", "close")
        assert (await items_of(world, path), (await world.api.get(path)).json()["item_count"]) == ([], 0)
        await jobs.drain()
        assert [(item["item_number"], item["title"]) for item in await items_of(world, path)] == [(1, "清理楼道")]
        seen = await items_of(world, path, worker)
        assert [(item["item_number"], item["is_checked"]) for item in seen] == [(1, True), (2, False)]
        opened = await world.api.post(f"/v1/tasks/{second}/open", world.staff)
        assert (opened.json()["status"], opened.json()["item_number"]) == ("open", 2)
        await world.take_seat(await world.helper(), UUID(first))
        claimed = await world.api.put(f"/v1/tasks/{first}", worker, ITEM)
        assert problem(claimed) == (409, "task-claimed")


class TestGroups:
    async def test_a_branch_and_a_team_take_quotas_and_the_rest_is_offered_wider(self, world: World, jobs: Jobs):
        secretary, leader, neighbour = [await world.helper() for _ in range(3)]
        branch = await make_branch(world)
        places = [await join(world, branch, person) for person in (secretary, await world.helper())]
        await lead(world, branch, secretary)
        team = await world.team(leader)
        path = await make_list(world)
        first, second, own = [
            await add_item(world, path, **changes) for changes in ({"seats": 4}, {}, {"groups_until": until(48)})
        ]
        page = await publish(world, path, groups_until=(groups_until := until(2)))
        assert (page["group_count"], page["groups_until"]) == (0, own["groups_until"])
        items = await items_of(world, path)
        assert [datetime.fromisoformat(item["groups_until"]) for item in items] == [
            datetime.fromisoformat(when) for when in (groups_until, groups_until, own["groups_until"])
        ]
        told = (await world.api.get(f"{path}/summary")).json()["text"].splitlines()
        last = datetime.fromisoformat(own["groups_until"]).astimezone(SHANGHAI)
        assert told[-2] == f"{last.month}月{last.day}日前先由队伍和党支部承接，之后向个人开放。"
        alone = await world.api.post(f"/v1/tasks/{first['id']}/claims", neighbour)
        assert problem(alone) == (409, "task-for-groups")
        too_many = {"heads": 5, "branch_id": str(branch)}
        response = await world.api.post(f"/v1/tasks/{first['id']}/pledges", secretary, too_many)
        assert problem(response) == (409, "seats-too-few")
        of_branch = await pledge(world, secretary, first["id"], 3, branch_id=branch)
        for item in (first, second):
            await pledge(world, leader, item["id"], 1, team_id=team)
        people = {"place_ids": [str(place) for place in places]}
        named = await world.api.post(f"/v1/pledges/{of_branch['id']}/people", secretary, people)
        assert named.status_code == 200, named.text
        page = (await world.api.get(path)).json()
        assert (page["seats"], page["seats_taken"], page["group_count"]) == (10, 5, 2)
        with at(now() + timedelta(hours=3)):
            await handlers.end_pledges(jobs.parts)
            await world.take_seat(neighbour, UUID(first["id"]))
            for item, refusal in ((own, "task-for-groups"), (first, "already-claimed")):
                again = await world.api.post(f"/v1/tasks/{item['id']}/claims", neighbour)
                assert problem(again) == (409, refusal)
        page = (await world.api.get(path)).json()
        assert (page["seats_taken"], page["group_count"]) == (3, 1), "the team named nobody; the branch two of three"

    async def test_a_date_that_does_not_fit(self, world: World):
        path = await make_list(world)
        await add_item(world, path)
        await add_item(world, path, claim_until=until(5))
        assert await refused(world, f"{path}/publish", {"groups_until": until(-1)}) == (422, "task-in-the-past")
        response = await world.api.post(f"{path}/publish", world.staff, {"groups_until": until(6)})
        assert (problem(response), response.json()["facts"]) == ((422, "groups-until-late"), {"numbers": "2"})
        assert await refused(world, f"{path}/publish", {"groups_until": 7}) == (422, "invalid-payload")
        assert (await publish(world, path, groups_until=until(4)))["status"] == "published"


class TestRead:
    async def test_a_page_with_last_months_results(self, world: World):
        before, [first, second] = await published(world, {"seats": 2}, {}, month=THIS_MONTH)
        helpers = [await world.helper() for _ in range(3)]
        for task_id, helper, minutes in ((first, helpers[0], 90), (second, helpers[0], 30), (first, helpers[1], 45)):
            claim = await world.take_seat(helper, UUID(task_id))
            done = {"note": "好了。", "minutes": minutes}
            assert (await world.api.post(f"/v1/claims/{claim}/submit", helper, done)).status_code == 200
            assert (await world.api.post(f"/v1/claims/{claim}/verify", world.administrator)).status_code == 200
        await world.take_seat(helpers[2], UUID(second), note="好了，等核实。")
        path, [task_id] = await published(world)
        await make_list(world, THIS_MONTH)  # a draft of that month counts for nothing
        page = (await world.api.get(path)).json()
        assert page["last_month"] == {
            "month": months.write(THIS_MONTH),
            "item_count": 2,
            "people": 2,
            "verified": 3,
            "minutes": 165,
            "points": 3 * REWARD_POINTS,
        }
        await world.take_seat(helpers[2], UUID(task_id))
        page = (await world.api.get(path)).json()
        assert (page["item_count"], page["seats"], page["seats_taken"], page["actions"]) == (1, 3, 1, [])
        told = (await world.api.get(f"{path}/summary")).json()["text"].splitlines()
        assert told[1:] == [
            "共1项，需要3人，还差2人。",
            f"1. 清理楼道杂物（{world.community.name}，还差2人）",
            f"{THIS_MONTH.month}月：2人完成3次服务，共2小时。",
            "扫码或打开小程序认领。",
        ]
        listed = (await world.api.get("/v1/task-lists", area_id=world.district.id, limit=50)).json()["items"]
        assert [item["id"] for item in listed if item["area"]["id"] == str(world.community.id)] == [
            str(id_of(path)),
            str(id_of(before)),
        ]
        listed = (await world.api.get("/v1/task-lists", world.staff, area_id=world.community.id)).json()["items"]
        assert [item["status"] for item in listed] == ["draft", "published", "published"]
        assert [item["number"] for item in listed] == [3, 2, 1]
        open_tasks = await world.api.get("/v1/tasks", area_id=world.community.id, kind="listed")
        assert {item["id"] for item in open_tasks.json()["items"]} == {second, task_id}, "the first is done"

    async def test_a_false_service_counts_no_more(self, world: World):
        _, [task_id] = await published(world, month=THIS_MONTH)
        helper = await world.helper()
        claim = await world.take_seat(helper, UUID(task_id), note="好了。")
        assert (await world.api.post(f"/v1/claims/{claim}/verify", world.administrator)).status_code == 200
        path, _ = await published(world)
        assert (await world.api.get(path)).json()["last_month"]["people"] == 1
        reversal = {"reason": "没有去。", "document": "走访记录第7号"}
        proposed = await world.api.post(f"/v1/claims/{claim}/reverse-award", world.administrator, reversal)
        approver = await world.person()
        await make_grant(world.database, approver, world.district, Role.STAFF)
        done = await world.api.post(f"/v1/adjustments/{proposed.json()['id']}/approve", approver)
        assert done.status_code == 200, done.text
        last = (await world.api.get(path)).json()["last_month"]
        assert (last["item_count"], last["people"], last["verified"], last["points"]) == (1, 0, 0, 0)

    @pytest.mark.parametrize("part", ["", "/items", "/summary", "/qr.png"])
    async def test_asked_again_with_its_etag(self, world: World, part: str):
        path, [task_id] = await published(world)
        first = await world.api.get(path + part)
        known = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        again = await world.api.request("GET", path + part, None, headers=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        await world.take_seat(await world.helper(), UUID(task_id))
        changed = await world.api.request("GET", path + part, None, headers=known)
        assert changed.status_code == (304 if part == "/qr.png" else 200)

    async def test_the_picture_is_a_qr_code_that_leads_there(self, world: World):
        path, _ = await published(world)
        picture = await world.api.get(f"{path}/qr.png")
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = (int.from_bytes(picture.content[start : start + 4]) for start in (16, 20))
        assert width == height >= 300
        other, _ = await published(world)
        assert (await world.api.get(f"{other}/qr.png")).content != picture.content


class TestCopy:
    async def test_into_the_next_month(self, world: World, jobs: Jobs):
        worker = await worker_of(world)
        path = await make_list(world, THIS_MONTH, worker)
        starts = datetime.combine(next_month() + timedelta(days=9), datetime.min.time(), SHANGHAI).astimezone(UTC)
        window = {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=2)).isoformat(),
            "min_people": 2,
        }
        await add_item(world, path, worker, passed=False, **window, skills=["搬运"], area_id=str(world.grid.id))
        dropped = await add_item(world, path, worker, passed=False)
        await add_item(world, path, worker, passed=False, title="陪伴老人", body="聊聊天。", tags=["elderly"])
        await jobs.drain()
        await world.api.post(f"/v1/tasks/{dropped['id']}/cancel", worker, {"reason": "不要了。"})
        await publish(world, path)
        first, second = await items_of(world, path)
        await world.take_seat(await world.helper(), UUID(second["id"]))
        await world.api.put(f"/v1/tasks/{first['id']}", worker, ITEM | window | {"title": "赌博筹码"})
        response = await world.api.post(f"{path}/copy", worker)
        copied = response.json()
        assert (response.status_code, copied["status"], copied["number"]) == (201, "draft", 2)
        assert (copied["month"], copied["item_count"], copied["seats_taken"]) == (months.write(next_month()), 2, 0)
        copy = f"/v1/task-lists/{copied['id']}"
        items = await items_of(world, copy, worker)
        assert [(item["item_number"], item["title"], item["is_checked"]) for item in items] == [
            (1, "赌博筹码", False),
            (2, "陪伴老人", True),
        ]
        begins = datetime.fromisoformat(items[0]["starts_at"])
        assert begins - starts in {timedelta(weeks=4), timedelta(weeks=5)}
        assert datetime.fromisoformat(items[0]["ends_at"]) - begins == timedelta(hours=2)
        assert months.of(begins.astimezone(SHANGHAI).date()) == months.after(next_month())
        assert (items[0]["area"]["id"], items[0]["min_people"]) == (str(world.grid.id), 2)
        assert (items[1]["body"], items[1]["starts_at"], items[1]["seats"]) == ("聊聊天。", None, 3)
        assert items[1]["tags"] == ["elderly"]
        await jobs.drain()
        assert not (await items_of(world, copy, worker))[0]["is_checked"], "its words wait for a person, as they did"
        assert await refused(world, f"{path}/copy") == (409, "list-copied")
        assert "copy" not in (await world.api.get(path, worker)).json()["actions"]
        cancelled = await world.api.post(f"{copy}/cancel", worker, {"reason": "重来。"})
        assert (cancelled.json()["status"], cancelled.json()["actions"]) == ("cancelled", [])
        assert await refused(world, f"{copy}/copy") == (409, "state-conflict")
        assert (await world.api.post(f"{path}/copy", worker)).json()["number"] == 3

    async def test_into_a_month_that_is_over(self, world: World):
        path = await make_list(world, THIS_MONTH)
        await put_into(world, path, months.before(months.before(THIS_MONTH)))
        assert await refused(world, f"{path}/copy") == (409, "list-month-over")
        await put_into(world, path, months.before(THIS_MONTH))
        copied = await world.api.post(f"{path}/copy", world.staff)
        assert (copied.status_code, copied.json()["month"]) == (201, months.write(THIS_MONTH))


class TestEnd:
    async def test_closed_by_itself_after_its_month(self, world: World, jobs: Jobs):
        path, [task_id] = await published(world, month=THIS_MONTH)
        with at(months.start(next_month()) - timedelta(minutes=1)):
            await handlers.close_lists(jobs.parts)
            assert (await world.api.get(path)).json()["status"] == "published"
        with at(months.start(next_month())):
            assert await handlers.close_lists(jobs.parts) >= 1
            assert await handlers.close_lists(jobs.parts) == 0
        page = (await world.api.get(path, world.staff)).json()
        assert (page["status"], page["item_count"], page["actions"]) == ("closed", 1, ["copy"])
        await world.take_seat(await world.helper(), UUID(task_id))  # its items go on

    async def test_called_off(self, world: World):
        path, [claimed, free] = await published(world, {}, {})
        claim = await world.take_seat(await world.helper(), UUID(claimed))
        off = await world.api.post(f"{path}/cancel", world.staff, {"reason": "上级另有安排。"})
        assert (off.status_code, off.json()["status"]) == (200, "cancelled")
        assert await refused(world, f"{path}/cancel", {"reason": "再来一次。"}) == (409, "state-conflict")
        assert problem(await world.api.get(path)) == (404, "not-found")
        states = [(await world.api.get(f"/v1/tasks/{one}", world.staff)).json()["status"] for one in (claimed, free)]
        assert states == ["closed", "cancelled"]
        status = await world.database.reads.fetchval("SELECT status FROM claim WHERE id = $1", claim)
        assert status == "active", "who works on it goes on"

    async def test_it_goes_along_when_its_area_is_merged(self, world: World):
        """What is not over of it counts on from the numbers of the area that takes it in."""
        paths = []
        for grid in (world.grid, world.other_grid):
            form = list_form(world) | {"area_id": str(grid.id)}
            made = await world.api.post("/v1/task-lists", world.administrator, form)
            assert made.status_code == 201, made.text
            paths.append(f"/v1/task-lists/{made.json()['id']}")
        away = await add_item(world, paths[0])
        merge = {"into_id": str(world.other_grid.id), "reason": "网格调整。"}
        merged = await world.api.post(f"/v1/areas/{world.grid.id}/merge", world.administrator, merge)
        assert merged.status_code == 200, merged.text
        there = [(await world.api.get(path, world.administrator)).json() for path in paths]
        assert [(item["area"]["id"], item["number"]) for item in there] == [
            (str(world.other_grid.id), n) for n in (2, 1)
        ]
        assert (await publish(world, paths[0]))["item_count"] == 1
        assert (await world.api.get(f"/v1/tasks/{away['id']}")).json()["area"]["id"] == str(world.other_grid.id)


async def test_policies_say_what_it_promises(world: World):
    rates = {"area_id": str(world.community.id), "rates": [{"kind": "listed", "points": 7, "points_per_hour": 3}]}
    said = await world.api.post("/v1/policies", world.administrator, rates)
    assert said.status_code == 201, said.text
    item = await add_item(world, await make_list(world), area_id=str(world.grid.id))
    assert (item["kind"], item["reward_points"], item["hourly_points"]) == (TaskKind.LISTED, 7, 3)
