"""One's own calendar, in the app and by a secret link: what is in it, and who reads it."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from icalendar import Calendar

from app.core.clock import SHANGHAI, local_date, today
from app.services import calendar_links
from tests.api.scene import problem
from tests.api.test_posted_tasks import claim, posted, window
from tests.api_client import ApiClient
from tests.factories import TEAM_FORM, World
from tests.people import Person
from tests.random_words import letters

SHOWN = ("title", "place", "starts_at", "ends_at")


async def week(world: World, person: Person, days: int = 14) -> list[dict[str, Any]]:
    query = {"from": str(today()), "to": str(today() + timedelta(days=days))}
    answer = await world.api.get("/v1/me/calendar", person, **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def subscribe(world: World, person: Person) -> str:
    response = await world.api.post("/v1/me/calendar-link", person)
    assert response.status_code == 201, response.text
    return str(response.json()["path"])


async def read(world: World, path: str) -> list[Any]:
    response = await world.api.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "no-store" in response.headers["cache-control"]
    lines = response.content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    calendar = Calendar.from_ical(response.content)
    assert calendar["version"] == "2.0"
    return list(calendar.walk("VEVENT"))


async def claimed(world: World, helper: Person, **form: Any) -> tuple[str, UUID]:
    path = await posted(world, **form)
    return path, await claim(world, path, helper)


class TestCalendar:
    async def test_claims_with_a_window_in_order(self, world: World):
        helper = await world.helper()
        later, sooner = window(48), window(24)
        await claimed(world, helper, title="后天", **later)
        path, claim_id = await claimed(world, helper, title="明天", place="活动室", **sooner)
        items = await week(world, helper)
        assert [item["title"] for item in items] == ["明天", "后天"]
        task = (await world.api.get(path)).json()
        assert items[0] == {name: task[name] for name in SHOWN} | {
            "claim": {
                "id": str(claim_id),
                "task_id": task["id"],
                "task_kind": "activity",
                "status": "active",
            },
            "team": None,
            "is_due": False,
            "actions": ["submit", "release", "cannot"],
        }
        assert await week(world, await world.helper()) == []

    async def test_what_has_no_time_stands_on_the_day_by_which_it_is_due(self, api: ApiClient, world: World):
        """A whole day, as long as there is something to do; what a resident asked for without the resident's words."""
        helper = await world.helper()
        _, claim_id = await claimed(world, helper, title="没有时间", place="活动室")
        wished = await world.claim(helper, await world.wish(await world.person()))
        items = await week(world, helper)
        assert [(item["title"], item["is_due"], item["place"]) for item in items] == [
            ("到期：没有时间", True, "活动室"),
            ("到期：认领的任务", True, None),
        ]
        due_on = local_date(datetime.fromisoformat((await api.get(f"/v1/claims/{claim_id}", helper)).json()["due_at"]))
        for item in items:
            begins, ends = [
                datetime.fromisoformat(item[name]).astimezone(SHANGHAI) for name in ("starts_at", "ends_at")
            ]
            assert (begins.date(), ends.date()) == (due_on, due_on + timedelta(days=1))
            assert begins.hour == ends.hour == 0
        assert await week(world, helper, days=5) == [], "it is due later"
        path = await subscribe(world, helper)
        events = await read(world, path)
        assert [(event["dtstart"].dt, event["dtend"].dt) for event in events] == [
            (due_on, due_on + timedelta(days=1))
        ] * 2
        assert {(str(event["status"]), str(event["transp"])) for event in events} == {("CONFIRMED", "TRANSPARENT")}
        assert {str(event["summary"]) for event in events} == {item["title"] for item in items}
        await api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "好了。"})
        await api.post(f"/v1/claims/{wished}/release", helper)
        assert await week(world, helper) == []
        assert [str(event["status"]) for event in await read(world, path)] == ["CANCELLED"] * 2

    async def test_a_pairing_shows_as_long_as_it_lasts(self, world: World):
        helper = await world.helper()
        await claimed(world, helper, kind="pairing", title="结对帮扶", **window(1, hours=24 * 90))
        seen = await world.api.get(
            "/v1/me/calendar",
            helper,
            **{"from": str(today() + timedelta(days=40)), "to": str(today() + timedelta(days=40))},
        )
        assert [item["claim"]["task_kind"] for item in seen.json()["items"]] == ["pairing"]

    async def test_what_was_given_back_is_gone_and_what_is_done_stays(self, world: World):
        helper = await world.helper()
        _, back = await claimed(world, helper, title="退回", **window(24))
        _, done = await claimed(world, helper, title="做完", **window(24))
        await world.api.post(f"/v1/claims/{back}/release", helper)
        await world.api.post(f"/v1/claims/{done}/submit", helper, {"note": "好了。", "minutes": 30})
        await world.api.post(f"/v1/claims/{done}/verify", world.administrator)
        assert [(item["title"], item["claim"]["status"]) for item in await week(world, helper)] == [
            ("做完", "verified")
        ]

    async def test_what_ones_teams_do_each_week(self, world: World):
        leader, member, asker = [await world.helper() for _ in range(3)]
        team_id = await world.team(leader)
        await world.place_in_team(team_id, member)
        await world.place_in_team(team_id, asker, status="asked")
        items = await week(world, member, days=13)
        assert len(items) == 2
        for item in items:
            starts_at = datetime.fromisoformat(item["starts_at"]).astimezone(SHANGHAI)
            assert (starts_at.isoweekday(), f"{starts_at:%H:%M}") == (6, "09:00")
            assert (item["title"], item["team"]["id"], item["claim"]) == ("周六义务维修", str(team_id), None)
        assert await week(world, asker) == []
        before = {"from": str(today() - timedelta(days=14)), "to": str(today() - timedelta(days=1))}
        assert (await world.api.get("/v1/me/calendar", member, **before)).json()["items"] == [], "not in it yet"

    async def test_this_week_unless_told_otherwise(self, api: ApiClient, world: World):
        helper = await world.helper()
        await world.team(helper)
        [item] = (await api.get("/v1/me/calendar", helper)).json()["items"]
        day = local_date(datetime.fromisoformat(item["starts_at"]))
        assert (day.isocalendar()[:2], day.isoweekday()) == (today().isocalendar()[:2], 6)

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"from": "2026-05-02", "to": "2026-05-01"}, "days-unclear"),
            ({"from": "2026-05-01", "to": "2026-07-02"}, "days-unclear"),
            ({"from": "2026-05"}, "invalid-payload"),
            ({"from": "1"}, "invalid-payload"),
            ({"from": "2100-12-31", "to": "2101-01-01"}, "invalid-payload"),
        ],
    )
    async def test_days_that_are_refused(self, api: ApiClient, world: World, query: dict[str, str], code: str):
        assert problem(await api.get("/v1/me/calendar", world.staff, **query)) == (422, code)


class TestLink:
    async def test_a_task_from_claim_to_release_and_claim(self, world: World):
        helper = await world.helper()
        title = "小区里的活动；带上手套, 水和帽子，" * 3
        task, claim_id = await claimed(world, helper, title=title, place="活动室", **window(24))
        path = await subscribe(world, helper)
        [event] = await read(world, path)
        told = (await world.api.get(task)).json()
        assert (event["summary"], event["location"], event["status"]) == (title, "活动室", "CONFIRMED")
        assert event["dtstart"].dt == datetime.fromisoformat(told["starts_at"]).replace(microsecond=0)
        assert event["dtend"].dt == datetime.fromisoformat(told["ends_at"]).replace(microsecond=0)
        assert event["uid"] == f"task-{told['id']}@echowall"
        await world.api.post(f"/v1/claims/{claim_id}/release", helper)
        [released] = await read(world, path)
        assert (released["uid"], released["status"]) == (event["uid"], "CANCELLED")
        assert released["dtstamp"].dt >= event["dtstamp"].dt
        await claim(world, task, helper)
        [again] = await read(world, path)
        assert (again["uid"], again["status"]) == (event["uid"], "CONFIRMED")

    async def test_a_task_that_is_called_off(self, world: World):
        helper = await world.helper()
        task, _ = await claimed(world, helper, **window(24))
        path = await subscribe(world, helper)
        await world.api.post(f"{task}/cancel", world.staff, {"reason": "下雨了。"})
        [event] = await read(world, path)
        assert event["status"] == "CANCELLED"

    async def test_a_team_comes_every_week_until_midnight(self, world: World):
        leader = await world.helper()
        hours = [{"weekdays": [7, 3], "from": "22:00", "to": "24:00"}]
        service = {"title": "夜间, 值守;值班", "description": "守着。", "hours": hours}
        form = TEAM_FORM | {"area_id": str(world.grid.id), "name": f"队伍{letters(8)}", "services": [service]}
        team = (await world.api.post("/v1/teams", leader, form)).json()
        await world.api.post(f"/v1/teams/{team['id']}/approve", world.staff)
        path = await subscribe(world, leader)
        [event] = await read(world, path)
        assert event["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=WE,SU"
        assert event["summary"] == f"{form['name']}：夜间, 值守;值班"
        starts_at, ends_at = event["dtstart"].dt, event["dtend"].dt
        assert starts_at.isoweekday() in {3, 7}
        assert (f"{starts_at:%H:%M}", ends_at - starts_at) == ("22:00", timedelta(hours=2))
        raw = (await world.api.get(path)).text
        assert "DTSTART;TZID=Asia/Shanghai:" in raw
        assert "BEGIN:VTIMEZONE" in raw
        [again] = await read(world, path)
        assert again == event

    async def test_names_nobody(self, world: World):
        """Of what is for a resident no word is in it, and no id of a person."""
        author, helper = await world.person(), await world.helper()
        task_id = await world.task_of(await world.wish(author))
        await world.database.writes.execute(
            "UPDATE task SET starts_at = now(), ends_at = now() + interval '1 hour', place = '3号楼' WHERE id = $1",
            task_id,
        )
        assert (await world.api.post(f"/v1/tasks/{task_id}/claims", helper)).status_code == 201
        await claimed(world, helper, **window(24))
        path = await subscribe(world, helper)
        assert [str(event.get("location")) for event in await read(world, path)] == ["None", "None"]
        raw = (await world.api.get(path)).text
        for person in (author, helper, world.staff):
            assert str(person.id) not in raw
            assert person.openid not in raw
        told = (await world.api.get(f"/v1/tasks/{task_id}")).json()
        assert told["title"] not in raw
        assert told["title"] not in str(await week(world, helper))

    async def test_one_link_and_it_can_be_taken_back(self, api: ApiClient, world: World):
        helper = await world.helper()
        assert problem(await api.delete("/v1/me/calendar-link", helper)) == (404, "not-found")
        first = await subscribe(world, helper)
        seen = (await api.get("/v1/me/calendar", helper)).json()
        assert (seen["link_since"] is not None, seen["actions"]) == (True, ["link", "unlink"])
        second = await subscribe(world, helper)
        assert problem(await api.get(first)) == (404, "not-found")
        assert await read(world, second) == []
        assert (await api.delete("/v1/me/calendar-link", helper)).status_code == 204
        assert problem(await api.get(second)) == (404, "not-found")
        assert (await api.get("/v1/me/calendar", helper)).json()["link_since"] is None

    async def test_none_for_who_is_blocked(self, world: World):
        helper = await world.helper()
        path = await subscribe(world, helper)
        await world.database.writes.execute('UPDATE "user" SET is_blocked = true WHERE id = $1', helper.id)
        assert problem(await world.api.get(path)) == (404, "not-found")

    @pytest.mark.parametrize("token", ["x", "%00", "%ff", "'%20OR%20true--", "..%2f..", "%F0%9F%98%80"])
    async def test_links_that_lead_nowhere(self, api: ApiClient, token: str):
        assert problem(await api.get(f"/v1/calendars/{token}.ics")) == (404, "not-found")

    async def test_a_link_that_is_none(self, api: ApiClient):
        assert problem(await api.get(f"/v1/calendars/{'a' * 5000}.ics")) == (422, "invalid-payload")

    async def test_it_is_kept_nowhere(self, api: ApiClient, world: World):
        helper = await world.helper()
        key = uuid4().hex
        made = (await api.post("/v1/me/calendar-link", helper, key=key)).json()["path"]
        token = re.fullmatch(r"/v1/calendars/([\w-]{43})\.ics", made)
        assert token is not None
        again = await api.post("/v1/me/calendar-link", helper, key=key)
        assert (again.status_code, again.json()["path"]) == (201, None)
        found = await world.database.reads.fetchrow(
            """
            SELECT (SELECT count(*) FROM calendar_link l WHERE l.user_id = $2 AND l::text LIKE $1) AS links,
                (SELECT count(*) FROM idempotency_key k WHERE convert_from(k.body, 'UTF8') LIKE $1) AS answers,
                (SELECT count(*) FROM event e WHERE e::text LIKE $1) AS events
            """,
            f"%{token[1]}%",
            helper.id,
        )
        assert found is not None
        assert dict(found) == {"links": 0, "answers": 0, "events": 0}

    @pytest.mark.parametrize("fault", [OSError("gone"), ConnectionError("gone"), TimeoutError()])
    async def test_no_log_tells_it(
        self, api: ApiClient, world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
    ):
        path = await subscribe(world, await world.helper())

        async def fail(*_arguments: object, **_options: object) -> bytes:
            raise fault

        monkeypatch.setattr(calendar_links, "read", fail)
        with structlog.testing.capture_logs() as logs:
            assert problem(await api.get(path)) == (503, "service-unavailable")
        assert [entry["path"] for entry in logs] == ["/v1/calendars/….ics"]
