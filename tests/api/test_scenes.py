"""Codes on posters, and where they lead."""

import asyncio
import re
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.core.settings import SIMULATOR_APPID
from app.domain.scenes import SceneKind
from app.services.scenes import Studio
from app.wechat.calls import DRAW_CODE
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World
from tests.wechat.server import count_calls, forget_faults, order_fault

FIND = "SELECT token FROM scene_token WHERE kind = $1 AND subject_id = $2"
PNG = b"\x89PNG\r\n\x1a\n"


async def token_of(world: World, kind: SceneKind, subject_id: UUID) -> str:
    token: str = await world.database.reads.fetchval(FIND, kind, subject_id)
    assert re.fullmatch("[0-9A-Za-z]{22}", token)
    return token


async def test_wechat_draws_it_once_and_it_leads_there(api: ApiClient, world: World, faulty_wechat: str):
    venue = await world.venue()
    path, before = f"/v1/venues/{venue}/code.png", count_calls(faulty_wechat, DRAW_CODE.path)
    both = await asyncio.gather(api.get(path), api.get(path))  # both come first
    assert both[0].content == both[1].content
    asked = count_calls(faulty_wechat, DRAW_CODE.path)
    assert asked in {before + 1, before + 2}
    order_fault(faulty_wechat, DRAW_CODE.path, errcode=41030, times=10)
    again = await api.get(path)
    assert (again.content, again.headers["content-type"]) == (both[0].content, "image/png")
    assert again.content.startswith(PNG)
    known = await api.request("GET", path, headers={"If-None-Match": again.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert count_calls(faulty_wechat, DRAW_CODE.path) == asked
    token = await token_of(world, SceneKind.VENUE, venue)
    encoded = "".join(f"%25{ord(character):02X}" for character in token)  # iOS encodes, and the client once more
    for scene in (token, encoded):
        found = await api.get(f"/v1/scenes/{scene}")
        assert found.json() == {"kind": "venue", "id": str(venue), "path": f"/v1/venues/{venue}", "actions": []}


@pytest.mark.parametrize(
    "fault",
    [{"errcode": 41030}, {"errcode": 45009}, {"cut": True}, {"body": "GIF8"}, {"http_status": 500, "body": ""}],
    ids=str,
)
async def test_where_wechat_draws_none_a_plain_code_stands_in(
    api: ApiClient, world: World, faulty_wechat: str, fault: dict[str, object]
):
    task = await world.task_of(await world.wish(await world.person()))
    order_fault(faulty_wechat, DRAW_CODE.path, **fault)
    plain = await api.get(f"/v1/tasks/{task}/code.png")
    assert plain.status_code == 200
    assert plain.content.startswith(PNG)
    forget_faults(faulty_wechat)
    before = count_calls(faulty_wechat, DRAW_CODE.path)
    drawn = [await api.get(f"/v1/tasks/{task}/code.png") for _ in range(2)]
    assert drawn[0].content == drawn[1].content != plain.content
    assert count_calls(faulty_wechat, DRAW_CODE.path) == before + 1


async def test_without_an_appid_of_ones_own_wechat_is_not_asked(app: FastAPI, world: World, simulator_url: str):
    before, state = count_calls(simulator_url, DRAW_CODE.path), app.state
    settings = state.settings.model_copy(update={"wechat_appid": SIMULATOR_APPID})
    studio = Studio(state.database, state.store, state.wechat, settings)
    drawing = await studio.draw(None, SceneKind.VENUE, await world.venue())
    assert drawing.is_plain
    assert count_calls(simulator_url, DRAW_CODE.path) == before


async def test_it_shows_what_its_reader_may_see_anyway(api: ApiClient, world: World):
    owner, stranger = await world.person(), await world.person()
    shop, applicant = await world.shop(owner), await world.person()
    applied = await world.shop(applicant, "applied")
    for merchant, whose in ((shop, owner), (applied, applicant)):
        for person, expected in ((whose, 200), (world.alliance, 200), (stranger, 404)):
            drawn = await api.get(f"/v1/merchants/{merchant}/code.png", person)
            assert drawn.status_code == expected
        for person, expected in ((whose, 200), (world.alliance, 404), (stranger, 404)):
            drawn = await api.get(f"/v1/merchants/{merchant}/clerks/code.png", person)
            assert drawn.status_code == expected
    token = await token_of(world, SceneKind.MERCHANT, shop)
    assert (await api.get(f"/v1/scenes/{token}", owner)).json()["path"] == f"/v1/merchants/{shop}"
    for reader in (stranger, None):
        led = (await api.get(f"/v1/scenes/{token}", reader)).json()
        assert led["path"] == f"/v1/offers?area_id={world.district.id}"
    listed = await api.get("/v1/offers", area_id=str(world.district.id))
    assert listed.status_code == 200
    hidden = await token_of(world, SceneKind.MERCHANT, applied)
    assert problem(await api.get(f"/v1/scenes/{hidden}", stranger)) == (404, "not-found")
    invite = await token_of(world, SceneKind.CLERK_INVITE, shop)
    assert (await api.get(f"/v1/scenes/{invite}", stranger)).json()["path"] == f"/v1/merchants/{shop}/clerks"
    assert len({token, hidden, invite}) == 3


@pytest.mark.parametrize(
    "written", ["0" * 22, "0" * 21, "0" * 23, "%25", "%00", "é" * 22, "x" * 3000, "；DROP", "..%2F"]
)
async def test_what_is_no_scene_leads_nowhere(api: ApiClient, world: World, written: str):
    assert problem(await api.get(f"/v1/scenes/{written}", await world.person())) == (404, "not-found")


async def test_what_is_not_there_has_no_code(api: ApiClient, world: World):
    for path in (f"/v1/{what}/{uuid4()}/code.png" for what in ("venues", "tasks", "task-lists", "merchants")):
        assert problem(await api.get(path, world.staff)) == (404, "not-found")
