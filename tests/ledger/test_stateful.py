"""Any sequence of the ledger's verbs, right and wrong, on any day, keeps the books whole (I3, I4).

The verbs run on the real database and commit; after each step every account is held against ``model.py``. What the
database takes for the present moment is the model's, so that days pass at will: for this one, the time of a transfer is
read from a setting of the transaction. ``LEDGER_EXAMPLES`` asks for more sequences than the usual ones (`make fuzz`).
"""

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, ClassVar, NamedTuple, TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app import ledger
from app.core.clock import SHANGHAI
from app.core.db import Database
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.domain.errors import Problem
from tests.ledger.model import Account, Model, RefusedError

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "100"))
STEPS = 50
FIRST_DAY = date(2026, 2, 27)
USERS, SHOPS, REFERENCES = 2, 2, 12
MOMENTS = (time(12), time(0), time(23, 59, 59, 999_999))
REFUSALS = (asyncpg.IntegrityConstraintViolationError, Problem, ValueError)

VERBS = Counter(
    wait=3, award=3, adjust_up=1, mature=3, expire=2, hold=5, donate=1, adjust_down=1, take_back=1,
    settle=5, release=2, reverse=3, pay=3,
)  # fmt: skip
"""How often each is tried, next to the others."""


class Step(NamedTuple):
    """One thing to try; each verb takes of it what it needs."""

    verb: str
    user: int
    points: int
    number: int
    """Which voucher, reference or account of those in question."""
    day: int | None
    """When points expire, counted from today."""
    wait: int | None
    """When awarded points can be spent."""
    error: int
    """By how many days the clock of the process is wrong; the database's own is right."""
    is_fitting: bool
    """Whether what is chosen fits the verb; otherwise anything is chosen."""


users, points = st.integers(0, USERS - 1), st.sampled_from([3, 5, 1, 2, 4, 6, 7, 8, 9, 20, 0, -1])
days = st.sampled_from([None, 1, 0, 2, -1])
steps = st.builds(
    Step,
    verb=st.sampled_from(sorted(VERBS.elements())),
    user=users,
    points=points,
    number=st.integers(0, 50),
    day=days,
    wait=st.sampled_from([None, 0, 1, None, -1, 2]),
    error=st.sampled_from([0, 0, 0, 0, -1, 1]),
    is_fitting=st.sampled_from([True, True, False]),
)
Result = TypeVar("Result")

THE_CLOCK_OF_THE_TEST = """
    ALTER TABLE ledger_transfer ALTER COLUMN created_at
    SET DEFAULT coalesce(nullif(current_setting('test.moment', true), '')::timestamptz, now())
"""
BOOKS = """
    WITH mine AS (SELECT id FROM ledger_account WHERE owner_id = ANY($1)), side AS (
        SELECT side.* FROM ledger_transfer t CROSS JOIN LATERAL (VALUES
            (t.debit_account_id, -t.points, t.debit_version), (t.credit_account_id, t.points, t.credit_version)
        ) AS side (account_id, points, version)
        WHERE t.debit_account_id = ANY(ARRAY(SELECT id FROM mine)) OR t.credit_account_id = ANY(ARRAY(TABLE mine))
    )
    SELECT a.kind, a.owner_id, a.expires_on, a.available_on, b.points, b.version,
        coalesce(sum(side.points), 0)::int AS moved, array_agg(side.version ORDER BY side.version) AS versions
    FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id LEFT JOIN side ON side.account_id = a.id
    WHERE a.owner_id = ANY($1) OR a.owner_id IS NULL
    GROUP BY a.id, b.account_id
"""


class LedgerMachine(RuleBasedStateMachine):
    """Users, shops and clocks do to the ledger what they like, through the ledger's own verbs."""

    runner: asyncio.Runner
    database: Database
    outcomes: ClassVar[Counter[tuple[str, bool]]] = Counter()

    @initialize(lots=st.lists(st.tuples(users, points, days), min_size=4, max_size=6))
    def begin(self, lots: list[tuple[int, int, int | None]]) -> None:
        self.user_ids = [uuid4() for _ in range(USERS)]
        self.shop_ids = [uuid4() for _ in range(SHOPS)]
        self.area_id = uuid4()
        self.ids = [uuid4() for _ in range(REFERENCES)]
        self.model = Model(FIRST_DAY, self.user_ids, self.shop_ids)
        self.moment = time(12)
        self.run(self.open_accounts())
        for number, (user, amount, day) in enumerate(lots):
            self.act(Step("award", user, amount, number, day, None, 0, True))

    async def open_accounts(self) -> None:
        async with self.database.transaction() as connection:
            for user_id in self.user_ids:
                await ledger.open_wallet(connection, user_id)
            for shop_id in self.shop_ids:
                await ledger.open_merchant(connection, shop_id)

    @rule(step=steps)
    def act(self, step: Step) -> None:
        if step.verb == "wait":
            self.model.day += timedelta(step.user + 1)
            self.moment = MOMENTS[step.number % len(MOMENTS)]
        elif step.verb in {"award", "adjust_up"}:
            self.give(step)
        elif step.verb in {"mature", "expire"}:
            self.end_day(step)
        elif step.verb in {"settle", "release", "reverse", "pay"}:
            self.close(step)
        else:
            self.take(step)

    def give(self, step: Step) -> None:
        waits = None if step.verb == "adjust_up" else step.wait
        kind = "wallet" if waits is None else "waiting"
        account = Account(kind, self.user_ids[step.user], self.on(step.day), self.on(waits))
        asked = (account.owner_id, step.points, reference_id := self.fresh(step))
        dates: dict[str, Any] = {"expires_on": account.expires_on}
        if step.verb == "award":
            dates["available_on"] = account.available_on
        model = partial(getattr(self.model, step.verb), account, step.points, reference_id)
        self.check(step.verb, model, lambda connection: getattr(ledger, step.verb)(connection, *asked, **dates))

    def end_day(self, step: Step) -> None:
        kind, verb = ("waiting", self.mature) if step.verb == "mature" else ("wallet", self.expire)
        lots = [account for account, left in self.model.points.items() if account.kind == kind and left]
        due = [lot for lot in lots if (day := lot.available_on or lot.expires_on) and day <= self.model.day]
        if chosen := due if step.is_fitting else lots:
            account = chosen[step.number % len(chosen)]
            self.check(step.verb, partial(getattr(self.model, step.verb), account), partial(verb, account=account))

    async def mature(self, connection: asyncpg.Connection, account: Account) -> int:
        account_id = await self.find(connection, account)
        assert account.owner_id is not None
        return await ledger.mature(connection, account_id, account.owner_id, account.expires_on)

    async def expire(self, connection: asyncpg.Connection, account: Account) -> int:
        return await ledger.expire(connection, await self.find(connection, account))

    def take(self, step: Step) -> None:
        asked = (self.user_ids[step.user], step.points, self.fresh(step))
        more: dict[str, Any] = {"today": self.model.day + timedelta(step.error)}
        if step.verb == "donate":
            more["area_id"] = self.area_id
        model = partial(getattr(self.model, step.verb), *asked, **more)
        self.check(step.verb, model, lambda connection: getattr(ledger, step.verb)(connection, *asked, **more))

    def close(self, step: Step) -> None:
        voucher_id = self.voucher(step, self.held() if step.verb in {"settle", "release"} else self.settled())
        asked: tuple[Any, ...] = (voucher_id,)
        more: dict[str, Any] = {}
        if step.verb == "settle":
            asked = (voucher_id, self.shop_ids[step.user])
        elif step.verb == "pay":
            other = step._replace(number=step.number + step.user, is_fitting=step.points % 2 == 0)
            asked = ([voucher_id, self.voucher(other, self.settled())],)
        else:
            more["not_before"] = self.on(step.day if step.verb == "release" else step.day or 0)
        model = partial(getattr(self.model, step.verb), *asked, **more)
        self.check(step.verb, model, lambda connection: getattr(ledger, step.verb)(connection, *asked, **more))

    @invariant()
    def books_and_model_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        rows = self.run(self.database.writes.fetch(BOOKS, [*self.user_ids, *self.shop_ids, self.area_id]))
        found = {Account(row["kind"], row["owner_id"], row["expires_on"], row["available_on"]): row for row in rows}
        assert {account: row["moved"] for account, row in found.items()} == self.model.points
        assert sum(self.model.points.values()) == 0
        for account, row in found.items():
            if account.kind in {"waiting", "wallet", "held"}:
                moves = self.model.moves[account]
                assert (row["points"], row["version"]) == (self.model.points[account], moves)
                assert row["versions"] == (list(range(1, moves + 1)) if moves else [None]), (
                    "each transfer made one step"
                )
                assert row["points"] >= 0
            else:
                assert row["points"] is None
                assert row["moved"] >= 0 or account.kind in {"issuer", "manual"}

    def check(self, name: str, expected: Any, verb: Any) -> None:
        """Call a verb in a transaction of its own: it must move what the model moves, and refuse what it refuses."""
        moved: int | None = None
        with suppress(RefusedError):
            moved = expected()
        try:
            done = self.run(self.in_transaction(verb))
        except REFUSALS as refusal:
            outcome: object = refusal
        else:
            outcome = moved if done is None else done
        if moved is None:
            assert isinstance(outcome, REFUSALS), f"{name} was not refused"
        else:
            assert outcome == moved, name
        if moved != 0:
            self.outcomes[name, moved is not None] += 1

    async def in_transaction(self, verb: Any) -> int | None:
        """Return what the verb says it moved; those that move what they were told say nothing."""
        moment = datetime.combine(self.model.day, self.moment, SHANGHAI)
        async with self.database.transaction() as connection:
            await connection.execute("SELECT set_config('test.moment', $1, true)", moment.isoformat())
            moved: int | None = await verb(connection)
        return moved

    @staticmethod
    async def find(connection: asyncpg.Connection, account: Account) -> UUID:
        found: UUID = await connection.fetchval(
            "SELECT id FROM ledger_account WHERE kind = $1 AND owner_id = $2 "
            "AND expires_on IS NOT DISTINCT FROM $3 AND available_on IS NOT DISTINCT FROM $4",
            *account,
        )
        return found

    def on(self, day: int | None) -> date | None:
        return None if day is None else self.model.day + timedelta(day)

    def held(self) -> list[UUID]:
        return [voucher_id for voucher_id in self.model.holds if ("hold", voucher_id) not in self.model.closed]

    def settled(self) -> list[UUID]:
        return [voucher_id for voucher_id in self.model.shops if ("settle", voucher_id) not in self.model.closed]

    def voucher(self, step: Step, fitting: Sequence[UUID]) -> UUID:
        any_voucher = list(self.model.holds) if step.number < 40 else []
        candidates = (fitting if step.is_fitting else any_voucher) or self.ids
        return candidates[step.number % len(candidates)]

    def fresh(self, step: Step) -> UUID:
        """Return a reference that was not yet one of a transfer of this kind, and now and then any."""
        unused = [reference_id for reference_id in self.ids if (step.verb, reference_id) not in self.model.used]
        candidates = (unused if step.number >= 8 else []) or self.ids
        return candidates[step.number % len(candidates)]

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)


@pytest.fixture
def machine(server_url: str, template_database: str) -> Iterator[type[LedgerMachine]]:
    with (
        scratch_database(server_url, template=template_database) as url,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        LedgerMachine.runner = runner
        LedgerMachine.database = Database(url, Settings(_env_file=None, database_pool_size=1))
        runner.run(LedgerMachine.database.writes.execute(THE_CLOCK_OF_THE_TEST))
        yield LedgerMachine
        LedgerMachine.database.close()


def test_any_sequence_keeps_the_ledger_whole(machine: type[LedgerMachine]):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    verbs = {name for name, _ in machine.outcomes}
    assert len(verbs) == 12
    for verb in verbs:
        assert machine.outcomes[verb, True] > 0, f"{verb}: a test in which nothing succeeds tests nothing"
        assert machine.outcomes[verb, False] > 0, f"{verb}: nothing was refused"
