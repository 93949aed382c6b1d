"""A file of shapes: checked as often as its author likes, then saved whole or not at all.

What takes long happens in a thread and outside any transaction; whether the areas are still as they were is asked under
locks before anything is written.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import shapely
from asyncpg import Connection, Record

from app.core.db import Database, Reads
from app.core.ids import new_id
from app.domain import geometry
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import AreaKind, CoordinateSystem
from app.domain.lifecycle import Party
from app.domain.maps import matching, report
from app.domain.maps.features import Feature
from app.domain.maps.findings import Level
from app.domain.maps.report import Report
from app.domain.maps.territory import MapArea, Territory
from app.schemas import large_json
from app.schemas.places import OneShapeIn
from app.schemas.shapes import LISTS_MAX, ShapesCheckIn, ShapesIn
from app.services import places
from app.services.area_changes import standing
from app.services.shapes.reports import Teller

FIND_AREA = "SELECT lineage, closed_at, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
# What lies below the area above has to be fitted in with, and all above has to hold it.
AROUND = """
    FROM area a LEFT JOIN area_shape s ON s.area_id = a.id
    WHERE (a.lineage @> ARRAY[$1::uuid] OR a.id = ANY ($2::uuid[])) AND a.closed_at IS NULL
"""
READ_AROUND = f"SELECT a.id, a.kind, a.name, a.code, a.lineage, s.version, s.geometry {AROUND}"
READ_VERSIONS = f"SELECT a.id, a.name, a.code, a.lineage, s.version {AROUND}"
LOCK_AREAS = "SELECT id FROM area WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
PUT_SHAPES = """
    WITH given AS (
        SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::uuid[], $6::float8[], $7::float8[])
            AS given (area_id, geometry, event_id, label_longitude, label_latitude)
    ), put AS (
        INSERT INTO area_shape AS s (area_id, geometry, label_longitude, label_latitude, version, updated_at)
        SELECT area_id, geometry, label_longitude, label_latitude, 1, clock_timestamp() FROM given
        ON CONFLICT (area_id) DO UPDATE
        SET geometry = excluded.geometry, label_longitude = excluded.label_longitude,
            label_latitude = excluded.label_latitude, version = s.version + 1, updated_at = excluded.updated_at
        RETURNING area_id, updated_at
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
    SELECT given.event_id, 'area_shape', put.area_id, 'put', 'active', $4, $5, put.updated_at
    FROM put JOIN given USING (area_id)
"""


Form = TypeVar("Form", bound=ShapesCheckIn)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a map has to fit, as it was read."""

    top_id: UUID
    lineage: list[UUID]
    rows: list[Record]


@dataclass(frozen=True, slots=True)
class _Written:
    """Shapes to be saved as GeoJSON, and where their labels stand: longitudes, latitudes."""

    area_ids: list[UUID]
    geometries: list[str]
    labels: tuple[list[float], list[float]]


async def check(reads: Reads, caller: Caller, area_id: UUID, body: bytes, turn: asyncio.Semaphore) -> dict[str, Any]:
    """Return what would come of saving the file in ``body`` below an area that the caller administers.

    Raises ``not-found``, ``not-allowed``, ``area-closed``, ``malformed-json``, ``invalid-payload``.
    """
    ground = await _read_ground(reads, caller, area_id)
    async with turn:
        form, _, teller = await asyncio.to_thread(_examine, ShapesCheckIn, body, area_id, ground.rows)
        return await asyncio.to_thread(teller.report, area_id, form.coordinates)


async def save(
    database: Database, caller: Caller, area_id: UUID, body: bytes, turn: asyncio.Semaphore
) -> dict[str, Any]:
    """Save the file in ``body`` whole, but for the shapes that are so already.

    Locks the tree, then the areas that change and all above them. Raises as ``check`` does, and ``shapes-faulty``,
    ``shapes-doubtful`` for warnings that are not accepted, ``state-conflict`` when areas or shapes changed while the
    file was looked at.
    """
    ground = await _read_ground(database.reads, caller, area_id)
    async with turn:
        form, found, teller = await asyncio.to_thread(_examine, ShapesIn, body, area_id, ground.rows)
        _require_accepted(found, teller, accepts_warnings=form.accept_warnings)
        written = await asyncio.to_thread(_written, found)
        told = await asyncio.to_thread(teller.report, area_id, form.coordinates)
    if written.area_ids:
        async with database.transaction() as connection:
            await _put(connection, caller, ground, written)
    return told | {"saved_count": len(written.area_ids), "actions": []}


async def put_one(connection: Connection, caller: Caller, area_id: UUID, form: OneShapeIn) -> None:
    """Say where one area lies, as far as it fits what lies around, above and below. Locks the tree, then the area.

    Raises as ``places.put_shape`` does, ``area-closed``, ``shapes-faulty`` and ``shapes-doubtful``.
    """
    await standing.lock_tree(connection)
    await places.put_shape(connection, caller, area_id, form)
    ground = await _read_ground(connection, caller, area_id)
    found, teller = await asyncio.to_thread(_examine_one, area_id, ground.rows)
    _require_accepted(found, teller, accepts_warnings=form.accept_warnings)


def _require_accepted(found: Report, teller: Teller, *, accepts_warnings: bool) -> None:
    if found.of(Level.ERROR):
        raise Problem("shapes-faulty", facts=teller.facts(Level.ERROR))
    if found.of(Level.WARNING) and not accepts_warnings:
        raise Problem("shapes-doubtful", facts=teller.facts(Level.WARNING))


async def _read_ground(reads: Reads, caller: Caller, area_id: UUID) -> _Ground:
    area = await reads.fetchrow(FIND_AREA, area_id, caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("not-found")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if area["closed_at"] is not None:
        raise Problem("area-closed")
    lineage = area["lineage"]
    top_id = lineage[-2:][0]
    return _Ground(top_id, lineage, await reads.fetch(READ_AROUND, top_id, lineage))


async def _put(connection: Connection, caller: Caller, ground: _Ground, written: _Written) -> None:
    """Write shapes, if what they were checked against still stands."""
    lineages = {row["id"]: row["lineage"] for row in ground.rows}
    touched = {step for area_id in written.area_ids for step in lineages[area_id]}
    await standing.lock_tree(connection)
    await connection.execute(LOCK_AREAS, sorted(touched))
    if _state(await connection.fetch(READ_VERSIONS, ground.top_id, ground.lineage)) != _state(ground.rows):
        raise Problem("state-conflict")
    await connection.execute(
        PUT_SHAPES,
        written.area_ids,
        written.geometries,
        [new_id() for _ in written.area_ids],
        caller.id,
        Party.STAFF,
        *written.labels,
    )


def _state(rows: Iterable[Record]) -> set[tuple[object, ...]]:
    """Return what a check rests on."""
    return {(row["id"], row["name"], row["code"], tuple(row["lineage"]), row["version"]) for row in rows}


def _examine(kind: type[Form], body: bytes, area_id: UUID, rows: list[Record]) -> tuple[Form, Report, Teller]:
    """Read a file and look at it."""
    form = large_json.read(kind, body, lists_max=LISTS_MAX)
    features = form.features()
    territory = _territory(area_id, rows)
    found = report.check(features, form.coordinates, territory)
    titles = {feature.number: matching.label_of(feature.properties).title for feature in features}
    return form, found, Teller(found, titles, territory)


def _examine_one(area_id: UUID, rows: list[Record]) -> tuple[Report, Teller]:
    """Look at the shape that an area has, as at a file of it alone."""
    territory = _territory(area_id, rows)
    [kept] = [row["geometry"] for row in rows if row["id"] == area_id]
    shape = json.loads(kept)
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    feature = Feature(1, {matching.AREA_ID: str(area_id)}, shape["type"], polygons)
    found = report.check([feature], CoordinateSystem.GCJ02, territory)
    return found, Teller(found, {1: None}, territory)


def _territory(area_id: UUID, rows: list[Record]) -> Territory:
    drawn = [row for row in rows if row["geometry"] is not None]
    shapes = dict(
        zip([row["id"] for row in drawn], geometry.shapes_of([row["geometry"] for row in drawn]), strict=True)
    )
    return Territory(
        area_id,
        [
            MapArea(
                id=row["id"],
                kind=AreaKind(row["kind"]),
                name=row["name"],
                code=row["code"],
                lineage=tuple(row["lineage"]),
                shape=shapes.get(row["id"]),
            )
            for row in rows
        ],
    )


def _written(found: Report) -> _Written:
    """Return the shapes to be saved, in the order of the areas' ids."""
    ids = sorted(found.drawn)
    shapes = [found.drawn[area_id] for area_id in ids]
    texts = shapely.to_geojson(np.array(shapes, dtype=object))
    longitudes, latitudes = geometry.points_within(shapes).T.tolist() if ids else ([], [])
    return _Written(ids, list(map(str, texts)), (longitudes, latitudes))
