"""What runs on a schedule: it does what is due, leaves what is not, and a second time changes nothing (I11)."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.domain.texts import CHECK_UNAVAILABLE
from app.jobs import handlers
from app.jobs.schedules import SWEEPS
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World
from tests.people import Person

EVERYTHING_OF = """
    SELECT row_to_json(w)::text, row_to_json(t)::text, ARRAY(
        SELECT row_to_json(c)::text FROM claim c WHERE c.task_id = t.id ORDER BY c.id
    ), ARRAY(
        SELECT row_to_json(e)::text FROM event e
        WHERE e.subject_id IN (w.id, t.id) OR e.subject_id IN (SELECT c.id FROM claim c WHERE c.task_id = t.id)
        ORDER BY e.id
    ), ARRAY(
        SELECT row_to_json(l)::text FROM ledger_transfer l
        WHERE l.reference_id IN (SELECT c.id FROM claim c WHERE c.task_id = t.id) ORDER BY l.id
    ), ARRAY(
        SELECT row_to_json(m)::text FROM message m
        WHERE m.subject_id = w.id OR m.subject_id IN (SELECT c.id FROM claim c WHERE c.task_id = t.id) ORDER BY m.id
    )
    FROM wish w LEFT JOIN task t ON t.wish_id = w.id WHERE w.id = $1
"""
EVERYTHING_OF_VOUCHER = """
    SELECT row_to_json(v)::text, row_to_json(o)::text, ARRAY(
        SELECT row_to_json(e)::text FROM event e WHERE e.subject_id = v.id ORDER BY e.id
    ), ARRAY(
        SELECT row_to_json(l)::text FROM ledger_transfer l WHERE l.reference_id = v.id ORDER BY l.id
    ), ARRAY(
        SELECT row_to_json(m)::text FROM message m WHERE m.subject_id = v.id ORDER BY m.id
    )
    FROM voucher v JOIN offer o ON o.id = v.offer_id WHERE v.id = $1
"""


async def twice(sweep: str, jobs: Jobs, look: str, subject_id: UUID) -> None:
    """Run a sweep, note everything about the subject, run it again: nothing must have changed."""
    await SWEEPS[sweep][1](jobs.parts)
    database = jobs.parts.database
    seen = await database.reads.fetchrow(look, subject_id)
    assert seen is not None
    await SWEEPS[sweep][1](jobs.parts)
    assert await database.reads.fetchrow(look, subject_id) == seen


async def age(database: Database, table: str, column: str, subject_id: UUID, interval: str) -> None:
    await database.writes.execute(
        f"UPDATE {table} SET {column} = {column} - interval '{interval}' WHERE id = $1", subject_id
    )


async def status_of(world: World, wish_id: UUID, author: Person) -> str:
    return str((await world.api.get(f"/v1/wishes/{wish_id}", author)).json()["status"])


async def spendable(world: World, person: Person) -> int:
    return int((await world.api.get("/v1/me/points", person)).json()["spendable_points"])


class TestConfirmSilent:
    @pytest.mark.parametrize(("passed", "status"), [("6 days 23 hours", "delivered"), ("7 days 1 minute", "fulfilled")])
    async def test_a_silent_resident_is_confirmed_after_a_week(
        self, world: World, database: Database, jobs: Jobs, passed: str, status: str
    ):
        author, helper = await world.person(), await world.helper()
        wish_id, _ = await world.delivered(author, helper)
        await age(database, "wish", "delivered_at", wish_id, passed)
        await twice("confirm_silent", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == status
        assert await spendable(world, helper) == (REWARD_POINTS if status == "fulfilled" else 0)

    async def test_a_dispute_stops_it(self, world: World, database: Database, jobs: Jobs):
        author, helper = await world.person(), await world.helper()
        wish_id, _ = await world.delivered(author, helper)
        await world.api.post(f"/v1/wishes/{wish_id}/dispute", author, {"reason": "没有修好"})
        await age(database, "wish", "delivered_at", wish_id, "30 days")
        await twice("confirm_silent", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == "disputed"
        assert await spendable(world, helper) == 0

    async def test_a_delivery_done_again_has_its_own_week(self, world: World, database: Database, jobs: Jobs):
        author, helper = await world.person(), await world.helper()
        wish_id, claim_id = await world.delivered(author, helper)
        await age(database, "wish", "delivered_at", wish_id, "30 days")
        await world.api.post(f"/v1/claims/{claim_id}/return", world.staff, {"reason": "再看看"})
        await world.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "又修了一次"})
        await twice("confirm_silent", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == "delivered"


class TestLapseOverdue:
    @pytest.mark.parametrize(("passed", "status"), [("6 days 23 hours", "claimed"), ("7 days 1 minute", "published")])
    async def test_a_claim_without_delivery_lapses_after_a_week(
        self, world: World, database: Database, jobs: Jobs, passed: str, status: str
    ):
        author, helper = await world.person(), await world.helper()
        wish_id = await world.wish(author)
        claim_id = await world.claim(helper, wish_id)
        await age(database, "claim", "due_at", claim_id, passed)
        await twice("lapse_overdue", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == status
        if status == "published":
            assert (await world.api.get(f"/v1/claims/{claim_id}", helper)).json()["status"] == "lapsed"
            assert (await world.claim(helper, wish_id)) != claim_id, "the seat is free again, for the same helper too"

    async def test_a_returned_one_lapses_by_its_new_deadline(self, world: World, database: Database, jobs: Jobs):
        author, helper = await world.person(), await world.helper()
        wish_id, claim_id = await world.delivered(author, helper)
        await age(database, "claim", "due_at", claim_id, "30 days")
        await twice("lapse_overdue", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == "delivered", "what was delivered does not lapse"
        await world.api.post(f"/v1/claims/{claim_id}/return", world.staff, {"reason": "再看看"})
        await twice("lapse_overdue", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == "claimed"
        await age(database, "claim", "due_at", claim_id, "8 days")
        await twice("lapse_overdue", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == "published"
        assert await database.reads.fetchval('SELECT open_claims FROM "user" WHERE id = $1', helper.id) == 0


class TestExpireWishes:
    @pytest.mark.parametrize(("passed", "status"), [("89 days", "published"), ("90 days 1 minute", "expired")])
    async def test_a_wish_that_nobody_claims_ends(
        self, world: World, database: Database, jobs: Jobs, passed: str, status: str
    ):
        author = await world.person()
        wish_id = await world.wish(author)
        await age(database, "wish", "published_at", wish_id, passed)
        await twice("expire_wishes", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == status
        task = await database.reads.fetchval("SELECT status FROM task WHERE wish_id = $1", wish_id)
        assert task == ("open" if status == "published" else "cancelled")

    async def test_a_claimed_one_does_not(self, world: World, database: Database, jobs: Jobs):
        author = await world.person()
        wish_id = await world.wish(author)
        await world.claim(await world.helper(), wish_id)
        await age(database, "wish", "published_at", wish_id, "200 days")
        await twice("expire_wishes", jobs, EVERYTHING_OF, wish_id)
        assert await status_of(world, wish_id, author) == "claimed"


class TestExpireVouchers:
    @pytest.mark.parametrize(("passed", "status"), [("29 days", "held"), ("30 days 1 minute", "expired")])
    async def test_points_and_piece_go_back_after_a_month(
        self, world: World, database: Database, jobs: Jobs, passed: str, status: str
    ):
        holder = await world.helper(points=7)
        offer_id = await world.offer(await world.shop(await world.person()), points=5, stock=3)
        voucher_id = await world.voucher(holder, offer_id)
        await age(database, "voucher", "expires_at", voucher_id, passed)
        await twice("expire_vouchers", jobs, EVERYTHING_OF_VOUCHER, voucher_id)
        assert (await world.api.get(f"/v1/vouchers/{voucher_id}", holder)).json()["status"] == status
        assert await spendable(world, holder) == (7 if status == "expired" else 2)
        left = (await world.api.get(f"/v1/offers/{offer_id}")).json()["stock_left"]
        assert left == (3 if status == "expired" else 2)

    async def test_a_settled_one_stays_settled(self, world: World, database: Database, jobs: Jobs):
        owner, holder = await world.person(), await world.helper(points=5)
        voucher_id = await world.voucher(holder, await world.offer(await world.shop(owner), points=5))
        await world.api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher_id)})
        await age(database, "voucher", "expires_at", voucher_id, "60 days")
        await twice("expire_vouchers", jobs, EVERYTHING_OF_VOUCHER, voucher_id)
        assert (await world.api.get(f"/v1/vouchers/{voucher_id}", holder)).json()["status"] == "settled"

    async def test_what_is_due_is_refused_at_the_shop_before_the_sweep_comes(
        self, world: World, database: Database, jobs: Jobs
    ):
        owner, holder = await world.person(), await world.helper(points=5)
        voucher_id = await world.voucher(holder, await world.offer(await world.shop(owner), points=5))
        code = await world.code(holder, voucher_id)
        await age(database, "voucher", "expires_at", voucher_id, "31 days")
        refused = await world.api.post("/v1/redemptions", owner, {"code": code})
        assert refused.json()["code"] == "voucher-expired"
        await twice("expire_vouchers", jobs, EVERYTHING_OF_VOUCHER, voucher_id)
        assert await spendable(world, holder) == 5


class TestHoldForgotten:
    @pytest.mark.parametrize(("passed", "status"), [("9 minutes", "checking"), ("11 minutes", "reviewing")])
    async def test_a_check_that_never_ended_is_handed_to_staff(
        self, world: World, database: Database, jobs: Jobs, passed: str, status: str
    ):
        author = await world.person()
        wish_id = await world.wish(author, "checking")
        await age(database, "wish", "created_at", wish_id, passed)
        await twice("hold_forgotten", jobs, EVERYTHING_OF, wish_id)
        seen = (await world.api.get(f"/v1/wishes/{wish_id}", author)).json()
        assert seen["status"] == status
        if status == "reviewing":
            assert seen["history"][-1]["note"] == CHECK_UNAVAILABLE


class TestForgetKeys:
    COUNT = "SELECT count(*) FROM idempotency_key WHERE caller_id = $1"

    @pytest.mark.parametrize(("passed", "left"), [("29 days", 1), ("31 days", 0)])
    async def test_keys_are_kept_for_a_month(
        self, world: World, database: Database, jobs: Jobs, passed: str, left: int
    ):
        holder, key = await world.helper(points=9), uuid4().hex
        path = f"/v1/offers/{await world.offer(await world.shop(await world.person()), points=3)}/vouchers"
        first: Any = await world.api.post(path, holder, key=key)
        await database.writes.execute(
            f"UPDATE idempotency_key SET created_at = created_at - interval '{passed}' WHERE caller_id = $1", holder.id
        )
        for _ in range(2):
            await handlers.forget_keys(jobs.parts)
            assert await database.reads.fetchval(self.COUNT, holder.id) == left
        again = await world.api.post(path, holder, key=key)
        assert (again.json()["id"] == first.json()["id"]) == (left == 1)


class TestOneFault:
    async def test_one_thing_that_cannot_be_done_does_not_keep_the_others(
        self, world: World, database: Database, jobs: Jobs
    ):
        """The rows of one wish do not fit together; the helper of the other gets their points all the same."""
        broken_author, broken_helper = await world.person(), await world.helper()
        broken, _ = await world.delivered(broken_author, broken_helper)
        await database.writes.execute("UPDATE task SET status = 'draft' WHERE wish_id = $1", broken)
        author, helper = await world.person(), await world.helper()
        wish_id, _ = await world.delivered(author, helper)
        await age(database, "wish", "delivered_at", broken, "90 days")
        await age(database, "wish", "delivered_at", wish_id, "8 days")
        await handlers.confirm_silent(jobs.parts)
        assert await status_of(world, wish_id, author) == "fulfilled"
        assert await spendable(world, helper) == REWARD_POINTS
        assert await status_of(world, broken, broken_author) == "delivered"
        assert await spendable(world, broken_helper) == 0


def test_every_sweep_is_tried_and_has_a_schedule():
    """A sweep is tried where its name stands: here or in the tests of what it does."""
    tests = "\n".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    for name, (schedule, sweep) in SWEEPS.items():
        assert len(schedule.split()) == 5
        assert sweep.__name__ == name
        assert f"{sweep.__module__.rpartition('.')[2]}.{name}(" in tests or f'"{name}"' in tests, name
