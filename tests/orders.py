"""Making orders, and whoever has to do them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.clock import now
from app.domain.caller import Role
from app.models import Area
from tests.factories import World
from tests.people import Person

FORM: dict[str, Any] = {"title": "楼道堆物清理", "body": "本周内清理楼道堆物，问题拍照上报。"}


def order_form(world: World, *areas: Area, **changes: Any) -> dict[str, Any]:
    """Return what staff of the district order, of the communities unless areas are named."""
    named = {"area_ids": [str(area.id) for area in areas]} if areas else {}
    due_at = (now() + timedelta(days=7)).isoformat()
    return FORM | {"area_id": str(world.district.id), "due_at": due_at} | named | changes


async def order(world: World, *areas: Area, **changes: Any) -> UUID:
    """Have staff of the district order something; return the order's id."""
    response = await world.api.post("/v1/orders", world.staff, order_form(world, *areas, **changes))
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def part_of(world: World, order_id: UUID, area: Area) -> UUID:
    """Return the part of an area in an order."""
    query = "SELECT id FROM order_part WHERE order_id = $1 AND area_id = $2"
    found: UUID = await world.database.reads.fetchval(query, order_id, area.id)
    return found


async def worker(world: World) -> Person:
    """Make somebody who is staff of the community."""
    return await world.holder(Role.STAFF, world.community)


async def step(world: World, person: Person, part_id: UUID, action: str, form: dict[str, Any] | None = None) -> Any:
    """Have somebody take a part on; return what it is then."""
    response = await world.api.post(f"/v1/order-parts/{part_id}/{action}", person, form)
    assert response.status_code == 200, response.text
    return response.json()


async def confirmed(world: World, person: Person) -> UUID:
    """Order something of the community and have its staff confirm it; return the part."""
    part_id = await part_of(world, await order(world, world.community), world.community)
    await step(world, person, part_id, "confirm")
    return part_id


async def reported(world: World, person: Person) -> UUID:
    """Have them report it."""
    part_id = await confirmed(world, person)
    await step(world, person, part_id, "report", {"report": "清理完毕，共12处。"})
    return part_id
