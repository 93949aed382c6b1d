"""The client of WeChat's server API: logs users in and has texts checked; it never decides what follows from either.

AppSecret and access token travel in query strings, as WeChat wants it. Neither they nor an openid, a code or an address
reaches an exception's text or a log: errors are raised ``from None``, since those of httpx know the request.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, TypeVar

import httpx
import structlog
from pydantic import BaseModel, Field, ValidationError

from app.wechat.errors import (
    BUSY,
    WeChatBusy,
    WeChatError,
    WeChatMisconfigured,
    WeChatTokenRefused,
    WeChatUnreachable,
    error_for,
)

CONNECT_TIMEOUT_S = 3.0
TOTAL_TIMEOUT_S = 8.0
BUSY_WAITS_S = (0.5, 1.5)
TOKEN_MARGIN_S = 300
"""WeChat rolls a stable token five minutes before it expires; both work in between."""

CONTENT_CHARACTERS_MAX = 2500
CONTENT_OVERLAP_CHARACTERS = 100
"""What stands across a cut is seen whole in one of the two pieces up to this length."""

Suggestion = Literal["pass", "review", "risky"]
SEVERITY: Mapping[Suggestion, int] = {"pass": 0, "review": 1, "risky": 2}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Scene(IntEnum):
    """Where a text will stand; WeChat judges each place by its own measure."""

    PROFILE = 1
    COMMENT = 2
    FORUM = 3
    SOCIAL_LOG = 4


@dataclass(frozen=True, slots=True)
class Session:
    """Who logged in. ``unionid`` is there only when the mini-program is bound to an Open Platform account."""

    openid: str = field(repr=False)
    unionid: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What WeChat makes of a text; ``label`` is its reason (100 is none), ``trace_id`` the evidence to keep."""

    suggest: Suggestion
    label: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; ``stale_at_s`` is on the monotonic clock, which no correction of the time moves."""

    value: str = field(repr=False)
    stale_at_s: float


class SessionAnswer(BaseModel):
    """What is kept of a log-in: the session key is not read into it, since nothing here decrypts user data."""

    openid: str = Field(min_length=1)
    unionid: str | None = None


class TokenAnswer(BaseModel):
    access_token: str = Field(min_length=1)
    expires_in: int


class Finding(BaseModel):
    suggest: Suggestion
    label: int


class CheckAnswer(BaseModel):
    result: Finding
    detail: list[dict[str, object]] = Field(default_factory=list)
    trace_id: str


Shape = TypeVar("Shape", bound=BaseModel)


class WeChat:
    """WeChat for one mini-program; one instance a process, closed with ``aclose``.

    The access token is held in memory: ``stable_token`` gives every process the same one, so nothing need be shared.
    Each call answers or raises within ``timeout_s``, waiting for the token and repeating included.
    """

    def __init__(self, base_url: str, appid: str, secret: str, *, timeout_s: float = TOTAL_TIMEOUT_S) -> None:
        self._appid = appid
        self._secret = secret
        self._timeout_s = timeout_s
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        self._http = httpx.AsyncClient(base_url=base_url, timeout=timeout)
        self._token: Token | None = None
        self._token_fetch = asyncio.Lock()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def exchange_code(self, code: str) -> Session:
        """Exchange the code of ``wx.login``, valid five minutes and once, for the user it names.

        A code is spent by its first use, so an unknown outcome is never repeated; only the answer -1 is, once. Raises
        LoginCodeInvalid, LoginCodeMissing, UserBlocked, TooFrequent, WeChatBusy, WeChatMisconfigured or another
        WeChatError. Source: 小程序登录凭证校验 (code2Session).
        """
        async with self._deadline():
            try:
                answer = await self._send_code(code)
            except WeChatBusy as error:
                if error.errcode != BUSY:
                    raise
                await asyncio.sleep(jittered(BUSY_WAITS_S[0]))
                answer = await self._send_code(code)
        session = read(SessionAnswer, answer)
        return Session(openid=session.openid, unionid=session.unionid)

    async def check_text(
        self, openid: str, content: str, *, scene: Scene, title: str | None = None, nickname: str | None = None
    ) -> Verdict:
        """Have WeChat judge a text that the user ``openid``, seen within two hours, wants to publish.

        A text above 2,500 characters is checked in overlapping pieces and the worst verdict stands. Only a readable
        verdict is returned; all else raises UserNotRecentlySeen, TooFrequent, WeChatBusy, WeChatMisconfigured,
        WeChatTokenRefused or another WeChatError. Source: 文本内容安全识别 (msgSecCheck), version 2.
        """
        worst: Verdict | None = None
        async with self._deadline():
            for piece in pieces_of(content):
                body: dict[str, object] = {"version": 2, "scene": int(scene), "openid": openid, "content": piece}
                if title is not None:
                    body["title"] = title
                if nickname is not None:
                    body["nickname"] = nickname
                verdict = read_verdict(await self._post_with_token("/wxa/msg_sec_check", body))
                if worst is None or SEVERITY[verdict.suggest] > SEVERITY[worst.suggest]:
                    worst = verdict
                if worst.suggest == "risky":
                    break
        if worst is None:
            raise WeChatError(reason="No piece of the text was checked")
        return worst

    async def _send_code(self, code: str) -> dict[str, object]:
        query = {
            "appid": self._appid,
            "secret": self._secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        return await self._send("GET", "/sns/jscode2session", query=query, proves_secret=True)

    async def _post_with_token(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """POST with the access token; a refused token is fetched anew and the call repeated once, never again."""
        token = await self._current_token()
        try:
            return await self._post_repeatable(path, body, query={"access_token": token})
        except WeChatTokenRefused as error:
            refused = error
        # A late failure must not drop a token that someone else has just fetched.
        if self._token is not None and self._token.value == token:
            self._token = None
        renewed = await self._current_token()
        if renewed == token:
            # Somebody forced a refresh elsewhere; forcing one too would take turns for ever.
            log.error("wechat_token_refused_again", path=path, errcode=refused.errcode, rid=refused.rid)
            raise WeChatTokenRefused(refused.errcode, refused.rid, "WeChat refuses the token that it gives out")
        return await self._post_repeatable(path, body, query={"access_token": renewed})

    async def _current_token(self) -> str:
        """Return a token that is not stale; of callers at the same time one fetches it and the others wait."""
        if self._token is not None and time.monotonic() < self._token.stale_at_s:
            return self._token.value
        async with self._token_fetch:
            if self._token is None or time.monotonic() >= self._token.stale_at_s:
                self._token = await self._fetch_token()
            return self._token.value

    async def _fetch_token(self) -> Token:
        """Fetch the token in normal mode. Source: 获取稳定版接口调用凭据 (getStableAccessToken)."""
        asked_at_s = time.monotonic()
        body = {"grant_type": "client_credential", "appid": self._appid, "secret": self._secret}
        answer = await self._post_repeatable("/cgi-bin/stable_token", body, proves_secret=True)
        granted = read(TokenAnswer, answer)
        return Token(granted.access_token, asked_at_s + granted.expires_in - TOKEN_MARGIN_S)

    async def _post_repeatable(
        self,
        path: str,
        body: Mapping[str, object],
        *,
        query: Mapping[str, str] | None = None,
        proves_secret: bool = False,
    ) -> dict[str, object]:
        """POST what does no harm twice: -1 is repeated twice after a wait, a connection that failed once."""
        busy_waits_s = iter(BUSY_WAITS_S)
        reconnected = False
        while True:
            try:
                return await self._send("POST", path, query=query, body=body, proves_secret=proves_secret)
            except WeChatUnreachable:
                if reconnected:
                    raise
                reconnected = True
            except WeChatBusy as error:
                wait_s = next(busy_waits_s, None)
                if error.errcode != BUSY or wait_s is None:
                    raise
                await asyncio.sleep(jittered(wait_s))

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        proves_secret: bool = False,
    ) -> dict[str, object]:
        """Send one request, once, and return the object that WeChat answered. Raises the WeChatError it means."""
        try:
            response = await self._http.request(method, path, params=query, json=body)
            return read_answer(response, proves_secret=proves_secret)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure: WeChatError = WeChatUnreachable(reason=f"No connection to WeChat ({type(error).__name__})")
        except httpx.RequestError as error:
            failure = WeChatBusy(reason=f"No answer from WeChat ({type(error).__name__})")
        except WeChatError as error:
            failure = error
        level = logging.ERROR if isinstance(failure, WeChatMisconfigured) else logging.INFO
        log.log(level, "wechat_call_failed", path=path, reason=failure.reason, rid=failure.rid)
        raise failure

    @asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        """Bound all that happens inside; httpx alone bounds each read, which a trickle of bytes outlasts."""
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError:
            raise WeChatBusy(reason=f"No answer from WeChat within {self._timeout_s:g} s") from None


def read_answer(response: httpx.Response, *, proves_secret: bool) -> dict[str, object]:
    """Return the body's JSON object when it is a success: no ``errcode`` or 0, and status 200.

    Raises the error of its errcode, or WeChatBusy when there is none to read. The content type is not looked at: WeChat
    labels JSON as text.
    """
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        errcode = answer.get("errcode", 0)
        if isinstance(errcode, int) and errcode != 0:
            raise error_for(errcode, answer.get("errmsg"), proves_secret=proves_secret)
        if isinstance(errcode, int) and response.status_code == httpx.codes.OK:
            return answer
    raise WeChatBusy(reason=f"Unreadable answer from WeChat, HTTP status {response.status_code}") from None


def read(shape: type[Shape], answer: object) -> Shape:
    """Return ``answer`` in its documented shape; raises WeChatError without naming any value when it has another."""
    try:
        return shape.model_validate(answer)
    except ValidationError:
        raise WeChatError(reason=f"WeChat's answer lacks what a {shape.__name__} must have") from None


def read_verdict(answer: Mapping[str, object]) -> Verdict:
    """Return the worst of the result and of the details whose own errcode is 0.

    Raises WeChatError when no verdict can be read: when fields are missing or unknown, or when the result says pass but
    no strategy in the details has run.
    """
    checked = read(CheckAnswer, answer)
    counted = [read(Finding, item) for item in checked.detail if item.get("errcode") == 0]
    if checked.detail and not counted and checked.result.suggest == "pass":
        raise WeChatError(reason="WeChat passed a text that none of its strategies checked")
    worst = max((checked.result, *counted), key=lambda finding: SEVERITY[finding.suggest])
    return Verdict(worst.suggest, worst.label, checked.trace_id)


def pieces_of(content: str) -> Iterator[str]:
    """Yield ``content`` in pieces of at most 2,500 characters, each beginning with the last 100 of the one before."""
    step = CONTENT_CHARACTERS_MAX - CONTENT_OVERLAP_CHARACTERS
    yield content[:CONTENT_CHARACTERS_MAX]
    for start in range(step, len(content) - CONTENT_OVERLAP_CHARACTERS, step):
        yield content[start : start + CONTENT_CHARACTERS_MAX]


def jittered(wait_s: float) -> float:
    """Return ``wait_s`` lengthened by up to a quarter, so that processes do not come back all at once."""
    return wait_s * random.uniform(1.0, 1.25)  # noqa: S311 - no secret hangs on it
