"""Orders: one goes out to many areas, each confirms, works, reports and is accepted; and every refusal."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.clock import now
from app.core.ids import new_id
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.jobs import handlers
from app.models import Area
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, make_area, make_grant
from tests.orders import FORM, confirmed, order, order_form, part_of, reported, step, worker
from tests.people import Person

ORDERS, PARTS = "/v1/orders", "/v1/order-parts"
NO_WORK = {"tasks": 0, "people": 0, "verified": 0}


async def kinds(world: World, person: Person) -> list[str]:
    return [item["kind"] for item in (await world.api.get("/v1/me/messages", person)).json()["items"]]


def counts(**parts: int) -> dict[str, int]:
    names = ("sent", "confirmed", "reported", "accepted", "cancelled", "overdue")
    found = {name: parts.get(name, 0) for name in names}
    return {"parts": sum(found[name] for name in names[:-1]), **found}


async def communities(world: World, count: int) -> list[Area]:
    street = await make_area(world.database, world.district, AreaKind.STREET)
    return [await make_area(world.database, street, AreaKind.COMMUNITY) for _ in range(count)]


async def done(world: World, part_id: UUID, person: Person, area: Area, *helpers: Person) -> str:
    """Have somebody post a task for a part, and helpers do it; return its id."""
    form = {"area_id": str(area.id), "kind": "activity", "title": "清理楼道", "seats": 9, "order_part_id": str(part_id)}
    posted = await world.api.post("/v1/tasks", person, form)
    assert posted.status_code == 201, posted.text
    task_id = str(posted.json()["id"])
    assert (await world.api.post(f"/v1/tasks/{task_id}/open", world.administrator)).status_code == 200
    for helper in helpers:
        claim = (await world.api.post(f"/v1/tasks/{task_id}/claims", helper)).json()["id"]
        await world.api.post(f"/v1/claims/{claim}/submit", helper, {"note": "搬走了。"})
        verified = await world.api.post(f"/v1/claims/{claim}/verify", world.administrator)
        assert verified.status_code == 200, verified.text
    return task_id


class TestOrder:
    async def test_every_community_below_gets_its_part_and_is_told(self, api: ApiClient, world: World):
        [other] = await communities(world, 1)
        closed = (await communities(world, 1))[0]
        await api.post(f"/v1/areas/{closed.id}/close", world.administrator, {"reason": "并入。"})
        here, both = await worker(world), await world.holder(Role.ADMINISTRATOR, other)
        await make_grant(world.database, both, other, Role.STAFF)
        form = order_form(world, body="清理楼道堆物，问13912345678。")
        response = await api.post(ORDERS, world.staff, form)
        assert response.status_code == 201
        told = response.json()
        assert told == {
            "id": told["id"],
            "area": {"id": str(world.district.id), "name": world.district.name},
            "title": FORM["title"],
            "body": told["body"],
            "due_at": told["due_at"],
            "status": "open",
            "created_at": told["created_at"],
            "ended_at": None,
            "counts": counts(sent=2),
            "actions": ["close", "cancel"],
        }
        assert "13912345678" not in told["body"]
        for person in (here, both):
            assert await kinds(world, person) == ["order_sent"], "who has two grants is told once"
        [message] = (await api.get("/v1/me/messages", here)).json()["items"]
        part_id = await part_of(world, UUID(told["id"]), world.community)
        assert message["subject"]["path"] == f"{PARTS}/{part_id}"
        assert FORM["title"] in message["body"]
        assert await kinds(world, world.staff) == await kinds(world, world.administrator) == []

    async def test_who_is_nearest_is_told_where_an_area_has_nobody(self, world: World):
        """The street where the community has none; never those of the district, who ordered."""
        second = await world.holder(Role.STAFF, world.district)
        await order(world)
        street = await world.holder(Role.STAFF, await street_of(world))
        await order(world)
        assert await kinds(world, street) == ["order_sent"]
        assert await kinds(world, second) == []

    async def test_who_may_not(self, api: ApiClient, world: World):
        community = await worker(world)
        form = order_form(world)
        assert problem(await api.post(ORDERS, community, form)) == (403, "not-allowed")
        assert problem(await api.post(ORDERS, await world.helper(), form)) == (403, "not-allowed")
        lower = form | {"area_id": str(world.community.id), "area_ids": [str(world.grid.id)]}
        assert problem(await api.post(ORDERS, community, lower)) == (422, "order-too-low")
        unknown = form | {"area_id": str(new_id())}
        assert problem(await api.post(ORDERS, world.staff, unknown)) == (422, "area-unknown")

    async def test_areas_that_do_not_fit(self, api: ApiClient, world: World):
        gone = await make_area(world.database, world.community)
        await api.post(f"/v1/areas/{gone.id}/close", world.administrator, {"reason": "并入。"})
        far = await make_area(world.database, world.neighbour, AreaKind.COMMUNITY)
        for area_id in (gone.id, far.id, world.neighbour.id, world.district.id, new_id()):
            form = order_form(world, world.community) | {"area_ids": [str(world.community.id), str(area_id)]}
            assert problem(await api.post(ORDERS, world.staff, form)) == (422, "order-areas-unfit")
        empty = await make_area(world.database, world.district, AreaKind.STREET)
        form = order_form(world, area_id=str(empty.id))
        assert problem(await api.post(ORDERS, world.staff, form)) == (409, "order-without-areas")
        closed = await api.post(f"/v1/areas/{empty.id}/close", world.administrator, {"reason": "并入。"})
        assert closed.status_code == 200
        assert problem(await api.post(ORDERS, world.staff, form)) == (409, "area-closed")
        assert (await api.get(ORDERS, world.staff, area_id=world.district.id)).json()["items"] == []
        assert await world.database.reads.fetchval("SELECT count(*) FROM order_part WHERE area_id = $1", gone.id) == 0

    @pytest.mark.parametrize(
        "nasty",
        [
            {"area_ids": []},
            {"area_ids": ["a"]},
            {"area_ids": [str(UUID(int=1))] * 2},
            {"area_ids": [str(UUID(int=number)) for number in range(1001)]},
            {"due_at": "2026-12-01"},
            {"due_at": 1764547200},
            {"title": "长" * 61},
            {"body": " "},
            {"status": "closed"},
        ],
        ids=lambda nasty: str(nasty)[:40],
    )
    async def test_what_cannot_be_meant(self, api: ApiClient, world: World, nasty: dict[str, Any]):
        assert problem(await api.post(ORDERS, world.staff, order_form(world) | nasty)) == (422, "invalid-payload")

    async def test_a_day_that_is_over(self, api: ApiClient, world: World):
        form = order_form(world, due_at=(now() - timedelta(minutes=1)).isoformat())
        assert problem(await api.post(ORDERS, world.staff, form)) == (422, "order-in-the-past")


async def street_of(world: World) -> Area:
    """Return the street above the community."""
    street_id = world.community.lineage[1]
    return Area(id=street_id, kind=AreaKind.STREET, name="", lineage=world.community.lineage[:2])


class TestPart:
    async def test_its_whole_way(self, api: ApiClient, world: World):
        here = await worker(world)
        order_id = await order(world)
        part_id = await part_of(world, order_id, world.community)
        path = f"{PARTS}/{part_id}"
        told = (await api.get(path, here)).json()
        assert told == {
            "id": str(part_id),
            "order": {
                "id": str(order_id),
                "area": {"id": str(world.district.id), "name": world.district.name},
                "title": FORM["title"],
                "body": FORM["body"],
                "due_at": told["order"]["due_at"],
            },
            "area": {"id": str(world.community.id), "name": world.community.name},
            "status": "sent",
            "is_overdue": False,
            "created_at": told["created_at"],
            "confirmed_at": None,
            "report": None,
            "reported_at": None,
            "returned_for": None,
            "accepted_at": None,
            "work": NO_WORK,
            "actions": ["confirm"],
        }
        assert (await api.get(path, world.staff)).json()["actions"] == ["cancel"]
        assert (await step(world, here, part_id, "confirm"))["actions"] == ["report", "post_task"]
        report = {"report": "清理12处，找13912345678。"}
        told = await step(world, here, part_id, "report", report)
        assert (told["status"], told["actions"]) == ("reported", ["post_task"])
        assert "13912345678" not in told["report"]
        assert await kinds(world, world.staff) == ["order_reported"]
        assert (await api.get(path, world.administrator)).json()["actions"] == ["accept", "return", "cancel"]
        told = await step(world, world.administrator, part_id, "return", {"reason": "3号楼还有，打13912345678。"})
        assert (told["status"], told["report"]) == ("confirmed", "清理12处，找***********。")
        assert told["returned_for"] == "3号楼还有，打***********。"
        told = await step(world, here, part_id, "report", {"report": "全部清理。"})
        assert (told["returned_for"], told["report"]) == (None, "全部清理。")
        told = await step(world, world.staff, part_id, "accept")
        assert (told["status"], told["actions"]) == ("accepted", [])
        assert told["accepted_at"] is not None
        assert await kinds(world, here) == ["order_accepted", "order_returned", "order_sent"]
        for action, form in (("accept", None), ("return", {"reason": "再看。"}), ("cancel", {"reason": "不必。"})):
            assert problem(await api.post(f"{path}/{action}", world.staff, form)) == (409, "state-conflict")
        events = "SELECT action, party FROM event WHERE subject_id = $1 ORDER BY created_at, id"
        assert [tuple(row) for row in await world.database.reads.fetch(events, part_id)] == [
            ("create", "owner"),
            ("confirm", "staff"),
            ("report", "staff"),
            ("return", "owner"),
            ("report", "staff"),
            ("accept", "owner"),
        ]

    async def test_who_ordered_does_not_do_it_and_who_does_it_does_not_decide(self, api: ApiClient, world: World):
        here = await worker(world)
        path = f"{PARTS}/{await reported(world, here)}"
        for action, form in (("confirm", None), ("report", {"report": "好了。"})):
            assert problem(await api.post(f"{path}/{action}", world.staff, form)) == (403, "not-allowed")
        for action, form in (("accept", None), ("return", {"reason": "再看。"}), ("cancel", {"reason": "不必。"})):
            assert problem(await api.post(f"{path}/{action}", here, form)) == (403, "not-allowed")

    async def test_nobody_accepts_what_they_reported(self, api: ApiClient, world: World):
        """Somebody of the district who has a grant in the community too; the database refuses it as well."""
        both = await world.holder(Role.STAFF, world.district)
        await make_grant(world.database, both, world.community, Role.STAFF)
        part_id = await reported(world, both)
        path = f"{PARTS}/{part_id}"
        assert (await api.get(path, both)).json()["actions"] == ["post_task"]
        for action, form in (("accept", None), ("return", {"reason": "再看。"})):
            assert problem(await api.post(f"{path}/{action}", both, form)) == (403, "own-interest")
        await step(world, world.staff, part_id, "return", {"reason": "还有。"})
        await step(world, await worker(world), part_id, "report", {"report": "好了。"})
        assert (await step(world, both, part_id, "accept"))["status"] == "accepted"

    async def test_one_part_is_taken_back(self, api: ApiClient, world: World):
        here = await worker(world)
        part_id = await confirmed(world, here)
        told = await step(world, world.staff, part_id, "cancel", {"reason": "不必了。"})
        assert (told["status"], told["actions"]) == ("cancelled", [])
        assert await kinds(world, here) == ["order_cancelled", "order_sent"]
        answer = await api.post(f"{PARTS}/{part_id}/report", here, {"report": "好了。"})
        assert problem(answer) == (409, "state-conflict")

    async def test_between_the_two(self, api: ApiClient, world: World):
        """Staff of the street do what the district ordered of its community, and cannot do what they ordered."""
        street = await world.holder(Role.STAFF, await street_of(world))
        part_id = await part_of(world, await order(world), world.community)
        assert (await step(world, street, part_id, "confirm"))["status"] == "confirmed"
        form = order_form(world) | {"area_id": str(world.community.lineage[1])}
        own = await api.post(ORDERS, street, form)
        assert own.status_code == 201, own.text
        path = f"{PARTS}/{await part_of(world, UUID(own.json()['id']), world.community)}"
        assert problem(await api.post(f"{path}/confirm", street)) == (403, "not-allowed")
        assert (await api.get(path, world.staff)).json()["actions"] == ["cancel"], "those above the street see it too"


class TestScope:
    async def test_an_area_sees_its_own_part_and_no_other(self, api: ApiClient, world: World):
        here, [other] = await worker(world), await communities(world, 1)
        order_id = await order(world)
        path = f"{ORDERS}/{order_id}"
        own, theirs = await part_of(world, order_id, world.community), await part_of(world, order_id, other)
        told = (await api.get(path, here)).json()
        assert (told["counts"], told["actions"]) == (counts(sent=1), [])
        parts = (await api.get(f"{path}/parts", here)).json()["items"]
        assert [part["id"] for part in parts] == [str(own)]
        assert problem(await api.get(f"{PARTS}/{theirs}", here)) == (404, "not-found")
        assert problem(await api.post(f"{PARTS}/{theirs}/confirm", here)) == (404, "not-found")
        for area in (world.district, world.community):
            found = (await api.get(PARTS, here, area_id=area.id)).json()["items"]
            assert [part["id"] for part in found] == [str(own)]
        for action, form in (("close", None), ("cancel", {"reason": "不必。"})):
            assert problem(await api.post(f"{path}/{action}", here, form)) == (403, "not-allowed")
        progress = (await api.get(f"{path}/progress", here)).json()
        assert progress["counts"] == counts(sent=1)
        below = await world.holder(Role.STAFF, world.grid)
        for one in (path, f"{path}/progress", f"{PARTS}/{own}"):
            assert problem(await api.get(one, below)) == (404, "not-found")
        assert len((await api.get(f"{path}/parts", world.staff)).json()["items"]) == 2

    async def test_lists_by_state_and_page(self, api: ApiClient, world: World):
        here = await worker(world)
        first, second = await confirmed(world, here), await reported(world, here)
        query: dict[str, Any] = {"area_id": world.community.id}
        page = (await api.get(PARTS, here, **query, limit=1)).json()
        assert [part["id"] for part in page["items"]] == [str(second)]
        page = (await api.get(PARTS, here, **query, limit=1, cursor=page["next_cursor"])).json()
        assert ([part["id"] for part in page["items"]], page["next_cursor"]) == ([str(first)], None)
        found = (await api.get(PARTS, here, **query, status="reported")).json()["items"]
        assert [part["id"] for part in found] == [str(second)]
        assert (await api.get(PARTS, here, **query, is_overdue=True)).json()["items"] == []
        listed = (await api.get(ORDERS, world.staff, area_id=world.district.id, status="open")).json()["items"]
        assert len(listed) == 2
        assert (await api.get(ORDERS, world.staff, area_id=world.district.id, status="closed")).json()["items"] == []
        assert len((await api.get(ORDERS, here, area_id=world.district.id)).json()["items"]) == 2


class TestEnds:
    async def test_closed_when_all_is_done(self, api: ApiClient, world: World):
        here, [other] = await worker(world), await communities(world, 1)
        order_id = await order(world)
        path = f"{ORDERS}/{order_id}"
        part_id = await part_of(world, order_id, world.community)
        response = await api.post(f"{path}/close", world.staff)
        assert problem(response) == (409, "order-parts-open")
        assert response.json()["facts"] == {"count": "2"}
        await step(world, here, part_id, "confirm")
        await step(world, here, part_id, "report", {"report": "好了。"})
        await step(world, world.staff, part_id, "accept")
        assert problem(await api.post(f"{path}/close", world.staff)) == (409, "order-parts-open")
        await step(world, world.staff, await part_of(world, order_id, other), "cancel", {"reason": "没有楼道。"})
        told = (await api.post(f"{path}/close", world.administrator)).json()
        assert (told["status"], told["actions"]) == ("closed", [])
        assert told["counts"] == counts(accepted=1, cancelled=1)
        for action, form in (("close", None), ("cancel", {"reason": "不必。"})):
            assert problem(await api.post(f"{path}/{action}", world.staff, form)) == (409, "state-conflict")

    async def test_cancelled_with_every_open_part(self, api: ApiClient, world: World):
        here, [other] = await worker(world), await communities(world, 1)
        there = await world.holder(Role.STAFF, other)
        order_id = await order(world)
        first, second = await part_of(world, order_id, world.community), await part_of(world, order_id, other)
        for person, part_id in ((here, first), (there, second)):
            await step(world, person, part_id, "confirm")
            await step(world, person, part_id, "report", {"report": "好了。"})
        await step(world, world.staff, second, "accept")
        response = await api.post(f"{ORDERS}/{order_id}/cancel", world.staff, {"reason": "上级已停办。"})
        assert response.json()["counts"] == counts(cancelled=1, accepted=1)
        assert (await kinds(world, here))[0] == "order_cancelled"
        assert (await kinds(world, there))[0] == "order_accepted", "what was accepted stays"
        last = "SELECT action, from_state, to_state FROM event WHERE subject_id = $1 ORDER BY created_at DESC LIMIT 1"
        assert tuple(await world.database.reads.fetchrow(last, first) or ()) == ("cancel", "reported", "cancelled")


class TestTasks:
    async def test_are_posted_for_a_part_and_counted(self, api: ApiClient, world: World):
        here, helpers = await worker(world), await world.helpers(2)
        part_id = await confirmed(world, here)
        first = await done(world, part_id, here, world.grid, *helpers)
        await done(world, part_id, here, world.community, helpers[0])
        called_off = await done(world, part_id, here, world.grid)
        await api.post(f"/v1/tasks/{called_off}/cancel", here, {"reason": "下雨。"})
        told = (await api.get(f"{PARTS}/{part_id}", world.staff)).json()
        assert told["work"] == {"tasks": 2, "people": 2, "verified": 3}
        listed = (await api.get(f"{PARTS}/{part_id}/tasks", here)).json()["items"]
        assert len(listed) == 3
        assert {task["order_part_id"] for task in listed} == {str(part_id)}
        assert len((await api.get(f"{PARTS}/{part_id}/tasks", world.staff)).json()["items"]) == 3
        for outsider in (helpers[0], None):
            assert (await api.get(f"/v1/tasks/{first}", outsider)).json()["order_part_id"] is None

    async def test_what_is_not_theirs_or_not_confirmed(self, api: ApiClient, world: World):
        here, [other] = await worker(world), await communities(world, 1)
        there = await world.holder(Role.STAFF, other)
        order_id = await order(world)
        own, theirs = await part_of(world, order_id, world.community), await part_of(world, order_id, other)
        await step(world, there, theirs, "confirm")
        form = {"kind": "activity", "title": "清理楼道"}

        async def post(person: Person, area: Area, part_id: UUID) -> tuple[int, str]:
            asked = form | {"area_id": str(area.id), "order_part_id": str(part_id)}
            return problem(await api.post("/v1/tasks", person, asked))

        unfit = (409, "order-part-unfit")
        assert await post(here, world.community, own) == unfit, "nobody has confirmed it"
        await step(world, here, own, "confirm")
        for person, area, part_id in (
            (here, world.community, theirs),
            (here, other, own),
            (here, world.community, new_id()),
            (world.staff, world.community, own),
            (await world.helper(), world.community, own),
        ):
            assert await post(person, area, part_id) == unfit
        await step(world, world.staff, own, "cancel", {"reason": "不必。"})
        assert await post(here, world.community, own) == unfit


class TestProgress:
    async def test_by_level(self, api: ApiClient, world: World):
        """The same helper counts once in all, and once in each area where they helped."""
        first, second = await communities(world, 2)
        street_id = first.lineage[1]
        here, there = await worker(world), await world.holder(Role.STAFF, first)
        helper, other_helper = await world.helpers(2)
        order_id = await order(world)
        parts = [await part_of(world, order_id, area) for area in (world.community, first, second)]
        for person, part_id in ((here, parts[0]), (there, parts[1])):
            await step(world, person, part_id, "confirm")
        await done(world, parts[0], here, world.community, helper)
        await done(world, parts[1], there, first, helper, other_helper)
        await step(world, here, parts[0], "report", {"report": "好了。"})
        await world.database.writes.execute("UPDATE area_order SET due_at = now() WHERE id = $1", order_id)
        path = f"{ORDERS}/{order_id}/progress"
        told = (await api.get(path, world.staff)).json()
        assert told["area"]["id"] == str(world.district.id)
        assert told["counts"] == counts(sent=1, confirmed=1, reported=1, overdue=2), "who reported is not late"
        assert told["work"] == {"tasks": 2, "people": 2, "verified": 3}
        by_area = {one["area"]["id"]: one for one in told["areas"]}
        assert set(by_area) == {str(street_id), str(world.community.lineage[1])}
        there_told = by_area[str(street_id)]
        assert there_told["counts"] == counts(sent=1, confirmed=1, overdue=2)
        assert there_told["work"] == {"tasks": 1, "people": 2, "verified": 2}
        told = (await api.get(path, world.staff, area_id=street_id)).json()
        assert [one["area"]["id"] for one in told["areas"]] == sorted(
            [str(first.id), str(second.id)], key=lambda area_id: {str(a.id): a.name for a in (first, second)}[area_id]
        )
        told = (await api.get(path, world.staff, area_id=first.id)).json()
        assert [one["area"]["id"] for one in told["areas"]] == [str(first.id)]
        told = (await api.get(path, world.staff, area_id=world.grid.id)).json()
        assert (told["counts"], told["areas"]) == (counts(), [])
        assert problem(await api.get(path, world.staff, area_id=new_id())) == (422, "area-unknown")
        late = (await api.get(f"{ORDERS}/{order_id}/parts", world.staff, is_overdue=True)).json()["items"]
        assert {part["id"] for part in late} == set(map(str, parts[1:]))
        assert all(part["is_overdue"] for part in late)


class TestDue:
    async def test_areas_are_reminded_once_and_who_ordered_is_told_once(self, world: World, jobs: Jobs):
        here, [other] = await worker(world), await communities(world, 1)
        there = await world.holder(Role.STAFF, other)
        order_id = await order(world)
        part_id = await part_of(world, order_id, world.community)

        async def come(until: str) -> None:
            """Let the day come near, and every sweep run twice."""
            due = f"UPDATE area_order SET due_at = now() + interval '{until}', remind_at = now() WHERE id = $1"
            await world.database.writes.execute(due, order_id)
            for _ in range(2):
                await handlers.tell_due_orders(jobs.parts)

        await handlers.tell_due_orders(jobs.parts)
        assert await kinds(world, here) == ["order_sent"], "the day is far"
        await step(world, here, part_id, "confirm")
        await step(world, here, part_id, "report", {"report": "好了。"})
        await come("23 hours")
        assert await kinds(world, there) == ["order_due", "order_sent"]
        assert await kinds(world, here) == ["order_sent"], "who has reported has nothing to do"
        await come("-1 minute")
        assert await kinds(world, there) == ["order_due", "order_sent"]
        assert await kinds(world, world.staff) == ["order_overdue", "order_reported"]
        [message, _] = (await world.api.get("/v1/me/messages", world.staff)).json()["items"]
        assert message["subject"]["path"] == f"{ORDERS}/{order_id}"
        assert "1个区域" in message["body"]
        told = "SELECT action FROM event WHERE subject_id = $1 ORDER BY created_at, id"
        rows = await world.database.reads.fetch(told, order_id)
        assert [row["action"] for row in rows] == ["create", "remind", "tell_overdue"]

    async def test_nobody_is_told_of_what_has_ended(self, world: World, jobs: Jobs):
        here = await worker(world)
        order_id = await order(world)
        await world.api.post(f"{ORDERS}/{order_id}/cancel", world.staff, {"reason": "停办。"})
        past = "UPDATE area_order SET due_at = now(), remind_at = now() WHERE id = $1"
        await world.database.writes.execute(past, order_id)
        await handlers.tell_due_orders(jobs.parts)
        assert await kinds(world, here) == ["order_cancelled", "order_sent"]
        assert await kinds(world, world.staff) == []


class TestChangedAreas:
    async def test_a_part_follows_its_area(self, api: ApiClient, world: World):
        [into] = await communities(world, 1)
        here, there = await worker(world), await world.holder(Role.STAFF, into)
        part_id = await part_of(world, await order(world, world.community), world.community)
        merged = {"into_id": str(into.id), "reason": "合并。"}
        response = await api.post(f"/v1/areas/{world.community.id}/merge", world.administrator, merged)
        assert response.status_code == 200, response.text
        told = await step(world, there, part_id, "confirm")
        assert told["area"]["id"] == str(into.id)
        assert (await api.get(f"{PARTS}/{part_id}", here)).status_code == 200, "whose grant went along"

    async def test_an_area_does_the_same_once(self, api: ApiClient, world: World):
        """Both were ordered: the part that is there takes the tasks; what is over leaves room for another."""
        [into] = await communities(world, 1)
        here = await worker(world)
        order_id = await order(world)
        gone, stays = await part_of(world, order_id, world.community), await part_of(world, order_id, into)
        await step(world, here, gone, "confirm")
        task_id = await done(world, gone, here, world.grid, await world.helper())
        ended = await order(world)
        await step(world, world.staff, await part_of(world, ended, into), "cancel", {"reason": "不必。"})
        path = f"/v1/areas/{world.community.id}/merge"
        response = await api.post(path, world.administrator, {"into_id": str(into.id), "reason": "合并。"})
        assert response.status_code == 200, response.text
        told = (await api.get(f"{ORDERS}/{order_id}", world.staff)).json()
        assert told["counts"] == counts(sent=1, cancelled=1)
        kept = (await api.get(f"{PARTS}/{stays}", world.staff)).json()
        assert (kept["status"], kept["work"]["verified"]) == ("sent", 1)
        assert (await api.get(f"/v1/tasks/{task_id}", world.staff)).json()["order_part_id"] == str(stays)
        facts = "SELECT facts ->> 'into_id' FROM event WHERE subject_id = $1 AND action = 'cancel'"
        assert await world.database.reads.fetchval(facts, gone) == str(stays)
        assert (await api.get(f"{ORDERS}/{ended}", world.staff)).json()["counts"] == counts(sent=1, cancelled=1)

    async def test_split_and_moved(self, api: ApiClient, world: World):
        """Who ordered sees what is of it wherever it lies now; whoever has the area now does it."""
        here = await worker(world)
        order_id = await order(world, world.community)
        part_id = await part_of(world, order_id, world.community)
        parts = {"parts": [{"name": "东"}, {"name": "西"}], "default_part": 1, "coordinates": "gcj02", "reason": "大。"}
        split = await api.post(f"/v1/areas/{world.community.id}/split", world.administrator, parts)
        assert split.status_code == 200, split.text
        told = await step(world, here, part_id, "confirm")
        assert told["area"]["name"] == "西"
        far = await make_area(world.database, None, AreaKind.DISTRICT)
        for area in (far, world.district):
            await make_grant(world.database, world.alliance, area, Role.ADMINISTRATOR)
        moved = await api.post(
            f"/v1/areas/{told['area']['id']}/move", world.alliance, {"parent_id": str(far.id), "reason": "划转。"}
        )
        assert moved.status_code == 200, moved.text
        progress = (await api.get(f"{ORDERS}/{order_id}/progress", world.staff)).json()
        assert progress["counts"] == counts(confirmed=1)
        assert [one["area"]["name"] for one in progress["areas"]] == ["西"]
        new = await world.holder(Role.STAFF, far)
        assert (await step(world, new, part_id, "report", {"report": "好了。"}))["status"] == "reported"
        assert (await step(world, world.staff, part_id, "accept"))["status"] == "accepted"
