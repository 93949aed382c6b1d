"""Pledges of a world's grid, through the API: tasks for groups, teams with people, and seats that they take."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.clock import now
from tests.factories import World
from tests.people import Person


async def open_task(world: World, **changes: object) -> str:
    """Have staff post an activity of the grid and open it; return its id."""
    form = {"area_id": str(world.grid.id), "kind": "activity", "title": "周六清理楼道", "seats": 5} | changes
    posted = await world.api.post("/v1/tasks", world.staff, form)
    assert posted.status_code == 201, posted.text
    task_id = str(posted.json()["id"])
    opened = await world.api.post(f"/v1/tasks/{task_id}/open", world.administrator)
    assert opened.status_code == 200, opened.text
    return task_id


def until(hours: float) -> str:
    return (now() + timedelta(hours=hours)).isoformat()


async def pledge(world: World, leader: Person, task_id: str, heads: int, **group: UUID) -> dict[str, Any]:
    """Have somebody take seats for a group (``team_id`` or ``branch_id``); return the pledge."""
    form = {"heads": heads} | {kind: str(group_id) for kind, group_id in group.items()}
    response = await world.api.post(f"/v1/tasks/{task_id}/pledges", leader, form)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def make_pledge(world: World, team_id: UUID | None = None, leader: Person | None = None) -> UUID:
    """Have a team hold three seats of a task, and its leader one of them."""
    leader = leader or await world.helper()
    team_id = team_id or await world.team(leader)
    made = await pledge(world, leader, await open_task(world), 3, team_id=team_id)
    claimed = await world.api.post(f"/v1/pledges/{made['id']}/claims", leader)
    assert claimed.status_code == 201, claimed.text
    return UUID(made["id"])


async def call_alliance(world: World, alliance_id: UUID, task_id: str | None = None, **form: object) -> UUID:
    """Have staff call an alliance to a task; return the call's id."""
    path = f"/v1/tasks/{task_id or await open_task(world)}/calls"
    response = await world.api.post(path, world.staff, {"alliance_id": str(alliance_id)} | form)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])
