"""One Idempotency-Key, one effect, one answer, however often and at once it is sent (I5)."""

import asyncio
import time
from uuid import uuid4

import asyncpg
import httpx

from app.core.db import Database
from app.core.settings import Settings
from tests.factories import World
from tests.people import Person

CROWD = 64
REPLAYED = "Idempotent-Replayed"


async def assert_one_answer(answers: list[httpx.Response], status: int) -> None:
    """All say the same, byte for byte, and all but the first say that it was said before."""
    assert {answer.status_code for answer in answers} == {status}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["content-type"] for answer in answers}) == 1
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1
    assert {answer.headers.get(REPLAYED, "true") for answer in answers} == {"true"}


async def repeat(
    world: World, person: Person, path: str, form: dict[str, object] | None = None
) -> list[httpx.Response]:
    key = uuid4().hex
    return await asyncio.gather(*[world.api.post(path, person, form, key=key) for _ in range(CROWD)])


class TestTheSameKey:
    async def test_a_voucher_is_taken_once(self, world: World, database: Database):
        holder = await world.helper(points=100)
        offer = await world.offer(await world.shop(await world.person()), points=1, stock=CROWD)
        await assert_one_answer(await repeat(world, holder, f"/v1/offers/{offer}/vouchers"), 201)
        taken = await database.reads.fetchval("SELECT count(*) FROM voucher WHERE user_id = $1", holder.id)
        assert taken == 1
        assert (await world.api.get(f"/v1/offers/{offer}")).json()["stock_left"] == CROWD - 1

    async def test_a_wish_is_posted_once_with_one_job(self, world: World, database: Database):
        author = await world.person()
        form: dict[str, object] = {
            "area_id": str(world.grid.id),
            "category": "elderly",
            "title": "一次",
            "body": "只发一次",
        }
        answers = await repeat(world, author, "/v1/wishes", form)
        await assert_one_answer(answers, 201)
        ordered = await database.reads.fetchval(
            "SELECT count(*) FROM pgqueuer WHERE payload = $1", answers[0].json()["id"].encode()
        )
        assert ordered == 1

    async def test_a_refusal_is_given_once_and_again(self, world: World):
        """A scan that came too late is told so, each time the same."""
        holder = await world.helper(points=4)
        offer = await world.offer(await world.shop(await world.person()), points=5)
        answers = await repeat(world, holder, f"/v1/offers/{offer}/vouchers")
        await assert_one_answer(answers, 409)
        assert answers[0].json()["code"] == "points-insufficient"

    async def test_a_refusal_stays_what_it_was_when_the_state_has_changed(self, world: World):
        first, second = await world.helpers(2)
        wish_id = await world.wish(await world.person())
        claim_id, path = await world.claim(first, wish_id), f"/v1/tasks/{await world.task_of(wish_id)}/claims"
        key = uuid4().hex
        refused = await world.api.post(path, second, key=key)
        assert (refused.status_code, refused.json()["code"]) == (409, "task-full")
        await world.api.post(f"/v1/claims/{claim_id}/release", first)
        again = await world.api.post(path, second, key=key)
        assert (again.status_code, again.content) == (409, refused.content)
        assert again.headers[REPLAYED] == "true"
        assert (await world.api.post(path, second)).status_code == 201

    async def test_the_key_of_another_caller_is_another_key(self, world: World):
        key, offer = uuid4().hex, await world.offer(await world.shop(await world.person()), points=1)
        holders = [await world.helper(points=1) for _ in range(4)]
        answers = await asyncio.gather(
            *[world.api.post(f"/v1/offers/{offer}/vouchers", holder, key=key) for holder in holders]
        )
        assert [answer.status_code for answer in answers] == [201] * 4
        assert all(REPLAYED not in answer.headers for answer in answers)
        assert len({answer.json()["id"] for answer in answers}) == 4

    async def test_the_key_with_another_body_or_path_is_refused(self, world: World):
        key, holder = uuid4().hex, await world.helper(points=10)
        shop = await world.shop(await world.person())
        offers = [await world.offer(shop, points=1) for _ in range(8)]
        answers = await asyncio.gather(
            *[world.api.post(f"/v1/offers/{offer}/vouchers", holder, key=key) for offer in offers]
        )
        told = sorted(answer.status_code for answer in answers)
        assert told == [201] + [422] * 7
        assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"idempotency-key-reused"}
        assert (await world.api.get("/v1/me/points", holder)).json()["held_points"] == 1


async def test_a_key_that_is_worked_on_for_long_is_not_waited_for(world: World, database: Database, settings: Settings):
    """The first request holds its key longer than a lock is waited for: 409 with Retry-After, and later its answer."""
    holder, key = await world.helper(points=1), uuid4().hex
    offer = await world.offer(await world.shop(await world.person()), points=1)
    other = await asyncpg.connect(settings.require_database_url())
    held = other.transaction()
    await held.start()
    await other.execute(
        "INSERT INTO idempotency_key (caller_id, key, request_fingerprint) VALUES ($1, $2, $3)",
        holder.id,
        key,
        bytes(32),
    )
    began_s = time.monotonic()
    answer = await world.api.post(f"/v1/offers/{offer}/vouchers", holder, key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "request-in-progress")
    assert int(answer.headers["Retry-After"]) >= 1
    assert 1.5 < time.monotonic() - began_s < 5
    await held.rollback()
    await other.close()
    later = await world.api.post(f"/v1/offers/{offer}/vouchers", holder, key=key)
    assert later.status_code == 201
    assert REPLAYED not in later.headers
