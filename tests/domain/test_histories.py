"""Random lives of wishes, lived over HTTP by everybody at once: after each step all that must be true is true.

What each request must answer is worked out by hand from the tables and the rows as they stood before it.
"""

import random
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from asyncpg import Record

from app.core.db import Database
from app.domain.caller import Role
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import CLAIM, TASK, WISH
from app.domain.limits import NARROWED_LIMIT
from app.jobs import handlers
from app.services.content_checks import things
from app.services.content_checks.judging import Judge
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, make_grant
from tests.people import Person

STEPS = 50
LIMIT = 3
AGED = {
    "confirm_silent": "UPDATE wish SET delivered_at = delivered_at - interval '8 days' WHERE id = $1",
    "lapse_overdue": """
        UPDATE claim c SET due_at = c.due_at - interval '30 days' FROM task t WHERE t.id = c.task_id AND t.wish_id = $1
    """,
    "expire_wishes": "UPDATE wish SET published_at = published_at - interval '91 days' WHERE id = $1",
}
FORMS = {
    "reject": {"reason": "不合适"},
    "confirm": {"rating": 5, "thanks": "谢谢"},
    "dispute": {"reason": "没有修好"},
    "submit": {"note": "修好了"},
    "return": {"reason": "请再看看"},
    "refuse": {"reason": "没有人来过"},
    "cannot": {"reason": "梯子不够高"},
}
WISH_ACTIONS = ("approve", "reject", "withdraw", "confirm", "dispute")
CLAIM_ACTIONS = ("submit", "release", "cannot", "verify", "return", "refuse")
PUBLIC = {"published", "claimed", "delivered", "disputed", "fulfilled"}
LIVE = {"active", "submitted", "returned"}


@dataclass
class Life:
    """A few wishes of one author, and everybody who has a hand in them."""

    world: World
    jobs: Jobs
    chance: random.Random
    author: Person
    people: dict[str, Person]
    helpers: set[UUID]
    staff: set[UUID]
    wishes: list[UUID] = field(default_factory=list)
    answered: dict[int, int] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.world.database

    @classmethod
    async def begin(cls, world: World, jobs: Jobs, seed: int) -> "Life":
        """An author who is helper and staff too, helpers of whom one is staff, staff, and somebody who is nothing."""
        author, helper, staff_helper = [await world.helper() for _ in range(3)]
        for person in (author, staff_helper):
            await make_grant(world.database, person, world.community, Role.STAFF)
        people = {
            "author": author,
            "helper": helper,
            "staff helper": staff_helper,
            "staff": world.staff,
            "neighbour's staff": await world.holder(Role.STAFF, world.neighbour),
            "stranger": await world.person(),
        }
        helpers = {author.id, helper.id, staff_helper.id}
        staff = {author.id, staff_helper.id, world.staff.id}
        life = cls(world, jobs, random.Random(seed), author, people, helpers, staff)  # noqa: S311 - a repeatable walk
        for status in ("checking", "reviewing", "published", "published", "published"):
            life.wishes.append(await world.wish(author, status))
        return life

    def parties(self, person: Person, claimant_id: UUID | None) -> set[Party]:
        """What a person is to a wish or to a claim on it, read from the design rather than from the code."""
        if person.id == self.author.id:
            return {Party.AUTHOR}
        if claimant_id == person.id:
            return {Party.CLAIMANT}
        return ({Party.STAFF} if person.id in self.staff else set()) | (
            {Party.HELPER} if person.id in self.helpers else set()
        )

    async def step(self) -> None:
        """Somebody does something to some wish, sensible or not."""
        wish_id = self.chance.choice(self.wishes)
        wish = await self.row("SELECT * FROM wish WHERE id = $1", wish_id)
        assert wish is not None
        person = self.chance.choice(list(self.people.values()))
        verb = self.chance.choice(["wish", "claim", "claim", "claims", "claims", "claims", "job"])
        if self.chance.random() < 0.5:
            person, verb = self.somebody_able(wish["status"])
        if verb == "job":
            await self.do_job(wish)
        elif verb == "wish":
            await self.act_on_wish(wish, person)
        elif verb == "claim":
            await self.claim(wish, person)
        else:
            await self.act_on_claim(wish, person)

    def somebody_able(self, status: str) -> tuple[Person, str]:
        """Pick one of those who can move a wish in this state on, so that lives go on."""
        helper = self.people[self.chance.choice(["helper", "staff helper"])]
        choices = {
            "checking": (self.author, "job"),
            "reviewing": (self.world.staff, "wish"),
            "published": (helper, "claim"),
            "claimed": (helper, "claims"),
            "delivered": (self.chance.choice([self.author, self.world.staff]), self.chance.choice(["wish", "claims"])),
            "disputed": (self.world.staff, "claims"),
        }
        return choices.get(status, (helper, "claim"))

    async def act_on_wish(self, wish: Record, person: Person) -> None:
        action = self.chance.choice(WISH_ACTIONS)
        claim = await self.claim_of(wish["id"])
        claimant_id = claim["user_id"] if claim is not None and claim["status"] in LIVE else None
        parties = self.parties(person, claimant_id)
        visible = wish["status"] in PUBLIC or parties & {Party.AUTHOR, Party.CLAIMANT, Party.STAFF}
        expected = outcome(WISH, wish["status"], action, parties) if visible else 404
        await self.post(person, f"/v1/wishes/{wish['id']}/{action}", FORMS.get(action), expected)

    async def claim(self, wish: Record, person: Person) -> None:
        task = await self.row("SELECT * FROM task WHERE wish_id = $1", wish["id"])
        if task is None:
            return
        count = "SELECT count(*) FROM claim WHERE user_id = $1 AND status IN ('active', 'returned')"
        open_claims = await self.database.reads.fetchval(count, person.id)
        narrowed = 'SELECT narrowed_until > now() FROM "user" WHERE id = $1'
        limit = NARROWED_LIMIT if await self.database.reads.fetchval(narrowed, person.id) else LIMIT
        if person.id not in self.helpers or person.id == self.author.id:
            expected = 403
        elif task["status"] == "open" and wish["status"] == "published" and open_claims < limit:
            expected = 201
        else:
            expected = 409
        await self.post(person, f"/v1/tasks/{task['id']}/claims", None, expected)

    async def act_on_claim(self, wish: Record, person: Person) -> None:
        claim = await self.claim_of(wish["id"])
        if claim is None:
            return
        action = self.chance.choice(CLAIM_ACTIONS)
        parties = self.parties(person, claim["user_id"])
        visible = parties & {Party.AUTHOR, Party.CLAIMANT, Party.STAFF}
        expected = outcome(CLAIM, claim["status"], action, parties) if visible else 404
        await self.post(person, f"/v1/claims/{claim['id']}/{action}", FORMS.get(action), expected)

    async def do_job(self, wish: Record) -> None:
        """The content check while there is one to do, and otherwise time passes for this wish."""
        if wish["status"] == "checking":
            parts = self.jobs.parts
            await things.check_wish(parts.database, Judge(parts.wechat), wish["id"], REWARD_POINTS)
            return
        sweep = self.chance.choice(sorted(AGED))
        await self.database.writes.execute(AGED[sweep], wish["id"])
        await getattr(handlers, sweep)(self.jobs.parts)

    async def post(self, person: Person, path: str, form: object, expected: int) -> None:
        response = await self.world.api.post(path, person, form)
        assert response.status_code == expected, f"{path}: {response.text}"
        self.answered[expected] = self.answered.get(expected, 0) + 1

    async def claim_of(self, wish_id: UUID) -> Record | None:
        return await self.row(
            """
            SELECT c.* FROM claim c JOIN task t ON t.id = c.task_id WHERE t.wish_id = $1
            ORDER BY c.status IN ('active', 'submitted', 'returned') DESC, c.created_at DESC LIMIT 1
            """,
            wish_id,
        )

    async def row(self, query: str, *arguments: object) -> Record | None:
        return await self.database.reads.fetchrow(query, *arguments)

    async def check(self) -> None:
        """Everything that must be true between two requests (I1, I2, I3, I7)."""
        for wish_id in self.wishes:
            await self.check_wish(wish_id)
        for person in self.people.values():
            await self.check_person(person)

    async def check_wish(self, wish_id: UUID) -> None:
        wish = await self.row("SELECT * FROM wish WHERE id = $1", wish_id)
        task = await self.row("SELECT * FROM task WHERE wish_id = $1", wish_id)
        assert wish is not None
        claims = await self.database.reads.fetch(
            "SELECT c.* FROM claim c JOIN task t ON t.id = c.task_id WHERE t.wish_id = $1", wish_id
        )
        held = sorted(claim["status"] for claim in claims if claim["status"] in LIVE | {"verified"})
        expected: dict[str, tuple[str | None, list[list[str]]]] = {
            "checking": (None, [[]]),
            "reviewing": (None, [[]]),
            "rejected": (None, [[]]),
            "published": ("open", [[]]),
            "claimed": ("open", [["active"], ["returned"]]),
            "delivered": ("open", [["submitted"]]),
            "disputed": ("open", [["submitted"]]),
            "fulfilled": ("closed", [["verified"]]),
            "withdrawn": (None if task is None else "cancelled", [[]]),
            "expired": ("cancelled", [[]]),
        }
        expected_task, expected_held = expected[wish["status"]]
        assert (task["status"] if task else None) == expected_task, wish["status"]
        assert held in expected_held, wish["status"]
        await self.check_events(WISH, wish)
        if task is not None:
            assert task["seats_taken"] == len(held) <= task["seats"]
            await self.check_events(TASK, task)
        for claim in claims:
            assert claim["user_id"] != wish["author_id"], "nobody claims their own wish"
            await self.check_events(CLAIM, claim)

    async def check_events(self, lifecycle: Lifecycle, row: Record) -> None:
        """The events lead from the beginning to the state of the row, each step allowed to whoever took it."""
        events = await self.database.reads.fetch(
            "SELECT * FROM event WHERE subject_kind = $1 AND subject_id = $2 ORDER BY created_at, id",
            lifecycle.subject,
            row["id"],
        )
        state = None
        for number, event in enumerate(events):
            if number == 0 and lifecycle is not TASK:
                assert (event["action"], event["from_state"]) == ("create", None)
                assert event["to_state"] == lifecycle.initial
            else:
                if number == 0:
                    state = lifecycle.initial
                assert event["from_state"] == state
                step = lifecycle.find(event["from_state"], event["action"])
                assert step is not None
                assert event["to_state"] == step.target
                assert event["party"] in step.who
                assert (event["actor_id"] is None) == (event["party"] == Party.SYSTEM)
            state = event["to_state"]
        assert state == row["status"]

    async def check_person(self, person: Person) -> None:
        counted = await self.row(
            """
            SELECT u.open_claims,
                (SELECT count(*) FROM claim WHERE user_id = u.id AND status IN ('active', 'returned')) AS open_rows,
                (SELECT count(*) FROM claim WHERE user_id = u.id AND status = 'verified') AS verified,
                (SELECT points FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
                 WHERE a.owner_id = u.id AND a.kind = 'wallet') AS points,
                (SELECT coalesce(sum(t.points), 0) FROM ledger_transfer t JOIN ledger_account a
                 ON a.id = t.credit_account_id WHERE a.owner_id = u.id) AS awarded
            FROM "user" u WHERE u.id = $1
            """,
            person.id,
        )
        assert counted is not None
        # A delivery that is sent back counts again, so only taking a seat is held to the limit.
        assert counted["open_claims"] == counted["open_rows"]
        assert counted["points"] == counted["awarded"] == counted["verified"] * REWARD_POINTS


def outcome(lifecycle: Lifecycle, state: str, action: str, parties: set[Party]) -> int:
    """What a route must answer to ``parties`` who see the thing."""
    rows = [row for row in lifecycle.transitions if row.action == action and row.who & parties]
    if not rows:
        return 403
    return 200 if any(state in row.sources for row in rows) else 409


@pytest.mark.parametrize("seed", range(6))
async def test_everything_holds_after_each_step_of_a_random_life(world: World, jobs: Jobs, seed: int):
    life = await Life.begin(world, jobs, seed)
    await life.check()
    for number in range(STEPS):
        if number % 10 == 9:
            life.wishes.append(await world.wish(life.author))
        await life.step()
        await life.check()
    assert {200, 201, 403, 404, 409} <= set(life.answered), life.answered
