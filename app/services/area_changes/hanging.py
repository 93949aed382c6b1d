"""Hanging a subtree elsewhere: one statement, so that no lineage is ever half of the old and half of the new."""

from asyncpg import Connection, Record

from app.domain import area_tree, geometry
from app.domain.errors import Problem
from app.domain.kinds import AreaKind
from app.services import transitions
from app.services.area_changes.following import Destinations
from app.services.transitions import Mover

LOCK = "SELECT FROM area WHERE lineage @> ARRAY[$1::uuid] ORDER BY id FOR NO KEY UPDATE"
HANG = """
    UPDATE area SET lineage = $2::uuid[] || lineage[$3:], parent_id = CASE WHEN id = $1 THEN $4 ELSE parent_id END,
        name = CASE WHEN id = $1 THEN $5 ELSE name END
    WHERE lineage @> ARRAY[$1::uuid]
"""
DEEPEST = "SELECT max(cardinality(lineage)) FROM area WHERE lineage @> ARRAY[$1::uuid]"
FIND = "SELECT id, kind, lineage FROM area WHERE id = ANY($1)"
CHILDREN = """
    SELECT a.id, a.name, a.kind, a.lineage, s.geometry FROM area a LEFT JOIN area_shape s ON s.area_id = a.id
    WHERE a.parent_id = $1 AND a.closed_at IS NULL ORDER BY a.id
"""
# Names of both: what is still to come must find its own free.
FREE_NAME = """
    SELECT name FROM (
        SELECT 1 AS n, $3::text AS name
        UNION ALL SELECT n, left($3, $4) || '（' || n || '）' FROM generate_series(2, 999) AS n
    ) AS thinkable
    WHERE NOT EXISTS (
        SELECT FROM area a WHERE a.parent_id = $1 AND a.closed_at IS NULL AND a.name = thinkable.name
            OR a.parent_id = $2 AND a.closed_at IS NULL AND a.name = thinkable.name AND n > 1
    ) ORDER BY n LIMIT 1
"""
STEM_MAX = area_tree.NAME_MAX - len("（999）")


async def hang_children(connection: Connection, to: Destinations, mover: Mover) -> int:
    """Put what is open right below the closed area below the areas that take its place; return how many.

    Each goes by a point within its own shape. A name that is taken there gets a number.
    """
    children = await connection.fetch(CHILDREN, to.source_id)
    parents = {row["id"]: row for row in await connection.fetch(FIND, list(to.part_ids))}
    for child in children:
        point = geometry.point_within(child["geometry"]) if child["geometry"] else (None, None)
        parent = parents[to.at(*point)]
        name = await connection.fetchval(FREE_NAME, parent["id"], to.source_id, child["name"], STEM_MAX)
        await hang(connection, child, parent, name)
        facts = {"parent_id": parent["id"], "former_parent_id": to.source_id, "name": name}
        await transitions.log(connection, "area", child["id"], "follow", "open", mover, from_state="open", facts=facts)
    return len(children)


async def hang(connection: Connection, area: Record, parent: Record, name: str | None = None) -> None:
    """Put ``area`` and all below it right below ``parent``, under ``name`` if one is given; the tree is locked.

    Raises ``area-kind-misplaced`` and ``area-too-deep``, and by the database ``area-name-taken``.
    """
    if not area_tree.may_lie_below(AreaKind(area["kind"]), AreaKind(parent["kind"])):
        raise Problem("area-kind-misplaced")
    depth, above = len(area["lineage"]), parent["lineage"]
    if await connection.fetchval(DEEPEST, area["id"]) - depth + len(above) + 1 > area_tree.DEPTH_MAX:
        raise Problem("area-too-deep")
    await connection.execute(LOCK, area["id"])  # in one order with those who lock several areas
    await connection.execute(HANG, area["id"], above, depth, parent["id"], name or area["name"])
