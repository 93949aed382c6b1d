"""Coordinates against published pairs, and points against shapes that are counted otherwise."""

import json
import random
import time
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.domain import geometry
from app.domain.geometry import PointIndex, gcj02_from_wgs84, wgs84_from_gcj02

# Longitude, latitude of WGS-84 and of GCJ-02 by coordtransform (the first) and eviltransform, which takes a slightly
# different ellipsoid: they agree within a fifth of a metre.
PUBLISHED = [
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164), 1e-9),
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), 2e-6),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), 2e-6),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), 2e-6),
]
ABROAD = [(2.3522, 48.8566), (139.6917, 35.6895), (-122.4194, 37.7749), (0.0, 0.0), (180.0, -90.0)]

SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]


def square(west: float, south: float, side: float = 0.01) -> list[list[float]]:
    """Return the ring of a square."""
    return [[west + side * x, south + side * y] for x, y in SQUARE]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def number(n: int) -> UUID:
    return UUID(int=n)


class TestCoordinates:
    @pytest.mark.parametrize(("wgs84", "gcj02", "within"), PUBLISHED)
    def test_published_pairs(self, wgs84: tuple[float, float], gcj02: tuple[float, float], within: float):
        assert gcj02_from_wgs84(*wgs84) == pytest.approx(gcj02, abs=within)
        assert wgs84_from_gcj02(*gcj02) == pytest.approx(wgs84, abs=within)

    @given(st.floats(73, 137), st.floats(1.5, 55))
    def test_there_and_back(self, longitude: float, latitude: float):
        place = longitude, latitude
        assert gcj02_from_wgs84(*wgs84_from_gcj02(*place)) == pytest.approx(place, abs=1e-8)
        assert wgs84_from_gcj02(*gcj02_from_wgs84(*place)) == pytest.approx(place, abs=1e-8)

    @given(st.floats(73, 137), st.floats(1.5, 55))
    def test_the_shift_is_some_hundred_metres(self, longitude: float, latitude: float):
        east, north = gcj02_from_wgs84(longitude, latitude)
        assert 1e-4 < abs(east - longitude) + abs(north - latitude) < 0.03

    @given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1))
    def test_of_many_places_at_once(self, places: list[tuple[float, float]]):
        for one, many in (
            (gcj02_from_wgs84, geometry.all_gcj02_from_wgs84),
            (wgs84_from_gcj02, geometry.all_wgs84_from_gcj02),
        ):
            assert many(np.array(places)) == pytest.approx(np.array([one(*place) for place in places]), abs=1e-8)

    @pytest.mark.parametrize("place", ABROAD)
    def test_abroad_nothing_is_shifted(self, place: tuple[float, float]):
        assert gcj02_from_wgs84(*place) == wgs84_from_gcj02(*place) == place

    @given(st.floats(-180, 180), st.floats(-90, 90))
    def test_every_place_has_an_answer(self, longitude: float, latitude: float):
        for convert in (gcj02_from_wgs84, wgs84_from_gcj02):
            east, north = convert(longitude, latitude)
            assert abs(east - longitude) < 0.1
            assert abs(north - latitude) < 0.1


class TestDistances:
    def test_published_distance(self):
        """From Nashville to Los Angeles, the example of Rosetta Code's "Haversine formula": 2,886.44 km."""
        [[there, none]] = geometry.distances_m([(-86.67, 36.12)], [(-118.40, 33.94), (-86.67, 36.12)])
        assert there == pytest.approx(2_886_444, abs=10)
        assert none == 0

    def test_a_degree_of_latitude(self):
        [[there]] = geometry.distances_m([(110, 30)], [(110, 31)])
        assert there == pytest.approx(111_195, abs=1)

    def test_around_the_globe(self):
        [[there]] = geometry.distances_m([(0, 0)], [(180, 0)])
        assert there == pytest.approx(np.pi * geometry.EARTH_RADIUS_M)

    def test_of_no_places(self):
        assert geometry.distances_m([], [(110, 30)]).shape == (0, 1)


class TestShapes:
    def test_points_are_counted_in_all_rings(self):
        holed = polygon(square(110, 30), square(110.002, 30.002, 0.001))
        assert geometry.count_points(holed) == 10
        several = {"type": "MultiPolygon", "coordinates": [holed["coordinates"], [square(111, 30)]]}
        assert geometry.count_points(several) == 15

    def test_mixed_up_coordinates_lie_outside(self):
        assert geometry.is_in_range(polygon(square(110, 30)))
        assert not geometry.is_in_range(polygon(square(30, 110)))

    def test_converted_loses_heights_and_keeps_the_form(self):
        drawn = polygon([[110.0, 30.0, 55.5], [110.1, 30.0, 55.5], [110.0, 30.1, 55.5], [110.0, 30.0, 55.5]])
        kept = geometry.converted(drawn, None)
        assert kept == polygon([[110.0, 30.0], [110.1, 30.0], [110.0, 30.1], [110.0, 30.0]])
        shifted = geometry.converted(kept, gcj02_from_wgs84)
        assert shifted["coordinates"][0][1] == pytest.approx(list(gcj02_from_wgs84(110.1, 30.0)), abs=1e-7)
        several = {"type": "MultiPolygon", "coordinates": [drawn["coordinates"]] * 2}
        assert geometry.converted(several, None)["coordinates"] == [kept["coordinates"]] * 2

    @pytest.mark.parametrize(
        ("shape", "fault"),
        [
            (polygon(square(110, 30)), None),
            (polygon(square(110, 30), square(110.002, 30.002, 0.001)), None),
            (polygon([[110, 30], [111, 31], [111, 30], [110, 31], [110, 30]]), "110.5,30.5"),
            (polygon(square(110, 30), square(112, 30)), "112,30"),
            (polygon([[110, 30], [110, 30], [110, 30], [110, 30]]), "110,30"),
        ],
    )
    def test_faults(self, shape: dict[str, Any], fault: str | None):
        assert geometry.find_fault(geometry.shape_of(json.dumps(shape))) == fault

    def test_within_another_but_for_a_little(self):
        outer = shapely.box(110, 30, 110.1, 30.1)
        assert geometry.is_within(shapely.box(110, 30, 110.1002, 30.1), outer, 30)
        assert not geometry.is_within(shapely.box(110, 30, 110.1005, 30.1), outer, 30)


@pytest.fixture
def index() -> PointIndex:
    """Two squares that share a border at 110.01, and one a hundredth of a degree to the east."""
    places = (110.00, 110.01, 110.03)
    return PointIndex({number(n): shapely.Polygon(square(west, 30.0)) for n, west in enumerate(places)})


class TestPointIndex:
    def test_inside_one(self, index: PointIndex):
        assert index.at(110.005, 30.005) == [number(0)]
        assert index.at(110.015, 30.005) == [number(1)]

    def test_on_the_border_of_two(self, index: PointIndex):
        assert index.at(110.01, 30.005) == [number(0), number(1)]
        assert index.at(110.010005, 30.005) == [number(0), number(1)]
        assert index.at(110.01002, 30.005) == [number(1)]

    def test_in_a_gap(self, index: PointIndex):
        assert index.at(110.025, 30.005) == []
        near = index.nearest(110.021, 30.005, 2_000)
        assert [area.area_id for area in near] == [number(1), number(2), number(0)]
        metres = 111_320 * 0.866  # of a degree of longitude at 30 degrees north
        assert [area.distance_m for area in near] == pytest.approx(
            [0.001 * metres, 0.009 * metres, 0.011 * metres], 0.01
        )

    def test_only_so_far(self, index: PointIndex):
        assert [area.area_id for area in index.nearest(110.021, 30.005, 100)] == [number(1)]
        assert index.nearest(110.024, 30.005, 100) == []

    def test_far_from_everything(self, index: PointIndex):
        assert index.at(120, 20) == []
        assert index.nearest(120, 20, 5_000) == []

    def test_of_nothing(self):
        assert PointIndex({}).at(110, 30) == []
        assert PointIndex({}).nearest(110, 30, 5_000) == []

    @given(
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9), st.integers(3, 8)), max_size=20),
        st.tuples(st.integers(-200, 900), st.integers(-200, 900)),
        st.sampled_from([50, 100, 500, 5_000]),
    )
    def test_agrees_with_measuring_to_each_shape(
        self, rounds: list[tuple[int, int, int, int]], spot: tuple[int, int], within_m: int
    ):
        """Shapes of all sizes, beside, in and over each other, and a point anywhere."""
        shapes = {
            number(n): shapely.Point(110 + east / 1e3, 30 + north / 1e3).buffer(radius / 2e3, quad_segs=sides)
            for n, (east, north, radius, sides) in enumerate(rounds)
        }
        longitude, latitude = 110 + spot[0] / 1e4, 30 + spot[1] / 1e4
        metres = np.array([geometry.METRES_PER_DEGREE * np.cos(np.radians(latitude)), geometry.METRES_PER_DEGREE])
        here = shapely.Point(np.array([longitude, latitude]) * metres)
        distances = {n: shapely.transform(shape, lambda xy: xy * metres).distance(here) for n, shape in shapes.items()}
        expected = {n: distance for n, distance in distances.items() if distance <= within_m}
        found = PointIndex(shapes).nearest(longitude, latitude, within_m)
        assert {area.area_id: area.distance_m for area in found} == pytest.approx(expected, abs=0.01)
        assert [area.distance_m for area in found] == sorted(area.distance_m for area in found)
        inside = {n for n, shape in shapes.items() if shape.distance(shapely.Point(longitude, latitude)) <= 1e-5}
        assert set(PointIndex(shapes).at(longitude, latitude)) == inside

    def test_agrees_with_asking_each_shape_and_is_quick(self):
        """486 grids of thirty points each, as many as a real district has."""
        chance = random.Random(7)  # noqa: S311 - the same places each time
        shapes = {
            number(row * 27 + column): shapely.Point(110 + column * 0.01, 30 + row * 0.01).buffer(0.0055, quad_segs=8)
            for row in range(18)
            for column in range(27)
        }
        index = PointIndex(shapes)
        places = [(chance.uniform(109.99, 110.28), chance.uniform(29.99, 30.19)) for _ in range(1_000)]
        for place in places[:200]:
            near = shapely.Point(place)
            assert index.at(*place) == [n for n, shape in shapes.items() if shapely.distance(shape, near) <= 1e-5]
        began_s = time.process_time()
        for place in places:
            index.at(*place)
        assert (time.process_time() - began_s) / len(places) < 100e-6
