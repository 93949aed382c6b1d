import asyncio
from contextlib import aclosing

import httpx
import pytest

from app.wechat import errors
from app.wechat.client import WeChat
from app.wechat.texts import Scene
from tests.wechat.server import APPID, SECRET, answering, count_calls, granted, order_fault, passed

TOKEN = "/cgi-bin/stable_token"
CHECK = "/wxa/msg_sec_check"


async def force_refresh_elsewhere(base_url: str) -> None:
    """Do what an operator might: the token that our client holds is refused from now on."""
    body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET, "force_refresh": True}
    async with httpx.AsyncClient() as client:
        (await client.post(base_url + TOKEN, json=body)).raise_for_status()


class TestToken:
    async def test_eight_at_once_fetch_it_once(self, wechat, base_url, openid):
        before = count_calls(base_url, TOKEN)
        order_fault(base_url, TOKEN, delay_s=0.1)
        verdicts = await asyncio.gather(
            *(wechat.check_text(openid, f"第{number}件", scene=Scene.FORUM) for number in range(8))
        )
        assert {verdict.suggest for verdict in verdicts} == {"pass"}
        assert count_calls(base_url, TOKEN) == before + 1

    async def test_a_refused_token_is_fetched_anew_once(self, wechat, base_url, openid):
        await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        await force_refresh_elsewhere(base_url)
        tokens, checks = count_calls(base_url, TOKEN), count_calls(base_url, CHECK)
        assert (await wechat.check_text(openid, "你好", scene=Scene.FORUM)).suggest == "pass"
        assert (count_calls(base_url, TOKEN), count_calls(base_url, CHECK)) == (tokens + 1, checks + 2)

    async def test_a_late_refusal_does_not_drop_a_fresh_token(self, wechat, base_url, openid):
        await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        await force_refresh_elsewhere(base_url)
        tokens = count_calls(base_url, TOKEN)
        checks = count_calls(base_url, CHECK)
        order_fault(base_url, CHECK, errcode=42001, delay_s=1.2)
        late = asyncio.create_task(wechat.check_text(openid, "慢", scene=Scene.FORUM))
        for _ in range(1000):
            if count_calls(base_url, CHECK) > checks:
                break
            await asyncio.sleep(0.02)
        await wechat.check_text(openid, "快", scene=Scene.FORUM)
        assert not late.done()
        assert (await late).suggest == "pass"
        assert count_calls(base_url, TOKEN) == tokens + 1

    @pytest.mark.parametrize("errcode", [40001, 40014, 42001])
    async def test_the_same_token_again_is_refused(self, wechat, base_url, openid, errcode):
        await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        tokens, checks = count_calls(base_url, TOKEN), count_calls(base_url, CHECK)
        order_fault(base_url, CHECK, errcode=errcode)
        with pytest.raises(errors.WeChatTokenRefused):
            await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        assert (count_calls(base_url, TOKEN), count_calls(base_url, CHECK)) == (tokens + 1, checks + 1)

    async def test_a_second_refusal_ends_it(self, wechat, base_url, openid):
        await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        await force_refresh_elsewhere(base_url)
        tokens, checks = count_calls(base_url, TOKEN), count_calls(base_url, CHECK)
        order_fault(base_url, CHECK, errcode=40014, times=2)
        with pytest.raises(errors.WeChatTokenRefused):
            await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        assert (count_calls(base_url, TOKEN), count_calls(base_url, CHECK)) == (tokens + 1, checks + 2)

    async def test_it_is_used_until_wechat_has_surely_rolled_it(self):
        """Asked right before it rolls, WeChat gives the old one once more: not every call of that second asks again."""
        answers = [granted("A", 290), passed(), granted("B", 300), passed(), passed()]
        async with answering(*answers) as (url, requests), aclosing(WeChat(url, APPID, SECRET)) as wechat:
            for _ in range(3):
                await wechat.check_text("o1", "x", scene=Scene.FORUM)
        assert [request.split(b" ")[1].decode() for request in requests] == [
            TOKEN,
            f"{CHECK}?access_token=A",
            TOKEN,
            f"{CHECK}?access_token=B",
            f"{CHECK}?access_token=B",
        ]

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            ({"errcode": 40001}, errors.WeChatMisconfigured),
            ({"errcode": 40164}, errors.WeChatMisconfigured),
            ({"errcode": 45011}, errors.TooFrequent),
            ({"http_status": 500}, errors.WeChatUnreachable),
            ({"body": '{"access_token": ""}'}, errors.WeChatError),
        ],
        ids=str,
    )
    async def test_no_token_no_check(self, wechat, base_url, openid, fault, expected):
        checks = count_calls(base_url, CHECK)
        order_fault(base_url, TOKEN, **fault)
        with pytest.raises(errors.WeChatError) as refused:
            await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        assert type(refused.value) is expected
        assert count_calls(base_url, CHECK) == checks

    async def test_is_fetched_in_normal_mode(self):
        async with (
            answering(granted("T"), passed()) as (url, requests),
            aclosing(WeChat(url, APPID, SECRET)) as wechat,
        ):
            await wechat.check_text("o1", "x", scene=Scene.FORUM)
        assert requests[0].startswith(b"POST /cgi-bin/stable_token HTTP/1.1")
        assert b"force_refresh" not in requests[0]
