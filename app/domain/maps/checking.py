"""What is wrong with a map before it is saved: its shapes against each other, those above and those that stay (pure).

All is measured in metres on a plane that touches the earth where the map lies: a third of a percent off at most, which
is nothing beside what offices draw. Borders are never quite alike; so only that counts into which a circle fits.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import cos, radians
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.domain import geometry
from app.domain.geometry import METRES_PER_DEGREE, Shapes
from app.domain.kinds import CoordinateSystem
from app.domain.maps.findings import Finding, FindingKind
from app.domain.maps.territory import MapArea, Territory

BEYOND_PARENT_M = 30
"""Two offices draw the same border, and never quite the same."""
OVERLAP_WIDTH_M = 10
GAP_WIDTH_M = 30
"""A road or a brook: who stands there is taken to be in the nearest grid anyway."""
INTRICACY_MAX = 500
"""Border against the side of a square of the same size: 4 for a square, some 30 for the wildest coast."""
MISPLACED_SHARE = 0.01
MISPLACED_LEFT = 0.25
"""A map lies wrong when so much of it does, and when of that no more than a quarter does in the other system."""


class Plane:
    """Metres east and north of the middle of a map."""

    def __init__(self, shapes: Shapes) -> None:
        west, south, east, north = shapely.total_bounds(shapes)
        self._middle = np.array([(west + east) / 2, (south + north) / 2])
        self._scale = np.array([METRES_PER_DEGREE * cos(radians(self._middle[1])), METRES_PER_DEGREE])

    def to_metres(self, shapes: Shapes) -> Shapes:
        """Return shapes in metres."""
        metres: Shapes = shapely.transform(shapes, lambda spots: (spots - self._middle) * self._scale)
        return metres

    def to_degrees(self, shapes: Shapes) -> Shapes:
        """Return shapes in degrees."""
        degrees: Shapes = shapely.transform(shapes, lambda spots: spots / self._scale + self._middle)
        return degrees

    def place(self, shape: BaseGeometry) -> tuple[float, float]:
        """Return a point inside a shape in metres, as longitude and latitude."""
        [point] = self.to_degrees(np.array([shapely.point_on_surface(shape)]))
        return round(point.x, 6), round(point.y, 6)


class Survey:
    """A map as it would be if ``drawn``, at least one new shape by its area, were saved.

    ``numbers`` are those of their features, ``system`` is what the file was said to be written in.
    """

    def __init__(
        self,
        territory: Territory,
        drawn: Mapping[UUID, BaseGeometry],
        numbers: Mapping[UUID, int],
        system: CoordinateSystem,
    ) -> None:
        self._territory = territory
        self._numbers = numbers
        self._system = system
        known = {area.id: area.shape for area in territory.areas.values() if area.shape is not None} | dict(drawn)
        ids, shapes = list(known), np.array(list(known.values()), dtype=object)
        self._plane = Plane(np.array(list(drawn.values()), dtype=object))
        self._shapes = dict(zip(ids, self._plane.to_metres(shapes), strict=True))
        redrawn = {area_id: shape for area_id in drawn if (shape := territory.areas[area_id].shape) is not None}
        olds = self._plane.to_metres(np.array(list(redrawn.values()), dtype=object))
        self._old = dict(zip(redrawn, olds, strict=True))
        self._drawn = drawn
        self._below: dict[UUID, list[UUID]] = defaultdict(list)
        for area_id in ids:
            above = self._shape_above(territory.areas[area_id])
            if above is not None:
                self._below[above].append(area_id)
        self._drawn_below = {step for area_id in ids for step in territory.areas[area_id].lineage}

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong between the shapes."""
        yield from self._wrong_system()
        yield from self._outside_parents()
        yield from self._overlaps()
        yield from self._gaps()

    def _shape_above(self, area: MapArea) -> UUID | None:
        """Return the nearest area above that has a shape."""
        return next((above.id for above in self._territory.above(area) if above.id in self._shapes), None)

    def _features(self, *area_ids: UUID) -> tuple[int, ...]:
        return tuple(self._numbers[area_id] for area_id in area_ids if area_id in self._numbers)

    def _outside_parents(self) -> Iterator[Finding]:
        for parent_id, below in self._below.items():
            asked = below if parent_id in self._drawn else [area_id for area_id in below if area_id in self._drawn]
            if not asked:
                continue
            parent = self._shapes[parent_id]
            outer = shapely.buffer(parent, BEYOND_PARENT_M)
            shapely.prepare(outer)
            for area_id in asked:
                shape = self._shapes[area_id]
                if not shapely.covers(outer, shape):
                    yield Finding(
                        FindingKind.OUTSIDE_PARENT,
                        self._features(area_id, parent_id),
                        (area_id, parent_id),
                        self._plane.place(shapely.difference(shape, outer)),
                        round(shapely.area(shapely.difference(shape, parent))),
                    )

    def _overlaps(self) -> Iterator[Finding]:
        ids = list(self._shapes)
        shapes = np.array([self._shapes[area_id] for area_id in ids], dtype=object)
        places = [place for place, area_id in enumerate(ids) if area_id in self._drawn]
        first, second = shapely.STRtree(shapes).query(shapes[places], predicate="intersects")
        pairs = {
            (min(one, other), max(one, other))
            for one, other in zip(np.array(places)[first].tolist(), second.tolist(), strict=True)
            if one != other and self._are_beside(ids[one], ids[other])
        }
        if not pairs:
            return
        one, other = np.array(sorted(pairs)).T
        common = shapely.intersection(shapes[one], shapes[other])
        wide = shapely.buffer(common, -OVERLAP_WIDTH_M / 2)
        for place in np.flatnonzero(~shapely.is_empty(wide)).tolist():
            both = ids[one[place]], ids[other[place]]
            yield Finding(
                FindingKind.OVERLAP,
                self._features(*both),
                both,
                self._plane.place(wide[place]),
                round(shapely.area(common[place])),
            )

    def _are_beside(self, one_id: UUID, other_id: UUID) -> bool:
        """Whether two areas share no land: those of one kind, and those right below the same one."""
        one, other = self._territory.areas[one_id], self._territory.areas[other_id]
        if one_id in other.lineage or other_id in one.lineage:
            return False
        return one.kind == other.kind or one.parent_id == other.parent_id

    def _gaps(self) -> Iterator[Finding]:
        for parent_id, below in self._below.items():
            if not {parent_id, *below} & self._drawn.keys():
                continue
            covered = shapely.union_all([self._shapes[area_id] for area_id in below])
            free = shapely.difference(self._shapes[parent_id], covered)
            wide = shapely.buffer(free, -GAP_WIDTH_M / 2)
            kind = FindingKind.GAP_UNDRAWN if self._has_undrawn(parent_id) else FindingKind.GAP
            for core in shapely.get_parts(wide):
                if core.is_empty:
                    continue
                whole = shapely.intersection(shapely.buffer(core, GAP_WIDTH_M / 2), free)
                yield Finding(
                    kind,
                    self._features(parent_id),
                    (parent_id,),
                    self._plane.place(core),
                    round(shapely.area(whole)),
                )

    def _has_undrawn(self, parent_id: UUID) -> bool:
        """Whether somewhere below an area lies one that nobody has drawn, nor any between or below."""
        return any(
            parent_id in area.lineage and area.id not in self._drawn_below and self._shape_above(area) == parent_id
            for area in self._territory.areas.values()
        )

    def _wrong_system(self) -> Iterator[Finding]:
        """Tell when a map would fit what is known far better if it were meant by the other system."""
        places = {area_id: place for area_id in self._drawn if (place := self._known_place(area_id)) is not None}
        if not places:
            return
        drawn = np.array([self._drawn[area_id] for area_id in places], dtype=object)

        def misplaced(shapes: Shapes) -> float:
            there = self._plane.to_metres(shapes)
            return sum(_misplaced(shape, *place) for shape, place in zip(there, places.values(), strict=True))

        here = misplaced(drawn)
        if here <= MISPLACED_SHARE * float(shapely.area(self._plane.to_metres(drawn)).sum()):
            return
        is_gps = self._system is CoordinateSystem.WGS84
        otherwise = geometry.all_wgs84_from_gcj02 if is_gps else geometry.all_gcj02_from_wgs84
        if misplaced(shapely.transform(drawn, otherwise)) < MISPLACED_LEFT * here:
            other = CoordinateSystem.GCJ02 if is_gps else CoordinateSystem.WGS84
            yield Finding(FindingKind.WRONG_SYSTEM, facts={"declared": self._system, "other": other})

    def _known_place(self, area_id: UUID) -> tuple[BaseGeometry, bool] | None:
        """Return where an area is known to lie, and whether exactly there: its own shape so far, or one above."""
        own = self._old.get(area_id)
        if own is not None:
            return own, True
        for above in self._territory.above(self._territory.areas[area_id]):
            if above.id in self._shapes and above.id not in self._drawn:
                return self._shapes[above.id], False
        return None


def _misplaced(shape: BaseGeometry, known: BaseGeometry, is_own: bool) -> float:  # noqa: FBT001
    """Return how many square metres of a shape lie elsewhere than known; most shapes lie inside and cost nothing."""
    if is_own:
        return float(shapely.area(shapely.symmetric_difference(shape, known)))
    shapely.prepare(known)
    return 0.0 if shapely.covers(known, shape) else float(shapely.area(shapely.difference(shape, known)))


def find_intricate(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Return the places of shapes that are no land but a scribble: to compare two would take hours and the memory."""
    metres = Plane(np.array(shapes, dtype=object)).to_metres(np.array(shapes, dtype=object))
    ratios = shapely.length(metres) / np.sqrt(shapely.area(metres))
    return np.flatnonzero(ratios > INTRICACY_MAX).tolist()
