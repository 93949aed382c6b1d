"""A migrated database of the ledger's own, and a ledger in it to be attacked with plain SQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import asyncpg
import pytest

from app import ledger
from app.core.db import Database
from app.core.ids import new_id
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.domain.kinds import USER_ACCOUNTS, AccountKind
from app.ledger import sealing
from app.services import seals

OF_KIND = "ck_ledger_transfer_accounts_of_kind"
WAS_HELD = "ck_ledger_transfer_was_held"
IN_TIME = "ck_ledger_transfer_in_time"
WHOLLY = "ck_ledger_transfer_closed_wholly"
ONCE = "uq_ledger_transfer_reference_leg"
CLOSED = "uq_ledger_transfer_hold_leg_closed"
PAID_OR_REVERSED = "uq_ledger_transfer_settle_leg_closed"
DATES = "uq_ledger_account_owner_kind_dates"


@pytest.fixture(scope="package")
def ledger_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@dataclass
class Books:
    """The ledger's tables as whoever holds the database's own password sees them; all is rolled back at the end."""

    connection: asyncpg.Connection

    async def account(
        self,
        kind: AccountKind,
        owner_id: UUID | None = None,
        *,
        expires_on: date | None = None,
        available_on: date | None = None,
    ) -> UUID:
        account_id = new_id()
        await self.connection.execute(
            "INSERT INTO ledger_account (id, kind, owner_id, expires_on, available_on) VALUES ($1, $2, $3, $4, $5)",
            account_id,
            kind,
            owner_id or uuid4(),
            expires_on,
            available_on,
        )
        if kind in USER_ACCOUNTS:
            await self.connection.execute("INSERT INTO ledger_balance VALUES ($1, 0)", account_id)
        return account_id

    async def system(self, kind: AccountKind) -> UUID:
        found = await self.connection.fetchval(
            "SELECT id FROM ledger_account WHERE kind = $1 AND owner_id IS NULL", kind
        )
        return UUID(str(found))

    async def issuer(self) -> UUID:
        return await self.system(AccountKind.ISSUER)

    async def holder(self, points: int = 0, owner_id: UUID | None = None) -> tuple[UUID, UUID]:
        """Open a wallet and what it holds, with so many points; return both accounts."""
        owner_id = owner_id or uuid4()
        wallet = await self.account(AccountKind.WALLET, owner_id)
        held = await self.account(AccountKind.HELD, owner_id)
        if points:
            await self.post("award", await self.issuer(), wallet, points)
        return wallet, held

    async def post(
        self, kind: str, debit: UUID, credit: UUID, points: int | None, reference_id: UUID | None = None
    ) -> UUID:
        reference_id = reference_id or uuid4()
        await self.add_leg(kind, debit, credit, points, reference_id)
        await self.end()
        return reference_id

    async def add_leg(
        self, kind: str, debit: UUID, credit: UUID, points: int | None, reference_id: UUID, *, leg: int = 0
    ) -> None:
        """Post without having checked what is checked at the end of a transaction."""
        await self.connection.execute(
            "INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            kind,
            debit,
            credit,
            points,
            reference_id,
            leg,
        )

    async def end(self) -> None:
        """Have checked now what the database checks at the end of a transaction."""
        await self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    async def points(self, account: UUID) -> int:
        return int(await self.connection.fetchval("SELECT points FROM ledger_balance WHERE account_id = $1", account))

    async def run_to_the_end(self, query: str, *arguments: object) -> None:
        async with self.connection.transaction():
            await self.connection.execute(query, *arguments)
            await self.end()

    async def refuses(self, error: type[asyncpg.PostgresError], query: str, *arguments: object) -> str:
        """Fail unless the database refuses the statement with ``error``; return what it says."""
        with pytest.raises(error) as refused:
            await self.run_to_the_end(query, *arguments)
        return getattr(refused.value, "constraint_name", None) or str(refused.value)

    async def refuses_to_post(self, error: type[asyncpg.PostgresError], *transfer: object) -> str:
        with pytest.raises(error) as refused:
            async with self.connection.transaction():
                await self.post(*transfer)  # type: ignore[arg-type]
        return getattr(refused.value, "constraint_name", None) or str(refused.value)


@pytest.fixture
async def books(ledger_url: str) -> AsyncIterator[Books]:
    connection = await asyncpg.connect(ledger_url)
    transaction = connection.transaction()
    await transaction.start()
    yield Books(connection)
    await transaction.rollback()
    await connection.close()


ROWS_A_SEAL = 7
SEALS = 3
TAMPER = "SET session_replication_role = replica"
"""Switches off every trigger, foreign keys included; only a superuser may."""


@pytest.fixture
def own_ledger_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@dataclass
class Sealed:
    """A ledger with a few seals, and its superuser."""

    database: Database
    superuser: asyncpg.Connection
    url: str
    users: list[UUID]
    ids: list[UUID]
    """Of the transfers, in the order in which they were sealed."""

    async def award(self, points: int = 10) -> UUID:
        reference = uuid4()
        async with self.database.transaction() as connection:
            await ledger.award(connection, self.users[0], points, reference)
        found = await self.database.reads.fetchval("SELECT id FROM ledger_transfer WHERE reference_id = $1", reference)
        return UUID(bytes=found.bytes)

    async def tamper(self, statement: str, *arguments: object) -> None:
        """Change something with the triggers off; fail when nothing was changed."""
        await self.superuser.execute(TAMPER)
        done = await self.superuser.execute(statement, *arguments)
        await self.superuser.execute("RESET session_replication_role")
        assert not done.endswith(" 0"), "nothing was changed"

    async def verify(self, published: dict[int, str] | None = None) -> ledger.Verification:
        """Verify what the superuser sees, in their transaction if they are in one."""
        if self.superuser.is_in_transaction():
            return await ledger.verify(self.superuser, published)
        async with self.database.snapshot() as connection:
            return await ledger.verify(connection, published)


@pytest.fixture
def small_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEAL_LEAVES_MAX", ROWS_A_SEAL)
    monkeypatch.setattr(ledger, "SEAL_LEAVES_MAX", ROWS_A_SEAL)


@pytest.fixture
async def sealed(own_ledger_url: str, small_seals: None) -> AsyncIterator[Sealed]:
    """A sealed ledger in a database of its own, for what several connections do at once."""
    async with sealed_ledger(own_ledger_url) as made:
        yield made


@pytest.fixture(scope="package")
def sealed_once_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture(scope="package")
async def sealed_once(sealed_once_url: str) -> AsyncIterator[Sealed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "SEAL_LEAVES_MAX", ROWS_A_SEAL)
        patch.setattr(ledger, "SEAL_LEAVES_MAX", ROWS_A_SEAL)
        async with sealed_ledger(sealed_once_url) as made:
            yield made


@pytest.fixture
async def tampered(sealed_once: Sealed) -> AsyncIterator[Sealed]:
    """A sealed ledger for its superuser to change, in a transaction that is rolled back at the end."""
    transaction = sealed_once.superuser.transaction()
    await transaction.start()
    yield sealed_once
    await transaction.rollback()


@asynccontextmanager
async def sealed_ledger(url: str) -> AsyncIterator[Sealed]:
    database = Database(url, Settings(_env_file=None))
    superuser = await asyncpg.connect(url)
    users = [uuid4(), uuid4()]
    async with database.transaction() as connection:
        for user in users:
            await ledger.open_wallet(connection, user)
    made = Sealed(database, superuser, url, users, [])
    made.ids = sorted([await made.award() for _ in range(ROWS_A_SEAL * SEALS)])
    assert await seals.seal_all(database) == ROWS_A_SEAL * SEALS
    yield made
    database.close()
    superuser.terminate()
