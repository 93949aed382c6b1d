"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that the order of ids is the order of creation."""

import os
import time
from datetime import datetime
from uuid import UUID


def new_id() -> UUID:
    """Return a UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    return _id_of(time.time_ns() // 1_000_000)


def new_id_at(moment: datetime) -> UUID:
    """Return the UUIDv7 of something made at ``moment``, so that what is loaded sorts among what was made live."""
    return _id_of(int(moment.timestamp() * 1000))


def _id_of(milliseconds: int) -> UUID:
    random_bits = int.from_bytes(os.urandom(10))
    value = (
        (milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (random_bits >> 68) << 64
        | 0b10 << 62
        | (random_bits & 0x3FFF_FFFF_FFFF_FFFF)
    )
    return UUID(int=value)
