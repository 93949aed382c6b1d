"""Who delivers an errand while the resident gives more, and who takes it back while somebody claims it."""

import asyncio

from app.domain.lifecycles import LIVE_CLAIM_STATES
from tests.errands import THINGS, open_errand
from tests.factories import World

ROUNDS = 6


async def test_nobody_delivers_with_things_in_hand(world: World):
    author = await world.person()
    seen: set[tuple[int, int]] = set()
    for _ in range(ROUNDS):
        helper = await world.helper()
        _, task_id = await open_errand(world, author)
        claim = f"/v1/claims/{await world.take_seat(helper, task_id)}"
        given, delivered = await asyncio.gather(
            world.api.post(f"{claim}/pick-up", author, {"things": THINGS}),
            world.api.post(f"{claim}/submit", helper, {"note": "好了"}),
        )
        seen.add((given.status_code, delivered.status_code))
    assert seen <= {(200, 409), (409, 200)}


async def test_it_is_taken_back_or_claimed_and_never_both(world: World):
    author = await world.person()
    for _ in range(ROUNDS):
        helper = await world.helper()
        errand_id, task_id = await open_errand(world, author)
        withdrawn, claimed = await asyncio.gather(
            world.api.post(f"/v1/errands/{errand_id}/withdraw", author),
            world.api.post(f"/v1/tasks/{task_id}/claims", helper),
        )
        assert sorted((withdrawn.status_code, claimed.status_code)) in ([200, 409], [201, 409])
        row = await world.database.reads.fetchrow(
            "SELECT e.status, t.status AS task, t.seats_taken, (SELECT count(*) FROM claim c WHERE c.task_id = t.id "
            "AND c.status = ANY ($2)) AS claims FROM errand e JOIN task t ON t.errand_id = e.id WHERE e.id = $1",
            errand_id,
            list(LIVE_CLAIM_STATES),
        )
        assert row is not None
        assert tuple(row) in {("withdrawn", "cancelled", 0, 0), ("approved", "open", 1, 1)}
