"""Where files lie that are not rows: a folder of this machine, or a bucket that speaks S3. It knows no domain.

A file is whole or not there. It is written before the row that names it is committed, so that a row never names a file
that is missing; what a process left that died in between, a sweep finds.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from app.core.settings import Settings

CONNECT_TIMEOUT = timedelta(seconds=3)
TIMEOUT = timedelta(seconds=10)
PIECE_BYTES = 1 << 16
UNFINISHED_MARK = "#"
"""Stands in a file's name in a folder until it is whole; obstore tells of no such file."""


class StoreError(Exception):
    """The store could not be reached or refused. It names the kind of fault and neither an address nor a key."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there, to be read once."""

    size_bytes: int
    pieces: AsyncIterator[bytes]


class Store:
    """Files by their paths, such as ``pictures/2026-11-22/…``; one instance a process."""

    def __init__(self, url: str) -> None:
        """Keep files at ``url``: ``file:///folder`` or ``s3://bucket/prefix``.

        A bucket's region, endpoint and keys are read from the variables that all its tools know: ``AWS_REGION``,
        ``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``. The endpoint says whether it is https.
        """
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._files: ObjectStore
        if self._folder is not None:
            self._files = LocalStore(self._folder, mkdir=True, automatic_cleanup=True)
        else:
            self._files = from_url(
                url,
                client_options={"connect_timeout": CONNECT_TIMEOUT, "timeout": TIMEOUT, "allow_http": True},
                retry_config={"max_retries": 2, "retry_timeout": TIMEOUT},
            )

    @classmethod
    def of(cls, settings: Settings) -> "Store":
        """Return the store that the settings name; without one, a folder beside the other run-time files."""
        return cls(settings.media_url or (settings.data_dir / "media").absolute().as_uri())

    async def put(self, path: str, content: bytes) -> None:
        """Write a file in place of what was there; in a folder it outlives a loss of power. Raises StoreError."""
        try:
            await self._files.put_async(path, content)
            if self._folder is not None:
                await asyncio.to_thread(_flush, self._folder / path)
        except (BaseError, OSError) as error:
            raise StoreError(type(error).__name__) from None

    async def find(self, path: str) -> Found | None:
        """Return a file to be read in pieces, or None when it is not there. Raises StoreError."""
        try:
            found = await self._files.get_async(path)
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StoreError(type(error).__name__) from None
        return Found(found.meta["size"], _pieces(found.stream(min_chunk_size=PIECE_BYTES)))

    async def delete(self, paths: Sequence[str]) -> None:
        """Delete files; those that are not there are no fault. Raises StoreError."""
        for path in paths:  # one by one: a folder stops at the first that is missing
            try:
                if self._folder is not None and UNFINISHED_MARK in path:
                    (self._folder / path).unlink(missing_ok=True)
                else:
                    await self._files.delete_async(path)
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                raise StoreError(type(error).__name__) from None

    async def list_below(self, folder: str) -> list[str]:
        """Return the paths of all files below a folder, those too that never became whole. Raises StoreError."""
        try:
            paths = [str(file["path"]) async for batch in self._files.list(folder) for file in batch]
        except (BaseError, OSError) as error:
            raise StoreError(type(error).__name__) from None
        if self._folder is not None:
            paths += await asyncio.to_thread(_unfinished, self._folder, folder)
        return paths


def _flush(path: Path) -> None:
    """Have the disk hold a file and its name."""
    for place, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(place, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unfinished(root: Path, folder: str) -> list[str]:
    return [str(path.relative_to(root)) for path in (root / folder).rglob(f"*{UNFINISHED_MARK}*")]


async def _pieces(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield a file by and by. Raises StoreError when the store breaks off."""
    try:
        async for piece in stream:
            yield bytes(piece)
    except (BaseError, OSError) as error:
        raise StoreError(type(error).__name__) from None
