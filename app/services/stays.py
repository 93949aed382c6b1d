"""Stays: which people were in which grid as what, and when; the database itself writes them down."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import end_of
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.services import people
from app.services.pages import PageRequest, page

# Each area is taken as it was then, where it hung and what it was called: by the last of its periods begun, or the
# first. Rights are those of today, by where the area of the stay hangs now.
AT = """
    SELECT p.id, p.sealed, u.nickname, there.stays FROM (
        SELECT s.person_id, array_agg((s.hat, s.area_id, t.name, s.since, s.until) ORDER BY s.hat, s.since) AS stays
        FROM area_period t JOIN area a ON a.id = t.area_id JOIN stay s ON s.area_id = t.area_id
        WHERE t.lineage @> ARRAY[$1::uuid] AND a.lineage && $2::uuid[] AND s.since < $3
            AND (s.until IS NULL OR s.until >= $3) AND s.person_id > $4
            AND NOT EXISTS (
                SELECT FROM area_period l WHERE l.area_id = t.area_id AND l.since > t.since AND l.since < $3
            ) AND (t.since < $3 OR NOT EXISTS (
                SELECT FROM area_period e WHERE e.area_id = t.area_id AND e.since < t.since
            ))
        GROUP BY s.person_id ORDER BY s.person_id LIMIT $5
    ) there JOIN person p ON p.id = there.person_id LEFT JOIN "user" u ON u.id = p.user_id
    ORDER BY p.id
"""


async def list_at(
    reads: Reads, secret: str, caller: Caller, area_id: UUID, day: date, request: PageRequest
) -> dict[str, Any]:
    """Return who was in an area, by the tree of then, at the end of a day in Shanghai.

    Only those whose area of then lies in the caller's own areas now: what was given away is seen by those who have it.
    """
    filters = ("people-at", area_id, day)
    last_id = request.above(*filters)
    rows = await reads.fetch(AT, area_id, caller.scope(Role.STAFF), end_of(day), last_id, request.rows)
    return page(rows, request, lambda row: _view(row, secret), *filters)


def _view(row: Record, secret: str) -> dict[str, Any]:
    contact = people.read(secret, row["id"], row["sealed"])
    return {
        "id": row["id"],
        "nickname": row["nickname"],
        "contact": contact and contact.for_staff,
        "stays": [
            {"hat": hat, "area": {"id": area_id, "name": name}, "since": since, "until": until}
            for hat, area_id, name, since, until in row["stays"]
        ],
        "actions": [],
    }
