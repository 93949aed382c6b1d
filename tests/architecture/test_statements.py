"""How often each hot route asks the database: a number that only changes on purpose."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core.clock import today
from app.core.settings import Settings
from app.domain import months
from app.domain.caller import Role
from app.domain.kinds import AreaKind, PostQueue
from app.services.rates import GROUPS
from tests.api.scene import UNITS_FILE
from tests.api.test_posted_tasks import claim, posted, window
from tests.api_client import ApiClient
from tests.branches import lead, make_branch
from tests.call_outs import gathering
from tests.core.service import running_app
from tests.errands import open_errand
from tests.factories import World, make_area
from tests.lists import published
from tests.orders import confirmed, order, order_form, worker
from tests.people import Person
from tests.pledges import call_alliance, make_pledge, open_task
from tests.reviews import waiting
from tests.series import make_series
from tests.strength import lend, make_plan, settle

IDENTITY = 1
KEY_AND_ANSWER = 2
"""Every write takes its key first and stores its answer last."""
KEY_WITH_REFUSAL = 1
"""A refusal is rolled back, with its key if that was taken: then the key is taken with the answer."""
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK", "START TRANSACTION")

TYPE_LOOKUP = re.compile(r"typeinfo_tree|set_config\('jit'")
"""What asyncpg asks once a connection, when a type is new to it."""


class Statements:
    """What was sent to the database, by either pool. BEGIN and COMMIT do not count."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def note(self, query: str) -> None:
        if not query.lstrip().upper().startswith(TRANSACTION_WORDS) and not TYPE_LOOKUP.search(query):
            self.sent.append(" ".join(query.split())[:100])

    @classmethod
    async def watch(cls, app: FastAPI) -> "Statements":
        """Watch an application whose two pools have one connection each."""
        statements, database = cls(), app.state.database

        def note(record: asyncpg.connection.LoggedQuery) -> None:
            statements.note(record.query)

        for pool in (database.reads, database.writes):
            connection = await pool.borrow()
            connection.add_query_logger(note)
            pool.give_back(connection, is_whole=True)
        return statements


@pytest.fixture(scope="module")
async def watched(settings: Settings) -> AsyncIterator[tuple[ApiClient, Statements]]:
    """The application with one connection for writes and one for reads, both watched."""
    narrow = settings.model_copy(update={"database_pool_size": 1, "database_read_pool_size": 1})
    async with running_app(narrow) as (app, api):
        yield api, await Statements.watch(app)


class Counter:
    """Counts the statements of one request at a time."""

    def __init__(self, api: ApiClient, statements: Statements) -> None:
        self.api = api
        self.statements = statements

    async def get(self, path: str, person: Person | None = None, **params: Any) -> int:
        return await self.count(self.api.get(path, person, **params), 200)

    async def post(self, path: str, person: Person, form: object = None, *, status: int = 201) -> int:
        return await self.count(self.api.post(path, person, form), status)

    async def count(self, request: Any, status: int) -> int:
        self.statements.sent.clear()
        response: httpx.Response = await request
        assert response.status_code == status, response.text
        await asyncio.sleep(0)  # asyncpg tells of a statement in the next turn of the loop
        return len(self.statements.sent)


@pytest.fixture
def counter(watched: tuple[ApiClient, Statements]) -> Counter:
    return Counter(*watched)


async def test_both_ways_to_the_database_are_watched(watched: tuple[ApiClient, Statements], world: World):
    """The control: a write is seen on the one pool, a read on the other."""
    api, statements = watched
    author = await world.person()
    statements.sent.clear()
    form = {"area_id": str(world.grid.id), "category": "other", "title": "题", "body": "文"}
    assert (await api.post("/v1/wishes", author, form)).status_code == 201
    sent = "\n".join(statements.sent)
    await asyncio.sleep(0)
    for expected in ("SELECT u.token_version", "INSERT INTO idempotency_key", "WITH posted AS"):
        assert expected in sent


class TestReads:
    @pytest.mark.parametrize("params", [{}, {"category": "elderly"}, {"status": "claimed"}, {"limit": 50}])
    async def test_feed_of_wishes(self, counter: Counter, world: World, params: dict[str, Any]):
        for _ in range(3):
            await world.wish(await world.person())
        for area in (world.district, world.grid):
            assert await counter.get("/v1/wishes", area_id=area.id, **params) == 1
            for person in (await world.person(), world.staff):
                assert await counter.get("/v1/wishes", person, area_id=area.id, **params) == IDENTITY + 1

    async def test_review_queue_of_staff(self, counter: Counter, world: World):
        assert await counter.get("/v1/wishes", world.staff, area_id=world.district.id, status="reviewing") == 3

    async def test_all_that_waits_for_people(self, counter: Counter, world: World):
        for _ in range(2):
            await waiting(world, "wish")
        for asked in ({}, {"area_id": world.grid.id}, {"kind": "wish", "limit": 50}):
            assert await counter.get("/v1/reviews", world.staff, **asked) == IDENTITY + 1

    async def test_messages(self, counter: Counter, world: World):
        for path in ("/v1/me/messages", "/v1/me/messages/unread", "/v1/me/subscriptions"):
            assert await counter.get(path, world.staff) == IDENTITY + 1

    async def test_call_outs(self, counter: Counter, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        one = f"/v1/call-outs/{call_out_id}"
        assert await counter.get(f"{one}/counts", world.staff) == IDENTITY + 1
        assert await counter.get("/v1/me/call-outs", helper) == IDENTITY + 1
        for person in (helper, world.staff):
            assert await counter.get(one, person) == IDENTITY + 1
        look_whether_they_may = 1
        assert await counter.get(f"{one}/people", world.staff) == IDENTITY + look_whether_they_may + 1

    async def test_orders(self, counter: Counter, world: World):
        here = await worker(world)
        one = f"/v1/orders/{await order(world)}"
        part = f"/v1/order-parts/{await confirmed(world, here)}"
        look_whether_they_may = 1
        for person in (here, world.staff):
            for path in (one, f"{one}/progress", part):
                assert await counter.get(path, person) == IDENTITY + 1
            for path in ("/v1/orders", "/v1/order-parts"):
                assert await counter.get(path, person, area_id=world.district.id) == IDENTITY + 1
            for path in (f"{one}/parts", f"{part}/tasks"):
                assert await counter.get(path, person) == IDENTITY + look_whether_they_may + 1

    async def test_strength(self, counter: Counter, world: World):
        query: dict[str, Any] = {"area_id": world.district.id}
        assert await counter.get("/v1/strength", world.staff, **query) == IDENTITY + 1
        months = {"from": "2026-01", "to": "2026-11"}
        assert await counter.get("/v1/strength/history", world.staff, **query, **months) == IDENTITY + 1

    async def test_lending(self, counter: Counter, world: World):
        [person] = await settle(world, world.grid, volunteers=1)
        await lend(world, world.grid, world.other_grid, person)
        plan_id = await make_plan(world)
        assert await counter.get("/v1/lending-plans", world.staff, area_id=world.district.id) == IDENTITY + 1
        assert await counter.get(f"/v1/lending-plans/{plan_id}", world.staff) == IDENTITY + 1
        may_they = 1
        assert await counter.get(f"/v1/lending-plans/{plan_id}/lines", world.staff) == IDENTITY + may_they + 1
        assert await counter.get("/v1/me/loan-requests", person) == IDENTITY + 1
        assert await counter.get("/v1/me/loans", person) == IDENTITY + 1
        assert await counter.get("/v1/loans", world.staff, area_id=world.district.id) == IDENTITY + 1

    async def test_posts_and_their_queues(self, counter: Counter, world: World):
        worker = await world.person()
        post_id = await world.post(role="staff", queues=list(PostQueue), holder=worker)
        assert await counter.get("/v1/posts", area_id=world.district.id) == 1
        assert await counter.get("/v1/me/posts", worker) == IDENTITY + 1
        look_whether_they_may = 1
        for queue in PostQueue:
            found = await counter.get(f"/v1/posts/{post_id}/queue", worker, queue=queue)
            assert found == IDENTITY + look_whether_they_may + 1

    async def test_branches(self, counter: Counter, world: World):
        member, candidate = await world.helper(), await world.helper()
        branch_id = await make_branch(world, None, member, candidate)
        await lead(world, branch_id, candidate)
        assert await counter.get("/v1/branches", area_id=world.district.id) == 1
        for person in (member, world.staff):
            assert await counter.get("/v1/branches", person, area_id=world.district.id) == IDENTITY + 1
            assert await counter.get(f"/v1/branches/{branch_id}", person) == IDENTITY + 1
        look_whether_they_may = 1
        for part in ("members", "terms"):
            found = await counter.get(f"/v1/branches/{branch_id}/{part}", member)
            assert found == IDENTITY + look_whether_they_may + 1
        for own in ("branches", "branch-candidacies"):
            assert await counter.get(f"/v1/me/{own}", candidate) == IDENTITY + 1

    @pytest.mark.parametrize("by", GROUPS)
    async def test_rates(self, counter: Counter, world: World, by: str):
        months: dict[str, Any] = {"from": "2026-01", "to": "2026-12"}
        assert await counter.get("/v1/rates", area_id=world.district.id, by=by, **months) == 1

    async def test_wish(self, counter: Counter, world: World):
        author = await world.person()
        wish_id, _ = await world.delivered(author, await world.helper())
        assert await counter.get(f"/v1/wishes/{wish_id}") == 1
        for person in (author, world.staff, await world.helper()):
            assert await counter.get(f"/v1/wishes/{wish_id}", person) == IDENTITY + 1

    @pytest.mark.parametrize("params", [{}, {"category": "lighting"}, {"status": "open"}, {"limit": 50}])
    async def test_wall(self, counter: Counter, world: World, params: dict[str, Any]):
        for _ in range(3):
            await world.complaint()
        page_and_tally = 1
        for area in (world.district, world.grid):
            assert await counter.get(f"/v1/walls/{area.id}", **params) == page_and_tally
            assert await counter.get(f"/v1/walls/{area.id}", world.staff, **params) == IDENTITY + page_and_tally
            look_whether_the_area_exists = 1
            assert await counter.get(f"/v1/walls/{area.id}/echoes") == 1 + look_whether_the_area_exists
        first = (await world.api.get(f"/v1/walls/{world.grid.id}", limit=1)).json()
        assert await counter.get(f"/v1/walls/{world.grid.id}", limit=1, cursor=first["next_cursor"]) == 1

    async def test_queue_digests_and_rules_of_complaints(self, counter: Counter, world: World):
        await world.complaint()
        area: dict[str, Any] = {"area_id": world.grid.id}
        look_whether_it_is_theirs = 1
        assert await counter.get("/v1/complaints", world.staff, **area) == IDENTITY + look_whether_it_is_theirs + 1
        assert await counter.get("/v1/digests", world.staff, **area) == IDENTITY + look_whether_it_is_theirs + 1
        assert await counter.get("/v1/handling-rules", **area) == 1
        assert await counter.get("/v1/handling-rules/effective", category="noise", **area) == 1

    async def test_similar_complaints(self, counter: Counter, world: World):
        person = await world.person()
        asked = {"title": "路灯坏了", "body": "三天没亮了。", "area_id": world.grid.id}
        lists_rules_survey_near_far = 5
        assert await counter.get("/v1/complaints/similar", person, **asked) == IDENTITY + lists_rules_survey_near_far
        await world.complaint()
        and_the_cards = 1
        expected = IDENTITY + lists_rules_survey_near_far + and_the_cards
        assert await counter.get("/v1/complaints/similar", person, **asked) == expected

    async def test_tags(self, counter: Counter, world: World):
        assert await counter.get("/v1/task-tags") == 1
        asked: dict[str, Any] = {"area_id": world.district.id, "month": "2026-11"}
        assert await counter.get("/v1/task-tags/counts", world.staff, **asked) == IDENTITY + 1

    async def test_errands(self, counter: Counter, world: World):
        author, helper = await world.person(), await world.helper()
        errand, task = await open_errand(world, author)
        await world.take_seat(helper, task)
        for person in (author, helper, world.staff):
            assert await counter.get(f"/v1/errands/{errand}", person) == IDENTITY + 1
        assert await counter.get("/v1/me/errands", author) == IDENTITY + 1
        look_whether_they_may = 1
        for path in ("/v1/errands", "/v1/errands/things"):
            assert (
                await counter.get(path, world.staff, area_id=world.district.id) == IDENTITY + look_whether_they_may + 1
            )

    async def test_complaint_categories(self, counter: Counter):
        assert await counter.get("/v1/complaint-categories") == 1

    async def test_complaint(self, counter: Counter, world: World):
        author = await world.person()
        complaint = await world.complaint(author, "answered")
        assert await counter.get(f"/v1/complaints/{complaint}") == 1
        for person in (author, world.staff, await world.person()):
            assert await counter.get(f"/v1/complaints/{complaint}", person) == IDENTITY + 1
        assert await counter.get("/v1/me/complaints", author) == IDENTITY + 1

    async def test_joint_case(self, counter: Counter, world: World):
        worker, complaint = await world.unit_worker(), await world.complaint(status="accepted")
        [step] = (await world.dispatch(complaint)).values()
        assert await counter.get(f"/v1/complaints/{complaint}") == 1
        for person in (worker, world.staff):
            assert await counter.get(f"/v1/complaints/{complaint}", person) == IDENTITY + 1
            assert await counter.get(f"/v1/steps/{step}", person) == IDENTITY + 1
            assert await counter.get("/v1/me/steps", person) == IDENTITY + 1
            lock_look_event_and_order = 4
            assert await counter.get(f"/v1/complaints/{complaint}/work-order", person) == (
                IDENTITY + lock_look_event_and_order
            )

    @pytest.mark.parametrize("params", [{}, {"q": "灯泡"}, {"category": "elderly"}, {"minutes_max": 30, "limit": 50}])
    async def test_tasks_near_a_point(self, counter: Counter, world: World, params: dict[str, Any]):
        await world.draw_all()
        await world.wish(await world.person())
        here = world.place(15, 15) | params
        assert await counter.get("/v1/tasks/near", **here) == 1
        for whose in ("grid", "branch", "team"):
            own = here | {"for": whose}
            assert await counter.get("/v1/tasks/near", await world.helper(), **own) == IDENTITY + 1

    async def test_own_calendar(self, counter: Counter, world: World):
        helper = await world.helper()
        await world.team(helper)
        assert await counter.get("/v1/me/calendar", helper) == IDENTITY + 1
        link = (await world.api.post("/v1/me/calendar-link", helper)).json()["path"]
        assert await counter.get(link) == 1

    async def test_series_of_tasks(self, counter: Counter, world: World):
        path = f"/v1/task-series/{(await make_series(world))['id']}"
        assert await counter.get(path, world.staff) == IDENTITY + 1
        scope_and_list = 2
        listed = await counter.get("/v1/task-series", world.staff, area_id=world.grid.id)
        assert listed == IDENTITY + scope_and_list

    async def test_lists_of_tasks(self, counter: Counter, world: World):
        """A whole group chat opens one at the same moment."""
        path, _ = await published(world, {}, {}, month=months.of(today()))
        await published(world, {}, {})
        look_whether_they_may = 1
        for person, more in ((None, 0), (await world.helper(), IDENTITY), (world.staff, IDENTITY)):
            for page in (path, f"{path}/summary", f"{path}/qr.png"):
                assert await counter.get(page, person) == 1 + more
            assert await counter.get(f"{path}/items", person) == look_whether_they_may + 1 + more
            assert await counter.get("/v1/task-lists", person, area_id=world.district.id) == 1 + more

    async def test_feed_of_tasks_and_task(self, counter: Counter, world: World):
        task_id = await world.task_of(await world.wish(await world.person()))
        helper = await world.helper()
        district: dict[str, Any] = {"area_id": world.district.id}
        assert await counter.get("/v1/tasks", **district) == 1
        assert await counter.get("/v1/tasks", helper, **district) == IDENTITY + 1
        assert await counter.get(f"/v1/tasks/{task_id}") == 1
        assert await counter.get(f"/v1/tasks/{task_id}", helper) == IDENTITY + 1
        assert await counter.get(f"/v1/tasks/{task_id}/check-in-code", world.staff) == IDENTITY + 1
        assert await counter.get(f"/v1/tasks/{task_id}/claims", world.staff) == IDENTITY + 2

    async def test_pledges(self, counter: Counter, world: World):
        leader = await world.helper()
        pledge_id = await make_pledge(world, leader=leader)
        [pledge] = (await world.api.get("/v1/me/pledges", leader)).json()["items"]
        paths = (f"/v1/pledges/{pledge_id}", f"/v1/tasks/{pledge['task']['id']}/pledges")
        for path in paths:
            assert await counter.get(path) == 1
            assert await counter.get(path, leader) == IDENTITY + 1
        assert await counter.get("/v1/me/pledges", leader) == IDENTITY + 1
        call_id = await call_alliance(world, await world.alliance_of(await world.team(leader)))
        assert await counter.get(f"/v1/task-calls/{call_id}", leader) == IDENTITY + 1

    async def test_staffing(self, counter: Counter, world: World):
        assert await counter.get(f"/v1/areas/{world.district.id}/staffing", world.staff) == IDENTITY + 1
        for path in ("/v1/staffing-rules", "/v1/staffing-rules/effective"):
            assert await counter.get(path, area_id=world.grid.id) == 1

    async def test_venues(self, counter: Counter, world: World):
        venue = await world.venue(kind="contact_point", telephone=None)
        for person, more in ((None, 0), (world.staff, IDENTITY)):
            assert await counter.get("/v1/venues", person, area_id=world.district.id) == 1 + more
            assert await counter.get("/v1/venues/near", person, **world.place(15, 15)) == 1 + more
            assert await counter.get(f"/v1/venues/{venue}", person) == 1 + more

    async def test_circles_and_what_is_in_one(self, counter: Counter, world: World):
        owner = await world.person()
        await world.offer(await world.shop(owner, area=world.grid), area=world.grid)
        circle = await world.circle(world.grid)
        district: dict[str, Any] = {"area_id": world.district.id}
        assert await counter.get("/v1/circles", **district) == 1
        assert await counter.get(f"/v1/circles/{circle}") == 1
        assert await counter.get("/v1/offers", circle_id=circle, **district) == 1
        assert await counter.get("/v1/merchants", world.alliance, circle_id=circle, **district) == IDENTITY + 1

    async def test_feed_of_offers_and_offer(self, counter: Counter, world: World):
        offer_id = await world.offer(await world.shop(await world.person()))
        holder = await world.helper()
        district: dict[str, Any] = {"area_id": world.district.id}
        assert await counter.get("/v1/offers", **district) == 1
        assert await counter.get("/v1/offers", holder, **district) == IDENTITY + 1
        assert await counter.get(f"/v1/offers/{offer_id}") == 1
        assert await counter.get(f"/v1/offers/{offer_id}", holder) == IDENTITY + 1

    @pytest.mark.parametrize(
        "path",
        [
            "/v1/me",
            "/v1/me/wishes",
            "/v1/me/claims",
            "/v1/me/waiting",
            "/v1/me/points",
            "/v1/me/points/transfers",
            "/v1/me/vouchers",
        ],
    )
    async def test_own_things(self, counter: Counter, world: World, path: str):
        assert await counter.get(path, await world.helper(points=5)) == IDENTITY + 1

    async def test_voucher_its_code_and_the_redemptions_of_a_shop(self, counter: Counter, world: World):
        owner, holder = await world.person(), await world.helper(points=5)
        shop = await world.shop(owner)
        voucher = await world.voucher(holder, await world.offer(shop))
        assert await counter.get(f"/v1/vouchers/{voucher}", holder) == IDENTITY + 1
        assert await counter.get(f"/v1/vouchers/{voucher}/code", holder) == IDENTITY + 1
        assert await counter.get(f"/v1/merchants/{shop}/redemptions", owner) == IDENTITY + 1

    async def test_day_of_a_shop(self, counter: Counter, world: World):
        owner = await world.person()
        assert await counter.get(f"/v1/merchants/{await world.shop(owner)}/day", owner) == IDENTITY + 1

    async def test_units(self, counter: Counter, world: World):
        for query in ({}, {"kind": "government", "name": "单位"}, {"is_reported": True}):
            assert await counter.get("/v1/units", area_id=world.district.id, **query) == 1
        assert await counter.get(f"/v1/units/{world.unit_id}") == 1
        assert await counter.get(f"/v1/units/{world.unit_id}", world.staff) == IDENTITY + 1

    async def test_rosters(self, counter: Counter, world: World):
        for hat, own in (("members", {"kind": "retired"}), ("volunteers", {"skills": ["理发"]})):
            form = {"name": "王小明", "phone": "13900000001", "home_area_id": str(world.grid.id), **own}
            entered = await world.api.post(f"/v1/{hat}/enter", world.staff, form)
            assert await counter.get(f"/v1/{hat}/{entered.json()['id']}", world.staff) == IDENTITY + 1
            for area in (world.district, world.grid):
                for phone in ({}, {"phone": "13900000001"}):
                    listed = counter.get(f"/v1/{hat}", world.staff, area_id=area.id, status="approved", **phone)
                    assert await listed == IDENTITY + 1
        asked: dict[str, Any] = {"area_id": world.district.id, "skill": "理发", "free_at": "6T14:00"}
        assert await counter.get("/v1/volunteers", world.staff, **asked) == IDENTITY + 1
        assert await counter.get("/v1/volunteers/count", world.staff, **asked) == IDENTITY + 1
        assert await counter.get("/v1/people/at", world.staff, area_id=world.grid.id, on="2100-01-01") == IDENTITY + 1

    async def test_who_asked_to_be_recognised(self, counter: Counter, world: World):
        for name in ("王小明", "李小红"):
            form = {"name": name, "phone": "13900000000", "home_area_id": str(world.grid.id)}
            person = await world.person()
            assert (await world.api.post("/v1/identifications", person, form)).status_code == 201
            assert await counter.get("/v1/me/identification", person) == IDENTITY + 1
        assert await counter.get("/v1/identifications", world.staff, area_id=world.district.id) == IDENTITY + 1

    async def test_areas(self, counter: Counter, world: World):
        assert await counter.get("/v1/areas", parent_id=world.district.id) == 1
        assert await counter.get(f"/v1/areas/{world.grid.id}") == 1
        assert await counter.get("/v1/areas", parent_id=world.district.id, on=today().isoformat()) == 1
        look_since_when = 1
        nothing: dict[str, Any] = {"parent_id": world.grid.id, "on": today().isoformat()}
        assert await counter.get("/v1/areas", **nothing) == 1 + look_since_when
        assert await counter.get(f"/v1/areas/{world.grid.id}/history") == 1
        assert await counter.get(f"/v1/areas/{world.grid.id}/history", world.staff) == IDENTITY + 1

    async def test_area_at_a_point(self, counter: Counter, world: World):
        """The map is in the process; whether it is still true is asked every few seconds."""
        await world.draw_all()
        look_and_map = 2
        assert await counter.get("/v1/areas/at", **world.place(15, 15)) == look_and_map + 1
        assert await counter.get("/v1/areas/at", **world.place(25, 15)) == 1

    async def test_shapes_of_a_district(self, counter: Counter, world: World):
        """Simplified, they stay in the process; whether they are still true is asked each time."""
        await world.draw_all()
        path = f"/v1/areas/{world.district.id}/shapes"
        assert await counter.get(path) == 1
        look, all_shapes = 1, 1
        assert await counter.get(path, tolerance_m=20) == look + all_shapes
        assert await counter.get(path, tolerance_m=20, kind="grid") == look

    async def test_buildings_of_an_address(self, counter: Counter, world: World):
        await world.building()
        asked: dict[str, Any] = {"area_id": world.district.id}
        assert await counter.get("/v1/buildings", **asked, q="幸福路12号院3号楼") == 1
        once_more_by_its_numbers = 1
        assert await counter.get("/v1/buildings", **asked, q="辛福录12号院3号楼") == 1 + once_more_by_its_numbers

    async def test_import(self, counter: Counter, world: World):
        """Each page of rows is two statements, whatever the file is like."""
        import_id = await world.upload("units", UNITS_FILE)
        assert await counter.get(f"/v1/imports/{import_id}", world.administrator) == IDENTITY + 1
        assert await counter.get("/v1/imports", world.administrator, area_id=world.district.id) == IDENTITY + 1
        assert await counter.get(f"/v1/imports/{import_id}/rows", world.administrator) == IDENTITY + 2

    async def test_health(self, counter: Counter):
        assert await counter.get("/healthz") == 0


class TestWrites:
    async def test_post_a_wish(self, counter: Counter, world: World):
        form = {"area_id": str(world.grid.id), "category": "other", "title": "题", "body": "文"}
        wish_event_job_and_view = 3
        assert await counter.post("/v1/wishes", await world.person(), form) == (
            IDENTITY + KEY_AND_ANSWER + wish_event_job_and_view
        )

    async def test_claim(self, counter: Counter, world: World):
        path = f"/v1/tasks/{await world.task_of(await world.wish(await world.person()))}/claims"
        seat_resident_and_view, refusal = 3, 2
        assert await counter.post(path, await world.helper()) == IDENTITY + KEY_AND_ANSWER + seat_resident_and_view
        assert await counter.post(path, await world.helper(), status=409) == IDENTITY + 1 + refusal + KEY_WITH_REFUSAL

    async def test_waiting_and_moving_up(self, counter: Counter, world: World):
        task_id = await world.task_of(await world.wish(await world.person()))
        claimant, waiting = await world.helper(), await world.helper()
        claim_id = await world.take_seat(claimant, task_id)
        lock_join_and_view = 3
        path = f"/v1/tasks/{task_id}/waiters"
        assert await counter.post(path, waiting) == IDENTITY + KEY_AND_ANSWER + lock_join_and_view
        find_two_counts_claim_wish_and_view, task_pick_give_and_tell_two = 6, 5
        assert await counter.post(f"/v1/claims/{claim_id}/release", claimant, status=200) == (
            IDENTITY + KEY_AND_ANSWER + find_two_counts_claim_wish_and_view + task_pick_give_and_tell_two
        )

    async def test_pledging_and_naming(self, counter: Counter, world: World):
        leader, task_id = await world.helper(), await open_task(world)
        team_id = await world.team(leader)
        places = [str(await world.place_in_team(team_id, await world.helper())) for _ in range(3)]
        lock_find_seats_row_event_and_view = 6
        path, form = f"/v1/tasks/{task_id}/pledges", {"team_id": str(team_id), "heads": 3}
        assert await counter.post(path, leader, form) == IDENTITY + KEY_AND_ANSWER + lock_find_seats_row_event_and_view
        pledge_id = (await world.api.get(path)).json()["items"][0]["id"]
        for named in (places[:1], places[1:]):
            find_two_locks_three_looks_move_give_tell_and_view = 10
            asked = counter.post(f"/v1/pledges/{pledge_id}/people", leader, {"place_ids": named}, status=200)
            assert await asked == IDENTITY + KEY_AND_ANSWER + find_two_locks_three_looks_move_give_tell_and_view

    async def test_order(self, counter: Counter, world: World):
        street = await make_area(world.database, world.district, AreaKind.STREET)
        area_order_parts_events_staff_messages_and_view = 8
        for _ in range(2):
            assert await counter.post("/v1/orders", world.staff, order_form(world)) == (
                IDENTITY + KEY_AND_ANSWER + area_order_parts_events_staff_messages_and_view
            )
            for _ in range(5):
                await world.holder(Role.STAFF, await make_area(world.database, street, AreaKind.COMMUNITY))

    async def test_take_a_voucher(self, counter: Counter, world: World):
        offer = await world.offer(await world.shop(await world.person()))
        piece_hold_and_view = 3
        assert await counter.post(f"/v1/offers/{offer}/vouchers", await world.helper(points=5)) == (
            IDENTITY + KEY_AND_ANSWER + piece_hold_and_view
        )

    async def test_confirm_with_an_award(self, counter: Counter, world: World):
        await world.policy(world.district, month_cap=500, expiry="end_of_next_year")
        author, helper = await world.person(), await world.helper()
        look_moves_line_message_and_view = 7
        lock_policy_standing_row_issuer_account_and_transfer = 7
        for opened_accounts in (1, 0):
            wish, _ = await world.delivered(author, helper)
            assert await counter.post(f"/v1/wishes/{wish}/confirm", author, {"rating": 5}, status=200) == (
                IDENTITY
                + KEY_AND_ANSWER
                + look_moves_line_message_and_view
                + lock_policy_standing_row_issuer_account_and_transfer
                + opened_accounts
            )

    async def test_check_in_and_verify_together(self, counter: Counter, world: World):
        """So many statements for each claim, however long the list is."""
        two_looks_four_locks_and_list, stay_lock_claim_task_award_and_message = 7, 13
        look_claim_and_view = 3
        for people in (1, 3):
            path = await posted(world, **window(0), seats=4)
            code = (await world.api.get(f"{path}/check-in-code", world.staff)).json()["code"]
            ids = []
            for helper in await world.helpers(people):
                ids.append(await claim(world, path, helper))
                asked = await counter.post(f"/v1/claims/{ids[-1]}/check-in", helper, {"code": code}, status=200)
                assert asked == IDENTITY + KEY_AND_ANSWER + look_claim_and_view
            form = {"claims": [{"id": str(claim_id)} for claim_id in ids]}
            assert await counter.post(f"{path}/verify", world.staff, form, status=200) == (
                IDENTITY
                + KEY_AND_ANSWER
                + two_looks_four_locks_and_list
                + people * stay_lock_claim_task_award_and_message
            )

    async def test_settle(self, counter: Counter, world: World):
        owner, holder = await world.person(), await world.helper(points=5)
        voucher = await world.voucher(holder, await world.offer(await world.shop(owner)))
        all_in_one = 1
        code = await world.code(holder, voucher)
        assert await counter.post("/v1/redemptions", owner, {"code": code}) == IDENTITY + all_in_one
        look_for_the_key, look_why = 1, 1
        assert await counter.post("/v1/redemptions", owner, {"code": code}, status=409) == (
            IDENTITY + all_in_one + look_for_the_key + look_why + KEY_WITH_REFUSAL
        )

    async def test_settle_a_typed_code(self, counter: Counter, world: World):
        owner, holder = await world.person(), await world.helper(points=5)
        voucher = await world.voucher(holder, await world.offer(await world.shop(owner)))
        shown = (await world.api.get(f"/v1/vouchers/{voucher}/code", holder)).json()
        look_for_the_key, tries_and_look, all_in_one = 1, 2, 1
        assert await counter.post("/v1/redemptions", owner, {"code": shown["typed_code"]}) == (
            IDENTITY + look_for_the_key + tries_and_look + all_in_one
        )

    async def test_a_forged_code_asks_nothing_of_the_database(self, counter: Counter, world: World):
        code = {"code": "EW1" + "A" * 26 + "12345678"}
        asked = await counter.post("/v1/redemptions", await world.person(), code, status=422)
        assert asked == IDENTITY + KEY_WITH_REFUSAL

    async def test_a_repetition_is_cheaper_than_the_first(self, counter: Counter, world: World):
        holder, key = await world.helper(points=5), uuid4().hex
        path = f"/v1/offers/{await world.offer(await world.shop(await world.person()))}/vouchers"
        await counter.api.post(path, holder, key=key)
        assert await counter.count(counter.api.post(path, holder, key=key), 201) == IDENTITY + 2
