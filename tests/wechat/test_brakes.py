import asyncio
from contextlib import aclosing, suppress

import pytest

from app.wechat import errors
from app.wechat.brakes import Brakes
from app.wechat.calls import CHECK_TEXT, GET_TOKEN, LOG_IN
from app.wechat.client import WeChat
from app.wechat.texts import Scene
from app.wechat.transport import is_alarming
from tests.wechat.server import APPID, SECRET, count_calls, new_code, order_fault

CHECK, TOKEN = CHECK_TEXT.path, GET_TOKEN.path
AT_ONCE = 0.0
"""A pause that is over as soon as it begins."""


async def fail(wechat: WeChat, openid: str, times: int) -> list[type[Exception]]:
    """Return how so many checks in a row ended that all failed."""
    kinds: list[type[Exception]] = []
    for _ in range(times):
        with pytest.raises(errors.WeChatError) as failed:
            await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        kinds.append(type(failed.value))
    return kinds


class TestFailures:
    @pytest.mark.parametrize("fault", [{"http_status": 502}, {"cut": True}, {"body": "<html>"}], ids=str)
    async def test_five_in_a_row_are_the_last_for_a_while(self, wechat, base_url, openid, fault):
        before = count_calls(base_url, CHECK)
        order_fault(base_url, CHECK, **fault, times=100)
        assert await fail(wechat, openid, 8) == [errors.WeChatBusy] * 5 + [errors.WeChatUnreachable] * 3
        assert count_calls(base_url, CHECK) == before + 5
        assert (await wechat.exchange_code(new_code())).openid  # another endpoint goes on

    async def test_one_alone_tries_after_the_pause(self, base_url, openid):
        brakes = Brakes(1, AT_ONCE)
        async with aclosing(WeChat(base_url, APPID, SECRET, brakes=brakes)) as wechat:
            order_fault(base_url, CHECK, http_status=502, times=6)
            await fail(wechat, openid, 6)  # the sixth has tried, in vain
            before = count_calls(base_url, CHECK)
            order_fault(base_url, CHECK, delay_s=0.2)
            told = await asyncio.gather(
                *(wechat.check_text(openid, "你好", scene=Scene.FORUM) for _ in range(4)), return_exceptions=True
            )
            assert [type(one) for one in told].count(errors.WeChatUnreachable) == 3
            assert count_calls(base_url, CHECK) == before + 1
            assert (await wechat.check_text(openid, "你好", scene=Scene.FORUM)).suggest == "pass"

    async def test_a_trial_that_is_cut_short_is_not_the_last_one(self, base_url, openid):
        async with aclosing(WeChat(base_url, APPID, SECRET, brakes=Brakes(1, AT_ONCE), timeout_s=0.3)) as wechat:
            order_fault(base_url, CHECK, http_status=502, times=5)
            order_fault(base_url, CHECK, delay_s=1)
            assert await fail(wechat, openid, 6) == [errors.WeChatBusy] * 6
            assert (await wechat.check_text(openid, "你好", scene=Scene.FORUM)).suggest == "pass"

    async def test_a_refusal_is_no_failure(self, wechat, base_url, openid):
        order_fault(base_url, CHECK, errcode=40003, times=6)
        await fail(wechat, openid, 6)
        assert (await wechat.check_text(openid, "你好", scene=Scene.FORUM)).suggest == "pass"

    async def test_a_storm_of_refused_tokens_is_met_with_few_calls(self, wechat, base_url, openid):
        await wechat.check_text(openid, "你好", scene=Scene.FORUM)
        tokens, checks = count_calls(base_url, TOKEN), count_calls(base_url, CHECK)
        order_fault(base_url, CHECK, errcode=40001, times=1000)
        kinds = await fail(wechat, openid, 20)
        assert kinds == [errors.WeChatTokenRefused] * 5 + [errors.WeChatUnreachable] * 15
        assert (count_calls(base_url, TOKEN), count_calls(base_url, CHECK)) == (tokens + 1, checks + 5)

    async def test_a_wrong_secret_is_not_shown_for_ever(self, base_url, openid):
        async with aclosing(WeChat(base_url, APPID, "another")) as wechat:
            before = count_calls(base_url, TOKEN)
            await fail(wechat, openid, 10)
            assert count_calls(base_url, TOKEN) == before + 5


class TestPace:
    @pytest.mark.parametrize("errcode", [44991, 45009])
    async def test_after_a_limit_nothing_is_asked_for_a_while(self, wechat, base_url, openid, errcode):
        before = count_calls(base_url, CHECK)
        order_fault(base_url, CHECK, errcode=errcode)
        assert await fail(wechat, openid, 3) == [errors.TooFrequent] * 3
        assert count_calls(base_url, CHECK) == before + 1

    def test_an_operator_hears_of_what_lasts_until_tomorrow(self):
        assert [is_alarming(errors.TooFrequent(errcode)) for errcode in (44991, 45009, 44993)] == [
            False,
            True,
            True,
        ]

    async def test_after_a_limit_of_the_day_it_is_asked_ever_more_rarely(self):
        """The retry matrix says: not before the next day. When that begins is not told."""
        moment_s, calls, refusal = 0.0, [], errors.TooFrequent(45009)
        brakes = Brakes(processes=1, pause_s=30, clock=lambda: moment_s)
        while moment_s < 24 * 3600:
            with suppress(errors.TooFrequent):
                await brakes.let_through(LOG_IN)
                calls.append(moment_s)
                brakes.release(LOG_IN, refusal)
                brakes.release(LOG_IN, refusal)  # another that was under way at the same time
            moment_s += 10
        assert calls[:4] == [0, 30, 90, 210]
        assert len(calls) < 35

        moment_s += 3600
        await brakes.let_through(LOG_IN)
        brakes.release(LOG_IN, None)
        await brakes.let_through(LOG_IN)
        brakes.release(LOG_IN, refusal)
        moment_s += 30
        await brakes.let_through(LOG_IN)

    async def test_a_process_keeps_to_its_share_of_the_minute(self):
        brakes = Brakes(processes=180, pause_s=30)
        told = await asyncio.gather(*(brakes.let_through(CHECK_TEXT) for _ in range(60)), return_exceptions=True)
        refused = [one for one in told if isinstance(one, errors.TooFrequent)]
        assert 20 <= told.count(None) <= 40  # a minute may have begun meanwhile
        assert len(refused) == 60 - told.count(None)
        assert refused[0].retry_after_s == 60
        await brakes.let_through(LOG_IN)
