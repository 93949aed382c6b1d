from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import httpx
import pytest

from app.wechat.client import WeChat
from tests.wechat.server import APPID, SECRET, forget_faults, new_code, running_simulator


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with running_simulator() as base_url:
        yield base_url


@pytest.fixture
def base_url(simulator_url: str) -> Iterator[str]:
    yield simulator_url
    forget_faults(simulator_url)


@pytest.fixture
async def http(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the simulator that is not ours."""
    async with httpx.AsyncClient(base_url=base_url) as client:
        yield client


@pytest.fixture
async def wechat(base_url: str) -> AsyncIterator[WeChat]:
    async with aclosing(WeChat(base_url, APPID, SECRET)) as client:
        yield client


@pytest.fixture
def code() -> str:
    return new_code()


@pytest.fixture
async def openid(wechat: WeChat, code: str) -> str:
    """The openid of somebody who has just logged in."""
    return (await wechat.exchange_code(code)).openid
