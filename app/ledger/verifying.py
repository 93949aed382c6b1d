"""Verifying: every seal is computed anew from the rows it was made of, so that nobody can have changed one unseen.

The triggers refuse changes; whoever owns the database can switch them off. What they cannot do is find another row with
the same hash. They could compute all seals anew: roots that were published before tell even that.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.domain import merkle
from app.domain.seals import FIRST_PREVIOUS, TRANSFER_COLUMNS, seal_hash, unsealed_from
from app.ledger.sealing import NEWEST, Accounts, leaf_of

BATCH_LEAVES = 20_000
LIST_SEALS = "SELECT number, leaf_count, root, previous_hash, hash, sealed_at FROM ledger_seal ORDER BY number"
COUNT_LEAVES = "SELECT count(*) FROM ledger_leaf"
LIST_LEAVES = f"""
    SELECT {", ".join(f"t.{column}" for column in TRANSFER_COLUMNS)},
        l.seal_number, l.position, l.transfer_id, l.hash AS leaf_hash
    FROM ledger_leaf l LEFT JOIN ledger_transfer t ON t.id = l.transfer_id
    WHERE l.seal_number >= $1 AND l.seal_number < $2 ORDER BY l.seal_number, l.position, l.transfer_id
"""
FIND_LATE = """
    SELECT t.id, count(*) OVER () AS rows FROM ledger_transfer t
    WHERE t.id < $1 AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.transfer_id = t.id) ORDER BY t.id LIMIT 1
"""
COUNT_WAITING = """
    SELECT count(*) FROM ledger_transfer t
    WHERE t.id >= $1 AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.transfer_id = t.id AND l.transfer_id >= $1)
"""


class Fault(StrEnum):
    """What was done behind the application's back."""

    CHANGED = "changed"  # the transfer, or an account it names
    MISSING = "missing"  # the transfer was deleted
    LEAF = "leaf"  # the transfer is as it was, its leaf is not
    INSERTED = "inserted"  # a transfer of the past that no seal has seen
    ROOT = "root"  # the rows, or leaves that were added or deleted, give another root
    SEAL = "seal"  # the seal's own hash does not fit what it says
    CHAIN = "chain"  # the seal does not follow on the one before, or one is missing
    PUBLISHED = "published"  # the seal is not the one that was published


SENTENCES = {
    Fault.CHANGED: "transfer {transfer_id}, or one of its two accounts, was changed after it was sealed "
    "(seal {seal_number}, position {position})",
    Fault.MISSING: "transfer {transfer_id} was deleted after it was sealed (seal {seal_number}, position {position})",
    Fault.LEAF: "the leaf of transfer {transfer_id} was changed, the transfer itself was not "
    "(seal {seal_number}, position {position})",
    Fault.INSERTED: "transfer {transfer_id} was inserted with an id of the past, below transfers long sealed",
    Fault.ROOT: "the rows of seal {seal_number} do not give its root",
    Fault.SEAL: "seal {seal_number} does not have the hash of what it says",
    Fault.CHAIN: "seal {seal_number} does not follow on the one before it",
    Fault.PUBLISHED: "seal {seal_number} is not the one that was published",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit, and where."""

    fault: Fault
    seal_number: int | None = None
    position: int | None = None
    transfer_id: UUID | None = None

    @property
    def sentence(self) -> str:
        """Say it."""
        return SENTENCES[self.fault].format(
            seal_number=self.seal_number, position=self.position, transfer_id=self.transfer_id
        )


@dataclass
class Verification:
    """What was looked at and what was found, each kind in the order of the seals."""

    seals: int = 0
    leaves: int = 0
    waiting: int = 0
    rows_at_fault: int = 0
    first_row: Finding | None = None
    first_seal: Finding | None = None
    hashes: dict[int, str] = field(default_factory=dict)
    """The hash of each seal, by its number: what can be published."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return self.first_row is None and self.first_seal is None

    def blame_row(self, finding: Finding, rows: int = 1) -> None:
        """Count rows at fault and keep the first."""
        self.rows_at_fault += rows
        self.first_row = self.first_row or finding

    def blame_seal(self, fault: Fault, number: int) -> None:
        """Keep the first seal at fault."""
        self.first_seal = self.first_seal or Finding(fault, number)


async def verify(
    connection: Connection,
    published: Mapping[int, str] | None = None,
    advance: Callable[[int, int], None] = lambda _done, _of: None,
) -> Verification:
    """Compute every seal anew and hold it against the rows, the one before and the ``published`` hashes.

    ``connection`` must see one moment throughout. ``advance`` hears how many leaves are done, and of how many.
    """
    found = Verification()
    total = await connection.fetchval(COUNT_LEAVES)
    number, previous = 0, FIRST_PREVIOUS
    async for seal, rows, leaves in _each_seal(connection):
        found.seals += 1
        found.leaves += len(rows)
        found.hashes[seal["number"]] = bytes(seal["hash"]).hex()
        if seal["number"] != number + 1 or bytes(seal["previous_hash"]) != previous:
            found.blame_seal(Fault.CHAIN, number + 1 if seal["number"] != number + 1 else seal["number"])
        _verify_seal(found, seal, rows, leaves)
        number, previous = seal["number"], bytes(seal["hash"])
        advance(found.leaves, total)
    if found.leaves < total and found.first_seal is None:
        found.blame_seal(Fault.CHAIN, number + 1)
    _compare_published(found, published or {})
    await _find_unsealed(connection, found)
    return found


async def _each_seal(connection: Connection) -> AsyncIterator[tuple[Record, list[Record], list[bytes | None]]]:
    """Yield each seal with its rows, and the leaves that these rows give now: None where there is no row any more."""
    accounts = Accounts()
    for batch in _batches(await connection.fetch(LIST_SEALS)):
        fetched = await connection.fetch(LIST_LEAVES, batch[0]["number"], batch[-1]["number"] + 1)
        known = await accounts.fetch(connection, fetched)
        of_seal = {number: list(rows) for number, rows in groupby(fetched, key=lambda row: row["seal_number"])}
        for seal in batch:
            rows = of_seal.get(seal["number"], [])
            yield seal, rows, [_leaf_now(row, known) for row in rows]


def _batches(seals: list[Record]) -> list[list[Record]]:
    """Return the seals in batches of a bearable number of leaves, or a single seal of whatever number."""
    batches: list[list[Record]] = []
    room = 0
    for seal in seals:
        if seal["leaf_count"] > room:
            batches.append([])
            room = BATCH_LEAVES
        batches[-1].append(seal)
        room -= seal["leaf_count"]
    return batches


def _leaf_now(row: Record, accounts: dict[Any, bytes]) -> bytes | None:
    if row["id"] is None:
        return None
    try:
        return leaf_of(row, accounts)
    except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError):
        return b""  # an account is gone, or a value is none that the ledger ever writes


def _verify_seal(found: Verification, seal: Record, rows: list[Record], leaves: list[bytes | None]) -> None:
    number = seal["number"]
    told = [bytes(row["leaf_hash"]) for row in rows]
    if leaves == told:
        are_in_place = [row["position"] for row in rows] == list(range(seal["leaf_count"]))
        if not are_in_place or merkle.root(told) != bytes(seal["root"]):
            found.blame_seal(Fault.ROOT, number)
    else:
        # The root was computed from the true rows: where the rows still give it, only the leaves were touched.
        are_rows_true = None not in leaves and merkle.root([leaf or b"" for leaf in leaves]) == bytes(seal["root"])
        for row, now, then in zip(rows, leaves, told, strict=True):
            if now != then:
                fault = Fault.LEAF if are_rows_true else Fault.CHANGED if now is not None else Fault.MISSING
                found.blame_row(Finding(fault, number, row["position"], row["transfer_id"]))
        if not are_rows_true:
            found.blame_seal(Fault.ROOT, number)
    said = seal_hash(number, bytes(seal["previous_hash"]), bytes(seal["root"]), seal["leaf_count"], seal["sealed_at"])
    if said != bytes(seal["hash"]):
        found.blame_seal(Fault.SEAL, number)


def _compare_published(found: Verification, published: Mapping[int, str]) -> None:
    for number, told in sorted(published.items()):
        if found.hashes.get(number) != told:
            if found.first_seal is None or (found.first_seal.seal_number or 0) > number:
                found.first_seal = Finding(Fault.PUBLISHED, number)
            return


async def _find_unsealed(connection: Connection, found: Verification) -> None:
    """Find what was put below the sealed, and count what waits for the next seal."""
    newest = await connection.fetchrow(NEWEST)
    floor = unsealed_from(newest["transfer_id"], newest["sealed_at"]) if newest else UUID(int=0)
    late = await connection.fetchrow(FIND_LATE, floor)
    if late is not None:
        found.blame_row(Finding(Fault.INSERTED, transfer_id=UUID(bytes=late["id"].bytes)), late["rows"])
    found.waiting = int(await connection.fetchval(COUNT_WAITING, floor))
