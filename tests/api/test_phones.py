"""The telephone number that WeChat confirms."""

import asyncio
from itertools import count
from uuid import uuid4

import pytest

from app.core.settings import Settings
from app.services import people, phones
from app.wechat.calls import GET_PHONE
from tests.api.scene import count_rows, problem
from tests.api_client import ApiClient
from tests.factories import World, log_in
from tests.wechat.server import count_calls, order_fault

PATH = "/v1/me/phone"
NUMBER = "13812345678"
EVENTS = """
    SELECT action, party, actor_id, note, facts FROM event
    WHERE subject_id = $1 AND action LIKE '%phone' ORDER BY created_at
"""
FIND = "SELECT sealed, phone_hash FROM user_phone WHERE user_id = $1"
serial = count(1)


def code_of(name: str, number: str = NUMBER) -> str:
    return f"phone-{name}-{number}x{next(serial)}"


async def test_it_is_kept_sealed_shown_masked_and_forgotten(api: ApiClient, world: World, settings: Settings):
    person = await log_in(api, world.database, name := uuid4().hex)
    key, form = uuid4().hex, {"code": code_of(name)}
    shown = await api.post(PATH, person, form, key=key)
    assert shown.status_code == 200
    assert shown.json() == {
        "phone": "138******78",
        "confirmed_at": shown.json()["confirmed_at"],
        "actions": ["confirm_phone", "forget_phone"],
    }
    rows = await count_rows(world.database)
    again = await api.post(PATH, person, form, key=key)
    assert again.content == shown.content
    assert await count_rows(world.database) == rows
    me = (await api.get("/v1/me", person)).json()
    assert (me["phone"], me["actions"]) == ("138******78", ["update", "confirm_phone", "forget_phone"])
    secret = settings.data_key.get_secret_value()
    [kept] = await world.database.reads.fetch(FIND, person.id)
    assert NUMBER.encode() not in kept["sealed"]
    assert people.open_phone(secret, person.id, kept["sealed"]) == NUMBER
    assert kept["phone_hash"] == people.phone_hash(secret, f"+86 {NUMBER}")  # as that of a person on a roster
    # A family shares one, and whoever has a new one shows it.
    other = await log_in(api, world.database, their_name := uuid4().hex)
    assert (await api.post(PATH, other, {"code": code_of(their_name)})).status_code == 200
    assert (await api.post(PATH, person, {"code": code_of(name, "13900001111")})).json()["phone"] == "139******11"
    assert (await api.delete(PATH, person)).status_code == 204
    assert problem(await api.delete(PATH, person)) == (404, "not-found")
    assert (await api.get("/v1/me", person)).json()["phone"] is None
    assert (await api.get("/v1/me", other)).json()["phone"] == "138******78"
    events = [tuple(row) for row in await world.database.reads.fetch(EVENTS, person.id)]
    assert [event[0] for event in events] == ["confirm_phone", "confirm_phone", "forget_phone"]
    assert {event[1:] for event in events} == {("author", person.id, None, None)}
    async with world.database.transaction() as connection:
        assert await phones.forget(connection, other.id)
        assert not await phones.forget(connection, other.id)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("sim-小李-1", (422, "phone-code-invalid")),
        ("phone-somebody else-1", (422, "phone-code-invalid")),
        ("sim-errcode40013-1", (422, "phone-code-invalid")),
        ("sim-errcode45011-1", (429, "phone-too-frequent")),
        ("sim-errcode-1-1", (503, "wechat-unavailable")),
        ("", (422, "invalid-payload")),
        ("x" * 129, (422, "invalid-payload")),
    ],
)
async def test_a_code_that_tells_no_number(api: ApiClient, world: World, code: str, expected: tuple[int, str]):
    person = await world.visitor()
    refused = await api.post(PATH, person, {"code": code})
    assert problem(refused) == expected
    assert (await api.get("/v1/me", person)).json()["phone"] is None


async def test_a_code_is_sent_once_whatever_becomes_of_it(api: ApiClient, world: World, faulty_wechat: str):
    person = await log_in(api, world.database, name := uuid4().hex)
    form, key = {"code": code_of(name)}, uuid4().hex
    before = count_calls(faulty_wechat, GET_PHONE.path)
    order_fault(faulty_wechat, GET_PHONE.path, cut=True)
    assert problem(await api.post(PATH, person, form, key=key)) == (503, "wechat-unavailable")
    assert count_calls(faulty_wechat, GET_PHONE.path) == before + 1
    both = await asyncio.gather(*(api.post(PATH, person, {"code": code}) for code in [code_of(name)] * 2))
    assert sorted(answer.status_code for answer in both) == [200, 422]
