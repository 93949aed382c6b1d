"""Moving, merging, splitting and closing areas: what is open goes along, what is finished stays, and all is told."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.area_tree import DEPTH_MAX
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.models import Area
from app.services.area_changes.belongings import BELONGINGS, Apart, Goes, count_left
from tests.api.scene import problem
from tests.branches import lead, make_branch
from tests.call_outs import ordered
from tests.conftest import Jobs
from tests.e2e.invariants import broken
from tests.errands import make_errand
from tests.factories import World, make_area, make_grant, make_member, make_unit
from tests.lists import list_form
from tests.orders import order
from tests.people import Person
from tests.random_words import letters
from tests.series import make_series
from tests.strength import lend

REASON = "区划调整。"
AREA_OF = "SELECT area_id FROM {} WHERE id = $1"


async def change(
    world: World, area: Area | UUID, verb: str, person: Person | None = None, **form: Any
) -> dict[str, Any]:
    """Have the administrator change an area; return the answer."""
    area_id = area.id if isinstance(area, Area) else area
    response = await world.api.post(
        f"/v1/areas/{area_id}/{verb}", person or world.administrator, {"reason": REASON} | form
    )
    assert response.status_code == 200, response.text
    return dict(response.json())


async def refused(world: World, area: Area, verb: str, person: Person | None = None, **form: Any) -> tuple[int, str]:
    path = f"/v1/areas/{area.id}/{verb}"
    return problem(await world.api.post(path, person or world.administrator, {"reason": REASON} | form))


async def area_of(database: Database, table: str, subject_id: UUID, column: str = "area_id", *, of: str = "id") -> UUID:
    found = await database.reads.fetchval(f'SELECT {column} FROM "{table}" WHERE {of} = $1', subject_id)
    return UUID(str(found))


async def events(database: Database, kind: str, subject_id: UUID, action: str) -> list[Any]:
    return await database.reads.fetch(
        "SELECT from_state, to_state, actor_id, party, note, facts FROM event "
        "WHERE subject_kind = $1 AND subject_id = $2 AND action = $3 ORDER BY created_at, id",
        kind,
        subject_id,
        action,
    )


async def left_in(database: Database, area: Area) -> dict[str, int]:
    async with database.transaction() as connection:
        return await count_left(connection, area.id)


async def lineages(database: Database, *areas: Area) -> list[list[UUID]]:
    rows = await database.reads.fetch("SELECT id, lineage FROM area WHERE id = ANY($1)", [area.id for area in areas])
    found = {row["id"]: row["lineage"] for row in rows}
    return [found[area.id] for area in areas]


async def post(world: World, path: str, person: Person, form: dict[str, Any], verb: str = "post") -> dict[str, Any]:
    """Send a form and return the answer; it must be taken."""
    response = await getattr(world.api, verb)(f"/v1/{path}", person, form)
    assert response.status_code in {200, 201}, response.text
    return dict(response.json())


@pytest.fixture
async def full(world: World, database: Database) -> World:
    """A district in whose grid there is one of everything that can be there, and a complaint that is done with."""
    grid, here = world.grid, {"area_id": str(world.grid.id)}
    await world.draw_all()
    helper, applicant = await world.helper(points=9), await world.person()
    await world.delivered(await world.person(), helper)
    unit = await make_unit(database, grid)
    third = await make_area(database, world.community)
    at_work = await make_member(database, await world.person(), third, unit)
    await database.writes.execute("UPDATE member SET unit_area_id = $2 WHERE id = $1", at_work, grid.id)
    await make_member(database, applicant, grid, unit, "applied")
    reported = await world.api.put(f"/v1/units/{unit}/areas/{grid.id}", world.staff, {"reported_on": "2026-05-01"})
    assert reported.status_code == 200
    await post(world, "volunteers", applicant, {"home_area_id": str(grid.id), "skills": []})
    form = {"name": "申屠大满", "phone": f"139{uuid4().int % 10**8:08}", "home_area_id": str(grid.id)}
    await post(world, "identifications", await world.person(), form)
    await world.post(holder=await world.person(), role="staff")
    await make_grant(database, await world.person(), grid, Role.STAFF)
    await make_area(database, grid, AreaKind.POST)
    await world.team(helper)
    await lead(world, await make_branch(world, None, helper), helper)
    await post(world, "alliances", world.staff, here | {"name": "助老同盟"})
    await world.venue()
    await world.building()
    await ordered(world, area_id=str(grid.id))
    await order(world, grid)
    above = await order(world, world.community)
    await database.writes.execute("UPDATE area_order SET area_id = $2 WHERE id = $1", above, grid.id)
    await world.adjustment(helper)
    await post(world, "api-keys", world.administrator, here | {"name": "随手拍平台"})
    waits, _, _ = [await world.complaint(status=status) for status in ("accepted", "closed", "answered")]
    await post(world, f"complaints/{waits}/call-helpers", world.staff, {"seats": 1})
    await world.joint_case(await world.complaint(category="noise"))
    await make_series(world)
    await post(world, "task-lists", world.staff, list_form(world) | here)
    await make_errand(world, await world.person())
    shop = await world.shop(await world.person())
    await database.writes.execute("UPDATE merchant SET area_id = $2 WHERE id = $1", shop, grid.id)
    offer = await world.offer(shop)
    await database.writes.execute("UPDATE offer SET area_id = $2 WHERE id = $1", offer, grid.id)
    await post(world, "circles", world.alliance, here | {"name": "楼下小圈"})
    await world.circle(grid)
    await world.policy(grid, day_cap=7)
    await lend(world, grid, third, helper)
    return world


class TestMove:
    async def test_all_below_moves_along_and_scope_counts_at_once(self, world: World, database: Database):
        elsewhere = await make_area(database, world.district, AreaKind.STREET)
        post = await make_area(database, world.grid, AreaKind.POST)
        there = await world.holder(Role.STAFF, elsewhere)
        here = await world.holder(Role.STAFF, replace_with(world.community, world.community.lineage[1]))
        wish = await world.wish(await world.person(), "reviewing")
        assert problem(await world.api.get(f"/v1/wishes/{wish}", there)) == (404, "not-found")
        answer = await change(world, world.community, "move", parent_id=str(elsewhere.id))
        assert answer["parent_id"] == str(elsewhere.id)
        assert [step["id"] for step in answer["path"]] == [*map(str, elsewhere.lineage), str(world.community.id)]
        grid = [*elsewhere.lineage, world.community.id, world.grid.id]
        assert await lineages(database, world.grid, post) == [grid, [*grid, post.id]]
        assert (await world.api.get(f"/v1/wishes/{wish}", there)).status_code == 200
        assert problem(await world.api.get(f"/v1/wishes/{wish}", here)) == (404, "not-found")
        [event] = await events(database, "area", world.community.id, "move")
        assert (event["from_state"], event["to_state"], event["actor_id"]) == ("open", "open", world.administrator.id)
        assert event["note"] == REASON

    async def test_what_was_handed_up_goes_to_its_like(self, world: World, database: Database):
        street = await make_area(database, world.district, AreaKind.STREET)
        community = await make_area(database, street, AreaKind.COMMUNITY)
        up, top, done = [await world.complaint() for _ in range(3)]
        for complaint, times in ((up, 1), (top, 3), (done, 1)):
            for _ in range(times):
                raised = await world.api.post(f"/v1/complaints/{complaint}/escalate", world.staff, {"reason": "难。"})
                assert raised.status_code == 200, raised.text
        answer = {"answer": "修好了。", "outcome": "resolved"}
        await world.api.post(f"/v1/complaints/{done}/answer", world.staff, answer)
        await world.api.post(f"/v1/complaints/{done}/publish-answer", world.administrator)
        await database.writes.execute("UPDATE complaint SET status = 'closed', closed_at = now() WHERE id = $1", done)
        due = "SELECT (accept_due_at, answer_due_at) FROM complaint WHERE id = $1"
        promised = await database.reads.fetchval(due, up)
        await change(world, world.grid, "move", parent_id=str(community.id))
        assert await area_of(database, "complaint", up, "handler_id") == community.id
        assert await area_of(database, "complaint", top, "handler_id") == world.district.id
        assert await area_of(database, "complaint", done, "handler_id") == world.community.id
        assert await database.reads.fetchval(due, up) == promised
        assert len(await events(database, "complaint", up, "follow")) == 1
        assert await events(database, "complaint", top, "follow") == []
        sent = await world.api.post(f"/v1/complaints/{up}/return", world.staff, {"reason": "网格可办。"})
        assert sent.status_code == 200, sent.text

    async def test_where_it_is_already_nothing_changes(self, world: World, database: Database):
        await change(world, world.grid, "move", parent_id=str(world.community.id))
        assert await events(database, "area", world.grid.id, "move") == []

    async def test_closed_areas_below_go_along(self, world: World, database: Database):
        empty = await make_area(database, world.grid, AreaKind.POST)
        await change(world, empty, "close")
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        await change(world, world.grid, "move", parent_id=str(other.id))
        assert await lineages(database, empty) == [[*other.lineage, world.grid.id, empty.id]]

    async def test_not_below_itself(self, world: World):
        for below in (world.community, world.grid):
            told = await refused(world, world.community, "move", parent_id=str(below.id))
            assert told == (409, "area-into-itself")

    async def test_not_where_it_does_not_belong(self, world: World, database: Database):
        post = await make_area(database, world.grid, AreaKind.POST)
        elsewhere = await make_area(database, world.district, AreaKind.COMMUNITY)
        for area, parent in ((elsewhere, world.grid), (world.grid, world.other_grid), (post, elsewhere)):
            told = await refused(world, area, "move", parent_id=str(parent.id))
            assert told == (422, "area-kind-misplaced")

    async def test_not_too_deep(self, world: World, database: Database):
        deep, low = world.grid, world.other_grid
        for _ in range(DEPTH_MAX - len(world.grid.lineage)):
            deep = await make_area(database, deep, AreaKind.POST)
        low = await make_area(database, low, AreaKind.POST)
        assert await refused(world, low, "move", parent_id=str(deep.id)) == (422, "area-too-deep")
        top = replace_with(deep, deep.lineage[4])
        assert await refused(world, top, "move", parent_id=str(low.id)) == (422, "area-too-deep")

    async def test_nor_where_its_name_is_taken(self, world: World, database: Database):
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        await make_area(database, other, name=world.grid.name)
        assert await refused(world, world.grid, "move", parent_id=str(other.id)) == (409, "area-name-taken")

    async def test_only_whoever_administers_both_places(self, world: World, database: Database):
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        here = await world.holder(Role.ADMINISTRATOR, world.community)
        there = await world.holder(Role.ADMINISTRATOR, other)
        for person in (here, there, world.staff):
            assert await refused(world, world.grid, "move", person, parent_id=str(other.id)) == (403, "not-allowed")
        told = await refused(world, world.grid, "move", parent_id=str(world.neighbour.id))
        assert told == (403, "not-allowed")
        assert await refused(world, world.grid, "move", parent_id=str(uuid4())) == (422, "area-unknown")
        assert await refused(world, world.district, "move", parent_id=str(world.neighbour.id)) == (403, "not-allowed")
        await make_grant(database, here, other, Role.ADMINISTRATOR)
        await change(world, world.grid, "move", here, parent_id=str(other.id))

    async def test_not_to_a_closed_place(self, world: World, database: Database):
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        await change(world, other, "close")
        assert await refused(world, world.grid, "move", parent_id=str(other.id)) == (409, "area-closed")
        assert await refused(world, other, "move", parent_id=str(world.community.id)) == (409, "area-closed")

    async def test_complaints_are_found_by_their_words_where_they_are_now(
        self, world: World, database: Database, jobs: Jobs
    ):
        complaint = await world.complaint(title="梧桐树挡住路灯", body="树枝挡住了路灯，晚上很黑。")
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        await change(world, world.grid, "move", parent_id=str(other.id))
        await jobs.drain()
        lineage = "SELECT lineage FROM complaint_text WHERE complaint_id = $1"
        assert await database.reads.fetchval(lineage, complaint) == [*other.lineage, world.grid.id]

    async def test_the_map_knows_it_elsewhere(self, world: World, database: Database):
        await world.draw_all()
        other = await make_area(database, world.district, AreaKind.COMMUNITY)
        await change(world, world.grid, "move", parent_id=str(other.id))
        found = (await world.api.get("/v1/areas/at", **world.place(15, 15))).json()
        assert found["parent_id"] == str(other.id)


class TestMergingElsewhere:
    async def test_what_was_handed_up_goes_to_its_like(self, world: World, database: Database):
        """From a grid, and from what lies below a community: both merged into their like in another street."""
        street = await make_area(database, world.district, AreaKind.STREET)
        community = await make_area(database, street, AreaKind.COMMUNITY)
        grid = await make_area(database, community)
        here, below = await world.complaint(), await world.complaint(area_id=world.other_grid.id)
        for complaint in (here, below):
            for _ in range(2):
                path = f"/v1/complaints/{complaint}/escalate"
                assert (await world.api.post(path, world.staff, {"reason": "难。"})).status_code == 200
        await change(world, world.grid, "merge", into_id=str(grid.id))
        assert await area_of(database, "complaint", here, "handler_id") == street.id
        assert await area_of(database, "complaint", below, "handler_id") == world.community.lineage[1]
        await change(world, world.community, "merge", into_id=str(community.id))
        for complaint in (here, below):
            assert await area_of(database, "complaint", complaint, "handler_id") == street.id
            for handler in (community.id, grid.id if complaint == here else world.other_grid.id):
                path = f"/v1/complaints/{complaint}/return"
                sent = await world.api.post(path, world.staff, {"reason": "网格可办。"})
                assert sent.status_code == 200, sent.text
                assert await area_of(database, "complaint", complaint, "handler_id") == handler


class TestRoots:
    async def test_administrators_rename_it(self, world: World, database: Database):
        form: dict[str, Any] = {"name": f"新区{letters(8)}", "code": None, "households": None, "residents": None}
        form |= {"is_wish_review_required": True}
        path = f"/v1/areas/{world.district.id}"
        below = await world.holder(Role.ADMINISTRATOR, world.community)
        for person in (world.staff, world.alliance, below, await world.person()):
            assert problem(await world.api.put(path, person, form)) == (403, "not-allowed")
        neighbour = await world.holder(Role.ADMINISTRATOR, world.neighbour)
        assert problem(await world.api.put(path, neighbour, form)) == (403, "not-allowed")
        response = await world.api.put(path, world.administrator, form)
        assert response.status_code == 200, response.text
        assert (response.json()["name"], response.json()["actions"]) == (form["name"], ["add", "edit", "close"])
        assert len(await events(database, "area", world.district.id, "edit")) == 1
        taken = form | {"name": world.neighbour.name}
        assert problem(await world.api.put(path, world.administrator, taken)) == (409, "area-name-taken")

    async def test_an_empty_one_is_closed_with_the_right_to_administer_it(self, world: World, database: Database):
        empty = await make_area(database, None, AreaKind.DISTRICT)
        own, second = [await world.holder(Role.ADMINISTRATOR, empty) for _ in range(2)]
        staff = await world.holder(Role.STAFF, empty)
        for person in (staff, world.administrator):
            assert await refused(world, empty, "close", person) == (403, "not-allowed")
        response = await world.api.post(f"/v1/areas/{empty.id}/close", own, {"reason": REASON})
        assert (problem(response), response.json()["facts"]) == ((409, "area-not-empty"), {"grant": "1"})
        assert (await world.api.get("/v1/me", own)).json()["grants"] != []
        await database.writes.execute('DELETE FROM "grant" WHERE user_id = $1', staff.id)
        area = await change(world, empty, "close", own)
        assert (area["closed_at"] is not None, area["actions"]) == (True, [])
        for person in (own, second):
            assert (await world.api.get("/v1/me", person)).json()["grants"] == []
        assert await database.reads.fetchval('SELECT count(*) FROM "grant" WHERE area_id = $1', empty.id) == 0
        assert len(await events(database, "area", empty.id, "close")) == 1
        revoked = "SELECT count(*) FROM event WHERE actor_id = $1 AND action = 'revoke' AND subject_kind = 'grant'"
        assert await database.reads.fetchval(revoked, own.id) == 2

    async def test_not_above_open_ones_and_nothing_else_is_done_with_it(self, world: World, database: Database):
        assert await refused(world, world.district, "close") == (409, "area-not-empty")
        other = await make_area(database, None, AreaKind.DISTRICT)
        await make_grant(database, world.administrator, other, Role.ADMINISTRATOR)
        for verb, form in (
            ("move", {"parent_id": str(other.id)}),
            ("merge", {"into_id": str(other.id)}),
            ("split", parts("东", "西")),
        ):
            assert await refused(world, world.district, verb, **form) == (403, "not-allowed")


class TestClose:
    async def test_an_empty_one(self, world: World, database: Database):
        area = await change(world, world.other_grid, "close")
        assert area["closed_at"] is not None
        assert (area["successor"], area["actions"]) == (None, [])
        [event] = await events(database, "area", world.other_grid.id, "close")
        assert (event["from_state"], event["to_state"], event["note"]) == ("open", "closed", REASON)
        assert await refused(world, world.other_grid, "close") == (409, "area-closed")
        assert await refused(world, world.other_grid, "split", **parts("东", "西")) == (409, "area-closed")

    async def test_what_is_left_is_counted(self, full: World):
        world = full
        path = f"/v1/areas/{world.grid.id}/close"
        response = await world.api.post(path, world.administrator, {"reason": REASON})
        assert problem(response) == (409, "area-not-empty")
        left = response.json()["facts"]
        assert set(left) == {
            line.table
            for line in BELONGINGS
            if isinstance(line, Goes) or (isinstance(line, Apart) and line.where is not None)
        }, "the scene has one of everything"
        assert left["area"] == "1"
        assert left["complaint"] == "3", "but not the closed one"
        assert (await world.api.get(f"/v1/areas/{world.grid.id}")).json()["closed_at"] is None

    async def test_not_above_open_ones(self, world: World):
        response = await world.api.post(
            f"/v1/areas/{world.community.id}/close", world.administrator, {"reason": REASON}
        )
        assert problem(response) == (409, "area-not-empty")
        assert response.json()["facts"] == {"area": "2"}

    async def test_finished_work_stays_on_the_walls_above(self, world: World):
        author = await world.person()
        complaint = await world.complaint(author, "closed")
        await change(world, world.grid, "close")
        for area in (world.grid, world.community, world.district):
            wall = (await world.api.get(f"/v1/walls/{area.id}", status="closed")).json()["items"]
            assert [item["id"] for item in wall] == [str(complaint)]

    async def test_what_is_taken_up_again_goes_to_those_above(self, world: World, database: Database):
        author = await world.person()
        complaint = await world.complaint(author, "closed")
        await change(world, world.grid, "close")
        reopened = await world.api.post(f"/v1/complaints/{complaint}/reopen", author, {"reason": "又坏了。"})
        assert reopened.status_code == 200, reopened.text
        assert await area_of(database, "complaint", complaint) == world.grid.id
        assert await area_of(database, "complaint", complaint, "handler_id") == world.community.id
        path = f"/v1/complaints/{complaint}/accept"
        assert (await world.api.post(path, await world.holder(Role.STAFF, world.community))).status_code == 200

    async def test_the_map_forgets_it(self, world: World):
        await world.draw_all()
        assert (await world.api.get("/v1/areas/at", **world.place(15, 15))).json()["id"] == str(world.grid.id)
        await change(world, world.grid, "close")
        assert problem(await world.api.get("/v1/areas/at", **world.place(15, 15))) == (422, "location-in-no-grid")


class TestMerge:
    async def test_everything_open_goes_and_nothing_is_left(
        self, full: World, database: Database, settings: Settings, jobs: Jobs
    ):
        world, into = full, full.other_grid
        left, faults = await left_in(database, world.grid), await faults_of(settings)
        finished = await database.reads.fetchval(
            "SELECT count(*) FROM complaint WHERE area_id = $1 AND status = 'closed'", world.grid.id
        )
        area = await change(world, world.grid, "merge", into_id=str(into.id))
        assert area["successor"] == {"id": str(into.id), "name": into.name}
        assert await left_in(database, world.grid) == {}
        assert await left_in(database, into) == left
        count = "SELECT count(*) FROM complaint WHERE area_id = $1"
        assert await database.reads.fetchval(count, world.grid.id) == finished
        [event] = await events(database, "area", into.id, "take_in")
        assert f'"merged_id": "{world.grid.id}"' in event["facts"]
        await assert_each_event(database, left, into)
        await jobs.drain()
        texts = await database.reads.fetch(
            "SELECT DISTINCT t.lineage FROM complaint_text t JOIN complaint c ON c.id = t.complaint_id "
            "WHERE c.area_id = $1",
            into.id,
        )
        assert [row["lineage"] for row in texts] == [into.lineage]
        assert await faults_of(settings) == faults

    async def test_work_goes_on(self, world: World, database: Database):
        """What was begun before is ended after, by those who now have the area."""
        author, helper = await world.person(), await world.helper()
        worker = await world.holder(Role.STAFF, world.grid)
        wish, claim = await world.delivered(author, helper)
        complaint = await world.complaint(await world.person())
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        assert (await world.api.post(f"/v1/claims/{claim}/verify", worker)).status_code == 200
        assert (await world.api.post(f"/v1/complaints/{complaint}/accept", worker)).status_code == 200
        assert await area_of(database, "wish", wish) == world.other_grid.id
        home = "SELECT home_area_id FROM member m JOIN person p ON p.id = m.person_id WHERE p.user_id = $1"
        assert await database.reads.fetchval(home, helper.id) == world.other_grid.id
        stays = """
            SELECT s.area_id, s.until IS NULL AS is_now FROM stay s JOIN person p ON p.id = s.person_id
            WHERE p.user_id = $1 ORDER BY s.since
        """
        found = [tuple(row) for row in await database.reads.fetch(stays, helper.id)]
        assert found == [(world.grid.id, False), (world.other_grid.id, True)]

    async def test_who_holds_the_same_in_both_holds_it_once(self, world: World, database: Database):
        both = await world.holder(Role.STAFF, world.grid)
        await make_grant(database, both, world.other_grid, Role.STAFF)
        one = await world.holder(Role.STAFF, world.grid)
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        for person in (both, one):
            held = await database.reads.fetch('SELECT area_id FROM "grant" WHERE user_id = $1', person.id)
            assert [row["area_id"] for row in held] == [world.other_grid.id]

    async def test_units_report_to_what_takes_the_place(self, world: World, database: Database):
        both, one, closed = [await make_unit(database, world.district) for _ in range(3)]
        for unit, area, day in (
            (both, world.grid, "2026-05-01"),
            (both, world.other_grid, "2026-06-01"),
            (one, world.grid, None),
            (closed, world.grid, "2026-05-01"),
        ):
            path = f"/v1/units/{unit}/areas/{area.id}"
            assert (await world.api.put(path, world.staff, {"reported_on": day})).status_code == 200
        gone = await world.api.post(f"/v1/units/{closed}/close", world.staff, {"reason": "已注销。"})
        assert gone.status_code == 200
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        rows = "SELECT area_id, reported_on::text FROM unit_area WHERE unit_id = $1"
        for unit, expected in (
            (both, (world.other_grid.id, "2026-05-01")),
            (one, (world.other_grid.id, None)),
            (closed, (world.grid.id, "2026-05-01")),
        ):
            assert [tuple(row) for row in await database.reads.fetch(rows, unit)] == [expected]
        assert [len(await events(database, "unit", unit, "report")) for unit in (both, one, closed)] == [3, 2, 1]
        split = await change(world, world.other_grid, "split", **parts("东", "西"))
        assert (await area_of(database, "unit_area", both, of="unit_id")) == UUID(split["parts"][0]["id"])

    async def test_closed_units_stay_and_hold_nothing_up(self, world: World, database: Database):
        unit, other = [await make_unit(database, area) for area in (world.grid, world.other_grid)]
        await database.writes.execute("UPDATE unit SET name = '派出所' WHERE id = ANY($1)", [unit, other])
        rule = {"area_id": str(world.grid.id), "unit_id": str(unit), "accept": {"amount": 1, "unit": "hour"}}
        assert (await world.api.post("/v1/handling-rules", world.administrator, rule)).status_code == 201
        closed = await world.api.post(f"/v1/units/{unit}/close", world.staff, {"reason": "已撤销。"})
        assert closed.status_code == 200
        effective = (await world.api.get("/v1/handling-rules/effective", area_id=world.grid.id)).json()
        assert (effective["unit"]["value"], effective["unit"]["area"]) == (None, None)
        assert effective["accept"]["value"] == {"amount": 1, "unit": "hour"}
        area = await change(world, world.grid, "split", **parts("东", "西"))
        assert await area_of(database, "unit", unit) == world.grid.id
        copied = "SELECT unit_id FROM handling_rule WHERE area_id = $1"
        assert await database.reads.fetchval(copied, UUID(area["parts"][0]["id"])) is None

    async def test_names_that_are_taken_get_numbers(self, world: World, database: Database):
        here = [await make_area(database, world.grid, AreaKind.POST, name=name) for name in ("一号楼", "一号楼（2）")]
        await make_area(database, world.other_grid, AreaKind.POST, name="一号楼")
        units = [await make_unit(database, area) for area in (world.grid, world.other_grid)]
        await database.writes.execute("UPDATE unit SET name = $2 WHERE id = ANY($1)", units, "派" * 50)
        await world.post(world.grid, name="网格长")
        await world.post(world.other_grid, name="网格长")
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        names = "SELECT name FROM {} WHERE {} = $1 ORDER BY name"

        async def named(table: str, column: str) -> list[str]:
            return [row["name"] for row in await database.reads.fetch(names.format(table, column), world.other_grid.id)]

        assert await named("area", "parent_id") == ["一号楼", "一号楼（2）", "一号楼（3）"]
        assert sorted(await named("unit", "area_id"), key=len) == ["派" * 45 + "（2）", "派" * 50]
        assert await named("post", "area_id") == ["网格长", "网格长（2）"]
        assert (await lineages(database, here[0]))[0][:-1] == world.other_grid.lineage

    async def test_land_and_people_are_added(self, world: World):
        await world.draw_all()
        for area, households in ((world.grid, 100), (world.other_grid, 50)):
            figures = {"households": households, "residents": None, "code": None, "is_wish_review_required": True}
            response = await world.api.put(f"/v1/areas/{area.id}", world.administrator, {"name": area.name, **figures})
            assert response.status_code == 200, response.text
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        area = (await world.api.get(f"/v1/areas/{world.other_grid.id}")).json()
        assert (area["households"], area["residents"]) == (150, None)
        for place in (world.place(15, 15), world.place(20, 15), world.place(25, 15)):
            assert (await world.api.get("/v1/areas/at", **place)).json()["id"] == str(world.other_grid.id)

    async def test_an_address_on_both_lists_is_one_building(self, world: World, database: Database):
        both, own = await world.building(), await world.building(name="幸福路14号院1号楼", aliases=[])
        kept = await world.building(world.other_grid)
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        assert await area_of(database, "building", own) == world.other_grid.id
        assert await area_of(database, "building", kept) == world.other_grid.id
        assert await database.reads.fetchval("SELECT count(*) FROM building WHERE id = $1", both) == 0

    async def test_joint_cases_become_one(self, world: World, database: Database):
        here, there = await world.complaint(category="noise"), await world.complaint(category="noise")
        done = await world.complaint(status="closed", category="noise")
        case = await world.joint_case(here, done)
        await database.writes.execute(
            "UPDATE complaint SET area_id = $2, handler_id = $2 WHERE id = $1", there, world.other_grid.id
        )
        other = await database.writes.fetchval(
            "INSERT INTO joint_case VALUES ($1, $2, 'noise', 'open', now()) RETURNING id", new_id(), world.other_grid.id
        )
        await database.writes.execute("UPDATE complaint SET case_id = $2 WHERE id = $1", there, other)
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        cases = "SELECT case_id FROM complaint WHERE id = ANY($1) ORDER BY id"
        found = [row["case_id"] for row in await database.reads.fetch(cases, [here, there, done])]
        assert found == [other, other, case]
        assert await database.reads.fetchval("SELECT status FROM joint_case WHERE id = $1", case) == "closed"

    async def test_what_is_taken_up_again_goes_to_what_took_its_place(self, world: World, database: Database):
        author = await world.person()
        complaint = await world.complaint(author, "closed")
        third = await make_area(database, world.community)
        await change(world, world.grid, "merge", into_id=str(world.other_grid.id))
        await change(world, world.other_grid, "merge", into_id=str(third.id))
        reopened = await world.api.post(f"/v1/complaints/{complaint}/reopen", author, {"reason": "又坏了。"})
        assert reopened.status_code == 200, reopened.text
        assert await area_of(database, "complaint", complaint) == third.id
        assert await area_of(database, "complaint", complaint, "handler_id") == third.id

    async def test_what_cannot_be(self, world: World, database: Database):
        inner = await make_area(database, world.community, AreaKind.COMMUNITY)
        cases: Sequence[tuple[Area, UUID, tuple[int, str]]] = [
            (world.grid, world.grid.id, (409, "area-into-itself")),
            (world.community, inner.id, (409, "area-into-itself")),
            (world.grid, world.community.id, (409, "areas-unlike")),
            (world.grid, uuid4(), (422, "area-unknown")),
            (world.grid, world.neighbour.id, (403, "not-allowed")),
        ]
        for area, into, told in cases:
            assert await refused(world, area, "merge", into_id=str(into)) == told
        await change(world, world.other_grid, "close")
        assert await refused(world, world.grid, "merge", into_id=str(world.other_grid.id)) == (409, "area-closed")
        own = await world.holder(Role.ADMINISTRATOR, world.grid)
        assert await refused(world, world.grid, "merge", own, into_id=str(inner.id)) == (403, "not-allowed")
        await change(world, inner, "merge", into_id=str(world.community.id))


class TestSplit:
    async def test_what_lies_in_a_shape_goes_there_and_all_else_to_the_default(self, world: World, database: Database):
        await world.draw_all()
        west = await world.complaint(location=world.place(11, 15))
        east = await world.complaint(location=world.place(19, 15))
        nowhere = await world.complaint()
        wish = await world.wish(await world.person())
        building = await make_area(database, world.grid, AreaKind.POST)
        await world.draw(building, world.rectangle(11, 11, 12, 12))
        loose = await make_area(database, world.grid, AreaKind.POST)
        of_building = await self.in_post(world, building)
        area = await change(
            world,
            world.grid,
            "split",
            **parts(
                world.grid.name,
                "东片",
                shapes=(world.rectangle(10, 10, 15, 20), world.rectangle(15, 10, 20, 20)),
                default=1,
            ),
        )
        first, second = [UUID(part["id"]) for part in area["parts"]]
        assert [part["name"] for part in area["parts"]] == [world.grid.name, "东片"]
        assert {part["kind"] for part in area["parts"]} == {"grid"}
        assert area["successor"]["id"] == str(second)
        assert [await area_of(database, "complaint", it) for it in (west, east, nowhere)] == [first, second, second]
        assert await area_of(database, "wish", wish) == second
        assert await area_of(database, "task", await world.task_of(wish)) == second
        assert [await area_of(database, "area", it.id, "parent_id") for it in (building, loose)] == [first, second]
        assert await area_of(database, "complaint", of_building) == building.id
        assert await area_of(database, "complaint", of_building, "handler_id") == first
        assert (await world.api.get("/v1/areas/at", **world.place(12, 15))).json()["id"] == str(first)
        assert await left_in(database, world.grid) == {}

    async def in_post(self, world: World, post: Area) -> UUID:
        complaint = await world.complaint(area_id=post.id)
        raised = await world.api.post(f"/v1/complaints/{complaint}/escalate", world.staff, {"reason": "难。"})
        assert raised.status_code == 200, raised.text
        return complaint

    async def test_everything_goes_somewhere(self, full: World, database: Database, settings: Settings):
        world = full
        left, faults = await left_in(database, world.grid), await faults_of(settings)
        area = await change(world, world.grid, "split", **parts("东", "西"))
        assert await left_in(database, world.grid) == {}
        default = replace_with(world.grid, UUID(area["parts"][0]["id"]))
        assert await left_in(database, default) == left
        assert await faults_of(settings) == faults

    async def test_roles_hold_on_all_of_the_land(self, world: World, database: Database):
        worker = await world.holder(Role.STAFF, world.grid)
        officer = await world.person()
        await world.post(world.grid, role="staff", holder=officer)
        area = await change(world, world.grid, "split", **parts("东", "西", "中"))
        ids = [UUID(part["id"]) for part in area["parts"]]
        held = 'SELECT area_id FROM "grant" WHERE user_id = $1'
        assert {row["area_id"] for row in await database.reads.fetch(held, worker.id)} == set(ids)
        assert {row["area_id"] for row in await database.reads.fetch(held, officer.id)} == {ids[0]}

    async def test_rules_hold_on_as_if_nothing_had_happened(self, world: World, database: Database):
        form = {"area_id": str(world.grid.id), "accept": {"amount": 1, "unit": "hour"}}
        assert (await world.api.post("/v1/handling-rules", world.administrator, form)).status_code == 201
        await world.policy(world.grid, day_cap=7)
        complaint = await world.complaint()
        area = await change(world, world.grid, "split", **parts("东", "西"))
        for part in area["parts"]:
            rule = (await world.api.get("/v1/handling-rules/effective", area_id=part["id"])).json()
            assert rule["accept"]["value"] == {"amount": 1, "unit": "hour"}
            policy = (await world.api.get("/v1/policies/effective", area_id=part["id"])).json()
            assert policy["day_cap"]["value"] == 7
        due = "SELECT (accept_due_at, answer_due_at) FROM complaint WHERE id = $1"
        promised = await database.reads.fetchval(due, complaint)
        for urgency in ("urgent", "ordinary"):
            corrected = await world.api.post(
                f"/v1/complaints/{complaint}/correct", world.staff, {"category": "lighting", "urgency": urgency}
            )
            assert corrected.status_code == 200, corrected.text
        again = await database.reads.fetchval(due, complaint)
        assert again[0] == promised[0], "reckoned under the part as under the area before"

    async def test_joint_cases_are_of_one_place(self, world: World, database: Database):
        await world.draw_all()
        west = [await world.complaint(category="noise", location=world.place(11, 15)) for _ in range(2)]
        east = await world.complaint(category="noise", location=world.place(19, 15))
        case = await world.joint_case(*west, east)
        shapes = (world.rectangle(10, 10, 15, 20), world.rectangle(15, 10, 20, 20))
        area = await change(world, world.grid, "split", **parts("西", "东", shapes=shapes))
        first, second = [UUID(part["id"]) for part in area["parts"]]
        rows = await database.reads.fetch(
            "SELECT x.area_id, array_agg(c.id ORDER BY c.id) AS ids FROM joint_case x "
            "JOIN complaint c ON c.case_id = x.id WHERE x.area_id = ANY($1) AND x.status = 'open' "
            "GROUP BY x.id, x.area_id",
            [first, second],
        )
        assert {row["area_id"]: row["ids"] for row in rows} == {first: sorted(west), second: [east]}
        assert await database.reads.fetchval("SELECT status FROM joint_case WHERE id = $1", case) == "closed"

    async def test_a_circle_lies_over_all_parts(self, full: World, database: Database):
        world = full
        over = "SELECT circle_id FROM circle_area WHERE area_id = $1"
        circles = {row["circle_id"] for row in await database.reads.fetch(over, world.grid.id)}
        assert circles
        area = await change(world, world.grid, "split", **parts("东", "西"))
        for part in area["parts"]:
            assert {row["circle_id"] for row in await database.reads.fetch(over, UUID(part["id"]))} == circles
        assert await database.reads.fetch(over, world.grid.id) == []

    async def test_its_code_and_name_can_be_had_by_a_part(self, world: World):
        code = str(uuid4().int)[:12]
        form = {
            "name": world.grid.name,
            "code": code,
            "households": 9,
            "residents": 20,
            "is_wish_review_required": False,
        }
        await world.api.put(f"/v1/areas/{world.grid.id}", world.administrator, form)
        split = parts(world.grid.name, "东")
        split["parts"][0] |= {"code": code, "households": 5, "residents": 11}
        area = await change(world, world.grid, "split", **split)
        first, second = area["parts"]
        assert (first["code"], first["households"], first["residents"]) == (code, 5, 11)
        assert (second["code"], second["households"], second["residents"]) == (None, None, None)
        assert not first["is_wish_review_required"]
        assert not second["is_wish_review_required"]

    async def test_what_cannot_be(self, world: World):
        await world.draw_all()
        grid = world.grid
        assert await refused(world, grid, "split", **parts("东", "东")) == (409, "area-name-taken")
        assert await refused(world, grid, "split", **parts("东", world.other_grid.name)) == (409, "area-name-taken")
        outside = (world.rectangle(50, 10, 60, 20), world.rectangle(15, 10, 20, 20))
        assert await refused(world, grid, "split", **parts("东", "西", shapes=outside)) == (422, "shape-outside-parent")
        for form in (
            parts("东"),
            parts("东", "西", default=2),
            parts("东", "西", default=-1),
            parts(*map(str, range(51))),
        ):
            assert await refused(world, grid, "split", **form) == (422, "invalid-payload")
        for person in (world.staff, await world.holder(Role.ADMINISTRATOR, grid)):
            assert await refused(world, grid, "split", person, **parts("东", "西")) == (403, "not-allowed")
        assert await refused(world, world.district, "split", **parts("东", "西")) == (403, "not-allowed")
        assert (await world.api.get(f"/v1/areas/{grid.id}")).json()["closed_at"] is None

    async def test_figures_published_before_stay_those_of_the_areas_above(self, world: World, database: Database):
        """Finished work is counted where it was done, and so in every area above."""
        await world.complaint(await world.person(), "closed")
        await change(world, world.grid, "split", **parts("东", "西"))
        tally = "SELECT count(*) FROM complaint c JOIN area a ON a.id = c.area_id WHERE a.lineage @> ARRAY[$1::uuid]"
        assert await database.reads.fetchval(tally, world.community.id) == 1


def parts(*names: str, shapes: Sequence[dict[str, Any]] = (), default: int = 0) -> dict[str, Any]:
    drawn = [*shapes, *[None] * (len(names) - len(shapes))]
    return {
        "parts": [
            {"name": name} | ({"shape": shape} if shape else {}) for name, shape in zip(names, drawn, strict=True)
        ],
        "default_part": default,
        "coordinates": "gcj02",
    }


def replace_with(area: Area, area_id: UUID) -> Area:
    """Return something with the id of another area, for those who ask for no more."""
    return Area(id=area_id, kind=area.kind, name=area.name, lineage=area.lineage)


HATS_SHOPS_AND_LOANS = ("member", "volunteer", "merchant", "offer", "lending_line", "loan")
MADE_WITHOUT_EVENTS = tuple(f"I7 each {kind}'s" for kind in HATS_SHOPS_AND_LOANS)
"""By the factories: what follows is their first event."""


async def faults_of(settings: Settings) -> dict[str, int]:
    """Return the rules that some rows break, and how many: other tests may break some on purpose."""
    found = await broken(settings.require_database_url())
    return {rule: rows for rule, rows in found.items() if not rule.startswith(MADE_WITHOUT_EVENTS)}


async def assert_each_event(database: Database, left: dict[str, int], into: Area) -> None:
    """Everything that went has its event, which says where to."""
    rows = await database.reads.fetch(
        "SELECT subject_kind, count(*) AS told FROM event WHERE action = 'follow' "
        "AND $1 IN (facts ->> 'area_id', facts ->> 'home_area_id', facts ->> 'unit_area_id', facts ->> 'parent_id', "
        "facts ->> 'from_area_id') GROUP BY 1",
        str(into.id),
    )
    told = {row["subject_kind"]: row["told"] for row in rows}
    assert told.pop("building") == 1  # no open matter: an address list keeps no area from being closed
    apart = {"joint_case", "unit_area"}
    assert told == {table: count for table, count in left.items() if table not in apart}
