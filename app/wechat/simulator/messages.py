"""Subscribe messages: credits that users give one by one, and messages that spend them."""

import asyncio
import secrets
import time

from starlette.requests import Request

from app.wechat.simulator import faults, pushes
from app.wechat.simulator.field_rules import RULES, fits, kind_of
from app.wechat.simulator.protocol import Answer, Refusal, posted_object
from app.wechat.simulator.words import RISKY
from app.wechat.simulator.world import Message, Template, World, require_openid, require_token

STATES = (None, "developer", "trial", "formal")
LANGUAGES = (None, "zh_CN", "en_US", "zh_HK", "zh_TW")
MISSING_PAGE = "pages/missing"
OPEN_TEMPLATE = "simulator-"
"""A template whose id begins so is known without having been chosen, and has any fields."""

SENT = "subscribe_msg_sent_event"
NESTED_IN = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    SENT: "SubscribeMsgSentEvent",
}


async def send(world: World, request: Request) -> Answer:
    """Send a message to a user who has a credit for its template (发送订阅消息)."""
    if request.method != "POST":
        raise Refusal(43002)
    require_token(world, request.query_params.get("access_token"))
    body = await posted_object(request)
    openid = require_openid(world, body.get("touser"))
    template = require_template(world, body.get("template_id"))
    page = body.get("page", "")
    if not isinstance(page, str) or not is_released(page):
        raise Refusal(41030)
    if body.get("miniprogram_state") not in STATES or body.get("lang") not in LANGUAGES:
        raise Refusal(40097)
    fields = read_fields(template, body.get("data"))
    if openid in world.receiving:
        raise Refusal(43108)
    world.receiving.add(openid)
    try:
        await asyncio.sleep(world.habits.send_takes_s)
        left = world.credits.get((openid, template.template_id), 0)
        if left < 1:
            raise Refusal(43101)
        world.set_credits(openid, template.template_id, left - 1)
    finally:
        world.receiving.discard(openid)
    msgid = secrets.randbits(62) | 1 << 62
    sent = Message(time.time(), openid, template.template_id, template.title, page, fields, msgid)
    world.messages.append(sent)
    result = {"TemplateId": template.template_id, "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success"}
    tell(world, SENT, openid, [result])
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid}


def require_template(world: World, template_id: object) -> Template:
    """Return a template that was chosen. Refuses 40037 another and 43107 one that is banned."""
    if not isinstance(template_id, str) or not template_id:
        raise Refusal(40037)
    template = world.templates.get(template_id)
    if template is None and template_id.startswith(OPEN_TEMPLATE):
        template = Template(template_id=template_id, title="服务通知", fields={})
    if template is None:
        raise Refusal(40037)
    if template.is_banned:
        raise Refusal(43107)
    return template


def is_released(page: str) -> bool:
    """Tell whether a page is in the released mini-program: ``pages/missing…`` and a leading slash are not."""
    path = page.partition("?")[0]
    return not path or (path.startswith(("pages/", "packages/")) and not path.startswith(MISSING_PAGE))


def read_fields(template: Template, given: object) -> list[tuple[str, str, str]]:
    """Return key, name and value of each field. Refuses 47003 what breaks its rule and 45168 a risky word."""
    if not isinstance(given, dict):
        raise Refusal(47001)
    read = []
    for key in template.fields or given:
        item = given.get(key)
        value = item.get("value") if isinstance(item, dict) else None
        if not isinstance(value, str) or not fits(key, value):
            raise Refusal(47003, f"data.{key}.value {'is empty' if value in {None, ''} else 'invalid'}")
        if any(word in value for word in RISKY):
            raise Refusal(45168)
        kind = kind_of(key)
        read.append((key, template.fields.get(key) or RULES[kind or "thing"][0], value))
    if not read:
        raise Refusal(47003, "data is empty")
    return read


def tell(world: World, event: str, openid: str, items: list[dict[str, str]]) -> None:
    """Push what became of subscriptions or of a message: ``List`` is an object for one and an array for several."""
    struck = faults.take_for_push(world.push_faults, event)
    told: Answer = {"List": items[0] if len(items) == 1 else items}
    if any(fault.push == "old_shape" for fault in struck):
        told = {NESTED_IN[event]: told}
    world.start(pushes.push(world, pushes.event_of(world, event, openid, told), struck))
