"""Series of tasks: each occurrence a task of its own, made ahead, following changes, and every refusal."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import SHANGHAI, at, now, today
from app.domain.texts import NOT_IN_SERIES
from app.jobs import handlers
from app.services import series_tasks
from app.services.content_checks import things
from app.services.content_checks.judging import Judge
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World
from tests.series import after, edit_form, id_of, make_series, open_series, series_form, tasks_of, worker_of
from tests.wechat.overtaken import Overtaken

WEEKLY_FOR_A_YEAR = "FREQ=WEEKLY;COUNT=52"


async def claim(world: World, task_id: str) -> None:
    response = await world.api.post(f"/v1/tasks/{task_id}/claims", await world.helper())
    assert response.status_code == 201, response.text


async def statuses(world: World, path: str) -> dict[date, str]:
    return {day: task["status"] for day, task in (await tasks_of(world, path)).items()}


class TestPost:
    async def test_a_series_with_everything(self, world: World):
        await world.draw_all()
        said: dict[str, Any] = {
            "body": "带上手电。",
            "min_people": 2,
            "minutes": 45,
            "skills": ["急救"],
            "tags": [],
            "place": "3号楼前",
        }
        made = await make_series(world, **said, location=world.place(15, 15), skips_holidays=True)
        assert made == {
            "id": made["id"],
            "kind": "patrol",
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "title": "晚间巡逻",
            "status": "draft",
            "seats": 3,
            **said,
            "location": world.place(15, 15),
            "from": str(after(1)),
            "rule": "FREQ=DAILY;COUNT=4",
            "starts": "19:30",
            "length_minutes": 60,
            "timezone": "Asia/Shanghai",
            "skips_holidays": True,
            "last_on": str(after(4)),
            "made_until": str(today()),
            "created_at": made["created_at"],
            "actions": ["edit", "end"],
            "tasks": [],
        }

    async def test_checked_once_and_its_tasks_are_open(self, world: World, jobs: Jobs):
        made = await make_series(world, await worker_of(world), place="3号楼前", body="带上手电。")
        await jobs.drain()
        path = f"/v1/task-series/{made['id']}"
        assert (await world.api.get(path, world.staff)).json()["status"] == "open"
        tasks = await tasks_of(world, path)
        assert list(tasks) == [after(1), after(2), after(3), after(4)]
        seen = (await world.api.get(f"/v1/tasks/{tasks[after(2)]['task_id']}")).json()
        assert (seen["series_id"], seen["occurrence"]) == (made["id"], str(after(2)))
        starts = datetime.combine(after(2), datetime.min.time(), SHANGHAI).replace(hour=19, minute=30)
        assert datetime.fromisoformat(seen["starts_at"]) == starts
        assert datetime.fromisoformat(seen["ends_at"]) == starts + timedelta(hours=1)
        assert (seen["title"], seen["body"], seen["place"], seen["kind"], seen["seats"], seen["reward_points"]) == (
            "晚间巡逻",
            "带上手电。",
            "3号楼前",
            "patrol",
            3,
            REWARD_POINTS,
        )

    @pytest.mark.parametrize("words", [{"title": "赌博筹码"}, {"body": "赌博筹码"}, {"place": "赌博筹码"}])
    async def test_what_does_not_pass_waits_for_a_person(self, world: World, jobs: Jobs, words: dict[str, str]):
        made = await make_series(world, await worker_of(world), **words)
        await jobs.drain()
        seen = (await world.api.get(f"/v1/task-series/{made['id']}", world.staff)).json()
        assert (seen["status"], seen["tasks"]) == ("draft", [])

    async def test_a_verdict_counts_for_the_words_it_was_asked_about(self, world: World, jobs: Jobs):
        worker = await worker_of(world)
        made = await make_series(world, worker)
        path = f"/v1/task-series/{made['id']}"
        risky = edit_form(world, title="赌博筹码")
        wechat = Overtaken(jobs.parts.wechat, lambda: world.api.put(path, worker, risky))
        await things.check_series(world.database, Judge(wechat), UUID(made["id"]), weeks=4, base_points=1)
        assert (await world.api.get(path, worker)).json()["status"] == "draft"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"kind": "pairing"}, "invalid-payload"),
            ({"kind": "wish"}, "invalid-payload"),
            ({"length_minutes": 0}, "invalid-payload"),
            ({"length_minutes": -60}, "invalid-payload"),
            ({"length_minutes": 1441}, "invalid-payload"),
            ({"starts": "24:00"}, "invalid-payload"),
            ({"starts": "7:30"}, "invalid-payload"),
            ({"starts": "19:30\n"}, "invalid-payload"),
            ({"seats": 1, "min_people": 2}, "invalid-payload"),
            ({"rule": "FREQ=DAILY;COUNT=3;" * 20}, "invalid-payload"),
            ({"from": "2026-02-30"}, "invalid-payload"),
            ({"timezone": "America/New_York"}, "invalid-payload"),
            ({"rule": "FREQ=DAILY"}, "series-endless"),
            ({"rule": "FREQ=DAILY;COUNT=10000"}, "series-too-long"),
            ({"rule": "FREQ=DAILY;UNTIL=20200101"}, "series-empty"),
            ({"rule": "FREQ=DAILY;COUNT=3\nEXDATE:20270101"}, "rule-unclear"),
            ({"from": str(after(-1))}, "series-in-the-past"),
            ({"location": {"longitude": 1, "latitude": 1}}, "location-outside"),
            ({"area_id": str(uuid4())}, "area-unknown"),
        ],
    )
    async def test_what_is_refused(self, api: ApiClient, world: World, changes: dict[str, Any], code: str):
        response = await api.post("/v1/task-series", world.staff, series_form(world, **changes))
        assert problem(response) == (422, code)

    async def test_one_whose_only_day_is_over_at_noon(self, api: ApiClient, world: World):
        with at(datetime.combine(today(), datetime.min.time(), SHANGHAI) + timedelta(hours=12)):
            begun = {"from": str(today()), "rule": "FREQ=DAILY;COUNT=1", "starts": "09:00"}
            refused = await api.post("/v1/task-series", world.staff, series_form(world, **begun))
            assert problem(refused) == (422, "series-in-the-past")
            several = series_form(world, **begun | {"length_minutes": 300, "min_people": 2})
            assert problem(await api.post("/v1/task-series", world.staff, several)) == (422, "series-in-the-past")
            goes_on = series_form(world, **begun | {"length_minutes": 300})
            assert (await api.post("/v1/task-series", world.staff, goes_on)).status_code == 201

    async def test_a_place_elsewhere_is_refused(self, api: ApiClient, world: World):
        await world.draw_all()
        form = series_form(world, location=world.place(25, 15))
        assert problem(await api.post("/v1/task-series", world.staff, form)) == (422, "task-outside-area")

    async def test_only_staff_of_the_area_post(self, api: ApiClient, world: World):
        form = series_form(world, area_id=str(world.neighbour.id))
        assert problem(await api.post("/v1/task-series", world.staff, form)) == (403, "not-allowed")


class TestList:
    async def test_of_an_area_and_below_to_its_staff(self, api: ApiClient, world: World):
        made = [await make_series(world) for _ in range(2)]
        listed = (await api.get("/v1/task-series", world.administrator, area_id=str(world.district.id))).json()
        assert [series["id"] for series in listed["items"]] == [series["id"] for series in reversed(made)]
        refused = await api.get("/v1/task-series", await world.helper(), area_id=str(world.grid.id))
        assert problem(refused) == (403, "not-allowed")


class TestSweep:
    async def test_some_weeks_ahead_and_once(self, world: World, jobs: Jobs):
        path = await open_series(world, rule=WEEKLY_FOR_A_YEAR)
        assert len(await tasks_of(world, path)) == jobs.parts.settings.series_weeks
        await handlers.make_series_tasks(jobs.parts)
        assert len(await tasks_of(world, path)) == jobs.parts.settings.series_weeks
        with at(now() + timedelta(weeks=3)):
            await handlers.make_series_tasks(jobs.parts)
            assert await handlers.make_series_tasks(jobs.parts) == 0
        tasks = await tasks_of(world, path)
        assert list(tasks) == [after(1 + 7 * week) for week in range(7)]
        assert {task["status"] for task in tasks.values()} == {"open"}

    async def test_a_day_that_was_cancelled_stays_so(self, world: World, jobs: Jobs):
        path = await open_series(world)
        task = (await tasks_of(world, path))[after(2)]
        await world.api.post(f"/v1/tasks/{task['task_id']}/cancel", world.staff, {"reason": "下雨。"})
        await world.database.writes.execute(
            "UPDATE task_series SET made_until = begins_on - 1 WHERE id = $1", id_of(path)
        )
        await handlers.make_series_tasks(jobs.parts)
        assert (await statuses(world, path))[after(2)] == "cancelled"
        assert len(await tasks_of(world, path)) == 4

    async def test_public_holidays_can_be_left_out(self, world: World):
        """National Day of 2026 and the six days after it; the next Saturday is worked for it, and no holiday."""
        with at(datetime(2026, 9, 28, 4, tzinfo=SHANGHAI)):
            begins = {"from": "2026-09-29", "rule": "FREQ=DAILY;COUNT=12"}
            path = await open_series(world, **begins, skips_holidays=True)
            left = list(await tasks_of(world, path))
            assert left == [
                date(2026, 9, 29),
                date(2026, 9, 30),
                date(2026, 10, 8),
                date(2026, 10, 9),
                date(2026, 10, 10),
            ]
            assert len(await tasks_of(world, await open_series(world, **begins))) == 12

    async def test_ends_by_itself_after_its_last_day(self, world: World, jobs: Jobs):
        path = await open_series(world)
        draft = f"/v1/task-series/{(await make_series(world))['id']}"
        with at(now() + timedelta(days=4)):
            await handlers.make_series_tasks(jobs.parts)
        assert (await world.api.get(path, world.staff)).json()["status"] == "open"
        with at(now() + timedelta(days=5)):
            await handlers.make_series_tasks(jobs.parts)
        for ended in (path, draft):
            assert (await world.api.get(ended, world.staff)).json()["status"] == "ended"

    async def test_one_that_got_another_end_goes_on(self, world: World):
        path = await open_series(world)
        with pytest.raises(Exception, match="state-conflict"):
            async with world.database.transaction() as connection:
                await series_tasks.finish(connection, id_of(path))

    async def test_a_draft_makes_nothing(self, world: World):
        made = await make_series(world)
        with pytest.raises(Exception, match="state-conflict"):
            async with world.database.transaction() as connection:
                await series_tasks.make_due(connection, UUID(made["id"]), after(30), 1)


class TestEdit:
    async def test_all_from_here_on(self, api: ApiClient, world: World):
        """The first day is before, the second goes on, the third is claimed, the fourth was changed by hand."""
        path = await open_series(world)
        tasks = await tasks_of(world, path)
        await claim(world, tasks[after(3)]["task_id"])
        by_hand = {"title": "巡逻改为值守", "seats": 1}
        await api.put(f"/v1/tasks/{tasks[after(4)]['task_id']}", world.staff, by_hand)
        changes = {"from": str(after(2)), "rule": "FREQ=DAILY;COUNT=5", "title": "早间巡逻", "starts": "06:00"}
        changed = await api.put(path, world.staff, edit_form(world, **changes))
        assert changed.status_code == 200
        kept = changed.json()["kept"]
        assert [(task["occurrence"], task["seats_taken"], task["is_detached"]) for task in kept] == [
            (str(after(3)), 1, False),
            (str(after(4)), 0, True),
        ]
        assert await statuses(world, path) == {
            after(1): "open",
            after(2): "draft",
            after(3): "open",
            after(4): "draft",
        }
        await api.post(f"{path}/open", world.administrator)
        assert await statuses(world, path) == {
            after(1): "open",
            after(2): "open",
            after(3): "open",
            after(4): "draft",
            after(5): "open",
            after(6): "open",
        }
        titles = [
            (await api.get(f"/v1/tasks/{task['task_id']}", world.staff)).json()["title"]
            for task in (await tasks_of(world, path)).values()
        ]
        assert titles == ["晚间巡逻", "早间巡逻", "晚间巡逻", "巡逻改为值守", "早间巡逻", "早间巡逻"]

    async def test_a_day_that_falls_away_can_come_back(self, api: ApiClient, world: World):
        path = await open_series(world)
        second = (await tasks_of(world, path))[after(2)]["task_id"]
        form = edit_form(world, rule=f"FREQ=DAILY;INTERVAL=2;UNTIL={after(4):%Y%m%d}")
        assert (await api.put(path, world.staff, form)).json()["kept"] == []
        assert list(await tasks_of(world, path)) == [after(1), after(3)]
        gone = (await api.get(f"/v1/tasks/{second}", world.staff)).json()
        assert gone["status"] == "cancelled"
        note = await world.database.reads.fetchval(
            "SELECT note FROM event WHERE subject_id = $1 AND action = 'cancel'", UUID(second)
        )
        assert note == NOT_IN_SERIES
        await api.put(path, world.staff, edit_form(world))
        await api.post(f"{path}/open", world.administrator)
        assert list(await statuses(world, path)) == [after(1), after(2), after(3), after(4)]

    async def test_what_was_not_made_before_that_day_is_made_first(self, api: ApiClient, world: World):
        path = await open_series(world, rule=WEEKLY_FOR_A_YEAR)
        begins = after(1 + 7 * 10)
        await api.put(path, world.staff, edit_form(world, rule="FREQ=WEEKLY;COUNT=2", **{"from": str(begins)}))
        assert list(await tasks_of(world, path)) == [after(1 + 7 * week) for week in range(10)]
        assert set((await statuses(world, path)).values()) == {"open"}

    async def test_words_that_never_passed_hold_for_no_time(self, api: ApiClient, world: World):
        path = f"/v1/task-series/{(await make_series(world))['id']}"
        later = edit_form(world, **{"from": str(after(3))})
        assert problem(await api.put(path, world.staff, later)) == (409, "series-unchecked")
        assert (await api.put(path, world.staff, edit_form(world, title="改名"))).json()["title"] == "改名"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"from": str(after(-1))}, "series-in-the-past"),
            ({"rule": "FREQ=DAILY"}, "series-endless"),
            ({"rule": "FREQ=DAILY;COUNT=401"}, "series-too-long"),
            ({"rule": "FREQ=DAILY;UNTIL=20200101"}, "series-empty"),
            ({"rule": "BYDAY=MO"}, "rule-unclear"),
            ({"location": {"longitude": 1, "latitude": 1}}, "location-outside"),
        ],
    )
    async def test_what_is_refused(self, api: ApiClient, world: World, changes: dict[str, Any], code: str):
        path = await open_series(world)
        assert problem(await api.put(path, world.staff, edit_form(world, **changes))) == (422, code)
        assert set((await statuses(world, path)).values()) == {"open"}

    async def test_an_ended_one_stays(self, api: ApiClient, world: World):
        path = await open_series(world)
        await api.post(f"{path}/end", world.staff, {"reason": "不办了。"})
        assert problem(await api.put(path, world.staff, edit_form(world))) == (409, "state-conflict")
        assert problem(await api.post(f"{path}/open", world.administrator)) == (409, "state-conflict")


class TestEnd:
    async def test_cancels_what_nobody_claimed_and_names_the_rest(self, api: ApiClient, world: World):
        path = await open_series(world)
        tasks = await tasks_of(world, path)
        await claim(world, tasks[after(2)]["task_id"])
        ended = (await api.post(f"{path}/end", world.staff, {"reason": "学期结束。"})).json()
        assert (ended["status"], ended["actions"]) == ("ended", [])
        assert [task["occurrence"] for task in ended["kept"]] == [str(after(2))]
        assert await statuses(world, path) == {
            after(1): "cancelled",
            after(2): "open",
            after(3): "cancelled",
            after(4): "cancelled",
        }
        assert problem(await api.post(f"{path}/end", world.staff, {"reason": "再来。"})) == (409, "state-conflict")
