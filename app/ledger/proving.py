"""Proving: the way from one transfer up to the root of its seal, for those whose account it moved; and the seals."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.domain import merkle
from app.domain.seals import ACCOUNT_COLUMNS, TRANSFER_COLUMNS, account_fingerprint

_SIDES = ", ".join(f"{side}.{column} AS {side}_{column}" for side in ("debit", "credit") for column in ACCOUNT_COLUMNS)
FIND_TRANSFER = f"""
    SELECT {", ".join(f"t.{column}" for column in TRANSFER_COLUMNS)}, {_SIDES},
        l.position, l.seal_number, l.hash AS leaf_hash
    FROM ledger_transfer t
    JOIN ledger_account debit ON debit.id = t.debit_account_id
    JOIN ledger_account credit ON credit.id = t.credit_account_id
    LEFT JOIN ledger_leaf l ON l.transfer_id = t.id
    WHERE t.id = $1 AND (debit.owner_id = ANY($2) OR credit.owner_id = ANY($2))
"""
LIST_LEAVES = "SELECT hash FROM ledger_leaf WHERE seal_number = $1 ORDER BY position"
SEAL_COLUMNS = "number, leaf_count, root, previous_hash, hash, sealed_at"
FIND_SEAL = f"SELECT {SEAL_COLUMNS} FROM ledger_seal WHERE number = $1"
LIST_SEALS = f"SELECT {SEAL_COLUMNS} FROM ledger_seal WHERE number < $1 ORDER BY number DESC LIMIT $2"


@dataclass(frozen=True, slots=True)
class Proof:
    """A transfer with its accounts' fingerprints and, once it is sealed, its place and the way to the root."""

    transfer: Record
    debit_fingerprint: bytes
    credit_fingerprint: bytes
    seal: Record | None
    steps: Sequence[merkle.Step]


async def find_proof(reads: Reads, transfer_id: UUID, owner_ids: Sequence[UUID]) -> Proof | None:
    """Return what proves a transfer that moved an account of one of the owners, or None for any other."""
    row = await reads.fetchrow(FIND_TRANSFER, transfer_id, list(owner_ids))
    if row is None:
        return None
    debit, credit = (
        account_fingerprint([row[f"{side}_{column}"] for column in ACCOUNT_COLUMNS]) for side in ("debit", "credit")
    )
    if row["seal_number"] is None:
        return Proof(row, debit, credit, None, ())
    leaves = [bytes(leaf["hash"]) for leaf in await reads.fetch(LIST_LEAVES, row["seal_number"])]
    seal = await find_seal(reads, row["seal_number"])
    return Proof(row, debit, credit, seal, merkle.path(leaves, row["position"]))


async def find_seal(reads: Reads, number: int) -> Record | None:
    """Return one seal."""
    return await reads.fetchrow(FIND_SEAL, number)


async def list_seals(reads: Reads, below: int, limit: int) -> list[Record]:
    """Return the seals below a number, newest first."""
    return await reads.fetch(LIST_SEALS, below, limit)
