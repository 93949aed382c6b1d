"""Shapes for small screens: fewer points, and neighbours that stay neighbours (pure, and takes a while).

Simplified one by one, two areas would each choose other points of the border between them and come apart. So the areas
of one kind are first made to share their borders exactly, as a coverage, and each border is then simplified once.
"""

import numpy as np
import shapely

from app.domain.geometry import Shapes
from app.domain.maps.checking import GAP_WIDTH_M, Plane

ROUGH_M = 20
DECIMALS, ROUGH_DECIMALS = 6, 5
"""A tenth of a metre; a metre where ``ROUGH_M`` are left out anyway."""


def simplified(shapes: Shapes, tolerance_m: float) -> Shapes:
    """Return shapes of one kind in degrees, in their order, without bends much smaller than ``tolerance_m``.

    What overlaps is given to one of the two, a narrow gap to those beside it: for the eye alone. A shape that lies
    wholly in others is kept.
    """
    if not len(shapes):
        return shapes
    plane = Plane(shapes)
    metres = plane.to_metres(shapes)
    coverage = shapely.coverage_clean(metres)
    width_m = min(tolerance_m, GAP_WIDTH_M)
    if not shapely.coverage_is_valid(coverage, gap_width=width_m):
        coverage = shapely.coverage_clean(_grown_into_gaps(coverage, width_m))
    shown = shapely.coverage_simplify(coverage, tolerance_m)
    lost = shapely.is_empty(shown)
    shown[lost] = shapely.simplify(metres[lost], tolerance_m)
    degrees = plane.to_degrees(shown)
    rounded = shapely.transform(degrees, lambda spots: np.round(spots, decimals_of(tolerance_m)))
    whole: Shapes = np.where(shapely.is_valid(rounded), rounded, degrees)
    return whole


def decimals_of(tolerance_m: float) -> int:
    """Return how exactly degrees are written where ``tolerance_m`` are left out."""
    return DECIMALS if tolerance_m < ROUGH_M else ROUGH_DECIMALS


def _grown_into_gaps(coverage: Shapes, width_m: float) -> Shapes:
    """Return shapes that reach across the gaps narrower than ``width_m`` around them, each from its own side.

    Given whole to one neighbour, as GEOS would do it, a gap that runs along many borders gave that one long arms.
    """
    land = shapely.coverage_union_all(coverage)
    closed = shapely.buffer(shapely.buffer(land, width_m / 2, quad_segs=2), -width_m / 2, quad_segs=2)
    gaps = shapely.get_parts(shapely.difference(closed, land))
    beside, gap = shapely.STRtree(gaps).query(coverage, predicate="intersects")
    reach = shapely.buffer(coverage, width_m, quad_segs=2)
    fills = shapely.intersection(reach[beside], gaps[gap])
    grown = coverage.copy()
    for place in np.unique(beside).tolist():
        parts = shapely.get_parts(shapely.union_all([coverage[place], *fills[beside == place]]))
        grown[place] = shapely.MultiPolygon(parts[shapely.get_dimensions(parts) == 2].tolist())
    return grown
