"""Logging in through WeChat."""

from datetime import timedelta

from fastapi import APIRouter, Response

from app.core.clock import now
from app.core.security import issue_token, keyed_fingerprint
from app.deps import DatabaseDep, SettingsDep, WeChatDep, answer
from app.problems import responses
from app.schemas.auth import LoginIn, LoginOut
from app.services import users

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post(
    "/wechat",
    response_model=LoginOut,
    responses=responses(
        "malformed-json",
        "login-code-invalid",
        "login-blocked",
        "body-too-large",
        "invalid-payload",
        "login-too-frequent",
        "wechat-misconfigured",
        "wechat-unavailable",
        "service-unavailable",
    ),
)
async def log_in(form: LoginIn, wechat: WeChatDep, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Exchange the code of `wx.login` for a bearer token. Needs no Idempotency-Key: WeChat takes a code once."""
    session = await wechat.exchange_code(form.code)
    secret = settings.secret_key.get_secret_value()
    device = keyed_fingerprint(secret, b"device", form.device.encode()) if form.device is not None else None
    # WeChat is asked before the transaction begins, never inside it.
    async with database.transaction() as work:
        user = await users.log_in(work, session.openid, session.unionid, device_hash=device)
    moment = now()
    ttl = timedelta(days=settings.token_ttl_days)
    token = issue_token(secret, user.id, user.token_version, moment, ttl)
    me = await users.get_me(database.reads, settings.data_key.get_secret_value(), user.id)
    return answer({"token": token, "expires_at": moment + ttl, "me": me})
