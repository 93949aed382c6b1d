"""What the database itself refuses of the tree of areas, whoever writes, and what it remembers."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core.db import Database
from app.core.ids import new_id
from app.domain.kinds import AreaKind
from tests.factories import World, make_area

INSERT = (
    "INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required) VALUES ($1, $2, $3, $4, $5, true)"
)
CLOSE = "UPDATE area SET closed_at = clock_timestamp() WHERE id = ANY($1)"


async def write(database: Database, statement: str, *arguments: Any) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement, *arguments)


async def periods(database: Database, area_id: UUID) -> list[asyncpg.Record]:
    return await database.reads.fetch("SELECT * FROM area_period WHERE area_id = $1 ORDER BY since", area_id)


class TestLineage:
    async def test_it_is_that_of_the_area_above(self, world: World, database: Database):
        """The last two steps alone look right here."""
        area_id = new_id()
        strange = [world.neighbour.id, world.community.id, area_id]
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await write(database, INSERT, area_id, world.community.id, "grid", "空降网格", strange)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await write(
                database,
                "UPDATE area SET lineage = $2 WHERE id = $1",
                world.grid.id,
                [world.neighbour.id, world.community.id, world.grid.id],
            )

    async def test_no_area_moves_without_those_below_it(self, world: World, database: Database):
        alone = "UPDATE area SET parent_id = $2, lineage = ARRAY[$2::uuid, id] WHERE id = $1"
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await write(database, alone, world.community.id, world.neighbour.id)

    @pytest.mark.parametrize("lineage", [[], ["parent"], ["parent", "other", "self"]])
    async def test_a_root_stands_alone(self, world: World, database: Database, lineage: list[str]):
        area_id = new_id()
        ids = {"parent": world.district.id, "other": world.grid.id, "self": area_id}
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.DataError)):
            await write(database, INSERT, area_id, None, "district", "新区", [ids[name] for name in lineage])

    async def test_nothing_lies_below_itself(self, world: World, database: Database):
        ring = "UPDATE area SET parent_id = $2, lineage = $3 WHERE id = $1"
        below = [*world.grid.lineage, world.community.id]
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await write(database, ring, world.community.id, world.grid.id, below)


class TestNames:
    async def test_roots_have_names_of_their_own_too(self, world: World, database: Database):
        area_id = new_id()
        with pytest.raises(asyncpg.UniqueViolationError):
            await write(database, INSERT, area_id, None, "district", world.district.name, [area_id])


class TestClosing:
    async def test_is_for_ever(self, world: World, database: Database):
        await write(database, CLOSE, [world.grid.id])
        for again in ("NULL", "now()"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await write(database, f"UPDATE area SET closed_at = {again} WHERE id = $1", world.grid.id)

    async def test_not_while_something_open_lies_below(self, world: World, database: Database):
        with pytest.raises(asyncpg.RestrictViolationError):
            await write(database, CLOSE, [world.community.id])
        await write(database, CLOSE, [world.grid.id])
        await write(database, CLOSE, [world.other_grid.id])
        await write(database, CLOSE, [world.community.id])

    async def test_nothing_is_put_into_it(self, world: World, database: Database):
        unit = "INSERT INTO unit (id, area_id, kind, name) VALUES ($1, $2, 'government', '派出所')"
        await write(database, unit, new_id(), world.other_grid.id)
        await write(database, CLOSE, [world.grid.id])
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await write(database, unit, new_id(), world.grid.id)
        assert refused.value.constraint_name == "area_open"
        with pytest.raises(asyncpg.CheckViolationError):
            await write(database, "UPDATE unit SET area_id = $2 WHERE area_id = $1", world.other_grid.id, world.grid.id)


class TestPeriods:
    async def test_one_from_the_beginning(self, world: World, database: Database):
        [period] = await periods(database, world.grid.id)
        area = await database.reads.fetchrow("SELECT * FROM area WHERE id = $1", world.grid.id)
        assert area is not None
        assert (period["since"], period["until"]) == (area["created_at"], None)
        for name in ("parent_id", "kind", "name", "code", "lineage"):
            assert period[name] == area[name]

    async def test_the_next_begins_where_the_last_ends_and_a_closed_area_has_none(
        self, world: World, database: Database
    ):
        async with database.transaction() as connection:  # several in one transaction, faster than any clock
            for name in ("甲", "乙", "丙", "丙"):
                await connection.execute("UPDATE area SET name = $2 WHERE id = $1", world.grid.id, name)
        await write(database, CLOSE, [world.grid.id])
        found = await periods(database, world.grid.id)
        assert [period["name"] for period in found] == [world.grid.name, "甲", "乙", "丙"]
        assert [period["until"] for period in found[:-1]] == [period["since"] for period in found[1:]]
        closed_at = await database.reads.fetchval("SELECT closed_at FROM area WHERE id = $1", world.grid.id)
        assert found[-1]["until"] == closed_at
        await write(database, "UPDATE area SET name = '丁' WHERE id = $1", world.grid.id)
        assert len(await periods(database, world.grid.id)) == 4

    async def test_a_second_open_one_is_refused(self, world: World, database: Database):
        again = """
            INSERT INTO area_period (area_id, since, parent_id, kind, name, lineage)
            SELECT id, now(), parent_id, kind, name, lineage FROM area WHERE id = $1
        """
        with pytest.raises(asyncpg.UniqueViolationError):
            await write(database, again, world.grid.id)

    async def test_a_new_area_is_remembered_whoever_makes_it(self, database: Database):
        area = await make_area(database, None, AreaKind.DISTRICT)
        [period] = await periods(database, area.id)
        assert period["name"] == area.name
