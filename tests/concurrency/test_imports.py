"""Imports at once: each waits its turn, none deadlocks, and a job that runs twice writes once."""

import asyncio
from uuid import UUID

from app.services.imports import applying
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.imports import Office, counts, xlsx

HEAD = ("单位名称", "单位类型")
NAMES = [f"单位厂{number}" for number in range(300)]


async def confirmed(office: Office, *files: tuple[object, list[tuple[str, str]]]) -> list[UUID]:
    """Have files checked and then confirmed, and leave the writing to the test."""
    checked = [await office.checked("units", area_id, xlsx(HEAD, *rows)) for area_id, rows in files]
    for told in checked:
        response = await office.step(told["id"], "confirm", {"accept_refused": True})
        assert response.status_code == 200
    return [UUID(told["id"]) for told in checked]


async def test_a_job_that_runs_twice_at_once_writes_once(world: World, api: ApiClient, jobs: Jobs):
    office = Office(api, jobs, world.administrator)
    [import_id] = await confirmed(office, (world.grid.id, [(name, "企业") for name in NAMES]))
    secret = world.settings.data_key.get_secret_value()
    await asyncio.gather(*(applying.apply(world.database, secret, import_id) for _ in range(3)))
    done = await office.get(str(import_id))
    assert (done["status"], counts(done)) == ("done", (len(NAMES), 0, 0, 0))
    events = await world.database.reads.fetchval(
        "SELECT count(*) FROM event e JOIN unit u ON u.id = e.subject_id WHERE u.area_id = $1", world.grid.id
    )
    assert events == len(NAMES)


async def test_the_same_rows_in_two_files_in_opposite_orders(world: World, api: ApiClient, jobs: Jobs):
    office = Office(api, jobs, world.administrator)
    await office.taken("units", world.community.id, xlsx(HEAD, *((name, "企业") for name in NAMES)))
    forwards, backwards = await confirmed(
        office,
        (world.community.id, [(name, "物业") for name in NAMES]),
        (world.community.id, [(name, "部门") for name in reversed(NAMES)]),
    )
    told = [(await office.get(str(import_id)))["notice"] for import_id in (forwards, backwards)]
    assert told == [None, "前面还有一次导入正在写入，完成后自动继续，请稍候。"]
    secret = world.settings.data_key.get_secret_value()
    await asyncio.gather(*(applying.apply(world.database, secret, import_id) for import_id in (backwards, forwards)))
    ends = [counts(await office.get(str(import_id))) for import_id in (forwards, backwards)]
    # Whoever came second found other rows than a person had seen, and left them.
    assert sorted(ends) == [(0, 0, 0, len(NAMES)), (0, len(NAMES), 0, 0)]
    kinds = await world.database.reads.fetch("SELECT DISTINCT kind FROM unit WHERE area_id = $1", world.community.id)
    assert len(kinds) == 1
