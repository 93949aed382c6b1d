"""Units: public but for whom to call there, kept by staff of their area, closed without deleting."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World, make_unit, new_licence_number
from tests.people import Person
from tests.random_words import letters
from tests.roster import new_contact

LOOK = {"reason": "约定走访时间。"}
PUBLIC = {"id", "area_id", "kind", "name", "actions"}


def form(world: World, **changes: Any) -> dict[str, Any]:
    named = {"kind": "non_public_enterprise", "name": f"云桥软件{letters(8)}"}
    return {"area_id": str(world.grid.id), **named, **changes}


async def add(world: World, **changes: Any) -> str:
    """Have staff add a unit; return the path to it."""
    response = await world.api.post("/v1/units", world.staff, form(world, **changes))
    assert response.status_code == 201, response.text
    return f"/v1/units/{response.json()['id']}"


async def names_of(world: World, **query: Any) -> list[str]:
    return [item["name"] for item in await all_pages(world.api, "/v1/units", world.staff, **query)]


class TestAdd:
    async def test_everybody_sees_that_it_is_there_and_staff_whom_to_call(self, api: ApiClient, world: World):
        contact, code = new_contact("欧阳小满"), new_licence_number()
        said = form(world, credit_code=code.lower(), contact={"name": contact.name, "phone": contact.phone})
        response = await api.post("/v1/units", world.staff, said)
        assert response.status_code == 201
        masked = f"139****{contact.phone[-4:]}"
        assert response.json()["contact"] == {"name": "欧***", "phone": masked}
        path = f"/v1/units/{response.json()['id']}"
        told = (await api.get(path, world.staff)).json()
        assert (told["credit_code"], told["contact"]) == (code, {"name": contact.name, "phone": masked})
        for stranger in (None, await world.person(), await world.holder(Role.STAFF, world.other_grid)):
            assert set((await api.get(path, stranger)).json()) == PUBLIC
        assert await names_of(world, area_id=world.grid.id) == [said["name"]]

    async def test_what_is_taken(self, api: ApiClient, world: World):
        code = new_licence_number()
        await add(world, name="云桥软件", credit_code=code)
        for wrong, taken in (
            ({"name": "云桥软件"}, "unit-name-taken"),
            ({"credit_code": code, "area_id": str(world.other_grid.id)}, "credit-code-taken"),
        ):
            assert problem(await api.post("/v1/units", world.staff, form(world, **wrong))) == (409, taken)
        await add(world, name="云桥软件", area_id=str(world.other_grid.id))

    async def test_what_does_not_go(self, api: ApiClient, world: World):
        grid_staff = await world.holder(Role.STAFF, world.grid)
        for person, wrong, expected in (
            (world.staff, {"area_id": str(uuid4())}, (422, "area-unknown")),
            (world.alliance, {}, (403, "not-allowed")),
            (grid_staff, {"area_id": str(world.community.id)}, (403, "not-allowed")),
            (world.staff, {"credit_code": "91510104MA12345678"}, (422, "invalid-payload")),
            (world.staff, {"contact": {"name": "王小明"}}, (422, "invalid-payload")),
        ):
            assert problem(await api.post("/v1/units", person, form(world, **wrong))) == expected


class TestList:
    async def test_by_kind_and_a_part_of_the_name(self, world: World):
        for name, kind in (
            ("百分之百%公司", "enterprise"),
            ("Yunqiao软件", "enterprise"),
            ("云桥协会", "social_organisation"),
        ):
            await add(world, name=name, kind=kind)
        for query, expected in (
            ({"kind": "social_organisation"}, ["云桥协会"]),
            ({"name": "yunQIAO"}, ["Yunqiao软件"]),
            ({"name": "%"}, ["百分之百%公司"]),
            ({"name": "云桥", "kind": "enterprise"}, []),
            ({"name": "_"}, []),
        ):
            assert await names_of(world, area_id=world.grid.id, **query) == expected


class TestEdit:
    async def test_staff_change_what_it_is(self, api: ApiClient, world: World):
        path, code = await add(world), new_licence_number()
        said = {"kind": "enterprise", "name": f"改名{letters(8)}", "credit_code": code}
        told = (await api.put(path, world.staff, said)).json()
        assert {name: told[name] for name in said} == said
        again = (await api.put(path, world.staff, {"kind": "enterprise", "name": said["name"]})).json()
        assert again["credit_code"] is None
        assert (await api.put(path, world.staff, {"kind": "enterprise", "name": said["name"]})).status_code == 200
        facts = await world.database.reads.fetchval(
            "SELECT facts FROM event WHERE subject_id = $1 AND action = 'edit' ORDER BY created_at DESC LIMIT 1",
            UUID(told["id"]),
        )
        assert facts == f'{{"credit_code": {{"to": null, "from": "{code}"}}}}'

    async def test_whom_to_call(self, api: ApiClient, world: World):
        path, contact = await add(world), new_contact()
        who = {"name": contact.name, "phone": contact.phone}
        told = (await api.put(f"{path}/contact", world.staff, who)).json()
        assert told["contact"]["name"] == contact.name
        assert (await api.delete(f"{path}/contact", world.staff)).status_code == 204
        told = (await api.get(path, world.staff)).json()
        assert (told["contact"], "unmask" in told["actions"]) == (None, False)

    async def test_the_number_is_shown_to_whoever_said_why(self, api: ApiClient, world: World):
        contact, person = new_contact(), await world.person()
        who = {"name": contact.name, "phone": contact.phone}
        path = await add(world, contact=who)
        assert problem(await api.get(f"{path}/contact", world.staff)) == (403, "reason-needed")
        asked = await api.post(f"{path}/unmask", world.staff, LOOK)
        assert (asked.status_code, contact.phone in asked.text) == (200, False)
        assert (await api.get(f"{path}/contact", world.staff)).json()["phone"] == contact.phone
        asking = await api.post("/v1/identifications", person, {**who, "home_area_id": str(world.grid.id)})
        approved = await api.post(f"/v1/identifications/{asking.json()['id']}/approve", world.staff)
        assert approved.status_code == 200
        [look] = await all_pages(api, "/v1/me/looks", person)
        assert (look["found_as"], look["reason"]) == ("unit", LOOK["reason"])
        nobody = await add(world)
        assert problem(await api.post(f"{nobody}/unmask", world.staff, LOOK)) == (404, "not-found")


class TestReport:
    async def test_staff_of_the_area_note_it_wherever_the_unit_sits(self, api: ApiClient, world: World):
        unit = await make_unit(world.database, world.neighbour)
        grid_staff = await world.holder(Role.STAFF, world.grid)
        path = f"/v1/units/{unit}/areas/{world.grid.id}"
        for day in ("2026-05-01", "2026-06-01", None):
            assert (await api.put(path, grid_staff, {"reported_on": day})).status_code == 200
        row = await world.database.reads.fetch("SELECT reported_on FROM unit_area WHERE unit_id = $1", unit)
        assert [tuple(one) for one in row] == [(None,)]
        for area in (world.grid, world.district):
            found = await all_pages(api, "/v1/units", world.staff, area_id=area.id, is_reported=True)
            assert [item["id"] for item in found] == [str(unit)]
        assert await names_of(world, area_id=world.other_grid.id, is_reported=True) == []
        assert (await api.delete(path, grid_staff)).status_code == 204
        assert problem(await api.delete(path, grid_staff)) == (404, "not-found")

    async def test_what_does_not_go(self, api: ApiClient, world: World):
        grid_staff, day = await world.holder(Role.STAFF, world.grid), {"reported_on": "2026-05-01"}
        for unit, area, expected in (
            (world.unit_id, world.other_grid.id, (403, "not-allowed")),
            (world.unit_id, uuid4(), (404, "not-found")),
            (uuid4(), world.grid.id, (404, "not-found")),
        ):
            assert problem(await api.put(f"/v1/units/{unit}/areas/{area}", grid_staff, day)) == expected
            assert problem(await api.delete(f"/v1/units/{unit}/areas/{area}", grid_staff)) == expected


async def close(api: ApiClient, path: str, staff: Person) -> Any:
    return await api.post(f"{path}/close", staff, {"reason": "已注销。"})


class TestClose:
    async def test_it_takes_nothing_new_and_keeps_what_was(self, api: ApiClient, world: World):
        path = await add(world, name="云桥软件", credit_code=(code := new_licence_number()))
        unit = path.rpartition("/")[2]
        person = await world.person()
        member = {"kind": "in_service", "unit_id": unit, "home_area_id": str(world.grid.id)}
        enrolled = (await api.post("/v1/members", person, member)).json()["id"]
        closed = await close(api, path, world.staff)
        assert (closed.status_code, closed.json()["actions"]) == (200, [])
        assert closed.json()["closed_at"] is not None
        assert await names_of(world, area_id=world.grid.id) == []
        assert (await api.get(f"/v1/members/{enrolled}", person)).json()["unit"]["name"] == "云桥软件"
        edited = {"kind": "retired", "unit_id": unit}
        assert (await api.put(f"/v1/members/{enrolled}", world.staff, edited)).status_code == 200
        await add(world, name="云桥软件", credit_code=code)
        accepted = await world.complaint(status="accepted")
        someone = {"user_id": str((await world.person()).id)}
        rule = {"area_id": str(world.grid.id), "unit_id": unit, "category": "noise"}
        dispatch = {"lead_unit_id": unit, "co_unit_ids": [], "instructions": "请修好。", "working_days": 3}
        for response in (
            await api.post("/v1/members", await world.person(), member),
            await api.put(path, world.staff, {"kind": "enterprise", "name": "改名"}),
            await api.put(f"{path}/contact", world.staff, {"name": "王小明", "phone": "13900000000"}),
            await api.put(f"{path}/areas/{world.grid.id}", world.staff, {}),
            await api.delete(f"{path}/areas/{world.grid.id}", world.staff),
            await api.post(f"{path}/workers", world.administrator, someone),
            await api.post("/v1/handling-rules", world.administrator, rule),
            await api.post(f"/v1/complaints/{accepted}/dispatch", world.staff, dispatch),
            await close(api, path, world.staff),
        ):
            assert problem(response) == (409, "unit-closed"), response.request.url

    async def test_nobody_acts_for_it_or_is_called_there(self, api: ApiClient, world: World):
        contact = new_contact()
        path = await add(world, contact={"name": contact.name, "phone": contact.phone})
        unit = UUID(path.rpartition("/")[2])
        worker = await world.unit_worker(unit)
        complaint = await world.complaint(status="accepted")
        step = (await world.dispatch(complaint, unit))[unit]
        assert (await api.post(f"/v1/steps/{step}/answer", worker, {"answer": "修好了。"})).status_code == 200
        closed = await close(api, path, world.staff)
        assert (closed.status_code, closed.json()["contact"]) == (200, None)
        assert problem(await api.get(f"{path}/contact", world.staff)) == (404, "not-found")
        assert problem(await api.get(f"/v1/steps/{step}", worker)) == (404, "not-found")
        assert (await api.get(f"/v1/steps/{step}", world.staff)).json()["answer"] == "修好了。"
        gone = "SELECT count(*) FROM event WHERE subject_kind = 'unit_worker' AND action = 'remove' AND actor_id = $1"
        assert await world.database.reads.fetchval(gone, world.staff.id) == 1

    async def test_not_while_it_has_to_answer(self, api: ApiClient, world: World):
        path = await add(world, area_id=str(world.district.id))
        complaint = await world.complaint(status="accepted")
        [step] = (await world.dispatch(complaint, UUID(path.rpartition("/")[2]))).values()
        assert problem(await close(api, path, world.staff)) == (409, "unit-busy")
        assert (await api.post(f"/v1/steps/{step}/cancel", world.staff)).status_code == 200
        assert (await close(api, path, world.staff)).status_code == 200

    @pytest.mark.parametrize("role", [Role.ALLIANCE, Role.AUDITOR])
    async def test_only_by_staff_of_its_area(self, api: ApiClient, world: World, role: Role):
        path = await add(world)
        stranger = await world.holder(role, world.district)
        other = await world.holder(Role.STAFF, world.other_grid)
        for person in (stranger, other):
            assert problem(await close(api, path, person)) == (403, "not-allowed")
