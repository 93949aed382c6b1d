"""``echowall add-area``: the roots of the tree, by the operator's hand."""

import asyncio
from uuid import UUID, uuid4

import pytest

from app.core.settings import Settings
from tests.e2e.commands import run
from tests.factories import World
from tests.random_words import letters


async def add_area(settings: Settings, *arguments: str) -> tuple[int, str]:
    done = await asyncio.to_thread(run, settings.require_database_url(), "add-area", *arguments)
    return done.returncode, done.stdout


async def test_a_root_and_its_event(world: World, settings: Settings):
    name, code = f"新区{letters(6)}", str(uuid4().int)[:6]
    status, told = await add_area(settings, name, "--code", code)
    assert status == 0, told
    area = (await world.api.get(f"/v1/areas/{UUID(told.strip())}")).json()
    assert (area["name"], area["code"], area["kind"], area["parent_id"]) == (name, code, "district", None)
    event = "SELECT (action, to_state, party) FROM event WHERE subject_id = $1"
    assert tuple(await world.database.reads.fetchval(event, UUID(area["id"]))) == ("add", "open", "system")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["district"], "Another area beside it has the name."),
        (["新区", "--kind", "grid"], "Areas of this kind do not lie below that one."),
        ([""], "A name has 1 to 50 characters that can be seen."),
        (["新区", "--code", "37"], "A code has 6 to 18 digits."),
    ],
)
async def test_what_cannot_be_is_a_sentence(world: World, settings: Settings, arguments: list[str], sentence: str):
    arguments = [world.district.name if word == "district" else word for word in arguments]
    status, told = await add_area(settings, *arguments)
    assert status == 2
    assert told.strip() == sentence
