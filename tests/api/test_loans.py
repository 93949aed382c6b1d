"""People asked to help elsewhere: they agree or decline, nobody learns which, and every loan ends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.clock import now, today
from app.core.db import Database
from app.domain import months
from app.domain.caller import Role
from app.domain.kinds import Hat
from app.jobs import handlers
from app.models import Area
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api.test_strength import force, history, strength
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, make_area, person_of
from tests.people import Person
from tests.strength import lend, make_line, make_loan, make_plan, make_request, settle

REQUESTS = "/v1/me/loan-requests"


async def answered(world: World, request_id: UUID, person: Person, action: str) -> dict[str, Any]:
    response = await world.api.post(f"/v1/loan-requests/{request_id}/{action}", person)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def refused(world: World, request_id: UUID, person: Person, action: str = "agree") -> tuple[int, str]:
    return problem(await world.api.post(f"/v1/loan-requests/{request_id}/{action}", person))


async def loans_of(world: World, area: Area, reader: Person | None = None, **query: Any) -> list[dict[str, Any]]:
    return list(await all_pages(world.api, "/v1/loans", reader or world.staff, area_id=area.id, **query))


class Asked:
    """A line from the grid to the other one for which two volunteers of three are asked, one place being free."""

    plan_id: UUID
    line_id: UUID
    people: list[Person]
    request_ids: list[UUID]

    @classmethod
    async def make(cls, world: World, *, places: int = 1, required: int = 2) -> "Asked":
        self = cls()
        await world.strength_rule(world.district, members=0, volunteers=required)
        self.people = await settle(world, world.grid, volunteers=3)
        self.plan_id = await make_plan(world)
        self.line_id = await make_line(world, self.plan_id, world.grid, world.other_grid, places, status="asking")
        self.request_ids = [await make_request(world, self.line_id, person) for person in self.people[:2]]
        return self

    async def line(self, world: World) -> dict[str, Any]:
        [line] = await all_pages(world.api, f"/v1/lending-plans/{self.plan_id}/lines", world.staff)
        return line


@pytest.fixture
async def line(world: World) -> Asked:
    return await Asked.make(world)


class TestAgree:
    async def test_whoever_agrees_counts_in_the_other_grid(self, world: World, line: Asked):
        person, request_id = line.people[0], line.request_ids[0]
        said = await answered(world, request_id, person, "agree")
        assert (said["status"], said["actions"]) == ("agreed", [])
        [loan] = await all_pages(world.api, "/v1/me/loans", person)
        last_day = today() + timedelta(days=30)
        assert loan == {
            "id": said["loan_id"],
            "nickname": loan["nickname"],
            "hat": "volunteer",
            "from_area": {"id": str(world.grid.id), "name": world.grid.name},
            "to_area": {"id": str(world.other_grid.id), "name": world.other_grid.name},
            "since": loan["since"],
            "until": months.start(last_day + timedelta(days=1)).astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "status": "running",
            "actions": ["end"],
        }
        here, there = await strength(world, world.grid), await strength(world, world.other_grid)
        assert here["items"][0]["volunteers"] == force(2, 2) | {"lent": 1, "borrowed": 0}
        assert there["items"][0]["volunteers"] == force(1, 2) | {"lent": 0, "borrowed": 1}
        told = await history(world, world.grid, months.of(today()), months.of(today()))
        assert told[0]["volunteers"] == force(2, 2) | {"lent": 1, "borrowed": 0}

    async def test_when_enough_agreed_nobody_is_asked_any_more(self, world: World, line: Asked):
        await answered(world, line.request_ids[0], line.people[0], "agree")
        seen = await line.line(world)
        assert (seen["status"], seen["agreed"], seen["actions"]) == ("filled", 1, [])
        [other] = await all_pages(world.api, REQUESTS, line.people[1])
        assert (other["status"], other["actions"]) == ("withdrawn", [])
        assert await refused(world, line.request_ids[1], line.people[1]) == (409, "state-conflict")

    async def test_as_long_as_people_are_missing_others_are_asked(self, world: World):
        line = await Asked.make(world, places=2, required=1)
        await answered(world, line.request_ids[0], line.people[0], "agree")
        seen = await line.line(world)
        assert (seen["status"], seen["agreed"]) == ("asking", 1)
        await answered(world, line.request_ids[1], line.people[1], "agree")
        assert (await line.line(world))["status"] == "filled"

    async def test_nobody_leaves_a_grid_that_needs_them(self, world: World):
        line = await Asked.make(world, required=3)
        assert await refused(world, line.request_ids[0], line.people[0]) == (409, "lender-at-rule")
        assert await loans_of(world, world.district) == []
        [request] = await all_pages(world.api, REQUESTS, line.people[0])
        assert request["status"] == "open"

    async def test_who_was_lent_to_a_grid_counts_there(self, world: World):
        """Three of its own and two borrowed, where four must be: one can go, and then nobody."""
        line = await Asked.make(world, required=4)
        third = await make_area(world.database, world.community)
        for person in await settle(world, third, volunteers=2):
            await lend(world, third, world.grid, person)
        await answered(world, line.request_ids[0], line.people[0], "agree")
        other = await make_line(world, await make_plan(world), world.grid, third, status="asking")
        request_id = await make_request(world, other, line.people[2])
        assert await refused(world, request_id, line.people[2]) == (409, "lender-at-rule")

    async def test_who_is_of_another_grid_by_now(self, world: World, database: Database, line: Asked):
        await move_home(world, line.people[0], world.other_grid)
        assert await refused(world, line.request_ids[0], line.people[0]) == (409, "state-conflict")
        await database.writes.execute(
            "UPDATE volunteer SET status = 'refused' WHERE person_id = $1", await person_of(database, line.people[1])
        )
        assert await refused(world, line.request_ids[1], line.people[1]) == (409, "state-conflict")

    @pytest.mark.parametrize("ending", ["stopped", "too late"])
    async def test_for_a_line_that_is_over(self, world: World, database: Database, line: Asked, ending: str):
        if ending == "stopped":
            await database.writes.execute("UPDATE lending_line SET status = 'ended' WHERE id = $1", line.line_id)
        else:
            await database.writes.execute("UPDATE lending_plan SET until = '2026-01-01' WHERE id = $1", line.plan_id)
        assert await refused(world, line.request_ids[0], line.people[0]) == (409, "state-conflict")

    async def test_not_into_a_closed_grid(self, world: World, database: Database, line: Asked):
        await database.writes.execute("UPDATE area SET closed_at = now() WHERE id = $1", world.other_grid.id)
        assert await refused(world, line.request_ids[0], line.people[0]) == (409, "area-closed")

    async def test_only_for_oneself(self, world: World, line: Asked):
        for person in (line.people[1], world.staff, await world.person()):
            for action in ("agree", "decline"):
                assert await refused(world, line.request_ids[0], person, action) == (404, "not-found")


class TestDecline:
    async def test_somebody_else_is_asked(self, world: World, line: Asked):
        said = await answered(world, line.request_ids[0], line.people[0], "decline")
        assert (said["status"], said["loan_id"], said["actions"]) == ("declined", None, [])
        [other] = await all_pages(world.api, REQUESTS, line.people[2])
        assert (other["status"], other["actions"]) == ("open", ["agree", "decline"])

    async def test_it_leaves_no_mark_that_staff_see(self, world: World, line: Asked):
        before = await line.line(world)
        await answered(world, line.request_ids[0], line.people[0], "decline")
        assert await line.line(world) == before

    async def test_it_is_said_once(self, world: World, line: Asked):
        await answered(world, line.request_ids[0], line.people[0], "decline")
        for action in ("agree", "decline"):
            assert await refused(world, line.request_ids[0], line.people[0], action) == (409, "state-conflict")


class TestLoans:
    async def test_staff_of_either_grid_see_it(self, world: World):
        [person] = await settle(world, world.grid, volunteers=1)
        loan_id = await lend(world, world.grid, world.other_grid, person)
        for area in (world.grid, world.other_grid):
            reader = await world.holder(Role.STAFF, area)
            assert [loan["id"] for loan in await loans_of(world, world.district, reader)] == [str(loan_id)]
            assert [loan["id"] for loan in await loans_of(world, area)] == [str(loan_id)]
        third = await make_area(world.database, world.community)
        assert await loans_of(world, third) == []
        assert await loans_of(world, world.district, await world.holder(Role.STAFF, third)) == []
        assert await loans_of(world, world.district, status="ended") == []

    @pytest.mark.parametrize("who", ["the person", "staff of the lender", "staff of the borrower"])
    async def test_either_side_ends_it(self, api: ApiClient, world: World, who: str):
        [person] = await settle(world, world.grid, volunteers=1)
        loan_id = await lend(world, world.grid, world.other_grid, person)
        readers = {
            "the person": person,
            "staff of the lender": await world.holder(Role.STAFF, world.grid),
            "staff of the borrower": await world.holder(Role.STAFF, world.other_grid),
        }
        response = await api.post(f"/v1/loans/{loan_id}/end", readers[who])
        assert response.status_code == 200, response.text
        loan = response.json()
        assert (loan["status"], loan["actions"]) == ("ended", [])
        assert datetime.fromisoformat(loan["until"]) <= now()
        assert (await strength(world, world.grid))["items"][0]["volunteers"]["present"] == 1
        assert problem(await api.post(f"/v1/loans/{loan_id}/end", readers[who])) == (409, "state-conflict")

    async def test_nobody_else_does(self, api: ApiClient, world: World):
        [person] = await settle(world, world.grid, volunteers=1)
        loan_id = await lend(world, world.grid, world.other_grid, person)
        third = await make_area(world.database, world.community)
        for other in (await world.holder(Role.STAFF, third), await world.person(), world.alliance):
            assert problem(await api.post(f"/v1/loans/{loan_id}/end", other)) == (404, "not-found")

    async def test_it_ends_by_itself(self, world: World, jobs: Jobs):
        over, running = await settle(world, world.grid, volunteers=2)
        await lend(world, world.grid, world.other_grid, over, since=-timedelta(days=40), days=-1)
        await lend(world, world.grid, world.other_grid, running)
        assert (await strength(world, world.other_grid))["items"][0]["volunteers"]["present"] == 1
        await handlers.end_loans(jobs.parts)
        [ended] = await all_pages(world.api, "/v1/me/loans", over)
        assert ended["status"] == "ended"
        assert datetime.fromisoformat(ended["until"]) < now() - timedelta(hours=23)
        assert [loan["status"] for loan in await all_pages(world.api, "/v1/me/loans", running)] == ["running"]

    async def test_it_ends_with_what_it_rests_on(self, world: World, database: Database, jobs: Jobs):
        people = _, left, _ = await settle(world, world.grid, volunteers=3)
        for person in people:
            await lend(world, world.grid, world.other_grid, person)
        hats = [
            await database.reads.fetchval(
                "SELECT id FROM volunteer WHERE person_id = $1", await person_of(database, person)
            )
            for person in people
        ]
        transfer = {"home_area_id": str(world.other_grid.id), "reason": "搬家了。"}
        for path, mover, form in (
            (f"{hats[0]}/transfer", world.staff, transfer),
            (f"{hats[1]}/leave", left, {"reason": "没空了。"}),
        ):
            answer = await world.api.post(f"/v1/volunteers/{path}", mover, form)
            assert answer.status_code == 200, answer.text
        since_then = now()
        assert (await strength(world, world.grid))["items"][0]["volunteers"] == force(0, 30) | {"lent": 1}
        assert (await strength(world, world.other_grid))["items"][0]["volunteers"] == force(2, 30) | {"borrowed": 1}
        await handlers.end_loans(jobs.parts)
        ended = [(await all_pages(world.api, "/v1/me/loans", person))[0] for person in people]
        assert [loan["status"] for loan in ended] == ["ended", "ended", "running"]
        assert all(datetime.fromisoformat(loan["until"]) < since_then for loan in ended[:2])

    async def test_history_counts_it_while_it_ran(self, world: World, database: Database):
        """It ran until the middle of last month, and from the month before."""
        last, before_that = months.before(months.of(today())), months.before(months.before(months.of(today())))
        await database.writes.execute(
            "UPDATE area_period SET since = $2 WHERE lineage @> ARRAY[$1::uuid]",
            world.district.id,
            months.start(before_that),
        )
        [person] = await settle(world, world.grid, volunteers=1)
        person_id = await person_of(database, person)
        began = months.start(before_that) + timedelta(days=3)
        await database.writes.execute("UPDATE stay SET since = $2 WHERE person_id = $1", person_id, began)
        loan_id = await lend(world, world.grid, world.other_grid, person)
        await database.writes.execute(
            "UPDATE loan SET since = $2, until = $3, status = 'ended' WHERE id = $1",
            loan_id,
            began,
            months.start(last) + timedelta(days=14),
        )
        await database.writes.execute("UPDATE loan_period SET since = $2 WHERE loan_id = $1", loan_id, began)
        for area, expected in ((world.grid, [0, 1, 1]), (world.other_grid, [1, 0, 0])):
            told = await history(world, area, before_that, months.of(today()))
            assert [month["volunteers"]["present"] for month in told] == expected

    async def test_nobody_has_two(self, world: World):
        [person] = await settle(world, world.grid, volunteers=1)
        await lend(world, world.grid, world.other_grid, person)
        line_id = await make_line(world, await make_plan(world), world.grid, world.other_grid, status="asking")
        request_id = await make_request(world, line_id, person, "agreed")
        with pytest.raises(Exception, match="uq_loan_running"):
            await make_loan(world, request_id)


class TestOnePersonTwoHats:
    async def test_lent_with_one_hat_the_other_stays(self, world: World, database: Database):
        [person] = await settle(world, world.grid, members=1)
        await database.writes.execute(
            "INSERT INTO volunteer (id, person_id, home_area_id, skills, status) "
            "SELECT gen_random_uuid(), person_id, home_area_id, '{}', 'approved' FROM member WHERE person_id = $1",
            await person_of(database, person),
        )
        line_id = await make_line(
            world, await make_plan(world), world.grid, world.other_grid, hat=Hat.MEMBER, status="asking"
        )
        await make_loan(world, await make_request(world, line_id, person, "agreed"))
        [here] = (await strength(world, world.grid))["items"]
        assert (here["members"]["present"], here["volunteers"]["present"]) == (0, 1)


async def move_home(world: World, person: Person, area: Area) -> None:
    """Let a volunteer live in another grid."""
    await world.database.writes.execute(
        "UPDATE volunteer SET home_area_id = $2 WHERE person_id = $1", await person_of(world.database, person), area.id
    )
