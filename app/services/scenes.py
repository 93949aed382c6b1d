"""Codes on posters: each leads by a random token to a thing, and shows it to those who may see it anyway (I8)."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

import segno
import structlog

from app.core.db import Database, Reads
from app.core.settings import SIMULATOR_APPID, Settings
from app.core.store import Store, StoreError
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.scenes import ALPHABET, TOKEN_CHARACTERS, SceneKind, find_token
from app.services import clerks, merchants, tasks, venues
from app.services.task_lists import standing
from app.wechat.client import WeChat
from app.wechat.errors import WeChatError
from app.wechat.images import media_type_of

log = structlog.get_logger(__name__)

PAGE = "pages/scene/index"
"""The mini-program's page that asks ``GET /v1/scenes/{token}`` where to go on."""
FOLDER = "codes"
PLAIN_SCALE = 10
"""Pixels of one module: a picture of some 400 pixels, which a chat shows as it is."""

FIND = "SELECT token FROM scene_token WHERE kind = $1 AND subject_id = $2"
# Of two who come first at once, both get the token of one of them.
NAME = """
    INSERT INTO scene_token AS x (token, kind, subject_id) VALUES ($1, $2, $3)
    ON CONFLICT (kind, subject_id) DO UPDATE SET token = x.token RETURNING token
"""
RESOLVE = "SELECT kind, subject_id FROM scene_token WHERE token = $1"
FIND_SHOP = """
    SELECT m.status, m.area_id, m.owner_id IS NOT DISTINCT FROM $2 OR a.lineage && $3::uuid[] AS is_inside
    FROM merchant m JOIN area a ON a.id = m.area_id WHERE m.id = $1
"""

Path = Callable[[Reads, str, Caller | None, UUID], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture of a code. A plain one stands in only until WeChat draws its own."""

    content: bytes
    media_type: str
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Studio:
    """What codes are drawn with."""

    database: Database
    store: Store
    wechat: WeChat
    settings: Settings

    async def draw(self, caller: Caller | None, kind: SceneKind, subject_id: UUID) -> Drawing:
        """Return the code of a thing: WeChat's, drawn once and kept, or a plain QR code where WeChat draws none.

        Raises ``not-found`` when it is not for the caller to show.
        """
        secret = self.settings.data_key.get_secret_value()
        await _require_showable(self.database.reads, secret, caller, kind, subject_id)
        token = await self.database.reads.fetchval(FIND, kind, subject_id)
        if token is None:
            proposed = "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_CHARACTERS))
            token = await self.database.writes.fetchval(NAME, proposed, kind, subject_id)
        content = None
        if self.settings.wechat_appid != SIMULATOR_APPID:
            folder = f"{FOLDER}/{self.settings.wechat_appid}/{self.settings.wechat_version}"
            content = await self._find_or_ask(f"{folder}/{token}", token)
        if content is not None:
            return Drawing(content, media_type_of(content), is_plain=False)
        picture = BytesIO()
        segno.make_qr(f"{self.settings.base_url}/v1/scenes/{token}", error="m").save(
            picture, kind="png", scale=PLAIN_SCALE
        )
        return Drawing(picture.getvalue(), media_type_of(picture.getvalue()), is_plain=True)

    async def _find_or_ask(self, path: str, token: str) -> bytes | None:
        """Return WeChat's picture from the store, or from WeChat and then kept; None when WeChat draws none now."""
        try:
            found = await self.store.find(path)
            if found is not None:
                return b"".join([piece async for piece in found.pieces])
        except StoreError as error:
            log.warning("codes are not read from the store", kind=str(error))
        try:
            content = await self.wechat.draw_code(token, PAGE)
        except WeChatError as error:
            log.warning("code not drawn", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
            return None
        try:
            await self.store.put(path, content)
        except StoreError as error:
            log.warning("code not kept", kind=str(error))
        return content


async def resolve(reads: Reads, secret: str, caller: Caller | None, written: str) -> dict[str, Any]:
    """Return where a scanned scene leads. Raises ``not-found``, also for what the caller may not see."""
    token = find_token(written)
    scene = token and await reads.fetchrow(RESOLVE, token)
    if not scene:
        raise Problem("not-found")
    kind = SceneKind(scene["kind"])
    path = await PATHS[kind](reads, secret, caller, scene["subject_id"])
    return {"kind": kind, "id": scene["subject_id"], "path": path, "actions": []}


async def _require_showable(
    reads: Reads, secret: str, caller: Caller | None, kind: SceneKind, subject_id: UUID
) -> None:
    """Raise ``not-found`` unless the caller may show the thing: who sees it, but a shop is for those inside it."""
    if kind is SceneKind.MERCHANT and caller is not None:
        await merchants.get(reads, caller, subject_id)
    elif kind is SceneKind.CLERK_INVITE and caller is not None:
        await clerks.require_owner(reads, caller, subject_id)
    else:
        await PATHS[kind](reads, secret, caller, subject_id)


async def _path_of_shop(reads: Reads, _secret: str, caller: Caller | None, merchant_id: UUID) -> str:
    """Lead those inside to the shop, everybody else to the offers of its area while it is approved."""
    scope = caller.scope(Role.ALLIANCE) if caller else []
    shop = await reads.fetchrow(FIND_SHOP, merchant_id, caller and caller.id, scope)
    if shop is not None and shop["is_inside"]:
        return f"/v1/merchants/{merchant_id}"
    if shop is None or shop["status"] != "approved":
        raise Problem("not-found")
    return f"/v1/offers?area_id={shop['area_id']}"


async def _path_of_invite(reads: Reads, _secret: str, _caller: Caller | None, merchant_id: UUID) -> str:
    shop = await reads.fetchrow(FIND_SHOP, merchant_id, None, [])
    if shop is None or shop["status"] == "left":
        raise Problem("not-found")
    return f"/v1/merchants/{merchant_id}/clerks"


async def _path_of_venue(reads: Reads, _secret: str, caller: Caller | None, venue_id: UUID) -> str:
    await venues.get(reads, caller, venue_id)
    return f"/v1/venues/{venue_id}"


async def _path_of_task(reads: Reads, secret: str, caller: Caller | None, task_id: UUID) -> str:
    await tasks.get(reads, secret, caller, task_id)
    return f"/v1/tasks/{task_id}"


async def _path_of_list(reads: Reads, _secret: str, caller: Caller | None, list_id: UUID) -> str:
    await standing.find(reads, caller, list_id)
    return f"/v1/task-lists/{list_id}"


PATHS: dict[SceneKind, Path] = {
    SceneKind.MERCHANT: _path_of_shop,
    SceneKind.CLERK_INVITE: _path_of_invite,
    SceneKind.VENUE: _path_of_venue,
    SceneKind.TASK: _path_of_task,
    SceneKind.TASK_LIST: _path_of_list,
}
