"""Where WeChat pushes its events (消息推送): verified, kept, answered; what they mean is done later.

It stands outside ``/v1`` with WeChat's own form of questions and answers, so that our OpenAPI document does not tell of
it. Whoever asks proves by a signature that they know the push token; nobody else learns anything here.
"""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic_core import from_json

from app.core.clock import now
from app.deps import DatabaseDep, SecretDep, SettingsDep
from app.services import push_inbox
from app.wechat.push_codec import ForgedPushError, PushCodec, PushError

router = APIRouter(prefix="/wechat", include_in_schema=False)
log = structlog.get_logger(__name__)

PUSH_BYTES_MAX = 64 << 10
SKEW_S_MAX = 3600
"""WeChat names no limit; an hour tells a push sent again from the inbox of somebody else."""
ECHO_CHARACTERS_MAX = 128
TAKEN, REFUSED, NOT_TAKEN = "success", "forbidden", "try again"
RETRY_AFTER = {"Retry-After": "5"}


async def get_codec(settings: SettingsDep) -> PushCodec:
    token, key = settings.wechat_push_token, settings.wechat_push_aes_key
    return PushCodec.of(token.get_secret_value(), key.get_secret_value(), settings.wechat_appid)


CodecDep = Annotated[PushCodec, Depends(get_codec)]


@router.get("/push")
async def check_url(request: Request, codec: CodecDep) -> Response:
    """Prove that this URL is ours: give ``echostr`` back as it came."""
    asked = request.query_params
    echo, timestamp = asked.get("echostr", ""), asked.get("timestamp", "")
    signature, nonce = asked.get("signature", ""), asked.get("nonce", "")
    if not _is_recent(timestamp) or not codec.is_url_check(signature, timestamp, nonce):
        return _refuse("signature")
    if not echo.isascii() or not echo.isalnum() or len(echo) > ECHO_CHARACTERS_MAX:
        return _refuse("echostr")
    return PlainTextResponse(echo)


@router.post("/push")
async def receive(request: Request, codec: CodecDep, database: DatabaseDep, secret: SecretDep) -> Response:
    """Keep an event of the safe mode in JSON, once, and answer within WeChat's five seconds."""
    asked = request.query_params
    timestamp = asked.get("timestamp", "")
    try:
        if not _is_recent(timestamp):
            raise ForgedPushError("timestamp")
        encrypted = _encrypted_part(await request.body())
        content = codec.open(asked.get("msg_signature", ""), timestamp, asked.get("nonce", ""), encrypted)
    except PushError as error:
        return _refuse(str(error), kind=type(error).__name__)
    try:
        async with database.transaction() as connection:
            await push_inbox.keep(connection, content, secret=secret)
    except Exception as error:  # noqa: BLE001 - whatever it was: WeChat shall send it again
        log.error("a push could not be kept", kind=type(error).__name__)  # noqa: TRY400 - the message quotes rows
        return PlainTextResponse(NOT_TAKEN, 503, RETRY_AFTER)
    return PlainTextResponse(TAKEN)


def _encrypted_part(body: bytes) -> str:
    """Return ``Encrypt`` of a body in JSON. Raises ForgedPushError: in plain mode nothing signs the content."""
    try:
        envelope = from_json(body)
    except ValueError as error:
        raise ForgedPushError("not JSON") from error
    encrypted = envelope.get("Encrypt") if isinstance(envelope, dict) else None
    if not isinstance(encrypted, str):
        raise ForgedPushError("not in safe mode")
    return encrypted


def _is_recent(timestamp: str) -> bool:
    """Whether a time in seconds is about now; what was signed once does not open the door for ever."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    return abs(int(timestamp) - now().timestamp()) <= SKEW_S_MAX


def _refuse(reason: str, kind: str = "ForgedPushError") -> Response:
    # A wrong key in the settings looks like this too: the reason says where to look, and quotes nothing.
    log.warning("a push was refused", kind=kind, reason=reason)
    return PlainTextResponse(REFUSED, 403)
