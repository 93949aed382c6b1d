"""Cursors: they go round, and belong to one list with one set of filters."""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id
from app.core.pagination import (
    DISTANCES,
    HIGHEST,
    LOWEST,
    MOMENTS,
    NUMBERS,
    InvalidCursorError,
    Order,
    read_cursor,
    read_ordered_cursor,
    write_cursor,
    write_ordered_cursor,
)

AREA = UUID(int=7)
LIST = ("wishes", AREA, "published", None)


@given(st.uuids())
def test_a_cursor_goes_round(last_id: UUID):
    cursor = write_cursor(last_id, *LIST)
    assert read_cursor(cursor, *LIST) == last_id
    assert len(cursor) <= 64
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.integers(-(2**63), 2**63 - 1), st.datetimes(timezones=st.just(UTC)), st.floats(0, 1e300), st.uuids())
def test_an_ordered_cursor_goes_round(number: int, moment: datetime, distance: float, last_id: UUID):
    kinds: list[tuple[Order[Any], Any]] = [(NUMBERS, number), (MOMENTS, moment), (DISTANCES, distance)]
    for order, key in kinds:
        cursor = write_ordered_cursor(order, (key, last_id), *LIST)
        assert read_ordered_cursor(order, cursor, *LIST) == (key, last_id)
        assert len(cursor) <= 64


@pytest.mark.parametrize(
    ("order", "key", "kept"),
    [
        (NUMBERS, -3, "vmg9E__________9AAAAAAAAAAAAAAAAAAAABQ"),
        (MOMENTS, datetime(2026, 5, 4, 3, 2, 1, 7, UTC), "vmg9EwAGUPUnjJxHAAAAAAAAAAAAAAAAAAAABQ"),
        (DISTANCES, 812.25, "vmg9E0CJYgAAAAAAAAAAAAAAAAAAAAAAAAAABQ"),
    ],
    ids=["number", "moment", "distance"],
)
def test_cursors_of_before_are_read(order: Order[Any], key: Any, kept: str):
    assert read_ordered_cursor(order, kept, *LIST) == (key, UUID(int=5))
    assert write_ordered_cursor(order, (key, UUID(int=5)), *LIST) == kept
    assert write_cursor(UUID(int=5), *LIST) == "vmg9EwAAAAAAAAAAAAAAAAAAAAU"


def test_a_number_that_is_no_moment_is_refused():
    with pytest.raises(InvalidCursorError):
        read_ordered_cursor(MOMENTS, write_ordered_cursor(NUMBERS, (2**62, new_id()), *LIST), *LIST)


def test_no_cursor_is_the_beginning():
    assert read_cursor(None, *LIST) is None
    assert LOWEST < new_id() < HIGHEST


@pytest.mark.parametrize(
    "other",
    [
        ("tasks", AREA, "published", None),
        ("wishes", UUID(int=8), "published", None),
        ("wishes", AREA, "claimed", None),
        ("wishes", AREA, "published", "elderly"),
        ("wishes", AREA, "published"),
        (),
    ],
)
def test_a_cursor_of_another_list_is_refused(other: tuple[object, ...]):
    with pytest.raises(InvalidCursorError):
        read_cursor(write_cursor(new_id(), *other), *LIST)


@given(st.text(max_size=64))
def test_anything_else_is_refused(cursor: str):
    with pytest.raises(InvalidCursorError):
        read_cursor(cursor, *LIST)


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 26])
def test_a_shortened_cursor_is_refused(cut: int):
    with pytest.raises(InvalidCursorError):
        read_cursor(write_cursor(new_id(), *LIST)[:-cut], *LIST)


def test_a_lengthened_cursor_is_refused():
    raw = base64.urlsafe_b64decode(write_cursor(new_id(), *LIST) + "=")
    with pytest.raises(InvalidCursorError):
        read_cursor(base64.urlsafe_b64encode(raw + b"\0").decode(), *LIST)
