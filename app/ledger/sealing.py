"""Sealing: transfers that were committed get a place in a Merkle tree, behind the writes and without their waiting.

A seal reads transfers and adds rows of its own tables; it locks nothing that an award, a scan or a payment writes.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.domain import merkle
from app.domain.seals import (
    ACCOUNT_COLUMNS,
    FIRST_PREVIOUS,
    LOOK_BACK,
    TRANSFER_COLUMNS,
    account_fingerprint,
    seal_hash,
    transfer_bytes,
    unsealed_from,
)

SEAL_LEAVES_MAX = 10_000
ACCOUNTS_KEPT_MAX = 200_000

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('echowall seal'))"
LOCK = "SELECT pg_advisory_xact_lock(hashtext('echowall seal'))"
NEWEST = """
    SELECT s.number, s.hash, s.sealed_at,
        (SELECT l.transfer_id FROM ledger_leaf l ORDER BY l.transfer_id DESC LIMIT 1) AS transfer_id
    FROM ledger_seal s ORDER BY s.number DESC LIMIT 1
"""
FIND_UNSEALED = f"""
    SELECT {", ".join(f"t.{column}" for column in TRANSFER_COLUMNS)} FROM ledger_transfer t
    WHERE t.id > $1 AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.transfer_id = t.id AND l.transfer_id > $1)
    ORDER BY t.id LIMIT $2
"""
FIND_ACCOUNTS = f"SELECT {', '.join(ACCOUNT_COLUMNS)} FROM ledger_account WHERE id = ANY($1)"
SEAL = """
    WITH sealed AS (
        INSERT INTO ledger_seal (number, leaf_count, root, previous_hash, hash, sealed_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING number
    )
    INSERT INTO ledger_leaf (transfer_id, seal_number, position, hash)
    SELECT leaf.transfer_id, sealed.number, leaf.place - 1, leaf.hash
    FROM sealed, unnest($7::uuid[], $8::bytea[]) WITH ORDINALITY AS leaf (transfer_id, hash, place)
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """What was sealed just now."""

    number: int
    leaf_count: int
    last_id: UUID


class Accounts:
    """The fingerprints of accounts, asked for once."""

    def __init__(self) -> None:
        self._known: dict[Any, bytes] = {}

    async def fetch(self, connection: Connection, transfers: Iterable[Record]) -> dict[Any, bytes]:
        """Return the fingerprints of what the transfers name, by id; an account that is not there has none."""
        if len(self._known) > ACCOUNTS_KEPT_MAX:
            self._known = {}
        named = {row["debit_account_id"] for row in transfers} | {row["credit_account_id"] for row in transfers}
        unknown = [account_id for account_id in named if account_id is not None and account_id not in self._known]
        if unknown:
            for row in await connection.fetch(FIND_ACCOUNTS, unknown):
                with suppress(TypeError, ValueError, ArithmeticError):  # a value that the ledger never writes
                    self._known[row["id"]] = account_fingerprint(row)
        return self._known


async def seal(connection: Connection, above: UUID | None = None, look_back: timedelta = LOOK_BACK) -> Seal | None:
    """Seal up to ``SEAL_LEAVES_MAX`` transfers that have no seal, in the order of their ids.

    Looks at those above ``above``; unless it is given, above the newest sealed less ``look_back``. Returns None when
    there is nothing to seal or somebody else is sealing. Locks out other sealers until the transaction ends.
    """
    if not await connection.fetchval(TRY_LOCK):
        return None
    newest = await connection.fetchrow(NEWEST)
    if above is None:
        above = unsealed_from(newest["transfer_id"], newest["sealed_at"], look_back) if newest else UUID(int=0)
    return await _seal(connection, newest, above)


async def seal_loaded(connection: Connection) -> None:
    """Seal all that is unsealed, whatever its ids: for rows that were loaded with times of the past.

    Waits for other sealers and locks them out until the transaction ends.
    """
    await connection.execute(LOCK)
    above = UUID(int=0)
    while made := await _seal(connection, await connection.fetchrow(NEWEST), above):
        above = made.last_id


async def _seal(connection: Connection, newest: Record | None, above: UUID) -> Seal | None:
    transfers = await connection.fetch(FIND_UNSEALED, above, SEAL_LEAVES_MAX)
    if not transfers:
        return None
    accounts = await Accounts().fetch(connection, transfers)
    leaves = [leaf_of(transfer, accounts) for transfer in transfers]
    number = newest["number"] + 1 if newest else 1
    previous = bytes(newest["hash"]) if newest else FIRST_PREVIOUS
    root, moment = merkle.root(leaves), now()
    own_hash = seal_hash(number, previous, root, len(leaves), moment)
    ids = [row["id"] for row in transfers]
    await connection.execute(SEAL, number, len(leaves), root, previous, own_hash, moment, ids, leaves)
    return Seal(number, len(leaves), UUID(bytes=ids[-1].bytes))


def leaf_of(transfer: Record, accounts: dict[Any, bytes]) -> bytes:
    """Return the hash of a transfer's leaf; its columns come first in the row. Raises KeyError without its accounts."""
    debit, credit = accounts[transfer["debit_account_id"]], accounts[transfer["credit_account_id"]]
    return merkle.leaf_hash(transfer_bytes(transfer[: len(TRANSFER_COLUMNS)], debit, credit))
