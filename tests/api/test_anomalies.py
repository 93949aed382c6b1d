"""Patterns for the auditor: each is made through the API and found, and is not found where life is clean."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.ids import new_id
from app.domain.caller import Role
from app.services.anomalies import caps, manual, verifications
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.call_outs import gathering
from tests.factories import REWARD_POINTS, World, give_points, log_in
from tests.people import Person
from tests.random_words import letters
from tests.wechat.server import new_code

VERIFIED_AGO = """
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, created_at)
    VALUES ($1, 'claim', $2, 'verify', 'submitted', 'verified', $3, 'staff', now() - $4 * interval '1 second')
"""


AWARDED_AGO = """
    INSERT INTO award
        (claim_id, user_id, verifier_id, points_promised, points_granted, cut_by, policy_ids, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, now() - $8 * interval '1 day')
"""
DAY_S = 24 * 60 * 60


async def found(api: ApiClient, world: World, kind: str, *, reader: Person | None = None, **more: Any) -> list[Any]:
    """Return the anomalies of a kind in the district; what all have in common is held against its form."""
    reader = reader or world.administrator
    answer = await api.get("/v1/anomalies", reader, area_id=world.district.id, kind=kind, **more)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    for item in items:
        assert item["kind"] == kind
        assert item["since"] < item["until"]
        assert item["explanation"].endswith("这只是供核查的线索，不是结论，请先了解实际情况。")
        assert str(item["count"]) in item["explanation"]
        assert item["actions"] == []
    return items


def parts(item: Any) -> dict[str, str]:
    return {person["part"]: person["id"] for person in item["people"]}


class TestList:
    async def test_auditors_and_administrators_of_the_area_read(self, api: ApiClient, world: World):
        auditor = await world.holder(Role.AUDITOR, world.community)
        for reader, area in ((world.administrator, world.district), (auditor, world.community), (auditor, world.grid)):
            assert (await api.get("/v1/anomalies", reader, area_id=area.id)).json() == {"items": []}

    async def test_nobody_else(self, api: ApiClient, world: World):
        below = await world.holder(Role.AUDITOR, world.grid)
        elsewhere = await world.holder(Role.AUDITOR, world.neighbour)
        for reader in (world.staff, world.alliance, await world.person(), below, elsewhere):
            response = await api.get("/v1/anomalies", reader, area_id=world.community.id)
            assert problem(response) == (403, "not-allowed")
        response = await api.get("/v1/anomalies", world.administrator, area_id=uuid4())
        assert problem(response) == (403, "not-allowed")

    @pytest.mark.parametrize("since", ["0001-01-01", "2025-02-28", "9999-12-31"])
    async def test_a_period_from_any_day(self, api: ApiClient, world: World, since: str):
        answer = await api.get("/v1/anomalies", world.administrator, area_id=world.district.id, since=since)
        assert answer.json() == {"items": []}

    @pytest.mark.parametrize("query", [{"kind": "verdict"}, {"since": "yesterday"}, {"since": "2025-02-30"}])
    async def test_queries_that_do_not_fit(self, api: ApiClient, world: World, query: dict[str, str]):
        answer = await api.get("/v1/anomalies", world.administrator, area_id=world.district.id, **query)
        assert problem(answer) == (422, "invalid-payload")

    async def test_an_auditor_changes_nothing(self, api: ApiClient, world: World):
        """The role opens no queue and no decision beside what it reads."""
        auditor = await world.holder(Role.AUDITOR, world.district)
        wish = await world.wish(await world.person(), "reviewing")
        assert problem(await api.post(f"/v1/wishes/{wish}/approve", auditor)) == (404, "not-found")
        assert (await api.get("/v1/members", auditor, area_id=world.grid.id)).json()["items"] == []
        form = {"user_id": str((await world.person()).id), "role": "staff", "area_id": str(world.grid.id)}
        assert problem(await api.post("/v1/grants", auditor, form)) == (403, "not-allowed")

    async def test_the_role_is_given_and_taken_like_others(self, api: ApiClient, world: World):
        person = await world.person()
        form = {"user_id": str(person.id), "role": "auditor", "area_id": str(world.district.id)}
        grant = (await api.post("/v1/grants", world.administrator, form)).json()["id"]
        assert await found(api, world, "same_verifier", reader=person) == []
        await api.delete(f"/v1/grants/{grant}", world.administrator)
        response = await api.get("/v1/anomalies", person, area_id=world.district.id)
        assert problem(response) == (403, "not-allowed")


class TestSameVerifier:
    async def test_one_worker_again_and_again(self, api: ApiClient, world: World):
        helper = await world.helper()
        for _ in range(verifications.SAME_VERIFIER_COUNT_MIN):
            await world.verified(await world.person(), helper)
        [item] = await found(api, world, "same_verifier")
        assert parts(item) == {"verifier": str(world.staff.id), "claimant": str(helper.id)}
        assert (item["count"], item["total"]) == (5, 5)
        assert [person["nickname"] for person in item["people"]] == ["邻居0001", "邻居0001"]

    async def test_one_resident_again_and_again(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        for _ in range(verifications.SAME_VERIFIER_COUNT_MIN):
            wish, _ = await world.delivered(author, helper)
            await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5})
        [item] = await found(api, world, "same_verifier")
        assert parts(item) == {"verifier": str(author.id), "claimant": str(helper.id)}

    async def test_now_and_then_is_nothing(self, api: ApiClient, world: World):
        helper = await world.helper()
        for _ in range(verifications.SAME_VERIFIER_COUNT_MIN - 1):
            await world.verified(await world.person(), helper)
        assert await found(api, world, "same_verifier") == []
        for _ in range(verifications.SAME_VERIFIER_COUNT_MIN + 1):
            await confirm(api, world, helper)
        await world.verified(await world.person(), helper)
        assert await found(api, world, "same_verifier") == [], "five of eleven are less than half"

    async def test_the_period_and_the_area_bound_it(self, api: ApiClient, world: World):
        helper = await world.helper()
        for _ in range(verifications.SAME_VERIFIER_COUNT_MIN):
            await world.verified(await world.person(), helper)
        assert await found(api, world, "same_verifier", since="9999-12-31") == []
        answer = await api.get("/v1/anomalies", world.administrator, area_id=world.other_grid.id)
        assert answer.json() == {"items": []}


async def confirm(api: ApiClient, world: World, helper: Person) -> None:
    """Have a new resident confirm a service of the helper's."""
    author = await world.person()
    wish, _ = await world.delivered(author, helper)
    response = await api.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5})
    assert response.status_code == 200, response.text


class TestVerificationBurst:
    async def test_more_than_anybody_reads_in_a_minute(self, api: ApiClient, world: World):
        claims = [
            (await world.delivered(await world.person(), await world.helper()))[1]
            for _ in range(verifications.BURST_COUNT_MAX + 1)
        ]
        for claim in claims[:-1]:
            await api.post(f"/v1/claims/{claim}/verify", world.staff)
        assert await found(api, world, "verification_burst") == [], "twenty can be done"
        await api.post(f"/v1/claims/{claims[-1]}/verify", world.staff)
        [item] = await found(api, world, "verification_burst")
        assert parts(item) == {"verifier": str(world.staff.id)}
        assert (item["count"], item["total"]) == (21, None)
        assert item["day"] is not None

    async def test_as_many_in_a_longer_time_are_nothing(self, api: ApiClient, world: World):
        """One every four seconds: sixteen in any minute. The events are written, since a test does not wait so long."""
        for place in range(verifications.BURST_COUNT_MAX + 1):
            _, claim = await world.delivered(await world.person(), await world.helper())
            await world.database.writes.execute(VERIFIED_AGO, new_id(), claim, world.staff.id, place * 4)
        assert await found(api, world, "verification_burst") == []


class TestImpossibleDay:
    async def test_more_services_than_a_day_has_room_for(self, api: ApiClient, world: World):
        helper = await world.helper()
        for _ in range(verifications.DAY_COUNT_MAX):
            await world.verified(await world.person(), helper)
        assert await found(api, world, "impossible_day") == []
        await world.verified(await world.person(), helper)
        [item] = await found(api, world, "impossible_day")
        assert parts(item) == {"claimant": str(helper.id)}
        assert (item["count"], item["total"]) == (11, 0), "nobody said how long it took"

    async def test_more_hours_than_a_day_has(self, api: ApiClient, world: World):
        helper = await world.helper()
        for minutes in (480, 480, 1):
            assert await found(api, world, "impossible_day") == []
            claim = await world.claim(helper, await world.wish(await world.person()))
            await api.post(f"/v1/claims/{claim}/submit", helper, {"note": "换好了。", "minutes": minutes})
            await api.post(f"/v1/claims/{claim}/verify", world.staff)
        [item] = await found(api, world, "impossible_day")
        assert (item["count"], item["total"]) == (3, 961)

    async def test_many_helpers_on_one_day_are_nothing(self, api: ApiClient, world: World):
        for _ in range(verifications.DAY_COUNT_MAX + 1):
            await world.verified(await world.person(), await world.helper())
        assert await found(api, world, "impossible_day") == []


class TestDrills:
    async def test_what_is_done_in_a_drill_is_no_service(self, api: ApiClient, world: World):
        """Five by one pair of people, of twenty-five hours in all: nothing of it happened."""
        helper = await world.helper()
        call_out_id = await gathering(world, is_drill=True)
        form = {"area_id": str(world.grid.id), "work": "clearing"}
        for _ in range(verifications.SAME_VERIFIER_COUNT_MIN):
            task_id = (await api.post(f"/v1/call-outs/{call_out_id}/tasks", world.staff, form)).json()["id"]
            claim_id = (await api.post(f"/v1/tasks/{task_id}/claims", helper)).json()["id"]
            await api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": "演练完毕。", "minutes": 300})
            verified = await api.post(f"/v1/claims/{claim_id}/verify", world.administrator)
            assert verified.status_code == 200, verified.text
        for kind in ("same_verifier", "impossible_day"):
            assert await found(api, world, kind) == []


async def award_before(
    world: World, helper: Person, *policies: dict[str, Any], points: int, days: int, cut_by: str | None = None
) -> None:
    """Make a service of some days ago and its award; both are written, since neither can be dated through the API."""
    _, claim = await world.delivered(await world.person(), helper)
    writes = world.database.writes
    await writes.execute(VERIFIED_AGO, new_id(), claim, world.staff.id, days * DAY_S)
    promised = points if cut_by is None else points + 5
    ids = [policy["id"] for policy in policies]
    await writes.execute(AWARDED_AGO, claim, helper.id, world.staff.id, promised, points, cut_by, ids, days)


class TestNearDayCap:
    async def test_days_that_end_just_under_the_cap(self, api: ApiClient, world: World):
        policy = await world.policy(world.grid, day_cap=20)
        helper = await world.helper()
        for days in range(1, caps.DAYS_MIN):
            for points in (10, 9):
                await award_before(world, helper, policy, points=points, days=days)
        await world.verified(await world.person(), helper)
        assert await found(api, world, "near_day_cap") == [], "four days, and half of one"
        await world.verified(await world.person(), helper)
        [item] = await found(api, world, "near_day_cap")
        assert parts(item) == {"claimant": str(helper.id)}
        assert (item["count"], item["total"]) == (5, 5)

    async def test_days_well_under_the_cap_or_cut_by_it(self, api: ApiClient, world: World):
        policy = await world.policy(world.grid, day_cap=20)
        modest, eager = await world.helper(), await world.helper()
        for days in range(caps.DAYS_MIN):
            await award_before(world, modest, policy, points=18, days=days)
            await award_before(world, eager, policy, points=20, days=days, cut_by="day")
        assert await found(api, world, "near_day_cap") == []

    async def test_the_nearest_cap_counts(self, api: ApiClient, world: World):
        above, near = [await world.policy(area, day_cap=cap) for area, cap in ((world.district, 100), (world.grid, 20))]
        lifted = await world.policy(world.grid)
        bound, free, free_and_near = [await world.helper() for _ in range(3)]
        for days in range(caps.DAYS_MIN):
            await award_before(world, bound, above, near, points=20, days=days)
            await award_before(world, free, above, lifted, points=20, days=days)
            await award_before(world, free_and_near, above, lifted, points=99, days=days)
        items = await found(api, world, "near_day_cap")
        assert {parts(item)["claimant"] for item in items} == {str(bound.id), str(free_and_near.id)}


class TestNearMonthCap:
    async def test_months_that_end_just_under_the_cap(self, api: ApiClient, world: World):
        policy = await world.policy(world.grid, month_cap=40)
        helper, modest, eager = await world.helper(), await world.helper(), await world.helper()
        for days in (40, 80):  # in two months, whichever day it is
            await award_before(world, helper, policy, points=39, days=days)
            await award_before(world, modest, policy, points=37, days=days)
            await award_before(world, eager, policy, points=40, days=days, cut_by="month")
        [item] = await found(api, world, "near_month_cap")
        assert parts(item) == {"claimant": str(helper.id)}
        assert (item["count"], item["total"]) == (2, 2)
        assert await found(api, world, "near_day_cap") == []

    async def test_one_month_is_nothing(self, api: ApiClient, world: World):
        policy = await world.policy(world.grid, month_cap=40)
        await award_before(world, await world.helper(), policy, points=40, days=40)
        assert await found(api, world, "near_month_cap") == []


async def log_in_from(api: ApiClient, world: World, device: str | None) -> Person:
    """Log somebody new in from a phone."""
    person = await log_in(api, world.database, name := f"机主{letters(8)}")
    body = {"code": new_code(name)} | ({"device": device} if device else {})
    assert (await api.post("/v1/auth/wechat", json=body)).status_code == 200
    return person


async def redeem(api: ApiClient, world: World, shop: UUID, holder: Person, clerk: Person) -> None:
    await give_points(world.database, holder, 5)
    voucher = await world.voucher(holder, await world.offer(shop))
    response = await api.post("/v1/redemptions", clerk, {"code": await world.code(holder, voucher)})
    assert response.status_code == 201, response.text


class TestSharedDevice:
    async def test_a_customer_on_the_owners_phone(self, api: ApiClient, world: World):
        phone = f"phone-{uuid4()}"
        owner, holder = await log_in_from(api, world, phone), await log_in_from(api, world, phone)
        shop = await world.shop(owner)
        for _ in range(2):
            await redeem(api, world, shop, holder, owner)
        [item] = await found(api, world, "shared_device")
        assert parts(item) == {"holder": str(holder.id), "clerk": str(owner.id)}
        assert (item["count"], item["shop"]) == (2, {"id": str(shop), "name": "小面馆"})
        assert phone not in str(item)

    async def test_a_customer_on_a_clerks_phone(self, api: ApiClient, world: World):
        phone = f"phone-{uuid4()}"
        owner, clerk, holder = [await log_in_from(api, world, device) for device in (None, phone, phone)]
        shop = await world.shop(owner)
        await world.clerk(owner, shop, clerk)
        await redeem(api, world, shop, holder, owner)
        [item] = await found(api, world, "shared_device")
        assert parts(item) == {"holder": str(holder.id), "clerk": str(clerk.id)}

    async def test_a_clerk_who_scanned_and_left(self, api: ApiClient, world: World):
        phone = f"phone-{uuid4()}"
        owner, clerk, holder = [await log_in_from(api, world, device) for device in (None, phone, phone)]
        shop = await world.shop(owner)
        await world.clerk(owner, shop, clerk)
        await redeem(api, world, shop, holder, clerk)
        clerks = (await api.get(f"/v1/merchants/{shop}/clerks", owner)).json()["items"]
        await api.delete(f"/v1/merchants/{shop}/clerks/{clerks[1]['id']}", owner)
        assert len((await api.get(f"/v1/merchants/{shop}/clerks", owner)).json()["items"]) == 1
        [item] = await found(api, world, "shared_device")
        assert parts(item) == {"holder": str(holder.id), "clerk": str(clerk.id)}

    async def test_customers_with_phones_of_their_own(self, api: ApiClient, world: World):
        owner, holder, other = [await log_in_from(api, world, f"phone-{uuid4()}") for _ in range(3)]
        nameless = await log_in_from(api, world, None)
        shop = await world.shop(owner)
        for customer in (holder, other, nameless):
            await redeem(api, world, shop, customer, owner)
        assert await found(api, world, "shared_device") == []

    async def test_a_family_that_redeems_elsewhere(self, api: ApiClient, world: World):
        phone = f"phone-{uuid4()}"
        owner, holder = await log_in_from(api, world, phone), await log_in_from(api, world, phone)
        await world.shop(owner)
        stranger = await log_in_from(api, world, None)
        await redeem(api, world, await world.shop(stranger), holder, stranger)
        assert await found(api, world, "shared_device") == []


class TestManualShare:
    async def give(self, api: ApiClient, world: World, points: int) -> None:
        adjustment = await world.adjustment(await world.helper(), points)
        response = await api.post(f"/v1/adjustments/{adjustment}/approve", world.administrator)
        assert response.status_code == 200, response.text

    async def test_more_than_one_point_of_five_by_hand_whatever_was_taken(self, api: ApiClient, world: World):
        await world.verified(await world.person(), await world.helper())
        await self.give(api, world, manual.POINTS_MIN)
        adjustment = await world.adjustment(await world.helper(points=100), -100)
        await api.post(f"/v1/adjustments/{adjustment}/approve", world.administrator)
        items = await found(api, world, "manual_share")
        assert {item["area"]["name"] for item in items} >= {world.grid.name, world.community.name, world.district.name}
        for item in items:
            assert (item["count"], item["total"]) == (manual.POINTS_MIN, manual.POINTS_MIN + REWARD_POINTS)
            assert item["people"] == []

    async def test_a_little_is_nothing(self, api: ApiClient, world: World):
        await self.give(api, world, manual.POINTS_MIN - 1)
        _, refused = [await world.adjustment(await world.helper(), 1000) for _ in range(2)]
        await api.post(f"/v1/adjustments/{refused}/refuse", world.administrator, {"reason": "台账上查不到。"})
        assert await found(api, world, "manual_share") == []

    async def test_a_fifth_is_nothing(self, api: ApiClient, world: World):
        author, helper = await world.person(), await world.helper()
        wish, claim = await world.delivered(author, helper)
        await world.database.writes.execute(
            "UPDATE task SET reward_points = $2 WHERE wish_id = $1", wish, 4 * manual.POINTS_MIN
        )
        await api.post(f"/v1/claims/{claim}/verify", world.staff)
        await self.give(api, world, manual.POINTS_MIN)
        assert await found(api, world, "manual_share") == []
        await self.give(api, world, 1)
        assert len(await found(api, world, "manual_share")) == 4
