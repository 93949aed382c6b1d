"""What people were told, for tests of who is told what."""

from typing import Any

from tests.factories import World
from tests.people import Person

Message = dict[str, Any]


async def read_all(world: World, person: Person) -> list[Message]:
    """Return everything that somebody was told, oldest first, and mark it as read.

    Whoever is told of a thing may look at it, and no place of a text is left open.
    """
    answer = await world.api.get("/v1/me/messages", person, unread=True, limit=50)
    items: list[Message] = answer.json()["items"]
    for item in items:
        assert "{" not in item["title"] + item["body"]
        looked = await world.api.get(item["subject"]["path"], person)
        assert looked.status_code == 200, (item["kind"], looked.text)
    if items:
        await world.api.post("/v1/me/messages/read", person, {"up_to_id": items[0]["id"]})
    return items[::-1]


async def told(world: World, *people: Person) -> list[list[str]]:
    """Return the kinds of what each of these people was told since this was asked last."""
    return [[item["kind"] for item in await read_all(world, person)] for person in people]
