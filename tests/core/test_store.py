"""The store: the same in a folder and in a bucket."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer
from obstore.exceptions import GenericError

from app.core.settings import Settings
from app.core.store import Store, StoreError, _pieces


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 server with a bucket, and the variables by which its tools find it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}"
    httpx.put(f"{address}/pictures").raise_for_status()
    found_by = {
        "AWS_ENDPOINT_URL": address,
        "AWS_REGION": "cn-north-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    before = {name: os.environ.get(name) for name in found_by}
    os.environ.update(found_by)
    yield "s3://pictures/of-the-city"
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "bucket":
        return Store(str(request.getfixturevalue("s3")))
    return Store((tmp_path / "媒体").as_uri())


async def content_of(store: Store, path: str) -> bytes | None:
    found = await store.find(path)
    if found is None:
        return None
    content = b"".join([piece async for piece in found.pieces])
    assert len(content) == found.size_bytes
    return content


async def test_a_store_that_breaks_off_in_mid_file_names_no_address():
    async def breaks_off() -> AsyncIterator[bytes]:
        yield b"half"
        raise GenericError("error sending request for url (https://bucket.example/secret-prefix)")

    pieces = _pieces(breaks_off())
    assert await anext(pieces) == b"half"
    with pytest.raises(StoreError) as broken:
        await anext(pieces)
    assert str(broken.value) == "GenericError"
    assert broken.value.__suppress_context__


async def test_what_is_put_is_found_listed_replaced_and_deleted(store: Store):
    large = os.urandom(300_000)
    await store.put("day/one/full", large)
    await store.put("day/one/thumb", b"")
    await store.put("other/two/full", b"2")
    assert await content_of(store, "day/one/full") == large
    assert await content_of(store, "day/one/thumb") == b""
    assert sorted(await store.list_below("day")) == ["day/one/full", "day/one/thumb"]
    assert await store.list_below("nowhere") == []
    await store.put("day/one/full", b"new")
    assert await content_of(store, "day/one/full") == b"new"
    await store.delete(["day/one/full", "day/one/thumb", "never/was/there"])
    assert await content_of(store, "day/one/full") is None
    assert await store.list_below("day") == []
    assert await content_of(store, "other/two/full") == b"2"


async def test_what_never_became_whole_in_a_folder_is_listed_and_deleted(tmp_path: Path):
    store = Store(tmp_path.as_uri())
    await store.put("day/one/full", b"1")
    (tmp_path / "day/one/thumb#1").write_bytes(b"half")
    assert sorted(await store.list_below("day")) == ["day/one/full", "day/one/thumb#1"]
    await store.delete(await store.list_below("day"))
    assert await store.list_below("day") == []


async def test_a_fault_names_neither_address_nor_key(s3: str):
    nowhere = Store("s3://no-such-bucket")
    for act in (nowhere.put("a", b""), nowhere.list_below("a")):
        with pytest.raises(StoreError) as fault:
            await act
        assert "bucket" not in str(fault.value)
        assert fault.value.__cause__ is None


async def test_nobody_leaves_the_folder(tmp_path: Path):
    (tmp_path / "secret").write_bytes(b"s")
    with pytest.raises((StoreError, ValueError)):
        await Store((tmp_path / "files").as_uri()).find("../secret")


def test_without_a_setting_it_is_a_folder_beside_the_other_files(tmp_path: Path):
    Store.of(Settings(_env_file=None, data_dir=tmp_path / "there"))
    assert (tmp_path / "there" / "media").is_dir()
