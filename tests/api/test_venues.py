"""Venues: who keeps them, where and when they are open, and that nobody reads in whose home a contact point is."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from app.core import clock
from app.core.db import Database
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from tests.api.scene import problem
from tests.api.test_areas import close
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import CONTACT_POINT, VENUE_FORM, World, make_area
from tests.people import Person

HIDDEN = ("湖滨路12号", "二楼办事，一楼休息。", "address", "location", "note", "telephone")
"""What the public does not read of a contact point."""
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=clock.SHANGHAI)


def form(world: World, **changes: object) -> dict[str, Any]:
    return {**VENUE_FORM, "area_id": str(world.grid.id), **changes}


async def near(world: World, person: Person | None = None, east: float = 15, **more: Any) -> list[dict[str, Any]]:
    """Return the world's own venues around a place of it: the next world lies five kilometres away."""
    place = world.place(east, 15)
    items = (await world.api.get("/v1/venues/near", person, **{"limit": 50, **place, **more})).json()["items"]
    return [dict(item) for item in items if item["area"]["id"] == str(world.grid.id)]


class TestAdd:
    async def test_staff_put_one_up(self, api: ApiClient, world: World, database: Database):
        response = await api.post("/v1/venues", world.staff, form(world))
        assert response.status_code == 201
        venue = response.json()
        assert venue == {
            **VENUE_FORM,
            "id": venue["id"],
            "area": {"id": str(world.grid.id), "name": world.grid.name},
            "is_open_now": venue["is_open_now"],
            "closed_at": None,
            "created_at": venue["created_at"],
            "actions": ["edit", "close"],
        }
        event = await database.reads.fetchrow("SELECT * FROM event WHERE subject_id = $1", venue["id"])
        assert event is not None
        assert (event["subject_kind"], event["action"], event["party"], event["facts"]) == (
            "venue",
            "create",
            "staff",
            None,
        )

    async def test_little_has_to_be_said(self, api: ApiClient, world: World):
        short = {"area_id": str(world.district.id), "kind": "party_station", "name": "红色驿站"}
        venue = (await api.post("/v1/venues", world.administrator, short)).json()
        told = ("vicinity", "address", "location", "telephone", "is_open_now", "note")
        assert [venue[name] for name in told] == [None] * 6
        assert venue["opening_hours"] == []

    async def test_staff_of_the_area_alone(self, api: ApiClient, world: World):
        below = await world.holder(Role.STAFF, world.other_grid)
        for person in (world.alliance, await world.person(), below):
            assert problem(await api.post("/v1/venues", person, form(world))) == (403, "not-allowed")
        nowhere = form(world, area_id=str(uuid4()))
        assert problem(await api.post("/v1/venues", world.staff, nowhere)) == (422, "area-unknown")

    async def test_not_in_a_closed_area(self, api: ApiClient, world: World):
        await close(world.database, world.grid.id)
        assert problem(await api.post("/v1/venues", world.staff, form(world))) == (409, "area-closed")

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": "pub"},
            {"name": "长" * 31},
            {"vicinity": "找小王13812345678"},
            {"note": "联系电话0533-6181234"},
            {"address": "身份证370306199001011234"},
            {"location": {"longitude": 181, "latitude": 36}},
            {"location": {"longitude": 117.8}},
            {"location": {"longitude": "NaN", "latitude": 36}},
            {"telephone": "13812345678"},
            {"telephone": "12345678901234567890"},
            {"telephone": "+86 533 6181234"},
            {"opening_hours": [{"weekdays": [1], "from": "09:00", "to": "09:00"}]},
            {"opening_hours": [{"weekdays": [1], "from": "24:00", "to": "09:00"}]},
            {"opening_hours": [{"weekdays": [1, 1], "from": "09:00", "to": "10:00"}]},
            {"opening_hours": [{"weekdays": [8], "from": "09:00", "to": "10:00"}]},
            {"opening_hours": [{"weekdays": [1], "from": "09:00", "to": "10:00"}] * 15},
        ],
    )
    async def test_what_makes_no_sense(self, api: ApiClient, world: World, changes: dict[str, Any]):
        assert problem(await api.post("/v1/venues", world.staff, form(world, **changes))) == (422, "invalid-payload")

    @pytest.mark.parametrize("telephone", ["0533-6181234", "01065123456", "6181234", "400-123-4567", "12345-3", "110"])
    async def test_telephones_of_offices(self, api: ApiClient, world: World, telephone: str):
        assert (await api.post("/v1/venues", world.staff, form(world, telephone=telephone))).status_code == 201


class TestEdit:
    async def test_everything_anew(self, api: ApiClient, world: World, database: Database):
        venue = await world.venue()
        response = await api.put(f"/v1/venues/{venue}", world.staff, {"kind": "other", "name": "小屋"})
        assert response.status_code == 200
        seen = response.json()
        assert (seen["kind"], seen["name"], seen["address"], seen["location"]) == ("other", "小屋", None, None)
        assert seen["opening_hours"] == []
        actions = "SELECT action FROM event WHERE subject_id = $1 ORDER BY id"
        assert [row["action"] for row in await database.reads.fetch(actions, venue)] == ["create", "edit"]

    async def test_staff_of_the_area_alone(self, api: ApiClient, world: World):
        venue = await world.venue()
        for person in (world.alliance, await world.person(), await world.holder(Role.STAFF, world.other_grid)):
            assert problem(await api.put(f"/v1/venues/{venue}", person, VENUE_FORM)) == (403, "not-allowed")


class TestClose:
    async def test_for_good(self, api: ApiClient, world: World):
        venue = await world.venue(opening_hours=[{"weekdays": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}])
        assert (await api.get(f"/v1/venues/{venue}")).json()["is_open_now"] is True
        response = await api.post(f"/v1/venues/{venue}/close", world.staff)
        assert (response.status_code, response.json()["actions"]) == (200, [])
        seen = (await api.get(f"/v1/venues/{venue}")).json()
        assert seen["is_open_now"] is False
        assert seen["closed_at"] is not None
        assert (await api.get("/v1/venues", area_id=world.district.id)).json()["items"] == []
        assert await near(world) == []
        for refused in (
            await api.post(f"/v1/venues/{venue}/close", world.staff),
            await api.put(f"/v1/venues/{venue}", world.staff, VENUE_FORM),
        ):
            assert problem(refused) == (409, "state-conflict")

    async def test_staff_of_the_area_alone(self, api: ApiClient, world: World):
        venue = await world.venue()
        for person in (world.alliance, await world.person()):
            assert problem(await api.post(f"/v1/venues/{venue}/close", person)) == (403, "not-allowed")


class TestList:
    async def test_of_an_area_and_below(self, api: ApiClient, world: World):
        made = [str(await world.venue(area=area)) for area in (world.grid, world.other_grid, world.community)]
        for area, expected in ((world.district, made), (world.community, made), (world.grid, made[:1])):
            items = await all_pages(api, "/v1/venues", world.staff, area_id=area.id)
            assert [item["id"] for item in items] == expected[::-1]
        assert (await api.get("/v1/venues", area_id=world.neighbour.id)).json()["items"] == []

    async def test_of_one_kind(self, api: ApiClient, world: World):
        made = {kind: str(await world.venue(kind=kind)) for kind in ("party_station", "other")}
        for kind, venue in made.items():
            [item] = (await api.get("/v1/venues", area_id=world.grid.id, kind=kind)).json()["items"]
            assert item["id"] == venue

    async def test_what_one_may_do(self, api: ApiClient, world: World):
        await world.venue()
        for person, actions in ((world.staff, ["edit", "close"]), (world.alliance, []), (None, [])):
            [item] = (await api.get("/v1/venues", person, area_id=world.grid.id)).json()["items"]
            assert item["actions"] == actions

    async def test_whether_it_is_open(self, api: ApiClient, world: World):
        overnight = {"weekdays": [7], "from": "22:00", "to": "12:01"}
        for hours in (VENUE_FORM["opening_hours"], [overnight], [{**overnight, "to": "12:00"}], []):
            await world.venue(opening_hours=hours)
        with clock.at(MONDAY_NOON):
            items = (await api.get("/v1/venues", area_id=world.grid.id)).json()["items"]
        assert [item["is_open_now"] for item in items] == [None, False, True, True]


class TestNear:
    async def test_the_nearest_first(self, world: World):
        """A thousandth of a degree is 111 metres northwards, and eastwards less the farther north one is."""
        far, nearest, beyond = [await world.venue(location=world.place(east, 15)) for east in (35, 16, 75)]
        seen = await near(world)
        assert [item["id"] for item in seen] == [str(nearest), str(far)]
        assert [round(item["distance_m"], -1) for item in seen] == [100, 2090]
        assert str(beyond) in {item["id"] for item in await near(world, east=70)}
        assert [item["id"] for item in await near(world, limit=1)] == [str(nearest)]

    async def test_the_distance_is_a_circle(self, world: World):
        """The corner of the square is farther than five kilometres."""
        venue = await world.venue(location=world.place(15 + 46, 15))
        assert [item["id"] for item in await near(world)] == [str(venue)]
        corner = world.place(15, 15 + 40)
        assert await near(world, **corner) == []

    async def test_of_one_kind(self, world: World):
        station = await world.venue(kind="party_station")
        await world.venue()
        assert [item["id"] for item in await near(world, kind="party_station")] == [str(station)]

    async def test_a_venue_without_a_point_is_nowhere(self, world: World):
        await world.venue(location=None)
        assert await near(world) == []

    @pytest.mark.parametrize(("longitude", "latitude"), [(0, 90), (180, -90), (-180, 0), (117.5, 36.8)])
    async def test_at_the_ends_of_the_world(self, api: ApiClient, longitude: float, latitude: float):
        response = await api.get("/v1/venues/near", longitude=longitude, latitude=latitude)
        assert response.status_code == 200


class TestContactPoint:
    @pytest.fixture
    async def home(self, world: World) -> str:
        return str(await world.venue(**CONTACT_POINT))

    async def test_the_public_reads_about_where(self, api: ApiClient, world: World, home: str):
        strangers = (None, await world.person(), world.alliance, await world.holder(Role.STAFF, world.other_grid))
        for person in strangers:
            seen = (await api.get(f"/v1/venues/{home}", person)).json()
            listed = (await api.get("/v1/venues", person, area_id=world.grid.id)).json()["items"]
            assert listed == [seen]
            assert (seen["name"], seen["vicinity"]) == ("第三网格中心户", "公园东门旁")
            assert not any(word in str(seen) for word in HIDDEN)

    async def test_nobody_finds_it_by_distance(self, world: World, home: str):
        for person in (None, world.alliance, await world.holder(Role.STAFF, world.other_grid)):
            assert await near(world, person) == []
            assert await near(world, person, kind="contact_point") == []
        assert [item["id"] for item in await near(world, world.staff)] == [home]

    async def test_staff_read_all(self, api: ApiClient, world: World, home: str):
        seen = (await api.get(f"/v1/venues/{home}", await world.holder(Role.STAFF, world.grid))).json()
        assert (seen["address"], seen["note"]) == ("湖滨路12号", "二楼办事，一楼休息。")
        assert seen["location"] == pytest.approx(world.place(15, 15))

    async def test_a_form_that_tells_whose_home_it_is(self, api: ApiClient, world: World):
        building = await make_area(world.database, world.grid, AreaKind.POST, name="3号楼")
        wrong: dict[str, dict[str, Any]] = {
            "body.name": {"name": "3号楼中心户"},
            "body.vicinity": {"vicinity": "湖滨路12号"},
            "body.telephone": {"telephone": "0533-6181234"},
            "body.kind": {"area_id": str(building.id)},
        }
        for field, changes in wrong.items():
            sent = form(world, **{**CONTACT_POINT, **changes})
            refused = await api.post("/v1/venues", world.staff, sent)
            assert problem(refused) == (422, "home-exposed")
            assert [item["field"] for item in refused.json()["fields"]] == [field]

    async def test_what_becomes_one_must_not_tell_either(self, api: ApiClient, world: World):
        building = await make_area(world.database, world.grid, AreaKind.POST)
        venue = await world.venue(area=building)
        changed = {**VENUE_FORM, **CONTACT_POINT}
        assert problem(await api.put(f"/v1/venues/{venue}", world.staff, changed)) == (422, "home-exposed")
        elsewhere = await world.venue()
        assert (await api.put(f"/v1/venues/{elsewhere}", world.staff, changed)).status_code == 200
        assert "address" not in (await api.get(f"/v1/venues/{elsewhere}")).json()
        refused = await api.put(f"/v1/venues/{elsewhere}", world.staff, VENUE_FORM | {"kind": "contact_point"})
        assert problem(refused) == (422, "home-exposed")
