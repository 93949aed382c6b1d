"""Buildings: which addresses lie in which grid, kept by staff and found by everybody.

An address is found by the pieces of its names and by its numbers, through one index; the candidates are then compared
in full (``domain/addresses``).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.domain import addresses, geometry
from app.domain.addresses import Address, Fit
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.geometry import PointIndex
from app.domain.kinds import AreaKind
from app.domain.lifecycle import Party
from app.models.building import Building
from app.schemas.buildings import BuildingEditIn, BuildingIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.places import NEAR_M
from app.services.transitions import Mover

FOUND_MAX = 20
CANDIDATES_MAX = 100
FITS = list(Fit)

FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
LOCK_AREA = """
    SELECT a.kind, a.lineage && $2::uuid[] AS in_scope, s.geometry
    FROM area a LEFT JOIN area_shape s ON s.area_id = a.id WHERE a.id = $1 FOR KEY SHARE OF a
"""
FIND = """
    SELECT a.lineage && $3::uuid[] AS in_scope FROM building b JOIN area a ON a.id = b.area_id
    WHERE b.id = $1 AND b.area_id = $2
"""
EDIT = """
    UPDATE building SET area_id = $3, name = $4, aliases = $5, households = $6, longitude = $7, latitude = $8, key = $9,
        terms = $10
    WHERE id = $1 AND area_id = $2 RETURNING id
"""
REMOVE = "DELETE FROM building WHERE id = $1 AND area_id = $2 RETURNING id"
VIEW = """
    SELECT b.id, b.area_id, a.name AS area_name, b.name, b.aliases, b.households, b.longitude::float8 AS longitude,
        b.latitude::float8 AS latitude, b.created_at
    FROM building b JOIN area a ON a.id = b.area_id
"""
GET = f"{VIEW} WHERE b.id = $1"
LIST = f"{VIEW} WHERE b.id IN ({ids_in_area('building', 'true')}) ORDER BY b.id DESC LIMIT $3"
# What is in $2, and any of $3, finds; the pieces in $4 with their weights say how much of the address is there.
SEARCH = f"""
    WITH found AS MATERIALIZED (
        SELECT b.id, b.area_id, b.name, b.aliases, a.lineage
        FROM building b JOIN area a ON a.id = b.area_id
        WHERE b.terms && $2::text[] AND b.terms && $3::text[]
            AND a.lineage @> ARRAY[$1::uuid] AND a.closed_at IS NULL
        ORDER BY (
                SELECT sum(asked.weight) FROM unnest($4::text[], $5::float8[]) AS asked (term, weight)
                WHERE asked.term = ANY (b.terms)
            ) DESC, b.id
        LIMIT {CANDIDATES_MAX}
    )
    SELECT found.id, found.area_id, found.name, found.aliases, ARRAY(
        SELECT (step.id, (SELECT above.name FROM area above WHERE above.id = step.id))
        FROM unnest(found.lineage) WITH ORDINALITY AS step (id, position) ORDER BY step.position
    ) AS path
    FROM found
"""


async def add(connection: Connection, caller: Caller, area_id: UUID, form: BuildingIn) -> UUID:
    """Put a building on the list of a grid; return its id. Locks the area's row.

    Raises ``not-found``, ``not-allowed`` where the caller is not staff, ``area-not-a-grid``, ``building-outside-grid``,
    and by the database ``area-closed`` and ``building-exists``.
    """
    await _permit_grid(connection, caller, area_id, form, unknown="not-found")
    building = Building(
        id=new_id(),
        area_id=area_id,
        name=form.name,
        aliases=form.aliases,
        households=form.households,
        **(form.location.model_dump() if form.location else {}),
        key=addresses.read(form.name).key,
        terms=terms_of([form.name, *form.aliases]),
    )
    await insert(connection, building)
    await transitions.log(connection, "building", building.id, "create", "active", _mover(caller))
    return building.id


async def edit(connection: Connection, caller: Caller, area_id: UUID, building_id: UUID, form: BuildingEditIn) -> None:
    """Say everything of a building anew, its grid too. Locks the row of the grid, then the building's.

    Raises as ``add`` does, and ``area-unknown`` for a new grid that is not there.
    """
    await _permit(connection, caller, area_id, building_id)
    await _permit_grid(connection, caller, form.area_id, form, unknown="area-unknown")
    place = (form.location.longitude, form.location.latitude) if form.location else (None, None)
    key = addresses.read(form.name).key
    told = (form.area_id, form.name, form.aliases, form.households, *place, key, terms_of([form.name, *form.aliases]))
    if await connection.fetchval(EDIT, building_id, area_id, *told) is None:
        raise Problem("not-found")  # it was moved or removed meanwhile
    moved = {"from": area_id, "to": form.area_id} if form.area_id != area_id else None
    mover = _mover(caller)
    await transitions.log(
        connection, "building", building_id, "edit", "active", mover, from_state="active", facts=moved
    )


async def remove(connection: Connection, caller: Caller, area_id: UUID, building_id: UUID) -> None:
    """Take a building off the list. Locks its row. Raises ``not-found``, ``not-allowed``."""
    await _permit(connection, caller, area_id, building_id)
    if await connection.fetchval(REMOVE, building_id, area_id) is None:
        raise Problem("not-found")
    await transitions.log(connection, "building", building_id, "remove", "removed", _mover(caller), from_state="active")


async def get(reads: Reads, building_id: UUID) -> dict[str, Any]:
    """Return one building as staff see it, for whoever has just written it."""
    row = await reads.fetchrow(GET, building_id)
    assert row is not None, "it was written in this transaction"
    return _view(row)


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the buildings of an area and all below it, newest first. Raises ``not-found``, ``not-allowed``."""
    filters = ("buildings", area_id)
    last_id = request.below(*filters)
    in_scope = await reads.fetchval(FIND_AREA, area_id, caller.scope(Role.STAFF))
    if in_scope is None:
        raise Problem("not-found")
    if not in_scope:
        raise Problem("not-allowed")  # areas are public, how many households live where is not
    return page(await reads.fetch(LIST, area_id, last_id, request.rows), request, _view, *filters)


async def search(reads: Reads, area_id: UUID, text: str) -> dict[str, Any]:
    """Return the buildings of an area and all below it that fit an address best, with their grids."""
    asked = addresses.read(text)
    if asked.name_terms:
        names, numbers = asked.name_terms, asked.values or asked.name_terms
    else:
        names, numbers = asked.number_terms[:1], asked.number_terms[-1:]
    rows = await reads.fetch(SEARCH, area_id, names, numbers, asked.terms, asked.weights)
    if not rows and asked.name_terms and asked.values:  # the name is misspelt, or the number is not on the list
        either = [*asked.name_terms, *asked.number_terms]
        rows = await reads.fetch(SEARCH, area_id, either, either, asked.terms, asked.weights)
    found = [fitting for row in rows if (fitting := _best(asked, row)) is not None]
    found.sort(key=lambda each: (FITS.index(each[0]), -each[1], addresses.sort_key(each[3]["name"]), each[3]["id"]))
    return {"items": [_found(fit, name, row) for fit, _, name, row in found[:FOUND_MAX]]}


def _best(asked: Address, row: Record) -> tuple[Fit, float, str, Record] | None:
    """Return how well the best of a building's names fits, and which it is."""
    fits = [
        (FITS.index(fit[0]), -fit[1], place, name)
        for place, name in enumerate([row["name"], *row["aliases"]])
        if (fit := addresses.compare(asked, addresses.read(name))) is not None
    ]
    if not fits:
        return None
    rank, worth, _, name = min(fits)
    return FITS[rank], -worth, name, row


async def _permit(connection: Connection, caller: Caller, area_id: UUID, building_id: UUID) -> None:
    """Raise ``not-found``, or ``not-allowed`` for a building outside the caller's areas."""
    in_scope = await connection.fetchval(FIND, building_id, area_id, caller.scope(Role.STAFF))
    if in_scope is None:
        raise Problem("not-found")
    if not in_scope:
        raise Problem("not-allowed")  # everybody finds buildings


async def _permit_grid(
    connection: Connection, caller: Caller, area_id: UUID, form: BuildingIn, *, unknown: str
) -> None:
    """Hold a grid of the caller's for a building that stands there, as far as is known."""
    area = await connection.fetchrow(LOCK_AREA, area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem(unknown)
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if area["kind"] != AreaKind.GRID:
        raise Problem("area-not-a-grid")
    if form.location is not None and area["geometry"] is not None:
        grid = PointIndex({area_id: geometry.shape_of(area["geometry"])})
        if not grid.nearest(float(form.location.longitude), float(form.location.latitude), NEAR_M):
            raise Problem("building-outside-grid")


def terms_of(names: Sequence[str]) -> list[str]:
    """Return by what a building of these names is found."""
    return list(dict.fromkeys(term for name in names for term in addresses.read(name).terms))


def _mover(caller: Caller) -> Mover:
    return Mover(Party.STAFF, caller.id)


def _view(row: Record) -> dict[str, Any]:
    has_point = row["longitude"] is not None
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "aliases": row["aliases"],
        "households": row["households"],
        "location": {"longitude": row["longitude"], "latitude": row["latitude"]} if has_point else None,
        "created_at": row["created_at"],
        "actions": ["edit", "remove"],
    }


def _found(fit: Fit, matched_name: str, row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "matched_name": matched_name,
        "fit": fit,
        "area_id": row["area_id"],
        "path": [{"id": area_id, "name": name} for area_id, name in row["path"]],
        "actions": [],
    }
