"""Cursors: they go round, and belong to one list with one set of filters."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id
from app.core.pagination import (
    HIGHEST,
    LOWEST,
    InvalidCursorError,
    read_cursor,
    read_ranked_cursor,
    read_timed_cursor,
    write_cursor,
    write_ranked_cursor,
)

AREA = UUID(int=7)
LIST = ("wishes", AREA, "published", None)


@given(st.uuids())
def test_a_cursor_goes_round(last_id: UUID):
    cursor = write_cursor(last_id, *LIST)
    assert read_cursor(cursor, *LIST) == last_id
    assert len(cursor) <= 64
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.integers(-(2**63), 2**63 - 1), st.uuids())
def test_a_ranked_cursor_goes_round(rank: int, last_id: UUID):
    cursor = write_ranked_cursor((rank, last_id), *LIST)
    assert read_ranked_cursor(cursor, *LIST) == (rank, last_id)
    assert len(cursor) <= 64


def test_a_number_that_is_no_moment_is_refused():
    with pytest.raises(InvalidCursorError):
        read_timed_cursor(write_ranked_cursor((2**62, new_id()), *LIST), *LIST)


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
