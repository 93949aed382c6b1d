"""Serving a picture's file to whoever has a link to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import structlog

from app.core.clock import now
from app.core.db import Reads
from app.core.store import Store, StoreError
from app.domain.errors import Problem
from app.services.media import files
from app.services.media.files import Variant
from app.services.media.links import Audience, Links

log = structlog.get_logger(__name__)

FIND = "SELECT media_type, sha256, status FROM media WHERE id = $1 AND status <> 'removed'"


@dataclass(frozen=True, slots=True)
class Link:
    """What somebody asks with."""

    media_id: UUID
    until_s: int
    signature: str


@dataclass(frozen=True, slots=True)
class Served:
    """A file to be sent; ``pieces`` is None for whoever has it already."""

    media_type: str
    etag: str
    fresh_s: int
    size_bytes: int = 0
    pieces: AsyncIterator[bytes] | None = None


async def find(
    reads: Reads, store: Store, links: Links, link: Link, variant: Variant, if_none_match: str | None
) -> Served:
    """Return the file that a link opens. Raises ``not-found`` for everything else, and ``service-unavailable``."""
    moment = now()
    audience = links.audience_of(link.media_id, variant, link.until_s, link.signature, moment)
    media = await reads.fetchrow(FIND, link.media_id) if audience else None
    if media is None or (audience is Audience.READER and media["status"] != "passed"):
        raise Problem("not-found")
    etag = f'"{media["sha256"].hex()[:32]}-{variant}"'
    fresh_s = link.until_s - int(moment.timestamp())
    if etag in (if_none_match or "").replace("W/", "").replace(" ", "").split(","):
        return Served(media["media_type"], etag, fresh_s)
    try:
        file = await store.find(files.path_of(link.media_id, variant))
    except StoreError as error:
        log.warning("the store gives no picture", kind=str(error))
        raise Problem("service-unavailable") from error
    if file is None:
        log.error("the file of a picture is missing", media_id=str(link.media_id), variant=variant)
        raise Problem("not-found")
    return Served(media["media_type"], etag, fresh_s, file.size_bytes, file.pieces)
