"""The roster that staff keep: entering by hand, finding, looking at numbers, moving to another grid, leaving."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import at, now, today
from app.domain.caller import Role
from app.models import Area
from app.services.people import Contact
from tests.api.scene import make_volunteer, problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World, make_member, make_unit
from tests.people import Person
from tests.roster import enrol, new_contact

REASON = {"reason": "搬到了外地。"}
LOOK = {"reason": "通知周六的活动，联系人13800000000"}
both_hats = pytest.mark.parametrize("hat", ["member", "volunteer"])


def entry(world: World, hat: str, contact: Contact, area: Area | None = None, **more: Any) -> dict[str, Any]:
    """Return a form that puts somebody on the roster."""
    own = {"kind": "in_service", "unit_id": str(world.unit_id)} if hat == "member" else {"skills": ["理发"]}
    home = str((area or world.grid).id)
    return {"name": contact.name, "phone": contact.phone, "home_area_id": home, **own, **more}


async def enter(world: World, hat: str, contact: Contact, staff: Person | None = None, **more: Any) -> str:
    """Have staff put somebody on the roster; return the path to them."""
    response = await world.api.post(f"/v1/{hat}s/enter", staff or world.staff, entry(world, hat, contact, **more))
    assert response.status_code == 201, response.text
    return f"/v1/{hat}s/{response.json()['id']}"


async def of_user(world: World, hat: str, person: Person, status: str = "approved") -> str:
    """Make somebody with an account a member or volunteer; return the path."""
    if hat == "member":
        return f"/v1/members/{await make_member(world.database, person, world.grid, world.unit_id, status)}"
    return f"/v1/volunteers/{await make_volunteer(world, person, status)}"


def id_in(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


async def events_of(world: World, path: str) -> list[tuple[str, str | None, str]]:
    rows = await world.database.reads.fetch(
        "SELECT action, from_state, to_state FROM event WHERE subject_id = $1 ORDER BY id", id_in(path)
    )
    return [tuple(row) for row in rows]


@both_hats
class TestEnter:
    async def test_somebody_is_on_the_roster_at_once(self, api: ApiClient, world: World, hat: str):
        contact = new_contact("欧阳小满")
        response = await api.post(f"/v1/{hat}s/enter", world.staff, entry(world, hat, contact))
        assert response.status_code == 201
        told, masked = response.json(), f"139****{contact.phone[-4:]}"
        assert (told["status"], told["nickname"]) == ("approved", None)
        assert told["contact"] == {"name": "欧***", "phone": masked}, "what is kept for repetitions tells no name"
        path = f"/v1/{hat}s/{told['id']}"
        assert (await api.get(path, world.staff)).json()["contact"] == {"name": contact.name, "phone": masked}
        assert await events_of(world, path) == [("enter", None, "approved")]
        [stay] = await world.database.reads.fetch(
            f"SELECT s.hat, s.area_id FROM stay s JOIN {hat} x ON x.person_id = s.person_id WHERE x.id = $1",
            UUID(told["id"]),
        )
        assert (stay["hat"], stay["area_id"]) == (hat, world.grid.id)

    async def test_one_person_wears_several_hats_without_second_entry(self, world: World, hat: str):
        contact = new_contact()
        await enter(world, hat, contact)
        await enter(world, "member" if hat == "volunteer" else "volunteer", contact)
        people = await world.database.reads.fetch(
            "SELECT m.person_id = v.person_id AS same FROM member m JOIN volunteer v USING (home_area_id) "
            "WHERE m.home_area_id = $1",
            world.grid.id,
        )
        assert [row["same"] for row in people] == [True]

    async def test_nobody_twice(self, api: ApiClient, world: World, hat: str):
        contact = new_contact()
        await enter(world, hat, contact)
        spaced = entry(world, hat, Contact(f" {contact.name[0]}　{contact.name[1:]}", f"+86 {contact.phone}"))
        assert problem(await api.post(f"/v1/{hat}s/enter", world.staff, spaced)) == (409, "already-enrolled")

    async def test_who_had_left_comes_back(self, api: ApiClient, world: World, hat: str):
        contact = new_contact()
        path = await enter(world, hat, contact)
        assert (await api.post(f"{path}/leave", world.staff, REASON)).json()["actions"] != []
        assert await enter(world, hat, contact, area=world.other_grid) == path
        assert (await api.get(path, world.staff)).json()["home_area"]["id"] == str(world.other_grid.id)
        assert await events_of(world, path) == [
            ("enter", None, "approved"),
            ("leave", "approved", "left"),
            ("enter", "left", "approved"),
        ]

    async def test_nobody_themselves(self, api: ApiClient, world: World, hat: str):
        contact, officer = await enrol(world, new_contact()), await world.holder(Role.STAFF, world.district)
        asked = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
        asking = (await api.post("/v1/identifications", officer, asked)).json()["id"]
        assert (await api.post(f"/v1/identifications/{asking}/approve", world.staff)).status_code == 200
        response = await api.post(f"/v1/{hat}s/enter", officer, entry(world, hat, contact))
        assert problem(response) == (403, "own-interest")

    async def test_only_into_their_own_grids(self, api: ApiClient, world: World, hat: str):
        grid_staff = await world.holder(Role.STAFF, world.grid)
        for area_id, status, code in (
            (world.other_grid.id, 403, "not-allowed"),
            (world.community.id, 422, "area-not-a-home"),
            (uuid4(), 422, "area-unknown"),
        ):
            form = entry(world, hat, new_contact(), home_area_id=str(area_id))
            assert problem(await api.post(f"/v1/{hat}s/enter", grid_staff, form)) == (status, code)
        form = entry(world, hat, new_contact())
        assert problem(await api.post(f"/v1/{hat}s/enter", world.alliance, form)) == (403, "not-allowed")


@both_hats
class TestTransfer:
    async def test_staff_of_both_grids_move_somebody(self, api: ApiClient, world: World, hat: str):
        person = await world.person()
        path = await of_user(world, hat, person)
        form = {"home_area_id": str(world.other_grid.id), "reason": "已搬家，电话13800000000"}
        response = await api.post(f"{path}/transfer", world.staff, form)
        assert response.status_code == 200, response.text
        told = (await api.get(path, person)).json()
        assert (told["status"], told["home_area"]["id"]) == ("approved", str(world.other_grid.id))
        assert told["reason"] == "已搬家，电话***********"
        assert (await events_of(world, path))[-1] == ("transfer", "approved", "approved")
        rows = await world.database.reads.fetch(
            f"SELECT s.area_id, s.until IS NULL AS is_now FROM stay s JOIN {hat} x ON x.person_id = s.person_id "
            "WHERE x.id = $1 ORDER BY s.since",
            id_in(path),
        )
        assert [tuple(row) for row in rows] == [(world.grid.id, False), (world.other_grid.id, True)]
        if hat == "member":
            assert told["home_checked_in_on"] == today().isoformat()

    async def test_what_does_not_go(self, api: ApiClient, world: World, hat: str):
        path = await of_user(world, hat, await world.person())
        grid_staff = await world.holder(Role.STAFF, world.grid)
        for staff, area_id, expected in (
            (grid_staff, world.other_grid.id, (403, "not-allowed")),
            (grid_staff, world.grid.id, (409, "already-there")),
            (world.staff, world.neighbour.id, (422, "area-not-a-home")),
            (world.staff, uuid4(), (422, "area-unknown")),
            (await world.holder(Role.STAFF, world.other_grid), world.other_grid.id, (404, "not-found")),
        ):
            form = {"home_area_id": str(area_id), **REASON}
            assert problem(await api.post(f"{path}/transfer", staff, form)) == expected
        applied = await of_user(world, hat, await world.person(), "applied")
        form = {"home_area_id": str(world.other_grid.id), **REASON}
        assert problem(await api.post(f"{applied}/transfer", world.staff, form)) == (409, "state-conflict")

    async def test_nobody_themselves(self, api: ApiClient, world: World, hat: str):
        officer = await world.holder(Role.STAFF, world.district)
        path = await of_user(world, hat, officer)
        form = {"home_area_id": str(world.other_grid.id), **REASON}
        assert problem(await api.post(f"{path}/transfer", officer, form)) == (403, "own-interest")


@both_hats
class TestLeave:
    async def test_by_oneself_or_by_staff(self, api: ApiClient, world: World, hat: str):
        for by_staff in (True, False):
            person = await world.person()
            path = await of_user(world, hat, person)
            assert "leave" in (await api.get(path, person)).json()["actions"]
            response = await api.post(f"{path}/leave", world.staff if by_staff else person, REASON)
            assert (response.status_code, response.json()["status"]) == (200, "left")
            told = (await api.get(path, person)).json()
            assert (told["reason"], told["actions"]) == (REASON["reason"], ["reapply"])
            task = await world.task_of(await world.wish(await world.person()))
            assert problem(await api.post(f"/v1/tasks/{task}/claims", person)) == (403, "helpers-only")
            assert problem(await api.post(f"{path}/leave", world.staff, REASON)) == (409, "state-conflict")

    async def test_who_left_may_apply_again(self, api: ApiClient, world: World, hat: str):
        person = await world.person()
        path = await of_user(world, hat, person, "left")
        own: dict[str, Any] = {"kind": "retired"} if hat == "member" else {"skills": []}
        again = await api.post(f"/v1/{hat}s", person, {"home_area_id": str(world.other_grid.id), **own})
        assert again.status_code == 201
        assert path.endswith(again.json()["id"])
        assert again.json()["status"] == "applied"


@both_hats
class TestNumbers:
    async def test_are_shown_for_ten_minutes_to_whoever_said_why(self, api: ApiClient, world: World, hat: str):
        contact = new_contact()
        path = await enter(world, hat, contact)
        assert problem(await api.get(f"{path}/contact", world.staff)) == (403, "reason-needed")
        asked = await api.post(f"{path}/unmask", world.staff, LOOK)
        assert (asked.status_code, contact.phone in asked.text) == (200, False)
        shown = (await api.get(f"{path}/contact", world.staff)).json()
        assert shown == {"name": contact.name, "phone": contact.phone, "actions": []}
        assert problem(await api.get(f"{path}/contact", world.administrator)) == (403, "reason-needed")
        with at(now() + timedelta(minutes=11)):
            assert problem(await api.get(f"{path}/contact", world.staff)) == (403, "reason-needed")

    async def test_whose_it_is_reads_who_looked(self, api: ApiClient, world: World, hat: str):
        contact, person = new_contact(), await world.person()
        path = await enter(world, hat, contact)
        await api.post(f"{path}/unmask", world.staff, LOOK)
        asked = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
        asking = (await api.post("/v1/identifications", person, asked)).json()["id"]
        await api.post(f"/v1/identifications/{asking}/approve", world.staff)
        own = (await api.get(f"/v1/me/{hat}", person)).json()
        assert own == (await api.get(path, person)).json()
        assert own["contact"] == {"name": contact.name, "phone": contact.phone}, "their own they see whole"
        [look] = await all_pages(api, "/v1/me/looks", person)
        assert (look["found_as"], look["nickname"]) == (hat, "邻居0001")
        assert look["reason"] == "通知周六的活动，联系人***********"

    async def test_of_nobody_elses_people(self, api: ApiClient, world: World, hat: str):
        path = await enter(world, hat, new_contact())
        stranger = await world.holder(Role.STAFF, world.other_grid)
        assert problem(await api.post(f"{path}/unmask", stranger, LOOK)) == (404, "not-found")
        assert problem(await api.get(f"{path}/contact", stranger)) == (404, "not-found")

    async def test_who_told_none_has_none(self, api: ApiClient, world: World, hat: str):
        path = await of_user(world, hat, await world.person())
        told = (await api.get(path, world.staff)).json()
        assert told["contact"] is None
        assert "unmask" not in told["actions"]
        await api.post(f"{path}/unmask", world.staff, LOOK)
        assert problem(await api.get(f"{path}/contact", world.staff)) == (404, "not-found")

    async def test_find_everybody_who_has_them(self, api: ApiClient, world: World, hat: str):
        husband = new_contact("王小明")
        wife, other = Contact("李小红", husband.phone), new_contact("王小明")
        paths = [await enter(world, hat, contact) for contact in (husband, wife, other)]
        query: dict[str, Any] = {
            "area_id": world.district.id,
            "status": "approved",
            "phone": f"+86 {husband.phone[:3]} {husband.phone[3:]}",
        }
        found = await all_pages(api, f"/v1/{hat}s", world.staff, **query)
        assert {f"/v1/{hat}s/{item['id']}" for item in found} == set(paths[:2])
        elsewhere = await world.holder(Role.STAFF, world.other_grid)
        assert await all_pages(api, f"/v1/{hat}s", elsewhere, **query) == []


class TestMembers:
    async def test_what_a_roster_says(self, api: ApiClient, world: World):
        form: dict[str, Any] = {
            "kind": "floating",
            "unit_area_id": str(world.community.id),
            "unit_checked_in_on": "2026-05-01",
            "home_checked_in_on": "2026-04-30",
            "home_branch": "河口村党支部",
            "host_branch": "东湖社区党支部",
        }
        told = (await api.get(await enter(world, "member", new_contact(), **form), world.staff)).json()
        assert {name: told[name] for name in form if name != "unit_area_id"} == {
            name: form[name] for name in form if name != "unit_area_id"
        }
        assert told["unit_area"] == {"id": str(world.community.id), "name": world.community.name}
        plain = (
            await api.get(await enter(world, "member", new_contact(), kind="unassigned", unit_id=None), world.staff)
        ).json()
        assert (plain["unit"], plain["unit_area"], plain["home_checked_in_on"]) == (None, None, None)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"unit_id": None},
            {"kind": "new_sector", "unit_id": None},
            {"kind": "retired", "unit_id": None, "unit_area_id": "grid"},
            {"unit_checked_in_on": "2026-05-01"},
            {"home_branch": "河口村党支部"},
            {"kind": "unassigned", "host_branch": "东湖社区党支部"},
            {"unit_area_id": "grid", "unit_checked_in_on": "1900-01-01"},
            {"unit_area_id": "grid", "unit_checked_in_on": "2026-02-30"},
            {"unit_area_id": "grid", "unit_checked_in_on": "2026-05-01T00:00:00Z"},
        ],
        ids=str,
    )
    async def test_what_cannot_be_so(self, api: ApiClient, world: World, wrong: dict[str, Any]):
        if wrong.get("unit_area_id") == "grid":
            wrong = wrong | {"unit_area_id": str(world.grid.id)}
        form = entry(world, "member", new_contact(), **wrong)
        assert problem(await api.post("/v1/members/enter", world.staff, form)) == (422, "invalid-payload")

    async def test_reporting_in_at_home_is_as_of_today(self, api: ApiClient, world: World):
        person = await world.person()
        form = {"kind": "new_sector", "unit_id": str(world.unit_id), "home_area_id": str(world.grid.id)}
        applied = await api.post("/v1/members", person, form)
        assert (applied.json()["kind"], applied.json()["home_checked_in_on"]) == ("new_sector", today().isoformat())

    async def test_staff_put_right_what_is_wrong(self, api: ApiClient, world: World):
        person = await world.person()
        path = await of_user(world, "member", person)
        form = {"kind": "retired", "home_checked_in_on": date(2026, 3, 1).isoformat()}
        changed = await api.put(path, world.staff, form)
        assert (changed.status_code, changed.json()["kind"], changed.json()["unit"]) == (200, "retired", None)
        assert (await events_of(world, path))[-1] == ("edit", "approved", "approved")
        assert problem(await api.put(path, person, form)) == (403, "own-interest")
        for wrong, code in (("unit_id", "unit-unknown"), ("unit_area_id", "area-unknown")):
            bad = {"kind": "in_service", "unit_id": str(world.unit_id), wrong: str(uuid4())}
            assert problem(await api.put(path, world.staff, bad)) == (422, code)

    async def test_the_list_is_sifted_by_kind_and_unit(self, api: ApiClient, world: World):
        other_unit = await make_unit(world.database, world.district)
        first = await enter(world, "member", new_contact())
        second = await enter(world, "member", new_contact(), kind="retired", unit_id=str(other_unit))
        third = await enter(world, "member", new_contact(), kind="retired", unit_id=None)
        for query, expected in (
            ({"kind": "retired"}, [third, second]),
            ({"unit_id": other_unit}, [second]),
            ({"kind": "in_service", "unit_id": world.unit_id}, [first]),
            ({"kind": "floating"}, []),
        ):
            for area in (world.district, world.grid):
                found = await all_pages(api, "/v1/members", world.staff, area_id=area.id, status="approved", **query)
                assert [f"/v1/members/{item['id']}" for item in found] == expected


class TestPeopleAt:
    async def test_who_was_where_at_the_end_of_a_day(self, api: ApiClient, world: World):
        contact = new_contact()
        await enter(world, "member", contact)
        path = await enter(world, "volunteer", contact)
        await api.post(f"{path}/transfer", world.staff, {"home_area_id": str(world.other_grid.id), **REASON})
        back = "UPDATE stay s SET since = s.since - $2::interval, until = s.until - $3::interval FROM volunteer v "
        moved = back + "WHERE v.id = $1 AND s.person_id = v.person_id AND s.hat = 'volunteer' AND s.until IS NOT NULL"
        day = timedelta(days=1)
        await world.database.writes.execute(moved, id_in(path), 10 * day, 5 * day)

        async def hats(area: Area, on: date, staff: Person = world.staff) -> list[list[str]]:
            items = await all_pages(api, "/v1/people/at", staff, area_id=area.id, on=on.isoformat())
            assert all(item["contact"]["phone"].startswith("139****") for item in items)
            return [[stay["hat"] for stay in item["stays"]] for item in items]

        assert await hats(world.district, today()) == [["member", "volunteer"]]
        assert await hats(world.grid, today()) == [["member"]]
        assert await hats(world.other_grid, today()) == [["volunteer"]]
        assert await hats(world.grid, today() - 6 * day) == [["volunteer"]]
        assert await hats(world.grid, today() - 4 * day) == []
        assert await hats(world.grid, today() - 11 * day) == []
        grid_staff = await world.holder(Role.STAFF, world.grid)
        assert await hats(world.district, today(), grid_staff) == [["member"]]
        assert await hats(world.grid, today(), world.alliance) == []

    @pytest.mark.parametrize("on", ["", "today", "2026-5-1", "20260501", "-1", "1e9", "2026-02-30", "1800-01-01"])
    async def test_what_is_no_day(self, api: ApiClient, world: World, on: str):
        response = await api.get("/v1/people/at", world.staff, area_id=world.grid.id, on=on)
        assert problem(response) == (422, "invalid-payload")
