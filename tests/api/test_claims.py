"""Claims: delivering, giving back, the staff's decision."""

from typing import Any

import pytest

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import REWARD_POINTS, World, make_grant

REASON = {"reason": "灯还是不亮。"}
NOTE = {"note": "换好了。"}


class TestGetClaim:
    async def test_each_party_has_its_actions(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        _, claim = await world.delivered(author, helper)
        for reader, note, actions in (
            (author, None, ["confirm"]),
            (helper, "换好了。", []),
            (world.staff, "换好了。", ["verify", "return", "refuse"]),
            (world.administrator, "换好了。", ["verify", "return", "refuse"]),
        ):
            seen = (await api.get(f"/v1/claims/{claim}", reader)).json()
            assert (seen["status"], seen["note"], seen["actions"]) == ("submitted", note, actions)

    async def test_nobody_else(self, api: ApiClient, world: World):
        _, claim = await world.delivered(await world.person(), await world.helper())
        for reader in (await world.person(), await world.helper(), world.alliance):
            assert problem(await api.get(f"/v1/claims/{claim}", reader)) == (404, "not-found")


class TestSubmit:
    async def test_the_resident_confirms_next(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish = await world.wish(author)
        claim = await world.claim(helper, wish)
        response = await api.post(f"/v1/claims/{claim}/submit", helper, NOTE)
        assert response.status_code == 200
        assert (response.json()["status"], response.json()["note"]) == ("submitted", NOTE["note"])
        assert response.json()["submitted_at"] is not None
        assert response.json()["actions"] == []
        assert (await api.get(f"/v1/wishes/{wish}", author)).json()["actions"] == ["confirm", "dispute"]


class TestRelease:
    async def test_the_wish_can_be_claimed_again(self, api: ApiClient, world: World):
        helper = await world.helper()
        wish = await world.wish(await world.person())
        claim = await world.claim(helper, wish)
        response = await api.post(f"/v1/claims/{claim}/release", helper)
        assert (response.status_code, response.json()["status"]) == (200, "released")
        assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "published"
        await world.claim(await world.helper(), wish)

    async def test_one_who_gave_it_back_is_a_stranger_again(self, api: ApiClient, world: World):
        helper = await world.helper()
        wish = await world.wish(await world.person())
        claim = await world.claim(helper, wish)
        assert "history" in (await api.get(f"/v1/wishes/{wish}", helper)).json()
        await api.post(f"/v1/claims/{claim}/release", helper)
        assert "history" not in (await api.get(f"/v1/wishes/{wish}", helper)).json()


@pytest.mark.parametrize(("action", "body"), [("submit", NOTE), ("release", None), ("cannot", REASON)])
class TestTheClaimantsWord:
    async def test_is_not_for_others_to_give(self, api: ApiClient, world: World, action: str, body: Any):
        author = await world.person()
        claim = await world.claim(await world.helper(), await world.wish(author))
        path = f"/v1/claims/{claim}/{action}"
        assert problem(await api.post(path, world.staff, body)) == (403, "not-allowed")
        assert problem(await api.post(path, author, body)) == (403, "own-interest")
        for stranger in (await world.helper(), world.alliance):
            assert problem(await api.post(path, stranger, body)) == (404, "not-found")

    async def test_comes_in_its_time(self, api: ApiClient, world: World, action: str, body: Any):
        helper = await world.helper()
        _, claim = await world.delivered(await world.person(), helper)
        assert problem(await api.post(f"/v1/claims/{claim}/{action}", helper, body)) == (409, "state-conflict")


class TestCannot:
    async def test_staff_nearest_to_it_are_told_and_nothing_counts_against_the_helper(
        self, api: ApiClient, world: World
    ):
        helper, next_one = await world.helper(), await world.helper()
        near, far = await world.holder(Role.STAFF, world.grid), await world.holder(Role.STAFF, world.community)
        await make_grant(world.database, helper, world.grid, Role.STAFF)
        author = await world.person()
        wish = await world.wish(author)
        claim = await world.claim(helper, wish)
        path = f"/v1/claims/{claim}/cannot"
        reason = {"reason": "梯子不够高，打13812345678也没人接。"}
        for bad in ({}, {"reason": ""}, {"reason": "高" * 501}):
            assert problem(await api.post(path, helper, bad)) == (422, "invalid-payload")
        answer = await api.post(path, helper, reason)
        assert (answer.status_code, answer.json()["status"]) == (200, "released")
        assert "13812345678" not in answer.json()["note"]
        assert problem(await api.post(path, helper, reason)) == (409, "state-conflict")
        limits = (await api.get("/v1/me/claims", helper)).json()["limits"]
        assert (limits["open_claims"], limits["narrowed_until"]) == (0, None)
        seen = (await api.get(f"/v1/wishes/{wish}", author)).json()
        assert (seen["status"], seen["history"][-1]["action"]) == ("published", "cannot")
        told = {
            name: [item["kind"] for item in (await api.get("/v1/me/messages", person)).json()["items"]]
            for name, person in {"near": near, "far": far, "self": helper, "author": author}.items()
        }
        of_author = ["wish_seeking", "wish_claimed", "wish_published"]
        assert told == {"near": ["claim_cannot"], "far": [], "self": [], "author": of_author}
        [message] = (await api.get("/v1/me/messages", near)).json()["items"]
        assert "想换个灯泡" in message["body"]
        seen = (await api.get(message["subject"]["path"], near)).json()
        assert seen["note"].startswith("梯子不够高")
        again = await world.claim(next_one, wish)
        waiting = await world.helper()
        place = await world.place_in_line(await world.task_of(wish), waiting)
        assert (await api.post(f"/v1/claims/{again}/cannot", next_one, reason)).status_code == 200
        assert (await api.get("/v1/me/waiting", waiting)).json()["items"][0]["status"] == "moved_up", place

    async def test_nobody_tells_themselves(self, api: ApiClient, world: World):
        helper, above = await world.helper(), await world.holder(Role.STAFF, world.community)
        await make_grant(world.database, helper, world.grid, Role.STAFF)
        claim = await world.claim(helper, await world.wish(await world.person()))
        assert (await api.post(f"/v1/claims/{claim}/cannot", helper, REASON)).status_code == 200
        [told] = (await api.get("/v1/me/messages", above)).json()["items"]
        assert told["kind"] == "claim_cannot"


class TestVerify:
    async def test_the_helper_gets_the_points(self, api: ApiClient, world: World):
        helper = await world.helper()
        wish, claim = await world.delivered(await world.person(), helper)
        response = await api.post(f"/v1/claims/{claim}/verify", world.staff)
        assert (response.status_code, response.json()["status"]) == (200, "verified")
        assert response.json()["actions"] == ["reverse_award"]
        assert (await api.get("/v1/me/points", helper)).json()["spendable_points"] == REWARD_POINTS
        assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "fulfilled"

    async def test_after_a_dispute_too(self, api: ApiClient, world: World):
        author = await world.person()
        wish, claim = await world.delivered(author, await world.helper())
        await api.post(f"/v1/wishes/{wish}/dispute", author, REASON)
        assert (await api.post(f"/v1/claims/{claim}/verify", world.staff)).status_code == 200


class TestReturn:
    async def test_it_is_to_be_done_again(self, api: ApiClient, world: World):
        helper = await world.helper()
        wish, claim = await world.delivered(await world.person(), helper)
        first = (await api.get(f"/v1/claims/{claim}", helper)).json()
        response = await api.post(f"/v1/claims/{claim}/return", world.staff, REASON)
        assert (response.status_code, response.json()["status"]) == (200, "returned")
        seen = (await api.get(f"/v1/claims/{claim}", helper)).json()
        assert (seen["actions"], seen["due_at"] > first["due_at"]) == (
            ["submit", "release", "cannot", "check_in"],
            True,
        )
        assert (await api.get(f"/v1/wishes/{wish}", helper)).json()["history"][-1]["note"] == REASON["reason"]
        assert (await api.post(f"/v1/claims/{claim}/submit", helper, NOTE)).status_code == 200


class TestRefuse:
    async def test_no_points_and_the_wish_is_free(self, api: ApiClient, world: World):
        helper = await world.helper()
        wish, claim = await world.delivered(await world.person(), helper)
        response = await api.post(f"/v1/claims/{claim}/refuse", world.staff, REASON)
        assert (response.status_code, response.json()["status"]) == (200, "refused")
        assert (await api.get("/v1/me/points", helper)).json()["spendable_points"] == 0
        assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "published"
        await world.claim(await world.helper(), wish)


@pytest.mark.parametrize(("action", "body"), [("verify", None), ("return", REASON), ("refuse", REASON)])
class TestTheStaffsDecision:
    async def test_is_not_for_the_parties(self, api: ApiClient, world: World, action: str, body: Any):
        author, helper = await world.person(), await world.helper()
        _, claim = await world.delivered(author, helper)
        for person in (author, helper):
            response = await api.post(f"/v1/claims/{claim}/{action}", person, body)
            assert problem(response) == (403, "own-interest")

    async def test_is_never_about_oneself(self, api: ApiClient, world: World, action: str, body: Any):
        """Staff who asked for a service or gave it are party to it, whatever grants they hold (I2)."""
        officer = await world.helper()
        await make_grant(world.database, officer, world.district, Role.ADMINISTRATOR)
        _, asked = await world.delivered(officer, await world.helper())
        _, given = await world.delivered(await world.person(), officer)
        for claim in (asked, given):
            assert action not in (await api.get(f"/v1/claims/{claim}", officer)).json()["actions"]
            response = await api.post(f"/v1/claims/{claim}/{action}", officer, body)
            assert problem(response) == (403, "own-interest")

    async def test_comes_in_its_time(self, api: ApiClient, world: World, action: str, body: Any):
        claim = await world.claim(await world.helper(), await world.wish(await world.person()))
        response = await api.post(f"/v1/claims/{claim}/{action}", world.staff, body)
        assert problem(response) == (409, "state-conflict")

    async def test_is_not_for_others(self, api: ApiClient, world: World, action: str, body: Any):
        _, claim = await world.delivered(await world.person(), await world.helper())
        for stranger in (await world.helper(), world.alliance):
            response = await api.post(f"/v1/claims/{claim}/{action}", stranger, body)
            assert problem(response) == (404, "not-found")
