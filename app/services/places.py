"""Places: the shapes of areas, and the grid that a point lies in."""

import asyncio
import json
import math
import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads
from app.domain import geometry
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.geometry import PointIndex
from app.domain.kinds import AreaKind, CoordinateSystem
from app.domain.lifecycle import Party
from app.schemas.places import ShapeIn
from app.services import transitions
from app.services.transitions import Mover

POINTS_MAX = 10_000
BEYOND_PARENT_M = 30
"""Two offices draw the same border, and never quite the same."""

NEAR_M = 100
"""Who stands so near to a grid, on a road or a bridge, is taken to be in it."""
NAMED_WITHIN_M = 5_000
NAMED_MAX = 3

CHECK_EVERY_S = 3.0
HURRY_S = 20.0
"""Longer than any transaction may take."""

LOCK_AREA = "SELECT lineage, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR NO KEY UPDATE"
PUT_SHAPE = """
    INSERT INTO area_shape AS s (area_id, geometry, label_longitude, label_latitude, version, updated_at)
    VALUES ($1, $2, $3, $4, 1, clock_timestamp())
    ON CONFLICT (area_id) DO UPDATE
    SET geometry = excluded.geometry, label_longitude = excluded.label_longitude,
        label_latitude = excluded.label_latitude, version = s.version + 1, updated_at = excluded.updated_at
"""
GET_SHAPE = "SELECT * FROM area_shape WHERE area_id = $1"
SHAPE_ABOVE = """
    SELECT s.geometry FROM unnest($1::uuid[]) WITH ORDINALITY AS step (id, place)
    JOIN area_shape s ON s.area_id = step.id ORDER BY step.place DESC LIMIT 1
"""
# What an area is called and where it hangs is remembered by periods; each change ends one, begins one or does both.
COUNT_CHANGES = """
    SELECT (SELECT coalesce(sum(version), 0) FROM area_shape) + (SELECT count(*) + count(until) FROM area_period)
"""
READ_SHAPES = """
    SELECT s.area_id, s.geometry, s.version, a.kind, a.lineage[1] AS root_id, coalesce(above.name, '') || a.name AS name
    FROM area_shape s JOIN area a ON a.id = s.area_id LEFT JOIN area above ON above.id = a.parent_id
    WHERE (a.kind = 'grid' OR a.parent_id IS NULL) AND a.closed_at IS NULL
"""


async def put_shape(connection: Connection, caller: Caller, area_id: UUID, form: ShapeIn) -> None:
    """Say where an area lies. Locks the area's row.

    Raises ``not-found``, ``not-allowed`` for an area that the caller does not administer, ``shape-too-detailed``,
    ``shape-out-of-range``, ``shape-self-crossing``, ``shape-outside-parent`` (of the areas above, the nearest that has
    a shape counts).
    """
    area = await connection.fetchrow(LOCK_AREA, area_id, caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("not-found")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    drawn = form.geometry()
    if geometry.count_points(drawn) > POINTS_MAX:
        raise Problem("shape-too-detailed")
    if not geometry.is_in_range(drawn):
        raise Problem("shape-out-of-range")
    is_foreign = form.coordinates is CoordinateSystem.WGS84
    kept = json.dumps(geometry.converted(drawn, geometry.gcj02_from_wgs84 if is_foreign else None))
    shape = geometry.shape_of(kept)
    fault = geometry.find_fault(shape)
    if fault is not None:
        raise Problem("shape-self-crossing", facts={"near": fault})
    above = await connection.fetchval(SHAPE_ABOVE, area["lineage"][:-1])
    if above is not None and not geometry.is_within(shape, geometry.shape_of(above), BEYOND_PARENT_M):
        raise Problem("shape-outside-parent")
    await write_shape(connection, area_id, kept)
    await transitions.log(connection, "area_shape", area_id, "put", "active", Mover(Party.STAFF, caller.id))


async def write_shape(connection: Connection, area_id: UUID, kept: str) -> None:
    """Write the shape of an area, GeoJSON in GCJ-02 in which nothing is wrong, and its label."""
    await connection.execute(PUT_SHAPE, area_id, kept, *geometry.point_within(kept))


async def get_shape(reads: Reads, area_id: UUID, coordinates: CoordinateSystem) -> dict[str, Any]:
    """Return where an area lies. Raises ``not-found`` also for one without a shape."""
    row = await reads.fetchrow(GET_SHAPE, area_id)
    if row is None:
        raise Problem("not-found")
    kept = json.loads(row["geometry"])
    is_foreign = coordinates is CoordinateSystem.WGS84
    return {
        "area_id": area_id,
        "coordinates": coordinates,
        "shape": geometry.converted(kept, geometry.wgs84_from_gcj02) if is_foreign else kept,
        "version": row["version"],
        "updated_at": row["updated_at"],
        "actions": [],
    }


class Places:
    """Where the grids are, as this process last read it; every few seconds it asks whether anything changed.

    Make one for each process and database.
    """

    def __init__(self) -> None:
        self._map: _Map | None = None
        self._changes = 0
        self._asked_at_s = -math.inf
        self._hurried_until_s = -math.inf
        self._turn = asyncio.Lock()
        self.drafting = asyncio.Semaphore(1)
        """Whole maps are looked at one after the other: each takes a core for seconds."""

    def hurry(self) -> None:
        """Ask before each look-up for a while: a shape is being written here, and counts once it is committed."""
        self._hurried_until_s = time.monotonic() + HURRY_S

    async def locate(self, reads: Reads, longitude: float, latitude: float) -> UUID:
        """Return the grid that a point in GCJ-02 lies in, or the nearest of its district within 100 metres.

        Raises ``location-outside``; ``location-in-no-grid`` and ``location-on-border`` with the grids to choose from as
        facts, names by id.
        """
        known = await self._current(reads)
        found = known.grids.at(longitude, latitude)
        if len(found) == 1:
            return found[0]
        if found:
            raise Problem("location-on-border", facts=known.names_of(found))
        districts = known.districts.at(longitude, latitude)
        if not districts:
            raise Problem("location-outside")
        for within_m in (NEAR_M, NAMED_WITHIN_M):  # the first is a hundred times cheaper, and enough as a rule
            around = known.grids.nearest(longitude, latitude, within_m)
            near = [grid for grid in around if known.root_of[grid.area_id] in districts][:NAMED_MAX]
            if near and near[0].distance_m <= NEAR_M:
                return near[0].area_id
        raise Problem("location-in-no-grid", facts=known.names_of([grid.area_id for grid in near]))

    async def _current(self, reads: Reads) -> "_Map":
        """Return the map, read anew when shapes have changed since."""
        moment_s = time.monotonic()
        is_fresh = moment_s < self._asked_at_s + CHECK_EVERY_S and moment_s > self._hurried_until_s
        if self._map is not None and is_fresh:
            return self._map
        async with self._turn:
            if self._map is None or self._asked_at_s < moment_s:  # else somebody asked while this waited
                asked_at_s = time.monotonic()
                # Counted before it is read: what is committed in between is at worst read twice.
                changes = await reads.fetchval(COUNT_CHANGES)
                if self._map is None or changes != self._changes:
                    self._map = await asyncio.to_thread(_Map, await reads.fetch(READ_SHAPES))
                    self._changes = changes
                self._asked_at_s = asked_at_s
        return self._map


class _Map:
    """The grids and the districts at one moment."""

    def __init__(self, rows: list[Record]) -> None:
        self._names = {row["area_id"]: row["name"] for row in rows}
        self.root_of = {row["area_id"]: row["root_id"] for row in rows}
        shapes = geometry.shapes_of([row["geometry"] for row in rows])
        shape_by_id = {row["area_id"]: shape for row, shape in zip(rows, shapes, strict=True)}
        grids = [row for row in rows if row["kind"] == AreaKind.GRID]
        outlines = {row["area_id"]: shape_by_id[row["area_id"]] for row in rows if row["area_id"] == row["root_id"]}
        for root_id in {row["root_id"] for row in grids} - outlines.keys():
            below = [shape_by_id[row["area_id"]] for row in grids if row["root_id"] == root_id]
            outlines[root_id] = geometry.hull_of(below)  # nobody has drawn the district itself
        self.grids = PointIndex({row["area_id"]: shape_by_id[row["area_id"]] for row in grids})
        self.districts = PointIndex(outlines)

    def names_of(self, area_ids: Iterable[UUID]) -> dict[str, str]:
        """Return what areas are called, with the area above, by their ids."""
        return {str(area_id): self._names[area_id] for area_id in area_ids}
