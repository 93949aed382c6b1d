"""The one way to call WeChat: sends, repeats what may be repeated, renews a refused token, and reads what came back.

AppSecret and access token travel in query strings, as WeChat wants it. Neither they nor an openid, a code or an address
reaches an exception's text or a log: errors are raised ``from None``, since those of httpx know the request.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Literal

import httpx
import structlog

from app.wechat.answers import TokenAnswer, read
from app.wechat.brakes import Brakes
from app.wechat.calls import GET_TOKEN, Call
from app.wechat.errors import (
    BUSY,
    LIMIT_PER_DAY_ERRCODES,
    WeChatBusy,
    WeChatError,
    WeChatMisconfigured,
    WeChatTokenRefused,
    WeChatUnreachable,
    error_for,
)
from app.wechat.images import find_media_type
from app.wechat.tokens import Token, Tokens

CONNECT_TIMEOUT_S = 3.0
BUSY_WAITS_S = (0.5, 1.5)

Answer = dict[str, object]

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Transport:
    """The connections to WeChat of one process, for one mini-program."""

    def __init__(
        self, base_url: str, appid: str, secret: str, tokens: Tokens, brakes: Brakes, timeout_s: float
    ) -> None:
        self._credentials = {"appid": appid, "secret": secret}
        self._tokens = tokens
        self._brakes = brakes
        self._timeout_s = timeout_s
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        self._http = httpx.AsyncClient(base_url=base_url, timeout=timeout)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, call: Call, query: Mapping[str, str]) -> Answer:
        """Return what WeChat answers to a GET. Raises the WeChatError that its refusal means."""
        return await self._ask("GET", call, query, None)

    async def post(self, call: Call, body: Mapping[str, object]) -> Answer:
        """Return what WeChat answers to a POST. Raises the WeChatError that its refusal means."""
        return await self._ask("POST", call, {}, body)

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Bound all that happens inside; httpx alone bounds each read, which a trickle of bytes outlasts."""
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError:
            raise WeChatBusy(reason=f"No answer from WeChat within {self._timeout_s:g} s") from None

    async def _ask(
        self, method: Literal["GET", "POST"], call: Call, query: Mapping[str, str], body: Mapping[str, object] | None
    ) -> Answer:
        """Call with the secret or the token; a refused token is renewed and the call repeated once, never again."""
        if call.proves_secret:
            if body is None:
                return await self._repeat(method, call, {**self._credentials, **query}, None)
            return await self._repeat(method, call, query, {**self._credentials, **body})
        token = await self.have_token()
        try:
            return await self._repeat(method, call, {**query, "access_token": token}, body)
        except WeChatTokenRefused as error:
            refused = error
        with _nothing_done():
            renewed = await self._tokens.renew(token, self._fetch_token)
        if renewed == token:
            # Somebody forced a refresh elsewhere; forcing one too would take turns for ever.
            log.error("wechat_token_refused_again", path=call.path, errcode=refused.errcode, rid=refused.rid)
            self._brakes.blame(call)
            raise WeChatTokenRefused(refused.errcode, refused.rid, "WeChat refuses the token that it gives out")
        try:
            return await self._repeat(method, call, {**query, "access_token": renewed}, body)
        except WeChatTokenRefused:
            self._brakes.blame(call)
            raise

    async def have_token(self) -> str:
        """Return the token, fetched where there is none. Raises as that does, and WeChatUnreachable for WeChatBusy."""
        with _nothing_done():
            return await self._tokens.current(self._fetch_token)

    async def _fetch_token(self) -> Token:
        asked_at_s = time.monotonic()
        answer = await self.post(GET_TOKEN, {"grant_type": "client_credential"})
        granted = read(TokenAnswer, answer)
        return Token.granted(granted.access_token, asked_at_s, granted.expires_in)

    async def _repeat(
        self, method: str, call: Call, query: Mapping[str, str], body: Mapping[str, object] | None
    ) -> Answer:
        """Send; what surely did nothing is sent again as often as the call allows."""
        busy_waits_s = iter(BUSY_WAITS_S[: call.busy_repeats])
        reconnects_left = call.reconnects
        while True:
            await self._brakes.let_through(call)
            try:
                return await self._send(method, call, query, body)
            except WeChatUnreachable:
                if not reconnects_left:
                    raise
                reconnects_left -= 1
            except WeChatBusy as error:
                wait_s = next(busy_waits_s, None)
                if error.errcode != BUSY or wait_s is None:
                    raise
                await asyncio.sleep(jittered(wait_s))

    async def _send(
        self, method: str, call: Call, query: Mapping[str, str], body: Mapping[str, object] | None
    ) -> Answer:
        """Send one request, once, and return the object that WeChat answered. Raises the WeChatError it means."""
        failure: WeChatError | None = WeChatBusy(reason="No answer from WeChat in time")
        try:
            response = await self._http.request(method, call.path, params=query, json=body)
            answer = read_answer(response, call)
            failure = None
            return answer  # noqa: TRY300 - whatever is not this is a failure, a cancellation too
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = WeChatUnreachable(reason=f"No connection to WeChat ({type(error).__name__})")
        except httpx.RequestError as error:
            failure = WeChatBusy(reason=f"No answer from WeChat ({type(error).__name__})")
        except WeChatError as error:
            failure = error
        finally:
            self._brakes.release(call, failure)
        log.log(
            logging.ERROR if is_alarming(failure) else logging.INFO,
            "wechat_call_failed",
            path=call.path,
            reason=failure.reason,
            rid=failure.rid,
        )
        raise failure


@contextmanager
def _nothing_done() -> Iterator[None]:
    """Say of a token that could not be fetched what it means to the call that wanted it: WeChat has not acted."""
    try:
        yield
    except WeChatBusy as error:
        raise WeChatUnreachable(error.errcode, error.rid, error.reason) from None


def read_answer(response: httpx.Response, call: Call) -> Answer:
    """Return the body's JSON object when it is a success: no ``errcode`` or 0, and status 200; an image as ``image``.

    Raises the error of its errcode, or WeChatBusy when there is none to read. The content type is not looked at: WeChat
    labels JSON as text.
    """
    if call.answers_image and response.status_code == httpx.codes.OK and find_media_type(response.content) is not None:
        return {"image": response.content}
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        errcode = answer.get("errcode", 0)
        if isinstance(errcode, int) and errcode != 0:
            raise error_for(errcode, answer.get("errmsg"), proves_secret=call.proves_secret, meanings=call.meanings)
        if isinstance(errcode, int) and response.status_code == httpx.codes.OK:
            return answer
    raise WeChatBusy(reason=f"Unreadable answer from WeChat, HTTP status {response.status_code}") from None


def is_alarming(failure: WeChatError) -> bool:
    """Whether an operator has to hear of it: it does not pass by itself, or not before tomorrow."""
    return isinstance(failure, WeChatMisconfigured) or failure.errcode in LIMIT_PER_DAY_ERRCODES


def jittered(wait_s: float) -> float:
    """Return ``wait_s`` lengthened by up to a quarter, so that processes do not come back all at once."""
    return wait_s * random.uniform(1.0, 1.25)  # noqa: S311 - no secret hangs on it
