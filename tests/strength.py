"""For tests of strength and lending: many people at once, each a user who could log in, and what may come of plans."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.clock import now, today
from app.core.db import insert
from app.core.ids import new_id
from app.core.security import issue_token
from app.domain.kinds import Hat
from app.models import Area, LendingLine, LendingPlan, LoanRequest
from tests.factories import World, person_of
from tests.people import Person

MAKE_PEOPLE = """
    WITH made AS (
        INSERT INTO "user" (id, openid, nickname, token_version, is_blocked, open_claims)
        SELECT gen_random_uuid(), 'o' || substr(md5(random()::text || n), 1, 27), '邻居' || n, 1, false, 0
        FROM generate_series(1, $1::int) AS n RETURNING id, openid
    ), known AS (
        INSERT INTO person (id, user_id) SELECT gen_random_uuid(), id FROM made RETURNING id, user_id
    )
    SELECT known.id AS person_id, user_id, openid FROM known JOIN made ON made.id = user_id
"""
GIVE_HATS = {
    Hat.MEMBER: """
        INSERT INTO member (id, person_id, kind, unit_id, home_area_id, status)
        SELECT gen_random_uuid(), id, 'in_service', $3, $2, 'approved' FROM unnest($1::uuid[]) AS id
    """,
    Hat.VOLUNTEER: """
        INSERT INTO volunteer (id, person_id, home_area_id, skills, status)
        SELECT gen_random_uuid(), id, $2, $3::text[], 'approved' FROM unnest($1::uuid[]) AS id
    """,
}


async def settle(
    world: World, area: Area, *, members: int = 0, volunteers: int = 0, skills: tuple[str, ...] = ()
) -> list[Person]:
    """Have so many people live in a grid, each with one hat, the volunteers with skills; return them."""
    settled = []
    for hat, count, more in ((Hat.MEMBER, members, world.unit_id), (Hat.VOLUNTEER, volunteers, list(skills))):
        rows = await world.database.writes.fetch(MAKE_PEOPLE, count)
        await give_hat(world, area, hat, [row["person_id"] for row in rows], more)
        settled += [_person(world, row["user_id"], row["openid"]) for row in rows]
    return settled


async def give_hat(world: World, area: Area, hat: Hat, person_ids: list[UUID], more: object) -> None:
    """Make people members of a unit, or volunteers with skills."""
    await world.database.writes.execute(GIVE_HATS[hat], person_ids, area.id, more)


def _person(world: World, user_id: UUID, openid: str) -> Person:
    secret = world.settings.secret_key.get_secret_value()
    return Person(user_id, openid, issue_token(secret, user_id, 1, now(), timedelta(days=1)))


async def make_plan(world: World, area: Area | None = None, *, days: int = 30, skills: tuple[str, ...] = ()) -> UUID:
    """Make a plan that is there, for the district if nothing else is said, whose loans last so many days."""
    plan = LendingPlan(
        id=new_id(),
        area_id=(area or world.district).id,
        until=today() + timedelta(days=days),
        skills=list(skills),
        status="ready",
        created_by=world.staff.id,
        computed_at=now(),
    )
    async with world.database.transaction() as connection:
        await insert(connection, plan)
    return plan.id


async def make_line(
    world: World,
    plan_id: UUID,
    giver: Area,
    taker: Area,
    people: int = 1,
    *,
    hat: Hat = Hat.VOLUNTEER,
    status: str = "proposed",
) -> UUID:
    """Make a line of a plan."""
    line = LendingLine(
        id=new_id(),
        plan_id=plan_id,
        from_area_id=giver.id,
        to_area_id=taker.id,
        hat=hat,
        people=people,
        skilled=0,
        distance_m=800,
        is_distance_assumed=False,
        reachable=people,
        status=status,
    )
    async with world.database.transaction() as connection:
        await insert(connection, line)
    return line.id


async def make_request(world: World, line_id: UUID, person: Person, status: str = "open") -> UUID:
    """Ask somebody for a line."""
    request = LoanRequest(
        id=new_id(), line_id=line_id, person_id=await person_of(world.database, person), status=status
    )
    async with world.database.transaction() as connection:
        await insert(connection, request)
    return request.id


async def make_loan(world: World, request_id: UUID, *, since: timedelta = -timedelta(days=1), days: int = 30) -> UUID:
    """Lend whoever was asked, as the line says."""
    loan_id = new_id()
    await world.database.writes.execute(
        """
        INSERT INTO loan (id, request_id, person_id, hat, from_area_id, to_area_id, since, until, status)
        SELECT $2, r.id, r.person_id, l.hat, l.from_area_id, l.to_area_id, $3, $4, 'running'
        FROM loan_request r JOIN lending_line l ON l.id = r.line_id WHERE r.id = $1
        """,
        request_id,
        loan_id,
        now() + since,
        now() + timedelta(days=days),
    )
    return loan_id


async def lend(world: World, giver: Area, taker: Area, person: Person, **fields: Any) -> UUID:
    """Lend somebody from one grid to another one; return the loan's id."""
    line_id = await make_line(world, await make_plan(world), giver, taker, status="asking")
    return await make_loan(world, await make_request(world, line_id, person, "agreed"), **fields)
