"""The tree of areas, for everybody to read."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.domain.errors import Problem
from app.services.pages import PageRequest, page

VIEW = """
    SELECT a.id, a.parent_id, a.kind, a.name, a.is_wish_review_required,
        EXISTS (SELECT FROM area below WHERE below.parent_id = a.id) AS has_children,
        ARRAY(
            SELECT (above.id, above.name) FROM unnest(a.lineage) WITH ORDINALITY AS step (id, position)
            JOIN area above ON above.id = step.id ORDER BY step.position
        ) AS path
    FROM area a
"""
GET = f"{VIEW} WHERE a.id = $1"
LIST = f"{VIEW} WHERE a.parent_id IS NOT DISTINCT FROM $1 AND a.id > $2 ORDER BY a.id LIMIT $3"
IS_IN_SCOPE = "SELECT lineage && $2::uuid[] FROM area WHERE id = $1"
LIST_UNITS = """
    SELECT u.id, u.area_id, u.kind, u.name FROM unit u JOIN area a ON a.id = u.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND u.id > $2 ORDER BY u.id LIMIT $3
"""


async def get(reads: Reads, area_id: UUID) -> dict[str, Any]:
    """Return one area. Raises ``not-found``."""
    row = await reads.fetchrow(GET, area_id)
    if row is None:
        raise Problem("not-found")
    return _view(row)


async def is_in_scope(reads: Reads, area_id: UUID, scope: list[UUID]) -> bool:
    """Whether an area lies in ``scope``, the areas that a caller's grants are for, or below one of them."""
    return bool(scope) and bool(await reads.fetchval(IS_IN_SCOPE, area_id, scope))


async def list_children(reads: Reads, parent_id: UUID | None, request: PageRequest) -> dict[str, Any]:
    """Return the areas right below ``parent_id``, or the roots."""
    rows = await reads.fetch(LIST, parent_id, request.above("areas", parent_id), request.rows)
    return page(rows, request, _view, "areas", parent_id)


async def list_units(reads: Reads, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the organisations of an area and all below it."""
    rows = await reads.fetch(LIST_UNITS, area_id, request.above("units", area_id), request.rows)
    return page(rows, request, _view_unit, "units", area_id)


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "parent_id": row["parent_id"],
        "kind": row["kind"],
        "name": row["name"],
        "path": [{"id": area_id, "name": name} for area_id, name in row["path"]],
        "has_children": row["has_children"],
        "is_wish_review_required": row["is_wish_review_required"],
        "actions": [],
    }


def _view_unit(row: Record) -> dict[str, Any]:
    return {"id": row["id"], "area_id": row["area_id"], "kind": row["kind"], "name": row["name"], "actions": []}
