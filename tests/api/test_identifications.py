"""Being recognised as a person of the roster: what staff see and do, what the asker never learns."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from app.models import Area
from app.services import binding, people
from app.services.people import Contact
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World, make_member
from tests.people import Person
from tests.roster import enrol, new_contact
from tests.strength import lend, make_line, make_plan, make_request

REASON = {"reason": "请带身份证到社区当面核对。"}


def form(world: World, contact: Contact, area: Area | None = None) -> dict[str, str]:
    return {"name": contact.name, "phone": contact.phone, "home_area_id": str((area or world.grid).id)}


async def ask(world: World, person: Person, contact: Contact, area: Area | None = None) -> str:
    """Have somebody ask to be recognised; return the asking's id."""
    response = await world.api.post("/v1/identifications", person, form(world, contact, area))
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def approve(world: World, asking: str, staff: Person | None = None) -> Any:
    return await world.api.post(f"/v1/identifications/{asking}/approve", staff or world.staff)


async def row_of(world: World, table: str, **where: Any) -> Any:
    [(column, value)] = where.items()
    return await world.database.reads.fetchrow(f"SELECT * FROM {table} WHERE {column} = $1", value)


class TestApply:
    async def test_it_waits_for_staff_and_stands_nowhere_in_the_open(self, api: ApiClient, world: World):
        person, contact = await world.person(), new_contact("欧阳小满")
        response = await api.post("/v1/identifications", person, form(world, contact))
        assert response.status_code == 201
        told = response.json()
        assert (told["status"], told["reason"], told["actions"]) == ("applied", None, [])
        assert told["contact"] == {"name": "欧***", "phone": f"139****{contact.phone[-4:]}"}
        assert (await api.get("/v1/me/identification", person)).json() == told
        row = await row_of(world, "identification", user_id=person.id)
        kept = await row_of(world, "idempotency_key", caller_id=person.id)
        for stored in (row["sealed"], row["identity_hash"], kept["body"]):
            assert contact.name.encode() not in stored
            assert contact.phone.encode() not in stored
        assert people.read(world.settings.data_key.get_secret_value(), row["id"], row["sealed"]) == contact

    async def test_again_only_after_a_refusal(self, api: ApiClient, world: World):
        person, contact = await world.person(), new_contact()
        asking = await ask(world, person, contact)
        again = await api.post("/v1/identifications", person, form(world, contact))
        assert problem(again) == (409, "already-enrolled")
        refused = await api.post(f"/v1/identifications/{asking}/refuse", world.staff, REASON)
        assert (refused.status_code, refused.json()["status"]) == (200, "refused")
        told = (await api.get("/v1/me/identification", person)).json()
        assert (told["reason"], told["actions"]) == (REASON["reason"], ["reapply"])
        right = new_contact("诸葛小明")
        assert await ask(world, person, right, world.other_grid) == asking
        shown = (await api.get(f"/v1/identifications/{asking}", world.staff)).json()
        assert (shown["contact"]["name"], shown["home_area"]["id"]) == ("诸葛小明", str(world.other_grid.id))

    async def test_what_is_not_there(self, api: ApiClient, world: World):
        person, contact = await world.person(), new_contact()
        assert problem(await api.get("/v1/me/identification", person)) == (404, "not-found")
        for area_id, code in ((str(uuid4()), "area-unknown"), (str(world.community.id), "area-not-a-home")):
            response = await api.post("/v1/identifications", person, form(world, contact) | {"home_area_id": area_id})
            assert problem(response) == (422, code)

    @pytest.mark.parametrize("phone", ["", "123456", "1" * 19, "-------", "+", "138 1234 567a", "138--12345678"])
    async def test_what_is_no_number(self, api: ApiClient, world: World, phone: str):
        response = await api.post(
            "/v1/identifications", await world.person(), form(world, new_contact()) | {"phone": phone}
        )
        assert problem(response) == (422, "invalid-payload")

    async def test_the_asker_cannot_tell_whether_the_roster_holds_them(self, api: ApiClient, world: World):
        """Answer by answer, the same as somebody whom the roster does not hold, until staff say so."""
        known, taken = new_contact(), new_contact()
        await enrol(world, known)
        await approve(world, await ask(world, await world.person(), await enrol(world, taken)))
        stories = []
        for contact in (known, taken, new_contact()):
            person, story = await world.person(), []
            story.append(await api.post("/v1/identifications", person, form(world, contact)))
            story.append(await api.post("/v1/identifications", person, form(world, contact)))
            story.append(await api.get("/v1/me/identification", person))
            story.append(await api.get("/v1/me", person))
            asking = story[0].json()["id"]
            story.append(await api.get(f"/v1/identifications/{asking}", person))
            story.append(await api.post(f"/v1/identifications/{asking}/refuse", world.staff, REASON))
            del story[-1]
            story.append(await api.get("/v1/me/identification", person))
            stories.append([(answer.status_code, without_names(answer.json(), contact)) for answer in story])
        assert stories[0] == stories[1] == stories[2]

    async def test_nor_can_staff_who_ask_for_themselves(self, api: ApiClient, world: World):
        contact = await enrol(world, new_contact())
        officer = await world.holder(Role.ADMINISTRATOR, world.district)
        asking = await ask(world, officer, contact)
        assert problem(await api.get(f"/v1/identifications/{asking}", officer)) == (404, "not-found")
        assert await all_pages(api, "/v1/identifications", officer, area_id=world.grid.id) == []
        assert problem(await approve(world, asking, officer)) == (403, "own-interest")


def without_names(told: Any, contact: Contact) -> Any:
    """Return an answer without what tells two askers apart whatever happens."""
    if isinstance(told, dict):
        return {
            name: without_names(value, contact)
            for name, value in told.items()
            if name not in {"id", "created_at", "contact"}
        }
    return told


class TestStaff:
    async def test_see_what_the_roster_holds(self, api: ApiClient, world: World):
        contact = new_contact()
        asking = await ask(world, await world.person(), contact)
        path = f"/v1/identifications/{asking}"
        shown = (await api.get(path, world.staff)).json()
        assert shown["contact"] == {"name": contact.name, "phone": f"139****{contact.phone[-4:]}"}
        assert (shown["is_on_roster"], shown["hats"], shown["actions"]) == (False, [], ["refuse"])
        assert problem(await approve(world, asking)) == (409, "not-on-roster")
        await enrol(world, contact, volunteer=True)
        shown = (await api.get(path, world.staff)).json()
        assert (shown["is_on_roster"], shown["is_taken"], shown["is_beyond"]) == (True, False, False)
        assert [(hat["hat"], hat["status"], hat["area"]["id"]) for hat in shown["hats"]] == [
            ("member", "approved", str(world.grid.id)),
            ("volunteer", "approved", str(world.grid.id)),
        ]
        assert shown["actions"] == ["approve", "refuse"]
        assert await all_pages(api, "/v1/identifications", world.staff, area_id=world.community.id) == [shown]

    async def test_find_by_name_and_number_together(self, api: ApiClient, world: World):
        contact = await enrol(world, new_contact("王小明"))
        for other in (Contact("王大明", contact.phone), new_contact("王小明")):
            asking = await ask(world, await world.person(), other)
            assert not (await api.get(f"/v1/identifications/{asking}", world.staff)).json()["is_on_roster"]
        written = Contact(" 王　小明", f"+86 {contact.phone[:3]}-{contact.phone[3:7]}-{contact.phone[7:]}")
        asking = await ask(world, await world.person(), written)
        assert (await api.get(f"/v1/identifications/{asking}", world.staff)).json()["is_on_roster"]

    async def test_bind_nobody_twice(self, api: ApiClient, world: World):
        contact = await enrol(world, new_contact())
        first, second = [await ask(world, await world.person(), contact) for _ in range(2)]
        assert (await approve(world, first)).status_code == 200
        shown = (await api.get(f"/v1/identifications/{second}", world.staff)).json()
        assert (shown["is_taken"], shown["actions"]) == (True, ["refuse"])
        assert problem(await approve(world, second)) == (409, "person-taken")

    async def test_bind_nobody_to_a_hat_outside_their_areas(self, api: ApiClient, world: World):
        """Or else staff of one grid could make a friend of theirs whoever they like elsewhere."""
        contact = await enrol(world, new_contact(), area=world.other_grid)
        asking = await ask(world, await world.person(), contact)
        grid_staff = await world.holder(Role.STAFF, world.grid)
        shown = (await api.get(f"/v1/identifications/{asking}", grid_staff)).json()
        assert (shown["is_on_roster"], shown["is_beyond"]) == (True, True)
        assert (shown["hats"], shown["actions"]) == ([], ["refuse"])
        assert problem(await approve(world, asking, grid_staff)) == (403, "not-allowed")
        assert (await approve(world, asking)).status_code == 200

    async def test_bind_nobody_to_a_role_that_they_could_not_grant(self, api: ApiClient, world: World):
        contact, person = await enrol(world, new_contact()), await world.person()
        post = await world.post(name="网格长", role="staff")
        who = {"name": contact.name, "phone": contact.phone}
        appointed = await api.post(f"/v1/posts/{post}/appoint", world.administrator, who)
        assert appointed.status_code == 200, appointed.text
        asking = await ask(world, person, contact)
        shown = (await api.get(f"/v1/identifications/{asking}", world.staff)).json()
        assert (shown["is_beyond"], shown["posts"], shown["actions"]) == (True, ["网格长"], ["refuse"])
        assert problem(await approve(world, asking)) == (403, "not-allowed")
        assert (await approve(world, asking, world.administrator)).status_code == 200
        grants = (await api.get("/v1/me", person)).json()["grants"]
        assert [(grant["role"], grant["area_id"]) for grant in grants] == [("staff", str(world.grid.id))]

    async def test_decide_once_and_in_their_areas_alone(self, api: ApiClient, world: World):
        contact = await enrol(world, new_contact())
        asking = await ask(world, await world.person(), contact)
        other_grid_staff = await world.holder(Role.STAFF, world.other_grid)
        for stranger in (other_grid_staff, world.alliance, await world.person()):
            assert problem(await approve(world, asking, stranger)) == (404, "not-found")
            refusal = await api.post(f"/v1/identifications/{asking}/refuse", stranger, REASON)
            assert problem(refusal) == (404, "not-found")
        approved = await approve(world, asking)
        assert (approved.status_code, approved.json()["status"]) == (200, "approved")
        assert approved.json()["actions"] == ["undo"]
        assert approved.json()["contact"]["name"] == "王**"
        assert problem(await approve(world, asking)) == (409, "state-conflict")

    async def test_the_event_names_nobody(self, world: World):
        contact = await enrol(world, new_contact())
        asking = await ask(world, await world.person(), contact)
        await approve(world, asking)
        events = await world.database.reads.fetch("SELECT * FROM event WHERE subject_id = $1", UUID(asking))
        assert {event["action"] for event in events} == {"create", "approve"}
        assert contact.name not in str(events)
        assert contact.phone not in str(events)


class TestBind:
    async def test_whoever_was_nobody_is_all_that_the_roster_says(self, api: ApiClient, world: World):
        contact = await enrol(world, new_contact(), volunteer=True)
        person = await world.person()
        task = await world.task_of(await world.wish(await world.person()))
        assert problem(await api.post(f"/v1/tasks/{task}/claims", person)) == (403, "helpers-only")
        await approve(world, await ask(world, person, contact))
        me = (await api.get("/v1/me", person)).json()
        assert (me["member_status"], me["volunteer_status"]) == ("approved", "approved")
        assert (await api.post(f"/v1/tasks/{task}/claims", person)).status_code == 201

    async def test_what_only_one_is_moves_over(self, api: ApiClient, world: World):
        person, contact = await world.person(), await enrol(world, new_contact())
        offered = await api.post(
            "/v1/volunteers", person, {"home_area_id": str(world.other_grid.id), "skills": ["理发"]}
        )
        volunteer = offered.json()["id"]
        assert (await api.post(f"/v1/volunteers/{volunteer}/approve", world.staff)).status_code == 200
        own = await row_of(world, "person", user_id=person.id)
        await approve(world, await ask(world, person, contact))
        [one] = await world.database.reads.fetch("SELECT id FROM person WHERE user_id = $1", person.id)
        assert one["id"] != own["id"]
        assert await row_of(world, "person", id=own["id"]) is None
        me = (await api.get("/v1/me", person)).json()
        assert (me["member_status"], me["volunteer_status"]) == ("approved", "approved")
        assert (await api.get(f"/v1/volunteers/{volunteer}", person)).json()["status"] == "approved"
        assert await stays_of(world, one["id"]) == [
            ("member", world.grid.id, False),
            ("volunteer", world.other_grid.id, True),
            ("volunteer", world.other_grid.id, False),
        ]

    async def test_a_post_that_the_user_holds_moves_over(self, api: ApiClient, world: World):
        person, contact = await world.person(), await enrol(world, new_contact())
        await world.post(role="staff", holder=person)
        await approve(world, await ask(world, person, contact))
        [post] = (await api.get("/v1/me/posts", person)).json()["items"]
        assert post["area"]["id"] == str(world.grid.id)
        assert len((await api.get("/v1/me", person)).json()["grants"]) == 1

    @pytest.mark.parametrize("status", ["applied", "approved", "refused", "left"])
    async def test_where_both_are_the_same_the_roster_counts(self, world: World, status: str):
        person, contact = await world.person(), new_contact()
        own = await make_member(world.database, person, world.other_grid, world.unit_id, status)
        await enrol(world, contact)
        await approve(world, await ask(world, person, contact))
        [one] = await world.database.reads.fetch("SELECT id FROM person WHERE user_id = $1", person.id)
        kept = await row_of(world, "member", person_id=one["id"])
        assert (kept["home_area_id"], kept["status"]) == (world.grid.id, "approved")
        assert await row_of(world, "member", id=own) is None
        merged = await world.database.reads.fetch(
            "SELECT from_state, to_state, facts FROM event WHERE subject_id = $1 AND action = 'merge'", own
        )
        if status == "left":
            assert merged == []
        else:
            assert [(row["from_state"], row["to_state"]) for row in merged] == [(status, "left")]
            assert str(kept["id"]) in merged[0]["facts"]

    async def test_of_two_histories_the_roster_counts_where_it_says_something(self, world: World):
        person, contact = await world.person(), new_contact()
        own = await make_member(world.database, person, world.other_grid, world.unit_id)
        await enrol(world, contact)
        await world.database.writes.execute("UPDATE member SET home_area_id = $2 WHERE id = $1", own, world.grid.id)
        await approve(world, await ask(world, person, contact))
        [one] = await world.database.reads.fetch("SELECT id FROM person WHERE user_id = $1", person.id)
        rows = await world.database.reads.fetch(
            "SELECT area_id, since, until FROM stay WHERE person_id = $1 ORDER BY since", one["id"]
        )
        assert [row["area_id"] for row in rows] == [world.other_grid.id, world.grid.id]
        assert rows[0]["until"] == rows[1]["since"]
        assert rows[1]["until"] is None

    async def test_whoever_is_another_person_already_is_not_made_a_second(self, world: World):
        person, contact = await world.person(), await enrol(world, new_contact())
        asking = await ask(world, person, contact)
        somebody = await enrol(world, new_contact())
        secret = world.settings.data_key.get_secret_value()
        await world.database.writes.execute(
            "UPDATE person SET user_id = $1 WHERE identity_hash = $2", person.id, people.identity_hash(secret, somebody)
        )
        assert problem(await approve(world, asking)) == (409, "person-taken")

    async def test_a_shop_of_the_offices_list_gets_its_owner(self, api: ApiClient, world: World):
        person, contact = await world.person(), await enrol(world, new_contact())
        secret = world.settings.data_key.get_secret_value()
        shop = await world.listed_shop(
            await row_of(world, "person", identity_hash=people.identity_hash(secret, contact))
        )
        listed = (await api.get(f"/v1/merchants/{shop}", world.alliance)).json()
        assert (listed["has_owner"], listed["status"]) == (False, "approved")
        assert problem(await api.get(f"/v1/merchants/{shop}", person)) == (404, "not-found")
        asking = await ask(world, person, contact)
        assert problem(await approve(world, asking)) == (403, "not-allowed"), "staff give away no shop"
        assert (await approve(world, asking, world.administrator)).status_code == 200
        own = (await api.get(f"/v1/merchants/{shop}", person)).json()
        assert (own["has_owner"], "add_offer" in own["actions"]) == (True, True)
        [clerk] = (await api.get(f"/v1/merchants/{shop}/clerks", person)).json()["items"]
        assert clerk["is_owner"]

    async def test_who_leads_a_team_goes_on_leading_it(self, api: ApiClient, world: World):
        leader, contact = await world.helper(), await enrol(world, new_contact())
        team = await world.team(leader)
        assert (await approve(world, await ask(world, leader, contact))).status_code == 200
        seen = (await api.get(f"/v1/teams/{team}", leader)).json()
        assert (seen["is_leader"], seen["own_status"], seen["head_count"]) == (True, "joined", 1)

    async def test_who_is_lent_to_another_grid_stays_lent(self, api: ApiClient, world: World):
        helper, contact = await world.helper(), await enrol(world, new_contact())
        loan = await lend(world, world.grid, world.other_grid, helper)
        assert (await approve(world, await ask(world, helper, contact))).status_code == 200
        for path in ("/v1/me/loans", "/v1/me/loan-requests"):
            assert len((await api.get(path, helper)).json()["items"]) == 1
        assert (await api.post(f"/v1/loans/{loan}/end", helper)).status_code == 200

    async def test_no_table_that_refers_to_people_is_forgotten(self, world: World):
        rows = await world.database.reads.fetch(
            "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint WHERE confrelid = 'person'::regclass"
        )
        assert {row["name"] for row in rows} == binding.REFERRING


async def stays_of(world: World, person_id: UUID) -> list[tuple[str, UUID, bool]]:
    rows = await world.database.reads.fetch(
        "SELECT hat, area_id, until IS NOT NULL AS is_over FROM stay WHERE person_id = $1 ORDER BY hat, since",
        person_id,
    )
    return [(row["hat"], row["area_id"], row["is_over"]) for row in rows]


class TestUndo:
    async def test_the_account_has_nothing_of_the_person(self, api: ApiClient, world: World):
        contact, person = await enrol(world, new_contact(), volunteer=True), await world.person()
        secret = world.settings.data_key.get_secret_value()
        found = people.identity_hash(secret, contact)
        shop = await world.listed_shop(await row_of(world, "person", identity_hash=found))
        post = await world.post(name="网格长", role="staff")
        appointed = await api.post(f"/v1/posts/{post}/appoint", world.administrator, contact.whole)
        assert appointed.status_code == 200
        asking = await ask(world, person, contact)
        assert (await approve(world, asking, world.administrator)).status_code == 200
        me = (await api.get("/v1/me", person)).json()
        assert (me["member_status"], len(me["grants"]), len(me["shops"])) == ("approved", 1, 1)
        path = f"/v1/identifications/{asking}/undo"
        assert "undo" not in (await api.get(f"/v1/identifications/{asking}", world.staff)).json()["actions"]
        assert problem(await api.post(path, world.staff, REASON)) == (403, "not-allowed"), "a role and a shop"
        assert (await api.get("/v1/me", person)).status_code == 200, "nothing has happened"
        told = await api.post(path, world.administrator, REASON)
        assert (told.status_code, told.json()["status"]) == (200, "refused")
        assert problem(await api.get("/v1/me", person)) == (401, "token-invalid")
        assert (await row_of(world, "person", identity_hash=found))["user_id"] is None
        for table, column in (
            ("grant", "user_id"),
            ("clerk", "user_id"),
            ("merchant", "owner_id"),
            ("person", "user_id"),
        ):
            assert await row_of(world, f'"{table}"', **{column: person.id}) is None
        listed = (await api.get(f"/v1/merchants/{shop}", world.alliance)).json()
        assert (listed["has_owner"], listed["status"]) == (False, "approved")
        assert problem(await api.post(path, world.administrator, REASON)) == (409, "state-conflict")
        right = await world.person()
        assert (await approve(world, await ask(world, right, contact), world.administrator)).status_code == 200
        me = (await api.get("/v1/me", right)).json()
        assert (me["member_status"], len(me["grants"]), len(me["shops"])) == ("approved", 1, 1)
        event = "SELECT note, facts FROM event WHERE subject_kind = 'identification' AND action = 'undo'"
        told_of = str(await world.database.reads.fetch(f"{event} AND subject_id = $1", UUID(asking)))
        assert REASON["reason"] in told_of
        assert contact.phone not in told_of

    async def test_nobody_stays_lent_who_never_agreed(self, api: ApiClient, world: World):
        helper, contact = await world.helper(), await enrol(world, new_contact())
        loan = await lend(world, world.grid, world.other_grid, helper)
        line_id = await make_line(world, await make_plan(world), world.grid, world.other_grid, status="asking")
        request = await make_request(world, line_id, helper)
        asking = await ask(world, helper, contact)
        assert (await approve(world, asking)).status_code == 200
        assert (await api.post(f"/v1/identifications/{asking}/undo", world.staff, REASON)).status_code == 200
        states = "SELECT (SELECT status FROM loan WHERE id = $1), (SELECT status FROM loan_request WHERE id = $2)"
        row = await world.database.reads.fetchrow(states, loan, request)
        assert row is not None
        assert tuple(row) == ("ended", "withdrawn")

    async def test_nobody_undoes_their_own(self, api: ApiClient, world: World):
        contact, officer = await enrol(world, new_contact()), await world.holder(Role.STAFF, world.grid)
        asking = await ask(world, officer, contact)
        assert (await approve(world, asking)).status_code == 200
        path = f"/v1/identifications/{asking}/undo"
        assert problem(await api.post(path, officer, REASON)) == (403, "own-interest")
        stranger = await world.holder(Role.STAFF, world.other_grid)
        assert problem(await api.post(path, stranger, REASON)) == (404, "not-found")
        assert (await api.post(path, world.staff, REASON)).status_code == 200
