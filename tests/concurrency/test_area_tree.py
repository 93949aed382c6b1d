"""Changes of the tree at the same time as everything else: what is closed gets nothing, and nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.caller import Caller, HeldGrant, Role
from app.domain.kinds import AreaKind
from app.models import Area
from app.schemas.areas import AreaMergeIn
from app.services.area_changes import merging
from app.services.area_changes.belongings import count_left
from app.services.area_changes.following import PIECE
from app.services.area_changes.hanging import HANG
from tests.concurrency.test_races import together
from tests.factories import World, make_area

CLOSE = "UPDATE area SET closed_at = clock_timestamp() WHERE id = $1"
UNIT = "INSERT INTO unit (id, area_id, kind, name) VALUES ($1, $2, 'government', '派出所')"
POST = """
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required)
    SELECT $1, id, 'post', '一号楼', lineage || $1::uuid, true FROM area WHERE id = $2
"""
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid = coalesce($1, pid)"


@pytest.fixture
async def connect(settings: Settings) -> Callable[[], Awaitable[asyncpg.Connection]]:
    async def open_one() -> asyncpg.Connection:
        return await asyncpg.connect(settings.require_database_url())

    return open_one


async def wait_until_blocked(
    database: Database, connection: asyncpg.Connection | None = None, *, number: int = 1
) -> None:
    """Return once the connection, or so many of anybody, wait for a lock."""
    for _ in range(500):
        if await database.reads.fetchval(WAITING, connection and connection.get_server_pid()) >= number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def left_in(database: Database, area: Area) -> dict[str, int]:
    async with database.transaction() as connection:
        return await count_left(connection, area.id)


async def change(world: World, area: Area, verb: str, **form: object) -> httpx.Response:
    return await world.api.post(f"/v1/areas/{area.id}/{verb}", world.administrator, {"reason": "区划调整。"} | form)


class TestMoves:
    async def test_two_make_no_ring(self, world: World, database: Database):
        for _ in range(3):
            one, other = [await make_area(database, world.district, AreaKind.COMMUNITY) for _ in range(2)]
            answers = await together(
                change(world, one, "move", parent_id=str(other.id)),
                change(world, other, "move", parent_id=str(one.id)),
            )
            assert answers == {"200": 1, "area-into-itself": 1}

    async def test_nor_does_the_database_let_them(
        self, world: World, database: Database, connect: Callable[[], Awaitable[asyncpg.Connection]]
    ):
        """Without the lock that changes of the tree wait for."""
        one, other = [await make_area(database, world.district, AreaKind.COMMUNITY) for _ in range(2)]
        first, second = await connect(), await connect()
        try:
            async with first.transaction():
                await first.execute(HANG, one.id, other.lineage, len(one.lineage), other.id, one.name)
                ring = (HANG, other.id, one.lineage, len(other.lineage), one.id, other.name)
                moving = asyncio.create_task(second.execute(*ring))
                await wait_until_blocked(database, second)
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await moving
        finally:
            await first.close()
            await second.close()

    async def test_what_is_added_below_meanwhile_moves_along(self, world: World, database: Database):
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        forms = [{"parent_id": str(world.grid.id), "kind": "post", "name": f"{n}号楼"} for n in range(6)]
        answers = await together(
            *[world.api.post("/v1/areas", world.administrator, form) for form in forms],
            change(world, world.grid, "move", parent_id=str(other.id)),
        )
        assert answers == {"201": 6, "200": 1}
        below = "SELECT count(*) FROM area WHERE lineage @> $1"
        assert await database.reads.fetchval(below, [*other.lineage, world.grid.id]) == 7


class TestHandingUp:
    async def test_into_what_is_being_merged(self, world: World, database: Database):
        """Whoever hands up or down waits, and hands to what took the place of the area that has gone."""
        other = await make_area(database, world.district, AreaKind.STREET)
        street_id = world.community.lineage[1]
        up, down = await world.complaint(), await world.complaint()
        for complaint in (up, down, down, down):
            await world.api.post(f"/v1/complaints/{complaint}/escalate", world.staff, {"reason": "难。"})
        caller = Caller(world.administrator.id, grants=(HeldGrant(Role.ADMINISTRATOR, world.district.id),))
        ways = [(up, "escalate"), (down, "return")]
        async with database.transaction() as connection:
            await merging.merge(connection, caller, street_id, AreaMergeIn(into_id=other.id, reason="合并。"))
            handed = [
                asyncio.create_task(
                    world.api.post(f"/v1/complaints/{complaint}/{action}", world.staff, {"reason": "网格办不了。"})
                )
                for complaint, action in ways
            ]
            await wait_until_blocked(database, number=2)
        assert [(await task).status_code for task in handed] == [200] * 2
        for complaint, _ in ways:
            handler = await database.reads.fetchval("SELECT handler_id FROM complaint WHERE id = $1", complaint)
            assert handler == other.id


class TestMerging:
    async def test_whatever_comes_meanwhile_goes_along_or_is_refused(self, world: World, database: Database):
        people = [await world.person() for _ in range(20)]
        form = {"area_id": str(world.grid.id), "category": "elderly", "title": "换灯泡", "body": "坏了。"}
        answers = await together(
            *[world.api.post("/v1/wishes", person, form) for person in people[:10]],
            change(world, world.grid, "merge", into_id=str(world.other_grid.id)),
            *[world.api.post("/v1/wishes", person, form) for person in people[10:]],
        )
        assert answers["200"] == 1
        assert answers["201"] + answers["area-closed"] == len(people)
        assert await left_in(database, world.grid) == {}
        here = "SELECT count(*) FROM wish WHERE area_id = $1"
        assert await database.reads.fetchval(here, world.other_grid.id) == answers["201"]

    async def test_whoever_is_at_work_waits_for_nobody_who_waits_for_them(self, world: World, database: Database):
        """A wish is locked when its task is put into the area; a complaint, when it opens, after the area."""
        wishes = [await world.wish(await world.person(), "reviewing") for _ in range(12)]
        complaints = [await world.complaint(status="reviewing") for _ in range(6)]
        accepted = [await world.complaint(status="accepted") for _ in range(6)]
        call = {"title": None, "body": None, "seats": 1}
        work = [
            *[world.api.post(f"/v1/wishes/{wish}/approve", world.staff) for wish in wishes],
            *[world.api.post(f"/v1/complaints/{complaint}/admit", world.staff) for complaint in complaints],
            *[world.api.post(f"/v1/complaints/{complaint}/call-helpers", world.staff, call) for complaint in accepted],
        ]
        merging = change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        answers = await together(*work[::2], merging, *work[1::2])
        assert answers == {"200": len(work) + 1}
        assert await left_in(database, world.grid) == {}
        tasks = "SELECT count(*) FROM task WHERE area_id = $1"
        assert await database.reads.fetchval(tasks, world.other_grid.id) == len(wishes) + len(accepted)

    async def test_it_waits_for_what_is_open_before_it_locks_the_area(
        self, world: World, database: Database, connect: Callable[[], Awaitable[asyncpg.Connection]]
    ):
        wish = await world.wish(await world.person(), "reviewing")
        publisher = await connect()
        try:
            async with publisher.transaction():
                await publisher.execute("SELECT FROM wish WHERE id = $1 FOR NO KEY UPDATE", wish)
                merging = asyncio.create_task(change(world, world.grid, "merge", into_id=str(world.other_grid.id)))
                await wait_until_blocked(database)
                await publisher.execute(UNIT, new_id(), world.grid.id)
            assert (await merging).status_code == 200
        finally:
            await publisher.close()
        assert await left_in(database, world.grid) == {}

    async def test_two_into_each_other(self, world: World):
        answers = await together(
            change(world, world.grid, "merge", into_id=str(world.other_grid.id)),
            change(world, world.other_grid, "merge", into_id=str(world.grid.id)),
        )
        assert answers == {"200": 1, "area-closed": 1}

    async def test_thousands_go_in_pieces(self, world: World, database: Database):
        author = await world.person()
        many = """
            INSERT INTO wish (id, author_id, area_id, category, title, body, status)
            SELECT gen_random_uuid(), $1, $2, 'elderly', '换灯泡', '坏了。', 'reviewing' FROM generate_series(1, $3)
        """
        await database.writes.execute(many, author.id, world.grid.id, PIECE * 2 + 1)
        await together(change(world, world.grid, "merge", into_id=str(world.other_grid.id)))
        told = """
            SELECT count(*) FROM event e JOIN wish w ON w.id = e.subject_id
            WHERE e.subject_kind = 'wish' AND e.action = 'follow' AND w.area_id = $1
        """
        assert await database.reads.fetchval(told, world.other_grid.id) == PIECE * 2 + 1


class TestClosing:
    async def test_what_comes_meanwhile_keeps_it_open_or_is_refused(self, world: World):
        for _ in range(4):
            area = await make_area(world.database, world.community)
            form = {"area_id": str(area.id), "category": "elderly", "title": "换灯泡", "body": "坏了。"}
            answers = await together(
                world.api.post("/v1/wishes", await world.person(), form), change(world, area, "close")
            )
            assert answers in ({"201": 1, "area-not-empty": 1}, {"200": 1, "area-closed": 1})

    @pytest.mark.parametrize("statement", [UNIT, POST], ids=["unit", "area"])
    async def test_whoever_comes_while_it_is_closed_waits_and_is_refused(
        self,
        world: World,
        database: Database,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        statement: str,
    ):
        closer, comer = await connect(), await connect()
        try:
            async with closer.transaction():
                await closer.execute(CLOSE, world.grid.id)
                coming = asyncio.create_task(comer.execute(statement, new_id(), world.grid.id))
                await wait_until_blocked(database, comer)
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await coming
            assert refused.value.constraint_name == "area_open"
        finally:
            await closer.close()
            await comer.close()

    async def test_whoever_closes_waits_for_those_who_came_and_sees_them(
        self, world: World, database: Database, connect: Callable[[], Awaitable[asyncpg.Connection]]
    ):
        closer, comer = await connect(), await connect()
        try:
            async with comer.transaction():
                await comer.execute(POST, new_id(), world.grid.id)
                closing = asyncio.create_task(closer.execute(CLOSE, world.grid.id))
                await wait_until_blocked(database, closer)
            with pytest.raises(asyncpg.RestrictViolationError):
                await closing
        finally:
            await closer.close()
            await comer.close()

    async def test_those_who_come_do_not_wait_for_each_other_nor_for_other_changes(
        self, world: World, connect: Callable[[], Awaitable[asyncpg.Connection]]
    ):
        """A policy's version and a joint case lock the area as well: nobody has to wait for that."""
        holder, comer = await connect(), await connect()
        try:
            async with holder.transaction():
                await holder.execute("SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE", world.grid.id)
                await holder.execute(UNIT, new_id(), world.grid.id)
                await comer.execute("SET lock_timeout = '1s'")
                await comer.execute(POST, new_id(), world.grid.id)
        finally:
            await holder.close()
            await comer.close()
