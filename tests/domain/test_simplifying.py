"""Maps for small screens: fewer points, and neighbours that stay neighbours, also where offices drew carelessly."""

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from app.domain.geometry import Shapes
from app.domain.maps.checking import Plane
from app.domain.maps.simplifying import simplified

DISTRICT = shapely.box(0, 0, 4000, 3000)
PLANE = Plane(np.array([shapely.box(117.8, 36.8, 117.9, 36.9)], dtype=object))
GRIDS = 40


def wavy(spots: np.ndarray) -> np.ndarray:
    """Bend straight borders, in the same way from both sides."""
    x, y = spots.T
    return np.stack(
        [x + 20 * np.sin(y / 60) + 4 * np.sin((x + y) / 9), y + 20 * np.sin(x / 70) + 4 * np.sin((x - y) / 8)], axis=1
    )


@pytest.fixture(scope="module")
def drawn() -> Shapes:
    """Grids that lie side by side with wavy borders of a point each ten metres; in metres."""
    chance = np.random.default_rng(5)
    middles = shapely.MultiPoint(np.stack([chance.uniform(0, 4000, GRIDS), chance.uniform(0, 3000, GRIDS)], axis=1))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(middles, extend_to=DISTRICT)), DISTRICT)
    bent: Shapes = shapely.transform(shapely.segmentize(cells, 10), wavy)
    return bent


@pytest.fixture(scope="module")
def careless(drawn: Shapes) -> Shapes:
    """The same, each from an office of its own: some metres off, and with other points."""
    chance = np.random.default_rng(6)
    shifted = [
        shapely.buffer(shapely.transform(shapely.simplify(shape, 2), lambda spots, by=by: spots + by), 0)
        for shape, by in zip(drawn, chance.normal(0, 3, (len(drawn), 2)), strict=True)
    ]
    return np.array(shifted, dtype=object)


def shown(shapes: Shapes, tolerance_m: float) -> Shapes:
    return PLANE.to_metres(simplified(PLANE.to_degrees(shapes), tolerance_m))


def neighbours(shapes: Shapes, border_m: float) -> set[tuple[int, int]]:
    """Return the pairs that share a border of such a length."""
    reach = shapely.buffer(shapes, 1)
    one, other = shapely.STRtree(reach).query(reach, predicate="intersects")
    pairs = [(a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True) if a < b]
    return {(a, b) for a, b in pairs if shapely.area(shapely.intersection(reach[a], reach[b])) > 2 * border_m}


@pytest.mark.parametrize("tolerance_m", [5, 20, 50])
class TestSimplified:
    def test_neighbours_share_their_borders(self, drawn: Shapes, tolerance_m: int):
        fewer = shown(drawn, tolerance_m)
        assert shapely.get_num_coordinates(fewer).sum() < 0.6 * shapely.get_num_coordinates(drawn).sum()
        assert shapely.is_valid(fewer).all()
        assert no_more_than(1, fewer, drawn)
        assert neighbours(drawn, 150) <= neighbours(fewer, 50)

    def test_also_where_they_were_drawn_carelessly(self, careless: Shapes, tolerance_m: int):
        before = shapely.area(careless).sum() - shapely.area(shapely.union_all(careless))
        assert before > 10_000, "there are overlaps"
        fewer = shown(careless, tolerance_m)
        assert shapely.is_valid(fewer).all()
        assert no_more_than(1, fewer, careless, gap_m=1 if tolerance_m > 15 else 15)  # gaps were up to 15 metres wide

    def test_nothing_moves_far(self, drawn: Shapes, careless: Shapes, tolerance_m: int):
        for shapes in (drawn, careless):
            far = shapely.hausdorff_distance(shown(shapes, tolerance_m), shapes)
            assert far.max() < 1.5 * tolerance_m + 20


def no_more_than(width_m: float, fewer: Shapes, of: Shapes, *, gap_m: float = 1) -> bool:
    """Whether neither overlaps nor gaps wider than so are left inside the land."""
    whole = shapely.union_all(fewer)
    inside = shapely.buffer(shapely.buffer(shapely.union_all(of), 15), -60)
    gaps = shapely.buffer(shapely.difference(inside, whole), -gap_m / 2)
    one, other = shapely.STRtree(fewer).query(fewer, predicate="overlaps")
    overlaps: BaseGeometry = shapely.union_all(shapely.intersection(fewer[one], fewer[other]))
    return bool(gaps.is_empty and shapely.buffer(overlaps, -width_m / 2).is_empty)


class TestWhatIsKept:
    def test_holes_and_islands(self):
        lake = shapely.Polygon(shapely.box(0, 0, 2000, 2000).exterior, [shapely.box(500, 500, 1500, 1500).exterior])
        island = shapely.MultiPolygon([shapely.box(600, 600, 900, 900), shapely.box(1100, 1100, 1400, 1400)])
        around, inside = shown(np.array([lake, island], dtype=object), 20)
        assert (len(shapely.get_parts(inside)), shapely.get_num_interior_rings(shapely.get_parts(around)[0])) == (2, 1)

    def test_what_lies_wholly_in_another(self):
        small, large = shapely.box(100, 100, 200, 200), shapely.box(0, 0, 2000, 2000)
        for shape in shown(np.array([small, large], dtype=object), 20):
            assert not shape.is_empty

    def test_small_ones(self):
        tiny = shapely.box(0, 0, 3, 3)
        [shape] = shown(np.array([tiny], dtype=object), 100)
        assert not shape.is_empty
        assert shapely.is_valid(shape)

    def test_nothing(self):
        assert len(simplified(np.array([], dtype=object), 20)) == 0
