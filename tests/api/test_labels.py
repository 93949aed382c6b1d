"""Labels: whichever way a shape was written, its label stands inside it."""

from typing import Any

import pytest
import shapely

from app.domain import geometry
from app.models import Area
from tests.api.test_shapes import Map
from tests.factories import World

LABELS = """
    SELECT s.area_id, s.geometry, s.label_longitude, s.label_latitude FROM area_shape s JOIN area a ON a.id = s.area_id
    WHERE a.lineage @> ARRAY[$1::uuid]
"""


async def labels(world: World) -> dict[object, tuple[float, float]]:
    """Return the labels of a world's shapes by their areas, each of which stands inside."""
    found: dict[object, tuple[float, float]] = {}
    for row in await world.database.reads.fetch(LABELS, world.district.id):
        label = row["label_longitude"], row["label_latitude"]
        assert geometry.shape_of(row["geometry"]).contains(shapely.Point(label))
        found[row["area_id"]] = label
    return found


def bent(world: World, area: Area) -> dict[str, Any]:
    """Return a shape round a yard, whose middle lies outside of it."""
    ring = [(10, 10), (20, 10), (20, 20), (10, 20), (10, 19), (19, 19), (19, 11), (10, 11), (10, 10)]
    shape = {"type": "Polygon", "coordinates": [[[*world.place(*corner).values()] for corner in ring]]}
    return {"type": "Feature", "properties": {"area_id": str(area.id)}, "geometry": shape}


async def test_of_shapes_drawn_one_by_one_and_anew(world: World):
    await world.draw_all()
    before = await labels(world)
    assert set(before) == {world.district.id, world.grid.id, world.other_grid.id}
    await world.draw(world.grid, bent(world, world.grid)["geometry"])
    after = await labels(world)
    assert after[world.grid.id] != before[world.grid.id]
    assert after[world.other_grid.id] == before[world.other_grid.id]


async def test_of_a_file_of_shapes(world: World):
    await world.draw(world.district, world.rectangle(0, 0, 40, 40))
    drawing = Map(world)
    response = await drawing.save(bent(world, world.grid), drawing.second, accept_warnings=True)
    assert response.json()["saved_count"] == 2
    first = await labels(world)
    assert len(first) == 3
    response = await drawing.save(drawing.first, drawing.second, accept_warnings=True)
    assert response.json()["saved_count"] == 1
    second = await labels(world)
    assert {area_id for area_id in second if second[area_id] != first[area_id]} == {world.grid.id}


async def test_of_areas_that_were_merged_or_split(world: World):
    await world.draw_all()
    merged = {"into_id": str(world.other_grid.id), "reason": "并网。"}
    response = await world.api.post(f"/v1/areas/{world.grid.id}/merge", world.administrator, merged)
    assert response.status_code == 200, response.text
    await labels(world)
    halves = [(10, 10, 20, 20), (20, 10, 30, 20)]
    parts = [{"name": name, "shape": world.rectangle(*half)} for name, half in zip("东西", halves, strict=True)]
    form = {"parts": parts, "default_part": 0, "coordinates": "gcj02", "reason": "人口太多。"}
    response = await world.api.post(f"/v1/areas/{world.other_grid.id}/split", world.administrator, form)
    assert response.status_code == 200, response.text
    assert len(await labels(world)) == 5


@pytest.mark.parametrize(
    "shape",
    [
        "POLYGON((0 0, 9 0, 9 9, 0 9, 0 8, 8 8, 8 1, 0 1, 0 0))",
        "POLYGON((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 1 8, 8 8, 8 1, 1 1))",
        "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((9 9, 10 9, 10 10, 9 9)))",
        "POLYGON((117 36, 117.0000003 36, 117.0000003 36.5, 117 36.5, 117 36))",
    ],
)
def test_of_odd_shapes(shape: str):
    drawn = shapely.from_wkt(shape)
    one = geometry.point_within(shapely.to_geojson(drawn))
    assert drawn.contains(shapely.Point(one))
    [many] = geometry.points_within([drawn])
    assert tuple(many) == one
