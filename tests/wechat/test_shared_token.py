import asyncio
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from app.core.db import Database
from app.core.settings import Settings
from app.wechat.calls import GET_TOKEN
from app.wechat.errors import WeChatBusy
from app.wechat.tokens import DatabaseTokens, Token
from tests.wechat import one_of_eight
from tests.wechat.server import APPID, SECRET, count_calls
from tests.wechat.test_token import force_refresh_elsewhere

PROCESSES = 8
KEY = "k" * 32
EXPIRE = "UPDATE wechat_token SET expires_at = now() + interval '290 seconds' WHERE appid = $1"
FIND = "SELECT sealed, expires_at - now() AS lifetime, fetching_until FROM wechat_token WHERE appid = $1"
LEASE = """
    INSERT INTO wechat_token (appid, fetching_until) VALUES ($1, now() + interval '300 milliseconds')
    ON CONFLICT (appid) DO UPDATE SET fetching_until = excluded.fetching_until
"""


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, Settings(_env_file=None))
    yield database
    database.close()


async def told_by(process: Process) -> str:
    """Return the next line that a process writes."""
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def check(process: Process) -> str:
    """Let a process check a text; return how that went."""
    assert process.stdin is not None
    process.stdin.write(b"\n")
    return await told_by(process)


async def test_eight_processes_with_a_dead_token_ask_for_one(database_url: str, base_url: str, openid: str):
    told = [base_url, APPID, SECRET, database_url, openid]
    command = [sys.executable, "-m", one_of_eight.__name__, *told]
    crowd = [
        await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        for _ in range(PROCESSES)
    ]
    try:
        assert await asyncio.gather(*map(told_by, crowd)) == ["ready"] * PROCESSES
        for dies in (False, True, True):
            if dies:
                await force_refresh_elsewhere(base_url)
            before = count_calls(base_url, GET_TOKEN.path)
            assert await asyncio.gather(*map(check, crowd)) == ["pass"] * PROCESSES
            assert count_calls(base_url, GET_TOKEN.path) == before + 1
    finally:
        for process in crowd:
            process.kill()
        await asyncio.gather(*(process.wait() for process in crowd))


def giving(*values: str, lifetime_s: float = 7200) -> tuple[Callable[[], Awaitable[Token]], list[str]]:
    """Return what gives out these tokens, one a call, and the list of those given."""
    given: list[str] = []

    async def fetch() -> Token:
        await asyncio.sleep(0)
        given.append(values[len(given)])
        return Token.granted(given[-1], time.monotonic(), lifetime_s)

    return fetch, given


class TestDatabaseTokens:
    def tokens(self, database: Database, appid: str, key: str = KEY) -> DatabaseTokens:
        """Those of one process."""
        return DatabaseTokens(database, key, appid)

    async def test_one_fetches_for_all_and_it_lies_sealed(self, database):
        fetch, given = giving("a-token-to-be-hidden")
        first, second = self.tokens(database, "wx-a"), self.tokens(database, "wx-a")
        told = await asyncio.gather(*(tokens.current(fetch) for tokens in (first, second) * 4))
        assert set(told) == set(given) == {"a-token-to-be-hidden"}
        kept = await database.reads.fetchrow(FIND, "wx-a")
        assert b"hidden" not in kept["sealed"]
        assert 7190 < kept["lifetime"].total_seconds() <= 7200
        assert kept["fetching_until"] is None
        # Whoever starts later finds it; another mini-program, or another key, does not.
        assert await self.tokens(database, "wx-a").current(fetch) == given[0]
        other, _ = giving("b", "c")
        assert await self.tokens(database, "wx-b").current(other) == "b"
        assert await self.tokens(database, "wx-a", key="j" * 32).current(other) == "c"

    async def test_it_is_stale_some_minutes_before_its_end(self, database):
        fetch, given = giving("one", "two")
        assert await self.tokens(database, "wx-stale").current(fetch) == "one"
        await database.writes.execute(EXPIRE, "wx-stale")
        assert await self.tokens(database, "wx-stale").current(fetch) == "two"
        assert given == ["one", "two"]

    async def test_a_late_refusal_finds_what_came_after(self, database):
        fetch, given = giving("one", "two")
        early, late = self.tokens(database, "wx-late"), self.tokens(database, "wx-late")
        assert [await early.current(fetch), await late.current(fetch)] == ["one", "one"]
        assert await early.renew("one", fetch) == "two"
        assert await late.renew("one", fetch) == "two"
        assert await early.renew("one", fetch) == "two"
        assert given == ["one", "two"]

    async def test_the_same_again_is_not_asked_for_by_everybody(self, database):
        fetch, given = giving("same", "same", "never")
        crowd = [self.tokens(database, "wx-same") for _ in range(3)]
        for tokens in crowd:
            assert await tokens.current(fetch) == "same"
        for tokens in crowd:
            assert await tokens.renew("same", fetch) == "same"
        assert given == ["same", "same"]

    async def test_who_fails_lets_the_next_one_try_and_leaves_what_was(self, database):
        fetch, _ = giving("old", "new")
        tokens = self.tokens(database, "wx-fails")
        await tokens.current(fetch)

        async def fail() -> Token:
            raise WeChatBusy

        with pytest.raises(WeChatBusy):
            await tokens.renew("old", fail)
        kept = await database.reads.fetchrow(FIND, "wx-fails")
        assert kept["sealed"] is not None
        assert kept["fetching_until"] is None
        assert await tokens.renew("old", fetch) == "new"

    async def test_who_died_while_fetching_is_waited_for_no_longer_than_its_lease(self, database):
        await database.writes.execute(LEASE, "wx-died")
        fetch, given = giving("mine")
        asking = asyncio.create_task(self.tokens(database, "wx-died").current(fetch))
        kept = await database.reads.fetchrow(FIND, "wx-died")
        assert not given
        assert kept["fetching_until"] is not None
        assert await asking == "mine"

    async def test_who_comes_back_after_its_lease_overwrites_nothing(self, database):
        quick, _ = giving("quick")

        async def fetch_long() -> Token:
            await database.writes.execute("UPDATE wechat_token SET fetching_until = now() WHERE appid = 'wx-slow'")
            assert await self.tokens(database, "wx-slow").current(quick) == "quick"
            return Token.granted("slow", time.monotonic(), 7200)

        assert await self.tokens(database, "wx-slow").current(fetch_long) == "slow"
        assert await self.tokens(database, "wx-slow").current(fetch_long) == "quick"
