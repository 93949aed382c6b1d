"""The land of a demo district: a round outline with a lake in it, cut into streets, communities and grids (pure).

It lies in the Taklamakan desert, where no real street can be taken for one of its.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import cos, pi, radians, sin, sqrt
from random import Random
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from app.domain.geometry import METRES_PER_DEGREE, converted

WEST, SOUTH = 79.0, 38.0
PLACES_IN_A_ROW = 8
PLACE_DEGREES = 1.0
"""Districts loaded into one database lie side by side."""

GRID_M2 = 250_000.0
LAKE_SHARE = 0.06
OUTLINE_POINTS = 72
HALVINGS = 12
"""Then a cut lies within a four-thousandth of the width of what is cut."""

SPOTS = 40
MARGIN_SHARE = 0.1
"""Nothing happens so near to a border that two grids would want it."""

Spot = tuple[Decimal, Decimal]
"""Longitude and latitude, GCJ-02."""

Tree = Mapping[UUID, Sequence[UUID]]
"""The areas right below each area."""


def lay_out(root: UUID, below: Tree, round_number: int) -> Iterator[tuple[UUID, str]]:
    """Yield each area with its shape as GeoJSON: the district with its lake, all others without."""
    sizes: dict[UUID, int] = {}
    _count_leaves(root, below, sizes)
    radius_m = sqrt(sizes[root] * GRID_M2 / (1 - LAKE_SHARE) / pi)
    outline = _outline(radius_m)
    row, column = divmod(round_number - 1, PLACES_IN_A_ROW)
    corner = WEST + column * PLACE_DEGREES, SOUTH + row * PLACE_DEGREES
    yield root, _geojson(outline, corner)
    parts = [(root, shapely.difference(outline, _lake(radius_m)))]
    while parts:
        area, land = parts.pop()
        pieces = list(_divide(land, below.get(area, ()), sizes))
        for part, piece in pieces:
            yield part, _geojson(piece, corner)
        parts += pieces


def find_spots(shape: str, chance: Random) -> list[Spot]:
    """Return some places well inside a shape, for what happens there."""
    land = shapely.from_geojson(shape)
    west, south, east, north = shapely.bounds(land)
    inside = shapely.buffer(land, -MARGIN_SHARE * min(east - west, north - south))
    spots: list[Spot] = []
    while len(spots) < SPOTS:
        longitude, latitude = round(chance.uniform(west, east), 6), round(chance.uniform(south, north), 6)
        if shapely.contains_xy(inside, longitude, latitude):
            spots.append((Decimal(str(longitude)), Decimal(str(latitude))))
    return spots


def _count_leaves(area: UUID, below: Tree, sizes: dict[UUID, int]) -> int:
    """Note how many grids an area has, itself if there is nothing below it."""
    sizes[area] = sum(_count_leaves(child, below, sizes) for child in below.get(area, ())) or 1
    return sizes[area]


def _outline(radius_m: float) -> BaseGeometry:
    """Return a wavy round, in metres around the middle."""
    points = []
    for n in range(OUTLINE_POINTS):
        turn = 2 * pi * n / OUTLINE_POINTS
        reach = radius_m * (1 + 0.07 * sin(3 * turn + 1) + 0.04 * sin(5 * turn))
        points.append((reach * cos(turn), reach * sin(turn)))
    return shapely.Polygon(points)


def _lake(radius_m: float) -> BaseGeometry:
    """Return a longish lake, off the middle."""
    width = radius_m * sqrt(LAKE_SHARE / 2)
    points = [
        (0.3 * radius_m + 2 * width * cos(2 * pi * n / 48), 0.2 * radius_m + width * sin(2 * pi * n / 48))
        for n in range(48)
    ]
    return shapely.Polygon(points)


def _divide(
    land: BaseGeometry, areas: Sequence[UUID], sizes: Mapping[UUID, int]
) -> Iterator[tuple[UUID, BaseGeometry]]:
    """Yield each of ``areas`` with its share of the land, by as many cuts as are needed."""
    if len(areas) == 1:
        yield areas[0], land
    if len(areas) < 2:
        return
    first, rest = areas[: len(areas) // 2], areas[len(areas) // 2 :]
    share = sum(sizes[area] for area in first)
    one, other = _cut(land, share / (share + sum(sizes[area] for area in rest)))
    yield from _divide(one, first, sizes)
    yield from _divide(other, rest, sizes)


def _cut(land: BaseGeometry, share: float) -> tuple[BaseGeometry, BaseGeometry]:
    """Cut the land across its longer side, so that the first part is about ``share`` of it."""
    west, south, east, north = shapely.bounds(land)
    is_wide = east - west >= north - south
    low, high = (west, east) if is_wide else (south, north)
    wanted = shapely.area(land) * share
    one = other = land
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        first = (west, south, middle, north) if is_wide else (west, south, east, middle)
        last = (middle, south, east, north) if is_wide else (west, middle, east, north)
        one = shapely.intersection(land, shapely.box(*first))
        other = shapely.intersection(land, shapely.box(*last))
        low, high = (middle, high) if shapely.area(one) < wanted else (low, middle)
    return one, other


def _geojson(shape: BaseGeometry, corner: tuple[float, float]) -> str:
    """Return a shape in metres as GeoJSON in degrees."""
    scale = METRES_PER_DEGREE * cos(radians(corner[1])), METRES_PER_DEGREE

    def to_degrees(places: object) -> object:
        return places / scale + corner  # type: ignore[operator]

    drawn = json.loads(shapely.to_geojson(shapely.transform(shape, to_degrees)))
    return json.dumps(converted(drawn, None))
