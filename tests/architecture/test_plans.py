"""How the database finds its way through the tree of areas: by indexes, in a district of real size with a past."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.core.pagination import LOWEST
from app.services import area_history, areas, stays, units
from app.services.shapes.drafts import READ_AROUND

DISTRICTS, STREETS, COMMUNITIES, GRIDS = 4, 9, 81, 486
YEARS = 4
"""Each area was renamed once a year."""
ADD = """
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required, created_at)
    SELECT id, parent_id, kind, left(id::text, 36), lineage || id, true, $5
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS new (id, parent_id, kind)
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT a.lineage FROM area a WHERE a.id = new.parent_id), '{}') AS lineage
    ) AS above WHERE kind = $4
"""
# History is the trigger's to write; here it is older than the areas.
REMEMBER = """
    INSERT INTO area_period (area_id, since, until, parent_id, kind, name, lineage)
    SELECT a.id, a.created_at - make_interval(years => n), a.created_at - make_interval(years => n - 1), a.parent_id,
        a.kind, n || left(a.name, 40), a.lineage
    FROM area a CROSS JOIN generate_series(1, $2::int) AS n WHERE a.id = ANY ($1::uuid[])
"""
TELL = """
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, party, facts, created_at)
    SELECT gen_random_uuid(), 'area', p.area_id, 'edit', 'open', 'staff', '{"name": {}}', p.since
    FROM area_period p WHERE p.area_id = ANY ($1::uuid[])
"""
PEOPLE = """
    WITH people AS (
        INSERT INTO person (id, sealed, identity_hash, phone_hash)
        SELECT id, '', sha256(id::text::bytea), sha256(id::text::bytea)
        FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 20000)) AS new RETURNING id
    )
    INSERT INTO stay (person_id, hat, area_id, since)
    SELECT id, 'member', ($1::uuid[])[1 + row_number() OVER () % cardinality($1::uuid[])], '2025-01-01+08' FROM people
"""
TABLES = {"area", "area_period", "event", "stay"}


@dataclass(frozen=True)
class Tree:
    """A district in a transaction that is never committed."""

    connection: Connection
    district_id: UUID
    community_id: UUID
    grid_id: UUID

    async def scans(self, query: str, *arguments: object) -> set[str]:
        """Return which tables a query reads from one end to the other."""
        plan = json.loads(await self.connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *arguments))
        nodes = list(walk(plan[0]["Plan"]))
        assert {node["Relation Name"] for node in nodes if "Relation Name" in node} & TABLES
        return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & TABLES


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from walk(below)


@pytest.fixture
async def tree(database: Database) -> AsyncIterator[Tree]:
    rows: list[tuple[UUID, UUID | None, str]] = []
    for _ in range(DISTRICTS):
        district = new_id()
        streets, communities, grids = [[new_id() for _ in range(n)] for n in (STREETS, COMMUNITIES, GRIDS)]
        rows.append((district, None, "district"))
        for kind, made, above in (
            ("street", streets, [district]),
            ("community", communities, streets),
            ("grid", grids, communities),
        ):
            rows += [(area_id, above[place % len(above)], kind) for place, area_id in enumerate(made)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    connection = await database.writes.borrow()
    transaction = connection.transaction()
    await transaction.start()
    try:
        for kind in ("district", "street", "community", "grid"):
            await connection.execute(ADD, *columns, kind, datetime(2026, 1, 1, tzinfo=UTC))
        for statement in (REMEMBER, TELL, PEOPLE):
            await connection.execute(statement, columns[0], *([YEARS] if statement is REMEMBER else []))
        for index in ("ix_area_lineage", "ix_area_period_lineage"):
            await connection.execute("SELECT gin_clean_pending_list($1::text::regclass)", index)
        for table in sorted(TABLES):
            await connection.execute(f'ANALYZE "{table}"')
        yield Tree(connection, district, communities[0], grids[0])
    finally:
        await transaction.rollback()
        database.writes.give_back(connection, is_whole=True)


async def test_of_every_way_through_the_tree(tree: Tree):
    nobody: list[UUID] = []
    end = now() - timedelta(days=700)
    ways: dict[str, tuple[object, ...]] = {
        areas.GET: (nobody, tree.grid_id),
        areas.LIST_BELOW: (nobody, tree.community_id, False, LOWEST, 21),
        units.IN_AREA: (tree.community_id, LOWEST, 21, None, None),
        units.REPORTED: (tree.community_id, LOWEST, 21, None, None),
        "SELECT id FROM area WHERE lineage @> ARRAY[$1::uuid]": (tree.community_id,),
        "SELECT b.id FROM area a JOIN area b ON b.id = ANY (a.lineage) WHERE a.id = $1": (tree.grid_id,),
        READ_AROUND: (tree.community_id, [tree.district_id]),
        area_history.HISTORY: (tree.grid_id, None, tree.grid_id, 21, nobody),
        area_history.LIST_BELOW: (nobody, tree.community_id, LOWEST, end, 21),
        area_history.FIRST_BELOW: (tree.community_id,),
        stays.AT: (tree.community_id, [tree.district_id], end, LOWEST, 21),
    }
    assert {query: found for query, way in ways.items() if (found := await tree.scans(query, *way))} == {}


async def test_control_of_the_measure(tree: Tree):
    """What no index serves is seen, and so is an index that is gone."""
    assert await tree.scans("SELECT FROM area_period WHERE name LIKE '%x'") == {"area_period"}
    below = "SELECT FROM area_period WHERE lineage @> ARRAY[$1::uuid]"
    assert await tree.scans(below, tree.community_id) == set()
    await tree.connection.execute("DROP INDEX ix_area_period_lineage")
    assert await tree.scans(below, tree.community_id) == {"area_period"}
