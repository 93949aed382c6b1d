"""Whose a complaint is: the only module that reads or writes ``complaint_person`` (I9).

A person is found by a keyed hash, so that somebody with the tables alone cannot tell whose a complaint is, and named by
a sealed content that opens for the one complaint it was sealed for. No event names a complainant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from asyncpg import Connection
from pydantic_core import from_json, to_json

from app.core.db import Reads
from app.core.security import BrokenSealError, keyed_fingerprint, seal, unseal
from app.domain.errors import Problem
from app.domain.kinds import ComplaintPart
from app.domain.shielding import mask_name, mask_phone

log = structlog.get_logger(__name__)

PURPOSE = b"complainant"

INSERT = """
    INSERT INTO complaint_person (complaint_id, person_hash, part, sealed) VALUES ($1, $2, $3, $4)
    ON CONFLICT (complaint_id, person_hash) DO NOTHING RETURNING true
"""
FIND_AUTHOR = "SELECT sealed FROM complaint_person WHERE complaint_id = $1 AND part = 'author'"
COLUMNS = ("complaint_id", "person_hash", "part", "sealed", "created_at", "seen_at")
COPY_TO = """
    INSERT INTO complaint_person (complaint_id, person_hash, part, sealed)
    VALUES ($1, $2, 'joiner', $3) ON CONFLICT (complaint_id, person_hash) DO NOTHING RETURNING true
"""
FIND_PARTS = "SELECT person_hash FROM complaint_person WHERE complaint_id = $1 AND person_hash = ANY($2)"
IS_AUTHOR = "SELECT true FROM complaint_person WHERE complaint_id = $1 AND person_hash = $2 AND part = 'author'"
FIND_AUTHORS = "SELECT complaint_id, person_hash FROM complaint_person WHERE complaint_id = ANY($1) AND part = 'author'"
LIST_MANY = """
    SELECT complaint_id, part, sealed FROM complaint_person WHERE complaint_id = ANY ($1) ORDER BY complaint_id
"""
LIST = "SELECT person_hash, sealed FROM complaint_person WHERE complaint_id = $1 ORDER BY person_hash"
SEE = """
    UPDATE complaint_person SET seen_at = clock_timestamp() WHERE complaint_id = $1 AND person_hash = $2 RETURNING true
"""
COUNT_LATELY = """
    SELECT count(*) FROM complaint_person
    WHERE person_hash = $1 AND part = 'author' AND created_at > now() - make_interval(secs => $2)
"""
LOCK_OF_PERSON = """
    SELECT complaint_id, person_hash, part FROM complaint_person WHERE person_hash = $1 ORDER BY complaint_id FOR UPDATE
"""
RESEAL = "UPDATE complaint_person SET sealed = $3 WHERE complaint_id = $1 AND person_hash = $2"
HIDE_NAME = "UPDATE complaint SET shown_name = NULL WHERE id = $1 AND shown_name IS NOT NULL"
HAS_PART_SQL = """EXISTS (
    SELECT FROM complaint_person p WHERE p.complaint_id = {complaint_id} AND p.person_hash = {person_hash}
)"""
"""Whether somebody complained or joined in; format it with the complaint's id and the person's hash."""


@dataclass(frozen=True, slots=True)
class Complainant:
    """Who complained and how to reach them; ``title`` and ``body`` as they were written, where masking changed them."""

    user_id: UUID | None
    name: str | None = None
    phone: str | None = None
    title: str | None = None
    body: str | None = None
    email: str | None = None

    @property
    def masked(self) -> dict[str, str | None]:
        """What staff see without unmasking."""
        return {"name": self.name and mask_name(self.name), "phone": self.phone and mask_phone(self.phone)}


NAMES = tuple(field.name for field in fields(Complainant))


def hash_of(secret: str, person_id: UUID) -> bytes:
    """Return under which hash a person's complaints are kept."""
    return keyed_fingerprint(secret, PURPOSE, person_id.bytes)


async def add(
    connection: Connection, secret: str, complaint_id: UUID, person_id: UUID, part: ComplaintPart, who: Complainant
) -> bool:
    """Keep somebody with a complaint under the hash of ``person_id``; return False when they were there before."""
    sealed = _seal(secret, complaint_id, who)
    return bool(await connection.fetchval(INSERT, complaint_id, hash_of(secret, person_id), part, sealed))


def sealed(
    secret: str,
    complaint_id: UUID,
    person_id: UUID,
    part: ComplaintPart,
    who: Complainant,
    since: datetime,
    seen_at: datetime | None,
) -> tuple[object, ...]:
    """Return the row of somebody who has a part in a complaint ``since`` a moment of the past, for ``load``."""
    return complaint_id, hash_of(secret, person_id), part, _seal(secret, complaint_id, who), since, seen_at


async def load(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Keep many people of many complaints at once, by COPY."""
    await connection.copy_records_to_table("complaint_person", columns=COLUMNS, records=rows)


async def find(reads: Reads, secret: str, complaint_id: UUID) -> Complainant:
    """Return the author of a complaint."""
    return read(secret, complaint_id, await reads.fetchval(FIND_AUTHOR, complaint_id))


def read(secret: str, complaint_id: UUID, sealed: bytes) -> Complainant:
    """Return who stands in a sealed content. Raises BrokenSealError for another complaint's."""
    fields: dict[str, Any] = from_json(unseal(secret, PURPOSE, sealed, bound_to=complaint_id.bytes))
    user_id = fields.pop("user_id")
    return Complainant(UUID(user_id) if user_id else None, **fields)


async def join_all(connection: Connection, secret: str, from_id: UUID, into_id: UUID) -> int:
    """Make everybody of one complaint a joiner of another; return how many were not there before."""
    joined = 0
    for row in await connection.fetch(LIST, from_id):
        sealed = _seal(secret, into_id, read(secret, from_id, row["sealed"]))
        joined += bool(await connection.fetchval(COPY_TO, into_id, row["person_hash"], sealed))
    return joined


async def authors_of(reads: Reads, complaint_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Return the hash of each complaint's author: equal ones are one person, and nothing tells which."""
    rows = await reads.fetch(FIND_AUTHORS, complaint_ids)
    return {row["complaint_id"]: row["person_hash"] for row in rows}


async def find_users(
    reads: Reads, secret: str, complaint_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[ComplaintPart, UUID]]]:
    """Return who of each complaint has the app and in which part: to be told something, and not to be kept.

    Nobody waits for one whose seal does not open: an operator reads of that in the log.
    """
    found: dict[UUID, list[tuple[ComplaintPart, UUID]]] = {}
    for row in await reads.fetch(LIST_MANY, complaint_ids):
        try:
            user_id = read(secret, row["complaint_id"], row["sealed"]).user_id
        except BrokenSealError:
            log.error("a complainant's seal does not open", complaint_id=str(row["complaint_id"]))  # noqa: TRY400
            continue
        if user_id is not None:
            found.setdefault(row["complaint_id"], []).append((ComplaintPart(row["part"]), user_id))
    return found


async def find_parts(reads: Reads, complaint_id: UUID, hashes: Sequence[bytes]) -> set[bytes]:
    """Return those of ``hashes`` under which somebody complained or joined in."""
    return {row["person_hash"] for row in await reads.fetch(FIND_PARTS, complaint_id, hashes)}


async def is_author(reads: Reads, secret: str, complaint_id: UUID, person_id: UUID) -> bool:
    """Whether a complaint is somebody's own."""
    return bool(await reads.fetchval(IS_AUTHOR, complaint_id, hash_of(secret, person_id)))


async def see(connection: Connection, secret: str, complaint_id: UUID, person_id: UUID) -> None:
    """Note that somebody has looked at their complaint: nothing of it is news any more. Raises ``not-found``."""
    if not await connection.fetchval(SEE, complaint_id, hash_of(secret, person_id)):
        raise Problem("not-found")


async def forget(connection: Connection, secret: str, user_id: UUID) -> None:
    """Forget by what name and number somebody who closed their account complained, and what they wrote of those.

    That the complaint is theirs stays sealed: nobody of the staff may decide on their own. No event tells of it, since
    its time would tell whose complaints they were (I9).
    """
    for row in await connection.fetch(LOCK_OF_PERSON, hash_of(secret, user_id)):
        sealed = _seal(secret, row["complaint_id"], Complainant(user_id))
        await connection.execute(RESEAL, row["complaint_id"], row["person_hash"], sealed)
        if row["part"] == ComplaintPart.AUTHOR:
            await connection.execute(HIDE_NAME, row["complaint_id"])


async def count_lately(connection: Connection, secret: str, person_id: UUID, seconds: int) -> int:
    """Return how many complaints somebody has posted in the last ``seconds``."""
    count: int = await connection.fetchval(COUNT_LATELY, hash_of(secret, person_id), seconds)
    return count


def _seal(secret: str, complaint_id: UUID, who: Complainant) -> bytes:
    content = to_json({name: getattr(who, name) for name in NAMES})
    return seal(secret, PURPOSE, content, bound_to=complaint_id.bytes)
