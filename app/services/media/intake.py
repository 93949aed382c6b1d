"""Taking a picture in: written anew, put into the store, and only then put on record."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from asyncpg import Connection

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.queue import order
from app.core.store import Store, StoreError
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import MEDIA
from app.models import Media
from app.services import transitions
from app.services.media import files, pictures
from app.services.media.links import Links
from app.services.media.pictures import Picture
from app.services.transitions import Mover

log = structlog.get_logger(__name__)

CHECK_MEDIA = "check_media"
UNUSED_MAX = 30

COUNT_UNUSED = "SELECT count(*) FROM media WHERE owner_id = $1 AND subject_id IS NULL AND status <> 'removed'"

HELD_BYTES_MAX = 256 << 20
"""So much one process holds of uploads that come in or wait for their turn to be written anew."""

_one_at_a_time = ThreadPoolExecutor(1, "pictures")
"""A hostile picture of 40 million pixels takes half a gigabyte for a second: never two of them in one process."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture whose files are there; it is nobody's yet."""

    id: UUID
    picture: Picture


async def require_room(reads: Reads, caller: Caller) -> None:
    """Raise ``media-too-many`` when the caller has enough pictures that belong to nothing."""
    if await reads.fetchval(COUNT_UNUSED, caller.id) >= UNUSED_MAX:
        raise Problem("media-too-many")


class Room:
    """How much more may be held; used in the loop's thread alone."""

    def __init__(self, size_bytes: int) -> None:
        self._free_bytes = size_bytes

    @contextmanager
    def hold(self, size_bytes: int) -> Iterator[None]:
        """Hold so much until it is done. Raises ``service-unavailable`` when there is no room for it."""
        if size_bytes > self._free_bytes:
            raise Problem("service-unavailable")
        self._free_bytes -= size_bytes
        try:
            yield
        finally:
            self._free_bytes += size_bytes


room = Room(HELD_BYTES_MAX)
"""The one of this process."""


async def rewrite(content: bytes) -> Picture:
    """Return the picture in what was sent, off the loop. Raises the problems of ``pictures.rewrite``."""
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, pictures.rewrite, content)


async def put(store: Store, picture: Picture) -> Stored:
    """Write the files of a picture. Raises ``service-unavailable``."""
    stored = Stored(new_id(), picture)
    try:
        await store.put(files.path_of(stored.id, "full"), picture.full)
        await store.put(files.path_of(stored.id, "thumb"), picture.small)
    except StoreError as error:
        log.warning("the store takes no picture", kind=str(error))
        raise Problem("service-unavailable") from error
    return stored


async def record(connection: Connection, links: Links, caller: Caller, stored: Stored) -> dict[str, Any]:
    """Put a picture on record as the caller's and return it as they see it.

    No event names them: a picture may come to belong to a complaint (I9).
    """
    picture = stored.picture
    row = Media(
        id=stored.id,
        owner_id=caller.id,
        width=picture.width,
        height=picture.height,
        size_bytes=len(picture.full),
        media_type=picture.media_type,
        sha256=picture.sha256,
    )
    kept = await insert(connection, row)
    await transitions.log_creation(connection, MEDIA, stored.id, Mover(Party.AUTHOR))
    await order(connection, CHECK_MEDIA, stored.id)
    return links.shown(kept, to_insider=True, may_remove=True)
