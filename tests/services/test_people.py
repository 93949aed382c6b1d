"""People as offices know them: entered once, found by name and number, sealed; and where their hats were."""

import asyncio
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.core.security import BrokenSealError
from app.domain.kinds import Hat
from app.services import people
from app.services.people import Contact
from tests.factories import World, make_member, person_of

SECRET = "a secret of the tests, longer than thirty-two"


def new_contact(name: str = "王小明") -> Contact:
    return Contact(name, f"139{uuid4().int % 10**8:08}")


async def enter(database: Database, *contacts: Contact) -> list[UUID]:
    async with database.transaction() as connection:
        return await people.enter_many(connection, SECRET, contacts)


class TestContact:
    @pytest.mark.parametrize("name", ["张三", " 张三", "张　三", "张 三 ", "张\t三"])
    def test_lists_adjust_names_with_blanks(self, name: str):
        assert Contact(name, "13900000000").name == "张三"

    def test_names_of_several_words_keep_them_apart(self):
        assert Contact("  Anna   Maria ", "13900000000").name == "Anna Maria"
        assert Contact("买买提·艾力", "13900000000").name == "买买提·艾力"

    @pytest.mark.parametrize(
        "phone",
        [
            "13812345678",
            "138 1234 5678",
            "138-1234-5678",
            "+8613812345678",
            "008613812345678",
            "\uff11\uff13\uff1812345678",
        ],
    )
    def test_numbers_are_their_digits(self, phone: str):
        assert Contact("张三", phone).phone == "13812345678"

    def test_a_landline_keeps_its_area_code(self):
        assert Contact("张三", "0533-6430000").phone == "05336430000"
        assert Contact("张三", "8610101010").phone == "8610101010"


class TestEnter:
    async def test_the_same_person_twice_is_one(self, database: Database):
        who, other = new_contact(), new_contact()
        first = await enter(database, who, other, who)
        assert first[0] == first[2] != first[1]
        assert await enter(database, other, who) == [first[1], first[0]]

    async def test_a_couple_shares_a_telephone_and_stays_two(self, database: Database):
        husband = new_contact("王小明")
        wife = Contact("李小红", husband.phone)
        assert len(set(await enter(database, husband, wife))) == 2
        shared = people.phone_hash(SECRET, husband.phone)
        assert await database.reads.fetchval("SELECT count(*) FROM person WHERE phone_hash = $1", shared) == 2

    async def test_two_lists_at_once_make_each_person_once(self, database: Database):
        crowd = [new_contact() for _ in range(50)]
        one, other = await asyncio.gather(enter(database, *crowd), enter(database, *reversed(crowd)))
        assert one == other[::-1]
        assert len(set(one)) == 50

    async def test_the_tables_tell_neither_name_nor_number(self, database: Database):
        who = new_contact("欧阳小满")
        [person_id] = await enter(database, who)
        row = await database.reads.fetchrow("SELECT * FROM person WHERE id = $1", person_id)
        assert row is not None
        for stored in (row["sealed"], row["identity_hash"], row["phone_hash"]):
            assert who.name.encode() not in stored
            assert who.phone.encode() not in stored
        assert people.read(SECRET, person_id, row["sealed"]) == who
        with pytest.raises(BrokenSealError):
            people.read(SECRET, uuid4(), row["sealed"])
        with pytest.raises(BrokenSealError):
            people.read(SECRET + "!", person_id, row["sealed"])

    async def test_a_user_is_one_person_however_often_asked(self, world: World):
        someone = await world.person()
        both = await asyncio.gather(person_of(world.database, someone), person_of(world.database, someone))
        assert both[0] == both[1]


class TestStays:
    async def test_the_database_writes_down_where_somebody_was(self, world: World):
        someone = await world.person()
        member_id = await make_member(world.database, someone, world.grid, world.unit_id, "applied")
        person_id = await person_of(world.database, someone)
        assert await stays(world, person_id) == []
        for change in (
            "status = 'approved'",
            "kind = 'retired'",
            f"home_area_id = '{world.other_grid.id}'",
            "status = 'refused'",
        ):
            await world.database.writes.execute(f"UPDATE member SET {change} WHERE id = $1", member_id)
        assert await stays(world, person_id) == [
            (Hat.MEMBER, world.grid.id, True),
            (Hat.MEMBER, world.other_grid.id, True),
        ]

    async def test_the_next_begins_where_the_last_ended_at_the_earliest(self, world: World):
        someone = await world.person()
        member_id = await make_member(world.database, someone, world.grid, world.unit_id)
        move = "UPDATE member SET home_area_id = $2 WHERE id = $1"
        for area in (world.other_grid, world.grid, world.other_grid):
            await world.database.writes.execute(move, member_id, area.id)
        rows = await world.database.reads.fetch(
            "SELECT since, until FROM stay WHERE person_id = $1 ORDER BY since",
            await person_of(world.database, someone),
        )
        assert len(rows) == 4
        assert all(one["until"] <= other["since"] for one, other in pairwise(rows))
        assert rows[-1]["until"] is None


async def stays(world: World, person_id: UUID) -> list[tuple[str, UUID, bool]]:
    """Return hat, grid and whether it is over, oldest first."""
    rows = await world.database.reads.fetch(
        "SELECT hat, area_id, until IS NOT NULL AS is_over FROM stay WHERE person_id = $1 ORDER BY since", person_id
    )
    return [(row["hat"], row["area_id"], row["is_over"]) for row in rows]
