import asyncio

import httpx
import pytest

from app.wechat.simulator import World, openid_of, remember
from app.wechat.simulator.arrivals import require_room_to_force
from app.wechat.simulator.field_rules import fits
from app.wechat.simulator.limits import Meter
from app.wechat.simulator.protocol import Refusal
from tests.wechat.server import APPID, SECRET, new_code, running_simulator
from tests.wechat.simulated import (
    CLASSIC,
    CODE,
    CREDENTIALS,
    LOGIN,
    MESSAGE,
    PHONE,
    STABLE,
    TEXT,
    act,
    call,
    log_in,
    openid_of_visitor,
    read,
    stable_token,
)


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
        return await read(await http.post(TEXT, params={"access_token": str(token)}, json={"content": ""}))


class TestCheckText:
    async def check(self, http: httpx.AsyncClient, **changes: object) -> dict[str, object]:
        openid = (await log_in(http, new_code()))["openid"]
        token = (await stable_token(http))["access_token"]
        body = {"version": 2, "scene": 3, "openid": openid, "content": "你好", **changes}
        return await read(await http.post(TEXT, params={"access_token": str(token)}, json=body))

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
        assert (await read(await http.post(TEXT, json={})))["errcode"] == 41001
        assert (await read(await http.post(TEXT, params={"access_token": "x"}, json={})))["errcode"] == 40001
        assert (await read(await http.post(TEXT, params={"access_token": token}, content=b"{")))["errcode"] == 47001
        assert (await read(await http.get(TEXT, params={"access_token": token})))["errcode"] == 43002


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


class TestPhone:
    async def give(self, http: httpx.AsyncClient, code: str, **body: object) -> dict[str, object]:
        return await call(http, PHONE, code=code, **body)

    async def test_answers_like_wechat_and_once(self, http):
        answer = await self.give(http, "phone-小李-1", openid=openid_of(APPID, "小李"))
        phone = answer["phone_info"]
        assert isinstance(phone, dict)
        assert phone["countryCode"] == "86"
        assert phone["phoneNumber"] == phone["purePhoneNumber"]
        assert phone["watermark"]["appid"] == APPID
        assert (await self.give(http, "phone-小李-1"))["errcode"] == 40029
        again = (await self.give(http, "phone-小李-2"))["phone_info"]
        assert isinstance(again, dict)
        assert again["purePhoneNumber"] == phone["purePhoneNumber"]

    async def test_gives_the_number_that_the_code_names(self, http):
        phone = (await self.give(http, "phone-小李-13900001234.1"))["phone_info"]
        assert isinstance(phone, dict)
        assert phone["purePhoneNumber"] == "13900001234"

    @pytest.mark.parametrize(
        ("code", "openid", "errcode"),
        [
            ("sim-小李-1", None, 40029),
            ("phone-小李-", None, 40029),
            ("phone-小李-3", openid_of(APPID, "小王"), 40029),
            ("phone-小李-3", "o123", 40003),
            ("phone-errcode45011-1", None, 45011),
        ],
    )
    async def test_refuses_what_is_wrong(self, http, code, openid, errcode):
        assert (await self.give(http, code, **({"openid": openid} if openid else {})))["errcode"] == errcode

    async def test_a_phone_code_logs_nobody_in(self, http):
        assert (await log_in(http, "phone-小李-9"))["errcode"] == 40029


class TestCode:
    async def draw(self, http: httpx.AsyncClient, **body: object) -> httpx.Response:
        token = str((await stable_token(http))["access_token"])
        return await http.post(CODE, params={"access_token": token}, json=body)

    async def test_draws_a_picture_that_calls_itself_a_jpeg(self, http):
        drawn = await self.draw(http, scene="a" * 32, page="pages/wish/index", width=300)
        assert drawn.content.startswith(b"\x89PNG")
        assert drawn.headers["content-type"] == "image/jpeg"

    @pytest.mark.parametrize(
        ("body", "errcode"),
        [
            ({"scene": ""}, 40169),
            ({"scene": "a" * 33}, 40169),
            ({"scene": "愿"}, 40129),
            ({"scene": "a%20b"}, 40129),
            ({"scene": "a", "page": "/pages/wish/index"}, 41030),
            ({"scene": "a", "page": "pages/wish/index?id=1"}, 41030),
            ({"scene": "a", "page": "pages/missing"}, 41030),
            ({"scene": "a", "env_version": "formal"}, 40097),
            ({"scene": "a", "width": 100}, 40097),
        ],
    )
    async def test_refuses_what_is_wrong(self, http, body, errcode):
        assert (await read(await self.draw(http, **body)))["errcode"] == errcode


class TestMessages:
    async def send(self, http: httpx.AsyncClient, openid: str, **changes: object) -> dict[str, object]:
        body = {"touser": openid, "template_id": "simulator-a", "data": {"thing1": {"value": "台灯"}}, **changes}
        return await call(http, MESSAGE, **body)

    async def test_each_accept_is_one_message(self, http):
        openid = await openid_of_visitor(http, "收信人")
        given = await act(
            http, "subscribe", user="收信人", template_ids=["simulator-a", "simulator-b"], answers=["accept", "reject"]
        )
        assert given == {"simulator-a": "accept", "simulator-b": "reject"}
        sent = await self.send(http, openid, page="pages/wish/index?id=1")
        assert sent["errcode"] == 0
        assert isinstance(sent["msgid"], int)
        assert sent["msgid"] > 1 << 53, "beyond what JavaScript counts"
        assert (await self.send(http, openid))["errcode"] == 43101
        assert (await self.send(http, openid, template_id="simulator-b"))["errcode"] == 43101
        kept = (await http.get("/_simulator/messages")).json()[-1]
        assert (kept["user"], kept["fields"]) == ("收信人", [["thing1", "事项", "台灯"]])

    async def test_a_switched_off_template_takes_what_was_granted(self, http):
        openid = await openid_of_visitor(http, "不收了")
        await act(http, "subscribe", user="不收了", template_ids=["simulator-a"])
        await act(http, "switch-off", user="不收了", template_id="simulator-a")
        assert (await self.send(http, openid))["errcode"] == 43101

    async def test_two_at_once_to_one_user_are_refused(self, http):
        openid = await openid_of_visitor(http, "两封")
        for _ in range(2):
            await act(http, "subscribe", user="两封", template_ids=["simulator-a"])
        answers = await asyncio.gather(self.send(http, openid), self.send(http, openid))
        assert sorted(int(str(answer["errcode"])) for answer in answers) == [0, 43108]

    @pytest.mark.parametrize(
        ("changes", "errcode"),
        [
            ({"touser": "o123"}, 40003),
            ({"template_id": "other"}, 40037),
            ({"page": "pages/missing"}, 41030),
            ({"miniprogram_state": "release"}, 40097),
            ({"data": "{}"}, 47001),
            ({"data": {}}, 47003),
            ({"data": {"thing1": {"value": "字" * 21}}}, 47003),
            ({"data": {"thing1": {"value": "来赌博"}}}, 45168),
        ],
    )
    async def test_refuses_what_is_wrong(self, http, changes, errcode):
        assert (await self.send(http, openid_of(APPID, "谁"), **changes))["errcode"] == errcode

    async def test_a_template_of_the_console_has_its_fields(self, http):
        chosen = [{"template_id": "T1", "title": "审核结果", "fields": {"thing1": "事项", "phrase2": "结果"}}]
        assert (await http.post("/_simulator/templates", json=chosen)).status_code == 204
        openid = await openid_of_visitor(http, "模板")
        await act(http, "subscribe", user="模板", template_ids=["T1"])
        answer = await self.send(http, openid, template_id="T1")
        assert answer["errcode"] == 47003
        assert "phrase2" in str(answer["errmsg"])
        full = {"thing1": {"value": "台灯"}, "phrase2": {"value": "通过"}}
        assert (await self.send(http, openid, template_id="T1", data=full))["errcode"] == 0
        await http.post("/_simulator/templates", json=[{**chosen[0], "is_banned": True}])
        assert (await self.send(http, openid, template_id="T1", data=full))["errcode"] == 43107


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", ["字" * 20, "a b"], ["字" * 21, "", " ", "两\n行"]),
        ("number2", ["1", "12.5"], ["1e3", "一", "1" * 33]),
        ("letter3", ["abC"], ["a1", "a" * 33]),
        ("symbol4", ["★★"], ["a", "★" * 6]),
        ("character_string5", ["AB-12 #"], ["编号1", "a" * 33]),
        ("time6", ["15:01", "2019年10月1日 15:01", "2019-10-01 15:01:10", "08:00~10:00"], ["25:00", "今天", "15:61"]),
        (
            "date7",
            ["2019年10月1日", "2019-10-01", "2019.10.01 15:01", "10-01", "2019年10月1日~2019年10月7日"],
            ["今天", "15:01"],
        ),
        ("amount8", ["¥12.50", "100元"], ["12345678901", "十元"]),
        ("phone_number9", ["+86-0766-66888866"], ["一三九", "1" * 18]),
        ("car_number10", ["粤A8Z888挂"], ["粤A8粤8888", "A" * 9]),
        ("name1", ["字" * 10, "a" * 20], ["字" * 11, "张" + "a" * 10, "a" * 21]),
        ("phrase2", ["通过", "配送中"], ["ok", "一二三四五六", "通过!"]),
        ("thing", [], ["x"]),
        ("whatever1", [], ["x"]),
    ],
)
def test_fields_keep_to_their_rules(key, good, bad):
    assert [value for value in good if not fits(key, value)] == []
    assert [value for value in bad if fits(key, value)] == []


class TestLimits:
    async def test_of_a_minute_and_of_a_day(self, http):
        openid = await openid_of_visitor(http, "常客")
        body = {"version": 2, "scene": 3, "openid": openid, "content": "你好"}
        try:
            await act(http, "limits", path=TEXT, per_minute=2)
            assert [(await call(http, TEXT, **body))["errcode"] for _ in range(3)] == [0, 0, 44991]
            await act(http, "limits", path=TEXT, per_day=1)
            assert [(await call(http, TEXT, **body))["errcode"] for _ in range(2)] == [0, 45009]
        finally:
            await http.delete("/_simulator/limits")

    def test_begin_anew_with_the_next_minute(self):
        meter = Meter()
        assert [meter.has_room("a", 1, 60.0, now_s) for now_s in (0.0, 59.0, 60.0)] == [True, False, True]

    async def test_a_refresh_is_not_forced_twice_at_once(self):
        moments = [0.0, 10.0, 31.0]
        world = World(APPID, SECRET, clock=lambda: moments[0])
        require_room_to_force(world)
        moments.pop(0)
        with pytest.raises(Refusal):
            require_room_to_force(world)
        moments.pop(0)
        require_room_to_force(world)


class TestStandingFaults:
    async def test_every_second_call_until_forgotten(self, http):
        await act(http, "faults", path=LOGIN, errcode=45011, every=2, times=None)
        answers = [(await log_in(http, new_code())).get("errcode") for _ in range(4)]
        assert answers == [None, 45011, None, 45011]
        await http.delete("/_simulator/faults")
        assert "openid" in await log_in(http, new_code())

    async def test_after_the_call_was_carried_out(self, http):
        await act(http, "faults", path=LOGIN, cut=True, after=True)
        code = new_code()
        with pytest.raises(httpx.RemoteProtocolError):
            await log_in(http, code)
        assert (await log_in(http, code))["errcode"] == 40163

    async def test_a_token_dies_in_the_middle(self, http):
        before = (await stable_token(http))["access_token"]
        await act(http, "faults", path=TEXT, revoke_tokens=True)
        answer = await call(http, TEXT, content="你好")
        assert answer["errcode"] == 40001
        assert (await stable_token(http))["access_token"] != before
        await http.delete("/_simulator/tokens")
        assert (await http.get("/_simulator/answers")).json()[TEXT]["40001"] >= 1
