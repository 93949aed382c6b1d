"""Monthly lists of tasks, for tests."""

from datetime import date
from typing import Any

from app.core.clock import today
from app.domain import months
from tests.factories import World
from tests.people import Person

ITEM: dict[str, Any] = {"title": "清理楼道杂物", "seats": 3, "minutes": 90}


def next_month() -> date:
    """Return the month after this one: a list of it is never over while a test runs."""
    return months.after(months.of(today()))


def list_form(world: World, month: date | None = None) -> dict[str, Any]:
    """Return what staff send to begin the list of the community."""
    return {"area_id": str(world.community.id), "month": months.write(month or next_month())}


async def make_list(world: World, month: date | None = None, worker: Person | None = None) -> str:
    """Begin a list; return its path."""
    response = await world.api.post("/v1/task-lists", worker or world.staff, list_form(world, month))
    assert response.status_code == 201, response.text
    return f"/v1/task-lists/{response.json()['id']}"


async def add_item(
    world: World, path: str, worker: Person | None = None, *, passed: bool = True, **changes: Any
) -> dict[str, Any]:
    """Add an item whose words a person lets pass, since WeChat does not know the staff, unless told otherwise."""
    response = await world.api.post(f"{path}/items", worker or world.staff, ITEM | changes)
    assert response.status_code == 201, response.text
    item: dict[str, Any] = response.json()
    if passed:
        response = await world.api.post(f"/v1/tasks/{item['id']}/open", world.administrator)
        assert response.status_code == 200, response.text
        item = response.json()
    return item


async def publish(world: World, path: str, **form: Any) -> dict[str, Any]:
    """Publish a list; return it."""
    response = await world.api.post(f"{path}/publish", world.staff, form)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def published(world: World, *items: dict[str, Any], month: date | None = None) -> tuple[str, list[str]]:
    """Publish a list with these items, or one; return its path and the ids of the tasks."""
    path = await make_list(world, month)
    made = [await add_item(world, path, **changes) for changes in items or ({},)]
    await publish(world, path)
    return path, [item["id"] for item in made]


async def items_of(world: World, path: str, person: Person | None = None) -> list[dict[str, Any]]:
    """Return the items that somebody sees, in their order."""
    response = await world.api.get(f"{path}/items", person)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])
