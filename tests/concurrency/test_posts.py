"""Posts under races: one holder at a time, and no role without a post or post without its role."""

import asyncio
from uuid import uuid4

from app.core.db import Database
from app.services import people, posts
from tests.concurrency.test_races import together
from tests.factories import World

HOLDERS = "SELECT count(*) FROM post_holding WHERE post_id = $1 AND until IS NULL"
GRANTS = 'SELECT count(*) FROM "grant" g JOIN post_holding h ON h.id = g.holding_id WHERE h.post_id = $1'


async def test_many_appointments_at_once_leave_one_holder(world: World, database: Database):
    post_id = await world.post(role="staff")
    crowd = [await world.person() for _ in range(8)]
    path = f"/v1/posts/{post_id}/appoint"
    answers = await together(
        *[world.api.post(path, world.administrator, {"user_id": str(person.id)}) for person in crowd]
    )
    assert answers == {"200": 8}
    assert await database.reads.fetchval(HOLDERS, post_id) == 1
    assert await database.reads.fetchval(GRANTS, post_id) == 1


async def test_who_becomes_known_while_being_appointed_has_the_role(world: World, database: Database):
    secret = world.settings.data_key.get_secret_value()
    for _ in range(10):
        post_id, user = await world.post(role="staff"), await world.person()
        contact = {"name": "李大姐", "phone": f"139{uuid4().int % 10**8:08}"}
        async with database.transaction() as connection:
            person_id = await people.enter(connection, secret, people.Contact(**contact))

        async def become_known(person_id=person_id, user=user) -> None:
            async with database.transaction() as connection:
                await connection.execute("UPDATE person SET user_id = $2 WHERE id = $1", person_id, user.id)
                await posts.give_grants(connection, person_id)

        path = f"/v1/posts/{post_id}/appoint"
        answer, _ = await asyncio.gather(world.api.post(path, world.administrator, contact), become_known())
        assert answer.status_code == 200, answer.text
        assert await database.reads.fetchval(GRANTS, post_id) == 1
