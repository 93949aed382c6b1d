"""The tree of areas, for everybody to read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.domain import area_tree
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.services.pages import PageRequest, page

VIEW = """
    SELECT a.id, a.parent_id, a.kind, a.name, a.code, a.households, a.residents, a.is_wish_review_required, a.closed_at,
        EXISTS (SELECT FROM area below WHERE below.parent_id = a.id AND below.closed_at IS NULL) AS has_children,
        ARRAY(
            SELECT (above.id, above.name) FROM unnest(a.lineage) WITH ORDINALITY AS step (id, position)
            JOIN area above ON above.id = step.id ORDER BY step.position
        ) AS path,
        (SELECT (next.id, next.name) FROM area next WHERE next.id = a.successor_id) AS successor,
        a.lineage && $1::uuid[] AS administers, a.parent_lineage && $1::uuid[] AS administers_above
    FROM area a
"""
GET = f"{VIEW} WHERE a.id = $2"
GET_ALL = f"{VIEW} WHERE a.id = ANY($2)"
PAGE = "AND ($3 OR a.closed_at IS NULL) AND a.id > $4 ORDER BY a.id LIMIT $5"
LIST_BELOW = f"{VIEW} WHERE a.parent_id = $2 {PAGE}"
LIST_ROOTS = f"{VIEW} WHERE a.parent_id IS NULL AND $2::uuid IS NULL {PAGE}"
IS_IN_SCOPE = "SELECT lineage && $2::uuid[] FROM area WHERE id = $1"


async def get(reads: Reads, area_id: UUID, caller: Caller | None = None) -> dict[str, Any]:
    """Return one area, closed or not, with what the caller may do with it. Raises ``not-found``."""
    row = await reads.fetchrow(GET, _scope(caller), area_id)
    if row is None:
        raise Problem("not-found")
    return view(row)


async def get_all(reads: Reads, area_ids: Sequence[UUID], caller: Caller) -> list[dict[str, Any]]:
    """Return areas that are there, in the order in which they are named."""
    rows = {row["id"]: row for row in await reads.fetch(GET_ALL, _scope(caller), area_ids)}
    return [view(rows[area_id]) for area_id in area_ids]


async def is_in_scope(reads: Reads, area_id: UUID, scope: list[UUID]) -> bool:
    """Whether an area lies in ``scope``, the areas that a caller's grants are for, or below one of them."""
    return bool(scope) and bool(await reads.fetchval(IS_IN_SCOPE, area_id, scope))


async def list_children(
    reads: Reads, caller: Caller | None, parent_id: UUID | None, request: PageRequest, *, with_closed: bool
) -> dict[str, Any]:
    """Return the areas right below ``parent_id``, or the roots; those that are closed only when asked for."""
    filters = ("areas", parent_id, with_closed)
    query = LIST_ROOTS if parent_id is None else LIST_BELOW
    rows = await reads.fetch(query, _scope(caller), parent_id, with_closed, request.above(*filters), request.rows)
    return page(rows, request, view, *filters)


def view(row: Record) -> dict[str, Any]:
    """Return an area as it is answered, of today or of another day."""
    return {
        "id": row["id"],
        "parent_id": row["parent_id"],
        "kind": row["kind"],
        "name": row["name"],
        "code": row["code"],
        "path": [{"id": area_id, "name": name} for area_id, name in row["path"]],
        "has_children": row["has_children"],
        "households": row["households"],
        "residents": row["residents"],
        "is_wish_review_required": row["is_wish_review_required"],
        "closed_at": row["closed_at"],
        "successor": row["successor"] and {"id": row["successor"][0], "name": row["successor"][1]},
        "actions": area_tree.actions(
            is_open=row["closed_at"] is None,
            is_root=row["parent_id"] is None,
            administers=row["administers"],
            administers_above=row["administers_above"],
        ),
    }


def _scope(caller: Caller | None) -> list[UUID]:
    return caller.scope(Role.ADMINISTRATOR) if caller else []
