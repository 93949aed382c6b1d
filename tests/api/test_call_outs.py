"""Call-outs: two people, everybody in the area once, answers that count, and every refusal."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core.clock import now
from app.core.ids import new_id
from app.domain.caller import Role
from app.domain.lifecycle import Party
from app.domain.lifecycles import CALL_OUT
from app.jobs import handlers
from app.services import transitions
from app.services.call_outs import ordering
from app.services.transitions import Mover
from tests.api.scene import make_volunteer, problem
from tests.api_client import ApiClient
from tests.call_outs import FORM, end, gathering, group_of, ordered, place_of, say
from tests.conftest import Jobs
from tests.factories import World, make_area, make_member
from tests.people import Person
from tests.roster import enrol, new_contact
from tests.strength import lend, settle

PATH = "/v1/call-outs"


def path(call_out_id: UUID, part: str = "") -> str:
    return f"{PATH}/{call_out_id}/{part}".rstrip("/")


async def called(world: World, call_out_id: UUID) -> list[asyncpg.Record]:
    query = """
        SELECT x.*, p.user_id FROM call_out_person x JOIN person p ON p.id = x.person_id WHERE x.call_out_id = $1
    """
    return await world.database.reads.fetch(query, call_out_id)


async def kinds(api: ApiClient, person: Person) -> list[str]:
    return [item["kind"] for item in (await api.get("/v1/me/messages", person)).json()["items"]]


class TestOrder:
    async def test_an_order_calls_nobody(self, api: ApiClient, world: World):
        helper = await world.helper()
        form = FORM | {"area_id": str(world.community.id), "instructions": "带雨具，问13912345678。"}
        response = await api.post(PATH, world.staff, form)
        assert response.status_code == 201
        told = response.json()
        assert told == {
            "id": told["id"],
            "area": {"id": str(world.community.id), "name": world.community.name},
            "is_drill": False,
            "emergency": "暴雨内涝",
            "instructions": told["instructions"],
            "status": "ordered",
            "created_at": told["created_at"],
            "confirmed_at": None,
            "stood_down_at": None,
            "own": None,
            "actions": ["withdraw"],
        }
        assert "13912345678" not in told["instructions"]
        assert await called(world, UUID(told["id"])) == []
        assert await kinds(api, helper) == []
        assert problem(await api.get(path(UUID(told["id"])), helper)) == (404, "not-found")
        other = await api.get(path(UUID(told["id"])), world.administrator)
        assert other.json()["actions"] == ["confirm", "refuse"]

    async def test_an_area_without_people(self, api: ApiClient, world: World):
        """Those who applied, were refused or have left are nobody to call, nor is anybody next door."""
        await make_member(world.database, await world.person(), world.grid, world.unit_id, "applied")
        await make_volunteer(world, await world.person(), "left")
        await make_member(world.database, await world.person(), world.other_grid, world.unit_id)
        response = await api.post(PATH, world.staff, FORM | {"area_id": str(world.grid.id)})
        assert problem(response) == (409, "call-out-nobody")
        assert (await api.get(PATH, world.staff, area_id=world.grid.id)).json()["items"] == []

    async def test_a_closed_area_and_one_that_is_not_there(self, api: ApiClient, world: World):
        empty = await make_area(world.database, world.community)
        closed = await api.post(f"/v1/areas/{empty.id}/close", world.administrator, {"reason": "并入。"})
        assert closed.status_code == 200, closed.text
        response = await api.post(PATH, world.staff, FORM | {"area_id": str(empty.id)})
        assert problem(response) == (409, "area-closed")
        response = await api.post(PATH, world.staff, FORM | {"area_id": str(new_id())})
        assert problem(response) == (422, "area-unknown")

    async def test_one_at_a_time_and_a_drill_is_never_in_the_way(self, api: ApiClient, world: World):
        drill = await gathering(world, is_drill=True)
        form = FORM | {"area_id": str(world.community.id)}
        assert (await api.post(PATH, world.staff, form)).status_code == 201
        for again in (form, form | {"is_drill": True}):
            assert problem(await api.post(PATH, world.staff, again)) == (409, "call-out-active")
        await end(world, drill)
        assert (await api.post(PATH, world.staff, form | {"is_drill": True})).status_code == 201

    async def test_helpers_order_nothing(self, api: ApiClient, world: World):
        response = await api.post(PATH, await world.helper(), FORM | {"area_id": str(world.community.id)})
        assert problem(response) == (403, "not-allowed")


class TestLapse:
    async def test_what_nobody_confirms_in_a_day_is_withdrawn(self, api: ApiClient, world: World, jobs: Jobs):
        """Who ordered it is told, nobody was called, and the area is free for another order."""
        helper, old = await world.helper(), "UPDATE call_out SET created_at = now() - $2::interval WHERE id = $1"
        call_out_id = await ordered(world)
        confirmed = await gathering(world, is_drill=True)
        await world.database.writes.execute(old, confirmed, timedelta(days=2))
        await world.database.writes.execute(old, call_out_id, timedelta(hours=23, minutes=59))
        await handlers.lapse_call_outs(jobs.parts)
        assert (await api.get(path(call_out_id), world.staff)).json()["status"] == "ordered"
        await world.database.writes.execute(old, call_out_id, timedelta(hours=24))
        for _ in range(2):
            await handlers.lapse_call_outs(jobs.parts)
        told = (await api.get(path(call_out_id), world.staff)).json()
        assert (told["status"], told["actions"]) == ("withdrawn", [])
        assert (await api.get(path(confirmed), world.staff)).json()["status"] == "gathering"
        assert await kinds(api, world.staff) == ["call_out_lapsed"]
        assert await kinds(api, helper) == ["drill"]
        assert problem(await api.post(path(call_out_id, "confirm"), world.administrator)) == (409, "state-conflict")
        assert await ordered(world)


class TestConfirm:
    async def test_everybody_in_the_area_is_called_and_told(self, api: ApiClient, world: World):
        member, volunteer, both, outside = [await world.person() for _ in range(4)]
        await make_member(world.database, member, world.grid, world.unit_id)
        await make_volunteer(world, volunteer, "approved")
        await make_member(world.database, both, world.other_grid, world.unit_id)
        await make_volunteer(world, both, "approved")
        far = await make_area(world.database, world.neighbour)
        await make_member(world.database, outside, far, world.unit_id)
        await enrol(world, new_contact(), volunteer=True)
        call_out_id = await gathering(world)
        rows = await called(world, call_out_id)
        users = [row["user_id"] for row in rows]
        assert {member.id, volunteer.id, both.id, None} < set(users)
        assert outside.id not in users
        assert len(users) == len(set(users)) == 5, "a person with two hats is one"
        for person in (member, volunteer, both):
            assert await kinds(api, person) == ["call_out"]
        told = (await api.get(path(call_out_id), member)).json()
        assert (told["status"], told["own"]["answer"], told["actions"]) == ("gathering", None, ["answer"])
        [message] = (await api.get("/v1/me/messages", member)).json()["items"]
        assert message["subject"]["path"] == path(call_out_id)
        assert world.community.name in message["body"]

    async def test_who_is_lent_in_is_called_and_who_is_lent_away_is_not(self, world: World):
        away = (await settle(world, world.grid, volunteers=1))[0]
        inside, over = await settle(world, world.other_grid, volunteers=2)
        await lend(world, world.grid, world.other_grid, away)
        await lend(world, world.other_grid, world.grid, inside)
        await lend(world, world.other_grid, world.grid, over, since=-timedelta(days=9), days=-1)
        call_out_id = await gathering(world, area_id=str(world.grid.id))
        rows = {row["user_id"]: row for row in await called(world, call_out_id)}
        assert inside.id in rows
        assert rows[inside.id]["is_lent"]
        assert rows[inside.id]["grid_id"] == world.grid.id
        assert away.id not in rows
        assert over.id not in rows

    async def test_within_one_area_who_is_lent_counts_where_they_are(self, world: World):
        person = (await settle(world, world.grid, volunteers=1))[0]
        await lend(world, world.grid, world.other_grid, person)
        call_out_id = await gathering(world)
        [row] = [row for row in await called(world, call_out_id) if row["user_id"] == person.id]
        assert (row["grid_id"], row["is_lent"]) == (world.other_grid.id, True)

    async def test_a_loan_of_one_hat_or_from_a_grid_that_was_home_leaves_people_where_they_are(self, world: World):
        two_hats, moved = await settle(world, world.grid, volunteers=2)
        await make_member(world.database, two_hats, world.grid, world.unit_id)
        third = await make_area(world.database, world.community)
        await lend(world, world.grid, world.other_grid, two_hats)
        await lend(world, world.grid, third, moved)
        await world.database.writes.execute(
            "UPDATE volunteer SET home_area_id = $2 WHERE person_id = (SELECT id FROM person WHERE user_id = $1)",
            moved.id,
            world.other_grid.id,
        )
        rows = {row["user_id"]: row for row in await called(world, await gathering(world, area_id=str(world.grid.id)))}
        assert (rows[two_hats.id]["grid_id"], rows[two_hats.id]["is_lent"]) == (world.grid.id, False)
        assert moved.id not in rows
        elsewhere = await ordered(world, area_id=str(world.other_grid.id))
        await world.api.post(path(elsewhere, "confirm"), world.administrator)
        rows = {row["user_id"]: row for row in await called(world, elsewhere)}
        assert (rows[moved.id]["grid_id"], rows[moved.id]["is_lent"]) == (world.other_grid.id, False)
        form = FORM | {"area_id": str(third.id)}
        response = await world.api.post(PATH, world.staff, form)
        assert problem(response) == (409, "call-out-nobody"), "whoever lives there no more is not lent from there"

    async def test_never_by_who_ordered_it(self, api: ApiClient, world: World):
        call_out_id = await ordered(world)
        assert problem(await api.post(path(call_out_id, "confirm"), world.staff)) == (403, "own-interest")
        assert problem(await api.post(path(call_out_id, "refuse"), world.staff, {"reason": "不必。"})) == (
            403,
            "own-interest",
        )
        assert await called(world, call_out_id) == []

    async def test_the_database_refuses_one_pair_of_hands(self, world: World):
        call_out_id = await ordered(world)
        changes = {"confirmed_by": world.staff.id, "confirmed_at": now()}
        async with world.database.transaction() as connection:
            hands = (connection, CALL_OUT, call_out_id, "confirm", Mover(Party.STAFF, world.staff.id))
            moved = await transitions.find_and_move(*hands, changes=changes, where=ordering.BY_ANOTHER)
        assert moved is None
        change = "UPDATE call_out SET status = 'gathering', confirmed_by = $2, confirmed_at = now() WHERE id = $1"
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await world.database.writes.execute(change, call_out_id, world.staff.id)
        assert refused.value.constraint_name == "ck_call_out_two_people"
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await world.database.writes.execute("UPDATE call_out SET status = 'gathering' WHERE id = $1", call_out_id)
        assert refused.value.constraint_name == "ck_call_out_confirmed"

    async def test_not_once_everybody_has_left(self, api: ApiClient, world: World):
        call_out_id = await ordered(world)
        await world.database.writes.execute("UPDATE member SET status = 'left' WHERE home_area_id = $1", world.grid.id)
        response = await api.post(path(call_out_id, "confirm"), world.administrator)
        assert problem(response) == (409, "call-out-nobody")
        assert (await api.get(path(call_out_id), world.staff)).json()["status"] == "ordered"

    async def test_refused_or_withdrawn_it_is_over(self, api: ApiClient, world: World):
        for action, person, form in (
            ("refuse", world.administrator, {"reason": "只是小雨。"}),
            ("withdraw", world.staff, None),
        ):
            call_out_id = await ordered(world)
            response = await api.post(path(call_out_id, action), person, form)
            assert response.json()["actions"] == []
            response = await api.post(path(call_out_id, "confirm"), world.administrator)
            assert problem(response) == (409, "state-conflict")
        assert problem(await api.post(path(call_out_id, "withdraw"), world.administrator)) == (403, "not-allowed")


class TestAnswer:
    async def test_counts_and_may_change(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        await say(world, helper, call_out_id, "coming", 15)
        await say(world, helper, call_out_id, "coming", 15)
        response = await api.put(path(call_out_id, "answer"), helper, {"answer": "cannot"})
        assert response.json()["own"]["answer"] == "cannot"
        assert response.json()["own"]["minutes"] is None
        place = await place_of(world, call_out_id, helper)
        events = await world.database.reads.fetch(
            "SELECT from_state, to_state, facts FROM event WHERE subject_id = $1 ORDER BY created_at", place
        )
        assert [(event["from_state"], event["to_state"]) for event in events] == [
            ("called", "coming"),
            ("coming", "cannot"),
        ], "the same again is no news"
        assert json.loads(events[0]["facts"]) == {"minutes": 15}
        counts = (await api.get(path(call_out_id, "counts"), world.staff)).json()
        assert (counts["called"], counts["cannot"], counts["silent"]) == (2, 1, 1)

    async def test_of_somebody_who_was_not_called(self, api: ApiClient, world: World):
        call_out_id = await gathering(world)
        for person in (await world.person(), world.staff):
            response = await api.put(path(call_out_id, "answer"), person, {"answer": "coming"})
            assert problem(response) == (404, "not-found")

    async def test_before_and_after(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await ordered(world)
        assert problem(await api.put(path(call_out_id, "answer"), helper, {"answer": "coming"})) == (404, "not-found")
        await api.post(path(call_out_id, "confirm"), world.administrator)
        await say(world, helper, call_out_id, "coming")
        await end(world, call_out_id)
        response = await api.put(path(call_out_id, "answer"), helper, {"answer": "later"})
        assert problem(response) == (409, "call-out-over")
        told = (await api.get(path(call_out_id), helper)).json()
        assert (told["status"], told["own"]["answer"], told["actions"]) == ("stood_down", "coming", [])

    @pytest.mark.parametrize(
        "form",
        [{"answer": "maybe"}, {"answer": "cannot", "minutes": 5}, {"answer": "coming", "minutes": 0}, {}],
        ids=["unknown", "arrives nowhere", "at once", "nothing"],
    )
    async def test_that_is_none(self, api: ApiClient, world: World, form: dict[str, Any]):
        response = await api.put(path(new_id(), "answer"), world.staff, form)
        assert problem(response) == (422, "invalid-payload")

    async def test_by_telephone(self, api: ApiClient, world: World):
        contact = await enrol(world, new_contact("令狐冲"))
        call_out_id = await gathering(world)
        [row] = (await api.get(path(call_out_id, "people"), world.staff, has_app=False)).json()["items"]
        assert row["contact"] == contact.for_staff
        assert (row["has_app"], row["nickname"], row["answer"]) == (False, None, None)
        one = f"/v1/called-people/{row['id']}"
        assert problem(await api.get(f"{one}/contact", world.staff)) == (403, "reason-needed")
        unmasked = await api.post(f"{one}/unmask", world.staff, {"reason": "电话通知集结。"})
        assert unmasked.json()["contact"] == contact.masked
        assert (await api.get(f"{one}/contact", world.staff)).json()["phone"] == contact.phone
        said = await api.put(f"{one}/answer", world.staff, {"answer": "later", "minutes": 90})
        assert (said.json()["answer"], said.json()["minutes"]) == ("later", 90)
        later = (await api.get(path(call_out_id, "people"), world.staff, answer="later")).json()["items"]
        assert [item["id"] for item in later] == [row["id"]]
        await end(world, call_out_id)
        for response in (
            await api.put(f"{one}/answer", world.staff, {"answer": "coming"}),
            await api.post(f"{one}/unmask", world.staff, {"reason": "还想看看。"}),
        ):
            assert problem(response) == (409, "call-out-over")

    async def test_of_oneself_as_staff(self, api: ApiClient, world: World):
        officer = await world.holder(Role.STAFF, world.community)
        await make_member(world.database, officer, world.grid, world.unit_id)
        call_out_id = await gathering(world)
        one = f"/v1/called-people/{await place_of(world, call_out_id, officer)}"
        assert problem(await api.put(f"{one}/answer", officer, {"answer": "coming"})) == (403, "own-interest")
        assert problem(await api.post(f"{one}/unmask", officer, {"reason": "看看。"})) == (403, "own-interest")
        await say(world, officer, call_out_id, "coming")

    async def test_of_somebody_recognised_meanwhile(self, api: ApiClient, world: World):
        """They may answer at once; what they said as another person counts for the one they are."""
        contact, person = await enrol(world, new_contact()), await world.person()
        await make_volunteer(world, person, "approved")
        call_out_id = await gathering(world)
        await say(world, person, call_out_id, "coming", 5)
        form = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
        asked = await api.post("/v1/identifications", person, form)
        approved = await api.post(f"/v1/identifications/{asked.json()['id']}/approve", world.staff)
        assert approved.status_code == 200, approved.text
        rows = [row for row in await called(world, call_out_id) if row["user_id"] == person.id]
        assert [(row["answer"], row["minutes"]) for row in rows] == [("coming", 5)]
        assert len(await called(world, call_out_id)) == 2
        await say(world, person, call_out_id, "later")

    async def test_of_somebody_recognised_who_was_heard_as_both(self, api: ApiClient, world: World):
        """What was said last counts; whoever leads a group as one of the two leads it."""
        contact, person = await enrol(world, new_contact()), await world.person()
        await make_volunteer(world, person, "approved")
        call_out_id = await gathering(world)
        known = "SELECT x.id FROM call_out_person x JOIN person p ON p.id = x.person_id WHERE x.call_out_id = $1"
        [by_phone] = await world.database.reads.fetch(
            f"{known} AND p.user_id IS NULL AND p.sealed IS NOT NULL", call_out_id
        )
        await say(world, person, call_out_id, "coming", 5)
        told = {"answer": "cannot"}
        heard = await api.put(f"/v1/called-people/{by_phone['id']}/answer", world.staff, told)
        assert heard.status_code == 200, heard.text
        group_id = await group_of(world, call_out_id, await place_of(world, call_out_id, person))
        form = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
        asked = await api.post("/v1/identifications", person, form)
        approved = await api.post(f"/v1/identifications/{asked.json()['id']}/approve", world.staff)
        assert approved.status_code == 200, approved.text
        [row] = [row for row in await called(world, call_out_id) if row["user_id"] == person.id]
        assert (row["answer"], row["minutes"]) == ("cannot", None)
        assert (row["group_id"], row["is_leader"]) == (group_id, True)


class TestCounts:
    async def test_by_grid(self, api: ApiClient, world: World):
        helper, other = await world.helpers(2)
        far = await world.person()
        await make_member(world.database, far, world.other_grid, world.unit_id)
        call_out_id = await gathering(world)
        await say(world, helper, call_out_id, "coming")
        await say(world, other, call_out_id, "later", 40)
        await say(world, far, call_out_id, "coming")
        told = (await api.get(path(call_out_id, "counts"), world.staff)).json()
        figures = {"called": 4, "coming": 2, "later": 1, "cannot": 0, "silent": 1}
        assert {name: told[name] for name in figures} == figures
        assert {grid["area"]["id"]: grid["coming"] for grid in told["grids"]} == {
            str(world.grid.id): 1,
            str(world.other_grid.id): 1,
        }

    async def test_staff_of_a_grid_below_see_theirs(self, api: ApiClient, world: World):
        far = await world.person()
        await make_member(world.database, far, world.other_grid, world.unit_id)
        officer = await world.holder(Role.STAFF, world.other_grid)
        call_out_id = await ordered(world)
        assert problem(await api.get(path(call_out_id), officer)) == (404, "not-found")
        await api.post(path(call_out_id, "confirm"), world.administrator)
        told = (await api.get(path(call_out_id, "counts"), officer)).json()
        assert [grid["area"]["id"] for grid in told["grids"]] == [str(world.other_grid.id)]
        assert told["called"] == 1
        people = (await api.get(path(call_out_id, "people"), officer)).json()["items"]
        assert [item["id"] for item in people] == [str(await place_of(world, call_out_id, far))]
        listed = (await api.get(PATH, officer, area_id=world.district.id)).json()["items"]
        assert [(item["id"], item["actions"]) for item in listed] == [(str(call_out_id), ["make_group", "post_task"])]
        form = {"summary": "散了吧。"}
        assert problem(await api.post(path(call_out_id, "stand-down"), officer, form)) == (403, "not-allowed")

    async def test_not_to_those_called(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        for part in ("counts", "people", "events"):
            assert problem(await api.get(path(call_out_id, part), helper)) == (403, "not-allowed")

    async def test_nothing_is_sent_again_that_is_known(self, api: ApiClient, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        first = await api.get(path(call_out_id, "counts"), world.staff)
        headers = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        again = await api.request("GET", path(call_out_id, "counts"), world.staff, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        await say(world, helper, call_out_id, "coming")
        again = await api.request("GET", path(call_out_id, "counts"), world.staff, headers=headers)
        assert (again.status_code, again.json()["coming"]) == (200, 1)


class TestStandDown:
    async def test_those_who_come_are_told(self, api: ApiClient, world: World):
        coming, later, cannot, silent = await world.helpers(4)
        call_out_id = await gathering(world)
        for person, answer in ((coming, "coming"), (later, "later"), (cannot, "cannot")):
            await say(world, person, call_out_id, answer)
        await end(world, call_out_id)
        for person in (coming, later):
            assert await kinds(api, person) == ["call_out_over", "call_out"]
        for person in (cannot, silent):
            assert await kinds(api, person) == ["call_out"]
        form = {"summary": "再来一次。"}
        assert problem(await api.post(path(call_out_id, "stand-down"), world.staff, form)) == (409, "state-conflict")

    async def test_not_what_was_never_confirmed(self, api: ApiClient, world: World):
        form = {"summary": "算了。"}
        response = await api.post(path(await ordered(world), "stand-down"), world.administrator, form)
        assert problem(response) == (409, "state-conflict")


class TestDrills:
    async def test_say_so_and_stand_in_a_list_of_theirs(self, api: ApiClient, world: World):
        helper = await world.helper()
        drill, real = await gathering(world, is_drill=True), await gathering(world)
        for is_drill, expected in ((False, real), (True, drill)):
            listed = await api.get(PATH, world.staff, area_id=world.district.id, is_drill=is_drill)
            assert [item["id"] for item in listed.json()["items"]] == [str(expected)]
        messages = (await api.get("/v1/me/messages", helper)).json()["items"]
        assert [item["kind"] for item in messages] == ["call_out", "drill"]
        assert "演练" in messages[1]["body"]
        assert "演练" not in messages[0]["body"]
        own = (await api.get("/v1/me/call-outs", helper)).json()["items"]
        assert [(item["id"], item["is_drill"]) for item in own] == [(str(real), False), (str(drill), True)]

    async def test_their_answers_count_nowhere_else(self, api: ApiClient, world: World):
        helper = await world.helper()
        drill, real = await gathering(world, is_drill=True), await gathering(world)
        await say(world, helper, drill, "coming")
        counts = (await api.get(path(real, "counts"), world.staff)).json()
        assert (counts["coming"], counts["silent"]) == (0, counts["called"])


class TestAreas:
    async def test_a_call_out_goes_where_its_area_goes(self, api: ApiClient, world: World):
        third = await make_area(world.database, world.community)
        call_out_id = await gathering(world, area_id=str(world.grid.id))
        form = {"into_id": str(third.id), "reason": "合并网格。"}
        merged = await api.post(f"/v1/areas/{world.grid.id}/merge", world.administrator, form)
        assert merged.status_code == 200, merged.text
        assert (await api.get(path(call_out_id), world.staff)).json()["area"]["id"] == str(third.id)

    async def test_two_in_an_emergency_are_not_merged(self, api: ApiClient, world: World):
        await settle(world, world.other_grid, volunteers=1)
        for grid in (world.grid, world.other_grid):
            await gathering(world, area_id=str(grid.id))
        form = {"into_id": str(world.other_grid.id), "reason": "合并网格。"}
        merged = await api.post(f"/v1/areas/{world.grid.id}/merge", world.administrator, form)
        assert problem(merged) == (409, "call-out-active")
