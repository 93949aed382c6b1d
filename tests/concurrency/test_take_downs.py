"""Staff reject a wish while somebody claims, delivers, releases or confirms it: one comes first, nothing is torn."""

import asyncio
from uuid import UUID

import pytest

from app.domain.caller import Caller, Role
from app.services import claims, limits
from tests.api.scene import problem
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.factories import REWARD_POINTS, World
from tests.people import Person

ROUNDS = 5
REASON = {"reason": "不适合公开。"}
LEFT = """
    SELECT w.status, w.hidden_at IS NOT NULL AS is_hidden, t.status AS task, t.seats_taken,
        coalesce(sum(u.open_claims), 0)::int AS open_claims,
        array_agg(c.status ORDER BY c.id) FILTER (WHERE c.id IS NOT NULL) AS claims
    FROM wish w JOIN task t ON t.wish_id = w.id LEFT JOIN claim c ON c.task_id = t.id
    LEFT JOIN "user" u ON u.id = c.user_id
    WHERE w.id = $1 GROUP BY w.id, t.id
"""
FITS = {
    # The rejection came first, or found somebody at it who had not begun.
    ("rejected", False, "cancelled", 0, 0, None),
    ("rejected", False, "cancelled", 0, 0, ("released",)),
    ("rejected", False, "cancelled", 0, 0, ("refused",)),
    # The other came first.
    ("claimed", False, "open", 1, 1, ("active",)),
    ("delivered", False, "open", 1, 0, ("submitted",)),
    ("published", False, "open", 0, 0, ("released",)),
    # There was work in it by then.
    ("delivered", True, "cancelled", 1, 0, ("submitted",)),
    ("fulfilled", True, "cancelled", 1, 0, ("verified",)),
    ("rejected", True, "cancelled", 0, 0, ("refused",)),
    ("fulfilled", False, "closed", 1, 0, ("verified",)),
    ("published", False, "open", 0, 0, ("refused",)),
}


async def scene(world: World, author: Person, helper: Person, other: str) -> tuple[UUID, str, Person, object]:
    """Return a wish, and the path, the caller and the body of what is done against its rejection."""
    if other in {"confirm", "refuse"}:
        wish_id, claim_id = await world.delivered(author, helper)
        if other == "confirm":
            return wish_id, f"/v1/wishes/{wish_id}/confirm", author, {"rating": 5}
        return wish_id, f"/v1/claims/{claim_id}/refuse", world.staff, REASON
    wish_id = await world.wish(author)
    if other == "claims":
        return wish_id, f"/v1/tasks/{await world.task_of(wish_id)}/claims", helper, None
    claim_id = await world.claim(helper, wish_id)
    return wish_id, f"/v1/claims/{claim_id}/{other}", helper, {"note": "换好了。"} if other == "submit" else None


@pytest.mark.parametrize("other", ["claims", "submit", "release", "confirm", "refuse"])
async def test_of_two_one_comes_first(world: World, other: str):
    author = await world.person()
    reader = await world.holder(Role.STAFF, world.community)
    for _ in range(ROUNDS):
        helper = await world.helper()
        wish_id, path, person, form = await scene(world, author, helper, other)
        rejected, done = await asyncio.gather(
            world.api.post(f"/v1/wishes/{wish_id}/reject", reader, REASON), world.api.post(path, person, form)
        )
        # 503 is to be tried again: somebody claimed it between two locks.
        assert rejected.status_code in {200, 409, 503}, rejected.text
        assert done.status_code in {200, 201, 409}, done.text
        assert 200 <= min(rejected.status_code, done.status_code) < 300, "one of them comes first"
        row = await world.database.reads.fetchrow(LEFT, wish_id)
        assert row is not None
        left = (*tuple(row)[:-1], row["claims"] and tuple(row["claims"]))
        assert left in FITS, left
        assert rejected.status_code != 200 or row["is_hidden"] or row["status"] == "rejected"
        points = (await world.api.get("/v1/me/points", helper)).json()["spendable_points"]
        assert points == (REWARD_POINTS if row["status"] == "fulfilled" else 0)
        again = await world.api.post(f"/v1/wishes/{wish_id}/reject", reader, REASON)
        assert again.status_code == (409 if rejected.status_code == 200 else 200), again.text
        assert (await world.api.get(f"/v1/wishes/{wish_id}")).status_code == 404


async def test_who_claims_between_the_locks_is_looked_for_anew(world: World):
    """Whoever is freed is locked before the task: one who came after that look is not freed in the wrong order."""
    wish_id = await world.wish(await world.person())
    reader, helper = await world.holder(Role.STAFF, world.community), await world.helper()
    path = f"/v1/wishes/{wish_id}/reject"
    async with world.database.transaction() as connection:
        await claims.take(
            connection, limits.Terms.of(world.settings), Caller(helper.id, is_helper=True), await world.task_of(wish_id)
        )
        rejected = asyncio.ensure_future(world.api.post(path, reader, REASON))
        await wait_until_blocked(world.database)
    assert problem(await rejected) == (503, "service-unavailable")
    assert (await world.api.post(path, reader, REASON)).json()["status"] == "rejected"


async def test_who_begins_meanwhile_keeps_the_claim(world: World):
    """They check in while the rejection waits for the task: the next look finds work, and hides the words."""
    author, reader, helper = await world.person(), await world.holder(Role.STAFF, world.community), await world.helper()
    wish_id = await world.wish(author)
    claim_id, task_id = await world.claim(helper, wish_id), await world.task_of(wish_id)
    code = (await world.api.get(f"/v1/tasks/{task_id}/check-in-code", author)).json()["code"]
    path = f"/v1/wishes/{wish_id}/reject"
    async with world.database.transaction() as connection:
        await connection.execute("SELECT FROM task WHERE id = $1 FOR NO KEY UPDATE", task_id)
        rejected = asyncio.ensure_future(world.api.post(path, reader, REASON))
        await wait_until_blocked(world.database)
        came = await world.api.post(f"/v1/claims/{claim_id}/check-in", helper, {"code": code})
        assert came.status_code == 200, came.text
    assert problem(await rejected) == (409, "state-conflict")
    hidden = (await world.api.post(path, reader, REASON)).json()
    assert (hidden["status"], hidden["hidden_at"] is None) == ("claimed", False)
    done = await world.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "换好了。", "minutes": 20})
    assert done.status_code == 200, done.text


async def test_two_readers_at_once(world: World):
    author = await world.person()
    readers = [await world.holder(Role.STAFF, world.community) for _ in range(2)]
    for work in (False, True):
        helper = await world.helper()
        if work:
            wish_id, _ = await world.delivered(author, helper)
        else:
            wish_id = await world.wish(author)
            await world.claim(helper, wish_id)
        answers = await asyncio.gather(
            *[world.api.post(f"/v1/wishes/{wish_id}/reject", reader, REASON) for reader in readers]
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
