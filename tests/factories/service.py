"""Wishes, claims and what they earn."""

from uuid import UUID

from app.core.db import insert
from app.core.ids import new_id
from app.domain.kinds import WishCategory
from app.domain.lifecycle import Party
from app.domain.lifecycles import WISH
from app.models import Area, Wish
from app.services import transitions, wishes
from app.services.transitions import Mover
from tests.factories.ground import Ground
from tests.people import Person

REWARD_POINTS = 10


class Service(Ground):
    """A district in which people help each other."""

    async def wish(
        self, author: Person, status: str = "published", *, area: Area | None = None, title: str = "想换个灯泡"
    ) -> UUID:
        """Make a wish that stands in ``checking``, ``reviewing`` or, with its open task, ``published``."""
        area = area or self.grid
        wish = Wish(
            id=new_id(),
            author_id=author.id,
            area_id=area.id,
            category=WishCategory.ELDERLY,
            title=title,
            body="厨房的灯坏了，请帮忙。",
        )
        async with self.database.transaction() as connection:
            await insert(connection, wish)
            await transitions.log_creation(connection, WISH, wish.id, Mover(Party.AUTHOR, author.id))
            if status != "checking":
                await transitions.move(connection, WISH, wish.id, "pass_check", transitions.SYSTEM)
            if status == "published":
                mover = Mover(Party.STAFF, self.staff.id)
                await wishes.publish(connection, wish.id, "approve", mover, REWARD_POINTS)
        return wish.id

    async def task_of(self, wish_id: UUID) -> UUID:
        """Return the task that a published wish opened."""
        found = await self.database.reads.fetchval("SELECT id FROM task WHERE wish_id = $1", wish_id)
        return UUID(str(found))

    async def claim(self, helper: Person, wish_id: UUID) -> UUID:
        """Have a helper claim a published wish through the API; return the claim's id."""
        response = await self.api.post(f"/v1/tasks/{await self.task_of(wish_id)}/claims", helper)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def take_seat(self, helper: Person, task_id: UUID, *, note: str | None = None) -> UUID:
        """Have a helper claim a task and, with a note, deliver; return the claim's id."""
        response = await self.api.post(f"/v1/tasks/{task_id}/claims", helper)
        assert response.status_code == 201, response.text
        claim_id = UUID(response.json()["id"])
        if note is not None:
            response = await self.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": note})
            assert response.status_code == 200, response.text
        return claim_id

    async def place_in_line(self, task_id: UUID, helper: Person) -> UUID:
        """Have a helper wait for a seat of a full task; return the id of the place."""
        response = await self.api.post(f"/v1/tasks/{task_id}/waiters", helper)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def delivered(self, author: Person, helper: Person, *, minutes: int | None = None) -> tuple[UUID, UUID]:
        """Make a wish that a helper has delivered; return the wish's and the claim's id."""
        wish_id = await self.wish(author)
        claim_id = await self.claim(helper, wish_id)
        form = {"note": "换好了。"} | ({"minutes": minutes} if minutes else {})
        response = await self.api.post(f"/v1/claims/{claim_id}/submit", helper, form)
        assert response.status_code == 200, response.text
        return wish_id, claim_id

    async def verified(self, author: Person, helper: Person) -> UUID:
        """Make a service that staff have verified; return the claim's id."""
        _, claim_id = await self.delivered(author, helper)
        response = await self.api.post(f"/v1/claims/{claim_id}/verify", self.staff)
        assert response.status_code == 200, response.text
        return claim_id

    async def confirmed(self, helper: Person, *, minutes: int | None = None) -> UUID:
        """Have a helper fulfil somebody's wish, who confirms it; return the claim's id."""
        author = await self.person()
        wish_id, claim_id = await self.delivered(author, helper, minutes=minutes)
        response = await self.api.post(f"/v1/wishes/{wish_id}/confirm", author, {"rating": 5})
        assert response.status_code == 200, response.text
        return claim_id

    async def adjustment(self, holder: Person, points: int = 5, *, proposer: Person | None = None) -> UUID:
        """Have staff propose to move a holder's points; return the adjustment's id."""
        form = {
            "user_id": str(holder.id),
            "area_id": str(self.grid.id),
            "points": points,
            "reason": "补记上月漏记的服务。",
            "document": "服务台账第3页",
        }
        response = await self.api.post("/v1/adjustments", proposer or self.staff, form)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])
