"""Log-in, access tokens and phone numbers."""

import re
import secrets
import time
from base64 import b64encode

from starlette.requests import Request

from app.wechat.simulator.limits import (
    DAY_S,
    FORCED_REFRESHES_PER_DAY,
    LOG_INS_A_USER_PER_MINUTE,
    MINUTE_S,
)
from app.wechat.simulator.protocol import Answer, Refusal, posted_object, refuse_as_ordered
from app.wechat.simulator.world import (
    TOKEN_TTL_S,
    World,
    require_credentials,
    require_openid,
    require_token,
    short_hash,
)

TOKEN_ROLL_S = 300
CODE_CHARACTERS_MAX = 512

USER_CODE = re.compile(r"sim-([^-]+)-.+", re.DOTALL)
ERRCODE_CODE = re.compile(r"(?:sim|phone)-(errcode-?[1-9]\d{0,5})-.+", re.DOTALL)
PHONE_CODE = re.compile(r"phone-([^-]+)-(?=.)(1\d{10}(?!\d))?.*", re.DOTALL)


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
        refuse_as_ordered(ordered.group(1))
    user = USER_CODE.fullmatch(code)
    if user is None or len(code) > CODE_CHARACTERS_MAX:
        raise Refusal(40029)
    name = user.group(1)
    if not world.meter.has_room(f"log-in of {name}", LOG_INS_A_USER_PER_MINUTE, MINUTE_S, world.clock()):
        raise Refusal(45011)
    if not world.spend(code):
        raise Refusal(40163)
    openid = world.meet(name)
    world.visit(openid)
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
        require_room_to_force(world)
        world.tokens.pop(token, None)
    remaining_s = world.tokens.get(token or "", 0.0) - world.clock()
    if token is None or remaining_s <= TOKEN_ROLL_S:
        token, remaining_s = world.mint("stable"), float(TOKEN_TTL_S)
    return {"access_token": token, "expires_in": round(remaining_s)}


def require_room_to_force(world: World) -> None:
    """Refuse a forced refresh that comes within 30 seconds of the last, or after twenty on one day."""
    now_s = world.clock()
    if world.forced_at_s is not None and now_s - world.forced_at_s < world.habits.forced_apart_s:
        raise Refusal(45011)
    if not world.meter.has_room("forced refresh", FORCED_REFRESHES_PER_DAY, DAY_S, now_s):
        raise Refusal(45009)
    world.forced_at_s = now_s


async def give_classic_token(world: World, request: Request) -> Answer:
    """Make a new token at each call; the one before lives for five more minutes (获取接口调用凭据)."""
    query = request.query_params
    require_credentials(world, query)
    if query.get("grant_type") != "client_credential":
        raise Refusal(40002)
    previous = world.current_by_kind.get("classic")
    if previous is not None and previous in world.tokens:
        world.tokens[previous] = min(world.tokens[previous], world.clock() + TOKEN_ROLL_S)
    return {"access_token": world.mint("classic"), "expires_in": TOKEN_TTL_S}


async def give_phone(world: World, request: Request) -> Answer:
    """Exchange a phone code for the number of its user (获取手机号), compared with the openid that comes along."""
    if request.method != "POST":
        raise Refusal(43002)
    require_token(world, request.query_params.get("access_token"))
    body = await posted_object(request)
    code = body.get("code")
    if not isinstance(code, str) or len(code) > CODE_CHARACTERS_MAX:
        raise Refusal(40029)
    ordered = ERRCODE_CODE.fullmatch(code)
    if ordered:
        refuse_as_ordered(ordered.group(1))
    user = PHONE_CODE.fullmatch(code)
    if user is None:
        raise Refusal(40029)
    openid = body.get("openid")
    if openid is not None and require_openid(world, openid) != world.meet(user.group(1)):
        raise Refusal(40029)
    if not world.spend(code):
        raise Refusal(40029)
    number = user.group(2) or phone_of(user.group(1))
    return {
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": number,
            "purePhoneNumber": number,
            "countryCode": "86",
            "watermark": {"timestamp": int(time.time()), "appid": world.appid},
        },
    }


def phone_of(name: str) -> str:
    """Return the number of the user ``name``, the same each time."""
    return f"139{int.from_bytes(short_hash('phone', name).encode()[:8], 'big') % 10**8:08d}"
