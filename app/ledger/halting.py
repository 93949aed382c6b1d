"""Halting: while the books did not add up and nobody has said that they do again, nothing is settled or paid."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from asyncpg import Connection

from app.core.db import Reads
from app.core.ids import new_id

IS_HALTED_SQL = "EXISTS (SELECT FROM ledger_halt WHERE lifted_at IS NULL)"
"""Whether a halt is open, for a statement of a service."""

RAISE = "INSERT INTO ledger_halt (id, differences) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id"
LIFT = """
    UPDATE ledger_halt SET lifted_at = now(), lifted_by = $1, lift_reason = $2 WHERE lifted_at IS NULL RETURNING id
"""


async def is_halted(reads: Reads) -> bool:
    """Whether a halt is open."""
    return bool(await reads.fetchval(f"SELECT {IS_HALTED_SQL}"))


async def raise_halt(connection: Connection, differences: Sequence[Mapping[str, object]]) -> UUID | None:
    """Stop settling because of ``differences``; return the halt's id, None when one is open already."""
    return _id(await connection.fetchval(RAISE, new_id(), json.dumps(differences, default=str)))


async def lift_halt(connection: Connection, by: str, reason: str) -> UUID | None:
    """Let settling go on; return the halt's id, None when none is open."""
    return _id(await connection.fetchval(LIFT, by, reason))


def _id(found: UUID | None) -> UUID | None:
    return None if found is None else UUID(bytes=found.bytes)
