"""Clerks: the owner's invite, joining by it, the list, taking somebody off."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.clock import now
from app.core.db import Database
from app.domain import typed_codes
from app.domain.errors import Problem
from app.domain.kinds import TryPurpose
from app.services import tries
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person

WRONG = "00000000"


async def invite(world: World, owner: Person, shop: UUID) -> str:
    response = await world.api.post(f"/v1/merchants/{shop}/invites", owner)
    assert response.status_code == 201, response.text
    return str(response.json()["code"])


async def join(world: World, person: Person, shop: UUID, code: str, *, key: str | None = None) -> httpx.Response:
    return await world.api.post(f"/v1/merchants/{shop}/clerks", person, {"code": code}, key=key)


async def tries_of(world: World, person: Person) -> int:
    found = "SELECT cardinality(failed_at) FROM failed_try WHERE user_id = $1"
    return await world.database.reads.fetchval(found, person.id) or 0


class TestInvite:
    async def test_a_code_for_a_quarter_of_an_hour(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        response = await api.post(f"/v1/merchants/{shop}/invites", owner)
        assert response.status_code == 201
        shown = response.json()
        assert typed_codes.read(shown["code"]) == shown["code"]
        left = datetime.fromisoformat(shown["expires_at"]) - now()
        assert timedelta(minutes=14) < left <= timedelta(minutes=15)

    async def test_the_code_is_not_kept(self, world: World, database: Database):
        owner = await world.person()
        shop = await world.shop(owner)
        code = await invite(world, owner, shop)
        row = await database.reads.fetchrow("SELECT * FROM clerk_invite WHERE merchant_id = $1", shop)
        assert row is not None
        assert code not in str(dict(row))
        assert len(row["code_fingerprint"]) == 32

    async def test_a_new_one_ends_the_one_before(self, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        first, second = await invite(world, owner, shop), await invite(world, owner, shop)
        assert problem(await join(world, await world.person(), shop, first)) == (422, "invite-invalid")
        assert (await join(world, await world.person(), shop, second)).status_code == 201

    async def test_only_the_owner_does(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        for person in (await world.clerk(owner, shop), world.alliance, world.administrator):
            response = await api.post(f"/v1/merchants/{shop}/invites", person)
            assert problem(response) == (404, "not-found")


class TestJoin:
    async def test_they_may_settle(self, api: ApiClient, world: World):
        owner, clerk = await world.person(), await world.person()
        shop = await world.shop(owner)
        response = await join(world, clerk, shop, await invite(world, owner, shop))
        assert response.status_code == 201
        joined = response.json()
        assert joined["merchant"] == {"id": str(shop), "name": "小面馆"}
        assert (joined["is_owner"], joined["actions"]) == (False, [])
        [held] = (await api.get("/v1/me", clerk)).json()["shops"]
        assert (held["id"], held["is_owner"]) == (str(shop), False)

    async def test_a_code_is_read_as_people_type_it(self, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        code = await invite(world, owner, shop)
        typed = f" {code[:4]}-{code[4:]} ".lower().replace("0", "o").replace("1", "l")
        assert (await join(world, await world.person(), shop, typed)).status_code == 201

    async def test_once(self, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        code = await invite(world, owner, shop)
        people = [await world.person() for _ in range(8)]
        answers = await asyncio.gather(*[join(world, person, shop, code) for person in people])
        assert Counter(answer.status_code for answer in answers) == {201: 1, 422: 7}

    async def test_the_code_of_another_shop(self, world: World):
        owner = await world.person()
        shop, other = await world.shop(owner), await world.shop(owner)
        code = await invite(world, owner, other)
        assert problem(await join(world, await world.person(), shop, code)) == (422, "invite-invalid")
        assert (await join(world, await world.person(), other, code)).status_code == 201

    async def test_too_late(self, world: World, database: Database):
        owner = await world.person()
        shop = await world.shop(owner)
        code = await invite(world, owner, shop)
        await database.writes.execute("UPDATE clerk_invite SET expires_at = now() WHERE merchant_id = $1", shop)
        assert problem(await join(world, await world.person(), shop, code)) == (422, "invite-invalid")

    async def test_who_is_a_clerk_already_leaves_the_code_to_another(self, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        code = await invite(world, owner, shop)
        assert problem(await join(world, owner, shop, code)) == (409, "clerk-exists")
        assert (await join(world, await world.person(), shop, code)).status_code == 201

    async def test_a_shop_that_is_not_there(self, world: World):
        person = await world.person()
        assert problem(await join(world, person, uuid4(), WRONG)) == (404, "not-found")
        assert await tries_of(world, person) == 0


class TestTries:
    async def test_five_wrong_ones_and_even_the_right_code_must_wait(self, world: World, database: Database):
        owner, guesser = await world.person(), await world.person()
        shop = await world.shop(owner)
        code = await invite(world, owner, shop)
        for count in range(1, 6):
            assert problem(await join(world, guesser, shop, WRONG)) == (422, "invite-invalid")
            assert await tries_of(world, guesser) == count
        refused = await join(world, guesser, shop, code)
        assert problem(refused) == (429, "too-many-tries")
        assert 890 <= int(refused.headers["retry-after"]) <= 900
        assert (await join(world, await world.person(), shop, code)).status_code == 201, "others need not wait"
        await database.writes.execute(
            "UPDATE failed_try SET blocked_until = now() - interval '1 s', "
            "failed_at = ARRAY(SELECT unnest(failed_at) - interval '15 minutes') WHERE user_id = $1",
            guesser.id,
        )
        assert (await join(world, guesser, shop, await invite(world, owner, shop))).status_code == 201

    async def test_those_of_more_than_five_minutes_ago_do_not_count(self, world: World, database: Database):
        owner, person = await world.person(), await world.person()
        shop = await world.shop(owner)
        for _ in range(4):
            await join(world, person, shop, WRONG)
        await database.writes.execute(
            "UPDATE failed_try SET failed_at = ARRAY(SELECT unnest(failed_at) - interval '5 minutes') "
            "WHERE user_id = $1",
            person.id,
        )
        for count in range(1, 5):
            assert problem(await join(world, person, shop, WRONG)) == (422, "invite-invalid")
            assert await tries_of(world, person) == count

    async def test_of_many_at_once_no_more_than_five_are_looked_at(self, world: World):
        guesser = await world.person()
        shop = await world.shop(await world.person())
        answers = await asyncio.gather(*[join(world, guesser, shop, WRONG) for _ in range(32)])
        assert Counter(answer.json()["code"] for answer in answers) == {"invite-invalid": 5, "too-many-tries": 27}

    async def test_a_repetition_is_no_further_try(self, world: World):
        guesser, key = await world.person(), uuid4().hex
        shop = await world.shop(await world.person())
        first = await join(world, guesser, shop, WRONG, key=key)
        again = await join(world, guesser, shop, WRONG, key=key)
        assert (again.status_code, again.content) == (422, first.content)
        assert again.headers["idempotent-replayed"] == "true"
        assert await tries_of(world, guesser) == 1

    async def test_a_pause_is_not_remembered_as_the_answer(self, world: World, database: Database):
        """The same request, sent again when the pause is over, is answered anew (I5)."""
        owner, guesser, key = await world.person(), await world.person(), uuid4().hex
        shop = await world.shop(owner)
        for _ in range(5):
            await join(world, guesser, shop, WRONG)
        code = await invite(world, owner, shop)
        assert problem(await join(world, guesser, shop, code, key=key)) == (429, "too-many-tries")
        await database.writes.execute("UPDATE failed_try SET blocked_until = now() WHERE user_id = $1", guesser.id)
        assert (await join(world, guesser, shop, code, key=key)).status_code == 201

    async def test_purposes_are_counted_apart(self, world: World, database: Database):
        person = await world.person()
        shop = await world.shop(await world.person())
        for _ in range(5):
            await join(world, person, shop, WRONG)
        async with database.transaction() as connection:
            await tries.begin(connection, person.id, TryPurpose.VOUCHER_CODE)
            await tries.count(connection, person.id, TryPurpose.VOUCHER_CODE)
        with pytest.raises(Problem, match="too-many-tries"):
            async with database.transaction() as connection:
                await tries.begin(connection, person.id, TryPurpose.CLERK_INVITE)


class TestListClerks:
    async def test_the_owner_first(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        for _ in range(2):
            await world.clerk(owner, shop)
        found = await all_pages(api, f"/v1/merchants/{shop}/clerks", owner, oldest_first=True)
        assert [(item["is_owner"], item["actions"]) for item in found] == [
            (True, []),
            (False, ["remove"]),
            (False, ["remove"]),
        ]

    async def test_nobody_else(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        for person in (await world.clerk(owner, shop), world.alliance):
            assert problem(await api.get(f"/v1/merchants/{shop}/clerks", person)) == (404, "not-found")


class TestRemoveClerk:
    async def test_it_counts_at_once(self, api: ApiClient, world: World):
        owner, holder = await world.person(), await world.helper(points=10)
        shop = await world.shop(owner)
        clerk = await world.clerk(owner, shop)
        voucher = await world.voucher(holder, await world.offer(shop))
        _, row = (await api.get(f"/v1/merchants/{shop}/clerks", owner)).json()["items"]
        response = await api.delete(f"/v1/merchants/{shop}/clerks/{row['id']}", owner)
        assert response.status_code == 204
        refused = await api.post("/v1/redemptions", clerk, {"code": await world.code(holder, voucher)})
        assert problem(refused) == (403, "voucher-other-shop")
        again = await api.delete(f"/v1/merchants/{shop}/clerks/{row['id']}", owner)
        assert problem(again) == (404, "not-found")

    async def test_never_the_owner(self, api: ApiClient, world: World):
        owner = await world.person()
        shop = await world.shop(owner)
        [row] = (await api.get(f"/v1/merchants/{shop}/clerks", owner)).json()["items"]
        response = await api.delete(f"/v1/merchants/{shop}/clerks/{row['id']}", owner)
        assert problem(response) == (403, "not-allowed")

    async def test_only_the_owner_does_and_of_this_shop(self, api: ApiClient, world: World):
        owner, other = await world.person(), await world.person()
        shop, others_shop = await world.shop(owner), await world.shop(other)
        clerk = await world.clerk(owner, shop)
        _, row = (await api.get(f"/v1/merchants/{shop}/clerks", owner)).json()["items"]
        for person in (clerk, other, world.alliance):
            response = await api.delete(f"/v1/merchants/{shop}/clerks/{row['id']}", person)
            assert problem(response) == (404, "not-found")
        response = await api.delete(f"/v1/merchants/{others_shop}/clerks/{row['id']}", other)
        assert problem(response) == (404, "not-found")
