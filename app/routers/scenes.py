"""Codes to put on posters, and where they lead."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response

from app.deps import (
    CallerDep,
    DatabaseDep,
    MaybeCallerDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    StoreDep,
    WeChatDep,
    answer,
    answer_unless_known,
)
from app.domain.caller import Caller
from app.domain.scenes import SceneKind
from app.problems import responses
from app.schemas.scenes import SceneOut
from app.services import scenes
from app.services.scenes import Studio

router = APIRouter(tags=["scenes"])
BINARY = {"schema": {"type": "string", "format": "binary"}}
Responses = dict[int | str, dict[str, Any]]
DRAWN: Responses = {
    200: {"content": {"image/png": BINARY, "image/jpeg": BINARY}},
    304: {"description": "It is what the `ETag` that was sent stands for"},
}
PICTURE = DRAWN | responses("not-found", "invalid-payload")
IfNoneMatch = Annotated[str | None, Header()]


class Picture(Response):
    """A picture."""

    media_type = "image/png"


async def open_studio(database: DatabaseDep, store: StoreDep, wechat: WeChatDep, settings: SettingsDep) -> Studio:
    """Return what codes are drawn with."""
    return Studio(database, store, wechat, settings)


StudioDep = Annotated[Studio, Depends(open_studio)]


async def draw(studio: Studio, caller: Caller | None, kind: SceneKind, subject_id: UUID, known: str | None) -> Response:
    """Return the picture of a code."""
    drawing = await studio.draw(caller, kind, subject_id)
    return answer_unless_known(Picture(drawing.content, media_type=drawing.media_type), known)


@router.get("/merchants/{merchant_id}/code.png", response_class=Picture, responses=PICTURE)
async def draw_merchant(
    merchant_id: UUID, caller: CallerDep, studio: StudioDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Draw the code of a shop, as its owner or as the alliance's staff: the mini-program opens what it offers."""
    return await draw(studio, caller, SceneKind.MERCHANT, merchant_id, if_none_match)


@router.get(
    "/merchants/{merchant_id}/clerks/code.png", response_class=Picture, responses=PICTURE | responses("state-conflict")
)
async def draw_clerk_invite(
    merchant_id: UUID, caller: CallerDep, studio: StudioDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Draw the code that leads to where clerks join the caller's shop, and type the invite's code."""
    return await draw(studio, caller, SceneKind.CLERK_INVITE, merchant_id, if_none_match)


@router.get("/venues/{venue_id}/code.png", response_class=Picture, responses=PICTURE)
async def draw_venue(
    venue_id: UUID, caller: MaybeCallerDep, studio: StudioDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Draw the code of a venue."""
    return await draw(studio, caller, SceneKind.VENUE, venue_id, if_none_match)


@router.get("/tasks/{task_id}/code.png", response_class=Picture, responses=PICTURE)
async def draw_task(
    task_id: UUID, caller: MaybeCallerDep, studio: StudioDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Draw the code of a task."""
    return await draw(studio, caller, SceneKind.TASK, task_id, if_none_match)


@router.get("/task-lists/{list_id}/code.png", response_class=Picture, responses=PICTURE)
async def draw_list(
    list_id: UUID, caller: MaybeCallerDep, studio: StudioDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Draw the code of a list that opens it in the mini-program."""
    return await draw(studio, caller, SceneKind.TASK_LIST, list_id, if_none_match)


@router.get("/scenes/{token}", response_model=SceneOut, responses=responses("not-found", "invalid-payload"))
async def resolve(token: str, caller: MaybeCallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Tell where a scanned code leads, its scene percent-encoded or not; 404 too for what the caller may not see."""
    return answer(await scenes.resolve(reads, secret, caller, token))
