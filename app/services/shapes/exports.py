"""Shapes handed out: all of them point by point, or simplified for a screen; public.

What is handed out can be read in again, and changes nothing then.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from asyncpg import Record

from app.core.db import Reads
from app.core.pagination import LOWEST
from app.domain import geometry
from app.domain.errors import Problem
from app.domain.geometry import STORED_DECIMALS
from app.domain.kinds import AreaKind, CoordinateSystem
from app.domain.maps.simplifying import decimals_of, simplified
from app.services.places import COUNT_CHANGES

END = b"]}"
AREAS_AT_ONCE = 100
DISPLAYS_MAX = 16
"""District, tolerance and system; some hundred kilobytes each."""

VIEW = """
    SELECT a.id, a.parent_id, a.kind, a.name, a.code, a.lineage, s.geometry
    FROM area_shape s JOIN area a ON a.id = s.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND a.closed_at IS NULL
"""
LIST = f"{VIEW} AND a.id > $2 AND ($3::text IS NULL OR a.kind = $3) ORDER BY a.id LIMIT {AREAS_AT_ONCE}"
LIST_ALL = f"{VIEW} ORDER BY a.id"
EXISTS = "SELECT EXISTS (SELECT FROM area WHERE id = $1)"
FIND_ROOT = f"SELECT lineage[1] AS root_id, ({COUNT_CHANGES}) AS changes FROM area WHERE id = $1"


async def stream(reads: Reads, area_id: UUID, system: CoordinateSystem, kind: AreaKind | None) -> AsyncIterator[bytes]:
    """Return the shapes of an area and all below it, point by point, as parts of a FeatureCollection.

    Each part is a statement of its own: who reads slowly keeps nothing waiting. Raises ``not-found``.
    """
    rows = await reads.fetch(LIST, area_id, LOWEST, kind)
    if not rows and not await reads.fetchval(EXISTS, area_id):
        raise Problem("not-found")

    async def parts() -> AsyncIterator[bytes]:
        page = rows
        yield _beginning(system)
        while page:
            features = await asyncio.to_thread(_features, page, system)
            yield (b"" if page is rows else b",") + b",".join(features)
            page = await reads.fetch(LIST, area_id, page[-1]["id"], kind) if len(page) == AREAS_AT_ONCE else []
        yield END

    return parts()


@dataclass(frozen=True, slots=True)
class _Shown:
    """One feature of a display."""

    kind: str
    lineage: Sequence[UUID]
    feature: bytes


class Displays:
    """Simplified shapes of whole districts, as this process last made them; each request asks whether anything changed.

    A district is simplified as a whole, so that what is asked for piece by piece fits together. Make one for each
    process and database.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[UUID, int, CoordinateSystem], tuple[int, list[_Shown]]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def show(
        self, reads: Reads, area_id: UUID, system: CoordinateSystem, kind: AreaKind | None, tolerance_m: int
    ) -> bytes:
        """Return the shapes of an area and all below it, simplified, as a FeatureCollection. Raises ``not-found``."""
        found = await reads.fetchrow(FIND_ROOT, area_id)
        if found is None:
            raise Problem("not-found")
        key = found["root_id"], tolerance_m, system
        async with self._turn:
            changes, shown = self._made.get(key, (None, []))
            if changes != found["changes"]:
                rows = await reads.fetch(LIST_ALL, found["root_id"])
                shown = await asyncio.to_thread(_simplify, rows, system, tolerance_m)
                self._made[key] = found["changes"], shown
            self._made.move_to_end(key)
            while len(self._made) > DISPLAYS_MAX:
                self._made.popitem(last=False)
        asked = [each.feature for each in shown if area_id in each.lineage and kind in {None, each.kind}]
        return _beginning(system) + b",".join(asked) + END


def _beginning(system: CoordinateSystem) -> bytes:
    return f'{{"type":"FeatureCollection","coordinate_system":"{system}","features":['.encode()


def _features(rows: Sequence[Record], system: CoordinateSystem) -> list[bytes]:
    """Return areas with their shapes as they are kept, or converted."""
    if system is CoordinateSystem.GCJ02:
        return [_feature(row, row["geometry"]) for row in rows]
    kept = np.array(geometry.shapes_of([row["geometry"] for row in rows]), dtype=object)
    shapes = _converted(kept, STORED_DECIMALS)
    return [_feature(row, shape) for row, shape in zip(rows, shapely.to_geojson(shapes), strict=True)]


def _simplify(rows: Sequence[Record], system: CoordinateSystem, tolerance_m: int) -> list[_Shown]:
    """Return areas with simplified shapes, each kind for itself: a grid lies in its community."""
    shapes = np.array(geometry.shapes_of([row["geometry"] for row in rows]), dtype=object)
    kinds = np.array([row["kind"] for row in rows])
    for kind in set(kinds.tolist()):
        shapes[kinds == kind] = simplified(shapes[kinds == kind], tolerance_m)
    if system is CoordinateSystem.WGS84:
        shapes = _converted(shapes, decimals_of(tolerance_m))
    texts: Iterable[str] = shapely.to_geojson(shapes)
    return [_Shown(row["kind"], row["lineage"], _feature(row, text)) for row, text in zip(rows, texts, strict=True)]


def _converted(shapes: geometry.Shapes, decimals: int) -> geometry.Shapes:
    converted: geometry.Shapes = shapely.transform(
        shapes, lambda spots: np.round(geometry.all_wgs84_from_gcj02(spots), decimals)
    )
    return converted


def _feature(row: Mapping[str, Any], shape: str) -> bytes:
    """Return a feature; its shape is GeoJSON already."""
    properties = {
        "area_id": str(row["id"]),
        "parent_id": str(row["parent_id"]) if row["parent_id"] else None,
        "kind": row["kind"],
        "name": row["name"],
        "code": row["code"],
    }
    told = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
    return f'{{"type":"Feature","id":"{row["id"]}","properties":{told},"geometry":{shape}}}'.encode()
