"""Keyset pages in the order of ids, which is that of time: cursors of one list, two index shapes for the areas."""

import base64
import binascii
import hashlib
import math
import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

HIGHEST = UUID(int=(1 << 128) - 1)
LOWEST = UUID(int=0)
"""Beyond every id: where a list without a cursor starts, newest or oldest first."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

NARROW_AREAS_MAX = 64
"""Up to so many areas below the asked one, their lists are merged; beyond that, the newest rows are sifted."""


class InvalidCursorError(Exception):
    """The cursor was not made by this list with these filters."""


def write_cursor(last_id: UUID, *filters: object) -> str:
    """Return the cursor that continues after ``last_id`` in the list that ``filters`` describe."""
    return _write(last_id.bytes, filters)


def read_cursor(cursor: str | None, *filters: object) -> UUID | None:
    """Return the id to continue from, None at the start. Raises InvalidCursorError for a cursor from elsewhere."""
    return None if cursor is None else UUID(bytes=_read(cursor, 16, filters))


def write_ranked_cursor(last: tuple[int, UUID], *filters: object) -> str:
    """Return the cursor of a list that is in the order of a whole number and then of ids."""
    rank, last_id = last
    return _write(rank.to_bytes(8, signed=True) + last_id.bytes, filters)


def read_ranked_cursor(cursor: str | None, *filters: object) -> tuple[int, UUID] | None:
    """Return where such a list goes on, None at its start. Raises InvalidCursorError for a cursor from elsewhere."""
    if cursor is None:
        return None
    raw = _read(cursor, 24, filters)
    return int.from_bytes(raw[:8], signed=True), UUID(bytes=raw[8:])


def write_timed_cursor(last: tuple[datetime, UUID], *filters: object) -> str:
    """Return the cursor of a list that is in the order of a moment and then of ids."""
    moment, last_id = last
    return write_ranked_cursor(((moment - EPOCH) // MICROSECOND, last_id), *filters)


def read_timed_cursor(cursor: str | None, *filters: object) -> tuple[datetime, UUID] | None:
    """Return where such a list goes on, None at its start. Raises InvalidCursorError for a cursor from elsewhere."""
    last = read_ranked_cursor(cursor, *filters)
    if last is None:
        return None
    try:
        return EPOCH + last[0] * MICROSECOND, last[1]
    except OverflowError as error:
        raise InvalidCursorError from error


def write_distant_cursor(last: tuple[float, UUID], *filters: object) -> str:
    """Return the cursor of a list that is in the order of a distance, to its last bit, and then of ids."""
    distance, last_id = last
    return _write(struct.pack(">d", distance) + last_id.bytes, filters)


def read_distant_cursor(cursor: str | None, *filters: object) -> tuple[float, UUID] | None:
    """Return where such a list goes on, None at its start. Raises InvalidCursorError for a cursor from elsewhere."""
    if cursor is None:
        return None
    raw = _read(cursor, 24, filters)
    [distance] = struct.unpack(">d", raw[:8])
    if not 0 <= distance < math.inf:
        raise InvalidCursorError
    return distance, UUID(bytes=raw[8:])


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
