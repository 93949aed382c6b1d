"""How WeChat speaks: errcodes, refusals, answers that call themselves text, and answers that break off."""

import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

ERRMSG_BY_ERRCODE = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40169: "invalid length for scene, or the data is not json string",
    40226: "code blocked",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43002: "require POST method",
    43101: "user refuse to accept the msg",
    43107: "subscribe message capability is banned",
    43108: "concurrent sending to the same user",
    44002: "empty post data",
    44991: "api minute-quota reach limit",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45168: "sensitive word in the content",
    47001: "data format error",
    47003: "argument invalid",
    61010: "code is expired",
    87020: "repeated request limit",
}

Answer = dict[str, object]
Endpoint = Callable[[Request], Awaitable[Response]]

ERRCODE_CODE = re.compile(r"errcode(-?[1-9]\d{0,5})")


class Refusal(Exception):  # noqa: N818 - an answer of the protocol, not an error of this program
    """WeChat's answer is an errcode; ``told`` is what its errmsg says beside the usual words."""

    def __init__(self, errcode: int, told: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.told = told


class CutResponse(Response):
    """An answer that breaks off: its body stays short of its length, at which the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"errcode":', "more_body": True})


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


def refuse_as_ordered(name: str) -> None:
    """Refuse with the errcode that a name like ``errcode40226`` asks for."""
    ordered = ERRCODE_CODE.fullmatch(name)
    if ordered:
        raise Refusal(int(ordered.group(1)))


def refused(errcode: int, told: str = "") -> Answer:
    words = ERRMSG_BY_ERRCODE.get(errcode, "refused") + (f"! {told}" if told else "")
    return {"errcode": errcode, "errmsg": f"{words}, rid: {new_rid()}"}


def say(answer: Answer, status: int = 200, media_type: str = "text/plain") -> Response:
    """Answer in JSON that calls itself text, as WeChat does."""
    return Response(json.dumps(answer, ensure_ascii=False), status, media_type=media_type)


def new_rid() -> str:
    return f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
