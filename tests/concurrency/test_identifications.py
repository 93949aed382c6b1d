"""Two at once who say that they are the same person, two hands on the same asking: one wins."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.core.db import Database
from app.services import people
from app.services.people import Contact
from tests.concurrency.test_races import together
from tests.factories import World
from tests.people import Person
from tests.roster import enrol, new_contact


async def ask(world: World, person: Person, name: str, phone: str) -> str:
    form = {"name": name, "phone": phone, "home_area_id": str(world.grid.id)}
    response = await world.api.post("/v1/identifications", person, form)
    assert response.status_code == 201, response.text
    return f"/v1/identifications/{response.json()['id']}/approve"


@asynccontextmanager
async def held(world: World, contact: Contact) -> AsyncIterator[None]:
    """Hold on to somebody of the roster, so that whoever wants them waits."""
    found = people.identity_hash(world.settings.data_key.get_secret_value(), contact)
    async with world.database.transaction() as connection:
        await connection.execute("SELECT FROM person WHERE identity_hash = $1 FOR UPDATE", found)
        yield


async def users_of(database: Database, *crowd: Person) -> list[UUID]:
    rows = await database.reads.fetch(
        "SELECT user_id FROM person WHERE user_id = ANY($1)", [person.id for person in crowd]
    )
    return [row["user_id"] for row in rows]


class TestBinding:
    async def test_of_many_users_one_is_the_person(self, world: World):
        contact = await enrol(world, new_contact())
        crowd = [await world.person() for _ in range(7)]
        for person in crowd[:4]:  # they have applied in the app before, so that two become one
            form = {"home_area_id": str(world.grid.id), "skills": []}
            assert (await world.api.post("/v1/volunteers", person, form)).status_code == 201
        paths = [await ask(world, person, contact.name, contact.phone) for person in crowd]
        async with held(world, contact):
            approvals = asyncio.create_task(together(*[world.api.post(path, world.staff) for path in paths]))
            await asyncio.sleep(0.3)
        assert await approvals == {"200": 1, "person-taken": 6}
        helpers = [person for person in crowd if (await world.api.get("/v1/me", person)).json()["member_status"]]
        assert len(helpers) == 1

    async def test_two_hands_on_one_asking(self, world: World, database: Database):
        contact, person = await enrol(world, new_contact()), await world.person()
        path = await ask(world, person, contact.name, contact.phone)
        refuse = path.replace("approve", "refuse")
        answers = await together(
            *[world.api.post(path, world.staff) for _ in range(4)],
            *[world.api.post(refuse, world.staff, {"reason": "请当面核对。"}) for _ in range(4)],
        )
        assert answers == {"200": 1, "state-conflict": 7}
        told = (await world.api.get("/v1/me/identification", person)).json()
        assert len(await users_of(database, person)) == (told["status"] == "approved")

    async def test_nobody_is_bound_to_what_was_asked_before(self, world: World, database: Database):
        """Refused and asked anew with another name, while an approval of the first is under way."""
        first, other, person = (
            await enrol(world, new_contact()),
            await enrol(world, new_contact()),
            await world.person(),
        )
        path = await ask(world, person, first.name, first.phone)
        form = {"name": other.name, "phone": other.phone, "home_area_id": str(world.grid.id)}
        async with held(world, first):
            approval = asyncio.create_task(world.api.post(path, world.staff))
            await asyncio.sleep(0.2)
            refusal = asyncio.create_task(
                world.api.post(path.replace("approve", "refuse"), world.staff, {"reason": "请当面核对。"})
            )
            await asyncio.sleep(0.2)
            await world.api.post("/v1/identifications", person, form)
        await asyncio.gather(approval, refusal)
        bound = await database.reads.fetch(
            """
            SELECT p.identity_hash, i.identity_hash AS asked, i.status FROM person p
            JOIN identification i ON i.user_id = p.user_id WHERE p.user_id = $1
            """,
            person.id,
        )
        assert all(row["identity_hash"] == row["asked"] and row["status"] == "approved" for row in bound)

    async def test_asking_twice_at_once_is_asking_once(self, world: World):
        person, contact = await world.person(), new_contact()
        form = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
        answers = await together(*[world.api.post("/v1/identifications", person, form) for _ in range(6)])
        assert answers == {"201": 1, "already-enrolled": 5}

    async def test_while_the_asker_applies_in_the_app(self, world: World, database: Database):
        """Whoever comes first: in the end there is one person, and they are what both made them."""
        for _ in range(4):
            contact, person = await enrol(world, new_contact()), await world.person()
            path = await ask(world, person, contact.name, contact.phone)
            form = {"home_area_id": str(world.grid.id), "skills": ["理发"]}
            answers = await together(world.api.post(path, world.staff), world.api.post("/v1/volunteers", person, form))
            assert answers["201"] == 1, answers
            if answers["200"] == 0:
                assert (await world.api.post(path, world.staff)).status_code == 200
            me = (await world.api.get("/v1/me", person)).json()
            assert (me["member_status"], me["volunteer_status"]) == ("approved", "applied")
            assert len(await users_of(database, person)) == 1
