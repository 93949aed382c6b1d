"""Putting right how somebody on the roster is called or called up."""

from typing import Any
from uuid import UUID

import pytest

from app.domain.caller import Role
from app.services import people
from app.services.people import Contact
from tests.api.scene import problem
from tests.api.test_identifications import approve, ask, row_of
from tests.api_client import ApiClient
from tests.factories import World, make_member
from tests.roster import enrol, new_contact

REASON = {"reason": "录入时写错了一个字。"}
FIND = "SELECT x.id FROM {} x JOIN person p ON p.id = x.person_id WHERE p.identity_hash = $1"
EVENTS = "SELECT note, facts::text FROM event WHERE subject_kind = 'person' AND subject_id = $1 AND action = 'correct'"


def found_under(world: World, contact: Contact) -> bytes:
    return people.identity_hash(world.settings.data_key.get_secret_value(), contact)


async def path_to(world: World, hat: str, contact: Contact) -> str:
    subject = await world.database.reads.fetchval(FIND.format(hat), found_under(world, contact))
    return f"/v1/{hat}s/{subject}/correct"


async def correct(world: World, path: str, contact: Contact, person: Any = None) -> Any:
    return await world.api.post(path, person or world.staff, contact.whole | REASON)


class TestCorrect:
    @pytest.mark.parametrize("hat", ["member", "volunteer"])
    async def test_they_are_found_as_they_should_be(self, api: ApiClient, world: World, hat: str):
        wrong, right = await enrol(world, new_contact("王小朋"), volunteer=True), new_contact("王小明")
        path, person = await path_to(world, hat, wrong), await world.person()
        told = await correct(world, path, right)
        assert told.status_code == 200
        assert right.phone not in told.text
        shown = (await api.get(path.removesuffix("/correct"), world.staff)).json()
        assert shown["contact"] == {"name": "王小明", "phone": right.masked_phone}
        assert "correct" in shown["actions"]
        assert await row_of(world, "person", identity_hash=found_under(world, wrong)) is None
        assert (await approve(world, await ask(world, person, right))).status_code == 200
        known = await row_of(world, "person", identity_hash=found_under(world, right))
        assert known["user_id"] == person.id
        assert (await correct(world, path, right)).status_code == 200
        [event] = await world.database.reads.fetch(EVENTS, known["id"])
        assert event["note"] == REASON["reason"]
        for name in (*wrong.whole.values(), *right.whole.values()):
            assert name not in event["facts"]
        assert '["name", "phone"]' in event["facts"]

    async def test_whoever_was_recognised_stays_so(self, api: ApiClient, world: World):
        wrong, person = await enrol(world, new_contact("王小朋")), await world.person()
        asking = await ask(world, person, wrong)
        assert (await approve(world, asking)).status_code == 200
        right = Contact("王小明", wrong.phone)
        assert (await correct(world, await path_to(world, "member", wrong), right)).status_code == 200
        own = (await api.get("/v1/me/member", person)).json()
        assert own["contact"] == right.whole
        assert (await api.get(f"/v1/identifications/{asking}", world.staff)).json()["is_on_roster"]

    async def test_not_to_somebody_else(self, world: World):
        one, other = [await enrol(world, new_contact()) for _ in range(2)]
        assert problem(await correct(world, await path_to(world, "member", one), other)) == (409, "person-exists")

    async def test_by_whom(self, api: ApiClient, world: World):
        contact, right = await enrol(world, new_contact()), new_contact("王小明")
        path = await path_to(world, "member", contact)
        stranger = await world.holder(Role.STAFF, world.other_grid)
        for person in (stranger, await world.person(), world.alliance):
            assert problem(await correct(world, path, right, person)) == (404, "not-found")
        post = await world.post(name="网格长", role="staff")
        appointed = await api.post(f"/v1/posts/{post}/appoint", world.administrator, contact.whole)
        assert appointed.status_code == 200
        assert problem(await correct(world, path, right)) == (403, "not-allowed"), "a role that they could not grant"
        assert (await correct(world, path, right, world.administrator)).status_code == 200

    async def test_nobody_who_is_called_at_a_unit_elsewhere(self, api: ApiClient, world: World):
        """Whoever puts them on their own roster would choose whom others call."""
        contact, elsewhere = new_contact(), await world.holder(Role.STAFF, world.other_grid)
        form = {"area_id": str(world.other_grid.id), "kind": "enterprise", "name": "湖畔超市", "contact": contact.whole}
        unit = (await api.post("/v1/units", elsewhere, form)).json()
        officer = await world.holder(Role.STAFF, world.grid)
        form = {**contact.whole, "home_area_id": str(world.grid.id), "skills": []}
        assert (await api.post("/v1/volunteers/enter", officer, form)).status_code == 201
        path = await path_to(world, "volunteer", contact)
        assert problem(await correct(world, path, new_contact("王小虎"), officer)) == (403, "not-allowed")
        assert (await api.get(f"/v1/units/{unit['id']}", elsewhere)).json()["contact"]["name"] == contact.name
        assert (await correct(world, path, new_contact("王小虎"))).status_code == 200

    async def test_not_oneself_and_nobody_without_a_name(self, world: World):
        contact, officer = await enrol(world, new_contact()), await world.holder(Role.STAFF, world.grid)
        assert (await approve(world, await ask(world, officer, contact))).status_code == 200
        path = await path_to(world, "member", contact)
        assert problem(await correct(world, path, new_contact(), officer)) == (403, "own-interest")
        member: UUID = await make_member(world.database, await world.person(), world.grid, world.unit_id)
        nameless = f"/v1/members/{member}/correct"
        assert problem(await correct(world, nameless, new_contact())) == (409, "state-conflict")
