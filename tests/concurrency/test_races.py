"""Many at once, on real connections, through the API: the last seat, the last piece, one scan, one confirmation."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.core.ids import new_id
from app.core.settings import Settings
from app.jobs import handlers
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World
from tests.people import Person
from tests.random_words import letters
from tests.wechat.server import new_code

CROWD = 64
LIVE_CLAIMS = "SELECT count(*) FROM claim WHERE task_id = $1 AND status IN ('active', 'submitted', 'returned')"


async def together(*requests: Awaitable[httpx.Response]) -> Counter[str]:
    """Send all at once; return how often each answer came: a status, or the code of a refusal. A 5xx is a failure."""
    # All are waited for, so that one failure is told alone and not with everything that it left under way.
    answers: list[httpx.Response] = []
    for answer in await asyncio.gather(*requests, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer
        answers.append(answer)
    assert all(answer.status_code < 500 for answer in answers), Counter(answer.status_code for answer in answers)
    return Counter(told(answer) for answer in answers)


def told(answer: httpx.Response) -> str:
    """Return a success's status or a refusal's code."""
    return str(answer.json()["code"]) if answer.status_code >= 400 else str(answer.status_code)


async def balance(world: World, person: Person) -> tuple[int, int]:
    """Return what somebody can spend and what their vouchers hold."""
    points = (await world.api.get("/v1/me/points", person)).json()
    return points["spendable_points"], points["held_points"]


async def assert_books_agree(database: Database, *people: Person) -> None:
    """The balances of these people are the sums of their transfers, and none is below zero (I3)."""
    rows = await database.reads.fetch(
        """
        SELECT b.points, (
            SELECT coalesce(sum(CASE WHEN t.credit_account_id = a.id THEN t.points ELSE -t.points END), 0)
            FROM ledger_transfer t WHERE a.id IN (t.debit_account_id, t.credit_account_id)
        ) AS moved
        FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.owner_id = ANY($1)
        """,
        [person.id for person in people],
    )
    assert len(rows) == 2 * len(people)
    assert all(row["points"] == row["moved"] >= 0 for row in rows)


class TestSeats:
    async def test_one_of_many_gets_the_only_seat(self, world: World, database: Database):
        helpers = await world.helpers(CROWD)
        task_id = await world.task_of(await world.wish(await world.person()))
        path = f"/v1/tasks/{task_id}/claims"
        answers = await together(*[world.api.post(path, helper) for helper in helpers])
        assert answers == {"201": 1, "task-full": CROWD - 1}
        await self.assert_one_live_claim(database, task_id)
        assert await database.reads.fetchval("SELECT seats_taken FROM task WHERE id = $1", task_id) == 1
        counted = await database.reads.fetchval(
            'SELECT sum(open_claims) FROM "user" WHERE id = ANY($1)', [helper.id for helper in helpers]
        )
        assert counted == 1, "whoever came too late carries nothing"

    async def test_reading_before_writing_would_not_have_kept_it(
        self, world: World, database: Database, settings: Settings
    ):
        """The control: the same check finds what a naive claim does, so it can fail."""
        helpers = await world.helpers(8)
        task_id = await world.task_of(await world.wish(await world.person()))
        everybody_has_read = asyncio.Barrier(len(helpers))

        async def claim_naively(connection: asyncpg.Connection, helper: Person) -> None:
            async with connection.transaction():
                taken = await connection.fetchval(LIVE_CLAIMS, task_id)
                await everybody_has_read.wait()
                if taken < 1:
                    await connection.execute(
                        "INSERT INTO claim (id, task_id, user_id, status, due_at) "
                        "VALUES ($1, $2, $3, 'active', now() + interval '7 days')",
                        new_id(),
                        task_id,
                        helper.id,
                    )

        url = settings.require_database_url()
        connections = [await asyncpg.connect(url) for _ in helpers]
        await asyncio.gather(*map(claim_naively, connections, helpers))
        for connection in connections:
            await connection.close()
        with pytest.raises(AssertionError):
            await self.assert_one_live_claim(database, task_id)

    async def assert_one_live_claim(self, database: Database, task_id: UUID) -> None:
        assert await database.reads.fetchval(LIVE_CLAIMS, task_id) == 1

    async def test_a_person_keeps_to_the_limit_across_tasks(self, world: World, settings: Settings):
        helper = await world.helper()
        tasks = [await world.task_of(await world.wish(await world.person())) for _ in range(10)]
        answers = await together(*[world.api.post(f"/v1/tasks/{task}/claims", helper) for task in tasks])
        limit = settings.open_claims_limit
        assert answers == {"201": limit, "claim-limit-reached": len(tasks) - limit}
        assert len((await world.api.get("/v1/me/claims", helper)).json()["items"]) == limit

    async def test_a_person_takes_one_seat_of_a_task(self, world: World, database: Database):
        helper = await world.helper()
        task_id = await world.task_of(await world.wish(await world.person()))
        await database.writes.execute("UPDATE task SET seats = 10 WHERE id = $1", task_id)
        path = f"/v1/tasks/{task_id}/claims"
        answers = await together(*[world.api.post(path, helper) for _ in range(10)])
        assert answers["201"] == 1
        await self.assert_one_live_claim(database, task_id)

    async def test_either_the_withdrawal_or_a_claim_comes_first(self, world: World, database: Database):
        won: Counter[str] = Counter()
        for turn in range(20):
            author, helper = await world.person(), await world.helper()
            wish_id = await world.wish(author)
            task_id = await world.task_of(wish_id)
            requests = [
                world.api.post(f"/v1/wishes/{wish_id}/withdraw", author),
                world.api.post(f"/v1/tasks/{task_id}/claims", helper),
            ]
            answers = await together(*(requests if turn % 2 else reversed(requests)))
            states = await database.reads.fetchrow(
                "SELECT w.status, t.status, t.seats_taken FROM wish w JOIN task t ON t.wish_id = w.id WHERE w.id = $1",
                wish_id,
            )
            if "200" in answers:
                assert answers == {"200": 1, "task-not-open": 1}
                assert tuple(states or ()) == ("withdrawn", "cancelled", 0)
            else:
                assert answers == {"201": 1, "state-conflict": 1}
                assert tuple(states or ()) == ("claimed", "open", 1)
            won.update(answers)
        assert won["200"] + won["201"] == 20


class TestVouchers:
    async def test_one_of_many_scans_settles(self, world: World, database: Database):
        owner, holder = await world.person(), await world.helper(points=10)
        shop = await world.shop(owner)
        voucher = await world.voucher(holder, await world.offer(shop, points=4))
        code = {"code": await world.code(holder, voucher)}
        answers = await together(*[world.api.post("/v1/redemptions", owner, code) for _ in range(CROWD)])
        assert answers == {"201": 1, "voucher-settled": CROWD - 1}
        assert await balance(world, holder) == (6, 0)
        assert len((await world.api.get(f"/v1/merchants/{shop}/redemptions", owner)).json()["items"]) == 1
        await assert_books_agree(database, holder)

    async def test_the_stock_goes_to_as_many_as_there_are_pieces(self, world: World, database: Database):
        holders = [await world.helper(points=5) for _ in range(CROWD)]
        offer = await world.offer(await world.shop(await world.person()), points=5, stock=10)
        answers = await together(*[world.api.post(f"/v1/offers/{offer}/vouchers", holder) for holder in holders])
        assert answers == {"201": 10, "offer-sold-out": CROWD - 10}
        assert (await world.api.get(f"/v1/offers/{offer}")).json()["stock_left"] == 0
        await assert_books_agree(database, *holders)
        held = await database.reads.fetchval(
            "SELECT sum(b.points) FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id "
            "WHERE a.kind = 'held' AND a.owner_id = ANY($1)",
            [holder.id for holder in holders],
        )
        assert held == 50

    async def test_one_person_gets_as_many_as_one_may(self, world: World, database: Database):
        holder = await world.helper(points=CROWD)
        offer = await world.offer(await world.shop(await world.person()), points=1, stock=CROWD, per_person_limit=1)
        answers = await together(*[world.api.post(f"/v1/offers/{offer}/vouchers", holder) for _ in range(CROWD)])
        assert answers == {"201": 1, "offer-limit-reached": CROWD - 1}
        assert await balance(world, holder) == (CROWD - 1, 1)
        assert (await world.api.get(f"/v1/offers/{offer}")).json()["stock_left"] == CROWD - 1
        await assert_books_agree(database, holder)

    async def test_a_day_has_as_many_pieces_as_it_has(self, world: World, database: Database):
        holders = [await world.helper(points=1) for _ in range(CROWD)]
        offer = await world.offer(await world.shop(await world.person()), points=1, stock=CROWD, per_day_limit=10)
        answers = await together(*[world.api.post(f"/v1/offers/{offer}/vouchers", holder) for holder in holders])
        assert answers == {"201": 10, "offer-daily-limit-reached": CROWD - 10}
        assert (await world.api.get(f"/v1/offers/{offer}")).json()["stock_left"] == CROWD - 10
        await assert_books_agree(database, *holders)

    async def test_pieces_that_go_and_come_are_counted_right(self, world: World, database: Database):
        """Takes and cancellations of the same few people at once: every count is what there is in the end."""
        holders = [await world.helper(points=20) for _ in range(4)]
        offer = await world.offer(
            await world.shop(await world.person()), points=1, stock=12, per_person_limit=4, per_day_limit=12
        )
        taken = [(holder, await world.voucher(holder, offer)) for holder in holders for _ in range(2)]
        answers = await together(
            *[world.api.post(f"/v1/vouchers/{voucher}/cancel", holder) for holder, voucher in taken],
            *[world.api.post(f"/v1/offers/{offer}/vouchers", holder) for holder in holders * 6],
        )
        assert set(answers) <= {"200", "201", "offer-limit-reached", "offer-sold-out", "offer-daily-limit-reached"}
        row = await database.reads.fetchrow(
            """
            SELECT o.stock - o.stock_left AS out, o.taken_on_day,
                (SELECT sum(taken) FROM offer_taker WHERE offer_id = o.id) AS counted,
                (SELECT max(taken) FROM offer_taker WHERE offer_id = o.id) AS most,
                (SELECT count(*) FROM voucher WHERE offer_id = o.id AND status = 'held') AS held
            FROM offer o WHERE o.id = $1
            """,
            offer,
        )
        assert row is not None
        assert row["out"] == row["taken_on_day"] == row["counted"] == row["held"] == answers["201"]
        assert row["most"] <= 4
        await assert_books_agree(database, *holders)

    async def test_a_wallet_pays_for_what_it_holds_and_no_more(self, world: World, database: Database):
        holder = await world.helper(points=17)
        offer = await world.offer(await world.shop(await world.person()), points=5, stock=100)
        answers = await together(*[world.api.post(f"/v1/offers/{offer}/vouchers", holder) for _ in range(10)])
        assert answers == {"201": 3, "points-insufficient": 7}
        assert await balance(world, holder) == (2, 15)
        assert (await world.api.get(f"/v1/offers/{offer}")).json()["stock_left"] == 97
        await assert_books_agree(database, holder)

    async def test_a_voucher_is_settled_or_given_back_never_both(self, world: World, database: Database):
        owner = await world.person()
        offer = await world.offer(await world.shop(owner), points=2, stock=50)
        for turn in range(50):
            holder = await world.helper(points=2)
            voucher = await world.voucher(holder, offer)
            code = {"code": await world.code(holder, voucher)}
            requests = [
                world.api.post("/v1/redemptions", owner, code),
                world.api.post(f"/v1/vouchers/{voucher}/cancel", holder),
            ]
            answers = await together(*(requests if turn % 2 else reversed(requests)))
            ended = (await world.api.get(f"/v1/vouchers/{voucher}", holder)).json()["status"]
            if "201" in answers:
                assert answers == {"201": 1, "state-conflict": 1}
                assert (ended, await balance(world, holder)) == ("settled", (0, 0))
            else:
                assert answers == {"200": 1, "voucher-cancelled": 1}
                assert (ended, await balance(world, holder)) == ("cancelled", (2, 0))
            closed = "SELECT count(*) FROM ledger_transfer WHERE reference_id = $1 AND kind IN ('settle', 'release')"
            assert await database.reads.fetchval(closed, voucher) == 1
            await assert_books_agree(database, holder)

    async def test_a_voucher_that_expires_at_the_scan_ends_once(self, world: World, database: Database, jobs: Jobs):
        owner = await world.person()
        offer = await world.offer(await world.shop(owner), points=2)
        for _ in range(5):
            holder = await world.helper(points=2)
            voucher = await world.voucher(holder, offer)
            code = {"code": await world.code(holder, voucher)}
            await database.writes.execute(
                "UPDATE voucher SET expires_at = now() + interval '30 milliseconds' WHERE id = $1", voucher
            )
            await asyncio.sleep(0.025)
            answer, *_ = await asyncio.gather(
                world.api.post("/v1/redemptions", owner, code),
                handlers.expire_vouchers(jobs.parts),
                handlers.expire_vouchers(jobs.parts),
            )
            assert told(answer) in {"201", "voucher-expired"}
            await handlers.expire_vouchers(jobs.parts)
            assert await balance(world, holder) == ((0, 0) if told(answer) == "201" else (2, 0))
            await assert_books_agree(database, holder)


class TestSuspension:
    async def test_each_voucher_is_settled_or_given_back_while_the_shop_goes(
        self, world: World, database: Database, jobs: Jobs
    ):
        """Scans, the suspension and the jobs that follow it, all at once; and some take vouchers in the same moment."""
        owner = await world.person()
        shop = await world.shop(owner)
        offer = await world.offer(shop, points=2, stock=100)
        holders = [await world.helper(points=4) for _ in range(24)]
        codes = [{"code": await world.code(holder, await world.voucher(holder, offer))} for holder in holders]
        scans = [world.api.post("/v1/redemptions", owner, code) for code in codes]
        takes = [world.api.post(f"/v1/offers/{offer}/vouchers", holder) for holder in holders[:8]]
        form = {"reason": "消防检查", "vouchers": "give_back"}

        async def suspend() -> httpx.Response:
            response = await world.api.post(f"/v1/merchants/{shop}/suspend", world.alliance, form)
            await asyncio.gather(
                handlers.give_back_vouchers_of_shop(jobs.parts, shop), handlers.give_back_vouchers(jobs.parts)
            )
            return response

        answers = await together(*scans[:12], *takes[:4], suspend(), *takes[4:], *scans[12:])
        assert answers["200"] == 1
        await handlers.give_back_vouchers(jobs.parts)
        rows = await database.reads.fetch(
            """
            SELECT v.status, (SELECT count(*) FROM redemption r WHERE r.voucher_id = v.id) AS scans,
                array_agg(t.kind::text ORDER BY t.kind) AS moves
            FROM voucher v JOIN ledger_transfer t ON t.reference_id = v.id WHERE v.merchant_id = $1 GROUP BY v.id
            """,
            shop,
        )
        ends = Counter((row["status"], row["scans"], *row["moves"]) for row in rows)
        assert set(ends) <= {("settled", 1, "hold", "settle"), ("cancelled", 0, "hold", "release")}
        settled = ends["settled", 1, "hold", "settle"]
        left = await database.reads.fetchval("SELECT stock_left FROM offer WHERE id = $1", offer)
        assert (len(rows) >= 24, left) == (True, 100 - settled)
        await assert_books_agree(database, *holders)


class TestConfirmation:
    async def test_points_are_awarded_once_to_many_confirmations(self, world: World, database: Database):
        author, helper = await world.person(), await world.helper()
        wish_id, claim_id = await world.delivered(author, helper)
        form = {"rating": 5, "thanks": "谢谢"}
        answers = await together(
            *[world.api.post(f"/v1/wishes/{wish_id}/confirm", author, form) for _ in range(8)],
            *[world.api.post(f"/v1/claims/{claim_id}/verify", world.staff) for _ in range(8)],
        )
        assert answers == {"200": 1, "state-conflict": 15}
        assert await balance(world, helper) == (REWARD_POINTS, 0)
        await assert_books_agree(database, helper)

    async def test_points_are_awarded_once_when_the_job_confirms_too(
        self, world: World, database: Database, jobs: Jobs
    ):
        for _ in range(5):
            author, helper = await world.person(), await world.helper()
            wish_id, _ = await world.delivered(author, helper)
            await database.writes.execute(
                "UPDATE wish SET delivered_at = now() - interval '8 days' WHERE id = $1", wish_id
            )
            answer, *_ = await asyncio.gather(
                world.api.post(f"/v1/wishes/{wish_id}/confirm", author, {"rating": 4, "thanks": None}),
                handlers.confirm_silent(jobs.parts),
                handlers.confirm_silent(jobs.parts),
            )
            assert told(answer) in {"200", "state-conflict"}
            assert (await world.api.get(f"/v1/wishes/{wish_id}", author)).json()["status"] == "fulfilled"
            assert await balance(world, helper) == (REWARD_POINTS, 0)

    async def test_a_delivery_and_its_lapse_leave_one_of_both(self, world: World, database: Database, jobs: Jobs):
        for _ in range(10):
            author, helper = await world.person(), await world.helper()
            claim_id = await world.claim(helper, await world.wish(author))
            await database.writes.execute("UPDATE claim SET due_at = now() - interval '1 day' WHERE id = $1", claim_id)
            answer, _ = await asyncio.gather(
                world.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "好了"}),
                handlers.lapse_overdue(jobs.parts),
            )
            row = await database.reads.fetchrow(
                "SELECT c.status, t.seats_taken, u.open_claims FROM claim c "
                'JOIN task t ON t.id = c.task_id JOIN "user" u ON u.id = c.user_id WHERE c.id = $1',
                claim_id,
            )
            expected = ("submitted", 1, 0) if told(answer) == "200" else ("lapsed", 0, 0)
            assert tuple(row or ()) == expected

    async def test_a_claim_ends_once_however_many_end_it(self, world: World, database: Database):
        """Given back by its holder many times at once, and refused by staff many times at once."""
        author, helper = await world.person(), await world.helper()
        claim_id = await world.claim(helper, await world.wish(author))
        answers = await together(*[world.api.post(f"/v1/claims/{claim_id}/release", helper) for _ in range(8)])
        assert answers == {"200": 1, "state-conflict": 7}
        _, claim_id = await world.delivered(author, helper)
        form = {"reason": "没有人来过"}
        answers = await together(
            *[world.api.post(f"/v1/claims/{claim_id}/refuse", world.staff, form) for _ in range(8)]
        )
        assert answers == {"200": 1, "state-conflict": 7}
        _, claim_id = await world.delivered(author, helper)
        answers = await together(
            *[world.api.post(f"/v1/claims/{claim_id}/return", world.staff, form) for _ in range(8)]
        )
        assert answers == {"200": 1, "state-conflict": 7}
        form = {"note": "好了"}
        answers = await together(*[world.api.post(f"/v1/claims/{claim_id}/submit", helper, form) for _ in range(8)])
        assert answers == {"200": 1, "state-conflict": 7}
        assert await database.reads.fetchval('SELECT open_claims FROM "user" WHERE id = $1', helper.id) == 0


class TestFirstLogIn:
    async def test_two_first_log_ins_make_one_user(self, api: ApiClient, database: Database):
        for _ in range(5):
            name = f"新人{letters(8)}"
            answers = await asyncio.gather(
                *[api.request("POST", "/v1/auth/wechat", json={"code": new_code(name)}) for _ in range(8)]
            )
            assert [answer.status_code for answer in answers] == [200] * 8
            ids = {answer.json()["me"]["id"] for answer in answers}
            assert len(ids) == 1
            accounts = await database.reads.fetch(
                "SELECT kind FROM ledger_account WHERE owner_id = $1", UUID(ids.pop())
            )
            assert sorted(row["kind"] for row in accounts) == ["held", "wallet"]


async def applications(world: World, people: Sequence[Person]) -> list[Awaitable[httpx.Response]]:
    form = {"kind": "in_service", "unit_id": str(world.unit_id), "home_area_id": str(world.grid.id)}
    return [world.api.post("/v1/members", person, form) for person in people]


class TestEnrolment:
    async def test_a_person_applies_once(self, world: World):
        person = await world.person()
        answers = await together(*await applications(world, [person] * 8))
        assert answers == {"201": 1, "already-enrolled": 7}

    async def test_one_of_two_decisions_counts(self, world: World, database: Database):
        person = await world.person()
        member_id = (await (await applications(world, [person]))[0]).json()["id"]
        answers = await together(
            world.api.post(f"/v1/members/{member_id}/approve", world.staff),
            world.api.post(f"/v1/members/{member_id}/refuse", world.administrator, {"reason": "不在本网格"}),
        )
        assert answers == {"200": 1, "state-conflict": 1}
        events = await database.reads.fetchval(
            "SELECT count(*) FROM event WHERE subject_id = $1 AND action <> 'create'", UUID(member_id)
        )
        assert events == 1
