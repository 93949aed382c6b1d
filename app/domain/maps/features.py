"""The features of a file as shapes of ours: what each calls itself, and what is wrong with it taken alone (pure).

Rings that lack their last point are closed and all are turned as RFC 7946 (section 3.1.6) has it. Nothing else is
mended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.domain import geometry
from app.domain.geometry import STORED_DECIMALS, Spots
from app.domain.kinds import CoordinateSystem
from app.domain.maps.findings import Finding, FindingKind

POINTS_MAX = 10_000
"""Of one shape."""
RING_POINTS_MIN = 4
DEGREES_MAX = 360

Ring = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as it stands in a file; ``polygons`` is None where it has no Polygon or MultiPolygon."""

    number: int
    properties: Mapping[str, Any]
    type: str | None
    polygons: Sequence[Sequence[Ring]] | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A feature whose shape is one that an area can have, in GCJ-02 and rounded as it is stored."""

    number: int
    properties: Mapping[str, Any]
    shape: BaseGeometry


def read(features: Sequence[Feature], system: CoordinateSystem) -> tuple[list[Drawing], list[Finding]]:
    """Return the usable shapes of a file that is written in ``system``, and what is wrong with the others."""
    drawings: list[Drawing] = []
    findings: list[Finding] = []
    for feature in features:
        shape, found = _shape_of(feature)
        findings += found
        if shape is not None:
            drawings.append(Drawing(feature.number, feature.properties, shape))
    shapes = to_stored(np.array([drawing.shape for drawing in drawings], dtype=object), system)
    kept = []
    for drawing, shape in zip(drawings, shapes, strict=True):
        fault = geometry.find_fault(shape)
        if fault is None:
            kept.append(replace(drawing, shape=shape))
        else:
            place = tuple(map(float, fault.split(","))) if fault else None
            findings.append(Finding(FindingKind.SELF_CROSSING, (drawing.number,), place=place))  # type: ignore[arg-type]
    return kept, findings


def to_stored(shapes: geometry.Shapes, system: CoordinateSystem) -> geometry.Shapes:
    """Return shapes written in ``system`` as they are kept: GCJ-02, to a centimetre, outer rings counter-clockwise."""

    def convert(spots: Spots) -> Spots:
        found = geometry.all_gcj02_from_wgs84(spots) if system is CoordinateSystem.WGS84 else spots
        return np.round(found, STORED_DECIMALS)

    stored: geometry.Shapes = shapely.orient_polygons(shapely.transform(shapes, convert))
    return stored


def _shape_of(feature: Feature) -> tuple[BaseGeometry | None, list[Finding]]:
    """Return the shape of a feature in its own coordinates, or None and why."""
    number = (feature.number,)
    if feature.polygons is None:
        if feature.type is None:
            return None, [Finding(FindingKind.EMPTY, number)]
        return None, [Finding(FindingKind.NOT_A_POLYGON, number, facts={"type": feature.type})]
    rings = [ring for polygon in feature.polygons for ring in polygon]
    points = sum(map(len, rings))
    if not points:
        return None, [Finding(FindingKind.EMPTY, number)]
    if points > POINTS_MAX:
        return None, [Finding(FindingKind.TOO_DETAILED, number, facts={"points": points, "most": POINTS_MAX})]
    notes: list[Finding] = []
    if any(len(position) > 2 for ring in rings for position in ring):
        notes.append(Finding(FindingKind.HEIGHTS_DROPPED, number))
    if any(ring and list(ring[0][:2]) != list(ring[-1][:2]) for ring in rings):
        notes.append(Finding(FindingKind.CLOSED_RING, number))
    polygons = [[_closed(ring) for ring in polygon] for polygon in feature.polygons]
    spots = np.concatenate([ring for polygon in polygons for ring in polygon])
    astray = _find_astray(spots)
    if astray is not None:
        return None, [Finding(FindingKind.OUT_OF_RANGE, number, facts={"astray": astray})]
    if any(len(ring) < RING_POINTS_MIN for polygon in polygons for ring in polygon) or not all(polygons):
        return None, [Finding(FindingKind.RING_TOO_SHORT, number)]
    parts = [shapely.Polygon(outer, holes) for outer, *holes in polygons]
    return (parts[0] if feature.type == "Polygon" else shapely.MultiPolygon(parts)), notes


def _closed(ring: Ring) -> Spots:
    """Return a ring without heights, its last point like its first."""
    spots: Spots = np.array([position[:2] for position in ring], dtype=np.float64).reshape(-1, 2)
    if len(spots) and (spots[0] != spots[-1]).any():
        return np.concatenate([spots, spots[:1]])
    return spots


def _find_astray(spots: Spots) -> str | None:
    """Return why places do not lie in or near China, as far as it shows, or None when they do."""
    if geometry.are_shifted(spots).all():
        return None
    if geometry.are_shifted(spots[:, ::-1]).all():
        return "swapped"
    return "projected" if (np.abs(spots) > DEGREES_MAX).any() else "abroad"
