"""Loading many accounts and transfers at once, by COPY, for districts made in bulk.

Nothing is switched off for it: every row passes the same triggers and constraints as a single transfer does (I3, I4).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id_at
from app.domain.kinds import AccountKind, TransferKind

ACCOUNT_COLUMNS = ("id", "kind", "owner_id", "created_at")
BALANCE_COLUMNS = ("account_id", "points")
TRANSFER_COLUMNS = ("id", "kind", "debit_account_id", "credit_account_id", "points", "reference_id", "created_at")
SIDES = {
    TransferKind.AWARD: (AccountKind.ISSUER, AccountKind.WALLET),
    TransferKind.HOLD: (AccountKind.WALLET, AccountKind.HELD),
    TransferKind.SETTLE: (AccountKind.HELD, AccountKind.MERCHANT),
    TransferKind.RELEASE: (AccountKind.HELD, AccountKind.WALLET),
}


class Owner(NamedTuple):
    """A user or merchant who gets accounts, and since when."""

    id: UUID
    moment: datetime


class Movement(NamedTuple):
    """Points of a user that moved because of a claim or voucher; ``merchant_id`` for a settlement only."""

    kind: TransferKind
    user_id: UUID
    points: int
    reference_id: UUID
    moment: datetime
    merchant_id: UUID | None = None


class Books:
    """The accounts opened so far on one connection, inside its transaction."""

    def __init__(self, connection: Connection, issuer_id: UUID) -> None:
        self._connection = connection
        self._issuer_id = issuer_id
        self._ids: dict[tuple[AccountKind, UUID], UUID] = {}

    @classmethod
    async def open(cls, connection: Connection, user_ids: Sequence[UUID] = ()) -> "Books":
        """Begin with the accounts of the issuer and of users who were there before."""
        books = cls(connection, await connection.fetchval("SELECT id FROM ledger_account WHERE kind = 'issuer'"))
        rows = await connection.fetch(
            "SELECT id, kind, owner_id FROM ledger_account "
            "WHERE owner_id = ANY($1) AND expires_on IS NULL AND kind <> 'waiting'",
            list(user_ids),
        )
        books._ids = {(AccountKind(row["kind"]), row["owner_id"]): row["id"] for row in rows}
        return books

    async def open_wallets(self, users: Sequence[Owner]) -> None:
        """Give each user a wallet and an account for what their vouchers hold, both with a balance of zero."""
        ids = await self._open(users, (AccountKind.WALLET, AccountKind.HELD))
        await self._copy("ledger_balance", BALANCE_COLUMNS, ((account_id, 0) for account_id in ids))

    async def open_merchants(self, merchants: Sequence[Owner]) -> None:
        """Give each merchant its account."""
        await self._open(merchants, (AccountKind.MERCHANT,))

    async def post(self, movements: Sequence[Movement]) -> None:
        """Move the points, in the order given. The database refuses what it would refuse one by one."""
        await self._copy("ledger_transfer", TRANSFER_COLUMNS, map(self._transfer, movements))

    async def _open(self, owners: Sequence[Owner], kinds: Sequence[AccountKind]) -> list[UUID]:
        rows = [(new_id_at(owner.moment), kind, owner.id, owner.moment) for owner in owners for kind in kinds]
        self._ids.update({(kind, owner_id): account_id for account_id, kind, owner_id, _ in rows})
        await self._copy("ledger_account", ACCOUNT_COLUMNS, rows)
        return [row[0] for row in rows]

    def _transfer(self, movement: Movement) -> tuple[object, ...]:
        debit, credit = (self._account_id(kind, movement) for kind in SIDES[movement.kind])
        return (
            new_id_at(movement.moment),
            movement.kind,
            debit,
            credit,
            movement.points,
            movement.reference_id,
            movement.moment,
        )

    def _account_id(self, kind: AccountKind, movement: Movement) -> UUID:
        if kind is AccountKind.ISSUER:
            return self._issuer_id
        owner_id = movement.merchant_id if kind is AccountKind.MERCHANT else movement.user_id
        assert owner_id is not None, "a settlement names its merchant"
        return self._ids[kind, owner_id]

    async def _copy(self, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
        await self._connection.copy_records_to_table(table, columns=columns, records=rows)
