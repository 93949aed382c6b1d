"""Logging in through WeChat."""

import asyncio

import pytest

from app.domain.errors import CATALOGUE
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World, log_in
from tests.wechat.server import new_code


class TestLogIn:
    async def test_the_first_makes_a_user_with_a_wallet(self, api: ApiClient):
        response = await api.post("/v1/auth/wechat", json={"code": new_code("阿美")})
        assert response.status_code == 200
        answer = response.json()
        assert answer["me"]["nickname"].startswith("邻居")
        headers = {"Authorization": f"Bearer {answer['token']}"}
        assert (await api.request("GET", "/v1/me", headers=headers)).json() == answer["me"]
        points = (await api.request("GET", "/v1/me/points", headers=headers)).json()
        assert points == {"spendable_points": 0, "held_points": 0, "actions": []}

    async def test_the_next_finds_the_same_user(self, api: ApiClient):
        first = await api.post("/v1/auth/wechat", json={"code": new_code("阿强")})
        second = await api.post("/v1/auth/wechat", json={"code": new_code("阿强")})
        assert first.json()["me"]["id"] == second.json()["me"]["id"]

    async def test_many_first_ones_at_once_make_one_user(self, api: ApiClient):
        answers = await asyncio.gather(
            *(api.post("/v1/auth/wechat", json={"code": new_code("阿芳")}) for _ in range(8))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["me"]["id"] for answer in answers}) == 1

    async def test_the_openid_is_told_nobody(self, api: ApiClient, world: World):
        person = await log_in(api, world.database)
        assert person.openid
        assert person.openid not in (await api.get("/v1/me", person)).text
        assert person.openid not in person.token

    async def test_a_code_counts_once(self, api: ApiClient):
        code = new_code("阿明")
        assert (await api.post("/v1/auth/wechat", json={"code": code})).status_code == 200
        response = await api.post("/v1/auth/wechat", json={"code": code})
        assert problem(response) == (401, "login-code-invalid")

    @pytest.mark.parametrize(
        ("code", "refusal"),
        [
            ("no code of WeChat's", (401, "login-code-invalid")),
            ("sim-errcode40226-1", (403, "login-blocked")),
            ("sim-errcode45011-1", (429, "login-too-frequent")),
            ("sim-errcode40013-1", (500, "wechat-misconfigured")),
            ("sim-errcode-1-1", (503, "wechat-unavailable")),
        ],
    )
    async def test_what_wechat_refuses(self, api: ApiClient, code: str, refusal: tuple[int, str]):
        response = await api.post("/v1/auth/wechat", json={"code": code})
        assert problem(response) == refusal
        assert ("retry-after" in response.headers) == (CATALOGUE[refusal[1]].retry_after_s is not None)

    async def test_a_blocked_user(self, api: ApiClient, world: World):
        code = new_code("阿坏")
        me = (await api.post("/v1/auth/wechat", json={"code": code})).json()["me"]
        await world.database.reads.fetch('UPDATE "user" SET is_blocked = true WHERE id = $1', me["id"])
        response = await api.post("/v1/auth/wechat", json={"code": new_code("阿坏")})
        assert problem(response) == (403, "login-blocked")
