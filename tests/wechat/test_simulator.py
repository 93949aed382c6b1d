from collections.abc import AsyncIterator

import httpx
import pytest

from app.wechat.simulator import World, openid_of, remember
from tests.wechat.server import APPID, SECRET, new_code, running_simulator

LOGIN = "/sns/jscode2session"
STABLE = "/cgi-bin/stable_token"
CLASSIC = "/cgi-bin/token"
CHECK = "/wxa/msg_sec_check"
CREDENTIALS = {"appid": APPID, "secret": SECRET}


@pytest.fixture
async def http(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url) as client:
        yield client


async def log_in(http: httpx.AsyncClient, code: str, **changes: str) -> dict[str, object]:
    query = {**CREDENTIALS, "js_code": code, "grant_type": "authorization_code", **changes}
    return await read(await http.get(LOGIN, params={name: value for name, value in query.items() if value}))


async def stable_token(http: httpx.AsyncClient, **changes: object) -> dict[str, object]:
    body = {**CREDENTIALS, "grant_type": "client_credential", **changes}
    return await read(await http.post(STABLE, json=body))


async def read(response: httpx.Response) -> dict[str, object]:
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    answer = response.json()
    assert isinstance(answer, dict)
    if answer.get("errcode"):
        assert ", rid: " in answer["errmsg"]
    return answer


class TestLogIn:
    async def test_answers_like_wechat(self, http):
        answer = await log_in(http, new_code())
        assert set(answer) == {"openid", "session_key"}
        assert len(str(answer["openid"])) == 28

    async def test_a_name_keeps_its_openid_after_a_restart(self, http):
        here = await log_in(http, new_code())
        again = await log_in(http, new_code())
        other = await log_in(http, new_code("小王"))
        with running_simulator() as url:
            async with httpx.AsyncClient(base_url=url) as restarted:
                there = await log_in(restarted, "sim-小李-1")
        assert here["openid"] == again["openid"] == there["openid"] == openid_of(APPID, "小李")
        assert here["openid"] != other["openid"]

    async def test_a_code_is_spent_by_its_use(self, http):
        code = new_code()
        assert "openid" in await log_in(http, code)
        assert (await log_in(http, code))["errcode"] == 40163

    @pytest.mark.parametrize("code", ["小李", "sim-", "sim-小李", "sim-小李-", "sim--1", "sim-a-" + "1" * 600])
    async def test_another_code_is_invalid(self, http, code):
        assert (await log_in(http, code))["errcode"] == 40029

    @pytest.mark.parametrize(("code", "errcode"), [("sim-errcode40226-1", 40226), ("sim-errcode-1-1", -1)])
    async def test_an_errcode_can_be_asked_for(self, http, code, errcode):
        assert (await log_in(http, code))["errcode"] == errcode
        assert (await log_in(http, code))["errcode"] == errcode

    @pytest.mark.parametrize(
        ("changes", "errcode"),
        [
            ({"appid": ""}, 41002),
            ({"appid": "wx-other"}, 40013),
            ({"secret": ""}, 41004),
            ({"secret": "other"}, 40125),
            ({"js_code": ""}, 41008),
            ({"grant_type": ""}, 40002),
            ({"grant_type": "password"}, 40002),
        ],
    )
    async def test_refuses_what_is_wrong(self, http, changes, errcode):
        assert (await log_in(http, new_code(), **changes))["errcode"] == errcode


class TestTokens:
    async def test_the_stable_one_stays_until_it_is_forced(self, http):
        first, second = await stable_token(http), await stable_token(http)
        assert first["access_token"] == second["access_token"]
        forced = await stable_token(http, force_refresh=True)
        assert forced["access_token"] != first["access_token"]
        assert forced["expires_in"] == 7200
        assert (await self.check(http, first["access_token"]))["errcode"] == 40001
        assert (await self.check(http, forced["access_token"]))["errcode"] == 44002

    async def test_the_classic_one_is_new_each_time_and_apart(self, http):
        stable = await stable_token(http)
        query = {**CREDENTIALS, "grant_type": "client_credential"}
        first = await read(await http.get(CLASSIC, params=query))
        second = await read(await http.get(CLASSIC, params=query))
        assert first["access_token"] != second["access_token"]
        for token in (stable, first, second):
            assert (await self.check(http, token["access_token"]))["errcode"] == 44002

    async def test_refuses_what_is_wrong(self, http):
        assert (await read(await http.get(STABLE)))["errcode"] == 43002
        assert (await read(await http.post(STABLE, content=b"{")))["errcode"] == 47001
        assert (await stable_token(http, secret="other"))["errcode"] == 40125
        assert (await stable_token(http, grant_type="x"))["errcode"] == 40002

    async def check(self, http: httpx.AsyncClient, token: object) -> dict[str, object]:
        return await read(await http.post(CHECK, params={"access_token": str(token)}, json={"content": ""}))


class TestCheckText:
    async def check(self, http: httpx.AsyncClient, **changes: object) -> dict[str, object]:
        openid = (await log_in(http, new_code()))["openid"]
        token = (await stable_token(http))["access_token"]
        body = {"version": 2, "scene": 3, "openid": openid, "content": "你好", **changes}
        return await read(await http.post(CHECK, params={"access_token": str(token)}, json=body))

    async def test_passes_what_no_word_touches(self, http):
        answer = await self.check(http)
        assert answer["errcode"] == 0
        assert answer["result"] == {"suggest": "pass", "label": 100}
        assert answer["trace_id"]

    async def test_risky_outweighs_review(self, http):
        answer = await self.check(http, content="加微信，赌博")
        assert answer["result"] == {"suggest": "risky", "label": 20006}

    @pytest.mark.parametrize(
        ("changes", "errcode"),
        [
            ({"content": ""}, 44002),
            ({"version": 1}, 40129),
            ({"scene": 5}, 40129),
            ({"scene": None}, 40129),
            ({"openid": "o123"}, 40003),
            ({"openid": None}, 40003),
            ({"openid": openid_of("wx-other", "小李")}, 40003),
            ({"openid": openid_of(APPID, "从未来过")}, 61010),
            ({"content": "好" * 2501}, 45002),
        ],
    )
    async def test_refuses_what_is_wrong(self, http, changes, errcode):
        assert (await self.check(http, **changes))["errcode"] == errcode

    async def test_needs_a_token_and_json(self, http):
        token = str((await stable_token(http))["access_token"])
        assert (await read(await http.post(CHECK, json={})))["errcode"] == 41001
        assert (await read(await http.post(CHECK, params={"access_token": "x"}, json={})))["errcode"] == 40001
        assert (await read(await http.post(CHECK, params={"access_token": token}, content=b"{")))["errcode"] == 47001
        assert (await read(await http.get(CHECK, params={"access_token": token})))["errcode"] == 43002


class TestFaults:
    async def test_last_as_often_as_ordered_and_no_longer(self, http):
        fault = {"path": LOGIN, "errcode": 45011, "times": 2}
        assert (await http.post("/_simulator/faults", json=fault)).status_code == 204
        answers = [await log_in(http, new_code()) for _ in range(3)]
        assert [answer.get("errcode") for answer in answers] == [45011, 45011, None]

    async def test_can_be_forgotten(self, http):
        await http.post("/_simulator/faults", json={"path": LOGIN, "http_status": 500})
        await http.delete("/_simulator/faults")
        assert "openid" in await log_in(http, new_code())

    async def test_cut_breaks_the_connection(self, http):
        await http.post("/_simulator/faults", json={"path": LOGIN, "cut": True})
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(LOGIN)

    @pytest.mark.parametrize("fault", [{}, {"path": "/x"}, {"path": LOGIN, "errcod": 1}, {"path": LOGIN, "times": 0}])
    async def test_an_order_it_cannot_follow_is_refused(self, http, fault):
        assert (await http.post("/_simulator/faults", json=fault)).status_code == 422


class TestMemory:
    def test_the_oldest_is_forgotten_beyond_the_bound(self):
        world = World(APPID, SECRET)
        for number in range(5):
            remember(world.visits, str(number), value=0.0, kept_max=3)
        remember(world.visits, "2", value=1.0, kept_max=3)
        assert list(world.visits) == ["3", "4", "2"]
