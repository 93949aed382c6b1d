"""Waiting for what other processes and tasks bring about."""

import asyncio
from collections.abc import Awaitable, Callable

STARTS_S = 60
"""A process starts within this, on a busy machine too."""
LOOK_AGAIN_S = 0.05


async def until(condition: Callable[[], Awaitable[bool]], what: str, *, seconds: float = STARTS_S) -> None:
    """Wait until something is so. Fails after ``seconds``, saying ``what`` was waited for."""
    for _ in range(int(seconds / LOOK_AGAIN_S)):
        if await condition():
            return
        await asyncio.sleep(LOOK_AGAIN_S)
    raise AssertionError(f"{what}: not so after {seconds} s")
