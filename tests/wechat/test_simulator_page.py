"""The control page: what a person sees and switches in a browser."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import httpx
import pytest

from app.wechat.simulator import openid_of
from app.wechat.simulator.page.words import CALL_FAULTS, PUSH_FAULTS
from tests.wechat.server import APPID, answering, running_simulator
from tests.wechat.simulated import (
    CODE,
    MESSAGE,
    PICTURE,
    TEXT,
    act,
    call,
    openid_of_visitor,
    picture,
    plain,
    stable_token,
)

HOSTILE = "<script>alert(1)</script>\"'&"


class Tags(HTMLParser):
    """Collects tags, and refuses what is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attributes if name in {"src", "href", "action"}]
        if tag not in {"meta", "input", "img", "br"} and not (self.open and self.open[-1] == "svg"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == "svg" and tag != "svg":
            return
        assert self.open.pop() == tag


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    with running_simulator() as base_url:
        async with httpx.AsyncClient(base_url=base_url, follow_redirects=True) as client:
            yield client


async def page(http: httpx.AsyncClient, **query: str) -> str:
    shown = await http.get("/_simulator", params=query)
    assert shown.status_code == 200
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    tags = Tags()
    tags.feed(shown.text)
    assert tags.open == []
    assert "script" not in tags.seen
    assert all(link.startswith(("/_simulator", "?", "#", "data:")) for link in tags.links), "nothing from elsewhere"
    return shown.text


async def submit(http: httpx.AsyncClient, path: str, /, **form: object) -> str:
    """Send a form and return what the page says came of it."""
    answer = await http.post(f"/_simulator/forms/{path}", data=form)
    assert answer.status_code == 200
    said = re.search(r'role="status">([^<]*)<', answer.text)
    return said.group(1) if said else ""


async def test_shows_everything_that_happened_and_escapes_it(http):
    assert "还没有人登录" in await page(http)
    openid = await openid_of_visitor(http, HOSTILE)
    await act(http, "subscribe", user=HOSTILE, template_ids=["simulator-a"])
    fields = {"thing1": {"value": "<b>台灯</b>"}, "phrase2": {"value": "已认领"}}
    await call(http, MESSAGE, touser=openid, template_id="simulator-a", page="pages/wish/index", data=fields)
    check = {"version": 2, "scene": 3, "openid": openid}
    await call(http, TEXT, **check, content=f"一起赌博{HOSTILE}")
    token = str((await stable_token(http))["access_token"])
    await http.post(CODE, params={"access_token": token}, json={"scene": "a'b", "page": "pages/merchant/index"})
    async with answering(plain(picture("red"))) as (url, _):
        await act(http, "faults", push="early")
        await act(http, "habits", push_url=None, push_deliveries_max=1)
        await call(http, PICTURE, **check, media_url=f"{url}/v1/media/1/full?signature=S3CRET", media_type=2)
    shown = await page(http, user=HOSTILE, said=HOSTILE, auto="1")
    for words in (
        "&lt;b&gt;台灯&lt;/b&gt;",
        "已认领",
        "违规",
        "违法犯罪",
        "色情",
        "/v1/media/1/full",
        "未接收",
        "a&#x27;b",
    ):
        assert words in shown
    assert "<script>" not in shown
    assert "S3CRET" not in shown
    assert token not in shown


@pytest.mark.parametrize("kind", CALL_FAULTS)
async def test_each_fault_of_a_call_is_switched_on_and_off(http, kind):
    assert await submit(http, "fault", path=TEXT, kind=kind, times="", every="2") == "故障已开启。"
    shown = await page(http)
    assert CALL_FAULTS[kind][0] in shown
    assert "直到关闭，每 2 次中一次" in shown
    assert await submit(http, "forget-one", index="0") == "故障已关闭。"
    assert "一切正常" in await page(http)


async def test_faults_of_pushes_and_all_at_once(http):
    for kind in PUSH_FAULTS:
        assert await submit(http, "push-fault", event="*", kind=kind, times="3", every="1") == "推送故障已开启。"
    assert f"{len(PUSH_FAULTS)} 项开启" in await page(http)
    assert await submit(http, "forget") == "全部恢复正常。"
    assert "一切正常" in await page(http)
    await stable_token(http)
    assert "40001" in await submit(http, "tokens")
    assert "61010" in await submit(http, "visits")


async def test_a_user_acts_in_wechat(http):
    await openid_of_visitor(http, "小李")
    assert (
        await submit(http, "subscribe", user="小李", template_id="simulator-a", answer="accept") == "已允许，各多一次。"
    )
    assert "剩 1 次" in await page(http, user="小李")
    assert await submit(http, "switch-off", user="小李") == "已关闭 1 个订阅。"
    for path, form in (("revoke", {"item": "8"}), ("modify", {}), ("cancel", {})):
        assert "推送给服务器" in await submit(http, path, user="小李", **form)
    pushes = (await http.get("/_simulator/pushes")).json()
    assert [push["event"] for push in pushes] == [
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "user_authorization_revoke",
        "user_info_modified",
        "user_authorization_cancellation",
    ]
    assert pushes[2]["body"]["OpenID"] == openid_of(APPID, "小李")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("fault", {"path": "/x", "kind": "busy"}),
        ("fault", {}),
        ("push-fault", {"kind": "none"}),
        ("push-fault", {"kind": "drop", "times": "0"}),
        ("forget-one", {"index": "7"}),
        ("subscribe", {"user": "谁", "template_id": "a", "answer": "accept"}),
        ("revoke", {"user": "谁", "item": "八"}),
        ("cancel", {"user": "谁"}),
        ("push-check", {}),
    ],
)
async def test_a_form_it_cannot_follow_is_refused_in_words(http, path, form):
    answer = await http.post(f"/_simulator/forms/{path}", data=form)
    assert answer.status_code == 200
    assert 'class="said bad"' in answer.text
    assert "一切正常" in answer.text
