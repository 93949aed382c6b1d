"""People of complaints are told what becomes of them: the right ones, once, and no table says whose they are (I9)."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.domain.caller import Role
from app.jobs import handlers
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import COMPLAINT_FORMS, World
from tests.inboxes import read_all, told
from tests.jobs.test_deadline_sweeps import MONDAY, sweep
from tests.people import Person

TABLES = """
    SELECT quote_ident(c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' AND NOT c.relispartition
"""


async def act(world: World, person: Person, complaint_id: UUID, action: str, form: object = None) -> None:
    form = form or COMPLAINT_FORMS.get(action)
    response = await world.api.post(f"/v1/complaints/{complaint_id}/{action}", person, form)
    assert response.status_code == 200, response.text


async def rows_with_both(world: World, one: UUID, other: UUID) -> dict[str, int]:
    """Return in which tables rows hold both ids, as text or as bytes; what a caller was answered is kept 30 days."""
    found = {}
    for table in await world.database.reads.fetch(TABLES):
        hexes = " AND ".join(f"(x.row LIKE '%{key}%' OR x.row LIKE '%{key.hex}%')" for key in (one, other))
        count = await world.database.reads.fetchval(
            f"SELECT count(*) FROM (SELECT t::text AS row FROM {table['name']} t) x WHERE {hexes}"
        )
        if count and table["name"] != "idempotency_key":
            found[table["name"]] = count
    return found


class TestOwnComplaints:
    async def test_the_whole_way(self, api: ApiClient, world: World, jobs: Jobs):
        author, joiner, other = [await world.person() for _ in range(3)]
        everybody = (author, joiner, other, world.staff)
        complaint_id = await world.complaint(author)
        await act(world, joiner, complaint_id, "join")

        async def news() -> list[list[str]]:
            count = "SELECT count(*) FROM message WHERE user_id = ANY ($1) AND read_at IS NULL"
            ids = [person.id for person in everybody]
            assert await world.database.reads.fetchval(count, ids) == 0, "nobody is told at the time of the change"
            await asyncio.gather(*(handlers.tell_complainants(jobs.parts) for _ in range(2)))
            seen = [await read_all(world, person) for person in everybody]
            for message in itertools.chain(*seen):
                assert message["subject"]["kind"] == "own_complaints"
                assert not any(word in str(message) for word in (str(complaint_id), "路灯"))
                assert not any(character.isdigit() for character in message["title"] + message["body"])
            assert await handlers.tell_complainants(jobs.parts) == 0
            return [[message["kind"] for message in messages] for messages in seen]

        assert await news() == [[], [], [], []]
        await act(world, world.staff, complaint_id, "accept")
        assert problem(await api.post(f"/v1/complaints/{complaint_id}/accept", world.staff)) == (409, "state-conflict")
        assert await news() == [["own_complaint_accepted"], [], [], []]
        await act(world, world.staff, complaint_id, "wait")
        assert await news() == [["own_complaint_waiting"], [], [], []]
        await act(world, author, complaint_id, "resume", {"words": "照片已补。"})
        await act(world, world.staff, complaint_id, "escalate", {"reason": "要市政处理。"})
        await act(world, world.staff, complaint_id, "accept")
        assert await news() == [["own_complaint_escalated", "own_complaint_accepted"], [], [], []]
        await act(world, world.staff, complaint_id, "answer")
        assert await news() == [["own_complaint_answered"], ["own_complaint_answered"], [], []]
        for passed, closing in (("12 days 23 hours", []), ("2 hours", ["own_complaint_closing"])):
            aged = f"UPDATE complaint SET answered_at = answered_at - interval '{passed}' WHERE id = $1"
            await world.database.writes.execute(aged, complaint_id)
            for _ in range(2):
                await handlers.ask_to_rate(jobs.parts)
            assert await news() == [closing, [], [], []]
        await act(world, author, complaint_id, "rate", {"is_satisfied": True})
        await act(world, world.staff, complaint_id, "reopen", {"reason": "又坏了。"})
        assert await news() == [["own_complaint_reopened"], [], [], []]
        assert await rows_with_both(world, author.id, complaint_id) == {}
        assert "complaint" in await rows_with_both(world, complaint_id, world.grid.id), "the control"
        assert await world.database.reads.fetchval("SELECT count(*) FROM complaint_news") == 0

    async def test_a_seal_that_does_not_open_keeps_nobody_else_waiting(self, world: World, jobs: Jobs):
        authors = [await world.person() for _ in range(2)]
        broken, whole = [await world.complaint(author) for author in authors]
        bent = "set_byte(sealed, 20, get_byte(sealed, 20) # 1)"
        change = f"UPDATE complaint_person SET sealed = {bent} WHERE complaint_id = $1"
        for complaint_id in (broken, whole):
            await act(world, world.staff, complaint_id, "accept")
        await world.database.writes.execute(change, broken)
        await handlers.tell_complainants(jobs.parts)
        seen = [[message["kind"] for message in await read_all(world, author)] for author in authors]
        assert seen == [[], ["own_complaint_accepted"]]
        await world.database.writes.execute(change, broken)

    async def test_turned_away_merged_or_ended_by_themselves(self, world: World, jobs: Jobs):
        rejected, merged, withdrawn = [await world.person() for _ in range(3)]
        await act(world, world.staff, await world.complaint(rejected), "reject", {"reason": "不属于本市。"})
        into = await world.complaint()
        await act(world, world.staff, await world.complaint(merged), "merge", {"into_id": str(into)})
        await act(world, withdrawn, await world.complaint(withdrawn), "withdraw")
        await handlers.tell_complainants(jobs.parts)
        assert await told(world, rejected, merged, withdrawn) == [
            ["own_complaint_rejected"],
            ["own_complaint_merged"],
            [],
        ]
        await act(world, world.staff, into, "accept")
        await act(world, world.staff, into, "answer")
        await handlers.tell_complainants(jobs.parts)
        assert await told(world, rejected, merged, withdrawn) == [[], ["own_complaint_answered"], []]


class TestDeadlines:
    @pytest.fixture
    async def people(self, world: World) -> dict[str, Person]:
        """Staff of the grid and of the community above, and those of neither."""
        return {
            "grid": await world.holder(Role.STAFF, world.grid),
            "community": await world.holder(Role.STAFF, world.community),
            "other": await world.holder(Role.STAFF, world.other_grid),
        }

    async def test_staff_who_have_to_act_are_told_before_and_after(
        self, world: World, jobs: Jobs, people: dict[str, Person]
    ):
        author = await world.person()
        with clock.at(MONDAY):
            complaint_id = await world.complaint(author)
        due_at = (await world.api.get(f"/v1/complaints/{complaint_id}", world.staff)).json()["due_at"]

        async def news() -> dict[str, list[str]]:
            return {name: (await told(world, person))[0] for name, person in people.items()}

        moment: Any = MONDAY + timedelta(days=1, hours=6)
        for _ in range(2):
            await sweep("remind_due", jobs, moment)
        [message] = await read_all(world, people["grid"])
        assert (message["kind"], message["subject"]["id"]) == ("complaint_due", str(complaint_id))
        assert f"{MONDAY.year}年3月3日" in message["body"], due_at
        assert await news() == {"grid": [], "community": [], "other": []}
        for _ in range(2):
            await sweep("escalate_overdue", jobs, MONDAY + timedelta(days=1, hours=8))
        assert await news() == {"grid": ["complaint_overdue"], "community": ["complaint_overdue"], "other": []}
        await handlers.tell_complainants(jobs.parts)
        assert await told(world, author, world.staff) == [["own_complaint_escalated"], []]

    async def test_whoever_holds_the_post_is_told_before_other_staff(
        self, world: World, jobs: Jobs, people: dict[str, Person]
    ):
        holder = await world.person()
        await world.post(role="staff", queues=["complaints"], holder=holder, area=world.grid)
        with clock.at(MONDAY):
            await world.complaint(people["grid"])
        await sweep("remind_due", jobs, MONDAY + timedelta(days=1, hours=6))
        assert await told(world, holder, people["grid"]) == [["complaint_due"], []]
