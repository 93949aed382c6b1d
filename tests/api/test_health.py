"""Health, and what every route answers while the database is away."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.clock import now
from app.core.db import Database, insert
from app.core.settings import Settings
from app.main import create_app
from app.models import WorkerHeartbeat
from bench.processes import free_port
from tests.api.scene import DOCUMENT, ROUTES, Scene, problem
from tests.api_client import ApiClient
from tests.app_parts import running_with
from tests.wechat.server import new_code


class TestAlive:
    async def test_the_process_runs(self, api: ApiClient):
        response = await api.get("/healthz")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


class TestReady:
    async def test_when_nothing_is_missing(self, api: ApiClient, database: Database):
        async with database.transaction() as connection:
            await insert(connection, WorkerHeartbeat(worker_id=uuid4(), seen_at=now()))
        response = await api.get("/readyz")
        assert response.status_code == 200
        assert response.json() == {"status": "ok", "database": "ok", "migrations": "ok", "jobs": "ok"}

    async def test_without_a_worker(self, api: ApiClient, database: Database):
        await database.reads.fetch("UPDATE worker_heartbeat SET seen_at = now() - interval '31 seconds'")
        response = await api.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {
            "status": "not ready",
            "database": "ok",
            "migrations": "ok",
            "jobs": "no worker is alive: run `echowall worker`",
        }

    async def test_with_tables_of_another_version(self, app: FastAPI, api: ApiClient):
        with running_with(app, migration="0000"):
            response = await api.get("/readyz")
        assert (response.status_code, response.json()["migrations"]) == (503, "run `echowall migrate`")


class TestWithoutDatabase:
    @pytest.fixture
    async def lonely(self, settings: Settings) -> AsyncIterator[ApiClient]:
        """The application with a database where nobody answers."""
        url = f"postgresql://x@127.0.0.1:{free_port()}/x"
        away = settings.model_copy(update={"database_url": type(settings.secret_key)(url)})
        application = create_app(away)
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://echowall.test") as client,
        ):
            yield ApiClient(client, DOCUMENT)

    async def test_the_process_runs_all_the_same(self, lonely: ApiClient):
        assert (await lonely.get("/healthz")).status_code == 200

    WITHOUT_DATABASE = frozenset(
        {
            ("GET", "/healthz"),
            ("GET", "/v1/errands/consent"),  # a text of the code
            ("GET", "/v1/media/{media_id}/{variant}"),  # without a link that we signed nothing is looked up
        }
    )

    async def test_every_other_route_says_to_come_again(self, lonely: ApiClient, scene: Scene):
        for route in ROUTES:
            if route in self.WITHOUT_DATABASE:
                continue
            method, template = route
            sent = {"json": {"code": new_code()}} if template == "/v1/auth/wechat" else scene.sent(route)
            query = {"area_id": str(scene.world.grid.id), "title": "题", "body": "文", "urgency": "ordinary"}
            query |= {
                "longitude": "117.87",
                "latitude": "36.8",
                "from": "2026-01",
                "to": "2026-02",
                "month": "2026-02",
                "q": "3号楼",
            }
            query |= {"kind": "grid"} if template.endswith("/shapes") else {}
            query |= {"kind": "units"} if template.startswith("/v1/imports") else {}
            if template == "/v1/me/calendar":
                query |= {"from": "2026-01-01", "to": "2026-01-02"}
            path = scene.path(template)
            response = await lonely.request(method, path, scene.author, key=uuid4().hex, params=query, **sent)
            assert problem(response) == (503, "service-unavailable"), route
            assert int(response.headers["retry-after"]) > 0, route
