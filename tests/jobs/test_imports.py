"""Imports in a worker of its own: others see how far it is, and killed in the middle it has written nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.jobs.handlers import Parts
from tests.conftest import Jobs
from tests.core.service import running_app, running_process, settings_for
from tests.factories import World
from tests.imports import Office, counts, xlsx

ROWS = 1_002
STARTS_S = 30


@pytest.fixture(scope="module")
def worker_settings(server_url: str, simulator_url: str, template_database: str) -> Iterator[Settings]:
    """A database of the worker's own, so that nothing else takes its jobs."""
    with scratch_database(server_url, template=template_database) as url:
        yield settings_for(url, simulator_url, log_level="INFO", log_format="json")


@pytest.fixture
async def world(worker_settings: Settings) -> AsyncIterator[World]:
    async with running_app(worker_settings) as (app, api):
        yield await World.make(app.state.database, api, worker_settings)


@pytest.fixture
async def office(world: World, worker_settings: Settings) -> AsyncIterator[Office]:
    url = worker_settings.require_database_url()
    async with asyncpg.create_pool(url, min_size=1, max_size=3) as pool:
        transport = world.api.client._transport
        parts = Parts(world.database, transport.app.state.wechat, worker_settings)  # type: ignore[attr-defined]
        yield Office(world.api, Jobs(pool, parts), world.administrator)


async def count_units(world: World) -> int:
    return int(await world.database.reads.fetchval("SELECT count(*) FROM unit WHERE name LIKE '厂%'"))


async def test_killed_amid_writing_nothing_is_written_and_the_next_worker_writes_it_all(
    world: World, office: Office, worker_settings: Settings, tmp_path: Path
):
    """The last row's area is locked by somebody else, so that the worker is killed when it has written the others."""
    rows = [(f"厂{number}", "企业", "") for number in range(ROWS - 1)] + [("厂末", "企业", world.grid.name)]
    checked = await office.checked("units", world.district.id, xlsx(("单位名称", "单位类型", "网格"), *rows))
    assert counts(checked) == (ROWS, 0, 0, 0)
    somebody = await asyncpg.connect(worker_settings.require_database_url())
    async with somebody.transaction():
        await somebody.execute("SELECT FROM area WHERE id = $1 FOR UPDATE", world.grid.id)
        await office.step(checked["id"], "confirm", {"accept_refused": False})
        with running_process("worker", worker_settings, tmp_path / "log") as process:
            for _ in range(STARTS_S * 20):
                seen = await office.get(checked["id"])
                if seen["progress"]["done"]:
                    break
                await asyncio.sleep(0.05)
            assert (seen["status"], seen["progress"]) == ("applying", {"done": 1_000, "total": ROWS})
            assert seen["actions"] == []
            process.kill()
            process.wait()
    await somebody.close()
    assert await count_units(world) == 0
    await world.database.writes.execute("UPDATE pgqueuer SET heartbeat = heartbeat - interval '31 seconds'")
    await office.jobs.drain()
    done = await office.get(checked["id"])
    assert (done["status"], counts(done)) == ("done", (ROWS, 0, 0, 0))
    assert await count_units(world) == ROWS
    written = (tmp_path / "log").read_text()
    assert "厂" not in written
