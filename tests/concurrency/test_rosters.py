"""Two hands on the same roster: nobody stands there twice, and one move counts after the other."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from app.core.db import Database
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import VOLUNTEER
from app.services import enrolments
from app.services.people import Contact
from app.services.transitions import Mover
from tests.concurrency.test_races import together
from tests.factories import World
from tests.roster import enrol, new_contact


def entry(world: World, contact: Contact) -> dict[str, object]:
    return {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id), "skills": []}


class TestEnter:
    async def test_somebody_is_entered_once(self, world: World):
        form = entry(world, new_contact())
        answers = await together(*[world.api.post("/v1/volunteers/enter", world.staff, form) for _ in range(8)])
        assert answers == {"201": 1, "already-enrolled": 7}

    async def test_two_lists_with_the_same_people(self, world: World, database: Database):
        """One list is in as a whole, the other not at all; neither waits for ever."""
        crowd = [new_contact() for _ in range(60)]

        async def load(people: Sequence[Contact]) -> list[UUID] | str:
            entries = [(contact, {"home_area_id": world.grid.id, "skills": []}) for contact in people]
            secret, mover = world.settings.data_key.get_secret_value(), Mover(Party.STAFF, world.staff.id)
            try:
                async with database.transaction() as connection:
                    return await enrolments.enter_many(connection, secret, VOLUNTEER, mover, entries)
            except Problem as refusal:
                return refusal.type.code
            except Exception as error:  # noqa: BLE001 - what the API would make of it
                return getattr(error, "constraint_name", None) or type(error).__name__

        answers = await asyncio.gather(load(crowd), load(crowd[::-1]))
        ids = [answer for answer in answers if isinstance(answer, list)]
        assert len(ids) == 1, answers
        assert {answer for answer in answers if isinstance(answer, str)} <= {
            "already-enrolled",
            "uq_volunteer_person_id",
        }
        count = "SELECT count(*) FROM volunteer WHERE home_area_id = $1"
        assert await database.reads.fetchval(count, world.grid.id) == len(set(ids[0])) == 60

    async def test_while_they_are_being_identified(self, world: World):
        """Whoever comes first: one person with both hats."""
        contact, person = await enrol(world, new_contact()), await world.person()
        asked = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
        asking = (await world.api.post("/v1/identifications", person, asked)).json()["id"]
        answers = await together(
            world.api.post(f"/v1/identifications/{asking}/approve", world.staff),
            world.api.post("/v1/volunteers/enter", world.administrator, entry(world, contact)),
        )
        assert answers == {"200": 1, "201": 1}
        me = (await world.api.get("/v1/me", person)).json()
        assert (me["member_status"], me["volunteer_status"]) == ("approved", "approved")


class TestTransfer:
    async def test_of_moves_and_a_leaving_each_is_whole(self, world: World, database: Database):
        made = await world.api.post("/v1/volunteers/enter", world.staff, entry(world, new_contact()))
        path, reason = f"/v1/volunteers/{made.json()['id']}", {"reason": "搬家。"}
        there = {"home_area_id": str(world.other_grid.id), **reason}
        answers = await together(
            *[world.api.post(f"{path}/transfer", world.staff, there) for _ in range(4)],
            *[world.api.post(f"{path}/leave", world.staff, reason) for _ in range(2)],
        )
        assert answers["200"] in {1, 2}, answers
        open_stays = (
            "SELECT count(*) FROM stay s JOIN volunteer v USING (person_id) WHERE v.id = $1 AND s.until IS NULL"
        )
        assert await database.reads.fetchval(open_stays, UUID(made.json()["id"])) == 0
        moves = "SELECT count(*) FROM event WHERE subject_id = $1 AND action = 'transfer'"
        assert await database.reads.fetchval(moves, UUID(made.json()["id"])) == answers["200"] - 1
