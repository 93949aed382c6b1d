"""Deliveries of a part: what they bring, and what becomes of the rest."""

from typing import Any
from uuid import UUID

import pytest

from app.jobs import handlers
from tests.api.scene import problem
from tests.api.test_posted_tasks import claim, posted
from tests.api.test_verifications import ticks
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.people import Person

HALF: dict[str, Any] = {"note": "修好了一半。", "minutes": 90, "done_percent": 55}
RATES = [{"kind": kind, "points": 9, "points_per_hour": 6} for kind in ("wish", "pairing")]
OF_HALF = 4 + 9
"""55 % of 9, rounded down, and an hour and a half."""


async def points(world: World, helper: Person) -> int:
    return int((await world.api.get("/v1/me/points", helper)).json()["spendable_points"])


async def half_done(world: World, author: Person, helper: Person) -> tuple[UUID, UUID]:
    wish = await world.wish(author)
    claim_id = await world.claim(helper, wish)
    done = await world.api.post(f"/v1/claims/{claim_id}/submit", helper, HALF)
    assert (done.status_code, done.json()["done_percent"]) == (200, 55)
    return wish, claim_id


@pytest.mark.parametrize("way", ["confirm", "confirm the claim", "verify", "verify a dispute", "silence", "together"])
async def test_the_rest_of_a_wish_is_there_to_be_claimed(api: ApiClient, world: World, jobs: Jobs, way: str):
    await world.policy(world.district, rates=RATES)
    author, first, second = await world.person(), await world.helper(), await world.helper()
    wish, claim_id = await half_done(world, author, first)
    seen = (await api.get(f"/v1/wishes/{wish}", author)).json()
    assert (seen["delivery"]["done_percent"], seen["actions"]) == (55, ["confirm", "dispute"])
    task = f"/v1/tasks/{await world.task_of(wish)}"
    waiting = await world.place_in_line(UUID(task.rpartition("/")[2]), second) if way == "confirm" else None
    if way == "silence":
        age = "UPDATE wish SET delivered_at = delivered_at - interval '8 days' WHERE id = $1"
        await world.database.writes.execute(age, wish)
        await handlers.confirm_silent(jobs.parts)
        await handlers.confirm_silent(jobs.parts)
    else:
        if way == "verify a dispute":
            await api.post(f"/v1/wishes/{wish}/dispute", author, {"reason": "只做了一半。"})
            refused = await api.post(f"/v1/claims/{claim_id}/confirm", author)
            assert problem(refused) == (409, "state-conflict"), "staff decide it"
        path, person, form = {
            "confirm": (f"/v1/wishes/{wish}/confirm", author, {"rating": 4}),
            "confirm the claim": (f"/v1/claims/{claim_id}/confirm", author, None),
            "verify": (f"/v1/claims/{claim_id}/verify", world.staff, None),
            "verify a dispute": (f"/v1/claims/{claim_id}/verify", world.staff, None),
            "together": (f"{task}/verify", world.staff, ticks(claim_id)),
        }[way]
        response = await api.post(path, person, form)
        assert response.status_code == 200, response.text
    assert await points(world, first) == OF_HALF
    assert (await api.get(f"/v1/claims/{claim_id}", first)).json()["status"] == "verified"
    told = [item["kind"] for item in (await api.get("/v1/me/messages", author)).json()["items"]]
    claimed_anew = [] if waiting is None else ["wish_claimed"]
    told = told[: told.index("wish_delivered")]
    assert told == claimed_anew + ([] if way.startswith("confirm") else ["wish_part_done"])
    if waiting is None:
        assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "published"
        rest = str(await world.claim(second, wish))
    else:
        [own] = (await api.get("/v1/me/claims", second)).json()["items"]
        rest = own["id"]
    assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "claimed"
    seen = (await api.get(task, world.staff)).json()
    assert (seen["seats"], seen["seats_taken"], seen["status"]) == (2, 2, "open")
    assert (await api.post(f"/v1/claims/{rest}/submit", second, {"note": "全修好了。"})).status_code == 200
    seen = (await api.get(f"/v1/wishes/{wish}", author)).json()["delivery"]
    assert (seen["claim_id"], seen["done_percent"]) == (rest, None)
    assert (await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5})).status_code == 200
    assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "fulfilled"
    assert (await api.get(task)).json()["status"] == "closed"
    assert await points(world, second) == 9


async def test_a_posted_task_has_a_seat_more_while_it_is_open(api: ApiClient, world: World):
    await world.policy(world.district, rates=RATES)
    for is_closed in (False, True):
        path, helper = await posted(world, kind="pairing", seats=1), await world.helper()
        claim_id = await claim(world, path, helper)
        await api.post(f"/v1/claims/{claim_id}/submit", helper, HALF)
        if is_closed:
            assert (await api.post(f"{path}/close", world.staff)).status_code == 200
        assert (await api.post(f"/v1/claims/{claim_id}/confirm", world.staff)).status_code == 200
        seen = (await api.get(path, world.staff)).json()
        assert (seen["seats"], seen["status"]) == ((1, "closed") if is_closed else (2, "open"))
        assert await points(world, helper) == OF_HALF


async def test_sent_back_it_can_be_done_wholly(api: ApiClient, world: World):
    author, helper = await world.person(), await world.helper()
    wish, claim_id = await half_done(world, author, helper)
    await api.post(f"/v1/claims/{claim_id}/return", world.staff, {"reason": "请做完。"})
    done = await api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "做完了。"})
    assert done.json()["done_percent"] is None
    await api.post(f"/v1/claims/{claim_id}/verify", world.staff)
    assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "fulfilled"


@pytest.mark.parametrize("percent", [0, 100, -1, 50.5, "50", True])
async def test_no_part(api: ApiClient, world: World, percent: object):
    helper = await world.helper()
    claim_id = await world.claim(helper, await world.wish(await world.person()))
    form = {"note": "好了。", "done_percent": percent}
    assert problem(await api.post(f"/v1/claims/{claim_id}/submit", helper, form)) == (422, "invalid-payload")
