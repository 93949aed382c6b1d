"""What a fulfilled wish earns: the promise of its task, under the policy in force when it is confirmed."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.core.clock import SHANGHAI, now, today
from app.core.db import Database
from app.domain import points
from app.domain.kinds import Expiry
from app.domain.points import DEFAULT
from app.jobs import handlers
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import REWARD_POINTS, World, give_points
from tests.people import Person

AWARD_AT = """
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, created_at)
    SELECT 'award', issuer.id, wallet.id, $2, $3, $4 FROM ledger_account issuer, ledger_account wallet
    WHERE issuer.kind = 'issuer' AND wallet.kind = 'wallet' AND wallet.owner_id = $1
"""


async def award_of(database: Database, claim_id: UUID) -> asyncpg.Record:
    found = await database.reads.fetchrow("SELECT * FROM award WHERE claim_id = $1", claim_id)
    assert found is not None
    return found


async def purse(world: World, person: Person) -> dict[str, Any]:
    return dict((await world.api.get("/v1/me/points", person)).json())


def midnight(day: date) -> datetime:
    """Return the first moment of a day in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


class TestPromise:
    async def test_it_is_made_when_the_task_opens_and_no_policy_changes_it(
        self, api: ApiClient, world: World, database: Database
    ):
        rate = {"kind": "wish", "category": "elderly", "points": 12, "points_per_hour": 6}
        await world.policy(world.community, rates=[rate])
        author, helper = await world.person(), await world.helper()
        wish = await world.wish(author)
        task = (await api.get(f"/v1/tasks/{await world.task_of(wish)}")).json()
        assert (task["reward_points"], task["hourly_points"]) == (12, 6)
        await world.policy(world.grid, rates=[{"kind": "wish", "points": 1}])
        assert (await api.get(f"/v1/tasks/{task['id']}")).json() == task
        claim = await world.claim(helper, wish)
        await api.post(f"/v1/claims/{claim}/submit", helper, {"note": "好了。", "minutes": 100})
        await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5})
        assert (await purse(world, helper))["spendable_points"] == 12 + 10
        assert (await award_of(database, claim))["points_promised"] == 22
        new_task = await world.task_of(await world.wish(author))
        assert (await api.get(f"/v1/tasks/{new_task}")).json()["reward_points"] == 1

    async def test_minutes_are_said_to_those_who_confirm(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish, claim = await world.delivered(author, helper, minutes=90)
        assert (await api.get(f"/v1/wishes/{wish}", author)).json()["delivery"]["minutes"] == 90
        assert (await api.get(f"/v1/claims/{claim}", world.staff)).json()["minutes"] == 90

    async def test_a_delivery_done_again_says_its_minutes_again(self, api: ApiClient, world: World):
        helper = await world.helper()
        _, claim = await world.delivered(await world.person(), helper, minutes=90)
        await api.post(f"/v1/claims/{claim}/return", world.staff, {"reason": "再看看"})
        seen = (await api.post(f"/v1/claims/{claim}/submit", helper, {"note": "好了。"})).json()
        assert seen["minutes"] is None

    @pytest.mark.parametrize("minutes", [0, 1441, "60", 1.5])
    async def test_a_day_has_so_many_minutes(self, api: ApiClient, world: World, minutes: object):
        helper = await world.helper()
        claim = await world.claim(helper, await world.wish(await world.person()))
        refused = await api.post(f"/v1/claims/{claim}/submit", helper, {"note": "好了。", "minutes": minutes})
        assert problem(refused) == (422, "invalid-payload")


class TestRow:
    async def test_it_tells_who_granted_what_under_which_rules(self, world: World, database: Database):
        above = await world.policy(world.district, month_cap=500)
        below = await world.policy(world.grid, day_cap=100)
        helper = await world.helper()
        claim = await world.confirmed(helper)
        award = await award_of(database, claim)
        author = await database.reads.fetchval(
            "SELECT t.author_id FROM claim c JOIN task t ON t.id = c.task_id WHERE c.id = $1", claim
        )
        assert (award["user_id"], award["verifier_id"]) == (helper.id, author)
        assert (award["points_promised"], award["points_granted"], award["cut_by"]) == (10, 10, None)
        assert [str(policy_id) for policy_id in award["policy_ids"]] == [above["id"], below["id"]]
        assert (award["available_on"], award["expires_on"]) == (None, None)

    async def test_staff_verify_and_silence_does(self, api: ApiClient, world: World, database: Database, jobs: Jobs):
        helper = await world.helper()
        _, verified = await world.delivered(await world.person(), helper)
        await api.post(f"/v1/claims/{verified}/verify", world.staff)
        wish, silent = await world.delivered(await world.person(), helper)
        await database.writes.execute("UPDATE wish SET delivered_at = now() - interval '8 days' WHERE id = $1", wish)
        await handlers.confirm_silent(jobs.parts)
        assert (await award_of(database, verified))["verifier_id"] == world.staff.id
        assert (await award_of(database, silent))["verifier_id"] is None

    async def test_a_task_that_promised_nothing_has_its_row_too(self, world: World, database: Database):
        await world.policy(world.grid, rates=[{"kind": "wish", "points": 0}])
        helper = await world.helper()
        award = await award_of(database, await world.confirmed(helper))
        assert (award["points_promised"], award["points_granted"], award["cut_by"]) == (0, 0, None)
        assert (await purse(world, helper))["spendable_points"] == 0


class TestCaps:
    async def test_of_a_day(self, world: World, database: Database):
        await world.policy(world.district, day_cap=25)
        helper = await world.helper()
        awards = [await award_of(database, await world.confirmed(helper)) for _ in range(4)]
        assert [award["points_granted"] for award in awards] == [10, 10, 5, 0]
        assert [award["cut_by"] for award in awards] == [None, None, "day", "day"]
        assert (await purse(world, helper))["spendable_points"] == 25

    async def test_a_day_begins_at_midnight_in_shanghai(self, world: World, database: Database):
        await world.policy(world.district, day_cap=15)
        yesterday, this_day = await world.helper(), await world.helper()
        start = midnight(today())
        await database.writes.execute(AWARD_AT, yesterday.id, 15, uuid4(), start - timedelta(microseconds=1))
        await database.writes.execute(AWARD_AT, this_day.id, 15, uuid4(), start)
        assert (await award_of(database, await world.confirmed(yesterday)))["points_granted"] == 10
        assert (await award_of(database, await world.confirmed(this_day)))["points_granted"] == 0

    async def test_of_a_month_that_begins_at_midnight_in_shanghai(self, world: World, database: Database):
        await world.policy(world.district, month_cap=15)
        last_month, this_month = await world.helper(), await world.helper()
        start = midnight(today().replace(day=1))
        await database.writes.execute(AWARD_AT, last_month.id, 15, uuid4(), start - timedelta(microseconds=1))
        await database.writes.execute(AWARD_AT, this_month.id, 7, uuid4(), start)
        assert (await award_of(database, await world.confirmed(last_month)))["cut_by"] is None
        award = await award_of(database, await world.confirmed(this_month))
        assert (award["points_granted"], award["cut_by"]) == (8, "month")

    async def test_what_waits_or_was_spent_counts_for_the_day(self, world: World, database: Database):
        await world.policy(world.district, day_cap=15, waiting_days=2)
        helper = await world.helper()
        awards = [await award_of(database, await world.confirmed(helper)) for _ in range(2)]
        assert [award["points_granted"] for award in awards] == [10, 5]

    async def test_of_a_balance_with_what_vouchers_hold_and_without_what_is_over(
        self, world: World, database: Database
    ):
        await world.policy(world.district, balance_cap=30)
        helper = await world.helper(points=10)
        await give_points(database, helper, 8, expires_on=today() - timedelta(days=1))
        await give_points(database, helper, 13, available_on=today() + timedelta(days=1))
        await world.voucher(helper, await world.offer(await world.shop(await world.person()), points=4))
        award = await award_of(database, await world.confirmed(helper))
        assert (award["points_granted"], award["cut_by"]) == (7, "balance")

    async def test_the_policy_at_the_confirmation_counts(self, api: ApiClient, world: World, database: Database):
        author, helper = await world.person(), await world.helper()
        wish, claim = await world.delivered(author, helper)
        await world.policy(world.community, day_cap=3)
        await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5})
        assert (await award_of(database, claim))["points_granted"] == 3


class TestDates:
    async def test_points_wait_and_expire_by_the_policy(self, world: World, database: Database):
        await world.policy(world.district, waiting_days=7, expiry="months", expiry_months=3)
        helper = await world.helper()
        award = await award_of(database, await world.confirmed(helper))
        assert award["available_on"] == today() + timedelta(days=7)
        terms = replace(DEFAULT, waiting_days=7, expiry=Expiry.MONTHS, expiry_months=3)
        assert award["expires_on"] == points.expires_on(terms, today())
        seen = await purse(world, helper)
        assert (seen["spendable_points"], seen["waiting_points"], seen["by_expiry"]) == (0, REWARD_POINTS, [])
        assert seen["waiting"] == [
            {
                "available_on": award["available_on"].isoformat(),
                "expires_on": award["expires_on"].isoformat(),
                "points": REWARD_POINTS,
            }
        ]

    async def test_awards_that_end_on_one_date_are_one_account(self, world: World):
        await world.policy(world.district, expiry="end_of_next_year")
        helper = await world.helper()
        for _ in range(2):
            await world.confirmed(helper)
        last = date(today().year + 1, 12, 31)
        assert (await purse(world, helper))["by_expiry"] == [{"expires_on": last.isoformat(), "points": 20}]


class TestThreshold:
    async def test_a_first_voucher_needs_so_much_and_the_next_does_not(self, api: ApiClient, world: World):
        offer = await world.offer(await world.shop(await world.person()), points=5)
        await world.policy(world.district, first_redemption_threshold=20)
        helper = await world.helper()
        await world.confirmed(helper)
        path = f"/v1/offers/{offer}/vouchers"
        assert problem(await api.post(path, helper)) == (409, "points-below-threshold")
        assert (await api.get(f"/v1/offers/{offer}")).json()["stock_left"] == 10, "a refusal takes nothing"
        await world.confirmed(helper)
        assert (await api.post(path, helper)).status_code == 201
        await world.policy(world.district, first_redemption_threshold=1000)
        assert (await api.post(path, helper)).status_code == 201

    async def test_what_was_awarded_counts_though_it_waits_or_is_over(self, world: World, database: Database):
        offer = await world.offer(await world.shop(await world.person()), points=5)
        await world.policy(world.district, first_redemption_threshold=20)
        helper = await world.helper(points=6)
        await give_points(database, helper, 7, available_on=today() + timedelta(days=9))
        await give_points(database, helper, 7, expires_on=today() - timedelta(days=9))
        await world.voucher(helper, offer)

    async def test_it_is_that_of_the_offers_area(self, api: ApiClient, world: World):
        offer = await world.offer(await world.shop(await world.person()), points=5)
        await world.policy(world.grid, first_redemption_threshold=1000)
        await world.voucher(await world.helper(points=5), offer)
        await world.policy(world.district, first_redemption_threshold=6)
        refused = await api.post(f"/v1/offers/{offer}/vouchers", await world.helper(points=5))
        assert problem(refused) == (409, "points-below-threshold")

    async def test_an_empty_newest_version_asks_for_nothing(self, world: World):
        offer = await world.offer(await world.shop(await world.person()), points=5)
        await world.policy(world.district, first_redemption_threshold=1000)
        await world.policy(world.district)
        await world.policy(
            world.district, first_redemption_threshold=1000, effective_from=(now() + timedelta(days=1)).isoformat()
        )
        # The newest version has not begun, so the one before is in force, which leaves it to the default.
        await world.voucher(await world.helper(points=5), offer)


class TestSpending:
    async def test_what_expires_first_is_spent_first(self, api: ApiClient, world: World, database: Database):
        holder = await world.helper(points=10)
        soon, later = today(), today() + timedelta(days=40)
        await give_points(database, holder, 6, expires_on=later)
        await give_points(database, holder, 4, expires_on=soon)
        await give_points(database, holder, 9, expires_on=today() - timedelta(days=1))
        offer = await world.offer(await world.shop(await world.person()), points=7)
        voucher = await world.voucher(holder, offer)
        seen = await purse(world, holder)
        assert (seen["spendable_points"], seen["held_points"]) == (13, 7)
        assert seen["by_expiry"] == [
            {"expires_on": later.isoformat(), "points": 3},
            {"expires_on": None, "points": 10},
        ]
        await api.post(f"/v1/vouchers/{voucher}/cancel", holder)
        assert (await purse(world, holder))["by_expiry"] == [
            {"expires_on": soon.isoformat(), "points": 4},
            {"expires_on": later.isoformat(), "points": 6},
            {"expires_on": None, "points": 10},
        ]

    async def test_what_is_over_or_waits_is_not_spent(self, api: ApiClient, world: World, database: Database):
        holder = await world.helper()
        await give_points(database, holder, 9, expires_on=today() - timedelta(days=1))
        await give_points(database, holder, 9, available_on=today() + timedelta(days=1))
        offer = await world.offer(await world.shop(await world.person()), points=1)
        refused = await api.post(f"/v1/offers/{offer}/vouchers", holder)
        assert problem(refused) == (409, "points-insufficient")
