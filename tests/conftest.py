"""What every test may ask for: a real PostgreSQL, WeChat's simulator, the application, people to call it as.

Commits are real and nothing is cleaned up between tests: each makes its own district, and scope keeps them apart.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from alembic import command
from fastapi import FastAPI

from app.cli.database import alembic_config, sync_calendars
from app.core.db import Database
from app.core.scratch_database import running_server, scratch_database
from app.core.settings import Settings
from app.jobs.handlers import Parts
from app.jobs.worker import drain
from app.main import create_app
from tests.api_client import ApiClient
from tests.factories import World
from tests.wechat.server import APPID, SECRET, forget_faults, running_simulator

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""The many processes that tests start compile what they load once, and not each anew."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse two tests of one id: workers tell tests apart by their ids, and would run the first alone."""
    doubled = [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]
    if doubled:
        raise pytest.UsageError(f"several tests have the id {doubled[0]}")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server to make databases on; ``TEST_DATABASE_URL`` names another one."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """The name of a migrated database that nobody is connected to: copying it takes a tenth of migrating anew."""
    with scratch_database(server_url) as url:
        command.upgrade(alembic_config(url), "head")
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture(scope="session")
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of this test run."""
    with scratch_database(server_url, template=template_database) as url:
        asyncio.run(sync_calendars(Settings(_env_file=None, database_url=url)))
        yield url


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    """WeChat's simulator, a server of its own."""
    with running_simulator() as url:
        yield url


@pytest.fixture
def faulty_wechat(simulator_url: str) -> Iterator[str]:
    """WeChat's simulator, whose faults are forgotten after the test."""
    yield simulator_url
    forget_faults(simulator_url)


@pytest.fixture(scope="session")
def settings(database_url: str, simulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        media_url=tmp_path_factory.mktemp("media").as_uri(),
        wechat_base_url=simulator_url,
        wechat_appid=APPID,
        wechat_secret=SECRET,
        wechat_pause_s=0,
        log_level="WARNING",
    )


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application with its lifespan running."""
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture(scope="session")
def database(app: FastAPI) -> Database:
    """The application's own database."""
    database: Database = app.state.database
    return database


@pytest.fixture(scope="session")
async def api(app: FastAPI) -> AsyncIterator[ApiClient]:
    """A client that holds every answer against the OpenAPI document."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://echowall.test") as client:
        yield ApiClient(client, app.openapi())


@pytest.fixture
async def world(database: Database, api: ApiClient, settings: Settings) -> World:
    """A district of its own for one test, with staff, and the means to fill it."""
    return await World.make(database, api, settings)


@pytest.fixture
async def jobs(app: FastAPI, settings: Settings) -> AsyncIterator["Jobs"]:
    """The queue's worker, to be run when the test says so."""
    async with asyncpg.create_pool(settings.require_database_url(), min_size=1, max_size=4) as pool:
        yield Jobs(pool, Parts(app.state.database, app.state.wechat, settings))


class Jobs:
    """Runs what is queued, with the real handlers."""

    def __init__(self, pool: asyncpg.Pool, parts: Parts) -> None:
        self.pool = pool
        self.parts = parts

    async def drain(self) -> None:
        """Do every job that is in the queue now."""
        await drain(self.pool, self.parts)
