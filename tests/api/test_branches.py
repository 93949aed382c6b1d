"""Branches of grids: founded by staff, joined by members, led by who was asked, chosen and given the office."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import today
from app.domain.branches import last_day
from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_identifications import approve, ask
from tests.api_client import ApiClient
from tests.branches import REASON, inside, join, lead, look, make_branch, member_of, stand, terms
from tests.conftest import Jobs
from tests.factories import World, make_grant, make_member
from tests.imports import Office, counts, xlsx
from tests.people import Person
from tests.roster import enrol, new_contact

EVENTS = "SELECT action, note, facts::text FROM event WHERE subject_id = $1 ORDER BY created_at, id"


async def nominate(world: World, branch_id: UUID, person: Person, **form: Any) -> Any:
    return await world.api.post(f"/v1/branches/{branch_id}/candidacies", person, form)


async def step(world: World, candidacy: object, action: str, person: Person, form: object = None) -> Any:
    return await world.api.post(f"/v1/branch-candidacies/{candidacy}/{action}", person, form)


async def hand_over(world: World, branch_id: UUID, candidacy: object, person: Person | None = None, **more: Any) -> Any:
    form = {"candidacy_id": str(candidacy), **more}
    return await world.api.post(f"/v1/branches/{branch_id}/hand-over", person or world.staff, form)


async def nickname_of(world: World, person: Person) -> str:
    return str(await world.database.reads.fetchval('SELECT nickname FROM "user" WHERE id = $1', person.id))


class TestBranches:
    async def test_staff_make_one_and_everybody_finds_it(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "name": "湖滨网格功能型党支部"}
        made = await api.post("/v1/branches", world.staff, form)
        assert made.status_code == 201
        told = made.json()
        assert (told["status"], told["member_count"], told["secretary"]) == ("active", 0, None)
        assert told["actions"] == ["edit", "dissolve", "add", "recommend"]
        seen = await look(world, UUID(told["id"]), None)
        assert "secretary" not in seen
        assert seen["actions"] == []
        for area in (world.grid, world.district):
            listed = (await api.get("/v1/branches", area_id=area.id)).json()["items"]
            assert listed == [seen]

    async def test_only_of_a_grid_that_is_there_and_by_its_staff(self, api: ApiClient, world: World):
        form = {"area_id": str(world.community.id), "name": "支部"}
        assert problem(await api.post("/v1/branches", world.staff, form)) == (422, "area-not-a-grid")
        form["area_id"] = str(uuid4())
        assert problem(await api.post("/v1/branches", world.staff, form)) == (422, "area-unknown")
        form["area_id"] = str(world.grid.id)
        assert problem(await api.post("/v1/branches", await world.helper(), form)) == (403, "not-allowed")

    async def test_a_grid_has_one(self, api: ApiClient, world: World):
        branch = await make_branch(world)
        form = {"area_id": str(world.grid.id), "name": "另一个支部"}
        assert problem(await api.post("/v1/branches", world.staff, form)) == (409, "branch-exists")
        gone = await api.post(f"/v1/branches/{branch}/dissolve", world.staff, REASON)
        assert (gone.json()["status"], gone.json()["actions"]) == ("dissolved", [])
        assert (await api.post("/v1/branches", world.staff, form)).status_code == 201
        listed = (await api.get("/v1/branches", area_id=world.grid.id, status="dissolved")).json()["items"]
        assert [item["id"] for item in listed] == [str(branch)]

    async def test_it_is_named_anew(self, api: ApiClient, world: World):
        branch = await make_branch(world)
        edited = await api.put(f"/v1/branches/{branch}", world.staff, {"name": "东湖支部"})
        assert edited.json()["name"] == "东湖支部"
        await api.post(f"/v1/branches/{branch}/dissolve", world.staff, REASON)
        for answer in (
            await api.put(f"/v1/branches/{branch}", world.staff, {"name": "又一个"}),
            await api.post(f"/v1/branches/{branch}/dissolve", world.staff, REASON),
            await api.post(f"/v1/branches/{branch}/members", await world.helper(), {}),
            await nominate(world, branch, world.staff, member_id=str(uuid4())),
            await api.post(f"/v1/branches/{branch}/vacate", world.staff, REASON),
            await hand_over(world, branch, uuid4()),
        ):
            assert problem(answer) == (409, "state-conflict")

    async def test_dissolved_it_ends_all_that_hangs_on_it(self, api: ApiClient, world: World):
        secretary, rival = await world.helper(), await world.helper()
        branch = await make_branch(world, None, secretary, rival)
        await lead(world, branch, secretary)
        standing = await stand(world, branch, rival)
        await api.post(f"/v1/branches/{branch}/dissolve", world.staff, REASON)
        assert await inside(world, branch) == []
        assert [term["end_reason"] for term in await terms(world, branch)] == ["dissolved"]
        assert (await api.get(f"/v1/branch-candidacies/{standing}", rival)).json()["status"] == "lapsed"
        assert (await api.get("/v1/me/branches", secretary)).json()["items"] == []

    @pytest.mark.parametrize("name", ["", " ", "支" * 31, "支\u202e部", None, 5])
    async def test_bad_names(self, api: ApiClient, world: World, name: object):
        form = {"area_id": str(world.grid.id), "name": name}
        assert problem(await api.post("/v1/branches", world.staff, form)) == (422, "invalid-payload")

    async def test_how_they_stand_for_a_secretary_is_for_staff(self, api: ApiClient, world: World):
        one, other = await world.helper(), await world.person()
        await make_member(world.database, other, world.other_grid, world.unit_id)
        here, there = await make_branch(world, None, one), await make_branch(world, world.other_grid, other)
        await lead(world, here, one, due_on=today() - timedelta(days=1))

        async def found(person: Person | None, state: str) -> list[str]:
            page = await api.get("/v1/branches", person, area_id=world.district.id, secretary=state)
            return [item["id"] for item in page.json()["items"]]

        assert [await found(world.staff, state) for state in ("overdue", "vacant", "in_office")] == [
            [str(here)],
            [str(there)],
            [],
        ]
        await lead(world, there, other, due_on=today())
        assert await found(world.staff, "in_office") == [str(there)]
        narrow = await world.holder(Role.STAFF, world.other_grid)
        assert [await found(person, "overdue") for person in (narrow, one, None)] == [[], [], []]


class TestMembers:
    async def test_joining_looking_around_and_leaving(self, api: ApiClient, world: World):
        one, other = await world.helper(), await world.helper()
        branch = await make_branch(world)
        assert (await look(world, branch, one))["actions"] == ["join"]
        joined = await api.post(f"/v1/branches/{branch}/members", one, {})
        assert (joined.status_code, joined.json()["actions"]) == (201, ["leave"])
        await join(world, branch, other)
        assert (await look(world, branch, one))["member_count"] == 2
        listed = (await api.get(f"/v1/branches/{branch}/members", one)).json()["items"]
        assert [item["person"] for item in listed] == [{"nickname": await nickname_of(world, other)}] * 2
        assert [item["actions"] for item in listed] == [[], ["leave"]]
        [own] = (await api.get("/v1/me/branches", one)).json()["items"]
        assert (own["id"], own["own_place_id"]) == (str(branch), joined.json()["id"])
        left = await api.post(f"/v1/branches/members/{joined.json()['id']}/leave", one, REASON)
        assert (left.json()["status"], left.json()["actions"]) == ("left", [])
        assert left.json()["ended_at"] is not None
        assert problem(await api.get(f"/v1/branches/{branch}/members", one)) == (403, "not-allowed")
        again = await api.post(f"/v1/branches/members/{joined.json()['id']}/leave", one, REASON)
        assert problem(again) == (409, "state-conflict")
        assert await join(world, branch, one) != UUID(joined.json()["id"])
        assert len(await inside(world, branch, "left")) == 1
        assert problem(await api.get(f"/v1/branches/{branch}/members", other, status="left")) == (403, "not-allowed")

    async def test_staff_put_somebody_there_who_has_never_logged_in(self, api: ApiClient, world: World):
        contact = await enrol(world, new_contact("欧阳小满"))
        branch = await make_branch(world)
        listed = await api.get("/v1/members", world.staff, area_id=world.grid.id, status="approved")
        [member] = listed.json()["items"]
        put = await api.post(f"/v1/branches/{branch}/members", world.staff, {"member_id": member["id"]})
        assert put.json()["person"] == {"nickname": None, "name": "欧***", "member_id": member["id"]}
        [place] = await inside(world, branch)
        assert place["person"]["name"] == contact.name
        assert place["actions"] == ["leave"]
        twice = await api.post(f"/v1/branches/{branch}/members", world.staff, {"member_id": member["id"]})
        assert problem(twice) == (409, "branch-joined")

    async def test_only_approved_members_of_the_grid(self, api: ApiClient, world: World):
        branch = await make_branch(world)
        applied, elsewhere = await world.person(), await world.person()
        await make_member(world.database, applied, world.grid, world.unit_id, "applied")
        await make_member(world.database, elsewhere, world.other_grid, world.unit_id)
        for person in (applied, elsewhere, await world.person()):
            told = problem(await api.post(f"/v1/branches/{branch}/members", person, {}))
            assert told == (409, "member-elsewhere")
        for member_id in (await member_of(world, applied), await member_of(world, elsewhere), uuid4()):
            form = {"member_id": str(member_id)}
            assert problem(await api.post(f"/v1/branches/{branch}/members", world.staff, form)) == (
                409,
                "member-elsewhere",
            )

    async def test_nobody_puts_others_there_but_staff(self, api: ApiClient, world: World):
        one, other = await world.helper(), await world.helper()
        branch = await make_branch(world)
        form = {"member_id": str(await member_of(world, other))}
        assert problem(await api.post(f"/v1/branches/{branch}/members", one, form)) == (403, "not-allowed")
        place = await join(world, branch, other)
        assert problem(await api.post(f"/v1/branches/members/{place}/leave", one, REASON)) == (404, "not-found")
        assert (await api.post(f"/v1/branches/members/{place}/leave", world.staff, REASON)).status_code == 200

    @pytest.mark.parametrize("way", ["leave", "transfer"])
    async def test_who_leaves_the_grid_leaves_its_branch(self, api: ApiClient, world: World, way: str):
        """And with it the office and the candidacy, in the same moment."""
        secretary, rival = await world.helper(), await world.helper()
        branch = await make_branch(world, None, secretary, rival)
        await lead(world, branch, secretary)
        again = await stand(world, branch, secretary, "accepted")
        form, person = (REASON, secretary) if way == "leave" else (REASON | away(world), world.staff)
        path = f"/v1/members/{await member_of(world, secretary)}/{way}"
        assert (await api.post(path, person, form)).status_code == 200
        [place] = await inside(world, branch)
        assert place["person"]["member_id"] == str(await member_of(world, rival))
        [term] = await terms(world, branch)
        assert (term["end_reason"], (await look(world, branch, world.staff))["secretary"]) == ("left", None)
        assert (await api.get(f"/v1/branch-candidacies/{again}", world.staff)).json()["status"] == "lapsed"

    async def test_who_goes_by_a_list_does_too(self, api: ApiClient, jobs: Jobs, world: World):
        goes, stays = await enrol(world, new_contact("赵大海")), await enrol(world, new_contact("钱小河"))
        branch = await make_branch(world)
        listed = await api.get("/v1/members", world.staff, area_id=world.grid.id, status="approved")
        for member in listed.json()["items"]:
            put = await api.post(f"/v1/branches/{branch}/members", world.staff, {"member_id": member["id"]})
            assert put.status_code == 201, put.text
        rows = [(goes.name, goes.phone, world.other_grid.name), (stays.name, stays.phone, world.grid.name)]
        office = Office(api, jobs, world.administrator)
        done = await office.taken("members", world.district.id, xlsx(("姓名", "手机号", "网格"), *rows))
        assert counts(done) == (0, 1, 1, 0)
        assert [place["person"]["name"] for place in await inside(world, branch)] == [stays.name]


def away(world: World) -> dict[str, str]:
    """Return to where somebody moves."""
    return {"home_area_id": str(world.other_grid.id)}


class TestRecognised:
    """Two memberships that prove to be one person's."""

    @pytest.mark.parametrize("is_listed_here", [True, False])
    async def test_a_secretary_of_the_app_stays_so_if_the_roster_agrees_on_the_grid(
        self, api: ApiClient, world: World, is_listed_here: bool
    ):
        secretary, contact = await world.helper(), new_contact()
        await enrol(world, contact, area=world.grid if is_listed_here else world.other_grid)
        branch = await make_branch(world, None, secretary)
        await lead(world, branch, secretary)
        assert (await approve(world, await ask(world, secretary, contact))).status_code == 200
        assert [place["person"]["name"] for place in await inside(world, branch)] == [contact.name] * is_listed_here
        [term] = await terms(world, branch)
        assert term["end_reason"] == (None if is_listed_here else "left")
        assert len((await api.get("/v1/me/branches", secretary)).json()["items"]) == is_listed_here

    async def test_of_two_places_one_is_left(self, api: ApiClient, world: World):
        secretary, contact = await world.helper(), new_contact()
        branch = await make_branch(world, None, secretary)
        await lead(world, branch, secretary)
        await stand(world, branch, secretary)
        await enrol(world, contact)
        listed = await api.get("/v1/members", world.staff, area_id=world.grid.id, status="approved")
        member_id = listed.json()["items"][0]["id"]
        for path in ("members", "candidacies"):
            told = await api.post(f"/v1/branches/{branch}/{path}", world.staff, {"member_id": member_id})
            assert told.status_code == 201, told.text
        assert (await approve(world, await ask(world, secretary, contact))).status_code == 200
        [place] = await inside(world, branch)
        assert place["person"]["member_id"] == member_id
        assert len(await inside(world, branch, "left")) == 1
        mine = (await api.get("/v1/me/branch-candidacies", secretary)).json()["items"]
        assert [one["status"] for one in mine] == ["asked", "lapsed", "in_office"]


class TestCandidacies:
    async def test_recommended_one_is_asked_first(self, api: ApiClient, world: World):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        member_id = str(await member_of(world, person))
        asked = await nominate(world, branch, world.staff, member_id=member_id, reason="热心，大家都认识。")
        assert asked.status_code == 201
        told = asked.json()
        assert (told["origin"], told["status"], told["actions"]) == ("recommended", "asked", ["reject"])
        assert told["person"]["member_id"] == member_id
        assert problem(await step(world, told["id"], "accept", world.staff)) == (409, "state-conflict")
        [own] = (await api.get("/v1/me/branch-candidacies", person)).json()["items"]
        assert (own["actions"], own["reason"]) == (["agree", "decline"], "热心，大家都认识。")
        assert own["person"] == {"nickname": await nickname_of(world, person)}
        assert (await step(world, told["id"], "agree", person)).json()["status"] == "standing"
        accepted = await step(world, told["id"], "accept", world.staff)
        assert (accepted.json()["status"], accepted.json()["actions"]) == ("accepted", ["reject", "hand_over"])
        over = await hand_over(world, branch, told["id"])
        assert over.json()["secretary"]["origin"] == "recommended"
        assert over.json()["secretary"]["due_on"] == last_day(today()).isoformat()
        assert (await api.get(f"/v1/branch-candidacies/{told['id']}", person)).json()["status"] == "in_office"

    async def test_who_says_no_is_left_alone(self, world: World):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        asked = (await nominate(world, branch, world.staff, member_id=str(await member_of(world, person)))).json()
        assert problem(await step(world, asked["id"], "agree", world.staff)) == (403, "not-allowed")
        assert (await step(world, asked["id"], "decline", person)).json()["status"] == "declined"
        assert problem(await step(world, asked["id"], "accept", world.staff)) == (409, "state-conflict")

    async def test_nominating_oneself(self, api: ApiClient, world: World):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        assert (await look(world, branch, person))["actions"] == ["stand"]
        stands = (await nominate(world, branch, person, reason="愿意为邻居多跑腿。")).json()
        assert (stands["origin"], stands["status"], stands["actions"]) == ("self_nominated", "standing", ["withdraw"])
        assert (await look(world, branch, person))["actions"] == []
        assert problem(await nominate(world, branch, person)) == (409, "candidacy-open")
        [seen] = (await api.get(f"/v1/branches/{branch}/candidacies", world.staff)).json()["items"]
        assert (seen["id"], seen["actions"]) == (stands["id"], ["accept", "reject"])
        turned = await step(world, stands["id"], "reject", world.staff, {"reason": "请先在支部里多参加活动。"})
        assert (turned.json()["status"], turned.json()["reason"]) == ("rejected", "请先在支部里多参加活动。")
        again = await stand(world, branch, person)
        assert (await step(world, again, "withdraw", person)).json()["status"] == "withdrawn"

    async def test_only_who_is_in_the_branch(self, world: World):
        one, outside = await world.helper(), await world.helper()
        branch = await make_branch(world, None, one)
        assert problem(await nominate(world, branch, outside)) == (409, "not-in-branch")
        form = {"member_id": str(await member_of(world, outside))}
        assert problem(await nominate(world, branch, world.staff, **form)) == (409, "not-in-branch")
        assert problem(await nominate(world, branch, one, **form)) == (403, "not-allowed")

    async def test_nobody_decides_on_themselves_nor_on_their_rival(self, world: World):
        """I2: not as the candidate, not as another one, not as the secretary who would go."""
        candidate, rival, secretary = [await world.helper() for _ in range(3)]
        branch = await make_branch(world, None, candidate, rival, secretary)
        await lead(world, branch, secretary)
        candidacy = await stand(world, branch, candidate)
        await stand(world, branch, rival)
        for person in (candidate, rival, secretary):
            await make_grant(world.database, person, world.district, Role.STAFF)
            assert problem(await step(world, candidacy, "accept", person)) == (403, "own-interest")
            assert problem(await step(world, candidacy, "reject", person, REASON)) == (403, "own-interest")
        assert (await step(world, candidacy, "accept", world.staff)).status_code == 200
        for person in (candidate, rival, secretary):
            assert problem(await hand_over(world, branch, candidacy, person)) == (403, "own-interest")
        assert (await nominate(world, branch, candidate)).json()["code"] == "candidacy-open"
        own = await nominate(world, branch, secretary, member_id=str(await member_of(world, secretary)))
        assert (own.json()["origin"], own.json()["status"]) == ("self_nominated", "standing")

    async def test_one_is_chosen_at_a_time(self, world: World):
        one, other = await world.helper(), await world.helper()
        branch = await make_branch(world, None, one, other)
        first, second = await stand(world, branch, one, "accepted"), await stand(world, branch, other)
        assert problem(await step(world, second, "accept", world.staff)) == (409, "successor-chosen")
        await step(world, first, "reject", world.staff, REASON)
        assert (await step(world, second, "accept", world.staff)).json()["status"] == "accepted"

    async def test_who_leaves_the_branch_stands_no_more(self, api: ApiClient, world: World):
        person = await world.helper()
        branch = await make_branch(world)
        place = await join(world, branch, person)
        candidacy = await stand(world, branch, person, "accepted")
        await api.post(f"/v1/branches/members/{place}/leave", person, REASON)
        assert problem(await hand_over(world, branch, candidacy)) == (409, "state-conflict")


class TestTerms:
    async def test_handing_over_ends_one_and_begins_the_next(self, api: ApiClient, world: World):
        first, second = await world.helper(), await world.helper()
        branch = await make_branch(world, None, first, second)
        await lead(world, branch, first)
        seen = (await look(world, branch, second))["secretary"]
        assert (seen["person"], seen["is_overdue"]) == ({"nickname": await nickname_of(world, first)}, False)
        assert "vacate" in (await look(world, branch, first))["actions"]
        candidacy = await stand(world, branch, second, "accepted")
        over = await hand_over(world, branch, candidacy, due_on=(today() + timedelta(days=30)).isoformat())
        assert over.json()["secretary"]["person"]["member_id"] == str(await member_of(world, second))
        now, before = await terms(world, branch)
        assert (now["ended_at"], now["due_on"]) == (None, (today() + timedelta(days=30)).isoformat())
        assert before["end_reason"] == "handed_over"
        assert before["ended_at"] <= now["since"]
        shown = (await api.get(f"/v1/branches/{branch}/terms", first)).json()["items"]
        assert [term["person"] for term in shown] == [
            {"nickname": await nickname_of(world, person)} for person in (second, first)
        ]
        assert [member["is_secretary"] for member in await inside(world, branch)] == [True, False]
        assert problem(await hand_over(world, branch, candidacy)) == (409, "state-conflict")
        [begun, ended] = [await world.database.reads.fetch(EVENTS, UUID(term["id"])) for term in (now, before)]
        assert [event["action"] for event in begun] == ["begin"]
        assert [event["action"] for event in ended] == ["begin", "end"]

    async def test_the_secretary_may_serve_again(self, world: World):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        await lead(world, branch, person)
        await lead(world, branch, person)
        assert [term["end_reason"] for term in await terms(world, branch)] == [None, "handed_over"]

    async def test_overdue_is_shown_and_the_office_kept(self, world: World):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        await lead(world, branch, person, due_on=today())
        assert not (await look(world, branch, person))["secretary"]["is_overdue"]
        await world.database.writes.execute(
            "UPDATE branch_term SET due_on = $2 WHERE branch_id = $1", branch, today() - timedelta(days=1)
        )
        assert (await look(world, branch, person))["secretary"]["is_overdue"]
        assert (await terms(world, branch))[0]["is_overdue"]

    @pytest.mark.parametrize("days", [-1, 0, 5 * 366 + 1])
    async def test_a_term_ends_after_today_and_within_five_years(self, world: World, days: int):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        candidacy = await stand(world, branch, person, "accepted")
        due_on = (today() + timedelta(days=days)).isoformat()
        assert problem(await hand_over(world, branch, candidacy, due_on=due_on)) == (422, "term-too-long")

    async def test_only_an_accepted_candidate_of_the_branch(self, world: World):
        one, other = await world.helper(), await world.person()
        await make_member(world.database, other, world.other_grid, world.unit_id)
        branch, elsewhere = await make_branch(world, None, one), await make_branch(world, world.other_grid, other)
        standing = await stand(world, branch, one)
        for candidacy in (standing, await stand(world, elsewhere, other, "accepted"), uuid4()):
            assert problem(await hand_over(world, branch, candidacy)) == (409, "state-conflict")
        assert problem(await hand_over(world, branch, standing, one)) == (403, "not-allowed")
        assert problem(await hand_over(world, uuid4(), standing)) == (404, "not-found")

    async def test_resigning_and_being_relieved(self, api: ApiClient, world: World):
        person = await world.helper()
        branch = await make_branch(world, None, person)
        path = f"/v1/branches/{branch}/vacate"
        assert problem(await api.post(path, world.staff, REASON)) == (409, "branch-vacant")
        for who in (person, world.staff):
            await lead(world, branch, person)
            assert problem(await api.post(path, await world.helper(), REASON)) == (403, "not-allowed")
            told = await api.post(path, who, {"reason": "身体原因，联系13912345678。"})
            assert told.json()["secretary"] is None
        ended = (await terms(world, branch))[0]
        assert ended["end_reason"] == "vacated"
        events = await world.database.reads.fetch(EVENTS, UUID(ended["id"]))
        assert "13912345678" not in str([tuple(event) for event in events])
        assert len(await inside(world, branch)) == 1

    def test_a_term_that_begins_on_a_leap_day_ends_on_the_28th(self):
        assert last_day(date(2028, 2, 29)) == date(2031, 2, 28)
        assert last_day(date(2028, 2, 29), 4) == date(2032, 2, 29)
