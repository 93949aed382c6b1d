"""Pictures: uploading them as wx.uploadFile does, links that open them, and taking them back."""

import re
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from app.core import clock
from app.core.clock import now
from app.core.settings import Settings
from app.core.store import Store, StoreError
from app.services.media import files, intake
from app.services.media.links import Links
from app.services.media.pictures import FILE_BYTES_MAX
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, picture_file
from tests.people import Person

EVENTS = "SELECT action, actor_id, party FROM event WHERE subject_kind = 'media' AND subject_id = $1 ORDER BY id"


async def send(api: ApiClient, person: Person | None, content: bytes, key: str | None = None) -> httpx.Response:
    """Upload as a phone does: the file's name and type are those of a temporary path, and tell nothing."""
    form = {"file": ("tmp_1.exe", content, "application/x-msdownload")}
    return await api.request("POST", "/v1/media", person, key=key or uuid4().hex, files=form)


async def fetch(api: ApiClient, url: str, person: Person | None = None, known: str = "") -> httpx.Response:
    """Open a link as whoever has it does."""
    parts = urlsplit(url)
    return await api.request("GET", f"{parts.path}?{parts.query}", person, headers={"If-None-Match": known})


def with_query(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **changes})).geturl()


async def stored_of(store: Store, media_id: object) -> list[str]:
    """Return the files that lie in the store for a picture."""
    return [path for path in files.paths_of(UUID(str(media_id))) if await store.find(path) is not None]


class HoldsFast(Store):
    """A store that takes files and then goes away."""

    async def delete(self, paths: Sequence[str]) -> None:
        raise StoreError(f"{len(paths)} files")


@pytest.fixture
def store(app: FastAPI) -> Store:
    kept: Store = app.state.store
    return kept


class TestUpload:
    async def test_a_picture_is_kept_and_shown_to_its_owner(self, api: ApiClient, world: World):
        owner = await world.person()
        response = await send(api, owner, picture_file("red", "BMP", (640, 480)))
        assert response.status_code == 201
        told = response.json()
        media_id = UUID(told["id"])
        assert (told["status"], told["width"], told["height"], told["actions"]) == ("checking", 640, 480, ["remove"])
        assert told["url"].startswith(f"http://127.0.0.1:8000/v1/media/{media_id}/full?until=")
        full = await fetch(api, told["url"])
        assert (full.status_code, full.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(BytesIO(full.content)).size == (640, 480)
        assert int(full.headers["content-length"]) == len(full.content)
        thumb = await fetch(api, told["thumb_url"])
        assert Image.open(BytesIO(thumb.content)).size == (480, 360)
        [event] = await world.database.reads.fetch(EVENTS, media_id)
        assert tuple(event) == ("create", None, "author"), "who uploaded it stands in no event"

    async def test_repeated_it_is_one_picture(self, api: ApiClient, world: World, store: Store):
        owner, key, content = await world.person(), uuid4().hex, picture_file("blue")
        first = await send(api, owner, content, key)
        kept = await store.list_below(files.FOLDER)
        again = await send(api, owner, content, key)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotent-replayed"] == "true"
        assert sorted(await store.list_below(files.FOLDER)) == sorted(kept), "the second one left no file behind"
        assert problem(await send(api, owner, picture_file("red"), key)) == (422, "idempotency-key-reused")

    async def test_a_repetition_is_answered_though_the_store_deletes_nothing(
        self, app: FastAPI, api: ApiClient, world: World, store: Store, settings: Settings
    ):
        owner, key, content = await world.person(), uuid4().hex, picture_file("blue")
        first = await send(api, owner, content, key)
        app.state.store = HoldsFast.of(settings)
        try:
            again = await send(api, owner, content, key)
        finally:
            app.state.store = store
        assert (again.status_code, again.content) == (201, first.content)

    async def test_as_many_come_at_a_time_as_memory_holds(self, api: ApiClient, world: World):
        owner = await world.person()
        with intake.room.hold(intake.HELD_BYTES_MAX - 1_000_000):
            assert (await send(api, owner, picture_file("red"))).status_code == 201, "small ones find room"
            refused = await send(api, owner, b"\0" * 1_000_000)
            assert problem(refused) == (503, "service-unavailable")
            assert int(refused.headers["Retry-After"]) > 0
        assert (await send(api, owner, picture_file("red"))).status_code == 201

    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (b"", (415, "media-type-unknown")),
            (b"<html>", (415, "media-type-unknown")),
            (picture_file("red", "JPEG", (300, 300))[:-200], (422, "media-unreadable")),
            (b"\0" * (FILE_BYTES_MAX + 1), (413, "media-too-large")),
            (b"\0" * (FILE_BYTES_MAX + (64 << 10)), (413, "body-too-large")),
        ],
        ids=["nothing", "html", "cut off", "a byte too many", "a body too large"],
    )
    async def test_what_is_no_picture_leaves_nothing(
        self, api: ApiClient, world: World, store: Store, content: bytes, refusal: tuple[int, str]
    ):
        owner, before = await world.person(), await store.list_below(files.FOLDER)
        assert problem(await send(api, owner, content)) == refusal
        assert await store.list_below(files.FOLDER) == before
        assert await world.database.reads.fetchval("SELECT count(*) FROM media WHERE owner_id = $1", owner.id) == 0

    @pytest.mark.parametrize(
        "parts",
        [
            {"files": [("file", ("1.png", picture_file())), ("file", ("2.png", picture_file()))]},
            {"files": {"file": ("1.png", picture_file())}, "data": {str(number): "x" for number in range(20)}},
            {"data": {"file": "words"}},
            {"files": {"file": ("1.png", picture_file())}, "data": {"note": "x" * 5000}},
            {"content": picture_file(), "headers": {"Content-Type": "image/png"}},
            {"content": b"--b\r\nx", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        ],
        ids=["two files", "many parts", "no file", "a long field", "no form", "half a form"],
    )
    async def test_a_form_that_is_not_of_one_file(self, api: ApiClient, world: World, parts: dict[str, Any]):
        response = await api.request("POST", "/v1/media", await world.person(), key=uuid4().hex, **parts)
        assert problem(response) == (400, "upload-unreadable")

    async def test_one_does_not_hoard(self, api: ApiClient, world: World):
        owner = await world.person()
        media_id = await world.picture(owner)
        await world.database.writes.execute(
            """
            INSERT INTO media (id, owner_id, status, width, height, size_bytes, media_type, sha256)
            SELECT gen_random_uuid(), owner_id, 'held', 1, 1, 1, 'image/png', '' FROM media, generate_series(2, $2)
            WHERE id = $1
            """,
            media_id,
            intake.UNUSED_MAX,
        )
        response = await send(api, owner, picture_file())
        assert (problem(response), response.headers["retry-after"]) == ((429, "media-too-many"), "3600")
        assert (await api.delete(f"/v1/media/{media_id}", owner)).status_code == 204
        assert (await send(api, owner, picture_file())).status_code == 201


class TestLinks:
    async def test_a_file_is_sent_so_that_it_is_a_picture_and_nothing_else(self, api: ApiClient, world: World):
        url = (await send(api, await world.person(), picture_file())).json()["url"]
        first = await fetch(api, url)
        assert first.headers["x-content-type-options"] == "nosniff"
        assert first.headers["content-disposition"] == "inline"
        assert first.headers["content-security-policy"] == "default-src 'none'; sandbox"
        fresh = re.fullmatch(r"private, max-age=(\d+)", first.headers["cache-control"])
        assert fresh is not None
        assert 600 <= int(fresh[1]) <= 1200
        again = await fetch(api, url, known=f'"x", W/{first.headers["etag"]}')
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])

    async def test_the_same_picture_has_the_same_link_for_some_minutes(
        self, api: ApiClient, world: World, app: FastAPI
    ):
        media = (await send(api, await world.person(), picture_file())).json()
        links = Links.of(app.state.settings)
        at = now().replace(minute=10, second=1, microsecond=0)
        told = []
        for seconds in (0, 590, 600):
            with clock.at(at + timedelta(seconds=seconds)):
                told.append(links.shown(media, to_insider=False)["url"])
        assert told[0] == told[1] != told[2]

    async def test_only_the_link_that_was_told_opens_it_and_not_for_long(self, api: ApiClient, world: World):
        owner = await world.person()
        mine, other = [(await send(api, owner, picture_file())).json() for _ in range(2)]
        url = mine["url"]
        until = dict(parse_qsl(urlsplit(url).query))["until"]
        for wrong in (
            url.replace("/full?", "/thumb?"),
            url.replace(mine["id"], other["id"]),
            url.replace(mine["id"], str(uuid4())),
            with_query(url, until=str(int(until) + 600)),
            with_query(url, signature="A" * 22),
            urlsplit(url)._replace(query="").geturl(),
        ):
            assert problem(await fetch(api, wrong, owner)) == (404, "not-found"), wrong
        for malformed in (
            with_query(url, until="9" * 400),
            with_query(url, until=f"-{until}"),
            with_query(url, signature=""),
            with_query(url, signature="é" * 22),
        ):
            assert problem(await fetch(api, malformed, owner)) == (422, "invalid-payload"), malformed
        with clock.at(now() + timedelta(minutes=20, seconds=1)):
            assert problem(await fetch(api, url, owner)) == (404, "not-found")

    async def test_a_link_for_readers_opens_what_has_passed_alone(self, api: ApiClient, world: World, app: FastAPI):
        media = (await send(api, await world.person(), picture_file())).json()
        reader = Links.of(app.state.settings).shown(media, to_insider=False)["url"]
        for status, opens in (
            ("checking", False),
            ("held", False),
            ("passed", True),
            ("rejected", False),
            ("removed", False),
        ):
            await world.database.writes.execute("UPDATE media SET status = $2 WHERE id = $1", UUID(media["id"]), status)
            assert (await fetch(api, reader)).status_code == (200 if opens else 404), status
            insider = await fetch(api, media["url"])
            assert insider.status_code == (404 if status == "removed" else 200), status

    async def test_a_file_that_is_gone_from_the_store(self, api: ApiClient, world: World, store: Store):
        media = (await send(api, await world.person(), picture_file())).json()
        await store.delete(files.paths_of(UUID(media["id"])))
        assert problem(await fetch(api, media["url"])) == (404, "not-found")


class TestRemove:
    async def test_the_owner_takes_it_back_and_its_files_go(
        self, api: ApiClient, world: World, store: Store, jobs: Jobs
    ):
        owner = await world.person()
        media = (await send(api, owner, picture_file())).json()
        path = f"/v1/media/{media['id']}"
        assert problem(await api.delete(path, await world.person())) == (404, "not-found")
        assert problem(await api.delete(path, world.staff)) == (404, "not-found")
        assert (await api.delete(path, owner)).status_code == 204
        assert (await fetch(api, media["url"])).status_code == 404
        assert problem(await api.delete(path, owner)) == (404, "not-found")
        await jobs.drain()
        assert await stored_of(store, media["id"]) == []
        events = [tuple(row) for row in await world.database.reads.fetch(EVENTS, UUID(media["id"]))]
        assert events == [("create", None, "author"), ("remove", None, "author")]
