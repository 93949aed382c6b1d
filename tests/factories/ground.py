"""A district, the people in it, and where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self
from uuid import UUID, uuid4

from app.core.db import Database, insert
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.caller import Role
from app.domain.kinds import AreaKind, UnitKind
from app.models import Area, Grant, Unit
from app.wechat.simulator import openid_of
from tests.api_client import ApiClient
from tests.factories.forms import picture_file
from tests.factories.rows import (
    give_points,
    make_grant,
    make_member,
    make_user,
    new_area,
    put_user,
)
from tests.people import Person
from tests.random_words import letters
from tests.wechat.server import new_code

SITES = ((80 + n % 1_000 * 0.05, 20 + n // 1_000 * 0.05) for n in count())
"""Where worlds lie on the map: each at a place of its own."""


@dataclass
class Ground:
    """One district: a street, a community, two grids; an administrator, staff, alliance; a neighbouring district."""

    database: Database
    api: ApiClient
    settings: Settings
    district: Area
    community: Area
    grid: Area
    other_grid: Area
    neighbour: Area
    unit_id: UUID
    administrator: Person
    staff: Person
    alliance: Person
    site: tuple[float, float] = field(default_factory=lambda: next(SITES))

    @classmethod
    async def make(cls, database: Database, api: ApiClient, settings: Settings) -> Self:
        """Make a district that no other test sees."""
        district = new_area(None, AreaKind.DISTRICT)
        street = new_area(district, AreaKind.STREET)
        community = new_area(street, AreaKind.COMMUNITY)
        grid, other_grid, neighbour = new_area(community), new_area(community), new_area(None, AreaKind.DISTRICT)
        unit = Unit(id=new_id(), area_id=district.id, kind=UnitKind.GOVERNMENT, name=f"单位{letters(8)}")
        roles = (Role.ADMINISTRATOR, Role.STAFF, Role.ALLIANCE)
        async with database.transaction() as connection:  # one for all, since most tests begin with it
            for row in (district, street, community, grid, other_grid, neighbour, unit):
                await insert(connection, row)
            administrator, staff, alliance = people = [await put_user(connection, settings) for _ in roles]
            for role, person in zip(roles, people, strict=True):
                await insert(connection, Grant(id=new_id(), user_id=person.id, role=role, area_id=district.id))
        return cls(
            database=database,
            api=api,
            settings=settings,
            district=district,
            community=community,
            grid=grid,
            other_grid=other_grid,
            neighbour=neighbour,
            unit_id=unit.id,
            administrator=administrator,
            staff=staff,
            alliance=alliance,
        )

    def place(self, east: float, north: float) -> dict[str, Any]:
        """Return the place so many thousandths of a degree from where the world lies."""
        return {
            "longitude": round(self.site[0] + east / 1_000, 6),
            "latitude": round(self.site[1] + north / 1_000, 6),
        }

    def rectangle(self, west: float, south: float, east: float, north: float) -> dict[str, Any]:
        """Return a shape, its sides in thousandths of a degree from where the world lies."""
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        return {"type": "Polygon", "coordinates": [[[*self.place(*corner).values()] for corner in corners]]}

    async def draw(self, area: Area, shape: dict[str, Any]) -> None:
        """Have the administrator say where an area lies."""
        form = {"coordinates": "gcj02", "shape": shape, "accept_warnings": True}
        response = await self.api.put(f"/v1/areas/{area.id}/shape", self.administrator, form)
        assert response.status_code == 200, response.text

    async def draw_all(self) -> None:
        """Draw the district, and in the middle of it the two grids side by side, all else being water.

        In thousandths of a degree, some hundred metres: the district from 0 to 40 each way, the grids from 10 to 20 and
        from 20 to 30 eastwards, from 10 to 20 northwards.
        """
        await self.draw(self.district, self.rectangle(0, 0, 40, 40))
        await self.draw(self.grid, self.rectangle(10, 10, 20, 20))
        await self.draw(self.other_grid, self.rectangle(20, 10, 30, 20))

    async def person(self) -> Person:
        """Make somebody who is nothing in particular."""
        return await make_user(self.database, self.settings)

    async def visitor(self) -> Person:
        """Make somebody by logging them in, so that WeChat has seen them and checks their texts."""
        name = f"访客{letters(8)}"
        response = await self.api.request("POST", "/v1/auth/wechat", json={"code": new_code(name)})
        assert response.status_code == 200, response.text
        user_id = UUID(response.json()["me"]["id"])
        return Person(user_id, openid_of(self.settings.wechat_appid, name), response.json()["token"])

    async def holder(self, role: Role, area: Area) -> Person:
        """Make somebody with a role."""
        person = await self.person()
        await make_grant(self.database, person, area, role)
        return person

    async def helper(self, *, points: int = 0) -> Person:
        """Make an approved member, with points if asked."""
        person = await self.person()
        await make_member(self.database, person, self.grid, self.unit_id)
        if points:
            await give_points(self.database, person, points)
        return person

    async def helpers(self, count: int) -> Sequence[Person]:
        """Make many approved members."""
        return [await self.helper() for _ in range(count)]

    async def policy(self, area: Area, **fields: object) -> dict[str, Any]:
        """Give an area a new version of its points policy; return it."""
        response = await self.api.post("/v1/policies", self.administrator, {"area_id": str(area.id), **fields})
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def api_key(self) -> UUID:
        """Make a key for another system; return its id."""
        form = {"area_id": str(self.district.id), "name": "随手拍平台"}
        response = await self.api.post("/v1/api-keys", self.administrator, form)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def picture(self, owner: Person, content: bytes | None = None) -> UUID:
        """Have somebody upload a picture; return its id."""
        files = {"file": ("照片", content or picture_file())}
        response = await self.api.request("POST", "/v1/media", owner, key=uuid4().hex, files=files)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def upload(self, kind: str, content: bytes) -> UUID:
        """Have the administrator upload a csv file for the district; return the import's id."""
        path = f"/v1/imports?kind={kind}&area_id={self.district.id}"
        files = {"file": ("表格.csv", content)}
        response = await self.api.request("POST", path, self.administrator, key=uuid4().hex, files=files)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])
