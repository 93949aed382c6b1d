"""Making call-outs and the people they call."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from tests.factories import World
from tests.people import Person

FORM: dict[str, Any] = {"emergency": "暴雨内涝", "instructions": "请到社区广场集合，带上雨具。"}


async def ordered(world: World, **changes: Any) -> UUID:
    """Have staff order a call-out of the community, where there is somebody; return its id."""
    form = FORM | {"area_id": str(world.community.id)} | changes
    await world.helper()
    response = await world.api.post("/v1/call-outs", world.staff, form)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def gathering(world: World, **changes: Any) -> UUID:
    """Have the administrator confirm it."""
    call_out_id = await ordered(world, **changes)
    response = await world.api.post(f"/v1/call-outs/{call_out_id}/confirm", world.administrator)
    assert response.status_code == 200, response.text
    return call_out_id


async def stood_down(world: World, **changes: Any) -> UUID:
    """Have staff end it."""
    call_out_id = await gathering(world, **changes)
    await end(world, call_out_id)
    return call_out_id


async def end(world: World, call_out_id: UUID) -> None:
    """Have staff end a call-out."""
    form = {"summary": "积水已退，人员全部返回。"}
    response = await world.api.post(f"/v1/call-outs/{call_out_id}/stand-down", world.staff, form)
    assert response.status_code == 200, response.text


async def say(world: World, person: Person, call_out_id: UUID, answer: str, minutes: int | None = None) -> None:
    """Have somebody answer."""
    form = {"answer": answer, "minutes": minutes}
    response = await world.api.put(f"/v1/call-outs/{call_out_id}/answer", person, form)
    assert response.status_code == 200, response.text


async def place_of(world: World, call_out_id: UUID, person: Person) -> UUID:
    """Return under which id somebody was called."""
    query = """
        SELECT x.id FROM call_out_person x JOIN person p ON p.id = x.person_id
        WHERE x.call_out_id = $1 AND p.user_id = $2
    """
    found: UUID = await world.database.reads.fetchval(query, call_out_id, person.id)
    return found


async def group_of(world: World, call_out_id: UUID, leader_id: UUID, *people_ids: UUID, name: str = "一组") -> UUID:
    """Have staff put people together under a leader; return the group's id."""
    form = {"name": name, "leader_id": str(leader_id), "people_ids": [str(one) for one in people_ids]}
    response = await world.api.post(f"/v1/call-outs/{call_out_id}/groups", world.staff, form)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


class Stream:
    """Server-sent events as they come: a client of the application that reads while it is being answered."""

    def __init__(self) -> None:
        self.parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.rest = ""

    async def next_event(self) -> tuple[str, dict[str, Any]]:
        """Return the next event, or ``closed``."""
        async with asyncio.timeout(30):
            while True:
                block, found, rest = self.rest.partition("\n\n")
                if not found:
                    part = await self.parts.get()
                    if part["type"] == "http.response.body":
                        self.rest += part["body"].decode()
                        if not part.get("more_body"):
                            return "closed", {}
                    continue
                self.rest = rest
                fields = dict(line.split(": ", 1) for line in block.splitlines())
                if "event" in fields:
                    return fields["event"], json.loads(fields["data"])


@asynccontextmanager
async def watching(world: World, person: Person, call_out_id: UUID) -> AsyncIterator[Stream]:
    """Watch a call-out; whoever watches is gone at the end."""
    stream, gone = Stream(), asyncio.Event()
    headers = [(b"authorization", f"Bearer {person.token}".encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/v1/call-outs/{call_out_id}/events",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
    }
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    transport = world.api.client._transport
    answering = asyncio.create_task(transport.app(scope, receive, stream.parts.put))  # type: ignore[attr-defined]
    try:
        yield stream
    finally:
        gone.set()
        await answering
