"""What a district's map takes of CPU time and memory: a point's grid, a check, a display; a process for each."""

import json
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable
from uuid import UUID

import numpy as np
import shapely

from app.domain import geometry
from app.domain.geometry import PointIndex, Shapes, Spots
from app.domain.kinds import AreaKind, CoordinateSystem
from app.domain.maps import report
from app.domain.maps.checking import Plane
from app.domain.maps.simplifying import simplified
from app.domain.maps.territory import MapArea, Territory
from app.schemas import large_json
from app.schemas.shapes import LISTS_MAX, ShapesCheckIn
from bench.district.section import Goal, Section, peak_mib

GRIDS = 486
WIDTH_M, HEIGHT_M = 24_000, 20_000
SOUTH_WEST = (117.7, 36.6)
POINT_EVERY_M = 11
LOOK_UPS = 20_000
TOLERANCES_M = (5, 10, 20, 50, 100)
PROPERTIES_BYTES = 230
DISTRICT = UUID(int=1)
LOOK_UP_GOAL_US = 1_000
TOLD = """\
486 grids with wavy borders of a point each ten metres or so; no database, each row's CPU time in a process of its
own (of a look-up: time that passed). `careless` is the same district as if each grid had been drawn by an office of
its own, some metres off."""
HEAD = ("", "median", "p99", "CPU s", "more memory MiB")


def make_map() -> Shapes:
    """Return the shapes of a made-up district, in degrees."""
    chance = random.Random(3)  # noqa: S311 - the same district each time
    land = shapely.box(0, 0, WIDTH_M, HEIGHT_M)
    middles = [(chance.uniform(0, WIDTH_M), chance.uniform(0, HEIGHT_M)) for _ in range(GRIDS)]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(middles), extend_to=land))
    bent = shapely.transform(shapely.segmentize(shapely.intersection(cells, land), POINT_EVERY_M), _wave)
    scale = np.array([geometry.METRES_PER_DEGREE * 0.8, geometry.METRES_PER_DEGREE])
    degrees: Shapes = shapely.transform(bent, lambda spots: np.round(spots / scale + SOUTH_WEST, 7))
    return degrees


def make_careless(shapes: Shapes) -> Shapes:
    """Return the same, each some metres off and with points of its own."""
    chance = np.random.default_rng(2)
    plane = Plane(shapes)
    off = [
        shapely.buffer(shapely.transform(shapely.simplify(shape, 2), lambda spots, by=by: spots + by), 0)
        for shape, by in zip(plane.to_metres(shapes), chance.normal(0, 4, (len(shapes), 2)), strict=True)
    ]
    return plane.to_degrees(np.array(off, dtype=object))


def _wave(spots: Spots) -> Spots:
    x, y = spots.T
    east = 60 * np.sin(y / 600) + 20 * np.sin(x / 90 + y / 130) + 6 * np.sin(x / 17 - y / 23)
    north = 60 * np.sin(x / 700) + 20 * np.sin(x / 110 - y / 95) + 6 * np.sin(y / 19 - x / 25)
    return np.stack([x + east, y + north], axis=1)


def point_to_grid() -> list[list[str]]:
    """Look up many points, and many in gaps; the first row is that of points in a grid."""
    shapes = make_map()
    west, south, east, north = shapely.total_bounds(shapes)
    chance = random.Random(7)  # noqa: S311
    spots = [(chance.uniform(west, east), chance.uniform(south, north)) for _ in range(LOOK_UPS)]
    index = PointIndex({UUID(int=number): shape for number, shape in enumerate(shapes)})
    every_other = PointIndex({UUID(int=number): shape for number, shape in enumerate(shapes) if number % 2})
    rows = []
    for name, look_up in (
        ("point to grid", index.at),
        ("nearest within 100 m, half of the grids being water", lambda x, y: every_other.nearest(x, y, 100)),
        ("nearest within 5 km, to be named in a refusal", lambda x, y: every_other.nearest(x, y, 5_000)),
    ):
        times_us = []
        for spot in spots if look_up == index.at else spots[: LOOK_UPS // 10]:
            began_ns = time.perf_counter_ns()
            look_up(*spot)
            times_us.append((time.perf_counter_ns() - began_ns) / 1_000)
        ordered = sorted(times_us)
        p99 = ordered[len(ordered) * 99 // 100]
        rows.append([name, f"{statistics.median(ordered):.0f} µs", f"{p99:.0f} µs", "", ""])
    return rows


def check_file(kind: str) -> list[list[str]]:
    """Read and check a file of the whole district."""
    shapes = make_map() if kind == "neat" else make_careless(make_map())
    outline = shapely.union_all(shapes)
    ids = [UUID(int=10 + number) for number in range(len(shapes))]
    areas = [MapArea(DISTRICT, AreaKind.DISTRICT, "周村区", None, (DISTRICT,), outline)]
    areas += [
        MapArea(area_id, AreaKind.GRID, f"第{area_id.int}网格", None, (DISTRICT, area_id), None) for area_id in ids
    ]
    features = [
        {"type": "Feature", "properties": {"name": area.name}, "geometry": json.loads(shapely.to_geojson(shape))}
        for area, shape in zip(areas[1:], shapes, strict=True)
    ]
    body = json.dumps({"coordinates": "gcj02", "shapes": features}).encode()
    before_mib = peak_mib()
    began_s = time.process_time()
    form = large_json.read(ShapesCheckIn, body, lists_max=LISTS_MAX)
    report.check(form.features(), CoordinateSystem.GCJ02, Territory(DISTRICT, areas))
    taken_s = time.process_time() - began_s
    more_mib = peak_mib() - before_mib
    size = f"{len(body) / 1e6:.1f} MB, {shapely.get_num_coordinates(shapes).sum():,} points"
    return [[f"check of a {kind} file: {size}", "", "", f"{taken_s:.1f}", f"{round(more_mib)}"]]


def display(kind: str) -> list[list[str]]:
    """Simplify the whole district."""
    shapes = make_map() if kind == "neat" else make_careless(make_map())
    rows = []
    for tolerance_m in TOLERANCES_M:
        before_mib = peak_mib()
        began_s = time.process_time()
        shown = simplified(shapes, tolerance_m)
        taken_s = time.process_time() - began_s
        more_mib = peak_mib() - before_mib
        size = sum(map(len, shapely.to_geojson(shown))) + PROPERTIES_BYTES * len(shown)
        points = f"{shapely.get_num_coordinates(shown).sum():,} points, {size / 1_000:.0f} kB"
        rows.append([f"{kind} district by {tolerance_m} m: {points}", "", "", f"{taken_s:.1f}", f"{round(more_mib)}"])
    return rows


def measure() -> Section:
    """Look points up, check files, and simplify for display."""
    parts: list[tuple[Callable[..., list[list[str]]], tuple[str, ...]]] = [(point_to_grid, ())]
    parts += [(part, (kind,)) for part in (check_file, display) for kind in ("neat", "careless")]
    rows: list[list[str]] = []
    for part, arguments in parts:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows += pool.apply(part, arguments)
    median_us = float(rows[0][1].removesuffix(" µs"))
    return Section("Maps", TOLD, HEAD, rows, [Goal("point to grid: median", median_us, LOOK_UP_GOAL_US, "µs")])
