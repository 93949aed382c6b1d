"""Errands: asked for with consent, read by staff, done by helpers who give back what they were given."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core.clock import at, now
from app.domain.caller import Role
from app.domain.texts import ERRAND_CONSENT, ERRAND_CONSENT_VERSION, HELD_FOR_REVIEW, REJECTED_BY_CHECK
from app.jobs import handlers
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.errands import RESIDENT, THINGS, code_of, errand_form, make_errand, open_errand, paper_form
from tests.factories import REWARD_POINTS, World, make_grant
from tests.people import Person
from tests.random_words import letters

REASON = {"reason": "需要当面核对材料。"}


async def look(world: World, errand_id: UUID, person: Person) -> dict[str, Any]:
    response = await world.api.get(f"/v1/errands/{errand_id}", person)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def do(world: World, person: Person, claim_id: UUID, what: str, **form: object) -> tuple[int, str]:
    """Act on a claim; return the status, and the code of a refusal or the claim's state."""
    response = await world.api.post(f"/v1/claims/{claim_id}/{what}", person, form)
    return problem(response) if response.status_code >= 400 else (response.status_code, response.json()["status"])


async def told(world: World, person: Person) -> list[dict[str, Any]]:
    items = (await world.api.get("/v1/me/messages", person)).json()["items"]
    return [item for item in items if item["kind"] == "things_in_hand"]


class TestAsking:
    async def test_is_for_author_and_staff_until_they_have_read_it(self, api: ApiClient, world: World, jobs: Jobs):
        author = await world.visitor()
        seen = (await api.get("/v1/errands/consent")).json()
        assert seen == {"version": ERRAND_CONSENT_VERSION, "text": ERRAND_CONSENT, "actions": []}
        asked = await api.post("/v1/errands", author, errand_form(world, body="电话13800001234，请帮忙办理。"))
        errand = asked.json()
        assert (asked.status_code, errand["status"], errand["actions"]) == (201, "checking", ["withdraw"])
        assert "13800001234" not in errand["body"]
        await jobs.drain()
        errand_id = UUID(errand["id"])
        read = await look(world, errand_id, world.staff)
        assert (read["status"], read["actions"]) == ("reviewing", ["approve", "reject", "unmask"])
        assert (read["consent"], read["consent_version"], read["work"]) == ("app", ERRAND_CONSENT_VERSION, None)
        elsewhere = await world.holder(Role.STAFF, world.other_grid)
        for stranger in (await world.helper(), elsewhere):
            assert problem(await api.get(f"/v1/errands/{errand_id}", stranger)) == (404, "not-found")
            for action in ("approve", "withdraw"):
                assert problem(await api.post(f"/v1/errands/{errand_id}/{action}", stranger)) == (404, "not-found")
        for area, person in ((world.grid, elsewhere), (world.grid, author)):
            assert problem(await api.get("/v1/errands", person, area_id=area.id)) == (403, "not-allowed")
        listed = (await api.get("/v1/errands", world.staff, area_id=world.district.id)).json()["items"]
        assert [item["id"] for item in listed] == [str(errand_id)]
        own = (await api.get("/v1/me/errands", author)).json()["items"]
        assert [(item["id"], item["actions"]) for item in own] == [(str(errand_id), ["withdraw"])]

    @pytest.mark.parametrize(
        ("title", "status", "note"),
        [("加微信详谈", "reviewing", HELD_FOR_REVIEW), ("一起赌博吧", "rejected", REJECTED_BY_CHECK)],
    )
    async def test_what_the_check_decides(
        self, api: ApiClient, world: World, jobs: Jobs, title: str, status: str, note: str
    ):
        author = await world.visitor()
        errand_id = (await api.post("/v1/errands", author, errand_form(world, title=title))).json()["id"]
        await jobs.drain()
        seen = await look(world, errand_id, author)
        assert (seen["status"], seen["history"][-1]["note"]) == (status, note)

    async def test_staff_write_down_what_was_agreed_on_paper_and_others_decide(self, api: ApiClient, world: World):
        form = paper_form(world)
        for person in (await world.person(), await world.holder(Role.STAFF, world.other_grid)):
            assert problem(await api.post("/v1/errands", person, form)) == (403, "not-allowed")
        errand_id = await make_errand(world, world.staff, paper=form["paper"])
        assert problem(await api.post(f"/v1/errands/{errand_id}/approve", world.staff)) == (403, "own-interest")
        second = await world.holder(Role.STAFF, world.grid)
        approved = (await api.post(f"/v1/errands/{errand_id}/approve", second)).json()
        assert (approved["consent"], approved["consent_note"]) == ("signed", form["paper"]["note"])
        assert approved["task"]["reward_points"] == REWARD_POINTS

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"consent": {"agreed": False, "version": ERRAND_CONSENT_VERSION}}, 422, "invalid-payload"),
            ({"consent": {"agreed": "true", "version": ERRAND_CONSENT_VERSION}}, 422, "invalid-payload"),
            ({"consent": {"agreed": True}}, 422, "invalid-payload"),
            ({"consent": None}, 422, "invalid-payload"),
            ({"consent": {"agreed": True, "version": "2020-01"}}, 409, "consent-outdated"),
            ({"paper": {"kind": "signed", "note": "同意书"}}, 422, "invalid-payload"),
            ({"consent": None, "paper": {"kind": "app", "note": "同意书"}}, 422, "invalid-payload"),
            ({"consent": None, "resident": None, "paper": {"kind": "signed", "note": "书"}}, 422, "invalid-payload"),
            ({"resident": {"name": "\x00"}}, 422, "invalid-payload"),
            ({"resident": {"name": "王", "phone": "none"}}, 422, "invalid-payload"),
            ({"resident": {"name": "王", "age": 80}}, 422, "invalid-payload"),
            ({"category": "cats"}, 422, "invalid-payload"),
            ({"body": ""}, 422, "invalid-payload"),
            ({"area_id": str(UUID(int=1))}, 422, "area-unknown"),
        ],
        ids=str,
    )
    async def test_what_is_refused(self, api: ApiClient, world: World, changes: dict[str, Any], status: int, code: str):
        response = await api.post("/v1/errands", await world.person(), errand_form(world) | changes)
        assert problem(response) == (status, code)

    async def test_needs_a_home(self, api: ApiClient, world: World):
        form = errand_form(world, area_id=str(world.district.id))
        assert problem(await api.post("/v1/errands", await world.person(), form)) == (422, "area-not-a-home")


class TestResident:
    async def test_who_it_is_is_shown_to_staff_who_say_why_and_the_author_reads_that(
        self, api: ApiClient, world: World
    ):
        author, helper = await world.person(), await world.helper()
        errand_id, task_id = await open_errand(world, author)
        await world.take_seat(helper, task_id)
        path = f"/v1/errands/{errand_id}"
        assert problem(await api.get(f"{path}/contact", world.staff)) == (403, "reason-needed")
        for person in (author, helper):
            assert problem(await api.get(f"{path}/contact", person)) == (404, "not-found")
            assert problem(await api.post(f"{path}/unmask", person, REASON)) == (404, "not-found")
        unmasked = await api.post(f"{path}/unmask", world.staff, REASON)
        assert not any(word in unmasked.text for word in RESIDENT.values())
        assert (await api.get(f"{path}/contact", world.staff)).json() == {**RESIDENT, "actions": []}
        second = await world.holder(Role.STAFF, world.grid)
        assert problem(await api.get(f"{path}/contact", second)) == (403, "reason-needed")
        with at(now() + timedelta(minutes=11)):
            assert problem(await api.get(f"{path}/contact", world.staff)) == (403, "reason-needed")
        assert REASON["reason"] in [event["note"] for event in (await look(world, errand_id, author))["history"]]
        for person in (author, helper, world.staff):
            for route in (path, f"/v1/tasks/{task_id}", "/v1/me/claims", "/v1/me/errands"):
                text = (await api.get(route, person)).text
                assert not any(word in text for word in RESIDENT.values())
        stored = await world.database.reads.fetchval("SELECT sealed FROM errand WHERE id = $1", errand_id)
        assert RESIDENT["name"].encode() not in stored

    async def test_nothing_to_see_where_nothing_was_told(self, api: ApiClient, world: World):
        errand_id = await make_errand(world, await world.person(), resident=None)
        assert problem(await api.post(f"/v1/errands/{errand_id}/unmask", world.staff, REASON)) == (404, "not-found")
        own = await make_errand(world, world.staff)
        assert problem(await api.post(f"/v1/errands/{own}/unmask", world.staff, REASON)) == (403, "own-interest")


class TestTask:
    async def test_everybody_sees_its_title_and_the_helper_its_words(self, api: ApiClient, world: World):
        await world.draw_all()
        author, helper = await world.person(), await world.helper()
        errand_id, task_id = await open_errand(world, author)
        task = (await api.get(f"/v1/tasks/{task_id}")).json()
        assert (task["kind"], task["errand_id"], task["body"], task["location"]) == (
            "errand",
            str(errand_id),
            None,
            None,
        )
        around = (await api.get("/v1/tasks/near", helper, **world.place(11, 15), kind="errand")).json()["items"]
        assert [(item["id"], item["distance_m"] % 100) for item in around if item["id"] == str(task_id)] == [
            (str(task_id), 0)
        ]
        assert problem(await api.post(f"/v1/tasks/{task_id}/claims", author)) == (403, "helpers-only")
        for action, form in (("close", None), ("cancel", REASON), ("seats", {"seats": 3})):
            refused = await api.post(f"/v1/tasks/{task_id}/{action}", world.staff, form)
            assert problem(refused) == (403, "not-allowed"), action
        assert "edit" not in (await api.get(f"/v1/tasks/{task_id}", world.staff)).json()["actions"]
        claim_id = await world.take_seat(helper, task_id)
        seen = await look(world, errand_id, helper)
        assert (seen["body"], seen["history"], seen["actions"]) == (errand_form(world)["body"], [], [])
        seen = await look(world, errand_id, author)
        assert seen["work"]["helper"] == {"nickname": await self.nickname(api, helper)}
        assert (seen["work"]["claim_id"], seen["actions"]) == (str(claim_id), [])
        assert problem(await api.post(f"/v1/errands/{errand_id}/withdraw", author)) == (409, "state-conflict")

    async def nickname(self, api: ApiClient, person: Person) -> str:
        return str((await api.get("/v1/me", person)).json()["nickname"])

    async def test_rejected_withdrawn_ended_and_forgotten(self, api: ApiClient, world: World, jobs: Jobs):
        author = await world.person()
        rejected = await make_errand(world, author)
        done = (await api.post(f"/v1/errands/{rejected}/reject", world.staff, REASON)).json()
        assert (done["status"], done["history"][-1]["note"], done["task"]) == ("rejected", REASON["reason"], None)
        withdrawn, task_id = await open_errand(world, author)
        assert (await api.post(f"/v1/errands/{withdrawn}/withdraw", author)).json()["status"] == "withdrawn"
        assert problem(await api.get(f"/v1/tasks/{task_id}")) == (404, "not-found")
        ended, task_id = await open_errand(world, author)
        helper = await world.helper()
        claim_id = await world.take_seat(helper, task_id)
        assert problem(await api.post(f"/v1/errands/{ended}/end", author, REASON)) == (403, "own-interest")
        assert (await api.post(f"/v1/errands/{ended}/end", world.staff, REASON)).json()["status"] == "ended"
        assert (await api.get(f"/v1/claims/{claim_id}", helper)).json()["status"] == "released"
        assert problem(await api.post(f"/v1/errands/{ended}/end", world.staff, REASON)) == (409, "state-conflict")
        forgotten, _ = await open_errand(world, author)
        taken, task_id = await open_errand(world, author)
        await world.take_seat(helper, task_id)
        await world.database.writes.execute(
            "UPDATE errand SET approved_at = now() - interval '2 years' WHERE id = ANY ($1)", [forgotten, taken]
        )
        await handlers.expire_errands(jobs.parts)
        assert (await look(world, forgotten, author))["status"] == "ended"
        assert (await look(world, taken, author))["status"] == "approved"


class TestThings:
    async def test_from_hand_to_hand_by_the_code_of_the_resident(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        errand_id, task_id = await open_errand(world, author)
        _, other_task = await open_errand(world, author)
        claim_id = await world.take_seat(helper, task_id)
        assert problem(await api.get(f"/v1/tasks/{task_id}/check-in-code", helper)) == (403, "own-interest")
        shown, other = await code_of(world, author, task_id), await code_of(world, author, other_task)
        given = {"things": [*THINGS, "银行卡6222 0202001122", THINGS[0]]}
        assert await do(world, helper, claim_id, "pick-up", **given) == (422, "shown-code-invalid")
        assert await do(world, helper, claim_id, "pick-up", code=other, **given) == (422, "check-in-elsewhere")
        assert await do(world, helper, claim_id, "pick-up", code=shown, **given) == (200, "active")
        claim = (await api.get(f"/v1/claims/{claim_id}", helper)).json()
        assert claim["things"][:2] == THINGS
        assert claim["things"][2] == "银行卡**** **********"
        assert (len(claim["things"]), claim["things_since"] is not None) == (3, True)
        assert {"pick_up", "hand_back"} <= set(claim["actions"])
        assert (await look(world, errand_id, author))["work"]["things"] == claim["things"]
        assert await do(world, helper, claim_id, "pick-up", code=shown, things=["户口本"]) == (200, "active")
        assert await do(world, helper, claim_id, "submit", note="办好了") == (409, "things-not-handed-back")
        assert await do(world, helper, claim_id, "hand-back") == (422, "shown-code-invalid")
        assert await do(world, helper, claim_id, "hand-back", code=shown) == (200, "active")
        assert await do(world, helper, claim_id, "hand-back", code=shown) == (409, "nothing-in-hand")
        assert await do(world, helper, claim_id, "submit", note="办好了", minutes=90) == (200, "submitted")
        assert await do(world, world.staff, claim_id, "pick-up", things=THINGS) == (409, "state-conflict")
        assert (await api.post(f"/v1/claims/{claim_id}/confirm", author)).json()["status"] == "verified"
        done = await look(world, errand_id, author)
        assert (done["status"], done["task"]["status"], done["work"]["status"]) == ("done", "closed", "verified")
        assert [step["action"] for step in done["history"]] == ["create", "hold_check", "approve", "complete"]
        events = await world.database.reads.fetch(
            "SELECT action, note, party FROM event WHERE subject_id = $1 AND action IN ('pick_up', 'hand_back') "
            "ORDER BY created_at",
            claim_id,
        )
        assert [(event["action"], event["party"]) for event in events] == [
            ("pick_up", "claimant"),
            ("pick_up", "claimant"),
            ("hand_back", "claimant"),
        ]
        assert events[0]["note"].startswith("身份证、医保卡、银行卡****")

    async def test_by_the_word_of_the_resident_or_of_staff(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        _, task_id = await open_errand(world, author)
        claim_id = await world.take_seat(helper, task_id)
        for person in (author, world.staff):
            assert await do(world, person, claim_id, "pick-up", things=THINGS) == (200, "active")
            assert await do(world, person, claim_id, "hand-back") == (200, "active")
        for stranger in (await world.helper(), await world.holder(Role.STAFF, world.other_grid)):
            assert await do(world, stranger, claim_id, "pick-up", things=THINGS) == (404, "not-found")
            assert await do(world, stranger, claim_id, "hand-back") == (404, "not-found")
        wish, other = await world.delivered(author, await world.helper())
        assert wish
        assert await do(world, world.staff, other, "pick-up", things=THINGS) == (403, "not-allowed")
        assert (await api.post(f"/v1/claims/{claim_id}/verify", world.staff)).status_code == 409

    @pytest.mark.parametrize(
        "things",
        [[], ["字" * 21], ["物"] * 11, "身份证", [""], [1], ["\x00"], [None]],
        ids=lambda things: str(things)[:20],
    )
    async def test_what_is_no_thing(self, world: World, things: object):
        author, helper = await world.person(), await world.helper()
        _, task_id = await open_errand(world, author)
        claim_id = await world.take_seat(helper, task_id)
        assert await do(world, author, claim_id, "pick-up", things=things) == (422, "invalid-payload")

    async def test_a_claim_that_ends_with_things_in_hand_tells_staff_until_they_are_back(
        self, api: ApiClient, world: World, jobs: Jobs
    ):
        author, near = await world.person(), await world.holder(Role.STAFF, world.grid)
        helpers = [await world.helper() for _ in range(3)]
        claims = []
        for helper in helpers:
            errand_id, task_id = await open_errand(world, author)
            claims.append(await world.take_seat(helper, task_id))
            assert await do(world, author, claims[-1], "pick-up", things=THINGS) == (200, "active")
        released, lapsed, called_off = claims
        assert await do(world, helpers[0], released, "release") == (200, "released")
        await world.database.writes.execute("UPDATE claim SET due_at = now() - interval '1 day' WHERE id = $1", lapsed)
        await handlers.lapse_overdue(jobs.parts)
        assert (await api.post(f"/v1/errands/{errand_id}/end", world.staff, REASON)).status_code == 200
        messages = await told(world, near)
        assert [item["subject"]["id"] for item in messages] == [str(claim) for claim in reversed(claims)]
        assert not any(word in str(messages) for word in RESIDENT.values())
        for other in (world.staff, author, await world.holder(Role.STAFF, world.other_grid), helpers[0]):
            assert await told(world, other) == []
        listed = (await api.get("/v1/errands/things", world.staff, area_id=world.district.id)).json()["items"]
        assert [(item["id"], item["status"], item["things"]) for item in listed] == [
            (str(called_off), "released", THINGS),
            (str(lapsed), "lapsed", THINGS),
            (str(released), "released", THINGS),
        ]
        for person in (author, await world.holder(Role.STAFF, world.other_grid)):
            assert problem(await api.get("/v1/errands/things", person, area_id=world.grid.id)) == (403, "not-allowed")
        errand = listed[-1]["errand_id"]
        assert (await look(world, errand, helpers[0]))["work"]["things"] == THINGS
        again = await world.take_seat(helpers[0], UUID((await look(world, errand, author))["task"]["id"]))
        assert await do(world, helpers[0], again, "submit", note="好了") == (409, "things-not-handed-back")
        assert await do(world, helpers[0], again, "release") == (200, "released")
        code = await code_of(world, author, (await look(world, errand, author))["task"]["id"])
        assert await do(world, helpers[0], released, "hand-back", code=code) == (200, "released")
        assert problem(await api.get(f"/v1/errands/{errand}", helpers[0])) == (404, "not-found")
        for claim_id in (lapsed, called_off):
            assert await do(world, world.staff, claim_id, "hand-back") == (200, await self.state(world, claim_id))
        assert (await api.get("/v1/errands/things", world.staff, area_id=world.grid.id)).json()["items"] == []

    async def test_who_has_them_is_no_staff_to_themselves(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        await make_grant(world.database, helper, world.grid, Role.STAFF)
        _, task_id = await open_errand(world, author)
        claim_id = await world.take_seat(helper, task_id)
        assert await do(world, author, claim_id, "pick-up", things=THINGS) == (200, "active")
        assert await do(world, helper, claim_id, "release") == (200, "released")
        assert (await told(world, helper), len(await told(world, world.staff))) == ([], 1)
        assert problem(await api.get(f"/v1/tasks/{task_id}/check-in-code", helper)) == (403, "own-interest")
        assert await do(world, helper, claim_id, "hand-back") == (422, "shown-code-invalid")
        assert await do(world, author, claim_id, "hand-back") == (200, "released")

    async def state(self, world: World, claim_id: UUID) -> str:
        return str(await world.database.reads.fetchval("SELECT status FROM claim WHERE id = $1", claim_id))

    async def test_the_database_lets_nothing_delivered_keep_things(self, world: World):
        author, helper = await world.person(), await world.helper()
        _, task_id = await open_errand(world, author)
        claim_id = await world.take_seat(helper, task_id, note="好了")
        with pytest.raises(asyncpg.CheckViolationError):
            await world.database.writes.execute(
                "UPDATE claim SET things = '{证}', things_since = now() WHERE id = $1", claim_id
            )
        again = await world.take_seat(helper, (await open_errand(world, author))[1])
        for _ in range(2):
            many = [letters(8) for _ in range(10)]
            assert await do(world, author, again, "pick-up", things=many) == (200, "active")
        assert await do(world, author, again, "pick-up", things=["还有"]) == (422, "things-too-many")
