"""What may ring the caller's phone: credits as WeChat's events tell them, and what to ask for when."""

from typing import Any

import pytest

from app.core.db import Database
from app.domain.message_templates import Templates
from app.services import subscriptions
from app.services.subscriptions import Answers
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person
from tests.ringing import CALL_OUT, TASK, start


@pytest.fixture(autouse=True)
async def started(database: Database) -> None:
    await start(database)


async def own(api: ApiClient, person: Person) -> dict[str, dict[str, Any]]:
    response = await api.get("/v1/me/subscriptions", person)
    assert response.status_code == 200, response.text
    return {template["template_id"]: template for template in response.json()["templates"]}


async def take(world: World, person: Person, event: str, answers: Answers) -> int:
    async with world.database.transaction() as connection:
        openid = await connection.fetchval('SELECT openid FROM "user" WHERE id = $1', person.id)
        return int(await getattr(subscriptions, f"take_{event}")(connection, openid, answers))


async def test_no_time_tells_who_was_asked_when_a_complaint_came_in(database: Database):
    """A client asks after a complaint is posted, and WeChat tells of the answer seconds later (I9)."""
    columns = await database.reads.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'message_credit' ORDER BY column_name"
    )
    assert [row["column_name"] for row in columns] == ["credits", "is_refused", "template_id", "user_id"]


class TestList:
    async def test_a_client_learns_what_to_ask_for_and_what_each_is_for(self, api: ApiClient, world: World):
        person = await world.person()
        told = (await api.get("/v1/me/subscriptions", person)).json()
        assert {"moment": "helper_joined", "template_ids": [CALL_OUT, TASK, "simulator-review"]} in told["moments"]
        assert all(1 <= len(moment["template_ids"]) <= 5 for moment in told["moments"])
        [task] = [template for template in told["templates"] if template["template_id"] == TASK]
        assert (task["title"], task["credits"], task["is_refused"]) == ("任务提醒", 0, False)
        assert "claim_due" in task["kinds"]
        assert "call_out" not in task["kinds"]

    async def test_what_wechat_stopped_is_not_asked_for_until_the_next_start(self, api: ApiClient, world: World):
        person = await world.person()
        await world.database.writes.execute(
            "UPDATE message_template SET stopped_at = now() WHERE template_id = $1", CALL_OUT
        )
        told = (await api.get("/v1/me/subscriptions", person)).json()
        assert CALL_OUT not in str(told)
        assert {"moment": "helper_joined", "template_ids": [TASK, "simulator-review"]} in told["moments"]
        await start(world.database)
        assert CALL_OUT in await own(api, person)

    async def test_kinds_that_the_file_no_longer_has_ring_no_more(self, api: ApiClient, world: World):
        await start(world.database, Templates())
        assert await own(api, world.staff) == {}


class TestTake:
    async def test_each_yes_is_one_message_more_of_that_template_to_that_user(self, api: ApiClient, world: World):
        person, other = await world.person(), await world.person()
        assert await take(world, person, "popup", [(TASK, "accept"), (CALL_OUT, "accept")]) == 2
        assert await take(world, person, "popup", [(TASK, "accept"), (CALL_OUT, "reject")]) == 2
        mine = await own(api, person)
        assert (mine[TASK]["credits"], mine[TASK]["is_refused"]) == (2, False)
        assert (mine[CALL_OUT]["credits"], mine[CALL_OUT]["is_refused"]) == (1, True), "what was accepted before stands"
        assert (await own(api, other))[TASK]["credits"] == 0

    async def test_the_last_word_in_one_event_stands_and_other_words_count_for_nothing(
        self, api: ApiClient, world: World
    ):
        person = await world.person()
        assert await take(world, person, "popup", [(TASK, "reject"), (TASK, "accept"), (CALL_OUT, "ban")]) == 1
        mine = await own(api, person)
        assert (mine[TASK]["credits"], mine[TASK]["is_refused"]) == (1, False)
        assert mine[CALL_OUT]["credits"] == 0

    async def test_switched_off_in_wechat_nothing_is_left(self, api: ApiClient, world: World):
        person, other = await world.person(), await world.person()
        for someone in (person, other):
            await take(world, someone, "popup", [(TASK, "accept"), (CALL_OUT, "accept")])
        assert await take(world, person, "change", [(TASK, "reject"), ("unknown", "reject")]) == 1
        mine = await own(api, person)
        assert (mine[TASK]["credits"], mine[TASK]["is_refused"]) == (0, True)
        assert (mine[CALL_OUT]["credits"], mine[CALL_OUT]["is_refused"]) == (1, False)
        assert (await own(api, other))[TASK]["credits"] == 1
        await take(world, person, "change", [(TASK, "accept")])
        assert (await own(api, person))[TASK] == mine[TASK] | {"is_refused": False}

    @pytest.mark.parametrize("event", ["popup", "change"])
    async def test_a_stranger_is_not_counted(self, world: World, event: str):
        async with world.database.transaction() as connection:
            taken = await getattr(subscriptions, f"take_{event}")(connection, "oNobodyKnown", [(TASK, "accept")])
        assert taken == 0
