"""The access token: kept and renewed, so that many who need it at once fetch it once; it never calls WeChat itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.core.db import Database
from app.core.security import BrokenSealError, seal, unseal

TOKEN_MARGIN_S = 295
"""WeChat rolls a stable token five minutes before it expires; both work in between. Some seconds after that, since
whoever asks a moment too early is given the old one, in whole seconds, and so would be everybody behind them."""

CONFIRMED_S = 30
"""How long a refused token that WeChat has given out again is not asked for once more."""

LEASE_S = 10
"""Longer than a call to WeChat may take; whoever dies while fetching holds the others up no longer than this."""

LOOK_AGAIN_S = 0.1
PURPOSE = b"wechat-token"

FIND = f"""
    SELECT sealed, extract(epoch FROM expires_at - now())::float8 AS lifetime_s,
        coalesce(confirmed_at > now() - interval '{CONFIRMED_S} seconds', false) AS is_confirmed
    FROM wechat_token WHERE appid = $1
"""
TAKE_LEASE = f"""
    INSERT INTO wechat_token AS kept (appid, fetching_until) VALUES ($1, now() + interval '{LEASE_S} seconds')
    ON CONFLICT (appid) DO UPDATE SET fetching_until = excluded.fetching_until
    WHERE kept.sealed IS NOT DISTINCT FROM $2 AND coalesce(kept.fetching_until <= now(), true)
    RETURNING fetching_until
"""
KEEP = """
    UPDATE wechat_token SET sealed = $3, expires_at = now() + $4::float8 * interval '1 second',
        confirmed_at = CASE WHEN $5 THEN now() END, fetching_until = NULL
    WHERE appid = $1 AND fetching_until = $2
"""
END_LEASE = "UPDATE wechat_token SET fetching_until = NULL WHERE appid = $1 AND fetching_until = $2"


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
    """The token of one process, in memory; enough for one that is alone."""

    def __init__(self) -> None:
        self._token: Token | None = None
        self._confirmed_at_s = float("-inf")
        self._fetching = asyncio.Lock()

    async def current(self, fetch: Fetch) -> str:
        """Return a token that is not stale."""
        async with self._fetching:
            if self._token is None or self._token.is_stale:
                self._token = await fetch()
            return self._token.value

    async def renew(self, refused: str, fetch: Fetch) -> str:
        """Return the token after ``refused``; a late refusal does not drop what someone else has just fetched."""
        async with self._fetching:
            is_confirmed = time.monotonic() < self._confirmed_at_s + CONFIRMED_S
            if self._token is None or (self._token.value == refused and not is_confirmed):
                self._token = await fetch()
                if self._token.value == refused:
                    self._confirmed_at_s = time.monotonic()
            return self._token.value


class DatabaseTokens:
    """The token of one mini-program, sealed in the database for all processes, and in memory while it is fresh.

    Of all processes one asks WeChat, under a lease that is one statement: no transaction waits for the network. The
    old token stays until the new one is written, and nobody writes whose lease has passed to another.
    """

    def __init__(self, database: Database, secret: str, appid: str) -> None:
        """Seal under ``secret``."""
        self._database = database
        self._secret = secret
        self._appid = appid
        self._token: Token | None = None
        self._obtaining = asyncio.Lock()

    async def current(self, fetch: Fetch) -> str:
        """Return a token that is not stale. Raises what the database raises when it cannot be asked."""
        if self._token is None or self._token.is_stale:
            async with self._obtaining:
                if self._token is None or self._token.is_stale:
                    self._token = await self._obtain(None, fetch)
        return self._token.value

    async def renew(self, refused: str, fetch: Fetch) -> str:
        """Return the token after ``refused``; most who ask find that another process has just fetched it."""
        async with self._obtaining:
            if self._token is None or self._token.is_stale or self._token.value == refused:
                self._token = await self._obtain(refused, fetch)
            return self._token.value

    async def _obtain(self, refused: str | None, fetch: Fetch) -> Token:
        """Return the token that is kept, unless it is stale or refused; else fetch it, or wait for who does."""
        while True:
            sealed: bytes | None = None
            kept = await self._database.writes.fetchrow(FIND, self._appid)
            if kept is not None and kept["sealed"] is not None:
                sealed = kept["sealed"]
                token = self._opened(kept["sealed"], kept["lifetime_s"])
                if token is not None and not token.is_stale and (token.value != refused or kept["is_confirmed"]):
                    return token
            lease = await self._database.writes.fetchval(TAKE_LEASE, self._appid, sealed)
            if lease is not None:
                return await self._fetch(lease, refused, fetch)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _fetch(self, lease: datetime, refused: str | None, fetch: Fetch) -> Token:
        """Fetch the token and write it for all, or let the next one try."""
        try:
            token = await fetch()
        except BaseException:
            await self._database.writes.execute(END_LEASE, self._appid, lease)
            raise
        sealed = seal(self._secret, PURPOSE, token.value.encode(), bound_to=self._appid.encode())
        lifetime_s = token.stale_at_s + TOKEN_MARGIN_S - time.monotonic()
        is_confirmed = token.value == refused
        await self._database.writes.execute(KEEP, self._appid, lease, sealed, lifetime_s, is_confirmed)
        return token

    def _opened(self, sealed: bytes, lifetime_s: float) -> Token | None:
        """Return the token that is kept; None when it was sealed under another key."""
        try:
            value = unseal(self._secret, PURPOSE, sealed, bound_to=self._appid.encode())
        except BrokenSealError:
            return None
        return Token.granted(value.decode(), time.monotonic(), lifetime_s)
