"""The access token: kept and renewed, so that many who need it at once fetch it once; it never calls WeChat itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

TOKEN_MARGIN_S = 300
"""WeChat rolls a stable token five minutes before it expires; both work in between."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; ``stale_at_s`` is on the monotonic clock, which no correction of the time moves."""

    value: str = field(repr=False)
    stale_at_s: float

    @classmethod
    def granted(cls, value: str, asked_at_s: float, lifetime_s: float) -> "Token":
        """Return the token that WeChat gave out when it was asked at ``asked_at_s`` (monotonic)."""
        return cls(value, asked_at_s + lifetime_s - TOKEN_MARGIN_S)

    @property
    def is_stale(self) -> bool:
        """Whether it is time to fetch the next one."""
        return time.monotonic() >= self.stale_at_s


Fetch = Callable[[], Awaitable[Token]]
"""Asks WeChat for the token, in normal mode."""


class Tokens(Protocol):
    """Where the token of one mini-program is kept."""

    async def current(self, fetch: Fetch) -> str:
        """Return a token that is not stale; of callers at the same time one fetches it and the others wait."""

    async def renew(self, refused: str, fetch: Fetch) -> str:
        """Return the token that comes after ``refused``: the one already kept if it is another, else fetched anew.

        What comes back may be ``refused`` again when WeChat itself gives it out; forcing another is no way out, since
        whoever forced this one would force the next.
        """


class MemoryTokens:
    """The token of one process, in memory; enough since ``stable_token`` gives every process the same one."""

    def __init__(self) -> None:
        self._token: Token | None = None
        self._fetching = asyncio.Lock()

    async def current(self, fetch: Fetch) -> str:
        """Return a token that is not stale."""
        if self._token is not None and not self._token.is_stale:
            return self._token.value
        return await self._obtain(None, fetch)

    async def renew(self, refused: str, fetch: Fetch) -> str:
        """Return the token after ``refused``; a late refusal does not drop what someone else has just fetched."""
        return await self._obtain(refused, fetch)

    async def _obtain(self, refused: str | None, fetch: Fetch) -> str:
        async with self._fetching:
            if self._token is None or self._token.is_stale or self._token.value == refused:
                self._token = await fetch()
            return self._token.value
