"""Any sequence of awards, holds, settlements and releases, right and wrong, keeps the ledger whole (I3, I4).

After each step the real database is held against a model of a few lines.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app import ledger
from app.core import clock
from app.core.db import Database
from app.core.settings import Settings
from app.domain.errors import Problem

USERS, SHOPS, VOUCHERS = 3, 2, 8
users, shops, vouchers = st.integers(0, USERS - 1), st.integers(0, SHOPS - 1), st.integers(0, VOUCHERS - 1)
points = st.integers(-1, 12)
Result = TypeVar("Result")

BALANCES = """
    SELECT a.owner_id, a.kind, b.points, (
        SELECT coalesce(sum(CASE WHEN t.credit_account_id = a.id THEN t.points ELSE -t.points END), 0)::int
        FROM ledger_transfer t WHERE a.id IN (t.debit_account_id, t.credit_account_id)
    ) AS moved
    FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id WHERE a.owner_id = ANY($1)
"""


class Model:
    """What the ledger must say, in plain Python."""

    def __init__(self) -> None:
        self.wallet = [0] * USERS
        self.held = [0] * USERS
        self.shop = [0] * SHOPS
        self.awarded: set[int] = set()
        self.open: dict[int, tuple[int, int]] = {}
        self.seen: set[int] = set()

    def award(self, user: int, amount: int, reason: int) -> bool:
        if amount < 1 or reason in self.awarded:
            return False
        self.awarded.add(reason)
        self.wallet[user] += amount
        return True

    def hold(self, user: int, amount: int, voucher: int) -> bool:
        if amount < 1 or voucher in self.seen or self.wallet[user] < amount:
            return False
        self.seen.add(voucher)
        self.open[voucher] = (user, amount)
        self.wallet[user] -= amount
        self.held[user] += amount
        return True

    def close(self, voucher: int, shop: int | None) -> bool:
        if voucher not in self.open:
            return False
        user, amount = self.open.pop(voucher)
        self.held[user] -= amount
        if shop is None:
            self.wallet[user] += amount
        else:
            self.shop[shop] += amount
        return True


class LedgerMachine(RuleBasedStateMachine):
    """Several users and shops do to the ledger what they like, through the ledger's own verbs."""

    runner: asyncio.Runner
    database: Database
    done = refused = 0

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.user_ids = [uuid4() for _ in range(USERS)]
        self.shop_ids = [uuid4() for _ in range(SHOPS)]
        self.voucher_ids = [uuid4() for _ in range(VOUCHERS)]
        self.run(self.open_accounts())

    async def open_accounts(self) -> None:
        async with self.database.transaction() as connection:
            for user_id in self.user_ids:
                await ledger.open_wallet(connection, user_id)
            for shop_id in self.shop_ids:
                await ledger.open_merchant(connection, shop_id)

    @rule(user=users, amount=points, reason=vouchers)
    def award(self, user: int, amount: int, reason: int) -> None:
        expected = self.model.award(user, amount, reason)
        self.post(expected, ledger.award, self.user_ids[user], amount, self.voucher_ids[reason])

    @rule(user=users, amount=points, voucher=vouchers)
    def hold(self, user: int, amount: int, voucher: int) -> None:
        expected = self.model.hold(user, amount, voucher)
        hold = partial(ledger.hold, today=clock.today())
        self.post(expected, hold, self.user_ids[user], amount, self.voucher_ids[voucher])

    @rule(voucher=vouchers, shop=st.none() | shops, rightly=st.booleans())
    def close(self, voucher: int, shop: int | None, *, rightly: bool) -> None:
        """Settle or release a voucher: an open one when ``rightly``, and any otherwise."""
        if rightly and self.model.open:
            voucher = sorted(self.model.open)[voucher % len(self.model.open)]
        expected = self.model.close(voucher, shop)
        voucher_id = self.voucher_ids[voucher]
        if shop is None:
            self.post(expected, ledger.release, voucher_id)
        else:
            self.post(expected, ledger.settle, voucher_id, self.shop_ids[shop])

    @invariant()
    def books_and_model_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        rows = self.run(self.database.writes.fetch(BALANCES, [*self.user_ids, *self.shop_ids]))
        found = {(row["owner_id"], row["kind"]): (row["points"], row["moved"]) for row in rows}
        expected: dict[tuple[UUID, str], tuple[int | None, int]] = {}
        for user_id, wallet, held in zip(self.user_ids, self.model.wallet, self.model.held, strict=True):
            expected[user_id, "wallet"] = (wallet, wallet)
            expected[user_id, "held"] = (held, held)
        for shop_id, earned in zip(self.shop_ids, self.model.shop, strict=True):
            expected[shop_id, "merchant"] = (None, earned)
        assert found == expected
        assert min(*self.model.wallet, *self.model.held) >= 0

    def post(self, expected: bool, verb: Any, *arguments: object) -> None:
        """Call a verb of the ledger in a transaction of its own; it must be refused exactly when the model refuses."""
        try:
            moved = self.run(self.in_transaction(verb, *arguments))
        except (asyncpg.IntegrityConstraintViolationError, Problem, ValueError):
            happened = False
        else:
            happened = moved != 0
        assert happened == expected, (verb, arguments)
        LedgerMachine.done += happened
        LedgerMachine.refused += not happened

    async def in_transaction(self, verb: Any, *arguments: object) -> int | None:
        """Return what the verb says it moved; those that move what they were told say nothing."""
        async with self.database.transaction() as connection:
            moved: int | None = await verb(connection, *arguments)
        return moved

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)


@pytest.fixture
def machine(ledger_url: str) -> Iterator[type[LedgerMachine]]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        LedgerMachine.runner = runner
        LedgerMachine.database = Database(
            ledger_url, Settings(_env_file=None, database_pool_size=1, database_read_pool_size=1)
        )
        yield LedgerMachine
        LedgerMachine.database.close()


def test_any_sequence_keeps_the_ledger_whole(machine: type[LedgerMachine]):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=50,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.done > 100, "a test in which nothing succeeds tests nothing"
    assert machine.refused > 100
