"""Speaking Open311 as other cities' systems do."""

from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import httpx

from app.domain.errors import CATALOGUE
from app.domain.geometry import wgs84_from_gcj02
from tests.factories import World

ROOT = "/open311/v2"
DESCRIPTION = "路口的井盖松动，车一过就响。\n晚上很危险，我的电话13812345678。"
MASKED = "路口的井盖松动，车一过就响。\n晚上很危险，我的电话***********。"
REQUEST_FIELDS = {
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
    *("address", "address_id", "zipcode", "lat", "long", "media_url"),
}


async def get(world: World, path: str, **params: Any) -> httpx.Response:
    return await world.api.client.get(f"{ROOT}/{path}", params=params)


async def post(
    world: World, fields: dict[str, Any], *, ending: str = "json", headers: dict[str, str] | None = None
) -> httpx.Response:
    return await world.api.client.post(f"{ROOT}/requests.{ending}", data=fields, headers=headers)


async def make_key(world: World) -> str:
    form = {"area_id": str(world.district.id), "name": "随手拍平台"}
    response = await world.api.post("/v1/api-keys", world.administrator, form)
    return str(response.json()["key"])


def spot(world: World, east: float = 15, north: float = 15) -> dict[str, float]:
    """Return a place of the world as GPS tells it."""
    longitude, latitude = wgs84_from_gcj02(*world.place(east, north).values())
    return {"lat": latitude, "long": longitude}


async def filled(world: World, **changes: Any) -> dict[str, Any]:
    """Return what a client posts, with a key of its own, on a map that is drawn."""
    await world.draw_all()
    fields = {"api_key": await make_key(world), "service_code": "roads", "description": DESCRIPTION, **spot(world)}
    return fields | changes


async def row_of(world: World, number: str) -> dict[str, Any]:
    row = await world.database.reads.fetchrow("SELECT * FROM complaint WHERE number = $1", int(number))
    assert row is not None
    return dict(row)


def number_in(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    [told] = response.json()
    return str(told["service_request_id"])


async def number_of(world: World, complaint_id: UUID) -> str:
    return str(await world.database.reads.fetchval("SELECT number FROM complaint WHERE id = $1", complaint_id))


def read_xml(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314 - our own answer


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal, and hold it against the form that the standard gives errors."""
    if response.headers["content-type"] == "text/xml; charset=utf-8":
        root = read_xml(response.content)
        assert (root.tag, {error.tag for error in root}) == ("errors", {"error"})
        errors = [{part.tag: part.text or "" for part in error} for error in root]
    else:
        assert response.headers["content-type"] == "application/json; charset=utf-8", response.text[:200]
        errors = response.json()
    for error in errors:
        assert set(error) == {"code", "description"}
        assert CATALOGUE[error["code"]].detail[:-1] in error["description"]
    return response.status_code, errors[0]["code"]
