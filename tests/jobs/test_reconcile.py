"""Reconciling: a district that was lived in adds up; each difference that is planted is found and stops settling."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import structlog

from app import ledger
from app.core.clock import today
from app.core.db import Database
from app.core.ids import new_id
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.jobs import handlers
from app.jobs.handlers import Parts
from app.ledger.reconciling import PRESENT
from app.services import reconciliation
from app.services.reconciliation import IDENTITY, Reconciliation
from tests.core.service import running_app, settings_for
from tests.e2e.commands import run
from tests.factories import World

TAMPER = "SET LOCAL session_replication_role = replica"
ZERO = "the sum over all accounts is zero"
BALANCE = "a balance is what its transfers made it"
VERSIONS = "a balance has as many versions as transfers"
ACCOUNTS = "a transfer joins two accounts"
WHOLLY = "what was held is closed wholly and in one way"
MERCHANT = "a merchant's account is not below zero"
HELD = "a user's vouchers hold what is held"
STATE = "a voucher's points moved as its state says"


@dataclass
class Lived:
    """A district of its own database in which points have moved in every way, and its superuser."""

    parts: Parts
    superuser: asyncpg.Connection
    url: str
    ids: dict[str, UUID]

    @property
    def database(self) -> Database:
        return self.parts.database

    async def reconcile(self) -> Reconciliation:
        return await reconciliation.reconcile(self.superuser)


@pytest.fixture(scope="module")
def own_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture
def empty_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture(scope="module")
async def lived_once(own_url: str, simulator_url: str) -> AsyncIterator[Lived]:
    settings = settings_for(own_url, simulator_url)
    async with running_app(settings) as (app, api):
        world = await World.make(app.state.database, api, settings)
        superuser = await asyncpg.connect(own_url)
        parts = Parts(app.state.database, app.state.wechat, settings)
        yield Lived(parts, superuser, own_url, await live(world))
        superuser.terminate()


@pytest.fixture
async def lived(lived_once: Lived) -> AsyncIterator[Lived]:
    """The district for its superuser to change, past every trigger, in a transaction that is rolled back at the end."""
    transaction = lived_once.superuser.transaction()
    await transaction.start()
    await lived_once.superuser.execute(TAMPER)
    yield lived_once
    await transaction.rollback()


async def live(world: World) -> dict[str, UUID]:
    """Have vouchers in every state, points given and taken by hand, given away, taken back, waiting and paid for."""
    api, database = world.api, world.database
    owner, holder = await world.person(), await world.helper(points=50)
    shop = await world.shop(owner)
    offer = await world.offer(shop, points=5)
    held, cancelled, settled, reversed_, paid = [await world.voucher(holder, offer) for _ in range(5)]
    assert (await api.post(f"/v1/vouchers/{cancelled}/cancel", holder)).status_code == 200
    for voucher in (settled, reversed_, paid):
        scanned = await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        assert scanned.status_code == 201, scanned.text
        if voucher == reversed_:
            path = f"/v1/redemptions/{scanned.json()['id']}/reverse"
            undone = await api.post(path, owner, {"reason": "顾客退货。"})
            assert undone.status_code == 200, undone.text
    async with database.transaction() as connection:
        await ledger.award(connection, holder.id, 7, new_id(), available_on=today())
        await ledger.adjust_up(connection, holder.id, 3, new_id())
        await ledger.adjust_down(connection, holder.id, 2, new_id(), today=today())
        await ledger.donate(connection, holder.id, 4, new_id(), area_id=world.community.id, today=today())
        await ledger.take_back(connection, holder.id, 1, new_id(), today=today())
        await ledger.pay(connection, [paid])
    return {
        "holder": holder.id,
        "shop": shop,
        "held": held,
        "cancelled": cancelled,
        "settled": settled,
        "reversed": reversed_,
        "paid": paid,
    }


class TestClean:
    async def test_a_district_that_was_lived_in_adds_up(self, lived: Lived):
        found = await lived.reconcile()
        assert (found.differences, found.rows, found.is_clean) == ([], 0, True)
        assert set(found.breaches) == {IDENTITY, *reconciliation.RULES}
        assert found.totals == {
            "awarded": 57,
            "taken_back": 1,
            "given_by_hand": 3,
            "taken_by_hand": 2,
            "spendable": 50 + 3 - 2 - 4 - 3 * 5,
            "waiting": 6,
            "held": 5,
            "settled": 5,
            "paid": 5,
            "donated": 4,
            "expired": 0,
        }
        assert found.totals.keys() >= set(PRESENT)

    async def test_an_empty_ledger_adds_up(self, empty_url: str):
        database = Database(empty_url, Settings(_env_file=None))
        async with database.snapshot() as connection:
            found = await reconciliation.reconcile(connection)
        database.close()
        assert found.is_clean
        assert set(found.totals.values()) == {0}


OF_HOLDER = "(SELECT id FROM ledger_account WHERE owner_id = $1 AND kind = '{kind}' AND expires_on IS NULL LIMIT 1)"
WALLET, HELD_ACCOUNT = OF_HOLDER.format(kind="wallet"), OF_HOLDER.format(kind="held")
# What is planted, of which thing, and the rules that must find it, with how many rows.
PLANTED: dict[str, tuple[str, str, dict[str, int]]] = {
    "a balance raised by hand": (
        f"UPDATE ledger_balance SET points = points + 100 WHERE account_id = {WALLET}",
        "holder",
        {ZERO: 1, BALANCE: 1, IDENTITY: 1},
    ),
    "points moved between two balances": (
        f"""
        UPDATE ledger_balance SET points = points + CASE WHEN account_id = {WALLET} THEN 2 ELSE -2 END
        WHERE account_id IN ({WALLET}, {HELD_ACCOUNT})
        """,
        "holder",
        {BALANCE: 2, HELD: 1},
    ),
    "a balance gone": (
        f"DELETE FROM ledger_balance WHERE account_id = {WALLET}",
        "holder",
        {ZERO: 1, BALANCE: 1, IDENTITY: 1},
    ),
    "a version skipped": (
        f"UPDATE ledger_balance SET version = version + 1 WHERE account_id = {WALLET}",
        "holder",
        {VERSIONS: 1},
    ),
    "an award deleted": (
        f"DELETE FROM ledger_transfer WHERE kind = 'award' AND credit_account_id = {WALLET}",
        "holder",
        {ZERO: 1, BALANCE: 1, VERSIONS: 1, IDENTITY: 1},
    ),
    "an award made larger": (
        f"UPDATE ledger_transfer SET points = points + 1 WHERE kind = 'award' AND credit_account_id = {WALLET}",
        "holder",
        {ZERO: 1, BALANCE: 1, IDENTITY: 1},
    ),
    "an account gone": (
        "DELETE FROM ledger_account WHERE owner_id = $1 AND kind = 'merchant'",
        "shop",
        {ZERO: 1, ACCOUNTS: 5, IDENTITY: 1},
    ),
    "a settlement larger than what was held": (
        "UPDATE ledger_transfer SET points = points + 1 WHERE reference_id = $1 AND kind = 'settle'",
        "settled",
        {ZERO: 1, BALANCE: 1, WHOLLY: 1, STATE: 1, IDENTITY: 1},
    ),
    "a leg that was never closed": (
        """
        INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg)
        SELECT 'hold', debit_account_id, credit_account_id, 1, $1, 1 FROM ledger_transfer
        WHERE reference_id = $1 AND kind = 'hold'
        """,
        "settled",
        {BALANCE: 2, VERSIONS: 2, WHOLLY: 1, STATE: 1},
    ),
    "paid and given back": (
        """
        INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg)
        SELECT 'pay', debit_account_id, '00000000-0000-7000-8000-000000000003', points, $1, 1 FROM ledger_transfer
        WHERE reference_id = $1 AND kind = 'reverse'
        """,
        "reversed",
        {WHOLLY: 1},
    ),
    "a shop paid twice over": (
        """
        INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg)
        SELECT 'pay', debit_account_id, credit_account_id, points, $1, 1 FROM ledger_transfer
        WHERE reference_id = $1 AND kind = 'pay'
        UNION ALL
        SELECT 'pay', debit_account_id, credit_account_id, points, $1, 2 FROM ledger_transfer
        WHERE reference_id = $1 AND kind = 'pay'
        """,
        "paid",
        {WHOLLY: 1, MERCHANT: 1},
    ),
    "a voucher open again": ("UPDATE voucher SET status = 'held' WHERE id = $1", "settled", {HELD: 1, STATE: 1}),
    "a voucher closed without its points": (
        "UPDATE voucher SET status = 'expired' WHERE id = $1",
        "held",
        {HELD: 1, STATE: 1},
    ),
    "a settled voucher called cancelled": (
        "UPDATE voucher SET status = 'cancelled' WHERE id = $1",
        "settled",
        {STATE: 1},
    ),
    "a reversed voucher called settled": (
        "UPDATE voucher SET status = 'settled' WHERE id = $1",
        "reversed",
        {STATE: 1},
    ),
    "a voucher of other points": ("UPDATE voucher SET points = points + 1 WHERE id = $1", "cancelled", {STATE: 1}),
    "a voucher of somebody else": (
        'UPDATE voucher SET user_id = (SELECT id FROM "user" WHERE id <> voucher.user_id LIMIT 1) WHERE id = $1',
        "held",
        {HELD: 2},
    ),
    "a voucher gone": ("DELETE FROM voucher WHERE id = $1", "settled", {STATE: 1}),
    "a voucher without points": (
        "DELETE FROM ledger_transfer WHERE reference_id = $1",
        "cancelled",
        {VERSIONS: 2, STATE: 1},
    ),
}


class TestPlanted:
    @pytest.mark.parametrize("what", PLANTED)
    async def test_a_difference_is_found_by_its_rules(self, lived: Lived, what: str):
        statement, subject, rules = PLANTED[what]
        done = await lived.superuser.execute(statement, lived.ids[subject])
        assert not done.endswith(" 0"), "nothing was planted"
        found = await lived.reconcile()
        assert {rule: rows for rule, rows in found.breaches.items() if rows} == rules
        assert {difference.rule for difference in found.differences} == set(rules)

    async def test_a_difference_says_what_and_by_how_much(self, lived: Lived):
        await lived.superuser.execute("UPDATE voucher SET points = 99 WHERE id = $1", lived.ids["settled"])
        [difference] = (await lived.reconcile()).differences
        assert (difference.rule, difference.subject) == (STATE, f"voucher {lived.ids['settled']}")
        assert (difference.expected, difference.found) == (
            "settled, 99 points",
            "held 5, settled 5, released 0, reversed 0",
        )

    async def test_many_rows_are_counted_and_some_named(self, lived: Lived):
        await lived.superuser.execute(
            "INSERT INTO ledger_balance SELECT gen_random_uuid(), 0, 1 FROM generate_series(1, 50)"
        )
        found = await lived.reconcile()
        assert (found.breaches[VERSIONS], len(found.differences)) == (50, reconciliation.ROWS_NAMED_MAX)

    async def test_every_rule_was_broken_by_something(self):
        """Or a rule that finds nothing would go unnoticed."""
        assert {rule for _, _, rules in PLANTED.values() for rule in rules} == {IDENTITY, *reconciliation.RULES}


class TestHalt:
    @pytest.fixture
    async def broken(self, lived_once: Lived) -> AsyncIterator[Lived]:
        """A difference for everybody to see, mended at the end."""
        await self.raise_balance(lived_once, 1)
        yield lived_once
        await self.raise_balance(lived_once, -1)
        async with lived_once.database.transaction() as connection:
            await ledger.lift_halt(connection, "a test", "the test is over")

    @staticmethod
    async def raise_balance(lived: Lived, points: int) -> None:
        raised = f"UPDATE ledger_balance SET points = points + $2 WHERE account_id = {WALLET}"
        async with lived.superuser.transaction():
            await lived.superuser.execute(TAMPER)
            assert await lived.superuser.execute(raised, lived.ids["holder"], points) == "UPDATE 1"

    async def test_the_job_leaves_a_ledger_that_adds_up_alone(self, lived_once: Lived):
        assert await handlers.reconcile(lived_once.parts) == 0
        assert not await ledger.is_halted(lived_once.database.reads)

    async def test_the_job_stops_settling_and_says_so(self, broken: Lived, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(handlers, "log", structlog.get_logger())  # a logger that was used keeps its processors
        with structlog.testing.capture_logs() as logged:
            assert await handlers.reconcile(broken.parts) == 3
        [line] = [line for line in logged if line["log_level"] == "error"]
        assert line["broken"] == {IDENTITY: 1, ZERO: 1, BALANCE: 1}
        assert await ledger.is_halted(broken.database.reads)
        halt = await broken.superuser.fetchrow("SELECT * FROM ledger_halt WHERE lifted_at IS NULL")
        assert halt is not None
        named = json.loads(halt["differences"])
        assert {difference["rule"] for difference in named} == {IDENTITY, ZERO, BALANCE}
        [told] = await events(broken, halt["id"])
        assert (told["action"], told["from_state"], told["to_state"], told["party"]) == (
            "raise",
            None,
            "open",
            "system",
        )
        assert await handlers.reconcile(broken.parts) == 3
        assert await events(broken, halt["id"]) == [told], "a second run raises no second halt"

    async def test_the_command_tells_halts_and_lifts(self, broken: Lived):
        told = await command(broken)
        assert told[0] == 1
        assert "a balance is what its transfers made it" in told[1]
        assert "3 rows do not add up. Settling is halted from now on" in told[1]
        told = await command(broken, "--lift", "nothing was done")
        assert (told[0], "was halted before and stays so" in told[1]) == (1, True)
        await self.raise_balance(broken, -1)
        told = await command(broken)
        assert (told[0], "settling is still halted" in told[1]) == (0, True)
        told = await command(broken, "--lift", "a hand had raised a balance; it was put back")
        assert (told[0], "The halt is lifted." in told[1]) == (0, True)
        assert not await ledger.is_halted(broken.database.reads)
        newest = await broken.superuser.fetchrow("SELECT * FROM ledger_halt ORDER BY raised_at DESC LIMIT 1")
        assert newest is not None
        assert newest["lift_reason"] == "a hand had raised a balance; it was put back"
        assert [event["action"] for event in await events(broken, newest["id"])] == ["raise", "lift"]
        told = await command(broken, "--lift", "again")
        assert (told[0], "No halt was open." in told[1]) == (0, True)
        await self.raise_balance(broken, 1)

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
    async def test_a_lift_needs_a_reason(self, lived_once: Lived, reason: str):
        status, told = await command(lived_once, "--lift", reason)
        assert (status, "1 to 500 characters" in told) == (2, True)


async def events(lived: Lived, halt_id: UUID) -> list[Any]:
    return list(await lived.superuser.fetch("SELECT * FROM event WHERE subject_id = $1 ORDER BY created_at", halt_id))


async def command(lived: Lived, *arguments: str) -> tuple[int, str]:
    """Run the command; its tables may break a line, its sentences are put together again."""
    done = await asyncio.to_thread(run, lived.url, "reconcile", *arguments, COLUMNS="200")
    return done.returncode, " ".join(done.stdout.split())
