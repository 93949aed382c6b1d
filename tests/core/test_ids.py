"""Identifiers: UUIDv7, in the order in which they were made."""

import time
from uuid import RFC_4122

from app.core.ids import new_id


def test_version_and_variant_are_those_of_uuid_7():
    for _ in range(1000):
        made = new_id()
        assert made.version == 7
        assert made.variant == RFC_4122


def test_the_first_48_bits_are_the_milliseconds_of_now():
    before_ms = time.time_ns() // 1_000_000
    made_ms = new_id().int >> 80
    assert before_ms <= made_ms <= time.time_ns() // 1_000_000


def test_later_ones_are_greater():
    earlier = new_id()
    for _ in range(1000):
        later = new_id()
        assert later > earlier
        earlier = later


def test_no_two_are_the_same():
    assert len({new_id() for _ in range(100_000)}) == 100_000


def test_the_random_bits_are_all_used():
    ones = zeros = 0
    for _ in range(200):
        value = new_id().int
        ones |= value
        zeros |= ~value
    free = (1 << 62) - 1
    assert ones & free == free
    assert zeros & free == free
