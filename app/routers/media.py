"""Pictures: uploading one, taking it back, and reading its files by a link."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.core.store import StoreError
from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    LinksDep,
    ReadsDep,
    SecretDep,
    StoreDep,
    TransactionDep,
    UnitOfWorkDep,
    UploadDep,
)
from app.problems import responses
from app.schemas.media import PictureOut
from app.services.idempotency import Replay
from app.services.media import files, intake, removing, serving
from app.services.media.files import Variant
from app.services.media.intake import Stored
from app.services.media.pictures import FILE_BYTES_MAX, Picture
from app.services.media.serving import Link, Served

router = APIRouter(prefix="/media", tags=["media"])

UPLOAD_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "one picture"}},
                }
            }
        },
    }
}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in ("image/jpeg", "image/png")}},
    304: {"description": "The caller has it already"},
    **responses("not-found", "invalid-payload"),
}
UNTIL_MAX = 10**11
GUARDED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}
"""A browser that opens a link shows a picture and does nothing else with it."""


class PictureFile(StreamingResponse):
    """A picture, sent in pieces."""


async def _require_room(caller: CallerDep, reads: ReadsDep) -> None:
    await intake.require_room(reads, caller)


async def _hold_room(request: Request, _may: Annotated[None, Depends(_require_room)]) -> AsyncIterator[None]:
    """Hold as much memory as the upload announces: a phone on a bad signal may take a minute to send it."""
    announced = request.headers.get("content-length", "")
    with intake.room.hold(int(announced) if announced.isdecimal() else FILE_BYTES_MAX):
        yield


async def _rewrite(_room: Annotated[None, Depends(_hold_room)], upload: UploadDep) -> Picture:
    """Write the picture anew before the transaction of the write begins: that may take a second."""
    return await intake.rewrite(upload.content)


async def _put(picture: Annotated[Picture, Depends(_rewrite)], store: StoreDep) -> AsyncIterator[Stored]:
    stored = await intake.put(store, picture)
    try:
        yield stored
    except Replay:  # the first request has its own files
        with suppress(StoreError):  # a sweep deletes them else
            await store.delete(files.paths_of(stored.id))
        raise


@router.post(
    "",
    status_code=201,
    response_model=PictureOut,
    responses=responses(
        *WRITE_PROBLEMS,
        "upload-unreadable",
        "body-too-large",
        "media-too-large",
        "media-type-unknown",
        "media-too-many-pixels",
        "media-unreadable",
        "media-too-many",
    ),
    openapi_extra=UPLOAD_FORM,
)
async def upload(
    caller: CallerDep, stored: Annotated[Stored, Depends(_put)], work: UnitOfWorkDep, links: LinksDep
) -> Response:
    """Upload one picture as `wx.uploadFile` sends it: JPEG, PNG, WebP, GIF or BMP of at most 10 MB.

    It is written anew and loses where and with what it was taken. Nobody else sees it before it has passed its check,
    and what nothing refers to within a day is deleted.
    """
    return work.answer(await intake.record(work.connection, links, caller, stored), 201)


@router.get("/{media_id}/{variant}", response_class=PictureFile, responses=FILE)
async def read_file(
    media_id: UUID,
    variant: Variant,
    reads: ReadsDep,
    store: StoreDep,
    links: LinksDep,
    until: Annotated[int, Query(ge=0, le=UNTIL_MAX)] = 0,
    signature: Annotated[str, Query(pattern="^[A-Za-z0-9_-]{22}$")] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Read a picture, `thumb` at most 480 pixels long, by the link that an answer told; nobody has to log in."""
    return _send(await serving.find(reads, store, links, Link(media_id, until, signature), variant, if_none_match))


def _send(served: Served) -> Response:
    headers = {"ETag": served.etag, "Cache-Control": f"private, max-age={served.fresh_s}"}
    if served.pieces is None:
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Length": str(served.size_bytes), **GUARDED}
    return PictureFile(served.pieces, headers=headers, media_type=served.media_type)


@router.delete("/{media_id}", status_code=204, responses=responses("not-found", "invalid-payload", "state-conflict"))
async def remove(media_id: UUID, caller: CallerDep, connection: TransactionDep, secret: SecretDep) -> Response:
    """Take back a picture of one's own; its files are deleted at once.

    One of a wish, an errand or an offer at any time, one of a complaint until it is answered, one of a delivery or an
    answer until others have seen it.
    """
    await removing.remove(connection, secret, caller, media_id)
    return Response(status_code=204)
