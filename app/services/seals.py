"""Seals over the points ledger: making them, showing them to anybody, proving a transfer to whom it concerns."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from app import ledger
from app.core.db import Database, Reads
from app.core.pagination import write_cursor
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.seals import ENCODING, LOOK_BACK, TRANSFER_COLUMNS
from app.services.pages import PageRequest

SEALS_A_RUN = 20
OWN_SHOPS = "SELECT id FROM merchant WHERE owner_id = $1"
NUMBER_MAX = 2**63 - 1


async def seal_all(database: Database, look_back: timedelta = LOOK_BACK) -> int:
    """Seal the transfers that have no seal, up to ``SEALS_A_RUN`` seals, each a transaction; return how many rows.

    Looks for them from ``look_back`` before the newest sealed on.
    """
    sealed, above = 0, None
    for _ in range(SEALS_A_RUN):
        async with database.transaction() as connection:
            made = await ledger.seal(connection, above, look_back)
        if made is None:
            break
        sealed, above = sealed + made.leaf_count, made.last_id
        if made.leaf_count < ledger.SEAL_LEAVES_MAX:
            break
    return sealed


async def get_proof(reads: Reads, caller: Caller, transfer_id: UUID) -> dict[str, Any]:
    """Return what proves a transfer of the caller's own account, or of a shop of theirs.

    Raises ``not-found`` for any other (I8), ``not-sealed-yet``.
    """
    shops = await reads.fetch(OWN_SHOPS, caller.id)
    proof = await ledger.find_proof(reads, transfer_id, [caller.id, *(row["id"] for row in shops)])
    if proof is None:
        raise Problem("not-found")
    if proof.seal is None:
        raise Problem("not-sealed-yet")
    return {
        "state": "sealed",
        "encoding": ENCODING,
        "transfer": {column: proof.transfer[column] for column in TRANSFER_COLUMNS}
        | {"debit_fingerprint": proof.debit_fingerprint.hex(), "credit_fingerprint": proof.credit_fingerprint.hex()},
        "leaf_hash": bytes(proof.transfer["leaf_hash"]).hex(),
        "position": proof.transfer["position"],
        "path": [{"side": side, "hash": beside.hex()} for side, beside in proof.steps],
        "seal": _view(proof.seal),
        "actions": [],
    }


async def get(reads: Reads, number: int) -> dict[str, Any]:
    """Return one seal. Raises ``not-found``."""
    row = await ledger.find_seal(reads, number)
    if row is None:
        raise Problem("not-found")
    return _view(row)


async def list_newest(reads: Reads, request: PageRequest) -> dict[str, Any]:
    """Return the seals, newest first; a cursor holds a number where other lists have an id."""
    rows = await ledger.list_seals(reads, min(request.below("seals").int, NUMBER_MAX), request.rows)
    shown, more = rows[: request.limit], len(rows) > request.limit
    return {
        "items": [_view(row) for row in shown],
        "next_cursor": write_cursor(UUID(int=shown[-1]["number"]), "seals") if more else None,
    }


def _view(row: Record) -> dict[str, Any]:
    return {
        "number": row["number"],
        "leaf_count": row["leaf_count"],
        "root": bytes(row["root"]).hex(),
        "previous_hash": bytes(row["previous_hash"]).hex(),
        "hash": bytes(row["hash"]).hex(),
        "sealed_at": row["sealed_at"],
        "actions": [],
    }
