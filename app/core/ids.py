"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that the order of ids is the order of creation."""

import os
import time
from datetime import datetime
from uuid import UUID


def new_id() -> UUID:
    """Return a UUIDv7: 48 bits of Unix milliseconds, 12 of their fraction (section 6.2, method 3), 62 random bits.

    The fraction keeps what one process makes in one millisecond in order.
    """
    return _id_of(time.time_ns())


def new_id_at(moment: datetime) -> UUID:
    """Return the UUIDv7 of something made at ``moment``, so that what is loaded sorts among what was made live."""
    return _id_of(int(moment.timestamp() * 1_000_000) * 1000)


def lowest_id_at(moment: datetime) -> UUID:
    """Return the lowest id that something made at ``moment`` may have: where a list by time begins."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _id_of(nanoseconds: int) -> UUID:
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    random_bits = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random_bits)
