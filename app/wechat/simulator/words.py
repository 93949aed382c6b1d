"""The check of texts, by a list of words."""

import time

from starlette.requests import Request

from app.wechat.simulator.protocol import Answer, Refusal, new_rid, posted_object
from app.wechat.simulator.world import TextCheck, World, require_recent_visit, require_token

RISKY = {"色情": 20002, "去死": 20003, "赌博": 20006, "代开发票": 20006, "刷单返利": 20008}
REVIEW = {"加微信": 10001, "低俗": 20012, "盗版": 20013}
NORMAL_LABEL = 100
CONTENT_CHARACTERS_MAX = 2500
SCENES = (1, 2, 3, 4)


async def check_text(world: World, request: Request) -> Answer:
    """Judge a text by the word lists above (文本内容安全识别, version 2)."""
    if request.method != "POST":
        raise Refusal(43002)
    require_token(world, request.query_params.get("access_token"))
    body = await posted_object(request)
    content = body.get("content")
    if not isinstance(content, str) or not content:
        raise Refusal(44002)
    if body.get("version") != 2 or body.get("scene") not in SCENES:
        raise Refusal(40129)
    openid = require_recent_visit(world, body.get("openid"))
    if len(content) > CONTENT_CHARACTERS_MAX:
        raise Refusal(45002)
    text = "\n".join(str(body[name]) for name in ("title", "nickname", "content") if body.get(name))
    suggest, label, keyword = judge(text)
    trace_id = new_rid()
    world.text_checks.append(TextCheck(time.time(), openid, text, suggest, label, keyword, trace_id))
    result: Answer = {"suggest": suggest, "label": label}
    detail = [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}]
    if keyword:
        detail.append({"strategy": "keyword", "errcode": 0, **result, "level": 20, "keyword": keyword})
    return {"errcode": 0, "errmsg": "ok", "result": result, "detail": detail, "trace_id": trace_id}


def judge(text: str) -> tuple[str, int, str]:
    """Return suggestion, label and the word that decided, "" when none did; risky words come first."""
    for suggest, words in (("risky", RISKY), ("review", REVIEW)):
        for word, label in words.items():
            if word in text:
                return suggest, label, word
    return "pass", NORMAL_LABEL, ""
