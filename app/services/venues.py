"""Venues of areas: 红色驿站, 党群服务中心, 中心户 and others, where they are and when they are open.

A contact point is somebody's home. Whoever is not staff of its area reads neither its address nor its point, and does
not find it by distance, which would tell the point: the statements see to it (I12).
"""

import json
from datetime import datetime
from math import cos, radians
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.geometry import METRES_PER_DEGREE
from app.domain.kinds import AreaKind, VenueKind
from app.domain.lifecycle import Party
from app.domain.venues import Hours, is_open, tells_a_home
from app.models.venue import Venue
from app.schemas.venues import VenueEditIn, VenueIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

NEAR_M = 5_000

# In every statement here {scope} is the areas where the caller is staff.
WHOLE = "(v.kind <> 'contact_point' OR a.lineage && {scope}::uuid[])"
COLUMNS = f"""
    v.id, v.area_id, a.name AS area_name, v.kind, v.name, v.vicinity, v.opening_hours, v.closed_at, v.created_at,
    a.lineage && {{scope}}::uuid[] AS in_scope, {WHOLE} AS is_whole,
    {", ".join(f"CASE WHEN {WHOLE} THEN v.{name} END AS {name}" for name in ("address", "telephone", "note"))},
    CASE WHEN {WHOLE} THEN v.longitude::float8 END AS longitude,
    CASE WHEN {WHOLE} THEN v.latitude::float8 END AS latitude
"""
VIEW = f"SELECT {COLUMNS} FROM venue v JOIN area a ON a.id = v.area_id"
GET = f"{VIEW} WHERE v.id = $1".format(scope="$2")
SHOWN = "x.closed_at IS NULL AND ($5::text IS NULL OR x.kind = $5)"
IN_AREA = f"{VIEW.format(scope='$4')} WHERE v.id IN ({ids_in_area('venue', SHOWN)}) ORDER BY v.id DESC LIMIT $3"
# On a plane that touches the earth at the asked point, $2 and $3: right to some metres. $4 and $5 are the metres of a
# degree eastwards and northwards there, $6 how far to look.
NEAR = f"""
    SELECT * FROM (
        SELECT {COLUMNS.format(scope="$1")}, sqrt(
            power((v.longitude::float8 - $2::float8) * $4::float8, 2)
            + power((v.latitude::float8 - $3::float8) * $5::float8, 2)
        ) AS distance_m
        FROM venue v JOIN area a ON a.id = v.area_id
        WHERE v.closed_at IS NULL AND v.latitude IS NOT NULL
            AND v.latitude BETWEEN ($3::float8 - $6::float8 / $5)::numeric AND ($3::float8 + $6::float8 / $5)::numeric
            AND v.longitude BETWEEN ($2::float8 - $6::float8 / $4)::numeric AND ($2::float8 + $6::float8 / $4)::numeric
            AND ($7::text IS NULL OR v.kind = $7) AND {WHOLE.format(scope="$1")}
    ) AS around
    WHERE distance_m <= $6 ORDER BY distance_m, id LIMIT $8
"""
LOCK_AREA = "SELECT kind, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR KEY SHARE"
# Locked before it is joined: a join that waited for one which went to another area meanwhile would find nothing.
LOCK = "SELECT FROM venue WHERE id = $1 FOR NO KEY UPDATE"
FIND = """
    SELECT v.closed_at, area.kind AS area_kind, area.lineage && $2::uuid[] AS in_scope
    FROM venue v JOIN area ON area.id = v.area_id WHERE v.id = $1
"""
EDIT = """
    UPDATE venue SET kind = $2, name = $3, vicinity = $4, address = $5, longitude = $6, latitude = $7, telephone = $8,
        opening_hours = $9, note = $10
    WHERE id = $1
"""


async def add(connection: Connection, caller: Caller, form: VenueIn) -> UUID:
    """Put a venue into an area; return its id. Locks the area's row.

    Raises ``area-unknown``, ``not-allowed`` where the caller is not staff, ``home-exposed``, and by the database
    ``area-closed``.
    """
    area = await connection.fetchrow(LOCK_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    _require_no_home(form, AreaKind(area["kind"]))
    venue = Venue(
        id=new_id(),
        **form.model_dump(exclude={"location", "opening_hours"}),
        **(form.location.model_dump() if form.location else {}),
        opening_hours=_hours(form),
    )
    await insert(connection, venue)
    await transitions.log(connection, "venue", venue.id, "create", "open", _mover(caller))
    return venue.id


async def edit(connection: Connection, caller: Caller, venue_id: UUID, form: VenueEditIn) -> None:
    """Say everything of a venue anew. Locks its row.

    Raises ``not-found``, ``not-allowed``, ``state-conflict`` once it is closed, ``home-exposed``.
    """
    row = await _permit(connection, caller, venue_id)
    _require_no_home(form, AreaKind(row["area_kind"]))
    place = (form.location.longitude, form.location.latitude) if form.location else (None, None)
    words = (form.kind, form.name, form.vicinity, form.address)
    await connection.execute(EDIT, venue_id, *words, *place, form.telephone, _hours(form), form.note)
    await transitions.log(connection, "venue", venue_id, "edit", "open", _mover(caller), from_state="open")


async def close(connection: Connection, caller: Caller, venue_id: UUID) -> None:
    """Close a venue for good. Locks its row. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    await _permit(connection, caller, venue_id)
    await connection.execute("UPDATE venue SET closed_at = $2 WHERE id = $1", venue_id, now())
    await transitions.log(connection, "venue", venue_id, "close", "closed", _mover(caller), from_state="open")


async def get(reads: Reads, caller: Caller | None, venue_id: UUID) -> dict[str, Any]:
    """Return one venue, closed or not, as the caller may see it. Raises ``not-found``."""
    row = await reads.fetchrow(GET, venue_id, _scope(caller))
    if row is None:
        raise Problem("not-found")
    return _view(row, now())


async def list_of_area(
    reads: Reads, caller: Caller | None, area_id: UUID, kind: VenueKind | None, request: PageRequest
) -> dict[str, Any]:
    """Return the open venues of an area and all below it, newest first, each as the caller may see it."""
    filters, moment = ("venues", area_id, kind), now()
    rows = await reads.fetch(IN_AREA, area_id, request.below(*filters), request.rows, _scope(caller), kind)
    return page(rows, request, lambda row: _view(row, moment), *filters)


async def list_near(
    reads: Reads, caller: Caller | None, longitude: float, latitude: float, kind: VenueKind | None, limit: int
) -> dict[str, Any]:
    """Return up to ``limit`` open venues within 5 km of a point in GCJ-02, the nearest first.

    Contact points only to staff of their area: distances from three places tell a point.
    """
    east_m, moment = METRES_PER_DEGREE * cos(radians(latitude)), now()
    metres = (east_m, METRES_PER_DEGREE, NEAR_M)
    rows = await reads.fetch(NEAR, _scope(caller), longitude, latitude, *metres, kind, limit)
    return {"items": [_view(row, moment) | {"distance_m": round(row["distance_m"])} for row in rows]}


async def _permit(connection: Connection, caller: Caller, venue_id: UUID) -> Record:
    """Hold an open venue of the caller's areas. Raises ``not-found``, ``not-allowed`` and ``state-conflict``."""
    await connection.execute(LOCK, venue_id)
    row = await connection.fetchrow(FIND, venue_id, _scope(caller))
    if row is None:
        raise Problem("not-found")
    if not row["in_scope"]:
        raise Problem("not-allowed")  # venues are public
    if row["closed_at"] is not None:
        raise Problem("state-conflict")
    return row


def _require_no_home(form: VenueEditIn, area_kind: AreaKind) -> None:
    """Raise ``home-exposed`` when the public would read in whose home a contact point is, naming the fields."""
    if form.kind is not VenueKind.CONTACT_POINT:
        return
    told = {
        "kind": area_kind is AreaKind.POST,  # whose name is that of a building
        "name": tells_a_home(form.name),
        "vicinity": tells_a_home(form.vicinity or ""),
        "telephone": form.telephone is not None,
    }
    if any(told.values()):
        fields = [{"field": f"body.{name}", "reason": "home_told"} for name, is_told in told.items() if is_told]
        raise Problem("home-exposed", fields=fields)


def _scope(caller: Caller | None) -> list[UUID]:
    return caller.scope(Role.STAFF) if caller else []


def _mover(caller: Caller) -> Mover:
    return Mover(Party.STAFF, caller.id)


def _hours(form: VenueEditIn) -> str:
    return json.dumps([hours.model_dump(by_alias=True) for hours in form.opening_hours])


def _view(row: Record, moment: datetime) -> dict[str, Any]:
    """Return a venue whole, or a contact point as everybody sees it."""
    written = json.loads(row["opening_hours"])
    hours = [Hours.read(each["weekdays"], each["from"], each["to"]) for each in written]
    is_closed = row["closed_at"] is not None
    shown = {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "kind": row["kind"],
        "name": row["name"],
        "vicinity": row["vicinity"],
        "opening_hours": written,
        "is_open_now": not is_closed and is_open(hours, moment) if hours or is_closed else None,
        "closed_at": row["closed_at"],
        "created_at": row["created_at"],
        "actions": ["edit", "close"] if row["in_scope"] and not is_closed else [],
    }
    if not row["is_whole"]:
        return shown
    has_point = row["longitude"] is not None
    return shown | {
        "address": row["address"],
        "location": {"longitude": row["longitude"], "latitude": row["latitude"]} if has_point else None,
        "telephone": row["telephone"],
        "note": row["note"],
    }
