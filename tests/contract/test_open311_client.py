"""A client library that was written for other cities lists, posts and reads back, over HTTP.

PyPI's ``three`` 0.8.0, the last release, still takes ``ifilter`` from itertools, which Python 3 calls ``filter``. It
reads XML only in Python 2, so here it hands XML over as it came.
"""

import asyncio
import importlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.geometry import wgs84_from_gcj02
from tests.conftest import Jobs
from tests.factories import World
from tests.open311 import read_xml

Client = Any
"""``three.Three``; the library has no types."""


@pytest.fixture
async def connect(served_at: str, world: World) -> Callable[..., Client]:
    """Make clients with a key of this district."""
    if not hasattr(itertools, "ifilter"):
        itertools.ifilter = filter  # type: ignore[attr-defined]
    three = importlib.import_module("three")
    form = {"area_id": str(world.district.id), "name": "三一一客户端"}
    key = (await world.api.post("/v1/api-keys", world.administrator, form)).json()["key"]

    def make(**options: Any) -> Client:
        return three.Three(f"{served_at}/open311/v2", api_key=key, **options)

    return make


async def call(verb: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call the client, which waits for its answer, beside the loop of the tests."""
    return await asyncio.to_thread(verb, *arguments, **options)


async def test_lists_posts_and_reads_back(connect: Callable[..., Client], world: World, jobs: Jobs, served_at: str):
    client = connect(jurisdiction=str(world.district.id))
    await world.draw_all()
    longitude, latitude = wgs84_from_gcj02(*world.place(15, 15).values())

    discovered = await call(client.discovery)
    assert served_at in str(discovered)
    services = await call(client.services)
    assert "lighting" in str(services)

    posted = await call(
        client.post,
        "lighting",
        lat=latitude,
        long=longitude,
        name="Ming Wang",
        phone="13812345678",
        description="三号楼的路灯不亮了。",
    )
    number = find(posted, "service_request_id")
    await jobs.drain()
    complaint = await world.database.reads.fetchval("SELECT id FROM complaint WHERE number = $1", int(number))
    assert "not-found" in str(await call(client.request, number))
    for action, form in (
        ("admit", None),
        ("accept", None),
        ("answer", {"answer": "今天换好了灯泡。", "outcome": "resolved"}),
        ("publish-answer", None),
    ):
        reader = world.administrator if action == "publish-answer" else world.staff
        done = await world.api.post(f"/v1/complaints/{complaint}/{action}", reader, form)
        assert done.status_code == 200, done.text

    read = await call(client.request, number)
    assert find(read, "description") == "三号楼的路灯不亮了。"
    assert find(read, "status") == "closed"
    assert "今天换好了灯泡。" in find(read, "status_notes")
    assert float(find(read, "lat")) == pytest.approx(latitude, abs=0.001)
    assert float(find(read, "long")) == pytest.approx(longitude, abs=0.001)
    for told in (await call(client.requests, status="closed"), await call(client.requests, "lighting", count=5)):
        assert find(told, "service_request_id") == number
    assert "service_request_id" not in str(await call(client.requests, "roads"))
    assert find(await call(client.token, number), "service_request_id") == number
    in_xml = await call(connect(format="xml").request, number, convert=False)
    assert read_xml(in_xml).findtext("request/description") == "三号楼的路灯不亮了。"
    for told in (read, await call(client.requests), in_xml.decode()):
        assert "Wang" not in str(told)
        assert "13812345678" not in str(told)


async def test_is_told_what_is_wrong(connect: Callable[..., Client], world: World):
    client = connect()
    await world.draw_all()
    assert find(await call(client.post, "nothing", description="什么", lat=0, long=0), "code") == "category-unknown"
    assert find(await call(client.post, "roads", description="什么", lat=0, long=0), "code") == "location-outside"
    client.api_key = "wrong"
    assert find(await call(client.post, "roads", description="什么", lat=0, long=0), "code") == "api-key-invalid"


def find(node: Any, name: str) -> str:
    """Return the first value of that name."""
    if isinstance(node, dict):
        if node.get(name) is not None:
            return str(node[name])
        node = list(node.values())
    for part in node if isinstance(node, list) else []:
        found = find(part, name)
        if found:
            return found
    return ""
