"""Two at one review, one on the thing's own route, one who takes it back: one decision stands, and nothing is torn."""

import asyncio

import pytest

from app.domain.caller import Role
from tests.factories import World
from tests.reviews import waiting

ROUNDS = 4
REASON = {"reason": "不适合公开。"}
FITS = {("published", "passed"), ("rejected", "rejected"), ("withdrawn", "moot")}
"""How a wish and the check of its words stand together."""


@pytest.mark.parametrize("other", ["pass", "reject", "approve", "own-reject", "withdraw"])
async def test_of_two_decisions_one_stands(world: World, other: str):
    readers = [await world.holder(Role.STAFF, world.community) for _ in range(2)]
    author = await world.person()
    for _ in range(ROUNDS):
        wish_id, review_id = await waiting(world, "wish", author)
        against = {
            "pass": (f"/v1/reviews/{review_id}/pass", readers[1], None),
            "reject": (f"/v1/reviews/{review_id}/reject", readers[1], REASON),
            "approve": (f"/v1/wishes/{wish_id}/approve", readers[1], None),
            "own-reject": (f"/v1/wishes/{wish_id}/reject", readers[1], REASON),
            "withdraw": (f"/v1/wishes/{wish_id}/withdraw", author, None),
        }[other]
        answers = await asyncio.gather(
            world.api.post(f"/v1/reviews/{review_id}/pass", readers[0]), world.api.post(*against)
        )
        statuses = [answer.status_code for answer in answers]
        row = await world.database.reads.fetchrow(
            "SELECT w.status, k.status AS checked, k.decided_by, (SELECT count(*) FROM task t WHERE t.wish_id = w.id "
            "AND t.status = 'open') AS tasks FROM wish w JOIN content_check k ON k.subject_id = w.id WHERE w.id = $1",
            wish_id,
        )
        assert row is not None
        assert (row["status"], row["checked"]) in FITS
        assert row["tasks"] == (row["status"] == "published")
        # A wish that was let through can still be turned down or taken back after it.
        done = [status for status in statuses if status == 200]
        assert len(done) == 1 or (other not in {"pass", "approve"} and row["status"] != "published"), statuses
        assert set(statuses) <= {200, 404, 409}


async def test_words_without_a_state_are_decided_once(world: World):
    readers = [await world.holder(Role.STAFF, world.community) for _ in range(2)]
    for _ in range(ROUNDS):
        _, review_id = await waiting(world, "thanks")
        answers = await asyncio.gather(
            world.api.post(f"/v1/reviews/{review_id}/pass", readers[0]),
            world.api.post(f"/v1/reviews/{review_id}/reject", readers[1], REASON),
        )
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) in ([200, 404], [200, 409])
        winner = statuses.index(200)
        row = await world.database.reads.fetchrow(
            "SELECT status, decided_by FROM content_check WHERE id = $1", review_id
        )
        assert row is not None
        assert tuple(row) == (("passed", "rejected")[winner], readers[winner].id)
