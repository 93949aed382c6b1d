"""What the simulator pushes to our server: sealed as WeChat does, again when it is not taken, and wrong on demand."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.wechat.simulator import openid_of
from app.wechat.simulator.push_codec import seal, sign
from tests.wechat.server import APPID, answering, running_simulator
from tests.wechat.simulated import PICTURE, act, call, opened, opened_text, openid_of_visitor, picture, plain

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))["vectors"]
TAKEN = plain(b"success")
EVENT = {"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1, "MsgType": "event", "Event": "debug_demo"}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A simulator of its own, since pushes go on beside the test."""
    with running_simulator() as base_url:
        async with httpx.AsyncClient(base_url=base_url) as client:
            yield client


async def until_sent(requests: list[bytes], count: int) -> None:
    for _ in range(500):
        if len(requests) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


async def pushes(http: httpx.AsyncClient) -> list[tuple[str, list[int], str]]:
    seen = (await http.get("/_simulator/pushes")).json()
    return [(push["event"], push["statuses"], push["state"]) for push in seen]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_seals_and_signs_as_the_vectors_say(vector):
    kind = vector["kind"]
    if kind == "push-signature":
        assert sign(vector["token"], vector["timestamp"], vector["nonce"]) == vector["signature"]
    if kind in {"push-msg-signature", "push-decrypt"} or (kind == "push-encrypt" and "msg_signature" in vector):
        parts = (vector["token"], vector["timestamp"], vector["nonce"], vector["encrypt"])
        assert sign(*parts) == vector["msg_signature"]
    if kind == "push-encrypt":
        sealed = seal(
            vector["plaintext"].encode(),
            appid=vector["appid"],
            aes_key=vector["encoding_aes_key"],
            random16=vector["random16"].encode(),
        )
        assert sealed == vector["encrypt"]
    if kind == "push-decrypt":
        packed = opened_text(vector["encrypt"], vector["encoding_aes_key"])
        length = int.from_bytes(packed[16:20], "big")
        sealed = seal(
            packed[20 : 20 + length],
            appid=packed[20 + length :].decode(),
            aes_key=vector["encoding_aes_key"],
            random16=packed[:16],
        )
        assert sealed == vector["encrypt"]


class TestDelivery:
    async def test_comes_again_until_it_is_taken(self, http):
        async with answering(plain(b"", "503 Down"), plain(b'"success"'), TAKEN) as (url, requests):
            await act(http, "habits", push_url=f"{url}/wechat/push")
            await act(http, "pushes", **EVENT)
        assert [opened(raw) for raw in requests] == [EVENT] * 3
        assert len(set(requests)) == 3, "each delivery is sealed anew"
        assert await pushes(http) == [("debug_demo", [503, 200, 200], "taken")]

    async def test_is_given_up_after_three(self, http):
        async with answering(*[plain(b"", "403 No")] * 3) as (url, _):
            await act(http, "habits", push_url=url)
            await act(http, "pushes", **EVENT)
        await act(http, "habits", push_url="http://127.0.0.1:9/")
        await act(http, "pushes", **EVENT)
        states = await pushes(http)
        assert states == [("debug_demo", [403] * 3, "given up"), ("debug_demo", [0] * 3, "given up")]

    async def test_the_address_is_checked_as_in_the_console(self, http):
        async with answering(plain(b"x")) as (url, requests):
            await act(http, "habits", push_url=url)
            assert await act(http, "push-check") == {"ok": False, "wrong": "it did not answer the echostr alone"}
        assert b"echostr=" in requests[0]


class TestUsers:
    async def test_credits_are_told_alone_as_an_object_and_together_as_a_list(self, http):
        async with answering(TAKEN, TAKEN, TAKEN) as (url, requests):
            await act(http, "habits", push_url=url)
            await act(http, "subscribe", user="小李", template_ids=["simulator-a"])
            await until_sent(requests, 1)
            await act(http, "subscribe", user="小李", template_ids=["simulator-a", "simulator-b"])
            await until_sent(requests, 2)
            await act(http, "faults", push="old_shape")
            await act(http, "switch-off", user="小李", template_id="simulator-a")
            await until_sent(requests, 3)
        alone, together, off = (opened(raw) for raw in requests)
        item = {"TemplateId": "simulator-a", "SubscribeStatusString": "accept", "PopupScene": "0"}
        assert alone["List"] == item
        assert together["List"] == [item, {**item, "TemplateId": "simulator-b"}]
        assert alone["FromUserName"] == openid_of(APPID, "小李")
        nested = off["SubscribeMsgChangeEvent"]
        assert nested == {"List": {"TemplateId": "simulator-a", "SubscribeStatusString": "reject"}}

    async def test_authorisations_are_told_by_the_service(self, http):
        async with answering(TAKEN, TAKEN, TAKEN) as (url, requests):
            await act(http, "habits", push_url=url)
            for count, (path, form) in enumerate((("revoke", {"items": [8, 14]}), ("cancel", {}), ("modify", {})), 1):
                await act(http, path, user="小李", **form)
                await until_sent(requests, count)
        events = [opened(raw) for raw in requests]
        assert {event["OpenID"] for event in events} == {openid_of(APPID, "小李")}
        assert openid_of(APPID, "小李") not in {event["FromUserName"] for event in events}
        assert [(event["Event"], event["RevokeInfo"]) for event in events] == [
            ("user_authorization_revoke", "8,14"),
            ("user_authorization_cancellation", ""),
            ("user_info_modified", ""),
        ]


class TestPictures:
    async def ask(self, http: httpx.AsyncClient, url: str, **changes: object) -> dict[str, object]:
        openid = await openid_of_visitor(http, "拍照人")
        body = {"media_url": url, "media_type": 2, "version": 2, "scene": 3, "openid": openid, **changes}
        return await call(http, PICTURE, **body)

    @pytest.mark.parametrize(
        ("answer", "verdict"),
        [
            (plain(picture("red")), {"suggest": "risky", "label": 20002}),
            (plain(picture("yellow", "JPEG")), {"suggest": "review", "label": 21000}),
            (plain(picture("navy", "GIF")), {"suggest": "pass", "label": 100}),
            (plain(picture("navy", "WEBP")), None),
            (plain(b"no picture"), None),
            (plain(picture("navy"), "404 Gone"), None),
        ],
        ids=["red", "yellow", "blue", "webp", "text", "gone"],
    )
    async def test_are_fetched_and_judged(self, http, answer, verdict):
        async with answering(answer, TAKEN) as (url, requests):
            await act(http, "habits", push_url=url)
            asked = await self.ask(http, f"{url}/v1/media/1/full?signature=2")
            await until_sent(requests, 2)
        event = opened(requests[1])
        assert (event["Event"], event["trace_id"], event["version"]) == ("wxa_media_check", asked["trace_id"], 2)
        assert event["appid"] == APPID
        assert event.get("result") == verdict
        assert event["errcode"] == (0 if verdict else -1008)

    async def test_the_verdict_can_come_before_the_answer_and_in_the_old_shape(self, http):
        await act(http, "faults", push="early")
        await act(http, "faults", push="old_shape")
        async with answering(plain(picture("red")), TAKEN) as (url, requests):
            await act(http, "habits", push_url=url, media_after_s=60)
            asked = await self.ask(http, url)
            assert len(requests) == 2
        event = opened(requests[1])
        assert (event["trace_id"], event["isrisky"], event["status_code"]) == (asked["trace_id"], 1, 0)
        assert "result" not in event

    async def test_refuses_what_is_wrong(self, http):
        for changes, errcode in (
            ({"media_url": "ftp://x"}, 44002),
            ({"media_type": 3}, 40004),
            ({"version": 1}, 40129),
            ({"openid": openid_of(APPID, "从未来过")}, 61010),
        ):
            assert (await self.ask(http, "http://127.0.0.1:9/", **changes))["errcode"] == errcode
        assert (await self.ask(http, "http://127.0.0.1:9/"))["errcode"] == 0
        assert (await self.ask(http, "http://127.0.0.1:9/"))["errcode"] == 87020


class TestPushFaults:
    async def test_twice_never_late_and_out_of_order(self, http):
        async with answering(*[TAKEN] * 5) as (url, requests):
            await act(http, "habits", push_url=url)
            await act(http, "faults", push="duplicate", event="debug_demo")
            await act(http, "pushes", **EVENT)
            await act(http, "faults", push="drop")
            await act(http, "pushes", **EVENT, Serial=2)
            await act(http, "faults", push="reorder")
            await act(http, "pushes", **EVENT, Serial=3)
            await act(http, "pushes", **EVENT, Serial=4)
            await until_sent(requests, 4)
            await act(http, "faults", push="reorder")
            await act(http, "pushes", **EVENT, Serial=5)
            await http.delete("/_simulator/faults")
            await until_sent(requests, 5)
        assert [opened(raw).get("Serial") for raw in requests] == [None, None, 4, 3, 5]

    async def test_a_forged_signature_is_another_tokens(self, http):
        await act(http, "faults", push="forged", times=1)
        async with answering(TAKEN) as (url, requests):
            await act(http, "habits", push_url=url)
            await act(http, "pushes", **EVENT)
        with pytest.raises(AssertionError):
            opened(requests[0])

    @pytest.mark.parametrize("fault", [{"push": "lost"}, {"push": "drop", "every": 0}, {"push": "drop", "path": "x"}])
    async def test_an_order_it_cannot_follow_is_refused(self, http, fault):
        assert (await http.post("/_simulator/faults", json=fault)).status_code == 422
        assert (
            await http.post("/_simulator/subscribe", json={"user": "a-b", "template_ids": ["x"]})
        ).status_code == 422
