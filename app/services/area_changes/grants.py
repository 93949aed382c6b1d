"""Grants on an area that goes: whoever held a role on the land holds it on the whole of that land afterwards."""

from uuid import UUID

from asyncpg import Connection, Record

from app.core.ids import new_id
from app.services.area_changes.following import LOG, Destinations
from app.services.transitions import Mover

BY_HAND = """
    SELECT id, user_id, role FROM "grant" WHERE area_id = $1 AND holding_id IS NULL ORDER BY id FOR UPDATE
"""
COPY = """
    WITH given AS (
        INSERT INTO "grant" (id, user_id, role, area_id, granted_by)
        SELECT id, user_id, role, area_id, $3 FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::uuid[])
            AS new (id, user_id, role, area_id)
        ON CONFLICT (user_id, role, area_id) WHERE holding_id IS NULL DO NOTHING RETURNING id, role
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, facts, created_at)
    SELECT log.event_id, $1, given.id, 'give', given.role, $3, $2, jsonb_build_object('former_area_id', $4::uuid),
        clock_timestamp()
    FROM given JOIN unnest($5::uuid[], $9::uuid[]) AS log (id, event_id) USING (id)
"""
GO = f"""
    WITH gone AS (
        UPDATE "grant" x SET area_id = $4 FROM unnest($5::uuid[], $6::uuid[]) AS go (id, event_id)
        WHERE x.id = go.id AND NOT EXISTS (
            SELECT FROM "grant" o WHERE o.user_id = x.user_id AND o.role = x.role AND o.area_id = $4
                AND o.holding_id IS NULL
        )
        RETURNING x.id, go.event_id, x.role AS state,
            jsonb_build_object('area_id', $4::uuid, 'former_area_id', $7::uuid) AS facts
    ) {LOG}
"""
DROP_DOUBLES = """
    WITH gone AS (
        DELETE FROM "grant" x USING unnest($5::uuid[], $6::uuid[]) AS go (id, event_id)
        WHERE x.id = go.id AND x.area_id = $4 RETURNING x.id, go.event_id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
    SELECT event_id, $1, id, 'revoke', 'revoked', $2, $3, clock_timestamp() FROM gone
"""
GO_WITH_POSTS = f"""
    WITH gone AS (
        UPDATE "grant" x SET area_id = p.area_id
        FROM unnest($4::uuid[], $5::uuid[]) AS go (id, event_id), post_holding h JOIN post p ON p.id = h.post_id
        WHERE x.id = go.id AND h.id = x.holding_id
        RETURNING x.id, go.event_id, x.role AS state,
            jsonb_build_object('area_id', p.area_id, 'former_area_id', $6::uuid) AS facts
    ) {LOG}
"""
LET_GO = """
    WITH gone AS (
        DELETE FROM "grant" WHERE area_id = $1 AND role = 'administrator' AND holding_id IS NULL RETURNING id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, created_at)
    SELECT uuid_v7(), 'grant', id, 'revoke', 'revoked', $2, $3, clock_timestamp() FROM gone
"""
OF_POSTS = 'SELECT id FROM "grant" WHERE area_id = $1 AND holding_id IS NOT NULL ORDER BY id FOR UPDATE'


async def send(connection: Connection, to: Destinations, mover: Mover) -> int:
    """Let the grants of the closed area hold on the areas that take its place; return how many there were.

    What belongs to a post goes with the post, which is there already. Locks the grants.
    """
    by_hand = await connection.fetch(BY_HAND, to.source_id)
    for area_id in sorted(to.part_ids - {to.default_id}):
        await _copy(connection, to.source_id, area_id, by_hand, mover)
    ids = [row["id"] for row in by_hand]
    event_ids = [new_id() for _ in by_hand]
    await connection.execute(GO, "grant", mover.id, mover.party, to.default_id, ids, event_ids, to.source_id)
    doubles = [new_id() for _ in by_hand]
    await connection.execute(DROP_DOUBLES, "grant", mover.id, mover.party, to.source_id, ids, doubles)
    of_posts = [row["id"] for row in await connection.fetch(OF_POSTS, to.source_id)]
    event_ids = [new_id() for _ in of_posts]
    await connection.execute(GO_WITH_POSTS, "grant", mover.id, mover.party, of_posts, event_ids, to.source_id)
    return len(by_hand) + len(of_posts)


async def let_root_go(connection: Connection, area_id: UUID, mover: Mover) -> None:
    """Revoke the administrators' grants on a root that is being closed."""
    await connection.execute(LET_GO, area_id, mover.id, mover.party)


async def _copy(connection: Connection, source_id: UUID, area_id: UUID, by_hand: list[Record], mover: Mover) -> None:
    await connection.execute(
        COPY,
        "grant",
        mover.party,
        mover.id,
        source_id,
        [new_id() for _ in by_hand],
        [row["user_id"] for row in by_hand],
        [row["role"] for row in by_hand],
        [area_id for _ in by_hand],
        [new_id() for _ in by_hand],
    )
