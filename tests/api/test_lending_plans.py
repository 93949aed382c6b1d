"""Lending plans: ordered, drawn up by a job, taken or left line by line; and whom an accepted line asks."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.clock import now, today
from app.core.db import Database
from app.domain import lending
from app.domain.caller import Role
from app.domain.kinds import AreaKind, Hat
from app.domain.transport import NotOptimalError
from app.jobs import handlers
from app.models import Area
from app.services.lending import drawing, plans
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, make_area, person_of
from tests.people import Person
from tests.strength import lend, make_line, make_plan, make_request, settle

NEXT_MONTH = (today() + timedelta(days=30)).isoformat()


async def order(world: World, area: Area | None = None, **fields: Any) -> dict[str, Any]:
    """Order a plan and have it drawn up; return it as it then is."""
    form = {"area_id": str((area or world.district).id), "until": NEXT_MONTH, **fields}
    response = await world.api.post("/v1/lending-plans", world.staff, form)
    assert response.status_code == 201, response.text
    await drawing.draw_up(world.database, UUID(response.json()["id"]))
    return await get(world, response.json()["id"])


async def get(world: World, plan_id: object) -> dict[str, Any]:
    response = await world.api.get(f"/v1/lending-plans/{plan_id}", world.staff)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def parts_of(world: World, plan_id: object, part: str, **query: Any) -> list[dict[str, Any]]:
    """Return the lines of a plan or what it misses."""
    path = f"/v1/lending-plans/{plan_id}/{part}"
    return list(await all_pages(world.api, path, world.staff, oldest_first=True, **query))


async def lines_of(world: World, plan: dict[str, Any]) -> list[dict[str, Any]]:
    return await parts_of(world, plan["id"], "lines")


async def decide(world: World, plan_id: object, line_id: object, action: str) -> Any:
    return await world.api.post(f"/v1/lending-plans/{plan_id}/lines/{line_id}/{action}", world.staff)


async def asked(world: World, people: Sequence[Person]) -> set[UUID]:
    """Return those of some people who have an open request."""
    rows = await world.database.reads.fetch(
        "SELECT p.user_id FROM loan_request r JOIN person p ON p.id = r.person_id "
        "WHERE r.status = 'open' AND p.user_id = ANY($1)",
        [person.id for person in people],
    )
    return {row["user_id"] for row in rows}


async def ruled(world: World, *, members: int = 0, volunteers: int = 2) -> None:
    await world.strength_rule(world.district, members=members, volunteers=volunteers)


async def some_left(world: World, people: Sequence[Person], _: Area) -> None:
    for person in people[:2]:
        of_person = "SELECT id FROM volunteer WHERE person_id = $1"
        hat = await world.database.reads.fetchval(of_person, await person_of(world.database, person))
        left = await world.api.post(f"/v1/volunteers/{hat}/leave", person, {"reason": "搬家了。"})
        assert left.status_code == 200, left.text


async def some_were_lent(world: World, people: Sequence[Person], third: Area) -> None:
    for person in people[:2]:
        await lend(world, world.grid, third, person)


async def some_were_lent_and_others_came(world: World, people: Sequence[Person], third: Area) -> None:
    """Who was lent to a grid is not lent on."""
    for person in people[:4]:
        await lend(world, world.grid, third, person)
    for person in await settle(world, third, volunteers=6):
        await lend(world, third, world.grid, person)


async def some_are_asked_for(world: World, _: Sequence[Person], third: Area) -> None:
    await make_line(world, await make_plan(world), world.grid, third, 2, status="asking")


async def some_came_there(world: World, _: Sequence[Person], __: Area) -> None:
    await settle(world, world.other_grid, volunteers=1)


async def some_are_to_come_there(world: World, _: Sequence[Person], third: Area) -> None:
    await make_line(world, await make_plan(world), third, world.other_grid, 1, status="asking")


Change = Callable[[World, Sequence[Person], Area], Awaitable[None]]
CHANGES: Sequence[Change] = [
    some_left,
    some_were_lent,
    some_were_lent_and_others_came,
    some_are_asked_for,
    some_came_there,
    some_are_to_come_there,
]
"""What may come between a plan and the acceptance of a line."""


class TestOrder:
    async def test_a_job_draws_it_up(self, api: ApiClient, world: World, jobs: Jobs):
        await ruled(world)
        await settle(world, world.grid, volunteers=5)
        form = {"area_id": str(world.district.id), "until": NEXT_MONTH}
        response = await api.post("/v1/lending-plans", world.staff, form)
        assert response.status_code == 201
        plan = response.json()
        assert plan == {
            "id": plan["id"],
            "area": {"id": str(world.district.id), "name": world.district.name},
            "until": NEXT_MONTH,
            "max_distance_m": None,
            "skills": [],
            "status": "computing",
            "lines": 0,
            "people": 0,
            "agreed": 0,
            "missing": 0,
            "created_at": plan["created_at"],
            "computed_at": None,
            "actions": [],
        }
        await jobs.drain()
        ready = await get(world, plan["id"])
        assert ready["computed_at"] is not None
        kept = ("status", "lines", "people", "missing")
        assert {name: ready[name] for name in kept} == {"status": "ready", "lines": 1, "people": 2, "missing": 0}
        [line] = await lines_of(world, plan)
        assert line == {
            "id": line["id"],
            "from_area": {"id": str(world.grid.id), "name": world.grid.name},
            "to_area": {"id": str(world.other_grid.id), "name": world.other_grid.name},
            "hat": "volunteer",
            "people": 2,
            "skilled": 0,
            "reachable": 5,
            "distance_m": lending.ASSUMED_M[0],
            "is_distance_assumed": True,
            "status": "proposed",
            "agreed": 0,
            "actions": ["accept", "refuse"],
        }

    async def test_says_what_cannot_be_met(self, world: World):
        await ruled(world, members=1)
        await settle(world, world.grid, members=1, volunteers=3)
        plan = await order(world)
        assert (plan["people"], plan["missing"]) == (1, 2)
        gaps = await parts_of(world, plan["id"], "missing")
        other = {"id": str(world.other_grid.id), "name": world.other_grid.name}
        assert [(gap["area"], gap["hat"], gap["people"], gap["reason"]) for gap in gaps] == [
            (other, "member", 1, "none_to_spare"),
            (other, "volunteer", 1, "none_to_spare"),
        ]

    async def test_distances_are_those_of_the_map(self, world: World):
        """The grids lie side by side, their middles ten thousandths of a degree apart."""
        await world.draw_all()
        await ruled(world)
        await settle(world, world.grid, volunteers=5)
        [line] = await lines_of(world, await order(world))
        assert not line["is_distance_assumed"]
        assert 900 < line["distance_m"] < 1_120
        plan = await order(world, max_distance_m=800)
        assert (plan["lines"], plan["missing"]) == (0, 2)
        [gap] = await parts_of(world, plan["id"], "missing")
        assert gap["reason"] == "too_far"

    async def test_those_with_a_skill_are_counted(self, world: World):
        await ruled(world)
        await settle(world, world.grid, volunteers=3)
        await settle(world, world.grid, volunteers=1, skills=("理发", "修电器"))
        plan = await order(world, skills=["修电器", "开锁", "修电器"])
        assert plan["skills"] == ["修电器", "开锁"]
        assert [(line["people"], line["skilled"]) for line in await lines_of(world, plan)] == [(2, 1)]

    async def test_whoever_is_lent_counts_where_they_help(self, world: World):
        await ruled(world)
        people = await settle(world, world.grid, volunteers=4)
        for person in people[:2]:
            await lend(world, world.grid, world.other_grid, person)
        assert (await order(world))["lines"] == 0

    async def test_who_is_still_asked_for_is_not_counted_on_twice(self, world: World):
        await ruled(world)
        await settle(world, world.grid, volunteers=4)
        await settle(world, await make_area(world.database, world.community), volunteers=3)
        await make_line(world, await make_plan(world), world.grid, world.other_grid, 1, status="asking")
        lines = await lines_of(world, await order(world))
        assert sorted(line["people"] for line in lines) == [1]

    async def test_nor_is_who_is_still_to_come(self, world: World):
        """They may say no, and the grid would lack somebody."""
        await ruled(world)
        third = await make_area(world.database, world.community)
        await settle(world, third, volunteers=3)
        await settle(world, world.grid, volunteers=2)
        await make_line(world, await make_plan(world), third, world.grid, 1, status="asking")
        plan = await order(world)
        assert (plan["lines"], plan["missing"]) == (0, 2)

    async def test_who_was_lent_to_a_grid_is_not_lent_on(self, world: World):
        await ruled(world)
        third = await make_area(world.database, world.community)
        people = await settle(world, world.grid, volunteers=5)
        for person in people[:3]:
            await lend(world, world.grid, third, person)
        plan = await order(world)
        assert (plan["lines"], plan["missing"]) == (0, 2)

    async def test_people_without_the_app_count_but_cannot_be_asked(self, world: World, database: Database):
        await ruled(world)
        people = await settle(world, world.grid, volunteers=5)
        persons = [await person_of(database, person) for person in people[:4]]
        await database.writes.execute(
            "UPDATE person SET user_id = NULL, sealed = 'x', identity_hash = sha256(id::text::bytea), "
            "phone_hash = sha256(id::text::bytea) WHERE id = ANY($1)",
            persons,
        )
        plan = await order(world)
        [line] = await lines_of(world, plan)
        assert (line["people"], line["reachable"]) == (2, 1)
        accepted = await decide(world, plan["id"], line["id"], "accept")
        assert accepted.json()["status"] == "asking"
        assert await asked(world, people) == {people[4].id}

    async def test_closed_grids_take_no_part(self, world: World, database: Database):
        await ruled(world)
        await settle(world, world.grid, volunteers=5)
        await database.writes.execute("UPDATE area SET closed_at = now() WHERE id = $1", world.other_grid.id)
        assert (await order(world))["lines"] == 0

    async def test_done_twice_it_stays(self, world: World, database: Database):
        await ruled(world)
        await settle(world, world.grid, volunteers=5)
        plan = await order(world)
        await drawing.draw_up(database, UUID(plan["id"]))
        assert await get(world, plan["id"]) == plan

    async def test_what_cannot_be_proved_fails(self, world: World, monkeypatch: pytest.MonkeyPatch):
        def fail(*_: object) -> None:
            raise NotOptimalError

        monkeypatch.setattr(lending, "draw_up", fail)
        plan = await order(world)
        assert (plan["status"], plan["computed_at"]) == ("failed", None)

    async def test_what_was_forgotten_is_given_up(self, world: World, database: Database, jobs: Jobs):
        form = {"area_id": str(world.district.id), "until": NEXT_MONTH}
        old, new = [(await world.api.post("/v1/lending-plans", world.staff, form)).json()["id"] for _ in range(2)]
        long_ago = now() - plans.PATIENCE - timedelta(minutes=1)
        await database.writes.execute("UPDATE lending_plan SET created_at = $2 WHERE id = $1", old, long_ago)
        await handlers.tend_lending(jobs.parts)
        assert ((await get(world, old))["status"], (await get(world, new))["status"]) == ("failed", "computing")

    async def test_for_staff_of_the_area_alone(self, api: ApiClient, world: World):
        form = {"area_id": str(world.district.id), "until": NEXT_MONTH}
        for person in (await world.holder(Role.STAFF, world.community), world.alliance):
            assert problem(await api.post("/v1/lending-plans", person, form)) == (403, "not-allowed")
        nowhere = form | {"area_id": str(uuid4())}
        assert problem(await api.post("/v1/lending-plans", world.staff, nowhere)) == (422, "area-unknown")

    async def test_not_for_a_closed_area(self, api: ApiClient, world: World, database: Database):
        street = await make_area(database, world.district, AreaKind.STREET)
        await database.writes.execute("UPDATE area SET closed_at = now() WHERE id = $1", street.id)
        form = {"area_id": str(street.id), "until": NEXT_MONTH}
        assert problem(await api.post("/v1/lending-plans", world.staff, form)) == (409, "area-closed")

    async def test_not_for_a_whole_city(self, api: ApiClient, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(plans, "GRIDS_MAX", 1)
        form = {"area_id": str(world.district.id), "until": NEXT_MONTH}
        assert problem(await api.post("/v1/lending-plans", world.staff, form)) == (422, "lending-area-too-large")

    @pytest.mark.parametrize("days", [-1, 0, 367])
    async def test_loans_end(self, api: ApiClient, world: World, days: int):
        form = {"area_id": str(world.district.id), "until": (today() + timedelta(days=days)).isoformat()}
        assert problem(await api.post("/v1/lending-plans", world.staff, form)) == (422, "lending-end-out-of-range")

    @pytest.mark.parametrize(
        "fields",
        [
            {"until": "tomorrow"},
            {"max_distance_m": 0},
            {"max_distance_m": 1_000_001},
            {"max_distance_m": 1.5},
            {"skills": [""]},
            {"skills": ["理发"] * 11},
            {"skills": ["长" * 21]},
            {"hat": "member"},
        ],
    )
    async def test_bad_forms(self, api: ApiClient, world: World, fields: dict[str, Any]):
        form = {"area_id": str(world.district.id), "until": NEXT_MONTH, **fields}
        assert problem(await api.post("/v1/lending-plans", world.staff, form)) == (422, "invalid-payload")


class TestLists:
    async def test_plans_of_an_area_and_below_newest_first(self, api: ApiClient, world: World):
        made = [await make_plan(world, area) for area in (world.district, world.community, world.grid)]
        listed = await all_pages(api, "/v1/lending-plans", world.staff, area_id=world.district.id)
        assert [item["id"] for item in listed] == [str(plan_id) for plan_id in reversed(made)]
        below = await world.holder(Role.STAFF, world.community)
        seen = await all_pages(api, "/v1/lending-plans", below, area_id=world.district.id)
        assert [item["id"] for item in seen] == [str(made[2]), str(made[1])]

    async def test_lines_by_status(self, world: World):
        plan_id = await make_plan(world)
        kinds = [("proposed", Hat.MEMBER), ("refused", Hat.VOLUNTEER)]
        made = {
            status: await make_line(world, plan_id, world.grid, world.other_grid, hat=hat, status=status)
            for status, hat in kinds
        }
        assert len(await parts_of(world, plan_id, "lines")) == 2
        [line] = await parts_of(world, plan_id, "lines", status="refused")
        assert line["id"] == str(made["refused"])

    async def test_of_others_they_are_not_there(self, api: ApiClient, world: World):
        plan_id = await make_plan(world)
        below = await world.holder(Role.STAFF, world.community)
        for part in ("", "/lines", "/missing"):
            assert problem(await api.get(f"/v1/lending-plans/{plan_id}{part}", below)) == (404, "not-found")


class TestLines:
    @pytest.fixture
    async def plan_id(self, world: World) -> UUID:
        await ruled(world)
        return await make_plan(world)

    async def test_whoever_is_asked_is_asked_twice_over(self, world: World, plan_id: UUID):
        people = await settle(world, world.grid, volunteers=7)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid, 2)
        response = await decide(world, plan_id, line_id, "accept")
        assert response.status_code == 200, response.text
        assert (response.json()["status"], response.json()["actions"]) == ("asking", ["stop"])
        assert len(await asked(world, people)) == 4

    async def test_those_with_least_to_do_and_asked_longest_ago_come_first(self, world: World, plan_id: UUID):
        people = await settle(world, world.grid, volunteers=6)
        busy, asked_lately, asked_before, lent, blocked, free = people
        await world.database.writes.execute('UPDATE "user" SET open_claims = 1 WHERE id = $1', busy.id)
        await world.database.writes.execute('UPDATE "user" SET is_blocked = true WHERE id = $1', blocked.id)
        await lend(world, world.grid, world.other_grid, lent)
        for person, days in ((asked_lately, 29), (asked_before, 31)):
            await asked_before_today(world, person, days)
        for expected in ({free.id, asked_before.id}, {free.id, asked_before.id, busy.id}):
            line_id = await make_line(world, plan_id, world.grid, await make_area(world.database, world.community))
            assert (await decide(world, plan_id, line_id, "accept")).status_code == 200
            assert await asked(world, people) == expected

    async def test_those_with_a_skill_come_first(self, world: World):
        await ruled(world)
        await settle(world, world.grid, volunteers=4)
        skilled = await settle(world, world.grid, volunteers=1, skills=("修电器",))
        await world.database.writes.execute('UPDATE "user" SET open_claims = 3 WHERE id = $1', skilled[0].id)
        plan_id = await make_plan(world, skills=("修电器", "开锁"))
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        await decide(world, plan_id, line_id, "accept")
        assert await asked(world, skilled) == {skilled[0].id}

    async def test_of_members_members_are_asked(self, world: World, plan_id: UUID):
        await ruled(world, members=1)
        members = await settle(world, world.grid, members=2)
        volunteers = await settle(world, world.grid, volunteers=2)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid, hat=Hat.MEMBER)
        await decide(world, plan_id, line_id, "accept")
        assert await asked(world, members) == {person.id for person in members}
        assert await asked(world, volunteers) == set()

    async def test_refused_nobody_is_asked(self, world: World, plan_id: UUID):
        people = await settle(world, world.grid, volunteers=4)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        response = await decide(world, plan_id, line_id, "refuse")
        assert (response.json()["status"], response.json()["actions"]) == ("refused", [])
        assert await asked(world, people) == set()
        assert problem(await decide(world, plan_id, line_id, "accept")) == (409, "state-conflict")

    async def test_stopped_nobody_is_asked_any_more(self, world: World, plan_id: UUID):
        people = await settle(world, world.grid, volunteers=4)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        await decide(world, plan_id, line_id, "accept")
        response = await decide(world, plan_id, line_id, "stop")
        assert (response.json()["status"], response.json()["actions"]) == ("ended", [])
        assert await asked(world, people) == set()

    @pytest.mark.parametrize("how", ["the time", "the grid", "the plan's area"])
    async def test_what_is_over_cannot_be_accepted_and_ends(
        self, world: World, database: Database, jobs: Jobs, how: str
    ):
        plan_id = await make_plan(world, world.community)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        if how == "the time":
            await database.writes.execute("UPDATE lending_plan SET until = $2 WHERE id = $1", plan_id, today())
            assert await lapsed(world, jobs, plan_id) == []
            yesterday = today() - timedelta(days=1)
            await database.writes.execute("UPDATE lending_plan SET until = $2 WHERE id = $1", plan_id, yesterday)
        elif how == "the grid":
            await database.writes.execute("UPDATE area SET closed_at = now() WHERE id = $1", world.other_grid.id)
        else:
            other = await make_area(database, world.district, AreaKind.COMMUNITY)
            await database.writes.execute("UPDATE lending_plan SET area_id = $2 WHERE id = $1", plan_id, other.id)
        [line] = await parts_of(world, plan_id, "lines")
        assert line["actions"] == ["refuse"]
        assert problem(await decide(world, plan_id, line_id, "accept")) == (409, "state-conflict")
        assert await lapsed(world, jobs, plan_id) == [str(line_id)]

    async def test_what_was_asked_for_a_line_that_is_over_is_withdrawn(
        self, world: World, database: Database, jobs: Jobs, plan_id: UUID
    ):
        people = await settle(world, world.grid, volunteers=4)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        await decide(world, plan_id, line_id, "accept")
        await database.writes.execute("UPDATE lending_plan SET until = '2026-01-01' WHERE id = $1", plan_id)
        assert await asked(world, people)
        assert await lapsed(world, jobs, plan_id) == [str(line_id)]
        assert await asked(world, people) == set()

    async def test_others_are_asked_when_nothing_is_said(
        self, world: World, database: Database, jobs: Jobs, plan_id: UUID
    ):
        people = await settle(world, world.grid, volunteers=4)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        await decide(world, plan_id, line_id, "accept")
        first = await asked(world, people)
        await handlers.tend_lending(jobs.parts)
        assert await asked(world, people) == first
        await database.writes.execute(
            "UPDATE loan_request SET created_at = $2 WHERE line_id = $1", line_id, now() - timedelta(days=7, minutes=1)
        )
        await handlers.tend_lending(jobs.parts)
        assert await asked(world, people) == {person.id for person in people} - first

    async def test_who_moved_away_is_asked_no_more(self, world: World, database: Database, jobs: Jobs, plan_id: UUID):
        await ruled(world, volunteers=1)
        people = await settle(world, world.grid, volunteers=2)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        await decide(world, plan_id, line_id, "accept")
        await database.writes.execute(
            "UPDATE volunteer SET home_area_id = $2 WHERE person_id = $1",
            await person_of(database, people[0]),
            world.other_grid.id,
        )
        await handlers.tend_lending(jobs.parts)
        assert await asked(world, people) == {people[1].id}

    @pytest.mark.parametrize("since", [None, *CHANGES], ids=lambda change: change and change.__name__)
    async def test_only_as_long_as_it_is_right(self, world: World, plan_id: UUID, since: Change | None):
        """Five where two must be, and none in the other grid."""
        people = await settle(world, world.grid, volunteers=5)
        line_id = await make_line(world, plan_id, world.grid, world.other_grid, 2)
        if since is None:
            assert (await decide(world, plan_id, line_id, "accept")).json()["status"] == "asking"
            return
        await since(world, people, await make_area(world.database, world.community))
        assert problem(await decide(world, plan_id, line_id, "accept")) == (409, "lending-line-stale")
        assert await asked(world, people) == set()
        [line] = await parts_of(world, plan_id, "lines", status="proposed")
        assert line["id"] == str(line_id)

    async def test_of_others_they_are_not_there(self, world: World, plan_id: UUID):
        line_id = await make_line(world, plan_id, world.grid, world.other_grid)
        other = await make_plan(world)
        assert problem(await decide(world, other, line_id, "accept")) == (404, "not-found")
        below = await world.holder(Role.STAFF, world.community)
        path = f"/v1/lending-plans/{plan_id}/lines/{line_id}/accept"
        assert problem(await world.api.post(path, below)) == (404, "not-found")


async def asked_before_today(world: World, person: Person, days: int) -> None:
    """Let somebody have declined so many days ago."""
    line_id = await make_line(world, await make_plan(world), world.grid, world.other_grid, status="ended")
    request_id = await make_request(world, line_id, person, "declined")
    await world.database.writes.execute(
        "UPDATE loan_request SET created_at = $2 WHERE id = $1", request_id, now() - timedelta(days=days)
    )


async def lapsed(world: World, jobs: Jobs, plan_id: UUID) -> list[str]:
    """Return which lines of a plan are ended once the sweep has gone over it."""
    await handlers.tend_lending(jobs.parts)
    ended = await parts_of(world, plan_id, "lines", status="ended")
    return [line["id"] for line in ended]
