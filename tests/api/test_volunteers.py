"""Volunteers: offering help and the staff's decision."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from asyncpg import CheckViolationError

from app.domain.caller import Role
from tests.api.scene import make_volunteer, problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World
from tests.roster import new_contact

REASON = {"reason": "请先参加培训。"}
DECIDED = {"approve": "approved", "refuse": "refused"}


SATURDAY = {"weekdays": [6], "from": "14:00", "to": "17:00"}
NOBODY = {"volunteers": 0, "actions": []}
LAST_EVENT = """
    SELECT action, from_state, to_state, party, actor_id FROM event WHERE subject_id = $1 ORDER BY id DESC LIMIT 1
"""

SOMEBODY_WAITS = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    )
"""


def on(weekdays: list[int], start: str, end: str) -> dict[str, Any]:
    return {"weekdays": weekdays, "from": start, "to": end}


def form(world: World, **changes: Any) -> dict[str, Any]:
    return {"home_area_id": str(world.grid.id), "skills": ["修电器", "理发"]} | changes


class TestApply:
    async def test_it_waits_for_staff(self, api: ApiClient, world: World):
        person = await world.person()
        response = await api.post("/v1/volunteers", person, form(world))
        assert response.status_code == 201
        volunteer = response.json()
        assert (volunteer["status"], volunteer["skills"], volunteer["actions"]) == (
            "applied",
            ["修电器", "理发"],
            ["edit"],
        )
        assert (await api.get("/v1/me", person)).json()["volunteer_status"] == "applied"

    async def test_no_skill_is_needed(self, api: ApiClient, world: World):
        response = await api.post("/v1/volunteers", await world.person(), form(world, skills=[]))
        assert response.json()["skills"] == []

    async def test_too_many_skills(self, api: ApiClient, world: World):
        for skills in (["理发"] * 11, ["理" * 21], [""]):
            response = await api.post("/v1/volunteers", await world.person(), form(world, skills=skills))
            assert problem(response) == (422, "invalid-payload")

    async def test_again_after_a_refusal(self, api: ApiClient, world: World):
        person = await world.person()
        volunteer = str(await make_volunteer(world, person, "refused"))
        assert (await api.get(f"/v1/volunteers/{volunteer}", person)).json()["actions"] == ["reapply"]
        again = await api.post("/v1/volunteers", person, form(world, skills=["陪诊"]))
        assert again.status_code == 201
        assert (again.json()["id"], again.json()["status"]) == (volunteer, "applied")
        assert again.json()["skills"] == ["陪诊"]

    @pytest.mark.parametrize("status", ["applied", "approved"])
    async def test_twice(self, api: ApiClient, world: World, status: str):
        person = await world.person()
        await make_volunteer(world, person, status)
        assert problem(await api.post("/v1/volunteers", person, form(world))) == (409, "already-enrolled")

    async def test_a_home_that_is_none(self, api: ApiClient, world: World):
        for home, code in ((uuid4(), "area-unknown"), (world.community.id, "area-not-a-home")):
            response = await api.post("/v1/volunteers", await world.person(), form(world, home_area_id=str(home)))
            assert problem(response) == (422, code)

    async def test_again_while_another_request_does(self, api: ApiClient, world: World):
        person = await world.person()
        volunteer = await make_volunteer(world, person, "refused")
        async with world.database.transaction() as connection:
            await connection.execute("UPDATE volunteer SET status = 'applied' WHERE id = $1", volunteer)
            waiting = asyncio.create_task(api.post("/v1/volunteers", person, form(world)))
            await asyncio.sleep(0.2)
        assert problem(await waiting) == (409, "state-conflict")


class TestHours:
    """Told when applying, and what is free at a time is found by it."""

    async def test_they_are_told_in_one_form(self, api: ApiClient, world: World):
        hours = [on([7, 6], "14:00", "17:00"), on([6], "17:00", "18:00"), on([1, 2], "22:00", "24:00")]
        told = form(world, profession="退休教师", free_hours=hours)
        volunteer = (await api.post("/v1/volunteers", await world.person(), told)).json()
        assert volunteer["profession"] == "退休教师"
        assert volunteer["free_hours"] == [
            on([1, 2], "22:00", "24:00"),
            on([6], "14:00", "18:00"),
            on([7], "14:00", "17:00"),
        ]

    async def test_nothing_said(self, api: ApiClient, world: World):
        volunteer = (await api.post("/v1/volunteers", await world.person(), form(world))).json()
        assert (volunteer["profession"], volunteer["free_hours"]) == (None, [])

    @pytest.mark.parametrize(
        "told",
        [
            {"free_hours": [on([6], "14:00", "17:00"), on([5, 6], "16:59", "18:00")]},
            {"free_hours": [on([6], "14:00", "13:00")]},
            {"free_hours": [on([8], "14:00", "15:00")]},
            {"free_hours": [on([6], "14:00", "24:01")]},
            {"free_hours": [on([1, 2, 3, 4, 5, 6, 7], f"0{hour}:00", f"0{hour}:30") for hour in range(5)]},
            {"free_hours": [on([1], f"{hour:02}:00", f"{hour:02}:10") for hour in range(20)] * 2},
            {"profession": ""},
            {"profession": "工" * 31},
            {"profession": "工\u0000"},
        ],
    )
    async def test_what_cannot_be(self, api: ApiClient, world: World, told: dict[str, Any]):
        response = await api.post("/v1/volunteers", await world.person(), form(world, **told))
        assert problem(response) == (422, "invalid-payload")

    async def test_staff_tell_when_they_enter_somebody(self, api: ApiClient, world: World):
        contact = new_contact()
        told = form(world, profession="电工", free_hours=[SATURDAY], name=contact.name, phone=contact.phone)
        entered = await api.post("/v1/volunteers/enter", world.staff, told)
        assert (entered.json()["profession"], entered.json()["free_hours"]) == ("电工", [SATURDAY])

    async def test_who_is_free_and_can_do_it(self, api: ApiClient, world: World):
        ids = {}
        for name, skills, hours in (
            ("both", ["理发", "陪诊"], [SATURDAY]),
            ("free", ["陪诊"], [on([6], "13:00", "14:01")]),
            ("able", ["理发"], [on([6], "09:00", "14:00"), on([7], "14:00", "17:00")]),
            ("unsaid", ["理发"], []),
        ):
            told = form(world, skills=skills, free_hours=hours)
            ids[(await api.post("/v1/volunteers", await world.person(), told)).json()["id"]] = name
        cases: tuple[tuple[dict[str, Any], set[str]], ...] = (
            ({"free_at": "6T14:00"}, {"both", "free"}),
            ({"free_at": "6T17:00"}, set()),
            ({"free_at": "7T14:00"}, {"able"}),
            ({"skill": "理发"}, {"both", "able", "unsaid"}),
            ({"skill": "理发", "free_at": "6T14:00"}, {"both"}),
            ({"skill": "理"}, set()),
        )
        for asked, expected in cases:
            for area in (world.grid, world.district):
                found = await all_pages(api, "/v1/volunteers", world.staff, area_id=area.id, **asked)
                assert {ids[item["id"]] for item in found} == expected, asked
                params: dict[str, Any] = {"area_id": area.id, "status": "applied", **asked}
                counted = await api.get("/v1/volunteers/count", world.staff, **params)
                assert counted.json() == NOBODY | {"volunteers": len(expected)}
                assert (await api.get("/v1/volunteers/count", world.staff, area_id=area.id)).json() == NOBODY
        params = {"area_id": world.other_grid.id, "status": "applied"}
        assert (await api.get("/v1/volunteers/count", world.staff, **params)).json() == NOBODY
        for person in (world.alliance, await world.helper(), await world.holder(Role.STAFF, world.other_grid)):
            params = {"area_id": world.district.id, "status": "applied"}
            assert (await api.get("/v1/volunteers/count", person, **params)).json() == NOBODY

    async def test_one_filter_is_no_page_of_another(self, api: ApiClient, world: World):
        for _ in range(2):
            await api.post("/v1/volunteers", await world.person(), form(world, free_hours=[SATURDAY]))
        params: dict[str, Any] = {"area_id": world.grid.id, "limit": 1}
        first = await api.get("/v1/volunteers", world.staff, **params, free_at="6T14:00")
        for other in ({}, {"free_at": "6T14:01"}, {"free_at": "6T14:00", "skill": "理发"}):
            again = await api.get("/v1/volunteers", world.staff, **params, **other, cursor=first.json()["next_cursor"])
            assert problem(again) == (422, "cursor-invalid")

    @pytest.mark.parametrize("moment", ["6T24:00", "0T10:00", "8T10:00", "6 10:00", "T10:00", "6T1:00", "6T10:60", ""])
    async def test_a_time_that_is_none(self, api: ApiClient, world: World, moment: str):
        for path in ("/v1/volunteers", "/v1/volunteers/count"):
            response = await api.get(path, world.staff, area_id=world.grid.id, free_at=moment)
            assert problem(response) == (422, "invalid-payload")


class TestEdit:
    async def test_its_owner_and_staff(self, api: ApiClient, world: World):
        person = await world.person()
        for status in ("applied", "approved"):
            volunteer = await make_volunteer(world, person, status)
            for editor, party, profession in ((person, "author", "教师"), (world.staff, "staff", None)):
                told = {"profession": profession, "skills": ["陪诊"], "free_hours": [SATURDAY]}
                edited = await api.put(f"/v1/volunteers/{volunteer}", editor, told)
                assert edited.status_code == 200
                shown = edited.json()
                assert {name: shown[name] for name in told} == told
                assert shown["status"] == status
                [event] = await world.database.reads.fetch(LAST_EVENT, volunteer)
                assert tuple(event) == ("edit", status, status, party, editor.id)
            person = await world.person()

    async def test_what_is_left_out_is_no_longer_so(self, api: ApiClient, world: World):
        person = await world.person()
        told = form(world, profession="教师", free_hours=[SATURDAY])
        volunteer = (await api.post("/v1/volunteers", person, told)).json()["id"]
        edited = (await api.put(f"/v1/volunteers/{volunteer}", person, {"skills": []})).json()
        assert (edited["profession"], edited["skills"], edited["free_hours"]) == (None, [], [])

    @pytest.mark.parametrize("status", ["refused", "left"])
    async def test_not_who_was_refused_or_left(self, api: ApiClient, world: World, status: str):
        person = await world.person()
        volunteer = await make_volunteer(world, person, status)
        for editor in (person, world.staff):
            assert problem(await api.put(f"/v1/volunteers/{volunteer}", editor, {"skills": []})) == (
                *(409,),
                "state-conflict",
            )
            assert "edit" not in (await api.get(f"/v1/volunteers/{volunteer}", editor)).json()["actions"]

    async def test_nobody_else(self, api: ApiClient, world: World):
        volunteer = await make_volunteer(world, await world.person())
        for person in (await world.helper(), world.alliance, await world.holder(Role.STAFF, world.other_grid)):
            response = await api.put(f"/v1/volunteers/{volunteer}", person, {"skills": []})
            assert problem(response) == (404, "not-found")

    async def test_not_while_somebody_leaves(self, api: ApiClient, world: World):
        person = await world.person()
        volunteer = await make_volunteer(world, person, "approved")
        async with world.database.transaction() as connection:
            await connection.execute("UPDATE volunteer SET status = 'left' WHERE id = $1", volunteer)
            waiting = asyncio.create_task(api.put(f"/v1/volunteers/{volunteer}", person, {"skills": []}))
            while not await world.database.reads.fetchval(SOMEBODY_WAITS):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert problem(await waiting) == (409, "state-conflict")


async def test_the_database_keeps_hours_within_a_week(world: World):
    volunteer = await make_volunteer(world, await world.person())
    for hours in ([(10_079, 10_081)], [(-1, 5)], [(0, None)]):
        async with world.database.transaction() as connection:
            with pytest.raises(CheckViolationError):
                await connection.execute("UPDATE volunteer SET free_hours = $2 WHERE id = $1", volunteer, hours)


class TestListVolunteers:
    async def test_staff_see_what_waits_in_their_areas(self, api: ApiClient, world: World):
        made = [await make_volunteer(world, await world.person()) for _ in range(3)]
        approved = await make_volunteer(world, await world.person(), "approved")
        waiting = await all_pages(api, "/v1/volunteers", world.staff, area_id=world.district.id)
        assert [item["id"] for item in waiting] == [str(one) for one in reversed(made)]
        assert waiting[0]["actions"] == ["approve", "refuse", "edit"]
        admitted = await all_pages(api, "/v1/volunteers", world.staff, area_id=world.grid.id, status="approved")
        assert [(item["id"], item["actions"]) for item in admitted] == [(str(approved), ["transfer", "leave", "edit"])]

    async def test_others_see_none(self, api: ApiClient, world: World):
        await make_volunteer(world, await world.person())
        for person in (world.alliance, await world.helper(), await world.holder(Role.STAFF, world.other_grid)):
            assert await all_pages(api, "/v1/volunteers", person, area_id=world.district.id) == []


class TestGetVolunteer:
    async def test_its_owner_and_staff(self, api: ApiClient, world: World):
        person = await world.person()
        volunteer = await make_volunteer(world, person)
        for reader, actions in ((person, ["edit"]), (world.staff, ["approve", "refuse", "edit"])):
            assert (await api.get(f"/v1/volunteers/{volunteer}", reader)).json()["actions"] == actions

    async def test_nobody_else(self, api: ApiClient, world: World):
        volunteer = await make_volunteer(world, await world.person())
        for reader in (await world.person(), world.alliance):
            assert problem(await api.get(f"/v1/volunteers/{volunteer}", reader)) == (404, "not-found")


@pytest.mark.parametrize(("action", "body"), [("approve", None), ("refuse", REASON)])
class TestDecide:
    async def test_staff_do(self, api: ApiClient, world: World, action: str, body: Any):
        person = await world.person()
        volunteer = await make_volunteer(world, person)
        response = await api.post(f"/v1/volunteers/{volunteer}/{action}", world.staff, body)
        assert (response.status_code, response.json()["status"]) == (200, DECIDED[action])
        wish = await world.wish(await world.person())
        actions = (await api.get(f"/v1/wishes/{wish}", person)).json()["actions"]
        assert actions == (["claim"] if action == "approve" else [])

    async def test_nobody_their_own(self, api: ApiClient, world: World, action: str, body: Any):
        volunteer = await make_volunteer(world, world.staff)
        response = await api.post(f"/v1/volunteers/{volunteer}/{action}", world.staff, body)
        assert problem(response) == (403, "own-interest")

    async def test_once(self, api: ApiClient, world: World, action: str, body: Any):
        volunteer = await make_volunteer(world, await world.person(), "refused")
        response = await api.post(f"/v1/volunteers/{volunteer}/{action}", world.staff, body)
        assert problem(response) == (409, "state-conflict")

    async def test_nobody_else(self, api: ApiClient, world: World, action: str, body: Any):
        volunteer = await make_volunteer(world, await world.person())
        for person in (await world.helper(), world.alliance, await world.holder(Role.STAFF, world.other_grid)):
            response = await api.post(f"/v1/volunteers/{volunteer}/{action}", person, body)
            assert problem(response) == (404, "not-found")
