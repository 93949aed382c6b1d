"""Repeated requests get the first answer again (I5)."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from app.core.clock import now
from app.core.security import issue_token
from app.core.settings import Settings
from tests.api.scene import ROUTES, UPLOADS, Scene, count_rows, problem
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person

REPLAYED = ("idempotent-replayed", "true")


def form(world: World, title: str = "想换个灯泡") -> dict[str, str]:
    return {"area_id": str(world.grid.id), "category": "elderly", "title": title, "body": "灯坏了。"}


class TestTheSameAgain:
    async def test_is_answered_alike_and_done_once(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        first = await api.post("/v1/wishes", author, form(world), key=key)
        before = await count_rows(world.database)
        again = await api.post("/v1/wishes", author, form(world), key=key)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["content-type"] == first.headers["content-type"]
        assert REPLAYED not in first.headers.items()
        assert REPLAYED in again.headers.items()
        assert await count_rows(world.database) == before

    async def test_is_answered_alike_though_the_world_has_moved_on(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        first = await api.post("/v1/wishes", author, form(world), key=key)
        await api.post(f"/v1/wishes/{first.json()['id']}/withdraw", author)
        again = await api.post("/v1/wishes", author, form(world), key=key)
        assert again.json()["status"] == "checking"

    async def test_refusals_too(self, api: ApiClient, world: World):
        """Also when the reason is gone by then: who was told no must choose a new key to ask anew."""
        author, first_helper, helper = await world.person(), await world.helper(), await world.helper()
        wish = await world.wish(author)
        claim = await world.claim(first_helper, wish)
        path, key = f"/v1/tasks/{await world.task_of(wish)}/claims", uuid4().hex
        first = await api.post(path, helper, key=key)
        assert problem(first) == (409, "task-full")
        await api.post(f"/v1/claims/{claim}/release", first_helper)
        again = await api.post(path, helper, key=key)
        assert problem(again) == (409, "task-full")
        assert again.content == first.content
        assert REPLAYED in again.headers.items()
        assert (await api.post(path, helper)).status_code == 201

    async def test_after_a_new_login(self, api: ApiClient, world: World, settings: Settings):
        author, key = await world.person(), uuid4().hex
        first = await api.post("/v1/wishes", author, form(world), key=key)
        secret = settings.secret_key.get_secret_value()
        token = issue_token(secret, author.id, 1, now() + timedelta(seconds=1), timedelta(days=2))
        again = await api.post("/v1/wishes", Person(author.id, author.openid, token), form(world), key=key)
        assert again.content == first.content

    async def test_many_at_once(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        answers = await asyncio.gather(*(api.post("/v1/wishes", author, form(world), key=key) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum(REPLAYED in answer.headers.items() for answer in answers) == 7


class TestAnotherRequestWithTheKey:
    async def test_another_body(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        await api.post("/v1/wishes", author, form(world), key=key)
        response = await api.post("/v1/wishes", author, form(world, "想要一副老花镜"), key=key)
        assert problem(response) == (422, "idempotency-key-reused")
        assert len((await api.get("/v1/me/wishes", author)).json()["items"]) == 1

    async def test_another_path(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        one, other = await world.wish(author), await world.wish(author)
        await api.post(f"/v1/wishes/{one}/withdraw", author, key=key)
        response = await api.post(f"/v1/wishes/{other}/withdraw", author, key=key)
        assert problem(response) == (422, "idempotency-key-reused")
        assert (await api.get(f"/v1/wishes/{other}")).json()["status"] == "published"

    async def test_after_a_refusal_too(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        refused = await api.post("/v1/wishes", author, form(world) | {"area_id": str(uuid4())}, key=key)
        assert problem(refused) == (422, "area-unknown")
        response = await api.post("/v1/wishes", author, form(world), key=key)
        assert problem(response) == (422, "idempotency-key-reused")

    async def test_of_another_caller(self, api: ApiClient, world: World):
        author, other, key = await world.person(), await world.person(), uuid4().hex
        first = await api.post("/v1/wishes", author, form(world), key=key)
        response = await api.post("/v1/wishes", other, form(world), key=key)
        assert response.status_code == 201
        assert response.json()["id"] != first.json()["id"]
        assert REPLAYED not in response.headers.items()


class TestEveryPost:
    @pytest.mark.parametrize(
        ("status", "refusal"), [(None, (409, "request-in-progress")), (201, (422, "idempotency-key-reused"))]
    )
    async def test_minds_the_key(self, api: ApiClient, scene: Scene, status: int | None, refusal: tuple[int, str]):
        key = uuid4().hex
        await scene.world.database.reads.fetch(
            "INSERT INTO idempotency_key (caller_id, key, request_fingerprint, status) VALUES ($1, $2, $3, $4)",
            scene.author.id,
            key,
            bytes(32),
            status,
        )
        for route in ROUTES:
            if route[0] == "POST" and route != ("POST", "/v1/auth/wechat"):
                if route in UPLOADS:
                    continue  # the right to send a file is looked at first, before it is read
                response = await api.request("POST", scene.path(route[1]), scene.author, key=key, **scene.sent(route))
                assert problem(response) == refusal, route


class TestWhatIsNotRemembered:
    async def test_a_payload_that_does_not_fit(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        response = await api.post("/v1/wishes", author, form(world, ""), key=key)
        assert problem(response) == (422, "invalid-payload")
        assert (await api.post("/v1/wishes", author, form(world), key=key)).status_code == 201

    async def test_json_that_is_none(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        headers = {"Content-Type": "application/json"}
        response = await api.request("POST", "/v1/wishes", author, key=key, content=b"{", headers=headers)
        assert problem(response) == (400, "malformed-json")
        assert (await api.post("/v1/wishes", author, form(world), key=key)).status_code == 201

    async def test_a_token_that_is_not_valid(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        nobody = Person(author.id, author.openid, author.token + "x")
        assert problem(await api.post("/v1/wishes", nobody, form(world), key=key)) == (401, "token-invalid")
        assert (await api.post("/v1/wishes", author, form(world), key=key)).status_code == 201

    async def test_what_was_not_there(self, api: ApiClient, world: World):
        """It may come to be: a shop's clerk who is added a minute later, a grant that is given."""
        officer, key = await world.person(), uuid4().hex
        path = f"/v1/wishes/{await world.wish(await world.person(), 'reviewing')}/approve"
        assert problem(await api.post(path, officer, key=key)) == (404, "not-found")
        grant = {"user_id": str(officer.id), "role": "staff", "area_id": str(world.grid.id)}
        await api.post("/v1/grants", world.administrator, grant)
        assert (await api.post(path, officer, key=key)).status_code == 200


class TestWhileOthersHoldIt:
    async def test_the_key(self, api: ApiClient, world: World):
        """The first request with the key has not ended within the time to wait for a lock."""
        author, key = await world.person(), uuid4().hex
        async with world.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO idempotency_key (caller_id, key, request_fingerprint) VALUES ($1, $2, $3)",
                author.id,
                key,
                bytes(32),
            )
            response = await api.post("/v1/wishes", author, form(world), key=key)
        assert problem(response) == (409, "request-in-progress")
        assert response.headers["retry-after"] == "1"

    async def test_a_row_that_it_needs(self, api: ApiClient, world: World):
        author, key = await world.person(), uuid4().hex
        wish = await world.wish(author)
        path = f"/v1/wishes/{wish}/withdraw"
        async with world.database.transaction() as connection:
            await connection.execute("SELECT FROM wish WHERE id = $1 FOR UPDATE", wish)
            response = await api.post(path, author, key=key)
        assert problem(response) == (503, "service-unavailable")
        assert response.headers["retry-after"] == "2"
        again = await api.post(path, author, key=key)
        assert (again.status_code, again.json()["status"]) == (200, "withdrawn")
