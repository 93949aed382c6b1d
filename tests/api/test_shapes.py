"""Files of shapes: checked, and saved whole or not at all."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.domain.caller import Role
from app.domain.geometry import wgs84_from_gcj02
from app.models import Area
from app.schemas.shapes import FEATURES_MAX, LISTS_MAX
from app.services.shapes import exports
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World, make_area
from tests.people import Person

INVALID = (422, "invalid-payload")
KEPT = """
    SELECT a.name, s.version FROM area_shape s JOIN area a ON a.id = s.area_id WHERE a.lineage @> ARRAY[$1::uuid]
"""
NOT_ALLOWED = (403, "not-allowed")


def path(area: Area | object, check: str = "") -> str:
    return f"/v1/areas/{area.id if isinstance(area, Area) else area}/shapes{check}"


def feature(shape: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": shape}


def form(*features: dict[str, Any], coordinates: str = "gcj02", **more: Any) -> dict[str, Any]:
    return {"coordinates": coordinates, "shapes": list(features), **more}


class Map:
    """A world whose two grids are drawn side by side by a file."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first = feature(world.rectangle(10, 10, 20, 20), name=world.grid.name)
        self.second = feature(world.rectangle(20, 10, 30, 20), 网格名称=world.other_grid.name)

    async def check(self, *features: dict[str, Any], by: Person | None = None, **more: Any) -> httpx.Response:
        told = form(*(features or (self.first, self.second)), **more)
        return await self.world.api.post(path(self.world.district, "/check"), by or self.world.administrator, told)

    async def save(self, *features: dict[str, Any], by: Person | None = None, **more: Any) -> httpx.Response:
        told = form(*(features or (self.first, self.second)), **more)
        return await self.world.api.put(path(self.world.district), by or self.world.administrator, told)

    async def kept(self) -> dict[str, int]:
        """Return the versions of the shapes that are there, by the names of their areas."""
        rows = await self.world.database.reads.fetch(KEPT, self.world.district.id)
        return {row["name"]: row["version"] for row in rows}


@pytest.fixture
def drawing(world: World) -> Map:
    return Map(world)


class TestCheck:
    async def test_says_what_would_be_saved_and_saves_nothing(self, world: World, drawing: Map):
        response = await drawing.check()
        told = response.json()
        assert response.status_code == 200
        assert (told["feature_count"], told["error_count"], told["warning_count"]) == (2, 0, 0)
        assert [
            (each["feature"], each["title"], each["area"]["id"], each["by"], each["change"])
            for each in told["assignments"]
        ] == [
            (1, world.grid.name, str(world.grid.id), "name", "new"),
            (2, world.other_grid.name, str(world.other_grid.id), "name", "new"),
        ]
        assert told["assignments"][0]["path"].endswith(f"{world.community.name}/{world.grid.name}")
        assert told["actions"] == ["save"]
        assert await drawing.kept() == {}

    async def test_names_what_is_wrong(self, world: World, drawing: Map):
        await world.draw(world.district, world.rectangle(0, 0, 40, 40))
        [[a, b, c, d, _]] = world.rectangle(0, 0, 5, 5)["coordinates"]
        response = await drawing.check(
            feature(world.rectangle(10, 10, 21, 20), name=world.grid.name),
            drawing.second,
            feature({"type": "Polygon", "coordinates": [[a, c, b, d, a]]}, name=world.community.name),
            feature(world.rectangle(0, 0, 1, 1), name="没有的网格"),
            feature(None, name="空的"),
        )
        told = response.json()
        found = {each["kind"]: each for each in told["findings"]}
        assert list(found) == ["self-crossing", "overlap", "gap", "no-area", "empty"]
        assert (told["error_count"], told["warning_count"], told["actions"]) == (1, 5, [])
        overlap = found["overlap"]
        assert {area["id"] for area in overlap["areas"]} == {str(world.grid.id), str(world.other_grid.id)}
        assert world.grid.name in overlap["text"]
        assert f"重叠约{overlap['square_metres']}平方米，在" in overlap["text"]
        assert found["self-crossing"]["text"].startswith(f"第3个要素“{world.community.name}”自相交叉")
        assert found["self-crossing"]["place"] == pytest.approx(world.place(2.5, 2.5), abs=1e-5)
        for each in told["findings"]:
            assert "{" not in each["text"]
            assert each["text"].endswith("。")

    async def test_files_as_tools_save_them(self, world: World, drawing: Map):
        collection = {
            "type": "FeatureCollection",
            "name": "网格",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
            "bbox": [1, 2, 3, 4],
            "features": [drawing.first | {"id": 7, "bbox": [1, 2, 3, 4]}],
        }
        told = {"coordinates": "gcj02", "shapes": collection}
        response = await world.api.post(path(world.district, "/check"), world.administrator, told)
        assert [each["change"] for each in response.json()["assignments"]] == ["new"]

    async def test_by_whoever_administers_the_area(self, world: World, drawing: Map):
        for person in (
            await world.person(),
            world.staff,
            world.alliance,
            await world.holder(Role.ADMINISTRATOR, world.grid),
        ):
            assert problem(await drawing.check(by=person)) == NOT_ALLOWED
            assert problem(await drawing.save(by=person)) == NOT_ALLOWED
        own = await world.holder(Role.ADMINISTRATOR, world.grid)
        for send in (
            world.api.post(path(world.grid, "/check"), own, form(drawing.first)),
            world.api.put(path(world.grid), own, form(drawing.first)),
        ):
            assert (await send).status_code == 200
        assert await drawing.kept() == {world.grid.name: 1}

    async def test_of_an_area_that_is_not_there(self, api: ApiClient, world: World, drawing: Map):
        told = form(drawing.first)
        assert problem(await api.post(path(uuid4(), "/check"), world.administrator, told)) == (404, "not-found")
        assert problem(await api.put(path(uuid4()), world.administrator, told)) == (404, "not-found")

    async def test_only_what_lies_below_is_drawn(self, world: World, drawing: Map):
        response = await world.api.post(
            path(world.grid, "/check"), world.administrator, form(drawing.first, drawing.second)
        )
        assert [each["area"]["id"] for each in response.json()["assignments"]] == [str(world.grid.id)]
        assert [each["kind"] for each in response.json()["findings"]] == ["no-area"]


class TestSave:
    async def test_counts_at_once(self, world: World, drawing: Map):
        assert problem(await world.api.get("/v1/areas/at", **world.place(15, 15))) == (422, "location-outside")
        response = await drawing.save()
        assert (response.status_code, response.json()["saved_count"], response.json()["actions"]) == (200, 2, [])
        for east, grid in ((15, world.grid), (25, world.other_grid)):
            found = await world.api.get("/v1/areas/at", **world.place(east, 15))
            assert found.json()["id"] == str(grid.id)

    async def test_is_logged_once_for_each_area(self, world: World, drawing: Map):
        await drawing.save()
        events = await world.database.reads.fetch(
            "SELECT subject_id, action, actor_id, party, facts FROM event WHERE subject_id = ANY ($1)",
            [world.grid.id, world.other_grid.id],
        )
        assert {tuple(event) for event in events} == {
            (grid.id, "put", world.administrator.id, "staff", None) for grid in (world.grid, world.other_grid)
        }

    async def test_the_same_again_changes_nothing(self, world: World, drawing: Map):
        await drawing.save()
        again = (await drawing.save()).json()
        assert (again["saved_count"], {each["change"] for each in again["assignments"]}) == (0, {"same"})
        changed = feature(world.rectangle(10, 10, 20, 19), name=world.grid.name)
        assert (await drawing.save(changed, drawing.second)).json()["saved_count"] == 1
        assert await drawing.kept() == {world.grid.name: 2, world.other_grid.name: 1}

    async def test_in_coordinates_of_gps(self, world: World, drawing: Map):
        shape = world.rectangle(10, 10, 20, 20)
        written = [[[*wgs84_from_gcj02(*place)] for place in ring] for ring in shape["coordinates"]]
        gps = feature({"type": "Polygon", "coordinates": written}, name=world.grid.name)
        assert (await drawing.save(gps, coordinates="wgs84")).status_code == 200
        kept = await world.api.get(f"/v1/areas/{world.grid.id}/shape")
        for place, expected in zip(kept.json()["shape"]["coordinates"][0], shape["coordinates"][0], strict=True):
            assert place == pytest.approx(expected, abs=2e-7)

    async def test_nothing_of_it_with_an_error(self, world: World, drawing: Map):
        await world.draw(world.district, world.rectangle(0, 0, 25, 40))
        response = await drawing.save(accept_warnings=True)
        assert problem(response) == (422, "shapes-faulty")
        [sentence] = response.json()["facts"].values()
        assert world.other_grid.name in sentence
        assert "超出上级" in sentence
        assert await drawing.kept() == {world.district.name: 1}

    async def test_warnings_have_to_be_accepted(self, world: World, drawing: Map):
        wider = feature(world.rectangle(10, 10, 21, 20), name=world.grid.name)
        for response in (
            await drawing.save(wider, drawing.second),
            await drawing.save(wider, drawing.second, accept_warnings=False),
        ):
            assert problem(response) == (422, "shapes-doubtful")
            assert "重叠约" in response.json()["facts"]["1"]
        assert await drawing.kept() == {}
        saved = await drawing.save(wider, drawing.second, accept_warnings=True)
        assert saved.json()["saved_count"] == 2
        assert [each["kind"] for each in saved.json()["findings"]] == ["overlap"]

    async def test_of_two_files_at_once_each_is_checked_against_the_other(self, world: World, drawing: Map):
        """Either the second sees the overlap, or it is told that something changed while it looked."""
        wider = feature(world.rectangle(10, 10, 25, 20), name=world.grid.name)
        answers = await asyncio.gather(drawing.save(wider), drawing.save(drawing.second))
        refused = [answer for answer in answers if answer.status_code != 200]
        assert [problem(answer) for answer in refused] in ([(409, "state-conflict")], [(422, "shapes-doubtful")])
        assert len(await drawing.kept()) == 1


class TestNastyFiles:
    """Nothing of what follows is a file that somebody could mean."""

    @pytest.mark.parametrize(
        "geometry",
        [
            {"type": "Polygon"},
            {"type": "Polygon", "coordinates": None},
            {"type": "Polygon", "coordinates": 1},
            {"type": "Polygon", "coordinates": [[["117.8", "36.8"]]]},
            {"type": "Polygon", "coordinates": [[[117.8]]]},
            {"type": "Polygon", "coordinates": [[[117.8, 36.8, 1, 2]]]},
            {"type": "Polygon", "coordinates": [[[True, False]]]},
            {"type": "Polygon", "coordinates": [[[None, None]]]},
            {"type": "Polygon", "coordinates": [117.8, 36.8]},
            {"type": "MultiPolygon", "coordinates": [[[117.8, 36.8]]]},
            {"type": "Triangle", "coordinates": []},
            {"type": None},
            "Polygon",
            [],
        ],
        ids=json.dumps,
    )
    async def test_no_geometry(self, drawing: Map, geometry: Any):
        for send in (drawing.check, drawing.save):
            response = await send(feature(geometry, name="x"))
            assert problem(response) == INVALID
            assert "shapes" in response.json()["fields"][0]["field"]

    @pytest.mark.parametrize(
        "geometry",
        [
            None,
            {"type": "Polygon", "coordinates": []},
            {"type": "Polygon", "coordinates": [[]]},
            {"type": "MultiPolygon", "coordinates": [[[]]]},
            {"type": "Point", "coordinates": [117.8, 36.8]},
            {"type": "GeometryCollection", "geometries": []},
            {"type": "Polygon", "coordinates": [[[117.8, 36.8]]]},
            {"type": "Polygon", "coordinates": [[[117.8, 36.8]] * 9]},
            {"type": "Polygon", "coordinates": [[[1e300, -1e300]] * 4]},
            {"type": "Polygon", "coordinates": [[[0, 0], [1e-300, 0], [0, 1e-300], [0, 0]]]},
        ],
        ids=json.dumps,
    )
    async def test_no_land(self, world: World, drawing: Map, geometry: Any):
        found = await drawing.check(feature(geometry, name=world.grid.name))
        assert found.json()["error_count"] + found.json()["warning_count"] == 1
        assert found.json()["actions"] == []
        response = await drawing.save(feature(geometry, name=world.grid.name))
        assert problem(response) in {(422, "shapes-faulty"), (422, "shapes-doubtful")}
        assert "第1个要素" in response.json()["facts"]["1"]
        assert await drawing.kept() == {}

    @pytest.mark.parametrize(
        "shapes",
        [
            {},
            [],
            [[]],
            {"type": "FeatureCollection"},
            {"type": "FeatureCollection", "features": []},
            {"type": "FeatureCollection", "features": {}},
            {"type": "FeatureCollection", "features": [None]},
            {"type": "Feature", "geometry": None},
            {"type": "Polygon", "coordinates": []},
            [{"type": "Feature", "properties": [], "geometry": None}],
            [{"type": "Feature", "geometry": None}] * (FEATURES_MAX + 1),
        ],
        ids=lambda shapes: json.dumps(shapes)[:60],
    )
    async def test_no_file(self, world: World, shapes: Any):
        told = {"coordinates": "gcj02", "shapes": shapes}
        response = await world.api.post(path(world.district, "/check"), world.administrator, told)
        assert problem(response) == INVALID

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("NaN", (INVALID,)),
            ("Infinity", (INVALID,)),
            ("1e999", (INVALID,)),
            ("[" * 2_500_000 + "]" * 2_500_000, (INVALID,)),
            ("[" * 20_000 + "]" * 20_000, ((400, "malformed-json"), INVALID)),
            (",".join(["[]"] * 1_700_000), (INVALID,)),
            (",".join(["[1,2]"] * LISTS_MAX), (INVALID,)),
            ('"' + "9" * 5_000_000 + '"', (INVALID,)),
            ("9" * 5_000, ((400, "malformed-json"),)),
            ("1], [", (INVALID,)),
            ("[", ((400, "malformed-json"),)),
            ('{"a": 1, "a": 2}', (INVALID,)),
        ],
        ids=lambda written: str(written)[:20],
    )
    async def test_what_json_can_hold(self, world: World, written: str, expected: tuple[tuple[int, str], ...]):
        shape = '{"type": "Polygon", "coordinates": [[%s]]}'
        told = '{"coordinates": "gcj02", "shapes": [{"type": "Feature", "geometry": %s}]}' % (shape % written)
        response = await world.api.request(
            "PUT",
            path(world.district),
            world.administrator,
            content=told.encode(),
            headers={"Content-Type": "application/json"},
        )
        assert problem(response) in expected

    async def test_a_name_said_twice(self, world: World):
        told = '{"coordinates": "gcj02", "coordinates": "wgs84", "shapes": []}'
        headers = {"Content-Type": "application/geo+json"}
        response = await world.api.request(
            "PUT", path(world.district), world.administrator, content=told.encode(), headers=headers
        )
        assert problem(response) == INVALID
        assert response.json()["fields"] == [{"field": "body", "reason": "said_twice"}]

    async def test_properties_that_are_anything(self, world: World, drawing: Map):
        properties = {"name": "\ud800\x00{area}%s", "code": 10**400, "网格": {"a": [1]}, "社区": 1e300, "": None}
        told = json.dumps(form(drawing.first, feature(None, **properties)))
        headers = {"Content-Type": "application/json"}
        response = await world.api.request(
            "POST",
            path(world.district, "/check"),
            world.administrator,
            key=uuid4().hex,
            content=told.encode(),
            headers=headers,
        )
        assert response.status_code == 200
        assert "{area}%s" in response.json()["findings"][0]["text"]


class TestClosedAreas:
    CLOSE = "UPDATE area SET closed_at = clock_timestamp() WHERE id = $1"

    async def close(self, world: World) -> None:
        async with world.database.transaction() as connection:
            await connection.execute(self.CLOSE, world.grid.id)

    async def test_have_no_part_in_a_map(self, world: World, drawing: Map):
        await world.draw_all()
        await self.close(world)
        found = (await drawing.check(drawing.second)).json()
        assert [each["kind"] for each in found["findings"]] == ["gap"]
        by_id = feature(world.rectangle(10, 10, 20, 20), area_id=str(world.grid.id))
        found = (await drawing.check(by_id, drawing.second)).json()
        assert [each["kind"] for each in found["findings"]] == ["gap", "no-area"]

    async def test_are_not_drawn(self, world: World, drawing: Map):
        await self.close(world)
        for send in (
            world.api.post(path(world.grid, "/check"), world.administrator, form(drawing.first)),
            world.api.put(path(world.grid), world.administrator, form(drawing.first)),
        ):
            assert problem(await send) == (409, "area-closed")


async def test_areas_of_the_same_name_elsewhere_are_no_concern(world: World, drawing: Map):
    """A district's file is matched with that district alone."""
    elsewhere = await World.make(world.database, world.api, world.settings)
    twin = await make_area(world.database, elsewhere.community, name=world.grid.name)
    assert (await drawing.save(drawing.first)).json()["saved_count"] == 1
    assert await world.database.reads.fetchval("SELECT count(*) FROM area_shape WHERE area_id = $1", twin.id) == 0


AS_DRAWN: dict[str, Any] = {}
SIMPLIFIED: dict[str, Any] = {"tolerance_m": 5}


class TestExport:
    async def test_hands_out_what_lies_below(self, world: World):
        await world.draw_all()
        response = await world.api.get(path(world.district))
        assert response.headers["content-type"] == "application/geo+json"
        told = response.json()
        assert (told["type"], told["coordinate_system"]) == ("FeatureCollection", "gcj02")
        found = {each["id"]: each for each in told["features"]}
        assert set(found) == {str(area.id) for area in (world.district, world.grid, world.other_grid)}
        grid = found[str(world.grid.id)]
        assert grid["geometry"] == world.rectangle(10, 10, 20, 20)
        assert grid["properties"] == {
            "area_id": str(world.grid.id),
            "parent_id": str(world.community.id),
            "kind": "grid",
            "name": world.grid.name,
            "code": None,
        }

    @pytest.mark.parametrize("more", [AS_DRAWN, SIMPLIFIED])
    async def test_of_one_kind_and_of_one_area(self, world: World, more: dict[str, Any]):
        await world.draw_all()
        grids = {str(world.grid.id), str(world.other_grid.id)}
        for area, kind, expected in (
            (world.district, "grid", grids),
            (world.district, "district", {str(world.district.id)}),
            (world.district, "street", set()),
            (world.community, None, grids),
            (world.grid, None, {str(world.grid.id)}),
            (world.neighbour, None, set()),
        ):
            response = await world.api.get(path(area), **({"kind": kind} if kind else AS_DRAWN), **more)
            assert {each["id"] for each in response.json()["features"]} == expected

    async def test_of_nothing(self, world: World):
        for query in (AS_DRAWN, SIMPLIFIED):
            assert problem(await world.api.get(path(uuid4()), **query)) == (404, "not-found")

    async def test_closed_areas_are_left_out(self, world: World):
        await world.draw_all()
        for query in (AS_DRAWN, SIMPLIFIED):
            before = await world.api.get(path(world.community), **query)
            assert len(before.json()["features"]) == 2
        async with world.database.transaction() as connection:
            await connection.execute(TestClosedAreas.CLOSE, world.grid.id)
        for query in (AS_DRAWN, SIMPLIFIED):
            after = await world.api.get(path(world.community), **query)
            assert [each["id"] for each in after.json()["features"]] == [str(world.other_grid.id)]

    @pytest.mark.parametrize("system", ["gcj02", "wgs84"])
    async def test_read_in_again_it_changes_nothing(self, world: World, drawing: Map, system: str):
        first, hole, second = (
            world.rectangle(*sides)["coordinates"][0]
            for sides in ((10, 10, 20, 20), (13, 13, 15, 15), (20, 20, 22, 22))
        )
        pieces = {"type": "MultiPolygon", "coordinates": [[first, hole], [second]]}
        await drawing.save(feature(pieces, name=world.grid.name), drawing.second, accept_warnings=True)
        before = await drawing.kept()
        handed_out = (await world.api.get(path(world.district), coordinates=system)).json()
        told = {"coordinates": system, "shapes": handed_out}
        again = await world.api.put(path(world.district), world.administrator, told)
        assert again.status_code == 200, again.text
        assert (again.json()["saved_count"], {each["change"] for each in again.json()["assignments"]}) == (0, {"same"})
        assert await drawing.kept() == before

    async def test_more_than_is_read_at_once(self, world: World, drawing: Map):
        grids = [await make_area(world.database, world.community) for _ in range(exports.AREAS_AT_ONCE + 3)]
        file = [feature(world.rectangle(0, n, 10, n + 1), area_id=str(grid.id)) for n, grid in enumerate(grids)]
        assert (await drawing.save(*file)).json()["saved_count"] == len(grids)
        told = (await world.api.get(path(world.district), kind="grid")).json()
        assert {each["id"] for each in told["features"]} == {str(grid.id) for grid in grids}
        assert len(told["features"]) == len(grids)

    async def test_simplified_it_follows_every_change(self, world: World, drawing: Map):
        await drawing.save()
        for system in ("gcj02", "wgs84"):
            shown = (await world.api.get(path(world.grid), tolerance_m=20, coordinates=system)).json()
            [[ring]] = [each["geometry"]["coordinates"] for each in shown["features"]]
            corner = [*world.place(10, 10).values()]
            expected = corner if system == "gcj02" else [*wgs84_from_gcj02(*corner)]
            assert min(ring) == pytest.approx(expected, abs=1e-5)
        await drawing.save(feature(world.rectangle(5, 10, 20, 20), name=world.grid.name))
        shown = (await world.api.get(path(world.grid), tolerance_m=20)).json()
        assert min(shown["features"][0]["geometry"]["coordinates"][0])[0] == pytest.approx(
            world.place(5, 10)["longitude"], abs=1e-5
        )

    async def test_simplified_by_fixed_steps_alone(self, world: World):
        for tolerance in (0, 7, 101, 1e9):
            assert problem(await world.api.get(path(world.district), tolerance_m=tolerance)) == INVALID
