"""Closing an account by WeChat's word: nothing tells who it was, what was open ends, what others need stays."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import Record

from app.core import clock
from app.core.clock import now
from app.core.db import Database
from app.core.settings import Settings
from app.domain.caller import Role
from app.domain.texts import CLOSED_NICKNAME
from app.jobs import handlers, wechat_sweeps
from app.services import complainants, people, pushes
from tests.api.scene import make_volunteer
from tests.api.test_identifications import approve, ask
from tests.api_client import ApiClient
from tests.concurrency.test_races import assert_books_agree, together
from tests.conftest import Jobs
from tests.errands import make_errand, open_errand
from tests.factories import World, give_points, log_in, make_grant, make_member, make_picture
from tests.people import Person
from tests.pushes import Pusher, event
from tests.random_words import letters
from tests.ringing import TASK, here, make_sent_ring, start, statuses, subscriber, tell
from tests.roster import enrol, new_contact
from tests.strength import lend
from tests.wechat.server import new_code

CANCELLED = "user_authorization_cancellation"
USER = 'SELECT * FROM "user" WHERE id = $1'
OF_USER = """
    SELECT (SELECT count(*) FROM user_device WHERE user_id = $1) AS devices,
        (SELECT count(*) FROM user_phone WHERE user_id = $1) AS phones,
        (SELECT count(*) FROM message WHERE user_id = $1) AS messages,
        (SELECT count(*) FROM calendar_link WHERE user_id = $1) AS links,
        (SELECT count(*) FROM message_credit WHERE user_id = $1) AS credits,
        (SELECT count(*) FROM idempotency_key WHERE caller_id = $1) AS answers,
        (SELECT count(*) FROM identification WHERE user_id = $1) AS askings,
        (SELECT count(*) FROM "grant" WHERE user_id = $1) AS grants,
        (SELECT count(*) FROM unit_worker WHERE user_id = $1) AS units,
        (SELECT count(*) FROM clerk c JOIN merchant m ON m.id = c.merchant_id
            WHERE c.user_id = $1 AND m.owner_id <> $1) AS counters,
        (SELECT count(*) FROM person WHERE user_id = $1 AND sealed IS NOT NULL) AS people,
        (SELECT count(*) FROM claim WHERE user_id = $1 AND status IN ('active', 'returned')) AS claims,
        (SELECT count(*) FROM waiter WHERE user_id = $1 AND status = 'waiting') AS places
"""
EVENTS = """
    SELECT subject_kind, action, party FROM event
    WHERE actor_id = $1 AND created_at > $2 ORDER BY subject_kind, action, subject_id
"""
LEAVING = "SELECT closed_at, ended_at FROM leaving WHERE user_id = $1"
AGE = "UPDATE leaving SET closed_at = closed_at - interval '2 minutes' WHERE user_id = $1"


@pytest.fixture
def wechat_pushes(api: ApiClient, database: Database, settings: Settings) -> Pusher:
    return Pusher.to(api.client, database, settings)


async def status(world: World, table: str, thing_id: UUID) -> str:
    return str(await world.database.reads.fetchval(f"SELECT status FROM {table} WHERE id = $1", thing_id))


async def user(world: World, person: Person) -> Record:
    row = await world.database.reads.fetchrow(USER, person.id)
    assert row is not None
    return row


async def everything_of(world: World, person: Person) -> set[int]:
    row = await world.database.reads.fetchrow(OF_USER, person.id)
    assert row is not None
    return set(row.values())


async def end(world: World, jobs: Jobs, person: Person) -> bool:
    """Do what the job and the sweep do, a while after; return whether nothing is left."""
    await world.database.writes.execute(AGE, person.id)
    await wechat_sweeps.end_leaving(jobs.parts, person.id)
    row = await world.database.reads.fetchrow(LEAVING, person.id)
    assert row is not None
    return row["ended_at"] is not None


ATTACH = "UPDATE media SET subject_kind = $2, subject_id = $3, position = 1 WHERE id = $1"


async def a_full_life(world: World) -> tuple[Person, dict[str, Any]]:
    """Make somebody who is about everything that one can be, and the ids of what they have."""
    name = f"老周{letters(6)}"
    response = await world.api.post("/v1/auth/wechat", json={"code": new_code(name), "device": "手机" + uuid4().hex})
    person = await log_in(world.api, world.database, name)
    assert response.json()["me"]["id"] == str(person.id)
    contact = await enrol(world, new_contact("欧阳小满"), volunteer=True)
    assert (await approve(world, await ask(world, person, contact))).status_code == 200
    await world.post(role="staff", holder=person)
    await make_grant(world.database, person, world.other_grid, Role.AUDITOR)
    owner = await world.person()
    await world.clerk(owner, await world.shop(owner), person)
    await world.unit_worker(person=person)
    assert (await world.api.post("/v1/me/calendar-link", person)).status_code == 201
    await world.database.writes.execute(
        """UPDATE "user" SET nickname = $2, pending_nickname = $3, unionid = $2 WHERE id = $1""",
        person.id,
        name,
        wanted := f"更热心{letters(6)}",
    )
    code = f"phone-{name}-{letters(6)}"
    assert (await world.api.post("/v1/me/phone", person, {"code": code})).status_code == 200
    await world.database.writes.execute(
        "INSERT INTO message_credit (user_id, template_id, credits, is_refused) VALUES ($1, 'T1', 3, false)", person.id
    )
    made: dict[str, Any] = {"nickname": name, "wanted": wanted, "contact": contact, "shop": await world.shop(person)}
    made["wishes"] = [await world.wish(person, status) for status in ("checking", "reviewing", "published")]
    made["claimed"] = await world.wish(person)
    made["claim_on_own"] = await world.claim(await world.helper(), made["claimed"])
    made["errand"], _ = await open_errand(world, person)
    made["reviewed_errand"] = await make_errand(world, person)
    made["complaint"] = await world.complaint(
        person, anonymous=False, body="邻居张三的电话13912345678。", contact={"name": "周大海", "phone": "13900001111"}
    )
    made["claim"] = await world.claim(person, await world.wish(await world.person(), area=world.other_grid))
    _, made["submitted"] = await world.delivered(await world.person(), person)
    full = await world.task_of(await world.wish(await world.person()))
    await world.take_seat(await world.helper(), full)
    made["place"] = await world.place_in_line(full, person)
    made["picture"], made["wish_picture"], made["delivery_picture"] = [
        await make_picture(world.database, person) for _ in range(3)
    ]
    await world.database.writes.execute(ATTACH, made["wish_picture"], "wish", made["claimed"])
    await world.database.writes.execute(ATTACH, made["delivery_picture"], "claim", made["submitted"])
    await make_sent_ring(world, person)
    await give_points(world.database, person, 20)
    return person, made


class TestClose:
    async def test_a_full_life(self, world: World, wechat_pushes: Pusher, jobs: Jobs):
        person, made = await a_full_life(world)
        before, moment = await user(world, person), now()
        assert await wechat_pushes.tell(CANCELLED, person) == "done"

        after = await user(world, person)
        assert (after["nickname"], after["unionid"], after["pending_nickname"]) == (CLOSED_NICKNAME, None, None)
        assert after["openid"].startswith("closed-")
        assert after["token_version"] == before["token_version"] + 1
        for path in ("/v1/me", "/v1/me/claims", "/v1/me/points"):
            assert (await world.api.get(path, person)).status_code == 401
        await jobs.drain()
        assert await everything_of(world, person) == {0}
        for wish_id in made["wishes"]:
            assert await status(world, "wish", wish_id) == "withdrawn"
        assert await status(world, "wish", made["claimed"]) == "claimed"
        assert await status(world, "claim", made["claim_on_own"]) == "active"
        assert [await status(world, "errand", made[name]) for name in ("errand", "reviewed_errand")] == [
            "withdrawn",
            "withdrawn",
        ]
        residents = "SELECT count(*) FROM errand WHERE author_id = $1 AND sealed IS NOT NULL"
        assert await world.database.reads.fetchval(residents, person.id) == 0
        assert await status(world, "claim", made["claim"]) == "released"
        assert await status(world, "claim", made["submitted"]) == "submitted"
        assert await status(world, "waiter", made["place"]) == "left"
        assert await status(world, "media", made["picture"]) == "removed"
        assert await status(world, "media", made["wish_picture"]) == "removed"
        assert await status(world, "media", made["delivery_picture"]) == "checking", "it tells of what was done"
        assert await status(world, "merchant", made["shop"]) == "left"
        await assert_books_agree(world.database, person)

        events = {tuple(row) for row in await world.database.reads.fetch(EVENTS, person.id, moment)}
        assert {
            ("user", "close", "author"),
            ("grant", "revoke", "author"),
            ("grant", "revoke_with_post", "author"),
            ("clerk", "remove", "author"),
            ("unit_worker", "remove", "author"),
            ("identification", "delete", "author"),
            ("wish", "withdraw", "author"),
            ("errand", "withdraw", "author"),
            ("claim", "release", "claimant"),
            ("waiter", "leave", "author"),
            ("merchant", "leave", "author"),
        } <= events
        assert not [row for row in events if row[0] == "complaint"]  # its time would tell whose it is (I9)

    async def test_nobody_waits_for_one_whose_end_fails(self, world: World, wechat_pushes: Pusher, jobs: Jobs):
        first, second = sorted([await world.person(), await world.person()], key=lambda person: person.id)
        for person in (first, second):
            await wechat_pushes.tell(CANCELLED, person)
            await world.database.writes.execute(AGE, person.id)
        async with world.database.transaction() as connection:
            await connection.execute("SELECT FROM leaving WHERE user_id = $1 FOR UPDATE", first.id)
            await wechat_sweeps.end_leavings(jobs.parts)
        ended = [await world.database.reads.fetchrow(LEAVING, person.id) for person in (first, second)]
        assert [row is not None and row["ended_at"] is not None for row in ended] == [False, True]

    async def test_what_was_to_ring_in_the_morning_goes_too(self, world: World, wechat_pushes: Pusher, jobs: Jobs):
        await start(world.database)
        person = await subscriber(world, TASK)
        with clock.at(here(22, 30)):
            await tell(world, person)
            await wechat_pushes.tell(CANCELLED, person)
            await wechat_sweeps.end_leaving(jobs.parts, person.id)
            assert await statuses(world.database, person) == ["waiting"]
        with clock.at(here(22, 40)):
            assert not await end(world, jobs, person)
        with clock.at(here(8, 1, days=1)):
            await wechat_sweeps.ring_waiting(jobs.parts)
            assert await end(world, jobs, person)
        assert await everything_of(world, person) == {0}

    async def test_nothing_tells_who_it_was(self, world: World, wechat_pushes: Pusher, jobs: Jobs):
        """No table has the openid, the name or the number any more, but for the office's own roster."""
        person, made = await a_full_life(world)
        secret = world.settings.data_key.get_secret_value()
        assert (await complainants.find(world.database.reads, secret, made["complaint"])).name == "周大海"
        await wechat_pushes.tell(CANCELLED, person)
        await jobs.drain()
        assert not await end(world, jobs, person)  # somebody is at their wish, and their delivery waits
        who = await complainants.find(world.database.reads, secret, made["complaint"])
        assert who == complainants.Complainant(person.id)
        shown = await world.api.get(f"/v1/complaints/{made['complaint']}", world.staff)
        assert shown.json()["author"] is None
        assert (await world.api.get(f"/v1/wishes/{made['claimed']}")).status_code == 200
        for told in (made["nickname"], made["wanted"], person.openid, "周大海"):
            # What was answered to others is forgotten with their keys.
            assert await tables_with(world, told) - {"idempotency_key.body"} == set(), told
        kept = await world.database.reads.fetchrow(
            "SELECT user_id, sealed FROM person WHERE identity_hash = $1", people.identity_hash(secret, made["contact"])
        )
        assert kept is not None
        assert (kept["user_id"], kept["sealed"] is not None) == (None, True)

        # Once others are done, the rest goes as well.
        assert (await world.api.post(f"/v1/claims/{made['submitted']}/verify", world.staff)).status_code == 200
        assert not await end(world, jobs, person)
        await world.database.writes.execute(
            "UPDATE claim SET due_at = now() - interval '1 minute' WHERE id = $1", made["claim_on_own"]
        )
        await handlers.lapse_overdue(jobs.parts)
        assert await end(world, jobs, person)
        assert await status(world, "wish", made["claimed"]) == "withdrawn"
        assert await wechat_sweeps.end_leavings(jobs.parts) >= 0
        await assert_books_agree(world.database, person)

    async def test_whoever_is_on_no_roster_leaves_their_hats_and_teams(
        self, world: World, wechat_pushes: Pusher, jobs: Jobs
    ):
        person, leader = await world.helper(), await world.helper()
        volunteer_id = await make_volunteer(world, person)
        assert (await world.api.post(f"/v1/volunteers/{volunteer_id}/approve", world.staff)).status_code == 200
        team_id = await world.team(leader)
        place_id = await world.place_in_team(team_id, person)
        loan_id = await lend(world, world.grid, world.other_grid, person)
        assert await wechat_pushes.tell(CANCELLED, person) == "done"
        assert await status(world, "loan", loan_id) == "ended"
        await jobs.drain()
        assert await status(world, "team_member", place_id) == "left"
        assert await status(world, "volunteer", volunteer_id) == "left"
        member = "SELECT m.status FROM member m JOIN person p ON p.id = m.person_id WHERE p.user_id = $1"
        assert await world.database.reads.fetchval(member, person.id) == "left"
        assert await end(world, jobs, person)

    async def test_a_paper_that_staff_asked_for_stays(self, world: World, wechat_pushes: Pusher, jobs: Jobs):
        errand_id = await make_errand(world, world.staff, paper={"kind": "signed", "note": "同意书存社区档案第3册。"})
        assert await wechat_pushes.tell(CANCELLED, world.staff) == "done"
        await jobs.drain()
        row = await world.database.reads.fetchrow("SELECT status, sealed FROM errand WHERE id = $1", errand_id)
        assert row is not None
        assert (row["status"], row["sealed"] is not None) == ("reviewing", True)

    async def test_nobody_of_ours(self, wechat_pushes: Pusher):
        for openid in ("o-nobody", "", None, 8):
            assert await wechat_pushes.tell(CANCELLED, OpenID=openid, FromUserName="gh_x") == "nobody of ours"

    async def test_the_same_person_begins_anew(self, world: World, wechat_pushes: Pusher):
        name = f"小李{letters(6)}"
        person = await log_in(world.api, world.database, name)
        await wechat_pushes.tell(CANCELLED, person)
        again = await log_in(world.api, world.database, name)
        assert (again.openid, again.id == person.id) == (person.openid, False)
        assert await wechat_pushes.tell(CANCELLED, again) == "done"


class TestAtOnce:
    async def test_cancelled_twice(self, world: World, wechat_pushes: Pusher, jobs: Jobs):
        """Two events of one cancellation, each taken twice at once: one account is closed, once."""
        person = await log_in(world.api, world.database)
        wish_id = await world.wish(person)
        ids = [await wechat_pushes.keep(event(CANCELLED, OpenID=person.openid)) for _ in range(2)]
        taking = [pushes.take(world.database, wechat_pushes.secret, event_id) for event_id in ids * 2]
        assert sorted(await asyncio.gather(*taking)) == [False, False, True, True]
        closed = "SELECT count(*) FROM event WHERE subject_id = $1 AND action = 'close'"
        assert await world.database.reads.fetchval(closed, person.id) == 1
        assert (await user(world, person))["token_version"] == 2
        ending = (wechat_sweeps.end_leaving(jobs.parts, person.id) for _ in range(4))
        await asyncio.gather(*ending)
        assert await status(world, "wish", wish_id) == "withdrawn"

    async def test_against_claims_and_posts_and_log_ins(self, world: World, wechat_pushes: Pusher, jobs: Jobs):
        """Whatever a request brings that was let in before the account closed: none of it stays open."""
        for _ in range(4):
            name = f"快手{letters(6)}"
            person = await log_in(world.api, world.database, name)
            await make_member(world.database, person, world.grid, world.unit_id)
            tasks = [await world.task_of(await world.wish(await world.person())) for _ in range(2)]
            full = await world.task_of(await world.wish(await world.person()))
            await world.take_seat(await world.helper(), full)
            form = {"area_id": str(world.grid.id), "category": "other", "title": "换灯泡", "body": "灯坏了。"}
            event_id = await wechat_pushes.keep(event(CANCELLED, OpenID=person.openid))
            taking = asyncio.create_task(pushes.take(world.database, wechat_pushes.secret, event_id))
            await together(
                *(world.api.post(f"/v1/tasks/{task_id}/claims", person) for task_id in tasks),
                world.api.post(f"/v1/tasks/{full}/waiters", person),
                world.api.post("/v1/wishes", person, form),
                world.api.put("/v1/me", person, {"nickname": "快手阿强"}),
                world.api.post("/v1/auth/wechat", json={"code": new_code(name)}),
            )
            assert await taking
            assert await end(world, jobs, person)
            assert await everything_of(world, person) == {0}
            open_wishes = "SELECT count(*) FROM wish WHERE author_id = $1 AND status <> 'withdrawn'"
            assert await world.database.reads.fetchval(open_wishes, person.id) == 0
            for task_id in tasks:
                seats = await world.database.reads.fetchval("SELECT seats_taken FROM task WHERE id = $1", task_id)
                assert seats == 0
            counted = await user(world, person)
            assert (counted["open_claims"], counted["nickname"]) == (0, CLOSED_NICKNAME)
            assert counted["pending_nickname"] is None


TEXT_COLUMNS = """
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c JOIN information_schema.tables t
        ON t.table_name = c.table_name AND t.table_schema = c.table_schema AND t.table_type = 'BASE TABLE'
    WHERE c.table_schema = 'public' AND c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea')
"""


async def tables_with(world: World, told: str) -> set[str]:
    """Return the columns of all tables in which some words stand."""
    found = set()
    for row in await world.database.reads.fetch(TEXT_COLUMNS):
        table, column = row["table_name"], row["column_name"]
        content = column if row["data_type"] == "bytea" else f"convert_to({column}::text, 'UTF8')"
        find = f'SELECT EXISTS (SELECT FROM "{table}" WHERE position($1::bytea IN {content}) > 0)'
        if await world.database.reads.fetchval(find, told.encode()):
            found.add(f"{table}.{column}")
    return found
