"""Imports at once: each waits its turn, none deadlocks, and a job that runs twice writes once."""

import asyncio
from uuid import UUID

from app.core.ids import new_id
from app.services import people
from app.services.imports import applying
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.imports import Office, counts, xlsx
from tests.roster import enrol, new_contact

HEAD = ("单位名称", "单位类型")
ENTER = "INSERT INTO member (id, person_id, kind, home_area_id, status) VALUES ($1, $2, 'floating', $3, 'approved')"
WAITING = """
    SELECT EXISTS (
        SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE NOT l.granted AND l.locktype = $1 AND a.datname = current_database()
    )
"""
NAMES = [f"单位厂{number}" for number in range(300)]


async def confirmed(office: Office, *files: tuple[object, list[tuple[str, str]]]) -> list[UUID]:
    """Have files checked and then confirmed, and leave the writing to the test."""
    checked = [await office.checked("units", area_id, xlsx(HEAD, *rows)) for area_id, rows in files]
    for told in checked:
        response = await office.step(told["id"], "confirm", {"accept_refused": True})
        assert response.status_code == 200
    return [UUID(told["id"]) for told in checked]


def secret_of(world: World) -> str:
    return world.settings.data_key.get_secret_value()


async def until_waiting(world: World, locked: str) -> None:
    """Return when an import waits for a lock: an advisory one, or somebody's transaction."""
    for _ in range(400):
        if await world.database.reads.fetchval(WAITING, locked):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"nobody waits for a lock of kind {locked}")


async def test_one_waits_for_another_below_the_same_root(world: World, api: ApiClient, jobs: Jobs):
    office = Office(api, jobs, world.administrator)
    [import_id] = await confirmed(office, (world.grid.id, [("甲厂", "企业")]))
    async with world.database.transaction() as another:
        await another.execute(applying.LOCK_ROOT, str(world.district.id))
        writing = asyncio.create_task(applying.apply(world.database, secret_of(world), import_id))
        await until_waiting(world, "advisory")
        assert (await office.get(str(import_id)))["status"] == "applying"
    await writing
    assert (await office.get(str(import_id)))["status"] == "done"


async def test_somebody_is_transferred_while_their_roster_is_judged(world: World, api: ApiClient, jobs: Jobs):
    """The transfer is not overwritten: the row is another than what was seen."""
    office, contact = Office(api, jobs, world.administrator), await enrol(world, new_contact("郑一"))
    content = xlsx(("姓名", "电话", "网格", "党员类型"), (contact.name, contact.phone, "", "退休"))
    checked = await office.checked("members", world.district.id, content)
    assert counts(checked) == (0, 1, 0, 0)
    assert (await office.step(checked["id"], "confirm", {"accept_refused": True})).status_code == 200
    moved = "UPDATE member SET home_area_id = $2, kind = 'unassigned' WHERE home_area_id = $1"
    async with world.database.transaction() as another:
        await another.execute(moved, world.grid.id, world.other_grid.id)
        writing = asyncio.create_task(applying.apply(world.database, secret_of(world), UUID(checked["id"])))
        await until_waiting(world, "transactionid")
    await writing
    assert counts(await office.get(checked["id"])) == (0, 0, 0, 1)
    kinds = "SELECT kind FROM member WHERE home_area_id = $1"
    assert await world.database.reads.fetchval(kinds, world.other_grid.id) == "unassigned"


async def test_somebody_is_entered_while_their_roster_is_written(world: World, api: ApiClient, jobs: Jobs):
    """Everything is judged once more, and the others are written."""
    office, contacts = Office(api, jobs, world.administrator), [new_contact("冯二"), new_contact("陈三")]
    rows = [(contact.name, contact.phone, world.grid.name, "退休") for contact in contacts]
    checked = await office.checked("members", world.district.id, xlsx(("姓名", "电话", "网格", "党员类型"), *rows))
    assert (await office.step(checked["id"], "confirm", {"accept_refused": True})).status_code == 200
    async with world.database.transaction() as another:
        person_id = await people.enter(another, secret_of(world), contacts[0])
        await another.execute(ENTER, new_id(), person_id, world.grid.id)
        writing = asyncio.create_task(applying.apply(world.database, secret_of(world), UUID(checked["id"])))
        await until_waiting(world, "transactionid")
    await writing
    done = await office.get(checked["id"])
    assert (done["status"], counts(done)) == ("done", (1, 0, 0, 1))
    [row] = await office.rows(checked["id"], "refused")
    assert row["label"] == "冯二"


async def test_a_job_that_runs_twice_at_once_writes_once(world: World, api: ApiClient, jobs: Jobs):
    office = Office(api, jobs, world.administrator)
    [import_id] = await confirmed(office, (world.grid.id, [(name, "企业") for name in NAMES]))
    await asyncio.gather(*(applying.apply(world.database, secret_of(world), import_id) for _ in range(3)))
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
    secret = secret_of(world)
    await asyncio.gather(*(applying.apply(world.database, secret, import_id) for import_id in (backwards, forwards)))
    ends = [counts(await office.get(str(import_id))) for import_id in (forwards, backwards)]
    # Whoever came second found other rows than a person had seen, and left them.
    assert sorted(ends) == [(0, 0, 0, len(NAMES)), (0, len(NAMES), 0, 0)]
    kinds = await world.database.reads.fetch("SELECT DISTINCT kind FROM unit WHERE area_id = $1", world.community.id)
    assert len(kinds) == 1
