"""Mini-program codes: a picture, or JSON that may call itself one."""

import io
import re
import time

import segno
from starlette.requests import Request
from starlette.responses import Response

from app.wechat.simulator.messages import is_released
from app.wechat.simulator.protocol import Refusal, posted_object
from app.wechat.simulator.world import Code, World, require_token

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]*")
SCENE_CHARACTERS_MAX = 32
ENVIRONMENTS = ("release", "trial", "develop")
WIDTH_MIN, WIDTH_MAX, WIDTH_USUAL = 280, 1280, 430


async def draw(world: World, request: Request) -> Response:
    """Draw the code of a page and a scene (获取不限制的小程序码), here as a plain QR code in PNG."""
    if request.method != "POST":
        raise Refusal(43002)
    require_token(world, request.query_params.get("access_token"))
    body = await posted_object(request)
    scene, page, width = body.get("scene"), body.get("page", ""), body.get("width", WIDTH_USUAL)
    if not isinstance(scene, str) or not 1 <= len(scene) <= SCENE_CHARACTERS_MAX:
        raise Refusal(40169)
    if not SCENE.fullmatch(scene):
        raise Refusal(40129)
    if body.get("env_version", "release") not in ENVIRONMENTS or not isinstance(page, str):
        raise Refusal(40097)
    if isinstance(width, bool) or not isinstance(width, int) or not WIDTH_MIN <= width <= WIDTH_MAX:
        raise Refusal(40097)
    if page.startswith("/") or "?" in page or (body.get("check_path", True) is not False and not is_released(page)):
        raise Refusal(41030)
    png = picture(f"{world.appid}/{page}?scene={scene}", width)
    world.made_codes.append(Code(time.time(), scene, page, png))
    return Response(png, media_type="image/jpeg")


def picture(content: str, width: int) -> bytes:
    """Return a PNG at most ``width`` pixels wide."""
    code = segno.make(content, micro=False, error="m")
    scale = max(1, width // code.symbol_size()[0])
    out = io.BytesIO()
    code.save(out, kind="png", scale=scale)
    return out.getvalue()
