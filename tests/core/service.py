"""A service of a test's own: a database that nobody else uses, the application on it, and its real processes."""

import os
import signal
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests.api_client import ApiClient
from tests.wechat.server import APPID, SECRET

ECHOWALL = Path(sysconfig.get_path("scripts")) / "echowall"
STOP_S = 15


def settings_for(database_url: str, simulator_url: str, **changes: object) -> Settings:
    """Return settings for a service on these two, with ``changes``."""
    given = {
        "database_url": database_url,
        "wechat_base_url": simulator_url,
        "wechat_appid": APPID,
        "wechat_secret": SECRET,
        "log_level": "WARNING",
    }
    return Settings(_env_file=None, **{**given, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def running_app(settings: Settings) -> AsyncIterator[tuple[FastAPI, ApiClient]]:
    """Run the application in this process; yield it and a client of it."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://echowall.test") as client:
            yield app, ApiClient(client, app.openapi())


def environment_of(settings: Settings) -> Mapping[str, str]:
    """Return the environment of a process with these settings and no others of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ECHOWALL_")}
    return kept | {
        "ECHOWALL_DATABASE_URL": settings.require_database_url(),
        "ECHOWALL_WECHAT_BASE_URL": settings.wechat_base_url,
        "ECHOWALL_WECHAT_APPID": settings.wechat_appid,
        "ECHOWALL_WECHAT_SECRET": settings.wechat_secret.get_secret_value(),
        "ECHOWALL_LOG_LEVEL": settings.log_level,
        "ECHOWALL_LOG_FORMAT": settings.log_format,
        "ECHOWALL_HOST": settings.host,
        "ECHOWALL_PORT": str(settings.port),
        "ECHOWALL_WORKERS": "1",
    }


@contextmanager
def running_process(verb: str, settings: Settings, written_to: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``echowall VERB`` as a process, its output in a file; end it by SIGTERM unless it has ended."""
    with written_to.open("wb") as output:
        process = subprocess.Popen(
            [ECHOWALL, verb],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=written_to.parent,
            env=environment_of(settings),
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
