"""Posts, teams, alliances, circles, and the places of a district."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.models import Area
from tests.factories.forms import (
    BUILDING_FORM,
    TEAM_FORM,
    VENUE_FORM,
)
from tests.factories.ground import Ground
from tests.people import Person
from tests.random_words import letters


class Groups(Ground):
    """A district in which people have duties and come together."""

    async def post(
        self,
        area: Area | None = None,
        *,
        role: str | None = None,
        queues: Sequence[str] = (),
        holder: Person | None = None,
        name: str | None = None,
    ) -> UUID:
        """Have the administrator make a post, and put somebody there if asked."""
        form = {
            "area_id": str((area or self.grid).id),
            "name": name or f"岗位{letters(8)}",
            "duty": "每天走一遍网格，记下看到的问题。",
            "queues": list(queues),
            "role": role,
        }
        response = await self.api.post("/v1/posts", self.administrator, form)
        assert response.status_code == 201, response.text
        post_id = UUID(response.json()["id"])
        if holder is not None:
            await self.appoint(post_id, holder)
        return post_id

    async def appoint(self, post_id: UUID, holder: Person) -> None:
        """Have the administrator put a user on a post."""
        form = {"user_id": str(holder.id)}
        response = await self.api.post(f"/v1/posts/{post_id}/appoint", self.administrator, form)
        assert response.status_code == 200, response.text

    async def team(self, leader: Person, *, status: str = "approved") -> UUID:
        """Have a helper found a team in the grid, approved if asked."""
        form = TEAM_FORM | {"area_id": str(self.grid.id), "name": f"队伍{letters(8)}"}
        response = await self.api.post("/v1/teams", leader, form)
        assert response.status_code == 201, response.text
        team_id = UUID(response.json()["id"])
        if status == "approved":
            response = await self.api.post(f"/v1/teams/{team_id}/approve", self.staff)
            assert response.status_code == 200, response.text
        return team_id

    async def place_in_team(self, team_id: UUID, helper: Person, *, status: str = "joined") -> UUID:
        """Have a helper ask to be in a team, and be let in if asked; return the id of the place."""
        response = await self.api.post(f"/v1/teams/{team_id}/members", helper)
        assert response.status_code == 201, response.text
        place_id = UUID(response.json()["id"])
        if status == "joined":
            response = await self.api.post(f"/v1/teams/members/{place_id}/admit", self.staff)
            assert response.status_code == 200, response.text
        return place_id

    async def alliance_of(self, *team_ids: UUID) -> UUID:
        """Have staff make an alliance of teams."""
        form = {"area_id": str(self.community.id), "name": f"同盟{letters(8)}"}
        made = await self.api.post("/v1/alliances", self.staff, form)
        assert made.status_code == 201, made.text
        teams = {"team_ids": [str(team_id) for team_id in team_ids]}
        filled = await self.api.put(f"/v1/alliances/{made.json()['id']}/teams", self.staff, teams)
        assert filled.status_code == 200, filled.text
        return UUID(made.json()["id"])

    async def strength_rule(self, area: Area, **fields: object) -> dict[str, Any]:
        """Say how many people the grids of an area must have; return the rule."""
        response = await self.api.post("/v1/strength-rules", self.administrator, {"area_id": str(area.id), **fields})
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def building(self, grid: Area | None = None, **changes: Any) -> UUID:
        """Have staff put a building on the list of a grid; return its id."""
        path = f"/v1/areas/{(grid or self.grid).id}/buildings"
        response = await self.api.post(path, self.staff, BUILDING_FORM | changes)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def venue(self, *, area: Area | None = None, **changes: object) -> UUID:
        """Have staff put a venue into an area, a service centre unless told otherwise; return its id."""
        form = {**VENUE_FORM, "location": self.place(15, 15), "area_id": str((area or self.grid).id), **changes}
        response = await self.api.post("/v1/venues", self.staff, form)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def circle(self, *grids: Area, area: Area | None = None, name: str = "") -> UUID:
        """Have the alliance make a circle over grids; return its id."""
        form = {"area_id": str((area or self.district).id), "name": name or f"商圈{letters(8)}"}
        response = await self.api.post("/v1/circles", self.alliance, form)
        assert response.status_code == 201, response.text
        circle_id = UUID(response.json()["id"])
        if grids:
            laid = {"grid_ids": [str(grid.id) for grid in grids]}
            response = await self.api.put(f"/v1/circles/{circle_id}/grids", self.alliance, laid)
            assert response.status_code == 200, response.text
        return circle_id
