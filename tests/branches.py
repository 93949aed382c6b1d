"""Branches of a world's grid, through the API: founded, joined, led."""

from datetime import date
from typing import Any
from uuid import UUID

from app.models import Area
from tests.factories import World
from tests.people import Person

REASON = {"reason": "工作需要。"}


async def make_branch(world: World, area: Area | None = None, *crowd: Person) -> UUID:
    """Have staff make the branch of a grid, which these people join."""
    form = {"area_id": str((area or world.grid).id), "name": "湖滨网格功能型党支部"}
    response = await world.api.post("/v1/branches", world.staff, form)
    assert response.status_code == 201, response.text
    branch_id = UUID(response.json()["id"])
    for person in crowd:
        await join(world, branch_id, person)
    return branch_id


async def join(world: World, branch_id: UUID, person: Person) -> UUID:
    """Have a member of the grid join; return the id of the place."""
    response = await world.api.post(f"/v1/branches/{branch_id}/members", person, {})
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def stand(world: World, branch_id: UUID, person: Person, status: str = "standing") -> UUID:
    """Have somebody in the branch stand for secretary, and be accepted if asked; return the candidacy's id."""
    response = await world.api.post(f"/v1/branches/{branch_id}/candidacies", person, {})
    assert response.status_code == 201, response.text
    candidacy_id = UUID(response.json()["id"])
    if status == "accepted":
        response = await world.api.post(f"/v1/branch-candidacies/{candidacy_id}/accept", world.staff)
        assert response.status_code == 200, response.text
    return candidacy_id


async def lead(world: World, branch_id: UUID, person: Person, *, due_on: date | None = None) -> UUID:
    """Let somebody in the branch be its secretary, until a day that may be over; return the candidacy's id."""
    candidacy_id = await stand(world, branch_id, person, "accepted")
    response = await world.api.post(
        f"/v1/branches/{branch_id}/hand-over", world.staff, {"candidacy_id": str(candidacy_id)}
    )
    assert response.status_code == 200, response.text
    if due_on is not None:
        statement = "UPDATE branch_term SET due_on = $2 WHERE candidacy_id = $1"
        await world.database.writes.execute(statement, candidacy_id, due_on)
    return candidacy_id


async def look(world: World, branch_id: UUID, person: Person | None) -> dict[str, Any]:
    """Return a branch as somebody sees it."""
    response = await world.api.get(f"/v1/branches/{branch_id}", person)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def inside(world: World, branch_id: UUID, status: str = "joined") -> list[dict[str, Any]]:
    """Return who is in a branch, or has left, as staff see it."""
    response = await world.api.get(f"/v1/branches/{branch_id}/members", world.staff, status=status)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


async def terms(world: World, branch_id: UUID) -> list[dict[str, Any]]:
    """Return who was secretary when, newest first."""
    response = await world.api.get(f"/v1/branches/{branch_id}/terms", world.staff)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


async def member_of(world: World, person: Person) -> UUID:
    """Return the id of somebody's membership."""
    statement = "SELECT m.id FROM member m JOIN person p ON p.id = m.person_id WHERE p.user_id = $1"
    return UUID(str(await world.database.reads.fetchval(statement, person.id)))
