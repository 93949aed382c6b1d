"""The inbox of the app: who is told what, pages, unread ones, and reading them."""

import contextlib
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.message_kinds import MessageKind
from app.domain.message_texts import MESSAGES
from app.domain.messages import PATHS, SUBJECTS
from app.services import messages
from tests.api.scene import problem
from tests.api.test_posted_tasks import claim, posted
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person

INBOX = "/v1/me/messages"
KIND = MessageKind.CLAIM_CALLED_OFF


async def tell(world: World, *people: Person, times: int = 1) -> None:
    async with world.database.transaction() as connection:
        for _ in range(times):
            await messages.tell(connection, [person.id for person in people], KIND, uuid4())


async def inbox(api: ApiClient, person: Person, **params: Any) -> list[dict[str, Any]]:
    response = await api.get(INBOX, person, **params)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


async def unread(api: ApiClient, person: Person) -> int:
    return int((await api.get(f"{INBOX}/unread", person)).json()["unread"])


def test_every_kind_has_words_that_fit_and_a_thing_to_look_at():
    assert set(MESSAGES) == set(SUBJECTS) == set(MessageKind)
    assert set(SUBJECTS.values()) == set(PATHS)
    for title, body in MESSAGES.values():
        assert len(title) <= 20
        assert len(body) <= 100


class TestTell:
    async def test_claimants_of_a_cancelled_task_are_told(self, api: ApiClient, world: World):
        helper, other = await world.helpers(2)
        path = await posted(world)
        claim_id = await claim(world, path, helper)
        await api.post(f"{path}/cancel", world.staff, {"reason": "王大爷家里没人，13912345678。"})
        [message] = await inbox(api, helper)
        assert message["subject"] == {"kind": "claim", "id": str(claim_id), "path": f"/v1/claims/{claim_id}"}
        assert (await api.get(message["subject"]["path"], helper)).status_code == 200
        assert (message["title"], message["body"]) == MESSAGES[KIND]
        assert (message["read_at"], message["actions"]) == (None, ["read"])
        assert await inbox(api, other) == await inbox(api, world.staff) == []

    async def test_nobody_twice_at_once_and_nobody_who_is_blocked(self, api: ApiClient, world: World):
        person, blocked = await world.person(), await world.person()
        await world.database.writes.execute('UPDATE "user" SET is_blocked = true WHERE id = $1', blocked.id)
        await tell(world, person, blocked, person)
        assert await unread(api, person) == 1
        assert await world.database.reads.fetchval("SELECT count(*) FROM message WHERE user_id = $1", blocked.id) == 0

    async def test_what_is_undone_was_never_told(self, api: ApiClient, world: World):
        person = await world.person()
        with contextlib.suppress(LookupError):
            async with world.database.transaction() as connection:
                await messages.tell(connection, [person.id], KIND, uuid4())
                raise LookupError
        assert await inbox(api, person) == []


class TestList:
    async def test_newest_first_in_pages(self, api: ApiClient, world: World):
        person = await world.person()
        await tell(world, person, await world.person(), times=5)
        first = (await api.get(INBOX, person, limit=3)).json()
        second = (await api.get(INBOX, person, limit=3, cursor=first["next_cursor"])).json()
        ids = [item["id"] for item in first["items"] + second["items"]]
        assert ids == sorted(ids, key=UUID, reverse=True)
        assert (len(set(ids)), second["next_cursor"]) == (5, None)

    async def test_only_unread_ones(self, api: ApiClient, world: World):
        person = await world.person()
        await tell(world, person, times=3)
        newest = (await inbox(api, person))[0]
        await api.post(f"{INBOX}/read", person, {"message_ids": [newest["id"]]})
        left = await inbox(api, person, unread=True)
        assert [item["id"] for item in left] == [item["id"] for item in await inbox(api, person)][1:]
        again = (await inbox(api, person))[0]
        assert again["read_at"] is not None
        assert again["actions"] == []

    async def test_a_cursor_is_of_its_list(self, api: ApiClient, world: World):
        person = await world.person()
        await tell(world, person, times=2)
        cursor = (await api.get(INBOX, person, limit=1)).json()["next_cursor"]
        response = await api.get(INBOX, person, cursor=cursor, unread=True)
        assert problem(response) == (422, "cursor-invalid")


class TestRead:
    async def test_up_to_one(self, api: ApiClient, world: World):
        person = await world.person()
        await tell(world, person, times=3)
        middle = (await inbox(api, person))[1]
        response = await api.post(f"{INBOX}/read", person, {"up_to_id": middle["id"]})
        assert response.json() == {"unread": 1, "actions": ["read"]}
        read_at = (await inbox(api, person))[2]["read_at"]
        await api.post(f"{INBOX}/read", person, {"up_to_id": str(UUID(int=(1 << 128) - 1))})
        assert (await inbox(api, person))[2]["read_at"] == read_at, "it was read once"
        assert (await api.get(f"{INBOX}/unread", person)).json() == {"unread": 0, "actions": []}

    async def test_of_others_nothing(self, api: ApiClient, world: World):
        person, other = await world.person(), await world.person()
        await tell(world, person, other)
        [message] = await inbox(api, other)
        for form in ({"message_ids": [message["id"], str(uuid4())]}, {"up_to_id": str(UUID(int=(1 << 128) - 1))}):
            response = await api.post(f"{INBOX}/read", person, form)
            assert response.status_code == 200
        assert await unread(api, other) == 1

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"message_ids": []},
            {"message_ids": [str(uuid4())] * 51},
            {"message_ids": [str(uuid4())], "up_to_id": str(uuid4())},
        ],
        ids=["neither", "none", "too many", "both"],
    )
    async def test_either_some_or_all_up_to_one(self, api: ApiClient, world: World, form: dict[str, Any]):
        response = await api.post(f"{INBOX}/read", world.staff, form)
        assert problem(response) == (422, "invalid-payload")

    async def test_no_more_are_counted_than_a_badge_shows(self, api: ApiClient, world: World):
        person = await world.person()
        await tell(world, person, times=messages.UNREAD_SHOWN_MAX + 1)
        assert await unread(api, person) == messages.UNREAD_SHOWN_MAX
