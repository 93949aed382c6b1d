"""A crowd that takes seats, waits, gives back, lapses and delivers, all at once, by the verbs of the services.

Two teams of it pledge, name their people, take seats of their own, change how many they hold and withdraw.

``python -m tests.concurrency.waiting_crowd URL`` lets the crowd of a database act until it is killed.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from asyncpg import PostgresError

from app.core.db import Database, insert
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.caller import Caller, HeldGrant, Role
from app.domain.errors import Problem
from app.domain.kinds import AreaKind, TaskKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import MEMBER, TEAM, TEAM_MEMBER
from app.jobs import handlers
from app.jobs.handlers import Parts
from app.models import Area, Task, Team, TeamMember
from app.problems import from_database
from app.schemas.pledges import PledgeIn
from app.schemas.tasks import SubmitIn
from app.services import claims, posted_tasks, tasks, transitions, waiting
from app.services.limits import Terms
from app.services.pledges import holding, naming
from app.services.transitions import Mover
from app.wechat.client import WeChat
from tests.factories import make_area, make_grant, make_member, make_unit, make_user, person_of
from tests.people import Person
from tests.random_words import letters

POOL = 12
"""Connections, each of which may be in a transaction at the same moment."""

PEOPLE_A_SIDE_TASK, SIDE_SEATS = 4, 4
"""What else there is to take, so that limits come into play: a small task for each so many people, of so many seats."""

EXPECTED = {
    *("task-full", "task-not-full", "task-not-open", "already-claimed", "already-waiting"),
    *("claim-limit-reached", "claims-narrowed", "waiting-limit-reached", "state-conflict"),
    *("already-pledged", "seats-too-few", "pledge-full", "person-not-available", "heads-below-named", "not-allowed"),
}
WEIGHTS = {"take": 9, "wait": 6, "release": 4, "grow_old": 3, "deliver": 3, "leave": 1}
LEADERS_WEIGHTS = WEIGHTS | {"pledge": 12, "name": 12, "change": 6, "withdraw": 5, "join_in": 3}
TEAMS = 2
LIVE_OF = "SELECT id FROM claim WHERE user_id = $1 AND status IN ('active', 'returned') ORDER BY id"
PLACES_OF = "SELECT id FROM waiter WHERE user_id = $1 AND status = 'waiting' ORDER BY id"
GROW_OLD = "UPDATE claim SET due_at = now() - interval '1 second' WHERE id = $1 AND status = 'active'"
TEAMS_LED = """
    SELECT t.id, l.user_id AS leader_id FROM team t JOIN person l ON l.id = t.leader_id ORDER BY t.id
"""
PLACES_IN = "SELECT id FROM team_member WHERE team_id = $1 AND status = 'joined' ORDER BY id"
HELD_BY = "SELECT id FROM pledge WHERE team_id = $1 AND status = 'held' ORDER BY id"
HELD_FOR = """
    SELECT p.id FROM pledge p JOIN team_member i ON i.team_id = p.team_id JOIN person l ON l.id = i.person_id
    WHERE p.status = 'held' AND l.user_id = $1 ORDER BY p.id
"""
PEOPLE = """
    SELECT p.user_id FROM person p JOIN member m ON m.person_id = p.id WHERE m.status = 'approved' ORDER BY p.user_id
"""
OPEN_TASKS = "SELECT id FROM task WHERE status = 'open' ORDER BY id"
STAFF = "SELECT user_id, area_id FROM \"grant\" WHERE role = 'staff'"
OVERFULL = """
    SELECT t.id FROM task t WHERE t.seats_taken > t.seats OR t.seats < (
        SELECT count(*) FROM claim c WHERE c.task_id = t.id AND c.status IN ('active', 'submitted', 'returned')
    )
"""
STEPS = """
    SELECT c.user_id, e.action, e.to_state, e.created_at, NULL AS until
    FROM event e JOIN claim c ON c.id = e.subject_id WHERE e.subject_kind = 'claim' AND e.action <> 'remind'
    UNION ALL SELECT subject_id, action, to_state, created_at, (facts ->> 'until')::timestamptz
    FROM event WHERE subject_kind = 'user' AND action = 'narrow_claims'
    ORDER BY user_id, created_at
"""


@dataclass
class Crowd:
    """The people and tasks of one database, and what became of all they did."""

    database: Database
    settings: Settings
    people: list[UUID]
    task_ids: list[UUID]
    staff: Caller
    teams: dict[UUID, UUID]
    """The team that somebody leads."""
    random: Random
    told: Counter[str] = field(default_factory=Counter)
    looks: int = 0

    @classmethod
    @asynccontextmanager
    async def of(cls, url: str, seed: int) -> AsyncIterator["Crowd"]:
        """Yield the crowd of a database; the first task has the most seats."""
        settings = Settings(_env_file=None, database_url=url, database_pool_size=POOL, log_level="ERROR")
        database = Database(url, settings)
        reads = database.reads
        people = [row["user_id"] for row in await reads.fetch(PEOPLE)]
        task_ids = [row["id"] for row in await reads.fetch(OPEN_TASKS)]
        [staff] = await reads.fetch(STAFF)
        caller = Caller(staff["user_id"], grants=(HeldGrant(Role.STAFF, staff["area_id"]),))
        try:
            teams = {row["leader_id"]: row["id"] for row in await reads.fetch(TEAMS_LED)}
            yield cls(database, settings, people, task_ids, caller, teams, Random(seed))  # noqa: S311 - no secret
        finally:
            database.close()

    @property
    def terms(self) -> Terms:
        return Terms.of(self.settings)

    async def act(self, steps: int) -> None:
        """Let everybody take so many steps, while jobs free what lapsed and somebody counts the seats."""
        turn = asyncio.Semaphore(POOL)
        is_over = asyncio.Event()

        async def one(person: UUID) -> None:
            leads = person in self.teams
            weights = LEADERS_WEIGHTS if leads else WEIGHTS | {"join_in": 2}
            for step in self.random.choices(list(weights), list(weights.values()), k=steps * (6 if leads else 1)):
                async with turn:
                    await self._try(step, getattr(self, f"_{step}"), Caller(person, is_helper=True))

        around = [asyncio.create_task(self._sweep(is_over)), asyncio.create_task(self._look(is_over))]
        try:
            await asyncio.gather(*map(one, self.people))
        finally:
            is_over.set()
            await asyncio.gather(*around)

    async def settle(self) -> None:
        """Run the sweeps until they find nothing more."""
        async with self._parts() as parts:
            while (
                await handlers.lapse_overdue(parts) + await handlers.end_pledges(parts) + await handlers.move_up(parts)
            ):
                pass

    async def _try(self, name: str, step: Callable[[Caller], Awaitable[None]], caller: Caller) -> None:
        try:
            await step(caller)
            self.told[name] += 1
        except (Problem, PostgresError) as error:
            problem = error if isinstance(error, Problem) else from_database(error)
            if problem is None or problem.type.code not in EXPECTED:
                raise
            self.told[problem.type.code] += 1

    def _some_task(self) -> UUID:
        main, *others = self.task_ids
        return main if not others or self.random.random() < 0.4 else self.random.choice(others)

    async def _take(self, caller: Caller) -> None:
        async with self.database.transaction() as connection:
            await claims.take(connection, self.terms, caller, self._some_task())

    async def _wait(self, caller: Caller) -> None:
        async with self.database.transaction() as connection:
            await waiting.join(connection, self.terms.secret, caller, self._some_task())

    async def _release(self, caller: Caller) -> None:
        claim_id = await self._one_of(LIVE_OF, caller)
        async with self.database.transaction() as connection:
            await claims.release(connection, self.terms, caller, claim_id)

    async def _leave(self, caller: Caller) -> None:
        place_id = await self._one_of(PLACES_OF, caller)
        async with self.database.transaction() as connection:
            await waiting.leave(connection, caller, place_id)

    async def _pledge(self, caller: Caller) -> None:
        form = PledgeIn(team_id=self.teams[caller.id], heads=self.random.randint(1, 3))
        async with self.database.transaction() as connection:
            await holding.pledge(connection, caller, self.random.choice(self.task_ids), form)

    async def _name(self, caller: Caller) -> None:
        team_id = self.teams[caller.id]
        pledge_id = await self._one_of(HELD_BY, caller, team_id)
        places = [row["id"] for row in await self.database.reads.fetch(PLACES_IN, team_id)]
        chosen = self.random.sample(places, self.random.choice((1, 1, 1, 2)))
        async with self.database.transaction() as connection:
            await naming.name(connection, self.terms, caller, pledge_id, chosen)

    async def _join_in(self, caller: Caller) -> None:
        pledge_id = await self._one_of(HELD_FOR, caller)
        async with self.database.transaction() as connection:
            await naming.claim(connection, self.terms, caller, pledge_id)

    async def _change(self, caller: Caller) -> None:
        pledge_id = await self._one_of(HELD_BY, caller, self.teams[caller.id])
        async with self.database.transaction() as connection:
            await holding.change(connection, self.terms, caller, pledge_id, self.random.randint(1, 4))

    async def _withdraw(self, caller: Caller) -> None:
        pledge_id = await self._one_of(HELD_BY, caller, self.teams[caller.id])
        if self.random.random() < 0.3:  # its time is over, and the sweep ends it
            await self.database.writes.execute("UPDATE pledge SET name_by = now() WHERE id = $1", pledge_id)
            return
        async with self.database.transaction() as connection:
            await holding.withdraw(connection, self.terms, caller, pledge_id)

    async def _grow_old(self, caller: Caller) -> None:
        await self.database.writes.execute(GROW_OLD, await self._one_of(LIVE_OF, caller))

    async def _deliver(self, caller: Caller) -> None:
        claim_id, terms, staff = await self._one_of(LIVE_OF, caller), self.terms, self.staff
        async with self.database.transaction() as connection:
            await claims.submit(connection, terms.secret, caller, claim_id, SubmitIn(note="好了。", minutes=30))
        decided = self.random.random()
        async with self.database.transaction() as connection:
            if decided < 0.1:
                await claims.verify(connection, terms, staff, claim_id)
            elif decided < 0.3:
                await claims.send_back(connection, terms, staff, claim_id, "再来一次。")
            else:
                await claims.refuse(connection, terms, staff, claim_id, "没有做。")

    async def _one_of(self, query: str, caller: Caller, key: UUID | None = None) -> UUID:
        rows = await self.database.reads.fetch(query, key or caller.id)
        if not rows:
            raise Problem("state-conflict")
        found: UUID = self.random.choice(rows)["id"]
        return found

    async def _sweep(self, is_over: asyncio.Event) -> None:
        async with self._parts() as parts:
            while not is_over.is_set():
                self.told["lapsed"] += await handlers.lapse_overdue(parts)
                self.told["pledges ended"] += await handlers.end_pledges(parts)
                self.told["filled by a sweep"] += await handlers.move_up(parts)
                await asyncio.sleep(0.02)

    async def _look(self, is_over: asyncio.Event) -> None:
        """Hold each moment against I1: one statement sees one moment."""
        while not is_over.is_set():
            assert await self.database.reads.fetch(OVERFULL) == []
            self.looks += 1
            await asyncio.sleep(0.01)

    @asynccontextmanager
    async def _parts(self) -> AsyncIterator[Parts]:
        settings = self.settings
        wechat = WeChat.of(settings, self.database)
        try:
            yield Parts(self.database, wechat, settings)
        finally:
            await wechat.aclose()


async def gather_crowd(url: str, people: int) -> None:
    """Fill an empty database with helpers, and staff who decide."""
    settings = Settings(_env_file=None, database_url=url, database_pool_size=POOL)
    database = Database(url, settings)
    try:
        district = await make_area(database, None, AreaKind.DISTRICT)
        grid = await make_area(database, district)
        unit_id = await make_unit(database, district)
        await make_grant(database, await make_user(database, settings), district, Role.STAFF)
        crowd = [await make_user(database, settings) for _ in range(people)]
        for person in crowd:
            member_id = await make_member(database, person, grid, unit_id)
            async with database.transaction() as connection:
                await transitions.log(connection, MEMBER.subject, member_id, "enter", "approved", transitions.SYSTEM)
        for number in range(TEAMS):
            await _make_team(database, grid, crowd[number :: TEAMS * 2])
    finally:
        database.close()


async def _make_team(database: Database, grid: Area, people: Sequence[Person]) -> None:
    """Make an approved team of people, the first of whom leads it."""
    persons = [await person_of(database, person) for person in people]
    team = Team(
        id=new_id(), area_id=grid.id, leader_id=persons[0], name=letters(8), introduction="队伍", status="approved"
    )
    async with database.transaction() as connection:
        await insert(connection, team)
        await transitions.log(connection, TEAM.subject, team.id, "create", "approved", transitions.SYSTEM)
        for person_id in persons:
            place = TeamMember(id=new_id(), team_id=team.id, person_id=person_id, status="joined")
            await insert(connection, place)
            await transitions.log(connection, TEAM_MEMBER.subject, place.id, "found", "joined", transitions.SYSTEM)


async def post_tasks(url: str, seats: int) -> None:
    """Close what tasks are left and post new ones: one with ``seats``, and some small ones beside it."""
    settings = Settings(_env_file=None, database_url=url)
    database = Database(url, settings)
    try:
        area_id = await database.reads.fetchval("SELECT id FROM area WHERE kind = 'grid'")
        side_tasks = len(await database.reads.fetch(PEOPLE)) // PEOPLE_A_SIDE_TASK
        poster = await make_user(database, settings)
        mover = Mover(Party.STAFF, poster.id)
        async with database.transaction() as connection:
            for row in await connection.fetch(OPEN_TASKS):
                await posted_tasks.wind_up(connection, row["id"], mover)
            for number in [seats] + [SIDE_SEATS] * side_tasks:
                task = Task(
                    id=new_id(),
                    kind=TaskKind.ACTIVITY,
                    area_id=area_id,
                    author_id=poster.id,
                    title="清理楼道",
                    status="open",
                    seats=number,
                    reward_points=5,
                )
                await tasks.make(connection, task, mover)
    finally:
        database.close()


async def beyond_limit(database: Database, limit: int) -> list[Any]:
    """Live through all claims again; return who ever took another one while they held as many as they might."""
    held: Counter[UUID] = Counter()
    until: dict[UUID, Any] = {}
    found = []
    for step in await database.reads.fetch(STEPS):
        person, at = step["user_id"], step["created_at"]
        if step["action"] == "narrow_claims":
            until[person] = step["until"]
        elif step["action"] == "create":
            allowed = 1 if person in until and until[person] > at else limit
            if held[person] >= allowed:
                found.append((person, at, held[person], allowed))
            held[person] += 1
        else:
            held[person] += {"return": 1, "refuse": 0, "verify": 0}.get(step["action"], -1)
    return found


async def act_for_ever(url: str) -> None:
    """Act until killed."""
    async with Crowd.of(url, new_id().int) as crowd:
        while True:
            await crowd.act(20)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(act_for_ever(sys.argv[1]))
