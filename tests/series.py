"""Series of tasks, for tests."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core.clock import today
from app.domain.caller import Role
from tests.factories import World, make_grant
from tests.people import Person


def series_form(world: World, **changes: object) -> dict[str, Any]:
    """Return what staff send to post four patrols of the grid, from tomorrow on."""
    return {
        "area_id": str(world.grid.id),
        "kind": "patrol",
        "title": "晚间巡逻",
        "seats": 3,
        "from": after(1).isoformat(),
        "rule": "FREQ=DAILY;COUNT=4",
        "starts": "19:30",
        "length_minutes": 60,
    } | changes


def edit_form(world: World, **changes: object) -> dict[str, Any]:
    """Return what staff send to change the series."""
    form = series_form(world, **changes)
    return {name: value for name, value in form.items() if name not in {"area_id", "kind"}}


def after(days: int) -> date:
    """Return the day so many days from today."""
    return today() + timedelta(days=days)


async def make_series(world: World, worker: Person | None = None, **changes: Any) -> dict[str, Any]:
    """Post a series as staff whom WeChat does not know, so that it stays a draft for people, unless told otherwise."""
    response = await world.api.post("/v1/task-series", worker or world.staff, series_form(world, **changes))
    assert response.status_code == 201, response.text
    return dict(response.json())


async def open_series(world: World, **changes: Any) -> str:
    """Post a series and open it; return its path."""
    path = f"/v1/task-series/{(await make_series(world, **changes))['id']}"
    response = await world.api.post(f"{path}/open", world.administrator)
    assert response.status_code == 200, response.text
    return path


async def tasks_of(world: World, path: str) -> dict[date, dict[str, Any]]:
    """Return the next tasks of a series by their days."""
    body = (await world.api.get(path, world.staff)).json()
    return {date.fromisoformat(task["occurrence"]): task for task in body["tasks"]}


async def worker_of(world: World) -> Person:
    """Return somebody of the staff whom WeChat knows, so that their words are checked."""
    worker = await world.visitor()
    await make_grant(world.database, worker, world.grid, Role.STAFF)
    return worker


def id_of(path: str) -> UUID:
    """Return the id at the end of a path."""
    return UUID(path.rpartition("/")[2])
