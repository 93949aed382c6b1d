"""Being there: codes that are shown, checking in and out, staff's list, the forgotten end."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import now
from app.domain import codes
from app.domain.caller import Role
from app.jobs import handlers
from app.services.shown_codes import Subject
from tests.api.scene import problem
from tests.api.test_posted_tasks import claim, pass_time, posted, window
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, make_grant
from tests.people import Person

SOON = window(0.2)
NOTE = {"note": "扫完了。"}


async def shown(world: World, path: str) -> dict[str, Any]:
    response = await world.api.get(f"{path}/check-in-code", world.staff)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def code_of(world: World, path: str) -> str:
    return str((await shown(world, path))["code"])


def code_at(world: World, path: str, moment: datetime) -> str:
    task = Subject("check_in", UUID(path.rpartition("/")[2]))
    return codes.write(task.id, task.key(world.settings.secret_key.get_secret_value()), moment)


async def checked_in(world: World, path: str, helper: Person, **form: object) -> dict[str, Any]:
    """Have a helper claim a task and check in; return the claim."""
    claim_id = await claim(world, path, helper)
    response = await world.api.post(
        f"/v1/claims/{claim_id}/check-in", helper, {"code": await code_of(world, path)} | form
    )
    assert response.status_code == 200, response.text
    return dict(response.json())


async def set_back(world: World, claim_id: str, minutes: int) -> None:
    """Let a stay have begun so much earlier."""
    await world.database.writes.execute(
        """UPDATE attendance SET checked_in_at = checked_in_at - make_interval(mins => $2),
            planned_end_at = planned_end_at - make_interval(mins => $2) WHERE id = $1""",
        UUID(claim_id),
        minutes,
    )


class TestCode:
    async def test_for_those_who_stand_at_the_place(self, api: ApiClient, world: World):
        """Staff of the area, who posted it, who asked for the service; never who claimed it, nor others."""
        officer = await world.helper()
        await make_grant(world.database, officer, world.grid, Role.STAFF)
        path, helper = await posted(world, **SOON), await world.helper()
        told = await shown(world, path)
        assert (len(told["code"]), len(told["typed_code"]), len(told["next"])) == (37, 8, codes.COMING_CODES)
        assert (await api.get(f"{path}/check-in-code", officer)).status_code == 200
        for claimant in (helper, officer):
            await claim(world, path, claimant)
            assert problem(await api.get(f"{path}/check-in-code", claimant)) == (403, "own-interest")
        for other in (await world.person(), await world.helper(), world.alliance):
            assert problem(await api.get(f"{path}/check-in-code", other)) == (403, "not-allowed")
        author = await world.person()
        wish = f"/v1/tasks/{await world.task_of(await world.wish(author))}"
        assert (await api.get(f"{wish}/check-in-code", author)).status_code == 200
        complaint = await world.complaint(author, "accepted")
        called = f"/v1/tasks/{await world.called(complaint)}"
        for shows in (author, world.staff):
            assert (await api.get(f"{called}/check-in-code", shows)).status_code == 200

    async def test_of_what_somebody_can_be_at(self, api: ApiClient, world: World):
        path = await posted(world)
        await api.post(f"{path}/cancel", world.staff, {"reason": "下雨。"})
        assert problem(await api.get(f"{path}/check-in-code", world.staff)) == (409, "state-conflict")
        assert problem(await api.get(f"{path}/check-in-code", await world.helper())) == (404, "not-found")
        assert problem(await api.get(f"/v1/tasks/{uuid4()}/check-in-code", world.staff)) == (404, "not-found")


class TestCheckIn:
    async def test_in_and_out_and_the_minutes_count(self, api: ApiClient, world: World):
        await world.policy(world.grid, rates=[{"kind": "activity", "points": 3, "points_per_hour": 6}])
        await world.draw_all()
        path, helper = await posted(world, **SOON, location=world.place(15, 15)), await world.helper()
        claim_id = await claim(world, path, helper)
        before = (await api.get(f"/v1/claims/{claim_id}", helper)).json()
        assert (before["attendance"], before["actions"]) == (None, ["submit", "release", "cannot", "check_in"])
        there = world.place(15, 24)
        form = {"code": await code_of(world, path), "location": there}
        answer = await api.post(f"/v1/claims/{claim_id}/check-in", helper, form)
        assert answer.status_code == 200
        stay = answer.json()["attendance"]
        assert stay | {"checked_in_at": None} == {
            "checked_in_at": None,
            "is_by_staff": False,
            "distance_m": 1_000,
            "checked_out_at": None,
            "is_end_planned": False,
            "minutes": None,
        }
        assert answer.json()["actions"] == ["submit", "release", "cannot", "check_out"]
        kept = await world.database.reads.fetchval(
            "SELECT row_to_json(h)::text FROM attendance h WHERE id = $1", claim_id
        )
        assert str(there["longitude"]) not in kept
        # Ninety minutes later, half an hour of which lay before the beginning.
        await set_back(world, str(claim_id), 90)
        await pass_time(world, path, starts_at="now() - interval '60 minutes'")
        left = await api.post(f"/v1/claims/{claim_id}/check-out", helper, {})
        assert (left.json()["attendance"]["minutes"], left.json()["actions"]) == (60, ["submit", "release", "cannot"])
        assert problem(await api.post(f"/v1/claims/{claim_id}/check-out", helper, {})) == (409, "state-conflict")
        done = (await api.post(f"/v1/claims/{claim_id}/submit", helper, NOTE)).json()
        assert (done["minutes"], done["attendance"]["minutes"]) == (60, 60)
        [listed] = (await api.get(f"{path}/claims", world.staff)).json()["items"]
        assert (listed["attendance"]["minutes"], listed["helper"]) == (60, {"nickname": "邻居0001"})
        await api.post(f"/v1/claims/{claim_id}/confirm", world.staff)
        assert (await api.get("/v1/me/points", helper)).json()["spendable_points"] == 3 + 6

    async def test_each_refusal(self, api: ApiClient, world: World):
        """A wrong place, an hour early, after the end, a stale or foreign code, twice, by others."""
        path, other_path, helper = await posted(world, **SOON), await posted(world, **SOON), await world.helper()
        claim_id = await claim(world, path, helper)
        here = f"/v1/claims/{claim_id}/check-in"
        good: dict[str, Any] = {"code": await code_of(world, path)}

        async def refused(form: dict[str, Any]) -> tuple[int, str]:
            return problem(await api.post(here, helper, form))

        assert await refused({"code": await code_of(world, other_path)}) == (422, "check-in-elsewhere")
        stale = code_at(world, path, now() - timedelta(minutes=5))
        voucher_like = "EW1" + "A" * 26 + "12345678"
        mixed = (await code_of(world, other_path))[:-8] + good["code"][-8:]
        for code in (stale, voucher_like, "EW1", "好", "x" * 128, f"{good['code'][:-8]}00000000", mixed):
            assert await refused({"code": code}) == (422, "shown-code-invalid")
        for bad in ({"code": ""}, {"code": "x" * 129}, {"location": {"longitude": 181, "latitude": 1}}, {"x": 1}):
            assert await refused(good | bad) == (422, "invalid-payload")
        for moment in (1763784000, "2026-05-01T09:00:00"):
            assert await refused(good | {"scanned_at": moment}) == (422, "invalid-payload")
        long_ago = (now() - timedelta(minutes=31)).isoformat()
        assert await refused(good | {"scanned_at": long_ago}) == (422, "scan-too-old")
        await pass_time(world, path, starts_at="now() + interval '60 minutes'")
        assert await refused(good) == (409, "check-in-early")
        assert "check_in" not in (await api.get(f"/v1/claims/{claim_id}", helper)).json()["actions"]
        await pass_time(
            world,
            path,
            starts_at="now() - interval '2 hours'",
            claim_until="NULL",
            ends_at="now() - interval '1 minute'",
        )
        assert await refused(good) == (409, "check-in-late")
        await pass_time(world, path, ends_at="now() + interval '1 hour'")
        assert problem(await api.post(here, world.staff, good)) == (403, "own-interest")  # who posted it
        colleague = await world.holder(Role.STAFF, world.grid)
        assert problem(await api.post(here, colleague, good)) == (403, "not-allowed")
        assert problem(await api.post(here, await world.helper(), good)) == (404, "not-found")
        assert problem(await api.post(f"/v1/claims/{claim_id}/check-out", helper, {})) == (409, "not-checked-in")
        assert (await api.post(here, helper, good)).status_code == 200
        assert await refused(good) == (409, "already-checked-in")
        await api.post(f"/v1/claims/{claim_id}/release", helper)
        again = await claim(world, path, helper)
        await api.post(f"/v1/claims/{again}/submit", helper, NOTE)
        assert problem(await api.post(f"/v1/claims/{again}/check-in", helper, good)) == (409, "state-conflict")

    async def test_a_scan_that_the_phone_kept_counts_at_its_time(self, api: ApiClient, world: World):
        """Scanned before the end, told of after it; repeated, the answer is the first one."""
        path, helper = await posted(world, **SOON), await world.helper()
        claim_id = await claim(world, path, helper)
        then = now() - timedelta(minutes=10)
        await world.database.writes.execute(
            "UPDATE claim SET created_at = created_at - interval '1 day' WHERE id = $1", claim_id
        )
        await pass_time(
            world,
            path,
            starts_at="now() - interval '2 hours'",
            claim_until="NULL",
            ends_at="now() - interval '1 minute'",
        )
        form = {"code": code_at(world, path, then), "scanned_at": then.isoformat()}
        key = uuid4().hex
        answers = [await api.post(f"/v1/claims/{claim_id}/check-in", helper, form, key=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert datetime.fromisoformat(answers[0].json()["attendance"]["checked_in_at"]) == then
        lied = {"code": code_at(world, path, now()), "scanned_at": then.isoformat()}
        assert problem(await api.post(f"/v1/claims/{claim_id}/check-in", helper, lied)) == (409, "already-checked-in")

    async def test_typed_and_wrong_ones_are_counted(self, api: ApiClient, world: World):
        path, other_path, helper = await posted(world, **SOON), await posted(world, **SOON), await world.helper()
        here = f"/v1/claims/{await claim(world, path, helper)}/check-in"
        there = f"/v1/claims/{await claim(world, other_path, helper)}/check-in"
        typed = (await shown(world, path))["typed_code"]
        answer = await api.post(here, helper, {"code": f"{typed[:4].lower()} {typed[4:]}"})
        assert answer.status_code == 200
        named_wrong = f"0000{(await shown(world, other_path))['typed_code'][4:]}"
        wrong = [typed, named_wrong, *(f"0000000{number}" for number in range(3))]
        for code in wrong:
            assert problem(await api.post(there, helper, {"code": code})) == (422, "shown-code-invalid")
        right = (await shown(world, other_path))["typed_code"]
        assert problem(await api.post(there, helper, {"code": right})) == (429, "too-many-tries")
        scanned = await api.post(there, helper, {"code": await code_of(world, other_path)})
        assert scanned.status_code == 200, "scans go on"

    async def test_two_devices_at_once(self, api: ApiClient, world: World):
        path, helper = await posted(world, **SOON), await world.helper()
        claim_id = await claim(world, path, helper)
        form = {"code": await code_of(world, path)}
        answers = await asyncio.gather(
            *(api.post(f"/v1/claims/{claim_id}/check-in", helper, form) for _ in range(6)),
            *(api.post(f"{path}/attendances", world.staff, {"claim_ids": [str(claim_id)]}) for _ in range(2)),
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        counted = "SELECT count(*) FROM event WHERE subject_kind = 'attendance' AND subject_id = $1"
        assert await world.database.reads.fetchval(counted, claim_id) == 1

    async def test_without_a_window_at_any_time(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        claim_id = await world.claim(helper, await world.wish(author))
        wish = f"/v1/tasks/{(await api.get(f'/v1/claims/{claim_id}', helper)).json()['task']['id']}"
        code = (await api.get(f"{wish}/check-in-code", author)).json()["code"]
        form = {"code": code, "location": world.place(15, 15)}
        answer = await api.post(f"/v1/claims/{claim_id}/check-in", helper, form)
        assert answer.json()["attendance"]["distance_m"] is None, "nobody's home is a place"
        assert (await api.get(f"/v1/claims/{claim_id}", author)).json()["attendance"]["is_by_staff"] is False


class TestStaffsList:
    async def test_ticks_who_is_there(self, api: ApiClient, world: World):
        path = await posted(world, **window(-0.5), seats=5)
        helpers = [await world.helper() for _ in range(3)]
        ids = [str(await claim(world, path, helper)) for helper in helpers]
        await api.post(f"/v1/claims/{ids[0]}/check-in", helpers[0], {"code": await code_of(world, path)})
        await api.post(f"/v1/claims/{ids[2]}/release", helpers[2])
        answer = await api.post(f"{path}/attendances", world.staff, {"claim_ids": ids})
        assert answer.status_code == 200
        told = answer.json()["items"]
        assert [item["id"] for item in told] == ids
        assert [item["attendance"] and item["attendance"]["is_by_staff"] for item in told] == [False, True, None]
        assert (await api.get(f"{path}/claims", world.staff)).json()["items"] == told
        left = await api.post(f"/v1/claims/{ids[1]}/check-out", await world.holder(Role.STAFF, world.grid), {})
        assert left.json()["attendance"]["checked_out_at"] is not None

    async def test_each_refusal(self, api: ApiClient, world: World):
        officer = await world.helper()
        await make_grant(world.database, officer, world.grid, Role.STAFF)
        path, elsewhere = await posted(world, **SOON), await posted(world, **SOON)
        own, others = await claim(world, path, officer), await claim(world, path, await world.helper())
        foreign = await claim(world, elsewhere, await world.helper())
        form: dict[str, Any] = {"claim_ids": [str(others)]}
        here = f"{path}/attendances"
        answer = await api.post(here, officer, {"claim_ids": [str(others), str(own)]})
        assert problem(answer) == (403, "own-among-them")
        assert answer.json()["facts"] == {"claim_ids": str(own)}
        answer = await api.post(here, world.staff, {"claim_ids": [str(others), str(foreign)]})
        assert problem(answer) == (422, "claims-unknown")
        assert answer.json()["facts"] == {"claim_ids": str(foreign)}
        for nobody in (await world.helper(), world.alliance, await world.person()):
            assert problem(await api.post(here, nobody, form)) == (403, "not-allowed")
            assert problem(await api.get(f"{path}/claims", nobody)) == (403, "not-allowed")
        for bad in ([], [str(uuid4())] * 201, ["7"], None):
            assert problem(await api.post(here, world.staff, {"claim_ids": bad})) == (422, "invalid-payload")
        await pass_time(world, path, starts_at="now() + interval '1 hour'")
        assert problem(await api.post(here, world.staff, form)) == (409, "check-in-early")
        await pass_time(
            world, path, starts_at="now() - interval '3 hours'", claim_until="NULL", ends_at="now() - interval '1 hour'"
        )
        assert problem(await api.post(here, world.staff, form)) == (409, "check-in-late")
        wish = await world.wish(officer)
        claimed = await world.claim(await world.helper(), wish)
        answer = await api.post(
            f"/v1/tasks/{await world.task_of(wish)}/attendances", officer, {"claim_ids": [str(claimed)]}
        )
        assert problem(answer) == (403, "own-interest")


class TestForgottenEnd:
    async def test_ends_when_it_was_planned_and_is_marked(self, api: ApiClient, world: World, jobs: Jobs):
        path = await posted(world, minutes=45)
        helper, busy = await world.helper(), await world.helper()
        stay, other = await checked_in(world, path, helper), await checked_in(world, path, busy)
        await set_back(world, stay["id"], 45 + 121)
        await set_back(world, other["id"], 45 + 60)
        for _ in range(2):
            await handlers.close_attendances(jobs.parts)
            seen = (await api.get(f"/v1/claims/{stay['id']}", helper)).json()["attendance"]
            assert (seen["is_end_planned"], seen["minutes"]) == (True, 45)
        done = (await api.post(f"/v1/claims/{other['id']}/submit", busy, NOTE)).json()
        assert (done["minutes"], done["attendance"]["is_end_planned"]) == (105, False), "work took longer"
        assert (await api.post(f"/v1/claims/{stay['id']}/submit", helper, NOTE)).json()["minutes"] == 45

    async def test_nor_does_a_late_word_make_it_longer(self, api: ApiClient, world: World):
        path, helper = await posted(world), await world.helper()
        stay = await checked_in(world, path, helper)
        await set_back(world, stay["id"], 12 * 60)
        left = (await api.post(f"/v1/claims/{stay['id']}/check-out", helper, {})).json()["attendance"]
        assert (left["is_end_planned"], left["minutes"]) == (True, 240)


class TestMinutes:
    async def test_no_more_than_the_window_by_ones_own_word(self, api: ApiClient, world: World):
        path, helper = await posted(world, **window(-1, hours=2)), await world.helper()
        claim_id = await claim(world, path, helper)
        answer = await api.post(f"/v1/claims/{claim_id}/submit", helper, NOTE | {"minutes": 121})
        assert problem(answer) == (422, "minutes-beyond-window")
        assert "120" in answer.json()["detail"]
        done = await api.post(f"/v1/claims/{claim_id}/submit", helper, NOTE | {"minutes": 120})
        assert done.json()["minutes"] == 120
        await api.post(f"/v1/claims/{claim_id}/confirm", world.staff)
        assert (await api.get("/v1/me/points", helper)).json()["spendable_points"] == REWARD_POINTS

    async def test_ones_own_word_stands_beside_the_stay(self, api: ApiClient, world: World):
        path, helper = await posted(world), await world.helper()
        stay = await checked_in(world, path, helper)
        await set_back(world, stay["id"], 30)
        done = (await api.post(f"/v1/claims/{stay['id']}/submit", helper, NOTE | {"minutes": 90})).json()
        assert (done["minutes"], done["attendance"]["minutes"]) == (90, 30)


@pytest.mark.parametrize("told", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
async def test_a_clock_that_is_wrong_brings_no_minutes(api: ApiClient, world: World, told: str):
    path, helper = await posted(world), await world.helper()
    stay = await checked_in(world, path, helper)
    left = await api.post(f"/v1/claims/{stay['id']}/check-out", helper, {"checked_out_at": told})
    assert left.json()["attendance"]["minutes"] == 1
