"""Keyset pages in the order of ids, which is that of time: cursors of one list, two index shapes for the areas."""

import base64
import binascii
import hashlib
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Generic, TypeVar
from uuid import UUID

Key = TypeVar("Key")

HIGHEST = UUID(int=(1 << 128) - 1)
LOWEST = UUID(int=0)
"""Beyond every id: where a list without a cursor starts, newest or oldest first."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

NARROW_AREAS_MAX = 64
"""Up to so many areas below the asked one, their lists are merged; beyond that, the newest rows are sifted."""


class InvalidCursorError(Exception):
    """The cursor was not made by this list with these filters."""


KEY_BYTES = 8


@dataclass(frozen=True, slots=True)
class Order(Generic[Key]):
    """What a list is in the order of before it is in that of ids, and how a cursor keeps it, in ``KEY_BYTES``.

    ``unpack`` raises InvalidCursorError for what no row of the list can have.
    """

    pack: Callable[[Key], bytes]
    unpack: Callable[[bytes], Key]


def _read_number(raw: bytes) -> int:
    return int.from_bytes(raw, signed=True)


def _write_number(number: int) -> bytes:
    return number.to_bytes(KEY_BYTES, signed=True)


def _read_moment(raw: bytes) -> datetime:
    try:
        return EPOCH + _read_number(raw) * MICROSECOND
    except OverflowError as error:
        raise InvalidCursorError from error


def _read_distance(raw: bytes) -> float:
    distance: float
    [distance] = struct.unpack(">d", raw)
    if not 0 <= distance < math.inf:
        raise InvalidCursorError
    return distance


NUMBERS = Order(_write_number, _read_number)
"""Whole numbers."""

MOMENTS: Order[datetime] = Order(lambda moment: _write_number((moment - EPOCH) // MICROSECOND), _read_moment)
"""Moments, to the microsecond."""

DISTANCES: Order[float] = Order(lambda distance: struct.pack(">d", distance), _read_distance)
"""Distances, to their last bit."""


def write_cursor(last_id: UUID, *filters: object) -> str:
    """Return the cursor that continues after ``last_id`` in the list that ``filters`` describe."""
    return _write(last_id.bytes, filters)


def read_cursor(cursor: str | None, *filters: object) -> UUID | None:
    """Return the id to continue from, None at the start. Raises InvalidCursorError for a cursor from elsewhere."""
    return None if cursor is None else UUID(bytes=_read(cursor, 16, filters))


def write_ordered_cursor(order: Order[Key], last: tuple[Key, UUID], *filters: object) -> str:
    """Return the cursor that continues after ``last`` in a list that is in an order and then in that of ids."""
    key, last_id = last
    return _write(order.pack(key) + last_id.bytes, filters)


def read_ordered_cursor(order: Order[Key], cursor: str | None, *filters: object) -> tuple[Key, UUID] | None:
    """Return where such a list goes on, None at its start. Raises InvalidCursorError for a cursor from elsewhere."""
    if cursor is None:
        return None
    raw = _read(cursor, KEY_BYTES + 16, filters)
    return order.unpack(raw[:KEY_BYTES]), UUID(bytes=raw[KEY_BYTES:])


def _write(place: bytes, filters: tuple[object, ...]) -> str:
    return base64.urlsafe_b64encode(_mark(filters) + place).decode().rstrip("=")


def _read(cursor: str, length: int, filters: tuple[object, ...]) -> bytes:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise InvalidCursorError from error
    if len(raw) != 4 + length or raw[:4] != _mark(filters):
        raise InvalidCursorError
    return raw[4:]


@lru_cache(maxsize=1024)
def _mark(filters: tuple[object, ...]) -> bytes:
    return hashlib.sha256(repr([str(item) for item in filters]).encode()).digest()[:4]


def ids_in_area(table: str, where: str, key: str = "id", *, within: str = "true", area_key: str = "area_id") -> str:
    """Return SQL for a page of ids of ``table`` (alias ``x``) in the area $1 and all below it.

    ``key`` is the column of those ids, each made when its row joined the list. $2 is the id to continue below, $3 the
    number of rows; ``where`` is the list's own condition and may use $4 and up. Of the areas only those count of which
    ``within`` holds (alias ``a``); ``area_key`` is the column that says in which a row lies.
    A grid or a community has few areas below it: an index that starts with that column is read once for each, a page's
    worth of rows at most. A district has hundreds, but then one of the newest rows in few lies inside: an index that
    ends with ``id`` is walked from the newest. The database skips the branch that does not serve. The array around it
    all tells the planner, which cannot know $3, that few ids come out: it looks them up instead of scanning for them.
    """
    below = f"a.lineage @> ARRAY[$1::uuid] AND {within}"
    narrow = f"(SELECT cardinality(ids) FROM place) <= {NARROW_AREAS_MAX}"
    page = f"{where} AND x.{key} < $2 ORDER BY x.{key} DESC LIMIT $3"
    return f"""
        WITH place AS MATERIALIZED (
            SELECT ARRAY(
                SELECT a.id FROM area a WHERE {below} LIMIT {NARROW_AREAS_MAX} + 1
            ) AS ids
        )
        SELECT unnest(ARRAY(
            (
                SELECT near.{key} FROM place, unnest(place.ids) AS spot (id)
                CROSS JOIN LATERAL (SELECT x.{key} FROM {table} x WHERE x.{area_key} = spot.id AND {page}) AS near
                WHERE {narrow} ORDER BY near.{key} DESC LIMIT $3
            ) UNION ALL (
                SELECT x.{key} FROM {table} x
                WHERE NOT {narrow} AND (SELECT {below} FROM area a WHERE a.id = x.{area_key}) AND {page}
            )
        ))"""
