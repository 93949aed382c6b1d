"""A WeChat to develop against: a server of its own that speaks WeChat's protocol; it is not made from our client.

**Log-in.** The code ``sim-NAME-ANYTHING`` logs in the user NAME (any text without ``-``), once: the same code again is
40163, another ANYTHING logs NAME in again with the same openid, after a restart too. ``sim-errcode40226-1`` answers
40226, and so with every errcode, ``sim-errcode-1-1`` being -1. Any other code is 40029.

**Text.** In content, title or nickname these words decide, and everything else passes with label 100:

- risky: 色情 20002, 去死 20003, 赌博 20006, 代开发票 20006, 刷单返利 20008
- review: 加微信 10001, 低俗 20012, 盗版 20013

The user must have logged in here within two hours (61010), so a restart forgets who was seen lately.

**Faults** on demand, for the next ``times`` (1) calls of ``path``, in the order they were posted::

    POST /_simulator/faults {"path": "/wxa/msg_sec_check", "errcode": -1, "times": 3}

Instead of, or beside, ``errcode``: ``http_status``, ``body`` (raw text), ``cut`` (the connection breaks in mid-answer)
and ``delay_s``, which alone only slows the true answer. ``DELETE /_simulator/faults`` forgets them and
``GET /_simulator/calls`` counts the calls of each path.

Where WeChat's documentation is silent, this chooses: content above 2,500 characters is 45002. Its limits on how often
a call or a forced refresh may come are not kept.
"""

import asyncio
import hashlib
import json
import re
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

RISKY = {"色情": 20002, "去死": 20003, "赌博": 20006, "代开发票": 20006, "刷单返利": 20008}
REVIEW = {"加微信": 10001, "低俗": 20012, "盗版": 20013}
NORMAL_LABEL = 100

TOKEN_TTL_S = 7200
TOKEN_ROLL_S = 300
VISIT_TTL_S = 2 * 3600
CONTENT_CHARACTERS_MAX = 2500
CODE_CHARACTERS_MAX = 512
CODES_KEPT_MAX = 100_000
VISITS_KEPT_MAX = 100_000
TOKENS_KEPT_MAX = 1_000
FAULTS_KEPT_MAX = 100

USER_CODE = re.compile(r"sim-([^-]+)-.+", re.DOTALL)
ERRCODE_CODE = re.compile(r"sim-errcode(-?[1-9]\d{0,5})-.+", re.DOTALL)

ERRMSG_BY_ERRCODE = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40226: "code blocked",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    42001: "access_token expired",
    43002: "require POST method",
    44002: "empty post data",
    45002: "content size out of limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    47001: "data format error",
    61010: "code is expired",
}

Answer = dict[str, object]
Value = TypeVar("Value")
Endpoint = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):  # noqa: N818 - an answer of the protocol, not an error of this program
    """WeChat's answer is an errcode."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


class Fault(BaseModel):
    """What goes wrong with the next ``times`` calls of ``path``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str
    times: int = Field(1, ge=1, le=10_000)
    errcode: int | None = None
    http_status: int | None = Field(None, ge=200, le=599)
    body: str | None = Field(None, max_length=100_000)
    cut: bool = False
    delay_s: float = Field(0.0, ge=0, le=120)

    @property
    def only_delays(self) -> bool:
        return self.errcode is None and self.http_status is None and self.body is None and not self.cut


@dataclass
class World:
    """What this WeChat knows, in memory; the oldest is forgotten beyond a bound."""

    appid: str
    secret: str
    codes: OrderedDict[str, bool] = field(default_factory=OrderedDict)
    visits: OrderedDict[str, float] = field(default_factory=OrderedDict)
    tokens: OrderedDict[str, float] = field(default_factory=OrderedDict)
    current_by_kind: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def spend(self, code: str) -> bool:
        """Take a log-in code; False when it was taken before."""
        if code in self.codes:
            return False
        remember(self.codes, code, value=True, kept_max=CODES_KEPT_MAX)
        return True

    def mint(self, kind: str) -> str:
        """Return a new token of a kind ("stable" or "classic"); the two kinds leave one another alone."""
        token = secrets.token_urlsafe(96)
        remember(self.tokens, token, value=time.monotonic() + TOKEN_TTL_S, kept_max=TOKENS_KEPT_MAX)
        self.current_by_kind[kind] = token
        return token

    def take_fault(self, path: str) -> Fault | None:
        """Return the first fault ordered for ``path`` and count one of its times down."""
        for fault in self.faults:
            if fault.path == path:
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None


Verb = Callable[[World, Request], Awaitable[Answer]]


class CutResponse(Response):
    """An answer that breaks off: its body stays short of its length, at which the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"errcode":', "more_body": True})


def create_simulator(appid: str, secret: str) -> Starlette:
    """Return a WeChat that knows one mini-program and no user yet."""
    world = World(appid, secret)
    verbs: Mapping[str, Verb] = {
        "/sns/jscode2session": log_in,
        "/cgi-bin/stable_token": give_stable_token,
        "/cgi-bin/token": give_classic_token,
        "/wxa/msg_sec_check": check_text,
    }
    wechat = [Route(path, endpoint(world, path, verb), methods=["GET", "POST"]) for path, verb in verbs.items()]
    return Starlette(routes=[*wechat, *control(world, frozenset(verbs))])


def endpoint(world: World, path: str, verb: Verb) -> Endpoint:
    """Return what answers at ``path``: the fault ordered for it, or else the truth."""

    async def answer(request: Request) -> Response:
        world.calls[path] += 1
        fault = world.take_fault(path)
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            if not fault.only_delays:
                return faulty(fault)
        try:
            return say(await verb(world, request))
        except Refusal as refusal:
            return say(refused(refusal.errcode))

    return answer


def control(world: World, paths: frozenset[str]) -> list[Route]:
    """Return the routes that are not WeChat's: faults and counts."""

    async def order_fault(request: Request) -> Response:
        try:
            fault = Fault.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_context=False, include_url=False)}, 422)
        if fault.path not in paths:
            return JSONResponse({"errors": f"path is none of {', '.join(sorted(paths))}"}, 422)
        if len(world.faults) >= FAULTS_KEPT_MAX:
            return JSONResponse({"errors": f"{FAULTS_KEPT_MAX} faults are waiting; DELETE them first"}, 409)
        world.faults.append(fault)
        return Response(status_code=204)

    async def forget_faults(_request: Request) -> Response:
        world.faults.clear()
        return Response(status_code=204)

    async def count_calls(_request: Request) -> Response:
        return JSONResponse({path: world.calls[path] for path in sorted(paths)})

    return [
        Route("/_simulator/faults", order_fault, methods=["POST"]),
        Route("/_simulator/faults", forget_faults, methods=["DELETE"]),
        Route("/_simulator/calls", count_calls, methods=["GET"]),
    ]


async def log_in(world: World, request: Request) -> Answer:
    """Exchange a code for a user (小程序登录凭证校验)."""
    query = request.query_params
    require_credentials(world, query)
    if query.get("grant_type") != "authorization_code":
        raise Refusal(40002)
    code = query.get("js_code")
    if not code:
        raise Refusal(41008)
    ordered = ERRCODE_CODE.fullmatch(code)
    if ordered:
        raise Refusal(int(ordered.group(1)))
    user = USER_CODE.fullmatch(code)
    if user is None or len(code) > CODE_CHARACTERS_MAX:
        raise Refusal(40029)
    if not world.spend(code):
        raise Refusal(40163)
    openid = openid_of(world.appid, user.group(1))
    remember(world.visits, openid, value=time.monotonic(), kept_max=VISITS_KEPT_MAX)
    return {"session_key": b64encode(secrets.token_bytes(16)).decode(), "openid": openid}


async def give_stable_token(world: World, request: Request) -> Answer:
    """Give the current token again, a new one in its last five minutes (获取稳定版接口调用凭据).

    ``force_refresh`` makes a new one, and the one before is refused from then on.
    """
    body = await posted_object(request)
    require_credentials(world, body)
    if body.get("grant_type") != "client_credential":
        raise Refusal(40002)
    token = world.current_by_kind.get("stable")
    if body.get("force_refresh") is True and token is not None:
        world.tokens.pop(token, None)
    remaining_s = world.tokens.get(token or "", 0.0) - time.monotonic()
    if token is None or remaining_s <= TOKEN_ROLL_S:
        token, remaining_s = world.mint("stable"), float(TOKEN_TTL_S)
    return {"access_token": token, "expires_in": round(remaining_s)}


async def give_classic_token(world: World, request: Request) -> Answer:
    """Make a new token at each call; the one before lives for five more minutes (获取接口调用凭据)."""
    query = request.query_params
    require_credentials(world, query)
    if query.get("grant_type") != "client_credential":
        raise Refusal(40002)
    previous = world.current_by_kind.get("classic")
    if previous is not None and previous in world.tokens:
        world.tokens[previous] = min(world.tokens[previous], time.monotonic() + TOKEN_ROLL_S)
    return {"access_token": world.mint("classic"), "expires_in": TOKEN_TTL_S}


async def check_text(world: World, request: Request) -> Answer:
    """Judge a text by the word lists above (文本内容安全识别, version 2)."""
    if request.method != "POST":
        raise Refusal(43002)
    require_token(world, request.query_params.get("access_token"))
    body = await posted_object(request)
    content = body.get("content")
    if not isinstance(content, str) or not content:
        raise Refusal(44002)
    if body.get("version") != 2 or body.get("scene") not in {1, 2, 3, 4}:
        raise Refusal(40129)
    require_recent_visit(world, body.get("openid"))
    if len(content) > CONTENT_CHARACTERS_MAX:
        raise Refusal(45002)
    text = "\n".join(str(body.get(name) or "") for name in ("title", "nickname", "content"))
    suggest, label, keyword = judge(text)
    result: Answer = {"suggest": suggest, "label": label}
    detail = [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}]
    if keyword:
        detail.append({"strategy": "keyword", "errcode": 0, **result, "level": 20, "keyword": keyword})
    return {"errcode": 0, "errmsg": "ok", "result": result, "detail": detail, "trace_id": new_rid()}


def judge(text: str) -> tuple[str, int, str]:
    """Return suggestion, label and the word that decided, "" when none did; risky words come first."""
    for suggest, words in (("risky", RISKY), ("review", REVIEW)):
        for word, label in words.items():
            if word in text:
                return suggest, label, word
    return "pass", NORMAL_LABEL, ""


def openid_of(appid: str, name: str) -> str:
    """Return the openid of the user ``name``: 28 characters, the last six a check sum of the others.

    The check sum tells an openid of this mini-program from a made-up one without a memory of users.
    """
    stem = "o" + short_hash(appid, "openid", name)[:21]
    return stem + short_hash(appid, "check", stem)[:6]


def require_credentials(world: World, given: Mapping[str, object]) -> None:
    if not given.get("appid"):
        raise Refusal(41002)
    if given["appid"] != world.appid:
        raise Refusal(40013)
    if not given.get("secret"):
        raise Refusal(41004)
    if given["secret"] != world.secret:
        raise Refusal(40125)


def require_token(world: World, token: str | None) -> None:
    if not token:
        raise Refusal(41001)
    expires_at_s = world.tokens.get(token)
    if expires_at_s is None:
        raise Refusal(40001)
    if expires_at_s <= time.monotonic():
        raise Refusal(42001)


def require_recent_visit(world: World, openid: object) -> None:
    if not isinstance(openid, str) or openid[22:] != short_hash(world.appid, "check", openid[:22])[:6]:
        raise Refusal(40003)
    seen_at_s = world.visits.get(openid)
    if seen_at_s is None or seen_at_s + VISIT_TTL_S < time.monotonic():
        raise Refusal(61010)


async def posted_object(request: Request) -> Answer:
    """Return the JSON object of a POST. Refuses 43002 another method, 44002 nothing and 47001 anything else."""
    if request.method != "POST":
        raise Refusal(43002)
    raw = await request.body()
    if not raw:
        raise Refusal(44002)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal(47001) from None
    if not isinstance(body, dict):
        raise Refusal(47001)
    return body


def faulty(fault: Fault) -> Response:
    """Return the answer that a fault puts in the place of the true one."""
    if fault.cut:
        return CutResponse()
    status = fault.http_status or 200
    if fault.errcode is not None and fault.body is None:
        return say(refused(fault.errcode), status)
    return Response(fault.body or "", status, media_type="text/plain")


def refused(errcode: int) -> Answer:
    return {"errcode": errcode, "errmsg": f"{ERRMSG_BY_ERRCODE.get(errcode, 'refused')}, rid: {new_rid()}"}


def say(answer: Answer, status: int = 200) -> Response:
    """Answer in JSON that calls itself text, as WeChat does."""
    return Response(json.dumps(answer, ensure_ascii=False), status, media_type="text/plain")


def new_rid() -> str:
    return f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def short_hash(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def remember(memory: OrderedDict[str, Value], key: str, *, value: Value, kept_max: int) -> None:
    """Note a value as the latest and forget the oldest beyond ``kept_max``."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > kept_max:
        memory.popitem(last=False)
