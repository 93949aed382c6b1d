"""The check of pictures: fetched from the address that was given, judged by their colour, answered by a push."""

import asyncio
import io
import time
from urllib.parse import urlsplit

import httpx
from PIL import Image
from starlette.requests import Request

from app.wechat.simulator import faults, pushes
from app.wechat.simulator.protocol import Answer, Refusal, new_rid, posted_object
from app.wechat.simulator.words import NORMAL_LABEL, SCENES
from app.wechat.simulator.world import PictureCheck, World, remember, require_recent_visit, require_token

EVENT = "wxa_media_check"
FORMATS = ("JPEG", "PNG", "BMP", "GIF")
BYTES_MAX = 10 * 1024 * 1024
FETCH_WITHIN_S = 10.0
AGAIN_APART_S = 60.0
URLS_KEPT_MAX = 10_000
SAMPLES_A_SIDE = 48
CANNOT_FETCH = -1008
RISKY_LABEL = 20002
REVIEW_LABEL = 21000


class CannotFetch(Exception):  # noqa: N818 - an answer of the protocol, not an error of this program
    """There is no picture of a known form at the address."""


async def check_media(world: World, request: Request) -> Answer:
    """Take a picture to judge and answer its trace_id; the verdict comes as a push (多媒体内容安全识别, version 2)."""
    if request.method != "POST":
        raise Refusal(43002)
    require_token(world, request.query_params.get("access_token"))
    body = await posted_object(request)
    url = body.get("media_url")
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
        raise Refusal(44002)
    if body.get("media_type") not in (1, 2):
        raise Refusal(40004)
    if body.get("version") != 2 or body.get("scene") not in SCENES:
        raise Refusal(40129)
    openid = require_recent_visit(world, body.get("openid"))
    now_s = world.clock()
    if now_s - world.picture_urls.get((openid, url), -AGAIN_APART_S) < AGAIN_APART_S:
        raise Refusal(87020)
    remember(world.picture_urls, (openid, url), value=now_s, kept_max=URLS_KEPT_MAX)
    check = PictureCheck(time.time(), openid, url, trace_id=new_rid())
    world.picture_checks.append(check)
    struck = faults.take_for_push(world.push_faults, EVENT)
    if any(fault.push == "early" for fault in struck):
        await tell(world, check, struck, after_s=0.0)
    else:
        world.start(tell(world, check, struck, after_s=world.habits.media_after_s))
    return {"errcode": 0, "errmsg": "ok", "trace_id": check.trace_id}


async def tell(world: World, check: PictureCheck, struck: list[faults.PushFault], *, after_s: float) -> None:
    """Judge a picture and push what came out."""
    await asyncio.sleep(after_s)
    try:
        samples = sample(await fetch(check.url))
        check.suggest, check.label = judge(samples.tobytes())
        check.thumb = in_png(samples)
        check.errcode = 0
    except CannotFetch:
        check.errcode = CANNOT_FETCH
    is_old = any(fault.push == "old_shape" for fault in struck)
    told = in_old_shape(world, check) if is_old else in_new_shape(world, check)
    await pushes.push(world, pushes.event_of(world, EVENT, check.openid, told), struck)


def in_new_shape(world: World, check: PictureCheck) -> Answer:
    told: Answer = {"appid": world.appid, "trace_id": check.trace_id, "version": 2, "detail": []}
    if check.errcode:
        return {**told, "errcode": check.errcode, "errmsg": "download media fail"}
    verdict = {"suggest": check.suggest, "label": check.label}
    detail = [{"strategy": "content_model", "errcode": 0, **verdict, "prob": 90}]
    return {**told, "detail": detail, "errcode": 0, "errmsg": "ok", "result": verdict}


def in_old_shape(world: World, check: PictureCheck) -> Answer:
    """Write the verdict as version 1 did; some servers still do."""
    return {
        "isrisky": int(check.suggest == "risky"),
        "extra_info_json": "",
        "appid": world.appid,
        "trace_id": check.trace_id,
        "status_code": 4294966288 if check.errcode else 0,
    }


async def fetch(url: str) -> bytes:
    """Return what is at ``url``, up to ten megabytes. Raises CannotFetch for anything but a 200."""
    try:
        async with pushes.new_client(FETCH_WITHIN_S) as client, client.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise CannotFetch
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > BYTES_MAX:
                    raise CannotFetch
            return bytes(content)
    except (httpx.HTTPError, httpx.InvalidURL):
        raise CannotFetch from None


def sample(content: bytes) -> Image.Image:
    """Return a picture shrunk to a few pixels. Raises CannotFetch for what is no picture of a known form."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            return picture.convert("RGB").resize((SAMPLES_A_SIDE, SAMPLES_A_SIDE))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise CannotFetch from None


def judge(samples: bytes) -> tuple[str, int]:
    """Return suggestion and label of pixels in RGB: mostly red is risky, mostly yellow for review."""
    red = yellow = 0
    for place in range(0, len(samples), 3):
        is_red, is_green, is_blue = (samples[place + colour] > 128 for colour in range(3))
        red += is_red and not is_green and not is_blue
        yellow += is_red and is_green and not is_blue
    half = len(samples) // 6
    if red > half:
        return "risky", RISKY_LABEL
    if yellow > half:
        return "review", REVIEW_LABEL
    return "pass", NORMAL_LABEL


def in_png(samples: Image.Image) -> bytes:
    out = io.BytesIO()
    samples.save(out, "PNG")
    return out.getvalue()
