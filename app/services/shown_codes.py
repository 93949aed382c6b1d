"""Codes that a place or a person shows, new each half minute, which whoever comes scans or types.

Each subject has its own: the key of one code serves for no other, and never leaves the server. What is shown proves
that somebody saw it lately, and nothing more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.security import derive_key
from app.domain import codes
from app.domain.errors import CountedProblem, Problem
from app.domain.kinds import TryPurpose
from app.services import tries

OFFLINE_WITHIN = timedelta(minutes=30)
"""How far back a scan may lie that a phone kept while it had no signal."""
CLOCK_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a code is for: ``purpose`` is one word, such as check_in, and ``id`` names the thing."""

    purpose: str
    id: UUID

    def key(self, secret: str) -> bytes:
        """Return the key that signs its codes."""
        return derive_key(secret, f"shown/{self.purpose}/".encode() + self.id.bytes)


def show(secret: str, subject: Subject) -> dict[str, Any]:
    """Return the code to show now, the same to type, and those of the coming ten minutes for a phone without signal."""
    key = subject.key(secret)
    return sheet(subject.id, codes.handle_of(key), key)


def sheet(subject_id: UUID, handle: str, key: bytes) -> dict[str, Any]:
    """Return what ``show`` does, for a thing with a handle and a key of its own."""
    first = codes.step_start(now())
    current, *coming = [
        {
            "code": codes.write(subject_id, key, start),
            "typed_code": codes.write_typed(handle, key, start),
            "valid_from": start,
            "expires_at": start + codes.STEP,
        }
        for start in (first + step * codes.STEP for step in range(codes.COMING_CODES + 1))
    ]
    return {
        "code": current["code"],
        "typed_code": current["typed_code"],
        "expires_at": current["expires_at"],
        "next": coming,
        "actions": [],
    }


def time_of_scan(told: datetime | None, moment: datetime) -> datetime:
    """Return when a code was scanned, by a phone's clock that may be a little fast. Raises ``scan-too-old``."""
    if told is None:
        return moment
    if not moment - OFFLINE_WITHIN <= told <= moment + CLOCK_SKEW:
        raise Problem("scan-too-old")
    return min(told, moment)


def is_of_another(secret: str, subject: Subject, code: str, scanned_at: datetime) -> bool:
    """Whether a scanned code was good at that moment, but is that of another subject of this purpose."""
    found = codes.read(code)
    if found is None or found[0] == subject.id:
        return False
    other = Subject(subject.purpose, found[0])
    return codes.find_step(found[1], other.key(secret), scanned_at) is not None


async def require(
    connection: Connection, secret: str, reader_id: UUID, subject: Subject, code: str, scanned_at: datetime
) -> None:
    """Refuse a code that the subject did not show at that moment; of those typed, wrong ones are counted.

    Raises ``shown-code-invalid`` and, after five wrong ones, ``too-many-tries``. Locks the reader's tries.
    """
    typed = codes.read_typed(code)
    key = subject.key(secret)
    if typed is None:
        found = codes.read(code)
        if found is None or found[0] != subject.id or codes.find_step(found[1], key, scanned_at) is None:
            raise Problem("shown-code-invalid")
        return
    await tries.begin(connection, reader_id, TryPurpose.SHOWN_CODE)
    handle, password = typed
    if codes.find_step(password, key, scanned_at) is None or handle != codes.handle_of(key):
        await tries.count(connection, reader_id, TryPurpose.SHOWN_CODE)
        raise CountedProblem("shown-code-invalid")
