import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict

import httpx
import pytest

from app.core.settings import WeChatVersion
from app.wechat import errors
from app.wechat.calls import DRAW_CODE, GET_PHONE
from app.wechat.client import WeChat
from app.wechat.images import find_media_type
from app.wechat.texts import Scene, pieces_of
from bench.processes import free_port
from tests.wechat.server import APPID, SECRET, answering, count_calls, granted, order_fault, passed, raw

LOGIN = "/sns/jscode2session"
TOKEN = "/cgi-bin/stable_token"
CHECK = "/wxa/msg_sec_check"
FIELDS = {"thing1": "翠苑一区暴雨", "time2": "2026年11月22日 08:30"}


class TestExchangeCode:
    async def test_names_the_user_and_nothing_else(self, wechat, code):
        session = await wechat.exchange_code(code)
        assert len(session.openid) == 28
        assert asdict(session) == {"openid": session.openid, "unionid": None}
        assert session.openid not in repr(session)

    async def test_asks_as_documented_and_reads_the_unionid(self):
        async with (
            answering({"openid": "o1", "session_key": "k", "unionid": "u1"}) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            assert (await wechat.exchange_code("c")).unionid == "u1"
        line = f"GET {LOGIN}?appid={APPID}&secret={SECRET}&js_code=c&grant_type=authorization_code HTTP/1.1"
        assert requests[0].decode().splitlines()[0] == line

    async def test_a_code_is_good_once(self, wechat, code):
        await wechat.exchange_code(code)
        with pytest.raises(errors.LoginCodeInvalid) as refused:
            await wechat.exchange_code(code)
        assert refused.value.errcode == 40163
        assert refused.value.rid
        assert refused.value.rid in str(refused.value)

    @pytest.mark.parametrize(
        ("errcode", "expected"),
        [
            (40029, errors.LoginCodeInvalid),
            (40163, errors.LoginCodeInvalid),
            (41008, errors.LoginCodeMissing),
            (40226, errors.UserBlocked),
            (45011, errors.TooFrequent),
            (45009, errors.TooFrequent),
            (-1, errors.WeChatBusy),
            (40001, errors.WeChatMisconfigured),
            (40013, errors.WeChatMisconfigured),
            (40125, errors.WeChatMisconfigured),
            (40164, errors.WeChatMisconfigured),
            (40243, errors.WeChatMisconfigured),
            (41002, errors.WeChatMisconfigured),
            (41004, errors.WeChatMisconfigured),
            (50004, errors.WeChatMisconfigured),
            (99999, errors.WeChatError),
        ],
    )
    async def test_each_errcode_has_its_class(self, wechat, errcode, expected):
        with pytest.raises(errors.WeChatError) as refused:
            await wechat.exchange_code(f"sim-errcode{errcode}-1")
        assert type(refused.value) is expected
        assert refused.value.errcode == errcode

    async def test_limits_say_when_to_come_back(self, wechat):
        with pytest.raises(errors.TooFrequent) as minute:
            await wechat.exchange_code("sim-errcode45011-1")
        with pytest.raises(errors.TooFrequent) as day:
            await wechat.exchange_code("sim-errcode45009-1")
        assert (minute.value.retry_after_s, day.value.retry_after_s) == (60, 3600)

    async def test_an_empty_code_is_missing(self, wechat):
        with pytest.raises(errors.LoginCodeMissing):
            await wechat.exchange_code("")

    async def test_a_wrong_secret_is_the_operators_business(self, base_url, code):
        async with aclosing(WeChat(base_url, APPID, "another")) as wechat:
            with pytest.raises(errors.WeChatMisconfigured) as refused:
                await wechat.exchange_code(code)
        assert refused.value.errcode == 40125

    async def test_busy_once_is_asked_again(self, wechat, base_url, code):
        before = count_calls(base_url, LOGIN)
        order_fault(base_url, LOGIN, errcode=-1)
        assert (await wechat.exchange_code(code)).openid
        assert count_calls(base_url, LOGIN) == before + 2

    async def test_busy_twice_is_busy(self, wechat, base_url, code):
        before = count_calls(base_url, LOGIN)
        order_fault(base_url, LOGIN, errcode=-1, times=2)
        with pytest.raises(errors.WeChatBusy) as busy:
            await wechat.exchange_code(code)
        assert busy.value.retry_after_s > 0
        assert count_calls(base_url, LOGIN) == before + 2

    @pytest.mark.parametrize(
        "fault",
        [
            {"http_status": 500},
            {"http_status": 500, "body": '{"openid": "o1"}'},
            {"http_status": 412, "body": "<html>no</html>"},
            {"http_status": 302},
            {"body": ""},
            {"body": "[]"},
            {"body": "null"},
            {"body": '{"errcode": "0", "openid": "o1"}'},
            {"cut": True},
        ],
        ids=str,
    )
    async def test_an_unknown_outcome_is_busy_and_never_asked_again(self, wechat, base_url, code, fault):
        before = count_calls(base_url, LOGIN)
        order_fault(base_url, LOGIN, **fault)
        with pytest.raises(errors.WeChatBusy):
            await wechat.exchange_code(code)
        assert count_calls(base_url, LOGIN) == before + 1

    async def test_bytes_that_are_no_text_are_busy(self):
        gibberish = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n\xff\xfe{"
        async with answering(gibberish) as (url, _), aclosing(WeChat(url, APPID, SECRET)) as wechat:
            with pytest.raises(errors.WeChatBusy):
                await wechat.exchange_code("c")

    async def test_a_success_without_openid_is_an_error(self, wechat, base_url, code):
        order_fault(base_url, LOGIN, body='{"session_key": "k"}')
        with pytest.raises(errors.WeChatError):
            await wechat.exchange_code(code)

    async def test_an_errcode_counts_whatever_the_status(self, wechat, base_url, code):
        order_fault(base_url, LOGIN, errcode=40226, http_status=500)
        with pytest.raises(errors.UserBlocked):
            await wechat.exchange_code(code)

    async def test_silence_is_busy_and_not_asked_again(self, base_url, code):
        before = count_calls(base_url, LOGIN)
        order_fault(base_url, LOGIN, delay_s=1)
        async with aclosing(WeChat(base_url, APPID, SECRET, timeout_s=0.3)) as wechat:
            with pytest.raises(errors.WeChatBusy):
                await wechat.exchange_code(code)
        assert count_calls(base_url, LOGIN) == before + 1

    async def test_no_connection_is_busy_and_not_tried_again(self, unreachable):
        wechat, sent = unreachable
        with pytest.raises(errors.WeChatUnreachable):
            await wechat.exchange_code("c")
        assert len(sent) == 1


class TestGetPhone:
    async def test_asks_as_documented_and_reads_the_number(self):
        number = {"phoneNumber": "+85261234567", "purePhoneNumber": "61234567", "countryCode": "852"}
        answer, others = (
            {"errcode": 0, "phone_info": {**number, "watermark": {"timestamp": 1, "appid": appid}}}
            for appid in (APPID, "wx-another")
        )
        async with (
            answering(granted("T"), answer, others, {"phone_info": {}}) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            phone = await wechat.get_phone("c", "o1")
            assert phone.whole == "+852 61234567"
            assert "61234567" not in repr(phone)
            for _ in range(2):
                with pytest.raises(errors.WeChatError) as refused:
                    await wechat.get_phone("c", "o1")
                assert "61234567" not in str(refused.value)
        assert requests[1].startswith(f"POST {GET_PHONE.path}?access_token=T HTTP/1.1".encode())
        assert requests[1].endswith(b'{"code":"c","openid":"o1"}')

    @pytest.mark.parametrize(
        ("fault", "expected", "calls"),
        [
            ({"errcode": 40029}, errors.PhoneCodeInvalid, 1),
            ({"errcode": 45011}, errors.TooFrequent, 1),
            ({"errcode": -1, "times": 2}, errors.WeChatBusy, 2),
            ({"cut": True}, errors.WeChatBusy, 1),
            ({"http_status": 502}, errors.WeChatBusy, 1),
        ],
        ids=str,
    )
    async def test_an_unknown_outcome_is_never_repeated(self, wechat, base_url, openid, fault, expected, calls):
        before = count_calls(base_url, GET_PHONE.path)
        order_fault(base_url, GET_PHONE.path, **fault)
        with pytest.raises(errors.WeChatError) as refused:
            await wechat.get_phone("phone-小李-1", openid)
        assert type(refused.value) is expected
        assert count_calls(base_url, GET_PHONE.path) == before + calls


class TestCheckMedia:
    async def test_asks_as_documented_and_reads_by_what_the_answer_will_come(self):
        answers = (granted("T"), {"errcode": 0, "errmsg": "ok", "trace_id": "t-1"}, {"errcode": 0, "trace_id": ""})
        async with answering(*answers) as (url, requests), aclosing(WeChat(url, APPID, SECRET)) as wechat:
            assert await wechat.check_media("o1", "https://api.example.org/1", scene=Scene.FORUM) == "t-1"
            with pytest.raises(errors.WeChatError):
                await wechat.check_media("o1", "https://api.example.org/1", scene=Scene.FORUM)
        assert requests[1].startswith(b"POST /wxa/media_check_async?access_token=T HTTP/1.1")
        assert requests[1].endswith(
            b'{"media_url":"https://api.example.org/1","media_type":2,"version":2,"scene":3,"openid":"o1"}'
        )


class TestDrawCode:
    async def test_asks_as_documented_and_tells_pictures_by_their_first_bytes(self):
        jpeg = b"\xff\xd8\xff\xe0" + bytes(20)
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        error = b'{"errcode":41030,"errmsg":"invalid page rid: 1-2"}'
        async with (
            answering(
                granted("T"),
                head % (b"text/plain", len(jpeg)) + jpeg,
                head % (b"image/jpeg", len(error)) + error,
                {"errcode": 40001},
                granted("U"),
                head % (b"application/json", len(jpeg)) + jpeg,
                {"errcode": 0, "errmsg": "ok"},
                head % (b"image/png", 4) + b"GIF8",
            ) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            assert await wechat.draw_code("abc", "pages/scene/index") == jpeg
            with pytest.raises(errors.WeChatError) as refused:
                await wechat.draw_code("abc", "pages/scene/index")
            assert (refused.value.errcode, refused.value.rid) == (41030, "1-2")
            assert await wechat.draw_code("abc", "pages/scene/index") == jpeg  # with the next token
            for _ in range(2):
                with pytest.raises(errors.WeChatError):
                    await wechat.draw_code("abc", "pages/scene/index")
        assert requests[1].startswith(f"POST {DRAW_CODE.path}?access_token=T HTTP/1.1".encode())
        assert requests[1].endswith(
            b'{"scene":"abc","page":"pages/scene/index","env_version":"release","check_path":true}'
        )

    async def test_of_a_trial_no_released_page_is_asked_for(self, base_url):
        async with aclosing(WeChat(base_url, APPID, SECRET, version="trial")) as wechat:
            assert find_media_type(await wechat.draw_code("abc", "pages/missing")) == "image/png"

    async def test_is_drawn(self, wechat):
        assert find_media_type(await wechat.draw_code("A" * 22, "pages/scene/index")) == "image/png"


class TestSendMessage:
    async def test_sends_as_documented_and_keeps_the_id_as_text(self):
        sent = {"errcode": 0, "errmsg": "ok", "msgid": 2**63 + 1}
        async with (
            answering(granted("T"), sent, {"errcode": 0}) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            assert await wechat.send_message("o1", "t1", "pages/a?id=1", FIELDS) == str(2**63 + 1)
            assert await wechat.send_message("o1", "t1", "pages/a?id=1", FIELDS) is None
        assert json.loads(requests[1].partition(b"\r\n\r\n")[2]) == {
            "touser": "o1",
            "template_id": "t1",
            "page": "pages/a?id=1",
            "data": {"thing1": {"value": "翠苑一区暴雨"}, "time2": {"value": "2026年11月22日 08:30"}},
            "miniprogram_state": "formal",
        }

    @pytest.mark.parametrize(("version", "state"), [("trial", "trial"), ("develop", "developer")])
    async def test_opens_the_version_that_is_tried(self, version: WeChatVersion, state: str):
        async with (
            answering(granted("T"), {"errcode": 0}) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET, version=version)) as wechat,
        ):
            await wechat.send_message("o1", "t1", "pages/a", FIELDS)
        assert json.loads(requests[1].partition(b"\r\n\r\n")[2])["miniprogram_state"] == state

    @pytest.mark.parametrize("answer", [{"errcode": -1}, b"", b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n"])
    async def test_repeats_nothing_by_itself(self, answer: object):
        async with (
            answering(granted("T"), answer) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            with pytest.raises(errors.WeChatBusy):
                await wechat.send_message("o1", "t1", "pages/a", FIELDS)
        assert len(requests) == 2

    async def test_refused_for_its_token_it_is_known_that_nothing_was_sent(self):
        """Whatever becomes of fetching the next token: the message may be sent later."""
        refused = {"errcode": 40001, "errmsg": "invalid credential"}
        async with (
            answering(granted("T"), refused, b"", {"errcode": 0}) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            with pytest.raises(errors.WeChatUnreachable):
                await wechat.send_message("o1", "t1", "pages/a", FIELDS)
            assert len(requests) == 3


class TestCheckText:
    @pytest.mark.parametrize(
        ("content", "suggest", "label"),
        [("想要一台收音机", "pass", 100), ("想学赌博", "risky", 20006), ("请加微信", "review", 10001)],
    )
    async def test_returns_the_verdict(self, wechat, openid, content, suggest, label):
        verdict = await wechat.check_text(openid, content, scene=Scene.FORUM)
        assert (verdict.suggest, verdict.label) == (suggest, label)
        assert verdict.trace_id

    @pytest.mark.parametrize("field", ["title", "nickname"])
    async def test_checks_title_and_nickname_too(self, wechat, openid, field):
        verdict = await wechat.check_text(openid, "你好", scene=Scene.PROFILE, **{field: "色情"})
        assert (verdict.suggest, verdict.label) == ("risky", 20002)

    async def test_sends_plain_utf8_as_documented(self):
        async with (
            answering(granted("T"), passed()) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            await wechat.check_text("o1", "微心愿", scene=Scene.COMMENT)
        assert requests[1].startswith(f"POST {CHECK}?access_token=T HTTP/1.1".encode())
        body = '{"version":2,"scene":2,"openid":"o1","content":"微心愿"}'
        assert requests[1].endswith(body.encode())

    async def test_a_word_across_the_cut_of_a_long_text_is_found(self, wechat, base_url, openid):
        before = count_calls(base_url, CHECK)
        verdict = await wechat.check_text(openid, "好" * 2499 + "赌博" + "好" * 2000, scene=Scene.FORUM)
        assert verdict.suggest == "risky"
        assert count_calls(base_url, CHECK) == before + 2

    async def test_the_worst_piece_decides(self, wechat, openid):
        filler = "好" * 3000
        assert (await wechat.check_text(openid, f"低俗{filler}", scene=Scene.FORUM)).suggest == "review"
        assert (await wechat.check_text(openid, f"低俗{filler}赌博", scene=Scene.FORUM)).suggest == "risky"
        assert (await wechat.check_text(openid, f"赌博{filler}低俗", scene=Scene.FORUM)).suggest == "risky"

    async def test_after_a_risky_piece_nothing_more_is_asked(self, wechat, base_url, openid):
        before = count_calls(base_url, CHECK)
        await wechat.check_text(openid, "赌博" + "好" * 3000, scene=Scene.FORUM)
        assert count_calls(base_url, CHECK) == before + 1

    async def test_a_piece_that_fails_leaves_the_text_unjudged(self, wechat, base_url, openid):
        await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        order_fault(base_url, CHECK, body=raw(passed()).partition(b"\r\n\r\n")[2].decode())
        order_fault(base_url, CHECK, errcode=45009)
        with pytest.raises(errors.TooFrequent):
            await wechat.check_text(openid, "好" * 3000, scene=Scene.FORUM)

    async def test_a_stricter_detail_outweighs_the_result_if_it_ran(self):
        risky = {"strategy": "keyword", "errcode": 0, "suggest": "risky", "label": 20008, "keyword": "x"}
        fine = {"strategy": "content_model", "errcode": 0, "suggest": "pass", "label": 100, "prob": 90}
        async with (
            answering(granted("T"), passed(detail=[fine, risky]), passed(detail=[fine, {**risky, "errcode": -1}])) as (
                url,
                _,
            ),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            counted = await wechat.check_text("o1", "x", scene=Scene.FORUM)
            ignored = await wechat.check_text("o1", "x", scene=Scene.FORUM)
        assert (counted.suggest, counted.label) == ("risky", 20008)
        assert (ignored.suggest, ignored.label) == ("pass", 100)

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"errcode": 0, "errmsg": "ok"},
            {"errcode": 0, "errmsg": "ok", "trace_id": "t-1"},
            passed(result=None),
            passed(result={}),
            passed(result="pass"),
            passed(result={"suggest": "pass"}),
            passed(result={"label": 100}),
            passed(result={"suggest": "ok", "label": 100}),
            passed(result={"suggest": None, "label": 100}),
            passed(trace_id=None),
            passed(detail="none"),
            passed(detail=[None]),
            passed(detail=[{"errcode": 0, "suggest": "block", "label": 1}]),
            passed(detail=[{"errcode": -1, "suggest": "pass", "label": 100}]),
            passed(errcode="0"),
            passed(errcode=None),
            passed(errcode=87014),
            ["pass"],
            "pass",
            None,
        ],
        ids=str,
    )
    async def test_what_cannot_be_read_never_passes(self, answer):
        async with (
            answering(granted("T"), answer) as (url, _),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            with pytest.raises(errors.WeChatError):
                await wechat.check_text("o1", "x", scene=Scene.FORUM)

    @pytest.mark.parametrize(
        ("errcode", "expected"),
        [
            (61010, errors.UserNotRecentlySeen),
            (44991, errors.TooFrequent),
            (45009, errors.TooFrequent),
            (40003, errors.WeChatError),
            (43104, errors.WeChatError),
            (40129, errors.WeChatError),
            (87014, errors.WeChatError),
        ],
    )
    async def test_each_errcode_has_its_class(self, wechat, base_url, openid, errcode, expected):
        order_fault(base_url, CHECK, errcode=errcode)
        with pytest.raises(errors.WeChatError) as refused:
            await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        assert type(refused.value) is expected

    async def test_busy_is_asked_three_times(self, wechat, base_url, openid):
        before = count_calls(base_url, CHECK)
        order_fault(base_url, CHECK, errcode=-1, times=2)
        assert (await wechat.check_text(openid, "你好", scene=Scene.FORUM)).suggest == "pass"
        assert count_calls(base_url, CHECK) == before + 3
        order_fault(base_url, CHECK, errcode=-1, times=3)
        with pytest.raises(errors.WeChatBusy):
            await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        assert count_calls(base_url, CHECK) == before + 6

    @pytest.mark.parametrize(
        "fault", [{"http_status": 502}, {"http_status": 412, "body": "no"}, {"body": "<html>"}, {"cut": True}], ids=str
    )
    async def test_no_usable_answer_is_busy(self, wechat, base_url, openid, fault):
        order_fault(base_url, CHECK, **fault)
        with pytest.raises(errors.WeChatBusy):
            await wechat.check_text(openid, "你好", scene=Scene.FORUM)

    async def test_the_time_limit_covers_token_and_check_together(self, base_url, openid):
        order_fault(base_url, TOKEN, delay_s=0.8)
        order_fault(base_url, CHECK, delay_s=1.5)
        started_s = time.monotonic()
        async with aclosing(WeChat(base_url, APPID, SECRET, timeout_s=1.0)) as wechat:
            with pytest.raises(errors.WeChatBusy):
                await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        assert time.monotonic() - started_s < 1.8

    async def test_a_failed_connection_is_tried_twice(self, unreachable):
        wechat, sent = unreachable
        with pytest.raises(errors.WeChatUnreachable):
            await wechat.check_text("o1", "x", scene=Scene.FORUM)
        assert len(sent) == 2

    @pytest.mark.parametrize("length", [0, 1, 2499, 2500, 2501, 4900, 4901, 7300, 7301, 20_000])
    def test_pieces_overlap_and_lose_nothing(self, length):
        content = "".join(chr(0x4E00 + index % 9973) for index in range(length))
        first, *others = pieces_of(content)
        assert all(100 < len(piece) <= 2500 for piece in others)
        assert first + "".join(piece[100:] for piece in others) == content
        assert len(others) == max(0, -(-(length - 2500) // 2400))


@pytest.fixture
async def unreachable() -> AsyncIterator[tuple[WeChat, list[httpx.Request]]]:
    """A client of a port where nobody listens, and the requests that it tried to send."""
    sent: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    async with aclosing(WeChat(f"http://127.0.0.1:{free_port()}", APPID, SECRET)) as wechat:
        wechat._transport._http.event_hooks["request"].append(note)
        yield wechat, sent
