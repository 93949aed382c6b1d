"""Coordinates and shapes: GCJ-02 and WGS-84, what is wrong with a drawn area, and which areas a point lies in (pure).

Shapes are GeoJSON geometries (RFC 7946) outside and shapely's inside, longitude before latitude, in degrees.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

WEST, EAST = 72.004, 137.8347
SOUTH, NORTH = 0.8293, 55.8271
"""Where the formula of GCJ-02 shifts coordinates: a rough box around China."""

AXIS_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
"""The ellipsoid that the published formula uses, Krasovsky's of 1940."""

METRES_PER_DEGREE = 111_320.0
"""Of latitude; near enough for distances within a district."""

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius of the ellipsoid of WGS-84."""

BORDER_DEGREES = 1e-5
"""About a metre: nearer to a border than that, nobody can say which side a telephone is on."""

INVERSE_WITHIN_DEGREES = 1e-9
INVERSE_STEPS_MAX = 10
STORED_DECIMALS = 7
"""A centimetre."""

Convert = Callable[[float, float], tuple[float, float]]
Shapes = NDArray[Any]
"""An array of shapely's shapes."""
Spots = NDArray[np.float64]
"""An array of places, one a row: longitude and latitude."""


def is_shifted(longitude: float, latitude: float) -> bool:
    """Whether the two systems differ at a place."""
    return WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH


def gcj02_from_wgs84(longitude: float, latitude: float) -> tuple[float, float]:
    """Return what a Chinese map calls a place of GPS; outside China the same.

    The formula is not official but published and reproduced everywhere since 2010, as in Wikipedia, "Restrictions on
    geographic data in China", and the libraries coordtransform and eviltransform.
    """
    if not is_shifted(longitude, latitude):
        return longitude, latitude
    east, north = _offset(longitude, latitude)
    return longitude + east, latitude + north


def wgs84_from_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the place of GPS that a Chinese map calls so, by iteration to a billionth of a degree.

    The shift changes so slowly from place to place that each step is a hundred times nearer.
    """
    if not is_shifted(longitude, latitude):
        return longitude, latitude
    found = longitude, latitude
    for _ in range(INVERSE_STEPS_MAX):
        there = gcj02_from_wgs84(*found)
        east, north = longitude - there[0], latitude - there[1]
        found = found[0] + east, found[1] + north
        if abs(east) < INVERSE_WITHIN_DEGREES and abs(north) < INVERSE_WITHIN_DEGREES:
            break
    return found


def all_gcj02_from_wgs84(spots: Spots) -> Spots:
    """Return what Chinese maps call many places of GPS: the same formula, ten thousand places in a millisecond."""
    east, north = _offset(spots[:, 0], spots[:, 1], np)
    return np.where(are_shifted(spots)[:, None], spots + np.stack([east, north], axis=1), spots)


def all_wgs84_from_gcj02(spots: Spots) -> Spots:
    """Return the places of GPS that Chinese maps call so."""
    shifted, found = are_shifted(spots)[:, None], spots
    for _ in range(INVERSE_STEPS_MAX):
        step = np.where(shifted, spots - all_gcj02_from_wgs84(found), 0.0)
        found = found + step
        if np.all(np.abs(step) < INVERSE_WITHIN_DEGREES):
            break
    return found


def are_shifted(spots: Spots) -> NDArray[np.bool_]:
    """Tell of each place whether the two systems differ there."""
    east, north = spots[:, 0], spots[:, 1]
    return (east >= WEST) & (east <= EAST) & (north >= SOUTH) & (north <= NORTH)


def _offset(longitude: Any, latitude: Any, of: Any = math) -> tuple[Any, Any]:
    """Return the shift in degrees east and north, of one place by ``math`` or of many by numpy."""
    x, y = longitude - 105.0, latitude - 35.0
    pi, sin, sqrt = of.pi, of.sin, of.sqrt
    root = sqrt(abs(x))
    ripple = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (ripple + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (ripple + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    bend = 1 - ECCENTRICITY_SQUARED * sin(of.radians(latitude)) ** 2
    metres_north = AXIS_M * (1 - ECCENTRICITY_SQUARED) / (bend * sqrt(bend)) * pi / 180.0
    metres_east = AXIS_M / sqrt(bend) * of.cos(of.radians(latitude)) * pi / 180.0
    return east / metres_east, north / metres_north


def count_points(geometry: dict[str, Any]) -> int:
    """Return how many positions a Polygon or MultiPolygon has."""
    return sum(len(ring) for polygon in _polygons(geometry) for ring in polygon)


def is_in_range(geometry: dict[str, Any]) -> bool:
    """Whether every position lies in or near China: mixed up longitude and latitude do not."""
    return all(is_shifted(x, y) for polygon in _polygons(geometry) for ring in polygon for x, y, *_ in ring)


def converted(geometry: dict[str, Any], convert: Convert | None) -> dict[str, Any]:
    """Return a Polygon or MultiPolygon with every position converted, if asked, to centimetres and without heights."""
    polygons = [[[_rounded(convert, x, y) for x, y, *_ in ring] for ring in rings] for rings in _polygons(geometry)]
    return {"type": geometry["type"], "coordinates": polygons[0] if geometry["type"] == "Polygon" else polygons}


def _rounded(convert: Convert | None, x: float, y: float) -> list[float]:
    place = convert(x, y) if convert else (x, y)
    return [round(place[0], STORED_DECIMALS), round(place[1], STORED_DECIMALS)]


def _polygons(geometry: dict[str, Any]) -> Sequence[Sequence[Sequence[Sequence[float]]]]:
    coordinates: Sequence[Any] = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "Polygon" else coordinates


def shape_of(geometry: str) -> BaseGeometry:
    """Return the shape that a GeoJSON text tells of, which may be none that an area can have."""
    return shapely.from_geojson(geometry)


def shapes_of(geometries: Sequence[str]) -> Sequence[BaseGeometry]:
    """Return the shapes that GeoJSON texts tell of."""
    shapes: Sequence[BaseGeometry] = shapely.from_geojson(geometries)
    return shapes


def hull_of(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return the smallest shape without dents that holds all of ``shapes``."""
    return shapely.convex_hull(shapely.GeometryCollection(shapes))


def joined(shapes: Sequence[BaseGeometry]) -> dict[str, Any]:
    """Return the Polygon or MultiPolygon of all the land of ``shapes``."""
    land: dict[str, Any] = json.loads(shapely.to_geojson(shapely.union_all(shapes)))
    return converted(land, None)


def point_within(geometry: str) -> tuple[float, float]:
    """Return a point well inside the shape of a GeoJSON text, as longitude and latitude."""
    point = shapely.point_on_surface(shape_of(geometry))
    return point.x, point.y


def points_within(shapes: Sequence[BaseGeometry]) -> Spots:
    """Return a point well inside each of many shapes, as ``point_within`` does of one."""
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(np.array(shapes, dtype=object))))


def mercator(longitude: float, latitude: float) -> tuple[float, float]:
    """Return where a place lies on Mercator's map of a round earth, in metres of its equator.

    The database reckons the same (function ``mercator``). The map shows all near a place as large as it is divided by
    the cosine of the latitude, in every direction; on it the nearest is the nearest.
    """
    return EARTH_RADIUS_M * radians(longitude), EARTH_RADIUS_M * math.log(math.tan(radians(45 + latitude / 2)))


def find_fault(shape: BaseGeometry) -> str | None:
    """Return where a shape crosses or touches itself, as "longitude,latitude", or None: then it bounds an area.

    OGC Simple Features, 6.1.11: rings do not cross, holes lie inside, parts do not overlap.
    """
    if shapely.is_valid(shape):
        return None
    place = re.search(r"\[(\S+) (\S+)\]", shapely.is_valid_reason(shape))
    return f"{place[1]},{place[2]}" if place else ""


def is_within(shape: BaseGeometry, outer: BaseGeometry, tolerance_m: float) -> bool:
    """Whether a shape reaches beyond another one by no more than ``tolerance_m``."""
    return bool(shapely.covers(shapely.buffer(outer, tolerance_m / METRES_PER_DEGREE), shape))


def distances_m(here: Sequence[tuple[float, float]], there: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return the great-circle distances between places, a row for each place of ``here`` (haversine formula)."""
    places = (np.radians(np.array(points, dtype=np.float64).reshape(-1, 2)) for points in (here, there))
    (east, north), (other_east, other_north) = (points.T for points in places)
    across = np.sin((other_north - north[:, None]) / 2) ** 2
    along = np.cos(north)[:, None] * np.cos(other_north) * np.sin((other_east - east[:, None]) / 2) ** 2
    distances: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(across + along, 1)))
    return distances


@dataclass(frozen=True, slots=True)
class Near:
    """An area near a point."""

    area_id: UUID
    distance_m: float


class PointIndex:
    """Finds the areas of points: a tree over the shapes' boxes, then the prepared shapes themselves."""

    def __init__(self, shapes: Mapping[UUID, BaseGeometry]) -> None:
        self._area_ids = list(shapes)
        self._tree = shapely.STRtree(list(shapes.values()))
        self._shapes = self._tree.geometries
        shapely.prepare(self._shapes)

    def at(self, longitude: float, latitude: float) -> list[UUID]:
        """Return the areas that a point lies in, one as a rule; on a border those on both sides."""
        found = self._in_box(longitude, latitude, BORDER_DEGREES)
        if not found.size:
            return []
        hits = shapely.dwithin(self._shapes[found], shapely.Point(longitude, latitude), BORDER_DEGREES)
        return sorted(self._area_ids[place] for place in found[hits])

    def nearest(self, longitude: float, latitude: float, within_m: float) -> list[Near]:
        """Return the areas within a distance of a point, the nearest first."""
        east_m = METRES_PER_DEGREE * cos(radians(latitude))
        found = self._in_box(longitude, latitude, within_m / east_m)

        def to_metres(places: Any) -> Any:
            return (places - (longitude, latitude)) * (east_m, METRES_PER_DEGREE)

        distances = shapely.distance(shapely.transform(self._shapes[found], to_metres), shapely.Point(0, 0))
        near = [
            Near(self._area_ids[place], float(distance))
            for place, distance in zip(found, distances, strict=True)
            if distance <= within_m
        ]
        return sorted(near, key=lambda area: (area.distance_m, area.area_id))

    def _in_box(self, longitude: float, latitude: float, margin: float) -> Any:
        """Return the places of shapes whose box reaches into the square around a point."""
        return self._tree.query(
            shapely.box(longitude - margin, latitude - margin, longitude + margin, latitude + margin)
        )
