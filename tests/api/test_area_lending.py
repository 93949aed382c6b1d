"""Areas change while people are lent, asked or planned with: loans go along, what was proposed for before is over."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.clock import today
from app.core.db import Database
from app.domain import lending, months
from app.domain.caller import Role
from app.domain.kinds import AreaKind
from app.jobs import handlers
from app.models import Area
from app.services.lending import drawing
from tests.api.scene import problem
from tests.api.test_area_changes import change, events, parts, refused, replace_with
from tests.api.test_lending_plans import NEXT_MONTH, decide, get, order, parts_of
from tests.api.test_me import all_pages
from tests.api.test_strength import history, strength
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, make_area
from tests.people import Person
from tests.strength import make_line, make_plan, settle


@dataclass(frozen=True)
class Lent:
    """Of five volunteers of the grid two were to help in the other one: one is lent, the others are asked still."""

    plan_id: UUID
    line_id: UUID
    person: Person
    asked: Sequence[Person]

    async def loan(self, world: World) -> dict[str, Any]:
        [loan] = await all_pages(world.api, "/v1/me/loans", self.person)
        return dict(loan)

    async def line(self, world: World) -> dict[str, Any]:
        [line] = await parts_of(world, self.plan_id, "lines")
        return line

    async def answers(self, world: World) -> set[str]:
        """Return how the questions to those who said nothing stand."""
        found = [await all_pages(world.api, "/v1/me/loan-requests", person) for person in self.asked]
        return {request["status"] for requests in found for request in requests}


@pytest.fixture
async def lent(world: World) -> Lent:
    await world.strength_rule(world.district, members=0, volunteers=2)
    people = await settle(world, world.grid, volunteers=5)
    plan = await order(world, world.community)
    [line] = await parts_of(world, plan["id"], "lines")
    assert (await decide(world, plan["id"], line["id"], "accept")).status_code == 200
    asked = []
    for person in people:
        asked += [(person, request) for request in await all_pages(world.api, "/v1/me/loan-requests", person)]
    person, request = asked[0]
    agreed = await world.api.post(f"/v1/loan-requests/{request['id']}/agree", person)
    assert agreed.status_code == 200, agreed.text
    return Lent(UUID(plan["id"]), UUID(line["id"]), person, [other for other, _ in asked[1:]])


async def force(world: World, area: Area | UUID) -> tuple[int, int, int]:
    """Return how many volunteers count in a grid, are lent and are borrowed."""
    area = replace_with(world.grid, area) if isinstance(area, UUID) else area
    [found] = (await strength(world, area))["items"]
    return (found["volunteers"]["present"], found["volunteers"]["lent"], found["volunteers"]["borrowed"])


class TestMerge:
    async def test_into_another_grid_the_loan_goes_along(
        self, world: World, database: Database, jobs: Jobs, lent: Lent
    ):
        third = await make_area(database, world.community)
        before = await lent.loan(world)
        await change(world, world.other_grid, "merge", into_id=str(third.id))
        to = {"id": str(third.id), "name": third.name}
        assert await lent.loan(world) == before | {"to_area": to}
        [event] = await events(database, "loan", UUID(before["id"]), "follow")
        assert (event["from_state"], event["to_state"], event["actor_id"]) == (
            "running",
            "running",
            world.administrator.id,
        )
        assert f'"to_area_id": "{third.id}"' in event["facts"]
        await handlers.end_loans(jobs.parts)
        assert (await lent.loan(world))["status"] == "running"
        assert (await force(world, world.grid), await force(world, third)) == ((4, 1, 0), (1, 0, 1))
        reader = await world.holder(Role.STAFF, third)
        [seen] = await all_pages(world.api, "/v1/loans", reader, area_id=third.id)
        assert (await world.api.post(f"/v1/loans/{seen['id']}/end", reader)).status_code == 200
        assert await force(world, world.grid) == (5, 0, 0)

    async def test_of_the_lender_the_person_goes_and_stays_lent(
        self, world: World, database: Database, jobs: Jobs, lent: Lent
    ):
        third = await make_area(database, world.community)
        await change(world, world.grid, "merge", into_id=str(third.id))
        await handlers.end_loans(jobs.parts)
        loan = await lent.loan(world)
        assert (loan["status"], loan["from_area"]["id"]) == ("running", str(third.id))
        assert (await force(world, third), await force(world, world.other_grid)) == ((4, 1, 0), (1, 0, 1))

    @pytest.mark.parametrize("into", ["the borrower", "the lender"])
    async def test_of_both_the_loan_is_over(self, world: World, database: Database, lent: Lent, into: str):
        one, other = (world.grid, world.other_grid) if into == "the borrower" else (world.other_grid, world.grid)
        await change(world, one, "merge", into_id=str(other.id))
        loan = await lent.loan(world)
        assert (loan["status"], loan["actions"]) == ("ended", [])
        assert [event["actor_id"] for event in await events(database, "loan", UUID(loan["id"]), "end")] == [
            world.administrator.id
        ]
        assert await force(world, other) == (5, 0, 0)

    async def test_nobody_is_asked_any_more_for_grids_that_are_gone(self, world: World, database: Database, lent: Lent):
        third = await make_area(database, world.community)
        other_line = await make_line(world, await make_plan(world), world.grid, third)
        assert await lent.answers(world) == {"open"}
        await change(world, world.other_grid, "merge", into_id=str(third.id))
        line = await lent.line(world)
        assert (line["status"], line["agreed"], line["actions"]) == ("ended", 1, [])
        assert line["to_area"]["name"] == world.other_grid.name
        [event] = await events(database, "lending_line", lent.line_id, "lapse")
        assert (event["from_state"], event["to_state"]) == ("asking", "ended")
        assert await lent.answers(world) == {"withdrawn"}
        assert await events(database, "lending_line", other_line, "lapse") == []

    async def test_nor_for_a_plan_whose_area_is_gone(self, world: World, database: Database, lent: Lent):
        waiting = await world.api.post(
            "/v1/lending-plans", world.staff, {"area_id": str(world.community.id), "until": NEXT_MONTH}
        )
        into = await make_area(database, world.district, AreaKind.COMMUNITY)
        await change(world, world.community, "merge", into_id=str(into.id))
        assert (await lent.line(world))["status"] == "ended"
        assert await lent.answers(world) == {"withdrawn"}
        assert (await lent.loan(world))["status"] == "running"
        waiting_id = UUID(waiting.json()["id"])
        assert (await get(world, waiting_id))["status"] == "failed"
        await drawing.draw_up(database, waiting_id)
        assert (await get(world, waiting_id))["lines"] == 0

    @pytest.mark.usefixtures("lent")
    async def test_months_that_are_over_stay_as_they_were(self, world: World, database: Database):
        """The loan ran for two months before the grid went; the grid it went to is of today."""
        first = months.before(months.before(months.of(today())))
        began = months.start(first) + timedelta(days=1)
        for statement in (
            "UPDATE area_period SET since = $2 WHERE lineage @> ARRAY[$1::uuid]",
            "UPDATE stay s SET since = $2 FROM area a WHERE a.id = s.area_id AND a.lineage @> ARRAY[$1::uuid]",
            "UPDATE loan_period SET since = $2 WHERE to_area_id IN (SELECT id FROM area WHERE $1 = ANY(lineage))",
            "UPDATE loan SET since = $2 WHERE to_area_id IN (SELECT id FROM area WHERE $1 = ANY(lineage))",
        ):
            await database.writes.execute(statement, world.district.id, began)
        third = await make_area(database, world.community)

        async def told(area: Area) -> list[int]:
            found = await history(world, area, first, months.of(today()))
            return [month["volunteers"]["present"] for month in found]

        before = [await told(area) for area in (world.district, world.grid, world.other_grid)]
        assert before == [[5, 5, 5], [4, 4, 4], [1, 1, 1]]
        await change(world, world.other_grid, "merge", into_id=str(third.id))
        after = [await told(area) for area in (world.district, world.grid, world.other_grid, third)]
        assert after == [[5, 5, 5], [4, 4, 4], [1, 1, 0], [0, 0, 1]]


class TestSplit:
    async def test_the_loan_goes_where_people_without_a_place_go(self, world: World, jobs: Jobs, lent: Lent):
        borrower = await change(world, world.other_grid, "split", **parts("东", "西", default=1))
        lender = await change(world, world.grid, "split", **parts("南", "北"))
        await handlers.end_loans(jobs.parts)
        loan = await lent.loan(world)
        assert (loan["status"], loan["from_area"]["name"], loan["to_area"]["name"]) == ("running", "南", "西")
        assert await force(world, UUID(lender["parts"][0]["id"])) == (4, 1, 0)
        assert await force(world, UUID(borrower["parts"][1]["id"])) == (1, 0, 1)
        assert (await lent.line(world))["status"] == "ended"
        assert await lent.answers(world) == {"withdrawn"}


class TestMove:
    async def test_out_of_the_plan_nobody_is_asked_any_more(self, world: World, database: Database, lent: Lent):
        """Whoever ordered the plan has no say there now. Who agreed stays lent."""
        elsewhere = await make_area(database, world.district, AreaKind.COMMUNITY)
        await change(world, world.other_grid, "move", parent_id=str(elsewhere.id))
        assert (await lent.line(world))["status"] == "ended"
        assert await lent.answers(world) == {"withdrawn"}
        assert (await lent.loan(world))["status"] == "running"
        assert await force(world, world.other_grid) == (1, 0, 1)

    async def test_with_the_plans_area_all_goes_on(self, world: World, database: Database, lent: Lent):
        street = await make_area(database, world.district, AreaKind.STREET)
        await change(world, world.community, "move", parent_id=str(street.id))
        assert (await lent.line(world))["status"] == "asking"
        assert await lent.answers(world) == {"open"}


class TestClose:
    async def test_not_while_people_are_lent_to_it(self, api: ApiClient, world: World, lent: Lent):
        answer = await api.post(f"/v1/areas/{world.other_grid.id}/close", world.administrator, {"reason": "撤销。"})
        assert problem(answer) == (409, "area-not-empty")
        assert answer.json()["facts"] == {"loan": "1"}
        loan = await lent.loan(world)
        assert (await lent.line(world))["status"] == "asking"
        assert (await api.post(f"/v1/loans/{loan['id']}/end", lent.person)).status_code == 200
        await change(world, world.other_grid, "close")
        assert (await lent.line(world))["status"] == "ended"
        assert await lent.answers(world) == {"withdrawn"}

    async def test_nor_while_people_of_it_are_lent(self, world: World, lent: Lent):
        assert await refused(world, world.grid, "close") == (409, "area-not-empty")
        assert (await lent.loan(world))["status"] == "running"


async def test_a_grid_goes_while_the_plan_is_drawn_up(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
):
    """The plan counted on it; its line ends with the plan's coming, and the others can be accepted."""
    await world.strength_rule(world.district, members=0, volunteers=1)
    third = await make_area(database, world.community)
    await settle(world, world.grid, volunteers=4)
    loop, draw_up = asyncio.get_running_loop(), lending.draw_up

    def and_meanwhile(*known: Any) -> lending.Plan:
        plan = draw_up(*known)
        merging = change(world, world.other_grid, "merge", into_id=str(third.id))
        asyncio.run_coroutine_threadsafe(merging, loop).result(timeout=10)
        return plan

    monkeypatch.setattr(lending, "draw_up", and_meanwhile)
    plan = await order(world, world.community)
    assert (plan["status"], plan["lines"]) == ("ready", 2)
    lines = {line["to_area"]["id"]: line for line in await parts_of(world, plan["id"], "lines")}
    assert lines[str(world.other_grid.id)]["status"] == "ended"
    accepted = await decide(world, plan["id"], lines[str(third.id)]["id"], "accept")
    assert accepted.status_code == 200, accepted.text
