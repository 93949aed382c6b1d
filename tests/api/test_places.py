"""Shapes of areas, and points in them."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.settings import Settings
from app.domain.caller import Role
from app.domain.geometry import gcj02_from_wgs84
from app.services import places
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.core.service import running_app
from tests.factories import World, make_area

INVALID = (422, "invalid-payload")
FAR_RING = [[100.0, 30.0], [101.0, 30.0], [101.0, 31.0], [100.0, 31.0], [100.0, 30.0]]


def path(area_id: object) -> str:
    return f"/v1/areas/{area_id}/shape"


def form(shape: dict[str, Any], coordinates: str = "gcj02") -> dict[str, Any]:
    return {"coordinates": coordinates, "shape": shape, "accept_warnings": True}


class TestFit:
    """One shape is held against what lies around as a file of them is, before anything is saved."""

    async def test_what_lies_below_stays_inside(self, api: ApiClient, world: World):
        await world.draw_all()
        for area in (world.district, world.community):
            small = form(world.rectangle(0, 0, 25, 25))
            response = await api.put(path(area.id), world.administrator, small)
            assert problem(response) == (422, "shapes-faulty")
            [sentence] = response.json()["facts"].values()
            assert world.other_grid.name in sentence
        assert problem(await api.get(path(world.community.id))) == (404, "not-found")
        assert (await api.get(path(world.district.id))).json()["version"] == 1
        wide = form(world.rectangle(5, 5, 35, 35))
        assert (await api.put(path(world.community.id), world.administrator, wide)).status_code == 200

    async def test_an_overlap_has_to_be_accepted(self, api: ApiClient, world: World):
        await world.draw_all()
        wide = form(world.rectangle(10, 10, 22, 20))
        for told in (wide | {"accept_warnings": False}, {key: wide[key] for key in ("coordinates", "shape")}):
            response = await api.put(path(world.grid.id), world.administrator, told)
            assert problem(response) == (422, "shapes-doubtful")
            assert any(world.other_grid.name in sentence for sentence in response.json()["facts"].values())
        assert (await api.get(path(world.grid.id))).json()["version"] == 1
        assert (await api.put(path(world.grid.id), world.administrator, wide)).status_code == 200


class TestPutShape:
    async def test_a_polygon(self, api: ApiClient, world: World):
        shape = world.rectangle(10, 10, 20, 20)
        put = await api.put(path(world.grid.id), world.administrator, form(shape))
        assert put.status_code == 200
        told = put.json()
        assert (told["area_id"], told["coordinates"], told["version"]) == (str(world.grid.id), "gcj02", 1)
        assert told["shape"] == shape
        again = await api.put(path(world.grid.id), world.administrator, form(world.rectangle(10, 10, 21, 20)))
        assert again.json()["version"] == 2

    async def test_several_pieces_with_a_hole_in_a_feature(self, api: ApiClient, world: World):
        first, hole, second = (
            world.rectangle(*sides)["coordinates"][0] for sides in ((0, 0, 9, 9), (3, 3, 5, 5), (10, 10, 12, 12))
        )
        shape = {"type": "MultiPolygon", "coordinates": [[first, hole], [second]]}
        feature = {"type": "Feature", "geometry": shape, "properties": {"name": "画的"}, "id": 7, "bbox": [1, 2, 3, 4]}
        put = await api.put(path(world.grid.id), world.administrator, form(feature))
        assert put.json()["shape"] == shape
        for place, status in (((1, 1), 200), ((4, 4), 422), ((11, 11), 200)):
            assert (await api.get("/v1/areas/at", **world.place(*place))).status_code == status

    async def test_in_coordinates_of_gps(self, api: ApiClient, world: World):
        shape = world.rectangle(10, 10, 20, 20)
        put = await api.put(path(world.grid.id), world.administrator, form(shape, "wgs84"))
        assert put.json()["coordinates"] == "wgs84"
        assert put.json()["shape"]["coordinates"][0][2] == pytest.approx(shape["coordinates"][0][2], abs=2e-7)
        kept = (await api.get(path(world.grid.id))).json()
        shifted = gcj02_from_wgs84(*world.place(20, 20).values())
        assert kept["shape"]["coordinates"][0][2] == pytest.approx(list(shifted), abs=1e-7)

    async def test_counts_at_once(self, api: ApiClient, world: World):
        await world.draw_all()
        for east in (22, 25, 18):
            assert (await api.get("/v1/areas/at", **world.place(15, 15))).json()["id"] == str(world.grid.id)
            await world.draw(world.grid, world.rectangle(10, 10, east, 20))
            grids = [world.grid] if east < 20 else [world.grid, world.other_grid]
            response = await api.get("/v1/areas/at", **world.place(21, 15))
            if east > 20:
                assert problem(response) == (422, "location-on-border")
                assert set(response.json()["facts"]) == {str(grid.id) for grid in grids}
            else:
                assert response.json()["id"] == str(world.other_grid.id)

    async def test_is_logged(self, world: World):
        await world.draw(world.grid, world.rectangle(10, 10, 20, 20))
        event = await world.database.reads.fetchrow(
            "SELECT action, actor_id FROM event WHERE subject_kind = 'area_shape' AND subject_id = $1", world.grid.id
        )
        assert event is not None
        assert tuple(event) == ("put", world.administrator.id)

    async def test_by_administrators_alone(self, api: ApiClient, world: World):
        shape = form(world.rectangle(10, 10, 20, 20))
        beside = await world.holder(Role.ADMINISTRATOR, world.other_grid)
        for person in (await world.person(), world.staff, world.alliance, beside):
            assert problem(await api.put(path(world.grid.id), person, shape)) == (403, "not-allowed")
        own = await world.holder(Role.ADMINISTRATOR, world.grid)
        assert (await api.put(path(world.grid.id), own, shape)).status_code == 200

    async def test_of_an_area_that_is_not_there(self, api: ApiClient, world: World):
        shape = form(world.rectangle(10, 10, 20, 20))
        assert problem(await api.put(path(uuid4()), world.administrator, shape)) == (404, "not-found")

    async def test_self_crossing(self, api: ApiClient, world: World):
        [[a, b, c, d, _]] = world.rectangle(10, 10, 20, 20)["coordinates"]
        crossing = {"type": "Polygon", "coordinates": [[a, c, b, d, a]]}
        response = await api.put(path(world.grid.id), world.administrator, form(crossing))
        assert problem(response) == (422, "shape-self-crossing")
        longitude, latitude = response.json()["facts"]["near"].split(",")
        assert (float(longitude), float(latitude)) == pytest.approx(tuple(world.place(15, 15).values()))

    async def test_out_of_range(self, api: ApiClient, world: World):
        mixed_up = {"type": "Polygon", "coordinates": [[[y, x] for x, y in FAR_RING]]}
        abroad = {"type": "Polygon", "coordinates": [[[x - 100, y] for x, y in FAR_RING]]}
        for shape in (mixed_up, abroad):
            response = await api.put(path(world.grid.id), world.administrator, form(shape))
            assert problem(response) == (422, "shape-out-of-range")

    async def test_too_detailed(self, api: ApiClient, world: World):
        ring = [[100 + n / 1e5, 30.0] for n in range(places.POINTS_MAX)]
        shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        response = await api.put(path(world.grid.id), world.administrator, form(shape))
        assert problem(response) == (422, "shape-too-detailed")

    async def test_outside_the_area_above(self, api: ApiClient, world: World):
        """The nearest area above that has a shape counts, and thirty metres do not."""
        await world.draw(world.district, world.rectangle(0, 0, 40, 40))
        beyond = form(world.rectangle(10, 10, 41, 20))
        response = await api.put(path(world.grid.id), world.administrator, beyond)
        assert problem(response) == (422, "shape-outside-parent")
        nearly = form(world.rectangle(10, 10, 40.2, 20))
        assert (await api.put(path(world.grid.id), world.administrator, nearly)).status_code == 200
        await world.draw(world.community, world.rectangle(0, 0, 40.2, 21))
        response = await api.put(path(world.other_grid.id), world.administrator, form(world.rectangle(20, 22, 30, 30)))
        assert problem(response) == (422, "shape-outside-parent")

    @pytest.mark.parametrize(
        "shape",
        [
            {"type": "Point", "coordinates": [100.0, 30.0]},
            {"type": "Polygon"},
            {"type": "Polygon", "coordinates": []},
            {"type": "Polygon", "coordinates": [[]]},
            {"type": "Polygon", "coordinates": [FAR_RING[:-1]]},
            {"type": "Polygon", "coordinates": [[FAR_RING[0], FAR_RING[1], FAR_RING[0]]]},
            {"type": "Polygon", "coordinates": [[[100.0], *FAR_RING]]},
            {"type": "Polygon", "coordinates": [[["100", "30"]] * 5]},
            {"type": "Polygon", "coordinates": [[[True, False]] * 5]},
            {"type": "Polygon", "coordinates": FAR_RING},
            {"type": "MultiPolygon", "coordinates": []},
            {"type": "MultiPolygon", "coordinates": [FAR_RING]},
            {"type": "Feature", "geometry": None},
            {"type": "Feature", "geometry": {"type": "LineString", "coordinates": FAR_RING}},
            {"type": "FeatureCollection", "features": []},
        ],
        ids=lambda shape: json.dumps(shape)[:60],
    )
    async def test_no_shape_at_all(self, api: ApiClient, world: World, shape: dict[str, Any]):
        response = await api.put(path(world.grid.id), world.administrator, form(shape))
        assert problem(response) == INVALID
        assert response.json()["fields"]

    @pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity", "null", '"120"', "{}"])
    async def test_no_numbers(self, api: ApiClient, world: World, number: str):
        body = json.dumps(form({"type": "Polygon", "coordinates": [FAR_RING]})).replace("101.0", number)
        headers = {"Content-Type": "application/json"}
        put = await api.request("PUT", path(world.grid.id), world.administrator, content=body.encode(), headers=headers)
        assert problem(put) == INVALID

    async def test_a_megabyte_of_nonsense_is_refused_at_its_first_fault(self, api: ApiClient, world: World):
        shape = {"type": "Polygon", "coordinates": [[["x"]] * 150_000]}
        response = await api.put(path(world.grid.id), world.administrator, form(shape))
        assert problem(response) == INVALID
        assert len(response.json()["fields"]) == 1


class TestGetShape:
    async def test_in_either_system(self, api: ApiClient, world: World):
        await world.draw(world.grid, world.rectangle(10, 10, 20, 20))
        kept, asked = [(await api.get(path(world.grid.id), coordinates=name)).json() for name in ("gcj02", "wgs84")]
        assert (kept["coordinates"], asked["coordinates"]) == ("gcj02", "wgs84")
        for here, there in zip(kept["shape"]["coordinates"][0], asked["shape"]["coordinates"][0], strict=True):
            assert gcj02_from_wgs84(*there) == pytest.approx(tuple(here), abs=2e-7)

    async def test_without_a_shape(self, api: ApiClient, world: World):
        for area_id in (world.grid.id, uuid4()):
            assert problem(await api.get(path(area_id))) == (404, "not-found")


class TestAreaAt:
    async def test_the_grid_with_the_path_to_it(self, api: ApiClient, world: World):
        await world.draw_all()
        area = (await api.get("/v1/areas/at", **world.place(15, 15))).json()
        assert (area["id"], area["kind"]) == (str(world.grid.id), "grid")
        assert [step["id"] for step in area["path"]] == [str(step) for step in world.grid.lineage]

    async def test_on_the_border_of_two(self, api: ApiClient, world: World):
        await world.draw_all()
        response = await api.get("/v1/areas/at", **world.place(20, 15))
        assert problem(response) == (422, "location-on-border")
        above = world.community.name
        assert response.json()["facts"] == {
            str(grid.id): f"{above}{grid.name}" for grid in (world.grid, world.other_grid)
        }

    async def test_near_a_grid(self, api: ApiClient, world: World):
        """A thousandth of a degree northwards is 111 metres."""
        await world.draw_all()
        assert (await api.get("/v1/areas/at", **world.place(15, 20.8))).json()["id"] == str(world.grid.id)

    async def test_in_water(self, api: ApiClient, world: World):
        await world.draw_all()
        response = await api.get("/v1/areas/at", **world.place(26, 21))
        assert problem(response) == (422, "location-in-no-grid")
        assert [*response.json()["facts"]] == [str(world.other_grid.id), str(world.grid.id)]

    async def test_outside_the_district(self, api: ApiClient, world: World):
        await world.draw_all()
        for place in ((-1, 15), (41, 41), (15, -20)):
            assert problem(await api.get("/v1/areas/at", **world.place(*place))) == (422, "location-outside")
        for longitude, latitude in ((0, 0), (-180, -90), (180, 90)):
            response = await api.get("/v1/areas/at", longitude=longitude, latitude=latitude)
            assert problem(response) == (422, "location-outside")

    async def test_in_a_district_that_nobody_drew(self, api: ApiClient, world: World):
        """What lies between its grids lies in it."""
        third = await make_area(world.database, world.community)
        for area, west in ((world.grid, 0), (third, 20)):
            await world.draw(area, world.rectangle(west, 0, west + 10, 10))
        assert problem(await api.get("/v1/areas/at", **world.place(15, 5))) == (422, "location-in-no-grid")
        assert problem(await api.get("/v1/areas/at", **world.place(15, 12))) == (422, "location-outside")

    async def test_shapes_of_communities_hide_no_grid(self, api: ApiClient, world: World):
        await world.draw_all()
        await world.draw(world.community, world.rectangle(0, 0, 40, 40))
        assert (await api.get("/v1/areas/at", **world.place(15, 15))).json()["id"] == str(world.grid.id)

    @pytest.mark.parametrize(
        "query",
        ["", "longitude=110", "longitude=181&latitude=30", "longitude=NaN&latitude=30", "longitude=x&latitude=1"],
    )
    async def test_no_place(self, api: ApiClient, query: str):
        assert problem(await api.get(f"/v1/areas/at?{query}")) == INVALID


class TestAreasThatChange:
    async def test_closed_ones_are_not_found(self, api: ApiClient, world: World):
        await world.draw_all()
        assert (await api.get("/v1/areas/at", **world.place(15, 15))).json()["id"] == str(world.grid.id)
        await self.change(world, "UPDATE area SET closed_at = clock_timestamp() WHERE id = $1", world.grid.id)
        response = await api.get("/v1/areas/at", **world.place(15, 15))
        assert problem(response) == (422, "location-in-no-grid")
        assert set(response.json()["facts"]) == {str(world.other_grid.id)}
        put = await api.put(path(world.grid.id), world.administrator, form(world.rectangle(10, 10, 20, 20)))
        assert problem(put) == (409, "area-closed")

    async def test_renamed_ones_are_called_by_their_new_name(self, api: ApiClient, world: World):
        await world.draw_all()
        await api.get("/v1/areas/at", **world.place(15, 15))
        await self.change(world, "UPDATE area SET name = '新网格' WHERE id = $1", world.grid.id)
        response = await api.get("/v1/areas/at", **world.place(20, 15))
        assert response.json()["facts"][str(world.grid.id)] == f"{world.community.name}新网格"

    async def change(self, world: World, statement: str, area_id: UUID) -> None:
        """Change an area; the application was told to hurry when it was drawn."""
        async with world.database.transaction() as connection:
            await connection.execute(statement, area_id)


class TestPostingByAPoint:
    async def post(self, world: World, **where: Any) -> httpx.Response:
        form = {"category": "lighting", "title": "路灯坏了", "body": "三天没亮了。"}
        return await world.api.post("/v1/complaints", await world.person(), form | where)

    async def test_goes_to_its_grid(self, world: World):
        await world.draw_all()
        posted = await self.post(world, location=world.place(25, 15))
        assert posted.status_code == 201
        assert posted.json()["area"]["id"] == str(world.other_grid.id)

    async def test_the_grid_that_was_chosen_decides(self, world: World):
        await world.draw_all()
        for place in ((25, 15), (20, 15), (35, 35), (-9, 15)):
            posted = await self.post(world, location=world.place(*place), area_id=str(world.grid.id))
            assert posted.json()["area"]["id"] == str(world.grid.id), place

    async def test_that_tells_no_grid(self, world: World):
        await world.draw_all()
        for place, expected in (
            ((20, 15), "location-on-border"),
            ((35, 35), "location-in-no-grid"),
            ((-9, 15), "location-outside"),
        ):
            assert problem(await self.post(world, location=world.place(*place))) == (422, expected)

    async def test_without_one(self, world: World):
        assert problem(await self.post(world)) == INVALID


class TestOtherProcesses:
    async def test_hear_of_it_within_seconds(self, settings: Settings, world: World):
        async with running_app(settings) as (_, other):
            assert problem(await other.get("/v1/areas/at", **world.place(15, 15))) == (422, "location-outside")
            await world.draw_all()
            await asyncio.sleep(places.CHECK_EVERY_S)
            assert (await other.get("/v1/areas/at", **world.place(15, 15))).json()["id"] == str(world.grid.id)

    async def test_many_at_once_read_the_map_once(self, settings: Settings, world: World):
        await world.draw_all()
        async with running_app(settings) as (app, other):
            asked = await asyncio.gather(*[other.get("/v1/areas/at", **world.place(15, 15)) for _ in range(20)])
            assert {response.json()["id"] for response in asked} == {str(world.grid.id)}
            index = app.state.places
            before = index._map
            await other.get("/v1/areas/at", **world.place(15, 15))
            assert index._map is before
