"""The dictionary that Chinese is read with, ready before anybody needs it."""

import asyncio

from app.domain import words


async def ready() -> None:
    """Have the dictionary read, in a thread, so that nobody else waits for it."""
    if not words.is_loaded():
        await asyncio.to_thread(words.load)
