"""Many people at once for tests of strength and lending, each a user who could log in."""

from datetime import timedelta
from uuid import UUID

from app.core.clock import now
from app.core.security import issue_token
from app.domain.kinds import Hat
from app.models import Area
from tests.factories import World
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
