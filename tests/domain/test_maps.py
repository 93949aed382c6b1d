"""Files of shapes: what is read, which area it is, and what is wrong with the map that would come of it."""

import json
from collections.abc import Sequence
from math import cos, radians
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain import geometry
from app.domain.geometry import METRES_PER_DEGREE, gcj02_from_wgs84, wgs84_from_gcj02
from app.domain.kinds import AreaKind, CoordinateSystem
from app.domain.maps import features, matching, report
from app.domain.maps.features import POINTS_MAX, Feature
from app.domain.maps.findings import Finding, FindingKind, Level
from app.domain.maps.matching import By, Match, Matcher
from app.domain.maps.report import Change
from app.domain.maps.territory import MapArea, Territory

GCJ02, WGS84 = CoordinateSystem.GCJ02, CoordinateSystem.WGS84
WEST, SOUTH = 117.8, 36.8
EAST_M = METRES_PER_DEGREE * cos(radians(SOUTH))
REAL = Path("/work/shared/data/zhoucun-370306.geojson")

Sides = tuple[float, float, float, float]
Ring = list[list[float]]


def ring(west: float, south: float, east: float, north: float) -> Ring:
    """Return a rectangle whose sides are so many metres from a corner in Zhoucun."""
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [[WEST + x / EAST_M, SOUTH + y / METRES_PER_DEGREE] for x, y in corners]


def feature(number: int, shape: Sides | Sequence[Ring] | None, type_: str = "Polygon", **properties: Any) -> Feature:
    """Return a feature of one polygon, or of rings given."""
    if shape is None:
        return Feature(number, properties, None, None)
    rings = [ring(*shape)] if isinstance(shape, tuple) else shape
    return Feature(number, properties, type_, [rings])


def number(n: int) -> UUID:
    return UUID(int=n)


DISTRICT, STREET, OTHER_STREET, HAPPY, SUNNY, HAPPY_1, HAPPY_2, SUNNY_1 = map(number, range(1, 9))
TREE: dict[UUID, tuple[AreaKind, str, str | None, tuple[UUID, ...]]] = {
    DISTRICT: (AreaKind.DISTRICT, "周村区", "370306", (DISTRICT,)),
    STREET: (AreaKind.STREET, "丝绸路街道", "370306001", (DISTRICT, STREET)),
    OTHER_STREET: (AreaKind.STREET, "大街街道", "370306002000", (DISTRICT, OTHER_STREET)),
    HAPPY: (AreaKind.COMMUNITY, "幸福社区", None, (DISTRICT, STREET, HAPPY)),
    SUNNY: (AreaKind.COMMUNITY, "阳光社区", None, (DISTRICT, STREET, SUNNY)),
    HAPPY_1: (AreaKind.GRID, "第一网格", None, (DISTRICT, STREET, HAPPY, HAPPY_1)),
    HAPPY_2: (AreaKind.GRID, "第二网格", None, (DISTRICT, STREET, HAPPY, HAPPY_2)),
    SUNNY_1: (AreaKind.GRID, "第一网格", None, (DISTRICT, STREET, SUNNY, SUNNY_1)),
}


def territory(target_id: UUID = DISTRICT, **sides: Sides) -> Territory:
    """Return the tree with some shapes, by the English names of its areas."""
    names = {"district": DISTRICT, "street": STREET, "happy": HAPPY, "sunny": SUNNY, "happy_1": HAPPY_1}
    names |= {"happy_2": HAPPY_2, "sunny_1": SUNNY_1, "other_street": OTHER_STREET}
    shapes = {names[name]: shapely.Polygon(ring(*shape)) for name, shape in sides.items()}
    return Territory(target_id, [MapArea(area_id, *of, shapes.get(area_id)) for area_id, of in TREE.items()])


def check(ground: Territory, *found: Feature, system: CoordinateSystem = GCJ02) -> report.Report:
    return report.check(found, system, ground)


def kinds(found: report.Report, *but: FindingKind) -> list[FindingKind]:
    """Return what was found, but for the areas that a file leaves out."""
    left_out = {FindingKind.AREA_UNDRAWN, FindingKind.AREA_KEPT, *but}
    return [finding.kind for finding in found.findings if finding.kind not in left_out]


def one(found: report.Report, kind: FindingKind) -> Finding:
    [finding] = [finding for finding in found.findings if finding.kind is kind]
    return finding


class TestReading:
    def read(self, *found: Feature, system: CoordinateSystem = GCJ02) -> tuple[list[Any], list[Finding]]:
        drawings, findings = features.read(found, system)
        return [drawing.shape for drawing in drawings], findings

    def test_rings_are_turned_and_closed_as_the_standard_says(self):
        outer, hole = ring(0, 0, 100, 100), ring(10, 10, 20, 20)
        [shape], findings = self.read(feature(1, [outer[::-1][:-1], hole]))
        assert shapely.is_ccw(shape.exterior)
        assert not shapely.is_ccw(shape.interiors[0])
        assert [finding.kind for finding in findings] == [FindingKind.CLOSED_RING]
        assert shape.symmetric_difference(shapely.Polygon(outer, [hole])).area == pytest.approx(0, abs=1e-9)

    def test_several_pieces_with_a_hole(self):
        pieces = [[ring(0, 0, 100, 100), ring(10, 10, 20, 20)], [ring(200, 0, 300, 100)]]
        [shape], findings = self.read(Feature(1, {}, "MultiPolygon", pieces))
        assert (shape.geom_type, len(shape.geoms), findings) == ("MultiPolygon", 2, [])
        assert shape.area * EAST_M * METRES_PER_DEGREE == pytest.approx(100 * 100 * 2 - 10 * 10, rel=1e-3)

    def test_coordinates_of_gps_are_shifted(self):
        [shape], _ = self.read(feature(1, (0, 0, 100, 100)), system=WGS84)
        expected = [gcj02_from_wgs84(*place) for place in ring(0, 0, 100, 100)]
        assert max(shape.exterior.coords) == pytest.approx(max(expected), abs=1e-7)
        assert min(shape.exterior.coords) == pytest.approx(min(expected), abs=1e-7)

    def test_heights_go(self):
        raised = [[*place, 35.5] for place in ring(0, 0, 100, 100)]
        [shape], findings = self.read(feature(1, [raised]))
        assert not shapely.has_z(shape)
        assert [finding.kind for finding in findings] == [FindingKind.HEIGHTS_DROPPED]

    @pytest.mark.parametrize("shape", [None, [], [[]]])
    def test_without_anything(self, shape: Any):
        drawings, [finding] = self.read(feature(1, shape))
        assert (drawings, finding.kind, finding.level) == ([], FindingKind.EMPTY, Level.WARNING)

    def test_what_is_no_land(self):
        drawings, [finding] = self.read(Feature(1, {}, "GeometryCollection", None))
        assert (drawings, finding.kind, finding.level) == ([], FindingKind.NOT_A_POLYGON, Level.ERROR)

    def test_too_many_points(self):
        line = [[WEST + n / 1e6, SOUTH] for n in range(POINTS_MAX)]
        drawings, [finding] = self.read(feature(1, [[*line, line[0]]]))
        assert (drawings, finding.kind) == ([], FindingKind.TOO_DETAILED)

    @pytest.mark.parametrize(
        "rings", [[ring(0, 0, 9, 9)[:2]], [ring(0, 0, 9, 9), [[WEST, SOUTH]]], [[], ring(0, 0, 9, 9)]]
    )
    def test_rings_that_enclose_nothing(self, rings: list[Ring]):
        drawings, findings = self.read(feature(1, rings))
        assert drawings == []
        assert findings[-1].kind is FindingKind.RING_TOO_SHORT

    @pytest.mark.parametrize(
        ("convert", "astray"),
        [
            (lambda x, y: (y, x), "swapped"),
            (lambda x, y: (x * 1e5, y * 1e5), "projected"),
            (lambda x, y: (x - 100, y), "abroad"),
        ],
    )
    def test_out_of_range(self, convert: Any, astray: str):
        drawings, [finding] = self.read(feature(1, [[[*convert(*place)] for place in ring(0, 0, 9, 9)]]))
        assert (drawings, finding.kind, finding.facts["astray"]) == ([], FindingKind.OUT_OF_RANGE, astray)

    def test_self_crossing_says_where(self):
        a, b, c, d, _ = ring(0, 0, 100, 100)
        drawings, [finding] = self.read(feature(1, (0, 0, 50, 50)), feature(2, [[a, c, b, d, a]]))
        assert len(drawings) == 1
        assert (finding.kind, finding.features) == (FindingKind.SELF_CROSSING, (2,))
        assert finding.place == pytest.approx(((a[0] + c[0]) / 2, (a[1] + c[1]) / 2), abs=1e-6)


class TestLabels:
    @pytest.mark.parametrize(
        ("properties", "title"),
        [
            ({"name": "幸福社区"}, "幸福社区"),
            ({"NAME": " 幸福社区 "}, "幸福社区"),
            ({"名称": "幸福社区", "网格员": "张三"}, "幸福社区"),
            ({"网格名称": "第一网格", "社区": "幸福社区"}, "第一网格"),
            ({"adcode": 370306}, "370306"),
            ({"code": "370306001", "name": None}, "370306001"),
            ({"XZQDM": 370306001.0}, "370306001"),
            ({"objectid": 7, "name": ["幸福"], "标题": True}, None),
            ({"name": "\x00幸福\ud800\u202e社区"}, "幸福社区"),
            ({"name": "长" * 10_000}, "长" * 50),
            ({}, None),
        ],
    )
    def test_titles(self, properties: dict[str, Any], title: str | None):
        assert matching.label_of(properties).title == title

    @given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.floats() | st.text()))
    def test_whatever_stands_there(self, properties: dict[str, Any]):
        label = matching.label_of(properties)
        assert not isinstance(Matcher(territory()).find(label), Match)


class TestMatching:
    def find(self, ground: Territory | None = None, **properties: Any) -> Match | Sequence[UUID]:
        return Matcher(ground or territory()).find(matching.label_of(properties))

    @pytest.mark.parametrize(
        ("properties", "area_id", "by"),
        [
            ({"area_id": str(SUNNY_1)}, SUNNY_1, By.ID),
            ({"area_id": str(SUNNY_1), "name": "第二网格", "code": "370306"}, SUNNY_1, By.ID),
            ({"adcode": 370306, "name": "周村区", "level": "district"}, DISTRICT, By.CODE),
            ({"code": "370306001000", "name": "丝绸路"}, STREET, By.CODE),
            ({"街道代码": 370306002}, OTHER_STREET, By.CODE),
            ({"name": "幸福社区"}, HAPPY, By.NAME),
            ({"名称": "幸福社區 "}, HAPPY, By.NAME),
            ({"name": "丝绸路街道办事处"}, STREET, By.ALIKE),
            ({"name": "丝绸路"}, STREET, By.ALIKE),
            ({"name": "幸福居委会"}, HAPPY, By.ALIKE),
            ({"name": "第2网格"}, HAPPY_2, By.NAME),
            ({"name": "2号网格"}, HAPPY_2, By.ALIKE),
            ({"网格名称": "第一网格", "社区名称": "阳光社区"}, SUNNY_1, By.NAME),
            ({"name": "第一网格", "社区": "阳光"}, SUNNY_1, By.NAME),
            ({"grid_name": "第01网格", "community": "阳光社区", "district": "淄博市周村区"}, SUNNY_1, By.NAME),
            ({"name": "阳光社区第一网格"}, SUNNY_1, By.NAME),
            ({"path": "周村区/丝绸路街道/幸福社区/第一网格"}, HAPPY_1, By.NAME),
            ({"name": "丝绸路街道-幸福社区-第一网格"}, HAPPY_1, By.NAME),
            ({"社区": "幸福社区"}, HAPPY, By.NAME),
        ],
    )
    def test_found(self, properties: dict[str, Any], area_id: UUID, by: By):
        assert self.find(**properties) == Match(area_id, by)

    @pytest.mark.parametrize(
        "properties",
        [
            {"name": "第九网格"},
            {"name": "第二网格", "社区": "阳光社区"},
            {"name": "第二网格", "社区": "月亮社区"},
            {"area_id": str(number(99)), "name": "幸福社区"},
            {"area_id": "幸福社区"},
            {"code": "370399"},
            {"社区代码": "370306001", "网格": "第九网格"},
            {"name": "社区"},
            {},
        ],
    )
    def test_not_found(self, properties: dict[str, Any]):
        assert list(self.find(**properties)) == []  # type: ignore[arg-type]

    def test_one_of_several(self):
        assert self.find(name="第一网格") == [HAPPY_1, SUNNY_1]
        assert self.find(territory(SUNNY), name="第一网格") == Match(SUNNY_1, By.NAME)

    def test_what_lies_beside_is_not_drawn(self):
        assert list(self.find(territory(SUNNY), name="幸福社区")) == []  # type: ignore[arg-type]

    def test_a_code_goes_before_a_name(self):
        assert self.find(code="370306001", name="大街街道") == Match(STREET, By.CODE, OTHER_STREET)


class TestChecks:
    ground = territory(district=(0, 0, 4000, 4000))

    def test_a_good_map(self):
        found = check(
            territory(),
            feature(1, (0, 0, 2000, 1000), name="幸福社区"),
            feature(2, (0, 0, 1000, 1000), 网格="第一网格", 社区="幸福社区"),
            feature(3, (1000, 0, 2000, 1000), name="第二网格"),
        )
        assert kinds(found) == []
        assert {assignment.area_id: assignment.change for assignment in found.assignments} == dict.fromkeys(
            (HAPPY, HAPPY_1, HAPPY_2), Change.NEW
        )
        assert set(found.drawn) == {HAPPY, HAPPY_1, HAPPY_2}

    def test_overlaps_are_measured(self):
        beside = feature(2, (980, 0, 2000, 1000), name="阳光社区")
        found = check(territory(), feature(1, (0, 0, 1000, 1000), name="幸福社区"), beside)
        overlap = one(found, FindingKind.OVERLAP)
        assert (set(overlap.area_ids), set(overlap.features)) == ({HAPPY, SUNNY}, {1, 2})
        assert overlap.square_metres == pytest.approx(20 * 1000, rel=0.01)
        assert overlap.place == pytest.approx((WEST + 990 / EAST_M, SOUTH + 500 / METRES_PER_DEGREE), abs=1e-4)
        assert overlap.level is Level.WARNING

    def test_what_two_pens_make_is_no_overlap(self):
        beside = feature(2, (992, 0, 2000, 1000), name="阳光社区")
        assert kinds(check(territory(), feature(1, (0, 0, 1000, 1000), name="幸福社区"), beside)) == []

    def test_overlap_with_what_stays(self):
        found = check(territory(sunny=(900, 0, 2000, 1000)), feature(1, (0, 0, 1000, 1000), name="幸福社区"))
        assert (one(found, FindingKind.OVERLAP).features, kinds(found)) == ((1,), [FindingKind.OVERLAP])

    def test_grids_of_two_communities_overlap(self):
        found = check(territory(sunny_1=(900, 0, 2000, 1000)), feature(1, (0, 0, 1000, 1000), name="第二网格"))
        assert kinds(found) == [FindingKind.OVERLAP]

    def test_a_grid_lies_in_its_community(self):
        assert kinds(check(territory(happy=(0, 0, 1000, 1000)), feature(1, (0, 0, 1000, 1000), name="第二网格"))) == []

    def test_what_overlapped_before_is_not_told_again(self):
        ground = territory(happy=(0, 0, 1000, 1000), sunny=(0, 0, 1000, 1000))
        assert kinds(check(ground, feature(1, (2000, 0, 3000, 1000), name="大街街道"))) == []

    def test_gaps_are_measured(self):
        found = check(
            territory(happy=(0, 0, 2000, 1000)),
            feature(1, (0, 0, 1000, 1000), 网格="第一网格", 社区="幸福社区"),
            feature(2, (1050, 0, 2000, 1000), name="第二网格"),
        )
        gap = one(found, FindingKind.GAP)
        assert gap.area_ids == (HAPPY,)
        assert gap.square_metres == pytest.approx(50 * 1000, rel=0.01)
        assert gap.place == pytest.approx((WEST + 1025 / EAST_M, SOUTH + 500 / METRES_PER_DEGREE), abs=1e-4)

    def test_a_road_is_no_gap(self):
        found = check(
            territory(happy=(0, 0, 2000, 1000)),
            feature(1, (0, 0, 1000, 1000), 网格="第一网格", 社区="幸福社区"),
            feature(2, (1025, 0, 2000, 1000), name="第二网格"),
        )
        assert kinds(found) == []

    def test_where_some_are_not_drawn_yet_a_gap_is_to_be_expected(self):
        found = check(territory(happy=(0, 0, 2000, 1000)), feature(1, (0, 0, 1000, 1000), name="第二网格"))
        assert kinds(found) == [FindingKind.GAP_UNDRAWN]
        assert one(found, FindingKind.AREA_UNDRAWN).area_ids == (HAPPY_1, SUNNY_1)

    def test_gaps_in_the_nearest_area_above_that_is_drawn(self):
        """Communities without a shape are no gap when all their grids have one."""
        found = check(
            territory(street=(0, 0, 3000, 1000), other_street=(3000, 0, 4000, 1000)),
            *(
                feature(n, (west, 0, west + 1000, 1000), area_id=str(area_id))
                for n, (west, area_id) in enumerate(((0, HAPPY_1), (1000, HAPPY_2), (2000, SUNNY_1)), start=1)
            ),
        )
        assert kinds(found) == []

    def test_outside_the_parent(self):
        found = check(self.ground, feature(1, (3000, 0, 4100, 1000), name="幸福社区"))
        outside = one(found, FindingKind.OUTSIDE_PARENT)
        assert (outside.area_ids, outside.features, outside.level) == ((HAPPY, DISTRICT), (1,), Level.ERROR)
        assert outside.square_metres == pytest.approx(100 * 1000, rel=0.01)
        assert (
            kinds(check(self.ground, feature(1, (3000, 0, 4025, 1000), name="幸福社区")), FindingKind.GAP_UNDRAWN) == []
        )

    def test_a_parent_that_shrinks(self):
        found = check(territory(happy_1=(0, 0, 1000, 1000)), feature(1, (0, 0, 500, 1000), name="幸福社区"))
        assert one(found, FindingKind.OUTSIDE_PARENT).area_ids == (HAPPY_1, HAPPY)

    def test_the_parent_of_the_file_counts(self):
        found = check(
            territory(happy=(0, 0, 100, 100)),
            feature(1, (0, 0, 1000, 1000), name="幸福社区"),
            feature(2, (0, 0, 900, 1000), name="第二网格"),
        )
        assert kinds(found) == [FindingKind.GAP_UNDRAWN]

    def test_two_features_of_one_area(self):
        first, again = feature(1, (0, 0, 9, 9), name="幸福社区"), feature(2, (0, 0, 9, 9), name="幸福居委会")
        finding = one(check(territory(), first, again), FindingKind.DUPLICATE)
        assert (finding.features, finding.area_ids, finding.level) == ((1, 2), (HAPPY,), Level.ERROR)

    def test_names_that_tell_no_area_or_several(self):
        found = check(territory(), feature(1, (0, 0, 9, 9), name="第九网格"), feature(2, (0, 0, 9, 9), name="第一网格"))
        assert [(finding.kind, finding.level) for finding in found.findings] == [
            (FindingKind.AMBIGUOUS, Level.ERROR),
            (FindingKind.NO_AREA, Level.WARNING),
        ]
        assert found.drawn == {}

    def test_a_scribble(self):
        teeth = [place for n in range(2000) for place in ((n * 0.5, 0), (n * 0.5 + 0.2, 1000))]
        comb = [(0.0, -1.0), *teeth, (1000.0, -1.0), (0.0, -1.0)]
        line = [[WEST + x / EAST_M, SOUTH + y / METRES_PER_DEGREE] for x, y in comb]
        found = check(territory(), feature(1, [line], name="幸福社区"), feature(2, (0, 0, 1000, 1000), name="阳光社区"))
        assert kinds(found) == [FindingKind.INTRICATE]

    def test_coordinates_of_the_other_system(self):
        """A map that fits where it lay, or into the area above, if only it was written in the other system."""
        homes = {HAPPY_1: (0, 0, 2000, 2000), HAPPY_2: (2000, 0, 4000, 2000), SUNNY_1: (0, 2000, 4000, 4000)}
        for declared, written, other in (
            (GCJ02, wgs84_from_gcj02, WGS84),
            (WGS84, lambda x, y: (x, y), GCJ02),
        ):
            found = [
                feature(n, [[[*written(*place)] for place in ring(*sides)]], area_id=str(area_id))
                for n, (area_id, sides) in enumerate(homes.items(), start=1)
            ]
            drawn = territory(happy_1=homes[HAPPY_1], happy_2=homes[HAPPY_2], sunny_1=homes[SUNNY_1])
            for ground in (self.ground, drawn):
                finding = one(check(ground, *found, system=declared), FindingKind.WRONG_SYSTEM)
                assert finding.facts == {"declared": declared, "other": other}
                assert FindingKind.WRONG_SYSTEM not in kinds(check(ground, *found, system=other))

    def test_a_border_that_moved_is_no_other_system(self):
        found = check(territory(happy=(0, 0, 1000, 1000)), feature(1, (0, 0, 2000, 1000), name="幸福社区"))
        assert kinds(found) == []


class TestRoundTrip:
    @given(
        st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=4, max_size=30, unique=True),
        st.sampled_from(CoordinateSystem),
    )
    def test_what_was_handed_out_changes_nothing(self, spots: list[tuple[int, int]], system: CoordinateSystem):
        hull = shapely.MultiPoint([(110 + x / 1e7, 30 + y / 1e7) for x, y in spots]).convex_hull
        assume(hull.area > 1e-6)  # a strip of land is not what is tried here
        [kept] = features.to_stored([hull], GCJ02)  # type: ignore[arg-type]
        drawn = json.loads(shapely.to_geojson(kept))
        told = geometry.converted(drawn, wgs84_from_gcj02 if system is WGS84 else None)
        ground = Territory(HAPPY, [MapArea(HAPPY, *TREE[HAPPY], kept)])
        found = report.check([feature(1, told["coordinates"], name="幸福社区")], system, ground)
        assert [assignment.change for assignment in found.assignments] == [Change.SAME]
        assert (found.drawn, found.findings) == ({}, [])

    def test_another_ring_is_a_change(self):
        ground = territory(happy=(0, 0, 1000, 1000))
        for changed in ((0, 0, 1000, 1000.05), (0, 0, 1000, 1001)):
            [assignment] = check(ground, feature(1, changed, name="幸福社区")).assignments
            assert assignment.change is Change.CHANGED


@pytest.mark.skipif(not REAL.exists(), reason="the real file is not here")
def test_a_real_file():
    [drawn] = json.loads(REAL.read_text("utf-8"))["features"]
    found = check(
        territory(), Feature(1, drawn["properties"], drawn["geometry"]["type"], drawn["geometry"]["coordinates"])
    )
    [assignment] = found.assignments
    assert (assignment.area_id, assignment.by, kinds(found)) == (DISTRICT, By.CODE, [])
