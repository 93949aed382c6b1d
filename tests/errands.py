"""Errands, for tests."""

from typing import Any
from uuid import UUID

from app.domain.lifecycles import ERRAND
from app.domain.texts import ERRAND_CONSENT_VERSION
from app.services import transitions
from tests.factories import World
from tests.people import Person

RESIDENT = {"name": "欧阳桂兰", "phone": "13712345678", "address": "3号楼2单元401"}
THINGS = ["身份证", "医保卡"]


def errand_form(world: World, **changes: object) -> dict[str, Any]:
    """Return what a resident of the grid sends to ask for an errand."""
    return {
        "area_id": str(world.grid.id),
        "category": "benefits",
        "title": "代办高龄补贴",
        "body": "腿脚不便，请帮忙到街道办理高龄补贴。",
        "consent": {"agreed": True, "version": ERRAND_CONSENT_VERSION},
        "resident": RESIDENT,
    } | changes


def paper_form(world: World, **changes: object) -> dict[str, Any]:
    """Return what staff send for somebody without the app."""
    paper = {"paper": {"kind": "signed", "note": "同意书存社区档案第3册。"}}
    return {name: value for name, value in errand_form(world).items() if name != "consent"} | paper | changes


async def make_errand(world: World, author: Person, **changes: object) -> UUID:
    """Ask for an errand and hold it for staff, as when WeChat cannot be asked; return its id."""
    form = errand_form(world) if "paper" not in changes else paper_form(world)
    response = await world.api.post("/v1/errands", author, form | changes)
    assert response.status_code == 201, response.text
    errand_id = UUID(response.json()["id"])
    async with world.database.transaction() as connection:
        await transitions.move(connection, ERRAND, errand_id, "hold_check", transitions.SYSTEM)
    return errand_id


async def open_errand(world: World, author: Person) -> tuple[UUID, UUID]:
    """Have staff approve somebody's errand; return its id and its task's."""
    errand_id = await make_errand(world, author)
    response = await world.api.post(f"/v1/errands/{errand_id}/approve", world.staff)
    assert response.status_code == 200, response.text
    return errand_id, UUID(response.json()["task"]["id"])


async def code_of(world: World, person: Person, task_id: UUID) -> str:
    """Return the code that somebody shows."""
    response = await world.api.get(f"/v1/tasks/{task_id}/check-in-code", person)
    assert response.status_code == 200, response.text
    return str(response.json()["code"])
