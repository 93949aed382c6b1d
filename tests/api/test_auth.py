"""Logging in through WeChat."""

import asyncio
from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from app.core.security import keyed_fingerprint
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
        assert points == {
            "spendable_points": 0,
            "held_points": 0,
            "waiting_points": 0,
            "by_expiry": [],
            "waiting": [],
            "warnings": [],
            "actions": [],
        }

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


class TestDevice:
    DEVICES = "SELECT device_hash, last_seen_at FROM user_device WHERE user_id = $1 ORDER BY last_seen_at"

    async def test_is_remembered_as_a_keyed_hash_alone(self, api: ApiClient, world: World):
        device = f"phone-{uuid4()}"
        answer = await api.post("/v1/auth/wechat", json={"code": new_code("阿机"), "device": device})
        assert device not in answer.text
        me = UUID(answer.json()["me"]["id"])
        [first] = await world.database.reads.fetch(self.DEVICES, me)
        secret = world.settings.secret_key.get_secret_value()
        assert first["device_hash"] == keyed_fingerprint(secret, b"device", device.encode())
        assert first["device_hash"] != keyed_fingerprint("another secret", b"device", device.encode())
        assert first["device_hash"] not in {sha256(device.encode()).digest(), device.encode()}
        await api.post("/v1/auth/wechat", json={"code": new_code("阿机"), "device": device})
        [again] = await world.database.reads.fetch(self.DEVICES, me)
        assert again["device_hash"] == first["device_hash"]
        assert again["last_seen_at"] > first["last_seen_at"]

    async def test_one_on_several_phones_and_on_none(self, api: ApiClient, world: World):
        for device in (None, "甲", "乙"):
            body = {"code": new_code("阿双"), "device": device}
            me = (await api.post("/v1/auth/wechat", json=body)).json()["me"]["id"]
        assert len(await world.database.reads.fetch(self.DEVICES, UUID(me))) == 2

    async def test_of_a_blocked_user_is_not_kept(self, api: ApiClient, world: World):
        me = (await api.post("/v1/auth/wechat", json={"code": new_code("阿挡")})).json()["me"]["id"]
        await world.database.reads.fetch('UPDATE "user" SET is_blocked = true WHERE id = $1', me)
        response = await api.post("/v1/auth/wechat", json={"code": new_code("阿挡"), "device": "甲"})
        assert problem(response) == (403, "login-blocked")
        assert await world.database.reads.fetch(self.DEVICES, UUID(me)) == []

    @pytest.mark.parametrize("device", ["", "长" * 129, "a\u0000", 7])
    async def test_names_that_are_none(self, api: ApiClient, device: object):
        response = await api.post("/v1/auth/wechat", json={"code": new_code("阿错"), "device": device})
        assert problem(response) == (422, "invalid-payload")
